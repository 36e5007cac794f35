"""The engine's forms of dropout, noise, pooling and recurrence mean what Keras's mean."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from netbuilder.core.engine.networks import fast_layers, fast_recurrence
from netbuilder.core.engine.networks.fast_layers import optimize_layers
from tests.few import few

SHAPES = {
    "Dropout": (40, 50),
    "SpatialDropout1D": (20, 30, 40),
    "SpatialDropout2D": (20, 5, 6, 40),
    "SpatialDropout3D": (20, 3, 4, 5, 40),
}


def masks(kind, rate, compiled, steps=5, seed=4):
    """What a layer makes of ones in some steps of training: (steps, shape)."""
    import keras
    import tensorflow as tf

    shape = SHAPES.get(kind, SHAPES["Dropout"])
    layer = getattr(keras.layers, kind)(rate, seed=seed)
    model = keras.Sequential([keras.Input(shape[1:]), layer])
    optimize_layers(model)

    @tf.function(jit_compile=compiled != "graph" or None, autograph=False)
    def run():
        with fast_layers.training_step(compiled):
            return tf.stack([model(tf.ones(shape), training=True) for _ in range(steps)])

    return run().numpy()


def pairs(kinds, *amounts: float):
    """Each kind of layer compiled in each way, with one amount or another."""
    combined = enumerate(product(kinds, ("graph", "step", "loop")))
    return [(kind, amounts[at % len(amounts)], compiled) for at, (kind, compiled) in combined]


@pytest.mark.parametrize(
    ("kind", "rate", "compiled"),
    few(
        pairs(SHAPES, 0.2, 0.5),
        ("Dropout", 0.2, "graph"),
        ("Dropout", 0.2, "loop"),
        ("SpatialDropout2D", 0.5, "step"),
    ),
)
def test_masks_have_the_rate_and_keep_the_sum(kind, rate, compiled):
    made = masks(kind, rate, compiled)
    assert np.unique(made).tolist() == pytest.approx([0, 1 / (1 - rate)])
    # Of a spatial mask one number decides for all places of a map.
    places = tuple(range(2, made.ndim - 1))
    assert kind == "Dropout" or (made.max(axis=places) == made.min(axis=places)).all()
    drawn = made if kind == "Dropout" else made.max(axis=places)
    # Five standard deviations of a share among so many that are drawn.
    assert abs((drawn == 0).mean() - rate) < 5 * (rate * (1 - rate) / drawn.size) ** 0.5


def test_no_two_steps_have_the_same_mask_and_none_follows_from_another():
    made = masks("Dropout", 0.5, "loop", steps=6).reshape(6, -1) - 1
    alike = np.corrcoef(made)[np.triu_indices(6, 1)]
    assert np.abs(alike).max() < 5 / made.shape[1] ** 0.5


def test_only_what_is_compiled_by_xla_has_other_masks_than_keras():
    import keras
    import tensorflow as tf

    own = keras.layers.Dropout(0.3, seed=4)(tf.ones(SHAPES["Dropout"]), training=True)
    assert np.array_equal(masks("Dropout", 0.3, "graph", steps=1)[0], own)
    assert not np.array_equal(masks("Dropout", 0.3, "loop", steps=1)[0], own)


NOISE = ("GaussianNoise", "GaussianDropout", "AlphaDropout")


@pytest.mark.parametrize(
    ("kind", "amount", "compiled"),
    few(
        pairs(NOISE, 0.1, 0.6),
        ("GaussianNoise", 0.1, "graph"),
        ("GaussianDropout", 0.1, "step"),
        ("AlphaDropout", 0.1, "loop"),
    ),
)
def test_noise_has_the_moments_that_it_is_known_for(kind, amount, compiled):
    made = masks(kind, amount, compiled).astype(np.float64)
    count = made.size
    if kind == "AlphaDropout":
        # Of ones: SELU's lowest value where it is dropped, both moved so that of inputs of mean 0
        # and variance 1 these stay (Klambauer et al. 2017, equation 10).
        lowest = -1.7580993408473766
        scale = (1 - amount + lowest**2 * amount * (1 - amount)) ** -0.5
        shift = -scale * amount * lowest
        levels = [scale * lowest + shift, scale + shift]
        assert np.unique(made).tolist() == pytest.approx(levels, abs=1e-5)
        dropped = np.isclose(made, levels[0], atol=1e-4).mean()
        assert abs(dropped - amount) < 5 * (amount * (1 - amount) / count) ** 0.5
        # The other moments follow: E = 0 and V = 1 for inputs of mean 0 and variance 1.
        assert scale * amount * lowest + shift == pytest.approx(0)
        square = scale**2 * (1 - amount + amount * lowest**2) - shift**2
        assert square == pytest.approx(1)
        return
    deviation = amount if kind == "GaussianNoise" else (amount / (1 - amount)) ** 0.5
    assert abs(made.mean() - 1) < 5 * deviation / count**0.5
    assert abs(made.std() / deviation - 1) < 5 / (2 * count) ** 0.5
    share = (np.abs(made - 1) < deviation).mean()  # of a normal distribution
    assert abs(share - 0.6827) < 5 * (0.6827 * 0.3173 / count) ** 0.5


@pytest.mark.slow
@pytest.mark.parametrize("kind", NOISE)
def test_the_same_seed_draws_the_same_noise_and_no_step_that_of_another(kind):
    made = masks(kind, 0.4, "loop")
    assert np.array_equal(made, masks(kind, 0.4, "loop"))
    assert not np.array_equal(made, masks(kind, 0.4, "loop", seed=5))
    alike = np.corrcoef(made.reshape(len(made), -1))[np.triu_indices(len(made), 1)]
    assert np.abs(alike).max() < 5 / made[0].size ** 0.5
    keras_own, other = masks(kind, 0.4, "graph", steps=1), made[:1]
    assert not np.array_equal(keras_own, other), "under XLA it is drawn otherwise"


def test_one_number_of_alpha_dropout_holds_for_all_places_of_its_shape():
    import keras
    import tensorflow as tf

    layer = keras.layers.AlphaDropout(0.5, noise_shape=(None, 1), seed=4)
    model = keras.Sequential([keras.Input((50,)), layer])
    optimize_layers(model)

    @tf.function(jit_compile=True, autograph=False)
    def run():
        with fast_layers.training_step("loop"):
            return model(tf.ones((40, 50)), training=True)

    made = run().numpy()
    assert (made.max(axis=1) == made.min(axis=1)).all()
    assert len(np.unique(made)) == 2


@pytest.mark.parametrize("kind", ["Dropout", *NOISE])
def test_an_answer_drops_nothing(kind):
    import keras
    import tensorflow as tf

    model = keras.Sequential([keras.Input((9,)), getattr(keras.layers, kind)(0.9)])
    optimize_layers(model)
    with fast_layers.training_step("loop"):
        assert np.array_equal(model(tf.ones((3, 9)), training=False), np.ones((3, 9)))


def chain(rank, **options: Any):
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


def slopes(model, x):
    """Answer and gradients of one training step."""
    import tensorflow as tf

    @tf.function(autograph=False)
    def run():
        with fast_layers.training_step("graph"), tf.GradientTape() as tape:
            y = model(x, training=True)
            loss = tf.reduce_sum(tf.sin(y))
        return y, *tape.gradient(loss, [one.value for one in model.trainable_variables])

    return [one.numpy() for one in run()]


@pytest.mark.parametrize(
    ("rank", "options"),
    [
        *few(
            [(2, {"activation": name}) for name in fast_layers.NEVER_FALLING],
            (2, {"activation": "relu"}),
        ),
        (1, {"activation": "relu"}),
        (3, {"activation": "relu"}),
        (2, {"activation": None}),
        (2, {"activation": "relu", "use_bias": False}),
        (2, {"activation": "relu", "pooling": "same", "padding": "same", "strides": 2}),
        (2, {"activation": "relu", "kernel_regularizer": "l2"}),
    ],
    ids=str,
)
def test_a_pooled_convolution_answers_and_learns_as_keras_has_it(rank, options):
    import tensorflow as tf

    x = tf.constant(np.random.default_rng(2).normal(size=(5, *(9,) * rank, 2)), tf.float32)
    plain, quick = chain(rank, **options), chain(rank, **options)
    optimize_layers(quick)
    assert "call" in vars(quick.get_layer("conv")), "the form here covers it"
    for mine, own in zip(slopes(quick, x), slopes(plain, x), strict=True):
        np.testing.assert_allclose(mine, own, rtol=2e-5, atol=2e-5)


def test_every_other_view_sees_the_convolution_whole():
    import keras
    import tensorflow as tf

    x = tf.constant(np.random.default_rng(2).normal(size=(5, 9, 9, 2)), tf.float32)
    plain, quick = chain(2, activation="relu"), chain(2, activation="relu")
    optimize_layers(quick)
    for model in (plain, quick):
        model.seen = keras.Model(model.inputs, [one.output for one in model.layers])
    for training in (False, True):
        for mine, own in zip(
            quick.seen(x, training=training), plain.seen(x, training=training), strict=True
        ):
            assert np.array_equal(mine, own)


def test_what_the_form_does_not_cover_stays_with_keras():
    import keras

    def two_readers():
        given = keras.Input((9, 9, 2))
        maps = keras.layers.Conv2D(3, 3, activation="relu", name="conv")(given)
        pooled_maps = keras.layers.MaxPooling2D()(maps)
        return keras.Model(given, [pooled_maps, keras.layers.Flatten()(maps)])

    def itself_an_output():
        given = keras.Input((9, 9, 2))
        maps = keras.layers.Conv2D(3, 3, activation="relu", name="conv")(given)
        return keras.Model(given, [keras.layers.MaxPooling2D()(maps), maps])

    def pooled_twice_by_one_layer():
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
        optimize_layers(model)
        assert "call" not in vars(model.get_layer("conv"))


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
