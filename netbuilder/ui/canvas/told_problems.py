"""Which problems are shown in words now, and where: worked out once for all that is painted."""

from __future__ import annotations

from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.host import CanvasHost
from netbuilder.ui.canvas.paint import problem_bubbles
from netbuilder.ui.canvas.paint.previews import NodePreviews
from netbuilder.ui.canvas.paint.problem_bubbles import ProblemBubble
from netbuilder.ui.canvas.scene.scene import Scene


class VisibleProblems:
    """The problem cards of one canvas."""

    def __init__(self, canvas: CanvasHost, previews: NodePreviews) -> None:
        self._canvas, self._previews = canvas, previews
        self._of: tuple[Scene, object] | None = None
        self._bubbles: list[ProblemBubble] = []

    def now(self) -> list[ProblemBubble]:
        """Problems that are shown in words, with their places."""
        view = self._canvas
        picture, size = view.picture, view.viewport().size()
        asked = frozenset((*view.selection(), view.state.hovered))
        key = (view.camera, size, asked, self._previews.ids, view.look.generation)
        # Pictures are compared by identity: another one is another.
        if self._of is None or self._of[0] is not picture or self._of[1] != key:
            self._of = (picture, key)
            self._bubbles = problem_bubbles.place_bubbles(
                picture,
                picture.grid.cards_in(view.camera.seen(size.width(), size.height(), 200)),
                view.look,
                view.camera.scale,
                asked,
                self._previews.boxes(),
                view.sight.seen_box(),
            )
        return self._bubbles

    def at(self, where: Point) -> ProblemBubble | None:
        """The problem in words under a place on the canvas."""
        for bubble in reversed(self.now()):
            if bubble.holds(*where):
                return bubble
        return None
