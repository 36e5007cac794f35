"""Convert the cells of a table: numbers in any style, words, totals."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.findings import (
    WARNING,
    Finding,
    column_finding,
    column_fix,
    exclude_columns_fix,
    option_fix,
)
from netbuilder.core.data.preprocessing.cells import (
    CLOCK,
    NO,
    SLASHED,
    YES,
    are_dated,
    as_label,
    dates_as_days,
    day_comes_first,
    day_first,
    in_one_century,
    labels_of,
    truth_spelling,
)
from netbuilder.core.data.preprocessing.number_text import (
    CLOCK_HOURS,
    DIRECTIONS,
    EITHER,
    EMPTY_CELLS,
    FEET,
    FRACTIONS,
    GROUPS_BY,
    LAPS,
    THREES,
    TIMED,
    NumberStyle,
    StyleEvidence,
    number_of,
    number_style,
    parse_numbers,
    style_evidence,
    telling_cells,
    unit_beside,
    without_unit,
)
from netbuilder.core.data.preprocessing.odd_rows import odd_rows
from netbuilder.core.data.preprocessing.time_columns import odd_dates
from netbuilder.core.errors import DataError
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import (
    format_list,
    format_number,
    format_quoted_list,
    format_with_unit,
    join_values,
    shorten,
)

if TYPE_CHECKING:
    import pandas as pd


_LOOKED_AT = 20_000
#: How pandas reads texts: by the kind of column and name, lines of which the last is an expression.
#: {0} is the column, {1} the unit, {2} the factor of each unit, {3} the first year of the century.
SHORT_FORMS: Mapping[str, Mapping[str, str]] = resource_json("short_forms.json")
ALL_FORMS = {name: form for forms in SHORT_FORMS.values() for name, form in forms.items()}


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

    def __deepcopy__(self, _memo: object) -> TableReading:
        """Return the reading itself: pandas copies it with each column."""
        return self

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
            "like_forms": self.read_as.get("forms", {}),
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
        ambiguous |= {name: cells} if style.readings else {}
        all_findings += unit_findings(name, cells, style)
        all_findings += writing_findings(name, cells, style, evidence)
    units = {name: style.unit for name, style in styles.items() if style.unit}
    short = _short_reading(table, styles, str(read_as.get("decimal", ".")), options)
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
    arguments = {**read_as, **short, **({"left_out": dropped} if dropped else {})}
    table.attrs["reading"] = TableReading(
        units, styles, counting, point, encoding, tuple(all_findings), arguments, spellings
    )
    return table


def _short_reading(
    table: pd.DataFrame, styles: Mapping[str, NumberStyle], decimal: str, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return how a script can read columns of texts in a line or two each.

    "forms": of columns of numbers, times or dates, a name of ``ALL_FORMS``;
    "thousands": with this separator, and ``decimal``, ``pandas.read_csv`` reads "thousands_of".
    """
    import pandas as pd

    forms: dict[str, str] = {}
    markers, known = options.get("missing_values") or {}, options.get("like_forms") or {}
    texts = {str(name): pd.Series(table[name].dropna().unique()) for name in table.columns
             if table[name].dtype.kind not in "iufbM"}  # fmt: skip
    for name in markers if isinstance(markers, Mapping) else ():
        if name in texts:
            gone = labels_of(texts[name]).isin([*map(as_label, markers[name])])
            texts[name] = texts[name][~gone].reset_index(drop=True)
    texts = {n: cells for n, cells in texts.items()
             if len(cells) and all(isinstance(c, str) and len(c) < 200 for c in cells)}  # fmt: skip
    for name, cells in texts.items():
        if name in styles:
            style, point = styles[name], styles[name].point
            group = "times" if point in TIMED else "feet" if point == "feet" else "numbers"
            tried = [known.get(name, ""), *SHORT_FORMS[group]]
            values = TIMED.get(point, ""), style.counts
            form = _short_form(cells, parse_numbers(cells, style), tried, *values)
        else:
            form = _date_form(name, cells, options)
        forms |= {name: form} if form else {}
    short: dict[str, Any] = {"forms": forms} if forms else {}
    mark = "." if decimal == "," else ","
    whole = rf"-?\d{{1,3}}(\{mark}\d{{3}})*(\{decimal}\d+)?"
    grouped = [name for name in texts if name in styles and styles[name].point == decimal
               and name in forms and texts[name].str.fullmatch(whole).all()]  # fmt: skip
    others = (cells for name, cells in texts.items() if name not in grouped)
    if grouped and not any(cells.str.fullmatch(r"[-\d.,]+").any() for cells in others):
        short |= {"thousands": mark, "thousands_of": grouped}
    return short


def _short_form(cells: pd.Series, expected: pd.Series, forms: Iterable[str], *values: Any) -> str:
    """Return the first form that gives the expected numbers for these cells, or "".

    ``values``: unit, factors of units and first year of the century, for the form's text.
    """
    import numpy as np
    import pandas as pd

    for form in (form for form in forms if form in ALL_FORMS):
        if "Fraction" in ALL_FORMS[form] and not cells.str.fullmatch(r"[-+\d./\s]+").all():
            continue  # it would compute 1e9999999 in full
        *before, last = ALL_FORMS[form].format("cells", *values).split("\n")
        names: dict[str, Any] = {"pd": pd, "cells": cells, "Fraction": Fraction}
        with suppress(ValueError, TypeError, ArithmeticError, LookupError, AttributeError):
            # Our own text; of the file only numbers and the repr of a dict of units stand in it.
            exec("\n".join([*before, f"read = {last}"]), names)
            if np.allclose(names["read"].astype(float), expected, rtol=1e-9, atol=1e-9):
                return form
    return ""


def _date_form(name: str, cells: pd.Series, options: Mapping[str, Any]) -> str:
    """Return how pandas reads dates or times of the day as the same days, or ""."""
    from pandas.tseries.api import guess_datetime_format

    if not are_dated(cells):
        return ""
    century = (options.get("centuries") or {}).get(name)
    with suppress(ValueError, TypeError, OverflowError, DataError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of days that come second, which are compared
        read = _rewritten_dates(name, cells, options)
        first = day_comes_first(read)
        forms = [*(SHORT_FORMS["dates"] if guess_datetime_format(cells[0], dayfirst=first) else ())]
        forms = [*(forms[::-1] if first else forms), *SHORT_FORMS["mixed_dates"]]
        if cells.str.fullmatch(CLOCK).all():
            forms = list(SHORT_FORMS["clocks"])
        forms = [str((options.get("like_forms") or {}).get(name)), *forms]
        days = dates_as_days(read, "", "dayfirst" if first else "")
        return _short_form(cells, days, forms, "", {}, int(century or 0))
    return ""


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
    changed = _rewritten_dates(name, series, options)
    findings += [] if (options.get("dates") or {}).get(name) else date_order_findings(name, cells)
    if name not in _treated(options):
        decided = (options.get("centuries") or {}).get(name) is not None
        findings += odd_dates(name, changed, decided=decided)
    return {} if changed is series else {name: changed}


def _rewritten_dates(name: str, series: pd.Series, options: Mapping[str, Any]) -> pd.Series:
    """Return dates with the day first and the years in full, as decided."""
    century = (options.get("centuries") or {}).get(name)
    if (options.get("dates") or {}).get(name) == "day":
        series = day_first(series)
    return series if century is None else in_one_century(series, int(century))


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


AMBIGUOUS = "ambiguous-numbers"
TWO_WAYS = "dates-two-ways"
# "1. Never married": a word with its place in a list, and no number with a unit.
_LABEL = re.compile(r"\d{1,3}[.):]\s*[^\W\d_]|\d{1,3}[.):]\s+\D")
OTHER_UNIT = "other-unit"
#: What each reading takes the comma and the point for.
_MEANINGS = {
    ".": N_("the comma separates thousands"),
    ",": N_("the comma is the decimal point"),
    EITHER: N_("comma and point are both decimal points"),
    THREES: N_("a comma or point before three digits separates thousands"),
}
_MEANINGS_OF_POINTS = {
    ".": N_("the point is the decimal point"),
    ",": N_("the point separates thousands"),
}


def spellings_finding(name: str, spellings: Mapping[str, str]) -> Finding:
    """Say which spellings of yes and no are read as one."""
    return column_finding(
        "truth-words",
        name,
        option_fix(_("Keep all spellings separate"), "spelt_apart", [name]),
        words=format_quoted_list(spellings, 8),
        yes=YES,
        no=NO,
    )


def ambiguity_finding(
    name: str, cells: list[str], style: NumberStyle, styles: Mapping[str, NumberStyle]
) -> Finding:
    """Ask how to read a column of ambiguous numbers.

    ``style``: the reading until it is answered; ``styles``: of all columns, of which some may be
    asked the same.
    """
    alike = tuple(column for column, other in styles.items() if other.readings == style.readings)
    three = list(islice(telling_cells(cells, style.readings, style), 3))
    read = [
        [number_of(cell, reading, style.counts) for cell in three] for reading in style.readings
    ]
    mark = "," if "," in three[0] else "."
    meanings = _MEANINGS if mark == "," else {**_MEANINGS, **_MEANINGS_OF_POINTS}
    answers = [(point, _as_read(three[0], point, style)) for point in style.readings]
    point_of = {answer: point for point, answer in reversed(answers)}
    answers = [(point, answer) for point, answer in answers if point_of[answer] == point]
    as_read = (
        _(
            "as {values} ({meaning})",
            values=format_list([format_number(value, ".12g") for value in values]),
            meaning=_(meanings[point]),
        )
        for point, values in zip(style.readings, read, strict=True)
    )
    ways = join_values(as_read, clauses=True)
    ask = (
        _("The first reading is used. If it is wrong, choose the other one.")
        if style.proven
        else _("Choose one of the two readings.")
    )
    example, more = format_quoted_list(three[:1]), format_quoted_list(three)
    fixes = [
        column_fix(
            _("Read as {number}", number=answer),
            [name],
            _("Read {cell} unchanged", cell=answer)
            if answer == _bare(three[0])
            else _("Read {cell} as {number}", cell=_bare(three[0]), number=answer),
            decimal=point,
        )
        for point, answer in answers
    ]
    if len(alike) > 1:
        fixes += [
            column_fix(
                _("Read as {number} in all {count} such columns", number=answer, count=len(alike)),
                alike, decimal=point,
            )
            for point, answer in answers
        ]  # fmt: skip
    finding = column_finding(
        AMBIGUOUS if len(answers) == 2 else "ambiguous-numbers:2",
        name,
        *fixes,
        example=example,
        first=answers[0][1],
        second=answers[-1][1],
        meaning=_(meanings[answers[0][0]]),
        other=_(meanings[answers[-1][0]]),
        cells=more,
        ways=ways,
        ask=ask,
    )
    return replace(finding, severity=WARNING) if style.proven else finding


def _bare(cell: str) -> str:
    """Strip non-digits from the ends of a cell."""
    inner = [place for place, sign in enumerate(cell) if sign.isdigit()]
    return cell[inner[0] : inner[-1] + 1]


def _as_read(cell: str, point: str, style: NumberStyle) -> str:
    """Format a number as one reading has it, with all its digits: 1,000 is 1000, or 1.000."""
    bare = _bare(cell)
    value = number_of(bare, point, style.counts)
    tail = bare.replace(",", ".").rpartition(".")[2]
    if value == int(value) and f"{value:.0f}" == "".join(filter(str.isdigit, bare)):
        return f"{value:.0f}"
    return f"{value:.{len(tail)}f}"


def date_order_findings(name: str, cells: list[str]) -> list[Finding]:
    """Ask about dates with an ambiguous order of day and month: 01/02/2024."""
    parts = [SLASHED.match(cell.strip()) for cell in cells]
    known = [part for part in parts if part is not None]
    days = next((part for part in known if int(part[1]) > 12), None)
    months = next((part for part in known if int(part[2]) > 12), None)
    if days is not None and months is not None:
        return [
            column_finding(
                "dates-two-ways:2", name, exclude_columns_fix(name), day=days[0], month=months[0]
            )
        ]
    if len(known) < len(parts) or any(max(int(p[1]), int(p[2])) > 12 for p in known):
        return []
    date = next((part for part in known if int(part[1]) != int(part[2])), None)
    if date is None:
        return []
    month, day = f"{int(date[1]):02d}", f"{int(date[2]):02d}"
    year = date[3] if len(date[3]) == 4 else f"20{date[3]}"
    answers = ((f"{year}-{day}-{month}", "day"), (f"{year}-{month}-{day}", "month"))
    return [
        column_finding(
            TWO_WAYS,
            name,
            *(
                option_fix(_("Read as {date}", date=answer), "dates", {name: order})
                for answer, order in answers
            ),
            example=date[0],
            first=answers[0][0],
            second=answers[1][0],
        )
    ]


def counting_findings(name: str) -> list[Finding]:
    """Report the column that only counts the rows, if any."""
    if not name:
        return []
    return [
        column_finding(
            "counting-column",
            name,
            column_fix(_("Use '{name}'", name=name), [name], role="feature"),
        )
    ]


def other_unit_finding(name: str, unit: str, learned: str) -> Finding:
    """Say that a column's unit is not that of the training data."""
    return column_finding(OTHER_UNIT, name, unit=unit, learned=learned)


def unit_findings(name: str, cells: list[str], style: NumberStyle) -> list[Finding]:
    """Say which unit was read, and where it is missing."""
    findings = []
    units = {(unit_beside(cell) or "").strip("° ") for cell in cells if style.unit == "°"}
    turned = not units.isdisjoint(DIRECTIONS)
    if turned or style.point in {*TIMED, FEET}:
        return [_measured_finding(name, cells, style)]
    if style.factors:
        others = dict(style.factors)
        cell_text = next(cell.strip() for cell in cells if unit_beside(cell) in others)
        value = format_number(number_of(cell_text, style.point, style.counts))
        findings.append(
            column_finding(
                "units-made-one",
                name,
                exclude_columns_fix(name),
                cell=cell_text,
                number=format_with_unit(value, style.unit),
            )
        )
    elif style.unit:
        findings.append(column_finding("unit", name, unit=style.unit, cell=cells[0].strip()))
    bare = without_unit(cells, style)
    if bare:
        findings.append(
            column_finding(
                "some-without-unit",
                name,
                exclude_columns_fix(name),
                unit=style.unit,
                cell=bare,
                number=format_with_unit(bare, style.unit),
            )
        )
    return findings


def _measured_finding(name: str, cells: list[str], style: NumberStyle) -> Finding:
    """Say how durations and coordinates became numbers."""
    known = [cell.strip() for cell in cells if cell.strip() not in EMPTY_CELLS]
    values = [number_of(cell, style.point, style.counts) for cell in known]
    place = min(range(len(known)), key=lambda at: (values[at] >= 0, at))
    number = format_with_unit(format_number(values[place], ".6g"), style.unit)
    fixes = [column_fix(_("Use '{name}' as a category", name=name), [name], type="category")]
    two = style.point in TIMED and all(re.fullmatch(r"\d+:\d\d", cell) for cell in known)
    if two:
        other = LAPS if style.point == CLOCK_HOURS else CLOCK_HOURS
        read = format_number(number_of(known[place], other, {}), ".6g")
        label = _(
            "Read '{cell}' as {number}", cell=known[place],
            number=format_with_unit(read, TIMED[other]),
        )  # fmt: skip
        fixes.insert(0, column_fix(label, [name], decimal=other))
    key = "times:2" if style.point in {*TIMED, FEET} else "directions"
    return column_finding(key, name, *fixes, cell=known[place], number=number)


def writing_findings(
    name: str, cells: list[str], style: NumberStyle, evidence: StyleEvidence
) -> list[Finding]:
    """Report unusual number styles of a column."""
    category = column_fix(_("Use '{name}' as a category", name=name), [name], type="category")

    stripped = (cell.strip() for cell in cells)
    fractions = (
        (cell for cell in stripped if cell in evidence.odd) if style.point == FRACTIONS else ()
    )
    both = style.point == EITHER and not style.readings
    examples = {
        "owed": evidence.bracketed,
        "minus-behind": evidence.trailing,
        "footnote-marks": evidence.marked,
        "fractions": next(iter(fractions), ""),
        "both-marks": next(cell.strip() for cell in cells if "," in cell) if both else "",
    }
    return [
        column_finding(
            code,
            name,
            exclude_columns_fix(name) if code == "owed" else category,
            cell=cell,
            number=f"{number_of(cell, style.point, style.counts):.12g}",
        )
        for code, cell in examples.items()
        if cell
    ]


def word_findings(
    name: str, series: pd.Series, cells: list[str], evidence: StyleEvidence
) -> list[Finding]:
    """Say why a column that contains numbers is used as text."""
    labels = sum(bool(_LABEL.match(cell.strip())) for cell in cells)
    if labels * 10 >= 9 * len(cells):
        return []
    units = sorted({*evidence.units} - {""})
    # 9a and 10b are classes of a school.
    named = any(len(unit) > 1 or not unit.isalpha() for unit in units)
    if evidence.numbers > 1 and not evidence.others and 1 < len(units) <= 4 and named:
        return [
            column_finding(
                "several-units", name, exclude_columns_fix(name), units=format_quoted_list(units)
            )
        ]
    if evidence.feet > 1 and evidence.feet == evidence.others and not evidence.numbers:
        inches = number_of(evidence.odd[0], FEET, {})
        return [
            column_finding(
                "feet-and-inches",
                name,
                column_fix(
                    _(
                        "Read '{cell}' as {inches} inches",
                        cell=evidence.odd[0],
                        inches=format_number(inches, "g"),
                    ),
                    [name],
                    decimal=FEET,
                ),
                column_fix(_("Use as a category"), [name], type="category"),
                cell=evidence.odd[0],
            )
        ]
    if (
        evidence.others
        and evidence.numbers * 5 >= evidence.numbers + evidence.others
        and evidence.numbers > 1
    ):
        as_text = _made_text(name, series, evidence)
        if as_text:
            return as_text
    empty = [cell for cell in cells if cell.strip() in EMPTY_CELLS - {"", ".", "-", "--", "–"}]
    if not empty or len(cells) > 1000:
        return []
    word = empty[0].strip()
    rows = int((series.astype(str).str.strip() == word).sum())
    return [
        column_finding(
            "word-for-nothing",
            name,
            option_fix(_("Treat '{word}' as missing", word=word), "missing_values", {name: [word]}),
            count=rows,
            word=word,
        )
    ]


def _made_text(name: str, series: pd.Series, evidence: StyleEvidence) -> list[Finding]:
    """Report the cells that make a column of many numbers text."""
    texts = series.dropna().astype(str).str.split().str.join(" ")
    if texts.str.fullmatch(r"[-+]?\d+([.,]\d+)?").mean() >= 0.5:
        return []  # numbers, most of them: using them is an error that names the others
    lines = [int(texts.index[(texts == cell).to_numpy()][0]) for cell in evidence.odd]
    places = [
        _("'{cell}' in line {line}", cell=shorten(cell), line=line)
        for cell, line in zip(evidence.odd, lines, strict=True)
    ]
    return [
        column_finding(
            "text-among-numbers",
            name,
            *(
                (
                    option_fix(
                        _("Treat {words} as missing", words=format_quoted_list(evidence.odd)),
                        "missing_values",
                        {name: list(evidence.odd)},
                    ),
                )
                if evidence.others <= len(evidence.odd)
                else ()
            ),
            exclude_columns_fix(name),
            count=evidence.others,
            cells=join_values(places),
        )
    ]
