"""The model that a student takes away: scaling and un-scaling are layers inside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.preprocessing.preprocess import InputPre, Preprocessing
from netbuilder.core.engine.build.graph_to_keras import (
    compile_model,
    connect,
    keras_name,
    model_inputs,
    owner_of,
)
from netbuilder.core.engine.build.tracing import same_names, tracing
from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    import keras


def assemble(
    core: keras.Model, project: Project, pre: Preprocessing, facts: DataFacts | None = None
) -> keras.Model:
    """Raw rows in, answers in the data's own units out; shares the weights of ``core``.

    Scaling is one ``Rescaling`` layer an input and un-scaling one an output: it takes a number a
    column, keeps it in its configuration, and is the same layer in Keras 2. The layers of the
    canvas stand in between under their own names, so the file reads like the canvas.

    The model is compiled like ``core`` with an optimizer of its own at its start.
    """
    with tracing(), same_names():
        return _assembled(core, project, pre, facts)


def _assembled(
    core: keras.Model, project: Project, pre: Preprocessing, facts: DataFacts | None
) -> keras.Model:
    import keras

    graph = project.graph
    by_name = {layer.name: layer for layer in core.layers}
    inputs: list[Any] = []
    tensors: dict[str, Any] = {}
    for number, name in enumerate(model_inputs(graph)):
        inside = core.inputs[number]
        how = pre.inputs.get(name, InputPre())
        raw = keras.Input(tuple(inside.shape[1:]), dtype=inside.dtype, name=keras_name(name))
        inputs.append(raw)
        tensors[name] = raw
        if how.scaled:
            scale = [1.0 / value for value in how.scale]
            offset = [-o / s for o, s in zip(how.offset, how.scale, strict=True)]
            tensors[name] = rescaling(scale, offset, f"{keras_name(name)}_scaling")(raw)
    connect(graph, lambda node: by_name[keras_name(owner_of(node, graph).id)], tensors)
    outputs: list[Any] = []
    for name in graph.outputs:
        answer = tensors[name]
        target = pre.outputs.get(name)
        if target is not None and target.task == "regression" and target.scaled:
            unscale = rescaling(target.scale, target.offset, f"{keras_name(name)}_units")
            answer = unscale(answer)
        outputs.append(answer)
    model = keras.Model(
        inputs[0] if len(inputs) == 1 else inputs,
        outputs[0] if len(outputs) == 1 else outputs,
        name="netbuilder",
    )
    compile_model(model, project, facts)
    return model


def rescaling(scale: Sequence[float], offset: Sequence[float], name: str) -> keras.Layer:
    """``value * scale + offset``, one of each for all, or one an entry of the last axis."""
    import keras

    return keras.layers.Rescaling(_plain(scale), _plain(offset), name=name, dtype="float32")


def _plain(values: Sequence[float]) -> float | list[float]:
    numbers = [float(value) for value in values]
    return numbers[0] if len(numbers) == 1 else numbers
