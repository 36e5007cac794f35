"""What the rows say about layers is what Keras's layers do."""

import numpy as np
import pytest

from netbuilder.core.catalog.layers.layer_index import LAYERS, spec_of
from netbuilder.core.catalog.spec import Category

ROWS = sorted(LAYERS.values(), key=lambda spec: spec.name)
VALUES = np.random.default_rng(3).normal(size=(4, 6, 5)).astype("float32")


def _layer(keras, spec):
    return getattr(keras.layers, spec.name)(**spec.start_params())


def _values(spec):
    rank = spec.ranks[0] if spec.ranks else 3
    return np.random.default_rng(3).normal(size=(4, 6, 5, 3, 2)[:rank]).astype("float32")


@pytest.mark.parametrize("spec", [s for s in ROWS if s.training_only], ids=lambda s: s.name)
def test_what_acts_only_in_training_hands_its_input_on(keras, spec):
    layer, values = _layer(keras, spec), _values(spec)
    assert np.array_equal(np.asarray(layer(values, training=False)), values)
    changed = not np.array_equal(np.asarray(layer(values, training=True)), values)
    assert changed == spec.noise


def test_no_other_layer_of_noise_was_forgotten(keras):
    named = {s.name for s in ROWS if "Dropout" in s.name or "Noise" in s.name}
    assert named == {s.name for s in ROWS if s.noise}


@pytest.mark.parametrize("name", ["Flatten", "Permute", "Identity", "Reshape"])
def test_what_arranges_keeps_the_numbers(keras, name):
    assert spec_of(name).arranges
    params = {"Permute": {"dims": (2, 1)}, "Reshape": {"target_shape": (5, 6)}}.get(name, {})
    out = np.asarray(getattr(keras.layers, name)(**params)(VALUES))
    assert np.array_equal(np.sort(out.ravel()), np.sort(VALUES.ravel()))


@pytest.mark.parametrize(
    "spec",
    [s for s in ROWS if s.min_inputs == 2 and s.category is Category.MERGE and not s.ports],
    ids=lambda s: s.name,
)
def test_any_order_means_that_the_order_means_nothing(keras, spec):
    left, right = VALUES[:, :5, :], VALUES[:, 1:, :]
    layer = getattr(keras.layers, spec.name)
    params = {**spec.start_params(), **({"axes": 1} if spec.name == "Dot" else {})}
    one = np.asarray(layer(**params)([left, right]))
    other = np.asarray(layer(**params)([right, left]))
    assert (one.shape == other.shape and np.allclose(one, other)) == spec.any_order


@pytest.mark.parametrize("spec", [s for s in ROWS if s.activation], ids=lambda s: s.name)
def test_a_layer_that_stands_for_an_activation_applies_it(keras, spec):
    values = np.abs(VALUES) if spec.activation == "prelu" else VALUES
    name = "relu" if spec.activation == "prelu" else spec.activation
    layer = getattr(keras.layers, spec.name)()
    found = np.asarray(layer(values))
    slope = {"negative_slope": 0.3} if spec.name == "LeakyReLU" else {}
    wanted = np.asarray(getattr(keras.activations, name)(values, **slope))
    assert np.allclose(found, wanted, atol=1e-6)


@pytest.mark.parametrize("spec", [s for s in ROWS if s.keeps_units], ids=lambda s: s.name)
def test_what_keeps_units_gives_as_many_numbers(keras, spec):
    shape = (None, 7) if not spec.ranks or 2 in spec.ranks else (None, *(7,) * (spec.ranks[0] - 1))
    params = {"activation": "tanh"} if spec.name == "Activation" else spec.start_params()
    layer = getattr(keras.layers, spec.name)(**params)
    assert layer.compute_output_shape(shape)[-1] == 7


def test_a_layer_that_nobody_knows_has_no_facts():
    spec = spec_of("MyOwnLayer")
    assert not any(
        (spec.noise, spec.training_only, spec.arranges, spec.keeps_units, spec.any_order)
    )
