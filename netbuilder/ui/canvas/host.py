"""What the parts of the canvas may ask of it, and of each other: the one door between them."""

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
    """One interaction. ``where`` is on the canvas, ``screen`` in pixels of the viewport."""

    cursor: Qt.CursorShape | None = None
    reaches = False  # whether the view scrolls when it comes near an edge

    @property
    def hides_words(self) -> bool:
        """Whether problems are not told while it lasts: they would lie over what it shows."""
        return False

    def move(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        """The pointer moved."""

    def release(self, where: Point, screen: Point, modifiers: Qt.KeyboardModifier) -> None:
        """The button went up: do it."""

    def cancel(self) -> None:
        """Leave everything as it was before."""

    def paint(self, p: QPainter) -> None:
        """Paint what only this gesture shows; the painter is in the canvas's coordinates."""


class CanvasHost(Protocol):
    """A network that is shown and can be edited. ``CanvasView`` is one; a test may be another."""

    store: ProjectStore
    workbench: Workbench
    look: PaintResources
    state: PaintState
    tip: PointerTip
    sight: Viewport
    by_key: bool  # whether the last thing done was a key

    @property
    def picture(self) -> Scene:
        """Cards, wires and frames as they are seen."""

    @property
    def horizontal(self) -> bool:
        """Whether the network reads from left to right."""

    @property
    def camera(self) -> Camera:
        """What is seen of the picture."""

    @property
    def at(self) -> dict[str, Point]:
        """Cards that are shown elsewhere than the project says."""

    @property
    def gesture(self) -> Gesture | None:
        """What the pointer is doing."""

    def widget(self) -> QWidget:
        """The widget that fields and menus open on."""

    def viewport(self) -> QWidget:
        """The widget that is painted on."""

    def keep_foot(self, strip: str, height: int) -> None:
        """Keep pixels at the lower edge free of the network: a strip of that name stands there."""

    def repaint_all(self) -> None:
        """Paint anew at the next occasion."""

    def set_at(self, places: dict[str, Point]) -> None:
        """Show cards elsewhere than the project says."""

    def start_gesture(self, gesture: Gesture) -> None:
        """Let a gesture have the pointer."""

    def cancel_gesture(self) -> None:
        """Take the pointer from the gesture under way."""

    def selection(self) -> tuple[str, ...]:
        """Ids of the selected cards, in the order in which they were selected."""

    def select(self, ids: Iterable[str], current: str | None = None) -> None:
        """Select cards and open groups."""

    def select_wire(self, wire: tuple[str, str]) -> None:
        """Select a wire alone."""

    def current(self) -> str | None:
        """The card where the keyboard is."""

    def edit(
        self, label: str, change: Callable[[Project], Project], merge: str | None = None
    ) -> bool:
        """Make one edit; one that is illegal is told in words. Give whether it was made."""

    def add(self, label: str, change: Callable[[Project], Project]) -> tuple[str, ...]:
        """Make an edit that adds cards; select them and give their ids."""

    def say(self, text: str) -> None:
        """Tell something at the pointer and in the status bar."""

    def tell(self, text: str) -> None:
        """Tell something in the status bar alone."""

    def walk_on(self) -> None:
        """Give the keyboard to what comes after the canvas."""

    def ask_for_form(self, node_id: str) -> None:
        """Ask for the form of a card."""

    def open_layer_popup(self, node_id: str) -> bool:
        """Open a card to show more of what it gives."""

    def block_was_saved(self, name: str) -> None:
        """Tell that a group was saved to the palette."""

    def out_node(self, card_id: str) -> str:
        """The node from which wires of a card go out (of a closed group, its last)."""

    def in_node(self, card_id: str) -> str:
        """The node that wires to a card come into (of a closed group, its first)."""

    def bubbles_now(self) -> list[ProblemBubble]:
        """Problems that are shown in words."""

    def bubble_at(self, where: Point) -> ProblemBubble | None:
        """The problem in words under a place on the canvas."""
