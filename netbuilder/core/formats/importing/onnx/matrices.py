"""Convert ONNX operators to layers: matrices, scikit-learn's operators, changes of shape."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from netbuilder.core.formats.importing.onnx.onnx_graph import (
    BATCH,
    MAX_BYTES,
    OPEN,
    Array,
    Operator,
)
from netbuilder.core.formats.importing.onnx.operators import Converter
from netbuilder.core.formats.importing.onnx.tensors import Tensor, size_of
from netbuilder.core.i18n import gettext as _

#: Possible numbers of spatial axes.
SPACE = (1, 2, 3)


class ShapeConverter(Converter):
    """Converts matrix products and changes of shape."""

    # --- matrices ---

    def _gemm(self, op: Operator) -> None:
        if op.attributes.get("transA", 0):
            raise self.unknown(op, "transA")
        kernel = np.asarray(self.constant(op, 1), "float32")
        kernel = kernel.T if op.attributes.get("transB", 0) else kernel
        kernel = kernel * np.float32(op.attributes.get("alpha", 1.0))
        bias = self.constant(op, 2)
        if bias is not None:
            bias = np.broadcast_to(np.ravel(bias), kernel.shape[1:]) * op.attributes.get(
                "beta", 1.0
            )
        self._dense(op, self.tensor(op), kernel, bias)

    def _matmul(self, op: Operator) -> None:
        if op.inputs[1] not in self.constants:
            raise self.unknown(op, _("it multiplies two tensors"))
        kernel = np.asarray(self.constant(op, 1), "float32")
        if kernel.ndim != 2:
            raise self.unknown(op, _("its matrix has {count} axes", count=kernel.ndim))
        self._dense(op, self.tensor(op), kernel, None)

    def _dense(self, op: Operator, tensor: Tensor, kernel: Array, bias: Array | None) -> None:
        if tensor.half is not None:
            raise self.unknown(op, _("it uses one direction of a recurrent layer"))
        if tensor.flat is not None:
            tensor, kernel = self._turned(tensor, kernel)
        elif tensor.axes[-1] != tensor.rank - 1 or None in tensor.axes:
            tensor = self.draft.arranged(tensor)
        weights = (kernel,) if bias is None else (kernel, bias)
        params = {"units": int(kernel.shape[1]), "use_bias": bias is not None}
        self.layer(
            op, "Dense", tensor, params, weights, shape=(*tensor.shape[:-1], int(kernel.shape[1]))
        )

    def _turned(self, tensor: Tensor, kernel: Array) -> tuple[Tensor, Array]:
        """Flatten in Keras's order, and permute the kernel's rows to match."""
        image = tensor.flat
        assert image is not None
        places = [axis for axis in image.axes if axis is not None]
        sizes = [side for side, axis in zip(image.shape, image.axes, strict=True) if axis]
        if len(set(places)) != len(places) or any(side in OPEN for side in sizes):
            return self.draft.unflattened(tensor), kernel
        order = np.argsort([axis for axis in places if axis])
        rows = np.arange(math.prod(sizes)).reshape(sizes).transpose(order).ravel()
        node = image.node
        if image.rank > 2:
            node = self.draft.add("Flatten", [node])
        return replace(tensor, node=node, flat=None), kernel[rows]

    def _linearregressor(self, op: Operator) -> None:
        coefficients = np.asarray(op.attributes["coefficients"], "float32")
        count = int(op.attributes.get("targets", 1))
        bias = op.attributes.get("intercepts")
        self._dense(
            op,
            self.tensor(op),
            coefficients.reshape(count, -1).T,
            np.asarray(bias, "float32") if bias is not None and len(bias) else None,
        )

    def _linearclassifier(self, op: Operator) -> None:
        bias = np.asarray(op.attributes["intercepts"], "float32")
        coefficients = np.asarray(op.attributes["coefficients"], "float32").reshape(len(bias), -1)
        ends = {"NONE": "", "LOGISTIC": "sigmoid", "SOFTMAX": "softmax"}
        activation = ends.get(op.attributes.get("post_transform", "NONE"))
        if activation is None or len(op.outputs) < 2:
            raise self.unknown(op)
        tensor = self.tensor(op)
        params = {"units": len(bias), "activation": activation or None}
        node = self.draft.add("Dense", [tensor.node], params, (coefficients.T, bias))
        self.give(op, Tensor(node, (BATCH, len(bias)), (0, 1)), 1)

    def _normalizer(self, op: Operator) -> None:
        """Skip scikit-learn's normalization: the probabilities already sum to 1."""
        if op.attributes.get("norm") != "L1":
            raise self.unknown(op)
        self.replaced.append((op.name, _("the probabilities already add up to 1")))
        self._pass(op)

    def _scaler(self, op: Operator) -> None:
        offset = np.asarray(op.attributes["offset"], "float64")
        scale = np.asarray(op.attributes["scale"], "float64")
        self._affine(op, self._whole(op), scale, -offset * scale)

    # --- shapes ---

    def _transpose(self, op: Operator) -> None:
        tensor = self.draft.unflattened(self.tensor(op))
        perm = op.attributes.get("perm") or list(range(len(tensor.shape)))[::-1]
        shape = tuple(tensor.shape[i] for i in perm)
        self.give(op, replace(tensor, shape=shape, axes=tuple(tensor.axes[i] for i in perm)))

    def _flatten(self, op: Operator) -> None:
        if op.attributes.get("axis", 1) != 1:
            raise self.unknown(op, _("it flattens from another axis than the first"))
        self._reshaped(op, (BATCH, size_of(self.tensor(op).shape[1:])))

    def _reshape(self, op: Operator) -> None:
        tensor, shape = self.tensor(op), self.constant(op, 1)
        if shape is None:
            raise self.unknown(op)
        sizes = [int(side) for side in np.ravel(shape)]
        if not op.attributes.get("allowzero", 0):
            sizes = [tensor.shape[i] if side == 0 else side for i, side in enumerate(sizes)]
        if BATCH not in sizes:
            for place in (0, tensor.shape.index(BATCH)):
                if len(sizes) > place and sizes[place] == self.graph.fixed_batch != 0:
                    sizes[place] = BATCH
                    break
        total = size_of(tensor.shape)
        if -1 in sizes:
            known = -size_of(sizes)
            sizes[sizes.index(-1)] = total // known if known else 0
        if size_of(sizes) != total or BATCH not in sizes:
            raise self.unknown(op, _("it changes the number of samples"))
        self._reshaped(op, tuple(sizes))

    def _reshaped(self, op: Operator, sizes: tuple[int, ...]) -> None:
        tensor = self.tensor(op)
        if tensor.half is not None:
            raise self.unknown(op)
        shape = tensor.shape
        if tensor.flat is None and [s for s in sizes if s != 1] == [s for s in shape if s != 1]:
            self._only_ones(op, tensor, sizes)
            return
        pairs = [
            i
            for i in range(len(shape) - 1)
            if tensor.axes[i] == tensor.axes[i + 1] and tensor.axes[i] is not None
        ]
        if pairs:  # Keras already merges the directions of a recurrent layer with their units
            i = pairs[0]
            merged = (*shape[:i], shape[i] * shape[i + 1], *shape[i + 2 :])
            if sizes == merged:
                axes = (*tensor.axes[:i], *tensor.axes[i + 1 :])
                self.give(op, replace(tensor, shape=sizes, axes=axes))
                return
        if len(sizes) == 2 and sizes[0] == BATCH and tensor.flat is None and not pairs:
            self.give(op, Tensor("", sizes, (0, 1), flat=tensor))
            return
        whole = self.draft.arranged(tensor)
        target = [-1 if side in OPEN else side for side in sizes if side != BATCH]
        if sizes[0] != BATCH or target.count(-1) > 1:
            raise self.unknown(op)
        self.layer(
            op,
            "Reshape",
            whole,
            {"target_shape": target},
            shape=sizes,
            axes=tuple(range(len(sizes))),
        )

    def _only_ones(self, op: Operator, tensor: Tensor, sizes: tuple[int, ...]) -> None:
        """Add or remove axes of size 1; Keras has none of them afterwards."""
        pairs = list(zip(tensor.axes, tensor.shape, strict=True))
        axes = [axis for axis, side in pairs if side != 1]
        unit_axes = [axis for axis, side in pairs if side == 1 and axis is not None]
        node = tensor.node
        if len(unit_axes) <= sizes.count(1):
            free, rest = iter(unit_axes), iter(axes)
            new_axes = tuple(next(free, None) if side == 1 else next(rest) for side in sizes)
            self.give(op, replace(tensor, shape=sizes, axes=new_axes))
            return
        if unit_axes:
            order = sorted(axis for axis in axes if axis)
            sides = tensor.keras_shape()
            target = [-1 if sides[axis] in OPEN else sides[axis] for axis in order]
            node = self.draft.add("Reshape", [node], {"target_shape": target or [1]})
            places = {axis: number for number, axis in enumerate(order, 1)}
            axes = [places.get(axis, 0) if axis else 0 for axis in axes]
        rest = iter(axes)
        new_axes = tuple(None if side == 1 else next(rest) for side in sizes)
        if new_axes == (0, None):  # one number per sample
            new_axes = (0, 1) if unit_axes else new_axes
        self.give(op, replace(tensor, node=node, shape=sizes, axes=new_axes))

    def _squeeze(self, op: Operator) -> None:
        shape = self.tensor(op).shape
        axes = self.ints(op, "axes", 1) or [i for i, side in enumerate(shape) if side == 1]
        gone = {axis % len(shape) for axis in axes}
        self._reshaped(op, tuple(side for i, side in enumerate(shape) if i not in gone))

    def _unsqueeze(self, op: Operator) -> None:
        sizes = list(self.tensor(op).shape)
        axes = self.ints(op, "axes", 1) or []
        rank = len(sizes) + len(axes)
        for axis in sorted(axis % rank for axis in axes):
            sizes.insert(axis, 1)
        self._reshaped(op, tuple(sizes))

    def _concat(self, op: Operator) -> None:
        parts = [self.tensor(op, i) for i in range(len(op.inputs))]
        halves = [part.half for part in parts]
        if halves == [0, 1] and parts[0].node == parts[1].node:
            whole = parts[0]
            shape = (*whole.shape[:-1], whole.shape[-1] * 2)
            self.give(op, replace(whole, shape=shape, half=None))
            return
        parts = [self._whole(op, i) for i in range(len(parts))]
        if len({part.node for part in parts}) < len(parts):
            raise self.unknown(op, _("both inputs are the same tensor"))
        axis = op.attributes["axis"] % len(parts[0].shape)
        axes = self._standing(parts[0])
        parts = [self.draft.arranged(part, axes) for part in parts]
        place = axes[axis]
        side = sum(part.shape[axis] for part in parts)
        last = place == len(axes) - 1
        node = self.draft.add(
            "Concatenate",
            [part.node for part in parts],
            {"axis": -1 if last else place},
            name=op.name,
        )
        shape = (*parts[0].shape[:axis], side, *parts[0].shape[axis + 1 :])
        self.give(op, Tensor(node, shape, axes))

    def _slice(self, op: Operator) -> None:
        tensor = self._whole(op)
        starts, ends = self.ints(op, "starts", 1), self.ints(op, "ends", 2)
        axes = self.ints(op, "axes", 3) or list(range(len(starts or ())))
        steps = self.ints(op, "steps", 4) or [1] * len(axes)
        if starts is None or ends is None or min(steps, default=1) < 1:
            raise self.unknown(op)
        self.give(op, tensor)
        for start, end, place, step in zip(starts, ends, axes, steps, strict=True):
            axis = place % len(tensor.shape)
            side = tensor.shape[axis]
            if side in OPEN and (start, step) == (0, 1) and end >= MAX_BYTES:
                continue
            if side in OPEN:
                raise self.unknown(op, _("it selects a part of each sample"))
            first, last, _step = slice(start, end, step).indices(side)
            tensor = self.tensors[op.outputs[0]]
            if last - first == 1 and self._last_step(op, tensor, axis, first, keep=True):
                continue
            self._part(op, tensor, axis, first, last, step)

    def _split(self, op: Operator) -> None:
        tensor = self._whole(op)
        axis = op.attributes.get("axis", 0) % len(tensor.shape)
        count = len(op.outputs)
        sizes = self.ints(op, "split", 1)
        if sizes is None:
            width = -(-tensor.shape[axis] // count)
            sizes = [min(width, tensor.shape[axis] - i * width) for i in range(count)]
        for i, size in enumerate(sizes):
            if self.graph.uses(op.outputs[i]):
                first = sum(sizes[:i])
                self._part(replace(op, outputs=op.outputs[i:]), tensor, axis, first, first + size)

    def _expand(self, op: Operator) -> None:
        """Pass what later layers repeat by themselves, or repeat along axes of size 1."""
        tensor, target = self._whole(op), self.ints(op, "shape", 1) or []
        fixed = self.graph.fixed_batch
        sizes = [1] * (len(target) - len(tensor.shape)) + list(tensor.shape)
        wanted = [1] * (len(sizes) - len(target)) + target
        repeats = [
            1 if size in (new, BATCH) and new in (size, 1, fixed) else new if size == 1 else 0
            for size, new in zip(sizes, wanted, strict=True)
        ]
        readers = self.graph.readers(op.outputs[0])
        if len(sizes) > len(tensor.shape) or 0 in repeats or OPEN & set(repeats):
            raise self.unknown(op, _("it changes the number of samples"))
        if any(v > 1 for v in repeats) and not all(
            reader.kind in ("Add", "Mul", "Sub", "Max", "Min") and len(reader.inputs) == 2
            for reader in readers
        ):
            tensor = self.draft.arranged(tensor, self._standing(tensor))
            sides = len(sizes) - 2
            by_axis = dict(zip(tensor.axes, repeats, strict=True))
            if sides not in SPACE or by_axis[sides + 1] != 1 or by_axis[0] != 1:
                raise self.unknown(op)
            size: list[int] = [by_axis[axis] for axis in range(1, sides + 1)]
            shape = tuple(a * b for a, b in zip(sizes, repeats, strict=True))
            params = {"size": size[0] if sides == 1 else size}
            self.layer(op, f"UpSampling{sides}D", tensor, params, shape=shape)
            return
        self.give(op, tensor)

    def _part(
        self, op: Operator, tensor: Tensor, axis: int, first: int, last: int, step: int = 1
    ) -> None:
        """Crop one axis, and take each ``step``-th of it: a pooling of windows of one number."""
        if axis == tensor.shape.index(BATCH) or last <= first:
            raise self.unknown(op, _("it selects a part of each sample"))
        cut = [first, tensor.shape[axis] - last]
        size = -(-(last - first) // step)
        shape = tuple(size if i == axis else side for i, side in enumerate(tensor.shape))
        if not any(cut) and step == 1:
            self.give(op, tensor)
            return
        is_row = len(tensor.shape) == 2
        if is_row:
            tensor = self.draft.arranged(tensor)
            node = self.draft.add("Reshape", [tensor.node], {"target_shape": [-1, 1]})
            tensor, sides = replace(tensor, node=node), 1
        else:
            sides = len(tensor.shape) - 2
            if sides not in SPACE:
                raise self.unknown(op, _("it has {count} axes", count=len(tensor.shape)))
            if not 1 <= (tensor.axes[axis] or 0) <= sides:
                rest = [i for i in range(len(shape)) if tensor.shape[i] != BATCH and i != axis]
                places = [0] * len(shape)
                for place, i in enumerate([axis, *rest], 1):
                    places[i] = place
                tensor = self.draft.arranged(tensor, places)
            else:
                tensor = self.draft.arranged(tensor, self._standing(tensor))
        place = 0 if is_row else (tensor.axes[axis] or 0) - 1
        node = tensor.node
        if any(cut):
            cuts = [cut if i == place else [0, 0] for i in range(sides)]
            params: dict[str, Any] = {"cropping": cuts[0] if sides == 1 else cuts}
            node = self.draft.add(f"Cropping{sides}D", [node], params)
        if step > 1:
            strides = [step if i == place else 1 for i in range(sides)]
            params = {"pool_size": 1, "strides": strides[0] if sides == 1 else strides}
            node = self.draft.add(f"MaxPooling{sides}D", [node], params)
        if is_row:
            node = self.draft.add("Flatten", [node])
        self.give(op, Tensor(node, shape, tensor.axes))

    def _last_step(
        self, op: Operator, tensor: Tensor, axis: int, place: int, *, keep: bool
    ) -> bool:
        """Drop a recurrent layer's other steps if only the last is used; return whether so."""
        node, side = self.draft.nodes[tensor.node], tensor.shape[axis]
        is_last = place == -1 or (side not in OPEN and place % side == side - 1)
        names = [name for name, known in self.tensors.items() if known.node == tensor.node]
        if (
            not is_last
            or node.layer not in ("LSTM", "GRU", "SimpleRNN")
            or tensor.axes[axis] != 1
            or any(self.graph.uses(name) > 1 for name in names)
        ):
            return False
        self.draft.change(tensor.node, return_sequences=False)
        rest = [i for i in range(len(tensor.shape)) if keep or i != axis]
        lower = [None if i == axis or v is None else v - (v > 1) for i, v in enumerate(tensor.axes)]
        shape = tuple(1 if i == axis else tensor.shape[i] for i in rest)
        self.give(op, Tensor(tensor.node, shape, tuple(lower[i] for i in rest)))
        return True
