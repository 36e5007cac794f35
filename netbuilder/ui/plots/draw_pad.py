"""A pad to draw on with mouse, pen (the harder, the wider) or finger."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEventPoint,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QTabletEvent,
    QTouchEvent,
)
from PySide6.QtWidgets import QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.style import theme

SIDE, PEN = 168, 15


class DrawPad(QWidget):
    """``drawn``: the drawing is another. ``ink()`` gives it. Undo takes the last stroke back.

    It looks as the pictures do that the drawing is to be like: ``show_dark_ink`` says how.
    """

    drawn = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage(SIDE, SIDE, QImage.Format.Format_Grayscale8)
        self._image.fill(0)
        self._dark = False
        self._done: list[QImage] = []  # the page before each stroke
        self._undone: list[QImage] = []
        self._last: QPointF | None = None
        self._finger: int | None = None
        self._scale = 1
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.enlarge(1)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAccessibleName(_("Drawing pad"))
        self.setToolTip(_("Draw here to get a prediction"))

    def enlarge(self, times: int) -> None:
        """Show the drawing so many times as large; its ink stays the same."""
        self._scale = times
        self.setFixedSize(times * SIDE, times * SIDE)

    @property
    def empty(self) -> bool:
        return not self.ink().any()

    def ink(self) -> NDArray[np.float64]:
        """The drawing, float (side, side): 0 the page, 1 the pen."""
        line = self._image.bytesPerLine()
        flat = np.frombuffer(self._image.constBits(), np.uint8, line * SIDE)
        return flat.reshape(SIDE, line)[:, :SIDE] / 255.0

    def show_dark_ink(self, dark: bool) -> None:
        """Draw with a black pen on a white page, or with a white one on a black page."""
        if dark != self._dark:
            self._dark = dark
            self.update()

    def clear(self) -> None:
        """Take a new page."""
        self._keep_page()
        self._image.fill(0)
        self.update()
        self.drawn.emit()

    def tabletEvent(self, event: QTabletEvent) -> None:
        # Taken here, so that no mouse is made of it: a mouse knows nothing of pressure.
        if event.type() == QEvent.Type.TabletRelease:
            self._last = None
        elif event.type() == QEvent.Type.TabletPress or self._last is not None:
            self._stroke(event.position(), PEN * (0.5 + event.pressure()))
        event.accept()

    def event(self, event: QEvent) -> bool:
        kinds = QEvent.Type
        if event.type() in (kinds.TouchBegin, kinds.TouchUpdate, kinds.TouchEnd, kinds.TouchCancel):
            self._touched(cast(QTouchEvent, event))
            event.accept()  # the page below is not scrolled by a finger that draws
            return True
        if event.type() in (kinds.ShortcutOverride, kinds.KeyPress):
            return self._pressed(cast(QKeyEvent, event)) or super().event(event)
        return super().event(event)

    def _pressed(self, event: QKeyEvent) -> bool:
        """Undo and redo act on the drawing, and not on the network."""
        keys = QKeySequence.StandardKey
        for key, pages, others in (
            (keys.Undo, self._done, self._undone),
            (keys.Redo, self._undone, self._done),
        ):
            if event.matches(key):
                if event.type() == QEvent.Type.KeyPress and pages:
                    others.append(self._image)
                    self._image = pages.pop()
                    self.update()
                    self.drawn.emit()
                event.accept()
                return True
        return False

    def _keep_page(self) -> None:
        self._done.append(self._image.copy())
        self._undone.clear()

    def _touched(self, event: QTouchEvent) -> None:
        """One finger draws; others do nothing until it is lifted."""
        for point in event.points():
            if event.type() == QEvent.Type.TouchBegin and self._finger is None:
                self._finger = point.id()
            if point.id() != self._finger:
                continue
            if point.state() in (QEventPoint.State.Pressed, QEventPoint.State.Updated):
                self._stroke(point.position())
            elif point.state() == QEventPoint.State.Released:
                self._finger = self._last = None
        if event.type() in (QEvent.Type.TouchEnd, QEvent.Type.TouchCancel):
            self._finger = self._last = None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._stroke(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last is not None:
            self._stroke(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._last = None

    def _stroke(self, place: QPointF, width: float = PEN) -> None:
        if self._last is None:
            self._keep_page()
            self.setFocus(Qt.FocusReason.MouseFocusReason)  # a pen or a finger, too
        painter = QPainter(self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        cap, join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        painter.setPen(QPen(QColor("white"), width, Qt.PenStyle.SolidLine, cap, join))
        place = place / self._scale
        painter.drawLine(self._last or place, place + QPointF(0.01, 0.0))
        painter.end()
        self._last = place
        self.update()
        self.drawn.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        shown = self._image
        if self._dark:
            shown = shown.copy()
            shown.invertPixels()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.rect(), shown)
        scheme = theme.colors()
        painter.setPen(QColor(scheme.hairline))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        if self.empty and self._last is None:
            painter.setPen(QColor("#667085" if self._dark else "#98A2B3"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, _("Draw here"))
        painter.end()
