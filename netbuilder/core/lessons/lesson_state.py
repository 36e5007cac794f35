"""The state that checks look at: all that a student has and did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netbuilder.core.project.model import Graph, Project

if TYPE_CHECKING:
    from netbuilder.core.check.problems import Problem
    from netbuilder.core.check.shapes.shapes import Shapes

Shape = tuple[int | None, ...]

#: Events that a step can wait for. Some have a suffix or a name after a colon: "saved:.h5".
PREDICTED, EVALUATED, SAVED, OPENED = "predicted", "evaluated", "saved", "opened"
#: A page was opened, methods were compared on a data set, an evaluation was grouped by a column,
#: k-means was used.
LOOKED, COMPARED, GROUPED, CLUSTERED = "looked", "compared", "grouped", "clustered"
#: Words were written into a task of word vectors: "words:neighbours hot".
WORDS_WRITTEN = "words"


@dataclass(frozen=True)
class ObservedRun:
    """The last training; ``epochs`` is None if unknown.

    ``history`` has one value per epoch by name ("loss", "val_loss", ...), ``test`` test metrics.
    """

    project: Project
    epochs: int | None
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)
    test: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ObservedProblem:
    """A diagnosed problem: its code, and whether it prevents training."""

    code: str
    blocks: bool


@dataclass(frozen=True)
class LessonState:
    """What a student has, and did since the lesson began.

    ``shapes`` (by node id, batch axis first) and ``problems`` are None while unknown. ``answers``
    are by step number, counted from 1. ``done`` are the steps recorded as done. ``training``: a
    run has begun and not ended; ``run`` is the one before it.
    """

    project: Project
    start: Project = field(default_factory=Project)
    shapes: Mapping[str, Shape | None] | None = None
    parameters: int | None = None
    problems: tuple[ObservedProblem, ...] | None = None
    run: ObservedRun | None = None
    events: frozenset[str] = frozenset()
    answers: Mapping[int, str] = field(default_factory=dict)
    done: frozenset[int] = frozenset()
    training: bool = False


def observed_shapes(shapes: Shapes) -> dict[str, Shape | None]:
    """Return output shapes by node ID."""
    return {
        name: tuple(shape.output) if shape.output is not None else None
        for name, shape in shapes.by_node.items()
    }


def observed_problems(problems: Iterable[Problem]) -> tuple[ObservedProblem, ...]:
    """Return the problems for checks, without those that follow from others."""
    return tuple(
        ObservedProblem(problem.code, problem.blocks)
        for problem in problems
        if problem.follows is None
    )


def same_layers(first: Graph, second: Graph) -> bool:
    """Return whether layers, parameters and connections are equal, whatever their IDs."""

    def plain(graph: Graph) -> object:
        place = {node.id: number for number, node in enumerate(graph.nodes)}
        nodes = [(node.layer, dict(node.params)) for node in graph.nodes]
        edges = {(place.get(a, -1), place.get(b, -1)) for a, b in graph.edges}
        return nodes, edges

    return plain(first) == plain(second)
