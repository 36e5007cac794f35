"""Loss, metrics and last layer that fit the data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from netbuilder.core.data.data_facts import BINARY, MULTI_LABEL, REGRESSION, DataFacts
from netbuilder.core.project.graph_ends import (
    has_noise_behind,
    last_activation,
    last_layer,
    last_units,
    output_ids,
)
from netbuilder.core.project.model import Choice, Graph, Node, OutputSettings, Project


def task_of(facts: DataFacts, output: str) -> str:
    """Return the task of an output; that of the first one where the output is not known."""
    return facts.tasks.get(output, facts.task)


def loss_for(facts: DataFacts, output: str, units: int | None = None) -> Choice:
    """Return the loss that fits the targets of ``output``.

    Numbers: mean squared error. Classes: sparse categorical cross-entropy (categorical where
    the targets are one-hot). Two classes with one unit, or several labels at once: binary
    cross-entropy. ``units`` are those of the last layer, where known.
    """
    task = task_of(facts, output)
    if task == REGRESSION:
        return Choice("mean_squared_error")
    if task == MULTI_LABEL or (task == BINARY and not facts.one_hot and units in {None, 1}):
        return Choice("binary_crossentropy")
    return Choice(
        "categorical_crossentropy" if facts.one_hot else "sparse_categorical_crossentropy"
    )


def metrics_for(facts: DataFacts, output: str) -> tuple[Choice, ...]:
    """Return mean absolute error or "accuracy" (see ``keras.Model.compile``) for ``output``."""
    task = task_of(facts, output)
    if task == REGRESSION:
        return (Choice("mean_absolute_error"),)
    return (Choice("accuracy"),)


def last_activation_for(facts: DataFacts, output: str, units: int | None = None) -> str:
    """Return the activation of the last layer: "linear", "sigmoid" or "softmax"."""
    task = task_of(facts, output)
    if task == REGRESSION:
        return "linear"
    if task == MULTI_LABEL or (task == BINARY and not facts.one_hot and units in {None, 1}):
        return "sigmoid"
    return "softmax"


def resolve_defaults(project: Project, facts: DataFacts) -> Project:
    """Return the project with every ``loss=None`` and ``metrics=None`` resolved from the data.

    With one output ``training.loss`` and ``training.metrics`` are set; with several,
    ``training.outputs`` as well, for each output id.
    """
    outputs = output_ids(project.graph)
    training = project.training
    goals: dict[str, OutputSettings] = {}
    for output in outputs:
        goal = training.outputs.get(output, OutputSettings())
        units = last_units(project.graph, output)
        loss, metrics = goal.loss or training.loss, goal.metrics
        if metrics is None:
            metrics = training.metrics
        if loss is None:
            loss = loss_for(facts, output, units)
        if metrics is None:
            metrics = metrics_for(facts, output)
        goals[output] = replace(goal, loss=loss, metrics=metrics)
    first = goals[outputs[0]]
    return replace(
        project,
        training=replace(
            training,
            loss=training.loss or first.loss,
            metrics=first.metrics if training.metrics is None else training.metrics,
            outputs=goals if len(outputs) > 1 or training.outputs else training.outputs,
        ),
    )


def fit_output_to_data(project: Project, facts: DataFacts) -> Project:
    """Fit the end of the network to the data.

    The last Dense of each output gets as many units as the data has classes or target columns
    (two classes: one sigmoid unit, or two with softmax where the layer has two) and the matching
    activation; loss and metrics are chosen from the data again. An output that ends in no Dense,
    or in a Dropout, is unchanged: its last layer is missing.
    """
    graph = project.graph
    for output in output_ids(graph):
        node = last_layer(graph, output)
        if node is None or node.layer != "Dense" or has_noise_behind(graph, output, node):
            continue
        graph = _fit_last(graph, output, node, facts)
    training = replace(
        project.training,
        loss=None,
        metrics=None,
        outputs={
            key: replace(goal, loss=None, metrics=None)
            for key, goal in project.training.outputs.items()
        },
    )
    return replace(project, graph=graph, training=training)


def _fit_last(graph: Graph, output: str, node: Node, facts: DataFacts) -> Graph:
    units: Any = facts.output_units.get(output)
    if units is None:
        return graph
    two = task_of(facts, output) == BINARY and node.params.get("units") == 2
    if two or (task_of(facts, output) == BINARY and facts.one_hot):
        units = 2
    params = {**node.params, "units": units}
    activation = last_activation_for(facts, output, units)
    params.pop("activation", None)
    # An activation of its own behind the layer does the same work; it must not come twice.
    behind = output != node.id and last_activation(graph, output) != "linear"
    if activation != "linear" and not behind:
        params["activation"] = activation
    if dict(node.params) == params:
        return graph
    changed = replace(node, params=params)
    return replace(graph, nodes=tuple(changed if n.id == node.id else n for n in graph.nodes))
