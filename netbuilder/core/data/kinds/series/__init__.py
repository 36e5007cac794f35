"""Series: predict the next values of columns from a window of the values before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.kinds.csv import ENDINGS, read_table as preview_table
from netbuilder.core.data.kinds.kind import (
    PARTS,
    SCALING,
    TABLE_FILE,
    DataKind,
)
from netbuilder.core.data.kinds.series.script import series_code
from netbuilder.core.data.kinds.series.windows import windows
from netbuilder.core.data.preprocessing.roles import roles_of
from netbuilder.core.data.readers.csv_reader import read_table
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.readers.series_rows import (
    DEFAULT_WINDOW,
)
from netbuilder.core.data.readers.table_cells import table_reading
from netbuilder.core.data.readers.table_samples import parts_of, weights_of
from netbuilder.core.data.recipe_options import reading_options
from netbuilder.core.i18n import noop as N_
from netbuilder.core.project.model import Data


def _read(data: Data, path: Path, test: bool) -> Samples:
    table = read_table(path, reading_options(data))
    reading = table_reading(table)
    known = [str(name) for name in table.columns]
    roles = roles_of(data, known, path.name, (reading.counting,), answers_teach=True)
    table = table.drop(columns=[n for n in roles.ignored if n == reading.counting])
    found = windows(table, roles.targets, data, path.name)
    # A window belongs where its last answer stands.
    ends = table.loc[found.targets.index]
    return replace(
        found,
        weights=weights_of(ends[roles.weight], path.name) if roles.weight else None,
        parts=parts_of(ends[roles.split], path.name) if roles.split and not test else None,
        findings=reading.findings,
        hints=reading.hints,
        read_as=reading.read_as,
        units=reading.units,
        marks=reading.marks,
        factors=reading.factors,
        spellings=reading.spellings,
    )


KIND = DataKind(
    name="series",
    title=N_("Series"),
    help=N_("a series: rows follow each other in time"),
    noun=N_("series"),
    options=(
        Param("window", Kind.INT, DEFAULT_WINDOW, N_("time steps in the input"), 1),
        Param("horizon", Kind.INT, 1, N_("time steps to predict"), 1),
        Param(
            "order_by",
            Kind.TEXT,
            None,
            N_("column of time; empty: detected"),
            optional=True,
            more=True,
        ),
        Param(
            "group",
            Kind.TEXT,
            None,
            N_("column that identifies each series"),
            optional=True,
            more=True,
        ),
        SCALING,
        *PARTS,
        *TABLE_FILE,
    ),
    readings=(
        (
            (
                "a column of dates, or of days with the time in another column; years, 20241231, "
                "seconds since 1970"
            ),
            "rows are sorted by it, with a note; option order_by names another column",
        ),
        (
            "several series one below the other",
            (
                "separated by the column within which each time occurs once, with a note; if there "
                "is no such column, NetBuilder asks"
            ),
        ),
        (
            "gaps in time, rows without values",
            "no window spans them; weekends and months of 28 to 31 days are no gaps",
        ),
        (
            "missing features",
            "NetBuilder asks; fill values are computed from the training rows, and a target is "
            "never filled",
        ),
    ),
    read=_read,
    code=series_code,
    endings=ENDINGS,
    tabular=lambda data: True,
    table=preview_table,
    task=lambda data: "regression",
    goes_on=True,
)
