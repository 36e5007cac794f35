"""Series: predict the next values of columns from a window of the values before."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.findings import DataEdit, Finding, column_finding
from netbuilder.core.data.kinds.csv import ENDINGS, read_table as preview_table, recognised
from netbuilder.core.data.kinds.kind import (
    PARTS,
    SCALING,
    TABLE_FILE,
    DataKind,
    KindFiles,
    KindTables,
    rare_option,
)
from netbuilder.core.data.kinds.series.script import series_code
from netbuilder.core.data.kinds.series.windows import (
    FEWEST_WINDOWS,
    targets_and_horizon as targets_and_horizon,
    windows,
)
from netbuilder.core.data.preprocessing.number_text import style_evidence
from netbuilder.core.data.preprocessing.roles import roles_of
from netbuilder.core.data.preprocessing.time_columns import date_column, rise_evenly
from netbuilder.core.data.readers import table_files
from netbuilder.core.data.readers.csv_dialect import sniff
from netbuilder.core.data.readers.csv_reader import open_text, read_table
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.readers.series_rows import DEFAULT_WINDOW
from netbuilder.core.data.readers.table_cells import table_reading
from netbuilder.core.data.readers.table_samples import parts_of, weights_of
from netbuilder.core.data.recipe_options import integer_option, reading_options
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.edits import set_data
from netbuilder.core.project.edits_data import set_columns
from netbuilder.core.project.model import Data, Project

_LOOKED_AT = 2_000
#: Of a file that is no text: it is read whole.
_MOST_BYTES = 4 << 20


def _read(data: Data, path: Path, test: bool) -> Samples:
    table = read_table(path, reading_options(data))
    reading = table_reading(table)
    known = [str(name) for name in table.columns]
    # Dates that stand last are no target.
    passed_over = (reading.counting, date_column(table, ()))
    roles = roles_of(data, known, path.name, passed_over, answers_teach=True)
    table = table.drop(columns=[n for n in roles.ignored if n == reading.counting])
    samples = windows(table, roles.targets, data, path.name)
    # A window belongs where its last answer stands.
    ends = table.loc[samples.targets.index]
    return replace(
        samples,
        weights=weights_of(ends[roles.weight], path.name) if roles.weight else None,
        parts=parts_of(ends[roles.split], path.name) if roles.split and not test else None,
        findings=(*reading.findings, *_read_as_series(samples), *_shared_targets(data)),
        reading=replace(reading, read_as={**reading.read_as, **samples.reading.read_as}),
    )


def _read_as_series(samples: Samples) -> tuple[Finding, ...]:
    order = next((name for name, role in samples.roles.items() if role == "order"), "")
    if not order or len(samples.columns) != 1:
        return ()
    back = partial(_as_table, order=order)
    fix = DataEdit(_("Treat the rows as a table"), back, _("Treat as a table"))
    return (column_finding("read-as-series", "", fix, order=order, name=samples.columns[0]),)


def _shared_targets(data: Data) -> tuple[Finding, ...]:
    """Say that windows at the border of two parts predict the same rows."""
    horizon = integer_option(data.options, "horizon", 1)
    if horizon < 2:
        return ()
    return (column_finding("shared-targets", count=horizon - 1),)


def _as_table(project: Project, order: str) -> Project:
    return set_columns(set_data(project, kind="csv"), [order], role="feature", type="date")


def _recognised(path: Path) -> Mapping[str, Any] | None:
    """Recognise a table with evenly rising dates and one column of numbers."""
    if recognised(path) is None or not path.is_file():
        return None
    try:
        names, rows = _first_rows(path)
    except (DataError, OSError, UnicodeError, csv.Error):
        return None
    rows = [row for row in rows if any(row)]
    enough = len(rows) >= DEFAULT_WINDOW + FEWEST_WINDOWS
    if not (2 <= len(names) <= 3 and enough and {len(row) for row in rows} == {len(names)}):
        return None
    columns = [*zip(*rows, strict=True)]
    if len(columns) == 3 and names[0] == "column 1" and columns[0][0] in {"0", "1"}:
        columns = columns[1:]  # it counts the rows
    dated = [cells for cells in columns if rise_evenly(cells)]
    others = [cells for cells in columns if cells not in dated]  # "2000 Jan" is no number in Jan
    numbers = [cells for cells in others if not style_evidence(cells).others]
    alone = len(columns) == 2 and len(dated) == len(numbers) == 1
    return {} if alone and len({*numbers[0]} - {""}) > 2 else None


def _first_rows(path: Path) -> tuple[tuple[str, ...], list[list[str]]]:
    """Return the column names and the first rows as text; no rows of slow formats."""
    if table_files.reader_of(path) is None:
        dialect = sniff(path, {})
        if len(dialect.names) > 3:
            return dialect.names, []
        with open_text(path, dialect) as reader:
            return dialect.names, [
                *itertools.islice(reader, dialect.skip, dialect.skip + _LOOKED_AT)
            ]
    if path.stat().st_size > _MOST_BYTES:
        return (), []
    table = read_table(path, {}, _LOOKED_AT)
    cells = table.astype(object).where(table.notna(), "").astype(str)
    return tuple(map(str, table.columns)), cells.to_numpy().tolist()


KIND = DataKind(
    name="series",
    title=N_("Series"),
    help=N_("a series: rows follow each other in time"),
    noun=N_("series"),
    options=(
        Param("window", Kind.INT, DEFAULT_WINDOW, N_("time steps in the input"), 1),
        Param("horizon", Kind.INT, 1, N_("time steps to predict"), 1),
        rare_option(
            "season", Kind.INT, N_("rows of a season; 1: none; empty: detected from dates")
        ),
        rare_option("order_by", Kind.TEXT, N_("column of time; empty: detected")),
        rare_option("group", Kind.TEXT, N_("column that identifies each series")),
        SCALING,
        *PARTS,
        *TABLE_FILE,
    ),
    files=KindFiles(_read, ENDINGS, recognise=_recognised),
    tables=KindTables(read=preview_table),
    code=series_code,
    task=lambda data: "regression",
    goes_on=True,
)
