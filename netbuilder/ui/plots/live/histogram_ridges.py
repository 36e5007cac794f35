"""Histograms over time, one behind the other, as in TensorBoard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import format_number, join_values
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.style import theme

if TYPE_CHECKING:
    from netbuilder.core.results.live.view_data import HistogramPicture

HEIGHT, RIDGES = 110, 30
_TITLES = {
    "weights": N_("Weights of {layers}"),
    "gradients": N_("Gradients of {layers}"),
    "activations": N_("Activations of {layers}"),
}


class HistogramRidges(QWidget):
    """A strip per layer: the oldest moment behind and pale, the newest in front."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.menu = PictureMenu(self, "weights")
        self._picture: HistogramPicture | None = None
        self._epochs: np.ndarray = np.zeros(0, int)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_histograms(self, picture: HistogramPicture) -> None:
        layers_changed = self._picture is None or len(self._picture.layers) != len(picture.layers)
        self._picture, self._epochs = picture, picture.epochs
        self.setAccessibleName(_(_TITLES[picture.what], layers=join_values(picture.layers)))
        if layers_changed:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, HEIGHT * (len(self._picture.layers) if self._picture else 1))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture is None:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for index, (name, (shares, edges)) in enumerate(self._picture.layers.items()):
                self._strip(painter, index * HEIGHT, name, shares, edges)

    def _strip(
        self, painter: QPainter, top: int, name: str, shares: np.ndarray, edges: np.ndarray
    ) -> None:
        scheme, line = theme.colors(), self.fontMetrics().height()
        left, right = 6.0, self.width() - 6.0
        painter.setPen(QColor(scheme.text))
        painter.drawText(QRectF(left, top, right - left, line), Qt.AlignmentFlag.AlignLeft, name)
        base, room = top + HEIGHT - line - 4.0, HEIGHT - 2.0 * line - 8
        rows = np.unique(np.linspace(0, len(shares) - 1, min(len(shares), RIDGES)).astype(int))
        most = float(shares.max()) or 1.0
        xs = np.linspace(left, right, shares.shape[1])
        for place, row in enumerate(rows):
            age = (place + 1) / len(rows)
            low = base - 0.45 * room * (1 - age)
            points = [
                QPointF(x, low - 0.55 * room * float(share) / most)
                for x, share in zip(xs, shares[row], strict=True)
            ]
            fill = QColor(scheme.training)
            fill.setAlphaF(0.08 + 0.5 * age if place == len(rows) - 1 else 0.06 + 0.14 * age)
            painter.setBrush(fill)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawPolygon(QPolygonF([QPointF(left, low), *points, QPointF(right, low)]))
            edge = QColor(scheme.training)
            edge.setAlphaF(0.15 + 0.85 * age)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(edge, 1.6 if place == len(rows) - 1 else 0.8))
            painter.drawPolyline(QPolygonF(points))
        painter.setPen(QColor(scheme.secondary))
        below = QRectF(left, base + 2, right - left, line)
        if len(self._epochs):
            first, last = int(self._epochs[0]), int(self._epochs[-1])
            span = (
                _("epoch {first} to {last}", first=first, last=last)
                if first != last
                else _("epoch {number}", number=last)
            )
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, span)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, format_number(float(edges[0])))
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, format_number(float(edges[-1])))
