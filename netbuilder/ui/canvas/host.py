"""The protocol through which the parts of the canvas use it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from netbuilder.core.project.model import Point, Project
from netbuilder.ui.canvas.paint.paint_resources import PaintResources, PaintState
from netbuilder.ui.canvas.paint.problem_bubbles import PointerTip, ProblemBubble
from netbuilder.ui.canvas.scene.camera import Camera
from netbuilder.ui.canvas.scene.scene import Scene
from netbuilder.ui.canvas.viewport import Viewport
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.workbench import Workbench


class Gesture:
    """A pointer interaction. ``where`` is in canvas coordinates, ``screen`` in viewport pixels."""

    cursor: Qt.CursorShape | None = None
    reaches = False  # whether the view scrolls near an edge

    @property
    def hides_words(self) -> bool:
        """Whether problem bubbles are hidden during the gesture, which they would cover."""
        return False

    def move(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        """Follow the pointer."""

    def release(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        """Finish the gesture when the button is released."""

    def cancel(self) -> None:
        """Restore the state before the gesture."""

    def paint(self, p: QPainter) -> None:
        """Paint the gesture's own marks; the painter uses canvas coordinates."""


class CanvasHost(Protocol):
    """A canvas that shows an editable network. ``CanvasView`` implements it."""

    store: ProjectStore
    workbench: Workbench
    paint_resources: PaintResources
    state: PaintState
    tip: PointerTip
    scene_viewport: Viewport
    by_key: bool  # whether the last thing done was a key

    @property
    def picture(self) -> Scene:
        """The visible cards, wires and frames."""

    @property
    def horizontal(self) -> bool:
        """Whether the network is laid out from left to right."""

    @property
    def camera(self) -> Camera:
        """The visible part of the canvas and its scale."""

    @property
    def at(self) -> dict[str, Point]:
        """Temporary card positions, of a drag or an animation."""

    @property
    def gesture(self) -> Gesture | None:
        """The current gesture."""

    def widget(self) -> QWidget:
        """Return the parent of fields and menus."""

    def viewport(self) -> QWidget:
        """Return the widget that is painted on."""

    def reserve_bottom(self, strip: str, height: int) -> None:
        """Reserve pixels at the lower edge for the named strip."""

    def repaint_all(self) -> None:
        """Schedule a repaint."""

    def set_at(self, places: dict[str, Point]) -> None:
        """Set temporary card positions."""

    def start_gesture(self, gesture: Gesture) -> None:
        """Make a gesture the current one."""

    def cancel_gesture(self) -> None:
        """Cancel the current gesture."""

    def selection(self) -> tuple[str, ...]:
        """Return the ids of the selected cards in selection order."""

    def select(self, ids: Iterable[str], current: str | None = None) -> None:
        """Select cards and open groups; ``current`` gets the keyboard focus."""

    def select_wire(self, wire: tuple[str, str]) -> None:
        """Select one wire and nothing else."""

    def current(self) -> str | None:
        """Return the card that has the keyboard focus."""

    def edit(
        self, label: str, change: Callable[[Project], Project], merge: str | None = None
    ) -> bool:
        """Apply an edit, or show why it is illegal; return whether it was applied."""

    def add(self, label: str, change: Callable[[Project], Project]) -> tuple[str, ...]:
        """Apply an edit that adds cards, select them and return their ids."""

    def say(self, text: str) -> None:
        """Show a message at the pointer and in the status bar."""

    def tell(self, text: str) -> None:
        """Show a message in the status bar only."""

    def walk_on(self) -> None:
        """Move the keyboard focus to the widget after the canvas."""

    def ask_for_form(self, node_id: str, *, rename: bool = False) -> None:
        """Request the form of a layer, with the keyboard in its first field or its name."""

    def open_layer_popup(self, node_id: str) -> bool:
        """Open the popup of a layer; return whether it has values to show."""

    def block_was_saved(self, name: str) -> None:
        """Signal that a group was saved to the palette."""

    def out_node(self, card_id: str) -> str:
        """Return the node whose output leaves the card (a closed group's last)."""

    def in_node(self, card_id: str) -> str:
        """Return the node that receives the card's input (a closed group's first)."""

    def bubbles_now(self) -> list[ProblemBubble]:
        """Return the visible problem bubbles."""

    def bubble_at(self, where: Point) -> ProblemBubble | None:
        """Return the problem bubble at a place on the canvas."""
