"""Names that every system takes for a file: a project goes from Linux to Windows and back."""

from __future__ import annotations

import re

#: Letters that Windows, the strictest system, refuses in a name.
FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
#: Windows keeps these names for devices, whatever the ending.
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def portable_name(text: str, instead: str = "_") -> str:
    """A text as the name of a file, without an ending; "" where nothing of it is left.

    Args:
        text: what a person called it.
        instead: stands for what no name may hold.
    """
    plain = FORBIDDEN.sub(instead, text).strip(" .")
    return f"{plain}{instead}" if DEVICES.fullmatch(plain) else plain
