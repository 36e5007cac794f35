"""Names that every system takes for a file: a project goes from Linux to Windows and back."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

#: Letters that Windows, the strictest system, refuses in a name.
FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
#: Windows keeps these names for devices, whatever the ending.
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def composed(name: str) -> str:
    """Return a name in the form that people type (NFC): files from macOS have their accents apart
    (NFD), and compare as another name."""
    return unicodedata.normalize("NFC", name)


def form_on_disk(folder: Path, name: str) -> str:
    """Return ``name`` in the Unicode form under which it is in ``folder``; as it is if it is in
    neither."""
    if name.isascii() or (folder / name).exists():
        return name
    forms = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    return next((one for one in forms if (folder / one).exists()), name)


def portable_name(text: str, instead: str = "_") -> str:
    """A text as the name of a file, without an ending; "" where nothing of it is left.

    Args:
        text: what a person called it.
        instead: stands for what no name may hold.
    """
    plain = FORBIDDEN.sub(instead, text).strip(" .")
    return f"{plain}{instead}" if DEVICES.fullmatch(plain) else plain
