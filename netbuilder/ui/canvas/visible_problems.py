"""The problems that a canvas shows in words, and the way to one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.host import CanvasHost
from netbuilder.ui.canvas.paint import problem_bubbles
from netbuilder.ui.canvas.paint.previews import NodePreviews
from netbuilder.ui.canvas.paint.problem_bubbles import ProblemBubble
from netbuilder.ui.canvas.scene.scene import Scene

if TYPE_CHECKING:
    from netbuilder.core.check.problems import Problem


class VisibleProblems(QObject):
    """The problem cards of one canvas.

    ``told(problems)``: other problems than before stand there in words, wholly in view, with
    their fix. Who lists problems has no need to say these once more.
    """

    told = Signal(object)

    def __init__(self, canvas: CanvasHost, previews: NodePreviews) -> None:
        super().__init__(canvas.widget())
        self._canvas, self._previews = canvas, previews
        self._of: tuple[Scene, object] | None = None
        self._bubbles: list[ProblemBubble] = []
        self._seen: frozenset[Problem] = frozenset()
        self._changed.connect(self.told, Qt.ConnectionType.QueuedConnection)

    #: Sent while the canvas is painted: others hear of it afterwards.
    _changed = Signal(object)

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
            self._tell(frozenset(one.problem for one in self._bubbles if self._whole(one)))
        return self._bubbles

    def hide(self) -> None:
        """Nothing is in view: the canvas is hidden."""
        self._of = None
        self._tell(frozenset())

    def _tell(self, seen: frozenset[Problem]) -> None:
        if seen != self._seen:
            self._seen = seen
            self._changed.emit(seen)

    def at(self, where: Point) -> ProblemBubble | None:
        """The problem in words under a place on the canvas."""
        for bubble in reversed(self.now()):
            if bubble.holds(*where):
                return bubble
        return None

    def show(self, problem: Problem) -> bool:
        """Go to a problem of a card; Enter does its fix then.

        Returns:
            Whether its words are in view.
        """
        view, sight = self._canvas, self._canvas.sight
        cards = view.picture.cards.values()
        card = next((one.id for one in cards if problem in one.problems), None)
        if card is None:
            return False
        view.select((card,))
        if sight.fit_pending:
            sight.first_look()
        sight.show_readable(card)
        bubble = self._bubble_of(card)
        if bubble is not None and not self._whole(bubble):
            sight.show_box(bubble.box)
            bubble = self._bubble_of(card)
        view.state.offered = problem if bubble is not None and bubble.problem == problem else None
        view.repaint_all()
        return bubble is not None and self._whole(bubble)

    def _bubble_of(self, card: str) -> ProblemBubble | None:
        return next((one for one in self.now() if one.card.id == card), None)

    def _whole(self, bubble: ProblemBubble) -> bool:
        left, top, right, bottom = self._canvas.sight.seen_box()
        a, b, c, d = bubble.box
        return left <= a and top <= b and c <= right and d <= bottom
