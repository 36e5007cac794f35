"""Which layers fit where, by the number of axes that they accept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from netbuilder.core.catalog.layer_parser import ParsedLayer, parse_layers
from netbuilder.core.catalog.layers.layer_index import LAYERS, search_layers
from netbuilder.core.catalog.spec import LayerSpec
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.model import Graph
from netbuilder.core.wording import join_values

_NOUN = {
    2: N_("one row of numbers per sample (2 axes)"),
    3: N_("a sequence (3 axes)"),
    4: N_("pictures (4 axes)"),
    5: N_("volumes (5 axes)"),
}


def output_rank(shapes: Any, node_id: str) -> int | None:
    """Return the number of axes of a node's output, with the batch axis; None if unknown."""
    shape = shapes.by_node.get(node_id) if shapes is not None else None
    output = getattr(shape, "output", None)
    if not isinstance(output, list | tuple) or any(isinstance(n, list | tuple) for n in output):
        return None
    return len(output)


def accepts_rank(spec: LayerSpec, axes: int | None) -> bool:
    """Return whether a layer accepts an input with this number of axes."""
    if spec.max_inputs == 0:
        return False
    return axes is None or not spec.ranks or axes in spec.ranks


def mismatch_sentence(graph: Graph, shapes: Any, source: str, target: str) -> str | None:
    """Return why a legal connection does not work yet, or None."""
    spec = LAYERS.get(graph.by_id[target].layer)
    axes = output_rank(shapes, source)
    if spec is None or accepts_rank(spec, axes) or axes is None:
        return None
    accepted = [_input_name(n) for n in spec.ranks]
    names = {"layer": spec.name, "given": _input_name(axes), "wanted": accepted[0]}
    if len(accepted) == 1:
        return _("{layer} takes {wanted}, but this layer returns {given}.", **names)
    return _(
        "{layer} takes {wanted} or {other}, but this layer returns {given}.",
        **{**names, "wanted": join_values(accepted[:-1]), "other": accepted[-1]},
    )


def _input_name(axes: int) -> str:
    return _(_NOUN[axes]) if axes in _NOUN else ngettext("{count} axis", "{count} axes", axes)


def fitting_layers(text: str, *, axes: int | None = None, feeding: bool = False) -> list[LayerSpec]:
    """Return the layers that match a search and fit.

    Args:
        text: the search; "" lists the teaching layers first.
        axes: number of axes of their input; None: any.
        feeding: whether the layer feeds another, so that ``Input`` fits and ``axes`` is ignored.
    """
    specs: Iterable[LayerSpec] = search_layers(text)
    if not text.strip():
        specs = sorted(specs, key=lambda spec: not spec.teaching)
    return [spec for spec in specs if feeding or accepts_rank(spec, axes)]


def fitting_choices(
    text: str, *, axes: int | None = None, feeding: bool = False
) -> list[ParsedLayer]:
    """Return ``fitting_layers`` with the parameters typed after the layer's name."""
    if len(text.split()) < 2:
        return [ParsedLayer(spec) for spec in fitting_layers(text, axes=axes, feeding=feeding)]
    return [match for match in parse_layers(text) if feeding or accepts_rank(match.spec, axes)]


def acceptance(graph: Graph, shapes: Any, source: str, cards: Mapping[str, str]) -> dict[str, str]:
    """Return for each card whether its input node accepts a wire: "yes", "odd" or "no".

    ``cards`` maps card ids to input nodes. "odd" is a legal wire whose shapes do not fit yet.
    """
    ahead = {source}  # a wire to any of these would close a cycle
    waiting = [source]
    while waiting:
        for node_id in graph.sources[waiting.pop()]:
            if node_id not in ahead:
                ahead.add(node_id)
                waiting.append(node_id)
    fed = set(graph.targets[source])
    axes = output_rank(shapes, source)
    accepted: dict[str, str] = {}
    for card_id, node_id in cards.items():
        spec = LAYERS.get(graph.by_id[node_id].layer)
        if node_id in ahead or node_id in fed or (spec is not None and spec.max_inputs == 0):
            accepted[card_id] = "no"
        elif spec is not None and not accepts_rank(spec, axes):
            accepted[card_id] = "odd"
        else:
            accepted[card_id] = "yes"
    return accepted
