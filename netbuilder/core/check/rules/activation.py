"""Rules about the last activation, and whether it goes with the loss."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from netbuilder.core.check.context import Context, OutputEnd
from netbuilder.core.check.example_builder import Example, chain, ending, facts_for
from netbuilder.core.check.problems import Severity
from netbuilder.core.check.rule import Rule, Violation, make_fix
from netbuilder.core.check.rules.output_helpers import (
    CATEGORICAL,
    NUMBERS,
    YES_NO,
    activation_node,
    is_single_unit,
    loss_name,
    loss_title,
    set_activation,
    set_loss,
    wants_logits,
    with_loss,
)
from netbuilder.core.data.data_facts import BINARY, CLASSES, MULTI_LABEL, REGRESSION
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice


def _softmax_mse(context: Context) -> Iterable[Violation]:
    for end in context.answers:
        name = loss_name(end)
        if end.activation != "softmax" or name not in NUMBERS or not end.chosen:
            continue
        if end.shape is not None and end.shape[-1] == 1:
            continue  # told by softmax-one-unit
        if end.task == CLASSES and context.facts and not context.facts.one_hot:
            continue  # told by loss-target
        if end.task == REGRESSION:
            fix = set_activation(end, None)
            more = "The target is a number, so the last layer needs no activation."
        else:
            loss = "categorical_crossentropy" if context.facts and context.facts.one_hot else None
            fix = set_loss(end, loss)
            more = "Cross-entropy learns classes much faster."
        yield Violation(
            activation_node(end),
            f"'{activation_node(end)}' ends in softmax, which gives a probability for each class,"
            f" but the"
            f" loss is {loss_title(name)}, which compares numbers. {more}",
            fix,
        )


def _sigmoid_categorical(context: Context) -> Iterable[Violation]:
    for end in context.answers:
        name = loss_name(end)
        if end.activation != "sigmoid" or name not in CATEGORICAL or is_single_unit(end):
            continue
        yield Violation(
            activation_node(end),
            f"'{activation_node(end)}' ends in sigmoid, which judges each class alone, but"
            f" {loss_title(name)} wants probabilities that add up to 1. Use softmax.",
            set_activation(end, "softmax"),
        )


def _relu_output(context: Context) -> Iterable[Violation]:
    for end in context.answers:
        if end.activation != "relu" or loss_name(end) not in NUMBERS:
            continue
        if end.task not in {None, REGRESSION}:
            continue
        yield Violation(
            activation_node(end),
            f"'{activation_node(end)}' ends in relu, so it can never answer below 0 and stops"
            f" learning"
            " where it should. A number is predicted without activation.",
            set_activation(end, None),
        )


def _from_logits(context: Context) -> Iterable[Violation]:
    for end in context.answers:
        name = loss_name(end)
        wanted = "softmax" if name in CATEGORICAL else "sigmoid" if name in YES_NO else None
        if wanted is None or end.loss is None:
            continue
        if wants_logits(end) and end.activation in {"softmax", "sigmoid"}:
            yield Violation(
                activation_node(end),
                f"'{activation_node(end)}' ends in {end.activation}, but the loss is told"
                f" (from_logits)"
                f" that it gets raw scores, and applies {wanted} once more.",
                make_fix("Turn off from_logits", with_loss, end.node.id, _without_logits),
            )
        elif not wants_logits(end) and end.activation is None and _makes_scores(end):
            yield Violation(
                activation_node(end),
                f"'{activation_node(end)}' gives raw scores without activation, but"
                f" {loss_title(name)} wants"
                f" probabilities. Use {wanted}.",
                set_activation(end, wanted),
            )


def _without_logits(loss: Choice) -> Choice:
    return Choice(loss.name, {k: v for k, v in loss.params.items() if k != "from_logits"})


def _makes_scores(end: OutputEnd) -> bool:
    return end.maker is not None and end.maker.layer in {"Dense", "Conv1D", "Conv2D", "Conv3D"}


def _activation_loss(context: Context) -> Iterable[Violation]:
    """Any other activation with a loss that wants probabilities."""
    for end in context.answers:
        name, found = loss_name(end), end.activation
        if found is None or wants_logits(end):
            continue
        if name in CATEGORICAL and found not in {"softmax", "sigmoid", "log_softmax"}:
            wanted = "softmax"
        elif name in YES_NO and found not in _yes_no_activations(end):
            wanted = "sigmoid"
        else:
            continue
        yield Violation(
            activation_node(end),
            f"'{activation_node(end)}' ends in {found}, but {loss_title(name)} wants probabilities."
            f" Use {wanted}.",
            set_activation(end, wanted),
        )


def _yes_no_activations(end: OutputEnd) -> set[str]:
    """Softmax on several units suits two classes, but not labels that can hold together."""
    told_elsewhere = {"softmax"} if is_single_unit(end) or end.task != MULTI_LABEL else set()
    return {"sigmoid", "hard_sigmoid"} | told_elsewhere


def _twice(context: Context) -> Iterable[Violation]:
    for end in context.answers:
        if end.activation not in {"softmax", "sigmoid"} or end.activator is None:
            continue
        for node in (*end.tail, *([end.maker] if end.maker is not None else [])):
            if node is end.activator or context.activation(node) not in {"softmax", "sigmoid"}:
                continue
            yield Violation(
                end.activator.id,
                f"'{end.activator.id}' applies {end.activation} to what"
                f" {context.activation(node)} of '{node.id}' gave already. That flattens the"
                " answer.",
                make_fix(f"Remove '{end.activator.id}'", edits.remove_nodes, [end.activator.id]),
            )
            break


_FLOWERS = facts_for(CLASSES, 3)
_PRICES = facts_for(REGRESSION, 1)
_YES_NO = facts_for(BINARY, 1)

RULES: tuple[Rule, ...] = (
    Rule(
        "softmax-mse", Severity.WARNING, "Softmax with a loss for numbers",
        "Softmax gives probabilities of classes; a loss that compares numbers learns from them"
        " slowly, and cannot predict a number with them.",
        "Use cross-entropy for classes, no activation for numbers.",
        _softmax_mse,
        (
            lambda: ending(
                2, "softmax", facts_for(REGRESSION, 2), Choice("mean_squared_error")
            ),
            lambda: ending(
                3, "softmax", replace(_FLOWERS, one_hot=True), Choice("mean_squared_error")
            ),
        ),
        field="loss",
    ),
    Rule(
        "sigmoid-crossentropy", Severity.WARNING, "Sigmoid where classes exclude each other",
        "Categorical cross-entropy wants probabilities that add up to 1; sigmoid judges each class"
        " alone.",
        "Use softmax.",
        _sigmoid_categorical,
        (lambda: ending(3, "sigmoid", _FLOWERS, Choice("sparse_categorical_crossentropy")),),
        field="loss",
    ),
    Rule(
        "relu-output", Severity.WARNING, "ReLU at the output",
        "ReLU cuts off everything below 0, so small answers cannot be given and the unit may stop"
        " learning for good.",
        "Predict numbers without activation.",
        _relu_output,
        (lambda: ending(1, "relu", _PRICES),),
    ),
    Rule(
        "from-logits", Severity.WARNING, "Activation and loss disagree (from_logits)",
        "A cross-entropy gets either probabilities (from_logits off) or raw scores (from_logits"
        " on). Here it gets the other.",
        "Match the last activation and from_logits.",
        _from_logits,
        (
            lambda: ending(
                3, "softmax", _FLOWERS,
                Choice("sparse_categorical_crossentropy", {"from_logits": True}),
            ),
            lambda: ending(3, None, _FLOWERS),
            lambda: ending(1, None, _YES_NO),
        ),
        field="loss",
    ),
    Rule(
        "output-activation", Severity.WARNING, "Last activation gives no probabilities",
        "A cross-entropy compares probabilities, between 0 and 1; this activation gives others.",
        "Use softmax for classes, sigmoid for yes or no.",
        _activation_loss,
        (lambda: ending(3, "relu", _FLOWERS), lambda: ending(1, "tanh", _YES_NO)),
    ),
    Rule(
        "double-activation", Severity.WARNING, "Activation applied twice",
        "Softmax of softmax makes all answers nearly alike, so the network seems never sure.",
        "Remove one of the two.",
        _twice,
        (
            lambda: Example(
                chain(
                    ("input", "Input", {}), ("out", "Dense", {"units": 3, "activation": "softmax"}),
                    ("softmax", "Softmax", {}),
                ),
                _FLOWERS,
            ),
        ),
    ),
)  # fmt: skip
