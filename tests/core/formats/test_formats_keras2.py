"""Models that Keras 2 wrote: their weights come along and they answer as they did."""

import json
import os
import warnings
from itertools import product

import numpy as np
import pytest

from netbuilder.core.errors import FormatError
from netbuilder.core.formats import registry
from netbuilder.core.formats.safety.inspect_file import inspect_file
from tests.core.formats import model_kinds
from tests.few import few

tk = pytest.importorskip("tf_keras")


def written(name, path):
    """Write a model; give it, made-up samples, and its answers."""
    tk.utils.set_random_seed(7)
    model = model_kinds.KINDS[name](tk)
    model_kinds.shaken(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(path)
    x = model_kinds.probe(model)
    return model, x, answers(model, x)


def answers(model, x):
    import tensorflow as tf

    out = model(x[0] if len(x) == 1 else x, training=False)
    return [np.asarray(one) for one in tf.nest.flatten(out)]


def difference(model, x, expected):
    found = answers(model, x)
    assert [one.shape for one in found] == [one.shape for one in expected]
    # Of a deep network's large answers float32 keeps as many digits as of small ones.
    return max(
        float(np.abs(a - b).max() / max(1.0, float(np.abs(b).max())))
        for a, b in zip(found, expected, strict=True)
    )


QUICK = (
    "thresholded relu",
    "dense hard_sigmoid",
    "lstm hard_sigmoid",
    "nested",
    "operations",
    "depthwise",
)


def cases():
    """Kinds and endings; the endings take turns, unless all are wanted."""
    every = bool(os.environ.get("NETBUILDER_ALL_KINDS"))
    return [
        pytest.param(name, ending, marks=() if name in QUICK else pytest.mark.slow)
        for number, name in enumerate(model_kinds.KINDS)
        for turn, ending in enumerate(("h5", "keras"))
        if every or name in QUICK or number % 2 == turn
    ]


@pytest.mark.parametrize(("name", "ending"), cases())
def test_kinds_of_models_answer_as_they_did(tmp_path, name, ending):
    path = tmp_path / f"model.{ending}"
    _, x, expected = written(name, path)
    trained = registry.load_network(path)
    assert difference(trained.model, x, expected) < 5e-4
    # And the same file is drawn without Keras.
    assert len(registry.import_model(path).graph.nodes) > 1


def test_hard_sigmoid_keeps_the_formula_of_keras_2(tmp_path):
    """Keras 3 answers 0.5 + x/6 where Keras 2 answered 0.5 + x/5."""
    path = tmp_path / "hard.h5"
    model = tk.Sequential([tk.layers.Input((1,)), tk.layers.Dense(1, activation="hard_sigmoid")])
    model.set_weights([np.ones((1, 1)), np.zeros(1)])
    model.save(path)
    back = registry.load_network(path)
    rows = np.array([[-2.6], [-1.0], [0.0], [1.0], [2.0], [2.6]], "float32")
    expected = np.clip(0.2 * rows + 0.5, 0, 1)
    assert np.allclose(back.model.predict(rows, verbose=0), expected, atol=1e-6)
    # Saved again it answers the same wherever Keras 3 opens it.
    registry.save_network(back, tmp_path / "again.h5")
    again = registry.load_network(tmp_path / "again.h5")
    assert np.allclose(again.model.predict(rows, verbose=0), expected, atol=1e-6)


def _branches(layers):
    start = tk.Input((6,))
    short = layers.Activation("hard_sigmoid")(layers.Dense(5)(start))
    return tk.Model(start, [layers.Dense(5)(layers.Dense(5)(start)), short])


@pytest.mark.parametrize(
    ("ending", "inside"),
    few(product(["h5", "keras"], [False, True]), ("h5", True), ("keras", False)),
)
def test_a_layer_that_is_added_moves_no_weights(tmp_path, ending, inside):
    """The scaling before a hard_sigmoid lengthens its branch, and its weights fit another, too."""
    model = _branches(tk.layers)
    if inside:
        start = tk.Input((6,))
        model = tk.Model(start, model(start))
    model_kinds.shaken(model)
    x = model_kinds.probe(model)
    model.save(tmp_path / f"m.{ending}")
    trained = registry.load_network(tmp_path / f"m.{ending}")
    assert difference(trained.model, x, answers(model, x)) < 1e-5
    registry.save_network(trained, tmp_path / "again.h5")
    again = registry.load_network(tmp_path / "again.h5")
    assert difference(again.model, x, answers(model, x)) < 1e-5


@pytest.mark.parametrize("ending", ["h5", pytest.param("keras", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("layer", "shape", "by_cards"),
    [
        ("LSTM(3, 'hard_sigmoid', 'hard_sigmoid')", (5, 4), False),
        pytest.param(
            "Bidirectional(L.LSTM(3, activation='hard_sigmoid'))",
            (5, 4),
            False,
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "ConvLSTM2D(2, 2, activation='hard_sigmoid')",
            (3, 4, 4, 2),
            False,
            marks=pytest.mark.slow,
        ),
        ("GRU(3, 'hard_sigmoid')", (5, 4), True),
        pytest.param(
            "GRU(3, 'hard_sigmoid', 'hard_sigmoid', reset_after=False)",
            (5, 4),
            True,
            marks=pytest.mark.slow,
        ),
        pytest.param("SimpleRNN(3, 'hard_sigmoid')", (5, 4), True, marks=pytest.mark.slow),
    ],
)
def test_states_keep_the_hard_sigmoid_of_keras_2(tmp_path, layer, shape, by_cards, ending):
    """Answers to the file, to what is written of it, and what is said to who goes back."""
    import keras

    model = tk.Sequential([tk.layers.Input(shape), eval(f"L.{layer}", {"L": tk.layers})])
    model_kinds.shaken(model)
    model.save(tmp_path / f"old.{ending}")
    x = [3 * model_kinds.probe(model)[0]]
    expected = answers(model, x)
    trained = registry.load_network(tmp_path / f"old.{ending}")
    assert difference(trained.model, x, expected) < 1e-5
    assert ("keras_own" in trained.extra) != by_cards
    assert any("hard_sigmoid of Keras 2" in text for text in trained.extra["notes"]) != by_cards
    for name in ("new.h5", "new.keras"):
        notes = registry.save_network(trained, tmp_path / name)
        assert difference(keras.models.load_model(tmp_path / name), x, expected) < 1e-5
        assert difference(registry.load_network(tmp_path / name).model, x, expected) < 1e-5
        assert any("hard_sigmoid differently" in text for text in notes) == name.endswith("h5")
    # The careless reading, Keras 3's own of the same name, answers otherwise.
    assert abs(np.clip(0.2 * 1.0 + 0.5, 0, 1) - float(keras.activations.hard_sigmoid(1.0))) > 0.03


def test_a_sum_becomes_a_layer_that_can_be_trained(tmp_path):
    path = tmp_path / "sum.h5"
    written("operations", path)
    trained = registry.load_network(path)
    assert "keras_own" not in trained.extra
    assert "Add" in [node.layer for node in trained.project.graph.nodes]


def test_a_layer_that_is_gone_is_named_and_the_rest_is_drawn(tmp_path):
    path = tmp_path / "gone.h5"
    tk.Sequential([tk.layers.Input((5, 2)), tk.layers.LocallyConnected1D(3, 2)]).save(path)
    with pytest.raises(FormatError, match="LocallyConnected1D"):
        registry.load_network(path)
    project = registry.import_model(path)
    assert [node.layer for node in project.graph.nodes] == ["Input", "LocallyConnected1D"]


def test_functions_that_only_compute_are_drawn_and_others_refused(tmp_path):
    import h5py

    path = tmp_path / "slice.h5"
    start = tk.Input((6,))
    tk.Model(start, tk.layers.Dense(2)(start[:, :3])).save(path)
    explained = [str(node.extra) for node in registry.import_model(path).graph.nodes]
    assert any("not dangerous" in text for text in explained)
    with h5py.File(path, "r+") as file:
        text = str(file.attrs["model_config"])
        file.attrs["model_config"] = text.replace("__operators__.getitem", "io.write_file")
    with pytest.raises(FormatError, match="could do anything"):
        inspect_file(path, placeholders=True)


def test_an_argument_that_keras_3_lacks_and_that_said_something_is_told(tmp_path):
    import h5py

    path = tmp_path / "time.h5"
    tk.Sequential([tk.layers.Input((4, 3)), tk.layers.LSTM(2)]).save(path)
    assert registry.load_network(path).extra["notes"] == ()
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"][1]["config"]["time_major"] = True
        file.attrs["model_config"] = json.dumps(config)
    assert "time_major" in registry.load_network(path).extra["notes"][0]


def test_variable_length_is_opened(tmp_path):
    """As SpliceAI: cropped by more than a made-up sample would be long."""
    path = tmp_path / "long.h5"
    _, x, expected = written("variable length", path)
    assert difference(registry.load_network(path).model, x, expected) < 5e-4


def _half(layers):
    return tk.Sequential(
        [layers.Input((6,)), layers.Dense(5, dtype="mixed_float16"), layers.Dense(2)]
    )


def _translating(layers):
    start, second = tk.Input((7, 4)), tk.Input((6, 3))
    _, hidden, cell = layers.LSTM(5, return_state=True)(start)
    given = layers.LSTM(5, return_sequences=True)(second, initial_state=[hidden, cell])
    return tk.Model([start, second], layers.Dense(3)(given))


def _on_a_body(layers):
    start = tk.Input((8, 8, 3))
    body = tk.Model(start, layers.Conv2D(4, 3)(start))
    return tk.Sequential([body, layers.GlobalAveragePooling2D(), layers.Dense(2)])


@pytest.mark.parametrize("make", [_half, _translating, _on_a_body])
def test_what_schools_have_of_keras_2(tmp_path, make):
    """Half precision, states that are handed on, a body in a model."""
    model = make(tk.layers)
    model_kinds.shaken(model)
    x = model_kinds.probe(model)
    expected = answers(model, x)
    model.save(tmp_path / "m.h5")
    assert difference(registry.load_network(tmp_path / "m.h5").model, x, expected) < 1e-4
