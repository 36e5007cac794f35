"""Text of numbers, lists, dates, sizes and durations in the chosen language (Babel's locale data).

A value has the same text everywhere (window, report, terminal):

- a measured number (loss, error, prediction, weight): ``format_number``, four significant digits
  without trailing zeros, grouped from 10,000 on: 0.00834, 1.24, 2009, 12,346;
- a measured share (accuracy, probability): ``format_percent``, one decimal: 97.7%, 100.0%; never
  rounded to all: 99.99%, >99.9%;
- a chosen share (zoom, split, threshold): ``format_percent(part, 0)``, 20%;
- contributions: ``format_signed``; 0 if negligible beside the largest;
- in columns: the same texts with aligned decimal points (``decimal_padding``);
- an editable field has all digits of its value.

Text for programs (JSON, CSV, project files, scripts) is never formatted here.
"""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from netbuilder.core.errors import sentence_gap
from netbuilder.core.i18n import (
    babel_locale,
    gettext as _,
    language,
    localized,
    ngettext,
    number_spec,
    number_style,
    pgettext,
)

if TYPE_CHECKING:
    import pandas as pd


LINE = "line"


def format_list(
    values: Iterable[object], limit: int = 5, style: Literal["and", "or"] = "and"
) -> str:
    """Join values as the language does: ``a, b and c``; beyond ``limit`` ``a, b, c and 4 more``."""
    words = [str(value) for value in values]
    if len(words) > limit:
        left = len(words) - limit
        words = [*words[:limit], ngettext("{count} more", "{count} more", left)]
    if len(words) < 2:
        return "".join(words)
    if language() == "en":
        return f"{', '.join(words[:-1])} {style} {words[-1]}"
    from babel.lists import format_list as joined

    return joined(words, "standard" if style == "and" else "or", babel_locale())


def format_quoted_list(values: Iterable[object], limit: int = 5) -> str:
    """Like ``format_list``, each value between quotation marks."""
    return format_list([f"'{value}'" for value in values], limit)


def join_values(values: Iterable[object], *, clauses: bool = False) -> str:
    """Join values without "and": ``4.3, 3, 4.4``.

    Semicolons separate ``clauses``, and numbers with decimal commas.
    """
    words = [str(value) for value in values]
    decimal = number_style().decimal == "," and any(re.search(r"\d,\d", word) for word in words)
    comma = pgettext("between the entries of a list", ";" if clauses or decimal else ",")
    return f"{comma}{sentence_gap(comma)}".join(words)


def join_sentences(sentences: Iterable[str]) -> str:
    """Join the non-empty sentences, with blanks except after full-width punctuation."""
    parts = [sentence for sentence in sentences if sentence]
    return "".join(f"{part}{sentence_gap(part)}" for part in parts[:-1]) + "".join(parts[-1:])


def labelled(name: str, text: str) -> str:
    """Return ``Iris: 150 rows``."""
    return _("{name}: {text}", name=name, text=text)


def as_sentence(words: str) -> str:
    """End words with a full stop."""
    return _("{words}.", words=words)


def did_you_mean(name: str, known: Sequence[str], then: str = "") -> str:
    """Return ``Did you mean 'price'?`` for the closest known name, and the sentence ``then``."""
    lower = {entry.lower(): entry for entry in known}
    close = difflib.get_close_matches(name.lower(), list(lower), n=1, cutoff=0.6)
    near = _("Did you mean '{name}'?", name=lower[close[0]]) if close else ""
    return join_sentences((near, then))


def format_number(value: float, spec: str = "") -> str:
    """Format a number: true minus sign, decimal and group signs of the language.

    ``spec`` is Python's format specification (",.0f", ".3g", ".1%"); "": four significant digits.
    """
    if spec.endswith("%"):
        value = _half_up(value)
    elif not spec and 0.9995 <= abs(value) < 1:  # never round up to 1
        value = math.trunc(value * 1e4) / 1e4
    elif not spec and abs(value) < 1000:  # larger ones have no decimals
        value *= 1 + 1e-7  # round float32 and float64 of −0.34485 alike
    return localized(format(value, spec or number_spec(value)))


def _half_up(part: float) -> float:
    """Round halves up, not to even as Python does: 77 of 80 is 96.3%."""
    return math.copysign(abs(part) + 1e-12, part) if part else part


def format_signed(value: float, largest: float = 0.0) -> str:
    """Format a contribution: "+0.3994", "−0.05", or "0" if negligible beside ``largest``."""
    digit = 10.0 ** (math.floor(math.log10(abs(largest))) - 3) if largest else 0.0
    value = 0.0 if abs(value) < digit / 2 else value
    return f"{'+' if value > 0 else ''}{format_number(value)}"


#: A cell with a single number and its unit or sign.
_ONE_NUMBER = re.compile(r"\D*\d[\d.,]*(\D*)")


def most_decimals(texts: Sequence[str]) -> int:
    """Return the most decimals in a column of numbers; 0 if units differ or a cell holds more."""
    units = {match[1] for text in texts if (match := _ONE_NUMBER.fullmatch(text))}
    if len(units) > 1 or not all(_ONE_NUMBER.fullmatch(text) for text in texts if text):
        return 0
    return max(map(_decimals, texts), default=0)


def decimal_padding(text: str, most: int) -> str:
    """Return the padding that aligns a number with others of ``most`` decimals."""
    here = _decimals(text)
    point = "\N{PUNCTUATION SPACE}" if most and not here else ""
    return point + "\N{FIGURE SPACE}" * (most - here)


def _decimals(text: str) -> int:
    end = re.search(rf"{re.escape(number_style().decimal)}(\d+)", text)
    return len(end[1]) if end else 0


def format_with_unit(text: str, unit: str) -> str:
    """Add a unit to a formatted number: ``$1,304``, ``−$20``, ``81.5 m²``."""
    front = _currency(unit)
    if not front:
        return f"{text} {unit}".strip()
    sign = "−" if text.startswith("−") else ""
    return f"{sign}{front}{text.removeprefix('−')}{unit.removeprefix(front)}"


def format_range(low: str, high: str, unit: str) -> str:
    """Format a range: ``$457 to $2,745``, ``30 to 89 kg``."""
    return _(
        "{low} to {high}",
        low=format_with_unit(low, _currency(unit)), high=format_with_unit(high, unit),
    )  # fmt: skip


def _currency(unit: str) -> str:
    """Return the currency sign of a unit, with its country ("US$"), or ""."""
    first = unit.partition(" ")[0]
    return first if any(unicodedata.category(letter) == "Sc" for letter in first) else ""


def format_measure(value: float, unit: str) -> str:
    """Format a number with its unit; small amounts of money with cents."""
    text = format_number(value, ",.0f" if _currency(unit) and 1000 <= abs(value) < 1e15 else "")
    if _currency(unit) and 0.01 <= abs(value) < 1000:
        text = format_number(value, ".0f" if f"{value:.2f}".endswith(".00") else ".2f")
    return format_with_unit(text, unit)


def label_with_unit(name: str, unit: str) -> str:
    """Return an axis label: ``price ($)``."""
    return f"{name} ({unit})" if unit else name


def format_approximate(value: float, spread: float) -> str:
    """Format a number with the digits that its uncertainty allows: 68.437 ± 79.26 is ``68``."""
    if not (math.isfinite(value) and math.isfinite(spread)) or spread <= 0:
        return format_number(value)
    digits = 1 - math.floor(math.log10(spread))
    if digits > 3:
        return format_number(round(value, digits))
    return format_number(round(value, digits), f",.{max(digits, 0)}f")


def format_percent(part: float, digits: int = 1, most: int = 2) -> str:
    """Format a share: only exact ones are 100.0% or 0.0%.

    Others get up to ``most`` decimals (``99.97%``) or a sign (``>99.99%``).
    """
    if not 0 < part < 1:
        return localized(f"{part:.{digits}%}")
    for places in range(digits, max(digits, most) + 1):
        text = f"{_half_up(part):.{places}%}"
        if float(text[:-1]) not in (0, 100):
            return localized(text)
    least = 10.0**-places
    near = f"<{least:.{places}f}%" if part < 0.5 else f">{100 - least:.{places}f}%"
    return localized(near)


def format_probability(part: float) -> str:
    """Format a probability with at most one decimal, since several are listed together."""
    return format_percent(part, most=1)


def correct_sentence(part: float) -> str:
    """Return how many predictions are correct, of a large enough total: ``997 of 1,000``."""
    whole = 100
    while 0 < part < 1 and round(part * whole) in (0, whole) and whole < 1_000_000:
        whole *= 10
    right = round(part * whole)
    if 0 < part < 1 and right in (0, whole):
        right = 1 if right == 0 else whole - 1
    return _(
        "{correct} of {total} predictions are correct.",
        correct=localized(f"{right:,}"), total=localized(f"{whole:,}"),
    )  # fmt: skip


def shorten(value: object, limit: int = 40) -> str:
    """Truncate a long cell."""
    text = str(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def sample_place(index: pd.Index, where: Any) -> str:
    """Return the place of a sample in its table: ``line 7``, ``row 7``.

    Tables from files have line numbers (their index is named ``LINE``), others count from 0.
    """
    if index.name == LINE:
        return _("line {number}", number=where)
    return _("row {number}", number=where + 1)


def capitalize_first(words: str) -> str:
    """Capitalize the first letter only, in Turkish i to İ."""
    first = "İ" if words[:1] == "i" and language() == "tr" else words[:1].upper()
    return first + words[1:]


_SIZES = ("byte", "kilobyte", "megabyte", "gigabyte", "terabyte")
_SIGNS = dict(zip(_SIZES, ("bytes", "kB", "MB", "GB", "TB"), strict=True))


def format_bytes(count: float) -> str:
    """Format a size in powers of 1,000: ``12 kB``, ``0.6 MB``, ``1.4 GB``."""
    power = 0
    while power < len(_SIZES) - 1 and count >= (1000 if power == 0 else 100):
        count, power = count / 1000, power + 1
    places = 0 if power == 0 or count >= 10 else 1
    if language() == "en":
        return f"{format_number(count, f',.{places}f')} {_SIGNS[_SIZES[power]]}"
    from babel.units import format_unit

    # A number, since the unit's plural depends on it ("524 octets").
    unit, digits = f"digital-{_SIZES[power]}", "#,##0.0" if places else "#,##0"
    return format_unit(round(count, places), unit, "short", format=digits, locale=babel_locale())


def format_operations(count: float) -> str:
    """Format a number of multiply-adds: ``29 k``, ``1.2 M``."""
    for unit, step in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= step:
            value = count / step
            return f"{format_number(value, '.0f' if value >= 10 else '.1f')} {unit}"
    return format_number(count, ".0f")


def format_duration(seconds: float) -> str:
    """Format a duration: "2.3 s", "3 min 20 s", "1 h 05 min"."""
    if 0 < seconds < 0.05:  # never 0 s
        return _("less than {seconds} s", seconds=0.1)
    if 0 < seconds < 9.95:
        return _("{seconds} s", seconds=format_number(seconds, ".1f"))
    whole = max(round(seconds), 0)
    if whole < 60:
        return _("{seconds} s", seconds=whole)
    if whole < 3600:
        return _("{minutes} min {seconds} s", minutes=whole // 60, seconds=f"{whole % 60:02d}")
    return _("{hours} h {minutes} min", hours=whole // 3600, minutes=f"{whole % 3600 // 60:02d}")


def format_date(when: date, length: Literal["short", "medium", "long"] = "long") -> str:
    """Format a day: "28 November 2026", "28 Nov 2026", "28/11/2026"."""
    from babel.dates import format_date as written

    return written(when, length, babel_locale())


def format_time(when: datetime) -> str:
    """Format a time of day: "14:05"."""
    from babel.dates import format_time as written

    return written(when, "short", locale=babel_locale())


def format_moment(when: datetime, length: Literal["short", "medium", "long"] = "long") -> str:
    """Format a day and time: "28 November 2026, 14:05"."""
    from babel.dates import get_datetime_format

    both = str(get_datetime_format("medium", babel_locale())).replace("'", "")
    return both.replace("{0}", format_time(when)).replace("{1}", format_date(when, length))


def format_time_or_day(when: datetime) -> str:
    """Format the time if it is today ("14:05"), else the day ("28 Nov")."""
    if when.date() == datetime.now(when.tzinfo).date():
        return format_time(when)
    from babel.dates import format_skeleton

    return format_skeleton("MMMd", when, locale=babel_locale())


def format_part_of_date(when: date, part: Literal["month", "day"]) -> str:
    """Format a month ("Sep") or a weekday with day ("Mon 7"), for axes."""
    from babel.dates import format_skeleton

    skeleton = {"month": "MMM", "day": "Ed"}[part]
    return format_skeleton(skeleton, when, locale=babel_locale())
