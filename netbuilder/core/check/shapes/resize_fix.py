"""Makes large layers of a network smaller, as little as is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import floor, log2
from typing import Any

from netbuilder.core.check.context import Context
from netbuilder.core.check.problems import Fix
from netbuilder.core.check.rule import make_fix
from netbuilder.core.check.shapes.shape_errors import is_recurrent
from netbuilder.core.check.shapes.shapes import Shapes
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project import edits
from netbuilder.core.project.model import Node, Project
from netbuilder.core.wording import format_number

#: Parameters that say how large a layer is.
_SIZES = ("units", "filters", "output_dim")
#: No layer is made smaller than this.
_SMALLEST = 4
#: What is left of the allowance after estimating: biases do not shrink with two sizes.
_MARGIN = 0.9


def shrink(context: Context, cost: Callable[[Shapes], float], allowed: float) -> Fix | None:
    """A fix that brings ``cost`` of the network's shapes to ``allowed``; None if none can.

    It sets every hidden layer that is larger than some power of two to that: the largest power
    with which the cost is low enough, so that small layers stay as they are.
    """
    keep = frozenset(
        end.maker.id
        for end in context.ends
        if end.maker is not None and end.units is not None and end.fits
    )
    sizes = {n.id: s for n in context.graph.nodes if (s := size_of(n)) and n.id not in keep}
    if not sizes:
        return None
    for power in range(floor(log2(max(sizes.values()))), 1, -1):
        cap = 2**power
        if cap < _SMALLEST or cost(_estimated(context, sizes, cap)) > allowed * _MARGIN:
            continue
        large = [one for one, size in sizes.items() if size > cap]
        if not large:
            return None
        if len(large) == 1:
            name = size_name(context.graph.by_id[large[0]])
            text = _(
                "Set {name} of '{layer}' to {value}",
                name=name,
                layer=large[0],
                value=format_number(cap, ","),
            )
        else:
            text = ngettext(
                "Make {count} layer smaller (at most {limit})",
                "Make {count} layers smaller (at most {limit})",
                len(large),
                limit=format_number(cap, ","),
            )
        return make_fix(text, _capped, cap, keep)
    return None


def size_name(node: Node) -> str | None:
    """The parameter that says how large a node's layer is."""
    if node.shared is not None:
        return None
    return next((name for name in _SIZES if name in node.params), None)


def size_of(node: Node) -> int:
    """How large a node's layer is; 0 where it has no size."""
    name = size_name(node)
    value: Any = node.params.get(name) if name else None
    return value if type(value) is int and value > 0 else 0


def _capped(project: Project, cap: int, keep: frozenset[str]) -> Project:
    for node in project.graph.nodes:
        name = size_name(node)
        if name is not None and node.id not in keep and size_of(node) > cap:
            project = edits.set_params(project, node.id, **{name: cap})
    return project


def _estimated(context: Context, sizes: Mapping[str, int], cap: int) -> Shapes:
    """The shapes as they would be, worked out by proportion: Keras would take longer."""
    assert context.shapes is not None
    graph = context.graph
    share: dict[str, float] = {}
    found = {}
    for node_id in graph.order:
        shape = context.shapes.by_node.get(node_id)
        if shape is None:
            continue
        before = max((share.get(source, 1.0) for source in graph.sources[node_id]), default=1.0)
        size = sizes.get(node_id)
        own = min(1.0, cap / size) if size else before
        if size is None and size_of(graph.by_id[node_id]):
            own = 1.0  # a layer that is kept
        share[node_id] = own
        weights = own
        if size_of(graph.by_id[node_id]):
            weights = own * (
                max(own, before) if is_recurrent(graph.by_id[node_id].layer) else before
            )
        found[node_id] = replace(
            shape,
            parameters=int(shape.parameters * weights),
            trainable=int(shape.trainable * weights),
            bytes=int(shape.bytes * own),
        )
    return Shapes(found, graph)
