"""Whether a picture file is whole, told by its last bytes: one that is cut off begins soundly."""

from __future__ import annotations

import os
from typing import IO, Any

_TAIL = 64
# A larger picture of a kind whose end does not tell is read when it is needed.
_MOST_PIXELS = 1_000_000


def is_complete(picture: Any, stream: IO[bytes]) -> bool:
    """Whether all of an opened picture is there.

    Where the last bytes do not say so (some cameras write more behind them), its pixels are read.

    Args:
        picture: as Pillow opened it; it may be read here.
        stream: the file that it was opened from.
    """
    place = stream.tell()
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - _TAIL))
    tail = stream.read()
    stream.seek(place)
    ended = _ended(picture.format, tail)
    if ended:
        return True
    if ended is None and picture.width * picture.height > _MOST_PIXELS:
        return True
    picture.draft(None, (picture.width // 8, picture.height // 8))  # a JPEG is read faster so
    try:
        picture.load()
    except (OSError, ValueError, SyntaxError):
        return False
    return True


def _ended(kind: str, tail: bytes) -> bool | None:
    """Whether a file's last bytes are those of its kind; None where they say nothing."""
    if kind == "PNG":
        return b"IEND" in tail[-16:]
    if kind == "JPEG":
        return b"\xff\xd9" in tail
    if kind == "GIF":
        return tail.endswith(b";")
    return None
