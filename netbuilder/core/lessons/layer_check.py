"""The part of a check that is about one layer: ``layer``, its parameters, where it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.catalog.training.training_index import ACTIVATIONS, CONSTRAINTS, REGULARIZERS
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.lessons import check_values as values
from netbuilder.core.lessons.conditions import Condition, parse_condition, value_word
from netbuilder.core.lessons.lesson_state import LessonState, Shape
from netbuilder.core.project.graph_ends import descendants
from netbuilder.core.project.model import Graph, Node
from netbuilder.core.wording import did_you_mean, format_list, join_sentences

_NUMBERS = (Kind.INT, Kind.FLOAT, Kind.SIZE, Kind.SHAPE, Kind.FLOATS, Kind.INTS)
_NAMES: Mapping[Kind, Mapping[str, Any]] = {
    Kind.ACTIVATION: ACTIVATIONS,
    Kind.REGULARIZER: REGULARIZERS,
    Kind.CONSTRAINT: CONSTRAINTS,
}
#: Words that belong to ``layer`` and are no parameters.
PLACE_WORDS = ("count", "connected", "after", "last", "shape")


@dataclass(frozen=True)
class LayerCheck:
    """At least one layer of this class is so.

    ``params`` are parameters with what they must be, ``count`` how many such layers there must
    be, ``after`` a layer that comes somewhere before, ``shape`` what it gives out (without the
    batch axis).
    """

    layer: str
    params: tuple[tuple[str, Condition], ...] = ()
    count: Condition | None = None
    connected: bool = False
    after: str = ""
    last: bool = False
    shape: tuple[int | None, ...] | None = None

    def missing(self, state: LessonState) -> str:
        """What is missing for it to hold; "" where it holds."""
        graph = state.project.graph
        there = [
            found for node in graph.nodes if (found := unwrapped(node, self.layer)) is not None
        ]
        if not there:
            return _("There is no {layer} on the canvas.", layer=self.layer)
        wanting = [self._wanting(node, state) for node in there]
        fitting = sum(not found for found in wanting)
        if self.count is not None:
            if self.count.holds(fitting):
                return ""
            counted = ngettext(
                "{fitting} of {count} {layer} layer fits; the lesson asks for {wanted}.",
                "{fitting} of {count} {layer} layers fit; the lesson asks for {wanted}.",
                len(there),
                fitting=fitting,
                layer=self.layer,
                wanted=self.count.shown,
            )
            return join_sentences((counted, *next(filter(None, wanting), ())))
        if fitting:
            return ""
        hidden = [one for one in there if self.last or one.id not in graph.outputs]
        if not hidden and len(self.params) > 1 and not self.after:
            # The network's last layer is none that a lesson lets one build anew.
            wanted = format_list(f"{name} {condition.shown}" for name, condition in self.params)
            return _("There is no {layer} with {wanted} yet.", layer=self.layer, wanted=wanted)
        pairs = zip(there, wanting, strict=True)
        node, best = min(
            (pair for pair in pairs if pair[0] in (hidden or there)), key=lambda one: len(one[1])
        )
        # Where it stands is said alone: a layer that is another one needs no other numbers.
        return best[0] if self._misplaced(node, graph) else join_sentences(best)

    def _misplaced(self, node: Node, graph: Graph) -> list[str]:
        found = []
        if self.connected and not is_connected(graph, node.id):
            found.append(_("{layer} is not connected to the Input.", layer=node.id))
        if self.after and not any(
            unwrapped(one, self.after) is not None and node.id in descendants(graph, one.id)
            for one in graph.nodes
        ):
            found.append(self._not_after(node))
        last = activation_layer(node, graph) or node
        if self.last and node.id not in graph.outputs and last.id not in graph.outputs:
            found.append(_("{layer} is not the last layer.", layer=node.id))
        return found

    def _wanting(self, node: Node, state: LessonState) -> tuple[str, ...]:
        graph = state.project.graph
        found = self._misplaced(node, graph)
        for name, wanted in self.params:
            held = param_of(node, graph, name)
            if not wanted.holds(held):
                # The field says "none" where nothing was chosen.
                told = _("none (linear)") if held == "linear" else value_word(held)
                if name == "activation":
                    held = activation_of(node, graph)
                    if wanted.holds(held):
                        continue
                found.append(
                    _(
                        "{layer} has {parameter} {value}; the lesson asks for {wanted}.",
                        layer=node.id,
                        parameter=name,
                        value=told,
                        wanted=wanted.shown,
                    )
                )
        if self.shape is not None:
            found += self._shape_wanting(node, state)
        return tuple(found)

    def _not_after(self, node: Node) -> str:
        if self.after == self.layer:
            return _(
                "There is no second {kind} after {layer}: add one.",
                kind=self.layer,
                layer=node.id,
            )
        return _("{layer} does not come after a {kind}.", layer=node.id, kind=self.after)

    def _shape_wanting(self, node: Node, state: LessonState) -> list[str]:
        assert self.shape is not None
        held = (state.shapes or {}).get(node.id)
        if held is None:
            return [_("The output shape of {layer} is not known yet.", layer=node.id)]
        if tuple(held[1:]) == self.shape:
            return []
        return [
            _(
                "{layer} has the output shape {shape}, not {wanted}.",
                layer=node.id,
                shape=shape_text(held[1:]),
                wanted=shape_text(self.shape),
            )
        ]


def unwrapped(node: Node, layer: str) -> Node | None:
    """Return ``node`` where it is a ``layer``, or what it wraps where that is one; else None.

    A ``Bidirectional`` of an LSTM reads with an LSTM, too.
    """
    if node.layer == layer:
        return node
    inner = node.params.get("layer")
    if not isinstance(inner, Mapping) or inner.get("layer") != layer:
        return None
    return Node(node.id, layer, inner.get("params") or {})


def param_of(node: Node, graph: Graph, name: str) -> Any:
    """What a layer's argument is: as given, or Keras's default. A shared layer has its owner's."""
    owner = graph.by_id.get(node.shared or "", node)
    spec = LAYERS[node.layer].by_name[name]
    held = owner.params.get(name, spec.default)
    # Keras says nothing where nothing is bent; people say "linear".
    return "linear" if held is None and spec.kind is Kind.ACTIVATION else held


#: Layers that do no more than one activation.
_ACTIVATION_LAYERS = {"ReLU": "relu", "Softmax": "softmax", "LeakyReLU": "leaky_relu", "ELU": "elu"}


def activation_layer(node: Node, graph: Graph) -> Node | None:
    """Return the layer that applies the activation of ``node``, where it stands by itself.

    A ``BatchNormalization`` may stand between both.
    """
    if "activation" not in LAYERS[node.layer].by_name:
        return None
    if param_of(node, graph, "activation") != "linear":
        return None
    following = [graph.by_id[target] for target in graph.targets[node.id]]
    if len(following) == 1 and following[0].layer == "BatchNormalization":
        following = [graph.by_id[target] for target in graph.targets[following[0].id]]
    if len(following) != 1:
        return None
    alone = following[0].layer == "Activation" or following[0].layer in _ACTIVATION_LAYERS
    return following[0] if alone else None


def layer_count(graph: Graph) -> int:
    """Return the number of layers but Inputs; one with its Activation layer counts once."""
    apart = {one.id for node in graph.nodes if (one := activation_layer(node, graph)) is not None}
    return sum(node.layer != "Input" and node.id not in apart for node in graph.nodes)


def activation_of(node: Node, graph: Graph) -> Any:
    """Return the activation of a layer: its own, or that of an Activation layer after it."""
    layer = activation_layer(node, graph)
    if layer is None:
        return param_of(node, graph, "activation")
    return _ACTIVATION_LAYERS.get(layer.layer) or param_of(layer, graph, "activation")


def is_connected(graph: Graph, node_id: str) -> bool:
    """Whether a layer lies behind an Input."""
    return any(node_id in descendants(graph, one) for one in graph.inputs)


def loose_ends(graph: Graph) -> list[str]:
    """Ids of layers that no Input reaches, and of Inputs that feed nothing."""
    reached = {one for start in graph.inputs for one in descendants(graph, start)}
    return [
        node.id
        for node in graph.nodes
        if (not graph.targets[node.id] if node.layer == "Input" else node.id not in reached)
    ]


def shape_text(shape: Shape) -> str:
    """``28 x 28 x 1``."""
    return " x ".join("any" if axis is None else str(axis) for axis in shape) or _("one number")


def parse_shape(text: str) -> Shape:
    """The shape that ``28 x 28 x 1`` says. Raises ``ValueError`` where it says none."""
    parts = [part.strip() for part in re.split(r"[x×,]", text)]
    if not all(part.isdigit() or part == "any" for part in parts):
        raise ValueError(_("'{text}' is not a shape; write for example '28 x 28 x 1'", text=text))
    return tuple(None if part == "any" else int(part) for part in parts)


def parse_param_condition(layer: str, name: str, text: str) -> Condition:
    """What a parameter of a layer must be.

    Raises:
        ValueError: the layer has no such parameter, or it can never be so.
    """
    spec = LAYERS[layer]
    if name not in spec.by_name:
        known = [*PLACE_WORDS, *spec.by_name]
        near = did_you_mean(name, known)
        near = near or _("It has {names}.", names=format_list(spec.by_name, 12))
        told = _("{layer} has no parameter '{name}'.", layer=layer, name=name)
        raise ValueError(join_sentences((told, near)))
    found = parse_condition(text)
    _can_be(spec.by_name[name], found)
    return found


def _can_be(param: Param, found: Condition) -> None:
    if param.kind in _NUMBERS:
        words = [w for w in found.words if not re.fullmatch(r"none|\d+( x \d+)+", w)]
        if words and param.kind is not Kind.SHAPE:
            raise ValueError(
                _(
                    "'{parameter}' is a number, but '{word}' is not",
                    parameter=param.name,
                    word=words[0],
                )
            )
        return
    if found.numeric:
        raise ValueError(
            _(
                "'{parameter}' is not a number, so it cannot be '{text}'",
                parameter=param.name,
                text=found.text,
            )
        )
    allowed: list[str] | None = None
    if param.kind is Kind.BOOL:
        allowed = ["true", "false"]
    elif param.kind is Kind.CHOICE:
        allowed = [*param.choices, "none"]
    elif param.kind in _NAMES:
        allowed = [*_NAMES[param.kind], "none"]
    if allowed is not None:
        for word in found.words:
            values.known_name(word, allowed, param.name)
