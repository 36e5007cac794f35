"""Cells of tables that compare: a small curve, or a bar beside its number."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionViewItem

from netbuilder.ui.plots.sparkline import curve_points
from netbuilder.ui.plots.table_preview import NumberDelegate
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.model_index import Index

#: Values of a curve, and the share of a full bar from 0 to 1.
CURVE_ROLE, BAR_ROLE = Qt.ItemDataRole.UserRole + 2, Qt.ItemDataRole.UserRole + 3
CURVE_SIZE, _BAR_WIDTH, _BAR_HEIGHT, _GAP = QSize(80, 20), 48, 8, 8


class ComparisonDelegate(NumberDelegate):
    """Draws curves and bars; a bar stands left of its number."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        curve, share = index.data(CURVE_ROLE), index.data(BAR_ROLE)
        colors, cell = theme.colors(), QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if curve:
            frame = QRectF(cell.left() + _GAP, cell.center().y() - CURVE_SIZE.height() / 2, 80, 20)
            painter.setPen(QPen(QColor(colors.training), 1.5))
            painter.drawPolyline(curve_points(curve, frame.adjusted(0, 2, 0, -2)))
        if share is not None:
            bar = QRectF(cell.left() + _GAP, 0, _BAR_WIDTH, _BAR_HEIGHT)
            bar.moveCenter(QRectF(bar.left(), cell.top(), _BAR_WIDTH, cell.height()).center())
            painter.fillRect(bar, QColor(colors.hairline))
            bar.setWidth(min(max(share, 0.0), 1.0) * _BAR_WIDTH)
            painter.fillRect(bar, QColor(colors.training))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        hint = super().sizeHint(option, index)
        if index.data(CURVE_ROLE) is not None:
            return CURVE_SIZE + QSize(2 * _GAP, 4)
        bar = index.data(BAR_ROLE) is not None
        return hint + QSize(_BAR_WIDTH + _GAP, 0) if bar else hint
