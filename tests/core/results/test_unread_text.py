"""A text of unknown words only is told as what it is."""

import numpy as np

from netbuilder.core.results.explain.methods import explain
from netbuilder.core.results.predict import predict_texts
from netbuilder.core.results.unusual_values import KNOWS_NOTHING, has_no_known_words


def test_the_network_says_that_it_knows_no_word(reviews_model):
    trained, _ = reviews_model
    assert KNOWS_NOTHING in predict_texts(trained, ["xylophonic qwertz"]).notes
    word = next(iter(trained.preprocessing.inputs.values())).vocabulary[5]
    assert KNOWS_NOTHING not in predict_texts(trained, [f"{word} qwertz"]).notes
    key, entry = next(iter(trained.preprocessing.inputs.items()))
    numbers = np.zeros(entry.shape, np.int64)
    assert not has_no_known_words(numbers), "an empty text"
    numbers[:2] = 1
    found = explain(trained, {key: numbers}, text="xylophonic qwertz")
    assert found.sentence.startswith(KNOWS_NOTHING)
    assert not any(value for _, value in found.tokens), "no bar says otherwise"
