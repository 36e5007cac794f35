"""What was written is opened again and asked the same rows: the answers must be the network's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netbuilder.core.data.kinds.modality import Key
from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.engine.build.assembly import FileInputModel
from netbuilder.core.engine.build.graph_to_keras import model_inputs
from netbuilder.core.engine.trained import TrainedModel
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
from netbuilder.core.tensorflow_output import mute_output
from netbuilder.core.wording import format_number

# Of the largest answer: what other arithmetic may make of 32-bit numbers.
TOLERANCE = 2e-3
# Steps of an input of variable length.
STEPS = 40


def random_rows(trained: TrainedModel, count: int = 4, seed: int = 0) -> list[Array]:
    """Made-up raw rows, as those that the network was trained on: one array an input.

    Numbers lie around the offset of their scaling, pixels between black and white, ids of words
    are small whole numbers.
    """
    random = np.random.default_rng(seed)
    found = []
    for name, tensor in _inputs(trained):
        how = trained.preprocessing.inputs.get(name, InputPreprocessing())
        shape = (count, *(STEPS if side is None else int(side) for side in tensor.shape[1:]))
        dtype = str(tensor.dtype)
        if dtype == "string":
            found.append(random_words(random, shape))
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
        found.append(values.astype(dtype if dtype != "bfloat16" else "float32"))
    return found


def _inputs(trained: TrainedModel) -> list[tuple[str, Any]]:
    return [(tensor.name, tensor) for tensor in trained.model.inputs]


def random_samples(
    trained: TrainedModel, made: FileInputModel | None, count: int = 4
) -> tuple[Any, Any]:
    """Made-up samples as a written model takes them, and what the network answers to them.

    Args:
        trained: the network.
        made: the model that was written, where it is not the network's own.
        count: of samples.

    Returns:
        What the written model takes (as tensors where it takes words: Keras takes strings in no
        other form), and one array an output.
    """
    import tensorflow as tf

    plain = random_rows(trained, count)
    if made is None:
        return arrange_inputs(trained.model, plain), predict_rows(trained.model, plain)
    found: dict[Key, Any] = {}
    for number, name in enumerate(model_inputs(trained.project.graph)):
        if name in made.forms:
            cells, plain[number] = made.forms[name].examples(
                trained.preprocessing.inputs[name], name, count
            )
            found |= cells
        else:
            found["node", name] = plain[number]
    given = made.arranged({key: tf.constant(one) for key, one in found.items()})
    return given, predict_rows(trained.model, plain)


def check_opens(
    trained: TrainedModel, path: Path, title: str, made: FileInputModel | None = None
) -> None:
    """Open ``path`` as anybody would, with ``keras.models.load_model``, and ask it rows.

    Args:
        trained: the network.
        path: the file.
        title: of the format, for messages.
        made: the model that was written, where it is not the network's own.

    Raises:
        FormatError: Keras cannot open it, or it answers something else than the network.
    """
    import keras

    given, expected = random_samples(trained, made)
    try:
        with mute_output():
            found = call_model(keras.models.load_model(path), given)
    # Whatever Keras says, it is about this file.
    except Exception as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        raise FormatError(
            _(
                "The file was written as {format}, but Keras cannot open it again: "
                "{reason} The file was not saved.",
                format=title,
                reason=(lines or [type(error).__name__])[0][:200],
            ),
            _("Save it in the other format of Keras (.h5 or .keras)."),
            code="written_file_not_readable",
        ) from error
    check_agreement(found, expected, title)
    _must_open_here(trained, path, title)


def _must_open_here(trained: TrainedModel, path: Path, title: str) -> None:
    """The same by NetBuilder's own reader, which judges a file before Keras sees it."""
    try:
        with mute_output():
            again = load_network(path).model
    except UserError as error:
        raise FormatError(
            _(
                "The file was written as {format}, but NetBuilder cannot open it "
                "again: {reason} The file was not saved.",
                format=title,
                reason=error.what,
            ),
            _("Save the model in another format, and report this problem."),
            code="written_file_not_readable",
        ) from error
    rows = random_rows(trained)
    check_agreement(predict_rows(again, rows), predict_rows(trained.model, rows), title)


def check_agreement(found: Sequence[Array], expected: Sequence[Array], title: str) -> None:
    """Raise where the answers of a written file are not the network's.

    Args:
        found: what the file answers, one array an output.
        expected: what the network answers.
        title: of the format, for the message.

    Raises:
        FormatError: another number of answers, another shape, or other numbers.
    """
    if len(found) != len(expected):
        raise _wrong(
            title,
            ngettext(
                "it has {count} output instead of {expected}",
                "it has {count} outputs instead of {expected}",
                len(found),
                expected=len(expected),
            ),
        )
    for ours, theirs in zip(expected, found, strict=True):
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


def largest_difference(found: Array, expected: Array) -> float:
    """Largest difference as a share of the largest answer; NaN in the same place is alike."""
    if expected.size == 0:
        return 0.0
    alike = np.isnan(found) & np.isnan(expected)
    size = float(np.nanmax(np.abs(np.where(alike, 0, expected)))) or 1.0
    return float(np.max(np.abs(np.where(alike, 0, found - expected)))) / max(size, 1e-6)


def _wrong(title: str, detail: str) -> FormatError:
    return FormatError(
        _(
            "The file was written as {format} and opened again as a check, but its "
            "predictions differ: {detail}. The file was not saved.",
            format=title,
            detail=detail,
        ),
        _("Save the network as .h5 or .keras, which contain the whole network."),
        code="written_file_differs",
    )
