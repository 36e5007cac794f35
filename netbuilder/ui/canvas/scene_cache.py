"""The picture of the project as it is seen: drawn anew when it is old, and asked for again."""

from __future__ import annotations

from collections.abc import Callable

from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.scene.scene import Scene
from netbuilder.ui.canvas.scene.scene_builder import build_scene
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.workbench import Workbench


class SceneCache:
    """Keeps every card of which nothing changed, and cards elsewhere while they are dragged.

    Args:
        store: whose project it is of.
        workbench: what is known of the project.
        drawn: told each new picture.
    """

    def __init__(
        self, store: ProjectStore, workbench: Workbench, drawn: Callable[[Scene], None]
    ) -> None:
        self._store, self._bench, self._drawn = store, workbench, drawn
        self._at: dict[str, Point] = {}
        self._base: Scene | None = None  # of the project as it stands
        self._picture: Scene | None = None  # the same, with cards that are dragged elsewhere
        self._stale = True

    @property
    def picture(self) -> Scene:
        """Cards, wires and frames as they are seen."""
        if self._stale or self._base is None:
            bench = self._bench
            self._base = build_scene(
                self._store.project,
                shapes=bench.shapes,
                problems=bench.all_problems,
                facts=bench.facts,
                unknown=bench.data_words,
                before=self._base,
            )
            self._stale = False
            self._picture = None
        if self._picture is None:
            self._picture = self._base.shifted(self._at) if self._at else self._base
            self._drawn(self._picture)
        return self._picture

    @property
    def at(self) -> dict[str, Point]:
        """Cards that are shown elsewhere than the project says."""
        return self._at

    def set_at(self, places: dict[str, Point]) -> bool:
        """Show cards elsewhere than the project says; whether that may be another picture."""
        if not places and not self._at:
            return False
        self._at = places
        self._picture = None
        return True

    def outdate(self) -> None:
        """Something that is shown is another now."""
        self._stale = True
