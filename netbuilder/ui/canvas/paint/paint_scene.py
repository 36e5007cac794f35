"""Paint a scene: as coloured boxes at small scales, then with names, then with all details."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QStaticText, QTransform

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Node
from netbuilder.ui.canvas.paint.paint_resources import (
    MARGIN,
    NAMES,
    NEAR,
    PORT,
    STRIPE,
    Letters,
    PaintResources,
    PaintState,
    static_text,
)
from netbuilder.ui.canvas.paint.paint_wires import far_lines, paint_wires
from netbuilder.ui.canvas.scene.camera import Camera
from netbuilder.ui.canvas.scene.cards import CARD_HEIGHT, CARD_WIDTH, FRAME_HEAD, Card, Frame
from netbuilder.ui.canvas.scene.scene import Scene
from netbuilder.ui.style.glyphs import glyph_name

_LEFT = 36.0  # from a card's edge to its text
_RIGHT = 12.0
_GAP = 8.0
SLIM = 26.0  # height of a dragged card on a wire
_ABOVE_FIRST = N_("fix the layer above first")


def paint_scene(
    p: QPainter,
    picture: Scene,
    look: PaintResources,
    camera: Camera,
    state: PaintState,
    size: tuple[int, int],
) -> None:
    """Paint the visible part of a scene, without the background."""
    box = camera.seen(*size, margin=24)
    cards = picture.grid.cards_in(box)
    world = QTransform(camera.scale, 0, 0, camera.scale, camera.x, camera.y)
    p.setTransform(world)
    _paint_frames(p, picture.frames.values(), look, camera.scale, state)
    if camera.scale < NAMES:
        _paint_far(p, picture, cards, box, look, camera.scale, state)
    else:
        paint_wires(p, picture, box, look, camera.scale, state)
        _paint_frame_names(p, picture.frames.values(), look, camera.scale, state)
        _paint_cards(p, cards, picture, look, camera, state)
    p.resetTransform()


# far away ---------------------------------------------------------------------------------


def _paint_far(
    p: QPainter,
    picture: Scene,
    cards: list[Card],
    box: tuple[float, float, float, float],
    look: PaintResources,
    scale: float,
    state: PaintState,
) -> None:
    p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    p.setPen(QPen(look.wire, 0))
    all_visible = len(cards) == len(picture.cards)
    lines = far_lines(picture, None if all_visible else picture.grid.wires_in(box))
    if lines:
        p.drawLines(lines)
    p.setPen(Qt.PenStyle.NoPen)
    for category, boxes in far_boxes(picture, None if all_visible else cards).items():
        p.setBrush(look.category.get(category, look.secondary))
        p.drawRects(boxes)
    for card in cards:
        if card.problems:
            p.setBrush(QColor(look.tone(card.problems[0].tone)[0]))
            p.drawRect(QRectF(card.x + card.w, card.y, card.h, card.h))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.setPen(QPen(look.accent, 2.5 / scale))
    chosen = [picture.cards[id_] for id_ in state.selected if id_ in picture.cards]
    if chosen:
        p.drawRects([_rect(card, 10.0) for card in chosen])


def _rect(card: Card, grow: float = 0.0) -> QRectF:
    return QRectF(card.x - grow, card.y - grow, card.w + 2 * grow, card.h + 2 * grow)


def far_boxes(picture: Scene, cards: Iterable[Card] | None = None) -> dict[str, list[QRectF]]:
    """Return boxes by category; those of the whole scene are cached."""
    if cards is None:
        cached = picture.cache.get("boxes")
        if cached is None:
            cached = picture.cache["boxes"] = far_boxes(picture, picture.cards.values())
        return cached
    boxes: dict[str, list[QRectF]] = {}
    for card in cards:
        rect = card.cache.get("rect")
        if rect is None:
            rect = card.cache["rect"] = _rect(card)
        boxes.setdefault(card.category, []).append(rect)
    return boxes


# frames -----------------------------------------------------------------------------------


def _paint_frames(
    p: QPainter, frames: Iterable[Frame], look: PaintResources, scale: float, state: PaintState
) -> None:
    p.setRenderHint(QPainter.RenderHint.Antialiasing)
    for frame in frames:
        chosen = frame.id in state.selected
        line = look.accent if chosen or state.hovered == frame.id else look.wire
        pen = QPen(line, max(1.0, 1.0 / scale) * (1.6 if chosen else 1.0), Qt.PenStyle.DashLine)
        p.setPen(pen)
        fill = QColor(look.accent)
        fill.setAlpha(14)
        p.setBrush(fill)
        p.drawRoundedRect(QRectF(frame.x, frame.y, frame.w, frame.h), 10, 10)


def _paint_frame_names(
    p: QPainter, frames: Iterable[Frame], look: PaintResources, scale: float, state: PaintState
) -> None:
    """Paint the names of open groups over the wires."""
    if scale < NAMES:
        return
    letters = look.letters("title", scale, 22)
    p.setFont(letters.font)
    metrics = letters.metrics
    for frame in frames:
        text = metrics.elidedText(f"▾ {frame.name}", Qt.TextElideMode.ElideRight, frame.w - 24)
        width = metrics.horizontalAdvance(text) + 12
        box = QRectF(frame.x + frame.w - width - 8, frame.y + 3, width, FRAME_HEAD - 4)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(look.canvas)
        p.drawRoundedRect(box, 5, 5)
        chosen = frame.id in state.selected or state.hovered == frame.id
        p.setPen(look.accent if chosen else look.secondary)
        p.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


# cards ------------------------------------------------------------------------------------


def _paint_cards(
    p: QPainter,
    cards: list[Card],
    picture: Scene,
    look: PaintResources,
    camera: Camera,
    state: PaintState,
) -> None:
    scale = camera.scale
    ratio = p.device().devicePixelRatioF()
    near = scale >= NEAR
    horizontal = picture.horizontal
    for card in cards:
        body = look.body(
            scale,
            ratio,
            category=card.category,
            kind=card.kind,
            glyph=_glyph_of(card),
            ports=(card.ports_in == 1, card.has_out),
            horizontal=horizontal,
            state=(
                card.id in state.selected,
                card.id == state.hovered,
                state.focused and card.id == state.current,
                card.id in state.lit_cards,
            ),
            mark=str(card.problems[0].tone) if card.problems else "",
        )
        left = round(((card.x - MARGIN) * scale + camera.x) * ratio) / ratio
        top = round(((card.y - MARGIN) * scale + camera.y) * ratio) / ratio
        p.resetTransform()
        if card.follows:
            p.setOpacity(0.45)
        p.drawPixmap(QPointF(left, top), body)
        if card.follows:
            p.setOpacity(0.8)
        p.setTransform(QTransform(scale, 0, 0, scale, left + MARGIN * scale, top + MARGIN * scale))
        if near:
            _paint_words(p, card, look, scale)
            if card.ports_in > 1:
                for slot in range(card.ports_in):
                    x, y = picture.in_port(card, slot)
                    look.port(p, QPointF(x - card.x, y - card.y))
        else:
            _paint_name(p, card, look, look.letters("title", scale))
        if card.follows:
            p.setOpacity(1.0)
        if state.ports or state.hovered_port[0] == card.id:
            _paint_ports(p, card, picture, look, state)


def _glyph_of(card: Card) -> str:
    node = card.made_of.owner or card.source
    return glyph_name(node.layer, card.category) if isinstance(node, Node) else card.kind


def _paint_ports(
    p: QPainter, card: Card, picture: Scene, look: PaintResources, state: PaintState
) -> None:
    """Paint the ports while a wire is dragged: accepting ones filled, others faded."""
    if card.id in state.ports:
        takes = state.ports[card.id]
        if state.port_kind == "in":
            spots = [picture.in_port(card, slot) for slot in range(card.ports_in)]
        else:
            spots = [picture.out_port(card)] if card.has_out else []
        for x, y in spots:
            spot = QPointF(x - card.x, y - card.y)
            if takes == "yes":
                look.port(p, spot, "yes", PORT + 1.5)
            elif takes == "odd":
                look.port(p, spot, "hover", PORT)
            else:
                p.setPen(QPen(look.wire, 1.5))
                p.setBrush(look.canvas)
                p.drawEllipse(spot, PORT - 1, PORT - 1)
    card_id, kind, slot = state.hovered_port
    if card_id == card.id and kind:
        x, y = picture.out_port(card) if kind == "out" else picture.in_port(card, slot)
        look.port(p, QPointF(x - card.x, y - card.y), "hover", PORT + 2)


def _paint_name(p: QPainter, card: Card, look: PaintResources, letters: Letters) -> None:
    """Paint the title alone, as large as fits, for small scales."""
    cached = card.cache.get("name")
    if cached is None or cached[0] != letters.key:
        room = card.w - _LEFT - _RIGHT
        text = letters.metrics.elidedText(card.title, Qt.TextElideMode.ElideRight, room)
        static = static_text(text, letters.font)
        spot = QPointF(_LEFT, (card.h - static.size().height()) / 2)
        cached = card.cache["name"] = (letters.key, static, spot)
    p.setFont(letters.font)
    p.setPen(look.text)
    p.drawStaticText(cached[2], cached[1])


def _paint_words(p: QPainter, card: Card, look: PaintResources, scale: float) -> None:
    fonts = [look.letters(role, scale) for role in ("title", "detail", "fixed")]
    cached = card.cache.get("words")
    if cached is None or cached[0] != fonts[0].key:
        cached = card.cache["words"] = (fonts[0].key, *_lay_words(card, *fonts))
    _, title, details, count = cached
    p.setFont(fonts[0].font)
    p.setPen(look.text)
    p.drawStaticText(*title)
    if details or count:
        p.setPen(look.secondary)
    if details:
        p.setFont(fonts[1].font)
        for spot, text in details:
            p.drawStaticText(spot, text)
    if count:
        p.setFont(fonts[2].font)
        p.drawStaticText(*count)


Placed = tuple[QPointF, QStaticText]


def _lay_words(
    card: Card, of_title: Letters, of_detail: Letters, of_count: Letters
) -> tuple[Placed, list[Placed], Placed | None]:
    """Lay out title, detail (in as many lines as fit, one or two) and parameter count."""
    right = card.w - _RIGHT
    count: Placed | None = None
    if card.count:
        text = static_text(card.count, of_count.font)
        right -= text.size().width()
        count = (QPointF(right, (card.h - text.size().height()) / 2), text)
        right -= _GAP
    end, metrics = Qt.TextElideMode.ElideRight, of_detail.metrics
    name = of_title.metrics.elidedText(card.title, end, right - _LEFT)
    title = static_text(name, of_title.font)
    title_width = of_title.metrics.horizontalAdvance(name)
    detail = _(_ABOVE_FIRST) if card.follows else card.detail
    line, room = title.size().height(), right - _LEFT - title_width - _GAP
    if 2 * line <= card.h:
        first, second = _two_lines(detail, room, right - _LEFT, metrics)
    else:
        first, second = metrics.elidedText(detail, end, room), ""
    top = (card.h - line) / 2 if not second else card.h / 2 - line
    details: list[Placed] = []
    if first:
        text = static_text(first, of_detail.font)
        # Align the bottoms: Chinese text is taller than the title.
        level = top + line - text.size().height()
        details.append((QPointF(_LEFT + title_width + _GAP, level), text))
    if second:
        details.append((QPointF(_LEFT, card.h / 2), static_text(second, of_detail.font)))
    return (QPointF(_LEFT, top), title), details, count


def _two_lines(text: str, first: float, second: float, metrics: QFontMetricsF) -> tuple[str, str]:
    if not text or metrics.horizontalAdvance(text) <= first:
        return text, ""
    if metrics.horizontalAdvance(text) <= second:
        return "", text
    words = text.split(" ")
    count = 0
    while count < len(words) and metrics.horizontalAdvance(" ".join(words[: count + 1])) <= first:
        count += 1
    if count and words[count - 1] == "·":
        count -= 1
    rest = " ".join(words[count:]).removeprefix("· ")
    return (" ".join(words[:count]), metrics.elidedText(rest, Qt.TextElideMode.ElideRight, second))


def paint_ghost(
    p: QPainter,
    look: PaintResources,
    spot: tuple[float, float],
    title: str,
    category: str,
    slim: bool = False,
) -> None:
    """Paint a dragged new card at ``spot``, its upper left corner; on a wire it is slim."""
    x, y = spot
    height = SLIM if slim else CARD_HEIGHT
    rect = QRectF(x, y, CARD_WIDTH, height)
    p.setRenderHint(QPainter.RenderHint.Antialiasing)
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(look.card)
    p.drawRoundedRect(rect, 8, 8)
    p.setBrush(look.category.get(category, look.secondary))
    p.drawRoundedRect(QRectF(x, y, STRIPE, height), 3, 3)
    p.setPen(QPen(look.accent, 1.5, Qt.PenStyle.DashLine))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawRoundedRect(rect, 8, 8)
    p.setPen(look.text)
    p.setFont(look.title_font)
    p.drawText(rect.adjusted(_LEFT, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, title)
