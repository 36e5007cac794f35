"""The placement of the layer popup beside the cards that it explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from PySide6.QtCore import QPointF, QRectF, QSizeF

_EDGE = 4.0  # pixels to the edge of the viewport
_AWAY = 14.0  # pixels between the panel and the cards
_ABOVE = 20.0  # pixels by which a panel starts above the card beside it
# Costs, in missing pixels of the panel's area, of a pixel moved and of a pixel covered.
_MOVED, _COVERED = 10.0, 4.0


@dataclass(frozen=True)
class PopupPlace:
    """A panel's rectangle on the viewport, how far the view moves, and the panel's lowest y."""

    panel: QRectF
    move: QPointF
    lowest: float


def place_popup(
    room: QSizeF,
    explained: Sequence[QRectF],
    others: Sequence[QRectF],
    whole: QSizeF,
    least: QSizeF,
) -> PopupPlace:
    """Return the best place on one of four sides that covers no explained card.

    As many explained cards as possible are in view, the first one always.

    Args:
        room: the viewport's size.
        explained: the card, then its inputs, in viewport pixels.
        others: cards to avoid covering.
        whole: the panel's full size.
        least: the panel's minimum size.
    """
    card, middle = explained[0], explained[0].center()
    near = [card]
    near += sorted(explained[1:], key=lambda box: (box.center() - middle).manhattanLength())
    for count in range(len(near), 0, -1):
        group = _united(near[:count])
        places = [
            place
            for free in (group, _united((group, *others)))
            for along in (True, False)
            for after in (True, False)
            if (place := _beside(room, card, group, free, whole, least, along, after)) is not None
            and not _covered(place, near)
        ]
        if places:
            return min(places, key=lambda place: _cost(place, card, others, whole))
    return _below_all(room, near, whole)


def _covered(place: PopupPlace, cards: Sequence[QRectF]) -> float:
    boxes = (card.translated(place.move).intersected(place.panel) for card in cards)
    return sum(box.width() * box.height() for box in boxes)


def _cost(place: PopupPlace, card: QRectF, others: Sequence[QRectF], full: QSizeF) -> float:
    panel, both = place.panel, place.panel.united(card.translated(place.move))
    lost = full.width() * full.height() - panel.width() * panel.height()
    far = max(both.width() - panel.width() - card.width(), 0.0)
    far += max(both.height() - panel.height() - card.height(), 0.0)
    moved = place.move.manhattanLength() + far
    return lost + _MOVED * moved + _COVERED * _covered(place, others)


def _beside(
    room: QSizeF,
    card: QRectF,
    group: QRectF,
    free: QRectF,
    full: QSizeF,
    least: QSizeF,
    along: bool,
    after: bool,
) -> PopupPlace | None:
    """Return the place right of ``free`` (``along`` and ``after``), left, below or above it.

    ``group`` is moved into view or, if that is too large, ``card``.
    """
    if not along:  # swap the axes
        room, full, least = room.transposed(), full.transposed(), least.transposed()
        card, group, free = _turned(card), _turned(group), _turned(free)
    low = group.left() if after else free.left()
    high = free.right() if after else group.right()
    length = min(full.width(), room.width() - 2 * _EDGE - _AWAY - (high - low))
    across = min(full.height(), room.height() - 2 * _EDGE)
    if length < least.width() or across < min(least.height(), room.height() - 2 * _EDGE):
        return None
    taken = length + _AWAY
    first, last = _EDGE, room.width() - _EDGE
    dx = _into(low, high, first + taken * (not after), last - taken * after)
    x = high + dx + _AWAY if after else low + dx - taken
    group = group if group.height() <= room.height() - 2 * _EDGE else card
    dy = _into(group.top(), group.bottom(), _EDGE, room.height() - _EDGE)
    y = min(max(card.top() + dy - _ABOVE * along, _EDGE), room.height() - _EDGE - across)
    panel = QRectF(x, y, length, across)
    if along:
        return PopupPlace(panel, QPointF(dx, dy), room.height() - _EDGE)
    lowest = room.width() - _EDGE if after else x + length
    return PopupPlace(_turned(panel), QPointF(dy, dx), lowest)


def _below_all(room: QSizeF, cards: Sequence[QRectF], full: QSizeF) -> PopupPlace:
    """Return the place in a tiny viewport, where cards move beyond the upper edge."""
    wide = min(full.width(), room.width() - 2 * _EDGE)
    high = max(room.height() - 2 * _EDGE - _AWAY - cards[0].height(), 0.6 * room.height())
    panel = QRectF(_EDGE, room.height() - _EDGE - high, wide, high)
    dx = _into(cards[0].left(), cards[0].right(), _EDGE, room.width() - _EDGE)
    dy = panel.top() - _AWAY - max(card.bottom() for card in cards)
    return PopupPlace(panel, QPointF(dx, dy), panel.bottom())


def _united(boxes: Sequence[QRectF]) -> QRectF:
    return reduce(QRectF.united, boxes)


def _turned(box: QRectF) -> QRectF:
    return QRectF(box.y(), box.x(), box.height(), box.width())


def _into(low: float, high: float, first: float, last: float) -> float:
    """Return how far to move a range from ``low`` to ``high`` to lie between two places."""
    return max(first - low, 0.0) or min(last - high, 0.0)
