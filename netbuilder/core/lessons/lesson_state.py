"""What checks look at: all that a pupil did, as one frozen value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netbuilder.core.project.model import Graph, Project

Shape = tuple[int | None, ...]

#: Events that a step can wait for. Some have an ending or a name behind a colon: "saved:.h5".
PREDICTED, EVALUATED, SAVED, OPENED, LOOKED = (
    "predicted",
    "evaluated",
    "saved",
    "opened",
    "looked",
)
#: Other methods were compared on a data set, and an evaluation was shown by the values of a column.
COMPARED, GROUPED = "compared", "grouped"


@dataclass(frozen=True)
class ObservedRun:
    """The last training.

    Attributes:
        project: what was trained.
        epochs: epochs that were run; None where that is not known.
        history: a number an epoch by name ("loss", "val_loss", ...).
        test: numbers on the test rows by name.
    """

    project: Project
    epochs: int | None
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)
    test: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ObservedProblem:
    """A problem that guidance found: its code, and whether the project cannot train with it."""

    code: str
    blocks: bool


@dataclass(frozen=True)
class LessonState:
    """What a pupil has, and did since the lesson began.

    ``shapes`` (by node id, batch axis first) and ``problems`` are None where they are not known
    yet. ``answers`` are those to questions by the step's number, counted from 1. ``done`` are
    steps that were ticked before, as the project or the window recorded them.
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


def same_layers(one: Graph, other: Graph) -> bool:
    """Whether two graphs are the same network: layers, parameters and wires, wherever they stand.

    Ids do not matter where the layers stand in the same order.
    """

    def plain(graph: Graph) -> object:
        place = {node.id: number for number, node in enumerate(graph.nodes)}
        nodes = [(node.layer, dict(node.params)) for node in graph.nodes]
        edges = {(place.get(a, -1), place.get(b, -1)) for a, b in graph.edges}
        return nodes, edges

    return plain(one) == plain(other)
