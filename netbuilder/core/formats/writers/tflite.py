"""Write TensorFlow Lite files with 32-bit or 8-bit weights."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.preprocessing.fitted_preprocessing import OutputPreprocessing
from netbuilder.core.engine.networks.graph_to_keras import model_inputs
from netbuilder.core.engine.networks.keras_objects import first_line
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import format_error
from netbuilder.core.errors import FormatError, UserError
from netbuilder.core.formats.keras_prediction import Array, predict_rows
from netbuilder.core.formats.metadata import KERAS_OWN
from netbuilder.core.formats.writers.inference import (
    APART,
    inference_model,
    is_recurrent,
    scaled_outputs,
    separate_scalings,
    steps_in_builtins,
)
from netbuilder.core.formats.writers.onnx import output_names
from netbuilder.core.formats.writers.roundtrip_check import (
    check_agreement,
    largest_difference,
    random_rows,
)
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.process.tensorflow_output import mute_output
from netbuilder.core.project.atomic import replace_atomically
from netbuilder.core.project.keras_names import keras_name
from netbuilder.core.wording import format_number, join_values, labelled

if TYPE_CHECKING:
    import keras

CalibrationRows = Callable[[], Iterator[list[Array]]]


def convert_int8(converter: Any, rows: CalibrationRows, scaled: dict[str, bool]) -> bytes:
    """Return the file with 8-bit weights and arithmetic, and 32-bit scaling.

    ``rows`` yields rows to measure the ranges of all values on; ``scaled`` tells for each output
    by its name whether it is a scaling's.
    """
    import tensorflow as tf
    from tensorflow.lite.python.convert import mlir_quantize

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = rows
    # Libraries of boards ignore scales for each unit of a Dense layer.
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    data: bytes = converter.convert()
    whole = _scaling_tensors(data, scaled)
    if not whole:
        return data
    options = tf.lite.experimental.QuantizationDebugOptions(denylisted_nodes=whole)
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter, debug_dataset=rows, debug_options=options
    )
    # Its own method leaves the argument for Dense layers out.
    quantized: bytes = mlir_quantize(
        debugger.calibrated_model, denylisted_nodes=whole, disable_per_channel_for_dense_layers=True
    )
    return quantized


def _scaling_tensors(data: bytes, scaled: dict[str, bool]) -> list[str]:
    import tensorflow as tf

    interpreter = tf.lite.Interpreter(model_content=data)
    names = [detail["name"] for detail in interpreter.get_tensor_details()]
    scalings = [name for name in names if APART in name]
    outputs = interpreter.get_signature_runner().get_output_details()
    return scalings + [outputs[name]["name"] for name, is_last in scaled.items() if is_last]


@dataclass(frozen=True)
class ReferenceRows:
    """Rows of the data, and a text on their source.

    ``x`` has one array per input, (rows, ...); ``y`` by output id numbers in the target's units
    (rows, columns), class numbers (rows,), or 0 and 1 per label (rows, labels).
    """

    words: str
    x: Sequence[Array]
    y: dict[str, Array]


def project_data(trained: TrainedModel, base: Path) -> Dataset | None:
    """Load the project's data, or return None if there is none or it does not fit."""
    if not trained.project.data.kind or trained.extra.get(KERAS_OWN):
        return None
    try:
        dataset = load_dataset(trained.project, base)
    except (UserError, OSError):
        return None
    fits = all(
        name in dataset.train.raw_x
        and dataset.train.raw_x[name].shape[1:] == tuple(tensor.shape[1:])
        for name, tensor in _inputs(trained)
    )
    return dataset if fits else None


def training_rows(trained: TrainedModel, dataset: Dataset, count: int) -> list[Array]:
    """Return raw rows spread over the training set, one array per input."""
    return list(_sample_rows(trained, dataset.train, count).x)


def held_out_rows(trained: TrainedModel, dataset: Dataset, count: int) -> ReferenceRows:
    """Return rows of the test set, or else of the validation set or the training set."""
    if dataset.test is not None and len(dataset.test):
        return _sample_rows(
            trained, dataset.test, count,
            lambda n: ngettext("{count} row of the test set", "{count} rows of the test set", n),
        )  # fmt: skip
    if dataset.validation is not None and len(dataset.validation):
        return _sample_rows(
            trained, dataset.validation, count,
            lambda n: ngettext(
                "{count} row of the validation set", "{count} rows of the validation set", n
            ),
        )  # fmt: skip
    return _sample_rows(trained, dataset.train, count)


def _training_words(count: int) -> str:
    return ngettext("{count} row of the training set", "{count} rows of the training set", count)


def _sample_rows(
    trained: TrainedModel, split: Split, count: int, words: Callable[[int], str] = _training_words
) -> ReferenceRows:
    chosen = np.unique(np.linspace(0, len(split) - 1, count).astype(int))
    x = [split.raw_x[node][chosen].astype(str(tensor.dtype)) for node, tensor in _inputs(trained)]
    y = {key: values[chosen] for key, values in split.raw_y.items()}
    return ReferenceRows(words(len(chosen)), x, y)


def _inputs(trained: TrainedModel) -> list[tuple[str, Array]]:
    names = model_inputs(trained.project.graph)
    return list(zip(names, trained.model.inputs, strict=True))


def accuracy_cost(
    trained: TrainedModel, rows: ReferenceRows, smaller: Sequence[Array], whole: Sequence[Array]
) -> str:
    """Compare the predictions of a smaller network with the original's on ``rows``, by output.

    Returns "accuracy 0.94 instead of 0.95", or "" if they cannot be compared with ``rows.y``.
    """
    parts = []
    outputs = trained.project.graph.outputs
    for name, small, large in zip(outputs, smaller, whole, strict=True):
        target = trained.preprocessing.outputs.get(name, OutputPreprocessing())
        truth = rows.y.get(name)
        if truth is None or len(truth) != len(small):
            return ""
        pair = [_measured(target, answers, truth) for answers in (small, large)]
        if any(value is None for value in pair):
            return ""
        less, full = (format_number(value or 0.0) for value in pair)
        text = (
            _("mean absolute error {found} instead of {expected}", found=less, expected=full)
            if target.task == REGRESSION
            else _("accuracy {found} instead of {expected}", found=less, expected=full)
        )
        parts.append(labelled(name, text) if len(outputs) > 1 else text)
    return join_values(parts, clauses=True)


def _measured(target: OutputPreprocessing, answers: Array, truth: Array) -> float | None:
    """Return the mean absolute error in the target's units, or the accuracy."""
    if target.task == REGRESSION:
        truth = truth.reshape(answers.shape) if truth.size == answers.size else truth
        return float(np.abs(answers - truth).mean()) if truth.shape == answers.shape else None
    # The threshold is 0 for raw scores, and 0.5 for probabilities.
    middle = 0.0 if answers.min() < 0 or answers.max() > 1 else 0.5
    if target.task == MULTI_LABEL or answers.shape[-1] == 1:
        chosen = answers > middle
        if chosen.size != truth.size:
            return None
        return float(np.mean(chosen.reshape(truth.shape) == (truth > 0.5)))
    chosen = answers.argmax(-1)
    return float(np.mean(chosen == truth)) if chosen.shape == truth.shape else None


TITLE = "TensorFlow Lite"
INT8_ENDING = ".int8.tflite"
# Number of rows to measure ranges, and to compare predictions on.
CALIBRATION = 200
# A larger difference, relative to the largest prediction, is a failed conversion.
_LOST = 0.5
_IN_LOOPS = N_(
    "In a recurrent network only large matrices have 8 bits; the computation uses 32 bits, because "
    "TensorFlow Lite cannot measure the ranges in its loop. A microcontroller that computes with "
    "integers only needs a network without recurrent layers, for example with Conv1D."
)


def save(trained: TrainedModel, path: Path) -> tuple[str, ...]:
    """Write the assembled model as ``.tflite``: raw rows in, predictions in the target's units out.

    A name that ends in ``.int8.tflite`` gives 8-bit weights. Only builtin operations are used.
    Ranges of values are measured on the project's data if available, else on random rows; in a
    recurrent network they cannot be measured: its weights have 8 bits, its arithmetic 32. The
    signature's inputs and outputs have the names of their layers.
    """
    path = Path(path)
    bits = bits_of(path)
    dataset = project_data(trained, path.parent) if bits < 32 else None
    problem: FormatError | None = None
    # For any number of rows if that can be converted and predicts the same, else for one.
    for batch in (None, 1):
        try:
            data = converted(trained, batch, bits, dataset)
            with replace_atomically(path) as temporary:
                temporary.write_bytes(data)
                notes = verify(trained, temporary, bits, dataset)
        except FormatError as error:
            problem = error
            continue
        if bits == 8 and is_recurrent(trained.model):
            notes += (_(_IN_LOOPS),)
        if batch == 1:
            notes += (_("The model takes one row at a time."),)
        return notes
    assert problem is not None
    raise problem


def bits_of(path: Path) -> int:
    """Return the bits per weight according to the file's name: 32 or 8."""
    return 8 if path.name.lower().endswith(INT8_ENDING) else 32


def verify(
    trained: TrainedModel, path: Path, bits: int | None = None, dataset: Dataset | None = None
) -> tuple[str, ...]:
    """Compare a file's predictions in TensorFlow Lite's interpreter; return what fewer bits cost.

    ``bits`` per weight follow from the name if None; ``dataset`` is the network's data, without
    which random rows are used.
    """
    # From bytes: on Windows the interpreter cannot open paths with umlauts.
    return compare(trained, path.read_bytes(), bits_of(path) if bits is None else bits, dataset)


def compare(
    trained: TrainedModel, data: bytes, bits: int, dataset: Dataset | None
) -> tuple[str, ...]:
    """Do what ``verify`` does for the content of a file."""
    real = None if dataset is None or bits == 32 else held_out_rows(trained, dataset, CALIBRATION)
    made_up = 4 if bits == 32 else CALIBRATION // 4
    rows = list(real.x) if real is not None else random_rows(trained, made_up, seed=1)
    expected = predict_rows(trained.model, rows)
    try:
        with mute_output():
            outputs = run(trained, data, rows)
    # Any error of the interpreter is about this file.
    except Exception as error:
        raise format_error(
            "written_file_not_readable:5", format=TITLE, reason=str(error)[:200]
        ) from error
    if bits == 32:
        check_agreement(outputs, expected, TITLE)
        return ()
    if any(not largest_difference(a, b) <= _LOST for a, b in zip(outputs, expected, strict=True)):
        raise too_different(bits)
    cost = accuracy_cost(trained, real, outputs, expected) if real is not None else ""
    return (
        _(
            "With {bits} bits per weight: {cost} ({rows}).",
            bits=bits,
            cost=cost or _loss(outputs[0], expected[0]),
            rows=real.words
            if real is not None
            else ngettext("{count} random row", "{count} random rows", len(rows[0])),
        ),
    )


def too_different(bits: int) -> FormatError:
    """Return the error for a file with ``bits`` per weight whose predictions are wrong."""
    return format_error("written_file_differs:2", bits=bits)


def _loss(predictions: Array, expected: Array) -> str:
    """Return what fewer bits cost as the difference from the network."""
    if expected.ndim == 2 and expected.shape[1] > 1:
        same = float(np.mean(predictions.argmax(-1) == expected.argmax(-1)))
        return _(
            "same class as the network for {share} of the rows", share=format_number(same, ".0%")
        )
    spread = float(np.ptp(expected)) or 1.0
    off = float(np.abs(predictions - expected).mean()) / spread
    return _(
        "mean difference from the network {share} of the value range",
        share=format_number(off, ".2%"),
    )


def converted(
    trained: TrainedModel, batch: int | None, bits: int, dataset: Dataset | None = None
) -> bytes:
    """Return the file for ``batch`` rows (None: any number), with 32-bit or 8-bit weights."""
    import tensorflow as tf

    if getattr(getattr(tf, "lite", None), "TFLiteConverter", None) is None:
        raise format_error("tflite_converter_missing", version=tf.__version__)
    model = inference_model(trained.model)
    if bits < 32:
        model = separate_scalings(model)
    with tempfile.TemporaryDirectory(prefix="netbuilder-") as folder, mute_output():
        with steps_in_builtins() if batch is None else nullcontext():
            _export(model, Path(folder), batch, *names_of(trained))
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        try:
            if bits == 8 and is_recurrent(model):
                # Measuring ranges in a loop crashes TensorFlow 2.21.
                converter.optimizations = [tf.lite.Optimize.DEFAULT]
            elif bits == 8:
                rows = _calibration_rows(trained, dataset)
                scaled = dict(zip(names_of(trained)[1], scaled_outputs(model), strict=True))
                return convert_int8(converter, rows, scaled)
            data: bytes = converter.convert()
            return data
        # Any error of the converter is about this network.
        except Exception as error:
            raise format_error("tflite_not_supported", reason=first_line(error)[:350]) from error


def _calibration_rows(trained: TrainedModel, dataset: Dataset | None) -> CalibrationRows:
    rows = (
        random_rows(trained, CALIBRATION)
        if dataset is None
        else training_rows(trained, dataset, CALIBRATION)
    )

    def examples() -> Iterator[list[Array]]:
        for number in range(len(rows[0])):
            yield [values[number : number + 1] for values in rows]

    return examples


def _export(
    model: keras.Model, folder: Path, batch: int | None, inputs: list[str], outputs: list[str]
) -> None:
    """Write a SavedModel whose only function takes ``batch`` rows, or any number."""
    import keras
    import tensorflow as tf

    archive = keras.export.ExportArchive()
    archive.track(model)
    specs = [
        tf.TensorSpec((batch, *tensor.shape[1:]), tensor.dtype, name=name)
        for name, tensor in zip(inputs, model.inputs, strict=True)
    ]

    def serve(*rows: Any) -> dict[str, Any]:
        if isinstance(model, keras.Sequential):
            predictions = model(rows[0], training=False)
        else:
            packed = keras.tree.pack_sequence_as(model.input, list(rows))
            predictions = model(packed, training=False)
        return dict(zip(outputs, keras.tree.flatten(predictions), strict=True))

    archive.add_endpoint("serve", serve, input_signature=specs)
    archive.write_out(str(folder), verbose=False)


def names_of(trained: TrainedModel) -> tuple[list[str], list[str]]:
    """Return the names of a file's inputs and outputs: those of their layers in Keras."""
    outputs = [keras_name(name) for name in output_names(trained)]
    return [tensor.name for tensor in trained.model.inputs], outputs


def run(trained: TrainedModel, data: bytes, rows: Sequence[Array]) -> list[Array]:
    """Return the interpreter's predictions, for all rows at once if possible."""
    import tensorflow as tf

    interpreter = tf.lite.Interpreter(model_content=data)
    runner = interpreter.get_signature_runner()
    inputs, names = names_of(trained)
    outputs: list[list[Array]] = [[] for _ in names]
    details = runner.get_input_details()
    many = all(-1 in detail["shape_signature"][:1] for detail in details.values())
    step = len(rows[0]) if many else 1
    for at in range(0, len(rows[0]), step):
        batch = {name: values[at : at + step] for name, values in zip(inputs, rows, strict=True)}
        predictions = runner(**batch)
        for parts, name in zip(outputs, names, strict=True):
            parts.append(np.asarray(predictions[name]))
    return [np.concatenate(parts) for parts in outputs]
