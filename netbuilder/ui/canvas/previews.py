"""What nodes see, as small pictures beside them. Who knows sets them; here they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from netbuilder.ui.canvas.bubbles import AWAY, PREVIEW_HEIGHT

if TYPE_CHECKING:
    from netbuilder.ui.canvas.view import CanvasView

_WIDEST = 320.0


class Previews:
    """Pictures by node id."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view
        self._images: dict[str, QImage] = {}

    def __bool__(self) -> bool:
        return bool(self._images)

    @property
    def ids(self) -> frozenset[str]:
        """Nodes that have a picture."""
        return frozenset(self._images)

    def set(self, node_id: str, image: QImage | None) -> None:
        """Show a picture beside a node; None takes it away."""
        if image is None or image.isNull():
            self._images.pop(node_id, None)
        else:
            self._images[node_id] = image
        self._view.repaint_all()

    def clear(self) -> None:
        """Take all pictures away."""
        self._images.clear()
        self._view.repaint_all()

    def paint(self, p: QPainter) -> None:
        """Paint the pictures in view; the painter is in the canvas's coordinates."""
        picture = self._view.picture
        left, top, right, bottom = self._view.seen_box()
        p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for one, image in self._images.items():
            card = picture.cards.get(one)
            if card is None or not (top - 80 < card.y < bottom and left - 640 < card.x < right):
                continue
            ratio = image.devicePixelRatio()
            width, height = image.width() / ratio, image.height() / ratio
            shrink = min(1.0, _WIDEST / width, PREVIEW_HEIGHT / height)
            width, height = width * shrink, height * shrink
            if picture.horizontal:
                spot = QRectF(card.x, card.y - height - 8, width, height)
            else:
                spot = QRectF(card.x + card.w + AWAY, card.y + (card.h - height) / 2, width, height)
            p.drawImage(spot, image)
