"""Attention as lines from each token, on the left, to those it attends to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_list, format_number
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.style import theme

#: Okabe and Ito's colours for heads, after the two of the theme.
_HEAD_COLORS = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_LEAST = 0.02  # smaller attention is not drawn
_FAINT = 0.18  # opacity of lines of other tokens
_MOST_NAMED = 3


class AttentionLines(QWidget):
    """Tokens in two columns; a click or arrow key chooses one, told by ``chosen(place)``."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.menu = PictureMenu(self, "attention")
        self.place = -1
        self._tokens: tuple[str, ...] = ()
        self.shares: NDArray[np.float64] = np.zeros((0, 0, 0))
        self._first = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.theme().changed.connect(self.update)

    def show_attention(
        self, tokens: Sequence[str], shares: NDArray[np.float64], first: int = 0
    ) -> None:
        """Show attention (heads, tokens, tokens), from the last token's side.

        ``first`` is the number of the first head in its layer, for the colours.
        """
        same = len(tokens) == len(self._tokens)
        if tuple(tokens) != self._tokens:
            self.place = len(tokens) - 1
        self._tokens, self.shares, self._first = tuple(tokens), shares, first
        if not same:
            self.updateGeometry()
        self._update()

    def choose(self, place: int) -> None:
        self.place = min(max(place, 0), len(self._tokens) - 1)
        self._update()
        self.chosen.emit(self.place)

    def sentence(self) -> str:
        if not self._tokens or not self.shares.size:
            return ""
        row = self.shares[:, self.place].mean(axis=0)
        order = np.argsort(-row, kind="stable")[:_MOST_NAMED]
        names = [
            _("“{token}” ({share})", token=self._tokens[at], share=format_number(row[at], ".0%"))
            for at in order
            if row[at] >= _LEAST
        ]
        return _(
            "“{token}” attends to {tokens}.",
            token=self._tokens[self.place],
            tokens=format_list(names),
        )

    def _update(self) -> None:
        self.setAccessibleName(self.sentence())
        self.update()

    @property
    def _height(self) -> int:
        return self.fontMetrics().height() + 3

    def sizeHint(self) -> QSize:
        return QSize(220, len(self._tokens) * self._height + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._tokens or not self.shares.size:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            scheme, metrics, height = theme.colors(), self.fontMetrics(), self._height
            room = max(metrics.horizontalAdvance(token) for token in self._tokens) + 12
            room = min(room, self.width() // 3)
            percent = metrics.horizontalAdvance("100%") + 8
            left, right = float(room), float(min(self.width() - room - percent, room + 260))
            for place in [*(n for n in range(len(self._tokens)) if n != self.place), self.place]:
                self._paint_lines(painter, place, left + 4, right - 4)
            vertical = Qt.AlignmentFlag.AlignVCenter
            row = self.shares[:, self.place].mean(axis=0)
            for number, token in enumerate(self._tokens):
                is_chosen = number == self.place
                box = QRectF(0, number * height, room - 4, height)
                if is_chosen:
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.setBrush(QColor(scheme.selection))
                    painter.drawRoundedRect(box.adjusted(0, 1, 3, -1), 3, 3)
                painter.setPen(QColor(scheme.text if is_chosen else scheme.secondary))
                text = metrics.elidedText(token, Qt.TextElideMode.ElideRight, int(box.width()))
                painter.drawText(box, vertical | Qt.AlignmentFlag.AlignRight, text)
                attended = row[number] >= _LEAST
                painter.setPen(QColor(scheme.text if attended else scheme.secondary))
                box = QRectF(right, number * height, room - 4, height)
                painter.drawText(box, vertical | Qt.AlignmentFlag.AlignLeft, text)
                if attended:
                    width = metrics.horizontalAdvance(text) + 8
                    box = QRectF(right + width, number * height, percent, height)
                    share = format_number(row[number], ".0%")
                    painter.setPen(QColor(scheme.secondary))
                    painter.drawText(box, vertical | Qt.AlignmentFlag.AlignLeft, share)

    def _paint_lines(self, painter: QPainter, place: int, left: float, right: float) -> None:
        height = self._height
        count = len(self.shares)
        for head, rows in enumerate(self.shares):
            colour = head_color(self._first + head)
            offset = 3.0 * (head - (count - 1) / 2)
            for other in np.flatnonzero(rows[place] >= _LEAST):
                share = float(rows[place, other])
                colour.setAlphaF(share**0.5 * (1.0 if place == self.place else _FAINT))
                painter.setPen(QPen(colour, 1.0 + 3.0 * share if place == self.place else 1.0))
                painter.drawLine(
                    QPointF(left, (place + 0.5) * height + offset),
                    QPointF(right, (float(other) + 0.5) * height + offset),
                )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.choose(int(event.position().y() // self._height))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.choose(self.place + step)


def head_color(head: int) -> QColor:
    """Return the colour of an attention head."""
    scheme = theme.colors()
    colors = (scheme.training, scheme.validation, *_HEAD_COLORS)
    return QColor(colors[head % len(colors)])
