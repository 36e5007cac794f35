"""Words and edits about outputs, targets and losses that several rules share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from netbuilder.core.catalog.layers.layer_index import spec_of
from netbuilder.core.catalog.training.training_index import LOSSES, canonical, loss_title
from netbuilder.core.check.context import OutputEnd
from netbuilder.core.check.problems import Fix
from netbuilder.core.check.rule import make_fix, remove_layer
from netbuilder.core.data.data_facts import BINARY, CLASSES, MULTI_LABEL, DataFacts
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice, Project
from netbuilder.core.wording import format_list

CATEGORICAL = frozenset(resource_json("keras_names.json")["class_losses"])
YES_NO = frozenset({"binary_crossentropy", "binary_focal_crossentropy"})
#: Regression losses, for a last layer without activation.
NUMBERS = frozenset(resource_json("keras_names.json")["number_losses"])
_WORDS: dict[str, str] = resource_json("texts.json")["task_words"]


def loss_name(end: OutputEnd) -> str:
    """Return Keras's name of an output's loss; "" if unknown."""
    return (canonical(LOSSES, end.loss.name) or "") if end.loss is not None else ""


def activation_for(task: str | None) -> str | None:
    """Return the activation for a task's target; None for none."""
    return {BINARY: "sigmoid", MULTI_LABEL: "sigmoid", CLASSES: "softmax"}.get(task or "")


def wants_logits(end: OutputEnd) -> bool:
    """Return whether the loss expects raw scores."""
    return end.loss is not None and end.loss.params.get("from_logits") is True


def set_loss(end: OutputEnd, name: str | None) -> Fix:
    """Return a fix that sets the output's loss; None: automatic."""
    text = _("Choose the loss automatically")
    if name is not None:
        text = _("Use {name}", name=loss_title(name))
    return make_fix(text, with_loss, end.node.id, lambda _old: Choice(name) if name else None)


def with_loss(project: Project, output: str, change: Callable[[Choice], Choice | None]) -> Project:
    """Return the project with a changed loss, if the settings name one."""
    training = project.training
    own = training.outputs.get(output)
    if own is not None and own.loss is not None:
        outputs = {**training.outputs, output: replace(own, loss=change(own.loss))}
        return edits.set_training(project, outputs=outputs)
    if training.loss is None:
        return project
    return edits.set_training(project, loss=change(training.loss))


def set_activation(end: OutputEnd, name: str | None) -> Fix | None:
    """Return a fix that changes the last activation, if possible."""
    node = end.activator or end.maker
    if node is None:
        return None
    text = _("Set {name} to {value}", name="activation", value=name or "linear")
    if spec_of(node.layer).activation is not None:
        if name is None:
            return remove_layer(node.id)

        def swap(project: Project) -> Project:
            at = project.graph.nodes.index(project.graph.by_id[node.id])
            project = edits.replace_layer(project, node.id, "Activation")
            return edits.set_params(project, project.graph.nodes[at].id, activation=name)

        return make_fix(text, swap)
    if node.layer not in {"Dense", "Activation"} and end.activator is None:
        if name is None:
            return None
        return make_fix(
            _("Add {name}", name=name),
            edits.insert_after,
            end.node.id,
            "Activation",
            params={"activation": name},
        )
    return make_fix(text, edits.set_params, node.id, activation=name or "linear")


def activation_node(end: OutputEnd) -> str:
    """Return the ID of the node with the output's activation."""
    return (end.activator or end.maker or end.node).id


def is_single_unit(end: OutputEnd) -> bool:
    """Return whether an output is a single number."""
    return end.shape is not None and end.shape[-1] == 1


def target_kinds(end: OutputEnd, facts: DataFacts) -> set[str]:
    """Return the target of an output in terms of ``ObjectSpec.tasks``."""
    if end.task == BINARY and end.shape is not None and end.shape[-1] == 2:
        return {"one_hot"} if facts.one_hot else {CLASSES}
    if end.task in {CLASSES, BINARY} and facts.one_hot:
        return {"one_hot"}
    return {end.task or ""}


def task_names(tasks: tuple[str, ...]) -> str:
    """Return kinds of target in words."""
    if {BINARY, CLASSES, "one_hot"} <= set(tasks):
        return _("classes")
    if set(tasks) == {BINARY, MULTI_LABEL}:
        return _("yes or no")
    return format_list([_(_WORDS[task]) if task in _WORDS else task for task in tasks], style="or")


def describe_target(end: OutputEnd, kinds: set[str]) -> str:
    """Return an output's target in words; ``kinds`` as from ``target_kinds``."""
    kind = next(iter(kinds), "")
    words = _(_WORDS[kind]) if kind in _WORDS else _("something else")
    if kind != CLASSES:
        return words
    classes = ngettext("{count} class", "{count} classes", len(end.classes))
    return f"{words} ({classes})"
