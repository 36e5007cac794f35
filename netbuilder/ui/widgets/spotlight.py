"""Highlight the pointer, the hovered widget and pressed keys for an audience."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QCursor,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
    QRegion,
)
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QWidget

from netbuilder.ui.style import theme

_FRAME_MS, _KEY_SECONDS = 40, 1.6
_DIMMED = 0.7  # of what is not in the light
_BARE = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)


class Spotlight(QWidget):
    """Covers a window without taking input.

    ``halo(point)`` returns the box to highlight under the pointer, in this widget's pixels; the
    rest of ``stage`` is dimmed.
    """

    def __init__(
        self, parent: QWidget, halo: Callable[[QPoint], QRect | None], stage: QWidget
    ) -> None:
        super().__init__(parent)
        self._halo, self._stage = halo, stage
        self.key = self.words = ""
        self.lit: QRect | None = None
        self._pointer = QPoint(-100, -100)
        self._pressed = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._timer = QTimer(self, interval=_FRAME_MS)
        self._timer.timeout.connect(self._follow)
        self._fade = QTimer(self, singleShot=True)
        self._fade.timeout.connect(lambda: self._show_key(""))
        self.hide()

    def start(self) -> None:
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self)
        self.setGeometry(self._parent().rect())
        self.show()
        self.raise_()
        self._timer.start()

    def end(self) -> None:
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)
        self._timer.stop()
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.parent():
            self.setGeometry(self._parent().rect())
        if event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride):
            self._take_key(event)
        return False

    def _take_key(self, event: QEvent) -> None:
        if not isinstance(event, QKeyEvent) or event.key() in _BARE:
            return
        typing = isinstance(QApplication.focusWidget(), (QLineEdit, QPlainTextEdit))
        if typing and event.text().isprintable() and event.text():
            return
        words = QKeySequence(event.keyCombination()).toString(
            QKeySequence.SequenceFormat.NativeText
        )
        self._show_key(words)
        self._fade.start(round(1000 * _KEY_SECONDS))

    def say(self, words: str) -> None:
        """Show a sentence at the foot of the stage until the next one."""
        if words != self.words:
            self.words = words
            self.update()

    def _show_key(self, words: str) -> None:
        self.key = words
        self.update()

    def _follow(self) -> None:
        # Tabs that are raised would cover it.
        self.raise_()
        at = self.mapFromGlobal(QCursor.pos())
        self.look_at(at, QApplication.mouseButtons() != Qt.MouseButton.NoButton)

    def look_at(self, at: QPoint, pressed: bool) -> None:
        lit = self._halo(at)
        if (at, pressed, lit) != (self._pointer, self._pressed, self.lit):
            self._pointer, self._pressed, self.lit = at, pressed, lit
            self.update()

    def _parent(self) -> QWidget:
        parent = self.parent()
        assert isinstance(parent, QWidget)
        return parent

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            accent = QColor(theme.colors().accent)
            letters = self.fontMetrics().height()
            painter.setPen(QPen(accent, 4))
            stage = QRect(self._stage.mapTo(self._parent(), QPoint()), self._stage.size())
            if self.lit is not None:
                ground = QColor(theme.colors().canvas)
                ground.setAlphaF(_DIMMED)
                painter.setClipRegion(QRegion(stage) - QRegion(self.lit.adjusted(-5, -5, 5, 5)))
                painter.fillRect(stage, ground)
                painter.setClipping(False)
                painter.drawRoundedRect(QRectF(self.lit).adjusted(-5, -5, 5, 5), 12, 12)
            accent.setAlpha(150 if self._pressed else 60)
            painter.setBrush(accent)
            painter.drawEllipse(self._pointer, letters, letters)
            if self.key:
                self._paint_words(painter, self.key, self.width() // 2, self.height() - 6 * letters)
            if self.words:
                self._paint_words(
                    painter, self.words, stage.center().x(), stage.bottom() - letters // 2
                )

    def _paint_words(self, painter: QPainter, words: str, middle: int, bottom: int) -> None:
        scheme, letters = theme.colors(), self.fontMetrics().height()
        font = self.font()
        font.setPointSizeF(1.6 * font.pointSizeF())
        painter.setFont(font)
        width = painter.fontMetrics().horizontalAdvance(words) + 2 * letters
        height = painter.fontMetrics().height() + letters
        box = QRect(middle - width // 2, bottom - height, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(scheme.text))
        painter.drawRoundedRect(box, 10, 10)
        painter.setPen(QColor(scheme.panel))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
