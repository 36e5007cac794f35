"""The engine's recurrences give what Keras's give, forwards and backwards."""

from typing import Any

import numpy as np
import pytest

from netbuilder.core.engine.networks import fast_recurrence
from tests.few import few

#: Each option at least once, and beside those that it might meet in the formulas.
CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "no bias": {"use_bias": False, "return_state": True, "return_sequences": True},
    "backwards": {"activation": "relu", "return_sequences": True, "go_backwards": True},
    "regularized": {
        "activation": "linear",
        "recurrent_activation": "hard_sigmoid",
        "kernel_regularizer": "l2",
        "recurrent_regularizer": "l1",
    },
    "masked": {"dropout": 0.4, "seed": 3, "mask": True},
    "masked zeros": {
        "mask": True,
        "return_sequences": True,
        "zero_output_for_mask": True,
        "go_backwards": True,
    },
    "begun and masked": {"begin": True, "mask": True, "return_sequences": True},
}
KINDS = ("LSTM", "GRU", "SimpleRNN")
#: Nothing of SimpleRNN's formula meets the others.
FEW = {"backwards", "masked", "begun and masked"}


def passes(kind, case, jit):
    """Outputs, losses and all gradients: by Keras's recurrence, and by the engine's."""
    import keras
    import tensorflow as tf

    options = dict(case)
    masked, begin = options.pop("mask", False), options.pop("begin", False)
    if kind == "SimpleRNN":
        options.pop("recurrent_activation", None)
    random = np.random.default_rng(5)
    x = tf.constant(random.normal(size=(6, 9, 3)), tf.float32)
    valid = random.random((6, 9)) > 0.4
    valid[0], valid[1, :4] = False, False
    states = [tf.constant(random.normal(size=(6, 5)), tf.float32)] * (2 if kind == "LSTM" else 1)
    results = []
    for quick in (False, True):
        keras.utils.set_random_seed(1)
        layer = getattr(keras.layers, kind)(5, bias_initializer="random_normal", **options)
        model = keras.Sequential([keras.Input((9, 3)), layer])
        if quick:
            fast_recurrence.optimize_recurrent(model)
            assert "inner_loop" in vars(layer), "the formulas cover it"

        @tf.function(jit_compile=jit)
        def both(x, states, layer=layer):
            with tf.GradientTape() as tape:
                tape.watch((x, states))
                y = layer(
                    x,
                    mask=tf.constant(valid) if masked else None,
                    initial_state=states if begin else None,
                    training=True,
                )
                y = tf.nest.flatten(y)
                loss = sum(
                    tf.reduce_sum(tf.sin((k + 1) * part + 0.3)) for k, part in enumerate(y)
                ) + sum(layer.losses)
            by = (x, *(states if begin else ()), *(v.value for v in layer.trainable_variables))
            return y, tape.gradient(loss, by)

        results.append([np.asarray(one) for one in tf.nest.flatten(both(x, states))])
    return results


@pytest.mark.parametrize(
    ("kind", "case"),
    few(
        [(kind, case) for kind in KINDS for case in CASES if kind != "SimpleRNN" or case in FEW],
        ("LSTM", "masked zeros"),
        ("GRU", "begun and masked"),
        ("SimpleRNN", "backwards"),
    ),
)
def test_as_keras(kind, case):
    keras_gives, engine_gives = passes(kind, CASES[case], jit=False)
    assert len(keras_gives) == len(engine_gives)
    for theirs, ours in zip(keras_gives, engine_gives, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)
        assert np.any(theirs), "something to compare"


@pytest.mark.parametrize("kind", few(KINDS))
def test_as_keras_when_compiled_by_xla(kind):
    case = {"mask": True, "begin": True, "return_sequences": True}
    for theirs, ours in zip(*passes(kind, case, jit=True), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)


def test_only_training_goes_this_way_and_files_do_not_know_it():
    import keras

    layer = keras.layers.Bidirectional(keras.layers.LSTM(4))
    model = keras.Sequential([keras.Input((7, 2)), layer, keras.layers.Dense(1)])
    before = model.get_config()
    fast_recurrence.optimize_recurrent(model)
    assert "inner_loop" in vars(layer.forward_layer)
    assert "inner_loop" in vars(layer.backward_layer)
    assert model.get_config() == before
    x = np.random.default_rng(0).normal(size=(3, 7, 2)).astype("float32")
    again = keras.Sequential.from_config(model.get_config())
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(model(x, training=False), again(x, training=False))


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("LSTM", {"recurrent_dropout": 0.2}),
        ("LSTM", {"unroll": True}),
        ("LSTM", {"activation": "selu"}),
        ("GRU", {"reset_after": False}),
    ],
)
def test_what_the_formulas_do_not_cover_stays_with_keras(kind, options):
    import keras

    layer = getattr(keras.layers, kind)(4, **options)
    model = keras.Sequential([keras.Input((7, 2)), layer])
    fast_recurrence.optimize_recurrent(model)
    assert "inner_loop" not in vars(layer)
