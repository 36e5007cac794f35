"""A picture as wide as its page, that can be clicked."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from netbuilder.ui.plots.picture_menu import PictureMenu


class ScaledPicture(QLabel):
    """An image that is painted as wide as there is room for it, up to ``most`` pixels; sharp.

    ``clicked(place)``: pixels from its upper left corner.
    """

    clicked = Signal(QPointF)

    def __init__(
        self, make: Callable[[int], QImage | None], most: int, parent: QWidget | None = None
    ) -> None:
        """``make`` paints the image for a width in pixels; None where nothing can be shown."""
        super().__init__(parent)
        self._make, self._most, self._width = make, most, 0
        PictureMenu(self, "layer")
        # The image follows the width of the page, so it must never be what holds it open.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._paint_for(most)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._paint_for(event.size().width())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        inside = self.rect().contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self.clicked.emit(event.position() - QPointF(0, self._above))
        super().mouseReleaseEvent(event)

    @property
    def _above(self) -> float:
        """Pixels between its upper edge and that of the image."""
        return float(self.height() - self.pixmap().deviceIndependentSize().height()) / 2

    @property
    def width_now(self) -> int:
        """For how many pixels the image was painted."""
        return self._width

    def _paint_for(self, room: int) -> None:
        width = min(max(room, 24), self._most)
        if width != self._width:
            self._width = width
            self.paint_again()

    def paint_again(self) -> None:
        """Paint anew: what it shows has changed."""
        image = self._make(self._width)
        if image is None or image.isNull():
            self.hide()
            return
        self.setPixmap(QPixmap.fromImage(image))
