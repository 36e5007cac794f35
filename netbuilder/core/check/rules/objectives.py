"""Rules about what is asked of the network: several ends, metrics, rare classes."""

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
from netbuilder.core.check.problems import Severity, node_name
from netbuilder.core.check.rule import Rule, Violation, make_fix
from netbuilder.core.check.rules.output_helpers import describe_target, target_kinds, task_names
from netbuilder.core.data.data_facts import CLASSES
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice, OutputSettings, Project, Training
from netbuilder.core.wording import format_list, format_number, join_sentences

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
    """A named object: its ``kind`` (a key of ``TABLES``) and the output it is of, if of one."""

    kind: str
    choice: Choice
    output: str | None = None

    @property
    def place(self) -> str:
        """Where it stands, in words."""
        kind = _(_KIND_NAMES[self.kind])
        return _("{kind} of '{output}'", kind=kind, output=self.output) if self.output else kind


def list_plan_objects(training: Training) -> Iterator[PlanObject]:
    """Every named object of the plan."""
    yield PlanObject("optimizer", training.optimizer)
    if training.loss is not None:
        yield PlanObject("loss", training.loss)
    for metric in training.metrics or ():
        yield PlanObject("metric", metric)
    for callback in training.callbacks:
        yield PlanObject("callback", callback)
    for output, goal in training.outputs.items():
        if goal.loss is not None:
            yield PlanObject("loss", goal.loss, output)
        for metric in goal.metrics or ():
            yield PlanObject("metric", metric, output)


def change_plan_objects(
    project: Project,
    kind: str,
    matches: Callable[[Choice], bool],
    change: Callable[[Choice], Choice | None],
) -> Project:
    """Change every object of ``kind`` that ``matches``; None takes it away.

    An optimizer that is taken away becomes Adam, a loss the one that suits the data.
    """

    def changed(choice: Choice | None) -> Choice | None:
        return change(choice) if choice is not None and matches(choice) else choice

    def all_of(choices: tuple[Choice, ...] | None) -> tuple[Choice, ...] | None:
        if choices is None:
            return None
        return tuple(one for one in map(changed, choices) if one is not None)

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


#: The largest class has this many rows for each of the smallest, and more: then it is told.
_RARE = 10.0


def _dead_end(context: Context) -> Iterable[Violation]:
    for end in context.loose_layers:
        branch = _branch(context, end)
        names = context.facts.target_names if context.facts is not None else ()
        text = (
            _("Remove '{name}'", name=branch[0])
            if len(branch) == 1
            else ngettext(
                "Remove the branch ({count} layer)",
                "Remove the branch ({count} layers)",
                len(branch),
            )
        )
        yield Violation(
            end.node.id,
            (
                _(
                    "{node} has no target: another layer predicts '{target}'. Connect it to a "
                    "layer, or remove it.",
                    node=node_name(end.node),
                    target=names[0],
                )
                if names
                else _(
                    "{node} has no target: another layer predicts it. Connect it to a layer, or "
                    "remove it.",
                    node=node_name(end.node),
                )
            ),
            make_fix(text, edits.remove_nodes, branch, heal=False),
        )


def _branch(context: Context, end: OutputEnd) -> list[str]:
    """The nodes that lead to this end and nowhere else."""
    found: list[str] = []
    for node in context.upward(end.node):
        if node.layer == "Input" or (found and len(context.graph.targets[node.id]) > 1):
            break
        found.append(node.id)
    return found


def _metric(context: Context, *, fatal: bool) -> Iterable[Violation]:
    """Metrics for another kind of target: those that cannot be computed, or the others."""
    facts, training = context.facts, context.project.training
    assert facts is not None
    told: set[str] = set()
    for end in context.ends:
        goal = training.outputs.get(end.node.id)
        chosen = goal.metrics if goal is not None and goal.metrics is not None else training.metrics
        for choice in chosen or ():
            known = canonical(METRICS, choice.name)
            tasks = METRICS[known].tasks if known is not None else ()
            kinds = target_kinds(end, facts)
            if not tasks or end.task is None or kinds & set(tasks) or choice.name in told:
                continue
            if fatal != _impossible(set(tasks), kinds):
                continue
            told.add(choice.name)
            yield Violation(
                None,
                _(
                    "The metric {metric} is for this kind of target: {tasks}. Your target is of "
                    "another kind: {target}.",
                    metric=choice.name,
                    tasks=task_names(tasks),
                    target=describe_target(end, kinds),
                ),
                make_fix(_("Remove {name}", name=choice.name), _without_metric, choice.name),
            )


def _impossible(tasks: set[str], kinds: set[str]) -> bool:
    """Whether targets have another shape than the metric compares.

    Class numbers are one number a row, and answers are one for each class.
    """
    return CLASSES in kinds or ("one_hot" in kinds and tasks == {CLASSES})


def _without_metric(project: Project, name: str) -> Project:
    """The plan without a metric; none left means: chosen from the data."""
    project = change_plan_objects(
        project, "metric", lambda one: one.name == name, lambda _one: None
    )
    if project.training.metrics == ():
        project = edits.set_training(project, metrics=None)
    return project


def _lost_goals(context: Context) -> Iterable[Violation]:
    graph, data = context.graph, context.project.data
    named = [(one, "output") for one in (*context.project.training.outputs, *data.targets)]
    named += [(one, "Input") for one in data.inputs]
    for name, what in dict.fromkeys(named):
        there = graph.inputs if what == "Input" else graph.outputs
        if name in there or not there:
            continue
        if what == "Input":
            message = _(
                "There are settings for the Input '{name}', but the network has only: {names}.",
                name=name, names=format_list(there),
            )  # fmt: skip
        else:
            message = _(
                "There are settings for the output '{name}', but the network has only: {names}.",
                name=name, names=format_list(there),
            )  # fmt: skip
        yield Violation(
            name if name in graph.by_id else None,
            message,
            make_fix(_("Remove these settings"), _forgotten, name, what),
        )


def _forgotten(project: Project, name: str, what: str) -> Project:
    """The project without goals and columns of an end that is none."""

    def kept(table: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in table.items() if key != name}

    if what == "Input":
        return edits.set_data(project, inputs=kept(project.data.inputs))
    project = edits.set_training(project, outputs=kept(project.training.outputs))
    return edits.set_data(project, targets=kept(project.data.targets))


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
        rarest = ngettext(
            "'{name}' has only {count} row.",
            "'{name}' has only {count} rows.",
            min(counts),
            name=name,
        )
    ratio = format_number(facts.imbalance, ".0f")
    said = _("The largest class has {ratio} rows for each row of the smallest.", ratio=ratio)
    effect = _(
        "A network that never predicts the rare class would still score well. Class weights find "
        "more of the rare class, at the price of more errors on the others."
    )
    yield Violation(
        None,
        join_sentences((said, rarest, effect)),
        make_fix(_("Use class weights"), edits.set_training, class_weight="balanced"),
    )


RULES: tuple[Rule, ...] = (
    Rule(
        "dead-end", Severity.ERROR, N_("Branch without a target"),
        _dead_end, needs_facts=True, needs_shapes=True,
    ),
    Rule("lost-goal", Severity.WARNING, N_("Settings for a missing layer"), _lost_goals),
    Rule(
        "metric-target", Severity.ERROR, N_("Metric cannot be computed"),
        lambda context: _metric(context, fatal=True), needs_facts=True, field="metrics",
    ),
    Rule(
        "metric-meaning", Severity.WARNING, N_("Metric does not fit the target"),
        lambda context: _metric(context, fatal=False), needs_facts=True, field="metrics",
    ),
    Rule("rare-class", Severity.WARNING, N_("Imbalanced classes"), _imbalance, needs_facts=True),
)  # fmt: skip
