"""The view's half that takes the pointer: presses begin gestures, gestures do the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QHelpEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip

from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.input import context_menu
from netbuilder.ui.canvas.input.drop import Drop
from netbuilder.ui.canvas.input.gestures import Band, Gesture, MapPan, Move, Pan, grab_card
from netbuilder.ui.canvas.input.wiring import WireDrag
from netbuilder.ui.canvas.scene import camera, card_text, hit_testing

if TYPE_CHECKING:
    from netbuilder.ui.canvas.view import CanvasView

    _View = CanvasView
else:
    _View = object

_LEFT = Qt.MouseButton.LeftButton
_MIDDLE = Qt.MouseButton.MiddleButton
_CONTROL = Qt.KeyboardModifier.ControlModifier


class Pointer(_View):
    """Mouse, wheel, drag and drop of ``CanvasView``."""

    def start_gesture(self, gesture: Gesture) -> None:
        """Let a gesture have the pointer."""
        self.cancel_gesture()
        self.gesture = gesture
        if gesture.cursor is not None:
            self.viewport().setCursor(gesture.cursor)

    def cancel_gesture(self) -> None:
        """Take the pointer from the gesture under way, leaving everything as before it."""
        gesture, self.gesture = self.gesture, None
        self.edge_scroll.stop()
        if gesture is not None:
            gesture.cancel()
            self.viewport().unsetCursor()
            self.viewport().update()

    def _place(self, event: Any) -> tuple[Point, Point]:
        spot = event.position()
        screen = (spot.x(), spot.y())
        self._pointer = screen
        self.by_key = False
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
        hit = hit_testing.at(self.picture, *where, self.camera.scale)
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
            self.edge_scroll.follow(screen, event.modifiers())
            self.viewport().update()
            return
        self._hover(where, screen)

    def _hover(self, where: Point | None, screen: Point) -> None:
        """Show what the pointer is over; None: it has left."""
        bubble = None
        if where is None or self.minimap.holds(*screen):
            hit = hit_testing.NOTHING
        else:
            bubble = self.bubble_at(where)
            hit = (
                hit_testing.NOTHING
                if bubble
                else hit_testing.at(self.picture, *where, self.camera.scale)
            )
        fix = ""
        if where is not None and bubble is not None and bubble.button is not None:
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
        self.edge_scroll.stop()
        gesture.release(where, screen, event.modifiers())
        self.viewport().unsetCursor()
        self.viewport().update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        where, screen = self._place(event)
        if event.button() != _LEFT or self.minimap.holds(*screen) or self.bubble_at(where):
            self.mousePressEvent(event)
            return
        self.cancel_gesture()
        hit = hit_testing.at(self.picture, *where, self.camera.scale)
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
            self._hover(None, (-1.0, -1.0))
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

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.cancel_gesture()
        context_menu.show(self, event)

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
            self.edge_scroll.follow(screen, event.modifiers())
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
        self.edge_scroll.stop()
        gesture.release(where, screen, event.modifiers())
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.viewport().update()


class Senses(QObject):
    """What comes to the viewport and has no handler of its own: two fingers, a pointer that rests.

    A filter, since overriding ``viewportEvent`` would lead every paint through Python once more.
    """

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.NativeGesture and isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                spot = event.position()
                scale = self._view.camera.scale * (1 + event.value())
                self._view.zoom_to(scale, spot.x(), spot.y())
            return True
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            spot = event.pos()
            where = self._view.camera.to_world(spot.x(), spot.y())
            hit = hit_testing.at(self._view.picture, *where, self._view.camera.scale)
            text = card_text.tip(hit) or self._view.previews.tip(where)
            QToolTip.showText(event.globalPos(), text, self._view.viewport())
            return True
        return False
