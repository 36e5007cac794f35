"""Write a sketch for a microcontroller: the 8-bit network as a C array, and code that runs it."""

from __future__ import annotations

import importlib.util
import json
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    OutputPreprocessing,
)
from netbuilder.core.engine.networks.keras_objects import first_line
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import format_error
from netbuilder.core.errors import FormatError
from netbuilder.core.folders import resource
from netbuilder.core.formats.keras_prediction import Array
from netbuilder.core.formats.writers import tflite
from netbuilder.core.formats.writers.inference import is_recurrent
from netbuilder.core.formats.writers.roundtrip_check import largest_difference, random_rows
from netbuilder.core.i18n import gettext as _
from netbuilder.core.process.tensorflow_output import filter_stderr
from netbuilder.core.project.atomic import replace_atomically
from netbuilder.core.wording import format_bytes, format_list

PACKAGE = "tflite_micro"
# Of the sketch's example, in numbers.
_MOST_NUMBERS = 4096
# Rows that tflite-micro predicts as a check: its kernels are slow on a computer.
_CHECKED = 4
_CLOSE = 0.05
_MEMBERS = {"float32": "f", "int32": "i32", "int64": "i64", "uint8": "uint8", "int8": "int8"}
_EVERYTHING = re.compile(b"")


def save(trained: TrainedModel, path: Path) -> tuple[str, ...]:
    """Write a ``.zip`` with a folder for the Arduino IDE: sketch, ``model.h`` and ``.tflite``.

    Returns the loss of accuracy, and the memory that the network needs: measured by the package
    tflite-micro if installed, else estimated. Raise FormatError if TensorFlow Lite Micro cannot
    run the network.
    """
    if is_recurrent(trained.model):
        raise _unsupported("WHILE")
    dataset = tflite.project_data(trained, path.parent)
    data = tflite.converted(trained, 1, 8, dataset)
    parts = _operator_code(data)
    memory, measured = needed_memory(data)
    name = re.sub(r"\W+", "_", f"net_{path.stem}", flags=re.ASCII)[:60]
    name = name[4:] if name[4:5].isalpha() else name
    parts |= {
        "title": _plain(trained.project.name or path.stem),
        "memory": f"{memory} bytes, {'measured with tflite-micro' if measured else 'estimated'}",
        "arena": str(-(-(memory + max(1024, memory // 4)) // 1024) * 1024),
    }
    header = _data_code(trained, data, dataset, parts)
    template = resource("board", "sketch.ino").read_text("utf-8")
    sketch = re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], template)
    with replace_atomically(Path(path)) as temporary:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{name}/{name}.ino", sketch)
            archive.writestr(f"{name}/model.h", header)
            archive.writestr(f"{name}/{name}.tflite", data)
        notes = verify(trained, temporary, dataset)
    sizes = {"ram": format_bytes(memory), "flash": format_bytes(len(data))}
    if measured:
        note = _("The network needs {ram} of memory (measured) and {flash} of flash.", **sizes)
    else:
        note = _(
            "The network needs about {ram} of memory (estimated; to measure it: pip install "
            "tflite-micro) and {flash} of flash.",
            **sizes,
        )
    return (*notes, note)


def verify(trained: TrainedModel, path: Path, dataset: Dataset | None = None) -> tuple[str, ...]:
    """Compare the predictions of the C array in a written ``.zip``; return what 8 bits cost."""
    with zipfile.ZipFile(path) as archive:
        header = next(entry for entry in archive.namelist() if entry.endswith("/model.h"))
        array = archive.read(header).decode("utf-8").rpartition("model_data[] = {")[2]
    data = bytes(int(number, 16) for number in re.findall("0x[0-9a-f]{2}", array))
    notes = tflite.compare(trained, data, 8, dataset)
    if importlib.util.find_spec(PACKAGE) is not None:
        rows = random_rows(trained, _CHECKED)
        on_board = run_micro(trained, data, rows)
        for ours, theirs in zip(on_board, tflite.run(trained, data, rows), strict=True):
            if not largest_difference(ours, theirs) <= _CLOSE:
                raise tflite.too_different(8)
    return notes


def run_micro(trained: TrainedModel, data: bytes, rows: Sequence[Array]) -> list[Array]:
    """Return the predictions of the package tflite-micro, which computes as a board does."""
    from tflite_micro import runtime

    inputs, outputs = _places(trained, data)
    predictions: list[list[Array]] = [[] for _ in outputs]
    with filter_stderr(_EVERYTHING, always=True):
        interpreter = runtime.Interpreter.from_bytes(data, arena_size=_plenty(data))
        for at in range(len(rows[0])):
            for place, values in zip(inputs, rows, strict=True):
                interpreter.set_input(np.ascontiguousarray(values[at : at + 1]), place)
            interpreter.invoke()
            for parts, place in zip(predictions, outputs, strict=True):
                parts.append(np.array(interpreter.get_output(place)))
    return [np.concatenate(parts) for parts in predictions]


def needed_memory(data: bytes) -> tuple[int, bool]:
    """Return the bytes of tensor arena that a file needs, and whether they were measured."""
    if importlib.util.find_spec(PACKAGE) is None:
        return _estimated_memory(data), False
    from tflite_micro import runtime

    low, high = 0, 2 * _plenty(data)
    with filter_stderr(_EVERYTHING, always=True):
        while high - low > max(16, high // 200):
            middle = (low + high) // 2
            try:
                runtime.Interpreter.from_bytes(data, arena_size=middle)
                high = middle
            # Any error of the interpreter is about this network.
            except Exception as error:
                if low == 0 and middle >= _plenty(data):
                    raise _unsupported(first_line(error)[:200]) from error
                low = middle
    return -(-high // 16) * 16, True


def _estimated_memory(data: bytes) -> int:
    """Return the most bytes that an operator reads and writes, and those of the tables."""
    graph = _parsed(data).subgraphs[0]
    computed = {int(i) for op in graph.operators for i in op.outputs} | {*map(int, graph.inputs)}
    most = max(
        sum(
            int(np.prod(graph.tensors[i].shape)) * (1 if graph.tensors[i].type == 9 else 4)
            for i in computed & {*map(int, op.inputs), *map(int, op.outputs)}
        )
        for op in graph.operators
    )
    return most + 64 * len(graph.tensors) + 128 * len(graph.operators) + 512


def _plenty(data: bytes) -> int:
    return 4 * _estimated_memory(data) + 2 * len(data) + 65_536


def _parsed(data: bytes) -> Any:
    from tensorflow.lite.tools import flatbuffer_utils

    return flatbuffer_utils.read_model_from_bytearray(bytearray(data))


def _places(trained: TrainedModel, data: bytes) -> tuple[list[int], list[int]]:
    """Return the places of the project's inputs and outputs among those of a file."""
    file = _parsed(data)
    graph, signature = file.subgraphs[0], file.signatureDefs[0]

    def places(entries: Any, tensors: Any, names: list[str]) -> list[int]:
        by_name = {entry.name.decode(): list(tensors).index(entry.tensorIndex) for entry in entries}
        return [by_name[name] for name in names]

    inputs, outputs = tflite.names_of(trained)
    return (
        places(signature.inputs, graph.inputs, inputs),
        places(signature.outputs, graph.outputs, outputs),
    )


def _operator_code(data: bytes) -> dict[str, str]:
    """Return the sketch's lines that register operators; raise FormatError for unknown ones."""
    from tensorflow.lite.tools import flatbuffer_utils

    known = json.loads(resource("board", "operators.json").read_text("utf-8"))
    names, file = {name.upper(): name for name in known}, _parsed(data)
    codes = range(len(file.operatorCodes))
    operators = [str(flatbuffer_utils.opcode_to_name(file, code)) for code in codes]
    unknown = [name for name in operators if name.replace("_", "") not in names]
    if unknown:
        raise _unsupported(format_list(unknown))
    lines = [f"  resolver.Add{names[name.replace('_', '')]}();" for name in operators]
    return {"count": str(len(lines)), "operators": "\n".join(sorted(lines))}


def _unsupported(reason: str) -> FormatError:
    return format_error("board_not_supported", reason=reason)


def _data_code(
    trained: TrainedModel, data: bytes, dataset: Dataset | None, parts: dict[str, str]
) -> str:
    """Return the text of ``model.h``; add to ``parts`` how the sketch reads and prints.

    The example is a real row if possible, with the file's own predictions.
    """
    rows = (
        random_rows(trained, 1)
        if dataset is None
        else list(tflite.held_out_rows(trained, dataset, 1).x)
    )
    rows = [np.nan_to_num(r[:1]) if r.size <= _MOST_NUMBERS else 0 * r[:1] for r in rows]
    predictions, places = tflite.run(trained, data, rows), _places(trained, data)
    names = tflite.names_of(trained)
    reading, printing, lines = [], [], ["#pragma once", "#include <stdint.h>", ""]
    for i, name, values in zip(places[0], names[0], rows, strict=True):
        columns = trained.preprocessing.inputs.get(name, InputPreprocessing()).features
        lines.append(f"// Input {i}, {name}: {' x '.join(map(str, values.shape[1:]))} numbers")
        lines += [f"//   {at}: {_plain(column)}" for at, column in enumerate(columns)]
        dtype = values.dtype.name
        kind = "float" if dtype == "float32" else f"{dtype}_t"
        numbers = [format(number, ".9g") for number in values.ravel().tolist()]
        lines.append(_array(f"const {kind} kExample{i}[]", numbers if values.any() else ["0"]))
        place = f"interpreter->input({i})->data.{_MEMBERS[dtype]}[i]"
        example = f"kExample{i}[i]" if values.any() else "0"
        reading += [f"  for (int i = 0; i < {values.size}; i++) {place} = {example};"]
    for i, name, node, values in zip(
        places[1], names[1], trained.project.graph.outputs, predictions, strict=True
    ):
        target = trained.preprocessing.outputs.get(node, OutputPreprocessing())
        labels = list(target.classes or target.columns)
        labels = labels[-1:] if values.size == 1 else labels
        if len(labels) != values.size:
            labels = [f"{name} {at}" for at in range(values.size)]
        texts = [json.dumps(_plain(label), ensure_ascii=False) for label in labels]
        known = ", ".join(format(number, ".4f") for number in values.ravel()[:20].tolist())
        lines += [f"// Output {i} for the example: {known}"]
        lines.append(_array(f"const char* const kLabels{i}[]", texts, 1))
        printing += [
            f"  for (int i = 0; i < {values.size}; i++) {{",
            f"    Serial.print(kLabels{i}[i]);",
            '    Serial.print(": ");',
            f"    Serial.println(interpreter->output({i})->data.f[i], 4);\n  }}",
        ]
    parts |= {"read": "\n".join(reading), "print": "\n".join(printing)}
    numbers = [f"0x{byte:02x}" for byte in data]
    return "\n".join([*lines, _array("alignas(16) const unsigned char model_data[]", numbers)])


def _array(head: str, items: Sequence[str], in_line: int = 12) -> str:
    starts = range(0, len(items), in_line)
    lines = [f"  {', '.join(items[at : at + in_line])}," for at in starts]
    return "\n".join([f"{head} = {{", *lines, "};", ""])


def _plain(text: str) -> str:
    """Return text without what ends a comment or a string."""
    return re.sub(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+", " ", text).replace("\\", "/")
