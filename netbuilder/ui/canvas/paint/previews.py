"""What nodes see, as small pictures beside them. Who knows sets them; here they are shown."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Graph, Point
from netbuilder.ui.canvas.host import CanvasHost
from netbuilder.ui.canvas.paint.preview_spots import WIDEST, preview_box
from netbuilder.ui.canvas.paint.problem_bubbles import PREVIEW_HEIGHT
from netbuilder.ui.canvas.scene.cards import Card
from netbuilder.ui.canvas.scene.scene import Scene
from netbuilder.ui.canvas.scene.spatial_index import Box

_FADED = 0.3


class NodePreviews:
    """Pictures by node id."""

    def __init__(self, view: CanvasHost) -> None:
        self._view = view
        self._images: dict[str, QImage] = {}
        self._past: set[str] = set()  # of an earlier run, while another one goes on
        self._seen_in: Graph | None = None  # the network that saw what is shown
        self._compared: tuple[Graph, bool] | None = None
        self._spots_of: tuple[Scene, float] | None = None
        self._spots: dict[str, tuple[tuple[float, float], QRectF]] = {}

    def __bool__(self) -> bool:
        return bool(self._images)

    @property
    def ids(self) -> frozenset[str]:
        """Nodes that have a picture."""
        return frozenset(self._images)

    def set(self, node_id: str, image: QImage | None) -> None:
        """Show a picture beside a node; None takes it away."""
        if image is None or image.isNull():
            self._images.pop(node_id, None)
            self._past.discard(node_id)
        else:
            before = self._images.get(node_id)
            self._images[node_id] = image
            self._past.discard(node_id)
            self._seen_in = self._view.store.project.graph
            self._compared = None
            # While a run goes on the same pictures come again and again: others of their size.
            if before is None or before.size() != image.size():
                self._view.sight.make_room()
        self._view.repaint_all()

    def paint_over(self, node_id: str, image: QImage) -> None:
        """The same picture in other colours: what is old or of another network stays so."""
        if node_id in self._images:
            self._images[node_id] = image
            self._view.repaint_all()

    def fade(self) -> None:
        """All that is shown is of an earlier run from now on."""
        self._past = set(self._images)
        self._view.repaint_all()

    def clear(self) -> None:
        """Take all pictures away."""
        self._images.clear()
        self._view.repaint_all()

    @property
    def stale(self) -> bool:
        """Whether the network was changed since; places and names of groups do not count."""
        graph, before = self._view.store.project.graph, self._seen_in
        if before is None or graph is before:
            return False
        if self._compared is None or self._compared[0] is not graph:
            self._compared = (graph, _meaning(graph) != _meaning(before))
        return self._compared[1]

    @property
    def room(self) -> tuple[float, float]:
        """Room that pictures take on the left and on the right of all cards; 0 without any."""
        picture = self._view.picture
        spots = [
            self._spot(card, image)
            for one, image in self._images.items()
            if (card := picture.cards.get(one)) is not None
        ]
        if not spots:
            return 0.0, 0.0
        left, _, right, _ = picture.bounds
        return (
            max(left - min(spot.left() for spot in spots), 0.0),
            max(max(spot.right() for spot in spots) - right, 0.0),
        )

    @staticmethod
    def _size(image: QImage) -> tuple[float, float]:
        ratio = image.devicePixelRatio()
        width, height = image.width() / ratio, image.height() / ratio
        shrink = min(1.0, WIDEST / width, PREVIEW_HEIGHT / height)
        return width * shrink, height * shrink

    def _places(self) -> Iterator[tuple[str, QRectF]]:
        """Where the pictures in view are, on the canvas."""
        picture = self._view.picture
        left, top, right, bottom = self._view.sight.seen_box()
        for one, image in self._images.items():
            card = picture.cards.get(one)
            if card is None or not (top - 80 < card.y < bottom and left - 640 < card.x < right):
                continue
            yield one, self._spot(card, image)

    def _spot(self, card: Card, image: QImage) -> QRectF:
        """Where a card's picture is; found once for a picture of the network in a window."""
        picture, kept = self._view.picture, self._spots_of
        left, _, right, _ = picture.bounds
        beyond = max(self._view.sight.widest - (right - left), 0.0)
        if kept is None or kept[0] is not picture or kept[1] != beyond:
            self._spots_of, self._spots = (picture, beyond), {}
        size = self._size(image)
        known = self._spots.get(card.id)
        if known is None or known[0] != size:
            known = self._spots[card.id] = (size, preview_box(picture, card, size, beyond))
        return known[1]

    def boxes(self) -> dict[str, Box]:
        """Where the pictures in view are, on the canvas, by node id."""
        return {
            one: (spot.left(), spot.top(), spot.right(), spot.bottom())
            for one, spot in self._places()
        }

    def at(self, where: Point) -> str:
        """The node whose picture lies at a place on the canvas; "" beside all of them."""
        return next((one for one, spot in self._places() if spot.contains(*where)), "")

    def tip(self, where: Point) -> str:
        """What a pointer that rests on a picture is told; "" beside all of them."""
        node = self.at(where)
        if not node:
            return ""
        if node in self._past:
            return _("From the previous run. This run has not reached it yet.")
        if self.stale:
            return _("From the last run. The network has changed since. Train to update it.")
        return _(
            "This layer's output for the current sample. Click to enlarge it or to "
            "choose another row."
        )

    def paint(self, p: QPainter) -> None:
        """Paint the pictures in view; the painter is in the canvas's coordinates."""
        if not self._images:
            return
        p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        stale = self.stale
        for one, spot in self._places():
            p.setOpacity(_FADED if stale or one in self._past else 1.0)
            p.drawImage(spot, self._images[one])
        p.setOpacity(1.0)


def _meaning(graph: Graph) -> tuple[object, ...]:
    """All of a graph that bears on what it computes."""
    nodes = tuple((n.id, n.layer, n.params, n.shared) for n in graph.nodes)
    return (nodes, graph.edges)
