"""What stands in the cells of a table that was read: numbers in any writing, words, totals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.findings import (
    ERROR,
    INFO,
    WARNING,
    Finding,
    column_fix,
    exclude_columns_fix,
    option_fix,
)
from netbuilder.core.data.preprocessing.cells import SLASHED, day_first
from netbuilder.core.data.preprocessing.number_text import (
    EMPTY_CELLS,
    GROUPS_BY,
    NumberStyle,
    number_style,
    parse_numbers,
    style_evidence,
    unit_beside,
    without_unit,
)
from netbuilder.core.data.preprocessing.odd_rows import rows_with_words, total_row
from netbuilder.core.wording import (
    format_count,
    format_number,
    format_quoted_list,
    format_with_unit,
)

if TYPE_CHECKING:
    import pandas as pd

AMBIGUOUS = "ambiguous-numbers"
TWO_WAYS = "dates-two-ways"
OTHER_UNIT = "other-unit"


@dataclass(frozen=True)
class TableReading:
    """What was concluded while a table was read.

    ``units`` and ``styles`` (of numbers that are no plain ones) by column; ``counting`` is a
    column that only counts the rows, or "". ``decimal`` and ``encoding`` decide what a test
    file, or new rows for the trained model, leave open. ``read_as`` are arguments of
    ``pandas.read_csv`` that read the file likewise.
    """

    units: Mapping[str, str] = field(default_factory=dict)
    styles: Mapping[str, NumberStyle] = field(default_factory=dict)
    counting: str = ""
    decimal: str = ""
    encoding: str = ""
    findings: tuple[Finding, ...] = ()
    read_as: Mapping[str, Any] = field(default_factory=dict)

    @property
    def marks(self) -> dict[str, str]:
        """The decimal mark of each column whose numbers have thousands or a unit beside them."""
        styles = self.styles.items()
        return {
            name: style.decimal
            for name, style in styles
            if style.unit or style.thousands or style.owed or style.factors
        }

    @property
    def factors(self) -> dict[str, dict[str, float]]:
        """What numbers in other units count, of each column in which there are several."""
        return {name: dict(one.factors) for name, one in self.styles.items() if one.factors}

    @property
    def hints(self) -> dict[str, Any]:
        """Options for files that belong to this one."""
        told: dict[str, Any] = {
            "like_decimal": self.decimal, "like_encoding": self.encoding,
            "like_units": dict(self.units),
        }  # fmt: skip
        return {key: value for key, value in told.items() if value}


def table_reading(table: pd.DataFrame) -> TableReading:
    """What was concluded when this table was read."""
    found = table.attrs.get("reading")
    return found if isinstance(found, TableReading) else TableReading()


def convert_cells(
    table: pd.DataFrame,
    options: Mapping[str, Any],
    *,
    point: str = "",
    encoding: str = "",
    findings: tuple[Finding, ...] = (),
    read_as: Mapping[str, Any] = MappingProxyType({}),
) -> pd.DataFrame:
    """The table with texts that are numbers as numbers, and what was concluded."""
    given = options.get("thousands")
    thousands = None if given is None else {"none": "", "space": ""}.get(str(given), str(given))
    decided: Mapping[str, str] = options.get("decimals") or {}
    point = point or str(options.get("decimal") or options.get("like_decimal") or "")
    dates: Mapping[str, str] = options.get("dates") or {}
    like: Mapping[str, str] = options.get("like_units") or {}
    treated = _treated(options)
    styles: dict[str, NumberStyle] = {}
    found = list(findings)
    asked: dict[str, list[str]] = {}
    odd: dict[str, pd.Series] = {}
    changed: dict[str, pd.Series] = {}
    for name in map(str, table.columns):
        series = table[name]
        if series.dtype.kind in "iufb":
            continue
        cells = [str(cell) for cell in series.dropna().unique()[:20_000]]
        own = decided.get(name, "")
        style = number_style(
            cells, own or point, GROUPS_BY[own] if own else thousands, like.get(name, "")
        )
        if style is None:
            if dates.get(name) == "day":
                changed[name] = day_first(series)
            found += [] if name in dates else _two_ways(name, cells)
            if name not in treated:
                found += _words(name, series, cells)
            continue
        numbers = parse_numbers(series, style)
        junk = series.notna() & numbers.isna() & ~series.astype(str).str.strip().isin(EMPTY_CELLS)
        if junk.any():
            odd[name] = junk
            if style.unit or style.thousands:
                # Word by word, so that the line with the text is named.
                changed[name] = numbers.astype(object).where(~junk, series)
            continue
        changed[name] = numbers
        styles[name] = style
        if style.ambiguous:
            asked[name] = cells
        found += _unit_finding(name, cells, style)
    units = {name: one.unit for name, one in styles.items() if one.unit}
    table = table.assign(**changed) if changed else table
    found += (
        _other_unit(name, unit, like[name])
        for name, unit in units.items()
        if like.get(name, unit) != unit
    )
    found += (ambiguity_finding(name, cells, tuple(asked)) for name, cells in asked.items())
    counting = counting_column(table)
    found += _counting_finding(counting)
    skipped = options.get("skip_lines")
    out = skipped if isinstance(skipped, list | tuple) else [skipped]
    if table.index[-1] not in out:
        found += total_row(table)
    found += rows_with_words(table, odd, out)
    table.attrs["reading"] = TableReading(
        units, styles, counting, point, encoding, tuple(found), dict(read_as)
    )
    return table


def _treated(options: Mapping[str, Any]) -> set[str]:
    """Columns of which was said what stands for a missing value."""
    said = options.get("missing_values")
    return set(said) if isinstance(said, Mapping) else set()


def ambiguity_finding(name: str, cells: list[str], all_asked: tuple[str, ...]) -> Finding:
    """What is asked of a column whose numbers can be read in two ways."""
    mark = "," if any("," in cell for cell in cells) else "."
    example = next(cell.strip() for cell in cells if mark in cell)
    body = re.search(r"\d+[,.]\d+", example)
    told = body[0] if body else example
    whole, decimal = told.replace(mark, ""), told.replace(mark, ".")
    answers = ((whole, GROUPS_BY[mark]), (decimal, mark))
    fixes = [
        column_fix(
            f"It is {said}",
            [name],
            f"{told} as it stands" if said == told else f"{told} is {said}",
            decimal=point,
        )
        for said, point in answers
    ]
    if len(all_asked) > 1:
        more = f"in all {len(all_asked)} such columns"
        fixes += [column_fix(f"It is {said}, {more}", all_asked, decimal=p) for said, p in answers]
    return Finding(
        AMBIGUOUS, ERROR,
        f"Column '{name}' holds numbers like '{example}', which can be read in two ways: as "
        f"{whole} (the {'comma' if mark == ',' else 'point'} groups thousands) or as {decimal} "
        "(it is the decimal point). "
        "Say which.",
        name, tuple(fixes),
    )  # fmt: skip


def _two_ways(name: str, cells: list[str]) -> list[Finding]:
    """What is asked of dates in which the month may stand first or second: 01/02/2024."""
    parts = [SLASHED.match(cell.strip()) for cell in cells]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or any(max(int(p[1]), int(p[2])) > 12 for p in known):
        return []
    one = next((part for part in known if int(part[1]) != int(part[2])), None)
    if one is None:
        return []
    month, day = f"{int(one[1]):02d}", f"{int(one[2]):02d}"
    year = one[3] if len(one[3]) == 4 else f"20{one[3]}"
    answers = ((f"{year}-{day}-{month}", "day"), (f"{year}-{month}-{day}", "month"))
    return [Finding(
        TWO_WAYS, WARNING,
        f"Column '{name}' holds dates like '{one[0]}', which can be read in two ways: as "
        f"{answers[0][0]} (the day comes first) or as {answers[1][0]} (the month does). The second "
        "way is taken.",
        name,
        tuple(option_fix(f"It is {said}", "dates", {name: order}) for said, order in answers),
    )]  # fmt: skip


def _counting_finding(name: str) -> list[Finding]:
    if not name:
        return []
    return [Finding(
        "counting-column", INFO,
        f"Column '{name}' has no name and counts the rows: it is not used.", name,
        (column_fix(f"Use '{name}'", [name], role="feature"),),
    )]  # fmt: skip


def _other_unit(name: str, unit: str, learned: str) -> Finding:
    return Finding(
        OTHER_UNIT, WARNING,
        f"Column '{name}' is in {unit}, while it is learned in {learned}: its numbers mean "
        "something else.", name,
    )  # fmt: skip


def _unit_finding(name: str, cells: list[str], style: NumberStyle) -> list[Finding]:
    import pandas as pd

    found = []
    if style.owed:
        one = next(cell.strip() for cell in cells if cell.strip().startswith("("))
        found.append(Finding(
            "owed", INFO,
            f"Column '{name}' has most of its numbers in brackets, such as '{one}', as books of "
            f"account write what is below 0: it is read as -{one.strip('()')}.",
            name, (exclude_columns_fix(name),),
        ))  # fmt: skip
    if style.factors:
        others = dict(style.factors)
        one = next(cell.strip() for cell in cells if unit_beside(cell) in others)
        value = format_number(float(parse_numbers(pd.Series([one]), style).iloc[0]))
        found.append(Finding(
            "units-made-one", INFO,
            f"Column '{name}' has numbers in several units: '{one}' is read as "
            f"{format_with_unit(value, style.unit)}.",
            name, (exclude_columns_fix(name),),
        ))  # fmt: skip
    elif style.unit:
        found.append(Finding(
            "unit", INFO,
            f"Column '{name}' is read as numbers in {style.unit} ('{cells[0].strip()}').", name,
        ))  # fmt: skip
    bare = without_unit(cells, style)
    if bare:
        found.append(Finding(
            "some-without-unit", WARNING,
            f"Column '{name}' has '{style.unit}' beside some of its numbers only: '{bare}' is read "
            f"as {format_with_unit(bare, style.unit)}. If it is something else, write the unit"
            f" beside "
            "each number in the file.",
            name, (exclude_columns_fix(name),),
        ))  # fmt: skip
    return found


def _words(name: str, series: pd.Series, cells: list[str]) -> list[Finding]:
    said = style_evidence(cells[:2000])
    units = sorted({*said.units} - {""})
    # 9a and 10b are classes of a school.
    named = any(len(unit) > 1 or not unit.isalpha() for unit in units)
    if said.numbers > 1 and not said.others and 1 < len(units) <= 4 and named:
        return [Finding(
            "several-units", WARNING,
            f"Column '{name}' holds numbers in several units, {format_quoted_list(units)}, which"
            f" are not "
            "converted: it is taken for words. Write all in one unit in the file, or leave the "
            "column out.",
            name, (exclude_columns_fix(name),),
        )]  # fmt: skip
    empty = [cell for cell in cells if cell.strip() in EMPTY_CELLS - {"", ".", "-", "--", "–"}]
    if not empty or len(cells) > 1000:
        return []
    word = empty[0].strip()
    rows = int((series.astype(str).str.strip() == word).sum())
    return [Finding(
        "word-for-nothing", INFO,
        f"Column '{name}' has '{word}' in {format_count(rows, 'row')}: it counts as a category.",
        name, (option_fix(f"Treat '{word}' as missing", "missing_values", {name: [word]}),),
    )]  # fmt: skip


def counting_column(table: pd.DataFrame) -> str:
    """The nameless first column that spreadsheets and pandas write to count rows, or ""."""
    first = str(table.columns[0])
    if first != "column 1" or len(table.columns) < 3 or table[first].dtype.kind != "i":
        return ""
    steps = table[first].diff().dropna()
    if len(steps) and (steps == 1).all() and table[first].iloc[0] in {0, 1}:
        return first
    return ""
