"""ONNX, by tf2onnx where it is installed."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import FormatError
from netbuilder.core.formats.keras_prediction import predict_rows
from netbuilder.core.formats.writers.inference import inference_model
from netbuilder.core.formats.writers.roundtrip_check import check_agreement, random_rows
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import replace_atomically
from netbuilder.core.tensorflow_output import mute_output

PACKAGES = ("tf2onnx", "onnx")
TITLE = "ONNX"
# The newest set of operations that tf2onnx 1.17 writes.
OPSET = 18


def available() -> bool:
    """Whether the packages that write ONNX are installed."""
    return all(importlib.util.find_spec(name) is not None for name in PACKAGES)


def save(trained: TrainedModel, path: Path) -> None:
    """Write the assembled model as ``.onnx``: raw rows in, answers in their own units out.

    Inputs and outputs go by the names of their nodes, the first axis of each is "batch", and the
    metadata holds the class labels and column names as JSON ("classes", "columns").

    Raises:
        FormatError: tf2onnx is not installed, cannot express the network, or what it wrote
            answers something else.
        UserError: the place cannot be written.
    """
    if not available():
        raise FormatError(
            _("Writing ONNX needs the packages tf2onnx and onnx, which are not installed."),
            _("Install them: pip install tf2onnx onnx   Or save as .h5, .keras or .tflite."),
            code="onnx_not_installed",
        )
    with replace_atomically(Path(path)) as temporary:
        try:
            with mute_output():
                model = inference_model(trained.model)
                # Keras exports only what has been called, and building is no call to it.
                predict_rows(model, random_rows(trained, 1))
                model.export(temporary, format="onnx", verbose=False, opset_version=OPSET)
                _name(temporary, trained)
        except OSError:
            raise
        # Whatever tf2onnx says, it is about this network.
        except Exception as error:
            lines = [line for line in str(error).splitlines() if line.strip()]
            raise FormatError(
                _(
                    "ONNX does not support this network: {reason}",
                    reason=lines[0] if lines else error,
                ),
                _("Save it as .h5, .keras or .tflite."),
                code="onnx_not_supported",
            ) from error
        verify(trained, temporary)


def verify(trained: TrainedModel, path: Path) -> None:
    """Ask the file at ``path`` rows in onnxruntime; where that is missing, check its form.

    Raises:
        FormatError: it cannot be run, or answers something else than the network.
    """
    rows = random_rows(trained)
    expected = predict_rows(trained.model, rows)
    try:
        if importlib.util.find_spec("onnxruntime") is None:
            import onnx

            onnx.checker.check_model(str(path), full_check=True)
            return
        import onnxruntime

        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        names = [tensor.name for tensor in trained.model.inputs]
        found = session.run(list(output_names(trained)), dict(zip(names, rows, strict=True)))
    # Whatever the runtime says, it is about this file.
    except Exception as error:
        raise FormatError(
            _(
                "The file was written as ONNX, but a runtime cannot open it: {reason}",
                reason=str(error)[:200],
            ),
            _("Save it as .h5, .keras or .tflite."),
            code="written_file_not_readable",
        ) from error
    check_agreement(found, expected, TITLE)


def output_names(trained: TrainedModel) -> tuple[str, ...]:
    """Names of the outputs in the file: those of the nodes that give them."""
    outputs = trained.project.graph.outputs
    if len(outputs) == len(trained.model.outputs):
        taken = {tensor.name for tensor in trained.model.inputs}
        return tuple(name if name not in taken else f"{name}_answer" for name in outputs)
    return tuple(f"output_{number}" for number in range(len(trained.model.outputs)))


def _name(path: Path, trained: TrainedModel) -> None:
    """Names for outputs and the batch, and the labels of classes into the metadata."""
    import onnx

    proto = onnx.load(str(path))
    wanted = dict(zip((one.name for one in proto.graph.output), output_names(trained), strict=True))
    for old, new in wanted.items():
        made = proto.graph.node.add()
        made.op_type, made.name = "Identity", f"{new}_named"
        made.input.append(old)
        made.output.append(new)
    for value in (*proto.graph.input, *proto.graph.output):
        value.name = wanted.get(value.name, value.name)
        sides: Any = value.type.tensor_type.shape.dim
        if len(sides) and not sides[0].dim_value:
            sides[0].dim_param = "batch"
    classes = {
        name: list(how.classes)
        for name, how in trained.preprocessing.outputs.items()
        if how.classes
    }
    facts = {"columns": list(trained.preprocessing.column_names), "classes": classes}
    onnx.helper.set_model_props(
        proto,
        {
            "name": trained.project.name,
            **{key: json.dumps(one, ensure_ascii=False) for key, one in facts.items() if one},
        },
    )
    onnx.save(proto, str(path))
