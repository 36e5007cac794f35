"""The canvas widget: shows the store's project and hands the pointer to gestures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from netbuilder.core.errors import EditError
from netbuilder.core.project import edits_canvas
from netbuilder.core.project.model import Point, Project
from netbuilder.ui import theme
from netbuilder.ui.canvas import bubbles, camera, hits, menus, painting, tips
from netbuilder.ui.canvas.accessible import Announcer
from netbuilder.ui.canvas.camera import Camera
from netbuilder.ui.canvas.commands import Commands
from netbuilder.ui.canvas.dropping import Drop
from netbuilder.ui.canvas.gestures import Band, Gesture, MapPan, Move, Pan, grab_card
from netbuilder.ui.canvas.keys import Keys
from netbuilder.ui.canvas.look import Look
from netbuilder.ui.canvas.minimap import Minimap
from netbuilder.ui.canvas.picture import Card, Picture, draw
from netbuilder.ui.canvas.previews import Previews
from netbuilder.ui.canvas.slide import Slide
from netbuilder.ui.canvas.wiring import WireDrag
from netbuilder.ui.store import ProjectStore
from netbuilder.ui.workbench import Workbench

_LEFT = Qt.MouseButton.LeftButton
_MIDDLE = Qt.MouseButton.MiddleButton
_CONTROL = Qt.KeyboardModifier.ControlModifier


class CanvasView(Commands, Keys, QAbstractScrollArea):
    """Cards and wires of the store's project.

    The widget owns nothing of the project. When the store changes it marks its picture as old;
    the next look at it (to paint, to find what is under the pointer) draws it anew, keeping
    every card of which nothing changed.

    Signals:
        selection_changed: ids of the selected cards: nodes, groups, ``"@goal"``.
        edit_requested: id of a node that the user wants to edit (Enter, double-click).
        zoom_changed: the scale, 1.0 for 100 %.
        message: a sentence for the status bar.
    """

    selection_changed = Signal(object)
    edit_requested = Signal(str)
    zoom_changed = Signal(float)
    message = Signal(str)

    def __init__(
        self, store: ProjectStore, workbench: Workbench, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.store = store
        self.workbench = workbench
        self.look = Look()
        self.state = painting.State()
        self.at: dict[str, Point] = {}
        self.gesture: Gesture | None = None
        self.tip = tips.Tip()
        self.camera = Camera()
        self._picture: Picture | None = None
        self._stale = True
        self._selection: tuple[str, ...] = ()
        self._bubbles: tuple[object, list[bubbles.Bubble]] | None = None
        self._hovered_fix = ""
        self._space = False
        self._fit_pending = True
        self._followed = False  # whether the user has moved the view, so that it is left alone
        self._press_button = _LEFT
        self._pointer: Point = (-1.0, -1.0)
        self.minimap = Minimap(self)
        self.previews = Previews(self)
        self.slide = Slide(self)
        self._announcer = Announcer(self)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Network")
        self.setMinimumSize(240, 160)
        store.changed.connect(self._project_changed)
        workbench.shapes_changed.connect(self._outdate)
        workbench.problems_changed.connect(self._outdate)
        workbench.facts_changed.connect(self._outdate)
        theme.theme().changed.connect(self._theme_changed)

    # what is shown ------------------------------------------------------------------------

    @property
    def picture(self) -> Picture:
        """Cards, wires and frames of the project as it stands."""
        if self._stale or self._picture is None:
            bench = self.workbench
            self._picture = draw(
                self.store.project,
                shapes=bench.shapes,
                problems=bench.problems,
                facts=bench.facts,
                at=self.at or None,
                before=self._picture,
            )
            self._stale = False
            self._bubbles = None
            self._keep_selection()
        return self._picture

    @property
    def horizontal(self) -> bool:
        """Whether the network reads from left to right."""
        return self.picture.horizontal

    def set_at(self, places: dict[str, Point]) -> None:
        """Show cards elsewhere than the project says, while a drag or an animation runs."""
        if places or self.at:
            self.at = places
            self._outdate()

    def set_preview(self, node_id: str, image: QImage | None) -> None:
        """Show, beside a node, what it sees; None takes it away."""
        self.previews.set(node_id, image)

    def repaint_all(self) -> None:
        """Paint anew at the next occasion."""
        self.viewport().update()

    def _outdate(self) -> None:
        self._stale = True
        self.viewport().update()

    def _project_changed(self, old: Project, new: Project) -> None:
        if old.graph is not new.graph and self.gesture is not None:
            self.cancel_gesture()  # what it was about may be gone
        self.slide.stop()
        self._outdate()
        if not any(node.id in old.graph.by_id for node in new.graph.nodes):
            self._fit_pending = True  # another project, or the first layer
            self._followed = False

    def _keep_selection(self) -> None:
        """Let go of selected cards that are no more, or lie in a closed group now."""
        picture = self._picture
        assert picture is not None
        there = tuple(
            one for one in self._selection if one in picture.cards or one in picture.frames
        )
        if self.state.selected_wire is not None and self.state.selected_wire not in picture.wires:
            self.state.selected_wire = None
        if there != self._selection:
            self._set_selection(there)

    def _theme_changed(self) -> None:
        self.look.refresh()
        self.minimap.forget()
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            self._theme_changed()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(706, 698)

    # selection ----------------------------------------------------------------------------

    def selection(self) -> tuple[str, ...]:
        """Ids of the selected cards, in the order in which they were selected."""
        self.picture  # noqa: B018 - lets go of what is no more
        return self._selection

    def select(self, ids: Iterable[str], current: str | None = None) -> None:
        """Select cards and open groups; ``current`` is where the keyboard goes on from."""
        picture = self.picture
        chosen = tuple(
            one for one in dict.fromkeys(ids) if one in picture.cards or one in picture.frames
        )
        self.state.selected_wire = None
        self.state.current = current or (chosen[-1] if chosen else self.state.current)
        self._set_selection(chosen)
        self.viewport().update()

    def _set_selection(self, chosen: tuple[str, ...]) -> None:
        if chosen == self._selection:
            return
        self._selection = chosen
        self.state.selected = frozenset(chosen)
        self._bubbles = None
        self._announcer.selected(chosen)
        self.selection_changed.emit(chosen)

    def select_wire(self, wire: tuple[str, str]) -> None:
        """Select a wire alone."""
        self.select(())
        self.state.selected_wire = wire
        self._announcer.wire(wire)
        self.viewport().update()

    def current(self) -> str | None:
        """The card where the keyboard is, or None."""
        one = self.state.current
        return one if one in self.picture.cards else None

    # edits --------------------------------------------------------------------------------

    def edit(
        self, label: str, change: Callable[[Project], Project], merge: str | None = None
    ) -> bool:
        """Make one edit; one that is illegal is told in words. Give whether it was made."""
        try:
            self.store.apply(label, change, merge)
        except EditError as error:
            self.say(str(error))
            return False
        return True

    def add(self, label: str, change: Callable[[Project], Project]) -> tuple[str, ...]:
        """Make an edit that adds cards; select them and give their ids."""
        before = self.store.project.graph.by_id
        if not self.edit(label, change):
            return ()
        graph = self.store.project.graph
        new = tuple(node.id for node in graph.nodes if node.id not in before)
        seen = self.picture.seen.stand_in
        self.select(tuple(dict.fromkeys(seen[one] for one in new)))
        if new and not self._fit_pending:
            self.show_node(new[-1])
        return new

    def say(self, text: str) -> None:
        """Tell something at the pointer and in the status bar."""
        self.tip.show(text, self._pointer)
        self.message.emit(text)
        self._announcer.say(text)
        self.viewport().update()

    def named(self, verb: str, ids: Iterable[str]) -> str:
        """The name of an undo step: "Move Dense", "Move 3 layers"."""
        some = list(ids)
        if len(some) == 1 and some[0] in self.picture.cards:
            return f"{verb} {self.picture.cards[some[0]].title}"
        return f"{verb} {len(some)} layers"

    def out_node(self, card_id: str) -> str:
        """The node from which wires of a card go out (of a closed group, its last)."""
        return edits_canvas.way_out(self.store.project.graph, card_id) or card_id

    def in_node(self, card_id: str) -> str:
        """The node that wires to a card come into (of a closed group, its first)."""
        return edits_canvas.way_in(self.store.project.graph, card_id) or card_id

    # camera -------------------------------------------------------------------------------

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
        left, top, right, bottom = self.picture.bounds
        if self.bubbles_now() or self.previews:
            room = bubbles.WIDTH + bubbles.AWAY
            right += 0 if self.horizontal else room
        fitted = camera.fitting((left, top, right, bottom), size.width(), size.height())
        self.set_camera(fitted)
        self._followed = False

    def first_look(self) -> None:
        """Show the network when it is opened: readable rather than whole, from its beginning."""
        size = self.viewport().size()
        left, top, right, bottom = self.picture.bounds
        fitted = camera.fitting((left, top, right, bottom), size.width(), size.height())
        if fitted.scale < 0.6:
            fitted = Camera(
                0.8 if len(self.picture.cards) < 400 else 0.6,
            )
            start = (
                (left, top, left + 260, top + 44) if self.horizontal else (left, top, right, top)
            )
            scale = fitted.scale
            x = (
                28.0
                if self.horizontal
                else max(28.0, size.width() / 2) - (start[0] + start[2]) / 2 * scale
            )
            y = (
                size.height() / 2 - (top + bottom) / 2 * scale
                if self.horizontal
                else 26 - top * scale
            )
            if self.horizontal:
                x = 28.0 - left * scale
            fitted = Camera(scale, x, y)
        elif not self.horizontal:
            # From the top, and somewhat to the left: problems and previews stand on the right.
            spare = size.height() - (bottom - top) * fitted.scale
            x = fitted.x - min(60.0, max(0.0, fitted.x + left * fitted.scale - 28.0))
            fitted = Camera(fitted.scale, x, min(26.0, spare / 2) - top * fitted.scale)
        self.camera = Camera(fitted.scale, round(fitted.x), round(fitted.y))
        self._bubbles = None
        self._fit_pending = False
        self.zoom_changed.emit(self.camera.scale)

    # painting -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        picture = self.picture
        if self._fit_pending and picture.cards:
            self.first_look()
        size = (self.viewport().width(), self.viewport().height())
        p = QPainter(self.viewport())
        self.look.background(p, *size, self.camera)
        self.state.focused = self.hasFocus()
        painting.paint(p, picture, self.look, self.camera, self.state, size)
        p.translate(self.camera.x, self.camera.y)
        p.scale(self.camera.scale, self.camera.scale)
        self.previews.paint(p)
        bubbles.paint(p, self.bubbles_now(), self.look, self._hovered_fix)
        if self.gesture is not None:
            self.gesture.paint(p)
        p.resetTransform()
        if not picture.cards:
            tips.paint_empty(p, self.look, size)
        self.minimap.paint(p)
        self.tip.paint(p, self.look, size)
        p.end()

    def bubbles_now(self) -> list[bubbles.Bubble]:
        """Problems that are shown in words, with their places."""
        picture = self.picture
        asked = frozenset((*self._selection, self.state.hovered))
        key = (id(picture), self.camera, self.viewport().size(), asked, self.look.generation)
        if self._bubbles is None or self._bubbles[0] != key:
            size = self.viewport().size()
            box = self.camera.seen(size.width(), size.height(), 200)
            cards = picture.grid.cards_in(box)
            shown = self.previews.ids
            self._bubbles = (
                key,
                bubbles.place(picture, cards, self.look, self.camera.scale, asked, shown),
            )
        return self._bubbles[1]

    def bubble_at(self, where: Point) -> bubbles.Bubble | None:
        """The problem in words under a place on the canvas."""
        for bubble in reversed(self.bubbles_now()):
            if bubble.holds(*where):
                return bubble
        return None

    # the pointer --------------------------------------------------------------------------

    def start_gesture(self, gesture: Gesture) -> None:
        """Let a gesture have the pointer."""
        self.cancel_gesture()
        self.gesture = gesture
        if gesture.cursor is not None:
            self.viewport().setCursor(gesture.cursor)

    def cancel_gesture(self) -> None:
        """Take the pointer from the gesture under way, leaving everything as before it."""
        gesture, self.gesture = self.gesture, None
        if gesture is not None:
            gesture.cancel()
            self.viewport().unsetCursor()
            self.viewport().update()

    def _place(self, event: Any) -> tuple[Point, Point]:
        spot = event.position()
        screen = (spot.x(), spot.y())
        self._pointer = screen
        return self.camera.to_world(*screen), screen

    def mousePressEvent(self, event: QMouseEvent) -> None:
        where, screen = self._place(event)
        self.tip.hide()
        if self.gesture is not None:
            if event.button() != self._press_button:
                self.cancel_gesture()
            return
        self.slide.finish()
        self._press_button = event.button()
        if event.button() == _MIDDLE or (event.button() == _LEFT and self._space):
            self._followed = True
            self.start_gesture(Pan(self, screen))
        elif event.button() == _LEFT:
            self._press(event, where, screen)
        self.viewport().update()

    def _press(self, event: QMouseEvent, where: Point, screen: Point) -> None:
        modifiers = event.modifiers()
        if self.minimap.holds(*screen):
            self.start_gesture(MapPan(self, screen))
            return
        bubble = self.bubble_at(where)
        if bubble is not None:
            self.select((bubble.card.id,))
            if bubble.button is not None and bubble.button.contains(QPointF(*where)):
                self.apply_fix(bubble.problem)
            return
        hit = hits.at(self.picture, *where, self.camera.scale)
        if hit.card is not None and hit.kind in ("out", "in") and hit.card.kind != "goal":
            self.start_gesture(WireDrag(self, hit, where))
        elif hit.card is not None:
            again = grab_card(self, hit.card, modifiers)
            if hit.card.id in self.state.selected and hit.card.kind != "goal":
                self.start_gesture(Move(self, where, screen, hit.card.id, again))
        elif hit.wire is not None:
            self.select_wire((hit.wire.source, hit.wire.target))
        elif hit.frame:
            self.select((hit.frame,))
            self.start_gesture(Move(self, where, screen, hit.frame, False))
        else:
            self.start_gesture(Band(self, where, modifiers))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        where, screen = self._place(event)
        if self.gesture is not None:
            if not event.buttons() and not isinstance(self.gesture, Drop):
                self.cancel_gesture()  # the button went up where nobody saw it
                return
            self.gesture.move(where, screen, event.modifiers())
            self.viewport().update()
            return
        self._hover(where, screen)

    def _hover(self, where: Point, screen: Point) -> None:
        if self.minimap.holds(*screen):
            hit, bubble = hits.NOTHING, None
        else:
            bubble = self.bubble_at(where)
            hit = hits.NOTHING if bubble else hits.at(self.picture, *where, self.camera.scale)
        fix = ""
        if bubble is not None and bubble.button is not None:
            fix = bubble.card.id if bubble.button.contains(QPointF(*where)) else ""
        port = (hit.id, hit.kind, hit.slot) if hit.kind in ("out", "in") else ("", "", 0)
        hovered = hit.id or (bubble.card.id if bubble is not None else "")
        wire = (hit.wire.source, hit.wire.target) if hit.wire is not None else None
        now = (hovered, port, fix, wire)
        state = self.state
        if now != (state.hovered, state.hovered_port, self._hovered_fix, state.lit_wire):
            state.hovered, state.hovered_port = hovered, port
            state.lit_wire = wire
            self._hovered_fix = fix
            shape = Qt.CursorShape.ArrowCursor
            if port[0]:
                shape = Qt.CursorShape.CrossCursor
            elif fix or wire:
                shape = Qt.CursorShape.PointingHandCursor
            self.viewport().setCursor(shape)
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        where, screen = self._place(event)
        if self.gesture is None or event.button() != self._press_button:
            return
        gesture, self.gesture = self.gesture, None
        gesture.release(where, screen, event.modifiers())
        self.viewport().unsetCursor()
        self.viewport().update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        where, screen = self._place(event)
        if event.button() != _LEFT or self.minimap.holds(*screen) or self.bubble_at(where):
            self.mousePressEvent(event)
            return
        self.cancel_gesture()
        hit = hits.at(self.picture, *where, self.camera.scale)
        card = hit.card
        if card is not None and card.kind == "group":
            self.open_group(card.id)
        elif card is not None:
            self.select((card.id,))
            self.edit_requested.emit(card.id)
        elif hit.wire is not None and hit.wire.edges:
            self.search_on_wire(hit.wire.edges[0], screen)
        elif hit.frame:
            self.rename(hit.frame)
        else:
            self.search_at(where, screen)

    def leaveEvent(self, event: QEvent) -> None:
        if self.gesture is None:
            self._hover((float("-inf"), float("-inf")), (-1.0, -1.0))
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        spot = event.position()
        turned = event.angleDelta()
        pixels = event.pixelDelta()
        if event.modifiers() & _CONTROL:
            amount = turned.y() or turned.x()
            self.zoom_to(self.camera.scale * camera.STEP ** (amount / 120), spot.x(), spot.y())
        else:
            dx, dy = (pixels.x(), pixels.y()) if not pixels.isNull() else (turned.x(), turned.y())
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and not dx:
                dx, dy = dy, 0
            self._followed = True
            self.set_camera(self.camera.moved(dx, dy))
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.NativeGesture:
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:  # type: ignore[attr-defined]
                spot = event.position()  # type: ignore[attr-defined]
                self.zoom_to(self.camera.scale * (1 + event.value()), spot.x(), spot.y())  # type: ignore[attr-defined]
            return True
        return super().viewportEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.cancel_gesture()
        menus.show(self, event)

    # drag and drop ------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        drop = Drop.of(self, event.mimeData())
        if drop is None:
            event.ignore()
            return
        self.start_gesture(drop)
        self._drag(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._drag(event)

    def _drag(self, event: Any) -> None:
        if isinstance(self.gesture, Drop):
            where, screen = self._place(event)
            self.gesture.move(where, screen, event.modifiers())
            self.viewport().update()
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.cancel_gesture()

    def dropEvent(self, event: QDropEvent) -> None:
        gesture = self.gesture
        if not isinstance(gesture, Drop):
            gesture = Drop.of(self, event.mimeData())
        if gesture is None:
            event.ignore()
            return
        where, screen = self._place(event)
        gesture.move(where, screen, event.modifiers())
        self.gesture = None
        gesture.release(where, screen, event.modifiers())
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.viewport().update()

    # other events -------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.key_pressed(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self.viewport().unsetCursor()
        super().keyReleaseEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        # Tab searches for a layer; Shift+Tab and Ctrl+Tab leave the canvas.
        return False if forward else super().focusNextPrevChild(forward)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space = False
        super().focusOutEvent(event)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._bubbles = None
        old, new = event.oldSize(), event.size()
        if not self._followed:
            self._fit_pending = True
        elif old.isValid() and not self._fit_pending:
            self.camera = self.camera.moved((new.width() - old.width()) / 2, 0)

    def card(self, one: str) -> Card | None:
        """A card by id."""
        return self.picture.cards.get(one)

    def card_rect(self, one: str) -> QRectF:
        """Where a card is on the viewport."""
        card = self.picture.cards[one]
        x, y = self.camera.to_screen(card.x, card.y)
        return QRectF(x, y, card.w * self.camera.scale, card.h * self.camera.scale)
