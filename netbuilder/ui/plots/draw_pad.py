"""A pad to draw on with mouse, finger or pen (pressure changes the width)."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt, Signal
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
    QPixmap,
    QTabletEvent,
    QTouchEvent,
)
from PySide6.QtWidgets import QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.style import theme

SIDE, PEN = 168, 15


class DrawPad(QWidget):
    """A drawing, ``ink()``, with undo.

    Signals:
        begun: a stroke begins in the place of a shown picture. drawn: the drawing changed.
    """

    drawn = Signal()
    begun = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage(SIDE, SIDE, QImage.Format.Format_Grayscale8)
        self._image.fill(0)
        self._dark = False
        self._done: list[QImage] = []  # images before each stroke
        self._undone: list[QImage] = []
        self._last: QPointF | None = None
        self._finger: int | None = None
        self._scale = 1.0
        self._covering = QPixmap()  # a picture in the place of the drawing
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.enlarge(SIDE)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAccessibleName(_("Drawing pad"))
        self.setToolTip(_("Draw here to get a prediction"))

    def enlarge(self, side: int) -> None:
        """Show the drawing ``side`` pixels wide; ``ink()`` stays the same."""
        self._scale = side / SIDE
        self.setFixedSize(side, side)

    def show_picture(self, picture: QPixmap) -> None:
        """Show a picture in the place of the drawing; a null one: the drawing."""
        self._covering = picture
        self.update()

    @property
    def empty(self) -> bool:
        return not self.ink().any()

    def ink(self) -> NDArray[np.float64]:
        """Return the drawing, float (side, side): 0 background, 1 pen."""
        line = self._image.bytesPerLine()
        flat = np.frombuffer(self._image.constBits(), np.uint8, line * SIDE)
        return flat.reshape(SIDE, line)[:, :SIDE] / 255.0

    def show_dark_ink(self, dark: bool) -> None:
        if dark != self._dark:
            self._dark = dark
            self.update()

    def clear(self) -> None:
        self._save_undo()
        self._image.fill(0)
        self.update()
        self.drawn.emit()

    def tabletEvent(self, event: QTabletEvent) -> None:
        # Qt's synthesized mouse events lack the pressure.
        if event.type() == QEvent.Type.TabletRelease:
            self._last = None
        elif event.type() == QEvent.Type.TabletPress or self._last is not None:
            self._stroke(event.position(), PEN * (0.5 + event.pressure()))
        event.accept()

    def event(self, event: QEvent) -> bool:
        kinds = QEvent.Type
        if event.type() in (kinds.TouchBegin, kinds.TouchUpdate, kinds.TouchEnd, kinds.TouchCancel):
            self._touch(cast(QTouchEvent, event))
            event.accept()  # do not scroll the page
            return True
        if event.type() in (kinds.ShortcutOverride, kinds.KeyPress):
            return self._key_pressed(cast(QKeyEvent, event)) or super().event(event)
        return super().event(event)

    def _key_pressed(self, event: QKeyEvent) -> bool:
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

    def _save_undo(self) -> None:
        self._done.append(self._image.copy())
        self._undone.clear()

    def _touch(self, event: QTouchEvent) -> None:
        """Draw with one finger, and ignore others until it is lifted."""
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
            self._save_undo()
            if not self._covering.isNull():
                self._image.fill(0)  # the drawing begins on an empty page
                self._covering = QPixmap()
                self.begun.emit()
            self.setFocus(Qt.FocusReason.MouseFocusReason)  # a pen or a finger, too
        with QPainter(self._image) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            cap, join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
            painter.setPen(QPen(QColor("white"), width, Qt.PenStyle.SolidLine, cap, join))
            place = place / self._scale
            painter.drawLine(self._last or place, place + QPointF(0.01, 0.0))
        self._last = place
        self.update()
        self.drawn.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            image = self._image
            if self._dark:
                image = image.copy()
                image.invertPixels()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            if self._covering.isNull():
                painter.drawImage(self.rect(), image)
            else:
                painter.fillRect(self.rect(), QColor(theme.colors().well))
                size = self._covering.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
                place = QRect(QPoint(0, 0), size)
                place.moveCenter(self.rect().center())
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
                painter.drawPixmap(place, self._covering)
            scheme = theme.colors()
            painter.setPen(QColor(scheme.hairline))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            if self.empty and self._last is None and self._covering.isNull():
                painter.setPen(QColor("#667085" if self._dark else "#98A2B3"))
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, _("Draw here"))
