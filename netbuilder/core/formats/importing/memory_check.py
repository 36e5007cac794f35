"""Check the size of a network before any memory is allocated.

In a ``StatelessScope``, Keras's variables have shapes but no values, so any layer is measured in
milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from netbuilder.core.engine.networks.graph_to_keras import (
    connect_layers,
    make_layer,
    model_inputs,
    owner_of,
)
from netbuilder.core.engine.networks.quantile_bins import bin_widths, with_bins
from netbuilder.core.errors import BuildError
from netbuilder.core.formats.build_config import build_model
from netbuilder.core.formats.safety.model_file import ModelFile
from netbuilder.core.formats.safety.sizes import MAX_SAMPLE, too_large_error, too_much_output_error
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.keras_names import keras_name
from netbuilder.core.project.model import Project
from netbuilder.core.wording import shorten

if TYPE_CHECKING:
    import keras

    from netbuilder.core.data.data_facts import DataFacts

# Keras keeps some numbers that are in no file: the state of its random generators.
_SPARE = 10_000


def check_config(config: Mapping[str, Any], file: ModelFile) -> None:
    """Compare the network of a checked config with the size of its file.

    Raise FormatError if there are more weights than numbers in the file, or a layer outputs more
    than 2**27 numbers per sample, or Exception if whatever Keras raises for a config that it does
    not understand.
    """
    with _without_memory():
        model = build_model(_without_states(config))
        _check(model._flatten_layers(include_self=False, recursive=True), file)


def _without_states(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_states(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {k: False if k == "stateful" else _without_states(item) for k, item in value.items()}


def check_project(project: Project, facts: DataFacts | None, file: ModelFile) -> None:
    """Compare a project with its file's size; FormatError if too large, BuildError if invalid."""
    import keras

    graph = with_bins(project.graph, bin_widths(facts.bins) if facts is not None else {})
    layers: dict[str, keras.Layer] = {}

    def layer_of(node: Any) -> keras.Layer:
        owner = owner_of(node, graph)
        if owner.id not in layers:
            layers[owner.id] = make_layer(owner, graph)
        return layers[owner.id]

    with _without_memory():
        tensors: dict[str, Any] = {}
        for name in model_inputs(graph):
            shape = graph.by_id[name].params.get("shape")
            if shape is None and facts is not None:
                shape = facts.input_shapes.get(name)
            if shape is None:
                return  # the build reports it
            dtype = graph.by_id[name].params.get("dtype") or (
                facts.input_dtypes.get(name) if facts is not None else None
            )
            try:
                tensors[name] = keras.Input(
                    tuple(shape), dtype=dtype or "float32", name=keras_name(name)
                )
            except (ValueError, TypeError) as error:
                raise BuildError(
                    _(
                        "Input '{name}' does not accept shape {shape} and dtype {dtype}.",
                        name=name,
                        shape=f"{shape!r:.60}",
                        dtype=f"{dtype!r:.60}",
                    ),
                    _("The file is damaged: save it again."),
                    code="input_invalid",
                    node=name,
                ) from error
        connect_layers(graph, layer_of, tensors)
        _check([inner for layer in layers.values() for inner in layer._flatten_layers()], file)


def _check(layers: Iterable[Any], file: ModelFile) -> None:
    total = 0
    visited: set[int] = set()
    for layer in layers:
        for variable in (*layer._trainable_variables, *layer._non_trainable_variables):
            if id(variable) in visited:
                continue
            visited.add(id(variable))
            size = math.prod(int(side) for side in variable.shape)
            total += size
            if total > file.numbers + _SPARE:
                shape = "×".join(str(int(side)) for side in variable.shape)
                raise too_large_error(
                    file.path.name,
                    _(
                        "'{layer}' has weights of shape {shape}.",
                        layer=shorten(layer.name, 60),
                        shape=shape,
                    ),
                )
        for size, shape in _output_sizes(layer):
            if size > MAX_SAMPLE:
                raise too_much_output_error(
                    file.path.name,
                    _(
                        "'{layer}' outputs {shape} numbers per sample.",
                        layer=shorten(layer.name, 60),
                        shape=shape,
                    ),
                )


def _output_sizes(layer: Any) -> Iterator[tuple[int, str]]:
    """Yield the count of numbers per sample, and the shape as text, of each output tensor."""
    import keras

    for node in layer._inbound_nodes:
        for tensor in keras.tree.flatten(node.output_tensors):
            sides = [int(side) for side in tensor.shape if side]
            yield math.prod(sides), "×".join(map(str, sides))


@contextmanager
def _without_memory() -> Iterator[None]:
    """Build layers without values; they cannot be used afterwards."""
    import keras
    from keras.src.backend.common import global_state

    key = "uninitialized_variables"
    before = list(global_state.get_global_attribute(key) or [])
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        # Otherwise the end of the next scope would allocate them.
        global_state.set_global_attribute(key, before)
