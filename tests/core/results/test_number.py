"""How one number comes about, against the layer's own output."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netbuilder.core.results.number import CURVES, curve, explain, in_words, lstm_states

RNG = np.random.default_rng(7)


def _weights(layer: Any) -> dict[str, Any]:
    return {w.name: w.numpy() for cell in (getattr(layer, "cell", layer),) for w in cell.weights}


CASES = [
    ("Dense", {"units": 4, "activation": "relu"}, (5,)),
    ("Dense", {"units": 4, "activation": "softmax"}, (5,)),
    ("Dense", {"units": 3, "use_bias": False}, (6, 5)),
    ("Conv1D", {"filters": 3, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, (9, 2)),
    ("Conv2D", {"filters": 4, "kernel_size": [3, 2], "strides": [2, 1], "padding": "same",
                "activation": "tanh"}, (7, 6, 2)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "groups": 2, "activation": "gelu"}, (6, 6, 4)),
    ("Conv3D", {"filters": 2, "kernel_size": 2, "activation": "elu"}, (4, 4, 3, 2)),
    ("MaxPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, (7, 6, 2)),
    ("AveragePooling2D", {"pool_size": [2, 3], "padding": "same"}, (7, 7, 2)),
    ("AveragePooling1D", {"pool_size": 2}, (7, 2)),
    ("GlobalAveragePooling2D", {}, (4, 5, 3)),
    ("GlobalMaxPooling1D", {}, (6, 3)),
    ("LSTM", {"units": 3}, (5, 2)),
    ("LSTM", {"units": 3, "return_sequences": True, "go_backwards": True}, (5, 2)),
    ("LSTM", {"units": 2, "return_sequences": True, "activation": "relu",
              "recurrent_activation": "hard_sigmoid", "use_bias": False}, (4, 3)),
    ("Softmax", {}, (5,)),
    ("ReLU", {}, (5,)),
    ("LeakyReLU", {"negative_slope": 0.1}, (5,)),
    ("Activation", {"activation": "silu"}, (2, 5)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "params", "shape"), CASES)
def test_every_number_is_the_layers_own(name: str, params: dict, shape: tuple) -> None:
    import keras

    layer = getattr(keras.layers, name)(**params)
    x = RNG.normal(size=(1, *shape)).astype("float32")
    layer.build(x.shape)
    for weight in layer.weights:  # biases begin as zeros: nothing would show one that is left out
        weight.assign(RNG.normal(size=weight.shape, scale=0.6))
    out = np.asarray(layer(x))[0]
    for index in np.ndindex(*out.shape):
        number = explain(name, params, _weights(layer), x[0], index)
        assert number is not None
        assert number.value == pytest.approx(float(out[index]), abs=2e-5), index
        assert in_words(number)


def test_the_terms_add_up_to_what_the_activation_gets() -> None:
    kernel, bias = RNG.normal(size=(5, 3)), RNG.normal(size=3)
    x = RNG.normal(size=5)
    number = explain("Dense", {"activation": "relu"}, {"kernel": kernel, "bias": bias}, x, (1,))
    assert number is not None
    assert sum(t.product for t in number.terms) + number.bias == pytest.approx(number.before)
    assert number.value == max(number.before, 0.0)
    assert [t.product for t in number.largest_terms(2)] == sorted(
        (t.product for t in number.terms), key=abs, reverse=True
    )[:2]


@pytest.mark.parametrize("name", CURVES)
def test_curves_are_those_of_keras(name: str) -> None:
    import keras

    x, y = curve(name, -4.0, 4.0)
    own = np.asarray(keras.activations.get(name)(x.astype("float32")))
    assert y == pytest.approx(own, abs=2e-5, rel=1e-5)


def test_a_worked_example_reads_as_one_writes_it() -> None:
    weights = {"kernel": np.array([[2.0], [-1.0]]), "bias": np.array([0.5])}
    number = explain("Dense", {"activation": "relu"}, weights, np.array([3.0, 1.0]), (0,))
    assert number is not None
    assert in_words(number) == "3 · 2 + 1 · −1 + bias 0.5 = 5.5\nrelu(5.5) = 5.5"


def test_other_layers_are_not_taken_apart() -> None:
    assert explain("GRU", {}, {}, np.zeros((3, 2)), (0,)) is None


def test_the_states_of_an_lstm_over_time_are_those_that_it_would_return() -> None:
    import keras

    layer = keras.layers.LSTM(3, return_sequences=True)
    x = RNG.normal(size=(1, 6, 2)).astype("float32")
    out = np.asarray(layer(x))[0]
    assert lstm_states({}, _weights(layer), x[0]) == pytest.approx(out, abs=2e-5)
