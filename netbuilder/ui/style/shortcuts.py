"""Keys as this system writes them: Ctrl+Z, and ⌘Z on macOS."""

from __future__ import annotations

import re

from PySide6.QtGui import QKeySequence

_NATIVE = QKeySequence.SequenceFormat.NativeText
# A combination in a text: "Ctrl+Z", "Ctrl+Shift+R", "Shift+F10".
_IN_TEXT = re.compile(r"\b(?:(?:Ctrl|Alt|Shift)\+)+(?:F\d{1,2}|PgUp|PgDown|Tab|[A-Z0-9,=-])(?!\w)")


def key_text(keys: str) -> str:
    """Return a shortcut such as "Ctrl+Z" as this system writes it (macOS: Command)."""
    return QKeySequence(keys).toString(_NATIVE)


def control_text() -> str:
    """Return this system's name of the ``Ctrl`` key."""
    return key_text("Ctrl+A").removesuffix("A").rstrip("+")


def with_native_keys(text: str) -> str:
    """Return a text with its shortcuts as this system writes them."""
    return _IN_TEXT.sub(lambda match: key_text(match[0]), text)
