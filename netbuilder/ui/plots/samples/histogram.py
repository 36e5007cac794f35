"""A histogram small enough for a table's cell: bars stacked by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from netbuilder.ui.plots.class_colors import class_color
from netbuilder.ui.style import theme


def paint_histogram(painter: QPainter, box: QRectF, counts: Mapping[str, Sequence[int]]) -> None:
    """Draw counts (class → a number a bin) into ``box``; "" is the class of all rows."""
    bins = max((len(row) for row in counts.values()), default=0)
    if not bins:
        return
    totals = [sum(row[i] for row in counts.values()) for i in range(bins)]
    top = max(totals, default=0) or 1
    width = box.width() / bins
    for i in range(bins):
        bottom = box.bottom()
        for number, (name, row) in enumerate(counts.items()):
            height = box.height() * row[i] / top
            if not row[i]:
                continue
            color = class_color(number) if name else QColor(theme.colors().training)
            gap = 1.0 if width > 3 else 0.0
            place = QRectF(box.left() + i * width, bottom - height, width - gap, height)
            painter.fillRect(place, color)
            bottom -= height


def paint_common(
    painter: QPainter, box: QRectF, common: Sequence[tuple[str, int]], total: int
) -> None:
    """Draw the commonest values as parts of one bar; what is left over stays empty."""
    left = box.left()
    bar = QRectF(box.left(), box.center().y() - 5, box.width(), 10)
    painter.fillRect(bar, QColor(theme.colors().hairline))
    for number, (_, count) in enumerate(common):
        width = box.width() * count / max(total, 1)
        painter.fillRect(QRectF(left, bar.top(), max(width - 1, 0.5), 10), class_color(number))
        left += width
