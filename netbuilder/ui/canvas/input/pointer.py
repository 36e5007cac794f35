"""The pointer on the canvas: it starts gestures and forwards events to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QHelpEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip

from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.host import CanvasHost, Gesture
from netbuilder.ui.canvas.input import keyboard
from netbuilder.ui.canvas.input.drop import DropGesture
from netbuilder.ui.canvas.input.gestures import (
    BandSelectGesture,
    MinimapPanGesture,
    MoveGesture,
    PanGesture,
    grab_card,
)
from netbuilder.ui.canvas.input.wire_gestures import WireDragGesture
from netbuilder.ui.canvas.paint.layout_animation import LayoutAnimation
from netbuilder.ui.canvas.paint.minimap import Minimap
from netbuilder.ui.canvas.paint.problem_bubbles import tagged_at
from netbuilder.ui.canvas.scene import camera, card_text, hit_testing

_MILLISECONDS = 30
_EDGE = 30.0  # pixels from the edge where scrolling begins
_FASTEST = 16.0  # pixels a step, at the very edge
_WAIT = 10  # steps before it scrolls, since drags from the palette cross the edge


class EdgeScroller(QObject):
    """Scrolls while a gesture holds the pointer near an edge."""

    def __init__(self, view: CanvasHost) -> None:
        super().__init__(view.widget())
        self._view = view
        self._screen: Point = (0.0, 0.0)
        self._modifiers = Qt.KeyboardModifier.NoModifier
        self._waited = 0
        self._timer = QTimer(self, interval=_MILLISECONDS)
        self._timer.timeout.connect(self._step)

    def follow(self, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        """Start or stop scrolling for a pointer position."""
        self._screen, self._modifiers = screen, modifiers
        gesture = self._view.gesture
        if gesture is not None and gesture.reaches and self._speed() != (0.0, 0.0):
            if not self._timer.isActive():
                self._waited = 0
                self._timer.start()
        else:
            self._timer.stop()

    def stop(self) -> None:
        self._timer.stop()

    def _speed(self) -> Point:
        size = self._view.viewport().size()
        return (_push(self._screen[0], size.width()), _push(self._screen[1], size.height()))

    def _step(self) -> None:
        view, (dx, dy) = self._view, self._speed()
        if view.gesture is None or (dx, dy) == (0.0, 0.0):
            self._timer.stop()
            return
        self._waited += 1
        if self._waited < _WAIT:
            return
        view.scene_viewport.set_camera(view.camera.moved(dx, dy))
        view.gesture.move(view.camera.to_world(*self._screen), self._screen, self._modifiers)
        view.repaint_all()


def _push(at: float, length: float) -> float:
    """Return the scroll step for a pointer at ``at`` of ``length`` pixels."""
    if at < _EDGE:
        return _FASTEST * min(1.0, (_EDGE - at) / _EDGE)
    if at > length - _EDGE:
        return -_FASTEST * min(1.0, (at - length + _EDGE) / _EDGE)
    return 0.0


_LEFT = Qt.MouseButton.LeftButton
_MIDDLE = Qt.MouseButton.MiddleButton
_CONTROL = Qt.KeyboardModifier.ControlModifier


class PointerHandler:
    """Mouse, wheel, drag and drop on a canvas.

    Attributes:
        gesture: the current gesture, or None.
        position: the last pointer position, in viewport pixels.
        space: whether the space bar is held, so that a drag pans.
    """

    def __init__(
        self,
        canvas: CanvasHost,
        input_handlers: keyboard.InputHandlers,
        layout_animation: LayoutAnimation,
        minimap: Minimap,
        picture_at: Callable[[Point], str],
    ) -> None:
        self._canvas = canvas
        self._input_handlers = input_handlers
        self._commands, self._adding = input_handlers.commands, input_handlers.adding
        self._layout_animation = layout_animation
        self._minimap = minimap
        self._picture_at = picture_at
        self._edge_scroll = EdgeScroller(canvas)
        self._button = _LEFT
        self.gesture: Gesture | None = None
        self.position: Point = (-1.0, -1.0)
        self.space = False

    def start_gesture(self, gesture: Gesture) -> None:
        self.cancel_gesture()
        self.gesture = gesture
        if gesture.cursor is not None:
            self._canvas.viewport().setCursor(gesture.cursor)

    def cancel_gesture(self) -> None:
        gesture, self.gesture = self.gesture, None
        self._edge_scroll.stop()
        if gesture is not None:
            gesture.cancel()
            self._canvas.viewport().unsetCursor()
            self._canvas.viewport().update()

    def _place(self, event: Any) -> tuple[Point, Point]:
        spot, size = event.position(), self._canvas.viewport().size()
        # A grabbed pointer can leave the viewport; limit how far.
        screen = (
            min(max(spot.x(), -size.width()), 2.0 * size.width()),
            min(max(spot.y(), -size.height()), 2.0 * size.height()),
        )
        self.position = screen
        self._canvas.by_key = False
        return self._canvas.camera.to_world(*screen), screen

    def press(self, event: QMouseEvent) -> None:
        where, screen = self._place(event)
        self._canvas.tip.hide()
        if self.gesture is not None:
            if event.button() != self._button:
                self.cancel_gesture()
            return
        self._layout_animation.finish()
        self._button = event.button()
        if event.button() == _MIDDLE or (event.button() == _LEFT and self.space):
            self._canvas.scene_viewport.followed = True
            self.start_gesture(PanGesture(self._canvas, screen))
        elif event.button() == _LEFT:
            self._press(event, where, screen)
        self._canvas.viewport().update()

    def _press(self, event: QMouseEvent, where: Point, screen: Point) -> None:
        modifiers = event.modifiers()
        if self._minimap.holds(*screen):
            self.start_gesture(MinimapPanGesture(self._canvas, self._minimap, screen))
            return
        if self._commands.proposal.holds(where):
            self._commands.proposal.accept()
            return
        bubble = self._canvas.bubble_at(where)
        if bubble is not None:
            self._canvas.select((bubble.card.id,))
            if bubble.button is not None and bubble.button.contains(QPointF(*where)):
                self._commands.apply_fix(bubble.problem)
            return
        hit = hit_testing.hit_at(self._canvas.picture, *where, self._canvas.camera.scale)
        previewed = self._picture_at(where)
        if previewed and hit.card is None:
            self._canvas.select((previewed,))
            self._canvas.open_layer_popup(previewed)
            return
        if hit.card is not None and hit.kind in ("out", "in") and hit.card.kind != "goal":
            self.start_gesture(WireDragGesture(self._canvas, self._adding, hit, where))
        elif hit.card is not None:
            grabbed = grab_card(self._canvas, hit.card, modifiers)
            if hit.card.id in self._canvas.state.selected and hit.card.kind != "goal":
                self.start_gesture(
                    MoveGesture(self._canvas, self._commands, where, screen, hit.card.id, grabbed)
                )
        elif tagged := tagged_at(
            self._canvas.picture, self._canvas.paint_resources, self._canvas.camera.scale, where
        ):
            self._canvas.select((tagged,))
        elif hit.wire is not None:
            self._canvas.select_wire((hit.wire.source, hit.wire.target))
        elif hit.frame:
            self._canvas.select((hit.frame,))
            self.start_gesture(
                MoveGesture(self._canvas, self._commands, where, screen, hit.frame, False)
            )
        else:
            self.start_gesture(BandSelectGesture(self._canvas, where, modifiers))

    def moved(self, event: QMouseEvent) -> None:
        where, screen = self._place(event)
        if self.gesture is not None:
            if not event.buttons() and not isinstance(self.gesture, DropGesture):
                self.cancel_gesture()  # the release was missed
                return
            self.gesture.move(where, screen, event.modifiers())
            self._edge_scroll.follow(screen, event.modifiers())
            self._canvas.viewport().update()
            return
        self._hover(where, screen)

    def _hover(self, where: Point | None, screen: Point) -> None:
        """Highlight what is under the pointer; None clears it."""
        bubble = None
        if where is None or self._minimap.holds(*screen):
            hit = hit_testing.NOTHING
        else:
            bubble = self._canvas.bubble_at(where)
            hit = (
                hit_testing.NOTHING
                if bubble
                else hit_testing.hit_at(self._canvas.picture, *where, self._canvas.camera.scale)
            )
        fix = ""
        if where is not None and bubble is not None and bubble.button is not None:
            fix = bubble.card.id if bubble.button.contains(QPointF(*where)) else ""
        port = (hit.id, hit.kind, hit.slot) if hit.kind in ("out", "in") else ("", "", 0)
        hovered = hit.id or (bubble.card.id if bubble is not None else "")
        wire = (hit.wire.source, hit.wire.target) if hit.wire is not None else None
        state = self._canvas.state
        before = (state.hovered, state.hovered_port, state.hovered_fix, state.lit_wire)
        if (hovered, port, fix, wire) != before:
            state.hovered, state.hovered_port = hovered, port
            state.lit_wire = wire
            state.hovered_fix = fix
            shape = Qt.CursorShape.ArrowCursor
            if port[0]:
                shape = Qt.CursorShape.CrossCursor
            elif fix or wire:
                shape = Qt.CursorShape.PointingHandCursor
            self._canvas.viewport().setCursor(shape)
            self._canvas.viewport().update()

    def release(self, event: QMouseEvent) -> None:
        where, screen = self._place(event)
        if self.gesture is None or event.button() != self._button:
            return
        gesture, self.gesture = self.gesture, None
        self._edge_scroll.stop()
        gesture.release(where, screen, event.modifiers())
        self._canvas.viewport().unsetCursor()
        self._canvas.viewport().update()

    def double_click(self, event: QMouseEvent) -> None:
        """Open a group, edit a layer, insert on a wire, rename a group or add a layer."""
        where, screen = self._place(event)
        if event.button() != _LEFT or self._minimap.holds(*screen) or self._canvas.bubble_at(where):
            self.press(event)
            return
        self.cancel_gesture()
        hit = hit_testing.hit_at(self._canvas.picture, *where, self._canvas.camera.scale)
        card = hit.card
        if card is not None and card.kind == "group":
            self._commands.open_group(card.id)
        elif card is not None:
            self._canvas.select((card.id,))
            self._canvas.ask_for_form(card.id)
        elif hit.wire is not None and hit.wire.edges:
            self._adding.search_on_wire(hit.wire.edges[0], screen)
        elif hit.frame:
            self._commands.rename(hit.frame)
        else:
            self._adding.search_at(where, screen)

    def leave(self) -> None:
        if self.gesture is None:
            self._hover(None, (-1.0, -1.0))

    def wheel(self, event: QWheelEvent) -> None:
        """Scroll, or zoom with Ctrl."""
        spot = event.position()
        turned = event.angleDelta()
        pixels = event.pixelDelta()
        if event.modifiers() & _CONTROL:
            amount = turned.y() or turned.x()
            self._canvas.scene_viewport.zoom_to(
                self._canvas.camera.scale * camera.STEP ** (amount / 120), spot.x(), spot.y()
            )
        else:
            dx, dy = (pixels.x(), pixels.y()) if not pixels.isNull() else (turned.x(), turned.y())
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and not dx:
                dx, dy = dy, 0
            self._canvas.scene_viewport.followed = True
            self._canvas.scene_viewport.set_camera(self._canvas.camera.moved(dx, dy))
        event.accept()

    def menu(self, event: QContextMenuEvent) -> None:
        self.cancel_gesture()
        keyboard.show_menu(self._canvas, self._input_handlers, event, self._picture_at)

    # drag and drop ------------------------------------------------------------------------

    def drag_enter(self, event: QDragEnterEvent) -> None:
        drop = DropGesture.of(self._canvas, self._commands, self._adding, event.mimeData())
        if drop is None:
            event.ignore()
            return
        self.start_gesture(drop)
        self._drag(event)

    def drag_move(self, event: QDragMoveEvent) -> None:
        self._drag(event)

    def _drag(self, event: Any) -> None:
        if isinstance(self.gesture, DropGesture):
            where, screen = self._place(event)
            self.gesture.move(where, screen, event.modifiers())
            self._edge_scroll.follow(screen, event.modifiers())
            self._canvas.viewport().update()
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def drag_leave(self) -> None:
        self.cancel_gesture()

    def drop(self, event: QDropEvent) -> None:
        gesture = self.gesture
        if not isinstance(gesture, DropGesture):
            gesture = DropGesture.of(self._canvas, self._commands, self._adding, event.mimeData())
        if gesture is None:
            event.ignore()
            return
        where, screen = self._place(event)
        gesture.move(where, screen, event.modifiers())
        self.gesture = None
        self._edge_scroll.stop()
        gesture.release(where, screen, event.modifiers())
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self._canvas.widget().setFocus(Qt.FocusReason.MouseFocusReason)
        self._canvas.viewport().update()


class ViewportEventFilter(QObject):
    """Handles pinch gestures and tooltips of the viewport.

    A filter, because overriding ``viewportEvent`` would route every paint event through Python.
    """

    def __init__(self, view: CanvasHost, picture_tip: Callable[[Point], str]) -> None:
        super().__init__(view.widget())
        self._view = view
        self._picture_tip = picture_tip
        view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.NativeGesture and isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                spot = event.position()
                scale = self._view.camera.scale * (1 + event.value())
                self._view.scene_viewport.zoom_to(scale, spot.x(), spot.y())
            return True
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            where = self._view.camera.to_world(event.pos().x(), event.pos().y())
            hit = hit_testing.hit_at(self._view.picture, *where, self._view.camera.scale)
            text = card_text.hover_text(hit) or self._picture_tip(where)
            wire = hit.wire
            if wire is not None:
                weight = self._view.state.wire_weights.get((wire.source, wire.target))
                text = f"{weight}\n{text}" if weight is not None else text
            QToolTip.showText(event.globalPos(), text, self._view.viewport())
            return True
        return False
