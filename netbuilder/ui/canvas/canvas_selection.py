"""What is selected: cards and open groups in an order, or one wire, and where the keyboard is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from netbuilder.ui.canvas.paint.paint_resources import PaintState
from netbuilder.ui.canvas.scene.scene import Scene


class SelectableScene(Protocol):
    """What can be selected."""

    @property
    def picture(self) -> Scene:
        """Cards, wires and frames as they are seen."""


class CanvasSelection:
    """The selection of one canvas. What the painters need of it stands in ``PaintState``.

    Args:
        shown: where the cards are.
        state: takes over what is drawn as selected.
        changed: told the ids whenever another set of cards is selected.
        wired: told the wire that is selected.
    """

    def __init__(
        self,
        shown: SelectableScene,
        state: PaintState,
        changed: Callable[[tuple[str, ...]], None],
        wired: Callable[[tuple[str, str]], None],
    ) -> None:
        self._shown = shown
        self._state = state
        self._changed = changed
        self._wired = wired
        self._ids: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the selected cards, in the order in which they were selected."""
        return self._ids

    def select(self, ids: Iterable[str], current: str | None = None) -> None:
        """Select cards and open groups; ``current`` is where the keyboard goes on from."""
        picture = self._shown.picture
        chosen = tuple(one for one in dict.fromkeys(ids) if _there(picture, one))
        self._state.selected_wire = None
        self._state.current = current or (chosen[-1] if chosen else self._state.current)
        self._set(chosen)

    def select_wire(self, wire: tuple[str, str]) -> None:
        """Select a wire alone."""
        self.select(())
        self._state.selected_wire = wire
        self._wired(wire)

    def current(self) -> str | None:
        """The card where the keyboard is, or None."""
        one = self._state.current
        return one if one in self._shown.picture.cards else None

    def keep(self, picture: Scene) -> None:
        """Let go of what is no more, or lies in a closed group now."""
        if self._state.selected_wire is not None and self._state.selected_wire not in picture.wires:
            self._state.selected_wire = None
        self._set(tuple(one for one in self._ids if _there(picture, one)))

    def _set(self, chosen: tuple[str, ...]) -> None:
        if chosen == self._ids:
            return
        self._ids = chosen
        self._state.selected = frozenset(chosen)
        self._changed(chosen)


def _there(picture: Scene, one: str) -> bool:
    return one in picture.cards or one in picture.frames
