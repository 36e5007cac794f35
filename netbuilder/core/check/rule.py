"""What a rule is: a row that names a problem and finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from netbuilder.core.check.context import Context
from netbuilder.core.check.problems import Fix, Problem, Severity
from netbuilder.core.errors import EditError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.model import Project


@dataclass(frozen=True)
class Rule:
    """One kind of problem.

    ``find`` gives the problems of a project as ``Violation`` values. It finds nothing while facts
    or shapes that it needs are not known. ``field`` and ``beginning`` are those of its problems.
    Why it is a problem, and projects that have it, for the tests and the documentation, are in
    ``scripts/rule_examples``.
    """

    code: str
    severity: Severity
    title: str
    find: Callable[[Context], Iterable[Violation]]
    needs_facts: bool = False
    needs_shapes: bool = False
    field: str = ""
    beginning: bool = False

    def problems(self, context: Context) -> list[Problem]:
        """What this rule finds; nothing where what it needs is not known yet."""
        if (self.needs_facts and context.facts is None) or (
            self.needs_shapes and context.shapes is None
        ):
            return []
        return [
            Problem(
                self.code,
                self.severity,
                found.node,
                found.title or _(self.title),
                found.message,
                found.fix,
                field=self.field,
                beginning=self.beginning or found.beginning,
                others=found.others,
            )
            for found in self.find(context)
        ]


@dataclass(frozen=True)
class Violation:
    """One place where a rule found its problem; ``beginning``: here it is only not yet done."""

    node: str | None
    message: str
    fix: Fix | None = None
    title: str = ""
    others: tuple[Fix, ...] = ()
    beginning: bool = False


def make_fix(label: str, edit: Callable[..., Project], /, *args: Any, **options: Any) -> Fix:
    """A fix that calls ``edit(project, *args, **options)``.

    It leaves a project alone to which it no longer applies: the project may have changed between
    the check and the click.
    """

    def careful(project: Project) -> Project:
        try:
            return edit(project, *args, **options)
        except (EditError, KeyError):  # a node that it names is gone
            return project

    return Fix(label, careful)


def remove_layer(node_id: str) -> Fix:
    """The fix that takes a layer away."""
    return make_fix(_("Remove '{name}'", name=node_id), edits.remove_nodes, [node_id])
