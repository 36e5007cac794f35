"""Bodies of keras.applications: what the rows say about each, and one built for real."""

import importlib
import inspect

import numpy as np
import pytest

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.layers.pretrained import BACKBONES, PixelScaling
from netbuilder.core.folders import resource

# Arguments of Keras that the engine fills in or that belong to the layers left off.
FILLED = {"include_top", "input_tensor", "input_shape", "name", "include_preprocessing"}
ROWS = [spec for spec in LAYERS.values() if spec.is_backbone]
OURS = [spec for spec in ROWS if not BACKBONES[spec.name].family]
THEIRS = [spec for spec in ROWS if spec not in OURS]
TOP = {"classes", "classifier_activation", "dropout", "dropout_rate", "depth_multiplier"}
OWN = {"weights_file", "trainable", "preprocess"}


@pytest.mark.parametrize("spec", THEIRS, ids=lambda spec: spec.name)
def test_row_has_the_arguments_of_the_body(keras, spec):
    arguments = inspect.signature(getattr(keras.applications, spec.name)).parameters
    rows = set(spec.by_name)
    assert rows - OWN <= set(arguments)
    assert set(arguments) - rows - FILLED - TOP == set()
    assert arguments["weights"].default == spec.by_name["weights"].default
    assert arguments["pooling"].default is spec.by_name["pooling"].default is None
    for name in rows & {"alpha", "minimalistic"}:
        assert arguments[name].default == spec.by_name[name].default
    body = BACKBONES[spec.name]
    assert ("include_preprocessing" in arguments) == (body.scaling is PixelScaling.SWITCH)
    assert ("preprocess" in rows) == (body.scaling is not PixelScaling.ALWAYS)


@pytest.mark.parametrize("spec", THEIRS, ids=lambda spec: spec.name)
def test_scaling_is_that_of_the_family(keras, spec):
    body = BACKBONES[spec.name]
    family = importlib.import_module(f"keras.applications.{body.family}")
    pixels = np.asarray([[[[0.0, 127.5, 255.0]]]], "float32")
    mine = {
        PixelScaling.UNIT: pixels / 127.5 - 1,
        PixelScaling.CAFFE: pixels[..., ::-1] - [103.939, 116.779, 123.68],
        PixelScaling.TORCH: (pixels / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225],
    }.get(body.scaling, pixels)
    np.testing.assert_allclose(family.preprocess_input(pixels.copy()), mine, rtol=1e-5, atol=1e-5)


def test_every_body_of_keras_has_a_row(keras):
    bodies = {
        name
        for name in dir(keras.applications)
        if inspect.isfunction(getattr(keras.applications, name))
    }
    assert bodies == {spec.name for spec in THEIRS}
    assert bodies | {spec.name for spec in OURS} == set(BACKBONES)
    assert all(LAYERS[name].module == "keras.applications" for name in bodies)


def test_small_body_builds_without_a_network(keras):
    body = keras.applications.MobileNetV3Small(
        include_top=False, weights=None, input_shape=(32, 32, 3), pooling="avg", alpha=1.0
    )
    assert body.output_shape == (None, 576)
    assert round(body.count_params() / 1e6, 1) == 0.9
    assert LAYERS["MobileNetV3Small"].million_weights == 0.9
    with pytest.raises(ValueError, match="32x32"):
        keras.applications.MobileNetV3Small(
            include_top=False, weights=None, input_shape=(31, 31, 3)
        )


@pytest.mark.parametrize("spec", OURS, ids=lambda spec: spec.name)
def test_included_weights_are_those_of_the_row(keras, spec):
    make = getattr(importlib.import_module(spec.module), spec.name)
    arguments = inspect.signature(make).parameters
    assert set(arguments) == set(spec.by_name) - OWN | FILLED - {
        "input_tensor",
        "include_preprocessing",
    }
    path = resource("weights", BACKBONES[spec.name].included)
    assert path.with_name(path.name.replace(".weights.h5", ".LICENSE.txt")).is_file()
    model = make(weights=str(path), pooling="avg")
    assert round(model.count_params() / 1e6, 1) == spec.million_weights
    # Weights are stored as float16: none is lost by that, and none is random.
    assert all(np.isfinite(values).all() for values in model.get_weights())
    shape = [size or 96 for size in BACKBONES[spec.name].shape]
    sample = np.zeros((1, *shape), "float32")
    sample[:, 16:48] = 255
    assert not np.allclose(model.predict(sample, verbose=0), 0)
    if "trainable_blocks" not in spec.by_name:
        return
    last = make(pooling="avg", trainable_blocks=1)
    trained = {weight.path.split("/")[-2] for weight in last.trainable_weights}
    assert trained == {
        "block16_expand_conv",
        "block16_depthwise_conv",
        "block16_project_conv",
        "head_conv",
    }
