"""Small helpers for sentences that people read."""

from __future__ import annotations

import difflib
import math
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


LINE = "line"


def format_list(values: Iterable[object], limit: int = 5) -> str:
    """``a, b and c``; beyond ``limit`` values ``a, b, c and 4 more``."""
    words = [str(value) for value in values]
    if len(words) > limit:
        return f"{', '.join(words[:limit])} and {len(words) - limit} more"
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def format_quoted_list(values: Iterable[object], limit: int = 5) -> str:
    """Like ``format_list``, each value between quotation marks."""
    return format_list([f"'{value}'" for value in values], limit)


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """``Did you mean 'price'?`` for the closest known name, or an empty string."""
    lower = {entry.lower(): entry for entry in known}
    close = difflib.get_close_matches(name.lower(), list(lower), n=1, cutoff=0.6)
    return f"Did you mean '{lower[close[0]]}'?" if close else ""


def format_number(value: float) -> str:
    """A number with thousands separators and about four digits that matter."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1000 or (size >= 1 and float(value).is_integer()):
        return f"{value:,.0f}"
    if size >= 1e-3:
        return f"{value:.4g}"
    return f"{value:.2e}"


def format_with_unit(text: str, unit: str) -> str:
    """A number in words and what it counts: ``$1,304``, ``-$20``, ``81.5 m²``; signs of
    currencies stand in front."""
    front = _currency(unit)
    if not front:
        return f"{text} {unit}".strip()
    sign = "-" if text.startswith("-") else ""
    return f"{sign}{front}{text.removeprefix('-')}{unit.removeprefix(front)}"


def format_range(low: str, high: str, unit: str) -> str:
    """From one number to another: ``$457 to $2,745``, ``30 to 89 kg``."""
    return f"{format_with_unit(low, _currency(unit))} to {format_with_unit(high, unit)}"


def _currency(unit: str) -> str:
    """The sign of a currency, with its country ("US$"), or "" of other units."""
    first = unit.partition(" ")[0]
    return first if any(unicodedata.category(letter) == "Sc" for letter in first) else ""


def format_measure(value: float, unit: str) -> str:
    """A number with its unit; an amount of money of less than a thousand with its cents."""
    text = format_number(value)
    if _currency(unit) and 0.01 <= abs(value) < 1000:
        text = f"{value:.2f}".removesuffix(".00")
    return format_with_unit(text, unit)


def label_with_unit(name: str, unit: str) -> str:
    """What stands beside an axis: ``price ($)``."""
    return f"{name} ({unit})" if unit else name


def format_approximate(value: float, spread: float) -> str:
    """A number that is known to within ``spread``, with no digit that this makes idle:
    ``format_approximate(68.437, 79.26)`` is ``68``; of the spread itself two digits are left."""
    if not (math.isfinite(value) and math.isfinite(spread)) or spread <= 0:
        return format_number(value)
    digits = 1 - math.floor(math.log10(spread))
    if digits > 3:
        return format_number(round(value, digits))
    return f"{round(value, digits):,.{max(digits, 0)}f}"


def format_percent(part: float, digits: int = 0, most: int = 2) -> str:
    """A part of all. 100% and 0% stand only where it is nothing else: it gets more digits than
    it has else, up to ``most`` (``99.7%``), or a sign (``>99.99%``)."""
    if not 0 < part < 1:
        return f"{part:.{digits}%}"
    for places in range(digits, max(digits, most) + 1):
        text = f"{part:.{places}%}"
        if float(text[:-1]) not in (0, 100):
            return text
    least = 10.0**-places
    return f"<{least:.{places}f}%" if part < 0.5 else f">{100 - least:.{places}f}%"


def format_probability(part: float) -> str:
    """A probability as people say it, 100% and 0% only where it is nothing else: ``99.7%``."""
    near = 0.985 <= part < 0.9995 or 0.0005 <= part < 0.015
    return format_percent(part, 1 if near else 0)


def correct_sentence(part: float) -> str:
    """How many answers are right, of as many as it takes: ``Of 1,000 answers 997 are right``."""
    whole = 100
    while 0 < part < 1 and round(part * whole) in (0, whole) and whole < 1_000_000:
        whole *= 10
    right = round(part * whole)
    if 0 < part < 1 and right in (0, whole):
        right = 1 if right == 0 else whole - 1
    return f"Of {whole:,} answers {right:,} are right."


def shorten(value: object, limit: int = 40) -> str:
    """A cell of a file, cut off where it is long."""
    text = str(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def sample_place(index: pd.Index, where: Any) -> str:
    """Where a sample stands, by its place in the index of its table: ``line 7``, ``row 7``.

    Tables of a file are counted by its lines (the index has the name ``LINE``), others from 0.
    """
    return f"line {where}" if index.name == LINE else f"row {where + 1}"


def capitalize_first(words: str) -> str:
    """The words with a large first letter, the others as they are."""
    return words[:1].upper() + words[1:]


def format_count(count: int, what: str) -> str:
    """``1 row``, ``1,200 rows``, ``10 classes``."""
    return f"{count:,} {what if count == 1 else pluralize(what)}"


#: What goes by no rule; the "ch" of an epoch is a "k".
_PLURALS = {"epoch": "epochs", "axis": "axes", "this": "these"}


def pluralize(what: str) -> str:
    """``rows``, ``classes``, ``boxes``, ``categories``; of several words the last one's."""
    before, space, last = what.rpartition(" ")
    if last in _PLURALS:
        return f"{before}{space}{_PLURALS[last]}"
    if what.endswith(("s", "x", "z", "ch", "sh")):
        return f"{what}es"
    if what.endswith("y") and what[-2:-1] not in "aeiou":
        return f"{what[:-1]}ies"
    return f"{what}s"


def format_bytes(count: float) -> str:
    """Bytes as people say them: ``0.6 MB``."""
    for unit, step in (("GB", 1e9), ("MB", 1e6)):
        if count >= step / 10:
            return f"{count / step:.1f} {unit}"
    return f"{count / 1e3:.1f} kB"


def format_operations(count: float) -> str:
    """A number of multiply-adds: ``29 k``, ``1.2 M``."""
    for unit, step in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= step:
            value = count / step
            return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"
    return f"{count:.0f}"
