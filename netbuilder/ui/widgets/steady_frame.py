"""A frame that keeps a change of words to itself.

Each text that is set asks for room. A layout hands that on to the window, which then arranges all
its docks anew: many times a second while a network trains.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget


class SteadyFrame(QWidget):
    """Fills itself with ``inner``; asks for room only when another height is needed.

    Args:
        inner: what it holds.
        parent: of the frame.
        grows: whether the height follows ``inner``; else it is what the layout around gives.
    """

    def __init__(self, inner: QWidget, parent: QWidget | None = None, *, grows: bool) -> None:
        super().__init__(parent)
        self._inner, self._grows = inner, grows
        inner.setParent(self)
        if grows:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            self._follow()

    def sizeHint(self) -> QSize:
        return self._inner.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self._inner.minimumSizeHint()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest and self._grows:
            self._follow()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._inner.setGeometry(self.rect())
        if self._grows:
            self._follow()

    def _follow(self) -> None:
        inner = self._inner
        height = inner.heightForWidth(self.width()) if inner.hasHeightForWidth() else -1
        if height < 0:
            height = inner.sizeHint().height()
        if height != self.maximumHeight():
            self.setFixedHeight(height)
