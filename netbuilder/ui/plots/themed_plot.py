"""A plot with themed axes, which can be copied and saved."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Any, Final, Literal

import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPicture, QWheelEvent
from PySide6.QtWidgets import QWidget

from netbuilder.core.i18n import localized
from netbuilder.core.wording import format_number, format_part_of_date
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import scaled

_LARGE = 10_000
#: Margin below a plot: pyqtgraph would cut the descenders of the axis title.
_TITLE_ROOM = 3
#: Lines of text in a plot's axes: numbers, title and margins.
_AXIS_LINES = 3
_TITLE_LINES = 2


def axis_font() -> QFont:
    """Return the font of all axes."""
    return theme.ui_font(theme.SMALL)


def with_axes(pixels: int) -> int:
    """Return a plot's height at the current font size, with an unchanged drawing area."""
    line = QFontMetricsF(axis_font()).lineSpacing()
    return round(pixels + _AXIS_LINES * (line - line / (scaled(1000) / 1000)))


def style_axes(plot: pg.PlotItem, scheme: theme.Colors | None = None) -> None:
    """Apply the theme's colours and font to a plot's axes."""
    scheme = scheme or theme.colors()
    font = axis_font()
    line = QFontMetricsF(font).lineSpacing()
    # Half of the highest tick label lies above the plot.
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
    """Return the margin of a title, for pyqtgraph's offset of 5 pixels and 80% of the height."""
    return max(5.0, line / 4, lines * line / 3 - 8)


#: pyqtgraph's date formats, which it writes in the system's language.
_PARTS_OF_DATES: Final[dict[str, Literal["month", "day"]]] = {"%b": "month", "%a %d": "day"}


class NumberAxis(pg.AxisItem):
    """An axis with numbers as elsewhere: 400,000, and 0.05 without a factor in the title."""

    def __init__(self, orientation: str) -> None:
        self._elided = ""  # the elided title
        super().__init__(orientation)
        self.enableAutoSIPrefix(False)  # before it has a label, or this call scales

    def labelString(self) -> str:
        style = ";".join(f"{name}: {value}" for name, value in self.labelStyle.items())
        title = escape(self._elided or self.labelText)
        return f"<div align='center'><span style='{style}'>{title}</span></div>"

    def setLabel(self, *args: Any, **kwargs: Any) -> None:
        self._elided = ""
        super().setLabel(*args, **kwargs)
        self.fit_title()

    def resizeEvent(self, event: object = None) -> None:
        if self.label is not None:  # None in a closed plot
            self.fit_title()
        super().resizeEvent(event)

    def fit_title(self) -> None:
        """Wrap a long title into two lines, or elide it and put it into the tooltip."""
        size, document = self.size(), self.label.document()
        room = size.height() if self.orientation in ("left", "right") else size.width()
        metrics = QFontMetricsF(self.label.font())
        line, margins = (
            metrics.lineSpacing(),
            2 * _title_margin(metrics.lineSpacing(), _TITLE_LINES),
        )
        lines = 1 if metrics.horizontalAdvance(self.labelText) + margins <= room else _TITLE_LINES
        least = 4 * metrics.averageCharWidth()  # before the first layout
        inner = room - margins
        title = self.labelText
        if lines > 1 and inner > least:  # lines break between words
            most = lines * inner - max(map(metrics.horizontalAdvance, title.split()), default=0)
            title = metrics.elidedText(title, Qt.TextElideMode.ElideMiddle, max(most, inner))
        width = room if lines > 1 and inner > least else -1
        elided = title if title != self.labelText else ""
        state = (elided, width, _title_margin(line, lines if width > 0 else 1))
        if state == (self._elided, self.label.textWidth(), document.documentMargin()):
            return
        self._elided = elided
        document.setDocumentMargin(state[2])
        self.label.setTextWidth(width)
        self.label.setToolTip(self.labelText if elided else "")
        self._updateLabel()

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if max((abs(value * scale) for value in values), default=0.0) < _LARGE:
            texts: list[str] = super().tickStrings(values, scale, spacing)
            return [localized(text) for text in texts]
        return [format_number(value * scale, ",.10g") for value in values]


class DateAxis(pg.DateAxisItem):
    """Dates below a plot, in the chosen language; values are seconds since 1970-01-01."""

    def __init__(self) -> None:
        super().__init__("bottom", utcOffset=0)

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        levels: list[tuple[float, list[float]]] = []
        for spacing, ticks in super().tickValues(low, high, size):
            longer = [tick for _spacing, above in levels for tick in above]
            # A day must not overlap the name of its month.
            least = 0.7 * self.minSpacing
            free = [t for t in ticks if all(abs(t - tick) >= least for tick in longer)]
            levels.append((spacing, free))
        return levels

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        texts: list[str] = super().tickStrings(values, scale, spacing)
        formats = {spec.spacing: spec.format for spec in self.zoomLevel.tickSpecs}
        part = _PARTS_OF_DATES.get(formats.get(spacing, ""))
        if part is None:
            return texts
        return [format_part_of_date(datetime.fromtimestamp(v, UTC), part) for v in values]


class PagePlot(pg.PlotWidget):
    """A plot in a page, which zooms only with Ctrl and the wheel; otherwise the page scrolls."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
        else:
            event.ignore()


class ThemedPlot(PagePlot):
    """Calls ``drawn()`` of a subclass on each change of theme; ``least``: minimum height."""

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
        """Replace Qt's hint, which is the current size and would never shrink."""
        return QSize(320, max(220, self.minimumHeight()))

    def restyle(self) -> None:
        self._style()
        self.drawn()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lay out the axes first: pyqtgraph measures the numbers while it paints."""
        self.scene().prepareForPaint()
        item = self.getPlotItem()
        for _round in range(2):  # a wider axis leaves less room for the other
            for side in ("left", "bottom"):
                axis, picture = item.getAxis(side), QPicture()
                if axis.isVisible() and axis.picture is None:
                    with QPainter(picture) as painter:
                        axis.paint(painter, None, None)
            item.layout.activate()
        super().paintEvent(event)

    def drawn(self) -> None:
        """Draw the items."""

    def _style(self) -> None:
        self.setBackground(QColor(theme.colors().panel))
        style_axes(self.getPlotItem())
        self.grow()

    def grow(self) -> None:
        if self._least:
            self.setMinimumHeight(with_axes(self._least))


class NoWheelPlot(ThemedPlot):
    """A plot of fixed ``height`` (at the system's font size) that ignores the wheel."""

    def __init__(self, name: str, height: int, parent: QWidget | None = None) -> None:
        super().__init__(name, parent, least=height)
        self.getPlotItem().setMouseEnabled(False, False)

    def grow(self) -> None:
        self.setFixedHeight(with_axes(self._least))

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
