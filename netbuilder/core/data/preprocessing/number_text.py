"""Numbers as people write them: ``1,125``, ``1.304,50``, ``1'200``, ``$12``, ``7 %``, ``3 1/4``.

A column is read in one way. Each possible reading says which mark is the decimal point. If
several readings explain every cell with different numbers, the person is asked.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from netbuilder.core.folders import resource_json

if TYPE_CHECKING:
    import pandas as pd

EMPTY_CELLS = frozenset(resource_json("tables.json")["empty_cells"])
#: What groups thousands where this is the decimal point.
GROUPS_BY = {".": ",", ",": "."}
#: Each mark is a decimal point; a mark before three digits groups, any other is a decimal point.
EITHER, THREES = "either", "threes"
#: Besides plain numbers there are "3 1/4", or feet and inches (5'3").
FRACTIONS, FEET = "fractions", "feet"
#: Times of a clock and durations: "7 am", "1h 20m" and 1:20 are hours; 1:20.5 are seconds.
CLOCK_HOURS, LAPS = "clock", "laps"
TIMED = {CLOCK_HOURS: "h", LAPS: "s"}
#: Of coordinates in degrees: 6.5W is -6.5.
DIRECTIONS = {"N": 1.0, "E": 1.0, "O": 1.0, "S": -1.0, "W": -1.0}
CURRENCY = r"[$€£¥₹₽₩₺₫฿]|US\$|USD|EUR|GBP|CHF|JPY|CNY|INR|Fr\.|Rs\.?|R\$"
# What web pages leave in cells: no blank, and nothing that anybody sees.
INVISIBLE = r"[\u200b\u200e\u200f\u2060\ufeff]*"
# Sign and currency in either order, digits with what groups them, a unit behind, then marks that
# point to a footnote; 5- is -5.
CELL = re.compile(
    rf"{INVISIBLE}(?P<sign>[-+−–]?)\s*(?P<before>{CURRENCY})?\s*(?P<inner>[-+−–]?)\s*"
    r"(?P<body>\d(?:[\d.,'’\u00a0\u202f\u2009 ]*\d)?|[.,]\d+)(?P<power>[eE][-+]?\d+)?"
    rf"(?:[.,](?:[-–—]{{1,2}}|(?=\s|$)))?(?:(?P<middle>[-−])(?=\s*(?:{CURRENCY}|%)))?\s*"
    r"(?P<after>[kcdm]?m[23]|[^\d\s.,'’+−\-/*†‡§¶½¼¾⅓⅔⅛⅜⅝⅞\u200b\ufeff][^\d]{0,11}?)?\s*"
    rf"(?P<mark>[*†‡§¶]{{0,3}})\s*(?P<tail>[-−]?){INVISIBLE}"
)
GROUPED = re.compile(r"\d{1,3}([ '.,])\d{3}(?:\1\d{3})*|\d{1,2}(?:,\d{2})+,\d{3}")
# Books of account write what is owed in brackets: ($45.00).
BRACKETED = re.compile(
    rf"({CURRENCY})?\s*\(\s*([^()]*\d[^()]*?)\s*\)(\s*(?:{CURRENCY}|%|[^\W\d]{{1,2}})?\s*)"
)
FRACTION = re.compile(r"([-−]?)(?:(\d{1,9})\s+)?(\d{1,4})\s*[/⁄]\s*([1-9]\d{0,3})")
SIGNS = {"½": " 1/2", "¼": " 1/4", "¾": " 3/4", "⅓": " 1/3", "⅔": " 2/3", "⅛": " 1/8",
         "⅜": " 3/8", "⅝": " 5/8", "⅞": " 7/8"}  # fmt: skip
FOOT = re.compile(
    r"(\d{1,3})\s*(?:['’′]|ft\.?|feet|foot)\s*"
    r"(?:(\d{1,2}(?:\.\d+)?)\s*(?:[\"”″]|''|in\.?|inch(?:es)?)?)?"
)
# 1st class, 1. Klasse, 1er étage, 1ª classe, 1年级; but 12. EUR and 20 ºC are amounts.
_ORDINAL = re.compile(
    r"(?i:\d*(?:1st|2nd|3rd|[04-9]th|1[123]th|1(?:er|re|ère))(?:\s.*)?)|"
    r"\d+(?:e|ème|eme|ième|nde?|\.?[ºª])\s+[^\W\d_]{2,}.*|"
    r"\d{1,2}\.\s+(?!Euro|Stück|Mio|Mrd)[A-ZÄÖÜ][a-zäöüß]{2,}.*|\d+\s?(?:年级|班级?|等[舱座]?|级)"
)
# 5×10^-3, 5 x 10⁻³; digits of full width; the mark that spreadsheets put before a text.
POWER = re.compile(
    r"(?<=\d)\s?[×·xX*]\s?10\s?(?:(?:\^|\*\*)\s?([-+−]?\d{1,3})|([-−+]\d{1,3})|"
    r"([⁻⁺]?[⁰¹²³⁴-⁹]{1,3}))(?!\d)"
)
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺−", "0123456789-+-")
WIDE = str.maketrans("０１２３４５６７８９．，－＋％", "0123456789.,-+%")
TEXT_MARK = re.compile(r"^['’](?=[-+−]?[\d.,])")
TIME = re.compile(
    r"(?:(\d{1,6})(?:\s*d(?:ays?)?,?\s*|\.(?=\d\d:\d\d:\d\d)))?"  # "2 days 1:30", "2.01:30:00"
    r"(\d{1,6}):([0-5]\d)(?::([0-5]\d))?(?:[.,](\d+))?(\s*[ap]\.?m\.?)?",
    re.IGNORECASE,
)
HALF_DAY = re.compile(r"(1[0-2]|0?[1-9])\s*([ap])\.?m\.?", re.IGNORECASE)
LASTS = re.compile(
    r"P?(?:(\d+)\s*(?:d|days?|tage?n?))?[, ]*T?(?:(\d+(?:[.,]\d+)?)\s*(?:h|hrs?|hours?|std\.?|"
    r"stunden?))?[, ]*(?:(\d+(?:[.,]\d+)?)\s*(?:m|mins?|minutes?|minuten|(?<=h[0-5]\d)|"
    r"(?<=h [0-5]\d)))?[, ]*"
    r"(?:(\d+(?:[.,]\d+)?)\s*(?:s|secs?|seconds?|sek\.?|sekunden?))?",
    re.IGNORECASE,
)
_LOOKED_AT = 20_000
# Of a longer cell the patterns above would try each place with each other, which takes minutes.
_LONGEST = 100
# So many numbers with a decimal point show how many decimals a column has.
_SHOW_PRECISION = 5


# Scripts carry this function.
def marks_of(body: str) -> tuple[str, str, str] | None:
    """Return which character is the decimal point of a number, which separates thousands, and which
    could be either.

    None of what is no number: 192.168.0.1, or 0171 23456.
    """
    marks = re.findall(r"\D", body)
    if not marks:
        return "", "", ""
    last = marks[-1]
    if last in ".," and marks.count(last) == 1:
        whole, _, decimals = body.rpartition(last)
        if len(marks) > 1:
            return (last, marks[0], "") if GROUPED.fullmatch(whole) else None
        if len(decimals) == 3 and re.fullmatch(r"[1-9]\d{0,2}", whole):
            return "", "", last
        return last, "", ""
    return ("", last, "") if GROUPED.fullmatch(body) else None


# Scripts carry this function.
def plain_cell(cell: str) -> str:
    """Return a cell with ASCII digits, single spaces and powers of ten as e-3."""
    text = " ".join(TEXT_MARK.sub("", cell.strip().translate(WIDE), count=1).split())
    return POWER.sub(
        lambda part: f"e{int((part[1] or part[2] or part[3]).translate(RAISED))}", text
    )


# Scripts carry this function.
def seconds_of(text: str, point: str) -> float:
    """Return the seconds of a time or a duration; NaN of anything else.

    Args:
        text: the cell.
        point: "laps": of two parts the first are minutes; "clock": hours.
    """
    half = HALF_DAY.fullmatch(text)
    if half:
        return (int(half[1]) % 12 + 12 * (half[2].lower() == "p")) * 3600.0
    clock = TIME.fullmatch(text)
    if clock:
        first, second, third = int(clock[2]), int(clock[3]), int(clock[4] or 0)
        if clock[6]:
            first = first % 12 + 12 * (clock[6].strip().lower()[0] == "p")
        if clock[4] is None and (point == "laps" or clock[5]):
            first, second, third = 0, first, second
        whole = int(clock[1] or 0) * 86400 + first * 3600 + second * 60 + third
        return whole + float(f"0.{clock[5] or 0}")
    lasts = LASTS.fullmatch(text)
    if not lasts or not any(lasts.groups()):
        return float("nan")
    parts = [float((part or "0").replace(",", ".")) for part in lasts.groups()]
    return parts[0] * 86400 + parts[1] * 3600 + parts[2] * 60 + parts[3]


# Scripts carry this function.
def number_of(cell: str, point: str, counts: dict[str, float]) -> float:
    """Return the number in a cell; NaN if it is not a number in this format.

    Args:
        cell: its text.
        point: the decimal point, "." or ","; "either": both marks are; "threes": a mark before
            three digits groups. "fractions" and "feet": with ".", and 3 1/4 or 5'3" (in inches).
            "clock" and "laps": times, in hours and in seconds.
        counts: what a number with each unit counts.
    """
    nothing = float("nan")
    if len(cell.strip()) > 100:
        return nothing
    text = plain_cell(cell)
    if point in {"clock", "laps"}:
        return seconds_of(text, point) / (3600 if point == "clock" else 1)
    if point == "fractions":
        for sign, words in SIGNS.items():
            text = text.replace(sign, words)
        part = FRACTION.fullmatch(text.strip())
        if part:
            size = int(part[2] or 0) + int(part[3]) / int(part[4])
            return -size if part[1] else size
    if point == "feet":
        part = FOOT.fullmatch(text)
        return int(part[1]) * 12 + float(part[2] or 0) if part else nothing
    owed = BRACKETED.fullmatch(text)
    if owed:
        text = f"{owed[1] or ''}{owed[2]}{owed[3]}"
    match = CELL.fullmatch(text)
    if not match:
        return nothing
    body = match["body"].replace("’", "'")
    kind = marks_of(body)
    unit = f"{(match['before'] or '').strip()} {(match['after'] or '').strip()}".strip()
    minus = [
        bool(owed),
        *(match[place] in {"-", "−", "–"} for place in ("sign", "inner", "middle", "tail")),
    ]
    direction = DIRECTIONS.get(unit.strip("° ")) if "°" in counts else None
    if kind is None or (unit not in counts and direction is None) or sum(minus) > 1:
        return nothing
    decimal, group, both = kind
    fixed = "." if point == "fractions" else point
    if fixed in {".", ","} and (group == fixed or decimal not in {"", fixed}):
        return nothing
    if fixed in {both, "either"}:
        decimal = decimal or both
    whole, _, decimals = body.rpartition(decimal) if decimal else (body, "", "")
    digits = re.sub(r"\D", "", whole)
    size = float(f"{digits}.{decimals}{match['power'] or ''}") * (direction or counts[unit])
    return -size if any(minus) else size


# Scripts carry this function.
def numbers_in(cells: pd.Series, point: str, counts: dict[str, float]) -> pd.Series:
    """Texts as numbers, float64, each read by ``number_of``; NaN where there is no number."""
    import pandas as pd

    if cells.dtype.kind in "iuf":
        return cells
    places, distinct = pd.factorize(cells)
    parsed = [number_of(str(cell), point, counts) for cell in distinct]
    import numpy as np

    numbers = np.array([*parsed, np.nan], "float64")[places]
    return pd.Series(numbers, index=cells.index, name=cells.name)


@dataclass(frozen=True)
class NumberStyle:
    """How a column writes numbers.

    ``point`` as for ``number_of``; ``unit`` is that of the numbers, or "". ``readings`` are the
    points that explain every cell with different numbers; ``proven``: the rest of the file decides.
    ``factors`` convert other units to this one.
    """

    point: str = "."
    unit: str = ""
    readings: tuple[str, ...] = ()
    proven: bool = False
    factors: tuple[tuple[str, float], ...] = ()

    @property
    def counts(self) -> dict[str, float]:
        """The factor of each unit."""
        return {"": 1.0, self.unit: 1.0, **dict(self.factors)}


@dataclass
class StyleEvidence:
    """Counts over the cells of one column.

    ``decimals``, ``groups`` and ``both``: cells in which a mark is the decimal point, groups, or
    could be both; ``thousandths``: of the first those with three decimals and more. ``large``:
    whole numbers of four digits and more without a mark; ``small``: of three and fewer.
    ``units`` with their numbers; "": a number other than 0 had none. ``others`` are cells that
    are no number; ``bracketed``, ``trailing`` and ``marked`` cells like (45), 45- and
    45*.
    """

    decimals: Counter[str] = field(default_factory=Counter)
    groups: Counter[str] = field(default_factory=Counter)
    both: Counter[str] = field(default_factory=Counter)
    thousandths: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    large: int = 0
    small: int = 0
    whole: int = 0
    numbers: int = 0
    others: int = 0
    fractions: int = 0
    mixed_fractions: int = 0
    clocks: int = 0
    durations: int = 0
    laps: int = 0
    feet: int = 0
    heights: int = 0  # feet with fewer than 12 inches
    bracketed: str = ""
    trailing: str = ""
    marked: str = ""
    odd: list[str] = field(default_factory=list)

    @property
    def decimal(self) -> str:
        """The proven decimal point, "" where the cells prove none, or both."""
        comma = self.decimals[","] + self.groups["."] > 0
        dot = self.decimals["."] + self.groups[","] > 0
        return "" if comma == dot else "," if comma else "."

    @property
    def only_points(self) -> bool:
        """Whether points may group thousands: always three digits, not in all numbers."""
        alone = not self.decimals and not self.groups["."] and not self.groups[","]
        several = self.both["."] > 1 and not self.large
        return alone and not self.both[","] and (several or 0 < self.both["."] < self.whole)

    @property
    def few_commas(self) -> bool:
        """Whether fewer numbers have a comma, always before three digits, than have no mark."""
        alone = not self.decimals and not self.groups and not self.both["."]
        return alone and 0 < self.both[","] < self.whole

    def add(self, cell: str) -> None:
        """Count one cell."""
        text = cell.strip()
        if text in EMPTY_CELLS:
            return
        if len(text) <= _LONGEST:
            text = " ".join(text.split())
        number = _number_in(text)
        if number is None:
            self._add_other(text)
            return
        match, owed, kind = number
        self.numbers += 1
        decimal, group, could_be_both = kind
        body = match["body"]
        if decimal:
            self.decimals[decimal] += 1
            self.thousandths[decimal] += len(body.rpartition(decimal)[2]) > 2
        self.groups.update([group] if group else ())
        self.both.update([could_be_both] if could_be_both else ())
        unit = _unit(match)
        self.units.update([unit] if unit or body.strip("0.,") else ())
        if body.isdigit():
            self.whole += body.strip("0") != ""
            self.large, self.small = self.large + (len(body) > 3), self.small + (len(body) <= 3)
        self.bracketed = self.bracketed or (text if owed else "")
        self.trailing = self.trailing or (text if match["tail"] or match["middle"] else "")
        self.marked = self.marked or (text if match["mark"] else "")

    def _add_other(self, text: str) -> None:
        short = text if len(text) <= _LONGEST else ""
        self._add_time(plain_cell(short))
        if part := FOOT.fullmatch(short):
            self.feet += 1
            self.heights += float(part[2] or 0) < 12
        elif FRACTION.fullmatch(short) or any(sign in short for sign in SIGNS):
            self.fractions += 1
            self.mixed_fractions += " " in text or "/" not in text
        self.others += 1
        if len(self.odd) < 3:
            self.odd.append(text)

    def _add_time(self, text: str) -> None:
        clock = TIME.fullmatch(text)
        if clock is not None:
            self.clocks += 1
            self.durations += bool(clock[1]) or int(clock[2]) > 23
            self.laps += clock[4] is None and clock[5] is not None
        elif text and not math.isnan(seconds_of(text, CLOCK_HOURS)):
            self.durations += 1

    @property
    def timed(self) -> str:
        """How the cells write durations; "" for others, such as times of the day alone."""
        amounts = self.numbers - sum(
            count for unit, count in self.units.items() if unit and LASTS.fullmatch(f"1{unit}")
        )
        if not self.others or amounts * 10 > self.others or not (self.durations or self.laps):
            return ""
        known = self.clocks + self.durations >= self.others
        return "" if not known else LAPS if self.laps else CLOCK_HOURS

    def readings(self) -> tuple[str, ...]:
        """Return the points that explain every number, the likelier first."""
        comma = self.decimals[","] + self.groups["."] > 0
        dot = self.decimals["."] + self.groups[","] > 0
        if comma and dot:
            return (EITHER, THREES) if self.both.total() else (EITHER,)
        if not comma and not dot:
            if not self.both:
                return (".",)
            if len(self.both) == 2:
                return ".", ",", EITHER, THREES
            # Larger numbers without a comma would have one if it grouped thousands.
            grouped = not self.large
            if self.both[","]:
                return (".", ",") if grouped else (",", ".")
            return (".", ",")
        point, other = (",", ".") if comma else (".", ",")
        if self._other_may_be_decimal(point, other):
            return point, EITHER
        if self.both[point] and not self.decimals[point] and self.groups[other]:
            return point, THREES
        return (point,)

    def fits(self, point: str) -> bool:
        """Return whether ambiguous numbers are consistent with this decimal point."""
        if self.both[point] and not self.both[GROUPS_BY[point]]:
            return self.whole == 0
        return len(self.both) < 2 and not self.groups and self.small > 0 and not self.large

    def _other_may_be_decimal(self, point: str, other: str) -> bool:
        """Return whether 1,125 beside 67.76 may be a decimal, as 1.125 is."""
        if not self.both[other]:
            return False
        with_point = self.decimals[point] + self.both[point]
        precise = self.thousandths[point] + self.both[point] > 0
        if self.groups[other]:
            return precise
        return precise or self.large > 0 or with_point < _SHOW_PRECISION


def _matched(text: str) -> tuple[re.Match[str] | None, bool]:
    """Match a cell as a number; also return whether it stands in brackets."""
    if len(text) > _LONGEST:
        return None, False
    text = plain_cell(text)
    owed = BRACKETED.fullmatch(text)
    return CELL.fullmatch(f"{owed[1] or ''}{owed[2]}{owed[3]}" if owed else text), bool(owed)


@lru_cache(maxsize=8192)
def _number_in(text: str) -> tuple[re.Match[str], bool, tuple[str, str, str]] | None:
    """Return the match of a number (no ordinal, no time), if it is in brackets, and its marks."""
    match, owed = _matched(text)
    kind = None if match is None else marks_of(match["body"].replace("’", "'"))
    if match is None or kind is None or _ORDINAL.fullmatch(text[:_LONGEST]):
        return None
    return None if match["after"] and HALF_DAY.fullmatch(text) else (match, owed, kind)


def is_number(cell: str) -> bool:
    """Return whether a cell is a number in any style."""
    text = " ".join(cell.split()) if len(cell) <= _LONGEST else cell.strip()
    return text not in EMPTY_CELLS and _number_in(text) is not None


def _unit(match: re.Match[str]) -> str:
    before, after = (match["before"] or "").strip(), (match["after"] or "").strip()
    return f"{before} {after}".strip()


def unit_beside(cell: str) -> str | None:
    """Return the unit of the number in a cell, "" without one; None: it is no number."""
    match, _ = _matched(" ".join(cell.split()))
    return None if match is None else _unit(match)


def style_evidence(cells: Iterable[str]) -> StyleEvidence:
    """Count the number styles of the cells of one column."""
    evidence = StyleEvidence()
    for cell in cells:
        evidence.add(cell)
    return evidence


def number_style(
    cells: Sequence[str],
    decimal: str = "",
    decided: str = "",
    unit: str = "",
    likely: str = "",
    name: str = "",
) -> NumberStyle | None:
    """Return how a column writes numbers, or None where it holds something else.

    Args:
        decimal: the decimal point that the rest of the file proves, or "".
        decided: the reading that was chosen, or "".
        unit: of the training data: others are converted to it.
        likely: the default decimal point, or "".
        name: of the column; that of a coordinate explains 6.5W.
    """
    evidence = style_evidence(cells[:_LOOKED_AT])
    timed = decided if decided in TIMED else evidence.timed
    if timed:
        return NumberStyle(timed, TIMED[timed])
    tall = evidence.heights == evidence.others > 2 and not evidence.numbers
    tall = tall and any(number_of(cell, FEET, {}) % 12 for cell in evidence.odd)
    if decided == FEET or (tall and not decided):
        return NumberStyle(FEET, "in")
    if decided == FRACTIONS or (
        evidence.mixed_fractions
        and evidence.fractions == evidence.others
        and evidence.decimal != ","
    ):
        return NumberStyle(FRACTIONS)
    if not evidence.numbers or evidence.others * 2 > evidence.numbers:
        return None
    if evidence.others and evidence.numbers < 3:
        return None
    units = _units_of(evidence, name, unit)
    if units is None:
        return None
    beside, other = units
    readings = evidence.readings()
    if decided:
        return NumberStyle(decided, beside, factors=other)
    if evidence.only_points and not decimal and (evidence.small or not likely):
        return NumberStyle(",", beside, (",", "."), factors=other)
    grouping = _groups_thousands(cells, evidence)
    if grouping and (decimal or likely) != GROUPS_BY[grouping]:
        point = GROUPS_BY[grouping]
        proven = bool(decimal or likely)
        return NumberStyle(point, beside, (point, grouping), proven=proven, factors=other)
    elsewhere = decimal or likely
    if elsewhere in readings and not {EITHER, THREES} & {*readings}:
        sure = len(readings) == 1 or evidence.fits(elsewhere)
        own = (elsewhere, *(reading for reading in readings if reading != elsewhere))
        return NumberStyle(elsewhere, beside, () if sure else own, proven=True, factors=other)
    return NumberStyle(readings[0], beside, readings if len(readings) > 1 else (), factors=other)


def _units_of(
    evidence: StyleEvidence, name: str, target_unit: str
) -> tuple[str, tuple[tuple[str, float], ...]] | None:
    """Return the unit of a column and the factors of others; None where they are incompatible."""
    ranked = sorted(evidence.units, key=lambda unit: (-evidence.units[unit], unit))
    units = [unit for unit in ranked if unit]
    beside = units[0] if units else ""
    if _are_directions(units, name, target_unit):
        return "°", ()
    if len(ranked) < 2 and not (target_unit and beside and beside != target_unit):
        return beside, ()
    counts = factors(ranked, target_unit if beside else "")
    if counts is not None:
        return counts[0], tuple((unit, size) for unit, size in counts[1].items() if size != 1)
    return None if len(units) > 1 else (beside, ())


def _groups_thousands(cells: Sequence[str], evidence: StyleEvidence) -> str:
    """Return the mark that groups thousands, by the other numbers: 2.008 beside 868."""
    if (
        len(evidence.both) != 1
        or evidence.decimals
        or evidence.groups
        or evidence.large
        or evidence.whole < 3
    ):
        return ""
    (mark,) = evidence.both
    marked, whole = [], []
    for cell in cells[:_LOOKED_AT]:
        match, _ = _matched(" ".join(cell.split()))
        body = match["body"] if match is not None else ""
        if body.isdigit() and int(body):
            whole.append(int(body))
        elif mark in body:
            marked.append(float(body.replace(mark, ".")))
    middle = sorted(whole)[len(whole) // 2]
    return mark if max(marked) < min(whole) and middle < 1000 * min(marked) else ""


_COORDINATE = re.compile(
    r"(?i)(^|[^a-z])(lat|lon|lng|long|(lat|long)itude?|(breite|länge|laenge)(ngrad)?)([^a-z]|$)|"
    r"[经經纬緯]度"
)


def _are_directions(units: Sequence[str], name: str, target_unit: str) -> bool:
    """Return whether units are directions of coordinates: 6.5W may also be watts."""
    used = {unit.strip("° ") for unit in units} - {""}
    if not used or not (used <= {"N", "S"} or used <= {"E", "W", "O"}):
        return False
    sure = len(used) > 1 or any("°" in unit for unit in units) or target_unit == "°"
    return sure or bool(_COORDINATE.search(name))


def without_unit(cells: Iterable[str], style: NumberStyle) -> str:
    """Return the first number without a unit where others have one; "" for none."""
    if not style.unit or style.point == FEET or "" in dict(style.factors):
        return ""
    bare = (cell.strip() for cell in cells if unit_beside(cell) == "")
    return next((cell for cell in bare if cell.strip("0.,()- ")), "")


def parse_numbers(series: pd.Series, style: NumberStyle) -> pd.Series:
    """Return texts as numbers, float64; NaN where missing or no number."""
    return numbers_in(series, style.point, style.counts)


def telling_cells(
    cells: Iterable[str], readings: Sequence[str], style: NumberStyle
) -> Iterator[str]:
    """Yield cells that differ by the reading first, then others that hold numbers."""
    known = [cell.strip() for cell in cells if cell.strip() not in EMPTY_CELLS]
    values = {
        cell: [number_of(cell, reading, style.counts) for reading in readings] for cell in known
    }
    whole = {
        cell: {*numbers} for cell, numbers in values.items() if not any(map(math.isnan, numbers))
    }
    yield from (cell for cell, numbers in whole.items() if len(numbers) > 1)
    yield from (cell for cell, numbers in whole.items() if len(numbers) == 1)


# -- units ----------------------------------------------------------------------------------------

_PREFIXES = {"": 1.0, "µ": 1e-6, "m": 1e-3, "c": 1e-2, "d": 0.1, "k": 1e3, "M": 1e6, "G": 1e9,
             "T": 1e12}  # fmt: skip
_BASES = ("g", "m", "l", "L", "B", "s", "W", "Wh", "Hz", "V", "A", "J", "N", "Pa", "cal")
_OTHERS = {"t": ("g", 1e6), "KB": ("B", 1e3), "sec": ("s", 1.0), "min": ("s", 60.0),
           "h": ("s", 3600.0)}  # fmt: skip
# Each unit by what it counts; "L" is another way to write "l".
_KNOWN = {
    f"{prefix}{base}": (base.lower() if base == "L" else base, factor)
    for base in _BASES
    for prefix, factor in _PREFIXES.items()
} | _OTHERS  # fmt: skip
_SCALES = {
    "": 1.0, "k": 1e3, "K": 1e3, "Tsd": 1e3, "M": 1e6, "Mio": 1e6, "Mill": 1e6, "million": 1e6,
    "B": 1e9, "bn": 1e9, "Bn": 1e9, "Mrd": 1e9, "billion": 1e9,
}  # fmt: skip
# "$5m" are millions; 5 m without a currency are metres.
_OF_MONEY = {**_SCALES, "m": 1e6, "mn": 1e6}
_AMOUNT = re.compile(
    rf"^(?P<before>{CURRENCY})?\s*(?P<scale>[A-Za-z]*)\.?\s*(?P<after>{CURRENCY})?$"
)


def _meanings(unit: str) -> dict[str, float]:
    meanings: dict[str, float] = {}
    if unit in _KNOWN:
        base, factor = _KNOWN[unit]
        meanings[f"1 {base}"] = factor
    match = _AMOUNT.match(unit)
    if match is not None:
        money = (match["before"] or match["after"] or "").strip()
        scales = _OF_MONEY if money else _SCALES
        if match["scale"] in scales:
            meanings[money] = scales[match["scale"]]
    return meanings


def factors(
    units: Collection[str], target_unit: str = ""
) -> tuple[str, Mapping[str, float]] | None:
    """Return one unit for all, and the factor of each; None where they are incompatible.

    Args:
        units: of the numbers, the most frequent first; "" for none.
        target_unit: the unit to convert to, or "".

    Thousands and millions are multiplied: "36k" beside "950" is 36,000; but "7B" beside "8", a
    house number, is no billion.
    """
    all_units = [*units, *([target_unit] if target_unit else [])]
    meanings = [_meanings(unit) for unit in all_units]
    if "B" in all_units and not {"k", "K", "M"} & {*all_units}:
        meanings = [
            {} if unit_text == "" else m for unit_text, m in zip(all_units, meanings, strict=True)
        ]
    bases = [base for base in meanings[0] if all(base in meaning for meaning in meanings)]
    if not bases:
        return None
    base = bases[0]
    if target_unit:
        unit, size = target_unit, meanings[-1][base]
    elif base.startswith("1 "):
        unit, size = next((u, m[base]) for u, m in zip(all_units, meanings, strict=True) if u)
    else:
        unit, size = base, 1.0
    return unit, {
        unit_text: m[base] / size for unit_text, m in zip(all_units, meanings, strict=True)
    }
