"""Word vectors and attention: each word has its row, and nothing is seen ahead."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from netbuilder.api import Model
from netbuilder.core.data.defaults import fit_output_to_data, resolve_defaults
from netbuilder.core.data.examples import find_example
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.tokens import last_window
from netbuilder.core.engine.networks.assembly import assemble
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError, UserError
from netbuilder.core.project import files
from netbuilder.core.project.model import Data, Project, Training
from netbuilder.core.results import word_vectors
from netbuilder.core.results.generate import append_token, sampling_shares, stream_tokens
from netbuilder.core.results.layer_values import node_activations, weights_of
from netbuilder.core.results.token_attention import START, token_attention
from netbuilder.core.results.word_vectors import TokenTable, WordVectors, token_table, word_map
from tests.core.results.conftest import chain

READING: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("pool", "GlobalAveragePooling1D", {}),
    ("out", "Dense", {"units": 1, "activation": "sigmoid"}),
)
#: By construction a man or a woman (first axis), royal or not (second), and a child or not (third).
BY_HAND = {
    "king": (1, 1, 0), "queen": (-1, 1, 0), "man": (1, 0, 0), "woman": (-1, 0, 0),
    "prince": (1, 1, 1), "princess": (-1, 1, 1), "boy": (1, 0, 1), "girl": (-1, 0, 1),
}  # fmt: skip


def embedding(size, **params: object):
    return "embedding", "Embedding", {"input_dim": size, "output_dim": 3, **params}


def by_hand(**more: object):
    vocabulary = ("", "[UNK]", *BY_HAND)
    graph = chain(embedding(20, mask_zero=True), *READING)
    # Padding and the unknown word lie where the king lies, and beyond the words rows are left.
    matrix = np.full((20, 3), (1.0, 1.0, 0.0))
    matrix[2 : 2 + len(BY_HAND)] = list(BY_HAND.values())
    return WordVectors.of(matrix, token_table(graph, "embedding", 20, {"input": vocabulary}))


def named(vectors, found):
    return [vectors.tokens.names[place] for place, _cosine in found]


def test_neighbours_are_those_of_the_angle_and_padding_is_no_word():
    vectors = by_hand()
    assert vectors.tokens.names == tuple(BY_HAND)
    assert "" not in vectors.tokens.numbers and "[UNK]" not in vectors.tokens.numbers
    found = vectors.neighbours("king", 3)
    assert named(vectors, found) == ["prince", "man", "boy"]
    assert [cosine for _, cosine in found] == pytest.approx(
        [2 / np.sqrt(6), 1 / np.sqrt(2), 1 / 2]
    ), "man (1, 0, 0) and boy (1, 0, 1): by hand"
    assert vectors.similarity("king", "king") == pytest.approx(1.0)
    assert vectors.similarity("man", "woman") == pytest.approx(-1.0)
    assert vectors.similarity("king", "queen") == pytest.approx(0.0)
    assert len(vectors.neighbours("king", 100)) == len(BY_HAND) - 1


def test_an_analogy_that_holds_by_construction_holds():
    vectors = by_hand()
    first, second = vectors.analogy("king", "man", "woman")[:2]
    assert vectors.tokens.names[first[0]] == "queen"
    assert first[1] == pytest.approx(1.0) and second[1] < 0.9
    (found, cosine), *others = vectors.analogy("princess", "girl", "man")
    assert (vectors.tokens.names[found], cosine) == ("king", pytest.approx(1.0))
    assert not {"princess", "girl", "man"} & set(named(vectors, tuple(others)))


def test_a_word_without_a_row_is_an_error_and_letters_may_be_capitals():
    vectors = by_hand()
    assert vectors.tokens.find(" King ") == vectors.tokens.find("king") == 0
    for word in ("emperor", "", "[UNK]"):
        with pytest.raises(DataError) as caught:
            vectors.analogy("king", word, "woman")
        assert caught.value.code == "word_unknown"


def test_a_vector_of_zeros_is_like_no_other():
    table = TokenTable(("a", "b"), np.array([0, 1]))
    assert WordVectors.of(np.array([[0, 0.0], [1, 2]]), table).similarity("a", "b") == 0.0


def test_each_word_has_the_vector_that_keras_gives_for_it(reviews_model):
    """The careless reading is one row off: padding is row 0, and words begin with row 2."""
    trained, dataset = reviews_model
    node = next(n.id for n in trained.project.graph.nodes if n.layer == "Embedding")
    entry = dataset.preprocessing.inputs["input"]
    matrix = weights_of(trained, node)["embeddings"]
    vectors = WordVectors.of(
        matrix,
        token_table(trained.project.graph, node, len(matrix), {"input": entry.vocabulary}, dataset),
    )
    layer = trained.training_model.get_layer(node)
    lines = np.asarray(dataset.train.x["input"][:20])
    given = np.asarray(layer(lines))
    seen = 0
    for line, outputs in zip(lines, given, strict=True):
        for number, output in zip(line, outputs, strict=True):
            if number > 1:
                seen += 1
                word = entry.vocabulary[int(number)]
                assert vectors.vector(word) == pytest.approx(output, abs=1e-6)
                assert not np.allclose(matrix[number - 1], output)
    assert seen > 50
    frame = Model(trained, Path()).word_vectors()
    assert list(frame.index) == list(entry.vocabulary[2:])
    assert np.allclose(frame.loc["film"], matrix[entry.vocabulary.index("film")])
    with pytest.raises(UserError) as caught:
        Model(trained, Path()).word_vectors("pool")
    assert caught.value.code == "no_embedding"


def test_a_map_is_that_of_scikit_learn(reviews_model):
    trained, dataset = reviews_model
    node = next(n.id for n in trained.project.graph.nodes if n.layer == "Embedding")
    matrix, words = weights_of(trained, node)["embeddings"], dataset.facts.vocabulary
    table = token_table(trained.project.graph, node, len(matrix), {"input": words}, dataset)
    vectors = WordVectors.of(matrix, table)
    found = word_map(vectors)
    fitted = PCA(2).fit(vectors.values)
    expected = fitted.transform(vectors.values)
    assert np.abs(found.at) == pytest.approx(np.abs(expected), abs=1e-3)
    assert found.explained == pytest.approx(fitted.explained_variance_ratio_.sum(), abs=1e-3)
    spread = word_map(vectors, word_vectors.TSNE)
    assert spread.at.shape == found.at.shape and np.isfinite(spread.at).all()


def test_a_map_is_bounded_to_the_most_frequent_words(monkeypatch):
    monkeypatch.setattr(word_vectors, "MOST_ON_MAP", 5)
    for way in (word_vectors.PCA, word_vectors.TSNE):
        assert word_map(by_hand(), way).at.shape == (5, 2)
    two = WordVectors.of(np.eye(2), TokenTable(("a", "b"), np.arange(2)))
    with pytest.raises(DataError) as caught:
        word_map(two)
    assert caught.value.code == "too_few_words"


def test_points_do_not_jump_where_components_change_places():
    """The wider direction becomes the narrower one: plain components would swap and mirror."""
    random = np.random.default_rng(3)
    points = random.normal(size=(60, 6)) * (0.01, 0.01, 3.0, 2.9, 0.01, 0.01)
    table = TokenTable(tuple(map(str, range(60))), np.arange(60))
    before = word_map(WordVectors(table, points))
    for wide in (2.9, 3.0, 3.1, 3.2):
        moved = WordVectors(table, points * (1, 1, 1, wide / 2.9, 1, 1))
        alone = word_map(moved).at
        found = word_map(moved, before=before)
        assert np.abs(found.at - before.at).max() < 0.5, "a step of a run, drawn as one"
        distances = [np.linalg.norm(at[:, None] - at[None], axis=2) for at in (alone, found.at)]
        assert distances[0] == pytest.approx(distances[1]), "turned, and not bent"
        before = found
    swapped = word_map(WordVectors(table, points * (1, 1, 1, 3.2 / 2.9, 1, 1))).at
    assert np.abs(swapped - word_map(WordVectors(table, points)).at).max() > 3


@pytest.fixture
def told(tmp_path):
    """Forty texts: "good" in 15 that are liked and in one that is not, twice in each; "film" in
    all; "odd" in one."""
    lines = (
        ["a good good film"] * 15 + ["a film"] * 5 + ["a bad film"] * 19 + ["good good odd film"]
    )
    labels = ["yes"] * 20 + ["no"] * 20
    pd.DataFrame({"text": lines, "liked": labels}).to_csv(tmp_path / "t.csv", index=False)
    graph = chain(embedding(30), *READING)
    data = Data("text", path="t.csv", target=("liked",), validation_split=0.0,
                options={"test_split": 0.0})  # fmt: skip
    return graph, load_dataset(Project(graph=graph, data=data, training=Training()), tmp_path)


def test_classes_of_a_word_are_those_of_its_texts(told):
    graph, dataset = told
    words = {"input": dataset.facts.vocabulary}
    table = token_table(graph, "embedding", 30, words, dataset)
    texts = len(dataset.train)
    assert table.classes == tuple(dataset.facts.classes) and table.target == "liked"
    assert table.counts is not None and table.lift is not None and table.leaning is not None
    assert list(table.counts) == sorted(table.counts, reverse=True)
    assert table.counts[table.find("film")] == texts, "once a text"
    yes = table.classes.index("yes")
    # What holds whichever rows were put aside: counted from the training rows themselves.
    ids, good = dataset.train.x["input"], words["input"].index("good")
    there = (ids == good).any(axis=1)
    truth = np.asarray(dataset.train.raw_y["out"]).reshape(-1) == yes
    place = table.find("good")
    assert table.counts[place] == 2 * there.sum()
    assert table.lift[place, yes] == pytest.approx(truth[there].mean() / truth.mean())
    assert table.leaning[place] == yes
    assert table.leaning[table.find("bad")] == 1 - yes
    assert table.leaning[table.find("film")] == -1, "it is in every text"
    if "odd" in table.numbers:
        assert table.leaning[table.find("odd")] == -1, "one text is no evidence"


def test_numbers_that_stand_for_categories_are_named_by_themselves(tmp_path):
    days = np.arange(140) % 7
    sold = np.where(days >= 5, 30.0, 10.0) + days + np.arange(140) / 1000
    pd.DataFrame({"day": days, "sold": sold}).to_csv(tmp_path / "t.csv", index=False)
    graph = chain(embedding(9), ("flat", "Flatten", {}), ("out", "Dense", {"units": 1}))
    data = Data("csv", path="t.csv", target=("sold",), validation_split=0.0)
    dataset = load_dataset(Project(graph=graph, data=data, training=Training()), tmp_path)
    table = token_table(graph, "embedding", 9, {"input": ()}, dataset)
    assert sorted(table.names) == list("0123456"), "7 and 8 never come, and 0 is a day like others"
    assert table.unseen == 2
    assert table.means is not None and table.target == "sold"
    x, y = dataset.train.x["input"].reshape(-1), dataset.train.raw_y["out"].reshape(-1)
    for day in range(7):
        place = table.find(str(day))
        assert table.rows[place] == day
        assert table.means[place] == pytest.approx(y[x == day].mean())
        assert table.means[place] == pytest.approx((30 if day >= 5 else 10) + day, abs=0.15)


def test_the_most_frequent_tokens_come_first_though_the_vocabulary_is_alphabetical(tmp_path):
    (tmp_path / "t.txt").write_text("zebra zebra zebra apple zebra mango " * 60)
    graph = chain(embedding(9), ("pool", "GlobalAveragePooling1D", {}),
                  ("out", "Dense", {"units": 3, "activation": "softmax"}))  # fmt: skip
    data = Data("text", path="t.txt", options={"task": "next_token", "level": "word", "window": 4})
    dataset = load_dataset(Project(graph=graph, data=data, training=Training()), tmp_path)
    vocabulary = dataset.preprocessing.inputs["input"].vocabulary
    assert vocabulary == ("", "[UNK]", "apple", "mango", "zebra")
    table = token_table(graph, "embedding", 9, {"input": vocabulary}, dataset)
    assert table.names[0] == "zebra" and table.rows[0] == 4


@pytest.mark.parametrize("oov, mask", [(1, None), (0, None), (2, "")])
def test_rows_behind_a_lookup_are_those_of_keras(oov, mask):
    import keras

    given = {"vocabulary": ["red", "green"], "num_oov_indices": oov, "mask_token": mask}
    graph = chain(("look", "StringLookup", given), embedding(8), ("flat", "Flatten", {}))
    table = token_table(graph, "embedding", 8, {})
    layer = keras.layers.StringLookup(**given)
    for word, row in zip(table.names, table.rows, strict=True):
        assert int(layer([word])[0]) == row
    assert table.names == ("red", "green")


TEXT = "the king looks for a ring in the forest. he finds the ring and is happy."
SHORT = "the king looks"


def project_of(**options: Any):
    project = files.read(find_example("language_model").path)
    data = replace(project.data, options={**project.data.options, "samples": 300, **options})
    return replace(project, data=data)


def untrained(project):
    """The example's network with random weights, large enough that heads differ."""
    found = load_dataset(project, Path())
    project = resolve_defaults(fit_output_to_data(project, found.facts), found.facts)
    model = build_training_model(project, found.facts)
    random = np.random.default_rng(0)
    model.set_weights([random.normal(0, 0.5, one.shape) for one in model.get_weights()])
    whole = assemble(model, project, found.preprocessing, found.facts)
    return TrainedModel(
        project, model, whole, found.preprocessing, found.facts, {}, {}, 1.0, 1.0, 1, 1
    )


@pytest.fixture(scope="module")
def model():
    return untrained(project_of())


def ids_of(model, text):
    from netbuilder.core.data.kinds.text.next_token import tokens_read

    entry = model.preprocessing.inputs["input"]
    return last_window(tokens_read(text, entry), entry.vocabulary, int(entry.shape[0] or 1))


def look(model, text):
    found = token_attention(model, text)
    assert found is not None
    return found


def keras_scores(model, text, node, source):
    """What Keras itself gives, asked for the scores of a layer on its own input."""
    values = node_activations(model, {"input": ids_of(model, text)})
    layer = model.training_model.get_layer(node)
    x = values[source][None]
    _out, scores = layer(x, x, use_causal_mask=True, return_attention_scores=True)
    return np.asarray(scores)[0]


@pytest.mark.parametrize("block", ["1", "2"])
def test_shares_are_what_keras_returns(model, block):
    found = look(model, TEXT)
    scores = keras_scores(model, TEXT, f"attention_{block}", f"norm_{block}")
    assert scores.shape == (2, 16, 16)
    assert found.attention[f"attention_{block}"] == pytest.approx(scores, abs=1e-5)
    # The careless reading: without the mask each token would look ahead.
    assert np.triu(scores, 1).max() < 1e-6
    assert scores[:, 0, 0] == pytest.approx(1.0)
    assert abs(scores[0] - scores[1]).max() > 0.05, "two heads, which differ"


def test_padding_before_a_short_text_is_one_token(model):
    found = look(model, SHORT)
    assert found.tokens == (START, "the", "king", "looks")
    scores = keras_scores(model, SHORT, "attention_2", "norm_2")
    shown = found.attention["attention_2"]
    assert shown.shape == (2, 4, 4)
    assert shown.sum(axis=-1) == pytest.approx(1.0)
    assert shown[:, -1, 1:] == pytest.approx(scores[:, -1, -3:], abs=1e-5)
    assert shown[:, -1, 0] == pytest.approx(scores[:, -1, :13].sum(axis=-1), abs=1e-5)


def test_a_later_token_changes_nothing_before_it(model):
    ids = ids_of(model, TEXT)
    for place in (15, 9, 3):
        other = ids.copy()
        other[place:] = 2 + (other[place:] + 7) % 40
        assert (other[place:] != ids[place:]).any()
        here, there = (node_activations(model, {"input": one}) for one in (ids, other))
        for node in ("attention_1", "add_1b", "attention_2", "norm"):
            assert here[node][:place] == pytest.approx(there[node][:place], abs=1e-6), node
            assert abs(here[node][place:] - there[node][place:]).max() > 1e-3


def test_without_the_mask_it_would_look_ahead():
    project = project_of()
    nodes = tuple(
        replace(node, params={k: v for k, v in node.params.items() if k != "use_causal_mask"})
        for node in project.graph.nodes
    )
    seeing = untrained(replace(project, graph=replace(project.graph, nodes=nodes)))
    ids = ids_of(seeing, TEXT)
    other = ids.copy()
    other[15] = 2 + (other[15] + 7) % 40
    here, there = (node_activations(seeing, {"input": one}) for one in (ids, other))
    assert abs(here["norm"][:15] - there["norm"][:15]).max() > 1e-3


def test_positions_tell_the_same_tokens_in_another_order_apart(model):
    ids = ids_of(model, TEXT)
    other = ids.copy()
    other[[2, 5]] = other[[5, 2]]
    here, there = (node_activations(model, {"input": one}) for one in (ids, other))
    assert abs(here["output"] - there["output"]).max() > 1e-6
    bias = model.training_model.get_layer("positions").bias
    assert bias.shape == (16, 32), "a learned vector for each place"


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".h5", ".keras"])
def test_plain_keras_opens_its_file(model, tmp_path, ending):
    import keras

    from netbuilder.core.formats.importing.import_file import import_file
    from netbuilder.core.formats.registry import save_network

    path = tmp_path / f"m{ending}"
    save_network(model, path)
    plain = keras.models.load_model(path, compile=False, custom_objects={})
    modules = {type(layer).__module__ for layer in plain._flatten_layers()}
    assert all(module.startswith("keras.src.") for module in modules)
    ids = ids_of(model, TEXT)
    whole = np.asarray(model.model(ids[None]))
    if ending == ".h5":
        assert np.asarray(plain(ids[None])) == pytest.approx(whole, abs=1e-5)
    # Without what NetBuilder wrote beside it, the canvas has the causal mask again.
    bare = tmp_path / f"bare{ending}"
    model.training_model.save(bare)
    project = import_file(bare).project
    for block in ("attention_1", "attention_2"):
        assert project.graph.by_id[block].params["use_causal_mask"] is True
    assert token_attention(model, TEXT) is not None


def test_top_k_leaves_the_most_likely_ones():
    shares = np.array([0.1, 0.4, 0.2, 0.3])
    assert sampling_shares(shares, 1.0, 2) == pytest.approx([0, 0.4 / 0.7, 0, 0.3 / 0.7])
    assert sampling_shares(shares, 1.0, 0) == pytest.approx(shares)
    assert sampling_shares(shares, 1.0, 99) == pytest.approx(shares)
    # p ** 2 of the two, brought back to 1: 0.16 and 0.09 over 0.25.
    assert sampling_shares(shares, 0.5, 2) == pytest.approx([0, 0.64, 0, 0.36])
    assert sampling_shares(shares, 0.0, 3).tolist() == [0, 1, 0, 0]
    equal = np.array([0.25, 0.25, 0.25, 0.25])
    assert (sampling_shares(equal, 1.0, 2) > 0).sum() == 2, "of equal ones no more than asked for"


def test_drawn_tokens_are_among_the_top_k(model):
    found = look(model, TEXT)
    best = np.argsort(-found.probabilities)[:3]
    allowed = {found.classes[one] for one in best}
    firsts = {
        next(stream_tokens(model, TEXT, length=1, temperature=3.0, seed=seed, top_k=3))
        for seed in range(40)
    }
    assert firsts == allowed
    assert found.probabilities.sum() == pytest.approx(1.0, abs=1e-5)


def test_a_token_is_appended_as_people_write(model):
    entry = model.preprocessing.inputs["input"]
    assert append_token("The King", "looks", entry) == "The King looks"
    assert append_token("the king ", ".", entry) == "the king."
    assert append_token("home.", "↵", entry) == "home.\n"
    assert append_token("", "the", entry) == "the"


@pytest.mark.slow
def test_byte_pairs_go_through_the_file_and_into_the_text(tmp_path):
    from netbuilder.core.formats.importing.import_file import load_network
    from netbuilder.core.formats.registry import save_network

    project = project_of(level="byte_pair", merges=30)
    dense = project.graph.by_id["embedding"]
    bigger = replace(dense, params={**dense.params, "input_dim": 100})
    nodes = tuple(bigger if node is dense else node for node in project.graph.nodes)
    model = untrained(replace(project, graph=replace(project.graph, nodes=nodes)))
    save_network(model, tmp_path / "m.h5")
    again = load_network(tmp_path / "m.h5")
    entry = again.preprocessing.inputs["input"]
    assert entry.merges == model.preprocessing.inputs["input"].merges
    assert len(entry.merges) == 30
    found = look(again, "the king looks")
    assert "".join(found.tokens).strip(START).endswith("k␣looks".replace("␣looks", "ing␣looks"))
    assert append_token("the king", "␣lo", entry) == "the king lo"
    assert look(model, TEXT).probabilities == pytest.approx(look(again, TEXT).probabilities)
