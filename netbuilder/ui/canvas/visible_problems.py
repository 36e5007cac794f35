"""The problem bubbles of a canvas."""

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
    """The problem bubbles of one canvas.

    ``told(problems)``: the set of fully visible bubbles changed; lists of problems may omit these.
    """

    told = Signal(object)

    def __init__(self, canvas: CanvasHost, previews: NodePreviews) -> None:
        super().__init__(canvas.widget())
        self._canvas, self._previews = canvas, previews
        self._cache_key: tuple[Scene, object] | None = None
        self._bubbles: list[ProblemBubble] = []
        self._visible: frozenset[Problem] = frozenset()
        self._changed.connect(self.told, Qt.ConnectionType.QueuedConnection)

    #: Emitted during a paint, so ``told`` is queued.
    _changed = Signal(object)

    def now(self) -> list[ProblemBubble]:
        view = self._canvas
        picture, size = view.picture, view.viewport().size()
        active, new = frozenset((*view.selection(), view.state.hovered)), view.state.proposed
        key = (view.camera, size, active, self._previews.ids, view.paint_resources.generation, new)
        if (
            self._cache_key is None
            or self._cache_key[0] is not picture
            or self._cache_key[1] != key
        ):
            self._cache_key = (picture, key)
            bubbles = problem_bubbles.place_bubbles(
                picture,
                picture.grid.cards_in(view.camera.seen(size.width(), size.height(), 200)),
                view.paint_resources,
                view.camera.scale,
                active,
                self._previews.boxes(),
                view.scene_viewport.seen_box(),
            )
            self._set_visible(
                frozenset(bubble.problem for bubble in bubbles if self._fully_visible(bubble))
            )
            proposed = picture.seen.stand_in.get(new, new)
            self._bubbles = [bubble for bubble in bubbles if bubble.card.id != proposed]
        return self._bubbles

    def hide(self) -> None:
        """Report no visible problems: the canvas is hidden."""
        self._cache_key = None
        self._set_visible(frozenset())

    def _set_visible(self, visible: frozenset[Problem]) -> None:
        if visible != self._visible:
            self._visible = visible
            self._changed.emit(visible)

    def at(self, where: Point) -> ProblemBubble | None:
        for bubble in reversed(self.now()):
            if bubble.holds(*where):
                return bubble
        return None

    def show(self, problem: Problem) -> bool:
        """Show a problem, with Enter as its fix; return whether its bubble is in view."""
        view, viewport = self._canvas, self._canvas.scene_viewport
        cards = view.picture.cards.values()
        card = next((card.id for card in cards if problem in card.problems), None)
        if card is None:
            return False
        view.select((card,))
        if viewport.fit_pending:
            viewport.first_look()
        viewport.show_readable(card)
        bubble = self._bubble_of(card)
        if bubble is not None and not self._fully_visible(bubble):
            viewport.show_box(bubble.box)
            bubble = self._bubble_of(card)
        view.state.offered = problem if bubble is not None and bubble.problem == problem else None
        view.repaint_all()
        return bubble is not None and self._fully_visible(bubble)

    def _bubble_of(self, card: str) -> ProblemBubble | None:
        return next((bubble for bubble in self.now() if bubble.card.id == card), None)

    def _fully_visible(self, bubble: ProblemBubble) -> bool:
        left, top, right, bottom = self._canvas.scene_viewport.seen_box()
        a, b, c, d = bubble.box
        return left <= a and top <= b and c <= right and d <= bottom
