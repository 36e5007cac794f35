"""Predictions of a trained network for new samples: rows, pictures, texts, arrays."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.kinds.modality import Modality
from netbuilder.core.data.kinds.text.next_token import tokens_read
from netbuilder.core.data.prepare import inference_data
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    OutputPreprocessing,
)
from netbuilder.core.data.preprocessing.number_text import EITHER, THREES, number_of
from netbuilder.core.data.preprocessing.word_encoding import words_of
from netbuilder.core.data.registry import modality_of
from netbuilder.core.data.tokens import token_spans
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.results.own_units import (
    class_probabilities,
    predict_values_and_novelty,
    preprocessing_of,
)
from netbuilder.core.results.unusual_values import (
    KNOWS_NOTHING,
    has_no_known_words,
    unusual_sentences,
)
from netbuilder.core.wording import (
    did_you_mean,
    format_list,
    format_measure,
    format_number,
    format_probability,
    join_sentences,
    join_values,
    labelled,
)

_sentence = sentences_of("results")

Array = NDArray[Any]
#: Numbers that a prediction in words lists.
_MOST_NAMED = 4
# Prefix of the columns of probabilities.
PROBABILITY = "probability of "


@dataclass(frozen=True)
class OutputPredictions:
    """Predictions of one output for n samples.

    Attributes:
        output: id of the output.
        task: "regression", "binary", "classes" or "multi_label".
        columns: names of the target columns.
        values: numbers in own units (n, columns), or the last layer's values for classes.
        labels: the label of each sample ("a, b" for several); empty for numbers.
        classes: all labels.
        probabilities: (n, classes), or None.
        units: unit of each column, or empty.
    """

    output: str
    task: str
    columns: tuple[str, ...]
    values: Array
    labels: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    probabilities: Array | None = None
    units: tuple[str, ...] = ()

    def text(self, index: int = 0) -> str:
        """Return a prediction in words: "price: 1,400" or "species: setosa (98 %)"."""
        if not np.isfinite(self.values[index]).all():
            return _("{columns}: not a number", columns=format_list(self.columns) or self.output)
        if self.task == REGRESSION:
            row = self.values[index]
            if row.ndim > 1:
                return _("{output}: an array of shape {shape}", output=self.output, shape=row.shape)
            units = self.units or ("",) * len(self.columns)
            parts = [
                f"{name}: {format_measure(float(value), unit)}"
                for name, unit, value in zip(self.columns, units, row[:_MOST_NAMED], strict=False)
            ]
            more = (
                [_("and {count} more", count=format_number(len(row) - len(parts), ","))]
                if len(row) > len(parts)
                else []
            )
            return join_values(parts + more)
        if self.task == MULTI_LABEL:
            return self.labels[index] or _("none of the labels")
        sure = ""
        if self.probabilities is not None:
            sure = f" ({format_probability(float(self.probabilities[index].max()))})"
        return labelled(self.columns[0], f"{self.labels[index]}{sure}")

    def to_columns(self) -> dict[str, Array]:
        """Return columns of a result table: "predicted NAME", "probability of LABEL" by class."""
        columns: dict[str, Array] = {}
        if self.task == REGRESSION:
            flat = self.values.reshape(len(self.values), -1)
            names = self.columns
            if flat.shape[1] != len(names):
                names = tuple(f"{names[0]} {index}" for index in range(flat.shape[1]))
            return {f"predicted {n}": _seven_digits(flat[:, i]) for i, n in enumerate(names)}
        name = self.columns[0] if len(self.columns) == 1 else self.output
        columns[f"predicted {name}"] = np.array(self.labels, object)
        if self.probabilities is not None:
            for index, label in enumerate(self.classes):
                columns[f"{PROBABILITY}{label}"] = _seven_digits(self.probabilities[:, index])
        return columns


def _seven_digits(values: Array) -> Array:
    """Return float64 rounded to the precision of float32."""
    return np.array([float(f"{value:.7g}") for value in values])


@dataclass(frozen=True)
class Predictions:
    """Predictions of all outputs for n samples: ``sources`` are file names, ``notes`` sentences
    about skipped or unusual rows, ``unlike`` whether a sample is unlike the training data (or
    empty)."""

    outputs: Mapping[str, OutputPredictions]
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unlike: tuple[bool, ...] = ()

    @property
    def unlike_note(self) -> str:
        """Return a sentence about samples unlike the training data; "" for none."""
        count = sum(self.unlike)
        if not count:
            return ""
        if len(self) == 1:
            return _("Unlike the training data: the prediction may be wrong.")
        return ngettext(
            "{count} of {total} samples is unlike the training data: its prediction may be wrong.",
            "{count} of {total} samples are unlike the training data: their predictions may be "
            "wrong.",
            count,
            total=format_number(len(self), ","),
        )

    @property
    def first(self) -> OutputPredictions:
        """Return the first output's predictions."""
        return next(iter(self.outputs.values()))

    def __len__(self) -> int:
        return len(self.first.values)

    def text(self, index: int = 0) -> str:
        """Return all predictions for one sample in words."""
        return join_values((answers.text(index) for answers in self.outputs.values()), clauses=True)

    def to_columns(self) -> dict[str, Array]:
        """Return columns of a result table; names used by two outputs are prefixed with the output
        id."""
        columns: dict[str, Array] = {}
        for key, answers in self.outputs.items():
            for name, values in answers.to_columns().items():
                columns[name if name not in columns else f"{key}: {name}"] = values
        return columns


@dataclass(frozen=True)
class FormField:
    """A field of the form for a new row.

    ``low``, ``high``, ``typical``: of the training rows (None if unknown); ``whole``: whole numbers
    only; ``style``: of dates; ``needed``: an empty cell is not filled; ``marks``: decimal mark of
    the file.
    """

    name: str
    kind: str
    categories: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    typical: float | str | None = None
    whole: bool = False
    unit: str = ""
    style: str = ""
    needed: bool = True
    marks: str = ""


def form_fields(trained: TrainedModel) -> tuple[FormField, ...]:
    """Return the columns to fill in, each once; empty for models that take no table rows."""
    fields: dict[str, FormField] = {}
    preprocessing = preprocessing_of(trained)
    marks = preprocessing.hints.get("like_numbers") or {}
    usual = "," if preprocessing.hints.get("like_decimal") == "," else ""
    for entry in preprocessing.inputs.values():
        for c in modality_of(entry).row_columns(entry):
            fields[c.name] = FormField(
                c.name, c.kind, c.categories, c.low, c.high, c.typical, c.whole, c.unit, c.style,
                c.fill is None, marks.get(c.name, usual),
            )  # fmt: skip
    return tuple(fields.values())


def input_sort(trained: TrainedModel) -> str:
    """Return what the model takes: "rows", "images", "texts", …; "arrays" for a mix."""
    sorts = {sort.takes for sort in modalities_of(trained)}
    return sorts.pop() if len(sorts) == 1 else "arrays"


def modalities_of(trained: TrainedModel) -> set[Modality]:
    """Return the modalities of the model's Inputs."""
    return {modality_of(entry) for entry in preprocessing_of(trained).inputs.values()}


def prediction_picture(trained: TrainedModel, predictions: Predictions) -> Array | None:
    """Return the first sample's prediction as a picture (height, width, channels) if the network is
    an autoencoder of pictures; else None."""
    inputs = list(preprocessing_of(trained).inputs.values())
    answers = predictions.first
    if len(inputs) != 1 or answers.task != REGRESSION or len(inputs[0].shape) != 3:
        return None
    shape = tuple(size or 0 for size in inputs[0].shape)
    flat = answers.values[0].reshape(-1)
    if flat.size < 4 or flat.size != int(np.prod(shape)) or not np.isfinite(flat).all():
        return None
    return np.asarray(flat.reshape(shape))


def predict_raw(trained: TrainedModel, raw: Mapping[str, Array]) -> Predictions:
    """Predict for raw values by Input id, (n, *shape)."""
    preprocessing = preprocessing_of(trained)
    for key, entry in preprocessing.inputs.items():
        if key in raw:
            _need_shape(raw[key], entry, key)
    values, unlike = predict_values_and_novelty(trained, preprocessing.apply_inputs(raw))
    return replace(predictions_of(values, preprocessing.outputs), unlike=unlike)


def predictions_of(
    values: Mapping[str, Array], outputs: Mapping[str, OutputPreprocessing]
) -> Predictions:
    """Return a network's values by output id, in own units, as ``Predictions``."""
    broken = [
        int((~np.isfinite(value.reshape(len(value), -1)).all(axis=1)).sum())
        for value in values.values()
    ]
    notes = (_no_number(max(broken), len(next(iter(values.values())))),) if any(broken) else ()
    return Predictions(
        {key: _answers(key, value, outputs[key]) for key, value in values.items()}, notes=notes
    )


def _no_number(count: int, rows: int) -> str:
    fix = _("Its weights became too large in training. Train again with a smaller learning rate.")
    if rows == 1:
        return join_sentences((_("The prediction is not a number (NaN)."), fix))
    problem = _sentence("not_numbers", count=count, total=format_number(rows, ","))
    return join_sentences((problem, fix))


def _need_shape(values: Array, entry: InputPreprocessing, key: str) -> None:
    fits = values.ndim == len(entry.shape) + 1 and all(
        want is None or want == got for want, got in zip(entry.shape, values.shape[1:], strict=True)
    )
    if not fits:
        raise data_error("sample_shape:2", name=key, shape=values.shape[1:], wanted=entry.shape)


def _answers(output: str, values: Array, target: OutputPreprocessing) -> OutputPredictions:
    if target.task == REGRESSION:
        return OutputPredictions(
            output, target.task, target.columns, values, units=target.column_units
        )
    numbers = target.class_numbers(values)
    if target.task == MULTI_LABEL:
        labels = tuple(
            join_values(label for label, on in zip(target.classes, row, strict=True) if on)
            for row in numbers
        )
    else:
        classes = dict(enumerate(target.classes))
        labels = tuple(classes.get(int(index), str(int(index))) for index in numbers)
    probabilities = class_probabilities(values, target)
    return OutputPredictions(
        output, target.task, target.columns, values, labels, target.classes, probabilities
    )


def predict_rows(
    trained: TrainedModel, rows: Mapping[str, object] | Sequence[Mapping[str, object]]
) -> Predictions:
    """Predict for rows as mappings from column name to number or text.

    Raise DataError if a column is missing or unknown, or a cell is no number or known category.
    """
    listed_rows = [rows] if isinstance(rows, Mapping) else list(rows)
    raw, notes = raw_from_rows(trained, listed_rows)
    predictions = predict_raw(trained, raw)
    far = unusual_sentences(preprocessing_of(trained), raw)
    return replace(predictions, notes=(*predictions.notes, *notes, *far))


def raw_from_rows(
    trained: TrainedModel, listed_rows: Sequence[Mapping[str, object]]
) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Return raw values by Input id, (n, ...), of filled-in rows, and notes."""
    import pandas as pd

    if not listed_rows:
        raise data_error("no_row")
    known = [entry.name for entry in form_fields(trained)]
    if not known:
        raise data_error("model_takes_no_table", inputs=input_sort(trained))
    targets = {name for e in preprocessing_of(trained).outputs.values() for name in e.columns}
    for row in listed_rows:
        for name in row:
            if name not in known and name not in targets:
                raise DataError(
                    _("The model has no column '{name}'.", name=name),
                    did_you_mean(
                        name, known, _("Known names: {names}.", names=format_list(known, 12))
                    ),
                    code="column_unknown",
                )
    frames = [inference_data.row_table(row) for row in listed_rows]
    table = pd.concat(frames, ignore_index=True)
    _need_filled(trained, table)
    table.index = pd.RangeIndex(1, len(table) + 1)
    _need_numbers(trained, table)
    raw, _unused, notes = inference_data.raw_of_table(
        table, trained.project.data, preprocessing_of(trained), _("the form")
    )
    return raw, notes


def _need_filled(trained: TrainedModel, table: Any) -> None:
    for entry in preprocessing_of(trained).inputs.values():
        for column in entry.columns:
            if column.name in table and column.fill is None and table[column.name].isna().any():
                raise data_error("cell_empty", column=column.name)


def _need_numbers(trained: TrainedModel, table: Any) -> None:
    import pandas as pd

    for entry in form_fields(trained):
        if entry.kind != "number" or entry.name not in table:
            continue
        cells = [_number(cell, entry) for cell in table[entry.name]]
        table[entry.name] = pd.Series(cells, index=table.index, dtype="float64")


def _number(cell: object, entry: FormField) -> float:
    """Return a cell as a number, by its file's decimal mark or any unambiguous one."""
    if cell is None:
        return float("nan")
    if isinstance(cell, int | float | np.number):
        return float(cell)
    text = str(cell).strip()
    text = {"true": "1", "false": "0"}.get(text.lower(), text)
    with contextlib.suppress(ValueError):
        if entry.marks in {"", "."}:
            return float(text)
    counts = {"": 1.0, entry.unit: 1.0}

    def read(*marks: str) -> set[float]:
        return {v for v in (number_of(text, mark, counts) for mark in marks) if np.isfinite(v)}

    readings = (read(entry.marks) if entry.marks else set()) or read(EITHER, THREES)
    with contextlib.suppress(ValueError):
        usual = float(text)  # the mark may be meant as everybody else's
        readings |= {usual} if np.isfinite(usual) else set()
    if len(readings) == 1:
        return readings.pop()
    two = len(readings) > 1
    raise DataError(
        _sentence(
            "two_readings",
            name=entry.name,
            cell=text,
            first=format_number(min(readings), "g"),
            second=format_number(max(readings), ".12g"),
        )
        if two
        else _("'{name}' must be a number, not '{cell}'.", name=entry.name, cell=text),
        _("Write a number such as 3.5."),
        code="number_two_ways" if two else "not_a_number",
    )


def files_of_samples(
    trained: TrainedModel, path: Path, endings: Sequence[str]
) -> tuple[list[Path], tuple[str, ...]]:
    """Return a file, or those of a folder with these endings, and their names."""
    files = [path]
    if path.is_dir():
        files = sorted(f for f in path.rglob("*") if f.suffix.lower() in endings and f.is_file())
    if not files or files[0].suffix.lower() not in endings:
        raise data_error(
            "no_fitting_file",
            folder=path.name,
            endings=join_values(endings),
            inputs=input_sort(trained),
        )
    root = path if path.is_dir() else path.parent
    return files, tuple(file.relative_to(root).as_posix() for file in files)


def predict_files(trained: TrainedModel, files: Sequence[Path]) -> Predictions:
    """Predict for files of one sample each: pictures, texts, sounds."""
    raw = inference_data.raw_of_files(list(files), preprocessing_of(trained))
    predictions = predict_raw(trained, raw)
    return replace(predictions, sources=tuple(str(file) for file in files))


def predict_texts(trained: TrainedModel, texts: Sequence[str]) -> Predictions:
    """Predict for texts; words outside the vocabulary count as unknown."""
    preprocessing = preprocessing_of(trained)
    raw = {
        key: modality_of(entry).of_texts(list(texts), entry)
        for key, entry in preprocessing.inputs.items()
    }
    predictions = predict_raw(trained, raw)
    unread = [len(texts) == 1 and has_no_known_words(value[0]) for value in raw.values()]
    if all(unread):
        return replace(predictions, notes=(*predictions.notes, _(KNOWS_NOTHING)))
    return predictions


def unknown_words(trained: TrainedModel, text: str) -> tuple[str, ...]:
    """Return the words (or characters) of a text that are not in the vocabulary."""
    return tuple(dict.fromkeys(token for _unused, _unused, token in _unknown(trained, text)))


def unknown_spans(trained: TrainedModel, text: str) -> tuple[tuple[int, int], ...]:
    """Return (start, end) of each of the ``unknown_words`` in the text."""
    return tuple((start, end) for start, end, _unused in _unknown(trained, text))


def _unknown(trained: TrainedModel, text: str) -> list[tuple[int, int, str]]:
    spans: list[tuple[int, int, str]] = []
    for entry in preprocessing_of(trained).inputs.values():
        if not entry.vocabulary:
            continue
        known = set(entry.vocabulary)
        for start, end in token_spans(text, entry.level or entry.split):
            piece = text[start:end]
            tokens = tokens_read(piece, entry) if entry.level else words_of(piece, entry.split)
            spans += [(start, end, token) for token in tokens if token not in known]
    return spans
