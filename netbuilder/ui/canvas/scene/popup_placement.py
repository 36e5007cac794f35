"""Where a panel stands that explains cards, and how far the view moves to make room for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from PySide6.QtCore import QPointF, QRectF, QSizeF

_EDGE = 4.0  # pixels between the panel or a card and the edge of the viewport
_AWAY = 14.0  # and between the panel and what it explains
_ABOVE = 20.0  # a panel beside a card begins above the card
# What a pixel that the view moves or the panel is away, and one of another card, is worth in pixels
# that the panel lacks.
_MOVED, _COVERED = 10.0, 4.0


@dataclass(frozen=True)
class PopupPlace:
    """Where a panel stands.

    Attributes:
        panel: its rectangle on the viewport.
        move: how far the view moves for it.
        lowest: how far down it may grow.
    """

    panel: QRectF
    move: QPointF
    lowest: float


def place_popup(
    room: QSizeF,
    explained: Sequence[QRectF],
    others: Sequence[QRectF],
    wanted: QSizeF,
    least: QSizeF,
) -> PopupPlace:
    """Return the place on one of four sides that covers none of the cards it explains.

    All of them are seen beside it where there is room; else those nearest to the first.

    Args:
        room: the viewport's size.
        explained: the card, then its inputs, in pixels of the viewport.
        others: cards that are covered only where there is no room elsewhere.
        wanted: the size that shows all of the panel.
        least: the size below which it could not be read.
    """
    card, middle = explained[0], explained[0].center()
    near = [card]
    near += sorted(explained[1:], key=lambda one: (one.center() - middle).manhattanLength())
    for count in range(len(near), 0, -1):
        seen = _united(near[:count])
        places = [
            one
            for free in (seen, _united((seen, *others)))
            for along in (True, False)
            for after in (True, False)
            if (one := _beside(room, card, seen, free, wanted, least, along, after)) is not None
            and not _covered(one, near)
        ]
        if places:
            return min(places, key=lambda one: _cost(one, card, others, wanted))
    return _below_all(room, near, wanted)


def _covered(place: PopupPlace, cards: Sequence[QRectF]) -> float:
    """How many pixels of cards lie below a panel."""
    boxes = (one.translated(place.move).intersected(place.panel) for one in cards)
    return sum(one.width() * one.height() for one in boxes)


def _cost(place: PopupPlace, card: QRectF, others: Sequence[QRectF], wanted: QSizeF) -> float:
    panel, both = place.panel, place.panel.united(card.translated(place.move))
    lost = wanted.width() * wanted.height() - panel.width() * panel.height()
    far = max(both.width() - panel.width() - card.width(), 0.0)
    far += max(both.height() - panel.height() - card.height(), 0.0)
    moved = place.move.manhattanLength() + far
    return lost + _MOVED * moved + _COVERED * _covered(place, others)


def _beside(
    room: QSizeF,
    card: QRectF,
    seen: QRectF,
    free: QRectF,
    wanted: QSizeF,
    least: QSizeF,
    along: bool,
    after: bool,
) -> PopupPlace | None:
    """Return the place right of ``free`` (``along`` and ``after``), left, below or above it.

    ``seen`` is the part of it that comes into view, and ``card`` where not all of that has room.
    """
    if not along:  # the same with the axes exchanged
        room, wanted, least = room.transposed(), wanted.transposed(), least.transposed()
        card, seen, free = _turned(card), _turned(seen), _turned(free)
    low = seen.left() if after else free.left()
    high = free.right() if after else seen.right()
    length = min(wanted.width(), room.width() - 2 * _EDGE - _AWAY - (high - low))
    across = min(wanted.height(), room.height() - 2 * _EDGE)
    if length < least.width() or across < min(least.height(), room.height() - 2 * _EDGE):
        return None
    taken = length + _AWAY
    first, last = _EDGE, room.width() - _EDGE
    dx = _into(low, high, first + taken * (not after), last - taken * after)
    x = high + dx + _AWAY if after else low + dx - taken
    seen = seen if seen.height() <= room.height() - 2 * _EDGE else card
    dy = _into(seen.top(), seen.bottom(), _EDGE, room.height() - _EDGE)
    y = min(max(card.top() + dy - _ABOVE * along, _EDGE), room.height() - _EDGE - across)
    panel = QRectF(x, y, length, across)
    if along:
        return PopupPlace(panel, QPointF(dx, dy), room.height() - _EDGE)
    lowest = room.width() - _EDGE if after else x + length
    return PopupPlace(_turned(panel), QPointF(dy, dx), lowest)


def _below_all(room: QSizeF, cards: Sequence[QRectF], wanted: QSizeF) -> PopupPlace:
    """Return the place that a tiny viewport has: cards give way beyond its upper edge."""
    wide = min(wanted.width(), room.width() - 2 * _EDGE)
    high = max(room.height() - 2 * _EDGE - _AWAY - cards[0].height(), 0.6 * room.height())
    panel = QRectF(_EDGE, room.height() - _EDGE - high, wide, high)
    dx = _into(cards[0].left(), cards[0].right(), _EDGE, room.width() - _EDGE)
    dy = panel.top() - _AWAY - max(one.bottom() for one in cards)
    return PopupPlace(panel, QPointF(dx, dy), panel.bottom())


def _united(boxes: Sequence[QRectF]) -> QRectF:
    return reduce(QRectF.united, boxes)


def _turned(box: QRectF) -> QRectF:
    return QRectF(box.y(), box.x(), box.height(), box.width())


def _into(low: float, high: float, first: float, last: float) -> float:
    """How far to move what lies from ``low`` to ``high`` to bring it between two places."""
    return max(first - low, 0.0) or min(last - high, 0.0)
