"""Text from elsewhere, made harmless for where it is shown or written."""

from __future__ import annotations

import html
import re
from typing import Any

_DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FORMULA_START = re.compile(r"[=+\-@\t\r]")
#: What begins like a formula and is none: "-5", "+1.5e3", "-3 kg", a single sign.
_NUMBER = re.compile(r"[+-](\s?[\d.,][\w\s°%€$£/.,'’-]*)?")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]#|~$!])")


def without_direction_marks(text: str) -> str:
    """Return the text without marks that change the direction of what follows."""
    return _DIRECTION_MARKS.sub("", text)


def spreadsheet_cell(cell: Any) -> Any:
    """Escape text that a spreadsheet would run as a formula (CWE-1236); numbers stay."""
    if not isinstance(cell, str):
        return cell
    text = without_direction_marks(cell)
    formula = _FORMULA_START.match(text) and not _NUMBER.fullmatch(text)
    return f"'{text}" if formula else text


def markdown_text(text: str) -> str:
    """Return the text as one line that Markdown shows as it stands, without markup or HTML."""
    return _MARKDOWN.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))
