"""Colours and symbols of classes, and the legend of a heat map."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.style import theme

#: Okabe and Ito, "Color Universal Design" (2008), for colour blindness, and two more.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#9E0059", "#B3A400",
           "#8A93A3", "#A0522D")  # fmt: skip


#: pyqtgraph's symbols, and similar characters for legends.
_SIGNS = (("o", "●"), ("t", "▼"), ("s", "■"), ("d", "◆"), ("+", "✚"), ("x", "✖"), ("star", "★"),
          ("p", "⬟"), ("h", "⬢"), ("t1", "▲"))  # fmt: skip


def class_symbol(number: int) -> str:
    """Return the symbol of class ``number``; ten are reused in turn."""
    return _SIGNS[number % len(_SIGNS)][0]


def class_sign(number: int) -> str:
    """Return a class's symbol as a character, for a legend."""
    return _SIGNS[number % len(_SIGNS)][1]


def class_color(number: int) -> QColor:
    """Return the colour of class ``number``; ten are reused in turn."""
    return QColor(_COLORS[number % len(_COLORS)])


_STRIP, _GAP = 64, 8


class ColourBar(QWidget):
    """A strip of colours with a word at each end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours: tuple[QColor, ...] = ()
        self._words = ("", "")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_ends(self, colours: tuple[QColor, ...], words: tuple[str, str]) -> None:
        """Show evenly spaced colours, and the meaning of the ends."""
        self._colours, self._words = colours, words
        self.setAccessibleName(_("Colours from “{low}” to “{high}”", low=words[0], high=words[1]))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        words = sum(metrics.horizontalAdvance(word) for word in self._words)
        return QSize(words + _STRIP + 2 * _GAP, metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(_STRIP, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._colours:
            return
        metrics = self.fontMetrics()
        with QPainter(self) as painter:
            scheme, height = theme.colors(), float(self.height())
            room = max(self.width() - _STRIP - 2 * _GAP, 0)
            left, right = (metrics.horizontalAdvance(word) for word in self._words)
            if left + right > room:  # shrink both in proportion
                left = int(room * left / (left + right))
                right = room - left
            strip = QRectF(left + _GAP, 3, _STRIP, height - 6)
            shades = QLinearGradient(QPointF(strip.left(), 0), QPointF(strip.right(), 0))
            for step, colour in enumerate(self._colours):
                shades.setColorAt(step / max(len(self._colours) - 1, 1), colour)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(shades)
            painter.drawRoundedRect(strip, 3, 3)
            painter.setPen(QColor(scheme.secondary))
            elide, middle = Qt.TextElideMode.ElideRight, Qt.AlignmentFlag.AlignVCenter
            places = (
                QRectF(0, 0, left + 1, height),
                QRectF(strip.right() + _GAP, 0, right + 1, height),
            )
            for words, place in zip(self._words, places, strict=True):
                elided = metrics.elidedText(words, elide, int(place.width()))
                painter.drawText(place, middle | Qt.AlignmentFlag.AlignLeft, elided)
