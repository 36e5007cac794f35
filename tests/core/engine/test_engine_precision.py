"""Half precision as a choice of the plan: it trains, and plain Keras opens what comes of it."""

import numpy as np
import pytest

from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.session import Computation, RunStorage, Session
from netbuilder.core.folders import resource
from netbuilder.core.project import edits, files
from tests.few import few


@pytest.mark.parametrize("precision", few(["mixed_bfloat16", "mixed_float16"], "mixed_float16"))
def test_half_precision_learns_and_is_saved(precision, tmp_path):
    import keras

    project = files.read(resource("examples", "digits.netbuilder"))
    project = edits.set_training(project, epochs=3, precision=precision)
    dataset = load_dataset(project, tmp_path)
    trained = Session(
        project, dataset, computation=Computation("graph"), storage=RunStorage(record=False)
    ).run()
    losses = trained.history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    assert {layer.dtype_policy.name for layer in trained.training_model.layers} >= {precision}
    assert all(weight.dtype == "float32" for weight in trained.training_model.trainable_weights)
    path = tmp_path / "half.keras"
    trained.model.save(path)
    rows = np.zeros((1, 8, 8, 1), "float32")
    answer = keras.models.load_model(path).predict(rows, verbose=0)
    assert answer.dtype == np.float32
    assert answer.sum() == pytest.approx(1.0, abs=1e-3)
