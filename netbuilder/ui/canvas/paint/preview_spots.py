"""Where the picture beside a card has room: no other card lies below it, and it is not cut off."""

from __future__ import annotations

from PySide6.QtCore import QRectF

from netbuilder.ui.canvas.paint.problem_bubbles import AWAY
from netbuilder.ui.canvas.scene.cards import Card
from netbuilder.ui.canvas.scene.scene import Scene
from netbuilder.ui.canvas.scene.spatial_index import Box

WIDEST = 320.0
_NEXT, _LEAST = 6.0, 20.0  # before the next card; the least width of a picture
_OVER, _FREE, _WIRE = 30.0, 5.0, 8.0  # above the first row; from cards; from wires


def preview_box(picture: Scene, card: Card, size: tuple[float, float], beyond: float) -> QRectF:
    """Right of its card, else left of it, else above it beside its wire, else smaller.

    ``beyond``: how far pictures may go beyond all cards, on the canvas: what is further is not
    seen where the network is shown whole.
    """
    width, height = size
    if picture.horizontal:
        return QRectF(card.x, card.y - height - 8, width, height)
    first, _, last, _ = picture.bounds
    left_room = beyond / 2 if last - first >= 2 * card.w else 0.0  # of one column, all is right
    x, y = card.x + card.w + AWAY, card.y + (card.h - height) / 2
    right = QRectF(x, y, width, height)
    beside = _others(picture, card, (x, y, x + width, y + height))
    if not beside and right.right() <= last + beyond - left_room:
        return right
    # On the left stands perhaps what another card shows on its right.
    left = card.x - AWAY - width
    taken = _others(picture, card, (left - WIDEST - AWAY, y, card.x - AWAY, y + height))
    if not taken and left >= first - left_room:
        return QRectF(left, y, width, height)
    shrink = 0.0
    if beside:
        shrink = max(min(other.x for other in beside) - _NEXT - x, _LEAST) / width
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
    """What is free above a card, left of its wire; of nothing that comes in, all its width."""
    wires = [wire for wire in picture.wires_of(card.id) if wire.target == card.id]
    end = min((wire.route.x2 - _WIRE for wire in wires), default=card.x + card.w)
    top = card.y - _FREE - _OVER
    if wires:
        over = picture.grid.cards_in((card.x, card.y - 4 * _OVER, end, card.y - 1))
        top = max((one.y + one.h + _FREE for one in over if one.id != card.id), default=top)
    free = QRectF(card.x, top, max(end - card.x, 0.0), max(card.y - _FREE - top, 0.0))
    box = (free.left(), free.top(), free.right(), free.bottom())
    crossed = any(
        free.contains(x, y) for wire in picture.grid.wires_in(box) for x, y in wire.route.points()
    )
    return QRectF() if crossed or _others(picture, card, box) else free


def _others(picture: Scene, card: Card, box: Box) -> list[Card]:
    return [one for one in picture.grid.cards_in(box) if one.id != card.id and _lies_in(one, box)]


def _lies_in(card: Card, box: Box) -> bool:
    """Whether a card lies in a box: the grid gives all cards for a box around them all."""
    return (
        card.x < box[2]
        and card.x + card.w > box[0]
        and card.y < box[3]
        and card.y + card.h > box[1]
    )
