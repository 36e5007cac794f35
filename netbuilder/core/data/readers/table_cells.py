"""What stands in the cells of a table that was read: numbers in any writing, words, totals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
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
from netbuilder.core.data.preprocessing.cells import (
    NO,
    SLASHED,
    YES,
    as_label,
    day_first,
    in_one_century,
    labels_of,
    truth_spelling,
)
from netbuilder.core.data.preprocessing.dates import odd_dates
from netbuilder.core.data.preprocessing.number_text import (
    EITHER,
    EMPTY_CELLS,
    FEET,
    FRACTIONS,
    GROUPS_BY,
    THREES,
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
from netbuilder.core.data.preprocessing.odd_rows import rows_with_words, summary_rows
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.wording import (
    format_list,
    format_number,
    format_quoted_list,
    format_with_unit,
    shorten,
)

if TYPE_CHECKING:
    import pandas as pd

AMBIGUOUS = "ambiguous-numbers"
TWO_WAYS = "dates-two-ways"
OTHER_UNIT = "other-unit"
_LOOKED_AT = 20_000
#: What each reading takes the comma and the point for.
_MEANINGS = {
    ".": N_("the comma groups thousands"),
    ",": N_("the comma is the decimal point"),
    EITHER: N_("comma and point are both decimal points"),
    THREES: N_("a comma or point before three digits groups thousands"),
}
_MEANINGS_OF_POINTS = {
    ".": N_("the point is the decimal point"),
    ",": N_("the point groups thousands"),
}


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
        """What numbers with each unit count, of each column in which numbers have one."""
        return {name: one.counts for name, one in self.styles.items() if one.unit or one.factors}

    @property
    def hints(self) -> dict[str, Any]:
        """Options for files that belong to this one."""
        told: dict[str, Any] = {
            "like_decimal": self.decimal, "like_encoding": self.encoding,
            "like_units": dict(self.units), "like_numbers": self.marks,
            "like_truths": dict.fromkeys(self.spellings, YES),
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
    likely: str = "",
    encoding: str = "",
    findings: tuple[Finding, ...] = (),
    read_as: Mapping[str, Any] = MappingProxyType({}),
) -> pd.DataFrame:
    """The table with texts that are numbers as numbers, and what was concluded.

    Args:
        table: as it was read: texts where pandas found no numbers.
        options: of the recipe, and what a file that this one belongs to said.
        point: the decimal point that the file as a whole proves, or "".
        likely: the decimal point where nothing says another, or "".
        encoding: of the file.
        findings: what was concluded before.
        read_as: arguments of ``pandas.read_csv`` that read the file likewise.
    """
    point = point or str(options.get("decimal") or options.get("like_decimal") or "")
    decided = _decided_points(table, options, point)
    like: Mapping[str, str] = options.get("like_units") or {}
    styles: dict[str, NumberStyle] = {}
    found = list(findings)
    asked: dict[str, list[str]] = {}
    odd: dict[str, pd.Series] = {}
    changed: dict[str, pd.Series] = {}
    spellings: dict[str, Mapping[str, str]] = {}
    for name in map(str, table.columns):
        series = table[name]
        truths = name in (options.get("like_truths") or {})
        if series.dtype.kind in "iufb" and not truths:
            continue
        cells = [as_label(cell) for cell in islice(series.dropna().unique(), _LOOKED_AT)]
        said = truth_spelling(cells, learned=truths)
        if said and name not in (options.get("spelt_apart") or ()):
            spellings[name] = said
            words = labels_of(series).map(said)
            changed[name] = series.astype(object).where(series.isna(), words)
            found.append(_one_truth(name, said))
            continue
        evidence = style_evidence(cells)
        learned = (options.get("like_numbers") or {}).get(name, "")
        learned = learned if learned in evidence.readings() else ""
        style = number_style(
            cells, learned or point, decided.get(name, ""), like.get(name, ""), likely
        )
        if style is None:
            changed |= _as_dates(name, series, cells, options, found)
            if name not in _treated(options):
                found += _words(name, series, cells, evidence)
            continue
        numbers = parse_numbers(series, style)
        junk = series.notna() & numbers.isna() & ~series.astype(str).str.strip().isin(EMPTY_CELLS)
        styles[name] = style
        # Word by word, so that the line with the text is named.
        changed[name] = numbers.astype(object).where(~junk, series) if junk.any() else numbers
        odd |= {name: junk} if junk.any() else {}
        if style.readings:
            asked[name] = cells
        found += _unit_finding(name, cells, style)
        found += _written(name, cells, style, evidence)
    units = {name: one.unit for name, one in styles.items() if one.unit}
    table = table.assign(**changed) if changed else table
    found += (
        _other_unit(name, unit, like[name])
        for name, unit in units.items()
        if like.get(name, unit) != unit
    )
    found += (ambiguity_finding(name, cells, styles[name], styles) for name, cells in asked.items())
    counting = counting_column(table)
    found += _counting_finding(counting)
    given = options.get("skip_lines") or []
    out = list(given) if isinstance(given, list | tuple) else [given]
    found += [*summary_rows(table, out), *rows_with_words(table, odd, out)]
    table.attrs["reading"] = TableReading(
        units, styles, counting, point, encoding, tuple(found), dict(read_as), spellings
    )
    return table


def _decided_points(
    table: pd.DataFrame, options: Mapping[str, Any], point: str
) -> Mapping[str, str]:
    """The reading that was decided of single columns, or by option "thousands" of all."""
    given, decided = options.get("thousands"), options.get("decimals") or {}
    if given is None:
        return decided
    mark = {"none": "", "space": ""}.get(str(given), str(given))
    general = str(options.get("decimal") or "") or GROUPS_BY.get(mark, point or ".")
    return {**dict.fromkeys(map(str, table.columns), general), **decided}


def _as_dates(
    name: str,
    series: pd.Series,
    cells: list[str],
    options: Mapping[str, Any],
    found: list[Finding],
) -> dict[str, pd.Series]:
    """A column of texts with its dates as it was decided, and what is to be asked of them."""
    order = (options.get("dates") or {}).get(name, "")
    century = (options.get("centuries") or {}).get(name)
    given = series
    if order == "day":
        series = day_first(series)
    if century is not None:
        series = in_one_century(series, int(century))
    found += [] if order else _two_ways(name, cells)
    if name not in _treated(options):
        found += odd_dates(name, series, decided=century is not None)
    return {} if series is given else {name: series}


def _treated(options: Mapping[str, Any]) -> set[str]:
    """Columns of which was said what stands for a missing value."""
    said = options.get("missing_values")
    return set(said) if isinstance(said, Mapping) else set()


def _one_truth(name: str, spellings: Mapping[str, str]) -> Finding:
    return Finding(
        "truth-words",
        INFO,
        _(
            "Column '{name}' has several spellings of yes and no ({words}): they are read as "
            "'{yes}' and '{no}'.",
            name=name,
            words=format_quoted_list(spellings, 8),
            yes=YES,
            no=NO,
        ),
        name,
        (option_fix(_("Keep all spellings separate"), "spelt_apart", [name]),),
    )


def ambiguity_finding(
    name: str, cells: list[str], style: NumberStyle, styles: Mapping[str, NumberStyle]
) -> Finding:
    """What is asked of a column whose numbers can be read in several ways.

    Args:
        name: of the column.
        cells: its texts.
        style: how it is read until it is answered.
        styles: of all columns, of which some may be asked the same.
    """
    alike = tuple(one for one, other in styles.items() if other.readings == style.readings)
    three = list(islice(telling_cells(cells, style.readings, style), 3))
    read = [[number_of(cell, one, style.counts) for cell in three] for one in style.readings]
    mark = "," if "," in three[0] else "."
    meanings = _MEANINGS if mark == "," else {**_MEANINGS, **_MEANINGS_OF_POINTS}
    answers = [(point, _as_read(three[0], point, style)) for point in style.readings]
    seen = {said: point for point, said in reversed(answers)}
    answers = [(point, said) for point, said in answers if seen[said] == point]
    ways = "; ".join(
        _(
            "as {values} ({meaning})",
            values=format_list([format_number(value, ".12g") for value in values]),
            meaning=_(meanings[point]),
        )
        for point, values in zip(style.readings, read, strict=True)
    )
    ask = (
        _("The first reading is used. If it is wrong, choose the other one.")
        if style.proven
        else _("Choose one of the two readings.")
    )
    example, more = format_quoted_list(three[:1]), format_quoted_list(three)
    fixes = [
        column_fix(
            _("Read as {number}", number=said),
            [name],
            _("Read {cell} unchanged", cell=said)
            if said == _bare(three[0])
            else _("Read {cell} as {number}", cell=_bare(three[0]), number=said),
            decimal=point,
        )
        for point, said in answers
    ]
    if len(alike) > 1:
        fixes += [
            column_fix(
                _("Read as {number} in all {count} such columns", number=said, count=len(alike)),
                alike, decimal=point,
            )
            for point, said in answers
        ]  # fmt: skip
    if len(answers) == 2:
        message = _(
            "Column '{name}' has numbers like {example}, which are ambiguous: {first} "
            "({meaning}) or {second} ({other}). The cells {cells} are read {ways}. {ask}",
            name=name,
            example=example,
            first=answers[0][1],
            second=answers[1][1],
            meaning=_(meanings[answers[0][0]]),
            other=_(meanings[answers[1][0]]),
            cells=more,
            ways=ways,
            ask=ask,
        )
    else:
        message = _(
            "Column '{name}' has numbers like {example}, which are ambiguous. The cells {cells} "
            "are read {ways}. {ask}",
            name=name,
            example=example,
            cells=more,
            ways=ways,
            ask=ask,
        )
    severity = WARNING if style.proven else ERROR
    return Finding(AMBIGUOUS, severity, message, name, tuple(fixes))


def _bare(cell: str) -> str:
    """A cell without what is no digit at its ends."""
    inner = [place for place, sign in enumerate(cell) if sign.isdigit()]
    return cell[inner[0] : inner[-1] + 1]


def _as_read(cell: str, point: str, style: NumberStyle) -> str:
    """A number as one reading has it, with all its digits: 1,000 is 1000, or 1.000."""
    bare = _bare(cell)
    value = number_of(bare, point, style.counts)
    tail = bare.replace(",", ".").rpartition(".")[2]
    if value == int(value) and f"{value:.0f}" == "".join(filter(str.isdigit, bare)):
        return f"{value:.0f}"
    return f"{value:.{len(tail)}f}"


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
    return [
        Finding(
            TWO_WAYS,
            WARNING,
            _(
                "Column '{name}' has dates like '{example}', which are ambiguous: {first} if the "
                "day comes first, or {second} if the month comes first. The month is read first.",
                name=name,
                example=one[0],
                first=answers[0][0],
                second=answers[1][0],
            ),
            name,
            tuple(
                option_fix(_("Read as {date}", date=said), "dates", {name: order})
                for said, order in answers
            ),
        )
    ]


def _counting_finding(name: str) -> list[Finding]:
    if not name:
        return []
    return [
        Finding(
            "counting-column",
            INFO,
            _("Column '{name}' has no name and counts the rows: it is not used.", name=name),
            name,
            (column_fix(_("Use '{name}'", name=name), [name], role="feature"),),
        )
    ]


def _other_unit(name: str, unit: str, learned: str) -> Finding:
    return Finding(
        OTHER_UNIT,
        WARNING,
        _(
            "Column '{name}' is in {unit}, but the training data is in {learned}.",
            name=name,
            unit=unit,
            learned=learned,
        ),
        name,
    )


def _unit_finding(name: str, cells: list[str], style: NumberStyle) -> list[Finding]:
    found = []
    if style.factors:
        others = dict(style.factors)
        one = next(cell.strip() for cell in cells if unit_beside(cell) in others)
        value = format_number(number_of(one, style.point, style.counts))
        found.append(Finding(
            "units-made-one", INFO,
            _(
                "Column '{name}' has numbers in several units: '{cell}' is read as {number}.",
                name=name, cell=one, number=format_with_unit(value, style.unit),
            ),
            name, (exclude_columns_fix(name),),
        ))  # fmt: skip
    elif style.unit:
        found.append(Finding(
            "unit", INFO,
            _(
                "Column '{name}' is read as numbers in {unit} ('{cell}').",
                name=name, unit=style.unit, cell=cells[0].strip(),
            ),
            name,
        ))  # fmt: skip
    bare = without_unit(cells, style)
    if bare:
        found.append(Finding(
            "some-without-unit", WARNING,
            _(
                "Column '{name}' has '{unit}' beside only some of its numbers: "
                "'{cell}' is read as {number}. If this is wrong, write the unit beside "
                "each number in the file.",
                name=name, unit=style.unit, cell=bare, number=format_with_unit(bare, style.unit),
            ),
            name, (exclude_columns_fix(name),),
        ))  # fmt: skip
    return found


def _written(
    name: str, cells: list[str], style: NumberStyle, evidence: StyleEvidence
) -> list[Finding]:
    """What is said of a column whose numbers are written in an unusual way."""
    category = column_fix(_("Use '{name}' as a category", name=name), [name], type="category")

    def read(cell: str) -> str:
        return f"{number_of(cell, style.point, style.counts):.12g}"

    found = []
    if evidence.bracketed:
        found.append(
            Finding(
                "owed",
                INFO,
                _(
                    "Column '{name}' has numbers in brackets, which mean negative numbers in "
                    "accounting: '{cell}' is read as {number}.",
                    name=name,
                    cell=evidence.bracketed,
                    number=read(evidence.bracketed),
                ),
                name,
                (exclude_columns_fix(name),),
            )
        )
    if evidence.trailing:
        found.append(Finding(
            "minus-behind", INFO,
            _(
                "Column '{name}' has a minus after numbers: '{cell}' is read as {number}.",
                name=name, cell=evidence.trailing, number=read(evidence.trailing),
            ),
            name, (category,),
        ))  # fmt: skip
    if style.point == FRACTIONS:
        one = next(cell.strip() for cell in cells if cell.strip() in evidence.odd)
        found.append(Finding(
            "fractions", INFO,
            _(
                "Column '{name}' has fractions: '{cell}' is read as {number}.",
                name=name, cell=one, number=read(one),
            ),
            name, (category,),
        ))  # fmt: skip
    if style.point == EITHER and not style.readings:
        with_comma = next(cell.strip() for cell in cells if "," in cell)
        found.append(
            Finding(
                "both-marks",
                INFO,
                _(
                    "Column '{name}' uses a decimal comma in some rows and a decimal point in "
                    "others: '{cell}' is read as {number}.",
                    name=name,
                    cell=with_comma,
                    number=read(with_comma),
                ),
                name,
                (category,),
            )
        )
    return found


def _words(name: str, series: pd.Series, cells: list[str], said: StyleEvidence) -> list[Finding]:
    units = sorted({*said.units} - {""})
    # 9a and 10b are classes of a school.
    named = any(len(unit) > 1 or not unit.isalpha() for unit in units)
    if said.numbers > 1 and not said.others and 1 < len(units) <= 4 and named:
        return [
            Finding(
                "several-units",
                WARNING,
                _(
                    "Column '{name}' has numbers in several units, {units}, which are not "
                    "converted: it is used as text. Write all numbers in one unit in the file, or "
                    "leave the column out.",
                    name=name,
                    units=format_quoted_list(units),
                ),
                name,
                (exclude_columns_fix(name),),
            )
        ]
    if said.feet > 1 and said.feet == said.others and not said.numbers:
        inches = number_of(said.odd[0], FEET, {})
        return [Finding(
            "feet-and-inches", WARNING,
            _(
                "Column '{name}' seems to contain feet and inches ('{cell}'): it is used as text.",
                name=name, cell=said.odd[0],
            ),
            name,
            (
                column_fix(
                    _("Read '{cell}' as {inches} inches", cell=said.odd[0],
                    inches=format_number(inches, "g")),
                    [name], decimal=FEET,
                ),
                column_fix(_("Use as a category"), [name], type="category"),
            ),
        )]  # fmt: skip
    if said.others and said.numbers * 5 >= said.numbers + said.others and said.numbers > 1:
        told = _made_text(name, series, said)
        if told:
            return told
    empty = [cell for cell in cells if cell.strip() in EMPTY_CELLS - {"", ".", "-", "--", "–"}]
    if not empty or len(cells) > 1000:
        return []
    word = empty[0].strip()
    rows = int((series.astype(str).str.strip() == word).sum())
    return [Finding(
        "word-for-nothing", INFO,
        ngettext(
            "Column '{name}' has '{word}' in {count} row: it counts as a category.",
            "Column '{name}' has '{word}' in {count} rows: it counts as a category.",
            rows, name=name, word=word,
        ),
        name,
        (option_fix(
            _("Treat '{word}' as missing", word=word), "missing_values", {name: [word]}
        ),),
    )]  # fmt: skip


def _made_text(name: str, series: pd.Series, said: StyleEvidence) -> list[Finding]:
    """The cells that make words of a column in which many numbers stand."""
    texts = series.dropna().astype(str).str.split().str.join(" ")
    lines = [int(texts.index[(texts == cell).to_numpy()][0]) for cell in said.odd]
    places = [
        _("'{cell}' in line {line}", cell=shorten(cell), line=line)
        for cell, line in zip(said.odd, lines, strict=True)
    ]
    return [
        Finding(
            "text-among-numbers",
            INFO,
            ngettext(
                "Column '{name}' is used as text, because {count} of its values is not a number: "
                "{cells}.",
                "Column '{name}' is used as text, because {count} of its values are not numbers: "
                "{cells}.",
                said.others,
                name=name,
                cells=", ".join(places),
            ),
            name,
            (
                *(
                    (
                        option_fix(
                            _("Treat {words} as missing", words=format_quoted_list(said.odd)),
                            "missing_values",
                            {name: list(said.odd)},
                        ),
                    )
                    if said.others <= len(said.odd)
                    else ()
                ),
                exclude_columns_fix(name),
            ),
        )
    ]


def counting_column(table: pd.DataFrame) -> str:
    """The nameless first column that spreadsheets and pandas write to count rows, or ""."""
    first = str(table.columns[0])
    if first != "column 1" or len(table.columns) < 3 or table[first].dtype.kind != "i":
        return ""
    steps = table[first].diff().dropna()
    if len(steps) and (steps == 1).all() and table[first].iloc[0] in {0, 1}:
        return first
    return ""
