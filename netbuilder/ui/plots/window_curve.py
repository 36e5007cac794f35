"""A window of a series as a curve whose points can be dragged, and what is predicted after it."""

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

#: How near the mouse must be to take a point, in pixels; how far a key moves it, of the range.
NEAR, KEY_STEP = 14, 0.02


class WindowCurve(NoWheelPlot):
    """``dragged``: a person moved a point; ``values`` holds them all.

    Points are moved by mouse, or by keys: left and right choose one, up and down move it.
    """

    dragged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("series", 200, parent)
        self.values: NDArray[np.float64] = np.zeros(0)
        self.chosen = -1
        self._ahead: NDArray[np.float64] = np.zeros(0)
        self.band: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
        self.reach = 1  # steps that are predicted, also while the next prediction is made
        self._held = False
        self._name = ""
        self._dates: Sequence[str] = ()
        self._curve = self.plot([], [])
        self._ends = pg.PlotDataItem(), pg.PlotDataItem()
        self._area = pg.FillBetweenItem(*self._ends)
        self.addItem(self._area)
        self._predicted = self.plot([], [], symbol="t", symbolSize=7)
        self._points = pg.ScatterPlotItem(pxMode=True)
        self.addItem(self._points)
        self._now = pg.InfiniteLine(pos=0.5, angle=90)
        self.addItem(self._now)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setToolTip(_("Drag a point, or choose it with ← → and move it with ↑ ↓"))
        self._name_places()
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
        self._now.setPen(pg.mkPen(scheme.hairline, width=1))
        self._draw()

    def show_window(self, values: NDArray[np.float64], name: str) -> None:
        """Show a window, (steps,), the oldest first; what was predicted is forgotten."""
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
        """Show what is predicted of the same quantity, (steps,), nearest first; may be empty.

        Args:
            values: the predictions.
            band: its lower and upper ends, (steps,) each, NaN where there is none; None: no band.
        """
        self._ahead, self.band = np.asarray(values, np.float64), band
        self.reach = len(self._ahead) or self.reach
        self._draw()
        if not self._held:
            self._fit()

    @property
    def ahead(self) -> int:
        """How many steps are predicted."""
        return len(self._ahead)

    def show_dates(self, dates: Sequence[str]) -> None:
        """Write the dates of the window's points and of what is predicted below the curve; steps
        where there are none."""
        self._dates = dates
        self._name_places()

    def _name_places(self) -> None:
        axis, dates = self.getPlotItem().getAxis("bottom"), self._dates
        if not dates or len(dates) < len(self.values):
            axis.setTicks(None)
            axis.setLabel(_("steps after the window's end"))
            return
        letters = max(map(self.fontMetrics().horizontalAdvance, dates))
        room = max(self.getPlotItem().vb.width(), 1.0)
        last = len(dates) - 1
        edge = min(0.6 * letters / room, 0.4) * last  # there a date would be cut off
        low, high = math.ceil(edge), math.floor(last - edge)
        count = int(min(max(room / (1.5 * letters), 2), 6))
        step = max(math.ceil((high - low) / (count - 1)), 1)
        places = range(low + (high - low) % step // 2, high + 1, step) or (last // 2,)
        axis.setTicks([[(place + 1 - len(self.values), dates[place]) for place in places]])
        axis.setLabel(_("date"))  # without a title the plot would become higher

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_dates"):  # pyqtgraph resizes while it is made
            self._name_places()

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
        words = _("{column}: a window of {count} steps", column=self._name, count=len(x))
        if len(ahead):
            values = join_values(format_number(float(v)) for v in self._ahead[:5])
            told = _("predicted: {values}", values=values)
            words = join_values((words, told), clauses=True)
        self.setAccessibleName(words)

    def _fit(self) -> None:
        shown = np.concatenate([self.values, self._ahead, *(self.band or ())])
        shown = shown[np.isfinite(shown)]
        if not len(shown):
            return
        low, high = float(shown.min()), float(shown.max())
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
        off = [self.point_place(index) - place for index in range(len(self.values))]
        far = [one.x() ** 2 + one.y() ** 2 for one in off]
        best = int(np.argmin(far))
        return best if far[best] <= NEAR**2 else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._nearest(event.position())
        if event.button() != Qt.MouseButton.LeftButton or found < 0:
            super().mousePressEvent(event)
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.chosen, self._held = found, True
        self._draw()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._held:
            near = self._nearest(event.position()) >= 0
            self.setCursor(Qt.CursorShape.SizeVerCursor if near else Qt.CursorShape.ArrowCursor)
            super().mouseMoveEvent(event)
            return
        value = self.getPlotItem().vb.mapSceneToView(event.position()).y()
        self._move(float(value))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._held:
            super().mouseReleaseEvent(event)
            return
        # Only now: the axis must not run away from under the mouse.
        self._held = False
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
