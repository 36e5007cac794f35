"""Builds the model for export, with scaling and un-scaling as layers inside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.kinds.modality import KerasInputs, Key, Modality
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    Preprocessing,
)
from netbuilder.core.data.registry import modality_of
from netbuilder.core.engine.networks.graph_to_keras import (
    compile_model,
    connect_layers,
    model_inputs,
    owner_of,
)
from netbuilder.core.engine.networks.quantile_bins import graph_of_model
from netbuilder.core.engine.networks.tracing import reset_keras_names, tracing
from netbuilder.core.project.keras_names import keras_name
from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    import keras


def assemble(
    training_model: keras.Model,
    project: Project,
    preprocessing: Preprocessing,
    facts: DataFacts | None = None,
    hidden: Sequence[str] = (),
) -> keras.Model:
    """Return a model from raw rows to data units that shares the weights of ``training_model``.

    An input has one ``Rescaling`` layer and an output one: it keeps a number a column in its
    configuration, and is the same layer in Keras 2. The layers of the canvas keep their names.
    The model has a new optimizer; with the values of ``hidden`` nodes as further outputs it is
    not compiled.
    """
    import keras

    def raw(name: str, inside: Any) -> Any:
        return keras.Input(tuple(inside.shape[1:]), dtype=inside.dtype, name=keras_name(name))

    with tracing(), reset_keras_names():
        tensors = {
            name: raw(name, inside)
            for name, inside in zip(model_inputs(project.graph), training_model.inputs, strict=True)
        }
        inputs = list(tensors.values())
        return _assembled(
            training_model, project, preprocessing, facts, tensors, _one_or_all(inputs), hidden
        )


@dataclass(frozen=True)
class FileInputModel:
    """A model that takes the values of a file.

    ``model`` takes one array where ``names`` holds one input, else a dict of arrays by input.
    ``names`` are the inputs' names by column or Input node; ``forms`` say, by Input id, how
    the values become raw values.
    """

    model: keras.Model
    names: Mapping[Key, str]
    forms: Mapping[str, Modality]

    def arranged(self, values: Mapping[Key, Any]) -> Any:
        """Return values by column or node as the model takes them."""
        inputs = {name: values[key] for key, name in self.names.items()}
        return next(iter(inputs.values())) if len(inputs) == 1 else inputs


def assemble_for_files(
    training_model: keras.Model,
    project: Project,
    preprocessing: Preprocessing,
    facts: DataFacts | None = None,
) -> FileInputModel | None:
    """Build like ``assemble``, with look-ups, text vectorization and resizing as layers in front.

    A table with words or gaps gets an input a column, texts go in as strings, pictures in any
    size. For ``.keras`` and SavedModel: a ``.h5`` cannot hold look-ups. None where ``assemble``'s
    model takes the values of the file already.
    """
    inputs = KerasInputs()
    tensors: dict[str, Any] = {}
    forms: dict[str, Modality] = {}
    with tracing(), reset_keras_names():
        for name, inside in zip(model_inputs(project.graph), training_model.inputs, strict=True):
            entry = preprocessing.inputs.get(name, InputPreprocessing())
            form = modality_of(entry)
            tensor = form.layers(entry, project.data, name, inputs)
            if tensor is None:
                tensor = inputs.node(name, tuple(inside.shape[1:]), inside.dtype)
            else:
                forms[name] = form
            tensors[name] = tensor
        if not forms:
            return None
        names = {key: str(key_tensor.name) for key, key_tensor in inputs.tensors.items()}
        taken = dict(zip(names.values(), inputs.tensors.values(), strict=True))
        values = next(iter(taken.values())) if len(taken) == 1 else taken
        return FileInputModel(
            _assembled(training_model, project, preprocessing, facts, tensors, values), names, forms
        )


def _assembled(
    training_model: keras.Model,
    project: Project,
    preprocessing: Preprocessing,
    facts: DataFacts | None,
    raw: Mapping[str, Any],
    inputs: Any,
    hidden: Sequence[str] = (),
) -> keras.Model:
    import keras

    graph = graph_of_model(project.graph, training_model)
    by_name = {layer.name: layer for layer in training_model.layers}
    tensors = dict(raw)
    for name in model_inputs(graph):
        how = preprocessing.inputs.get(name, InputPreprocessing())
        if how.scaled:
            scale = [1.0 / value for value in how.scale]
            offset = [-o / s for o, s in zip(how.offset, how.scale, strict=True)]
            tensors[name] = rescaling(scale, offset, f"{keras_name(name)}_scaling")(tensors[name])
    connect_layers(graph, lambda node: by_name[keras_name(owner_of(node, graph).id)], tensors)
    outputs: list[Any] = []
    for name in graph.outputs:
        answer = tensors[name]
        target = preprocessing.outputs.get(name)
        if target is not None and target.task == "regression" and target.scaled:
            unscale = rescaling(target.scale, target.offset, f"{keras_name(name)}_units")
            answer = unscale(answer)
        outputs.append(answer)
    outputs += [tensors[name] for name in hidden]
    model = keras.Model(inputs, _one_or_all(outputs), name="netbuilder")
    if not hidden:
        compile_model(model, project, facts)
    return model


def _one_or_all(tensors: list[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else tensors


def rescaling(scale: Sequence[float], offset: Sequence[float], name: str) -> keras.Layer:
    """Return ``value * scale + offset``, one of each for all, or one an entry of the last axis."""
    import keras

    return keras.layers.Rescaling(_plain(scale), _plain(offset), name=name, dtype="float32")


def _plain(values: Sequence[float]) -> float | list[float]:
    numbers = [float(value) for value in values]
    return numbers[0] if len(numbers) == 1 else numbers
