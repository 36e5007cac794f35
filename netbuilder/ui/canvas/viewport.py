"""What part of the canvas is shown: the camera, moved so that what matters stays in view."""

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
    """What can be selected."""

    @property
    def picture(self) -> Scene:
        """Cards, wires and frames as they are seen."""


class CanvasSelection:
    """The selection of one canvas. What the painters need of it stands in ``PaintState``.

    Args:
        shown: where the cards are.
        state: takes over what is drawn as selected.
        changed: told the ids whenever another set of cards is selected.
        wired: told the wire that is selected.
    """

    def __init__(
        self,
        shown: SelectableScene,
        state: PaintState,
        changed: Callable[[tuple[str, ...]], None],
        wired: Callable[[tuple[str, str]], None],
    ) -> None:
        self._shown = shown
        self._state = state
        self._changed = changed
        self._wired = wired
        self._ids: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the selected cards, in the order in which they were selected."""
        return self._ids

    def select(self, ids: Iterable[str], current: str | None = None) -> None:
        """Select cards and open groups; ``current`` is where the keyboard goes on from."""
        picture = self._shown.picture
        chosen = tuple(one for one in dict.fromkeys(ids) if _there(picture, one))
        self._state.selected_wire = None
        self._state.current = current or (chosen[-1] if chosen else self._state.current)
        self._set(chosen)

    def select_wire(self, wire: tuple[str, str]) -> None:
        self.select(())
        self._state.selected_wire = wire
        self._wired(wire)

    def current(self) -> str | None:
        one = self._state.current
        return one if one in self._shown.picture.cards else None

    def keep(self, picture: Scene) -> None:
        """Let go of what is no more, or lies in a closed group now."""
        if self._state.selected_wire is not None and self._state.selected_wire not in picture.wires:
            self._state.selected_wire = None
        self._set(tuple(one for one in self._ids if _there(picture, one)))

    def _set(self, chosen: tuple[str, ...]) -> None:
        if chosen == self._ids:
            return
        self._ids = chosen
        self._state.selected = frozenset(chosen)
        self._changed(chosen)


def _there(picture: Scene, one: str) -> bool:
    return one in picture.cards or one in picture.frames


_NEAR_EDGE = 20.0  # pixels between the edge and a network that is kept in view as a whole


_ROOMY, _LARGER = QSize(700, 850), 1.4  # from this size on cards are shown larger


class ViewportHost(Protocol):
    """What is looked at, and through what."""

    @property
    def picture(self) -> Scene:
        """Cards, wires and frames as they are seen."""

    def viewport(self) -> QWidget:
        """The widget that is painted on."""

    def bubbles_now(self) -> list[problem_bubbles.ProblemBubble]:
        """Problems that are shown in words."""

    def room_beside(self, words: bool = True) -> tuple[float, float]:
        """Room that pictures, and ``words`` without a place, take left and right of all cards, 0
        without any; on the canvas."""


class Viewport:
    """The camera on a canvas.

    Args:
        shown: what is looked at.
        moved: called when something else is seen, with whether the scale is another one.

    Attributes:
        camera: what is seen.
        fit_pending: whether the next paint is to show the network anew.
        followed: whether a person has moved the view, so that it is left alone.
    """

    def __init__(self, shown: ViewportHost, moved: Callable[[bool], None]) -> None:
        self._shown = shown
        self._moved = moved
        self._looked: Camera | None = None  # how the network was first shown
        #: What was seen before room was made beside a card, and since then.
        self._lent: tuple[Camera, Camera] | None = None
        self.camera = Camera()
        self.fit_pending = True
        self.followed = False

    def set_camera(self, seen: Camera) -> None:
        if seen == self.camera:
            return
        scaled = seen.scale != self.camera.scale
        self.camera = seen
        self.fit_pending = False
        self._moved(scaled)

    def seen_box(self) -> tuple[float, float, float, float]:
        return self.camera.seen(self._shown.viewport().width(), self._shown.viewport().height())

    def mapToScene(self, point: QPoint) -> QPointF:
        return QPointF(*self.camera.to_world(point.x(), point.y()))

    def mapFromScene(self, point: QPointF) -> QPoint:
        return QPointF(*self.camera.to_screen(point.x(), point.y())).toPoint()

    def centre_on(self, x: float, y: float) -> None:
        """Bring a place to the middle."""
        size, scale = self._shown.viewport().size(), self.camera.scale
        self.set_camera(Camera(scale, size.width() / 2 - x * scale, size.height() / 2 - y * scale))
        self.followed = True

    def show_node(self, node_id: str) -> None:
        """Scroll no further than needed to see a card, and what comes after it."""
        card = self._shown.picture.cards.get(
            self._shown.picture.seen.stand_in.get(node_id, node_id)
        )
        if card is None:
            return
        beyond = (128.0 + card.w, 0.0) if self._shown.picture.horizontal else (0.0, 36.0 + card.h)
        box = (card.x, card.y, card.x + card.w + beyond[0], card.y + card.h + beyond[1])
        self.show_box(box)

    def show_box(self, box: Box) -> None:
        """Scroll no further than needed to see a part of the canvas."""
        size = self._shown.viewport().size()
        self.set_camera(camera.camera_to_show(self.camera, box, size.width(), size.height()))

    def show_readable(self, node_id: str) -> None:
        """Bring a card into view, large enough that its problem stands beside it in words."""
        if self.camera.scale < NEAR:
            self.zoom_to(READABLE * initial_font_scale())
        self.show_node(node_id)

    def lend(self, dx: float, dy: float) -> None:
        """Move what is seen by pixels, until ``restore_view``."""
        before, lent = self.camera, self._lent
        if lent is not None and lent[1] == before:
            before = lent[0]  # room is made beside one card after another
        self.set_camera(self.camera.moved(dx, dy))
        self._lent = (before, self.camera)

    def restore_view(self) -> None:
        """Look where it was looked before room was made beside a card, if nobody moved since."""
        if self._lent is not None and self._lent[1] == self.camera:
            self.set_camera(self._lent[0])
        self._lent = None

    def zoom_to(self, scale: float, x: float | None = None, y: float | None = None) -> None:
        """Zoom, keeping the place under the viewport's ``(x, y)`` (the middle if not given)."""
        size = self._shown.viewport().size()
        self.set_camera(
            self.camera.zoomed(
                scale,
                size.width() / 2 if x is None else x,
                size.height() / 2 if y is None else y,
            )
        )
        self.followed = True

    def fit(self) -> None:
        """Show the whole network, and what stands beside it, not larger than the letters.

        A network that would be too small to read begins at its beginning instead, and scrolls.
        """
        size, largest = self._shown.viewport().size(), self._largest
        least = READABLE * initial_font_scale()
        widest = (size.width() - 2 * MARGIN) / least
        boxes = (self._with_room(True), self._with_room(False), self._shown.picture.outline)
        box = next((one for one in boxes if one[2] - one[0] <= widest), boxes[-1])
        self.set_camera(
            camera.camera_to_fit(box, size.width(), size.height(), largest=largest, smallest=least)
        )
        self.followed = False

    @property
    def widest(self) -> float:
        """How wide cards with pictures beside them may be to be shown whole, on the canvas."""
        return max(self._shown.viewport().width() - 2 * MARGIN, 0.0) / READABLE

    def enlarge(self, factor: float) -> None:
        """Follow the letters of the window: cards grow with them, and stay in view."""
        if self.fit_pending or self._untouched():
            self.fit_pending = True
            return
        size, followed = self._shown.viewport().size(), self.followed
        whole = self._holds_all(self.camera, size)
        self.zoom_to(self.camera.scale * factor)
        self.followed = followed
        if whole and not self._holds_all(self.camera, size):
            self.fit()

    def _untouched(self) -> bool:
        """Whether the view is still the one with which the network was opened."""
        return not self.followed and self.camera == self._looked

    def _with_room(self, words: bool) -> Box:
        """Around the network and its pictures, and its problems in ``words``."""
        left, top, right, bottom = self._shown.picture.outline
        if not self._shown.picture.horizontal:
            told = words and self._shown.bubbles_now()
            wide = problem_bubbles.WIDTH + problem_bubbles.AWAY if told else 0.0
            room_left, room_right = self._shown.room_beside(words)
            left, right = left - room_left, right + max(wide, room_right)
        return (left, top, right, bottom)

    def make_room(self) -> None:
        """Look anew with the next paint if all cards are in view but not what belongs beside them:
        pictures, and words that found no room."""
        size = self._shown.viewport().size()
        if (
            self.followed
            or self._shown.picture.horizontal
            or not self._holds_all(self.camera, size)
        ):
            return
        left, _, right, _ = self._shown.picture.bounds
        room_left, room_right = self._shown.room_beside()
        begin, end = (self.camera.to_world(x, 0)[0] for x in (0, size.width()))
        if left - room_left < begin or right + room_right > end:
            self.fit_pending = True

    def _holds_all(self, seen: Camera, size: QSize) -> bool:
        left, top, right, bottom = seen.seen(size.width(), size.height())
        a, b, c, d = self._shown.picture.bounds
        return left <= a and top <= b and right >= c and bottom >= d

    def resized(self, old: QSize, new: QSize, refit: bool) -> None:
        """Keep in view what was in view: all of the network, or the middle of what was seen."""
        whole = self._holds_all(self.camera, old)
        if (whole and refit) or self._untouched():
            self.fit_pending = True
            return
        moved = self.camera.moved((new.width() - old.width()) / 2, 0.0)
        box = self._shown.picture.outline
        if whole:
            least = min(READABLE, moved.scale)
            fitted = camera.camera_to_fit(box, new.width(), new.height(), smallest=least)
            if fitted.scale < moved.scale:
                moved = fitted
        if whole or (refit and self._would_fit(box, new)):
            moved = camera.camera_to_show(moved, box, new.width(), new.height(), margin=_NEAR_EDGE)
        self.set_camera(moved)

    def shift_up(self, by: int, old: QSize, new: QSize) -> bool:
        """Keep on the screen what a card above has moved down, where that hides no layer in view;
        whether it is so."""
        before, after = (QRectF(QPointF(), QSizeF(size)) for size in (old, new))
        seen = [
            rect for rect in map(self.card_rect, self._shown.picture.cards) if before.contains(rect)
        ]
        fits = all(after.contains(rect.translated(0, -by)) for rect in seen)
        if fits:
            self.set_camera(self.camera.moved(0, -by))
        return fits

    def _would_fit(self, box: Box, size: QSize) -> bool:
        """Whether all of it would be in view at this scale, where it is scrolled away now."""
        room, scale = 2 * _NEAR_EDGE, self.camera.scale
        wide, high = (box[2] - box[0]) * scale + room, (box[3] - box[1]) * scale + room
        return wide <= size.width() and high <= size.height()

    @property
    def _largest(self) -> float:
        """The largest scale that is chosen for a person: more on a large screen."""
        size = self._shown.viewport().size()
        roomy = size.width() >= _ROOMY.width() and size.height() >= _ROOMY.height()
        return initial_font_scale() * (_LARGER if roomy else 1.0)

    def first_look(self) -> None:
        """Show the network when it is opened: readable rather than whole, from its beginning."""
        size, picture = self._shown.viewport().size(), self._shown.picture
        letters = initial_font_scale()
        box = picture.outline
        room_left, room_right = self._shown.room_beside()
        if (room_left or room_right) and not picture.horizontal:
            wider = (box[0] - room_left, box[1], box[2] + room_right, box[3])
            if (wider[2] - wider[0]) * READABLE * letters <= size.width() - 2 * MARGIN:
                box = wider
        # Larger than its letters only where all of it is seen so.
        whole = camera.camera_to_fit(box, size.width(), size.height(), largest=self._largest)
        larger = max(letters, whole.scale)
        seen = camera.camera_to_open(
            box, size.width(), size.height(), picture.horizontal, largest=larger
        )
        self.camera = self._looked = Camera(seen.scale, round(seen.x), round(seen.y))
        self.fit_pending = False
        self._moved(True)

    def card_rect(self, one: str) -> QRectF:
        card = self._shown.picture.cards[one]
        x, y = self.camera.to_screen(card.x, card.y)
        return QRectF(x, y, card.w * self.camera.scale, card.h * self.camera.scale)
