"""Names of layers in little room, such that no two are cut to the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics

#: Of "AdaptiveAveragePooling1D": Adaptive, Average, Pooling, 1D.
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z0-9]+(?![a-z])")
_LEAST = 3


def short_names(names: Iterable[str], metrics: QFontMetrics, room: int) -> dict[str, str]:
    """What of each name fits into ``room`` pixels: its ends, or, where another name has the same
    ends, the beginnings of its words ("Adap.Aver.Pool.1D")."""
    middle = Qt.TextElideMode.ElideMiddle
    cut = {name: metrics.elidedText(name, middle, room) for name in names}
    seen = Counter(cut.values())
    return {
        name: text if seen[text] == 1 else _abbreviated(name, metrics, room)
        for name, text in cut.items()
    }


def _abbreviated(name: str, metrics: QFontMetrics, room: int) -> str:
    parts = _PARTS.findall(name)
    short = [len(part) for part in parts]

    def text() -> str:
        pairs = zip(parts, short, strict=True)
        return "".join(part if size == len(part) else f"{part[:size]}." for part, size in pairs)

    while metrics.horizontalAdvance(text()) > room and max(short) > _LEAST:
        short[short.index(max(short))] -= 1
    return metrics.elidedText(text(), Qt.TextElideMode.ElideRight, room)
