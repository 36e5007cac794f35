"""A plot with axes in the theme's colours, which can be copied and saved."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Any, Final, Literal

import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPicture,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from netbuilder.core.i18n import localized
from netbuilder.core.wording import format_number, format_part_of_date
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import scaled

_LARGE = 10_000
#: Below a plot: pyqtgraph puts the axis's title so low that the _ of a column would be cut.
_TITLE_ROOM = 3
#: Lines of letters that the axes of a plot take: its numbers, its title and a rest.
_AXIS_LINES = 3
_TITLE_LINES = 2


def axis_font() -> QFont:
    """The letters of all axes: titles and numbers."""
    return theme.ui_font(0.85)


def with_axes(pixels: int) -> int:
    """Return a plot's height with letters of the size in force: the axes take more of them, what is
    drawn has as much room as ever."""
    line = QFontMetricsF(axis_font()).lineSpacing()
    return round(pixels + _AXIS_LINES * (line - line / (scaled(1000) / 1000)))


def style_axes(plot: pg.PlotItem, scheme: theme.Colors | None = None) -> None:
    """Give the axes of any plot the theme's colours, and letters of the size in force."""
    scheme = scheme or theme.colors()
    font = axis_font()
    line = QFontMetricsF(font).lineSpacing()
    # Half of the highest number stands above the plot.
    plot.layout.setContentsMargins(0, max(4, round(0.4 * line)), scaled(12), _TITLE_ROOM)
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(QColor(scheme.hairline))
        axis.setTextPen(QColor(scheme.secondary))
        axis.label.setFont(font)
        axis.label.document().setDocumentMargin(_title_margin(line))
        axis.setStyle(tickFont=font, tickLength=0, maxTickLevel=0)
        if isinstance(axis, NumberAxis):
            axis.fit_title()


def _title_margin(line: float, lines: int = 1) -> float:
    """Around a title: pyqtgraph moves it out by 5 pixels, and leaves 80% of its height."""
    return max(5.0, line / 4, lines * line / 3 - 8)


#: By how pyqtgraph writes them, which is in the system's language.
_PARTS_OF_DATES: Final[dict[str, Literal["month", "day"]]] = {"%b": "month", "%a %d": "day"}


class NumberAxis(pg.AxisItem):
    """An axis whose numbers are written as in the words beside it: 400,000, and 0.05 without a
    factor in the title."""

    def __init__(self, orientation: str) -> None:
        self._shown = ""  # of a title that is too long
        super().__init__(orientation)
        self.enableAutoSIPrefix(False)  # before it has a label: later the call itself would scale

    def labelString(self) -> str:
        style = ";".join(f"{name}: {value}" for name, value in self.labelStyle.items())
        words = escape(self._shown or self.labelText)  # a column "a<b" is whole
        return f"<div align='center'><span style='{style}'>{words}</span></div>"

    def setLabel(self, *args: Any, **kwargs: Any) -> None:
        self._shown = ""
        super().setLabel(*args, **kwargs)
        self.fit_title()

    def resizeEvent(self, event: object = None) -> None:
        if self.label is not None:  # which it is in a plot that was closed
            self.fit_title()
        super().resizeEvent(event)

    def fit_title(self) -> None:
        """Break a title that is longer than the axis; where two lines are not enough, its middle is
        left out and its tooltip has it whole."""
        size, document = self.size(), self.label.document()
        room = size.height() if self.orientation in ("left", "right") else size.width()
        metrics = QFontMetricsF(self.label.font())
        line, around = metrics.lineSpacing(), 2 * _title_margin(metrics.lineSpacing(), _TITLE_LINES)
        lines = 1 if metrics.horizontalAdvance(self.labelText) + around <= room else _TITLE_LINES
        least = 4 * metrics.averageCharWidth()  # a plot that is not laid out yet
        inner = room - around
        words = self.labelText
        if lines > 1 and inner > least:  # a line may end a word earlier
            most = lines * inner - max(map(metrics.horizontalAdvance, words.split()), default=0)
            words = metrics.elidedText(words, Qt.TextElideMode.ElideMiddle, max(most, inner))
        wide = room if lines > 1 and inner > least else -1
        shown = words if words != self.labelText else ""
        wanted = (shown, wide, _title_margin(line, lines if wide > 0 else 1))
        if wanted == (self._shown, self.label.textWidth(), document.documentMargin()):
            return
        self._shown = shown
        document.setDocumentMargin(wanted[2])
        self.label.setTextWidth(wide)
        self.label.setToolTip(self.labelText if shown else "")
        self._updateLabel()

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


class PagePlot(pg.PlotWidget):
    """A plot in a page. It zooms with Ctrl and the wheel only: without Ctrl the page scrolls, and
    what comes below the pointer on the way stays as it is."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
        else:
            event.ignore()


class ThemedPlot(PagePlot):
    """``drawn()`` of a subclass draws its items; it is called again where the colours change.

    ``least``: how high it is at least, in pixels at letters of the system's size.
    """

    def __init__(
        self,
        name: str,
        parent: QWidget | None = None,
        axes: dict[str, pg.AxisItem] | None = None,
        *,
        least: int = 0,
    ) -> None:
        numbers = {side: NumberAxis(side) for side in ("left", "bottom")}
        super().__init__(parent, axisItems={**numbers, **(axes or {})})
        self._least = least
        self.menu = PictureMenu(self, name)
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        theme.theme().changed.connect(self.restyle)
        self._style()

    def sizeHint(self) -> QSize:
        """Qt's own is the size of what is drawn, which is as large as the plot: made higher once,
        it would never be lower again."""
        return QSize(320, max(220, self.minimumHeight()))

    def restyle(self) -> None:
        """Take the theme's colours and letters."""
        self._style()
        self.drawn()

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

    def _style(self) -> None:
        self.setBackground(QColor(theme.colors().panel))
        style_axes(self.getPlotItem())
        self.grow()

    def grow(self) -> None:
        """Be as high as the letters need."""
        if self._least:
            self.setMinimumHeight(with_axes(self._least))


class NoWheelPlot(ThemedPlot):
    """One in a page of results: it stands still under the wheel, which scrolls the page.

    Args:
        height: in pixels at letters of the system's size.
    """

    def __init__(self, name: str, height: int, parent: QWidget | None = None) -> None:
        super().__init__(name, parent, least=height)
        self.getPlotItem().setMouseEnabled(False, False)

    def grow(self) -> None:
        """Be as high as the letters need, and no higher."""
        self.setFixedHeight(with_axes(self._least))

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
