"""An invitation to train: a faint picture of the results, and the Train button."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.style import theme
from netbuilder.ui.style.theme import Colors
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, vbox

_FAINT, _LINES, _LOWEST = 0.35, 4, 60
_HIGHEST = QSize(440, 260)
_Draw = Callable[[QPainter, QRectF, Colors], None]


def _curves(painter: QPainter, box: QRectF, scheme: Colors) -> None:
    painter.setPen(QPen(QColor(scheme.secondary), 1))
    painter.drawLine(box.topLeft(), box.bottomLeft())
    painter.drawLine(box.bottomLeft(), box.bottomRight())
    for number in range(1, _LINES):
        y = box.top() + box.height() * number / _LINES
        painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
    for color, end in ((scheme.training, 0.9), (scheme.validation, 0.8)):
        path = QPainterPath(QPointF(box.left() + 4, box.top() + 0.08 * box.height()))
        bend = QPointF(box.left() + 0.1 * box.width(), box.top() + end * box.height())
        path.quadTo(bend, QPointF(box.right(), box.top() + end * box.height()))
        painter.setPen(QPen(QColor(color), 2))
        painter.drawPath(path)


def _matrix(painter: QPainter, box: QRectF, scheme: Colors) -> None:
    side = min(box.width(), box.height()) / _LINES
    left = box.center().x() - side * _LINES / 2
    for row in range(_LINES):
        for column in range(_LINES):
            cell = QRectF(left + column * side, box.top() + row * side, side - 3, side - 3)
            right = row == column
            painter.fillRect(cell, QColor(scheme.training if right else scheme.border))


def _surface(painter: QPainter, box: QRectF, scheme: Colors) -> None:
    border = QPainterPath(QPointF(box.left(), box.top() + 0.7 * box.height()))
    border.cubicTo(
        QPointF(box.left() + 0.4 * box.width(), box.top() + 1.1 * box.height()),
        QPointF(box.left() + 0.6 * box.width(), box.top() - 0.1 * box.height()),
        QPointF(box.right(), box.top() + 0.3 * box.height()),
    )
    below, whole = QPainterPath(border), QPainterPath()
    below.lineTo(box.bottomRight())
    below.lineTo(box.bottomLeft())
    whole.addRect(box)
    painter.fillPath(whole, QColor(scheme.training))
    painter.fillPath(below.intersected(whole), QColor(scheme.validation))


def _strips(painter: QPainter, box: QRectF, scheme: Colors) -> None:
    rows, many = 3, 7
    side = min(box.width() / many, box.height() / rows)
    left = box.center().x() - side * many / 2
    for row in range(rows):
        for column in range(many):
            cell = QRectF(left + column * side, box.top() + row * side, side - 6, side - 6)
            painter.setOpacity(_FAINT * (0.3 + 0.7 * ((3 * row + 5 * column) % 7) / 6))
            painter.fillRect(cell, QColor(scheme.training))


def _bars(painter: QPainter, box: QRectF, scheme: Colors) -> None:
    high = box.height() / 5
    for number, part in enumerate((0.92, 0.6, 0.34, 0.2, 0.12)):
        bar = QRectF(box.left(), box.top() + number * high, part * box.width(), 0.6 * high)
        painter.fillRect(bar, QColor(scheme.training))


def _evidence(painter: QPainter, box: QRectF, scheme: Colors) -> None:
    high, middle = box.height() / 5, box.center().x()
    for number, part in enumerate((0.48, -0.3, 0.22, -0.14, 0.08)):
        ends = sorted((middle, middle + part * box.width()))
        bar = QRectF(ends[0], box.top() + number * high, ends[1] - ends[0], 0.6 * high)
        painter.fillRect(bar, QColor(scheme.training if part > 0 else scheme.validation))


def _forecast(painter: QPainter, box: QRectF, scheme: Colors) -> None:
    for color, first, last in ((scheme.training, 0, 30), (scheme.validation, 30, 40)):
        path = QPainterPath()
        for step in range(first, last + 1):
            high = 0.5 + 0.3 * math.sin(step / 2.5)
            spot = QPointF(
                box.left() + box.width() * step / 40, box.top() + box.height() * (1 - high)
            )
            path.lineTo(spot) if step > first else path.moveTo(spot)
        painter.setPen(QPen(QColor(color), 2))
        painter.drawPath(path)


def _rows(painter: QPainter, box: QRectF, scheme: Colors) -> None:
    high = box.height() / 5
    for number in range(5):
        top = box.top() + number * high
        for left, wide in ((0.0, 0.3), (0.36, 0.18), (0.6, 0.18), (0.84, 0.16)):
            cell = QRectF(box.left() + left * box.width(), top, wide * box.width(), 0.4 * high)
            painter.fillRect(cell, QColor(scheme.training if number == 0 else scheme.border))


_PICTURES: Final[dict[str, _Draw]] = {
    "curves": _curves,
    "matrix": _matrix,
    "surface": _surface,
    "strips": _strips,
    "bars": _bars,
    "evidence": _evidence,
    "forecast": _forecast,
    "rows": _rows,
}


class _FaintPicture(QWidget):
    """A faint picture of the results. ``name``: one of ``_PICTURES``."""

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.name = name
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMaximumHeight(_HIGHEST.height())

    def sizeHint(self) -> QSize:
        return _HIGHEST

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.height() < _LOWEST:
            return  # keep the text and button
        wide = min(self.width(), _HIGHEST.width()) - 40
        box = QRectF((self.width() - wide) / 2, 8, wide, self.height() - 20)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(_FAINT)
        _PICTURES[self.name](painter, box, theme.colors())
        painter.end()


class Invitation(QWidget):
    """A picture (a key of ``_PICTURES``), words and a button that emits ``train_requested``."""

    train_requested = Signal()

    def __init__(self, picture: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ghost = _FaintPicture(picture, self)
        self.words = note_label(words, self, role="empty")
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = QPushButton(_("Train"), self)
        self.button.setObjectName("train_here")
        self.button.setProperty("role", "train")
        self.button.clicked.connect(lambda _checked=False: self.train_requested.emit())
        middle = Qt.AlignmentFlag.AlignHCenter
        vbox(
            STRETCH, (self.ghost, 4), self.words, (self.button, 0, middle), STRETCH,
            parent=self, margins=(0, 12, 0, 24),
        )  # fmt: skip

    def show_words(self, words: str, *, may_train: bool) -> None:
        """Set the words; ``may_train`` shows the button."""
        self.words.setText(words)
        self.button.setVisible(may_train)

    def draw(self, picture: str) -> None:
        self.ghost.name = picture
        self.ghost.update()
