"""A window of a series as a curve with draggable points, and the predictions after it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number, join_values
from netbuilder.ui.plots.themed_plot import NoWheelPlot
from netbuilder.ui.style import theme

#: Distance in pixels at which the mouse grabs a point; share of the range that a key moves it.
NEAR, KEY_STEP = 14, 0.02


class WindowCurve(NoWheelPlot):
    """A curve whose points are moved by mouse or arrow keys, told by ``dragged``."""

    dragged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("series", 200, parent)
        self.values: NDArray[np.float64] = np.zeros(0)
        self.chosen = -1
        self._ahead: NDArray[np.float64] = np.zeros(0)
        self.band: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
        self.reach = 1  # predicted steps, also while the next prediction is computed
        self._dragging = False
        self._name = ""
        self._dates: Sequence[str] = ()
        self._curve = self.plot([], [])
        self._ends = pg.PlotDataItem(), pg.PlotDataItem()
        self._area = pg.FillBetweenItem(*self._ends)
        self.addItem(self._area)
        self._predicted = self.plot([], [], symbol="t", symbolSize=7)
        self._points = pg.ScatterPlotItem(pxMode=True)
        self.addItem(self._points)
        self._border_line = pg.InfiniteLine(pos=0.5, angle=90)
        self.addItem(self._border_line)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setToolTip(_("Drag a point, or choose it with ← → and move it with ↑ ↓"))
        self._label_steps()
        self.restyle()

    def drawn(self) -> None:
        scheme = theme.colors()
        self._curve.setPen(pg.mkPen(scheme.training, width=2))
        self._predicted.setPen(pg.mkPen(scheme.validation, width=2, style=Qt.PenStyle.DashLine))
        self._predicted.setSymbolBrush(QColor(scheme.validation))
        self._predicted.setSymbolPen(None)
        soft = QColor(scheme.validation)
        soft.setAlpha(50)
        self._area.setBrush(soft)
        self._border_line.setPen(pg.mkPen(scheme.hairline, width=1))
        self._draw()

    def show_window(self, values: NDArray[np.float64], name: str) -> None:
        """Show a window, (steps,), the oldest first, without predictions."""
        self.values, self._name = np.array(values, np.float64), name
        self._ahead, self.band, self.chosen = np.zeros(0), None, -1
        self.getPlotItem().setLabel("left", name)
        self._draw()
        self._fit()

    def show_ahead(
        self,
        values: NDArray[np.float64],
        band: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
    ) -> None:
        """Show predictions of the same quantity, (steps,), nearest first; may be empty.

        ``band``: its lower and upper ends, (steps,) each, NaN where unknown.
        """
        self._ahead, self.band = np.asarray(values, np.float64), band
        self.reach = len(self._ahead) or self.reach
        self._draw()
        if not self._dragging:
            self._fit()

    @property
    def ahead(self) -> int:
        return len(self._ahead)

    def show_dates(self, dates: Sequence[str]) -> None:
        """Label the steps with dates; without dates, with their numbers."""
        self._dates = dates
        self._label_steps()

    def _label_steps(self) -> None:
        axis, dates = self.getPlotItem().getAxis("bottom"), self._dates
        if not dates or len(dates) < len(self.values):
            axis.setTicks(None)
            axis.setLabel(_("steps after the window's end"))
            return
        letters = max(map(self.fontMetrics().horizontalAdvance, dates))
        room = max(self.getPlotItem().vb.width(), 1.0)
        last = len(dates) - 1
        edge = min(0.6 * letters / room, 0.4) * last  # a date there would be cut off
        low, high = math.ceil(edge), math.floor(last - edge)
        count = int(min(max(room / (1.5 * letters), 2), 6))
        step = max(math.ceil((high - low) / (count - 1)), 1)
        places = range(low + (high - low) % step // 2, high + 1, step) or (last // 2,)
        axis.setTicks([[(place + 1 - len(self.values), dates[place]) for place in places]])
        axis.setLabel(_("date"))  # without a title the plot would grow

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_dates"):  # pyqtgraph resizes during construction
            self._label_steps()

    def _xs(self) -> NDArray[np.float64]:
        return np.arange(1 - len(self.values), 1, dtype=np.float64)

    def _draw(self) -> None:
        scheme, x = theme.colors(), self._xs()
        self._curve.setData(x, self.values)
        sizes = np.full(len(x), 8)
        if 0 <= self.chosen < len(sizes):
            sizes[self.chosen] = 13
        self._points.setData(
            x, self.values, size=sizes, brush=QColor(scheme.training), pen=QColor(scheme.panel)
        )
        ahead = np.arange(1, len(self._ahead) + 1, dtype=np.float64)
        joined = np.concatenate([self.values[-1:], self._ahead]) if len(ahead) else self._ahead
        self._predicted.setData(np.concatenate([[0.0], ahead]) if len(ahead) else ahead, joined)
        for place, curve in enumerate(self._ends):
            end = np.zeros(0) if self.band is None else self.band[place]
            end = end[np.isfinite(end)]
            here = self.values[-1:] if len(end) else end
            curve.setData(np.arange(len(here) + len(end)), np.concatenate([here, end]))
        description = _("{column}: a window of {count} steps", column=self._name, count=len(x))
        if len(ahead):
            values = join_values(format_number(float(v)) for v in self._ahead[:5])
            predicted = _("predicted: {values}", values=values)
            description = join_values((description, predicted), clauses=True)
        self.setAccessibleName(description)

    def _fit(self) -> None:
        values = np.concatenate([self.values, self._ahead, *(self.band or ())])
        values = values[np.isfinite(values)]
        if not len(values):
            return
        low, high = float(values.min()), float(values.max())
        edge = 0.12 * (high - low or abs(high) or 1.0)
        self.getPlotItem().setRange(
            xRange=(1 - len(self.values), self.reach),
            yRange=(low - edge, high + edge),
            padding=0.03,
        )

    def point_place(self, index: int) -> QPointF:
        box = self.getPlotItem().vb
        return QPointF(
            box.mapViewToScene(QPointF(float(self._xs()[index]), float(self.values[index])))
        )

    def _nearest(self, place: QPointF) -> int:
        if not len(self.values):
            return -1
        offsets = [self.point_place(index) - place for index in range(len(self.values))]
        squares = [offset.x() ** 2 + offset.y() ** 2 for offset in offsets]
        best = int(np.argmin(squares))
        return best if squares[best] <= NEAR**2 else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        nearest = self._nearest(event.position())
        if event.button() != Qt.MouseButton.LeftButton or nearest < 0:
            super().mousePressEvent(event)
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.chosen, self._dragging = nearest, True
        self._draw()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._dragging:
            near = self._nearest(event.position()) >= 0
            self.setCursor(Qt.CursorShape.SizeVerCursor if near else Qt.CursorShape.ArrowCursor)
            super().mouseMoveEvent(event)
            return
        value = self.getPlotItem().vb.mapSceneToView(event.position()).y()
        self._move(float(value))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._dragging:
            super().mouseReleaseEvent(event)
            return
        # The axis must not move during the drag.
        self._dragging = False
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, count = event.key(), len(self.values)
        if count and key in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            step = 1 if key == Qt.Key.Key_Right else -1
            self.chosen = (
                count - 1 if self.chosen < 0 else min(max(self.chosen + step, 0), count - 1)
            )
            self._draw()
        elif self.chosen >= 0 and key in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            low, high = self.getPlotItem().vb.viewRange()[1]
            step_up = KEY_STEP * (high - low) * (1 if key == Qt.Key.Key_Up else -1)
            self._move(float(self.values[self.chosen]) + step_up)
        else:
            super().keyPressEvent(event)

    def _move(self, value: float) -> None:
        self.values[self.chosen] = float(f"{value:.5g}")
        self._draw()
        self.dragged.emit()
