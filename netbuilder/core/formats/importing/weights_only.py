"""Load weights without a network: ``.weights.h5`` of Keras 2 and 3, and older ``.h5``."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.error_texts import format_error
from netbuilder.core.errors import FormatError
from netbuilder.core.formats.model_weights import listed_names, weights_file
from netbuilder.core.formats.safety.inspect_file import inspect_file
from netbuilder.core.formats.safety.model_file import snake_case
from netbuilder.core.hdf5.container_check import check_file
from netbuilder.core.hdf5.sandboxed_open import open_hdf5
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import join_sentences, join_values

if TYPE_CHECKING:
    import h5py
    import keras

# A layer, its variables, and the arrays of the file for them.
Pair = tuple[Any, list[Any], list[Any]]


def load_weights(model: keras.Model, path: Path, name: str = "") -> None:
    """Assign the weights of an HDF5 or ``.keras`` file to a built model, all of them or none.

    ``name`` is the file's name for messages. Raise FormatError if damaged or unsafe, other layers,
    or weights of another shape.
    """
    name = name or path.name
    if zipfile.is_zipfile(path):
        with weights_file(inspect_file(path, placeholders=True)) as inside:
            load_weights(model, inside, name)
        return
    check_file(path)
    values: list[tuple[Any, Any]] = []
    with open_hdf5(path) as file:
        for layer, variables, arrays in _pairs(file, model, name):
            problem = _shape_problem(layer.name, variables, arrays, name)
            if problem is not None:
                raise problem
            values += [(a, np.asarray(b)) for a, b in zip(variables, arrays, strict=True)]
    for variable, array in values:
        variable.assign(array)


def shape_problem(model: keras.Model, path: Path, name: str) -> FormatError | None:
    """Return the error for the first layer whose weights have another shape, or None if unknown."""
    try:
        with open_hdf5(path) as file:
            for layer, variables, arrays in _pairs(file, model, name):
                problem = _shape_problem(layer.name, variables, arrays, name)
                if problem is not None:
                    return problem
    except (FormatError, OSError, KeyError, AttributeError, TypeError):
        pass
    return None


def strange_values(model: keras.Model) -> tuple[str, ...]:
    """Return a sentence for each layer that has NaN or infinite weights."""
    sentences = []
    for layer in model._flatten_layers(include_self=False, recursive=True):
        own = [*layer._trainable_variables, *layer._non_trainable_variables]
        arrays = [np.asarray(var, "float32") for var in own if "float" in str(var.dtype)]
        count = sum(int(np.count_nonzero(~np.isfinite(array))) for array in arrays)
        if count:
            sentences.append(
                _(
                    "Layer '{layer}' has {count} weights that are NaN or infinite, so its "
                    "predictions are NaN too.",
                    layer=layer.name,
                    count=count,
                )
            )
    return tuple(sentences)


def _shape_problem(
    layer: str, variables: list[Any], arrays: list[Any], name: str
) -> FormatError | None:
    fix = _("Use the weights of a network with the same layers and sizes.")
    if len(variables) != len(arrays):
        return FormatError(
            _(
                "Layer '{layer}' has {ours} arrays of weights, but '{file}' has {theirs} for it.",
                layer=layer,
                ours=len(variables),
                theirs=len(arrays),
                file=name,
            ),
            fix,
            code="weights_wrong_count",
        )
    for variable, array in zip(variables, arrays, strict=True):
        if tuple(variable.shape) != tuple(array.shape):
            return FormatError(
                _(
                    "The {weight} of layer '{layer}' has the shape {ours}, but in '{file}' it "
                    "has the shape {theirs}.",
                    weight=variable.name,
                    layer=layer,
                    ours=_shape_text(variable.shape),
                    theirs=_shape_text(array.shape),
                    file=name,
                ),
                fix,
                code="weights_wrong_shape",
            )
    return None


def _shape_text(shape: Any) -> str:
    return "×".join(str(side) for side in shape) or "1"


def _pairs(file: h5py.File, model: keras.Model, name: str) -> Iterator[Pair]:
    whole = file.get("model_weights", file)
    if "layer_names" in whole.attrs or "layer_names0" in whole.attrs:
        yield from _by_order(whole, model, name)
        return
    groups = next(
        (file[key] for key in ("layers", "_layer_checkpoint_dependencies") if key in file), None
    )
    if groups is None:
        raise format_error("weights_not_found", file=name)
    counts: dict[str, int] = {}
    missing = set(groups) - {key for key in groups if not _has_arrays(groups[key])}
    for layer in model.layers:
        # Keras names groups by class, "dense" and "dense_1", whatever the layers' own names are.
        base = snake_case(type(layer).__name__)
        number = counts[base] = counts.get(base, -1) + 1
        key = f"{base}_{number}" if number else base
        if not layer.weights:
            continue
        if key not in groups:
            raise _other_layers(name, layer.name, model, sorted(missing))
        missing.discard(key)
        yield layer, *_walk(layer, groups[key])
    if missing:
        raise _other_layers(name, "", model, sorted(missing))


def _walk(layer: Any, group: Any) -> tuple[list[Any], list[Any]]:
    """Return variables and arrays of a layer and its parts, such as a recurrent cell."""
    variables = [*layer._trainable_variables, *layer._non_trainable_variables]
    stored = group.get("vars", {})
    arrays = [stored[key] for key in sorted(stored, key=int)]
    # The state of random generators is listed among the variables.
    variables = [var for var in variables if "seed" not in var.path.rsplit("/", 1)[-1]]
    for key in group:
        part = group[key]
        if key == "vars" or not _has_arrays(part):
            continue
        inner = getattr(layer, key, None)
        if inner is None or not hasattr(inner, "_trainable_variables"):
            raise AttributeError(key)
        more = _walk(inner, part)
        variables, arrays = variables + more[0], arrays + more[1]
    return variables, arrays


def _has_arrays(group: Any) -> bool:
    import h5py

    dataset = group.visititems(lambda _name, item: isinstance(item, h5py.Dataset) or None)
    return dataset is not None


def _by_order(group: Any, model: keras.Model, name: str) -> Iterator[Pair]:
    stored = [
        (key, [group[key][weight] for weight in listed_names(group[key], "weight_names")])
        for key in listed_names(group, "layer_names")
    ]
    stored = [(key, arrays) for key, arrays in stored if arrays]
    layers = [layer for layer in model.layers if layer.weights]
    if len(stored) != len(layers):
        raise _other_layers(name, "", model, [key for key, _arrays in stored])
    for layer, (_key, arrays) in zip(layers, stored, strict=True):
        variables = [var for var in layer.weights if "seed" not in var.path.rsplit("/", 1)[-1]]
        yield layer, variables, arrays


def _other_layers(name: str, layer: str, model: keras.Model, theirs: list[str]) -> FormatError:
    ours = [own.name for own in model.layers if own.weights]
    message = _(
        "The weights in '{file}' are for other layers: {theirs}; the network has {ours}.",
        file=name,
        theirs=join_values(theirs[:8]) or "–",
        ours=join_values(ours[:8]) or "–",
    )
    lacks = _("The file has no weights for layer '{layer}'.", layer=layer) if layer else ""
    return FormatError(
        join_sentences((message, lacks)),
        _("Use the weights of a network with the same layers and sizes."),
        code="weights_other_layers",
    )
