"""Draft of a project, and tensors that map ONNX's axes to Keras's."""

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
    """The output of a project node, as ONNX has it.

    Attributes:
        node: id of the node.
        shape: ONNX's, with ``BATCH`` and other ``OPEN`` sizes.
        axes: Keras's axis for each of ONNX; None for a size of 1 that Keras lacks. The directions
            and
            units of a recurrent layer share one.
        flat: the tensor before a pending Flatten, which may be merged into the next weights.
        half: 0 or 1 for one direction of a Bidirectional layer.
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
        """The number of axes in Keras."""
        return len({axis for axis in self.axes if axis is not None})

    def keras_shape(self) -> list[int]:
        """Return the sizes in Keras's order."""
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
        """Add a node and return its id.

        ``params`` may include defaults, ``weights`` are in Keras's order, and the id follows from
        ONNX's
        ``name`` if that is meaningful.
        """
        base = re.sub(r"\W+", "_", name.strip("/")).strip("_").lower()
        if not re.match("[a-z]", base) or len(base) > 40 or re.match(r"(val|node|n\d|onnx)", base):
            base = re.sub("([a-z])([A-Z])", r"\1_\2", layer).lower()
        node, number = base, 0
        while node in self.taken:
            number += 1
            node = f"{base}_{number}"
        self.taken.add(node)
        changed = {
            key: value
            for key, value in (params or {}).items()
            if LAYERS[layer].by_name[key].required or value != LAYERS[layer].by_name[key].default
        }
        self.nodes[node] = Node(node, layer, changed)
        self.sources[node] = tuple(sources)
        if weights:
            self.weights[node] = [np.asarray(array, "float32") for array in weights]
        return node

    def change(self, node: str, **params: Any) -> None:
        """Set parameters of a node."""
        before = self.nodes[node]
        self.nodes[node] = replace(before, params={**before.params, **params})

    def arranged(self, tensor: Tensor, axes: Sequence[int] | None = None) -> Tensor:
        """Give each ONNX axis its own Keras axis, at ``axes``; None: ONNX's order, batch first."""
        tensor = self.unflattened(tensor)
        target = tuple(axes) if axes is not None else _batch_first(tensor)
        if tensor.axes == target:
            return tensor
        node, have = tensor.node, tensor.axes
        present = [axis for axis in have if axis is not None]
        if len(set(present)) < len(have):
            # Missing or shared axes: reshape in Keras's order first.
            order = sorted(range(len(have)), key=lambda i: (_place(have, i), i))
            order = [i for i in order if i != tensor.shape.index(BATCH)]
            sizes = [-1 if tensor.shape[i] in OPEN else tensor.shape[i] for i in order]
            node = self.add("Reshape", [node], {"target_shape": sizes})
            places = {axis: number for number, axis in enumerate(order, 1)}
            have = tuple(places.get(i, 0) for i in range(len(have)))
        if have != target:
            moved = {want: has or 0 for want, has in zip(target, have, strict=True)}
            dims = [moved[number] for number in range(1, len(have))]
            node = self.add("Permute", [node], {"dims": dims})
        return replace(tensor, node=node, axes=target)

    def unflattened(self, tensor: Tensor) -> Tensor:
        """Apply a pending Flatten, in ONNX's order."""
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
    # A missing axis is placed after its left neighbor.
    left = [axis for axis in axes[:index] if axis is not None]
    return (left[-1] if left else 0) + 0.5


def _batch_first(tensor: Tensor) -> tuple[int, ...]:
    batch = tensor.shape.index(BATCH)
    rest = iter(range(1, len(tensor.shape)))
    return tuple(0 if i == batch else next(rest) for i in range(len(tensor.shape)))


def size_of(shape: Sequence[int]) -> int:
    """Return the number of elements in a shape."""
    return math.prod(shape)
