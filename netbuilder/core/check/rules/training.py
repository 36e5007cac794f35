"""Rules about the training settings and the memory that training needs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from math import floor, log2
from pathlib import Path

import psutil

from netbuilder.core.catalog.layers.layer_index import spec_of
from netbuilder.core.catalog.spec import Kind
from netbuilder.core.catalog.training.training_index import CALLBACKS, OPTIMIZERS, canonical
from netbuilder.core.check.context import Context
from netbuilder.core.check.problems import Fix, node_name
from netbuilder.core.check.rule import Finders, Violation, make_fix
from netbuilder.core.check.shapes.shape_fixes import shrink
from netbuilder.core.check.shapes.shapes import FLOAT_BYTES, Shapes
from netbuilder.core.engine.monitor.keras_callbacks import (
    LOGS,
    log_path,
    measures_apart,
    name_problem,
)
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.errors import TrainingError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice, Node, Project, Training
from netbuilder.core.wording import format_bytes, format_number, join_sentences

_sentence = sentences_of("check")

#: Values that an optimizer keeps per trained weight; 2 for others.
_SLOTS = {"SGD": 1, "RMSprop": 2, "Adagrad": 1, "Adafactor": 1, "Lion": 1, "Muon": 2}


def training_memory(shapes: Shapes, training: Training) -> int:
    """Estimate the bytes that training needs at once: a rough lower bound.

    Weights, gradients, optimizer state, and all outputs of one batch, forward and backward.
    """
    slots = _SLOTS.get(training.optimizer.name, 2)
    weights = shapes.total_parameters + shapes.trainable_parameters * (1 + slots)
    return weights * FLOAT_BYTES + 2 * shapes.activation_bytes * training.batch_size


def machine_memory() -> int:
    """Return the bytes of memory that this process may use."""
    return min(psutil.virtual_memory().total, _control_group() or sys.maxsize)


def _control_group() -> int | None:
    """Return the limit of a container (Linux control groups, version 2 and 1)."""
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            return int(Path("/sys/fs/cgroup", name).read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue
    return None


#: Share of the memory for training; the rest is for the window and the data.
_USABLE = 0.8
#: More trainable weights per row mostly memorise. Teaching networks have far fewer (the sales
#: example: 12), pretrained heads far more.
_WEIGHTS_PER_ROW = 100
_ALWAYS_FINE = 10_000
#: The usual range of the learning rate by optimizer.
_RATES = {"SGD": (1e-5, 1.0), "Adadelta": (1e-4, 10.0), "Adagrad": (1e-5, 1.0), "Ftrl": (1e-5, 1.0)}
_USUAL_RATE = (1e-6, 0.1)
_PLATEAU = "ReduceLROnPlateau"


def _batch(context: Context) -> Iterable[Violation]:
    assert context.facts is not None
    rows, batch = context.facts.rows, context.project.training.batch_size
    if 0 < rows < batch:
        fitting = 2 ** floor(log2(max(1, rows // 4)))
        yield Violation(
            None,
            _sentence("single_step", count=rows, batch=format_number(batch, ","), fitting=fitting),
            _set_batch(fitting),
        )


def _set_batch(batch: int) -> Fix:
    return make_fix(
        _("Set batch size to {value}", value=batch), edits.set_training, batch_size=batch
    )


def _rate(context: Context) -> Iterable[Violation]:
    optimizer = context.project.training.optimizer
    known = canonical(OPTIMIZERS, optimizer.name)
    rate = optimizer.params.get("learning_rate")
    if known is None or isinstance(rate, bool) or not isinstance(rate, (int, float)) or rate < 0:
        return  # a schedule, Keras's default, or see bad-choice
    low, high = _RATES.get(known, _USUAL_RATE)
    if low <= rate <= high:
        return
    usual = OPTIMIZERS[known].by_name["learning_rate"].default
    effect = (
        _sentence("rate_too_high", rate=format_number(rate, "g"))
        if rate > high
        else _sentence("rate_too_low", rate=format_number(rate, "g"))
    )
    advice = _sentence(
        "usual_rates", optimizer=known, low=format_number(low, "g"), high=format_number(high, "g")
    )
    yield Violation(
        None,
        join_sentences((effect, advice)),
        make_fix(
            _("Set {name} to {value}", name="learning_rate", value=format_number(usual, "g")),
            _with_rate,
            usual,
        ),
    )


def _with_rate(project: Project, rate: float) -> Project:
    optimizer = project.training.optimizer
    params = {**optimizer.params, "learning_rate": rate}
    return edits.set_training(project, optimizer=Choice(optimizer.name, params))


def _two_rates(context: Context) -> Iterable[Violation]:
    training = context.project.training
    if not isinstance(training.optimizer.params.get("learning_rate"), Mapping):
        return
    callbacks = tuple(c for c in training.callbacks if canonical(CALLBACKS, c.name) != _PLATEAU)
    if len(callbacks) < len(training.callbacks):
        yield Violation(
            None,
            _sentence("rate_of_schedule", optimizer=training.optimizer.name, callback=_PLATEAU),
            make_fix(_("Remove {name}", name=_PLATEAU), edits.set_training, callbacks=callbacks),
        )


def _custom(context: Context) -> Iterable[Violation]:
    training = context.project.training
    explanation = str(training.extra.get("explanation", ""))
    if explanation:
        extra = {key: value for key, value in training.extra.items() if key != "explanation"}
        fix = make_fix(_("Keep these settings"), edits.set_training, extra=extra)
        yield Violation(None, explanation, fix)


def _log_files(context: Context) -> Iterable[Violation]:
    training = context.project.training
    for index, chosen in enumerate(training.callbacks):
        known = canonical(CALLBACKS, chosen.name)
        if known is None or known not in LOGS:
            continue
        key = next(p.name for p in CALLBACKS[known].params if p.kind is Kind.FILE)
        name = str(chosen.params.get(key) or "")
        problem = name_problem(known, name) if name else ""
        if name and not problem and context.base is not None:
            try:  # an existing file may be data, or a link
                log_path(known, name, context.base)
            except TrainingError as error:
                problem = error.what
        if problem:
            usual = LOGS[known].usual
            corrected = Choice(chosen.name, {**chosen.params, key: usual})
            callbacks = (*training.callbacks[:index], corrected, *training.callbacks[index + 1 :])
            yield Violation(
                None,
                problem,
                make_fix(
                    _("Write to '{name}'", name=usual), edits.set_training, callbacks=callbacks
                ),
            )


def _no_averages(context: Context) -> Iterable[Violation]:
    training = context.project.training
    if measures_apart(training) and not training.optimizer.params.get("use_ema"):
        optimizer = training.optimizer
        averaged = Choice(optimizer.name, {**optimizer.params, "use_ema": True})
        yield Violation(
            None,
            _sentence("no_averages", optimizer=optimizer.name),
            make_fix(_("Turn on use_ema"), edits.set_training, optimizer=averaged),
        )


def _batch_norm(context: Context) -> Iterable[Violation]:
    if context.project.training.batch_size != 1:
        return
    for node in context.graph.nodes:
        if node.layer == "BatchNormalization":
            rows = context.facts.rows if context.facts is not None else 0
            batch = 32 if not rows else min(32, max(2, rows))
            yield Violation(
                node.id, _sentence("rows_of_one", node=node_name(node)), _set_batch(batch)
            )


def _memory(context: Context) -> Iterable[Violation]:
    assert context.shapes is not None
    available = machine_memory()
    training = context.project.training
    need = training_memory(context.shapes, training)
    if need <= available * _USABLE:
        return
    weights = training_memory(context.shapes, Training(optimizer=training.optimizer, batch_size=0))
    node = _largest(context)
    if weights <= available * _USABLE / 2 and training.batch_size > 1:
        rest = (available * _USABLE - weights) / (need - weights)
        batch = max(1, 2 ** floor(log2(max(1.0, training.batch_size * rest))))
        fix: Fix | None = _set_batch(batch) if batch < training.batch_size else None
        reason = _sentence("memory_of_batch", batch=format_number(training.batch_size, ","))
    else:
        fix = shrink(context, lambda s: training_memory(s, training), available * _USABLE)
        reason = (
            _sentence("largest_layer", node=node_name(node), count=_weights(context, node))
            if node
            else ""
        )
    problem = _sentence("memory_needed", need=format_bytes(need), available=format_bytes(available))
    yield Violation(node.id if node is not None else None, join_sentences((problem, reason)), fix)


def _weights(context: Context, node: Node) -> str:
    shape = context.shape_of(node.id)
    return format_number(shape.parameters if shape else 0, ",")


def _largest(context: Context) -> Node | None:
    assert context.shapes is not None
    sizes = context.shapes.by_node
    ids = [node_id for node_id in sizes if node_id in context.graph.by_id]
    if not ids:
        return None
    best = max(ids, key=lambda name: (sizes[name].parameters, sizes[name].bytes))
    return context.graph.by_id[best]


def _too_many(context: Context) -> Iterable[Violation]:
    facts, shapes = context.facts, context.shapes
    assert facts is not None
    assert shapes is not None
    weights, rows = shapes.trainable_parameters, facts.rows
    targets = max((end.units or 1 for end in context.ends), default=1)
    allowed = max(_ALWAYS_FINE, _WEIGHTS_PER_ROW * rows * targets)
    if not rows or weights <= allowed or facts.streamed or list(_memory(context)):
        return
    node = _largest(context)
    yield Violation(
        node.id if node is not None else None,
        _sentence("more_weights_than_rows", count=rows, weights=format_number(weights, ",")),
        shrink(context, lambda s: s.trainable_parameters, allowed),
    )


def _collapse(context: Context) -> Iterable[Violation]:
    graph = context.graph
    for node in graph.nodes:
        if node.layer != "Dense" or context.activation(node) is not None:
            continue
        behind = _next_dense(context, node)
        if behind is None:
            continue
        owner = context.owner(node)
        yield Violation(
            node.id,
            _sentence("no_activation_between", node=node_name(node), next=node_name(behind)),
            make_fix(_("Set activation to relu"), edits.set_params, owner.id, activation="relu"),
        )


def _next_dense(context: Context, node: Node) -> Node | None:
    """Return the Dense that ``node`` feeds without activation, if it feeds nothing else."""
    graph = context.graph
    dense: Node | None = None
    waiting, visited = [node.id], {node.id}
    while waiting:
        targets = graph.targets[waiting.pop()]
        if not targets:
            return None
        for target in targets:
            layer = graph.by_id[target].layer
            if layer == "Dense":
                dense = graph.by_id[target]
            elif not (spec_of(layer).training_only or spec_of(layer).arranges):
                return None
            elif target not in visited:
                visited.add(target)
                waiting.append(target)
    return dense


FINDERS: Finders = {
    "memory": _memory,
    "batch-size": _batch,
    "learning-rate": _rate,
    "two-rates": _two_rates,
    "custom-training": _custom,
    "log-elsewhere": _log_files,
    "no-averaged-weights": _no_averages,
    "batchnorm-batch-1": _batch_norm,
    "linear-stack": _collapse,
    "too-many-parameters": _too_many,
}
