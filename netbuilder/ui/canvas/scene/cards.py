"""What is drawn on the canvas: cards, wires and frames, as plain geometry.

All lengths are pixels at 100 %; ``x`` and ``y`` of a card are its upper left corner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from netbuilder.core.project.layout import CARD
from netbuilder.core.project.model import Edge, Group, Node, Point
from netbuilder.ui.canvas.scene.wire_path import WireRoute

CARD_WIDTH, CARD_HEIGHT = CARD
GOAL = "@goal"  # id of the goal's card; of further outputs "@goal:<output id>"
FRAME_SIDE, FRAME_HEAD, FRAME_FOOT = 30.0, 24.0, 9.0  # around an open group's cards
HORIZONTAL = "horizontal"  # key in Graph.extra: the network reads from left to right


class CardInputs(NamedTuple):
    """What a node's card was made of, besides the node and its place."""

    shape: Any
    problems: tuple[Any, ...]
    ports: int
    owner: Node | None  # the node whose layer it shares
    data: tuple[Any, Any] | None
    named: bool = False  # its name is needed: a problem speaks of it, and others look alike


NOTHING = CardInputs(None, (), 0, None, None)


@dataclass(slots=True)
class Card:
    """A node, a closed group or the goal of an output. Not changed once it is drawn."""

    id: str
    kind: str  # "node", "group", "goal", "unknown" (a layer that the catalog does not have)
    x: float
    y: float
    title: str
    detail: str
    count: str  # parameters, as text; "" for none
    category: str  # value of catalog Category, or ""
    ports_in: int  # number of places for wires coming in
    has_out: bool
    problems: tuple[Any, ...]  # check.Problem of the node itself, errors first
    follows: bool  # a layer further up has to be mended first
    source: Node | Group | None
    made_of: CardInputs  # compared with the next, so that a card is kept while it holds
    w: float = CARD_WIDTH
    h: float = CARD_HEIGHT
    cache: dict[str, Any] = field(default_factory=dict)  # laid-out text, kept by the painter


@dataclass(slots=True)
class Wire:
    """A wire between two cards. ``edges`` are the graph's edges that it shows ((), the goal's)."""

    source: str
    target: str
    route: WireRoute
    label: str
    edges: tuple[Edge, ...]
    slot: int = 0  # which of the target's inputs
    shape: Any = None  # what the label says, compared by identity
    splits: bool = False  # the source feeds others too, so that the label stands at the target
    cache: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Frame:
    """An open group: the frame around its members, with its name on top."""

    id: str
    name: str
    depth: int
    x: float
    y: float
    w: float
    h: float


def out_port(card: Card, horizontal: bool) -> Point:
    """Where wires leave a card."""
    if horizontal:
        return (card.x + card.w, card.y + card.h / 2)
    return (card.x + card.w / 2, card.y + card.h)


def in_port(card: Card, slot: int, horizontal: bool) -> Point:
    """Where the wire of input ``slot`` of ``card.ports_in`` comes in."""
    part = (slot + 1) / (max(card.ports_in, 1) + 1)
    if horizontal:
        return (card.x, card.y + card.h * part)
    return (card.x + card.w * part, card.y)
