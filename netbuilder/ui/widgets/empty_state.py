"""The empty state of panels that need a trained model."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Final

from PySide6.QtCore import (
    QEvent,
    QObject,
    QPoint,
    QPointF,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
    SignalInstance,
)
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QSizePolicy, QStackedWidget, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import as_sentence, capitalize_first, join_sentences
from netbuilder.ui.style import theme
from netbuilder.ui.style.theme import Colors
from netbuilder.ui.widgets.accessible_roles import make_scroll_area_accessible
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, prepared, vbox

#: The least visible lines of a list.
_HEAD = 6


class _WrappingPage(QWidget):
    """A page whose minimum height follows its width instead of its narrowest layout."""

    def minimumSizeHint(self) -> QSize:
        hint, layout = super().minimumSizeHint(), self.layout()
        wraps = layout is not None and layout.hasHeightForWidth()
        return QSize(hint.width(), 1) if wraps else hint


class EmptyStatePage(QStackedWidget):
    """An invitation to train, or a scrolling page with the results.

    ``words``: what the page shows after training; ``picture``: the invitation's picture.
    """

    def __init__(self, words: str, picture: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = self._first_words = words
        self._meanwhile = ""
        self._state: Callable[[], str] = lambda: ""
        self.invitation = Invitation(picture, words, self)
        self.words = self.invitation.words
        self.addWidget(self.invitation)
        page = _WrappingPage(self)
        page.setProperty("role", "page")
        page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)  # as a plain widget has it
        margin, gap = theme.PAGE_MARGIN, theme.ROW_GAP
        self.page_layout = vbox(parent=page, margins=(margin, gap, margin, gap))
        scroll = QScrollArea(self)
        make_scroll_area_accessible(scroll, _("Results"))
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        # For pages that do not fit despite wrapping.
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        scroll.setWidget(page)
        self.scroll_area, self._page = scroll, page
        self.addWidget(scroll)

    def see(self, widget: QWidget, keep: QWidget | None = None) -> None:
        """Scroll to the top of a widget that is just changing.

        ``keep`` is a widget above that stays visible: scroll only as far as shows all of
        ``widget``, or its first lines if there is no space for both.
        """
        bar = self.scroll_area.verticalScrollBar()
        line = self.fontMetrics().height()

        def move() -> None:
            page = self.scroll_area.widget()
            if page is None:
                return
            top = widget.mapTo(page, QPoint(0, 0)).y()
            room = self.scroll_area.viewport().height()
            if keep is not None and top >= bar.value():
                keep_top = keep.mapTo(page, QPoint(0, 0)).y()
                head = top + min(widget.height(), _HEAD * line) - room
                bottom = top + widget.height() - room
                bar.setValue(max(bar.value(), min(bottom, max(head, keep_top))))
            elif not bar.value() <= top < bar.value() + room // 2:
                bar.setValue(top - 2 * line)

        QTimer.singleShot(0, widget, move)

    @classmethod
    def filling(cls, panel: QWidget, words: str, picture: str) -> EmptyStatePage:
        created = cls(words, picture, panel)
        vbox(created, parent=panel, margins=0)
        return created

    def follow(
        self, changes: Iterable[SignalInstance], state: Callable[[], str], meanwhile: str = ""
    ) -> None:
        """Replace the invitation during a run.

        ``changes``: signals after which ``state`` may have changed; ``state``: returns the activity
        as a clause ("training is running") or ""; ``meanwhile``: what a panel shows before the end
        of the run.
        """
        self._state, self._meanwhile = state, meanwhile
        for change in changes:
            change.connect(self._update_words)
        self._update_words()

    def _update_words(self) -> None:
        ready = bool(self._first_words) and self._words == self._first_words
        self.invitation.show_words(self._current_words(), may_train=ready and not self._state())

    def _current_words(self) -> str:
        state = self._state()
        if not state or self._words != self._first_words:
            return self._words
        if self._meanwhile:
            state = as_sentence(capitalize_first(state))
            return join_sentences((state, capitalize_first(self._meanwhile)))
        return _("Results appear here when training ends or is paused.")

    def wait(self, words: str, *, first: bool = False) -> None:
        """Show words instead of results; ``first`` ones are for a project ready to train."""
        self._words = words
        if first:
            self._first_words = words
        self._update_words()
        self.setCurrentIndex(0)

    def restart(self) -> None:
        self._page.setMinimumHeight(0)
        self.scroll_area.verticalScrollBar().setValue(0)

    def hold_height(self) -> None:
        """Keep at least the current height, so that removed content does not scroll the page."""
        self._page.setMinimumHeight(self._page.height())

    def hold_still(self, on: bool) -> None:
        """Prevent scrolling while the user edits and content below changes."""
        always, needed = (
            Qt.ScrollBarPolicy.ScrollBarAlwaysOn,
            Qt.ScrollBarPolicy.ScrollBarAsNeeded,
        )
        self.scroll_area.setVerticalScrollBarPolicy(always if on else needed)
        self._page.setMinimumHeight(self._page.height() if on else 0)
        if on:
            self._page.installEventFilter(self)
        else:
            self._page.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._page and event.type() is QEvent.Type.Resize:
            self.hold_height()
        return super().eventFilter(watched, event)

    def ready(self) -> None:
        self.setCurrentIndex(1)


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
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setOpacity(_FAINT)
            _PICTURES[self.name](painter, box, theme.colors())


class Invitation(QWidget):
    """A picture (a key of ``_PICTURES``), words and a button that emits ``train_requested``."""

    train_requested = Signal()

    def __init__(self, picture: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ghost = _FaintPicture(picture, self)
        self.words = note_label(words, self, role="empty")
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = prepared(QPushButton(_("Train"), self), objectName="train_here", role="train")
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
