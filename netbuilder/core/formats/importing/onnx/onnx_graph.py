"""Read an ONNX file as a pruned graph with folded constants."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.error_texts import format_error
from netbuilder.core.errors import FormatError
from netbuilder.core.files.regular_file import require_regular_file
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    from collections.abc import Callable

    import onnx

Array = NDArray[Any]
# Protobuf's limit.
MAX_BYTES = 2**31
MAX_NODES = 20_000
# Maximum numbers in a folded constant.
MAX_CONSTANT = 2**22
_SMALL = 4096
# Placeholders for the batch size and other open sizes while shapes are computed: primes that are
# unlikely to be real sizes.
BATCH = 999_983
_OPEN = (999_979, 999_961, 999_959, 999_953, 999_931, 999_917)
OPEN = frozenset((BATCH, *_OPEN))


@dataclass(frozen=True)
class Fill:
    """A constant filled with one number."""

    value: float
    shape: tuple[int, ...]


@dataclass(eq=False)
class Operator:
    """A node of the file."""

    kind: str
    name: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any]


@dataclass
class OnnxGraph:
    """The relevant part of a file.

    ``inputs`` maps names to shapes with ``OPEN`` sizes and NumPy dtypes; ``left_out`` are outputs
    that are not predictions, such as class labels; ``fixed_batch`` is the required batch size, or
    0;
    ``proto`` is the model with the remaining outputs.
    """

    inputs: dict[str, tuple[tuple[int, ...], str]]
    outputs: list[str]
    operators: list[Operator]
    constants: dict[str, Array | Fill]
    left_out: list[str] = field(default_factory=list)
    fixed_batch: int = 0
    proto: Any = None

    def uses(self, name: str) -> int:
        """Count the readers of a tensor's values, outputs included."""
        read = sum(op.inputs.count(name) for op in self.operators if op.kind != "Shape")
        return read + (name in self.outputs)

    def readers(self, name: str) -> list[Operator]:
        """Return the operators that read a tensor."""
        return [op for op in self.operators if name in op.inputs]


def read_graph(path: Path) -> OnnxGraph:
    """Read an ONNX file without running it; raise FormatError if too large or damaged."""
    import onnx

    _check_size(path)
    try:
        proto = onnx.load_model(str(path), load_external_data=False)
        graph = proto.graph
        constants: dict[str, Array | Fill] = {}
        for tensor in graph.initializer:
            constants[tensor.name] = _array(tensor, path)
    except FormatError:
        raise
    # Any error of the reader is about this file.
    except Exception as error:
        raise damaged(path, str(error)) from error
    if len(graph.node) > MAX_NODES or not graph.node:
        raise damaged(path, _("it has {count} nodes", count=len(graph.node)))
    operators = [_operator(node, path) for node in graph.node]
    outputs, left_out = _outputs(graph, operators)
    if not outputs:
        raise format_error("onnx_without_outputs", path)
    operators = _leading_to(outputs, operators)
    loaded = OnnxGraph({}, outputs, operators, constants, left_out)
    sizes: dict[str, int] = {}
    for value in graph.input:
        if value.name not in constants and loaded.uses(value.name):
            loaded.inputs[value.name] = _input(value, sizes, loaded)
    loaded.proto = _pruned(proto, loaded)
    return loaded


def damaged(path: Path, detail: str) -> FormatError:
    """Return the error for an invalid file."""
    return format_error(
        "onnx_damaged", path, detail=detail.splitlines()[0][:200] if detail else "–"
    )


def _check_size(path: Path) -> None:
    import psutil

    require_regular_file(path)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise format_error("onnx_not_there", path, file=path) from error
    # Its weights are in memory as a file, as arrays and in two networks.
    limit = min(MAX_BYTES, int(psutil.virtual_memory().available) // 4)
    if size > limit:
        raise format_error(
            "onnx_too_large",
            path,
            size=format_number(size / 2**20, ",.0f"),
            limit=format_number(limit / 2**20, ",.0f"),
        )


def _array(tensor: onnx.TensorProto, path: Path) -> Array:
    from onnx import TensorProto, numpy_helper

    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        raise format_error("onnx_external_data", path)
    return np.asarray(numpy_helper.to_array(tensor))


def _operator(node: onnx.NodeProto, path: Path) -> Operator:
    from onnx import AttributeProto, helper

    attributes: dict[str, Any] = {}
    for attribute in node.attribute:
        if attribute.type == AttributeProto.TENSOR:
            attributes[attribute.name] = _array(attribute.t, path)
        elif attribute.type not in (AttributeProto.GRAPH, AttributeProto.GRAPHS):
            value = helper.get_attribute_value(attribute)
            attributes[attribute.name] = (
                value.decode("utf-8", "replace") if isinstance(value, bytes) else value
            )
    return Operator(
        node.op_type, node.name or node.output[0], list(node.input), list(node.output), attributes
    )


def _outputs(graph: onnx.GraphProto, operators: list[Operator]) -> tuple[list[str], list[str]]:
    from onnx import TensorProto

    makers = {name: op for op in operators for name in op.outputs}
    outputs, left_out = [], []
    for value in graph.output:
        maker = makers.get(value.name)
        floats = value.type.tensor_type.elem_type in (
            TensorProto.FLOAT,
            TensorProto.DOUBLE,
            TensorProto.FLOAT16,
        )
        if maker is not None and maker.kind == "ZipMap":
            outputs.append(maker.inputs[0])
        elif floats and maker is not None:
            outputs.append(value.name)
        else:
            left_out.append(value.name)
    return list(dict.fromkeys(outputs)), left_out


def _leading_to(outputs: list[str], operators: list[Operator]) -> list[Operator]:
    needed = set(outputs)
    leading = []
    for op in reversed(operators):
        if needed & set(op.outputs):
            needed |= set(op.inputs)
            leading.append(op)
    return leading[::-1]


def _input(value: Any, sizes: dict[str, int], graph: OnnxGraph) -> tuple[tuple[int, ...], str]:
    from onnx import helper

    kind = value.type.tensor_type
    shape = []
    recurrent = {op.kind for op in graph.readers(value.name)} <= {"LSTM", "GRU", "RNN"}
    for place, side in enumerate(kind.shape.dim):
        if place == (1 if recurrent and len(kind.shape.dim) == 3 else 0):
            graph.fixed_batch = max(graph.fixed_batch, side.dim_value)
            shape.append(BATCH)
        elif side.dim_value > 0:
            shape.append(int(side.dim_value))
        else:
            name = side.dim_param or f"{value.name}.{place}"
            shape.append(sizes.setdefault(name, _OPEN[min(len(sizes), len(_OPEN) - 1)]))
    return tuple(shape), str(helper.tensor_dtype_to_np_dtype(kind.elem_type))


def _pruned(proto: onnx.ModelProto, graph: OnnxGraph) -> Any:
    """Return the model with the outputs to compare, which may be inner tensors."""
    import onnx

    smaller = onnx.ModelProto()
    smaller.CopyFrom(proto)
    known = {value.name: value for value in (*proto.graph.output, *proto.graph.value_info)}
    del smaller.graph.output[:]
    for name in graph.outputs:
        value = known.get(name)
        kind = value.type.tensor_type.elem_type if value is not None else onnx.TensorProto.FLOAT
        smaller.graph.output.append(onnx.helper.make_tensor_value_info(name, kind, None))
    tensors = {name for op in graph.operators for name in op.outputs}
    nodes = [node for node in proto.graph.node if set(node.output) & tensors]
    del smaller.graph.node[:]
    smaller.graph.node.extend(nodes)
    return smaller


# --- constant folding, mostly of shapes ---


def _sliced(op: Operator, values: list[Any]) -> Any:
    data, starts, ends = values[0], *(np.atleast_1d(v) for v in values[1:3])
    axes = (
        np.atleast_1d(values[3])
        if len(values) > 3 and values[3] is not None
        else range(len(starts))
    )
    steps = (
        np.atleast_1d(values[4]) if len(values) > 4 and values[4] is not None else [1] * len(starts)
    )
    where: list[Any] = [slice(None)] * data.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        where[int(axis)] = slice(int(start), int(end), int(step))
    return data[tuple(where)]


def _filled(op: Operator, values: list[Any]) -> Any:
    value = op.attributes.get("value", np.zeros(1, "float32"))
    shape = tuple(int(side) for side in values[0])
    if not OPEN & set(shape) and 0 <= math.prod(shape) <= _SMALL:
        return np.full(shape, np.ravel(value)[0])
    return Fill(float(np.ravel(value)[0]), shape)


def _axes(op: Operator, values: list[Any]) -> tuple[int, ...]:
    axes = values[1] if len(values) > 1 and values[1] is not None else op.attributes.get("axes", ())
    return tuple(int(axis) for axis in np.atleast_1d(axes)) if len(np.atleast_1d(axes)) else ()


_FOLDS: dict[str, Callable[[Operator, list[Any]], Any]] = {
    "Identity": lambda op, v: v[0],
    "Cast": lambda op, v: v[0],
    "Add": lambda op, v: v[0] + v[1],
    "Sub": lambda op, v: v[0] - v[1],
    "Mul": lambda op, v: v[0] * v[1],
    "Div": lambda op, v: v[0] // v[1] if v[0].dtype.kind in "iu" else v[0] / v[1],
    "Neg": lambda op, v: -v[0],
    "Equal": lambda op, v: v[0] == v[1],
    "Where": lambda op, v: np.where(v[0], v[1], v[2]),
    "Sqrt": lambda op, v: np.sqrt(v[0]),
    "Reciprocal": lambda op, v: 1 / v[0],
    "Gather": lambda op, v: np.take(v[0], v[1].astype(int), axis=op.attributes.get("axis", 0)),
    "Concat": lambda op, v: np.concatenate([np.atleast_1d(x) for x in v], op.attributes["axis"]),
    "Unsqueeze": lambda op, v: np.expand_dims(v[0], _axes(op, v)),
    "Squeeze": lambda op, v: np.squeeze(v[0], _axes(op, v) or None),
    "Reshape": lambda op, v: np.reshape(v[0], [int(side) for side in v[1]]),
    "Transpose": lambda op, v: np.transpose(v[0], op.attributes.get("perm")),
    "Slice": _sliced,
    "ConstantOfShape": _filled,
}


def fold(op: Operator, values: list[Any]) -> Any:
    """Return the constant result of an operator on constants, or None if it is not folded."""
    if op.kind == "Constant":
        for key in ("value", "value_float", "value_int", "value_floats", "value_ints"):
            if key in op.attributes:
                return np.asarray(op.attributes[key])
        return None
    first = values[0] if values else None
    if isinstance(first, Fill):
        if op.kind == "Expand":
            return Fill(first.value, ())
        return first if op.kind in ("Slice", "Cast", "Unsqueeze", "Squeeze", "Identity") else None
    if op.kind == "Expand" and first is not None and first.size == 1:
        return Fill(float(np.ravel(first)[0]), ())
    function = _FOLDS.get(op.kind)
    if function is None or any(isinstance(v, Fill) for v in values):
        return None
    if _result_size(op, values) > max(MAX_CONSTANT, *(v.size for v in values if v is not None)):
        return None
    return function(op, values)


def _result_size(op: Operator, values: list[Any]) -> int:
    if op.kind in ("Add", "Sub", "Mul", "Div", "Equal"):
        return math.prod(np.broadcast_shapes(values[0].shape, values[1].shape))
    if op.kind == "Gather":
        axis = op.attributes.get("axis", 0)
        return int(values[1].size * (values[0].size // max(1, values[0].shape[axis])))
    return 0
