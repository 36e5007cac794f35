"""The connection that is proposed for layers that were just pasted: Enter or a click makes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.graph_ends import connection_problem
from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.host import CanvasHost
from netbuilder.ui.canvas.input.wire_gestures import paint_loose_wire
from netbuilder.ui.canvas.paint.layout_animation import LayoutAnimation
from netbuilder.ui.canvas.scene import compatibility
from netbuilder.ui.canvas.scene.cards import Card
from netbuilder.ui.canvas.scene.wire_path import WireRoute
from netbuilder.ui.widgets.accessible_roles import announce

_PIXELS, _PAD = 12, 7.0


@dataclass(frozen=True)
class _Chain:
    """``first`` to ``last`` of the new nodes, and ``after``, the node that is to feed them."""

    after: str
    first: str
    last: str


class ConnectionProposal:
    """At most one proposed connection of a canvas. Any other edit or selection takes it away."""

    def __init__(self, canvas: CanvasHost, slide: LayoutAnimation) -> None:
        self._canvas, self._slide = canvas, slide
        self._chain: _Chain | None = None

    @property
    def there(self) -> bool:
        """Whether a connection is proposed."""
        return self._chain is not None

    def offer(self, new: Sequence[str], selected: Sequence[str]) -> None:
        """Propose how new nodes are connected, where there is one sensible way.

        Args:
            new: ids of the nodes.
            selected: cards that were selected before: the new nodes go behind the last of them,
                and behind the network's output where there are none.
        """
        graph = self._canvas.store.project.graph
        inside = set(new)
        first = [one for one in new if not graph.sources[one]]
        last = [one for one in new if not graph.targets[one]]
        before = [self._canvas.out_node(one) for one in selected]
        ends = [one for one in before if not set(graph.targets.get(one, ())) & set(before)]
        if not before:
            ends = [one for one in graph.outputs if one not in inside]
        if not (len(first) == len(last) == len(ends) == 1) or ends[0] not in graph.by_id:
            return
        axes = compatibility.output_rank(self._canvas.workbench.shapes, ends[0])
        spec = LAYERS.get(graph.by_id[first[0]].layer)
        fits = spec is None or compatibility.accepts_rank(spec, axes)
        if not fits or connection_problem(graph, ends[0], first[0]):
            return
        self._chain = _Chain(ends[0], first[0], last[0])
        text = _("Press Enter to connect {source} to {target}.", source=ends[0], target=first[0])
        self._canvas.tell(text)
        announce(self._canvas.widget(), text)
        self._canvas.viewport().update()

    def dismiss(self) -> bool:
        """Take the proposal away; whether there was one."""
        there, self._chain = self._chain is not None, None
        if there:
            self._canvas.viewport().update()
        return there

    def accept(self) -> bool:
        """Make the proposed connection; whether there was one."""
        chain, self._chain = self._chain, None
        if chain is None:
            return False
        before = self._slide.places()
        change = partial(edits.insert_chain, after=chain.after, first=chain.first, last=chain.last)
        if self._canvas.edit(_("Connect"), change):
            self._slide.run(before)
        return True

    def holds(self, where: Point) -> bool:
        """Whether the button of the proposal is at a place on the canvas."""
        ends = self._ends()
        return ends is not None and self._button(*ends).contains(*where)

    def paint(self, p: QPainter) -> None:
        """Paint the proposed connection; the painter is in the canvas's coordinates."""
        ends = self._ends()
        if ends is None:
            return
        view = self._canvas
        paint_loose_wire(p, view, self._route(*ends), True)
        button = self._button(*ends)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(view.look.accent)
        p.drawRoundedRect(button, 6, 6)
        p.setPen(view.look.card)
        p.setFont(view.look.words(self._pixels, True))
        p.drawText(button, Qt.AlignmentFlag.AlignCenter, _("Connect (Enter)"))

    def _ends(self) -> tuple[Card, Card] | None:
        chain, picture = self._chain, self._canvas.picture
        if chain is None:
            return None
        cards = [
            picture.cards.get(picture.seen.stand_in.get(one, one))
            for one in (chain.after, chain.first)
        ]
        if cards[0] is None or cards[1] is None:
            return None
        return cards[0], cards[1]

    def _route(self, source: Card, target: Card) -> WireRoute:
        picture = self._canvas.picture
        start, end = picture.out_port(source), picture.in_port(target, 0)
        return WireRoute(*start, *end, horizontal=picture.horizontal)

    @property
    def _pixels(self) -> int:
        return max(_PIXELS, round(_PIXELS / self._canvas.camera.scale))

    def _button(self, source: Card, target: Card) -> QRectF:
        """Above the card that is to be fed, where the connection arrives, or else below it."""
        metrics = QFontMetricsF(self._canvas.look.words(self._pixels, True))
        width = metrics.horizontalAdvance(_("Connect (Enter)")) + 2 * _PAD
        height = metrics.height() + _PAD
        x, top = self._canvas.picture.in_port(target, 0)[0] + 10, target.y - height - 8
        if top < self._canvas.sight.seen_box()[1]:
            top = target.y + target.h + 8
        return QRectF(x, top, width, height)
