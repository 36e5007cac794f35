"""Operators of ONNX as layers: what is calculated number by number, matrices, shapes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from netbuilder.core.errors import FormatError
from netbuilder.core.formats.importing.onnx.onnx_graph import (
    BATCH,
    OPEN,
    Array,
    Fill,
    OnnxGraph,
    Operator,
    fold,
)
from netbuilder.core.formats.importing.onnx.tensors import ProjectDraft, Tensor, size_of
from netbuilder.core.i18n import gettext as _

EPSILON = 1e-3  # of a BatchNormalization that only scales and adds
_ACTIVATIONS = {
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Exp": "exponential",
    "Mish": "mish",
    "HardSwish": "hard_silu",
    "LogSoftmax": "log_softmax",
}
_MERGES = {
    "Add": "Add",
    "Sum": "Add",
    "Sub": "Subtract",
    "Mul": "Multiply",
    "Max": "Maximum",
    "Min": "Minimum",
    "Mean": "Average",
}
_INDEXING = frozenset({"Add", "Mul", "Cast", "Less", "Not", "Where"})


class UnknownOperatorError(FormatError):
    """An operator that no layer stands for."""


class Converter:
    """Goes through a graph; operators of more kinds are in classes built on this one.

    Attributes:
        graph: what is converted.
        draft: the nodes so far.
        replaced: (node of ONNX, what became of it) where that is no layer of its own.
    """

    def __init__(self, graph: OnnxGraph) -> None:
        self.graph = graph
        self.draft = ProjectDraft()
        self.replaced: list[tuple[str, str]] = []
        self.tensors: dict[str, Tensor] = {}
        self.constants: dict[str, Array | Fill] = dict(graph.constants)
        self._skipped: set[int] = set()

    def run(self) -> list[Tensor]:
        """Convert all; give the outputs, each with a node that gives nothing else.

        Raises:
            UnknownOperatorError: names the operator and its node.
        """
        for name, (shape, dtype) in self.graph.inputs.items():
            self._input(name, shape, dtype)
        self._find_patterns()
        for one in self.graph.operators:
            if id(one) in self._skipped or self._constant(one):
                continue
            convert = getattr(self, f"_{one.kind.lower()}", None)
            if convert is None and (one.kind in _ACTIVATIONS or one.kind in _MERGES):
                convert = self._activation if one.kind in _ACTIVATIONS else self._merge
            if convert is None or one.kind in ("input", "constant"):
                raise self.unknown(one)
            convert(one)
        return [self.draft.unflattened(self.tensors[name]) for name in self.graph.outputs]

    def unknown(self, one: Operator, why: str = "") -> UnknownOperatorError:
        """The error for an operator that cannot be converted."""
        return UnknownOperatorError(
            _(
                "The operator {operator} (node '{node}') cannot be converted to a layer{reason}.",
                operator=one.kind,
                node=one.name,
                reason=f": {why}" if why else "",
            ),
            _("Export the network without this operator, or rebuild that part with layers."),
            code="onnx_unknown_operator",
        )

    def _find_patterns(self) -> None:
        """Find what programs write as several operators though one would do: x · Φ(x), written
        with Erf, is Gelu; an index that may be negative is an index."""
        makers = {name: one for one in self.graph.operators for name in one.outputs}
        for one in self.graph.operators:
            if one.kind == "Gather" and one.inputs[0] in self.constants:
                self._skip_index(one, makers)
            elif one.kind == "Erf":
                before = makers.get(one.inputs[0])
                chain = [one] if before is None else [before, one]
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

    def _skip_index(self, one: Operator, makers: dict[str, Operator]) -> None:
        """Let an embedding read its numbers themselves, where all between them only makes negative
        ones count from the end."""
        waiting, roots, between = [one.inputs[1]], set(), []
        while waiting:
            name = waiting.pop()
            maker = makers.get(name)
            if maker is not None and maker.kind in _INDEXING:
                between.append(maker)
                waiting += [n for n in maker.inputs if n not in self.constants]
            elif name not in self.constants:
                roots.add(name)
        if between and len(roots) == 1:
            one.inputs[1] = roots.pop()
            self._skipped |= {id(part) for part in between}

    # --- helpers ---

    def _constant(self, one: Operator) -> bool:
        """Calculate a constant or a shape, if the operator makes one."""
        if one.kind == "Shape":
            shape = self._shape_of(one.inputs[0])
            if shape is not None:
                first, last = one.attributes.get("start", 0), one.attributes.get("end")
                self.constants[one.outputs[0]] = np.array(shape[first:last], "int64")
                return True
        values = [self.constants.get(name) for name in one.inputs]
        if any(v is None and name for v, name in zip(values, one.inputs, strict=True)):
            return False
        found = fold(one, values)
        if found is None:
            return False
        self.constants[one.outputs[0]] = found
        return True

    def _shape_of(self, name: str) -> tuple[int, ...] | None:
        if name in self.tensors:
            return self.tensors[name].shape
        known = self.constants.get(name)
        return None if known is None else tuple(known.shape)

    def tensor(self, one: Operator, index: int = 0) -> Tensor:
        """An input that is no constant."""
        name = one.inputs[index] if index < len(one.inputs) else ""
        if name not in self.tensors:
            raise self.unknown(one, _("it computes with constants only"))
        return self.tensors[name]

    def constant(self, one: Operator, index: int) -> Array | None:
        """An input that is a constant; None where it is not given."""
        name = one.inputs[index] if index < len(one.inputs) else ""
        if not name:
            return None
        found = self.constants.get(name)
        if found is None:
            raise self.unknown(one, _("'{tensor}' is not constant", tensor=name))
        if isinstance(found, Fill):
            if size_of(found.shape) > 10_000:
                raise self.unknown(one, _("'{tensor}' is too large", tensor=name))
            return np.full(found.shape, found.value, "float32")
        return found

    def ints(self, one: Operator, key: str, index: int) -> list[int] | None:
        """An argument that newer ONNX has as an input and older as an attribute."""
        if key in one.attributes:
            return [int(v) for v in np.atleast_1d(one.attributes[key])]
        found = self.constant(one, index)
        return None if found is None else [int(v) for v in np.atleast_1d(found)]

    def give(self, one: Operator, tensor: Tensor, index: int = 0) -> None:
        """Say what an output of an operator is."""
        self.tensors[one.outputs[index]] = replace(tensor, name=one.outputs[index])

    def layer(
        self,
        one: Operator,
        layer: str,
        tensor: Tensor,
        params: dict[str, Any] | None = None,
        weights: tuple[Array, ...] = (),
        *,
        shape: tuple[int, ...] | None = None,
        axes: tuple[int | None, ...] | None = None,
    ) -> Tensor:
        """Add a layer behind a tensor, and give what comes out of it."""
        node = self.draft.add(layer, [tensor.node], params, weights, one.name)
        found = Tensor(node, shape or tensor.shape, axes or tensor.axes)
        self.give(one, found)
        return found

    def _input(self, name: str, shape: tuple[int, ...], dtype: str) -> None:
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
        """Whether a tensor reaches a convolution or a pooling as it is, channels first."""
        waiting, seen = [name], {name}
        while waiting:
            for one in self.graph.readers(waiting.pop()):
                if "Conv" in one.kind or "Pool" in one.kind or "Normalization" in one.kind[5:]:
                    return one.kind != "LayerNormalization"
                if one.kind not in (
                    "Transpose",
                    "Reshape",
                    "Unsqueeze",
                    "MatMul",
                    "Gemm",
                    "Gather",
                    "LSTM",
                    "GRU",
                    "RNN",
                    "Shape",
                    "Flatten",
                ):
                    new = [out for out in one.outputs if out not in seen]
                    seen |= set(new)
                    waiting += new
        return False

    def _only_reader(self, tensor: Tensor) -> bool:
        return self.graph.uses(tensor.name) == 1

    # --- number by number ---

    def _pass(self, one: Operator) -> None:
        self.give(one, self.tensor(one))

    _identity = _dropout = _cast = _pass

    def _activation(self, one: Operator) -> None:
        self._activate(one, self.tensor(one), _ACTIVATIONS[one.kind])

    def _activate(self, one: Operator, tensor: Tensor, activation: str) -> None:
        tensor = self.draft.unflattened(tensor)
        node = self.draft.nodes[tensor.node]
        weighted = node.layer == "Dense" or "Conv" in node.layer
        if weighted and "activation" not in node.params and self._only_reader(tensor):
            self.draft.change(tensor.node, activation=activation)
            self.give(one, tensor)
        else:
            self.layer(one, "Activation", tensor, {"activation": activation})

    def _softmax(self, one: Operator) -> None:
        tensor = self.draft.unflattened(self.tensor(one))
        axis = tensor.axes[one.attributes.get("axis", -1)]
        if axis == tensor.rank - 1:
            self._activate(one, tensor, "softmax")
        else:
            self.layer(one, "Softmax", tensor, {"axis": axis})

    def _logsoftmax(self, one: Operator) -> None:
        tensor = self.draft.unflattened(self.tensor(one))
        if tensor.axes[one.attributes.get("axis", -1)] != tensor.rank - 1:
            raise self.unknown(one, _("it does not work along the last axis"))
        self._activate(one, tensor, "log_softmax")

    def _elu(self, one: Operator) -> None:
        self.layer(one, "ELU", self._whole(one), {"alpha": one.attributes.get("alpha", 1.0)})

    def _selu(self, one: Operator) -> None:
        self._activate(one, self.tensor(one), "selu")

    def _gelu(self, one: Operator) -> None:
        tensor = self._whole(one)
        if one.attributes.get("approximate", "none") != "none":
            raise self.unknown(one, _("Keras has no activation for its tanh approximation"))
        # Keras's own "gelu" is the exact one only as a function; as a name it is the same.
        self._activate(one, tensor, "gelu")

    def _leakyrelu(self, one: Operator) -> None:
        slope = float(one.attributes.get("alpha", 0.01))
        self.layer(one, "LeakyReLU", self._whole(one), {"negative_slope": round(slope, 7)})

    def _prelu(self, one: Operator) -> None:
        tensor = self.draft.arranged(self._whole(one), self._standing(self._whole(one)))
        slope = np.asarray(self.constant(one, 1), "float32")
        full = np.broadcast_to(slope if slope.size > 1 else slope.ravel()[0], tensor.shape[1:])
        order = np.argsort([axis for axis in tensor.axes[1:] if axis is not None])
        alpha, shared = np.transpose(full, order), list[int]()
        for axis in range(alpha.ndim - (1 if slope.size > 1 else 0)):
            alpha, shared = np.take(alpha, [0], axis), [*shared, axis + 1]
        self.layer(one, "PReLU", tensor, {"shared_axes": shared or None}, (alpha,))

    def _hardsigmoid(self, one: Operator) -> None:
        tensor = self._whole(one)
        slope, middle = one.attributes.get("alpha", 0.2), one.attributes.get("beta", 0.5)
        if abs(middle - 0.5) > 1e-6:
            raise self.unknown(one, _("its center is {value}", value=middle))
        if abs(slope - 1 / 6) > 1e-6:
            node = self.draft.add("Rescaling", [tensor.node], {"scale": 6 * float(slope)})
            tensor = replace(tensor, node=node, name="")
        self._activate(one, tensor, "hard_sigmoid")

    def _clip(self, one: Operator) -> None:
        low = one.attributes.get("min", self.constant(one, 1))
        high = one.attributes.get("max", self.constant(one, 2))
        low, high = (None if v is None else float(np.ravel(v)[0]) for v in (low, high))
        if low == 0:
            self.layer(one, "ReLU", self._whole(one), {"max_value": high})
        elif (low, high) == (-1, 1):
            self._activate(one, self.tensor(one), "hard_tanh")
        else:
            raise self.unknown(one, _("it clips at {low} and {high}", low=low, high=high))

    def _neg(self, one: Operator) -> None:
        self.layer(one, "Rescaling", self._whole(one), {"scale": -1.0})

    def _div(self, one: Operator) -> None:
        divisor = self.constant(one, 1)
        if divisor is None:
            raise self.unknown(one)
        self._affine(one, self._whole(one), 1 / np.asarray(divisor, "float64"), np.zeros(1))

    def _merge(self, one: Operator) -> None:
        """Two tensors, or one and a constant: a scaling, a bias or a layer that merges."""
        fixed = [i for i, name in enumerate(one.inputs) if name in self.constants]
        if not fixed:
            self._merge_tensors(one)
            return
        if len(one.inputs) != 2 or one.kind not in ("Add", "Sub", "Mul"):
            raise self.unknown(one, _("it compares with a constant"))
        tensor = self._whole(one, 1 - fixed[0])
        value = np.asarray(self.constant(one, fixed[0]), "float64")
        if one.kind == "Mul":
            self._affine(one, tensor, value, np.zeros(1))
        elif one.kind == "Add":
            self._affine(one, tensor, np.ones(1), value)
        else:
            sign = -1.0 if fixed[0] == 0 else 1.0
            self._affine(one, tensor, np.full(1, sign), -sign * value)

    def _merge_tensors(self, one: Operator) -> None:
        parts = [self._whole(one, i) for i in range(len(one.inputs))]
        gate = self._gated(one, parts) if one.kind == "Mul" and len(parts) == 2 else ""
        if gate:
            self.draft.change(parts[1].node, activation=gate)
            self.give(one, parts[1])
            return
        if len({part.node for part in parts}) < len(parts):
            raise self.unknown(one, _("both inputs are the same tensor"))
        first = max(parts, key=lambda part: (len(part.shape), size_of(part.shape)))
        if len({len(part.shape) for part in parts}) > 1:
            raise self.unknown(one, _("its inputs have different numbers of axes"))
        if any(part.axes != first.axes for part in parts):
            axes = self._standing(first)
            parts = [self.draft.arranged(part, axes) for part in parts]
        node = self.draft.add(_MERGES[one.kind], [part.node for part in parts], {}, name=one.name)
        self.give(one, Tensor(node, first.shape, parts[0].axes))

    def _gated(self, one: Operator, parts: list[Tensor]) -> str:
        """The activation that x · f(x) is, with f(x) put last in ``parts``; "" if it is none."""
        for turn in (parts, parts[::-1]):
            gate = self.draft.nodes[turn[1].node]
            is_gate = gate.layer == "Activation" and self._only_reader(turn[1])
            if is_gate and self.draft.sources[gate.id] == (turn[0].node,):
                parts[:] = turn
                names = {"sigmoid": "silu", "hard_sigmoid": "hard_silu"}
                return names.get(str(gate.params["activation"]), "")
        return ""

    def _affine(self, one: Operator, tensor: Tensor, scale: Array, offset: Array) -> None:
        """x · scale + offset, the same for all or by one axis."""
        axis = self._one_axis(one, tensor, scale, offset)
        node = self.draft.nodes[tensor.node]
        if axis is None and node.params.get("units", node.params.get("filters")) == 1:
            axis = tensor.rank - 1
        if axis is None:
            params = {"scale": _short(scale), "offset": _short(offset)}
            self.layer(one, "Rescaling", tensor, params)
            return
        count = tensor.keras_shape()[axis]
        scale, offset = (np.broadcast_to(np.ravel(v), (count,)) for v in (scale, offset))
        alone = self._only_reader(tensor)
        last = axis == tensor.rank - 1
        held = self.draft.weights.get(node.id, [])
        plain = (node.layer == "Dense" or "Conv" in node.layer) and "activation" not in node.params
        if alone and plain and last and np.all(scale == 1) and node.params.get("use_bias") is False:
            self.draft.weights[node.id] = [*held, np.asarray(offset, "float32")]
            self.draft.change(node.id, use_bias=True)
            self.give(one, tensor)
        elif (
            alone
            and node.layer == "BatchNormalization"
            and node.params.get("axis", -1) == (-1 if last else axis)
        ):
            gamma, beta = held[0] * scale, held[1] * scale + offset
            self.draft.weights[node.id] = [np.asarray(v, "float32") for v in (gamma, beta)] + held[
                2:
            ]
            self.give(one, tensor)
        else:
            weights = (scale, offset, np.zeros(count), np.full(count, 1 - EPSILON))
            self.layer(one, "BatchNormalization", tensor, {"axis": -1 if last else axis}, weights)

    def _one_axis(self, one: Operator, tensor: Tensor, *values: Array) -> int | None:
        """The axis of Keras along which constants differ; None: they do not."""
        found: set[int | None] = set()
        for value in values:
            if value.size == 1:
                continue
            shape = (1,) * (len(tensor.shape) - value.ndim) + value.shape
            wide = [i for i, side in enumerate(shape) if side > 1]
            if len(wide) != 1 or shape[wide[0]] != tensor.shape[wide[0]]:
                raise self.unknown(one, _("its constant has the shape {shape}", shape=value.shape))
            found.add(tensor.axes[wide[0]])
        if len(found) > 1:
            raise self.unknown(one)
        return found.pop() if found else None

    def _whole(self, one: Operator, index: int = 0) -> Tensor:
        """An input that stands as it is: no Flatten is put off, no direction chosen."""
        tensor = self.draft.unflattened(self.tensor(one, index))
        if tensor.half is not None:
            raise self.unknown(one, _("it uses one direction of a recurrent layer"))
        return tensor

    def _standing(self, tensor: Tensor) -> tuple[int, ...]:
        """Where the axes are in Keras, or ONNX's own order where some are not there."""
        axes = [axis for axis in tensor.axes if axis is not None]
        if len(set(axes)) == len(tensor.axes):
            return tuple(axes)
        rest = iter(range(1, len(tensor.axes)))
        return tuple(0 if side == BATCH else next(rest) for side in tensor.shape)


def _short(value: Array) -> float:
    """A number as people write it, where that is the same in 32 bits."""
    number = float(np.ravel(value)[0])
    return float(str(np.float32(number)))
