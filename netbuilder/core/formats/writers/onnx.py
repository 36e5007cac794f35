"""Write ONNX with tf2onnx, if installed."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

from netbuilder.core.engine.networks.keras_objects import first_line
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import format_error
from netbuilder.core.formats.keras_prediction import predict_rows
from netbuilder.core.formats.writers.inference import inference_model
from netbuilder.core.formats.writers.roundtrip_check import check_agreement, random_rows
from netbuilder.core.process.tensorflow_output import mute_output
from netbuilder.core.project.atomic import replace_atomically

PACKAGES = ("tf2onnx", "onnx")
TITLE = "ONNX"
# The newest operation set of tf2onnx 1.17.
OPSET = 18


def available() -> bool:
    """Return whether the packages that write ONNX are installed."""
    return all(importlib.util.find_spec(name) is not None for name in PACKAGES)


def save(trained: TrainedModel, path: Path) -> None:
    """Write the assembled model as ``.onnx``: raw rows in, predictions in the target's units out.

    Inputs and outputs have the names of their nodes, the first axis is "batch", and the metadata
    holds class labels and column names as JSON ("classes", "columns").
    """
    if not available():
        raise format_error("onnx_not_installed:2")
    with replace_atomically(Path(path)) as temporary:
        try:
            with mute_output():
                model = inference_model(trained.model)
                # Keras only exports models that have been called.
                predict_rows(model, random_rows(trained, 1))
                model.export(temporary, format="onnx", verbose=False, opset_version=OPSET)
                _name(temporary, trained)
        except OSError:
            raise
        # Any error of tf2onnx is about this network.
        except Exception as error:
            raise format_error("onnx_not_supported", reason=first_line(error)) from error
        verify(trained, temporary)


def verify(trained: TrainedModel, path: Path) -> None:
    """Compare a file's predictions in onnxruntime; without it, check the file's form."""
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
        predictions = session.run(list(output_names(trained)), dict(zip(names, rows, strict=True)))
    # Any error of the runtime is about this file.
    except Exception as error:
        raise format_error("written_file_not_readable", reason=str(error)[:200]) from error
    check_agreement(predictions, expected, TITLE)


def output_names(trained: TrainedModel) -> tuple[str, ...]:
    """Return the names of the outputs in the file: those of their nodes."""
    outputs = trained.project.graph.outputs
    if len(outputs) == len(trained.model.outputs):
        taken = {tensor.name for tensor in trained.model.inputs}
        return tuple(name if name not in taken else f"{name}_answer" for name in outputs)
    return tuple(f"output_{number}" for number in range(len(trained.model.outputs)))


def _name(path: Path, trained: TrainedModel) -> None:
    import onnx

    proto = onnx.load(str(path))
    names = dict(zip((o.name for o in proto.graph.output), output_names(trained), strict=True))
    for old, new in names.items():
        node = proto.graph.node.add()
        node.op_type, node.name = "Identity", f"{new}_named"
        node.input.append(old)
        node.output.append(new)
    for value in (*proto.graph.input, *proto.graph.output):
        value.name = names.get(value.name, value.name)
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
            **{key: json.dumps(fact, ensure_ascii=False) for key, fact in facts.items() if fact},
        },
    )
    onnx.save(proto, str(path))
