"""Pointer gestures: pan, select by a band, move cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QApplication

from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project import edits_canvas
from netbuilder.core.project.groups import members, path
from netbuilder.core.project.model import Group, Node, Point
from netbuilder.ui.canvas.host import CanvasHost, Gesture
from netbuilder.ui.canvas.input.canvas_commands import CanvasCommands
from netbuilder.ui.canvas.paint.minimap import Minimap
from netbuilder.ui.canvas.paint.problem_bubbles import paint_hint
from netbuilder.ui.canvas.scene import hit_testing
from netbuilder.ui.canvas.scene.cards import Card, Frame
from netbuilder.ui.canvas.scene.scene import Scene
from netbuilder.ui.canvas.scene.wire_routing import frames_of


def group_of(card: Card) -> str | None:
    """Return the id of the group that contains a card, or None."""
    if isinstance(card.source, Node):
        return card.source.group
    return card.source.parent if isinstance(card.source, Group) else None


def frames_without(picture: Scene, dragged: Iterable[str]) -> Mapping[str, Frame]:
    """Return the open groups' frames around the cards that stay; without any, the old frame."""
    dragged = set(dragged)
    rest = {card_id: card for card_id, card in picture.cards.items() if card_id not in dragged}
    return {**picture.frames, **frames_of(picture.graph, rest)}


def drop_group(picture: Scene, frames: Mapping[str, Frame], card: Card, place: Point) -> str | None:
    """Return the group of a ``card`` dropped at ``place``, or None.

    A card enters a group when its middle is inside the frame, and leaves when it is fully outside.
    """
    x, y = place
    middle = (x + card.w / 2, y + card.h / 2)
    inside = [f for f in frames.values() if _holds(f, *middle)]
    target = max(inside, key=lambda f: f.depth).id if inside else None
    current = group_of(card)
    around = path(picture.graph, current)
    if target is not None and target not in around:
        return target
    for group_id in reversed(around):
        frame = frames.get(group_id)
        if frame is None or _touches(frame, x, y, card.w, card.h):
            return group_id
    return None


def _holds(frame: Frame, x: float, y: float) -> bool:
    return frame.x <= x <= frame.x + frame.w and frame.y <= y <= frame.y + frame.h


def _touches(frame: Frame, x: float, y: float, w: float, h: float) -> bool:
    return x < frame.x + frame.w and x + w > frame.x and y < frame.y + frame.h and y + h > frame.y


SNAP = 8.0  # the grid of dragged cards
_ALIGN = 10.0  # a dragged card this near to a connected card's column aligns with it
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_CONTROL = Qt.KeyboardModifier.ControlModifier
_ALT = Qt.KeyboardModifier.AltModifier


class PanGesture(Gesture):
    """Moves the view."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, view: CanvasHost, screen: Point) -> None:
        self.view = view
        self._last = screen
        self._first = view.camera

    def move(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        self.view.scene_viewport.set_camera(
            self.view.camera.moved(screen[0] - self._last[0], screen[1] - self._last[1])
        )
        self._last = screen

    def cancel(self) -> None:
        self.view.scene_viewport.set_camera(self._first)


class MinimapPanGesture(Gesture):
    """Moves the view by the minimap."""

    def __init__(self, view: CanvasHost, minimap: Minimap, screen: Point) -> None:
        self.view = view
        self._map = minimap
        minimap.held = True
        self._first = view.camera
        self.move((0, 0), screen, Qt.KeyboardModifier.NoModifier)

    def move(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        x, y = self._map.to_world(*screen)
        self.view.scene_viewport.centre_on(x, y)

    def release(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        self._map.held = False

    def cancel(self) -> None:
        self._map.held = False
        self.view.scene_viewport.set_camera(self._first)


class BandSelectGesture(Gesture):
    """Selects the cards that a rubber band touches."""

    reaches = True

    def __init__(self, view: CanvasHost, where: Point, modifiers: Qt.KeyboardModifier) -> None:
        self.view = view
        self._from = self._to = where
        self._before = view.selection()
        self._keep = bool(modifiers & (_SHIFT | _CONTROL))
        if not self._keep:
            view.select(())

    def _box(self) -> tuple[float, float, float, float]:
        (ax, ay), (bx, by) = self._from, self._to
        return (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))

    def move(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        self._to = where
        cards = hit_testing.cards_in(self.view.picture, self._box())
        before = self._before if self._keep else ()
        self.view.select(dict.fromkeys((*before, *cards)))

    def cancel(self) -> None:
        self.view.select(self._before)

    def paint(self, p: QPainter) -> None:
        left, top, right, bottom = self._box()
        accent = QColor(self.view.paint_resources.accent)
        pen = QPen(accent, 1)
        pen.setCosmetic(True)
        p.setPen(pen)
        accent.setAlpha(28)
        p.setBrush(accent)
        p.drawRect(QRectF(left, top, right - left, bottom - top))


class MoveGesture(Gesture):
    """Moves cards; a single card can be dropped on another wire."""

    reaches = True

    def __init__(
        self,
        view: CanvasHost,
        commands: CanvasCommands,
        where: Point,
        screen: Point,
        grabbed: str,
        clicked_again: bool,
    ) -> None:
        self.view = view
        self._commands = commands
        self._where, self._screen, self._grabbed = where, screen, grabbed
        self._clicked_again = clicked_again
        self._started = False
        self._ids: tuple[str, ...] = ()
        self._from: dict[str, Point] = {}
        self._guide: Card | None = None  # the card aligned with
        self._frames: Mapping[str, Frame] = {}  # of open groups, without dragged cards
        self._loose: tuple[str, ...] = ()  # cards dragged on their own, not with a frame
        self._free = False  # Alt: no snapping, no change of wires or groups

    def _start(self) -> None:
        self._started = True
        picture = self.view.picture
        ids: list[str] = []
        inside: set[str] = set()
        for id_ in self.view.selection():
            if id_ in picture.frames:
                group = [picture.seen.stand_in[node] for node in members(picture.graph, id_)]
                ids += group
                inside.update(group)
            else:
                ids.append(id_)
        self._ids = tuple(dict.fromkeys(id_ for id_ in ids if id_ in picture.cards))
        self._from = {id_: (picture.cards[id_].x, picture.cards[id_].y) for id_ in self._ids}
        self._loose = tuple(
            id_
            for id_ in self._ids
            if id_ not in inside and isinstance(picture.cards[id_].source, (Node, Group))
        )
        self._frames = frames_without(picture, self._loose) if picture.frames else {}

    def _into(self, places: Mapping[str, Point]) -> dict[str, str | None]:
        """Return the cards that change their group, with the new group."""
        if not self._frames or self._free:
            return {}
        changed: dict[str, str | None] = {}
        for card_id in self._loose:
            card = self.view.picture.cards.get(card_id)
            if card is not None and card_id in places:
                group = drop_group(self.view.picture, self._frames, card, places[card_id])
                if group != group_of(card):
                    changed[card_id] = group
        return changed

    def move(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        if not self._started:
            away = abs(screen[0] - self._screen[0]) + abs(screen[1] - self._screen[1])
            if away < QApplication.startDragDistance():
                return
            self._start()
        dx, dy = where[0] - self._where[0], where[1] - self._where[1]
        if self._ids and not modifiers & _ALT:
            dx, dy = self._snapped(dx, dy)
        self.view.set_at({id_: (x + dx, y + dy) for id_, (x, y) in self._from.items()})
        self._free = bool(modifiers & _ALT)
        self.view.state.lit_wire = None if self._free else self._wire_below()
        self.view.repaint_all()

    def _snapped(self, dx: float, dy: float) -> Point:
        """Snap to the grid and to the column of a connected card."""
        picture = self.view.picture
        first = self._from[self._grabbed if self._grabbed in self._from else self._ids[0]]
        x, y = first[0] + dx, first[1] + dy
        self._guide = None
        beside = []
        for wire in picture.wires_of(self._grabbed):
            other = wire.source if wire.target == self._grabbed else wire.target
            if other not in self._from and not other.startswith("@"):
                beside.append(picture.cards[other])
        along = y if picture.horizontal else x
        lines = sorted(abs((c.y if picture.horizontal else c.x) - along) for c in beside)
        reach = _ALIGN / self.view.camera.scale
        x, y = round(x / SNAP) * SNAP, round(y / SNAP) * SNAP
        if lines and lines[0] <= reach:
            nearest = min(beside, key=lambda c: abs((c.y if picture.horizontal else c.x) - along))
            if picture.horizontal:
                y = nearest.y
            else:
                x = nearest.x
            self._guide = nearest
        return x - first[0], y - first[1]

    @property
    def hides_words(self) -> bool:
        return self._started

    def _wire_below(self) -> tuple[str, str] | None:
        """Return the wire under a single dragged card with at most one input."""
        picture = self.view.picture
        card_id = self._ids[0] if len(self._ids) == 1 else ""
        if card_id not in picture.graph.by_id:
            return None
        card = picture.cards[card_id]
        if not card.ports_in or len(picture.graph.sources[card_id]) > 1:
            return None
        wire = hit_testing.wire_under(
            picture, card.x + card.w / 2, card.y + card.h / 2, without=card_id
        )
        return (wire.source, wire.target) if wire is not None else None

    def release(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        view = self.view
        if not self._started:
            if self._clicked_again:  # a click on one of several selected cards
                view.select((self._grabbed,))
            return
        places = {id_: view.at[id_] for id_ in self._ids if id_ in view.at}
        lit = view.state.lit_wire
        self._end()
        if lit is not None:
            wire = view.picture.wires[lit]
            name = view.picture.graph.by_id[self._ids[0]].layer
            if wire.edges:
                view.edit(
                    _("Move {name}", name=name),
                    partial(edits_canvas.move_to_edge, node_id=self._ids[0], edge=wire.edges[0]),
                )
            else:
                last = view.out_node(lit[0])
                view.edit(
                    _("Move {name}", name=name),
                    partial(edits_canvas.move_to_end, node_id=self._ids[0], last=last),
                )
            return
        self._free = bool(modifiers & _ALT)
        into = self._into(places)  # before free_place moves the card
        if len(places) == 1 and not self._free:
            card_id, (x, y) = next(iter(places.items()))
            places[card_id] = hit_testing.free_place(view.picture, x, y, without=card_id)
        changed = {id_: place for id_, place in places.items() if place != self._from[id_]}
        if changed:
            card_id, (x, y) = next(iter(changed.items()))
            by = (x - self._from[card_id][0], y - self._from[card_id][1])
            message = self._group_message(into)
            label = view.picture.named("Move", self._ids)
            if self._commands.place(label, changed, by, into=into) and message:
                view.tell(message)

    def _group_message(self, into: Mapping[str, str | None]) -> str:
        """Return what the move changes in groups, or ""."""
        if not into:
            return ""
        groups = self.view.picture.graph.group_by_id
        card_id, group = next(iter(into.items()))
        card = self.view.picture.cards[card_id]
        left = groups.get(group_of(card) or "")
        if group is not None:
            return ngettext(
                "{name} is now in “{group}”.",
                "{count} layers are now in “{group}”.",
                len(into),
                name=card.title,
                group=groups[group].name,
            )
        if left is None:
            return ""
        return ngettext(
            "{name} is no longer in “{group}”.",
            "{count} layers are no longer in “{group}”.",
            len(into),
            name=card.title,
            group=left.name,
        )

    def _end(self) -> None:
        self.view.state.lit_wire = None
        self.view.set_at({})

    def cancel(self) -> None:
        self._end()

    def paint(self, p: QPainter) -> None:
        view = self.view
        dragged = view.picture.cards.get(self._grabbed)
        if dragged is None or not self._started:
            return
        if view.state.lit_wire is not None:
            spot = (dragged.x + dragged.w + 14, dragged.y + dragged.h / 2 + 5)
            paint_hint(p, view.paint_resources, *spot, _("Move here"), view.camera.scale)
        elif (into := self._into(view.at)) and self._grabbed in into:
            group = into[self._grabbed]
            left = group_of(dragged) if group is None else group
            name = view.picture.graph.group_by_id[left].name if left else ""
            spot = (dragged.x + dragged.w + 14, dragged.y + dragged.h / 2 + 5)
            words = (
                _("Remove from “{group}”", group=name)
                if group is None
                else _("Add to “{group}”", group=name)
            )
            paint_hint(p, view.paint_resources, *spot, words, view.camera.scale)
        elif self._guide is not None:
            pen = QPen(view.paint_resources.accent, 1, Qt.PenStyle.DashLine)
            pen.setCosmetic(True)
            p.setPen(pen)
            ends = [QPointF(c.x + c.w / 2, c.y + c.h / 2) for c in (self._guide, dragged)]
            p.drawLine(*ends)


def grab_card(view: CanvasHost, card: Card, modifiers: Qt.KeyboardModifier) -> bool:
    """Select a pressed card; return whether a plain click must select it alone."""
    chosen = view.selection()
    if modifiers & (_CONTROL | _SHIFT):
        if card.id in chosen and modifiers & _CONTROL:
            view.select(tuple(card_id for card_id in chosen if card_id != card.id))
        else:
            view.select(dict.fromkeys((*chosen, card.id)), current=card.id)
        return False
    if card.id in chosen:
        view.select(chosen, current=card.id)
        return len(chosen) > 1
    view.select((card.id,))
    return False
