"""The keyboard on the canvas: everything that the pointer can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from netbuilder.core.errors import EditError
from netbuilder.ui.canvas.input.wiring import WireKeys
from netbuilder.ui.canvas.scene import hit_testing

if TYPE_CHECKING:
    from netbuilder.ui.canvas.view import CanvasView

    _View = CanvasView
else:
    _View = object

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_NUDGE, _FAR_NUDGE = 8.0, 40.0
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_CONTROL = Qt.KeyboardModifier.ControlModifier
_ALT = Qt.KeyboardModifier.AltModifier


class Keys(_View):
    """Keys of ``CanvasView``. A key that an action of the window takes does not come here."""

    def key_pressed(self, event: QKeyEvent) -> bool:
        """Take a key; give whether it meant something here."""
        key, modifiers = event.key(), event.modifiers()
        if key == Qt.Key.Key_Escape:
            return self._escape()
        if isinstance(self.gesture, WireKeys):
            return self.gesture.key(event)
        if self.gesture is not None:
            return False
        self.tip.hide()
        self.viewport().update()
        if key in _ARROWS:
            self._arrow(*_ARROWS[Qt.Key(key)], modifiers)
            return True
        if key == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = True
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
            return True
        return self._standard(event) or self._plain(key, modifiers)

    def _escape(self) -> bool:
        if self.gesture is not None:
            self.cancel_gesture()
        elif self.tip.text:
            self.tip.hide()
            self.viewport().update()
        else:
            self.select(())
        return True

    def _standard(self, event: QKeyEvent) -> bool:
        standard = QKeySequence.StandardKey
        for one, call in (
            (standard.Copy, self.copy),
            (standard.Cut, self.cut),
            (standard.Paste, self.paste),
            (standard.SelectAll, self.select_all),
            (standard.Undo, self.store.undo),
            (standard.Redo, self.store.redo),
            (standard.ZoomIn, self.zoom_in),
            (standard.ZoomOut, self.zoom_out),
        ):
            if event.matches(one):
                call()
                return True
        return False

    def _plain(self, key: int, modifiers: Qt.KeyboardModifier) -> bool:
        control = bool(modifiers & _CONTROL)
        calls = {
            (Qt.Key.Key_Delete, False): self.delete_selection,
            (Qt.Key.Key_Backspace, False): self.delete_selection,
            (Qt.Key.Key_Return, False): self.edit_current,
            (Qt.Key.Key_Enter, False): self.edit_current,
            (Qt.Key.Key_Tab, False): self.search_layer,
            (Qt.Key.Key_A, False): self.search_layer,
            (Qt.Key.Key_W, False): self.wire_from_current,
            (Qt.Key.Key_E, False): self.next_wire,
            (Qt.Key.Key_R, False): self.replace_current,
            (Qt.Key.Key_F2, False): self.rename_current,
            (Qt.Key.Key_F, False): self.fit,
            (Qt.Key.Key_T, False): self.tidy,
            (Qt.Key.Key_Home, False): self.go_to_first,
            (Qt.Key.Key_End, False): self.go_to_last,
            (Qt.Key.Key_D, True): self.duplicate,
            (Qt.Key.Key_0, True): self.zoom_reset,
            (Qt.Key.Key_Equal, True): self.zoom_in,
            (Qt.Key.Key_G, True): self.ungroup if modifiers & _SHIFT else self.group,
        }
        call = calls.get((Qt.Key(key), control)) if key else None
        if call is None:
            return False
        call()
        return True

    def _arrow(self, dx: int, dy: int, modifiers: Qt.KeyboardModifier) -> None:
        if modifiers & _ALT:
            later = dx > 0 if self.horizontal else dy > 0
            if dx if self.horizontal else dy:
                self.move_in_order(later)
            return
        if modifiers & _CONTROL:
            step = _FAR_NUDGE if modifiers & _SHIFT else _NUDGE
            self.nudge(dx * step, dy * step)
            return
        if self.horizontal:
            dx, dy = dy, dx
        way = "next" if dy > 0 else "back" if dy < 0 else "right" if dx > 0 else "left"
        self.go(way, extend=bool(modifiers & _SHIFT))

    def go(self, way: str, extend: bool = False) -> None:
        """Go to the card that lies that way: "next" and "back" along wires, "left", "right"."""
        here = self.current()
        if here is None or here not in self.selection():
            self.go_to_first() if here is None else self.select((here,))
            return
        there = hit_testing.neighbour(self.picture, here, way)
        if there is None:
            return
        chosen = (*(one for one in self.selection() if one != there), there) if extend else (there,)
        self.select(chosen, current=there)
        self.show_node(there)

    def go_to_first(self) -> None:
        """Go to the first card."""
        order = [one for one, card in self.picture.cards.items() if card.kind != "goal"]
        first = min(
            order,
            key=lambda one: (bool(self._sources(one)), order.index(one)),
            default=None,
        )
        if first is not None:
            self.select((first,))
            self.show_node(first)

    def _sources(self, one: str) -> list[str]:
        return [wire.source for wire in self.picture.wires_of(one) if wire.target == one]

    def go_to_last(self) -> None:
        """Go to the last card."""
        cards = list(self.picture.cards)
        if cards:
            self.select((cards[-1],))
            self.show_node(cards[-1])

    def edit_current(self) -> None:
        """Ask for the form of the current card; open or close a group; insert on a wire."""
        wire = self.picture.wires.get(self.state.selected_wire or ("", ""))
        if wire is not None:
            if wire.edges:
                x, y = wire.route.middle()
                self.search_on_wire(wire.edges[0], self.camera.to_screen(x, y))
            return
        frames = [one for one in self.selection() if one in self.picture.frames]
        if frames:
            self.close_group(frames[0])
            return
        here = self.current()
        if here is None:
            return
        if self.picture.cards[here].kind == "group":
            self.open_group(here)
        else:
            self.edit_requested.emit(here)

    def rename_current(self) -> None:
        """Rename the selected group; edit the selected layer."""
        for one in self.selection():
            if one in self.store.project.graph.group_by_id:
                self.rename(one)
                return
        self.edit_current()

    def replace_current(self) -> None:
        """Search for a layer to put in the place of the current one."""
        here = self.current()
        if here in self.store.project.graph.by_id:
            self.search_replacement(here)

    def wire_from_current(self) -> None:
        """Begin a wire from the current card by keyboard."""
        here = self.current()
        if here is None or not self.picture.cards[here].has_out:
            self.say("Select the layer where the wire begins first.")
            return
        try:
            self.start_gesture(WireKeys(self, here))
        except EditError as error:
            self.say(str(error))
