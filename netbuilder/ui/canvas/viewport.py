"""The selection of a canvas, and its viewport: the camera and how it moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, QSizeF
from PySide6.QtWidgets import QWidget

from netbuilder.ui.canvas.paint import problem_bubbles
from netbuilder.ui.canvas.paint.paint_resources import NEAR, PaintState
from netbuilder.ui.canvas.scene import camera
from netbuilder.ui.canvas.scene.camera import MARGIN, READABLE, Camera
from netbuilder.ui.canvas.scene.scene import Scene
from netbuilder.ui.canvas.scene.spatial_index import Box
from netbuilder.ui.style.font_scale import initial_font_scale


class SelectableScene(Protocol):
    """The owner of a scene whose cards can be selected."""

    @property
    def picture(self) -> Scene:
        """The visible cards, wires and frames."""


class CanvasSelection:
    """The selection of one canvas, copied to the painters' ``PaintState``.

    Args:
        shown: the owner of the scene.
        state: updated with the selection.
        changed: called with the ids of a new selection.
        wired: called with a selected wire.
    """

    def __init__(
        self,
        host: SelectableScene,
        state: PaintState,
        changed: Callable[[tuple[str, ...]], None],
        wired: Callable[[tuple[str, str]], None],
    ) -> None:
        self._host = host
        self._state = state
        self._changed = changed
        self._wired = wired
        self._ids: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        return self._ids

    def select(self, ids: Iterable[str], current: str | None = None) -> None:
        picture = self._host.picture
        chosen = tuple(card_id for card_id in dict.fromkeys(ids) if _exists(picture, card_id))
        self._state.selected_wire = None
        self._state.current = current or (chosen[-1] if chosen else self._state.current)
        self._set(chosen)

    def select_wire(self, wire: tuple[str, str]) -> None:
        self.select(())
        self._state.selected_wire = wire
        self._wired(wire)

    def current(self) -> str | None:
        card_id = self._state.current
        return card_id if card_id in self._host.picture.cards else None

    def keep(self, picture: Scene) -> None:
        """Deselect what is no longer visible."""
        if self._state.selected_wire is not None and self._state.selected_wire not in picture.wires:
            self._state.selected_wire = None
        self._set(tuple(card_id for card_id in self._ids if _exists(picture, card_id)))

    def _set(self, chosen: tuple[str, ...]) -> None:
        if chosen == self._ids:
            return
        self._ids = chosen
        self._state.selected = frozenset(chosen)
        self._changed(chosen)


def _exists(picture: Scene, card_id: str) -> bool:
    return card_id in picture.cards or card_id in picture.frames


_NEAR_EDGE = 20.0  # pixels around a network that is kept in view
_ROOMY, _LARGER = QSize(700, 850), 1.4  # larger viewports allow this larger scale


class ViewportHost(Protocol):
    """What a viewport shows."""

    @property
    def picture(self) -> Scene:
        """The visible cards, wires and frames."""

    def viewport(self) -> QWidget:
        """Return the widget that is painted on."""

    def bubbles_now(self) -> list[problem_bubbles.ProblemBubble]:
        """Return the visible problem bubbles."""

    def room_beside(self, words: bool = True) -> tuple[float, float]:
        """Return the canvas space that previews need left and right of the cards; with ``words``,
        also hidden problem bubbles."""


class Viewport:
    """The camera on a canvas.

    Args:
        shown: the canvas.
        moved: called after the camera moves, with whether the scale changed.

    Attributes:
        camera: the current scale and offset.
        fit_pending: whether the next paint resets the camera to the network.
        followed: whether the user moved the view, so that it does not adapt on its own.
    """

    def __init__(self, host: ViewportHost, moved: Callable[[bool], None]) -> None:
        self._host = host
        self._moved = moved
        self._initial: Camera | None = None
        #: The camera before and after the popup's move.
        self._popup_move: tuple[Camera, Camera] | None = None
        self.camera = Camera()
        self.fit_pending = True
        self.followed = False

    def set_camera(self, new: Camera) -> None:
        if new == self.camera:
            return
        scaled = new.scale != self.camera.scale
        self.camera = new
        self.fit_pending = False
        self._moved(scaled)

    def seen_box(self) -> tuple[float, float, float, float]:
        return self.camera.seen(self._host.viewport().width(), self._host.viewport().height())

    def mapToScene(self, point: QPoint) -> QPointF:
        return QPointF(*self.camera.to_world(point.x(), point.y()))

    def mapFromScene(self, point: QPointF) -> QPoint:
        return QPointF(*self.camera.to_screen(point.x(), point.y())).toPoint()

    def centre_on(self, x: float, y: float) -> None:
        size, scale = self._host.viewport().size(), self.camera.scale
        self.set_camera(Camera(scale, size.width() / 2 - x * scale, size.height() / 2 - y * scale))
        self.followed = True

    def show_node(self, node_id: str) -> None:
        """Scroll as little as needed to show a card and the space after it."""
        card = self._host.picture.cards.get(self._host.picture.seen.stand_in.get(node_id, node_id))
        if card is None:
            return
        extra = (128.0 + card.w, 0.0) if self._host.picture.horizontal else (0.0, 36.0 + card.h)
        box = (card.x, card.y, card.x + card.w + extra[0], card.y + card.h + extra[1])
        self.show_box(box)

    def show_box(self, box: Box) -> None:
        """Scroll as little as needed to show a box of the canvas."""
        size = self._host.viewport().size()
        self.set_camera(camera.camera_to_show(self.camera, box, size.width(), size.height()))

    def show_readable(self, node_id: str) -> None:
        """Show a card, large enough for its problem bubble."""
        if self.camera.scale < NEAR:
            self.zoom_to(READABLE * initial_font_scale())
        self.show_node(node_id)

    def lend(self, dx: float, dy: float) -> None:
        """Move the view by pixels until ``restore_view``."""
        before, last = self.camera, self._popup_move
        if last is not None and last[1] == before:
            before = last[0]
        self.set_camera(self.camera.moved(dx, dy))
        self._popup_move = (before, self.camera)

    def restore_view(self) -> None:
        """Undo ``lend`` unless the view has moved since."""
        if self._popup_move is not None and self._popup_move[1] == self.camera:
            self.set_camera(self._popup_move[0])
        self._popup_move = None

    def zoom_to(self, scale: float, x: float | None = None, y: float | None = None) -> None:
        """Zoom around the viewport's ``(x, y)``, by default its middle."""
        size = self._host.viewport().size()
        self.set_camera(
            self.camera.zoomed(
                scale, size.width() / 2 if x is None else x, size.height() / 2 if y is None else y
            )
        )
        self.followed = True

    def fit(self) -> None:
        """Show the network with its previews; one too large to be readable from its beginning."""
        size, largest = self._host.viewport().size(), self._largest
        least = READABLE * initial_font_scale()
        widest = (size.width() - 2 * MARGIN) / least
        boxes = (self._with_room(True), self._with_room(False), self._host.picture.outline)
        box = next((box for box in boxes if box[2] - box[0] <= widest), boxes[-1])
        self.set_camera(
            camera.camera_to_fit(box, size.width(), size.height(), largest=largest, smallest=least)
        )
        self.followed = False

    def fit_or_show_all(self) -> None:
        """Fit the network and, if that changes nothing, show all of it, however small."""
        before = self.camera
        self.fit()
        if self.camera == before:
            size, box = self._host.viewport().size(), self._host.picture.outline
            self.set_camera(
                camera.camera_to_fit(box, size.width(), size.height(), largest=self._largest)
            )

    @property
    def widest(self) -> float:
        """The width on the canvas up to which cards and previews fit the viewport."""
        return max(self._host.viewport().width() - 2 * MARGIN, 0.0) / READABLE

    def enlarge(self, factor: float) -> None:
        """Zoom with the window's font size and keep the network in view."""
        if self.fit_pending or self._untouched():
            self.fit_pending = True
            return
        size, followed = self._host.viewport().size(), self.followed
        all_visible = self._holds_all(self.camera, size)
        self.zoom_to(self.camera.scale * factor)
        self.followed = followed
        if all_visible and not self._holds_all(self.camera, size):
            self.fit()

    def _untouched(self) -> bool:
        """Return whether the camera is still the initial one."""
        return not self.followed and self.camera == self._initial

    def _with_room(self, words: bool) -> Box:
        """Return the network's box with its previews and, with ``words``, its problem bubbles."""
        left, top, right, bottom = self._host.picture.outline
        if not self._host.picture.horizontal:
            bubbles = words and self._host.bubbles_now()
            wide = problem_bubbles.WIDTH + problem_bubbles.AWAY if bubbles else 0.0
            room_left, room_right = self._host.room_beside(words)
            left, right = left - room_left, right + max(wide, room_right)
        return (left, top, right, bottom)

    def make_room(self) -> None:
        """Reset the camera if all cards are in view but not their previews and bubbles."""
        size = self._host.viewport().size()
        if self.followed or self._host.picture.horizontal or not self._holds_all(self.camera, size):
            return
        left, _, right, _ = self._host.picture.bounds
        room_left, room_right = self._host.room_beside()
        begin, end = (self.camera.to_world(x, 0)[0] for x in (0, size.width()))
        if left - room_left < begin or right + room_right > end:
            self.fit_pending = True

    def _holds_all(self, view: Camera, size: QSize) -> bool:
        left, top, right, bottom = view.seen(size.width(), size.height())
        a, b, c, d = self._host.picture.bounds
        return left <= a and top <= b and right >= c and bottom >= d

    def resized(self, old: QSize, new: QSize, refit: bool) -> None:
        """Keep the whole network in view after a resize, or else the middle of the view."""
        all_visible = self._holds_all(self.camera, old)
        if (all_visible and refit) or self._untouched():
            self.fit_pending = True
            return
        moved = self.camera.moved((new.width() - old.width()) / 2, 0.0)
        box = self._host.picture.outline
        if all_visible:
            least = min(READABLE, moved.scale)
            fitted = camera.camera_to_fit(box, new.width(), new.height(), smallest=least)
            if fitted.scale < moved.scale:
                moved = fitted
        if all_visible or (refit and self._would_fit(box, new)):
            moved = camera.camera_to_show(moved, box, new.width(), new.height(), margin=_NEAR_EDGE)
        self.set_camera(moved)

    def shift_up(self, by: int, old: QSize, new: QSize) -> bool:
        """Scroll with a widget inserted above unless that hides a visible layer; return success."""
        before, after = (QRectF(QPointF(), QSizeF(size)) for size in (old, new))
        visible = filter(before.contains, map(self.card_rect, self._host.picture.cards))
        fits = all(after.contains(rect.translated(0, -by)) for rect in visible)
        if fits:
            self.set_camera(self.camera.moved(0, -by))
        return fits

    def _would_fit(self, box: Box, size: QSize) -> bool:
        """Return whether a box fits a viewport at the current scale."""
        room, scale = 2 * _NEAR_EDGE, self.camera.scale
        wide, high = (box[2] - box[0]) * scale + room, (box[3] - box[1]) * scale + room
        return wide <= size.width() and high <= size.height()

    @property
    def _largest(self) -> float:
        size = self._host.viewport().size()
        roomy = size.width() >= _ROOMY.width() and size.height() >= _ROOMY.height()
        return initial_font_scale() * (_LARGER if roomy else 1.0)

    def first_look(self) -> None:
        """Show an opened network from its beginning at a readable scale."""
        size, picture = self._host.viewport().size(), self._host.picture
        letters = initial_font_scale()
        box = picture.outline
        room_left, room_right = self._host.room_beside()
        if (room_left or room_right) and not picture.horizontal:
            wider = (box[0] - room_left, box[1], box[2] + room_right, box[3])
            if (wider[2] - wider[0]) * READABLE * letters <= size.width() - 2 * MARGIN:
                box = wider
        # Enlarge only if the whole network still fits.
        fitted = camera.camera_to_fit(box, size.width(), size.height(), largest=self._largest)
        largest = max(letters, fitted.scale)
        opened = camera.camera_to_open(
            box, size.width(), size.height(), picture.horizontal, largest=largest
        )
        self.camera = self._initial = Camera(opened.scale, round(opened.x), round(opened.y))
        self.fit_pending = False
        self._moved(True)

    def card_rect(self, card_id: str) -> QRectF:
        card = self._host.picture.cards[card_id]
        x, y = self.camera.to_screen(card.x, card.y)
        return QRectF(x, y, card.w * self.camera.scale, card.h * self.camera.scale)
