"""A callout: a ring around a widget, with a text bubble beside it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from netbuilder.core.wording import join_sentences
from netbuilder.ui.style import theme
from netbuilder.ui.style.motion import reduced_motion
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, hbox, prepared, vbox

MARGIN = 6
BUBBLE_WIDTH = 280
#: Duration and frame interval of an animated drag.
GHOST_MS, GHOST_STEP_MS = 1400, 16
#: Interval of checks for a moved target.
LOOK_MS = 150
Button = tuple[str, Callable[[], object]]


class Callout(QWidget):
    """Covers the window and lets the mouse through, except on its bubble.

    ``ring`` is the target, in the window's coordinates; ``find`` returns it after a change of the
    layout. With ``towards`` the text ``ghost`` moves there from the ring, as in a drag. Escape
    calls ``on_escape`` or presses the first button.
    """

    def __init__(
        self,
        window: QWidget,
        ring: QRect,
        title: str,
        words: str,
        buttons: tuple[Button, ...],
        *,
        towards: QPoint | None = None,
        ghost: str = "",
        on_escape: Callable[[], object] | None = None,
        find: Callable[[], QRect | None] | None = None,
    ) -> None:
        super().__init__(window)
        self.setObjectName("callout")
        self._ring = ring.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
        self._towards, self._ghost, self.at = towards, ghost, 0.0
        self._on_escape, self._find = on_escape, find
        self.bubble = prepared(QFrame(window), role="card")
        self.bubble.setAccessibleName(join_sentences((title, words)))
        layout = self._fill(title, words, min(BUBBLE_WIDTH, window.width() - 24) - 28)
        row = hbox(STRETCH)
        self.buttons: list[QPushButton] = []
        for number, (label, action) in enumerate(buttons):
            button = prepared(QPushButton(label, self.bubble), small=True)
            if number == len(buttons) - 1:
                button.setProperty("role", "primary")
            button.clicked.connect(lambda _checked=False, call=action: call())
            button.installEventFilter(self)
            self.buttons.append(button)
            row.addWidget(button)
        layout.addLayout(row)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.timer = QTimer(self, interval=GHOST_STEP_MS)
        self.timer.timeout.connect(self._move)
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self._follow)
        self._look.start()
        window.installEventFilter(self)
        self.bubble.installEventFilter(self)
        self._place()
        self.show()
        self.bubble.show()
        self.to_front()
        if self.buttons:
            self.buttons[-1].setFocus(Qt.FocusReason.OtherFocusReason)
        if towards is not None and not reduced_motion():
            self.timer.start()
        elif towards is not None:
            self.at = 0.75

    def _fill(self, title: str, words: str, width: int) -> QVBoxLayout:
        layout = vbox(parent=self.bubble, margins=(16, 12, 16, 12))
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        if title:
            layout.addWidget(note_label(title, self.bubble, role="heading"))
        if words:
            layout.addWidget(note_label(words, self.bubble, role="body"))
        # The height of a wrapping label depends on a fixed width.
        for words_label in self.bubble.findChildren(QLabel):
            words_label.setFixedWidth(width)
        return layout

    @property
    def ring(self) -> QRect:
        return self._ring

    def to_front(self) -> None:
        self.raise_()
        self.bubble.raise_()

    def _follow(self) -> None:
        target = self._find() if self._find is not None else None
        if target is None:
            return
        ring = target.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
        if ring != self._ring:
            self._ring = ring
            self._place()
            self.update()

    def end(self) -> None:
        self._look.stop()
        self.timer.stop()
        self.bubble.hide()
        self.bubble.deleteLater()
        self.hide()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.parentWidget():
            self._place()
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self.buttons:
            if watched is self.bubble and event.key() == Qt.Key.Key_Escape:
                (self._on_escape or self.buttons[0].click)()
                return True
            # Outside of dialogs, Enter does not press buttons.
            if watched in self.buttons and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.buttons[self.buttons.index(watched)].click()
                return True
        return False

    def _place(self) -> None:
        window = self.parentWidget()
        assert window is not None
        self.setGeometry(window.rect())
        self.bubble.adjustSize()
        self.bubble.move(self._beside(window.rect(), self.bubble.size()))

    def _beside(self, window: QRect, size: QSize) -> QPoint:
        """Return the bubble's place right of the ring, else left, below or above, in the window.

        Beside a high ring it is at the bottom, since networks and forms begin at the top.
        """
        ring, gap = self._ring, 14
        high = ring.height() > 2 * size.height()
        y = ring.bottom() - size.height() - MARGIN if high else ring.top()
        places = (
            QPoint(ring.right() + gap, y),
            QPoint(ring.left() - gap - size.width(), y),
            QPoint(ring.left(), ring.bottom() + gap),
            QPoint(ring.left(), ring.top() - gap - size.height()),
        )
        inside = window.adjusted(8, 8, -8, -8)
        for place in places:
            if inside.contains(QRect(place, size)):
                return place
        # No place fits: keep it in the window, off the middle of the ring.
        x = max(8, min(ring.right() + gap, window.width() - size.width() - 8))
        y = max(8, min(y, window.height() - size.height() - 8))
        return QPoint(x, y)

    def _move(self) -> None:
        self.at = (self.at + GHOST_STEP_MS / GHOST_MS) % 1.3
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            accent = QColor(theme.colors().accent)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            halo = QColor(accent)
            halo.setAlpha(70)
            painter.setPen(QPen(halo, 8))
            painter.drawRoundedRect(QRectF(self._ring), 10, 10)
            painter.setPen(QPen(accent, 3))
            painter.drawRoundedRect(QRectF(self._ring), 10, 10)
            if self._towards is not None:
                self._paint_ghost(painter, accent)

    def _paint_ghost(self, painter: QPainter, accent: QColor) -> None:
        assert self._towards is not None
        start, end = QPointF(self._ring.center()), QPointF(self._towards)
        pen = QPen(accent, 2, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawLine(start, end)
        part = min(self.at, 1.0)
        part = part * part * (3 - 2 * part)
        where = start + (end - start) * part
        box = QRectF(where.x() - 60, where.y() - 15, 120, 30)
        back = QColor(accent)
        back.setAlpha(220)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(back)
        painter.drawRoundedRect(box, 8, 8)
        painter.setPen(QColor(theme.colors().on_accent))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._ghost)
