"""What people read in sentences: numbers, lists, dates, sizes and durations, as the language that
was chosen writes them (Babel's locale data, by ``core.i18n``).

One value has one text, wherever it stands (window, report, terminal):

- a measured number (loss, error, prediction, weight): ``format_number``, four significant digits
  without zeros at the end, thousands whole and grouped from 10,000 on: 0.00834, 1.24, 2009, 12,346;
- a measured share (accuracy, precision, a probability): ``format_percent``, one decimal: 97.7%,
  100.0%; what is not all is never written as all: 99.99%, >99.9%;
- a share that a person chose (zoom, split, threshold): ``format_percent(part, 0)``, 20%;
- how much each of several changes something: ``format_signed``; 0 where it is nothing in the digits
  of the largest;
- below each other: the same texts, their decimal points in one line (``decimal_padding``);
- a field in which people type holds all the digits of its value.

What programs read (JSON, CSV, project files, scripts) is never formatted here.
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
    remember,
    rerendered,
)

if TYPE_CHECKING:
    import pandas as pd


LINE = "line"


def format_list(
    values: Iterable[object], limit: int = 5, style: Literal["and", "or"] = "and"
) -> str:
    """Join values as the language does: ``a, b and c``; beyond ``limit`` ``a, b, c and 4 more``."""
    words = [str(value) for value in values]
    text = _joined(words, limit, style)
    if len(words) > 1:
        remember(text, lambda: format_list(map(rerendered, words), limit, style))
    return text


def _joined(words: list[str], limit: int, style: Literal["and", "or"]) -> str:
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
    """Join what is only listed, without an "and": ``4.3, 3, 4.4``. A semicolon stands between
    ``clauses``, and between numbers that have a comma of their own."""
    words = [str(value) for value in values]
    decimal = number_style().decimal == "," and any(re.search(r"\d,\d", one) for one in words)
    comma = pgettext("between the entries of a list", ";" if clauses or decimal else ",")
    text = f"{comma}{sentence_gap(comma)}".join(words)
    if len(words) > 1:
        remember(text, lambda: join_values(map(rerendered, words), clauses=clauses))
    return text


def join_sentences(sentences: Iterable[str]) -> str:
    """Join whole sentences, empty ones left out, as their language does: with a blank, which does
    not stand after the full-width signs of Chinese."""
    parts = [sentence for sentence in sentences if sentence]
    text = "".join(f"{one}{sentence_gap(one)}" for one in parts[:-1]) + "".join(parts[-1:])
    if len(parts) > 1:
        remember(text, lambda: join_sentences(map(rerendered, parts)))
    return text


def labelled(name: str, text: str) -> str:
    """Put a name before what is said of it: ``Iris: 150 rows``."""
    return _("{name}: {text}", name=name, text=text)


def as_sentence(words: str) -> str:
    """End words with a full stop."""
    return _("{words}.", words=words)


def did_you_mean(name: str, known: Sequence[str], then: str = "") -> str:
    """``Did you mean 'price'?`` for the closest known name, or nothing; and what comes ``then``."""
    lower = {entry.lower(): entry for entry in known}
    close = difflib.get_close_matches(name.lower(), list(lower), n=1, cutoff=0.6)
    near = _("Did you mean '{name}'?", name=lower[close[0]]) if close else ""
    return join_sentences((near, then))


def format_number(value: float, spec: str = "") -> str:
    """Write a number for people: true minus sign, the language's decimal and group signs.

    Args:
        value: the number.
        spec: Python's format specification (",.0f", ".3g", ".1%"); "": thousands are grouped, and
            about four digits are significant.
    """
    if spec.endswith("%"):
        value = _half_up(value)
    elif not spec and 0.9995 <= abs(value) < 1:  # it is not 1 yet
        value = math.trunc(value * 1e4) / 1e4
    elif not spec and abs(value) < 1000:  # larger ones are written whole
        value *= 1 + 1e-7  # a float32 and a float64 of −0.34485 are rounded alike
    return localized(format(value, spec or number_spec(value)))


def _half_up(part: float) -> float:
    """Python rounds a half to the even digit, people round it up: 77 of 80 is 96.3%."""
    return math.copysign(abs(part) + 1e-12, part) if part else part


def format_signed(value: float, largest: float = 0.0) -> str:
    """Write how much something changes: "+0.3994", "−0.05", "0"; "0" also where it is
    less than half of the last of four digits of the ``largest`` beside it."""
    digit = 10.0 ** (math.floor(math.log10(abs(largest))) - 3) if largest else 0.0
    value = 0.0 if abs(value) < digit / 2 else value
    return f"{'+' if value > 0 else ''}{format_number(value)}"


#: A cell with one number, with its unit or sign.
_ONE_NUMBER = re.compile(r"\D*\d[\d.,]*(\D*)")


def most_decimals(texts: Sequence[str]) -> int:
    """Return how many decimals the written numbers of a column have at most; 0 where one of the
    cells is more than a number, or not all have the same sign or unit behind them."""
    behind = {found[1] for text in texts if (found := _ONE_NUMBER.fullmatch(text))}
    if len(behind) > 1 or not all(_ONE_NUMBER.fullmatch(text) for text in texts if text):
        return 0
    return max(map(_decimals, texts), default=0)


def decimal_padding(text: str, most: int) -> str:
    """Return what stands behind a written number at the right of a column so that its point is
    where it is with ``most`` decimals: spaces as wide as a digit and as a point."""
    here = _decimals(text)
    point = "\N{PUNCTUATION SPACE}" if most and not here else ""
    return point + "\N{FIGURE SPACE}" * (most - here)


def _decimals(text: str) -> int:
    end = re.search(rf"{re.escape(number_style().decimal)}(\d+)", text)
    return len(end[1]) if end else 0


def format_with_unit(text: str, unit: str) -> str:
    """A number in words and what it counts: ``$1,304``, ``−$20``, ``81.5 m²``; signs of
    currencies stand in front. ``text`` was written by ``format_number``."""
    front = _currency(unit)
    if not front:
        return f"{text} {unit}".strip()
    sign = "−" if text.startswith("−") else ""
    return f"{sign}{front}{text.removeprefix('−')}{unit.removeprefix(front)}"


def format_range(low: str, high: str, unit: str) -> str:
    """From one number to another: ``$457 to $2,745``, ``30 to 89 kg``."""
    return _(
        "{low} to {high}",
        low=format_with_unit(low, _currency(unit)), high=format_with_unit(high, unit),
    )  # fmt: skip


def _currency(unit: str) -> str:
    """The sign of a currency, with its country ("US$"), or "" of other units."""
    first = unit.partition(" ")[0]
    return first if any(unicodedata.category(letter) == "Sc" for letter in first) else ""


def format_measure(value: float, unit: str) -> str:
    """A number with its unit; an amount of money of less than a thousand with its cents."""
    text = format_number(value, ",.0f" if _currency(unit) and 1000 <= abs(value) < 1e15 else "")
    if _currency(unit) and 0.01 <= abs(value) < 1000:
        text = format_number(value, ".0f" if f"{value:.2f}".endswith(".00") else ".2f")
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
    return format_number(round(value, digits), f",.{max(digits, 0)}f")


def format_percent(part: float, digits: int = 1, most: int = 2) -> str:
    """Write a part of all. 100.0% and 0.0% stand only where it is nothing else: it gets more digits
    than it has else, up to ``most`` (``99.7%``), or a sign (``>99.99%``)."""
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
    """A probability; never more than one decimal, as several stand below each other."""
    return format_percent(part, most=1)


def correct_sentence(part: float) -> str:
    """Say how many predictions are correct, of as many as it takes: ``997 of 1,000``."""
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
    """A cell of a file, cut off where it is long."""
    text = str(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def sample_place(index: pd.Index, where: Any) -> str:
    """Where a sample stands, by its place in the index of its table: ``line 7``, ``row 7``.

    Tables of a file are counted by its lines (the index has the name ``LINE``), others from 0.
    """
    if index.name == LINE:
        return _("line {number}", number=where)
    return _("row {number}", number=where + 1)


def capitalize_first(words: str) -> str:
    """The words with a large first letter, the others as they are."""
    return words[:1].upper() + words[1:]


_SIZES = ("byte", "kilobyte", "megabyte", "gigabyte", "terabyte")
_SIGNS = dict(zip(_SIZES, ("bytes", "kB", "MB", "GB", "TB"), strict=True))


def format_bytes(count: float) -> str:
    """Write a size in powers of 1,000: ``12 kB``, ``0.6 MB``, ``1.4 GB``."""
    size, power = count, 0
    while power < len(_SIZES) - 1 and count >= (1000 if power == 0 else 100):
        count, power = count / 1000, power + 1
    places = 0 if power == 0 or count >= 10 else 1
    if language() == "en":
        text = f"{format_number(count, f',.{places}f')} {_SIGNS[_SIZES[power]]}"
    else:
        from babel.units import format_unit

        # A number, not its text: the unit's plural follows it ("524 octets").
        unit, digits = f"digital-{_SIZES[power]}", "#,##0.0" if places else "#,##0"
        text = format_unit(
            round(count, places), unit, "short", format=digits, locale=babel_locale()
        )
    remember(text, lambda: format_bytes(size))
    return text


def format_operations(count: float) -> str:
    """A number of multiply-adds: ``29 k``, ``1.2 M``."""
    for unit, step in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= step:
            value = count / step
            return f"{format_number(value, '.0f' if value >= 10 else '.1f')} {unit}"
    return format_number(count, ".0f")


def format_duration(seconds: float) -> str:
    """Write how long something takes: "2.3 s", "3 min 20 s", "1 h 05 min"."""
    if 0 < seconds < 0.05:  # what was done took some time
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
    """Write a day: "28 November 2026", "28 Nov 2026", "28/11/2026"."""
    from babel.dates import format_date as written

    text = written(when, length, babel_locale())
    remember(text, lambda: format_date(when, length))
    return text


def format_time(when: datetime) -> str:
    """Write a time of day: "14:05"."""
    from babel.dates import format_time as written

    return written(when, "short", locale=babel_locale())


def format_moment(when: datetime, length: Literal["short", "medium", "long"] = "long") -> str:
    """Write a day with its time: "28 November 2026, 14:05"."""
    from babel.dates import get_datetime_format

    both = str(get_datetime_format("medium", babel_locale())).replace("'", "")
    text = both.replace("{0}", format_time(when)).replace("{1}", format_date(when, length))
    remember(text, lambda: format_moment(when, length))
    return text


def format_time_or_day(when: datetime) -> str:
    """Write when something was, shortly: the time of today ("14:05"), the day of others
    ("28 Nov")."""
    if when.date() == datetime.now(when.tzinfo).date():
        return format_time(when)
    from babel.dates import format_skeleton

    text = format_skeleton("MMMd", when, locale=babel_locale())
    remember(text, lambda: format_time_or_day(when))
    return text


def format_part_of_date(when: date, part: Literal["month", "day"]) -> str:
    """Write a month ("Sep"), or a day with its weekday ("Mon 7"), as below an axis."""
    from babel.dates import format_skeleton

    skeleton = {"month": "MMM", "day": "Ed"}[part]
    return format_skeleton(skeleton, when, locale=babel_locale())
