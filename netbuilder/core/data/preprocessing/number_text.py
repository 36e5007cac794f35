"""Numbers as people write them: ``1,125``, ``1.304,50``, ``1'200``, ``$12``, ``7 %``, ``12 kg``.

How a column writes its numbers is found from all of its cells together: 1,125 alone can be read
in two ways, 1,125,000 and 0,5 only in one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from netbuilder.core.data.preprocessing.units import CURRENCY, unit_factors

if TYPE_CHECKING:
    import pandas as pd

EMPTY_CELLS = frozenset(
    {"", "NA", "N/A", "n/a", "na", "NaN", "nan", "-nan", "null", "NULL", "Null", "None", "none",
     "<NA>", "#N/A", "#NA", "-", "--", "–", "?", "."}
)  # fmt: skip
#: What groups thousands where this is the decimal point.
GROUPS_BY = {".": ",", ",": "."}
# Sign and currency in either order, digits with what groups them, a unit behind.
_CELL = re.compile(
    rf"^(?P<sign>[-+−]?)\s*(?P<before>{CURRENCY})?\s*(?P<inner>[-+−]?)"
    r"(?P<body>\d(?:[\d.,'’\u00a0\u202f\u2009 ]*\d)?|[.,]\d+)(?P<power>[eE][-+]?\d+)?"
    r"(?:\.(?=\s|$))?\s*(?P<after>[kcdm]?m[23]|[^\d\s.,'’+\-][^\d]{0,11})?$"
)
_SPACES = re.compile(r"(?<=\d)[\u00a0\u202f\u2009 ](?=\d{3}(?!\d))")
# Books of account write what is owed in brackets: ($45.00).
_BRACKETED = re.compile(r"^\(\s*([^()]*\d[^()]*?)\s*\)$")
# 1'200 groups thousands; 6'4 are feet and inches.
_APOSTROPHES = re.compile(r"\d{1,3}('\d{3})+([.,]\d+)?")
_LOOKED_AT = 20_000
# Of a longer cell the patterns above would try each place with each other, which takes minutes.
_LONGEST = 100


@dataclass(frozen=True)
class NumberStyle:
    """How a column writes numbers.

    ``decimal`` is "." or ","; ``thousands`` one of ",", ".", "'" or "" (spaces between digits
    always group); ``unit`` stands beside each number, or is "". ``ambiguous`` says that the
    cells alone do not tell whether a comma, or a point, groups thousands or is the decimal point.
    ``unit_factors``: what numbers with other units count in this one; ``owed``: most cells stand in
    brackets, (1,200), as books of account write what is below 0.
    """

    decimal: str = "."
    thousands: str = ""
    unit: str = ""
    ambiguous: bool = False
    factors: tuple[tuple[str, float], ...] = ()
    owed: bool = False


PLAIN_STYLE = NumberStyle()


@dataclass(frozen=True)
class StyleEvidence:
    """What cells say about the comma and the point.

    ``decimal``: the decimal point that a cell proves, or ""; ``commas``: cells like 1,125;
    ``points``: cells like 1.125; ``bracketed``: cells like (45);
    ``large``: whole numbers of four digits and more without a comma; ``small``: of three and
    fewer. ``units`` are the commonest first; "": a number other than 0 had none.
    """

    decimal: str = ""
    thousands: str = ""
    commas: int = 0
    large: int = 0
    small: int = 0
    numbers: int = 0
    others: int = 0
    units: tuple[str, ...] = ()
    points: int = 0
    bracketed: int = 0

    @property
    def only_points(self) -> bool:
        """Whether points may group thousands: each stands before three digits, and no larger
        number has none."""
        return self.points > 1 and not self.decimal and not self.commas and not self.large


def style_evidence(cells: Iterable[str]) -> StyleEvidence:
    """What the cells of one column say, taken together."""
    decimals: dict[str, int] = {".": 0, ",": 0}
    groups: dict[str, int] = {}
    commas = points = large = small = numbers = others = bracketed = 0
    units: Counter[str] = Counter()
    for cell in cells:
        text = cell.strip()
        if text in EMPTY_CELLS:
            continue
        owed = _BRACKETED.match(text[: _LONGEST + 1])
        found = _CELL.match(owed[1] if owed else text) if len(text) <= _LONGEST else None
        if found is None:
            others += 1
            continue
        body = _SPACES.sub("", found["body"]).strip()
        point, group = _reading(body)
        if point == "no":  # 192.168.0.1, or 0171 23456
            others += 1
            continue
        numbers += 1
        bracketed += owed is not None
        unit = _unit(found)
        units.update([unit] if unit or body.strip("0.,") else ())
        if point == "?":
            commas += 1
        elif point == "?.":
            points += 1
        elif point:
            decimals[point] += 1
        if group:
            groups[group] = groups.get(group, 0) + 1
        if body.isdigit():
            large, small = large + (len(body) > 3), small + (len(body) <= 3)
    decimal = ""
    if max(decimals.values()) > 0:
        decimal = "," if decimals[","] > decimals["."] else "."
    thousands = max(groups, key=lambda key: groups[key]) if groups else ""
    if thousands in {",", "."} and not decimal:
        decimal = "." if thousands == "," else ","
    return StyleEvidence(
        decimal, thousands, commas, large, small, numbers, others,
        tuple(sorted(units, key=lambda unit: (-units[unit], unit))), points, bracketed,
    )  # fmt: skip


def _unit(found: re.Match[str]) -> str:
    before, after = (found["before"] or "").strip(), (found["after"] or "").strip()
    return f"{before} {after}".strip()


def unit_beside(cell: str) -> str | None:
    """The unit beside the number in a cell, "" where it has none; None: it is no number."""
    found = _CELL.match(_BRACKETED.sub(r"-\1", cell.strip()))
    return None if found is None else _unit(found)


def _reading(body: str) -> tuple[str, str]:
    """(decimal point, thousands) that a number proves; "no": it is none.

    "?": a comma, "?.": a point can be both.
    """
    if re.search(r"\s", body):  # what groups thousands is gone already
        return "no", ""
    if "'" in body or "’" in body:
        rest = body.replace("’", "'")
        if _APOSTROPHES.fullmatch(rest) is None:
            return "no", ""
        tail = rest.rsplit("'", 1)[1]
        return ("." if "." in tail else "," if "," in tail else ""), "'"
    comma, dot = body.count(","), body.count(".")
    if comma and dot:
        return (".", ",") if body.rfind(".") > body.rfind(",") else (",", ".")
    mark, times = (",", comma) if comma else (".", dot)
    if not times:
        return "", ""
    parts = body.split(mark)
    grouped = all(len(part) == 3 for part in parts[1:]) and 1 <= len(parts[0]) <= 3
    if times > 1:
        return ("", mark) if grouped else ("no", "")
    if not grouped or parts[0].startswith("0"):
        return mark, ""
    return ("?" if mark == "," else "?."), ""


def number_style(
    cells: Sequence[str], decimal: str = "", thousands: str | None = None, unit: str = ""
) -> NumberStyle | None:
    """How a column writes numbers, or None where it holds something else.

    Args:
        cells: texts of the column.
        decimal: what the file as a whole says, or "".
        thousands: what was chosen, or None.
        unit: of the numbers that these belong to: others are converted to it.
    """
    found = style_evidence(cells[:_LOOKED_AT])
    if not found.numbers or found.others * 2 > found.numbers:
        return None
    units = [one for one in found.units if one]
    if (units and found.others) or (found.others and found.numbers < 3):
        return None
    beside, other = units[0] if units else "", tuple[tuple[str, float], ...]()
    if len(found.units) > 1 or (unit and beside and beside != unit):
        one = unit_factors(found.units, unit if beside else "")
        if one is None and len(units) > 1:
            return None
        if one is not None:
            beside, other = one[0], tuple((k, v) for k, v in one[1].items() if v != 1)
    style = _marks_of(found, decimal, thousands)
    owed = found.bracketed * 2 > found.numbers
    return replace(style, unit=beside, factors=other, owed=owed)


def _marks_of(found: StyleEvidence, decimal: str, thousands: str | None) -> NumberStyle:
    if thousands is not None:
        return NumberStyle(decimal or ("," if thousands == "." else "."), thousands)
    point = found.decimal or decimal
    if point:
        return NumberStyle(point, found.thousands or ("." if point == "," else ","))
    if found.commas:
        # Larger numbers without a comma would have one if it grouped thousands.
        as_decimal = found.large > 0
        return NumberStyle("," if as_decimal else ".", "." if as_decimal else ",", ambiguous=True)
    if found.only_points:
        return NumberStyle(",", ".", ambiguous=True)
    return NumberStyle(".", found.thousands)


def without_unit(cells: Iterable[str], style: NumberStyle) -> str:
    """The first number, other than 0, that has no unit where others have one; "" for none."""
    if not style.unit or "" in dict(style.factors):
        return ""
    bare = (cell.strip() for cell in cells if unit_beside(cell) == "")
    return next((cell for cell in bare if cell.strip("0.,()- ")), "")


def parse_numbers(series: pd.Series, style: NumberStyle) -> pd.Series:
    """Texts as numbers, float64; NaN where nothing or no number stands."""
    import pandas as pd

    texts = series.astype(object).where(series.notna(), "").astype(str).str.strip()
    texts = texts.where(texts.str.len() <= _LONGEST, "")
    texts = texts.str.replace(_BRACKETED, r"-\1", regex=True)
    parts = texts.str.extract(_CELL)
    body = parts["body"].fillna("").str.replace(r"[\u00a0\u202f\u2009 ]", "", regex=True)
    for mark in {"'", "’", style.thousands} - {"", style.decimal}:
        body = body.str.replace(mark, "", regex=False)
    if style.decimal == ",":
        body = body.str.replace(",", ".", regex=False)
    numbers = pd.to_numeric(body + parts["power"].fillna(""), errors="coerce").astype("float64")
    minus = parts["sign"].isin(["-", "−"]) ^ parts["inner"].isin(["-", "−"])
    # Of a long column the units were looked for in its beginning: another one is no number.
    known = {"": 1.0, style.unit: 1.0, **dict(style.factors)}
    before, after = (parts[name].fillna("").str.strip() for name in ("before", "after"))
    counts = (before + " " + after).str.strip().map(known).astype("float64")
    result: pd.Series = numbers.where(~minus, -numbers) * counts
    return result
