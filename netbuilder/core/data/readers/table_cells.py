"""Convert the cells of a table: numbers in any style, words, totals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.findings import Finding
from netbuilder.core.data.preprocessing.cells import (
    YES,
    as_label,
    day_first,
    in_one_century,
    labels_of,
    truth_spelling,
)
from netbuilder.core.data.preprocessing.dates import odd_dates
from netbuilder.core.data.preprocessing.number_text import (
    EMPTY_CELLS,
    GROUPS_BY,
    TIMED,
    NumberStyle,
    number_style,
    parse_numbers,
    style_evidence,
)
from netbuilder.core.data.preprocessing.odd_rows import odd_rows
from netbuilder.core.data.readers.table_cell_findings import (
    ambiguity_finding,
    counting_findings,
    date_order_findings,
    other_unit_finding,
    spellings_finding,
    unit_findings,
    word_findings,
    writing_findings,
)

if TYPE_CHECKING:
    import pandas as pd

_LOOKED_AT = 20_000


@dataclass(frozen=True)
class TableReading:
    """What was concluded while a table was read.

    ``units`` and ``styles`` (of numbers that are no plain ones) by column; ``counting`` is a
    column that only counts the rows, or "". ``decimal`` and ``encoding`` decide what a test
    file, or new rows for the trained model, leave open. ``read_as`` are arguments of
    ``pandas.read_csv`` that read the file likewise. ``spellings`` of yes and no, by column.
    """

    units: Mapping[str, str] = field(default_factory=dict)
    styles: Mapping[str, NumberStyle] = field(default_factory=dict)
    counting: str = ""
    decimal: str = ""
    encoding: str = ""
    findings: tuple[Finding, ...] = ()
    read_as: Mapping[str, Any] = field(default_factory=dict)
    spellings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def marks(self) -> dict[str, str]:
        """The decimal point of each column whose numbers pandas reads as texts."""
        return {name: style.point for name, style in self.styles.items()}

    @property
    def factors(self) -> dict[str, dict[str, float]]:
        """The factor of each unit, by column."""
        return {
            name: style.counts for name, style in self.styles.items() if style.unit or style.factors
        }

    @property
    def hints(self) -> dict[str, Any]:
        """Options for the test file and new rows."""
        hints: dict[str, Any] = {
            "like_decimal": self.decimal, "like_encoding": self.encoding,
            "like_units": dict(self.units), "like_numbers": self.marks,
            "like_truths": dict.fromkeys(self.spellings, YES),
        }  # fmt: skip
        return {key: value for key, value in hints.items() if value}


def table_reading(table: pd.DataFrame) -> TableReading:
    """Return what was detected when this table was read."""
    reading = table.attrs.get("reading")
    return reading if isinstance(reading, TableReading) else TableReading()


def convert_cells(
    table: pd.DataFrame,
    options: Mapping[str, Any],
    *,
    point: str = "",
    likely: str = "",
    encoding: str = "",
    findings: tuple[Finding, ...] = (),
    read_as: Mapping[str, Any] = MappingProxyType({}),
    totals: bool = False,
) -> pd.DataFrame:
    """Convert texts that are numbers; attach what was detected.

    Args:
        options: of the recipe, and hints of the training file.
        point: the decimal point that the file as a whole proves, or "".
        likely: the default decimal point, or "".
        read_as: arguments of ``pandas.read_csv`` that read the file the same way.
        totals: drop rows labelled as totals, unless option "total_rows" is "use".
    """
    point = point or str(options.get("decimal") or options.get("like_decimal") or "")
    decided = _decided_points(table, options, point)
    like: Mapping[str, str] = options.get("like_units") or {}
    styles: dict[str, NumberStyle] = {}
    all_findings = list(findings)
    ambiguous: dict[str, list[str]] = {}
    odd: dict[str, pd.Series] = {}
    changed: dict[str, pd.Series] = {}
    spellings: dict[str, Mapping[str, str]] = {}
    for name in map(str, table.columns):
        series = table[name]
        truths = name in (options.get("like_truths") or {})
        if series.dtype.kind in "iufb" and not truths:
            continue
        cells = [as_label(cell) for cell in islice(series.dropna().unique(), _LOOKED_AT)]
        spelling = truth_spelling(cells, learned=truths)
        if spelling and name not in (options.get("spelt_apart") or ()):
            spellings[name] = spelling
            words = labels_of(series).map(spelling)
            changed[name] = series.astype(object).where(series.isna(), words)
            all_findings.append(spellings_finding(name, spelling))
            continue
        evidence = style_evidence(cells)
        learned = (options.get("like_numbers") or {}).get(name, "")
        timed = decided.get(name, "") or (learned if learned in TIMED else "")
        learned = learned if learned in evidence.readings() else ""
        style = number_style(cells, learned or point, timed, like.get(name, ""), likely, name)
        if style is None:
            changed |= _as_dates(name, series, cells, options, all_findings)
            if name not in _treated(options):
                all_findings += word_findings(name, series, cells, evidence)
            continue
        numbers = parse_numbers(series, style)
        junk = series.notna() & numbers.isna() & ~series.astype(str).str.strip().isin(EMPTY_CELLS)
        styles[name] = style
        # Word by word, so that the line with the text is named.
        changed[name] = numbers.astype(object).where(~junk, series) if junk.any() else numbers
        odd |= {name: junk} if junk.any() else {}
        if style.readings:
            ambiguous[name] = cells
        all_findings += unit_findings(name, cells, style)
        all_findings += writing_findings(name, cells, style, evidence)
    units = {name: style.unit for name, style in styles.items() if style.unit}
    table = table.assign(**changed) if changed else table
    all_findings += (
        other_unit_finding(name, unit, like[name])
        for name, unit in units.items()
        if like.get(name, unit) != unit
    )
    all_findings += (
        ambiguity_finding(name, cells, styles[name], styles) for name, cells in ambiguous.items()
    )
    counting = counting_column(table)
    table, noted, dropped = _without_totals(table, odd, options, totals=totals)
    all_findings += (*counting_findings(counting), *noted)
    arguments = {**read_as, "left_out": dropped} if dropped else dict(read_as)
    table.attrs["reading"] = TableReading(
        units, styles, counting, point, encoding, tuple(all_findings), arguments, spellings
    )
    return table


def _without_totals(
    table: pd.DataFrame, odd: Mapping[str, pd.Series], options: Mapping[str, Any], *, totals: bool
) -> tuple[pd.DataFrame, list[Finding], tuple[int, ...]]:
    """Drop rows labelled as totals; also return findings and the dropped lines."""
    import numpy as np
    import pandas as pd

    lines = options.get("skip_lines") or []
    out = list(lines) if isinstance(lines, list | tuple) else [lines]
    labelled = "use" if options.get("total_rows") == "use" else "drop" if totals else "tell"
    findings, dropped = odd_rows(table, odd, out, labelled_rows=labelled)
    if not dropped:
        return table, findings, ()
    gaps = table.isna().any()
    table = table.drop(index=dropped)
    changed: dict[str, pd.Series] = {}
    for name in map(str, table.columns):
        series = table[name]
        if name in odd and (pd.to_numeric(series, errors="coerce").isna() == series.isna()).all():
            changed[name] = series.astype("float64")
        elif series.dtype.kind == "f" and gaps[name] and series.notna().all():
            values = series.to_numpy()
            if (values == np.round(values)).all() and (np.abs(values) < 2**52).all():
                changed[name] = series.astype("int64")
    return table.assign(**changed), findings, tuple(dropped)


def _decided_points(
    table: pd.DataFrame, options: Mapping[str, Any], point: str
) -> Mapping[str, str]:
    """Return the decided reading of columns, single or by option "thousands"."""
    thousands, decided = options.get("thousands"), options.get("decimals") or {}
    if thousands is None:
        return decided
    mark = {"none": "", "space": ""}.get(str(thousands), str(thousands))
    general = str(options.get("decimal") or "") or GROUPS_BY.get(mark, point or ".")
    return {**dict.fromkeys(map(str, table.columns), general), **decided}


def _as_dates(
    name: str,
    series: pd.Series,
    cells: list[str],
    options: Mapping[str, Any],
    findings: list[Finding],
) -> dict[str, pd.Series]:
    """Convert a column of texts with dates as decided; collect questions about them."""
    order = (options.get("dates") or {}).get(name, "")
    century = (options.get("centuries") or {}).get(name)
    original = series
    if order == "day":
        series = day_first(series)
    if century is not None:
        series = in_one_century(series, int(century))
    findings += [] if order else date_order_findings(name, cells)
    if name not in _treated(options):
        findings += odd_dates(name, series, decided=century is not None)
    return {} if series is original else {name: series}


def _treated(options: Mapping[str, Any]) -> set[str]:
    """Return the columns with decided markers for missing values."""
    meanings = options.get("missing_values")
    return set(meanings) if isinstance(meanings, Mapping) else set()


def counting_column(table: pd.DataFrame) -> str:
    """Return the nameless first column that counts rows (spreadsheets, pandas), or ""."""
    first = str(table.columns[0])
    if first != "column 1" or len(table.columns) < 3 or table[first].dtype.kind != "i":
        return ""
    steps = table[first].diff().dropna()
    if len(steps) and (steps == 1).all() and table[first].iloc[0] in {0, 1}:
        return first
    return ""
