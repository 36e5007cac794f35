"""Tables on the Data page: correlations and scatter plots."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolTip, QWidget

from netbuilder.core.data.data_views import TableDataView, correlation
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_number, join_sentences
from netbuilder.ui.forms.boxes import ElidedComboBox
from netbuilder.ui.plots.colour_bar import class_color, class_sign, class_symbol
from netbuilder.ui.plots.confusion_matrix import NAME_HEIGHT, NAME_WIDTH, upright_name
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.plots.themed_plot import ThemedPlot
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import hbox, prepared, vbox

_MOST = 24
_SMALLEST = 8  # of the letters of numbers, in pixels


class CorrelationMap(QWidget):
    """A heat map of correlations: blue positive, orange negative, with numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.menu = PictureMenu(self, "correlation")
        self._values: NDArray[np.float64] = np.zeros((0, 0))
        self._names: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)

    def show_matrix(self, values: NDArray[np.float64], names: tuple[str, ...]) -> None:
        """Show r (columns, columns), cut to the first columns if there are very many."""
        self._values, self._names = values[:_MOST, :_MOST], names[:_MOST]
        self.setAccessibleName(
            join_sentences(
                (
                    ngettext(
                        "Correlation of {count} column.",
                        "Correlations of {count} columns.",
                        len(names),
                    ),
                    self.strongest(),
                )
            )
        )
        self.updateGeometry()
        self.update()

    def strongest(self) -> str:
        """Return the most correlated pair in words, or ""."""
        off = np.abs(np.where(np.eye(len(self._names), dtype=bool), np.nan, self._values))
        if off.size == 0 or np.isnan(off).all():
            return ""
        row, column = np.unravel_index(int(np.nanargmax(off)), off.shape)
        return self._words(int(row), int(column))

    def sizeHint(self) -> QSize:
        side = max(min(320 // max(len(self._names), 1), 40), 16)
        return QSize(340, len(self._names) * side + self.fontMetrics().height() + 60)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, min(self.sizeHint().height(), 200))

    def _grid(self) -> tuple[float, float, float]:
        count = max(len(self._names), 1)
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(name) for name in self._names), default=0)
        left, top = min(widest + 10.0, NAME_WIDTH), metrics.height() + 6.0
        wide = (self.width() - left - 2) / count
        if widest > min(wide, (self.height() - top - 2) / count) - 2:  # names stand upright
            top = min(widest, NAME_HEIGHT) + 8.0
        return left, top, max(min(wide, (self.height() - top - 2) / count), 1.0)

    def numbers(self) -> tuple[QFont, str] | None:
        """Return font and format in which numbers fit into all cells, or None."""
        side, font = self._grid()[2], QFont(self.font())
        for digits in (".2f", ".1f"):
            widest = format_number(-0.88, digits)
            for size in range(QFontInfo(self.font()).pixelSize(), _SMALLEST - 1, -1):
                font.setPixelSize(size)
                if QFontMetricsF(font).horizontalAdvance(widest) + 3 < side:
                    return font, digits
        return None

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            scheme, metrics = theme.colors(), self.fontMetrics()
            left, top, side = self._grid()
            centre = Qt.AlignmentFlag.AlignCenter
            for number, name in enumerate(self._names):
                painter.setPen(QColor(scheme.secondary))
                elided = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, int(left - 8))
                painter.drawText(
                    QRectF(0, top + number * side, left - 6, side),
                    Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                    elided,
                )
                head = QRectF(left + number * side, 0, side, top - 4)
                if top > metrics.height() + 6:
                    upright_name(painter, name, head)
                else:
                    painter.drawText(head, centre, name)
            written = self.numbers()
            painter.setFont(written[0] if written else self.font())
            for row in range(len(self._names)):
                for column in range(len(self._names)):
                    value = float(self._values[row, column])
                    box = QRectF(left + column * side, top + row * side, side - 1, side - 1)
                    painter.fillRect(box, QColor(scheme.canvas))
                    if math.isnan(value):
                        continue
                    part = min(abs(value), 1.0) * 0.9
                    color = theme.mix(QColor(scheme.signed(value)), QColor(scheme.canvas), part)
                    painter.fillRect(box, color)
                    if written:
                        text = format_number(value, written[1]) if row != column else "1"
                        painter.setPen(theme.ink_on(color))
                        painter.drawText(box, centre, text)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            left, top, side = self._grid()
            column, row = int((event.x() - left) // side), int((event.y() - top) // side)
            count = len(self._names)
            inside = 0 <= row < count and 0 <= column < count
            QToolTip.showText(event.globalPos(), self._words(row, column) if inside else "")
            return True
        return super().event(event)

    def _words(self, row: int, column: int) -> str:
        value = float(self._values[row, column])
        first, other = self._names[row], self._names[column]
        if math.isnan(value):
            return _("“{one}” and “{other}”: one of them is constant", one=first, other=other)
        strength = abs(value)
        words = (
            _("almost no linear relation")
            if strength <= 0.3
            else _("a moderate positive correlation")
            if 0 < value <= 0.7
            else _("a strong positive correlation")
            if value > 0
            else _("a moderate negative correlation")
            if strength <= 0.7
            else _("a strong negative correlation")
        )
        return _(
            "“{one}” and “{other}”: r = {r}, {strength}",
            one=first, other=other, r=format_number(value, "+.2f"), strength=words,
        )  # fmt: skip


# pyqtgraph's symbols: shape tells classes apart where colour cannot.


class ScatterView(QWidget):
    """A scatter plot of two chosen columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: TableDataView | None = None
        self.across, self.up = ElidedComboBox(self), ElidedComboBox(self)
        self.across.setAccessibleName(_("Column on the horizontal axis"))
        self.up.setAccessibleName(_("Column on the vertical axis"))
        for box in (self.across, self.up):
            box.setMinimumContentsLength(3)  # beside a lesson the page is narrow
            box.currentIndexChanged.connect(self._draw)
        self.plot = ThemedPlot("scatter", self, least=220)
        self.legend = prepared(QLabel(self), textFormat=Qt.TextFormat.RichText, wordWrap=True)
        self.note = note_label("", self)
        vbox(
            hbox(QLabel("→", self), (self.across, 1), QLabel("↑", self), (self.up, 1)),
            (self.plot, 1),
            self.legend,
            self.note,
            parent=self,
            margins=(0, 4, 0, 0),
        )
        theme.theme().changed.connect(self._draw)

    def show_table(self, look: TableDataView | None) -> None:
        before = self.across.currentText(), self.up.currentText()
        self._look = look
        names = look.names if look is not None else ()
        numeric_target = look is not None and not any(look.labels) and look.target in names
        defaults = (0, names.index(look.target)) if numeric_target and look else (0, 1)
        for box, old, number in (
            (self.across, before[0], defaults[0]),
            (self.up, before[1], defaults[1]),
        ):
            box.blockSignals(True)
            box.clear()
            box.addItems(list(names))
            box.setCurrentIndex(names.index(old) if old in names else min(number, len(names) - 1))
            box.blockSignals(False)
        self._draw()

    def _draw(self) -> None:
        scheme = theme.colors()
        item = self.plot.getPlotItem()
        item.clear()
        look = self._look
        if look is None or not look.names:
            self.legend.setText("")
            self.note.setText(_("The data has no numeric column to draw."))
            return
        x = look.values[:, max(self.across.currentIndex(), 0)]
        y = look.values[:, max(self.up.currentIndex(), 0)]
        finite = np.isfinite(x) & np.isfinite(y)
        classes = sorted({label for label in look.labels if label})
        labels = np.asarray(look.labels, object)
        parts = []
        for number, name in enumerate(classes or [""]):
            mine = finite & (labels == name) if classes else finite
            color = class_color(number)
            edge = QColor(scheme.panel)
            fill = QColor(color)
            fill.setAlpha(200)
            item.addItem(
                pg.ScatterPlotItem(
                    x[mine], y[mine], size=7, pen=edge, brush=fill, symbol=class_symbol(number)
                )
            )
            if name:
                sign = class_sign(number)
                parts.append(f'<span style="color:{color.name()}">{sign}</span> {name}')
        self.legend.setText("&nbsp;&nbsp; ".join(parts))
        self.legend.setVisible(bool(parts))
        item.setLabel("bottom", look.axis(max(self.across.currentIndex(), 0)))
        item.setLabel("left", look.axis(max(self.up.currentIndex(), 0)))
        self.plot.setAccessibleName(
            ngettext(
                "{vertical} against {horizontal}, {count} point",
                "{vertical} against {horizontal}, {count} points",
                int(finite.sum()),
                vertical=self.up.currentText(),
                horizontal=self.across.currentText(),
            )
        )
        missing = int(len(finite) - finite.sum())
        words = (
            [
                ngettext(
                    "{count} row is not drawn, for speed.",
                    "{count} rows are not drawn, for speed.",
                    look.sampled,
                )
            ]
            if look.sampled
            else []
        )
        words += (
            [
                ngettext(
                    "{count} row with an empty cell is not drawn.",
                    "{count} rows with an empty cell are not drawn.",
                    missing,
                )
            ]
            if missing
            else []
        )
        self.note.setText(join_sentences(words))


class CorrelationTab(QWidget):
    """Correlations of all pairs of columns, and the strongest in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.map = CorrelationMap(self)
        self.strongest = note_label("", self)
        vbox(self.strongest, (self.map, 1), parent=self, margins=(0, 4, 0, 0))

    def show_look(self, look: TableDataView, project: Project, base: Path) -> None:
        self.map.show_matrix(correlation(look), look.names)
        self.strongest.setText(self.map.strongest())


class ScatterTab(ScatterView):
    """Two columns against each other."""

    def show_look(self, look: TableDataView, project: Project, base: Path) -> None:
        self.show_table(look)
