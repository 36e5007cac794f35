"""The keyboard and the context menu of the canvas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMenu

from netbuilder.core.errors import EditError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.host import CanvasHost
from netbuilder.ui.canvas.input.canvas_commands import CanvasCommands
from netbuilder.ui.canvas.input.layer_inserter import LayerInserter
from netbuilder.ui.canvas.input.wire_gestures import WireKeyGesture
from netbuilder.ui.canvas.scene import hit_testing
from netbuilder.ui.widgets.keyboard_widgets import press_focused_button

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


class KeyboardHandler:
    """Handles the keys that are not shortcuts of the window's actions."""

    def __init__(self, canvas: CanvasHost, commands: CanvasCommands, adding: LayerInserter) -> None:
        self._canvas = canvas
        self._commands = commands
        self._adding = adding

    def key_pressed(self, event: QKeyEvent) -> bool:
        """Handle a key; return whether it was used."""
        key, modifiers = event.key(), event.modifiers()
        if press_focused_button(event):  # of a widget over the canvas
            return True
        if key == Qt.Key.Key_Escape:
            return self._escape()
        gesture = self._canvas.gesture
        if isinstance(gesture, WireKeyGesture):
            return gesture.key(event)
        if self._canvas.gesture is not None:
            return False
        self._canvas.tip.hide()
        self._canvas.viewport().update()
        offered, self._canvas.state.offered = self._canvas.state.offered, None
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._commands.proposal.accept():
                return True
            if offered is not None:
                self._commands.apply_fix(offered)
                return True
        if key in _ARROWS:
            self._arrow(*_ARROWS[Qt.Key(key)], modifiers)
            return True
        return self._standard(event) or self._plain(key, modifiers)

    def _escape(self) -> bool:
        if self._canvas.gesture is not None:
            self._canvas.cancel_gesture()
        elif self._canvas.state.offered is not None:
            self._canvas.state.offered = None
            self._canvas.repaint_all()
        elif self._commands.proposal.dismiss():
            pass
        elif self._canvas.tip.text:
            self._canvas.tip.hide()
            self._canvas.viewport().update()
        else:
            self._canvas.select(())
        return True

    def _standard(self, event: QKeyEvent) -> bool:
        standard = QKeySequence.StandardKey
        for shortcut, call in (
            (standard.Copy, self._commands.copy),
            (standard.Cut, self._commands.cut),
            (standard.Paste, self._commands.paste),
            (standard.SelectAll, self._commands.select_all),
            (standard.Undo, self._canvas.store.undo),
            (standard.Redo, self._canvas.store.redo),
            (standard.ZoomIn, self._commands.zoom_in),
            (standard.ZoomOut, self._commands.zoom_out),
        ):
            if event.matches(shortcut):
                call()
                return True
        return False

    def _plain(self, key: int, modifiers: Qt.KeyboardModifier) -> bool:
        control = bool(modifiers & _CONTROL)
        if key == Qt.Key.Key_Tab and modifiers & Qt.KeyboardModifier.MetaModifier:
            control = True  # on macOS, Command+Tab is taken
        calls = {
            (Qt.Key.Key_Delete, False): self._commands.delete_selection,
            (Qt.Key.Key_Backspace, False): self._commands.delete_selection,
            (Qt.Key.Key_Return, False): self.edit_current,
            (Qt.Key.Key_Enter, False): self.edit_current,
            (Qt.Key.Key_Tab, False): self._adding.search_layer,
            (Qt.Key.Key_Tab, True): self._canvas.walk_on,
            (Qt.Key.Key_A, False): self._adding.search_layer,
            (Qt.Key.Key_W, False): self.wire_from_current,
            (Qt.Key.Key_E, False): self._commands.next_wire,
            (Qt.Key.Key_R, False): self.replace_current,
            (Qt.Key.Key_I, False): self.open_layer_popup,
            (Qt.Key.Key_F2, False): self.rename_current,
            (Qt.Key.Key_F, False): self._canvas.scene_viewport.fit,
            (Qt.Key.Key_F, True): self._commands.find,
            (Qt.Key.Key_T, False): self._commands.tidy,
            (Qt.Key.Key_Home, False): self.go_to_first,
            (Qt.Key.Key_End, False): self.go_to_last,
            (Qt.Key.Key_D, True): self._commands.duplicate,
            (Qt.Key.Key_0, True): self._commands.zoom_reset,
            (Qt.Key.Key_Equal, True): self._commands.zoom_in,
            (Qt.Key.Key_G, True): self._commands.ungroup
            if modifiers & _SHIFT
            else self._commands.group,
        }
        call = calls.get((Qt.Key(key), control)) if key else None
        if call is None:
            return False
        call()
        return True

    def _arrow(self, dx: int, dy: int, modifiers: Qt.KeyboardModifier) -> None:
        if modifiers & _ALT:
            later = dx > 0 if self._canvas.horizontal else dy > 0
            if dx if self._canvas.horizontal else dy:
                self._commands.move_in_order(later)
            return
        if modifiers & _CONTROL:
            step = _FAR_NUDGE if modifiers & _SHIFT else _NUDGE
            self._commands.nudge(dx * step, dy * step)
            return
        if self._canvas.horizontal:
            dx, dy = dy, dx
        way = "next" if dy > 0 else "back" if dy < 0 else "right" if dx > 0 else "left"
        self.go(way, extend=bool(modifiers & _SHIFT))

    def go(self, way: str, extend: bool = False) -> None:
        """Go to a neighbouring card: "next" or "back" along wires, "left" or "right"."""
        current = self._canvas.current()
        if current is None or current not in self._canvas.selection():
            self.go_to_first() if current is None else self._canvas.select((current,))
            return
        neighbour = hit_testing.neighbour(self._canvas.picture, current, way)
        if neighbour is None:
            return
        chosen = (
            (*(card_id for card_id in self._canvas.selection() if card_id != neighbour), neighbour)
            if extend
            else (neighbour,)
        )
        self._canvas.select(chosen, current=neighbour)
        self._canvas.scene_viewport.show_node(neighbour)

    def go_to_first(self) -> None:
        cards = self._canvas.picture.cards
        order = [card_id for card_id, card in cards.items() if card.kind != "goal"]
        first = min(order, key=lambda card_id: bool(self._sources(card_id)), default=None)
        if first is not None:
            self._canvas.select((first,))
            self._canvas.scene_viewport.show_node(first)

    def _sources(self, card_id: str) -> list[str]:
        wires = self._canvas.picture.wires_of(card_id)
        return [wire.source for wire in wires if wire.target == card_id]

    def go_to_last(self) -> None:
        cards = list(self._canvas.picture.cards)
        if cards:
            self._canvas.select((cards[-1],))
            self._canvas.scene_viewport.show_node(cards[-1])

    def edit_current(self) -> None:
        """Edit the current layer, open or close a group, or insert on a wire."""
        wire = self._canvas.picture.wires.get(self._canvas.state.selected_wire or ("", ""))
        if wire is not None:
            if wire.edges:
                x, y = wire.route.middle()
                self._adding.search_on_wire(wire.edges[0], self._canvas.camera.to_screen(x, y))
            return
        frames = [id_ for id_ in self._canvas.selection() if id_ in self._canvas.picture.frames]
        if frames:
            self._commands.close_group(frames[0])
            return
        current = self._canvas.current()
        if current is None:
            return
        if self._canvas.picture.cards[current].kind == "group":
            self._commands.open_group(current)
        else:
            self._canvas.ask_for_form(current)

    def rename_current(self) -> None:
        for group_id in self._canvas.selection():
            if group_id in self._canvas.store.project.graph.group_by_id:
                self._commands.rename(group_id)
                return
        current = self._canvas.current()
        if current is not None:
            self._canvas.ask_for_form(current, rename=True)

    def open_layer_popup(self) -> None:
        current = self._canvas.current()
        if current is not None:
            self._canvas.open_layer_popup(current)

    def replace_current(self) -> None:
        current = self._canvas.current()
        if current is not None and current in self._canvas.store.project.graph.by_id:
            self._adding.search_replacement(current)

    def wire_from_current(self) -> None:
        current = self._canvas.current()
        if current is None or not self._canvas.picture.cards[current].has_out:
            self._canvas.say(_("Select the layer where the connection starts."))
            return
        try:
            self._canvas.start_gesture(WireKeyGesture(self._canvas, current))
        except EditError as error:
            self._canvas.say(str(error))


@dataclass(frozen=True)
class InputHandlers:
    """What menu entries call."""

    commands: CanvasCommands
    adding: LayerInserter
    keys: KeyboardHandler


def show_menu(
    view: CanvasHost,
    handlers: InputHandlers,
    event: QContextMenuEvent,
    picture_at: Callable[[Point], str],
) -> None:
    """Select what is under the pointer and open its context menu.

    Args:
        view: the canvas.
        handlers: called by the entries.
        event: gives the position and whether the keyboard opened the menu.
        picture_at: returns the node whose preview is at a place on the canvas, or "".
    """
    screen = (float(event.pos().x()), float(event.pos().y()))
    place = event.globalPos()
    keyed = event.reason() == QContextMenuEvent.Reason.Keyboard
    card = view.picture.cards.get(view.current() or "") if keyed else None
    if card is not None and card.id in view.selection():
        screen = view.camera.to_screen(*view.picture.out_port(card))
        place = view.viewport().mapToGlobal(QPointF(*screen).toPoint())
    where = view.camera.to_world(*screen)
    hit = hit_testing.hit_at(view.picture, *where, view.camera.scale)
    if event.reason() == QContextMenuEvent.Reason.Mouse:
        bubble = view.bubble_at(where)
        over = bubble.card.id if bubble is not None else hit.id or picture_at(where)
        if hit.wire is not None and not over:
            view.select_wire((hit.wire.source, hit.wire.target))
        elif not over:  # the menu of the canvas
            view.select(())
        elif over not in view.selection():
            view.select((over,))
    menu = build_menu(view, handlers, where, screen, hit)
    if menu.isEmpty():
        menu.deleteLater()
    else:
        menu.popup(place)


def build_menu(
    view: CanvasHost, does: InputHandlers, where: Point, screen: Point, hit: hit_testing.Hit
) -> QMenu:
    """Build the menu for a place; it deletes itself when it closes."""
    menu = QMenu(view.widget())
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    wire = view.picture.wires.get(view.state.selected_wire or ("", ""))
    if wire is not None:
        if wire.edges:
            edge = wire.edges[0]
            menu.addAction(_("Insert a layer…"), lambda: does.adding.search_on_wire(edge, screen))
            if len(view.picture.graph.sources.get(edge[1], ())) > 1:
                menu.addAction(
                    _("Move to earlier input"),
                    lambda: does.commands.reorder_input(edge[1], edge[0], -1),
                )
                menu.addAction(
                    _("Move to later input"),
                    lambda: does.commands.reorder_input(edge[1], edge[0], 1),
                )
            menu.addAction(_("Delete connection"), does.commands.delete_selection)
        return menu
    chosen = view.selection()
    if chosen:
        _add_selection(view, does, menu, chosen)
    else:
        menu.addAction(_("Add a layer…"), lambda: does.adding.search_at(where, screen))
        menu.addAction(_("Paste"), lambda: does.commands.paste(where))
        menu.addAction(_("Select all"), does.commands.select_all)
        menu.addSeparator()
        menu.addAction(_("Find a layer…"), does.commands.find)
        menu.addAction(_("Network summary…"), does.commands.show_table)
        menu.addSeparator()
        menu.addAction(_("Tidy up"), does.commands.tidy)
        menu.addAction(_("Fit the network into the window"), view.scene_viewport.fit)
        turn = menu.addAction(
            _("Left to right"), lambda: does.commands.set_horizontal(not view.horizontal)
        )
        turn.setCheckable(True)
        turn.setChecked(view.horizontal)
    return menu


def _add_selection(
    view: CanvasHost, does: InputHandlers, menu: QMenu, chosen: tuple[str, ...]
) -> None:
    graph = view.store.project.graph
    only = chosen[0] if len(chosen) == 1 else None
    if only is not None and only in graph.group_by_id:
        if only in view.picture.frames:
            menu.addAction(_("Close group"), lambda: does.commands.close_group(only))
        else:
            menu.addAction(_("Open group"), lambda: does.commands.open_group(only))
        menu.addAction(_("Rename…"), lambda: does.commands.rename(only))
        menu.addAction(_("Ungroup"), does.commands.ungroup)
        menu.addAction(_("Save to palette"), lambda: does.commands.save_block(only))
        menu.addSeparator()
    elif only is not None:
        menu.addAction(_("Edit"), does.keys.edit_current)
        if only in graph.by_id:
            menu.addAction(_("Rename…"), does.keys.rename_current)
            menu.addAction(_("Look inside (I)"), lambda: view.open_layer_popup(only))
        menu.addAction(_("Add a layer after…"), does.adding.search_layer)
        if only in graph.by_id:
            menu.addAction(_("Connect to…"), does.keys.wire_from_current)
            menu.addAction(_("Replace with…"), lambda: does.adding.search_replacement(only))
        menu.addSeparator()
    if only is None or only in graph.by_id or only in graph.group_by_id:
        menu.addAction(_("Cut"), does.commands.cut)
        menu.addAction(_("Copy"), does.commands.copy)
        menu.addAction(_("Duplicate"), does.commands.duplicate)
        menu.addAction(_("Delete"), does.commands.delete_selection)
        menu.addSeparator()
        menu.addAction(_("Group layers"), does.commands.group)
    if does.commands.can_share():
        menu.addAction(_("Share weights"), does.commands.share)
    if any(node.shared for node in map(graph.by_id.get, chosen) if node is not None):
        menu.addAction(_("Unshare weights"), does.commands.unshare)
    if only is None:
        menu.addAction(_("Align in a column"), does.commands.align_column)
        menu.addAction(_("Align in a row"), does.commands.align_row)
