"""What part of the canvas the view shows: the view's half that moves the camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize

from netbuilder.ui.canvas import bubbles, camera
from netbuilder.ui.canvas.camera import Camera

if TYPE_CHECKING:
    from netbuilder.ui.canvas.view import CanvasView

    _View = CanvasView
else:
    _View = object

_MANY_CARDS = 400


class Seeing(_View):
    """The camera of ``CanvasView``."""

    def set_camera(self, seen: Camera) -> None:
        """Look elsewhere."""
        if seen == self.camera:
            return
        scaled = seen.scale != self.camera.scale
        self.camera = seen
        self._bubbles = None
        self._fit_pending = False
        if scaled:
            self.zoom_changed.emit(seen.scale)
        self.viewport().update()

    def seen_box(self) -> tuple[float, float, float, float]:
        """The part of the canvas that is seen."""
        return self.camera.seen(self.viewport().width(), self.viewport().height())

    def mapToScene(self, point: QPoint) -> QPointF:
        """A place on the canvas of a place on the viewport."""
        return QPointF(*self.camera.to_world(point.x(), point.y()))

    def mapFromScene(self, point: QPointF) -> QPoint:
        """A place on the viewport of a place on the canvas."""
        return QPointF(*self.camera.to_screen(point.x(), point.y())).toPoint()

    def centre_on(self, x: float, y: float) -> None:
        """Bring a place to the middle."""
        size, scale = self.viewport().size(), self.camera.scale
        self.set_camera(Camera(scale, size.width() / 2 - x * scale, size.height() / 2 - y * scale))
        self._followed = True

    def show_node(self, node_id: str) -> None:
        """Scroll no further than needed to see a card, and what comes after it."""
        card = self.picture.cards.get(self.picture.seen.stand_in.get(node_id, node_id))
        if card is None:
            return
        beyond = (128.0 + card.w, 0.0) if self.horizontal else (0.0, 36.0 + card.h)
        box = (card.x, card.y, card.x + card.w + beyond[0], card.y + card.h + beyond[1])
        size = self.viewport().size()
        self.set_camera(camera.showing(self.camera, box, size.width(), size.height()))

    def zoom_to(self, scale: float, x: float | None = None, y: float | None = None) -> None:
        """Zoom, keeping the place under the viewport's ``(x, y)`` (the middle if not given)."""
        size = self.viewport().size()
        self.set_camera(
            self.camera.zoomed(
                scale,
                size.width() / 2 if x is None else x,
                size.height() / 2 if y is None else y,
            )
        )
        self._followed = True

    def fit(self) -> None:
        """Show the whole network, at most at 100 %."""
        size = self.viewport().size()
        left, top, right, bottom = self.picture.outline
        if self.bubbles_now() or self.previews:
            room = bubbles.WIDTH + bubbles.AWAY
            right += 0 if self.horizontal else room
        fitted = camera.fitting((left, top, right, bottom), size.width(), size.height())
        self.set_camera(fitted)
        self._followed = False

    def resized(self, old: QSize, new: QSize, refit: bool) -> None:
        """Keep in view what was in view: all of the network, or the middle of what was seen."""
        seen = self.camera.seen(old.width(), old.height())
        left, top, right, bottom = self.picture.outline
        whole = seen[0] <= left and seen[1] <= top and seen[2] >= right and seen[3] >= bottom
        if whole and refit:
            self._fit_pending = True
            return
        moved = self.camera.moved((new.width() - old.width()) / 2, 0.0)
        if whole:
            box = (left, top, right, bottom)
            fitted = camera.fitting(box, new.width(), new.height())
            if fitted.scale < moved.scale:
                moved = fitted
            moved = camera.showing(moved, box, new.width(), new.height(), margin=20.0)
        self.set_camera(moved)

    def first_look(self) -> None:
        """Show the network when it is opened: readable rather than whole, from its beginning."""
        size, picture = self.viewport().size(), self.picture
        scale = 0.8 if len(picture.cards) < _MANY_CARDS else 0.6
        seen = camera.opening(
            picture.outline, size.width(), size.height(), picture.horizontal, scale
        )
        self.camera = Camera(seen.scale, round(seen.x), round(seen.y))
        self._bubbles = None
        self._fit_pending = False
        self.zoom_changed.emit(self.camera.scale)

    def card_rect(self, one: str) -> QRectF:
        """Where a card is on the viewport."""
        card = self.picture.cards[one]
        x, y = self.camera.to_screen(card.x, card.y)
        return QRectF(x, y, card.w * self.camera.scale, card.h * self.camera.scale)
