"""TensorFlow Lite: one small file for phones and boards, with 32, 16 or 8 bits a weight."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import FormatError
from netbuilder.core.formats.keras_prediction import Array, predict_rows
from netbuilder.core.formats.writers.inference import (
    inference_model,
    is_recurrent,
    scaled_outputs,
    separate_scalings,
    steps_in_builtins,
)
from netbuilder.core.formats.writers.reference_rows import (
    accuracy_cost,
    held_out_rows,
    project_data,
    training_rows,
)
from netbuilder.core.formats.writers.roundtrip_check import (
    check_agreement,
    largest_difference,
    random_rows,
)
from netbuilder.core.formats.writers.tflite_bits import (
    CalibrationRows,
    convert_half,
    convert_int8,
    has_loop,
)
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.atomic import replace_atomically
from netbuilder.core.tensorflow_output import mute_output
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    import keras

TITLE = "TensorFlow Lite"
HALF, WHOLE = ".f16.tflite", ".int8.tflite"
# Rows from which the ranges of the numbers inside are measured, and that judge what was lost.
CALIBRATION = 200
# Beyond this share of the largest answer 8 bits have lost the network.
_LOST = 0.5
_IN_LOOPS = N_(
    "In a recurrent network only large matrices have 8 bits; the computation uses 32 bits, because "
    "TensorFlow Lite cannot measure the ranges in its loop. A microcontroller that computes with "
    "integers only needs a network without recurrent layers, for example with Conv1D."
)


def save(trained: TrainedModel, path: Path) -> tuple[str, ...]:
    """Write the assembled model as ``.tflite``: raw rows in, answers in their own units out.

    A name that ends in ``.f16.tflite`` gives weights of 16 bits, one in ``.int8.tflite`` of 8.
    Only operations that every interpreter has are used.

    The ranges of the numbers inside an 8-bit network are measured on rows of the data that it was
    trained on, where the project still finds it; else on made-up ones. In a recurrent network they
    cannot be measured: its weights have 8 bits, its arithmetic 32.

    Returns:
        What there is to know of the file: what smaller weights cost, that it takes single rows.

    Raises:
        FormatError: this TensorFlow has no converter, the network has an operation that
            TensorFlow Lite lacks, or what was written answers something else.
        UserError: the place cannot be written.
    """
    import tensorflow as tf

    if getattr(getattr(tf, "lite", None), "TFLiteConverter", None) is None:
        raise FormatError(
            _("TensorFlow {version} has no converter to TensorFlow Lite.", version=tf.__version__),
            _("Install TensorFlow 2.20 or 2.21."),
            code="tflite_converter_missing",
        )
    path = Path(path)
    bits = bits_of(path)
    dataset = project_data(trained, path.parent) if bits < 32 else None
    problem: FormatError | None = None
    # Made for any number of rows where that converts and answers the same, else for one.
    for batch in (None, 1):
        try:
            data = _converted(trained, batch, bits, dataset)
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
    """Bits of a weight that the name asks for: 32, 16 or 8."""
    name = path.name.lower()
    return 16 if name.endswith(HALF) else 8 if name.endswith(WHOLE) else 32


def verify(
    trained: TrainedModel, path: Path, bits: int | None = None, dataset: Dataset | None = None
) -> tuple[str, ...]:
    """Ask the file at ``path`` rows in TensorFlow Lite's interpreter.

    Args:
        trained: the network.
        path: what was written of it.
        bits: of a weight, None: as the path's name says; fewer than 32 may answer a little
            differently, which is told.
        dataset: the network's own data, by which that is judged; None: made-up rows.

    Raises:
        FormatError: it cannot be run, or answers something else than the network.
    """
    bits = bits_of(path) if bits is None else bits
    real = None if dataset is None or bits == 32 else held_out_rows(trained, dataset, CALIBRATION)
    made_up = 4 if bits == 32 else CALIBRATION // 4
    rows = list(real.x) if real is not None else random_rows(trained, made_up, seed=1)
    expected = predict_rows(trained.model, rows)
    try:
        with mute_output():
            found = _run(path, rows, [one.shape for one in expected])
    # Whatever the interpreter says, it is about this file.
    except Exception as error:
        raise FormatError(
            _(
                "The file was written as {format}, but an interpreter cannot run it: {reason}",
                format=TITLE,
                reason=str(error)[:200],
            ),
            _("Save it as .h5, .keras or a SavedModel folder."),
            code="written_file_not_readable",
        ) from error
    if bits == 32:
        check_agreement(found, expected, TITLE)
        return ()
    if any(not largest_difference(a, b) <= _LOST for a, b in zip(found, expected, strict=True)):
        raise FormatError(
            _(
                "The file was written with {bits} bits per weight and opened again as "
                "a check, but its predictions differ too much. The file was not saved.",
                bits=bits,
            ),
            (
                _("Export it with 32 bits (.tflite).")
                if bits == 16
                else _("Export it with 16 bits (.f16.tflite).")
            ),
            code="written_file_differs",
        )
    cost = accuracy_cost(trained, real, found, expected) if real is not None else ""
    return (
        _(
            "With {bits} bits per weight: {cost} ({rows}).",
            bits=bits,
            cost=cost or _loss(found[0], expected[0]),
            rows=real.words
            if real is not None
            else ngettext("{count} random row", "{count} random rows", len(rows[0])),
        ),
    )


def _loss(found: Array, expected: Array) -> str:
    """Return what fewer bits cost, as a difference from the network: the labels are unknown."""
    if expected.ndim == 2 and expected.shape[1] > 1:
        same = float(np.mean(found.argmax(-1) == expected.argmax(-1)))
        return _(
            "same class as the network for {share} of the rows", share=format_number(same, ".0%")
        )
    spread = float(np.ptp(expected)) or 1.0
    off = float(np.abs(found - expected).mean()) / spread
    return _(
        "mean difference from the network {share} of the value range",
        share=format_number(off, ".2%"),
    )


def _converted(
    trained: TrainedModel, batch: int | None, bits: int, dataset: Dataset | None = None
) -> bytes:
    import tensorflow as tf

    model = inference_model(trained.model)
    if bits < 32:
        model = separate_scalings(model)
    with tempfile.TemporaryDirectory(prefix="netbuilder-") as folder, mute_output():
        with steps_in_builtins() if batch is None else nullcontext():
            _export(model, Path(folder), batch)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        try:
            if bits == 8 and has_loop(Path(folder)):
                converter.optimizations = [tf.lite.Optimize.DEFAULT]
            elif bits == 8:
                rows = _measured_on(trained, dataset)
                return convert_int8(converter, rows, scaled_outputs(model))
            data: bytes = converter.convert()
            return convert_half(data) if bits == 16 else data
        # Whatever the converter says, it is about this network.
        except Exception as error:
            lines = [line for line in str(error).splitlines() if line.strip()]
            raise FormatError(
                _(
                    "TensorFlow Lite does not support this network: {reason}",
                    reason=f"{lines[0] if lines else error}"[:350],
                ),
                _("Save it as .h5, .keras or a SavedModel folder."),
                code="tflite_not_supported",
            ) from error


def _measured_on(trained: TrainedModel, dataset: Dataset | None) -> CalibrationRows:
    """Gives rows, one at a time, that it has learned from; else made-up ones."""
    rows = (
        random_rows(trained, CALIBRATION)
        if dataset is None
        else training_rows(trained, dataset, CALIBRATION)
    )

    def examples() -> Iterator[list[Array]]:
        for number in range(len(rows[0])):
            yield [values[number : number + 1] for values in rows]

    return examples


def _export(model: keras.Model, folder: Path, batch: int | None) -> None:
    """A SavedModel whose one function takes ``batch`` rows, or any number."""
    import keras
    import tensorflow as tf

    archive = keras.export.ExportArchive()
    archive.track(model)
    specs = [
        tf.TensorSpec((batch, *tensor.shape[1:]), tensor.dtype, name=_argument(number))
        for number, tensor in enumerate(model.inputs)
    ]

    def serve(*rows: Any) -> Any:
        if isinstance(model, keras.Sequential):
            return model(rows[0], training=False)
        return model(keras.tree.pack_sequence_as(model.input, list(rows)), training=False)

    archive.add_endpoint("serve", serve, input_signature=specs)
    archive.write_out(str(folder), verbose=False)


def _argument(number: int) -> str:
    return f"input_{number:03d}"


def _run(path: Path, rows: Sequence[Array], shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """Predictions of an interpreter, all rows at once where it takes them, else one by one."""
    import tensorflow as tf

    # From bytes: on Windows the interpreter opens no path with umlauts.
    interpreter = tf.lite.Interpreter(model_content=path.read_bytes())
    runner = interpreter.get_signature_runner()
    names = sorted(runner.get_output_details(), key=lambda name: int(name.rsplit("_", 1)[-1]))
    found: list[list[Array]] = [[] for _ in names]
    details = runner.get_input_details()
    many = all(-1 in one["shape_signature"][:1] for one in details.values())
    step = len(rows[0]) if many else 1
    for at in range(0, len(rows[0]), step):
        given = {
            name: values[at : at + step] for name, values in zip(sorted(details), rows, strict=True)
        }
        answers = runner(**given)
        for number, name in enumerate(names):
            found[number].append(np.asarray(answers[name]))
    return [np.concatenate(one) for one in found]
