"""Names of Keras that a model file may contain."""

from __future__ import annotations

from collections.abc import Mapping
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
from netbuilder.core.folders import resource_json

_NAMES = resource_json("keras_names.json")
MODELS = frozenset({"Functional", "Sequential", "Model"})

# Inner layers, and layers that are not in the palette.
_INNER_LAYERS = frozenset(_NAMES["inner_layers"])

# Layers that run code or read other files when built.
DANGEROUS: Mapping[str, str] = resource_json("texts.json")["dangerous_layers"]

# Plain values that Keras writes like objects.
PLAIN = frozenset(_NAMES["plain_values"])
_OTHER_OBJECTS = frozenset(_NAMES["other_objects"])
MODULES = frozenset(_NAMES["modules"])
FUNCTION_MODULES = frozenset(_NAMES["function_modules"])


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
