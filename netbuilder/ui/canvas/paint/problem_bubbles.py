"""Problem bubbles beside their cards, with a fix button, and other messages on the canvas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.paint.paint_resources import NEAR, PaintResources, PaintState
from netbuilder.ui.canvas.scene.cards import Card
from netbuilder.ui.canvas.scene.scene import Scene
from netbuilder.ui.canvas.scene.spatial_index import Box

_WIDEST = 340.0


class PointerTip:
    """A message near the pointer, until the next press or gesture."""

    def __init__(self) -> None:
        self.text = ""
        self._at: Point = (0.0, 0.0)

    def show(self, text: str, at: Point) -> None:
        self.text, self._at = text, at

    def hide(self) -> None:
        self.text = ""

    def paint(self, p: QPainter, look: PaintResources, size: tuple[int, int]) -> None:
        if not self.text:
            return
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = look.words(12)
        metrics = QFontMetricsF(font)
        wrap = int(Qt.TextFlag.TextWordWrap)
        words = metrics.boundingRect(QRectF(0, 0, _WIDEST, 1000), wrap, self.text)
        x = min(max(8.0, self._at[0] + 16), size[0] - words.width() - 28)
        y = self._at[1] + 20
        if y + words.height() + 20 > size[1]:
            y = self._at[1] - words.height() - 28
        box = QRectF(x, max(8.0, y), words.width() + 20, words.height() + 12)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(look.text)
        p.drawRoundedRect(box, 6, 6)
        p.setPen(look.canvas)
        p.setFont(font)
        p.drawText(box.adjusted(10, 6, -8, -4), wrap, self.text)


def paint_focus(p: QPainter, look: PaintResources, size: tuple[int, int]) -> None:
    """Paint the focus frame of the canvas."""
    p.setPen(QPen(look.accent, 2))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawRect(QRectF(1, 1, size[0] - 2, size[1] - 2))


def paint_empty(p: QPainter, look: PaintResources, size: tuple[int, int]) -> None:
    """Paint the hint on an empty canvas."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing)
    width, height = size
    box = QRectF(width / 2 - 170, height / 2 - 62, 340, 124)
    p.setPen(QPen(look.wire, 1.5, Qt.PenStyle.DashLine))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawRoundedRect(box, 10, 10)
    p.setFont(look.words(15, True))
    p.setPen(look.text)
    p.drawText(
        QRectF(box.left(), box.top() + 18, 340, 24),
        Qt.AlignmentFlag.AlignCenter,
        _("Start with Input"),
    )
    p.setFont(look.words(13))
    p.setPen(look.secondary)
    for line, text in enumerate(
        (_("Drag a layer here from the left,"), _("double-click it, or press Tab and type."))
    ):
        p.drawText(
            QRectF(box.left(), box.top() + 48 + 22 * line, 340, 22),
            Qt.AlignmentFlag.AlignCenter,
            text,
        )


def paint_hint(
    p: QPainter, look: PaintResources, x: float, y: float, text: str, scale: float
) -> None:
    """Paint an accent-coloured hint about a drop."""
    font = look.words(max(11, round(12 / scale)), True)
    p.setFont(font)
    p.setPen(look.accent)
    p.drawText(QPointF(x, y), text)


WIDTH = 250.0
AWAY = 14.0  # from the card
_PAD = 11.0
_TITLE_PIXELS, _TEXT_PIXELS = 13, 12
_TAG_PIXELS, _TAG_PAD = 11, 6
PREVIEW_HEIGHT = 40.0
Line = tuple[Point, ...]


@dataclass(frozen=True)
class ProblemBubble:
    """The placed text of a card's first problem, with its fix ``button`` or None, and a ``leader``
    line from the card if the bubble is further away."""

    card: Card
    problem: Any
    more: int  # further problems of the same card
    box: Box
    title: QRectF
    text: QRectF
    button: QRectF | None
    leader: Line = ()

    def holds(self, x: float, y: float) -> bool:
        return self.box[0] <= x <= self.box[2] and self.box[1] <= y <= self.box[3]


def place_bubbles(
    picture: Scene,
    cards: Iterable[Card],
    look: PaintResources,
    scale: float,
    requested: frozenset[str],
    previews: Mapping[str, Box] | None = None,
    area: Box | None = None,
) -> list[ProblemBubble]:
    """Return the bubbles of the cards, without overlaps and preferably inside ``area``.

    A bubble that would cover cards or previews is only shown for cards in ``requested`` (selected,
    hovered), where there is room. Other cards only have a mark.
    """
    if scale < NEAR:
        return []
    previews = previews or {}
    bubbles: list[ProblemBubble] = []
    marked = [card for card in cards if card.problems]
    for card in sorted(marked, key=lambda c: (c.x, c.y)):
        bubble = _lay(picture, card, look, card.id in previews)
        if area is not None:
            bubble = _in_view(picture, bubble, area)
        for other in bubbles:
            if _touch(bubble.box, other.box):
                bubble = _shifted(bubble, 0.0, other.box[3] + 6.0 - bubble.box[1])
        if not _covers(picture, bubble, previews):
            bubbles.append(bubble)
        elif card.id in requested:
            bubbles.append(_aside(picture, bubble, bubbles, area, previews))
    return [replace(b, leader=_leader(picture, b, bubbles, previews)) for b in bubbles]


def _covers(picture: Scene, bubble: ProblemBubble, previews: Mapping[str, Box]) -> bool:
    return any(c.id != bubble.card.id for c in picture.grid.cards_in(bubble.box)) or any(
        id_ != bubble.card.id and _touch(bubble.box, box) for id_, box in previews.items()
    )


def _aside(
    picture: Scene,
    bubble: ProblemBubble,
    others: list[ProblemBubble],
    area: Box | None,
    previews: Mapping[str, Box],
) -> ProblemBubble:
    """Move a bubble to the nearest visible place without cards, if there is one."""
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
        if area is not None and (a < area[0] or b < area[1] or c > area[2] or d > area[3]):
            continue
        taken = [*(o.box for o in others), *previews.values()]
        if picture.grid.cards_in(moved.box) or any(_touch(moved.box, box) for box in taken):
            continue
        return moved
    return bubble


def _in_view(picture: Scene, bubble: ProblemBubble, area: Box) -> ProblemBubble:
    """Move a bubble left of its card, or below it, if the right has no space."""
    card, (left, top, right, bottom) = bubble.card, bubble.box
    over = bottom - area[3] + 8
    if over > 0 and card.y + card.h <= area[3] and not picture.horizontal:
        bubble = _shifted(bubble, 0.0, -min(over, max(0.0, top - area[1] - 8)))
        left, top, right, bottom = bubble.box
    if right <= area[2] or card.x > area[2] or card.x + card.w < area[0]:
        return bubble
    inside = max(area[0] + 8, area[2] - WIDTH - 8)
    if picture.horizontal:
        return _shifted(bubble, inside - left, 0.0)
    new_left = card.x - AWAY - WIDTH
    if new_left >= area[0]:
        on_left = _shifted(bubble, new_left - left, 0.0)
        if not picture.grid.cards_in(on_left.box):
            return on_left
    below = card.y + card.h + AWAY
    return _shifted(bubble, min(card.x, inside) - left, below - top)


def _touch(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] + 4 and b[1] < a[3] + 4


def _shifted(bubble: ProblemBubble, dx: float, dy: float) -> ProblemBubble:
    left, top, right, bottom = bubble.box
    return replace(
        bubble,
        box=(left + dx, top + dy, right + dx, bottom + dy),
        title=bubble.title.translated(dx, dy),
        text=bubble.text.translated(dx, dy),
        button=bubble.button.translated(dx, dy) if bubble.button is not None else None,
    )


def _lay(picture: Scene, card: Card, look: PaintResources, has_preview: bool) -> ProblemBubble:
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
    return ProblemBubble(
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
        text += "\n" + ngettext("+ {count} more", "+ {count} more", more)
    return problem.title, text


def _measured(card: Card, look: PaintResources) -> tuple[float, float, float, float]:
    """Return the heights of title and text, and width and height of the button (0 without fix)."""
    cached = card.cache.get("bubble")
    sizes: tuple[float, float, float, float]
    if cached is not None and cached[0] is look.generation:
        sizes = cached[1]
        return sizes
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
        # Wrapped, since the layer's name is at the end.
        lines = metrics.boundingRect(QRectF(0, 0, width - 12, 2000), wrap, fix.label)
        height = max(23.0, lines.height() + 8)
    sizes = (title_box.height(), text_box.height(), width, height)
    card.cache["bubble"] = (look.generation, sizes)
    return sizes


def paint_bubbles(
    p: QPainter, bubbles: Iterable[ProblemBubble], look: PaintResources, state: PaintState
) -> None:
    """Paint bubbles, in canvas coordinates."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing)
    wrap = int(Qt.TextFlag.TextWordWrap)
    for bubble in bubbles:
        line, back, on_line = map(QColor, look.tone(bubble.problem.tone))
        left, top, right, bottom = bubble.box
        if bubble.leader:
            _draw_leader(p, bubble, line)
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
            p.setBrush(line.lighter(112) if state.hovered_fix == bubble.card.id else line)
            p.drawRoundedRect(bubble.button, 5, 5)
            if state.offered == bubble.problem and state.focused:
                p.setPen(QPen(look.text, 2))
                p.setBrush(Qt.BrushStyle.NoBrush)
                p.drawRoundedRect(bubble.button.adjusted(-2, -2, 2, 2), 6, 6)
            p.setPen(on_line)
            p.setFont(look.words(_TEXT_PIXELS, True))
            inside = bubble.button.adjusted(6, 0, -6, 0)
            p.drawText(inside, int(Qt.AlignmentFlag.AlignCenter) | wrap, bubble.problem.fix.label)


def paint_marks(
    p: QPainter,
    cards: Iterable[Card],
    bubbles: Iterable[ProblemBubble],
    look: PaintResources,
    scale: float,
) -> None:
    """Paint a mark on each card with a problem but no bubble."""
    explained = {bubble.card.id for bubble in bubbles}
    radius = min(max(9.0, 7.0 / scale), 20.0)
    p.setRenderHint(QPainter.RenderHint.Antialiasing)
    for card in cards:
        if not card.problems or card.id in explained:
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
    p: QPainter, card: Card, look: PaintResources, colour: QColor, on_colour: QColor
) -> None:
    """Paint a problem's title below the left of its card."""
    lines, box = _tag(card, look)
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(colour)
    p.drawRoundedRect(box, 5, 5)
    p.setPen(on_colour)
    p.setFont(look.words(_TAG_PIXELS, True))
    p.drawText(box, Qt.AlignmentFlag.AlignCenter, "\n".join(lines))


def _tag(card: Card, look: PaintResources) -> tuple[list[str], QRectF]:
    metrics = QFontMetricsF(look.words(_TAG_PIXELS, True))
    lines = tag_lines(card, metrics)
    width = max(metrics.horizontalAdvance(line) for line in lines) + 2 * _TAG_PAD
    height = len(lines) * metrics.lineSpacing() + 4
    return lines, QRectF(card.x + 8, card.y + card.h + 2, width, height)


def tagged_at(picture: Scene, look: PaintResources, scale: float, where: Point) -> str:
    """Return the id of the card whose tag is at a place on the canvas, or ""."""
    above = (where[0], where[1] - 4 * _TAG_PIXELS, where[0], where[1])
    for card in picture.grid.cards_in(above) if scale >= NEAR else ():
        if card.problems and _tag(card, look)[1].contains(QPointF(*where)):
            return card.id
    return ""


def tag_lines(card: Card, metrics: QFontMetricsF) -> list[str]:
    """Return the problem's title in one or two lines, left of the outgoing wire."""
    room = (card.w / 2 if card.has_out else card.w) - 18 - 2 * _TAG_PAD
    words = card.problems[0].title.split(" ")
    first = words.pop(0)
    while words and metrics.horizontalAdvance(f"{first} {words[0]}") <= room:
        first = f"{first} {words.pop(0)}"
    lines = [first, " ".join(words)] if words else [first]
    return [metrics.elidedText(line, Qt.TextElideMode.ElideRight, room) for line in lines]


def _leader(
    picture: Scene, bubble: ProblemBubble, bubbles: list[ProblemBubble], previews: Mapping[str, Box]
) -> Line:
    """Return a line from the card to its bubble that crosses no card, bubble or preview, or ()."""
    taken = [*(other.box for other in bubbles), *previews.values()]
    return next((w for w in _ways(picture, bubble) if _free(picture, bubble, w, taken)), ())


def _ways(picture: Scene, bubble: ProblemBubble) -> list[Line]:
    """Return possible leader lines, the shortest first; none for a near bubble."""
    card, (left, top, right, bottom) = bubble.card, bubble.box
    beyond, middle = card.x + card.w, card.y + card.h / 2
    if top > card.y + card.h and left > beyond:
        bend = beyond + AWAY / 2
        return [((beyond, middle), (bend, middle), (bend, top + 14), (left, top + 14))]
    if left - beyond > 2 * AWAY or card.x - right > 2 * AWAY:
        near, far = (beyond, left) if left > card.x else (card.x, right)
        level = min(max(middle, top + 8), bottom - 8)
        bend = near + (AWAY / 2 if far > near else -AWAY / 2)
        return [
            ((near, middle), (far, level)),
            ((near, middle), (bend, middle), (bend, level), (far, level)),
        ]
    if top - card.y - card.h > 2 * AWAY or card.y - bottom > 2 * AWAY:
        near, far = (card.y + card.h, top) if top > card.y else (card.y, bottom)
        level = top + 14 if top > card.y else bottom - 14
        column = (min(card.x, left), min(near, far), max(beyond, right), max(near, far))
        between = picture.grid.cards_in(column)
        east = max([beyond, right, *(c.x + c.w for c in between)]) + AWAY / 2
        west = min([card.x, left, *(c.x for c in between)]) - AWAY / 2
        return [
            ((card.x + 20, near), (card.x + 20, far)),
            ((card.x, middle), (west, middle), (west, level), (left, level)),
            ((beyond, middle), (east, middle), (east, level), (right, level)),
        ]
    return []


def _free(picture: Scene, bubble: ProblemBubble, way: Line, taken: list[Box]) -> bool:
    for (ax, ay), (bx, by) in pairwise(way):
        box = (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
        cards = picture.grid.cards_in(box)
        # The grid may return cards outside the box.
        boxes = [(c.x, c.y, c.x + c.w, c.y + c.h) for c in cards if c.id != bubble.card.id]
        if any(_touch(box, other) for other in (*boxes, *taken) if other is not bubble.box):
            return False
    return True


def _draw_leader(p: QPainter, bubble: ProblemBubble, line: QColor) -> None:
    p.setPen(QPen(line, 1.0))
    p.drawPolyline([QPointF(*point) for point in bubble.leader])
