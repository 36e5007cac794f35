"""Predictions for a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.kinds.arrays.array_files import ENDINGS as ARRAY_ENDINGS
from netbuilder.core.data.kinds.arrays.array_roles import read_inputs
from netbuilder.core.data.kinds.csv.table import unknown_words
from netbuilder.core.data.kinds.series.windows import rows_ahead
from netbuilder.core.data.prepare import inference_data
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    Preprocessing,
)
from netbuilder.core.data.readers.csv_dialect import BLANKS, Dialect, sniff
from netbuilder.core.data.readers.csv_reader import read_cells, read_table, read_with
from netbuilder.core.data.readers.table_files import reader_of
from netbuilder.core.data.registry import MODALITIES, modality_of
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.escaping.plain_text import spreadsheet_cell
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.atomic import replace_atomically
from netbuilder.core.results.forecast import BAND, naive_note, with_band
from netbuilder.core.results.own_units import preprocessing_of
from netbuilder.core.results.predict import (
    PROBABILITY,
    Predictions,
    files_of_samples,
    input_sort,
    predict_files,
    predict_raw,
)
from netbuilder.core.results.unusual_values import looks_scaled, undo_scaling, unusual_sentences
from netbuilder.core.wording import format_list, format_number, format_quoted_list, join_sentences

if TYPE_CHECKING:
    import pandas as pd

_sentence = sentences_of("results")

LOOKS_SCALED_SENTENCE = N_(
    "All numbers in this file are between 0 and 1, as if they were already "
    "scaled. The network scales its inputs automatically: it takes "
    "unscaled numbers."
)


@dataclass(frozen=True)
class FilePredictions:
    """The predictions for a file as a table.

    ``table`` has the columns of a CSV input (or "file") followed by ``answers``, the added columns.
    ``looks_scaled``: numbers seem scaled to 0 to 1. Of a series ``order`` is the time column, and
    the first ``before`` rows have no prediction.
    """

    predictions: Predictions
    table: pd.DataFrame
    answers: tuple[str, ...]
    separator: str = ","
    decimal: str = "."
    encoding: str = "utf-8"
    looks_scaled: bool = False
    order: str = ""
    before: int = 0

    def write(self, out: Path) -> None:
        """Write the table as a CSV, as UTF-8, without formulas that a spreadsheet would run."""
        table = self.table.apply(
            lambda cells: cells.map(spreadsheet_cell) if cells.dtype.kind in "OU" else cells
        )
        with replace_atomically(Path(out)) as temporary:
            table.to_csv(
                temporary,
                header=[spreadsheet_cell(str(name)) for name in table.columns],
                index=False,
                sep=self.separator,
                decimal=self.decimal,
                encoding="utf-8-sig" if self.encoding.endswith("-sig") else "utf-8",
            )

    def text_rows(self) -> tuple[tuple[str, ...], TextRows]:
        """Return column names and rows as text, predictions first (after the time of a series)."""
        first = [self.order] * bool(self.order) + [*self.answers]
        names = (*first, *(name for name in map(str, self.table.columns) if name not in first))
        return names, TextRows(self, names)

    def text(self, name: str, value: Any) -> str:
        """Format a cell of a column."""
        if value is None:
            return ""
        if not isinstance(value, float | np.floating):
            return str(value)
        if np.isnan(value):
            return ""  # a row that was left out
        if name not in self.answers:
            return f"{value:.6g}"
        if name.startswith(PROBABILITY):
            return format_number(float(value), ".1%")
        return format_number(float(value))


class TextRows(Sequence[tuple[str, ...]]):
    """Rows of predictions as text, formatted on access."""

    def __init__(self, predictions: FilePredictions, names: Sequence[str]) -> None:
        self._predictions = predictions
        self._columns = [
            (name, predictions.table[name].to_numpy()[predictions.before :]) for name in names
        ]

    def __len__(self) -> int:
        return len(self._predictions.table) - self._predictions.before

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(len(self)))]
        return tuple(self._predictions.text(name, values[at]) for name, values in self._columns)


def predict_file(
    trained: TrainedModel, path: Path, out: Path | None = None, *, scaled: bool = False
) -> Predictions:
    """Predict for a file and write the table to ``out``; see ``predictions_of_file``."""
    result = predictions_of_file(trained, path, scaled=scaled)
    if out is not None:
        result.write(out)
    if not result.looks_scaled:
        return result.predictions
    notes = (
        join_sentences((_(LOOKS_SCALED_SENTENCE), _("If they are scaled, add --scaled."))),
        *result.predictions.notes,
    )
    return replace(result.predictions, notes=notes)


def predictions_of_file(
    trained: TrainedModel, path: Path, *, scaled: bool = False
) -> FilePredictions:
    """Predict for everything in a file or folder.

    ``path``: a CSV file; a picture or ``.txt`` file, or a folder or zip of them; an ``.npz`` or
    ``.h5`` of arrays; ``scaled``: undo a min-max scaling of a table's numbers first. Returns a
    table with a column "predicted NAME" for each target and "probability of LABEL" for each class.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if not path.exists():
        raise data_error("file_not_found", path, file=path.name, folder=path.parent)
    path = inference_data.folder_of_samples(path, preprocessing_of(trained))
    if path.is_dir() or any(ending in sort.endings for sort in MODALITIES.values()):
        return _files(trained, path)
    if ending in ARRAY_ENDINGS:
        predictions = predict_raw(trained, read_inputs(path, preprocessing_of(trained).inputs))
        return _answers(predictions)
    return _table(trained, path, scaled)


def _files(trained: TrainedModel, path: Path) -> FilePredictions:
    sorts = [modality_of(entry) for entry in preprocessing_of(trained).inputs.values()]
    endings = sorts[0].endings if sorts else ()
    if not endings:
        raise data_error("file_does_not_fit", inputs=input_sort(trained), file=path.name)
    files, names = files_of_samples(trained, path, endings)
    predictions = predict_files(trained, files)
    return _answers(replace(predictions, sources=names))


def _answers(predictions: Predictions) -> FilePredictions:
    import pandas as pd

    columns: dict[str, Any] = {"file": list(predictions.sources)} if predictions.sources else {}
    answers = predictions.to_columns()
    predictions = _with_notes(predictions)
    return FilePredictions(predictions, pd.DataFrame({**columns, **answers}), tuple(answers))


def _with_notes(predictions: Predictions, notes: Sequence[str] = ()) -> Predictions:
    unlike = (predictions.unlike_note,) if predictions.unlike_note else ()
    return replace(predictions, notes=(*predictions.notes, *notes, *unlike))


def _table(trained: TrainedModel, path: Path, scaled: bool) -> FilePredictions:
    import pandas as pd

    preprocessing = preprocessing_of(trained)
    options = inference_data.reading_of_model(trained.project.data, preprocessing)
    dialect = None if reader_of(path) else sniff(path, options)
    table = (
        read_table(path, options) if dialect is None else read_with(path, dialect, None, options)
    )
    used = inference_data.as_model_table(table, preprocessing, path.name)
    if scaled:
        used = undo_scaling(used, preprocessing)
    used, strange = _without_strangers(used, preprocessing, path.name)
    raw, usable, notes = inference_data.raw_of_table(
        used, trained.project.data, preprocessing, path.name
    )
    if usable.empty:
        raise data_error("every_row_incomplete:2", file=path.name)
    predictions = predict_raw(trained, raw)
    # The user's own cells are written as they stood: 36 stays 36, and NA stays NA.
    cells = table if dialect is None else read_cells(path, dialect).loc[table.index]
    sources = tuple(_("line {number}", number=line) for line in usable.index)
    far = unusual_sentences(preprocessing, raw, sources)
    series, order, before = inference_data.series_input(preprocessing), "", 0
    if series is not None:
        lines, more, order = rows_ahead(used, trained.project.data, series, path.name)
        known = set(cells.index)
        sources = tuple(
            _("line {number}", number=line) if line in known else _("after the last line")
            for line in lines[:, 0]
        )
        places = [line for line in lines[:, 0] if line in known]
        falling = len(places) > 1 and places[0] > places[1]  # newest row first
        cells = pd.concat([more[::-1], cells] if falling else [cells, more])
        answers = _beside_their_rows(
            with_band(trained, predictions.to_columns()), lines, cells.index
        )
        names = tuple(map(str, answers.columns))
        before = int(answers.notna().any(axis=1).argmax())
        warning = naive_note(trained)
        notes = (*_about_series(names, series, len(more), lines.shape[1]), *filter(None, [warning]))
    else:
        answers = pd.DataFrame(predictions.to_columns(), index=usable.index)
        names = tuple(map(str, answers.columns))
    result = cells.copy()
    for name in names:
        result[name] = answers[name]
    return FilePredictions(
        _with_notes(replace(predictions, sources=sources), (*strange, *notes, *far)),
        result,
        names,
        looks_scaled=not scaled and looks_scaled(preprocessing, raw),
        order=order,
        before=before,
        **({} if dialect is None else _written(dialect)),
    )


def _beside_their_rows(
    answers: Mapping[str, Any], lines: NDArray[np.object_], index: pd.Index
) -> pd.DataFrame:
    """Return predictions of a series' windows as columns of the predicted rows.

    ``answers``: of each window, "NAME +2" for two rows on; ``lines``: of the predicted rows of each
    window, see ``rows_ahead``; ``index``: all lines.
    """
    import pandas as pd

    newest: dict[str, pd.Series] = {}
    columns: dict[str, pd.Series] = {}
    for name, values in answers.items():
        target, _plus, step = name.rpartition(" +") if lines.shape[1] > 1 else (name, "", "1")
        where = lines[:, int(step) - 1]
        there = np.array([place is not None for place in where])
        column = pd.Series(values[there], where[there])
        if not name.startswith(BAND):
            columns[name] = column
        before = newest.get(target, column[:0])
        newest[target] = pd.concat([before, column[~column.index.isin(before.index)]])
    return pd.DataFrame({**newest, **columns}, index=index)


def _about_series(
    names: Sequence[str], entry: InputPreprocessing, more: int, horizon: int
) -> tuple[str, ...]:
    """Return sentences about the first rows of a series (no prediction) and the last."""
    words = [
        _sentence("earliest_rows", window=int(entry.shape[0] or 1)),
        _sentence("beyond_end", count=more),
    ]
    if horizon > 1:
        words.append(_sentence("newest_column", newest=names[0], column=names[-1], count=horizon))
    return (join_sentences(words),)


def _without_strangers(
    table: pd.DataFrame, preprocessing: Preprocessing, source: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the rows with known categories, and sentences about the others."""
    notes, lines = [], set()
    for entry in preprocessing.inputs.values():
        columns = modality_of(entry).row_columns(entry)
        known = {column.name: column.categories for column in columns}
        for name, cells in unknown_words(table, columns).items():
            lines |= set(cells.index)
            words = format_quoted_list(dict.fromkeys(map(str, cells)), 4)
            notes.append(
                _sentence(
                    "unknown_word",
                    count=len(cells),
                    words=words,
                    column=name,
                    lines=_lines(cells.index),
                    known=format_quoted_list(known[name], 10),
                )
            )
    if len(lines) == len(table):
        return table, ()  # no row is left: an error follows
    return table[~table.index.isin(lines)], tuple(notes)


def _lines(index: Iterable[object]) -> str:
    lines = [str(line) for line in index]
    return ngettext("line {lines}", "lines {lines}", len(lines), lines=format_list(lines, 4))


def _written(dialect: Dialect) -> dict[str, Any]:
    """Return options of ``to_csv`` that match the input's dialect as far as spreadsheets can."""
    separator = " " if dialect.separator == BLANKS else dialect.separator
    return {"separator": separator, "decimal": dialect.decimal, "encoding": dialect.encoding}
