"""What a rule is: a row that names a problem, says why it is one, and finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from netbuilder.core.check.context import Context
from netbuilder.core.check.problems import Fix, Problem, Severity
from netbuilder.core.data.facts import DataFacts
from netbuilder.core.errors import EditError
from netbuilder.core.project.model import Data, Edge, Graph, Node, Project, Training


@dataclass(frozen=True)
class Example:
    """A project that has the problem, and what is known of its data."""

    project: Project
    facts: DataFacts | None = None


@dataclass(frozen=True)
class Rule:
    """One kind of problem.

    ``title``, ``cause`` and ``mend`` are the documentation's text. ``find`` gives the problems
    of a project as ``Found`` values. ``examples`` are projects that have it: the tests and the
    documentation use them. ``structural`` rules need neither facts nor shapes.
    """

    code: str
    severity: Severity
    title: str
    cause: str
    mend: str
    find: Callable[[Context], Iterable[Found]]
    examples: tuple[Callable[[], Example], ...]
    needs_facts: bool = False
    needs_shapes: bool = False

    def problems(self, context: Context) -> list[Problem]:
        """What this rule finds; nothing where what it needs is not known yet."""
        if (self.needs_facts and context.facts is None) or (
            self.needs_shapes and context.shapes is None
        ):
            return []
        return [
            Problem(self.code, self.severity, f.node, f.title or self.title, f.message, f.fix)
            for f in self.find(context)
        ]


@dataclass(frozen=True)
class Found:
    """One place where a rule found its problem."""

    node: str | None
    message: str
    fix: Fix | None = None
    title: str = ""


def fix(label: str, edit: Callable[..., Project], /, *args: Any, **options: Any) -> Fix:
    """A fix that calls ``edit(project, *args, **options)``.

    It leaves a project alone to which it no longer applies: the project may have changed between
    the check and the click.
    """

    def careful(project: Project) -> Project:
        try:
            return edit(project, *args, **options)
        except EditError:
            return project

    return Fix(label, careful)


Layer = tuple[str, str, dict[str, Any]]


@dataclass
class Sketch:
    """Builds example projects in a few words."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    def chain(self, *layers: Layer, start: str | None = None) -> Sketch:
        """Add layers ``(id, layer, params)`` that feed one another; ``start`` feeds the first."""
        before = start
        for node_id, layer, params in layers:
            self.nodes.append(Node(node_id, layer, params))
            if before is not None:
                self.edges.append((before, node_id))
            before = node_id
        return self

    def wire(self, *edges: Edge) -> Sketch:
        """Add wires."""
        self.edges.extend(edges)
        return self

    def project(self, data: Data | None = None, training: Training | None = None) -> Project:
        """The sketch as a project."""
        graph = Graph(nodes=tuple(self.nodes), edges=tuple(self.edges))
        return Project(
            "Example", graph, data or Data("builtin", name="iris"), training or Training()
        )


def chain(*layers: Layer, data: Data | None = None, training: Training | None = None) -> Project:
    """A project whose layers feed one another in a row."""
    return Sketch().chain(*layers).project(data, training)


def names(ids: Sequence[str]) -> str:
    """Ids in quotes, in a row."""
    return ", ".join(f"'{one}'" for one in ids)
