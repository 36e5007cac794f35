"""A minimap in a corner, while not all of the network is visible."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.host import CanvasHost
from netbuilder.ui.canvas.paint.paint_scene import far_boxes
from netbuilder.ui.canvas.paint.paint_wires import far_lines
from netbuilder.ui.canvas.paint.previews import NodePreviews
from netbuilder.ui.canvas.scene.scene import Scene

_WIDEST, _HIGHEST = 150.0, 130.0
_PAD, _AWAY = 8.0, 12.0


class Minimap:
    """The minimap of a canvas, painted by its view."""

    def __init__(self, view: CanvasHost, previews: NodePreviews) -> None:
        self._view, self._previews = view, previews
        self._drawn: tuple[Scene, object, QPixmap] | None = None
        self.wanted = True
        self.held = False  # while dragged, it keeps its corner
        self.covers = False  # over cards: painted translucent
        self._corner: tuple[object, QRectF] | None = None

    def forget(self) -> None:
        self._drawn = None

    def shown(self) -> bool:
        """Return whether part of the network is out of view."""
        picture = self._view.picture
        if not self.wanted or len(picture.cards) < 3:
            return False
        left, top, right, bottom = self._view.scene_viewport.seen_box()
        a, b, c, d = picture.bounds
        return a < left or b < top or c > right or d > bottom

    def fitted(self) -> tuple[QRectF, float]:
        """Return the map's area on the viewport and its scale."""
        left, top, right, bottom = self._view.picture.bounds
        scale = min(_WIDEST / (right - left), _HIGHEST / (bottom - top), 0.12)
        width, height = max((right - left) * scale, 3.0), (bottom - top) * scale
        return self._spot(width, height), scale

    def _spot(self, width: float, height: float) -> QRectF:
        """Return the corner that covers least, preferably no cards and the lower right."""
        view, size = self._view, self._view.viewport().size()
        bubbles = [bubble.box for bubble in view.bubbles_now()]
        key = (view.camera, size, view.picture, self._previews.ids, bubbles)
        if self._corner is not None and (self.held or self._corner[0] == key):
            return self._corner[1]
        right = size.width() - width - _PAD - _AWAY
        low = size.height() - height - _PAD - _AWAY
        left, high = _PAD + _AWAY, _PAD + _AWAY
        places = ((right, low), (left, low), (right, high), (left, high))
        corners = [QRectF(x, y, width, height) for x, y in places]
        boxes = [*self._previews.boxes().values(), *bubbles]

        def covered(corner: QRectF) -> tuple[bool, float]:
            panel = corner.adjusted(-_PAD, -_PAD, _PAD, _PAD)
            left, top = view.camera.to_world(panel.left(), panel.top())
            right, low = view.camera.to_world(panel.right(), panel.bottom())
            area = sum(
                max(min(right, c) - max(left, a), 0) * max(min(low, d) - max(top, b), 0)
                for a, b, c, d in boxes
            )
            return bool(view.picture.grid.cards_in((left, top, right, low))), area

        best = min(corners, key=covered)
        self.covers = covered(best) != (False, 0)
        self._corner = (key, best)
        return best

    def holds(self, x: float, y: float) -> bool:
        """Return whether a place of the viewport is on the map."""
        if not self.shown():
            return False
        area, _ = self.fitted()
        return area.adjusted(-_PAD, -_PAD, _PAD, _PAD).contains(x, y)

    def to_world(self, x: float, y: float) -> Point:
        """Return the canvas position of a place on the map, or of the nearest."""
        area, scale = self.fitted()
        left, top, _, _ = self._view.picture.bounds
        x = min(max(x, area.left()), area.right())
        y = min(max(y, area.top()), area.bottom())
        return (left + (x - area.left()) / scale, top + (y - area.top()) / scale)

    def paint(self, p: QPainter) -> None:
        """Paint the map, in viewport coordinates."""
        if not self.shown():
            self._corner = self._drawn = None
            return
        area, scale = self.fitted()
        look, picture = self._view.paint_resources, self._view.picture
        panel = area.adjusted(-_PAD, -_PAD, _PAD, _PAD)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.setOpacity(0.45 if self.covers else 1.0)
        p.drawPixmap(panel.topLeft(), self._content(picture, panel, scale))
        left, top, right, bottom = self._view.scene_viewport.seen_box()
        a, b, _, _ = picture.bounds
        visible = QRectF(
            area.left() + (left - a) * scale,
            area.top() + (top - b) * scale,
            (right - left) * scale,
            (bottom - top) * scale,
        ).intersected(panel.adjusted(2, 2, -2, -2))
        accent = QColor(look.accent)
        p.setPen(QPen(accent, 1.5))
        accent.setAlpha(24)
        p.setBrush(accent)
        p.drawRoundedRect(visible, 2, 2)
        p.setOpacity(1.0)

    def _content(self, picture: Scene, panel: QRectF, scale: float) -> QPixmap:
        look = self._view.paint_resources
        ratio = self._view.widget().devicePixelRatioF()
        key = (look.generation, ratio)
        # Compared by identity while kept alive: an id may be reused.
        if self._drawn is None or self._drawn[0] is not picture or self._drawn[1] != key:
            pixmap = QPixmap(int(panel.width() * ratio) + 1, int(panel.height() * ratio) + 1)
            pixmap.setDevicePixelRatio(ratio)
            pixmap.fill(Qt.GlobalColor.transparent)
            with QPainter(pixmap) as p:
                p.setRenderHint(QPainter.RenderHint.Antialiasing)
                p.setPen(QPen(look.hairline, 1))
                back = QColor(look.card)
                back.setAlpha(235)
                p.setBrush(back)
                p.drawRoundedRect(
                    QRectF(0.5, 0.5, panel.width() - 1, panel.height() - 1), _PAD, _PAD
                )
                p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
                left, top, _, _ = picture.bounds
                p.translate(_PAD, _PAD)
                p.scale(scale, scale)
                p.translate(-left, -top)
                p.setPen(QPen(look.wire, 0))
                lines = far_lines(picture)
                if lines:
                    p.drawLines(lines)
                p.setPen(Qt.PenStyle.NoPen)
                for category, boxes in far_boxes(picture).items():
                    p.setBrush(look.category.get(category, look.secondary))
                    p.drawRects(boxes)
            self._drawn = (picture, key, pixmap)
        return self._drawn[2]
