"""The project as immutable values; ``edits`` derives new ones."""

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

    ``id`` is also the Keras layer's name. ``params`` are constructor arguments of the Keras class
    ``layer``. ``shared`` is the id of a node whose layer and weights this node uses; its own
    ``params`` are then ignored. ``group`` is the id of its group. ``extra`` keeps unknown keys.
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
    """Nodes that are shown as one when ``collapsed``; without effect on the network."""

    id: str
    name: str
    parent: str | None = None
    collapsed: bool = True
    position: Point | None = None
    extra: Params = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """Nodes and connections; the edges into a node are in the order of its inputs."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    groups: tuple[Group, ...] = ()
    extra: Params = field(default_factory=dict)

    @cached_property
    def by_id(self) -> Mapping[str, Node]:
        """Nodes by ID."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def group_by_id(self) -> Mapping[str, Group]:
        """Groups by ID."""
        return {group.id: group for group in self.groups}

    @cached_property
    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """The IDs that feed each node, in the order of its inputs."""
        by_target: dict[str, list[str]] = {node.id: [] for node in self.nodes}
        for source, target in self.edges:
            if source in by_target and target in by_target:
                by_target[target].append(source)
        return {key: tuple(value) for key, value in by_target.items()}

    @cached_property
    def targets(self) -> Mapping[str, tuple[str, ...]]:
        """The IDs that each node feeds."""
        by_source: dict[str, list[str]] = {node.id: [] for node in self.nodes}
        for source, target in self.edges:
            if source in by_source and target in by_source:
                by_source[source].append(target)
        return {key: tuple(value) for key, value in by_source.items()}

    @cached_property
    def dangling(self) -> tuple[Edge, ...]:
        """Edges with a missing end, which ``sources`` and ``targets`` ignore."""
        return tuple(e for e in self.edges if e[0] not in self.by_id or e[1] not in self.by_id)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """IDs in topological order (Kahn, CACM 1962), without nodes in or after a cycle."""
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
        """IDs of the ``Input`` nodes, in the nodes' order."""
        return tuple(node.id for node in self.nodes if node.layer == "Input")

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """IDs of nodes with sources but without targets, except ``Input``, in order."""
        return tuple(
            node.id
            for node in self.nodes
            if node.layer != "Input" and not self.targets[node.id] and self.sources[node.id]
        )


@dataclass(frozen=True)
class Choice:
    """A named Keras object with its arguments: a loss, an optimizer, a metric, a callback."""

    name: str
    params: Params = field(default_factory=dict)


#: Roles of a single column, and the equivalent option ("": none).
SINGLE_ROLES = {"weight": "sample_weight", "split": "", "order": "order_by", "group": "group"}
COLUMN_ROLES = ("feature", "target", "ignore", *SINGLE_ROLES)
COLUMN_TYPES = ("number", "category", "boolean", "date", "text")
MISSING_RULES = ("error", "drop", "mean", "median", "most_frequent", "category")
DECIMALS = (".", ",", "either", "threes", "fractions", "feet", "clock", "laps")


@dataclass(frozen=True)
class ColumnChoice:
    """The user's decisions about a table column; "" is automatic.

    ``role``: one of ``COLUMN_ROLES``; "weight": sample weight; "split": names the part (train,
    validation, test) of a row; "order": sorts the rows; "group": rows of one value stay together.
    ``decimal``: one of ``DECIMALS``: with "." a comma groups thousands; "either": both are decimal
    points; "threes": a mark before three digits groups; "fractions" and "feet" (and inches): with
    ".", and 3 1/4 or 5'3". ``extra`` keeps unknown keys of the file.
    """

    role: str = ""
    type: str = ""
    missing: str = ""
    decimal: str = ""
    extra: Params = field(default_factory=dict)


@dataclass(frozen=True)
class Data:
    """Where the rows come from and how they are prepared.

    ``kind``: "builtin" (``name``), "csv", "images", "text", "series", "arrays"; "" for none yet.
    ``path`` and ``test_path`` are relative to the project file. ``inputs`` and ``targets`` are
    columns of Input and output nodes if there are several; empty: all features, ``target``.
    ``scaling`` is "auto", "standard", "minmax", "bins" or "none". ``options`` has all other keys
    ("image_size", "separator", "window", ... and unknown ones).
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
    """Loss, metrics and weight of one of several outputs."""

    loss: Choice | None = None
    metrics: tuple[Choice, ...] | None = None
    loss_weight: float = 1.0


@dataclass(frozen=True)
class Training:
    """Training settings; ``loss`` and ``metrics`` of None are automatic."""

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
    """Graph, data recipe and training settings."""

    name: str = "Untitled"
    graph: Graph = Graph()
    data: Data = Data()
    training: Training = Training()
    extra: Params = field(default_factory=dict)
