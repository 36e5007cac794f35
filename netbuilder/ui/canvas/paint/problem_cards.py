"""What is wrong with a node, in words, beside it, with its fix as a button."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from netbuilder.ui.canvas.paint.paint_state import NEAR
from netbuilder.ui.canvas.paint.painter_cache import CanvasLook
from netbuilder.ui.canvas.scene.cards import Card
from netbuilder.ui.canvas.scene.scene import Scene
from netbuilder.ui.canvas.scene.spatial_index import Box

WIDTH = 250.0
AWAY = 14.0  # from the card
_PAD = 11.0
_TITLE_PIXELS, _TEXT_PIXELS = 13, 12
PREVIEW_HEIGHT = 40.0


@dataclass(frozen=True)
class Bubble:
    """The words of one card's first problem, placed. ``button`` is its fix, or None."""

    card: Card
    problem: Any
    more: int  # further problems of the same card
    box: Box
    title: QRectF
    text: QRectF
    button: QRectF | None

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies in the bubble."""
        return self.box[0] <= x <= self.box[2] and self.box[1] <= y <= self.box[3]


def place(
    picture: Scene,
    cards: Iterable[Card],
    look: CanvasLook,
    scale: float,
    asked: frozenset[str],
    previews: Mapping[str, Box] | None = None,
    seen: Box | None = None,
) -> list[Bubble]:
    """The bubbles of the given cards, none over another.

    A bubble that would cover other cards, or pictures beside them, comes only for cards in
    ``asked`` (selected, hovered), and stands where there is room; until then the mark on the card
    stands for it. Where the right of ``seen`` has no room, a bubble stands on the left of its card.
    """
    if scale < NEAR:
        return []
    previews = previews or {}
    bubbles: list[Bubble] = []
    marked = [card for card in cards if card.problems]
    for card in sorted(marked, key=lambda c: (c.x, c.y)):
        bubble = _lay(picture, card, look, card.id in previews)
        if seen is not None:
            bubble = _in_view(picture, bubble, seen)
        for other in bubbles:
            if _touch(bubble.box, other.box):
                bubble = _shifted(bubble, 0.0, other.box[3] + 6.0 - bubble.box[1])
        if not _covers(picture, bubble, previews):
            bubbles.append(bubble)
        elif card.id in asked:
            bubbles.append(_aside(picture, bubble, bubbles, seen, previews))
    return bubbles


def _covers(picture: Scene, bubble: Bubble, previews: Mapping[str, Box]) -> bool:
    return any(c.id != bubble.card.id for c in picture.grid.cards_in(bubble.box)) or any(
        one != bubble.card.id and _touch(bubble.box, box) for one, box in previews.items()
    )


def _aside(
    picture: Scene,
    bubble: Bubble,
    others: list[Bubble],
    seen: Box | None,
    previews: Mapping[str, Box],
) -> Bubble:
    """A bubble that was asked for, where it covers no card: as near as there is room in view.

    Where there is none, it stays where it is.
    """
    card, (left, top, _, bottom) = bubble.card, bubble.box
    height = bottom - top
    spots: list[tuple[float, float]] = []
    for away in range(0, 1300, 40):
        spots += [
            (card.x + card.w + AWAY + away, top),
            (card.x - AWAY - WIDTH - away, top),
            (card.x, card.y + card.h + AWAY + away),
            (card.x, card.y - AWAY - height - away),
        ]
    for x, y in spots:
        moved = _shifted(bubble, x - left, y - top)
        a, b, c, d = moved.box
        if seen is not None and (a < seen[0] or b < seen[1] or c > seen[2] or d > seen[3]):
            continue
        taken = [*(o.box for o in others), *previews.values()]
        if picture.grid.cards_in(moved.box) or any(_touch(moved.box, box) for box in taken):
            continue
        return moved
    return bubble


def _in_view(picture: Scene, bubble: Bubble, seen: Box) -> Bubble:
    """On the left of its card, or below it, where the right has no room."""
    card, (left, top, right, bottom) = bubble.card, bubble.box
    over = bottom - seen[3] + 8
    if over > 0 and card.y + card.h <= seen[3] and not picture.horizontal:
        bubble = _shifted(bubble, 0.0, -min(over, max(0.0, top - seen[1] - 8)))
        left, top, right, bottom = bubble.box
    if right <= seen[2] or card.x > seen[2] or card.x + card.w < seen[0]:
        return bubble
    inside = max(seen[0] + 8, seen[2] - WIDTH - 8)
    if picture.horizontal:
        return _shifted(bubble, inside - left, 0.0)
    beside = card.x - AWAY - WIDTH
    if beside >= seen[0]:
        on_left = _shifted(bubble, beside - left, 0.0)
        if not picture.grid.cards_in(on_left.box):
            return on_left
    below = card.y + card.h + AWAY
    return _shifted(bubble, min(card.x, inside) - left, below - top)


def _touch(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] + 4 and b[1] < a[3] + 4


def _shifted(bubble: Bubble, dx: float, dy: float) -> Bubble:
    left, top, right, bottom = bubble.box
    return replace(
        bubble,
        box=(left + dx, top + dy, right + dx, bottom + dy),
        title=bubble.title.translated(dx, dy),
        text=bubble.text.translated(dx, dy),
        button=bubble.button.translated(dx, dy) if bubble.button is not None else None,
    )


def _lay(picture: Scene, card: Card, look: CanvasLook, has_preview: bool) -> Bubble:
    problem = card.problems[0]
    title_height, text_height, button_width, button_height = _measured(card, look)
    height = _PAD + title_height + 2 + text_height + (_PAD - 1)
    if button_width:
        height += button_height + 7
    if picture.horizontal:
        left, top = card.x, card.y + card.h + AWAY
    else:
        left, top = card.x + card.w + AWAY, card.y - 8
        if has_preview:
            top = card.y + card.h / 2 + PREVIEW_HEIGHT / 2 + 6
    inner = WIDTH - 2 * _PAD
    title = QRectF(left + _PAD, top + _PAD - 3, inner, title_height)
    text = QRectF(left + _PAD, title.bottom() + 2, inner, text_height)
    button = None
    if button_width:
        button = QRectF(left + _PAD, text.bottom() + 7, button_width, button_height)
    return Bubble(
        card,
        problem,
        len(card.problems) - 1,
        (left, top, left + WIDTH, top + height),
        title,
        text,
        button,
    )


def _words(bubble_card: Card) -> tuple[str, str]:
    problem = bubble_card.problems[0]
    more = len(bubble_card.problems) - 1
    text = problem.message
    if more:
        text += f"\n+ {more} more"
    return problem.title, text


def _measured(card: Card, look: CanvasLook) -> tuple[float, float, float, float]:
    """Heights of title and text, width and height of the button (0: there is no fix)."""
    kept = card.cache.get("bubble")
    if kept is not None and kept[0] is look.generation:
        known: tuple[float, float, float, float] = kept[1]
        return known
    title, text = _words(card)
    inner = QRectF(0, 0, WIDTH - 2 * _PAD, 2000)
    wrap = int(Qt.TextFlag.TextWordWrap)
    title_box = QFontMetricsF(look.words(_TITLE_PIXELS, True)).boundingRect(inner, wrap, title)
    text_box = QFontMetricsF(look.words(_TEXT_PIXELS)).boundingRect(inner, wrap, text)
    fix = card.problems[0].fix
    width = height = 0.0
    if fix is not None:
        metrics = QFontMetricsF(look.words(_TEXT_PIXELS, True))
        width = min(metrics.horizontalAdvance(fix.label) + 20, inner.width())
        # The name at its end tells which layer is meant: a long label has two lines.
        lines = metrics.boundingRect(QRectF(0, 0, width - 12, 2000), wrap, fix.label)
        height = max(23.0, lines.height() + 8)
    found = (title_box.height(), text_box.height(), width, height)
    card.cache["bubble"] = (look.generation, found)
    return found


def paint(p: QPainter, bubbles: Iterable[Bubble], look: CanvasLook, hovered_fix: str) -> None:
    """Paint bubbles; the painter is in the canvas's coordinates."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing)
    wrap = int(Qt.TextFlag.TextWordWrap)
    for bubble in bubbles:
        line, back, on_line = map(QColor, look.tone(bubble.problem.tone))
        left, top, right, bottom = bubble.box
        _leader(p, bubble, line)
        p.setPen(QPen(line, 1.0))
        p.setBrush(back)
        p.drawRoundedRect(QRectF(left, top, right - left, bottom - top), 8, 8)
        title, text = _words(bubble.card)
        p.setFont(look.words(_TITLE_PIXELS, True))
        p.drawText(bubble.title, wrap, title)
        p.setPen(look.text)
        p.setFont(look.words(_TEXT_PIXELS))
        p.drawText(bubble.text, wrap, text)
        if bubble.button is not None:
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(line.lighter(112) if hovered_fix == bubble.card.id else line)
            p.drawRoundedRect(bubble.button, 5, 5)
            p.setPen(on_line)
            p.setFont(look.words(_TEXT_PIXELS, True))
            inside = bubble.button.adjusted(6, 0, -6, 0)
            p.drawText(inside, int(Qt.AlignmentFlag.AlignCenter) | wrap, bubble.problem.fix.label)


def paint_marks(
    p: QPainter, cards: Iterable[Card], told: Iterable[Bubble], look: CanvasLook, scale: float
) -> None:
    """A mark on each card with a problem that is not told in words just now."""
    in_words = {bubble.card.id for bubble in told}
    radius = min(max(9.0, 7.0 / scale), 20.0)
    p.setRenderHint(QPainter.RenderHint.Antialiasing)
    for card in cards:
        if not card.problems or card.id in in_words:
            continue
        tone = card.problems[0].tone
        colour, _, on_colour = map(QColor, look.tone(tone))
        p.setPen(QPen(look.canvas, 2))
        p.setBrush(colour)
        spot = QPointF(card.x + card.w - 3, card.y + 3)
        p.drawEllipse(spot, radius, radius)
        p.setPen(on_colour)
        p.setFont(look.words(round(radius * 1.5), True))
        box = QRectF(spot.x() - radius, spot.y() - radius, 2 * radius, 2 * radius)
        p.drawText(box, Qt.AlignmentFlag.AlignCenter, "…" if tone == "hint" else "!")
        if scale >= NEAR:
            _paint_tag(p, card, look, colour, on_colour)


def _paint_tag(
    p: QPainter, card: Card, look: CanvasLook, colour: QColor, on_colour: QColor
) -> None:
    """The first words of a problem on the lower left edge of its card, where no label stands."""
    font = look.words(11, True)
    metrics = QFontMetricsF(font)
    title = card.problems[0].title
    text = metrics.elidedText(title, Qt.TextElideMode.ElideRight, card.w / 2 - 34)
    width = metrics.horizontalAdvance(text) + 12
    box = QRectF(card.x + 8, card.y + card.h - 7, width, 18)
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(colour)
    p.drawRoundedRect(box, 5, 5)
    p.setPen(on_colour)
    p.setFont(font)
    p.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _leader(p: QPainter, bubble: Bubble, line: QColor) -> None:
    """A thin line from the card to a bubble that had to move away from it."""
    card, (left, top, right, bottom) = bubble.card, bubble.box
    p.setPen(QPen(line, 1.0))
    if top > card.y + card.h and left > card.x + card.w:
        p.drawPolyline(
            [
                QPointF(card.x + card.w, card.y + card.h / 2),
                QPointF(card.x + card.w + AWAY / 2, card.y + card.h / 2),
                QPointF(card.x + card.w + AWAY / 2, top + 14),
                QPointF(left, top + 14),
            ]
        )
    elif left - card.x - card.w > 2 * AWAY or card.x - right > 2 * AWAY:
        near, far = (card.x + card.w, left) if left > card.x else (card.x, right)
        level = min(max(card.y + card.h / 2, top + 8), bottom - 8)
        p.drawLine(QPointF(near, card.y + card.h / 2), QPointF(far, level))
    elif top - card.y - card.h > 2 * AWAY or card.y - bottom > 2 * AWAY:
        near, far = (card.y + card.h, top) if top > card.y else (card.y, bottom)
        p.drawLine(QPointF(card.x + 20, near), QPointF(card.x + 20, far))
