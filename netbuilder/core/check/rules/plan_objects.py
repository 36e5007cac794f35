"""The named objects of a training plan, wherever they stand, and edits of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from netbuilder.core.catalog.spec import ObjectSpec
from netbuilder.core.catalog.training.training_index import CALLBACKS, LOSSES, METRICS, OPTIMIZERS
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice, OutputSettings, Project, Training

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
