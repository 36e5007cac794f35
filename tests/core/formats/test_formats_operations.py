"""Models with operators and ``keras.ops``: layers where they mean the same, else placeholders."""

import json

import keras
import numpy as np
import pytest
from keras import layers, ops

from netbuilder.core.errors import FormatError
from netbuilder.core.formats import registry
from netbuilder.core.formats.safety.inspect_file import inspect_file


@pytest.fixture(autouse=True)
def fresh_names():
    """Keras counts its automatic names on through a process, whatever ran before."""
    keras.utils.clear_session()


def tensors(*names: str, shape=(4,)):
    return [keras.Input(shape, name=name) for name in names]


def imported(model, path):
    model.save(path)
    project = registry.import_model(path)
    return {node.id: (node.layer, dict(node.params)) for node in project.graph.nodes}


def test_operators_become_the_layers_that_mean_the_same(tmp_path):
    a, b = tensors("a", "b")
    x = a + b
    x = ops.maximum(x - b, a * b)
    x = 2 - (x * 3 + 0.5) / 4
    x = ops.reshape(ops.concatenate([x, a], axis=-1), (-1, 4, 2))
    x = ops.relu(ops.transpose(x, (0, 2, 1)))
    model = keras.Model([a, b], layers.Dense(1, name="out")(layers.Flatten(name="flat")(-x)))
    path = tmp_path / "m.keras"
    nodes = imported(model, path)
    assert [layer for layer, _ in nodes.values()] == [
        "Input", "Input", "Add", "Subtract", "Multiply", "Maximum", "Rescaling", "Rescaling",
        "Rescaling", "Rescaling", "Concatenate", "Reshape", "Permute", "Activation", "Rescaling",
        "Flatten", "Dense",
    ]  # fmt: skip
    assert nodes["reshape"][1] == {"target_shape": [4, 2]}
    trained = registry.load_network(path)
    assert trained.training_model.name == "core", "the canvas can say all that the model is"
    rows = [np.random.default_rng(n).normal(size=(6, 4)).astype("float32") for n in (0, 1)]
    expected = model.predict(rows, verbose=0)
    assert np.allclose(trained.training_model.predict(rows, verbose=0), expected, atol=1e-5)


def test_operations_that_are_no_layer_become_placeholders_and_still_answer(tmp_path):
    (a,) = tensors("a", shape=(5, 4))
    x = ops.mean(a, axis=1) + np.arange(4, dtype="float32")
    x = ops.reshape(x[:, :2], (-1, 1))
    model = keras.Model(a, x)
    path = tmp_path / "m.keras"
    nodes = imported(model, path)
    assert [layer for layer, _ in nodes.values()] == [
        "Input", "ops.Mean", "ops.Add", "ops.GetItem", "ops.Reshape",
    ]  # fmt: skip
    add = next(n for n in registry.import_model(path).graph.nodes if n.layer == "ops.Add")
    told = add.extra["explanation"]
    for word in ("operation 'Add'", "not dangerous", "keras.layers.Add()"):
        assert word in told
    rows = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")
    answers = registry.load_network(path).training_model.predict(rows, verbose=0)
    assert np.allclose(answers, model.predict(rows, verbose=0), atol=1e-6)


def test_a_mask_that_an_operation_forgets_stays_forgotten(tmp_path):
    words = keras.Input((6,), dtype="int32", name="words")
    seen = layers.Embedding(10, 4, mask_zero=True)(words)
    seen = seen + layers.Dense(4)(seen)
    model = keras.Model(words, layers.LSTM(3)(seen))
    path = tmp_path / "m.keras"
    assert "Add" in [layer for layer, _ in imported(model, path).values()]
    rows = np.array([[1, 2, 0, 0, 0, 0], [3, 4, 5, 6, 0, 0]])
    expected = model.predict(rows, verbose=0)
    trained = registry.load_network(path)
    assert np.allclose(trained.training_model.predict(rows, verbose=0), expected, atol=1e-6)
    # The canvas would answer something else, so a file of it must not be built from the canvas.
    again = tmp_path / "again.keras"
    registry.save_network(trained, again)
    assert np.allclose(
        registry.load_network(again).training_model.predict(rows, verbose=0), expected, atol=1e-6
    )
    opened = keras.models.load_model(again)
    assert np.allclose(opened.predict(rows, verbose=0), expected, atol=1e-6)
    with pytest.raises(FormatError, match=r"again\.keras"):
        registry.save_network(trained, tmp_path / "again.h5")
    assert not (tmp_path / "again.h5").exists()


@pytest.mark.parametrize("change", [{"class_name": "Map"}, {"module": "keras.src.ops.evil"}])
def test_other_operations_never_reach_keras(tmp_path, change):
    (a,) = tensors("a")
    path = tmp_path / "m.h5"
    config = json.loads(keras.Model(a, ops.exp(a)).to_json())
    config["config"]["layers"][1].update({"registered_name": None, **change})
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
    (refused,) = inspect_file(path, placeholders=True).refused
    assert "not dangerous" in refused.why
    with pytest.raises(FormatError, match="not a layer"):
        registry.load_network(path)
    assert registry.import_model(path).graph.nodes[1].layer.startswith("ops.")
