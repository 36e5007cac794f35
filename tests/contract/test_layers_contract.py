"""Every layer row against Keras: signature, build, run, and a round trip of its config."""

import inspect
import json

import numpy as np
import pytest

from netbuilder.core.catalog.layers.layer_index import LAYERS, canonical_layer
from netbuilder.core.catalog.spec import Category, Kind
from netbuilder.core.catalog.validate import problem_with
from netbuilder.core.engine.networks.keras_objects import make_savable

SPECS = [s for s in LAYERS.values() if s.category is not Category.PRETRAINED and s.name != "Input"]

# Arguments that no row has, whatever the layer, and why.
OUTSIDE = {
    "name": "the node's id is the name",
    "lora_rank": "fine-tunes weights that are learned already, by a method call afterwards",
    "lora_alpha": "as lora_rank",
    "quantization_config": "shrinks a trained model; no part of drawing one",
    "vocabulary_dtype": "Keras takes int64 and nothing else",
    "gptq_unpacked_column_size": "as quantization_config",
    "backward_layer": "Keras counts with the first layer's units for both, whatever this one has",
    "return_state": "a node has one output",
    "stateful": "nothing between two batches would ever reset the state",
    "weights": "arrays; a trained model carries them",
    "use_cudnn": "the device decides",
    "sparse": "sparse tensors do not fit the engine's loop over dense batches",
    "ragged": "as sparse",
    "renorm_clipping": "a dict of three limits, which no kind of parameter holds",
}
INHERITED = ("trainable", "dtype")  # of keras.layers.Layer

# Layers of Keras without a row, and why: layers.py says it at length.
LEFT_OUT = {
    "cells": {"GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells", "RNN"},
    "code": {"Lambda", "TFSMLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper"},
    "bases": {"Layer", "Wrapper", "InputSpec", "InputLayer", "Pipeline"},
    "labels": {"MixUp", "CutMix", "MaxNumBoundingBoxes"},
    "broken": {"Equalization", "RandomCrop"},
}

SHAPES = {2: (6,), 3: (8, 6), 4: (24, 24, 3), 5: (6, 6, 6, 2), 6: (2, 6, 6, 6, 2)}
OWN_SHAPES = {
    "Bidirectional": [(8, 6)],
    "TimeDistributed": [(8, 6)],
    "EinsumDense": [(6,)],
    "Permute": [(8, 6)],
    "ConvLSTM1D": [(3, 8, 2)],
    "ConvLSTM2D": [(3, 6, 6, 2)],
    "GroupNormalization": [(4, 4, 16)],
    "MelSpectrogram": [(2048,)],
    "STFTSpectrogram": [(1024, 1)],
    "Softmax": [(5,)],
    "CenterCrop": [(32, 32, 3)],
}
DTYPES = {
    "Embedding": "int32",
    "ReversibleEmbedding": "int32",
    "CategoryEncoding": "int32",
    "IntegerLookup": "int64",
    "Hashing": "int64",
    "HashedCrossing": "int64",
    "StringLookup": "string",
    "TextVectorization": "string",
}
OWN_SHAPES |= {"HashedCrossing": [(1,), (1,)], "TextVectorization": [(1,)]}


def shapes_of(spec):
    if spec.name in OWN_SHAPES:
        return OWN_SHAPES[spec.name]
    rank = spec.ranks[0] if spec.ranks else 2
    return [SHAPES[rank]] * max(spec.min_inputs, 2 if spec.ports else 1)


def make(keras, spec, **more):
    """The Keras layer of a row with its starting values, wrapped layers built first."""
    values = spec.start_params() | more
    for param in spec.params:
        if param.kind is Kind.LAYER and values.get(param.name):
            inner = values[param.name]
            values[param.name] = getattr(keras.layers, inner["layer"])(**inner["params"])
    layer = getattr(keras.layers, spec.name)(**values)
    make_savable(layer)
    return layer


def call(spec, layer, tensors, **more):
    if spec.separate_inputs:
        return layer(*tensors, **more)
    return layer(tensors if len(tensors) > 1 else tensors[0], **more)


def numbers(spec, shapes):
    dtype = DTYPES.get(spec.name, "float32")
    generator = np.random.default_rng(0)
    if dtype == "string":
        return [np.full((2, *shape), "cat") for shape in shapes]
    if dtype.startswith("int"):
        return [generator.integers(0, 3, (2, *shape)).astype(dtype) for shape in shapes]
    return [generator.uniform(0, 200, (2, *shape)).astype("float32") for shape in shapes]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_row_has_keras_arguments_and_defaults(keras, differences, spec):
    keras_class = getattr(keras.layers, spec.name)
    own = {n: why for n, why in OUTSIDE.items() if n in inspect.signature(keras_class).parameters}
    if spec.name == "Embedding":  # here it is a choice of the program's own vectors
        del own["weights"]
    assert differences(spec, keras_class, own, INHERITED) == []


def test_input_has_keras_arguments(keras):
    spec = LAYERS["Input"]
    arguments = inspect.signature(keras.Input).parameters
    # The rest is of other kinds of tensors, or fixes the batch, which belongs to the training.
    rest = {"batch_size", "batch_shape", "tensor", "sparse", "ragged", "optional", "name"}
    assert set(arguments) - rest == set(spec.by_name)
    assert all(arguments[p.name].default is p.default is None for p in spec.params)
    for dtype in spec.by_name["dtype"].choices:
        assert keras.Input((2,), dtype=dtype).dtype == dtype


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_row_builds_runs_and_survives_a_file(keras, spec, tmp_path):
    layer = make(keras, spec)
    shapes = shapes_of(spec)
    inputs = [keras.Input(s, dtype=DTYPES.get(spec.name, "float32")) for s in shapes]
    output = call(spec, layer, inputs)
    assert isinstance(output, keras.KerasTensor)  # one output: a node has one
    model = keras.Model(inputs, output)
    samples = numbers(spec, shapes)
    result = np.asarray(model(samples, training=False))
    wanted = output.shape[1:]
    assert all(size in (None, got) for size, got in zip(wanted, result.shape[1:], strict=True))

    # What a student hands in: the layer as it stands in a file, opened by plain Keras.
    path = tmp_path / "model.h5"
    model.save(path)
    opened = keras.models.load_model(path, compile=False)
    again = opened.layers[-1]
    make_savable(again)
    assert json.dumps(again.get_config()) == json.dumps(layer.get_config())
    assert again.count_params() == layer.count_params()
    np.testing.assert_array_equal(np.asarray(opened(samples, training=False)), result)


WRAPPED = [
    (spec.name, inner)
    for spec in SPECS
    for param in spec.params
    if param.kind is Kind.LAYER and param.required
    for inner in (param.choices or ("Dense", "Conv2D", "LSTM", "Flatten", "Dropout"))
]


@pytest.mark.parametrize(("outer", "inner"), WRAPPED, ids=["-".join(pair) for pair in WRAPPED])
def test_wrapper_takes_each_layer_that_it_names(keras, tmp_path, outer, inner):
    value = {"layer": inner, "params": LAYERS[inner].start_params()}
    assert problem_with(LAYERS[outer].by_name["layer"], value) is None
    shape = shapes_of(LAYERS[inner])[0]
    shape = (3, *shape) if outer == "TimeDistributed" else shape
    layer = make(keras, LAYERS[outer], layer=value)
    entrance = keras.Input(shape, dtype=DTYPES.get(inner, "float32"))
    model = keras.Model(entrance, layer(entrance))
    model.save(tmp_path / "model.h5")
    opened = keras.models.load_model(tmp_path / "model.h5", compile=False)
    sample = numbers(LAYERS[inner], [shape])
    np.testing.assert_array_equal(
        np.asarray(opened(sample, training=False)), np.asarray(model(sample, training=False))
    )


def test_layers_still_have_to_be_mended(keras, tmp_path):
    """When this fails, Keras has mended them itself: ``mends`` can go."""
    picture, path = keras.Input((8, 8, 3)), tmp_path / "model.h5"
    with pytest.raises(TypeError, match="pickle"):
        keras.Model(picture, keras.layers.RandomBrightness(0.1)(picture)).save(path)
    sequence = keras.Input((8, 3))
    keras.Model(sequence, keras.layers.Attention()([sequence, sequence])).save(path)
    with pytest.raises(TypeError, match="score_mode"):
        keras.models.load_model(path, compile=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", [s.name for s in SPECS if "augment" in s.keywords])
def test_augmentation_changes_pictures_in_training_only(keras, name):
    import tensorflow as tf

    certain = {"factor": 1.0} if name == "RandomInvert" else {}
    layer = make(keras, LAYERS[name], **{"seed": 3} | certain)
    pictures = np.random.default_rng(1).uniform(0, 255, (8, 16, 16, 3)).astype("float32")
    trained = np.asarray(tf.function(layer)(pictures, training=True))  # as in the training loop
    assert np.isfinite(trained).all()
    assert trained.shape == pictures.shape
    assert not np.allclose(trained, pictures)
    assert np.allclose(np.asarray(layer(pictures, training=False)), pictures)


# Choices of the program: Keras is given what they stand for.
OWN_CHOICES = {("Embedding", "weights")}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_keras_takes_every_choice_and_limit_of_a_row(keras, spec):
    for param in spec.params:
        values = list(param.choices) if param.kind is Kind.CHOICE else []
        if param.kind in (Kind.INT, Kind.FLOAT):
            values = [v for v in (param.minimum, param.maximum) if v is not None]
            values = [int(v) if param.kind is Kind.INT else v for v in values]
        if param.kind is Kind.BOOL:
            values = [True, False]
        for value in values:
            assert problem_with(param, value) is None
            if (spec.name, param.name) in OWN_CHOICES:
                continue
            more = COMPANIONS.get((spec.name, param.name, value), {})
            if param.call:
                inputs = [keras.Input(shape) for shape in shapes_of(spec)]
                assert call(spec, make(keras, spec), inputs, **{param.name: value}) is not None
            else:
                assert make(keras, spec, **{param.name: value}, **more) is not None


# Values that Keras takes only together with others.
_IDF = {"idf_weights": [1.0, 1.0]}
_NO_LENGTH = {"output_sequence_length": None}
COMPANIONS = {
    ("StringLookup", "pad_to_max_tokens", True): {"max_tokens": 9, "output_mode": "count"},
    ("StringLookup", "max_tokens", 2): {"vocabulary": None},
    ("IntegerLookup", "pad_to_max_tokens", True): {"max_tokens": 9, "output_mode": "count"},
    ("IntegerLookup", "max_tokens", 2): {"vocabulary": None},
    ("TextVectorization", "pad_to_max_tokens", True): {"max_tokens": 9, "output_mode": "count"}
    | _NO_LENGTH,
    ("TextVectorization", "max_tokens", 2): {"vocabulary": None},
    ("StringLookup", "output_mode", "tf_idf"): _IDF,
    ("IntegerLookup", "output_mode", "tf_idf"): _IDF,
    ("TextVectorization", "output_mode", "tf_idf"): _IDF | _NO_LENGTH,
    ("TextVectorization", "output_mode", "multi_hot"): _NO_LENGTH,
    ("TextVectorization", "output_mode", "count"): _NO_LENGTH,
    ("TextVectorization", "dtype", "float32"): {"output_mode": "count"} | _NO_LENGTH,
    ("TextVectorization", "dtype", "string"): {"output_mode": "count"} | _NO_LENGTH,
    ("GroupQueryAttention", "num_query_heads", 1): {"num_key_value_heads": 1},
    ("STFTSpectrogram", "fft_length", 1): {"frame_length": 1, "frame_step": 1},
    ("STFTSpectrogram", "frame_length", 1): {"frame_step": 1},
    ("Discretization", "num_bins", 1): {"bin_boundaries": None},
    ("Hashing", "dtype", "float32"): {"output_mode": "one_hot"},
    ("HashedCrossing", "dtype", "float32"): {"output_mode": "one_hot"},
}


@pytest.mark.parametrize("spec", LAYERS.values(), ids=lambda spec: spec.name)
def test_row_is_whole(spec):
    assert spec.help.endswith(".")
    assert len(spec.help) <= 160
    assert set(spec.telling) <= set(spec.by_name)
    assert len(spec.by_name) == len(spec.params)
    for param in spec.params:
        assert param.help.endswith("."), param.name
        assert not param.required or param.start is not None, param.name
        if not param.required:
            assert problem_with(param, param.default) is None, param.name
        if param.start is not None:
            assert problem_with(param, spec.start_params()[param.name]) is None, param.name


def test_every_layer_of_keras_has_a_row_or_a_reason(keras):
    names = {}
    for name in dir(keras.layers):
        if inspect.isclass(getattr(keras.layers, name)):
            names.setdefault(getattr(keras.layers, name), set()).add(name)
    reasons = set().union(*LEFT_OUT.values())
    rows = {spec.name for spec in SPECS}
    assert rows & reasons == set()
    assert [group for group in names.values() if len(group & (rows | reasons)) != 1] == []
    for group in names.values():
        if group & rows:
            assert {canonical_layer(name) for name in group} == group & rows


def test_what_is_left_out_as_broken_is_still_broken(keras):
    """When this fails, Keras has mended Equalization or RandomCrop: give it a row."""
    picture = keras.Input((8, 8, 3))
    with pytest.raises(ValueError, match="cycle"):
        keras.Model(picture, keras.layers.Equalization()(picture))
    crop = keras.layers.RandomCrop(4, 4)
    assert crop(picture).shape == (None, 4, 4, 3)
    assert crop(np.zeros((1, 8, 8, 3)), training=False).shape == (1, 8, 8, 3)
