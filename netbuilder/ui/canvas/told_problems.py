"""Which problems are shown in words now, and where: worked out once for all that is painted."""

from __future__ import annotations

from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.host import Canvas
from netbuilder.ui.canvas.paint import problem_cards
from netbuilder.ui.canvas.paint.previews import Previews
from netbuilder.ui.canvas.paint.problem_cards import Bubble
from netbuilder.ui.canvas.scene.scene import Scene


class ToldProblems:
    """The problem cards of one canvas."""

    def __init__(self, canvas: Canvas, previews: Previews) -> None:
        self._canvas, self._previews = canvas, previews
        self._of: tuple[Scene, object] | None = None
        self._bubbles: list[Bubble] = []

    def now(self) -> list[Bubble]:
        """Problems that are shown in words, with their places."""
        view = self._canvas
        picture, size = view.picture, view.viewport().size()
        asked = frozenset((*view.selection(), view.state.hovered))
        key = (view.camera, size, asked, self._previews.ids, view.look.generation)
        # Pictures are compared by identity: another one is another.
        if self._of is None or self._of[0] is not picture or self._of[1] != key:
            self._of = (picture, key)
            self._bubbles = problem_cards.place(
                picture,
                picture.grid.cards_in(view.camera.seen(size.width(), size.height(), 200)),
                view.look,
                view.camera.scale,
                asked,
                self._previews.boxes(),
                view.sight.seen_box(),
            )
        return self._bubbles

    def at(self, where: Point) -> Bubble | None:
        """The problem in words under a place on the canvas."""
        for bubble in reversed(self.now()):
            if bubble.holds(*where):
                return bubble
        return None
