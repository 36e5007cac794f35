"""Cards, wires and frames as plain geometry, in pixels at 100 %; ``x``, ``y`` is the upper left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from netbuilder.core.project.layout import CARD
from netbuilder.core.project.model import Edge, Group, Node, Point
from netbuilder.ui.canvas.scene.wire_path import WireRoute

CARD_WIDTH, CARD_HEIGHT = CARD
GOAL = "@goal"  # id of the Target card; of further outputs "@goal:<output id>"
FRAME_SIDE, FRAME_HEAD, FRAME_FOOT = 30.0, 24.0, 9.0  # around an open group's cards
HORIZONTAL = "horizontal"  # key in Graph.extra: left to right


class CardInputs(NamedTuple):
    """What a node's card depends on, besides the node and its position."""

    shape: Any
    problems: tuple[Any, ...]
    ports: int
    owner: Node | None  # the node whose weights it shares
    data: tuple[Any, Any] | None
    named: bool = False  # whether it needs its id, since a problem names it and others look alike


NOTHING = CardInputs(None, (), 0, None, None)


@dataclass(slots=True)
class Card:
    """A node, a closed group or the Target of an output; not modified once drawn."""

    id: str
    kind: str  # "node", "group", "goal", "unknown" (not in the catalog)
    x: float
    y: float
    title: str
    detail: str
    count: str  # parameters, as text; "" for none
    category: str  # value of catalog Category, or ""
    ports_in: int
    has_out: bool
    problems: tuple[Any, ...]  # check.Problem of the node itself, errors first
    follows: bool  # a layer above must be fixed first
    source: Node | Group | None
    made_of: CardInputs
    w: float = CARD_WIDTH
    h: float = CARD_HEIGHT
    cache: dict[str, Any] = field(default_factory=dict)  # for the painter


@dataclass(slots=True)
class Wire:
    """A wire between two cards. ``edges`` are its edges in the graph; () to the Target."""

    source: str
    target: str
    route: WireRoute
    label: str
    edges: tuple[Edge, ...]
    slot: int = 0  # which of the target's inputs
    shape: Any = None  # of the label
    splits: bool = False  # the source has other wires, so the label is at the target
    cache: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Frame:
    """The frame and name of an open group."""

    id: str
    name: str
    depth: int
    x: float
    y: float
    w: float
    h: float


def out_port(card: Card, horizontal: bool) -> Point:
    """Return where wires leave a card."""
    if horizontal:
        return (card.x + card.w, card.y + card.h / 2)
    return (card.x + card.w / 2, card.y + card.h)


def in_port(card: Card, slot: int, horizontal: bool) -> Point:
    """Return where the wire of input ``slot`` enters a card."""
    part = (slot + 1) / (max(card.ports_in, 1) + 1)
    if horizontal:
        return (card.x, card.y + card.h * part)
    return (card.x + card.w * part, card.y)
