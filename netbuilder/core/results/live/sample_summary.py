"""Inputs and predictions of a sample in words and own units."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    FittedColumn,
    InputPreprocessing,
    OutputPreprocessing,
)
from netbuilder.core.data.registry import modality_of
from netbuilder.core.data.tokens import JOINED, text_of
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.model import Project
from netbuilder.core.results.own_units import number_text, to_own_units
from netbuilder.core.wording import format_list

Array = NDArray[Any]
#: Lines of a name and what it is.
Lines = tuple[tuple[str, str], ...]
_WIDE = 28  # letters in a line of text


def format_cells(entry: InputPreprocessing, values: Array) -> dict[str, float | str]:
    """Return the cells of a raw table row by column, formatted; {} of other inputs."""
    row: dict[str, float | str] = {}
    at, flat = 0, np.asarray(values).reshape(-1)
    for column in modality_of(entry).row_columns(entry):
        part = flat[at : at + len(column.features)]
        at += len(column.features)
        if column.kind == "category":
            row[column.name] = column.categories[int(part.argmax())] if part.any() else ""
        else:
            row[column.name] = float(f"{part[0]:.7g}")  # the digits of a float32
    return row


def input_summary(
    inputs: Mapping[str, InputPreprocessing], raw: Mapping[str, Array], filled: Collection[str] = ()
) -> dict[str, Lines]:
    """Return by Input id the cells of a table row, or the lines of a text; nothing of other inputs.
    ``filled`` names the columns that were empty."""
    summary: dict[str, Lines] = {}
    for key, entry in inputs.items():
        if key not in raw:
            continue
        if entry.vocabulary:
            summary[key] = tuple(("", line) for line in _text_lines(entry, raw[key]))
        elif modality_of(entry).is_row(entry):
            cells, columns = format_cells(entry, raw[key]), {c.name: c for c in entry.columns}
            summary[key] = tuple(
                (n, mark_filled(text) if n in filled else text)
                for n, cell in cells.items()
                for text in [_cell(columns[n], cell)]
            )
    return {key: lines for key, lines in summary.items() if lines}


def mark_filled(text: str) -> str:
    """Return a cell that was empty as it is shown: with the value that stands in for it."""
    return _("{value} (filled in)", value=text)


def filled_columns(
    inputs: Mapping[str, InputPreprocessing], filled: Mapping[str, Array]
) -> tuple[str, ...]:
    """Return the names of the columns that were empty in a row, see ``Split.filled_in``."""
    return tuple(
        column.name
        for key, entry in inputs.items()
        if key in filled
        for column, empty in zip(entry.columns, filled[key], strict=True)
        if empty
    )


def filled_words(names: Sequence[str]) -> str:
    """Return a sentence about the columns that were empty in a row; "" for none."""
    if not names:
        return ""
    return ngettext(
        "{columns} was empty in the file; its value is filled in.",
        "{columns} were empty in the file; their values are filled in.",
        len(names),
        columns=format_list(names),
    )


def _cell(column: FittedColumn, cell: float | str) -> str:
    if isinstance(cell, str):
        return cell or "?"
    return number_text(column, cell) if np.isfinite(cell) else "?"


def _text_lines(entry: InputPreprocessing, ids: Array) -> list[str]:
    flat = np.asarray(ids).reshape(-1).astype(np.int64)
    words = [entry.vocabulary[number] for number in flat if 0 < number < len(entry.vocabulary)]
    text = text_of(words, entry.level) if entry.level else " ".join(words)
    if not text.strip():
        return []
    return textwrap.wrap(text, _WIDE) if entry.level not in JOINED else _cut(text)


def _cut(text: str) -> list[str]:
    visible = text.replace("\n", "⏎").replace(" ", "␣")
    return [visible[at : at + _WIDE] for at in range(0, len(visible), _WIDE)]


def predictions_in_units(
    values: Mapping[str, Array], project: Project, outputs: Mapping[str, OutputPreprocessing]
) -> dict[str, Array]:
    """Return numbers in own units, or probabilities, by output id, from values (n, ...) by node."""
    return {
        name: np.asarray(to_own_units(np.asarray(values[name], np.float64), project, name, target))
        for name, target in outputs.items()
        if name in values
    }


def features_of(inputs: Mapping[str, InputPreprocessing]) -> dict[str, tuple[str, ...]]:
    """Return the feature names of Inputs that take table rows, by id."""
    return {
        key: tuple(name for column in entry.columns for name in column.features)
        for key, entry in inputs.items()
        if modality_of(entry).is_row(entry)
    }


PADDING = "·"


def token_names(ids: Array, vocabulary: Sequence[str]) -> tuple[str, ...]:
    """Return the word of each number; a dot for padding."""
    return tuple(
        (vocabulary[number] or PADDING) if 0 < number < len(vocabulary) else PADDING
        for number in map(int, np.asarray(ids).reshape(-1))
    )


def step_names(
    values: Mapping[str, Array], words: Mapping[str, Sequence[str]], steps: int
) -> tuple[str, ...]:
    """Return the words of a layer's ``steps`` steps if a text of that length comes in; else ()."""
    for name, vocabulary in words.items():
        ids = values.get(name)
        if ids is not None and np.ndim(ids) == 1 and len(ids) == steps and vocabulary:
            return token_names(ids, vocabulary)
    return ()


def nearest_words(
    matrix: Array, number: int, vocabulary: Sequence[str], most: int = 5
) -> tuple[tuple[str, float], ...]:
    """Return the words with the most similar vectors, with their cosine, nearest first."""
    rows = np.asarray(matrix, np.float64)
    known = [
        index for index in range(min(len(rows), len(vocabulary))) if index and vocabulary[index]
    ]
    others = np.array([index for index in known if index != number], np.int64)
    if not 0 <= number < len(rows) or not len(others):
        return ()
    lengths = np.linalg.norm(rows[others], axis=1) * np.linalg.norm(rows[number])
    cosines = rows[others] @ rows[number] / np.where(lengths == 0, 1.0, lengths)
    order = np.argsort(-cosines, kind="stable")[:most]
    return tuple((str(vocabulary[others[place]]), float(cosines[place])) for place in order)
