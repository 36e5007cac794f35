"""Convert ONNX operators to layers: convolution, pooling, normalization, recurrence, embedding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from netbuilder.core.formats.importing.onnx.onnx_graph import BATCH, OPEN, Array, Fill, Operator
from netbuilder.core.formats.importing.onnx.operators import SPACE, Converter
from netbuilder.core.formats.importing.onnx.tensors import Tensor
from netbuilder.core.i18n import gettext as _


class LayerConverter(Converter):
    """Converts the operators that have layers of their own."""

    # --- pictures, sequences and volumes ---

    def _spatial(self, op: Operator) -> tuple[Tensor, int]:
        tensor = self._whole(op)
        sides = len(tensor.shape) - 2
        # A Conv with a single row, as Keras exports sequences, is a Conv of sequences.
        if sides not in SPACE or tensor.shape[0] != BATCH:
            raise self.unknown(op, _("it has {count} axes", count=len(tensor.shape)))
        return self.draft.arranged(tensor, (0, sides + 1, *range(1, sides + 1))), sides

    def _window(self, op: Operator, sides: int, key: str, default: int = 1) -> list[int]:
        return [int(v) for v in op.attributes.get(key, [default] * sides)]

    def _padded(
        self, op: Operator, tensor: Tensor, kernel: list[int], *, zeros: bool = True
    ) -> tuple[Tensor, str]:
        """Return the input, padded if necessary, and the layer's "padding"."""
        sides = len(kernel)
        strides = self._window(op, sides, "strides")
        dilations = self._window(op, sides, "dilations")
        auto = op.attributes.get("auto_pad", "NOTSET")
        if auto in ("SAME_UPPER", "VALID"):
            return tensor, "same" if auto == "SAME_UPPER" else "valid"
        if auto == "SAME_LOWER":
            raise self.unknown(op, "auto_pad SAME_LOWER")
        pads = self._window(op, 2 * sides, "pads", 0)
        before, after = pads[:sides], pads[sides:]
        if not any(pads):
            return tensor, "valid"
        same = all(
            size not in OPEN or stride == 1
            for size, stride in zip(tensor.shape[2:], strides, strict=True)
        )
        for size, width, stride, dilation, left, right in zip(
            tensor.shape[2:], kernel, strides, dilations, before, after, strict=True
        ):
            reach = (width - 1) * dilation + 1
            whole = max((-(-size // stride) - 1) * stride + reach - size, 0)
            if stride == 1:
                whole = reach - 1
            same = same and (left, right) == (whole // 2, whole - whole // 2)
        if same:
            return tensor, "same"
        if not zeros and not self._is_positive(tensor):
            average = op.kind == "AveragePool"
            why = "count_include_pad" if average else _("it pads with very small numbers")
            raise self.unknown(op, why)
        node = self._zeros_around(tensor, before, after)
        shape = list(tensor.shape)
        for i, (left, right) in enumerate(zip(before, after, strict=True)):
            shape[2 + i] += left + right
        return Tensor(node, tuple(shape), tensor.axes), "valid"

    def _zeros_around(self, tensor: Tensor, before: list[int], after: list[int]) -> str:
        pads: Any = [[left, right] for left, right in zip(before, after, strict=True)]
        pads = pads[0] if len(pads) == 1 else pads
        return self.draft.add(f"ZeroPadding{len(before)}D", [tensor.node], {"padding": pads})

    def _is_positive(self, tensor: Tensor) -> bool:
        node = self.draft.nodes[tensor.node]
        return node.params.get("activation") in ("relu", "sigmoid", "softmax") or (
            node.layer == "ReLU"
        )

    def _out(self, op: Operator, tensor: Tensor, kernel: list[int], padding: str) -> list[int]:
        sides = len(kernel)
        sizes = []
        for size, width, stride, dilation in zip(
            tensor.shape[2:],
            kernel,
            self._window(op, sides, "strides"),
            self._window(op, sides, "dilations"),
            strict=True,
        ):
            if size in OPEN and stride == 1 and padding == "same":
                sizes.append(size)
                continue
            reach = (width - 1) * dilation + 1
            sizes.append(-(-size // stride) if padding == "same" else (size - reach) // stride + 1)
        return sizes

    def _as_sequence(self, op: Operator, convert: Callable[[Operator], None]) -> bool:
        """Convert a single-row image operator, as Keras exports sequences, or return False."""
        tensor = self._whole(op)
        rows = [i for i in (2, 3) if len(tensor.shape) == 4 and tensor.axes[i] is None]
        kernel = self.constant(op, 1) if "Conv" in op.kind else None
        if len(rows) != 1 or (kernel is not None and kernel.shape[rows[0]] != 1):
            return False
        row = rows[0]

        def without(values: Sequence[Any]) -> tuple[Any, ...]:
            return tuple(v for i, v in enumerate(values) if i != row)

        ends = {row - 2, row}
        attributes = {
            key: [v for i, v in enumerate(value) if i not in ends]
            if key in ("pads", "strides", "dilations", "kernel_shape", "output_padding")
            else value
            for key, value in op.attributes.items()
        }
        names = [f"{name}#row" if i < 2 else name for i, name in enumerate(op.inputs)]
        self.tensors[names[0]] = replace(
            tensor, shape=without(tensor.shape), axes=without(tensor.axes)
        )
        if kernel is not None:
            self.constants[names[1]] = np.squeeze(kernel, row)
        inner = Operator(op.kind, op.name, names, [f"{op.outputs[0]}#row"], attributes)
        convert(inner)
        result = self.tensors[inner.outputs[0]]
        shape = (*result.shape[:row], 1, *result.shape[row:])
        axes = (*result.axes[:row], None, *result.axes[row:])
        self.give(op, replace(result, shape=shape, axes=axes))
        return True

    def _conv(self, op: Operator) -> None:
        if self._as_sequence(op, self._conv):
            return
        tensor, sides = self._spatial(op)
        kernel = np.asarray(self.constant(op, 1), "float32")
        bias = self.constant(op, 2)
        size = [int(v) for v in kernel.shape[2:]]
        tensor, padding = self._padded(op, tensor, size)
        groups, channels = int(op.attributes.get("group", 1)), tensor.shape[1]
        params: dict[str, Any] = {
            "kernel_size": _compact(size),
            "strides": _compact(self._window(op, sides, "strides")),
            "dilation_rate": _compact(self._window(op, sides, "dilations")),
            "padding": padding,
            "use_bias": bias is not None,
        }
        count = int(kernel.shape[0])
        weights = np.moveaxis(kernel, (0, 1), (-1, -2))  # rows, columns, in, out
        if groups == channels and groups > 1 and sides < 3 and kernel.shape[1] == 1:
            name = f"DepthwiseConv{sides}D"
            params["depth_multiplier"] = count // channels
            weights = weights.reshape(*size, channels, count // channels)
        else:
            name = f"Conv{sides}D"
            params |= {"filters": count, "groups": groups}
        shape = (BATCH, count, *self._out(op, tensor, size, padding))
        self.layer(
            op, name, tensor, params, (weights,) if bias is None else (weights, bias), shape=shape
        )

    def _convtranspose(self, op: Operator) -> None:
        if self._as_sequence(op, self._convtranspose):
            return
        tensor, sides = self._spatial(op)
        kernel = np.asarray(self.constant(op, 1), "float32")
        bias = self.constant(op, 2)
        strides = self._window(op, sides, "strides")
        more = self._window(op, sides, "output_padding", 0)
        pads = self._window(op, 2 * sides, "pads", 0)
        size = [int(v) for v in kernel.shape[2:]]
        odd = op.attributes.get("group", 1) != 1 or any(
            v != 1 for v in self._window(op, sides, "dilations")
        )
        small = any(width < stride for width, stride in zip(size, strides, strict=True))
        if (
            odd
            or small
            or "output_shape" in op.attributes
            or op.attributes.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID")
        ):
            raise self.unknown(op)
        cut = [[pads[i], pads[sides + i] - more[i]] for i in range(sides)]
        if any(right < 0 for _left, right in cut):
            raise self.unknown(op, "output_padding")
        count = int(kernel.shape[1])
        full = [
            (side - 1) * stride + width
            for side, stride, width in zip(tensor.shape[2:], strides, size, strict=True)
        ]
        params = {
            "filters": count,
            "kernel_size": _compact(size),
            "strides": _compact(strides),
            "use_bias": bias is not None,
        }
        weights = np.moveaxis(kernel, (0, 1), (-1, -2))  # rows, columns, out, in
        result = self.layer(
            op,
            f"Conv{sides}DTranspose",
            tensor,
            params,
            (weights,) if bias is None else (weights, bias),
            shape=(BATCH, count, *full),
        )
        if any(map(any, cut)):
            self._cropped(op, result, cut)

    def _cropped(self, op: Operator, tensor: Tensor, cut: list[list[int]]) -> None:
        sizes = [
            side - left - right for side, (left, right) in zip(tensor.shape[2:], cut, strict=True)
        ]
        self.layer(
            op,
            f"Cropping{len(cut)}D",
            tensor,
            {"cropping": cut[0] if len(cut) == 1 else cut},
            shape=(*tensor.shape[:2], *sizes),
        )

    def _pool(self, op: Operator) -> None:
        if self._as_sequence(op, self._pool):
            return
        tensor, sides = self._spatial(op)
        size = self._window(op, sides, "kernel_shape")
        average = op.kind == "AveragePool"
        if any(v != 1 for v in self._window(op, sides, "dilations")) or len(op.outputs) > 1:
            raise self.unknown(op)
        if average and not op.attributes.get("count_include_pad", 0):
            whole = (
                self._padded(op, tensor, size, zeros=False)
                if any(self._window(op, 2 * sides, "pads", 0))
                else (tensor, self._padded(op, tensor, size)[1])
            )
            tensor, padding = whole
        else:
            tensor, padding = self._padded(op, tensor, size, zeros=average)
            if average and padding == "same":  # Keras does not count the padding
                raise self.unknown(op, "count_include_pad")
        shape = (*tensor.shape[:2], *self._out(op, tensor, size, padding))
        if op.attributes.get("ceil_mode", 0):
            strides = self._window(op, sides, "strides")
            more = [
                (side - width) % stride
                for side, width, stride in zip(tensor.shape[2:], size, strides, strict=True)
            ]
            if any(more) and padding != "same":
                raise self.unknown(op, "ceil_mode")
        self.layer(
            op,
            f"{'Average' if average else 'Max'}Pooling{sides}D",
            tensor,
            {
                "pool_size": _compact(size),
                "strides": _compact(self._window(op, sides, "strides")),
                "padding": padding,
            },
            shape=shape,
        )

    _maxpool = _averagepool = _pool

    def _globalpool(self, op: Operator) -> None:
        tensor, sides = self._spatial(op)
        kind = "Max" if "Max" in op.kind else "Average"
        shape = (*tensor.shape[:2], *[1] * sides)
        self.layer(
            op,
            f"Global{kind}Pooling{sides}D",
            tensor,
            {},
            shape=shape,
            axes=(0, 1, *[None] * sides),
        )

    _globalmaxpool = _globalaveragepool = _globalpool

    def _reduce(self, op: Operator) -> None:
        """Convert a mean or maximum over all axes but the batch and one to global pooling."""
        tensor = self._whole(op)
        rank = len(tensor.shape)
        axes = sorted(axis % rank for axis in self.ints(op, "axes", 1) or ())
        rest = [i for i in range(1, rank) if i not in axes]
        if len(rest) != 1 or tensor.shape[0] != BATCH or rank < 3:
            raise self.unknown(op, _("it works along some axes only"))
        places = [0] * rank
        for place, i in enumerate([*axes, rest[0]], 1):
            places[i] = place
        tensor = self.draft.arranged(tensor, places)
        kind = "Max" if "Max" in op.kind else "Average"
        if op.attributes.get("keepdims", 1):
            shape = tuple(1 if i in axes else side for i, side in enumerate(tensor.shape))
            new_axes = tuple(0 if i == 0 else 1 if i == rest[0] else None for i in range(rank))
        else:
            shape, new_axes = (BATCH, tensor.shape[rest[0]]), (0, 1)
        self.layer(op, f"Global{kind}Pooling{len(axes)}D", tensor, {}, shape=shape, axes=new_axes)

    _reducemean = _reducemax = _reduce

    def _resize(self, op: Operator) -> None:
        tensor, sides = self._spatial(op)
        index = 1 if op.kind == "Upsample" else 2
        scales, sizes = self.constant(op, index), None
        if scales is None or not scales.size:
            sizes = self.ints(op, "sizes", 3)
            if sizes is None:
                raise self.unknown(op)
            scales = np.array([new / old for new, old in zip(sizes, tensor.shape, strict=True)])
        factors = [float(v) for v in scales[2:]]
        mode = op.attributes.get("mode", "nearest")
        if any(v != int(v) or v < 1 for v in factors) or mode not in ("nearest", "linear"):
            raise self.unknown(op, _("it upsamples by {factors}", factors=factors))
        params: dict[str, Any] = {"size": _compact([int(v) for v in factors])}
        if mode == "linear":
            if sides != 2:
                raise self.unknown(op, mode)
            params["interpolation"] = "bilinear"
        shape = [int(side * v) for side, v in zip(tensor.shape[2:], factors, strict=True)]
        self.layer(op, f"UpSampling{sides}D", tensor, params, shape=(*tensor.shape[:2], *shape))

    _upsample = _resize

    def _pad(self, op: Operator) -> None:
        tensor, sides = self._spatial(op)
        pads = self.ints(op, "pads", 1) or []
        value = op.attributes.get("value", self.constant(op, 2))
        rank = sides + 2
        zeros = value is None or float(np.ravel(value)[0]) == 0
        if (
            op.attributes.get("mode", "constant") != "constant"
            or not zeros
            or len(pads) != 2 * rank
        ):
            raise self.unknown(op, _("it pads with values other than zero"))
        before, after = pads[:rank], pads[rank:]
        if any((*before[:2], *after[:2])):
            raise self.unknown(op, _("it pads channels"))
        shape = tuple(
            side + left + right
            for side, left, right in zip(tensor.shape, before, after, strict=True)
        )
        node = self._zeros_around(tensor, before[2:], after[2:])
        self.give(op, Tensor(node, shape, tensor.axes))

    # --- normalisation ---

    def _batchnormalization(self, op: Operator) -> None:
        tensor = self._whole(op)
        axis = tensor.axes[1]
        weights = tuple(np.asarray(self.constant(op, i), "float32") for i in range(1, 5))
        if axis is None:
            tensor = self.draft.arranged(tensor)
            axis = 1
        epsilon = float(str(np.float32(op.attributes.get("epsilon", 1e-5))))
        params = {"axis": -1 if axis == tensor.rank - 1 else axis, "epsilon": epsilon}
        self.layer(op, "BatchNormalization", tensor, params, weights)

    def _layernormalization(self, op: Operator) -> None:
        tensor = self._whole(op)
        rank = len(tensor.shape)
        if op.attributes.get("axis", -1) % rank != rank - 1:
            raise self.unknown(op, _("it works along several axes"))
        if tensor.axes[-1] != tensor.rank - 1 or None in tensor.axes:
            tensor = self.draft.arranged(tensor)
        scale, offset = self.constant(op, 1), self.constant(op, 2)
        weights = [np.asarray(v, "float32") for v in (scale, offset) if v is not None]
        epsilon = float(str(np.float32(op.attributes.get("epsilon", 1e-5))))
        self.layer(
            op,
            "LayerNormalization",
            tensor,
            {"epsilon": epsilon, "center": offset is not None},
            tuple(weights),
        )

    def _instancenormalization(self, op: Operator) -> None:
        tensor, _sides = self._spatial(op)
        self._by_groups(op, tensor, tensor.shape[1])

    def _groupnormalization(self, op: Operator) -> None:
        tensor, _sides = self._spatial(op)
        self._by_groups(op, tensor, int(op.attributes["num_groups"]))

    def _by_groups(self, op: Operator, tensor: Tensor, groups: int) -> None:
        scale, offset = (np.asarray(self.constant(op, i), "float32") for i in (1, 2))
        if scale.size != tensor.shape[1]:
            raise self.unknown(op, _("it scales by groups"))
        epsilon = float(str(np.float32(op.attributes.get("epsilon", 1e-5))))
        self.layer(
            op,
            "GroupNormalization",
            tensor,
            {"groups": groups, "epsilon": epsilon},
            (scale, offset),
        )

    # --- sequences ---

    def _gather(self, op: Operator) -> None:
        axis = op.attributes.get("axis", 0)
        table = self.constants.get(op.inputs[0])
        if isinstance(table, np.ndarray) and table.ndim == 2 and axis == 0:
            ids = self._whole(op, 1)
            params = {"input_dim": int(table.shape[0]), "output_dim": int(table.shape[1])}
            ids = self.draft.arranged(ids, self._standing(ids))
            self.layer(
                op,
                "Embedding",
                ids,
                params,
                (table,),
                shape=(*ids.shape, int(table.shape[1])),
                axes=(*ids.axes, len(ids.axes)),
            )
            return
        tensor, index = self.draft.unflattened(self.tensor(op)), self.constant(op, 1)
        if index is None or index.ndim > 1:
            raise self.unknown(op)
        if index.size > 1:
            steps = set(np.diff(index).tolist())
            if len(steps) > 1 or min(steps) < 1 or index[0] < 0:
                raise self.unknown(op, _("it selects a part of each sample"))
            axis %= len(tensor.shape)
            self._part(op, tensor, axis, int(index[0]), int(index[-1]) + 1, int(min(steps)))
            return
        axis, place = axis % len(tensor.shape), int(np.ravel(index)[0])
        side = tensor.shape[axis]
        rest = [i for i in range(len(tensor.shape)) if i != axis or index.ndim]
        shape = tuple(tensor.shape[i] if i != axis else 1 for i in rest)
        axes = tuple(tensor.axes[i] for i in rest)
        if side == 1:
            self.give(op, Tensor(tensor.node, shape, axes, half=tensor.half))
            return
        shared = tensor.axes.count(tensor.axes[axis]) > 1
        if shared and side == 2:  # one direction of a recurrent layer
            self.give(op, Tensor(tensor.node, shape, axes, half=place % 2))
            return
        if self._last_step(op, tensor, axis, place, keep=index.ndim > 0):
            return
        if side in OPEN or index.ndim:
            raise self.unknown(op, _("it selects a part of each sample"))
        place %= side
        self._part(op, tensor, axis, place, place + 1)
        squeeze = Operator("Squeeze", op.name, [op.outputs[0]], op.outputs, {"axes": [axis]})
        self._squeeze(squeeze)

    def _recurrent(self, op: Operator) -> None:
        first = op.attributes.get("layout", 0)
        tensor = self._whole(op)
        order = (0, 1, 2) if first else (1, 0, 2)
        if tensor.axes != order:
            tensor = self.draft.arranged(tensor, order)
        steps = tensor.shape[1 if first else 0]
        direction = op.attributes.get("direction", "forward")
        used = [bool(name) and self.graph.uses(name) > 0 for name in (*op.outputs, "", "")[:3]]
        if sum(used) != 1 or used[2] or (used[0] and direction == "reverse"):
            raise self.unknown(op, _("more than one of its results is used"))
        self._check_start(op)
        directions = 2 if direction == "bidirectional" else 1
        kernel, recurrent = (np.asarray(self.constant(op, i), "float32") for i in (1, 2))
        bias = self.constant(op, 3)
        cells = [
            _cell(op, kernel[i], recurrent[i], None if bias is None else bias[i])
            for i in range(directions)
        ]
        layer, params = self._cell_params(op, directions)
        params |= {
            "units": int(recurrent.shape[-1]),
            "use_bias": bias is not None,
            "return_sequences": used[0],
        }
        weights = tuple(array for cell in cells for array in cell)
        if direction == "reverse":
            params["go_backwards"] = True
        if directions == 2:
            inner = {key: value for key, value in params.items() if value not in (None, False)}
            if bias is None:
                inner["use_bias"] = False
            params, layer = {"layer": {"layer": layer, "params": inner}}, "Bidirectional"
        units = int(recurrent.shape[-1])
        node = self.draft.add(layer, [tensor.node], params, weights, op.name)
        last = 2 if used[0] else 1
        sides = (last if directions == 2 else None, last)
        axes: tuple[int | None, ...] = (0, *sides) if first else (sides[0], 0, sides[1])
        shape: tuple[int, ...] = (directions, BATCH, units)
        if first:
            shape = (BATCH, directions, units)
        if used[0]:
            axes = (0, 1, *sides) if first else (1, *axes)
            shape = (BATCH, steps, directions, units) if first else (steps, *shape)
        self.give(op, Tensor(node, shape, axes), 0 if used[0] else 1)

    _lstm = _gru = _rnn = _recurrent

    def _check_start(self, op: Operator) -> None:
        """Require full sequences and a zero initial state, as the layers have."""
        names = [op.inputs[i] if i < len(op.inputs) else "" for i in range(4, 8)]
        if names[0] or (op.kind == "LSTM" and names[3]) or "clip" in op.attributes:
            raise self.unknown(op, _("it uses sequence lengths, peepholes or clipping"))
        for name in names[1:3]:
            state = self.constants.get(name) if name else Fill(0.0, ())
            zeros = (
                state.value == 0
                if isinstance(state, Fill)
                else state is not None and not state.any()
            )
            if not zeros:
                raise self.unknown(op, _("its initial state is not zero"))

    def _cell_params(self, op: Operator, directions: int) -> tuple[str, dict[str, Any]]:
        listed = [str(v).lower() for v in op.attributes.get("activations", [])]
        listed = [v.removeprefix("b'").rstrip("'") for v in listed]
        each = {"LSTM": ("sigmoid", "tanh", "tanh"), "GRU": ("sigmoid", "tanh"), "RNN": ("tanh",)}
        names = listed[: len(each[op.kind])] or list(each[op.kind])
        odd = set(names) - {"sigmoid", "tanh", "relu"} or (
            directions == 2 and listed and listed[: len(names)] != listed[len(names) :]
        )
        if odd or (op.kind == "LSTM" and names[1] != names[2]):
            raise self.unknown(op, ", ".join(listed))
        if op.kind == "RNN":
            return "SimpleRNN", {} if names[0] == "tanh" else {"activation": names[0]}
        params: dict[str, Any] = {}
        if names[1] != "tanh":
            params["activation"] = names[1]
        if names[0] != "sigmoid":
            params["recurrent_activation"] = names[0]
        if op.kind == "GRU" and not op.attributes.get("linear_before_reset", 0):
            params["reset_after"] = False
        return op.kind, params


def _cell(op: Operator, kernel: Array, recurrent: Array, bias: Array | None) -> list[Array]:
    """Return a cell's weights with gates in Keras's order: i f c o, where ONNX has i o f c."""
    units = recurrent.shape[-1]
    order = (0, 2, 3, 1) if op.kind == "LSTM" else tuple(range(kernel.shape[0] // units))

    def sorted_gates(values: Array) -> Array:
        return np.concatenate([values[i * units : (i + 1) * units] for i in order])

    weights = [sorted_gates(kernel).T, sorted_gates(recurrent).T]
    if bias is not None:
        half = len(bias) // 2
        input_bias, state_bias = sorted_gates(bias[:half]), sorted_gates(bias[half:])
        if op.kind == "GRU" and op.attributes.get("linear_before_reset", 0):
            weights.append(np.stack([input_bias, state_bias]))
        else:
            weights.append(input_bias + state_bias)
    return weights


def _compact(sizes: list[int]) -> Any:
    """Return 3 for [3, 3]."""
    return sizes[0] if len(set(sizes)) == 1 else sizes
