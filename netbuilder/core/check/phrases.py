"""Shapes, sizes and layers in words that stand in messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.model import Node
from netbuilder.core.wording import format_list

Shape = tuple[int | None, ...]

_KINDS = {
    1: N_("a single number"),
    2: N_("a list of numbers"),
    3: N_("sequences (steps, features)"),
    4: N_("pictures (height, width, channels)"),
    5: N_("volumes (depth, height, width, channels)"),
}
_OUTPUTS = {
    3: N_("sequences of shape {shape}"),
    4: N_("pictures of shape {shape}"),
    5: N_("volumes of shape {shape}"),
}


def node_name(node: Node) -> str:
    """A node as messages name it: ``Dense 'dense_1'``."""
    return f"{node.layer} '{node.id}'"


def format_shape(shape: Sequence[int | None]) -> str:
    """A shape without its batch axis: ``(6, 6, 32)``, with ``?`` for an axis of any length."""
    return "(" + ", ".join("?" if n is None else str(n) for n in shape[1:]) + ")"


def describe_output(shape: Sequence[int | None]) -> str:
    """What a node gives, batch axis included in ``shape``: ``pictures of (6, 6, 32)``."""
    rank = len(shape)
    if rank == 1 or (rank == 2 and shape[1] is None):
        return _(_KINDS[rank])
    if rank == 2:
        size = shape[1] or 0
        return ngettext(
            "a list of {count} number",
            "a list of {count} numbers",
            size,
        )
    return _(_OUTPUTS.get(rank, N_("arrays of shape {shape}")), shape=format_shape(shape))


def describe_input(ranks: Iterable[int]) -> str:
    """What a layer takes, from the ranks (batch axis included) that it accepts."""
    kinds = [
        _(_KINDS[rank]) if rank in _KINDS else _("arrays with {count} axes", count=rank - 1)
        for rank in sorted(set(ranks))
    ]
    return format_list(kinds, style="or")
