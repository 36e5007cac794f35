"""Fine-tuning trains the last block of a frozen backbone on, and says honestly what it gained."""

from dataclasses import replace

import numpy as np
import pytest

from netbuilder.core.engine.session import RunStart, Session
from netbuilder.core.project.model import Choice
from netbuilder.core.results.evaluate import evaluate
from netbuilder.core.results.fine_tuning import (
    EPOCHS,
    LEARNING_RATE,
    fine_tuned,
    gain_sentence,
    may_fine_tune,
)

LAYERS = [("body", "EfficientNetLite0", {"pooling": "avg"}), ("out", "Dense", {"units": 1})]


def test_the_edit(chain):
    project = chain(LAYERS)
    assert may_fine_tune(project)
    tuned = fine_tuned(project)
    params = tuned.graph.by_id["body"].params
    assert (params["trainable"], params["trainable_blocks"]) == (True, 1)
    assert tuned.training.optimizer.params["learning_rate"] == LEARNING_RATE
    assert not may_fine_tune(tuned)
    assert fine_tuned(tuned) == tuned
    for other in ("none", "whole"):
        changed = {"weights": "none"} if other == "none" else {"trainable": True}
        assert not may_fine_tune(chain([("body", LAYERS[0][1], changed), LAYERS[1]]))


@pytest.mark.slow
def test_it_goes_on_from_the_trained_weights(chain, dataset):
    random = np.random.default_rng(0)
    pictures = random.uniform(0, 255, (24, 32, 32, 3)).astype(np.float32)
    data = dataset({"input": pictures}, {"out": pictures[:, :4, :4, 0].mean(axis=(1, 2))[:, None]})
    project = chain(LAYERS, epochs=3, seed=1)
    project = replace(project, training=replace(project.training, optimizer=Choice("Adam")))
    before = Session(project, data).run()
    after = Session(fine_tuned(project), data, start=RunStart(before, epochs=3 + EPOCHS)).run()
    body = [model.training_model.get_layer("body").layers[-1] for model in (before, after)]
    changed = {
        one.path.split("/")[-2]
        for one, other in zip(*(part.weights for part in body), strict=True)
        if not np.array_equal(one.numpy(), other.numpy())
    }
    trained = {"block16_expand_conv", "block16_depthwise_conv", "block16_project_conv", "head_conv"}
    assert changed == trained
    assert after.history["loss"][-1] < before.history["loss"][-1]
    old, new = (evaluate(model, data.train) for model in (before, after))
    # The same network twice gains nothing; a worse network is called worse.
    assert "no better" in gain_sentence(old, old)
    assert "worse" in gain_sentence(new, old) or "no better" in gain_sentence(new, old)
