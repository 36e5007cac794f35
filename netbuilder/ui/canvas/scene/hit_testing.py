"""Hit testing: what is under a point of the scene."""

from __future__ import annotations

import math
from dataclasses import dataclass

from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.scene.cards import (
    CARD_HEIGHT,
    CARD_WIDTH,
    FRAME_HEAD,
    Card,
    Wire,
    out_port,
)
from netbuilder.ui.canvas.scene.scene import Scene
from netbuilder.ui.canvas.scene.spatial_index import Box

PORT_REACH = 9.0  # pixels on the screen around a port's centre
WIRE_REACH = 7.0
_LIES_ON = (110.0, 28.0)  # distance of a card's centre from a wire that it is dropped on
_ONE_END, _SEVERAL_ENDS, _ACROSS = 260.0, 150.0, 0.6  # reach of a free output for a drop


@dataclass(frozen=True)
class Hit:
    """What is at a point: ``kind`` "card", "out" or "in" (ports), "wire", "frame" or "nothing"."""

    kind: str
    card: Card | None = None
    slot: int = 0
    wire: Wire | None = None
    frame: str = ""

    @property
    def id(self) -> str:
        return self.card.id if self.card is not None else self.frame


NOTHING = Hit("nothing")


def hit_at(picture: Scene, x: float, y: float, scale: float = 1.0) -> Hit:
    """Return the topmost item at a point: ports, cards, wires, heads of open groups."""
    reach = min(PORT_REACH / scale, 16.0)
    near = picture.grid.cards_in((x - reach, y - reach, x + reach, y + reach))
    if scale > 0.3:
        port = _port(picture, near, x, y, reach)
        if port is not None:
            return port
    for card in reversed(near):
        if card.x <= x <= card.x + card.w and card.y <= y <= card.y + card.h:
            return Hit("card", card)
    wire = wire_near(picture, x, y, min(WIRE_REACH / scale, 20.0))
    if wire is not None:
        return Hit("wire", wire=wire)
    for frame in reversed(picture.frames.values()):
        if frame.x <= x <= frame.x + frame.w and frame.y <= y <= frame.y + FRAME_HEAD:
            return Hit("frame", frame=frame.id)
    return NOTHING


def _port(picture: Scene, near: list[Card], x: float, y: float, reach: float) -> Hit | None:
    best, nearest = reach, None
    for card in near:
        if card.has_out:
            px, py = picture.out_port(card)
            distance = math.hypot(px - x, py - y)
            if distance <= best:
                best, nearest = distance, Hit("out", card)
        for slot in range(card.ports_in):
            px, py = picture.in_port(card, slot)
            distance = math.hypot(px - x, py - y)
            if distance <= best:
                best, nearest = distance, Hit("in", card, slot)
    return nearest


def wire_near(picture: Scene, x: float, y: float, reach: float) -> Wire | None:
    """Return the nearest wire within ``reach``."""
    best, nearest = reach, None
    for wire in picture.grid.wires_in((x - reach, y - reach, x + reach, y + reach)):
        left, top, right, bottom = wire.route.box()
        if left - reach <= x <= right + reach and top - reach <= y <= bottom + reach:
            distance = wire.route.distance(x, y)
            if distance <= best:
                best, nearest = distance, wire
    return nearest


def wire_under(picture: Scene, x: float, y: float, without: str | None = None) -> Wire | None:
    """Return the nearest wire that a card centred at a point would be dropped on."""
    best, nearest = 1.0, None
    half_x, half_y = _LIES_ON
    box = (x - half_x, y - half_y, x + half_x, y + half_y)
    for wire in picture.grid.wires_in(box):
        if without is not None and without in (wire.source, wire.target):
            continue
        distance = wire.route.distance(x, y, half_x / half_y) / half_x
        if distance <= best:
            best, nearest = distance, wire
    return nearest


def side_wire(picture: Scene, card: Card, x: float, y: float) -> Wire | None:
    """Return the wire of a card on the side of a point, or any other; None without wires."""
    wires = picture.wires_of(card.id)
    into = [wire for wire in wires if wire.target == card.id]
    out = [wire for wire in wires if wire.source == card.id]
    before = x < card.x + card.w / 2 if picture.horizontal else y < card.y + card.h / 2
    candidates = (into or out) if before else (out or into)
    return min(candidates, key=lambda wire: wire.route.distance(x, y), default=None)


def card_near_end(picture: Scene, x: float, y: float) -> Card | None:
    """Return the card with a free output that a layer dropped at a point connects to.

    An output with only a Target is free. A single free output reaches further than several.
    """
    ends = picture.cache.get("ends")
    if ends is None:
        taken = {wire.source for wire in picture.wires.values() if wire.edges}
        ends = picture.cache["ends"] = [
            card for card in picture.cards.values() if card.has_out and card.id not in taken
        ]
    best, nearest = (_ONE_END if len(ends) == 1 else _SEVERAL_ENDS), None
    # Further aside, a layer is not connected.
    aside = 2 * CARD_HEIGHT if picture.horizontal else CARD_WIDTH
    for card in ends:
        ports = [picture.out_port(card)]
        ports += [  # of the Target
            out_port(picture.cards[wire.target], picture.horizontal)
            for wire in picture.wires_of(card.id)
            if wire.source == card.id
        ]
        for px, py in ports:
            ahead, across = (x - px, y - py) if picture.horizontal else (y - py, x - px)
            distance = math.hypot(ahead, across * _ACROSS)
            if ahead >= -card.h and abs(across) <= aside and distance <= best:
                best, nearest = distance, card
    return nearest


def free_place(picture: Scene, x: float, y: float, without: str | None = None) -> Point:
    """Return the place nearest to ``(x, y)`` where a card covers no other."""

    def free(left: float, top: float) -> bool:
        box = (left - 10, top - 10, left + CARD_WIDTH + 10, top + CARD_HEIGHT + 10)
        return all(card.id == without for card in picture.grid.cards_in(box))

    for distance in range(0, 2000, 20):
        for dx, dy in ((0, distance), (0, -distance), (distance, 0), (-distance, 0)):
            if free(x + dx, y + dy):
                return (x + dx, y + dy)
    return (x, y)


def cards_in(picture: Scene, box: Box) -> tuple[str, ...]:
    """Return the ids of the cards in a box, without Target cards."""
    return tuple(c.id for c in picture.grid.cards_in(box) if c.kind != "goal")


def neighbour(picture: Scene, card_id: str, way: str) -> str | None:
    """Return the id of the next card "next" or "back" along wires, "left" or "right", or None."""
    card = picture.cards.get(card_id)
    if card is None:
        return None
    wires = picture.wires_of(card_id)
    if way in ("next", "back"):
        ends = [
            picture.cards[w.target if way == "next" else w.source]
            for w in wires
            if (w.source if way == "next" else w.target) == card_id
        ]
        if not ends:
            return None
        return min(ends, key=lambda c: abs(_across(picture, c) - _across(picture, card))).id
    sign = 1 if way == "right" else -1
    best, nearest = math.inf, None
    for other in picture.cards.values():
        across = (_across(picture, other) - _across(picture, card)) * sign
        along = abs(_along(picture, other) - _along(picture, card))
        if across > 1 and along < across * 2 and across + 2 * along < best:
            best, nearest = across + 2 * along, other.id
    return nearest


def _across(picture: Scene, card: Card) -> float:
    return card.y if picture.horizontal else card.x


def _along(picture: Scene, card: Card) -> float:
    return card.x if picture.horizontal else card.y
