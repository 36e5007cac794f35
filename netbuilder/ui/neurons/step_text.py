"""The numbers of a training step in lines of text, and what the drawing shows of a stage."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.results.backprop import (
    LayerStep,
    StepTrace,
    WeightUpdate,
    gradient_terms,
    unit_delta,
    update_lines as optimizer_lines,
)
from netbuilder.core.results.computation_trace.computed_value import (
    ProductTerm,
    format_factor,
    format_signed,
    format_value,
    place_name,
    plain_notation,
)
from netbuilder.core.results.computation_trace.formula_text import formula_lines
from netbuilder.core.results.computation_trace.trace_value import trace_node
from netbuilder.core.results.live.neurons import NeuronColumn
from netbuilder.core.wording import as_sentence
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
    if len(trace.rows) > 1 or step.layer != "Dense" or step.output.ndim != 2 or not index:
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
    return [*lines, "", _("loss = {value}", value=_loss_words(trace))]


def _loss_words(trace: StepTrace) -> str:
    """Return the loss, with its formula for one row where that is short."""
    value = format_value(trace.loss)
    output, target = next(iter(trace.targets.items()))
    layer = trace.layers.get(output)
    if len(trace.rows) > 1 or len(trace.targets) > 1 or layer is None:
        return value
    prediction, label = np.ravel(layer.output[0]), np.ravel(target[0]).astype(float)
    if len(label) == len(prediction) > 1:
        chosen = float(prediction[int(label.argmax())])
    elif len(prediction) > 1:
        chosen = float(prediction[int(label[0])]) if 0 <= label[0] < len(prediction) else 0.0
    else:
        chosen = float(prediction[0] if label[0] else 1 - prediction[0])
    if chosen > 0 and abs(-np.log(chosen) - trace.loss) <= 1e-3 * max(trace.loss, 1e-3):
        return f"−ln {format_value(chosen)} = {value}"
    squared = float((prediction[0] - label[0]) ** 2) if len(prediction) == 1 else np.nan
    if abs(squared - trace.loss) <= 1e-3 * max(trace.loss, 1e-3):
        words = f"{format_value(float(prediction[0]))} − {format_factor(float(label[0]))}"
        return f"({words})² = {value}"
    return value


#: What layers do with δ, by a pattern of their names.
_PASSES: dict[str, str] = resource_json("texts.json")["step_passes"]


def backward_lines(trace: StepTrace, node: str, name: str, index: Index) -> list[str]:
    """Return what each layer passes back, and the products behind the chosen gradient."""
    lines = []
    for layer in reversed(tuple(trace.layers.values())):
        if layer.delta is None:
            lines.append(_("{layer}: no gradient arrives", layer=layer.node))
            continue
        words = _("{layer}: mean size of δ {value}", layer=layer.node, value=_size(layer.delta))
        lines.append(words)
        if layer.node == node:
            lines += [f"→ {line}" for line in _passed(trace, layer)]
    if not index:
        return lines
    step = trace.layers[node]
    lines += ["", *_delta_lines(trace, node, index)]
    gradient = float(step.updates[name].gradient[index])
    terms = gradient_terms(step, name, index)
    if terms is None:
        lines.append(_("The products of this layer are not spelled out."))
    else:
        factor = terms[0].name.rpartition(": ")[2] if terms else "x"
        if len(trace.rows) > 1:
            words = _("δ of each row is divided by {count}: the loss is the mean of the rows",
                      count=len(trace.rows))  # fmt: skip
            lines.append(as_sentence(words))
        lines.append(_("∂loss/∂w = sum of {factor} · δ", factor=factor))
        lines += _product_lines(terms)
        penalty = gradient - sum(term.product for term in terms)
        if abs(penalty) > 1e-4 * max(abs(gradient), 1e-3):
            lines.append("  " + _("penalty on the weight = {value}", value=format_value(penalty)))
    lines.append(_("∂loss/∂w = {value}", value=format_value(gradient)))
    return [*lines, *_unit_lines(step, name, index, BACKWARD)]


def _passed(trace: StepTrace, step: LayerStep) -> list[str]:
    """Return in lines what a layer does with δ; none for those whose products are spelled out."""
    known = [_(words) for name, words in _PASSES.items() if re.fullmatch(name, step.layer)]
    lines = known[:1]
    if step.layer == "LSTM" and step.delta is not None and step.delta.ndim == 3:
        steps = reversed(range(step.delta.shape[1]))
        lines += [f"t={time + 1}: {_size(step.delta[:, time])}" for time in steps][:_MOST_TERMS]
    graph = trace.trained.project.graph
    (source,) = graph.sources[step.node] if len(graph.sources[step.node]) == 1 else ("",)
    before = trace.layers.get(source)
    if step.layer != "Dropout" or before is None or len(graph.targets[source]) > 1:
        return lines
    if before.back is not None and step.back is not None:  # also the values that were 0 already
        count = int(((before.back == 0) & (step.back != 0)).sum())
        lines.append(_("dropped: {count} of {all}", count=count, all=step.back.size))
    return lines


def _delta_lines(trace: StepTrace, node: str, index: Index) -> list[str]:
    """Return how the δ of the chosen weight's unit comes about, for one row."""
    delta = unit_delta(trace, node, index[-1])
    if delta is None:
        return []
    n, value = format_value, format_value(delta.value)
    if delta.error is not None:
        prediction, label = delta.error
        words = f"{n(prediction)} − {format_factor(label)} = {value}"
        return [_("δ = prediction − label = {numbers}", numbers=words), ""]
    lines = []
    if delta.terms:
        lines.append(_("∂loss/∂a = sum of w · δ of the next layer"))
        lines += _product_lines(delta.terms)
    lines.append(_("∂loss/∂a = {value}", value=n(delta.back)))
    formula, slope = delta.slope
    if formula:
        words = formula if formula in "01" else f"{formula} = {n(slope)}"
        lines.append(_("slope f′(z) = {numbers}", numbers=words))
        value = f"{n(delta.back)} · {format_factor(slope)} = {value}"
        lines.append(_("δ = ∂loss/∂a · f′(z) = {numbers}", numbers=value))
    else:
        lines.append(f"δ = {value}")
    return [*lines, ""]


def _product_lines(terms: Sequence[ProductTerm]) -> list[str]:
    """Return the largest products and the sum of the others; those of time steps in their order."""
    largest = sorted(terms, key=lambda term: -abs(term.product))[:_MOST_TERMS]
    visible_terms = (
        [term for term in terms if term in largest] if terms and ": " in terms[0].name else largest
    )
    lines = []
    for term in visible_terms[:_MOST_TERMS]:
        time, _colon, _factor = term.name.rpartition(": ")
        factors = f"{format_factor(term.value)} · {format_factor(term.weight)}"
        lines.append(f"  {time + ': ' if time else ''}{factors} = {format_value(term.product)}")
    if (count := len(terms) - len(lines)) > 0:
        rest = sum(term.product for term in terms) - sum(term.product for term in largest)
        words = ngettext("{count} smaller product", "{count} smaller products", count)
        lines.append(f"  {words} = {format_value(rest)}")
    return lines


def _unit_lines(step: LayerStep, name: str, index: Index, stage: int) -> list[str]:
    """Return each weight that leads to a unit of a Dense layer, if the unit is chosen: its bias,
    or without one its first weight."""
    of_unit = name == "bias" or ("bias" not in step.updates and index[0] == 0)
    if step.layer != "Dense" or step.inputs[0].ndim != 2 or not of_unit:
        return []
    x, kernel, unit = step.inputs[0].mean(axis=0), step.updates["kernel"], index[-1]
    mean = _("mean {name}") if len(step.inputs[0]) > 1 else "{name}"
    lines = [""]
    for source, value in enumerate(kernel.gradient[:_MOST_WEIGHTS, unit]):
        words = f"{mean.format(name=place_name(source))} = {format_value(float(x[source]))}"
        text = _("∂loss/∂w = {value}", value=format_value(float(value)))
        if stage == UPDATE:
            arrays = kernel.before, kernel.after
            old, new = (plain_notation(f"{array[source, unit]:.5g}") for array in arrays)
            words, text = "w", f"{old} → {new}"
        lines.append(f"kernel[{source}, {unit}], {words}: {text}")
    more = len(kernel.gradient) - _MOST_WEIGHTS
    if more > 0:
        lines.append(ngettext("… and {count} more weight", "… and {count} more weights", more))
    return lines


def update_lines(trace: StepTrace, node: str, name: str, index: Index) -> list[str]:
    """Return the optimizer's arithmetic for the chosen weight, and what it means."""
    if not index:
        return [_("{layer} has no weights to change.", layer=node)]
    update, optimizer = trace.layers[node].updates[name], trace.optimizer
    old, new = float(update.before[index]), float(update.after[index])
    gradient = float(update.gradient[index])
    lines = [
        _("{name}, step {step}, g = ∂loss/∂w = {value}", name=optimizer["name"],
          step=optimizer["step"], value=format_value(gradient, 5)),
        "",
    ]  # fmt: skip
    formulas = optimizer_lines(trace, node, name, index)
    lines += [
        f"{_('step') if left == 'step' else left} = {words} = {format_value(value, 5)}"
        for left, words, value in formulas[:-1]
    ]
    lines += [
        f"w = {words} = {plain_notation(f'{new:.6g}')}" for _left, words, _new in formulas[-1:]
    ]
    if not formulas:
        lines.append(f"w: {plain_notation(f'{old:.6g}')} → {plain_notation(f'{new:.6g}')}")
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
    if new != old and _follows_earlier(update, optimizer, index):
        lines.append(_("Earlier gradients agree and count more than this one."))
    if len(trace.rows) == 1 and trace.trained.project.training.batch_size > 1:
        lines.append(_("The run takes the step of the whole batch, not of a single row."))
    return [*lines, *_unit_lines(trace.layers[node], name, index, UPDATE)]


def _follows_earlier(update: WeightUpdate, optimizer: Mapping[str, Any], index: Index) -> bool:
    """Return whether earlier gradients agree with this one and have more of a share in the step."""
    if "momentum" not in update.slots:
        return False
    before, after = (float(array[index]) for array in update.slots["momentum"])
    earlier = float(optimizer.get("beta_1", optimizer.get("momentum", 0.0))) * before
    return earlier * (after - earlier) > 0 and abs(earlier) > abs(after - earlier)


LINES = (forward_lines, loss_lines, backward_lines, update_lines)


def check_lines(step: LayerStep, name: str, index: Index, quotient: float) -> list[str]:
    """Return the difference quotient of the loss, beside Keras's gradient and the products."""
    gradient = float(step.updates[name].gradient[index])
    agrees = abs(quotient - gradient) <= 0.03 * abs(gradient) + 1e-4
    mark = "✓" if agrees else _("(not the same: the loss has a kink here, or rounding)")
    words = _("Check: (loss(w + h) − loss(w − h)) / 2h = {value}", value=format_value(quotient))
    lines = ["", _("GradientTape of Keras: {value}", value=format_value(gradient))]
    terms = gradient_terms(step, name, index)
    if terms is not None and not step.updates[name].penalized:
        total = format_value(sum(term.product for term in terms))
        lines.append(_("Sum of the products: {value}", value=total) + " ✓")
    return [*lines, f"{words} {mark}"]


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
        return prediction, _("loss = {value}", value=_loss_words(trace))
    values = _of_units(step, stage, step.output.shape[-1])
    if values is None or len(values) > 1:
        return "", ""
    delta_of_row = unit_delta(trace, output, 0) if stage == BACKWARD else None
    if delta_of_row is not None and delta_of_row.error is not None:
        prediction, label = map(format_value, delta_of_row.error)
        return "", f"δ = {prediction} − {label} = {format_signed(float(values[0]))}"
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
