"""Names of Keras that a model file may contain."""

from __future__ import annotations

from functools import cache

from netbuilder.core.catalog.layers.layer_index import LAYERS, SECOND_NAMES
from netbuilder.core.catalog.training.training_index import (
    CONSTRAINTS,
    INITIALIZERS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    REGULARIZERS,
)
from netbuilder.core.i18n import noop as N_

MODELS = frozenset({"Functional", "Sequential", "Model"})

# Inner layers, and layers that are not in the palette.
_INNER_LAYERS = frozenset(
    {"InputLayer", "RNN", "LSTMCell", "GRUCell", "SimpleRNNCell", "StackedRNNCells"}
)

# Layers that run code or read other files when built.
DANGEROUS = {
    "Lambda": N_("It contains Python code."),
    "TFSMLayer": N_("It loads another model from a path."),
    "TorchModuleWrapper": N_("It contains a pickled PyTorch module, which can run code."),
    "JaxLayer": N_("It contains Python code."),
    "FlaxLayer": N_("It contains Python code."),
    "SlicingOpLambda": N_("It calls a Python function by its name."),
    "TFOpLambda": N_("It calls a Python function by its name."),
    "TensorFlowOpLayer": N_("It contains a part of a TensorFlow program."),
    "RandomFourierFeatures": N_("It is not a layer of this Keras version."),
}

# Plain values that Keras writes like objects.
PLAIN = frozenset(
    {
        "__keras_tensor__",
        "__tensor__",
        "__numpy__",
        "__bytes__",
        "__ellipsis__",
        "__slice__",
        "__tuple__",
        "TensorShape",
    }
)

_OTHER_OBJECTS = frozenset({
    "DTypePolicy", "FloatDTypePolicy", "Policy", "DTypePolicyMap", "SeedGenerator",
    "ExponentialDecay", "PiecewiseConstantDecay", "PolynomialDecay", "InverseTimeDecay",
    "CosineDecay", "CosineDecayRestarts", "LossScaleOptimizer", "MeanMetricWrapper",
    "SumOverBatchSizeMetricWrapper", "Mean", "Sum",
    # Names in Keras 2.
    "L1L2", "NormalizeV2", "VarianceScaling", "RandomNormal", "RandomUniform", "TruncatedNormal",
    "Orthogonal", "Zeros", "Ones", "Constant", "Identity", "GlorotUniform", "GlorotNormal",
    "HeUniform", "HeNormal", "LecunUniform", "LecunNormal", "MaxNorm", "NonNeg", "UnitNorm",
    "MinMaxNorm",
})  # fmt: skip

_MODULE_NAMES = """
    keras keras.layers keras.models keras.initializers keras.regularizers keras.constraints
    keras.optimizers keras.optimizers.schedules keras.optimizers.legacy keras.losses keras.metrics
    keras.activations keras.dtype_policies keras.mixed_precision keras.random
    keras.src.models.functional keras.src.models.sequential keras.src.models.model
    keras.src.engine.functional keras.src.engine.sequential
"""
MODULES = frozenset(_MODULE_NAMES.split())

FUNCTION_MODULES = frozenset(
    {"builtins", "keras.activations", "keras.losses", "keras.metrics", "keras.initializers"}
)


@cache
def layer_names() -> frozenset[str]:
    """Return the class names of layers that may be built."""
    own = {name for name, spec in LAYERS.items() if spec.module == "keras.layers"}
    own |= {second for second, name in SECOND_NAMES.items() if name in own}
    return (frozenset(own) | _INNER_LAYERS) - DANGEROUS.keys() - {"Input"}


@cache
def object_names() -> frozenset[str]:
    """Return the class names of initializers, losses, optimizers, … that may be built."""
    names = set(_OTHER_OBJECTS)
    for rows in (CONSTRAINTS, INITIALIZERS, LOSSES, METRICS, OPTIMIZERS, REGULARIZERS):
        for name, spec in rows.items():
            names |= {name, spec.keras_class}
    return frozenset(names - {""})


def is_layer(class_name: str) -> bool:
    """Return whether this is the class name of a layer or model, known or dangerous."""
    return class_name in layer_names() or class_name in MODELS or class_name in DANGEROUS
