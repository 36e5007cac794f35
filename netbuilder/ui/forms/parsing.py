"""Parse and format the values of text fields.

Every reader returns the value or raises ``ValueError`` with the message shown beside the field.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.preprocessing.number_text import number_of
from netbuilder.core.i18n import gettext as _, localized, number_style

NONE_WORDS = {"none", "null", "-", "–"}
ANY_AXIS = {"none", "?", "any", "*"}


#: The value of an empty field: the parameter's default (see ``edits.set_params``).
UNSET: Any = ...


def read_int(text: str) -> int:
    """Return an integer; accepts "1 000", "1_000", "1,000", "1.000" and "1e3"."""
    plain = re.sub(r"[\s_\u00a0\u202f]", "", text).replace("−", "-")
    if re.fullmatch(r"[+-]?[1-9]\d{0,2}(,\d{3})+|[+-]?[1-9]\d{0,2}(\.\d{3})+", plain):
        plain = re.sub("[,.]", "", plain)
    try:
        return int(plain)
    except ValueError:
        pass
    try:
        number = float(plain.replace(",", "."))
    except ValueError:
        raise ValueError(_("“{text}” is not a whole number.", text=text.strip())) from None
    if not math.isfinite(number) or number != int(number):
        raise ValueError(_("“{text}” is not a whole number.", text=text.strip()))
    return int(number)


#: Ambiguous: "30,000" is thirty thousand or thirty.
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_SWAPPED, _COMMA = str.maketrans(",.", ".,"), str.maketrans(",", ".")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
_THOUSANDS_BY_POINT = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+,\d*")


def read_float(text: str) -> float:
    """Return a number with a decimal point or comma: "1,234.5" and "1.234,5" are equal.

    Raise ValueError if it is not a number, or ambiguous ("1,125") in the current language.
    """
    plain = re.sub(r"[\s_\u00a0\u202f]", "", text).replace("−", "-")
    if number_style().decimal == ",":
        # Convert to English notation.
        plain = plain.translate(_SWAPPED if number_style().group == "." else _COMMA)
    if _EITHER.fullmatch(plain):
        whole = plain.replace(",", "")
        raise ValueError(
            _(
                "“{text}” can be read in two ways. Write {whole} or {decimal}.",
                text=text.strip(),
                whole=whole,
                decimal=localized(plain.replace(",", ".")),
            )
        )
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    elif _THOUSANDS_BY_POINT.fullmatch(plain):
        plain = plain.replace(".", "").replace(",", ".")
    elif plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        number = float(plain)
    except ValueError:
        raise ValueError(_("“{text}” is not a number.", text=text.strip())) from None
    if not math.isfinite(number):
        raise ValueError(_("“{text}” is not a finite number.", text=text.strip()))
    return number


def read_cell(text: str, marks: str, unit: str) -> float:
    """Return a number in the notation of a file's column or of ``read_float``.

    ``text``: the typed text; ``marks``: the column's decimal mark, see ``number_of``; "" if
    unknown; ``unit``: an optional unit after the number. Raise ValueError if it is not a number, or
    the two notations give different values.
    """
    bare = text.strip()
    plain = bare.removesuffix(unit).strip() if unit else bare
    from_column = number_of(bare, marks, {"": 1.0, unit: 1.0}) if marks else math.nan
    try:
        from_field = read_float(plain)
    except ValueError:
        if math.isfinite(from_column):
            return from_column
        raise
    if math.isfinite(from_column) and from_column != from_field:
        whole, part = sorted((from_column, from_field), key=abs, reverse=True)
        raise ValueError(
            _(
                "“{text}” can be read in two ways. Write {whole} or {decimal}.",
                text=bare,
                whole=write_number(whole),
                decimal=localized(f"{part:.12g}") + "0",
            )
        )
    return from_field


def _parts(text: str) -> list[str]:
    cleaned = text.strip().strip("()[]").strip()
    parts = re.split(r"\s*[,;×x*]\s*|\s+", cleaned)
    return [part for part in parts if part]


def read_size(text: str, axes: int) -> int | list[int]:
    """Return one integer, or one per axis: "3", "3 × 3", "3x3", "3, 3"; equal ones become one."""
    numbers = [read_int(part) for part in _parts(text)]
    if not numbers:
        raise ValueError(_("Enter a whole number."))
    if len(numbers) == 1:
        return numbers[0]
    if axes and len(numbers) != axes:
        raise ValueError(
            _("Enter {wanted} numbers, one per axis, not {given}.", wanted=axes, given=len(numbers))
        )
    return numbers[0] if len(set(numbers)) == 1 else numbers


def read_shape(text: str) -> list[int | None]:
    """Return integers, such as "8 × 8 × 1" or "None, 16"; "()" is a scalar's shape."""
    if text.strip() in {"()", "[]"}:
        return []
    shape: list[int | None] = []
    for part in re.split(r"\s*[,;×x*]\s*|\s+", text.strip().strip("()[]").strip()):
        if not part:
            continue
        shape.append(None if part.lower() in ANY_AXIS else read_int(part))
    if not shape:
        raise ValueError(_("Enter the sizes, such as 8 × 8 × 1."))
    return shape


def read_ints(text: str) -> int | list[int]:
    """Return one integer, or several separated by commas."""
    parts = [part for part in re.split(r"[,;\s]+", text.strip().strip("()[]")) if part]
    numbers = [read_int(part) for part in parts]
    if not numbers:
        raise ValueError(_("Enter one whole number, or several separated by commas."))
    return numbers[0] if len(numbers) == 1 and not _bracketed(text) else numbers


def read_floats(text: str) -> float | list[float]:
    """Return one number, or several separated by commas; fractions such as ``1/255`` are
    allowed."""
    between = r"[,;\s]+" if number_style().decimal == "." else r",?[;\s]+"
    parts = [part for part in re.split(between, text.strip().strip("()[]")) if part]
    numbers = [_fraction(part.rstrip(",")) for part in parts]
    if not numbers:
        raise ValueError(_("Enter one number, or several separated by commas."))
    return numbers[0] if len(numbers) == 1 and not _bracketed(text) else numbers


def _bracketed(text: str) -> bool:
    return text.strip()[:1] in {"(", "["}


def _fraction(text: str) -> float:
    above, slash, below = text.partition("/")
    if not slash:
        return read_float(text)
    divisor = read_float(below)
    if divisor == 0:
        raise ValueError(_("“{text}” divides by zero.", text=text))
    return read_float(above) / divisor


def read_strings(text: str) -> list[str]:
    """Return words separated by lines or commas."""
    return [word.strip() for word in re.split(r"[\n,]", text) if word.strip()]


def write_number(value: float) -> str:
    """Return the shortest text that reads as the same number: 0.001 (0,001), 1e-07, 3."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int):
        return localized(str(value))
    return localized(f"{value:.1f}" if value == int(value) and abs(value) < 1e15 else repr(value))


def write_sizes(value: Any) -> str:
    """Return a size or shape as "3 × 3"."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        if not value:
            return "()"
        return " × ".join("any" if part is None else localized(str(part)) for part in value)
    return str(value)


def write_list(value: Any) -> str:
    """Return numbers or words with commas; a list of one has brackets."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        between = ", " if number_style().decimal == "." else "; "
        text = between.join(write_number(part) for part in value)
        return f"[{text}]" if len(value) < 2 else text
    return write_number(value)


def format_value(param: Param, value: Any) -> str:
    """Return a value's text in a field of ``param``; "" for None."""
    if value is None:
        return ""
    if param.kind is Kind.SIZE:
        if isinstance(value, int) and param.size > 1:
            return write_sizes([value] * param.size)
        return write_sizes(value)
    if param.kind is Kind.SHAPE:
        return write_sizes(value)
    if param.kind is Kind.STRINGS and not isinstance(value, str):
        return ", ".join(str(word) for word in value)
    if param.kind in {Kind.INTS, Kind.FLOATS}:
        return write_list(value)
    if param.kind in {Kind.INT, Kind.FLOAT}:
        return write_number(value)
    return str(value)


def parse_value(param: Param, text: str) -> Any:
    """Return the value of ``text`` for ``param``; ``UNSET`` for an empty field.

    Raises:
        ValueError: with what is wrong.
    """
    if not text.strip():
        if param.required:
            raise ValueError(_("Enter a value."))
        return UNSET
    if param.optional and text.strip().lower() in NONE_WORDS:
        return None
    match param.kind:
        case Kind.INT:
            return read_int(text)
        case Kind.FLOAT:
            return read_float(text)
        case Kind.SIZE:
            return read_size(text, param.size)
        case Kind.SHAPE:
            return read_shape(text)
        case Kind.INTS:
            return read_ints(text)
        case Kind.FLOATS:
            return read_floats(text)
        case Kind.STRINGS:
            return read_strings(text)
        case _:
            return text
