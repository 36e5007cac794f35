"""What a rule's page says, and example projects built in a few words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from netbuilder.core.data.data_facts import BINARY, CLASSES, MULTI_LABEL, DataFacts
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
class RulePage:
    """Why a rule's problem is one, what to do about it, and projects that have it."""

    cause: str
    fix: str
    examples: tuple[Callable[[], Example], ...]
