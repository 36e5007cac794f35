"""File names that are valid on every system."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

#: Characters that Windows, the strictest system, refuses.
FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
#: Reserved by Windows for devices, with any suffix.
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def composed(name: str) -> str:
    """Return a name as NFC: names from macOS are NFD and would compare as different."""
    return unicodedata.normalize("NFC", name)


def form_on_disk(folder: Path, name: str) -> str:
    """Return ``name`` in the Unicode form that exists in ``folder``, else unchanged."""
    if name.isascii() or (folder / name).exists():
        return name
    forms = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    return next((form for form in forms if (folder / form).exists()), name)


def portable_name(text: str, instead: str = "_") -> str:
    """Return a text as a file name without suffix; ``instead`` replaces invalid characters."""
    plain = FORBIDDEN.sub(instead, text).strip(" .")
    return f"{plain}{instead}" if DEVICES.fullmatch(plain) else plain
