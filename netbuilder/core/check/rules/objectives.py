"""Rules about outputs, metrics and imbalanced classes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from netbuilder.core.catalog.spec import ObjectSpec
from netbuilder.core.catalog.training.training_index import (
    CALLBACKS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    canonical,
)
from netbuilder.core.check.context import Context, OutputEnd
from netbuilder.core.check.problems import node_name
from netbuilder.core.check.rule import Finders, Violation, make_fix
from netbuilder.core.check.rules.output_helpers import describe_target, target_kinds, task_names
from netbuilder.core.data.data_facts import CLASSES
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice, OutputSettings, Project, Training
from netbuilder.core.wording import format_list, format_number, join_sentences

_sentence = sentences_of("check")

TABLES: Mapping[str, Mapping[str, ObjectSpec]] = {
    "optimizer": OPTIMIZERS,
    "loss": LOSSES,
    "metric": METRICS,
    "callback": CALLBACKS,
}
_KIND_NAMES = {
    "optimizer": N_("optimizer"),
    "loss": N_("loss"),
    "metric": N_("metric"),
    "callback": N_("callback"),
}


@dataclass(frozen=True)
class PlanObject:
    """A named object of the settings: ``kind`` is a key of ``TABLES``, ``output`` may be None."""

    kind: str
    choice: Choice
    output: str | None = None

    @property
    def place(self) -> str:
        """Its place in words."""
        kind = _(_KIND_NAMES[self.kind])
        return _("{kind} of '{output}'", kind=kind, output=self.output) if self.output else kind


def list_plan_objects(training: Training) -> Iterator[PlanObject]:
    """Yield every named object of the settings."""
    yield PlanObject("optimizer", training.optimizer)
    if training.loss is not None:
        yield PlanObject("loss", training.loss)
    for metric in training.metrics or ():
        yield PlanObject("metric", metric)
    for callback in training.callbacks:
        yield PlanObject("callback", callback)
    for output, own in training.outputs.items():
        if own.loss is not None:
            yield PlanObject("loss", own.loss, output)
        for metric in own.metrics or ():
            yield PlanObject("metric", metric, output)


def change_plan_objects(
    project: Project,
    kind: str,
    matches: Callable[[Choice], bool],
    change: Callable[[Choice], Choice | None],
) -> Project:
    """Change every object of ``kind`` that ``matches``; None removes it, or resets an optimizer."""

    def changed(choice: Choice | None) -> Choice | None:
        return change(choice) if choice is not None and matches(choice) else choice

    def all_of(choices: tuple[Choice, ...] | None) -> tuple[Choice, ...] | None:
        if choices is None:
            return None
        return tuple(new for new in map(changed, choices) if new is not None)

    training = project.training
    if kind == "optimizer":
        return edits.set_training(project, optimizer=changed(training.optimizer) or Choice("Adam"))
    if kind == "callback":
        return edits.set_training(project, callbacks=all_of(training.callbacks) or ())

    def goal_changed(goal: OutputSettings) -> OutputSettings:
        if kind == "loss":
            return replace(goal, loss=changed(goal.loss))
        return replace(goal, metrics=all_of(goal.metrics))

    outputs = {output: goal_changed(goal) for output, goal in training.outputs.items()}
    if kind == "loss":
        return edits.set_training(project, loss=changed(training.loss), outputs=outputs)
    return edits.set_training(project, metrics=all_of(training.metrics), outputs=outputs)


#: Rows of the largest class per row of the smallest that are reported.
_RARE = 10.0


def _dead_end(context: Context) -> Iterable[Violation]:
    for end in context.loose_layers:
        branch = _branch(context, end)
        names = context.facts.target_names if context.facts is not None else ()
        text = (
            _("Remove '{name}'", name=branch[0])
            if len(branch) == 1
            else _sentence("remove_branch", count=len(branch))
        )
        yield Violation(
            end.node.id,
            (
                _sentence("target_taken", node=node_name(end.node), target=names[0])
                if names
                else _sentence("no_target_left", node=node_name(end.node))
            ),
            make_fix(text, edits.remove_nodes, branch, heal=False),
        )


def _branch(context: Context, end: OutputEnd) -> list[str]:
    names: list[str] = []
    for node in context.upward(end.node):
        if node.layer == "Input" or (names and len(context.graph.targets[node.id]) > 1):
            break
        names.append(node.id)
    return names


def _metric(context: Context, *, fatal: bool) -> Iterable[Violation]:
    """Find metrics for another kind of target: those that cannot be computed, or the others."""
    facts, training = context.facts, context.project.training
    assert facts is not None
    reported: set[str] = set()
    for end in context.ends:
        own = training.outputs.get(end.node.id)
        chosen = own.metrics if own is not None and own.metrics is not None else training.metrics
        for choice in chosen or ():
            known = canonical(METRICS, choice.name)
            tasks = METRICS[known].tasks if known is not None else ()
            kinds = target_kinds(end, facts)
            if not tasks or end.task is None or kinds & set(tasks) or choice.name in reported:
                continue
            # Whether targets and predictions have another shape than the metric compares.
            impossible = CLASSES in kinds or ("one_hot" in kinds and set(tasks) == {CLASSES})
            if fatal != impossible:
                continue
            reported.add(choice.name)
            yield Violation(
                None,
                _sentence(
                    "metric_task",
                    metric=choice.name,
                    tasks=task_names(tasks),
                    target=describe_target(end, kinds),
                ),
                make_fix(_("Remove {name}", name=choice.name), _without_metric, choice.name),
            )


def _without_metric(project: Project, name: str) -> Project:
    """Remove a metric; if none is left they become automatic."""
    project = change_plan_objects(
        project, "metric", lambda metric: metric.name == name, lambda _metric: None
    )
    if project.training.metrics == ():
        project = edits.set_training(project, metrics=None)
    return project


def _lost_goals(context: Context) -> Iterable[Violation]:
    graph, data = context.graph, context.project.data
    ends = [(name, "output") for name in (*context.project.training.outputs, *data.targets)]
    ends += [(name, "Input") for name in data.inputs]
    for name, kind in dict.fromkeys(ends):
        existing = graph.inputs if kind == "Input" else graph.outputs
        if name in existing or not existing:
            continue
        if kind == "Input":
            message = _sentence("input_settings", name=name, names=format_list(existing))
        else:
            message = _sentence("output_settings", name=name, names=format_list(existing))
        yield Violation(
            name if name in graph.by_id else None,
            message,
            make_fix(_("Remove these settings"), _forgotten, name, kind),
        )


def _forgotten(project: Project, name: str, kind: str) -> Project:
    def others(table: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in table.items() if key != name}

    if kind == "Input":
        return edits.set_data(project, inputs=others(project.data.inputs))
    project = edits.set_training(project, outputs=others(project.training.outputs))
    return edits.set_data(project, targets=others(project.data.targets))


def _imbalance(context: Context) -> Iterable[Violation]:
    facts = context.facts
    assert facts is not None
    if facts.generates:
        return  # letters and words are rare by nature
    if facts.imbalance < _RARE or context.project.training.class_weight != "none":
        return
    counts = [n for n in facts.class_counts if n]
    rarest = ""
    if len(facts.class_counts) == len(facts.classes) and counts:
        name = facts.classes[facts.class_counts.index(min(counts))]
        rarest = _sentence("class_rows", count=min(counts), name=name)
    ratio = format_number(facts.imbalance, ".0f")
    problem = _("The largest class has {ratio} rows for each row of the smallest.", ratio=ratio)
    effect = _sentence("rare_class")
    yield Violation(
        None,
        join_sentences((problem, rarest, effect)),
        make_fix(_("Use class weights"), edits.set_training, class_weight="balanced"),
    )


FINDERS: Finders = {
    "dead-end": _dead_end,
    "lost-goal": _lost_goals,
    "metric-target": lambda context: _metric(context, fatal=True),
    "metric-meaning": lambda context: _metric(context, fatal=False),
    "rare-class": _imbalance,
}
