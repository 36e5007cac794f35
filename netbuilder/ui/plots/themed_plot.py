"""A plot with axes in the theme's colours, which can be copied and saved."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Final, Literal

import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPicture, QWheelEvent
from PySide6.QtWidgets import QWidget

from netbuilder.core.i18n import localized
from netbuilder.core.wording import format_number, format_part_of_date
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.style import theme

_LARGE = 10_000
#: Below a plot: pyqtgraph puts the axis's title so low that the _ of a column would be cut.
TITLE_ROOM = 3


#: By how pyqtgraph writes them, which is in the system's language.
_PARTS_OF_DATES: Final[dict[str, Literal["month", "day"]]] = {"%b": "month", "%a %d": "day"}


class NumberAxis(pg.AxisItem):
    """An axis whose numbers are written as in the words beside it: 400,000, and 0.05 without a
    factor in the title."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.enableAutoSIPrefix(False)  # before it has a label: later the call itself would scale

    def labelString(self) -> str:
        style = ";".join(f"{name}: {value}" for name, value in self.labelStyle.items())
        return f"<span style='{style}'>{escape(self.labelText)}</span>"  # a column "a<b" is whole

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if max((abs(value * scale) for value in values), default=0.0) < _LARGE:
            found: list[str] = super().tickStrings(values, scale, spacing)
            return [localized(text) for text in found]
        return [format_number(value * scale, ",.10g") for value in values]


class DateAxis(pg.DateAxisItem):
    """Dates below a plot, in the person's language; its values are seconds since 1970-01-01."""

    def __init__(self) -> None:
        super().__init__("bottom", utcOffset=0)

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        kept: list[tuple[float, list[float]]] = []
        for spacing, ticks in super().tickValues(low, high, size):
            longer = [one for _spacing, above in kept for one in above]
            # A day beside the name of its month would lie on it.
            least = 0.7 * self.minSpacing
            free = [t for t in ticks if all(abs(t - one) >= least for one in longer)]
            kept.append((spacing, free))
        return kept

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        found: list[str] = super().tickStrings(values, scale, spacing)
        formats = {spec.spacing: spec.format for spec in self.zoomLevel.tickSpecs}
        part = _PARTS_OF_DATES.get(formats.get(spacing, ""))
        if part is None:
            return found
        return [format_part_of_date(datetime.fromtimestamp(v, UTC), part) for v in values]


class ThemedPlot(pg.PlotWidget):
    """``drawn()`` of a subclass draws its items; it is called again where the colours change."""

    def __init__(
        self, name: str, parent: QWidget | None = None, axes: dict[str, pg.AxisItem] | None = None
    ) -> None:
        numbers = {side: NumberAxis(side) for side in ("left", "bottom")}
        super().__init__(parent, axisItems={**numbers, **(axes or {})})
        self.menu = PictureMenu(self, name)
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.layout.setContentsMargins(0, 4, 12, TITLE_ROOM)
        theme.theme().changed.connect(self.restyle)
        self._color_axes()

    def sizeHint(self) -> QSize:
        """Qt's own is the size of what is drawn, which is as large as the plot: made higher once,
        it would never be lower again."""
        return QSize(320, max(220, self.minimumHeight()))

    def restyle(self) -> None:
        """Take the theme's colours."""
        self._color_axes()
        self.drawn()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom with Ctrl only: the page below scrolls, also where a plot fills all of it."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Give the axes the room of their numbers first: pyqtgraph learns it while it paints, so
        that numbers would lie on a title, and the plot would move after it was seen."""
        self.scene().prepareForPaint()
        item, painter = self.getPlotItem(), QPainter()
        for _round in range(2):  # a wider axis leaves the other one less room
            for side in ("left", "bottom"):
                axis, picture = item.getAxis(side), QPicture()
                if axis.isVisible() and axis.picture is None and painter.begin(picture):
                    axis.paint(painter, None, None)
                    painter.end()
            item.layout.activate()
        super().paintEvent(event)

    def drawn(self) -> None:
        """Draw what is shown."""

    def _color_axes(self) -> None:
        scheme = theme.colors()
        self.setBackground(QColor(scheme.panel))
        for side in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(side)
            axis.setPen(QColor(scheme.hairline))
            axis.setTextPen(QColor(scheme.secondary))
            axis.label.setFont(theme.ui_font())
            line = self.fontMetrics().lineSpacing()  # pyqtgraph leaves 80% of the label's height
            axis.label.document().setDocumentMargin(max(5, line // 4))
            axis.setStyle(tickFont=theme.ui_font(0.85), tickLength=0, maxTickLevel=0)


class NoWheelPlot(ThemedPlot):
    """One in a page of results: it stands still under the wheel, which scrolls the page.

    Args:
        height: in pixels.
    """

    def __init__(self, name: str, height: int, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.getPlotItem().setMouseEnabled(False, False)
        self.setFixedHeight(height)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
