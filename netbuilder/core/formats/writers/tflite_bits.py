"""TensorFlow Lite with fewer bits a weight: 16, or 8 with ranges that were measured on rows.

Scaling stays in 32 bits: see ``inference.separate_scalings``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netbuilder.core.formats.keras_prediction import Array
from netbuilder.core.formats.writers.inference import APART

CalibrationRows = Callable[[], Iterator[list[Array]]]
# Fewer weights than this are not worth an operation that widens them again.
_WORTH = 32
# Of the largest weight: more is lost only where 16 bits end (65,504 above, 6e-8 below).
_ROUNDING = 1e-3


def convert_half(data: bytes) -> bytes:
    """The same file with its weights in 16 bits, widened again when it is run.

    Matrices and kernels are halved. Biases, scalings and single numbers stay in 32 bits: they are
    few, and may be larger than the 65,504 at which 16 bits end; so does a matrix that does not
    fit. The converter of TensorFlow halves everything and cuts off what is larger.

    Args:
        data: a file in 32 bits, as FlatBuffer of TensorFlow Lite's schema.
    """
    from tensorflow.lite.python import schema_py_generated as schema
    from tensorflow.lite.tools import flatbuffer_utils

    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(data))
    halves: dict[int, int] = {}
    for graph in model.subgraphs:
        widened = []
        for number, tensor in enumerate(list(graph.tensors)):
            values = _weights(model, tensor, schema)
            if values is None:
                continue
            if tensor.buffer not in halves:
                halves[tensor.buffer] = len(model.buffers)
                small = schema.BufferT()
                small.data = np.frombuffer(values.astype("<f2").tobytes(), np.uint8)
                model.buffers.append(small)
            half = schema.TensorT()
            half.shape, half.type = tensor.shape, schema.TensorType.FLOAT16
            half.name, half.buffer = tensor.name + b"_16", halves[tensor.buffer]
            widened.append((len(graph.tensors), number))
            graph.tensors.append(half)
        for one in widened:
            # What was a constant is what the new operation gives: its readers stay as they are.
            graph.tensors[one[1]].buffer = 0
        graph.operators = [_widening(model, schema, *one) for one in widened] + graph.operators
    for number in halves:
        model.buffers[number].data = None
    found: bytes = flatbuffer_utils.convert_object_to_bytearray(model)
    return found


def _weights(model: Any, tensor: Any, schema: Any) -> Array | None:
    """Numbers of a tensor that is worth halving; None for all others."""
    data = model.buffers[tensor.buffer].data if tensor.buffer else None
    shape = () if tensor.shape is None else tuple(tensor.shape)
    if data is None or tensor.type != schema.TensorType.FLOAT32 or len(shape) < 2:
        return None
    values: Array = np.frombuffer(np.asarray(data, np.uint8).tobytes(), "<f4")
    if values.size < _WORTH:
        return None
    with np.errstate(over="ignore"):
        off = np.abs(values - values.astype("<f2").astype("<f4")).max()
    return values if off <= _ROUNDING * np.abs(values).max() else None


def _widening(model: Any, schema: Any, half: int, whole: int) -> Any:
    made = schema.OperatorT()
    made.opcodeIndex = _code(model, schema)
    made.inputs, made.outputs = [half], [whole]
    return made


def _code(model: Any, schema: Any) -> int:
    """Place of DEQUANTIZE among the operations that the file uses; entered where it is missing."""
    wanted = schema.BuiltinOperator.DEQUANTIZE
    for number, code in enumerate(model.operatorCodes):
        if code.builtinCode == wanted:
            # Of 16 bits: version 3 of the operation.
            code.version = max(code.version, 3)
            return number
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = wanted
    code.version = 3
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1


def convert_int8(converter: Any, rows: CalibrationRows, scaled: Sequence[bool]) -> bytes:
    """The file with weights and arithmetic in 8 bits, scaling in 32.

    Args:
        converter: of TensorFlow Lite, on a network whose scalings stand apart.
        rows: gives the rows that the ranges of all numbers inside are measured on.
        scaled: of each output, whether a scaling gives it.
    """
    import tensorflow as tf

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = rows
    data: bytes = converter.convert()
    whole = _scaling_tensors(data, scaled)
    if not whole:
        return data
    options = tf.lite.experimental.QuantizationDebugOptions(denylisted_nodes=whole)
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter, debug_dataset=rows, debug_options=options
    )
    found: bytes = debugger.get_nondebug_quantized_model()
    return found


def _scaling_tensors(data: bytes, scaled: Sequence[bool]) -> list[str]:
    """Names in the file of what scalings give."""
    import tensorflow as tf

    interpreter = tf.lite.Interpreter(model_content=data)
    names = [one["name"] for one in interpreter.get_tensor_details()]
    found = [name for name in names if APART in name]
    answers = interpreter.get_signature_runner().get_output_details()
    ordered = sorted(answers, key=lambda name: int(name.rsplit("_", 1)[-1]))
    return found + [
        answers[name]["name"] for name, last in zip(ordered, scaled, strict=True) if last
    ]


def has_loop(folder: Path) -> bool:
    """Whether a SavedModel goes round in a loop, as recurrent layers do.

    The measuring of ranges ends the whole process there, with no exception (TensorFlow 2.21). A
    loop of 20 steps that was unrolled could be measured, but the file was 6 times as large, and 23
    times as far off as with weights alone in 8 bits (3 times with 16 bits between the layers).
    """
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel()
    saved.ParseFromString((folder / "saved_model.pb").read_bytes())
    return any(
        node.op in ("While", "StatelessWhile")
        for meta in saved.meta_graphs
        for nodes in (
            meta.graph_def.node,
            *(one.node_def for one in meta.graph_def.library.function),
        )
        for node in nodes
    )
