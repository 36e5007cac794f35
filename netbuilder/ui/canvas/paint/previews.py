"""Previews: small pictures of the layers' outputs beside their cards."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Graph, Point
from netbuilder.ui.canvas.host import CanvasHost
from netbuilder.ui.canvas.paint.problem_bubbles import AWAY, PREVIEW_HEIGHT
from netbuilder.ui.canvas.scene.cards import Card
from netbuilder.ui.canvas.scene.scene import Scene
from netbuilder.ui.canvas.scene.spatial_index import Box

WIDEST = 320.0
_NEXT, _LEAST = 6.0, 20.0  # gap to the next card; least width of a preview
_OVER, _FREE, _WIRE = 30.0, 3.0, 8.0  # space above the first row; gaps to cards and wires


def preview_box(picture: Scene, card: Card, size: tuple[float, float], beyond: float) -> QRectF:
    """Return a preview's box: right of its card, else left, above it beside its wire, or shrunk.

    ``beyond``: how far previews may extend beyond all cards, on the canvas.
    """
    width, height = size
    if picture.horizontal:
        return QRectF(card.x, card.y - height - 8, width, height)
    first, _, last, _ = picture.bounds
    left_room = beyond / 2 if last - first >= 2 * card.w else 0.0  # a single column has only right
    x, y = card.x + card.w + AWAY, card.y + (card.h - height) / 2
    right = QRectF(x, y, width, height)
    beside = _others(picture, card, (x, y, x + width, y + height))
    limit = last + beyond - left_room
    if not beside and right.right() <= limit:
        return right
    # The left may hold the preview of another card.
    left = card.x - AWAY - width
    taken = _others(picture, card, (left - WIDEST - AWAY, y, card.x - AWAY, y + height))
    if not taken and left >= first - left_room:
        return QRectF(left, y, width, height)
    shrink = 0.0
    if beside:
        shrink = max(min(other.x for other in beside) - _NEXT - x, _LEAST) / width
    elif limit - x >= _LEAST:
        shrink = (limit - x) / width
    if shrink >= 1:
        return right
    above = _above(picture, card)
    part = min(1.0, above.width() / width, above.height() / height)
    if part > shrink:
        return QRectF(above.left(), above.bottom() - height * part, width * part, height * part)
    if shrink:
        return QRectF(x, card.y + (card.h - height * shrink) / 2, width * shrink, height * shrink)
    return right


def _above(picture: Scene, card: Card) -> QRectF:
    """Return the free space above a card, left of its incoming wire."""
    wires = [wire for wire in picture.wires_of(card.id) if wire.target == card.id]
    end = min((wire.route.x2 - _WIRE for wire in wires), default=card.x + card.w)
    top = card.y - _FREE - _OVER
    if wires:
        upper = picture.grid.cards_in((card.x, card.y - 4 * _OVER, end, card.y - 1))
        top = max((c.y + c.h + _FREE for c in upper if c.id != card.id), default=top)
    free = QRectF(card.x, top, max(end - card.x, 0.0), max(card.y - _FREE - top, 0.0))
    box = (free.left(), free.top(), free.right(), free.bottom())
    crossed = any(
        free.contains(x, y) for wire in picture.grid.wires_in(box) for x, y in wire.route.points()
    )
    return QRectF() if crossed or _others(picture, card, box) else free


def _others(picture: Scene, card: Card, box: Box) -> list[Card]:
    return [c for c in picture.grid.cards_in(box) if c.id != card.id and _lies_in(c, box)]


def _lies_in(card: Card, box: Box) -> bool:
    return (
        card.x < box[2]
        and card.x + card.w > box[0]
        and card.y < box[3]
        and card.y + card.h > box[1]
    )


_FADED = 0.3


class NodePreviews:
    """Preview images by node id."""

    def __init__(self, view: CanvasHost) -> None:
        self._view = view
        self.images: dict[str, QImage] = {}
        self.past: set[str] = set()  # from an earlier run
        self._graph: Graph | None = None  # the network that made the images
        self._compared: tuple[Graph, bool] | None = None
        self._spots_of: tuple[Scene, float] | None = None
        self._spots: dict[str, tuple[tuple[float, float], QRectF]] = {}

    def __bool__(self) -> bool:
        return bool(self.images)

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(self.images)

    def set(self, node_id: str, image: QImage | None) -> None:
        """Set a node's preview; None removes it."""
        if image is None or image.isNull():
            self.images.pop(node_id, None)
            self.past.discard(node_id)
        else:
            before = self.images.get(node_id)
            self.images[node_id] = image
            self.past.discard(node_id)
            self._graph = self._view.store.project.graph
            self._compared = None
            if before is None or before.size() != image.size():
                self._view.scene_viewport.make_room()
        self._view.repaint_all()

    def paint_over(self, node_id: str, image: QImage) -> None:
        """Recolour a preview, which stays stale or past."""
        if node_id in self.images:
            self.images[node_id] = image
            self._view.repaint_all()

    def fade(self) -> None:
        """Mark all previews as those of an earlier run."""
        self.past = set(self.images)
        self._view.repaint_all()

    def clear(self) -> None:
        self.images.clear()
        self._view.repaint_all()

    @property
    def stale(self) -> bool:
        """Whether the network has changed since, apart from positions and group names."""
        graph, before = self._view.store.project.graph, self._graph
        if before is None or graph is before:
            return False
        if self._compared is None or self._compared[0] is not graph:
            self._compared = (graph, _meaning(graph) != _meaning(before))
        return self._compared[1]

    @property
    def room(self) -> tuple[float, float]:
        """The canvas space that previews take left and right of all cards."""
        picture = self._view.picture
        spots = [
            self._spot(card, image)
            for node_id, image in self.images.items()
            if (card := picture.cards.get(node_id)) is not None
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

    def places(self) -> Iterator[tuple[str, QRectF]]:
        """Yield node ids and boxes of the visible previews, in canvas coordinates."""
        picture = self._view.picture
        left, top, right, bottom = self._view.scene_viewport.seen_box()
        for node_id, image in self.images.items():
            card = picture.cards.get(node_id)
            if card is None or not (top - 80 < card.y < bottom and left - 640 < card.x < right):
                continue
            yield node_id, self._spot(card, image)

    def _spot(self, card: Card, image: QImage) -> QRectF:
        """Return the box of a card's preview, cached for a scene and viewport width."""
        picture, key = self._view.picture, self._spots_of
        left, _, right, _ = picture.bounds
        beyond = max(self._view.scene_viewport.widest - (right - left), 0.0)
        if key is None or key[0] is not picture or key[1] != beyond:
            self._spots_of, self._spots = (picture, beyond), {}
        size = self._size(image)
        cached = self._spots.get(card.id)
        if cached is None or cached[0] != size:
            cached = self._spots[card.id] = (size, preview_box(picture, card, size, beyond))
        return cached[1]

    def boxes(self) -> dict[str, Box]:
        return {
            node_id: (spot.left(), spot.top(), spot.right(), spot.bottom())
            for node_id, spot in self.places()
        }

    def at(self, where: Point) -> str:
        """Return the node whose preview is at a place on the canvas, or ""."""
        return next((node_id for node_id, spot in self.places() if spot.contains(*where)), "")

    def tip(self, where: Point) -> str:
        """Return the tooltip of the preview at a place on the canvas, or ""."""
        node = self.at(where)
        if not node:
            return ""
        if node in self.past:
            return _("From the previous run. This run has not reached it yet.")
        if self.stale:
            return _("From the last run. The network has changed since. Train to update it.")
        return _(
            "This layer's output for the current sample. Click to enlarge it or to "
            "choose another row."
        )

    def paint(self, p: QPainter, panel: QRectF) -> None:
        """Paint the visible previews, except those partly below ``panel`` (in viewport pixels)."""
        if not self.images:
            return
        p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        stale = self.stale
        for node_id, spot in self.places():
            if p.transform().mapRect(spot).intersects(panel):
                continue
            p.setOpacity(_FADED if stale or node_id in self.past else 1.0)
            p.drawImage(spot, self.images[node_id])
        p.setOpacity(1.0)


def _meaning(graph: Graph) -> tuple[object, ...]:
    """Return the parts of a graph that affect its outputs."""
    nodes = tuple((n.id, n.layer, n.params, n.shared) for n in graph.nodes)
    return (nodes, graph.edges)
