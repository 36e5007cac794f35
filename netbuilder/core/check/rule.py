"""What a rule is: a row that names a problem, says why it is one, and finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from netbuilder.core.check.context import Context
from netbuilder.core.check.problems import Fix, Problem, Severity
from netbuilder.core.data.data_facts import BINARY, CLASSES, MULTI_LABEL, DataFacts
from netbuilder.core.errors import EditError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Choice, Data, Edge, Graph, Node, Project, Training


@dataclass(frozen=True)
class Example:
    """A project that has the problem, and what is known of its data."""

    project: Project
    facts: DataFacts | None = None


Layer = tuple[str, str, dict[str, Any]] | tuple[str, str, dict[str, Any], str]


@dataclass
class ExampleBuilder:
    """Builds example projects in a few words."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    def chain(self, *layers: Layer, start: str | None = None) -> ExampleBuilder:
        """Add layers that feed one another; ``start`` feeds the first.

        A layer is ``(id, layer, params)``, and a fourth entry the node whose layer it shares.
        """
        before = start
        for node_id, layer, params, *shared in layers:
            self.nodes.append(Node(node_id, layer, params, shared=shared[0] if shared else None))
            if before is not None:
                self.edges.append((before, node_id))
            before = node_id
        return self

    def wire(self, *edges: Edge) -> ExampleBuilder:
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
    return ExampleBuilder().chain(*layers).project(data, training)


_ENDS = ("out", "dropout", "softmax", "dense", "lstm", "conv2d", "lost")


def facts_for(task: str, units: int, shape: tuple[int, ...] = (4,), **more: object) -> DataFacts:
    """Facts of a small data set, for examples."""
    classes = tuple(f"class {n}" for n in range(units)) if task in {CLASSES, MULTI_LABEL} else ()
    if task == BINARY:
        classes = ("no", "yes")
    given = {
        "rows": 120, "task": task, "tasks": {}, "input_shapes": {"input": shape},
        "input_dtypes": {"input": "float32"}, "classes": classes,
        "output_units": dict.fromkeys(_ENDS, units),
        "units_scaled": True, "value_range": (0.0, 8.0), **more,
    }  # fmt: skip
    return DataFacts(**given)  # type: ignore[arg-type]


def ending(
    units: int, activation: str | None, facts: DataFacts | None, loss: Choice | None = None
) -> Example:
    """A small network that ends in a Dense."""
    return Example(
        chain(
            ("input", "Input", {}), ("dense", "Dense", {"units": 8, "activation": "relu"}),
            ("out", "Dense", {"units": units, "activation": activation or "linear"}),
            training=Training(loss=loss),
        ),
        facts,
    )  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One kind of problem.

    ``title``, ``cause`` and ``fix`` are the documentation's text. ``find`` gives the problems
    of a project as ``Violation`` values. ``examples`` are projects that have it: the tests and the
    documentation use them. It finds nothing while facts or shapes that it needs are not
    known. ``field`` and ``beginning`` are those of its problems.
    """

    code: str
    severity: Severity
    title: str
    cause: str
    fix: str
    find: Callable[[Context], Iterable[Violation]]
    examples: tuple[Callable[[], Example], ...]
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
