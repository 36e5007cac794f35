"""An ONNX file as a graph that can be gone through: bounded, pruned, its constants calculated."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.errors import FormatError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.regular_file import require_regular_file
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    from collections.abc import Callable

    import onnx

Array = NDArray[Any]
# A protobuf file cannot be larger.
MAX_BYTES = 2**31
MAX_NODES = 20_000
# Numbers of a constant that is calculated here.
MAX_CONSTANT = 2**22
_SMALL = 4096
# Stands for the size of the batch while shapes are calculated, and for other sizes that are open:
# primes that no real size is likely to be.
BATCH = 999_983
_OPEN = (999_979, 999_961, 999_959, 999_953, 999_931, 999_917)
OPEN = frozenset((BATCH, *_OPEN))


@dataclass(frozen=True)
class Fill:
    """A constant of one number all over, whatever its size."""

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
    """What is needed of a file.

    Attributes:
        inputs: shape by name, open sizes as of ``OPEN``, and the element type as NumPy says it.
        outputs: names of the tensors that are predictions.
        operators: those that lead to the outputs, in their order.
        constants: numbers by name.
        left_out: outputs that are no predictions, such as the label of a classifier.
        fixed_batch: the batch size that the file insists on; 0: any.
        proto: the model with these outputs only.
    """

    inputs: dict[str, tuple[tuple[int, ...], str]]
    outputs: list[str]
    operators: list[Operator]
    constants: dict[str, Array | Fill]
    left_out: list[str] = field(default_factory=list)
    fixed_batch: int = 0
    proto: Any = None

    def uses(self, name: str) -> int:
        """How often the numbers of a tensor are read; an output counts as one more."""
        read = sum(one.inputs.count(name) for one in self.operators if one.kind != "Shape")
        return read + (name in self.outputs)

    def readers(self, name: str) -> list[Operator]:
        """The operators that read a tensor."""
        return [one for one in self.operators if name in one.inputs]


def read_graph(path: Path) -> OnnxGraph:
    """Read an ONNX file; nothing of it is run.

    Raises:
        FormatError: too large, damaged, or with weights in other files.
    """
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
    # Whatever the reader says, it is about this file.
    except Exception as error:
        raise damaged(path, str(error)) from error
    if len(graph.node) > MAX_NODES or not graph.node:
        raise damaged(path, _("it has {count} nodes", count=len(graph.node)))
    operators = [_operator(node, path) for node in graph.node]
    outputs, left_out = _outputs(graph, operators)
    if not outputs:
        raise FormatError(
            _("'{file}' has no numeric output.", file=path.name),
            _("Export the network itself, not only the post-processing of its predictions."),
            path=str(path),
            code="onnx_without_outputs",
        )
    operators = _leading_to(outputs, operators)
    found = OnnxGraph({}, outputs, operators, constants, left_out)
    sizes: dict[str, int] = {}
    for value in graph.input:
        if value.name not in constants and found.uses(value.name):
            found.inputs[value.name] = _input(value, sizes, found)
    found.proto = _pruned(proto, found)
    return found


def damaged(path: Path, detail: str) -> FormatError:
    """The error for a file that is not as ONNX says."""
    return FormatError(
        _(
            "'{file}' is not an ONNX file, or it is damaged: {detail}.",
            file=path.name,
            detail=detail.splitlines()[0][:200] if detail else "–",
        ),
        _("Export the model again from the program that made it."),
        path=str(path),
        code="onnx_damaged",
    )


def _check_size(path: Path) -> None:
    import psutil

    require_regular_file(path)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise FormatError(
            _("There is no file '{file}'.", file=path),
            _("Check the name and the folder."),
            path=str(path),
            code="onnx_not_there",
        ) from error
    # Its weights are in memory as a file, as arrays and in two networks.
    limit = min(MAX_BYTES, int(psutil.virtual_memory().available) // 4)
    if size > limit:
        raise FormatError(
            _(
                "'{file}' has {size} MiB; with the memory of this computer NetBuilder opens ONNX"
                " files of up to {limit} MiB.",
                file=path.name,
                size=format_number(size / 2**20, ",.0f"),
                limit=format_number(limit / 2**20, ",.0f"),
            ),
            _("Close other programs, or open it on a computer with more memory."),
            path=str(path),
            code="onnx_too_large",
        )


def _array(tensor: onnx.TensorProto, path: Path) -> Array:
    from onnx import TensorProto, numpy_helper

    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        raise FormatError(
            _("The weights of '{file}' are stored in other files.", file=path.name),
            _(
                "Export the model as one file: torch.onnx.export(…, "
                "external_data=False), or onnx.save(model, path, "
                "save_as_external_data=False)."
            ),
            path=str(path),
            code="onnx_external_data",
        )
    return np.asarray(numpy_helper.to_array(tensor))


def _operator(node: onnx.NodeProto, path: Path) -> Operator:
    from onnx import AttributeProto, helper

    attributes: dict[str, Any] = {}
    for one in node.attribute:
        if one.type == AttributeProto.TENSOR:
            attributes[one.name] = _array(one.t, path)
        elif one.type not in (AttributeProto.GRAPH, AttributeProto.GRAPHS):
            value = helper.get_attribute_value(one)
            attributes[one.name] = (
                value.decode("utf-8", "replace") if isinstance(value, bytes) else value
            )
    return Operator(
        node.op_type, node.name or node.output[0], list(node.input), list(node.output), attributes
    )


def _outputs(graph: onnx.GraphProto, operators: list[Operator]) -> tuple[list[str], list[str]]:
    """Names of predictions, and of outputs that are none."""
    from onnx import TensorProto

    makers = {name: one for one in operators for name in one.outputs}
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
    found = []
    for one in reversed(operators):
        if needed & set(one.outputs):
            needed |= set(one.inputs)
            found.append(one)
    return found[::-1]


def _input(value: Any, sizes: dict[str, int], graph: OnnxGraph) -> tuple[tuple[int, ...], str]:
    from onnx import helper

    kind = value.type.tensor_type
    shape = []
    recurrent = {one.kind for one in graph.readers(value.name)} <= {"LSTM", "GRU", "RNN"}
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


def _pruned(proto: onnx.ModelProto, found: OnnxGraph) -> Any:
    """The model with the outputs that are compared, which may be tensors inside it."""
    import onnx

    smaller = onnx.ModelProto()
    smaller.CopyFrom(proto)
    known = {one.name: one for one in (*proto.graph.output, *proto.graph.value_info)}
    del smaller.graph.output[:]
    for name in found.outputs:
        one = known.get(name)
        kind = one.type.tensor_type.elem_type if one is not None else onnx.TensorProto.FLOAT
        smaller.graph.output.append(onnx.helper.make_tensor_value_info(name, kind, None))
    kept = {name for one in found.operators for name in one.outputs}
    nodes = [node for node in proto.graph.node if set(node.output) & kept]
    del smaller.graph.node[:]
    smaller.graph.node.extend(nodes)
    return smaller


# --- constants that are calculated from others, shapes above all ---


def _sliced(one: Operator, values: list[Any]) -> Any:
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


def _filled(one: Operator, values: list[Any]) -> Any:
    value = one.attributes.get("value", np.zeros(1, "float32"))
    shape = tuple(int(side) for side in values[0])
    if not OPEN & set(shape) and 0 <= math.prod(shape) <= _SMALL:
        return np.full(shape, np.ravel(value)[0])
    return Fill(float(np.ravel(value)[0]), shape)


def _axes(one: Operator, values: list[Any]) -> tuple[int, ...]:
    given = (
        values[1] if len(values) > 1 and values[1] is not None else one.attributes.get("axes", ())
    )
    return tuple(int(axis) for axis in np.atleast_1d(given)) if len(np.atleast_1d(given)) else ()


_FOLDS: dict[str, Callable[[Operator, list[Any]], Any]] = {
    "Identity": lambda one, v: v[0],
    "Cast": lambda one, v: v[0],
    "Add": lambda one, v: v[0] + v[1],
    "Sub": lambda one, v: v[0] - v[1],
    "Mul": lambda one, v: v[0] * v[1],
    "Div": lambda one, v: v[0] // v[1] if v[0].dtype.kind in "iu" else v[0] / v[1],
    "Neg": lambda one, v: -v[0],
    "Sqrt": lambda one, v: np.sqrt(v[0]),
    "Reciprocal": lambda one, v: 1 / v[0],
    "Gather": lambda one, v: np.take(v[0], v[1].astype(int), axis=one.attributes.get("axis", 0)),
    "Concat": lambda one, v: np.concatenate([np.atleast_1d(x) for x in v], one.attributes["axis"]),
    "Unsqueeze": lambda one, v: np.expand_dims(v[0], _axes(one, v)),
    "Squeeze": lambda one, v: np.squeeze(v[0], _axes(one, v) or None),
    "Reshape": lambda one, v: np.reshape(v[0], [int(side) for side in v[1]]),
    "Transpose": lambda one, v: np.transpose(v[0], one.attributes.get("perm")),
    "Slice": _sliced,
    "ConstantOfShape": _filled,
}


def fold(one: Operator, values: list[Any]) -> Any:
    """The constant that an operator makes of constants; None where it is not calculated here."""
    if one.kind == "Constant":
        for key in ("value", "value_float", "value_int", "value_floats", "value_ints"):
            if key in one.attributes:
                return np.asarray(one.attributes[key])
        return None
    first = values[0] if values else None
    if isinstance(first, Fill):
        if one.kind == "Expand":
            return Fill(first.value, ())
        return first if one.kind in ("Slice", "Cast", "Unsqueeze", "Squeeze", "Identity") else None
    if one.kind == "Expand" and first is not None and first.size == 1:
        return Fill(float(np.ravel(first)[0]), ())
    made = _FOLDS.get(one.kind)
    if made is None or any(isinstance(v, Fill) for v in values):
        return None
    if _made_size(one, values) > max(MAX_CONSTANT, *(v.size for v in values if v is not None)):
        return None
    return made(one, values)


def _made_size(one: Operator, values: list[Any]) -> int:
    """Numbers in the constant that is made, where they can be more than in those that it is
    made of."""
    if one.kind in ("Add", "Sub", "Mul", "Div"):
        return math.prod(np.broadcast_shapes(values[0].shape, values[1].shape))
    if one.kind == "Gather":
        axis = one.attributes.get("axis", 0)
        return int(values[1].size * (values[0].size // max(1, values[0].shape[axis])))
    return 0
