"""Rules: rows that name a problem and find it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from netbuilder.core.check.context import Context
from netbuilder.core.check.problems import Fix, Problem, Severity
from netbuilder.core.errors import EditError
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.model import Project

#: Functions that yield the violations of a rule, by its code.
Finders: TypeAlias = "dict[str, Callable[[Context], Iterable[Violation]]]"


@dataclass(frozen=True)
class Rule:
    """One kind of problem.

    ``find`` yields its ``Violation`` values; ``needs_facts`` and ``needs_shapes`` skip it while
    these are unknown. Examples for tests and documentation are in ``scripts/rule_examples``.
    """

    code: str
    find: Callable[[Context], Iterable[Violation]]
    severity: Severity
    title: str
    needs_facts: bool = False
    needs_shapes: bool = False
    field: str = ""
    beginning: bool = False

    def problems(self, context: Context) -> list[Problem]:
        """Return the problems of this kind; none while what it needs is unknown."""
        if (self.needs_facts and context.facts is None) or (
            self.needs_shapes and context.shapes is None
        ):
            return []
        return [
            Problem(
                self.code,
                self.severity,
                violation.node,
                violation.title or _(self.title),
                violation.message,
                violation.fix,
                field=self.field,
                beginning=self.beginning or violation.beginning,
                others=violation.others,
            )
            for violation in self.find(context)
        ]


@dataclass(frozen=True)
class Violation:
    """A place with the problem of a rule; ``beginning``: it is only not done yet."""

    node: str | None
    message: str
    fix: Fix | None = None
    title: str = ""
    others: tuple[Fix, ...] = ()
    beginning: bool = False


def make_rules(finders: Finders) -> tuple[Rule, ...]:
    """Return rules by code, with the other fields from ``resources/tables.json``."""
    rows = resource_json("tables.json")["rules"]
    return tuple(
        Rule(code, find, **rows[code] | {"severity": Severity(rows[code]["severity"])})
        for code, find in finders.items()
    )


def make_fix(label: str, edit: Callable[..., Project], /, *args: Any, **options: Any) -> Fix:
    """Return a fix that calls ``edit(project, *args, **options)``, or does nothing if outdated."""

    def apply(project: Project) -> Project:
        try:
            return edit(project, *args, **options)
        except (EditError, KeyError):  # the node was removed since the check
            return project

    return Fix(label, apply)


def remove_layer(node_id: str) -> Fix:
    """Return a fix that removes a layer."""
    return make_fix(_("Remove '{name}'", name=node_id), edits.remove_nodes, [node_id])
