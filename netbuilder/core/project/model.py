"""What the user made, as values. Nothing here changes; ``edits`` makes new values of old."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Edge = tuple[str, str]
Point = tuple[float, float]
Params = Mapping[str, Any]


@dataclass(frozen=True)
class Node:
    """A layer on the canvas.

    ``id`` is also the Keras layer's name. ``params`` are constructor arguments of the Keras
    class ``layer``; what is absent has Keras's default. ``shared`` is the id of a node whose
    layer, weights included, this node applies again; its own ``params`` are then ignored.
    ``group`` is the id of the group that it lies in. ``extra`` keeps unknown keys of the file.
    """

    id: str
    layer: str
    params: Params = field(default_factory=dict)
    position: Point | None = None
    shared: str | None = None
    group: str | None = None
    extra: Params = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """Nodes that are shown as one when ``collapsed``. The graph's meaning ignores groups."""

    id: str
    name: str
    parent: str | None = None
    collapsed: bool = True
    position: Point | None = None
    extra: Params = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """Nodes and wires. The edges into a node stand in the order of its inputs."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    groups: tuple[Group, ...] = ()
    extra: Params = field(default_factory=dict)

    @cached_property
    def by_id(self) -> Mapping[str, Node]:
        """Nodes by id."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def group_by_id(self) -> Mapping[str, Group]:
        """Groups by id."""
        return {group.id: group for group in self.groups}

    @cached_property
    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """For each node the ids that feed it, in the order of its inputs."""
        found: dict[str, list[str]] = {node.id: [] for node in self.nodes}
        for source, target in self.edges:
            if source in found and target in found:
                found[target].append(source)
        return {key: tuple(value) for key, value in found.items()}

    @cached_property
    def targets(self) -> Mapping[str, tuple[str, ...]]:
        """For each node the ids that it feeds."""
        found: dict[str, list[str]] = {node.id: [] for node in self.nodes}
        for source, target in self.edges:
            if source in found and target in found:
                found[source].append(target)
        return {key: tuple(value) for key, value in found.items()}

    @cached_property
    def dangling(self) -> tuple[Edge, ...]:
        """Edges of which an end does not exist: ``sources`` and ``targets`` pass them over."""
        return tuple(e for e in self.edges if e[0] not in self.by_id or e[1] not in self.by_id)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Ids with every node after what feeds it; nodes in or behind a cycle are left out.

        Kahn, "Topological sorting of large networks", CACM 1962; ties keep the nodes' order.
        """
        waiting = {node.id: len(self.sources[node.id]) for node in self.nodes}
        ready = [node.id for node in self.nodes if waiting[node.id] == 0]
        done: list[str] = []
        for node_id in ready:
            done.append(node_id)
            for target in self.targets[node_id]:
                waiting[target] -= 1
                if waiting[target] == 0:
                    ready.append(target)
        return tuple(done)

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Ids of the ``Input`` nodes, in the nodes' order."""
        return tuple(node.id for node in self.nodes if node.layer == "Input")

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """Ids of nodes, other than ``Input``, that feed nothing but are fed, in order."""
        return tuple(
            node.id
            for node in self.nodes
            if node.layer != "Input" and not self.targets[node.id] and self.sources[node.id]
        )


@dataclass(frozen=True)
class Choice:
    """A named object of Keras with its arguments: a loss, an optimizer, a metric, a callback."""

    name: str
    params: Params = field(default_factory=dict)


#: Roles that one column has, and the option that says it too ("": none).
SINGLE_ROLES = {"weight": "sample_weight", "split": "", "order": "order_by", "group": "group"}
COLUMN_ROLES = ("feature", "target", "ignore", *SINGLE_ROLES)
COLUMN_TYPES = ("number", "category", "boolean", "date", "text")
MISSING_RULES = ("error", "drop", "mean", "median", "most_frequent", "category")
DECIMALS = (".", ",", "either", "threes", "fractions", "feet", "clock", "laps")


@dataclass(frozen=True)
class ColumnChoice:
    """What a person decided of one column of a table; "" is what the program concludes.

    ``role``: one of ``COLUMN_ROLES``; "weight": how much a row counts; "split": names the part
    (train, validation, test) that a row belongs to; "order": rows follow each other by it;
    "group": rows of one value belong together: one series, or one part.
    ``type``: one of ``COLUMN_TYPES``. ``missing``: one of ``MISSING_RULES``. ``decimal``: one of
    ``DECIMALS``, how its numbers are written: with "." a comma groups thousands; "either": both
    marks are decimal points; "threes": a mark before three digits groups; "fractions" and "feet"
    (and inches): with ".", and 3 1/4 or 5'3". ``extra`` keeps unknown keys of the file.
    """

    role: str = ""
    type: str = ""
    missing: str = ""
    decimal: str = ""
    extra: Params = field(default_factory=dict)


@dataclass(frozen=True)
class Data:
    """Where the rows come from and what is done with them.

    ``kind``: "builtin" (``name``), "csv", "images", "text", "series", "arrays"; "" for none yet.
    ``path`` and ``test_path`` are as written in the file (relative ones to the project file).
    ``inputs`` and ``targets`` give columns to named Input and output nodes where there are
    several; empty: all columns that are not a target, ``target``. ``columns`` holds what was
    decided of single columns. ``scaling`` is "auto", "standard", "minmax", "bins" or "none".
    ``options`` holds all other keys (``image_size``, ``color_mode``, ``x``, ``y``,
    ``separator``, ``window``, ... and unknown ones).
    """

    kind: str = ""
    name: str = ""
    path: str = ""
    test_path: str = ""
    target: tuple[str, ...] = ()
    scaling: str = "auto"
    validation_split: float = 0.1
    test_split: float = 0.2
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    options: Params = field(default_factory=dict)
    columns: Mapping[str, ColumnChoice] = field(default_factory=dict)


@dataclass(frozen=True)
class OutputSettings:
    """Loss, metrics and weight of one output where a network has several."""

    loss: Choice | None = None
    metrics: tuple[Choice, ...] | None = None
    loss_weight: float = 1.0


@dataclass(frozen=True)
class Training:
    """How to train. ``loss=None`` and ``metrics=None``: chosen from the data."""

    loss: Choice | None = None
    optimizer: Choice = Choice("Adam")
    metrics: tuple[Choice, ...] | None = None
    epochs: int = 50
    batch_size: int = 32
    seed: int = 1
    shuffle: bool = True
    callbacks: tuple[Choice, ...] = ()
    outputs: Mapping[str, OutputSettings] = field(default_factory=dict)
    class_weight: str = "none"
    precision: str = "float32"
    extra: Params = field(default_factory=dict)


@dataclass(frozen=True)
class Project:
    """Graph, data recipe and training plan: all that the user made."""

    name: str = "Untitled"
    graph: Graph = Graph()
    data: Data = Data()
    training: Training = Training()
    extra: Params = field(default_factory=dict)
