"""Places in the window that a lesson or the tour can point at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QToolButton, QWidget

from netbuilder.core.lessons.callout_places import FORMER_PAGES, PLAN_FIELDS
from netbuilder.ui.training.settings_panel import SettingsPanel
from netbuilder.ui.window.top_bar import TopBar
from netbuilder.ui.window.window_parts import WindowParts

_SETTINGS, _MATRIX, _ASSIGN = "settings", "confusion_matrix", "assign"


class PlaceFinder:
    """Finds the rectangle of a place in the window's coordinates; None if it is not visible."""

    def __init__(self, parts: WindowParts, top_bar: TopBar) -> None:
        self._parts, self._bar = parts, top_bar
        self._finders: dict[str, Callable[[], QRect | None]] = {
            "palette": lambda: self._of(parts.docks.palette),
            "canvas": lambda: self._of(parts.canvas),
            "input": lambda: self._card(parts.store.project.graph.inputs),
            "last": lambda: self._card(parts.store.project.graph.outputs[-1:]),
            "inspector": self._inspector,
            **{name: lambda: self._of(top_bar.train) for name in ("train", "pause")},
            "menu": lambda: self._of(top_bar.menu_button),
            "problems": lambda: self._of(parts.status),
            _MATRIX: self._matrix,
            _ASSIGN: lambda: self._of(self._assign()) or self._of(parts.docks.pages["clusters"]),
            **{
                name: lambda name=name: self._button(name)  # type: ignore[misc]
                for name in ("stop", "undo", "save", "save-model", "gallery", "help")
            },
            **{
                name: lambda name=name: self._of(parts.docks.pages[name])  # type: ignore[misc]
                for name in parts.docks.pages
            },
            **{
                name: lambda name=name: self._setting(name)  # type: ignore[misc]
                for name in PLAN_FIELDS
            },
        }

    @property
    def known(self) -> frozenset[str]:
        return frozenset((*self._finders, *FORMER_PAGES))

    def rect(self, place: str) -> QRect | None:
        """Return a place's rectangle, after bringing its page to the front."""
        place = FORMER_PAGES.get(place, place)
        if place in self._parts.docks.pages:
            self._parts.docks.show_panel(place, focus=False)
        elif place in PLAN_FIELDS:
            self._parts.docks.show_panel(_SETTINGS, focus=False)
            self._settings().show_setting(place)
        elif place == _MATRIX:
            self._parts.docks.show_panel("evaluate", focus=False)
            self._evaluation().waiting.see(self._evaluation().heat)
        elif place == _ASSIGN:
            self._parts.docks.show_panel("clusters", focus=False)
        elif place == "inspector":
            self._parts.docks.side.open_drawer()
        elif place == "palette":
            self._parts.docks.palette.open()
        return self.where(place)

    def where(self, place: str) -> QRect | None:
        """Return a place's current rectangle; None if it is not visible."""
        finder = self._finders.get(FORMER_PAGES.get(place, place))
        return finder() if finder is not None else None

    def layer(self, name: str) -> QRect | None:
        """Return a layer's rectangle in the palette; search for it if necessary."""
        palette = self._parts.palette
        self._parts.docks.palette.open()
        index = palette.index_of(name)
        if index is None:
            palette.line.setText(name)
            index = palette.index_of(name)
        if index is None:
            return self._of(palette)
        palette.list.scrollTo(index)
        inside = palette.list.visualRect(index)
        view = palette.list.viewport()
        return QRect(view.mapTo(self._parts.window, inside.topLeft()), inside.size())

    def drop_point(self, after: str = "") -> QPoint:
        """Return where to drop a layer: on the connection after a layer ``after``, else below the
        last card, else in the middle."""
        canvas, graph = self._parts.canvas, self._parts.store.project.graph
        ends = graph.outputs or graph.inputs
        view, cards = canvas.viewport(), canvas.picture.cards
        wires = [
            (a, b)
            for a, b in graph.edges
            if graph.by_id[a].layer == after and a in cards and b in cards
        ]
        if wires:
            start, end = (canvas.scene_viewport.card_rect(name).center() for name in wires[0])
            point = ((start + end) / 2).toPoint()
        elif ends and ends[-1] in canvas.picture.cards:
            card = canvas.scene_viewport.card_rect(ends[-1]).toRect()
            point = QPoint(card.center().x(), min(card.bottom() + 60, view.height() - 30))
        else:
            point = view.rect().center()
        return view.mapTo(self._parts.window, point)

    def _of(self, widget: QWidget) -> QRect | None:
        if not widget.isVisible():
            return None
        return QRect(widget.mapTo(self._parts.window, QPoint(0, 0)), widget.size())

    def _inspector(self) -> QRect | None:
        return self._of(self._parts.inspector) or self._of(self._parts.docks.side.strip)

    def _button(self, action: str) -> QRect | None:
        for button in self._bar.findChildren(QToolButton):
            default = button.defaultAction()
            if default is not None and default.objectName() == action:
                # In a narrow window the button is hidden; the menus have its action.
                return self._of(button) or self._of(self._bar.menu_button)
        return self._of(self._bar.menu_button)

    def _setting(self, name: str) -> QRect | None:
        return self._inside(self._settings(), self._settings().plan.field(name))

    def _matrix(self) -> QRect | None:
        panel = self._evaluation()
        page = panel.waiting.scroll_area.viewport()
        return self._inside(page, panel.heat) or self._of(self._parts.docks.pages["evaluate"])

    def _inside(self, outer: QWidget, inner: QWidget) -> QRect | None:
        """Return the visible part of ``inner``; None if it is scrolled out of view."""
        page, part = self._of(outer), self._of(inner)
        if page is None or part is None or not page.intersects(part):
            return None
        return page.intersected(part)

    def _evaluation(self) -> Any:  # the page takes a while to import
        return self._parts.docks.pages["evaluate"].fill()

    def _assign(self) -> Any:
        return self._parts.docks.pages["clusters"].fill().buttons["assign"]  # type: ignore[attr-defined]

    def _settings(self) -> SettingsPanel:
        panel = self._parts.docks.pages[_SETTINGS].fill()
        assert isinstance(panel, SettingsPanel)
        return panel

    def _card(self, ids: tuple[str, ...]) -> QRect | None:
        canvas = self._parts.canvas
        for node_id in ids:
            if node_id in canvas.picture.cards:
                card = canvas.scene_viewport.card_rect(node_id).toRect()
                corner = canvas.viewport().mapTo(self._parts.window, card.topLeft())
                return QRect(corner, card.size())
        return self._of(canvas)
