"""Which layers fit where: by the number of axes that they take. Pure functions of the catalog."""

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
    """Axes of a node's output, batch axis included; None while it is not known."""
    shape = shapes.by_node.get(node_id) if shapes is not None else None
    output = getattr(shape, "output", None)
    if not isinstance(output, list | tuple) or any(isinstance(n, list | tuple) for n in output):
        return None
    return len(output)


def accepts_rank(spec: LayerSpec, axes: int | None) -> bool:
    """Whether a layer takes an input of so many axes."""
    if spec.max_inputs == 0:
        return False
    return axes is None or not spec.ranks or axes in spec.ranks


def mismatch_sentence(graph: Graph, shapes: Any, source: str, target: str) -> str | None:
    """The sentence on a wire that is legal but does not work yet; None if all is well."""
    spec = LAYERS.get(graph.by_id[target].layer)
    axes = output_rank(shapes, source)
    if spec is None or accepts_rank(spec, axes) or axes is None:
        return None
    wanted = [_input_name(n) for n in spec.ranks]
    given = {"layer": spec.name, "given": _input_name(axes), "wanted": wanted[0]}
    if len(wanted) == 1:
        return _("{layer} takes {wanted}, but this layer returns {given}.", **given)
    return _(
        "{layer} takes {wanted} or {other}, but this layer returns {given}.",
        **{**given, "wanted": join_values(wanted[:-1]), "other": wanted[-1]},
    )


def _input_name(axes: int) -> str:
    return _(_NOUN[axes]) if axes in _NOUN else ngettext("{count} axis", "{count} axes", axes)


def fitting_layers(text: str, *, axes: int | None = None, feeding: bool = False) -> list[LayerSpec]:
    """Layers that a search finds and that fit.

    Args:
        text: what was typed; empty lists the teaching layers first.
        axes: axes of what they would get; None: anything.
        feeding: the layer has to feed something, so that ``Input`` fits and axes do not matter.
    """
    some: Iterable[LayerSpec] = search_layers(text)
    if not text.strip():
        some = sorted(some, key=lambda spec: not spec.teaching)
    return [spec for spec in some if feeding or accepts_rank(spec, axes)]


def fitting_choices(
    text: str, *, axes: int | None = None, feeding: bool = False
) -> list[ParsedLayer]:
    """``fitting_layers``, with the parameters that were typed after the layer's name."""
    if len(text.split()) < 2:
        return [ParsedLayer(spec) for spec in fitting_layers(text, axes=axes, feeding=feeding)]
    return [one for one in parse_layers(text) if feeding or accepts_rank(one.spec, axes)]


def acceptance(graph: Graph, shapes: Any, source: str, cards: Mapping[str, str]) -> dict[str, str]:
    """For each card, by the node that wires would come into: "yes", "odd" or "no".

    ``cards`` gives that node by card id. "odd" is a legal wire whose shapes do not fit yet.
    """
    ahead = {source}  # what leads to the source: a wire to it would close a circle
    waiting = [source]
    while waiting:
        for one in graph.sources[waiting.pop()]:
            if one not in ahead:
                ahead.add(one)
                waiting.append(one)
    fed = set(graph.targets[source])
    axes = output_rank(shapes, source)
    answer: dict[str, str] = {}
    for card_id, node_id in cards.items():
        spec = LAYERS.get(graph.by_id[node_id].layer)
        if node_id in ahead or node_id in fed or (spec is not None and spec.max_inputs == 0):
            answer[card_id] = "no"
        elif spec is not None and not accepts_rank(spec, axes):
            answer[card_id] = "odd"
        else:
            answer[card_id] = "yes"
    return answer
