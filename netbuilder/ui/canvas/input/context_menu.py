"""The menu under the right button: what can be done with what lies there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QMenu

from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.scene import hit_testing

if TYPE_CHECKING:
    from netbuilder.ui.canvas.view import CanvasView


def show(view: CanvasView, event: QContextMenuEvent) -> None:
    """Select what lies under the pointer, and offer what can be done with it."""
    screen = (float(event.pos().x()), float(event.pos().y()))
    where = view.camera.to_world(*screen)
    hit = hit_testing.at(view.picture, *where, view.camera.scale)
    if event.reason() == QContextMenuEvent.Reason.Mouse:
        if hit.id and hit.id not in view.selection():
            view.select((hit.id,))
        elif hit.wire is not None:
            view.select_wire((hit.wire.source, hit.wire.target))
    menu = build(view, where, screen, hit)
    if menu.isEmpty():
        menu.deleteLater()
    else:
        menu.popup(event.globalPos())


def build(view: CanvasView, where: Point, screen: Point, hit: hit_testing.Hit) -> QMenu:
    """The menu for a place. It deletes itself when it closes."""
    menu = QMenu(view)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    wire = view.picture.wires.get(view.state.selected_wire or ("", ""))
    if wire is not None:
        if wire.edges:
            edge = wire.edges[0]
            menu.addAction("Insert a layer here…", lambda: view.search_on_wire(edge, screen))
            if len(view.picture.graph.sources.get(edge[1], ())) > 1:
                menu.addAction("Earlier input", lambda: view.reorder_input(edge[1], edge[0], -1))
                menu.addAction("Later input", lambda: view.reorder_input(edge[1], edge[0], 1))
            menu.addAction("Delete wire", view.delete_selection)
        return menu
    chosen = view.selection()
    if chosen:
        _selection(view, menu, chosen)
    else:
        menu.addAction("Add a layer here…", lambda: view.search_at(where, screen))
        menu.addAction("Paste", view.paste)
        menu.addAction("Select all", view.select_all)
        menu.addSeparator()
        menu.addAction("Tidy", view.tidy)
        menu.addAction("Show all", view.fit)
        turn = menu.addAction("Left to right", lambda: view.set_horizontal(not view.horizontal))
        turn.setCheckable(True)
        turn.setChecked(view.horizontal)
    return menu


def _selection(view: CanvasView, menu: QMenu, chosen: tuple[str, ...]) -> None:
    graph = view.store.project.graph
    one = chosen[0] if len(chosen) == 1 else None
    if one is not None and one in graph.group_by_id:
        if one in view.picture.frames:
            menu.addAction("Close group", lambda: view.close_group(one))
        else:
            menu.addAction("Open group", lambda: view.open_group(one))
        menu.addAction("Rename…", lambda: view.rename(one))
        menu.addAction("Ungroup", view.ungroup)
        menu.addAction("Save to palette", lambda: view.save_block(one))
        menu.addSeparator()
    elif one is not None:
        menu.addAction("Edit", view.edit_current)
        menu.addAction("Add after…", view.search_layer)
        if one in graph.by_id:
            menu.addAction("Wire from here", view.wire_from_current)
            menu.addAction("Replace by…", lambda: view.search_replacement(one))
        menu.addSeparator()
    if one is None or one in graph.by_id or one in graph.group_by_id:
        menu.addAction("Cut", view.cut)
        menu.addAction("Copy", view.copy)
        menu.addAction("Duplicate", view.duplicate)
        menu.addAction("Delete", view.delete_selection)
        menu.addSeparator()
        menu.addAction("Group", view.group)
    if view.can_share():
        menu.addAction("Share one layer", view.share)
    if any(node.shared for node in map(graph.by_id.get, chosen) if node is not None):
        menu.addAction("Own layer, own weights", view.unshare)
    if one is None:
        menu.addAction("Align in a column", view.align_column)
        menu.addAction("Align in a row", view.align_row)
