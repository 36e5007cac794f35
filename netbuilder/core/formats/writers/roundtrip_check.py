"""Open written files again and compare their predictions with the network's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netbuilder.core.data.kinds.modality import Key
from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.engine.networks.assembly import FileInputModel
from netbuilder.core.engine.networks.graph_to_keras import model_inputs
from netbuilder.core.engine.networks.keras_objects import first_line
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import format_error
from netbuilder.core.errors import FormatError, UserError
from netbuilder.core.formats.importing.import_file import load_network
from netbuilder.core.formats.keras_prediction import (
    Array,
    arrange_inputs,
    call_model,
    predict_rows,
    random_words,
)
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.process.tensorflow_output import mute_output
from netbuilder.core.wording import format_number

# Relative to the largest prediction: the effect of other 32-bit arithmetic.
TOLERANCE = 2e-3
# Steps for inputs of variable length.
STEPS = 40


def random_rows(trained: TrainedModel, count: int = 4, seed: int = 0) -> list[Array]:
    """Return random raw rows resembling the training data, one array per input.

    Numbers are around the offset of their scaling, pixels between black and white, and word ids
    small integers.
    """
    random = np.random.default_rng(seed)
    rows = []
    for tensor in trained.model.inputs:
        how = trained.preprocessing.inputs.get(tensor.name, InputPreprocessing())
        shape = (count, *(STEPS if side is None else int(side) for side in tensor.shape[1:]))
        dtype = str(tensor.dtype)
        if dtype == "string":
            rows.append(random_words(random, shape))
            continue
        if "int" in dtype:
            values: Array = random.integers(0, 2, shape)
        elif how.value_range:
            low, high = how.value_range[0], how.value_range[-1]
            values = random.uniform(low, high, shape)
        else:
            values = random.normal(size=shape)
            if how.scaled:
                values = values * np.asarray(how.scale) + np.asarray(how.offset)
        rows.append(values.astype(dtype if dtype != "bfloat16" else "float32"))
    return rows


def random_samples(
    trained: TrainedModel, file_model: FileInputModel | None, count: int = 4
) -> tuple[Any, Any]:
    """Return ``count`` random samples for a written model, and the network's predictions for them.

    ``file_model`` is the written model unless it is the network's own. Samples with strings are
    tensors, since Keras takes strings in no other form; predictions are one array per output.
    """
    import tensorflow as tf

    plain = random_rows(trained, count)
    if file_model is None:
        return arrange_inputs(trained.model, plain), predict_rows(trained.model, plain)
    samples: dict[Key, Any] = {}
    for number, name in enumerate(model_inputs(trained.project.graph)):
        if name in file_model.forms:
            cells, plain[number] = file_model.forms[name].examples(
                trained.preprocessing.inputs[name], name, count
            )
            samples |= cells
        else:
            samples["node", name] = plain[number]
    inputs = file_model.arranged({key: tf.constant(values) for key, values in samples.items()})
    return inputs, predict_rows(trained.model, plain)


def check_opens(
    trained: TrainedModel, path: Path, title: str, file_model: FileInputModel | None = None
) -> None:
    """Open a file with ``keras.models.load_model`` and compare its predictions.

    ``file_model`` is the written model unless it is the network's own. Raise FormatError if Keras
    or NetBuilder cannot open it, or its predictions differ.
    """
    import keras

    samples, expected = random_samples(trained, file_model)
    try:
        with mute_output():
            predictions = call_model(keras.models.load_model(path), samples)
    # Any error of Keras is about this file.
    except Exception as error:
        raise format_error(
            "written_file_not_readable:2", format=title, reason=first_line(error)[:200]
        ) from error
    check_agreement(predictions, expected, title)
    _must_open_here(trained, path, title)


def _must_open_here(trained: TrainedModel, path: Path, title: str) -> None:
    """Check the file with NetBuilder's own reader too."""
    try:
        with mute_output():
            reloaded = load_network(path).model
    except UserError as error:
        raise format_error(
            "written_file_not_readable:3", format=title, reason=error.what
        ) from error
    rows = random_rows(trained)
    check_agreement(predict_rows(reloaded, rows), predict_rows(trained.model, rows), title)


def check_agreement(predictions: Sequence[Array], expected: Sequence[Array], title: str) -> None:
    """Compare a file's predictions with the network's; raise FormatError if they differ."""
    if len(predictions) != len(expected):
        raise _wrong(
            title,
            ngettext(
                "it has {count} output instead of {expected}",
                "it has {count} outputs instead of {expected}",
                len(predictions),
                expected=len(expected),
            ),
        )
    for ours, theirs in zip(expected, predictions, strict=True):
        if np.shape(theirs) != np.shape(ours):
            raise _wrong(
                title,
                _(
                    "its predictions have shape {shape} instead of {expected}",
                    shape=np.shape(theirs),
                    expected=np.shape(ours),
                ),
            )
        off = largest_difference(theirs, ours)
        if not off <= TOLERANCE:
            place = np.unravel_index(np.argmax(np.abs(theirs - ours)), ours.shape)
            raise _wrong(
                title,
                _(
                    "it predicts {found} instead of {expected}",
                    found=format_number(float(theirs[place]), ".6g"),
                    expected=format_number(float(ours[place]), ".6g"),
                ),
            )


def largest_difference(values: Array, expected: Array) -> float:
    """Return the largest difference relative to the largest value; NaNs are equal."""
    if expected.size == 0:
        return 0.0
    alike = np.isnan(values) & np.isnan(expected)
    size = float(np.nanmax(np.abs(np.where(alike, 0, expected)))) or 1.0
    return float(np.max(np.abs(np.where(alike, 0, values - expected)))) / max(size, 1e-6)


def _wrong(title: str, detail: str) -> FormatError:
    return format_error("written_file_differs", format=title, detail=detail)
