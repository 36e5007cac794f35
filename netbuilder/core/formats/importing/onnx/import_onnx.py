"""Import an ONNX file as a project and a trained model, if that predicts the same."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from netbuilder.core.error_texts import format_error
from netbuilder.core.errors import UserError
from netbuilder.core.formats.importing.onnx.onnx_graph import (
    BATCH,
    OPEN,
    Array,
    OnnxGraph,
    Operator,
    read_graph,
)
from netbuilder.core.formats.importing.report import AS_IS, LEFT_OUT, REPLACED, Imported, ReportItem
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Graph, Project

if TYPE_CHECKING:
    import keras

    from netbuilder.core.formats.importing.onnx.layers import LayerConverter
    from netbuilder.core.formats.importing.onnx.tensors import Tensor

# Relative to the largest prediction, or to 1.
TOLERANCE = 1e-5
_ROWS = 4
# Sizes of open axes: of sequences, and of pictures, which are halved up to six times.
_STEPS, _PIXELS = 12, 64


def import_onnx(path: Path) -> Imported:
    """Import an ONNX file; raise FormatError if it cannot be, or predictions differ."""
    if importlib.util.find_spec("onnx") is None:
        raise format_error("onnx_not_installed")
    from netbuilder.core.formats.importing.import_keras import without_data
    from netbuilder.core.formats.importing.onnx.layers import LayerConverter

    graph = read_graph(path)
    converter = LayerConverter(graph)
    try:
        outputs = converter.run()
    except UserError as error:
        error.path = str(path)
        raise
    draft = converter.draft
    edges = tuple((source, node) for node, feeds in draft.sources.items() for source in feeds)
    project = Project(name=path.stem, graph=Graph(tuple(draft.nodes.values()), edges))
    training_model = _built(project, converter, path)
    _must_agree(training_model, graph, converter, outputs, path)
    report = [ReportItem(name, AS_IS, node.layer) for name, node in draft.nodes.items()]
    report += [ReportItem(item, REPLACED, text) for item, text in converter.replaced]
    note = _("This output is not numeric, such as the name of a class.")
    report += [ReportItem(name, LEFT_OUT, note) for name in graph.left_out]
    return Imported(project, tuple(report), without_data(project, training_model, path))


def _built(project: Project, converter: LayerConverter, path: Path) -> keras.Model:
    from netbuilder.core.engine.networks.graph_to_keras import build_training_model, layer_of
    from netbuilder.core.formats.importing.memory_check import check_project
    from netbuilder.core.formats.safety.model_file import ModelFile

    weights = converter.draft.weights
    numbers = sum(array.size for arrays in weights.values() for array in arrays)
    check_project(project, None, ModelFile(path, "onnx", {}, numbers=numbers))
    training_model = build_training_model(project, None, learned=False)
    for node, arrays in weights.items():
        try:
            layer_of(training_model, project.graph, node).set_weights(arrays)
        except ValueError as error:
            layer = project.graph.by_id[node].layer
            raise converter.unknown(Operator(layer, node, [], [], {}), str(error)[:200]) from error
    return training_model


def _must_agree(
    training_model: keras.Model,
    graph: OnnxGraph,
    converter: LayerConverter,
    outputs: list[Tensor],
    path: Path,
) -> None:
    """Compare both predictions for random inputs; raise FormatError if they differ."""
    from netbuilder.core.formats.keras_prediction import predict_rows
    from netbuilder.core.process.tensorflow_output import mute_output

    samples = _rows(graph, converter)
    keras_rows = [
        np.moveaxis(
            samples[name],
            range(samples[name].ndim),
            [axis or 0 for axis in converter.tensors[name].axes],
        ).astype(str(tensor.dtype))
        for name, tensor in zip(graph.inputs, training_model.inputs, strict=True)
    ]
    try:
        with mute_output():
            expected = _run(graph, samples)
    # Any error of the runtime is about this file.
    except Exception as error:
        raise format_error(
            "onnx_not_runnable",
            path,
            reason=(str(error).splitlines() or [type(error).__name__])[0][:200],
        ) from error
    with mute_output():
        predictions = predict_rows(training_model, keras_rows)
    ids = list(dict.fromkeys(project_outputs(converter, outputs)))
    for tensor, theirs in zip(outputs, expected, strict=True):
        ours = _as_onnx(predictions[ids.index(tensor.node)], tensor)
        size = max(1.0, float(np.abs(theirs).max(initial=0.0)))
        if ours.shape != theirs.shape or not np.allclose(
            ours, theirs, atol=TOLERANCE * size, rtol=0
        ):
            raise format_error("onnx_differs", path)


def project_outputs(converter: LayerConverter, outputs: list[Tensor]) -> list[str]:
    """Return the ids of the project's output nodes, in its order."""
    ids = {tensor.node for tensor in outputs}
    feeding = {source for feeds in converter.draft.sources.values() for source in feeds}
    if ids & feeding:
        raise format_error("onnx_output_inside")
    return [node for node in converter.draft.nodes if node in ids]


def _rows(graph: OnnxGraph, converter: LayerConverter) -> dict[str, Array]:
    random = np.random.default_rng(0)
    samples = {}
    for name, (shape, dtype) in graph.inputs.items():
        rows = graph.fixed_batch or _ROWS
        sides = [
            rows if s == BATCH else (_PIXELS if len(shape) > 3 else _STEPS) if s in OPEN else s
            for s in shape
        ]
        whole = dtype.startswith(("int", "uint"))
        values = random.integers(0, 2, sides) if whole else random.normal(size=sides)
        samples[name] = values.astype(dtype)
    return samples


def _run(graph: OnnxGraph, samples: dict[str, Array]) -> list[Array]:
    data = graph.proto.SerializeToString()
    if importlib.util.find_spec("onnxruntime") is not None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        return [np.asarray(out) for out in session.run(graph.outputs, samples)]
    from onnx.reference import ReferenceEvaluator

    return [np.asarray(out) for out in ReferenceEvaluator(graph.proto).run(graph.outputs, samples)]


def _as_onnx(values: Array, tensor: Tensor) -> Array:
    """Transpose Keras's output to the axes of ONNX."""
    present = [axis for axis in tensor.axes if axis is not None]
    rows = values.shape[0]
    sizes = [rows if side == BATCH else side for side in tensor.shape]
    if len(set(present)) == len(present):
        values = values.transpose(present) if len(present) == values.ndim else values
        if values.ndim == len(tensor.shape):
            return values
    return values.reshape([-1 if side in OPEN else side for side in sizes])
