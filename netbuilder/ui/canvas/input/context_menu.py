"""The menu under the right button: what can be done with what lies there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QMenu

from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.host import CanvasHost
from netbuilder.ui.canvas.input.canvas_commands import CanvasCommands
from netbuilder.ui.canvas.input.keyboard import KeyboardHandler
from netbuilder.ui.canvas.input.layer_inserter import LayerInserter
from netbuilder.ui.canvas.scene import hit_testing


@dataclass(frozen=True)
class InputHandlers:
    """What a menu can call."""

    commands: CanvasCommands
    adding: LayerInserter
    keys: KeyboardHandler


def show_menu(
    view: CanvasHost,
    does: InputHandlers,
    event: QContextMenuEvent,
    picture_at: Callable[[Point], str],
) -> None:
    """Select what lies under the pointer, and offer what can be done with it.

    Args:
        view: the canvas.
        does: what the entries call.
        event: where, and whether the keyboard asked.
        picture_at: gives the node whose picture lies at a place on the canvas, or "".
    """
    screen = (float(event.pos().x()), float(event.pos().y()))
    place = event.globalPos()
    keyed = event.reason() == QContextMenuEvent.Reason.Keyboard
    card = view.picture.cards.get(view.current() or "") if keyed else None
    if card is not None and card.id in view.selection():  # wherever the pointer may be
        screen = view.camera.to_screen(*view.picture.out_port(card))
        place = view.viewport().mapToGlobal(QPointF(*screen).toPoint())
    where = view.camera.to_world(*screen)
    hit = hit_testing.hit_at(view.picture, *where, view.camera.scale)
    if event.reason() == QContextMenuEvent.Reason.Mouse:
        bubble = view.bubble_at(where)
        over = bubble.card.id if bubble is not None else hit.id or picture_at(where)
        if hit.wire is not None and not over:
            view.select_wire((hit.wire.source, hit.wire.target))
        elif not over:  # the menu of the canvas, whatever is selected elsewhere
            view.select(())
        elif over not in view.selection():
            view.select((over,))
    menu = build_menu(view, does, where, screen, hit)
    if menu.isEmpty():
        menu.deleteLater()
    else:
        menu.popup(place)


def build_menu(
    view: CanvasHost, does: InputHandlers, where: Point, screen: Point, hit: hit_testing.Hit
) -> QMenu:
    """The menu for a place. It deletes itself when it closes."""
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
        _selection(view, does, menu, chosen)
    else:
        menu.addAction(_("Add a layer…"), lambda: does.adding.search_at(where, screen))
        menu.addAction(_("Paste"), lambda: does.commands.paste(where))
        menu.addAction(_("Select all"), does.commands.select_all)
        menu.addSeparator()
        menu.addAction(_("Find a layer…"), does.commands.find)
        menu.addAction(_("Network summary…"), does.commands.show_table)
        menu.addSeparator()
        menu.addAction(_("Tidy up"), does.commands.tidy)
        menu.addAction(_("Fit the network into the window"), view.sight.fit)
        turn = menu.addAction(
            _("Left to right"), lambda: does.commands.set_horizontal(not view.horizontal)
        )
        turn.setCheckable(True)
        turn.setChecked(view.horizontal)
    return menu


def _selection(view: CanvasHost, does: InputHandlers, menu: QMenu, chosen: tuple[str, ...]) -> None:
    graph = view.store.project.graph
    one = chosen[0] if len(chosen) == 1 else None
    if one is not None and one in graph.group_by_id:
        if one in view.picture.frames:
            menu.addAction(_("Close group"), lambda: does.commands.close_group(one))
        else:
            menu.addAction(_("Open group"), lambda: does.commands.open_group(one))
        menu.addAction(_("Rename…"), lambda: does.commands.rename(one))
        menu.addAction(_("Ungroup"), does.commands.ungroup)
        menu.addAction(_("Save to palette"), lambda: does.commands.save_block(one))
        menu.addSeparator()
    elif one is not None:
        menu.addAction(_("Edit"), does.keys.edit_current)
        if one in graph.by_id:
            menu.addAction(_("Look inside (I)"), lambda: view.open_layer_popup(one))
        menu.addAction(_("Add a layer after…"), does.adding.search_layer)
        if one in graph.by_id:
            menu.addAction(_("Connect to…"), does.keys.wire_from_current)
            menu.addAction(_("Replace with…"), lambda: does.adding.search_replacement(one))
        menu.addSeparator()
    if one is None or one in graph.by_id or one in graph.group_by_id:
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
    if one is None:
        menu.addAction(_("Align in a column"), does.commands.align_column)
        menu.addAction(_("Align in a row"), does.commands.align_row)
