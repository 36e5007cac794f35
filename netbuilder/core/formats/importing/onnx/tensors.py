"""Nodes of a project in the making, and tensors that know where ONNX's axes lie in Keras's."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.formats.importing.onnx.onnx_graph import BATCH, OPEN, Array
from netbuilder.core.project.model import Node


@dataclass(frozen=True)
class Tensor:
    """What a node of the project gives, as ONNX sees it.

    Attributes:
        node: id of the node.
        shape: ONNX's, with ``BATCH`` and other open sizes.
        axes: for each axis of ONNX the one of Keras; None: of size 1, and not there in Keras.
            Two axes of ONNX may share one of Keras: the directions of a recurrent layer and their
            units.
        flat: a picture that ONNX flattens, channels first: Keras need not turn it around where
            the weights behind it can be.
        half: 0 or 1: only that direction of a Bidirectional layer.
        name: ONNX's.
    """

    node: str
    shape: tuple[int, ...]
    axes: tuple[int | None, ...]
    flat: Tensor | None = None
    half: int | None = None
    name: str = ""

    @property
    def rank(self) -> int:
        """How many axes Keras has."""
        return len({one for one in self.axes if one is not None})

    def keras_shape(self) -> list[int]:
        """Sizes in the order of Keras."""
        sizes: dict[int, int] = {}
        for size, axis in zip(self.shape, self.axes, strict=True):
            if axis is not None:
                sizes[axis] = sizes.get(axis, 1) * size
        return [sizes[axis] for axis in sorted(sizes)]


@dataclass
class ProjectDraft:
    """Collects nodes with their weights."""

    nodes: dict[str, Node] = field(default_factory=dict)
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)
    weights: dict[str, list[Array]] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def add(
        self,
        layer: str,
        sources: Sequence[str],
        params: dict[str, Any] | None = None,
        weights: Sequence[Array] = (),
        name: str = "",
    ) -> str:
        """Add a node behind others; give its id.

        Args:
            layer: name of its row.
            sources: ids of what feeds it.
            params: those that are Keras's default may be among them.
            weights: in the order of Keras.
            name: what ONNX calls it; Keras's way of naming where that says nothing.
        """
        base = re.sub(r"\W+", "_", name.strip("/")).strip("_").lower()
        if not re.match("[a-z]", base) or len(base) > 40 or re.match(r"(val|node|n\d|onnx)", base):
            base = re.sub("([a-z])([A-Z])", r"\1_\2", layer).lower()
        node, number = base, 0
        while node in self.taken:
            number += 1
            node = f"{base}_{number}"
        self.taken.add(node)
        kept = {
            key: value
            for key, value in (params or {}).items()
            if LAYERS[layer].by_name[key].required or value != LAYERS[layer].by_name[key].default
        }
        self.nodes[node] = Node(node, layer, kept)
        self.sources[node] = tuple(sources)
        if weights:
            self.weights[node] = [np.asarray(one, "float32") for one in weights]
        return node

    def change(self, node: str, **params: Any) -> None:
        """Set parameters of a node."""
        before = self.nodes[node]
        self.nodes[node] = replace(before, params={**before.params, **params})

    def arranged(self, tensor: Tensor, axes: Sequence[int] | None = None) -> Tensor:
        """The tensor with every axis of ONNX at a place of its own in Keras.

        Args:
            tensor: as it is.
            axes: the place of each axis; None: ONNX's order, the batch first.
        """
        tensor = self.unflattened(tensor)
        wanted = tuple(axes) if axes is not None else _batch_first(tensor)
        if tensor.axes == wanted:
            return tensor
        node, have = tensor.node, tensor.axes
        present = [one for one in have if one is not None]
        if len(set(present)) < len(have):
            # Axes that are not there, or share one: as Keras has them, each split in its order.
            order = sorted(range(len(have)), key=lambda i: (_place(have, i), i))
            order = [i for i in order if i != tensor.shape.index(BATCH)]
            node = self.add("Reshape", [node], {"target_shape": _sizes(tensor, order)})
            places = {axis: number for number, axis in enumerate(order, 1)}
            have = tuple(places.get(i, 0) for i in range(len(have)))
        if have != wanted:
            moved = {want: has or 0 for want, has in zip(wanted, have, strict=True)}
            dims = [moved[number] for number in range(1, len(have))]
            node = self.add("Permute", [node], {"dims": dims})
        return replace(tensor, node=node, axes=wanted)

    def unflattened(self, tensor: Tensor) -> Tensor:
        """The tensor with the Flatten that was put off, in ONNX's order."""
        if tensor.flat is None:
            return tensor
        before = tensor.flat
        if before.rank > 2 or len(before.axes) == 2:
            before = self.arranged(before)
        node = before.node if before.rank == 2 else self.add("Flatten", [before.node])
        return replace(tensor, node=node, flat=None)


def _place(axes: tuple[int | None, ...], index: int) -> float:
    own = axes[index]
    if own is not None:
        return own
    # An axis that is not there stands behind its neighbour on the left.
    left = [one for one in axes[:index] if one is not None]
    return (left[-1] if left else 0) + 0.5


def _batch_first(tensor: Tensor) -> tuple[int, ...]:
    batch = tensor.shape.index(BATCH)
    rest = iter(range(1, len(tensor.shape)))
    return tuple(0 if i == batch else next(rest) for i in range(len(tensor.shape)))


def _sizes(tensor: Tensor, order: Sequence[int]) -> list[int]:
    return [-1 if tensor.shape[i] in OPEN else tensor.shape[i] for i in order]


def size_of(shape: Sequence[int]) -> int:
    """How many numbers a shape holds."""
    return math.prod(shape)
