"""Rules about the last activation and its loss."""

from __future__ import annotations

from collections.abc import Iterable

from netbuilder.core.catalog.layers.layer_index import spec_of
from netbuilder.core.catalog.training.training_index import loss_title
from netbuilder.core.check.context import Context, OutputEnd
from netbuilder.core.check.problems import node_name
from netbuilder.core.check.rule import Finders, Violation, make_fix, remove_layer
from netbuilder.core.check.rules.output_helpers import (
    CATEGORICAL,
    NUMBERS,
    YES_NO,
    activation_node,
    is_single_unit,
    loss_name,
    set_activation,
    set_loss,
    wants_logits,
    with_loss,
)
from netbuilder.core.data.data_facts import CLASSES, MULTI_LABEL, REGRESSION
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice
from netbuilder.core.wording import join_sentences

_sentence = sentences_of("check")


def _softmax_mse(context: Context) -> Iterable[Violation]:
    for end in context.answers:
        name = loss_name(end)
        if end.activation != "softmax" or name not in NUMBERS or not end.chosen:
            continue
        if end.shape is not None and end.shape[-1] == 1:
            continue  # see softmax-one-unit
        if end.task == CLASSES and context.facts and not context.facts.one_hot:
            continue  # see loss-target
        if end.task == REGRESSION:
            fix = set_activation(end, None)
            advice = _("The target is a number, so the last layer needs no activation.")
        elif end.task == MULTI_LABEL:
            fix = set_activation(end, "sigmoid")
            advice = _("Several labels can apply at once: use sigmoid.")
        else:
            loss = "categorical_crossentropy" if context.facts and context.facts.one_hot else None
            fix = set_loss(end, loss)
            advice = _("Cross-entropy learns classes much faster.")
        problem = _sentence(
            "softmax_with_other_loss", name=activation_node(end), loss=loss_title(name)
        )
        yield Violation(activation_node(end), join_sentences((problem, advice)), fix)


def _sigmoid_categorical(context: Context) -> Iterable[Violation]:
    for end in context.answers:
        name = loss_name(end)
        if end.activation != "sigmoid" or name not in CATEGORICAL or is_single_unit(end):
            continue
        yield Violation(
            activation_node(end),
            _sentence("sigmoid_with_other_loss", name=activation_node(end), loss=loss_title(name)),
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
            _sentence("relu_at_end", name=activation_node(end)),
            set_activation(end, None),
        )


def _from_logits(context: Context) -> Iterable[Violation]:
    for end in context.answers:
        name = loss_name(end)
        activation = "softmax" if name in CATEGORICAL else "sigmoid" if name in YES_NO else None
        if activation is None or end.loss is None:
            continue
        if wants_logits(end) and end.activation in {"softmax", "sigmoid"}:
            yield Violation(
                activation_node(end),
                _sentence(
                    "from_logits_twice",
                    name=activation_node(end),
                    activation=end.activation,
                    wanted=activation,
                ),
                make_fix(_("Turn off from_logits"), with_loss, end.node.id, _without_logits),
            )
        elif not wants_logits(end) and end.activation is None and _makes_scores(end):
            yield Violation(
                activation_node(end),
                _sentence(
                    "logits_with_other_loss",
                    name=activation_node(end),
                    loss=loss_title(name),
                    wanted=activation,
                ),
                set_activation(end, activation),
            )


def _without_logits(loss: Choice) -> Choice:
    return Choice(loss.name, {k: v for k, v in loss.params.items() if k != "from_logits"})


def _makes_scores(end: OutputEnd) -> bool:
    return end.maker is not None and end.maker.layer in {"Dense", "Conv1D", "Conv2D", "Conv3D"}


def _activation_loss(context: Context) -> Iterable[Violation]:
    for end in context.answers:
        name, activation = loss_name(end), end.activation
        if activation is None or wants_logits(end):
            continue
        if name in CATEGORICAL and activation not in {"softmax", "sigmoid", "log_softmax"}:
            right = "softmax"
        elif name in YES_NO and activation not in _yes_no_activations(end):
            right = "sigmoid"
        else:
            continue
        yield Violation(
            activation_node(end),
            _sentence(
                "no_probabilities",
                name=activation_node(end),
                activation=activation,
                loss=loss_title(name),
                wanted=right,
            ),
            set_activation(end, right),
        )


def _yes_no_activations(end: OutputEnd) -> set[str]:
    """Softmax fits two exclusive classes, but not labels that can apply together."""
    also_valid = {"softmax"} if is_single_unit(end) or end.task != MULTI_LABEL else set()
    return {"sigmoid", "hard_sigmoid"} | also_valid


def _twice(context: Context) -> Iterable[Violation]:
    for end in context.answers:
        if end.activation not in {"softmax", "sigmoid"} or end.activator is None:
            continue
        for node in (*end.tail, *([end.maker] if end.maker is not None else [])):
            if node is end.activator or context.activation(node) not in {"softmax", "sigmoid"}:
                continue
            yield Violation(
                end.activator.id,
                _sentence(
                    "activation_over_shared",
                    name=end.activator.id,
                    activation=end.activation,
                    other=context.activation(node),
                    source=node.id,
                ),
                remove_layer(end.activator.id),
            )
            break


#: Layers that pass probabilities on to the next Dense.
_PASSING = {"Dropout", "Flatten", "BatchNormalization", "LayerNormalization", "GaussianNoise"}


def _hidden_softmax(context: Context) -> Iterable[Violation]:
    """Find a softmax that only a Dense reads; one that weights other values is attention."""
    graph = context.graph
    for node in () if context.cycles else graph.nodes:
        if context.activation(node) != "softmax" or node.id not in context.live:
            continue
        reader = node
        while len(graph.targets[reader.id]) == 1 and (reader is node or reader.layer in _PASSING):
            reader = graph.by_id[graph.targets[reader.id][0]]
        if reader is node or reader.layer != "Dense":
            continue
        own = spec_of(node.layer).activation is not None
        yield Violation(
            node.id,
            _sentence("softmax_in_the_middle", node=node_name(node), next=node_name(reader)),
            remove_layer(node.id)
            if own
            else make_fix(_("Use relu here"), edits.set_params, node.id, activation="relu"),
        )


FINDERS: Finders = {
    "softmax-mse": _softmax_mse,
    "sigmoid-crossentropy": _sigmoid_categorical,
    "relu-output": _relu_output,
    "from-logits": _from_logits,
    "output-activation": _activation_loss,
    "double-activation": _twice,
    "hidden-softmax": _hidden_softmax,
}
