"""Convert ONNX operators to layers: element-wise ones, merges, matrices and changes of shape."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from netbuilder.core.errors import FormatError
from netbuilder.core.folders import resource_json
from netbuilder.core.formats.importing.onnx.onnx_graph import (
    BATCH,
    MAX_BYTES,
    MAX_CONSTANT,
    OPEN,
    Array,
    Fill,
    OnnxGraph,
    Operator,
    fold,
)
from netbuilder.core.formats.importing.onnx.tensors import ProjectDraft, Tensor, size_of
from netbuilder.core.i18n import gettext as _

#: Possible numbers of spatial axes.
SPACE = (1, 2, 3)
EPSILON = 1e-3  # of a BatchNormalization that only scales and shifts
_NAMES = resource_json("keras_names.json")
_ACTIVATIONS: Mapping[str, str] = _NAMES["onnx_activations"]
_MERGES: Mapping[str, str] = _NAMES["onnx_merges"]
_RESHAPING = frozenset(_NAMES["onnx_reshaping"])
_INDEXING = frozenset({"Add", "Mul", "Cast", "Less", "Not", "Where"})


class UnknownOperatorError(FormatError):
    """An operator without an equivalent layer."""


class Converter:
    """Converts a graph to a project; subclasses add operators.

    ``replaced`` lists (ONNX node, explanation) for operators without a layer of their own.
    """

    def __init__(self, graph: OnnxGraph) -> None:
        self.graph = graph
        self.draft = ProjectDraft()
        self.replaced: list[tuple[str, str]] = []
        self.tensors: dict[str, Tensor] = {}
        self.constants: dict[str, Array | Fill] = dict(graph.constants)
        self._skipped: set[int] = set()
        self._filled = 0

    def run(self) -> list[Tensor]:
        """Convert the graph and return its outputs, or raise UnknownOperatorError."""
        for name, (shape, dtype) in self.graph.inputs.items():
            self._input(name, shape, dtype)
        self._find_patterns()
        for op in self.graph.operators:
            try:
                self._convert(op)
            except FormatError:
                raise
            # The file may be damaged, or use the operator in a way that was not foreseen.
            except Exception as error:
                raise self.unknown(op, f"{type(error).__name__}: {error}"[:200]) from error
        return [self.draft.unflattened(self.tensors[name]) for name in self.graph.outputs]

    def _convert(self, op: Operator) -> None:
        if id(op) in self._skipped or self._constant(op):
            return
        convert = getattr(self, f"_{op.kind.lower()}", None)
        if convert is None and (op.kind in _ACTIVATIONS or op.kind in _MERGES):
            convert = self._activation if op.kind in _ACTIVATIONS else self._merge
        if convert is None or op.kind in ("input", "constant", "convert"):
            raise self.unknown(op)
        convert(op)

    def unknown(self, op: Operator, why: str = "") -> UnknownOperatorError:
        """Return the error for an operator that cannot be converted."""
        return UnknownOperatorError(
            _(
                "The operator {operator} (node '{node}') cannot be converted to a layer{reason}.",
                operator=op.kind,
                node=op.name,
                reason=f": {why}" if why else "",
            ),
            _("Export the network without this operator, or rebuild that part with layers."),
            code="onnx_unknown_operator",
        )

    def _find_patterns(self) -> None:
        """Merge operators that form one: x · Φ(x), written with Erf, is Gelu."""
        makers = {name: op for op in self.graph.operators for name in op.outputs}
        for op in self.graph.operators:
            if op.kind == "Gather" and op.inputs[0] in self.constants:
                self._skip_index(op, makers)
            elif op.kind == "Erf":
                before = makers.get(op.inputs[0])
                chain = [op] if before is None else [before, op]
                while (
                    len(chain) < 5 and len(readers := self.graph.readers(chain[-1].outputs[0])) == 1
                ):
                    chain.append(readers[0])
                kinds = [part.kind for part in chain]
                if kinds[1:] != ["Erf", "Add", "Mul", "Mul"] or kinds[0] not in ("Div", "Mul"):
                    continue
                source = next(n for n in chain[0].inputs if n not in self.constants)
                halves = [n for part in chain[3:] for n in part.inputs if n in makers]
                if source in halves or any(source in makers[n].inputs for n in halves):
                    self._skipped |= {id(part) for part in chain[:4]}
                    self._skipped |= {
                        id(makers[n])
                        for n in halves
                        if makers[n].kind == "Mul" and source in makers[n].inputs
                    }
                    last = chain[4]
                    last.kind, last.inputs, last.attributes = "Gelu", [source], {}

    def _skip_index(self, op: Operator, makers: dict[str, Operator]) -> None:
        """Let an embedding read its indices directly if operators only wrap negative ones."""
        waiting, roots, between = [op.inputs[1]], set(), []
        while waiting:
            name = waiting.pop()
            maker = makers.get(name)
            if maker is not None and maker.kind in _INDEXING:
                between.append(maker)
                waiting += [n for n in maker.inputs if n not in self.constants]
            elif name not in self.constants:
                roots.add(name)
        if between and len(roots) == 1:
            op.inputs[1] = roots.pop()
            self._skipped |= {id(part) for part in between}

    # --- helpers ---

    def _constant(self, op: Operator) -> bool:
        """Fold an operator on constants or shapes; return whether that was possible."""
        if op.kind == "Shape":
            shape = self._shape_of(op.inputs[0])
            if shape is not None:
                first, last = op.attributes.get("start", 0), op.attributes.get("end")
                self.constants[op.outputs[0]] = np.array(shape[first:last], "int64")
                return True
        values = [self.constants.get(name) for name in op.inputs]
        if any(v is None and name for v, name in zip(values, op.inputs, strict=True)):
            return False
        value = fold(op, values)
        if value is None:
            return False
        self.constants[op.outputs[0]] = value
        return True

    def _shape_of(self, name: str) -> tuple[int, ...] | None:
        if name in self.tensors:
            return self.tensors[name].shape
        known = self.constants.get(name)
        return None if known is None else tuple(known.shape)

    def tensor(self, op: Operator, index: int = 0) -> Tensor:
        """Return an input that is not constant."""
        name = op.inputs[index] if index < len(op.inputs) else ""
        if name not in self.tensors:
            raise self.unknown(op, _("it computes with constants only"))
        return self.tensors[name]

    def constant(self, op: Operator, index: int) -> Array | None:
        """Return a constant input, or None if absent."""
        name = op.inputs[index] if index < len(op.inputs) else ""
        if not name:
            return None
        value = self.constants.get(name)
        if value is None:
            raise self.unknown(op, _("'{tensor}' is not constant", tensor=name))
        if isinstance(value, Fill):
            self._filled += size_of(value.shape)
            if self._filled > 4 * MAX_CONSTANT:
                raise self.unknown(op, _("'{tensor}' is too large", tensor=name))
            return np.full(value.shape, value.value, "float32")
        return value

    def ints(self, op: Operator, key: str, index: int) -> list[int] | None:
        """Return an argument that may be an attribute or, in newer ONNX, an input."""
        if key in op.attributes:
            return [int(v) for v in np.atleast_1d(op.attributes[key])]
        value = self.constant(op, index)
        return None if value is None else [int(v) for v in np.atleast_1d(value)]

    def give(self, op: Operator, tensor: Tensor, index: int = 0) -> None:
        """Set the tensor of an operator's output."""
        self.tensors[op.outputs[index]] = replace(tensor, name=op.outputs[index])

    def layer(
        self,
        op: Operator,
        layer: str,
        tensor: Tensor,
        params: dict[str, Any] | None = None,
        weights: tuple[Array, ...] = (),
        *,
        shape: tuple[int, ...] | None = None,
        axes: tuple[int | None, ...] | None = None,
    ) -> Tensor:
        """Add a layer after a tensor and return its output."""
        node = self.draft.add(layer, [tensor.node], params, weights, op.name)
        output = Tensor(node, shape or tensor.shape, axes or tensor.axes)
        self.give(op, output)
        return output

    def _input(self, name: str, shape: tuple[int, ...], dtype: str) -> None:
        if BATCH not in shape:
            reader = self.graph.readers(name)[0]
            raise self.unknown(reader, _("it has {count} axes", count=len(shape)))
        rank, batch = len(shape), shape.index(BATCH)
        rest = [i for i in range(rank) if i != batch]
        if rank > 2 and self._is_picture(name):
            rest = [*rest[1:], rest[0]]
            self.replaced.append((name, _("converted from channels first to channels last")))
        axes = [0] * rank
        for place, index in enumerate(rest, 1):
            axes[index] = place
        sizes = [None if shape[i] in OPEN else shape[i] for i in rest]
        params: dict[str, Any] = {"shape": sizes}
        if dtype.startswith(("int", "uint")):
            params["dtype"] = "int32"
        node = self.draft.add("Input", [], params, name=name)
        self.tensors[name] = Tensor(node, shape, tuple(axes), name=name)

    def _is_picture(self, name: str) -> bool:
        """Return whether a tensor reaches a convolution or pooling unchanged."""
        waiting, visited = [name], {name}
        while waiting:
            for op in self.graph.readers(waiting.pop()):
                if "Conv" in op.kind or "Pool" in op.kind or "Normalization" in op.kind[5:]:
                    return op.kind != "LayerNormalization"
                if op.kind not in _RESHAPING:
                    new = [out for out in op.outputs if out not in visited]
                    visited |= set(new)
                    waiting += new
        return False

    def _only_reader(self, tensor: Tensor) -> bool:
        return self.graph.uses(tensor.name) == 1

    # --- number by number ---

    def _pass(self, op: Operator) -> None:
        self.give(op, self.tensor(op))

    _identity = _dropout = _cast = _pass

    def _activation(self, op: Operator) -> None:
        self._activate(op, self.tensor(op), _ACTIVATIONS[op.kind])

    def _activate(self, op: Operator, tensor: Tensor, activation: str) -> None:
        tensor = self.draft.unflattened(tensor)
        node = self.draft.nodes[tensor.node]
        weighted = node.layer == "Dense" or "Conv" in node.layer
        if weighted and "activation" not in node.params and self._only_reader(tensor):
            self.draft.change(tensor.node, activation=activation)
            self.give(op, tensor)
        else:
            self.layer(op, "Activation", tensor, {"activation": activation})

    def _softmax(self, op: Operator) -> None:
        tensor = self.draft.unflattened(self.tensor(op))
        axis = tensor.axes[op.attributes.get("axis", -1)]
        if axis == tensor.rank - 1:
            self._activate(op, tensor, "softmax")
        else:
            self.layer(op, "Softmax", tensor, {"axis": axis})

    def _logsoftmax(self, op: Operator) -> None:
        tensor = self.draft.unflattened(self.tensor(op))
        if tensor.axes[op.attributes.get("axis", -1)] != tensor.rank - 1:
            raise self.unknown(op, _("it does not work along the last axis"))
        self._activate(op, tensor, "log_softmax")

    def _elu(self, op: Operator) -> None:
        self.layer(op, "ELU", self._whole(op), {"alpha": op.attributes.get("alpha", 1.0)})

    def _selu(self, op: Operator) -> None:
        self._activate(op, self.tensor(op), "selu")

    def _gelu(self, op: Operator) -> None:
        tensor = self._whole(op)
        if op.attributes.get("approximate", "none") != "none":
            raise self.unknown(op, _("Keras has no activation for its tanh approximation"))
        # By name, Keras's "gelu" is the exact one.
        self._activate(op, tensor, "gelu")

    def _leakyrelu(self, op: Operator) -> None:
        slope = float(op.attributes.get("alpha", 0.01))
        self.layer(op, "LeakyReLU", self._whole(op), {"negative_slope": round(slope, 7)})

    def _prelu(self, op: Operator) -> None:
        tensor = self.draft.arranged(self._whole(op), self._standing(self._whole(op)))
        slope = np.asarray(self.constant(op, 1), "float32")
        full = np.broadcast_to(slope if slope.size > 1 else slope.ravel()[0], tensor.shape[1:])
        order = np.argsort([axis for axis in tensor.axes[1:] if axis is not None])
        alpha, shared = np.transpose(full, order), list[int]()
        for axis in range(alpha.ndim - (1 if slope.size > 1 else 0)):
            alpha, shared = np.take(alpha, [0], axis), [*shared, axis + 1]
        self.layer(op, "PReLU", tensor, {"shared_axes": shared or None}, (alpha,))

    def _hardsigmoid(self, op: Operator) -> None:
        tensor = self._whole(op)
        slope, middle = op.attributes.get("alpha", 0.2), op.attributes.get("beta", 0.5)
        if abs(middle - 0.5) > 1e-6:
            raise self.unknown(op, _("its center is {value}", value=middle))
        if abs(slope - 1 / 6) > 1e-6:
            node = self.draft.add("Rescaling", [tensor.node], {"scale": 6 * float(slope)})
            tensor = replace(tensor, node=node, name="")
        self._activate(op, tensor, "hard_sigmoid")

    def _clip(self, op: Operator) -> None:
        low = op.attributes.get("min", self.constant(op, 1))
        high = op.attributes.get("max", self.constant(op, 2))
        low, high = (None if v is None else float(np.ravel(v)[0]) for v in (low, high))
        if low == 0:
            self.layer(op, "ReLU", self._whole(op), {"max_value": high})
        elif (low, high) == (-1, 1):
            self._activate(op, self.tensor(op), "hard_tanh")
        else:
            raise self.unknown(op, _("it clips at {low} and {high}", low=low, high=high))

    def _neg(self, op: Operator) -> None:
        self.layer(op, "Rescaling", self._whole(op), {"scale": -1.0})

    def _div(self, op: Operator) -> None:
        divisor = self.constant(op, 1)
        if divisor is None:
            raise self.unknown(op)
        self._affine(op, self._whole(op), 1 / np.asarray(divisor, "float64"), np.zeros(1))

    def _merge(self, op: Operator) -> None:
        fixed = [i for i, name in enumerate(op.inputs) if name in self.constants]
        if not fixed:
            self._merge_tensors(op)
            return
        if len(op.inputs) != 2 or op.kind not in ("Add", "Sub", "Mul"):
            raise self.unknown(op, _("it compares with a constant"))
        tensor = self._whole(op, 1 - fixed[0])
        value = np.asarray(self.constant(op, fixed[0]), "float64")
        if op.kind == "Mul":
            self._affine(op, tensor, value, np.zeros(1))
        elif op.kind == "Add":
            self._affine(op, tensor, np.ones(1), value)
        else:
            sign = -1.0 if fixed[0] == 0 else 1.0
            self._affine(op, tensor, np.full(1, sign), -sign * value)

    def _merge_tensors(self, op: Operator) -> None:
        parts = [self._whole(op, i) for i in range(len(op.inputs))]
        gate = self._gated(op, parts) if op.kind == "Mul" and len(parts) == 2 else ""
        if gate:
            self.draft.change(parts[1].node, activation=gate)
            self.give(op, parts[1])
            return
        if len({part.node for part in parts}) < len(parts):
            raise self.unknown(op, _("both inputs are the same tensor"))
        first = max(parts, key=lambda part: (len(part.shape), size_of(part.shape)))
        if len({len(part.shape) for part in parts}) > 1:
            raise self.unknown(op, _("its inputs have different numbers of axes"))
        if any(part.axes != first.axes for part in parts):
            axes = self._standing(first)
            parts = [self.draft.arranged(part, axes) for part in parts]
        node = self.draft.add(_MERGES[op.kind], [part.node for part in parts], {}, name=op.name)
        self.give(op, Tensor(node, first.shape, parts[0].axes))

    def _gated(self, op: Operator, parts: list[Tensor]) -> str:
        """Return the activation if the product is x · f(x), moving f(x) to the end; else ""."""
        for turn in (parts, parts[::-1]):
            gate = self.draft.nodes[turn[1].node]
            is_gate = gate.layer == "Activation" and self._only_reader(turn[1])
            if is_gate and self.draft.sources[gate.id] == (turn[0].node,):
                parts[:] = turn
                names = {"sigmoid": "silu", "hard_sigmoid": "hard_silu"}
                return names.get(str(gate.params["activation"]), "")
        return ""

    def _affine(self, op: Operator, tensor: Tensor, scale: Array, offset: Array) -> None:
        """Compute x · scale + offset, uniformly or per index of one axis."""
        axis = self._one_axis(op, tensor, scale, offset)
        node = self.draft.nodes[tensor.node]
        if axis is None and node.params.get("units", node.params.get("filters")) == 1:
            axis = tensor.rank - 1
        if axis is None:
            params = {"scale": _short(scale), "offset": _short(offset)}
            self.layer(op, "Rescaling", tensor, params)
            return
        count = tensor.keras_shape()[axis]
        scale, offset = (np.broadcast_to(np.ravel(v), (count,)) for v in (scale, offset))
        alone = self._only_reader(tensor)
        last = axis == tensor.rank - 1
        arrays = self.draft.weights.get(node.id, [])
        plain = (node.layer == "Dense" or "Conv" in node.layer) and "activation" not in node.params
        if alone and plain and last and np.all(scale == 1) and node.params.get("use_bias") is False:
            self.draft.weights[node.id] = [*arrays, np.asarray(offset, "float32")]
            self.draft.change(node.id, use_bias=True)
            self.give(op, tensor)
        elif (
            alone
            and node.layer == "BatchNormalization"
            and node.params.get("axis", -1) == (-1 if last else axis)
        ):
            gamma, beta = arrays[0] * scale, arrays[1] * scale + offset
            weights = [np.asarray(v, "float32") for v in (gamma, beta)]
            self.draft.weights[node.id] = weights + arrays[2:]
            self.give(op, tensor)
        else:
            parts = (scale, offset, np.zeros(count), np.full(count, 1 - EPSILON))
            self.layer(op, "BatchNormalization", tensor, {"axis": -1 if last else axis}, parts)

    def _one_axis(self, op: Operator, tensor: Tensor, *values: Array) -> int | None:
        """Return Keras's axis along which constants vary, or None."""
        varying: set[int | None] = set()
        for value in values:
            if value.size == 1:
                continue
            shape = (1,) * (len(tensor.shape) - value.ndim) + value.shape
            wide = [i for i, side in enumerate(shape) if side > 1]
            if len(wide) != 1 or shape[wide[0]] != tensor.shape[wide[0]]:
                raise self.unknown(op, _("its constant has the shape {shape}", shape=value.shape))
            varying.add(tensor.axes[wide[0]])
        if len(varying) > 1:
            raise self.unknown(op)
        return varying.pop() if varying else None

    def _whole(self, op: Operator, index: int = 0) -> Tensor:
        """Return an input without a pending Flatten; it must not be one direction only."""
        tensor = self.draft.unflattened(self.tensor(op, index))
        if tensor.half is not None:
            raise self.unknown(op, _("it uses one direction of a recurrent layer"))
        return tensor

    def _standing(self, tensor: Tensor) -> tuple[int, ...]:
        """Return the axes in Keras, or in ONNX's order if some are missing."""
        axes = [axis for axis in tensor.axes if axis is not None]
        if len(set(axes)) == len(tensor.axes):
            return tuple(axes)
        rest = iter(range(1, len(tensor.axes)))
        return tuple(0 if side == BATCH else next(rest) for side in tensor.shape)

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
        target_sizes = [1] * (len(sizes) - len(target)) + target
        repeats = [
            1 if size in (new, BATCH) and new in (size, 1, fixed) else new if size == 1 else 0
            for size, new in zip(sizes, target_sizes, strict=True)
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


def _short(value: Array) -> float:
    """Return the shortest decimal with the same 32-bit value."""
    number = float(np.ravel(value)[0])
    return float(str(np.float32(number)))
