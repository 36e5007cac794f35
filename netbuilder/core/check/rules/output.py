"""Rules about the end of the network: last layer, activation, loss and target."""

from __future__ import annotations

import re
from collections.abc import Iterable

from netbuilder.core.catalog.layers.layer_index import spec_of
from netbuilder.core.catalog.training.training_index import LOSSES, loss_title
from netbuilder.core.check.context import Context, OutputEnd
from netbuilder.core.check.problems import Fix, node_name
from netbuilder.core.check.rule import Finders, Violation, make_fix, remove_layer
from netbuilder.core.check.rules.output_helpers import (
    NUMBERS,
    activation_for,
    activation_node,
    describe_target,
    loss_name,
    set_activation,
    set_loss,
    target_kinds,
    task_names,
    wants_logits,
)
from netbuilder.core.check.rules.shapes import LAST_MISSING
from netbuilder.core.data.data_facts import BINARY, CLASSES, MULTI_LABEL, REGRESSION
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project import edits
from netbuilder.core.project.model import Project
from netbuilder.core.wording import join_sentences, join_values

_sentence = sentences_of("check")

_SPARSE = {"categorical_crossentropy": "sparse_categorical_crossentropy"}
_ALSO = {"softmax": ("log_softmax",), "sigmoid": ("hard_sigmoid",)}
_ONE_HOT = {"sparse_categorical_crossentropy": "categorical_crossentropy"}


def _units(context: Context) -> Iterable[Violation]:
    for end in context.ends:
        if end.fits or end.units is None or end.shape is None:
            continue
        if len(end.shape) != 2 or end.shape[1] is None:
            continue
        if _meant_as_number(end):
            yield Violation(
                end.node.id,
                _sentence("number_as_classes", count=len(end.classes)),
                make_fix(_("Treat the target as a number"), edits.set_data, task=REGRESSION),
            )
        else:
            size = end.shape[1]
            unfinished = _hidden(end, size)
            title = _(LAST_MISSING) if unfinished else ""
            others = _change_instead(context, end) if unfinished else ()
            yield Violation(
                end.node.id, _units_text(end, size, others),
                _output_fix(context, end) or _units_fix(end, size), title, others, unfinished,
            )  # fmt: skip


def _change_instead(context: Context, end: OutputEnd) -> tuple[Fix, ...]:
    """Return a fix that makes the last of several Dense the output layer, else nothing."""
    maker = end.maker
    dense = [node for node in context.graph.nodes if node.layer == "Dense"]
    if maker is None or maker.layer != "Dense" or maker.shared is not None or len(dense) < 2:
        return ()
    params = {"units": end.units or 1, "activation": activation_for(end.task) or "linear"}
    title = _("Change {layer} to {settings}", layer=maker.id, settings=_need(end))
    return (make_fix(title, edits.set_params, maker.id, **params),)


def _meant_as_number(end: OutputEnd) -> bool:
    if end.shape is None or end.shape[1] != 1 or loss_name(end) not in NUMBERS or not end.chosen:
        return False
    return bool(end.classes) and all(re.fullmatch(r"-?\d+(\.\d+)?", c) for c in end.classes)


def _units_text(end: OutputEnd, size: int, others: tuple[Fix, ...]) -> str:
    needed = _need(end)
    ending = _sentence("ends_in", count=size, node=node_name(end.maker or end.node))
    if end.task in {CLASSES, MULTI_LABEL} and end.classes:
        names = join_values([*end.classes[:3], *(["…"] if len(end.classes) > 3 else [])])
        target = _sentence("classes_of_data", count=len(end.classes), names=names)
    elif end.task == BINARY:
        target = _("The target is yes or no.")
    else:
        target = _sentence("numbers_of_target", count=end.units or 0)
    if _hidden(end, size) and not others:
        advice = _("Add a last layer with {settings}.", settings=needed)
    else:
        advice = _("The last layer needs {settings}.", settings=needed)
    return join_sentences((ending, target, advice))


def _need(end: OutputEnd) -> str:
    activation = activation_for(end.task)
    units = ngettext("{count} unit", "{count} units", end.units or 1)
    return join_values([units, activation] if activation else [units])


def _hidden(end: OutputEnd, size: int) -> bool:
    """Return whether the last layer looks like a hidden one: the network is unfinished."""
    nonlinear = end.activation not in {None, "softmax", "sigmoid"}
    ends_in_dense = end.maker is not None and end.maker.layer == "Dense"
    return not ends_in_dense or (nonlinear and size > (end.units or 1))


def _units_fix(end: OutputEnd, size: int) -> Fix:
    units, activation = end.units or 1, activation_for(end.task)
    maker = end.maker
    if maker is None or maker.shared is not None or _hidden(end, size):
        params = {"units": units, "activation": activation}
        return make_fix(
            _("Add a Dense: {settings}", settings=_need(end)),
            edits.insert_after,
            end.node.id,
            "Dense",
            params=params,
        )
    single_activation = not any(
        spec_of(t.layer).activation or t.layer == "Activation" for t in end.tail
    )
    if end.activation == activation or not single_activation:
        return make_fix(
            ngettext("Set {count} unit", "Set {count} units", units),
            edits.set_params,
            maker.id,
            units=units,
        )
    changes = {"units": units, "activation": activation or "linear"}
    return make_fix(_("Set {settings}", settings=_need(end)), edits.set_params, maker.id, **changes)


def _output_fix(context: Context, end: OutputEnd) -> Fix | None:
    """Return a fix of units, activation and loss at once; None if at most one is wrong."""
    if context.facts is None or end.task is None or end.shape is None:
        return None
    kinds, loss = target_kinds(end, context.facts), loss_name(end)
    several = end.units != 1 if not end.fits else end.shape[-1] != 1
    classes = several and (end.task == CLASSES or bool(kinds & {CLASSES, "one_hot"}))
    regression = loss in NUMBERS
    wrong_units = not end.fits
    wrong_loss = end.chosen and (
        not _suits(loss, kinds)
        or (classes and regression and (wrong_units or end.activation == "softmax"))
    )
    activation = "softmax" if classes else activation_for(end.task)
    if activation is None:
        wrong_activation = end.activation in {"relu", "softmax"}
    else:
        logits = end.activation is None and (wants_logits(end) or (regression and not wrong_loss))
        wrong_activation = not logits and end.activation not in (
            activation,
            *_ALSO.get(activation, ()),
        )
    if wrong_units + wrong_activation + wrong_loss < 2:
        return None
    layer = set_activation(end, activation) if wrong_activation else None
    if wrong_units:
        layer = _units_fix(end, end.shape[-1] or 1)
    if not wrong_loss:
        return layer
    loss_fix = set_loss(end, None)

    def edit(project: Project) -> Project:
        return loss_fix.edit(layer.edit(project) if layer is not None else project)

    return make_fix(_("Fit the last layer and the loss to the target"), edit)


def _suits(name: str, kinds: set[str]) -> bool:
    """Return whether a loss can learn a target; regression on 0 and 1 can, if slowly."""
    spec = LOSSES.get(name)
    if spec is None or not spec.tasks:
        return True
    return bool(kinds & set(spec.tasks)) or (name in NUMBERS and CLASSES not in kinds)


def _one_unit(context: Context) -> Iterable[Violation]:
    for end in context.ends:
        if end.activation != "softmax" or end.shape is None or end.shape[-1] != 1:
            continue
        if not end.fits:
            continue  # see output-units
        activation = None if end.task == REGRESSION else "sigmoid"
        yield Violation(
            activation_node(end),
            (
                _sentence("softmax_on_one_unit", name=activation_node(end), activation=activation)
                if activation
                else _sentence("softmax_on_one_number", name=activation_node(end))
            ),
            _output_fix(context, end) or set_activation(end, activation),
        )


def _loss_target(context: Context) -> Iterable[Violation]:
    facts = context.facts
    assert facts is not None
    for end in context.ends:
        name = loss_name(end)
        spec = LOSSES.get(name)
        if spec is None or not spec.tasks or end.task is None or not end.chosen:
            continue
        if not end.fits and _meant_as_number(end):
            continue  # see output-units
        kinds = target_kinds(end, facts)
        if _suits(name, kinds):
            continue
        swaps = _ONE_HOT if "one_hot" in kinds else _SPARSE if CLASSES in kinds else {}
        swap = swaps.get(name)
        softmax = end.activation == "softmax" and name in NUMBERS
        reason = (
            _("'{name}' ends in softmax, which suits classes.", name=activation_node(end))
            if softmax
            else ""
        )
        problem = _sentence(
            "loss_for_other_target",
            loss=loss_title(name),
            tasks=task_names(spec.tasks),
            target=describe_target(end, kinds),
        )
        yield Violation(
            None,
            join_sentences((problem, reason)),
            _output_fix(context, end) or set_loss(end, swap),
        )


def _dropout_output(context: Context) -> Iterable[Violation]:
    for end in context.ends:
        for node in end.tail:
            if spec_of(node.layer).noise:
                yield Violation(
                    node.id,
                    _sentence("dropout_at_end", node=node_name(node)),
                    remove_layer(node.id),
                )


FINDERS: Finders = {
    "output-units": _units,
    "softmax-one-unit": _one_unit,
    "loss-target": _loss_target,
    "dropout-output": _dropout_output,
}
