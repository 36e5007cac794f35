"""Tables: a row is a sample, its columns are features and targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.kinds.csv import table
from netbuilder.core.data.kinds.csv.layers import EMPTY, made_up_cells, table_layers, taken_columns
from netbuilder.core.data.kinds.kind import (
    MEMORY,
    PARTS,
    TABLE_FILE,
    TABLE_SCALING,
    TASK,
    DataKind,
    KindFiles,
    KindTables,
)
from netbuilder.core.data.kinds.modality import (
    Array,
    Fitted,
    KerasInputs,
    Key,
    Modality,
    PreviewSamples,
    Rows,
    reshape_values as shaped_as,
    wanted_shape,
)
from netbuilder.core.data.kinds.scripts.table_script import reading_lines, table_code
from netbuilder.core.data.preprocessing import scaling
from netbuilder.core.data.preprocessing.cells import are_dates, are_sentences, texts_fix
from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.data.readers import table_files
from netbuilder.core.data.readers.csv_reader import read_table as read_file
from netbuilder.core.data.readers.encodings import inner_ending
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.readers.table_samples import samples_of_table
from netbuilder.core.data.recipe_options import reading_options
from netbuilder.core.errors import DataError, DataFix
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.graph_ends import byte_input_layer, feeds_embedding
from netbuilder.core.project.model import Data, Project
from netbuilder.core.wording import join_sentences

if TYPE_CHECKING:
    import pandas as pd

TEXT_ENDINGS = (".csv", ".tsv", ".txt", ".dat", ".data", ".tab")
ENDINGS = (*TEXT_ENDINGS, *table_files.ENDINGS, ".gz", ".xz", ".bz2")


def _series_fix() -> DataFix:
    return DataFix(_("Treat the rows as a series"), {"kind": "series"})


def _nothing_usable(frame: pd.DataFrame, key: str, source: str, notes: Sequence[str]) -> DataError:
    """Explain why no column is a feature: dates may be a series, sentences texts."""
    fixes: tuple[DataFix, ...] = ()
    fix = _("Choose columns of numbers, or text columns with few distinct values.")
    names = [str(name) for name in frame.columns]
    dates = [name for name in names if are_dates(frame[name])]
    texts = [name for name in names if are_sentences(frame[name])]
    if dates:
        hint = _("If the rows follow each other in time, treat them as a series.")
        fix = join_sentences((fix, hint))
        dated = DataFix(
            _("Use '{name}' as a date", name=dates[0]), columns={dates[0]: {"type": "date"}}
        )
        fixes = (_series_fix(), dated)
    elif texts:
        longest = max(texts, key=lambda name: frame[name].astype(str).str.len().mean())
        hint = _(
            "If the network should read the texts in '{name}', choose the kind of data 'text'.",
            name=longest,
        )
        fix = join_sentences((fix, hint))
        fixes = (texts_fix(longest),)
    return DataError(
        join_sentences(
            [_("No column of {file} can be used for '{input}'.", file=source, input=key), *notes]
        ),
        fix,
        code="no_usable_column",
        fixes=fixes,
    )


class TableModality(Modality):
    """Rows of a table, each column features."""

    name = "table"
    takes = N_("rows")
    tabular = True

    def fit(self, project: Project, key: str, samples: Samples, train: Rows) -> Fitted:
        """Fit columns and scales of Input node ``key`` on the rows ``train``; also return notes."""
        import numpy as np

        assert samples.table is not None
        data = project.data
        names = list(dict.fromkeys(data.inputs.get(key) or samples.table.columns))
        columns, notes = table.make_columns(
            samples.table[names].iloc[train], data.options, samples.source, data.columns
        )
        if not columns:
            raise _nothing_usable(samples.table[names], key, samples.source, notes)
        table.check_room(columns, len(samples), data.options, samples.source)
        values = table.encode(samples.table.iloc[train], columns, samples.source)
        if feeds_embedding(project.graph, key):
            return InputPreprocessing("table", (values.shape[1],), "int32", columns), notes
        shape = wanted_shape(project, key, (values.shape[1],))
        # Raw pixels are what a Rescaling or a pretrained body wants.
        how = (
            "none"
            if data.scaling == "auto" and byte_input_layer(project.graph, key)
            else data.scaling
        )
        if len(shape) > 1:
            offset, scale = scaling.fit_whole(values, how, None)
        else:
            keep = np.concatenate(
                [np.full(len(column.features), column.kind == "category") for column in columns]
            )
            offset, scale = scaling.fit_columns(values, how, keep)
        fitted = InputPreprocessing("table", shape, "float32", columns, offset, scale)
        if how == "bins" and len(shape) == 1:
            fitted = replace(fitted, bins=scaling.fit_bins(values, offset, scale))
        return fitted, notes

    def read(
        self, samples: Samples, preprocessing: InputPreprocessing, rows: Rows | slice
    ) -> Array:
        assert samples.table is not None
        return shaped_as(
            table.encode(samples.table.iloc[rows], preprocessing.columns, samples.source),
            preprocessing,
        )

    def show(self, samples: Samples, count: int) -> PreviewSamples:
        assert samples.table is not None
        return PreviewSamples({str(name): samples.table[name] for name in samples.table.columns})

    def examples(
        self, entry: InputPreprocessing, key: str, count: int
    ) -> tuple[Mapping[Key, Array], Array]:
        import pandas as pd

        cells = made_up_cells(entry, count)
        rows = pd.DataFrame(cells).replace({EMPTY: None})
        values = table.encode(rows, entry.columns, "made-up rows")
        by_key = {
            ("column", name): values_of_column[:, None] for name, values_of_column in cells.items()
        }
        return by_key, shaped_as(values, entry)

    def layers(
        self, entry: InputPreprocessing, data: Data, key: str, inputs: KerasInputs
    ) -> Any | None:
        return table_layers(entry, data, key, inputs)

    def layers_take(self, entry: InputPreprocessing) -> str:
        return taken_columns(entry)

    def explained_as(self, entry: InputPreprocessing) -> str:
        return "table"


TABLE = TableModality()


def _read(data: Data, path: Path, test: bool) -> Samples:
    table = read_file(path, reading_options(data))
    only = tuple(map(str, table.columns))
    if len(only) == 1 and data.target in {(), only} and not test:
        raise data_error("table_one_column", file=path.name, name=only[0], fixes=(_series_fix(),))
    return samples_of_table(data, table, path.name, test=test)


def read_table(data: Data, path: Path, most: int | None) -> pd.DataFrame:
    """Read the table of the file, or its first ``most`` rows."""
    return read_file(path, reading_options(data), most)


def recognised(path: Path) -> Mapping[str, Any] | None:
    """Return the options of a table's file; None for other file endings."""
    ending = path.suffix.lower()
    packed = ending == ".zip" and inner_ending(path) in ENDINGS
    return {} if packed or ending in ENDINGS else None


KIND = DataKind(
    name="csv",
    title=N_("Table"),
    help=N_("a table: each column is a feature"),
    noun=N_("table"),
    options=(TASK, TABLE_SCALING, *PARTS, *TABLE_FILE, MEMORY),
    modalities=(TABLE,),
    files=KindFiles(_read, ENDINGS, recognise=recognised, streams=True),
    tables=KindTables(read=read_table, target_by_name=True),
    code=lambda question: table_code(question, reading_lines(question)),
    value="column",
)
