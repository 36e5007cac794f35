"""Which open group a dragged card comes to lie in. Pure functions of the picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netbuilder.core.project.groups import path
from netbuilder.core.project.model import Group, Node, Point
from netbuilder.ui.canvas.scene.cards import Card, Frame
from netbuilder.ui.canvas.scene.scene import Scene
from netbuilder.ui.canvas.scene.wire_routing import frames_of


def group_of(card: Card) -> str | None:
    """The group that a card lies in."""
    if isinstance(card.source, Node):
        return card.source.group
    return card.source.parent if isinstance(card.source, Group) else None


def frames_without(picture: Scene, dragged: Iterable[str]) -> Mapping[str, Frame]:
    """The frames of the open groups as they are without the cards that are dragged.

    A group of which every card is dragged has the frame that it had.
    """
    gone = set(dragged)
    rest = {one: card for one, card in picture.cards.items() if one not in gone}
    return {**picture.frames, **frames_of(picture.graph, rest)}


def drop_group(picture: Scene, frames: Mapping[str, Frame], card: Card, place: Point) -> str | None:
    """The group that ``card`` lies in when it is let go at ``place``; None: in none.

    Into a group goes what has its middle in the frame; out of it what is clear of the frame.
    """
    x, y = place
    middle = (x + card.w / 2, y + card.h / 2)
    inside = [f for f in frames.values() if _holds(f, *middle)]
    target = max(inside, key=lambda f: f.depth).id if inside else None
    current = group_of(card)
    around = path(picture.graph, current)
    if target is not None and target not in around:
        return target
    for one in reversed(around):
        frame = frames.get(one)
        if frame is None or _touches(frame, x, y, card.w, card.h):
            return one
    return None


def _holds(frame: Frame, x: float, y: float) -> bool:
    return frame.x <= x <= frame.x + frame.w and frame.y <= y <= frame.y + frame.h


def _touches(frame: Frame, x: float, y: float, w: float, h: float) -> bool:
    return x < frame.x + frame.w and x + w > frame.x and y < frame.y + frame.h and y + h > frame.y
