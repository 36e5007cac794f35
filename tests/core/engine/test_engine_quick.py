"""Dropout and pooled convolutions in the engine's forms mean what Keras's mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netbuilder.core.engine.build.quick import pooled, step
from netbuilder.core.engine.build.quick.layers import quicken

SHAPES = {
    "Dropout": (40, 50),
    "SpatialDropout1D": (20, 30, 40),
    "SpatialDropout2D": (20, 5, 6, 40),
    "SpatialDropout3D": (20, 3, 4, 5, 40),
}


def masks(kind: str, rate: float, compiled: str, steps: int = 5) -> Any:
    """What a layer makes of ones in some steps of training: (steps, shape)."""
    import keras
    import tensorflow as tf

    shape = SHAPES[kind]
    layer = getattr(keras.layers, kind)(rate, seed=4)
    model = keras.Sequential([keras.Input(shape[1:]), layer])
    quicken(model)

    @tf.function(jit_compile=compiled != "graph" or None, autograph=False)
    def run() -> Any:
        with step.training_step(compiled):
            return tf.stack([model(tf.ones(shape), training=True) for _ in range(steps)])

    return run().numpy()


@pytest.mark.parametrize("compiled", ["graph", "step", "loop"])
@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_masks_have_the_rate_and_keep_the_sum(kind: str, rate: float, compiled: str) -> None:
    made = masks(kind, rate, compiled)
    assert np.unique(made).tolist() == pytest.approx([0, 1 / (1 - rate)])
    # Of a spatial mask one number decides for all places of a map.
    places = tuple(range(2, made.ndim - 1))
    assert kind == "Dropout" or (made.max(axis=places) == made.min(axis=places)).all()
    drawn = made if kind == "Dropout" else made.max(axis=places)
    # Five standard deviations of a share among so many that are drawn.
    assert abs((drawn == 0).mean() - rate) < 5 * (rate * (1 - rate) / drawn.size) ** 0.5


def test_no_two_steps_have_the_same_mask_and_none_follows_from_another() -> None:
    made = masks("Dropout", 0.5, "loop", steps=6).reshape(6, -1) - 1
    alike = np.corrcoef(made)[np.triu_indices(6, 1)]
    assert np.abs(alike).max() < 5 / made.shape[1] ** 0.5


def test_only_what_is_compiled_by_xla_has_other_masks_than_keras() -> None:
    import keras
    import tensorflow as tf

    own = keras.layers.Dropout(0.3, seed=4)(tf.ones(SHAPES["Dropout"]), training=True)
    assert np.array_equal(masks("Dropout", 0.3, "graph", steps=1)[0], own)
    assert not np.array_equal(masks("Dropout", 0.3, "loop", steps=1)[0], own)


def test_an_answer_drops_nothing() -> None:
    import keras
    import tensorflow as tf

    model = keras.Sequential([keras.Input((9,)), keras.layers.Dropout(0.9)])
    quicken(model)
    with step.training_step("loop"):
        assert np.array_equal(model(tf.ones((3, 9)), training=False), np.ones((3, 9)))


def chain(rank: int, **options: Any) -> Any:
    """Convolution, pooling, a layer that adds up; biases that matter."""
    import keras

    conv = getattr(keras.layers, f"Conv{rank}D")
    pool = getattr(keras.layers, f"MaxPooling{rank}D")
    padding = options.pop("pooling", "valid")
    keras.utils.set_random_seed(3)
    biases = {} if options.get("use_bias") is False else {"bias_initializer": "random_normal"}
    layers = [
        conv(6, 3, name="conv", **biases, **options),
        pool(2, padding=padding, name="pool"),
        keras.layers.Flatten(),
        keras.layers.Dense(2),
    ]
    return keras.Sequential([keras.Input((9,) * rank + (2,)), *layers])


def slopes(model: Any, x: Any) -> list[Any]:
    """Answer and gradients of one training step."""
    import tensorflow as tf

    @tf.function(autograph=False)
    def run() -> Any:
        with step.training_step("graph"), tf.GradientTape() as tape:
            y = model(x, training=True)
            loss = tf.reduce_sum(tf.sin(y))
        return y, *tape.gradient(loss, [one.value for one in model.trainable_variables])

    return [one.numpy() for one in run()]


@pytest.mark.parametrize(
    ("rank", "options"),
    [
        *[(2, {"activation": name}) for name in pooled.NEVER_FALLING],
        (1, {"activation": "relu"}),
        (3, {"activation": "relu"}),
        (2, {"activation": None}),
        (2, {"activation": "relu", "use_bias": False}),
        (2, {"activation": "relu", "pooling": "same", "padding": "same", "strides": 2}),
        (2, {"activation": "relu", "kernel_regularizer": "l2"}),
    ],
    ids=str,
)
def test_a_pooled_convolution_answers_and_learns_as_keras_has_it(
    rank: int, options: dict[str, Any]
) -> None:
    import tensorflow as tf

    x = tf.constant(np.random.default_rng(2).normal(size=(5, *(9,) * rank, 2)), tf.float32)
    plain, quick = chain(rank, **options), chain(rank, **options)
    quicken(quick)
    assert "call" in vars(quick.get_layer("conv")), "the form here covers it"
    for mine, own in zip(slopes(quick, x), slopes(plain, x), strict=True):
        np.testing.assert_allclose(mine, own, rtol=2e-5, atol=2e-5)


def test_every_other_view_sees_the_convolution_whole() -> None:
    import keras
    import tensorflow as tf

    x = tf.constant(np.random.default_rng(2).normal(size=(5, 9, 9, 2)), tf.float32)
    plain, quick = chain(2, activation="relu"), chain(2, activation="relu")
    quicken(quick)
    for model in (plain, quick):
        model.seen = keras.Model(model.inputs, [one.output for one in model.layers])
    for training in (False, True):
        for mine, own in zip(
            quick.seen(x, training=training), plain.seen(x, training=training), strict=True
        ):
            assert np.array_equal(mine, own)


def test_what_the_form_does_not_cover_stays_with_keras() -> None:
    import keras

    def two_readers() -> Any:
        given = keras.Input((9, 9, 2))
        maps = keras.layers.Conv2D(3, 3, activation="relu", name="conv")(given)
        pooled_maps = keras.layers.MaxPooling2D()(maps)
        return keras.Model(given, [pooled_maps, keras.layers.Flatten()(maps)])

    def itself_an_output() -> Any:
        given = keras.Input((9, 9, 2))
        maps = keras.layers.Conv2D(3, 3, activation="relu", name="conv")(given)
        return keras.Model(given, [keras.layers.MaxPooling2D()(maps), maps])

    def pooled_twice_by_one_layer() -> Any:
        given = keras.Input((9, 9, 2))
        pool = keras.layers.MaxPooling2D()
        maps = keras.layers.Conv2D(3, 3, activation="relu", name="conv")(given)
        return keras.Model(given, [pool(maps), pool(given)])

    cases = [
        two_readers(),
        itself_an_output(),
        pooled_twice_by_one_layer(),
        chain(2, activation="gelu"),
        chain(2, activation="relu", activity_regularizer="l2"),
    ]
    for model in cases:
        quicken(model)
        assert "call" not in vars(model.get_layer("conv"))
