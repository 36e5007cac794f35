"""The numbers of a training step in lines of text, and what the drawing shows of a stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.results.backprop import (
    LayerStep,
    StepTrace,
    gradient_terms,
    update_lines as optimizer_lines,
)
from netbuilder.core.results.computation_trace.computed_value import (
    format_factor,
    format_signed,
    format_value,
    place_name,
    plain_notation,
)
from netbuilder.core.results.computation_trace.formula_text import formula_lines
from netbuilder.core.results.computation_trace.trace_value import trace_node
from netbuilder.core.results.live.neurons import NeuronColumn
from netbuilder.ui.neurons.neuron_feed import BACKWARD, FORWARD, LOSS, UPDATE

_MOST_TERMS, _MOST_PREDICTIONS, _MOST_WEIGHTS = 8, 6, 16
Index = tuple[int, ...]


def forward_lines(trace: StepTrace, node: str, name: str, index: Index) -> list[str]:
    """Return the size of each layer's outputs, and how the chosen unit's output comes about."""
    lines = [
        f"{layer.node}: {_('mean size of the outputs')} {_size(layer.output)}"
        for layer in trace.layers.values()
    ]
    step = trace.layers[node]
    if len(trace.rows) > 1 or step.layer != "Dense" or step.output.ndim != 2:
        return lines
    graph = trace.trained.project.graph
    values = {layer.node: layer.output[0] for layer in trace.layers.values()}
    values |= dict(zip(graph.sources[node], (value[0] for value in step.inputs), strict=False))
    arrays = {key: update.before for key, update in step.updates.items()}
    number = trace_node(graph, node, values, lambda _node: arrays, (index[-1],))
    if number is not None:
        lines += ["", _("unit {number} of {layer}", number=index[-1] + 1, layer=node) + ":"]
        lines += formula_lines(number).splitlines()
    return lines


def loss_lines(trace: StepTrace, node: str, name: str, index: Index) -> list[str]:
    """Return predictions beside labels, and the loss."""
    lines = []
    for output, target in trace.targets.items():
        layer = trace.layers.get(output)
        rows = zip(layer.output if layer is not None else (), target, strict=False)
        for prediction, label in list(rows)[:_MOST_PREDICTIONS]:
            lines.append(_prediction(prediction, label))
        more = len(target) - _MOST_PREDICTIONS
        if more > 0:
            lines.append(ngettext("… and {count} more row", "… and {count} more rows", more))
    return [*lines, "", _("loss = {value}", value=format_value(trace.loss))]


def backward_lines(trace: StepTrace, node: str, name: str, index: Index) -> list[str]:
    """Return what each layer passes back, and the products behind the chosen gradient."""
    lines = []
    for layer in reversed(tuple(trace.layers.values())):
        if layer.delta is None:
            lines.append(_("{layer}: no gradient arrives", layer=layer.node))
        else:
            lines.append(
                _("{layer}: mean size of δ {value}", layer=layer.node, value=_size(layer.delta))
            )
    step = trace.layers[node]
    gradient = float(step.updates[name].gradient[index])
    terms = gradient_terms(step, name, index)
    lines.append("")
    if terms is None:
        lines.append(_("The products of this layer are not spelled out."))
    else:
        lines.append(_("∂loss/∂w = sum of {factor} · δ", factor=terms[0].name if terms else "x"))
        largest = sorted(terms, key=lambda term: -abs(term.product))[:_MOST_TERMS]
        for term in largest:
            factors = f"{format_factor(term.value)} · {format_factor(term.weight)}"
            lines.append(f"  {factors} = {format_value(term.product)}")
        rest = sum(term.product for term in terms) - sum(term.product for term in largest)
        if len(terms) > len(largest):
            count = len(terms) - len(largest)
            words = ngettext("{count} smaller product", "{count} smaller products", count)
            lines.append(f"  {words} = {format_value(rest)}")
        penalty = gradient - sum(term.product for term in terms)
        if abs(penalty) > 1e-4 * max(abs(gradient), 1e-3):
            lines.append("  " + _("penalty on the weight = {value}", value=format_value(penalty)))
    lines.append(_("∂loss/∂w = {value}", value=format_value(gradient)))
    if (
        step.layer == "Dense" and name == "bias" and step.inputs[0].ndim == 2
    ):  # of a unit: each weight that leads to it
        lines.append("")
        x, (unit,) = step.inputs[0], index
        for source, value in enumerate(step.updates["kernel"].gradient[:_MOST_WEIGHTS, unit]):
            factor = f", {place_name(source)} = {format_value(x[0, source])}" if len(x) == 1 else ""
            lines.append(f"kernel[{source}, {unit}]{factor}: ∂loss/∂w = {format_value(value)}")
    return lines


def update_lines(trace: StepTrace, node: str, name: str, index: Index) -> list[str]:
    """Return the optimizer's arithmetic for the chosen weight, and what it means."""
    update, optimizer = trace.layers[node].updates[name], trace.optimizer
    old, new = float(update.before[index]), float(update.after[index])
    gradient = float(update.gradient[index])
    lines = [
        _("{name}, step {step}, g = ∂loss/∂w = {value}", name=optimizer["name"],
          step=optimizer["step"], value=format_value(gradient)),
        "",
    ]  # fmt: skip
    formulas = optimizer_lines(trace, node, name, index)
    lines += [f"{left} = {words} = {format_value(value)}" for left, words, value in formulas[:-1]]
    lines += [
        f"w = {words} = {plain_notation(f'{new:.5g}')}" for _left, words, _new in formulas[-1:]
    ]
    if not formulas:
        lines.append(f"w: {old:.6g} → {new:.6g}")
    if new == old:
        words = _("The weight stays as it is.")
    elif (new > old) is (gradient < 0):
        words = (
            _("The loss falls when this weight rises, so the step makes it larger.")
            if gradient < 0
            else _("The loss rises with this weight, so the step makes it smaller.")
        )
    else:
        words = _("The optimizer still follows earlier gradients, against this one.")
    lines += ["", words]
    if len(trace.rows) == 1 and trace.trained.project.training.batch_size > 1:
        lines.append(_("The run takes the step of the whole batch, not of a single row."))
    return lines


LINES = (forward_lines, loss_lines, backward_lines, update_lines)


def check_line(value: float) -> str:
    """Return the difference quotient of the loss."""
    return _("Check: (loss(w + h) − loss(w − h)) / 2h = {value}", value=format_value(value))


def drawn(
    trace: StepTrace, columns: Sequence[NeuronColumn], stage: int
) -> tuple[list[Any], dict[str, Any] | None]:
    """Return numbers below the units, by column, and values of the links, by owner, of a stage."""
    labels: list[Any] = []
    for column in columns:
        step = trace.layers.get(column.node)
        labels.append(None if step is None else _of_units(step, stage, column.units))
    if stage == LOSS:
        labels[:-1] = [None] * (len(labels) - 1)
    if stage < BACKWARD:
        return labels, None
    links = {}
    for column in columns[1:]:
        step = trace.layers.get(column.node)
        if step is not None and "kernel" in step.updates:
            update = step.updates["kernel"]
            change = update.after - update.before
            links[column.owner] = update.gradient if stage == BACKWARD else change
    return labels, links


def output_words(trace: StepTrace, stage: int) -> tuple[str, str]:
    """Return what a stage shows above and below the output's surface."""
    output, target = next(iter(trace.targets.items()))
    if (step := trace.layers.get(output)) is None:
        return "", ""
    if stage == LOSS:
        prediction = _prediction(step.output[0], target[0]) if len(trace.rows) == 1 else ""
        return prediction, _("loss = {value}", value=format_value(trace.loss))
    values = _of_units(step, stage, step.output.shape[-1])
    if values is None or len(values) > 1:
        return "", ""
    delta = "δ = " if len(trace.rows) == 1 else "Σδ = "  # of a batch the sum over its rows
    return "", (delta if stage >= BACKWARD else "") + format_signed(float(values[0]))


def _prediction(value: Any, label: Any) -> str:
    return _("prediction {value}, label {label}", value=_listed(value), label=_listed(label))


def flows(trace: StepTrace, stage: int) -> dict[tuple[str, str], tuple[str, float]]:
    """Return what a stage shows on each connection (source, target), "" after the output: a text,
    and its size relative to the largest; in the order of the forward pass."""
    graph, sizes = trace.trained.project.graph, {}
    for source in graph.order:
        step = trace.layers.get(source)
        for target in graph.targets[source] or ("",):
            after = trace.layers.get(target)
            values: Any = None
            if stage == FORWARD and step is not None:
                values = step.output
            elif stage == FORWARD and after is not None:
                values = after.inputs[0]
            elif stage == LOSS and not target:
                values = [trace.loss]
            elif stage == BACKWARD and step is not None:
                values = step.delta
            elif stage == UPDATE and after is not None and after.updates:
                updates = after.updates.values()
                values = np.concatenate([np.ravel(u.after - u.before) for u in updates])
            if values is not None:
                sizes[source, target] = float(np.abs(values).mean())
    letter, largest = ("a", _("loss"), "δ", "Δw")[stage], max(sizes.values(), default=0) or 1.0
    return {
        edge: (f"{letter} {format_value(size)}", size / largest) for edge, size in sizes.items()
    }


def _of_units(step: LayerStep, stage: int, units: int) -> Any:
    if stage < BACKWARD:
        return step.output.reshape(-1, units).mean(axis=0)
    return None if step.delta is None else step.delta.reshape(-1, units).sum(axis=0)


def _size(values: Any) -> str:
    return format_value(float(np.abs(values).mean()))


def _listed(values: Any) -> str:
    flat = np.ravel(values)
    words = ", ".join(format_value(float(value)) for value in flat[:10])
    return words if len(flat) <= 10 else f"{words}, …"
