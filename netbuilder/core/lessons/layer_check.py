"""The part of a check about one layer: ``layer``, its parameters and position."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.catalog.training.training_index import ACTIVATIONS, CONSTRAINTS, REGULARIZERS
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons import check_values as values
from netbuilder.core.lessons.conditions import Condition, parse_condition, value_word
from netbuilder.core.lessons.lesson_state import LessonState, Shape
from netbuilder.core.project.graph_ends import descendants
from netbuilder.core.project.model import Graph, Node
from netbuilder.core.wording import did_you_mean, format_list, join_sentences

_sentence = sentences_of("lessons")

_NUMBERS = (Kind.INT, Kind.FLOAT, Kind.SIZE, Kind.SHAPE, Kind.FLOATS, Kind.INTS)
_NAMES: Mapping[Kind, Mapping[str, Any]] = {
    Kind.ACTIVATION: ACTIVATIONS,
    Kind.REGULARIZER: REGULARIZERS,
    Kind.CONSTRAINT: CONSTRAINTS,
}
#: Words of ``layer`` that are not parameters.
PLACE_WORDS = ("count", "connected", "after", "last", "shape")


@dataclass(frozen=True)
class LayerCheck:
    """At least one layer of this class fits.

    ``params`` are conditions on parameters, ``count`` on the number of fitting layers, ``after`` is
    a layer class somewhere before it, ``shape`` the output shape without the batch axis.
    """

    layer: str
    params: tuple[tuple[str, Condition], ...] = ()
    count: Condition | None = None
    connected: bool = False
    after: str = ""
    last: bool = False
    shape: tuple[int | None, ...] | None = None

    def missing(self, state: LessonState, earlier: Sequence[LayerCheck] = ()) -> str:
        """Return what is missing for the check to hold; "" if it holds.

        A layer ``after`` one of its class is a second one: those of ``earlier`` steps stay.
        """
        graph = state.project.graph
        candidates = [
            layer for node in graph.nodes if (layer := unwrapped(node, self.layer)) is not None
        ]
        if not candidates:
            return _("There is no {layer} on the canvas.", layer=self.layer)
        lacking = [self._lacking(node, state) for node in candidates]
        fitting = sum(not sentences for sentences in lacking)
        if self.count is not None:
            if self.count.holds(fitting):
                return ""
            counted = _sentence(
                "layers_fit",
                count=len(candidates),
                fitting=fitting,
                layer=self.layer,
                wanted=self.count.shown,
            )
            return join_sentences((counted, *next(filter(None, lacking), ())))
        if fitting:
            return ""
        if self.after == self.layer:
            firsts = [
                node.id
                for node in candidates
                if any(o.layer == self.layer and not o._lacking(node, state) for o in earlier)
            ]
            others = [
                pair for pair in zip(candidates, lacking, strict=True) if pair[0].id not in firsts
            ]
            for node, _sentences in others:
                below = [first for first in firsts if first in descendants(graph, node.id)]
                if below:
                    return _sentence("layer_before", layer=node.id, first=below[0])
            if others:
                candidates, lacking = map(list, zip(*others, strict=True))
        hidden = [node for node in candidates if self.last or node.id not in graph.outputs]
        if not hidden and len(self.params) > 1 and not self.after:
            # The output layer is never meant to be replaced.
            settings = format_list(f"{name} {condition.shown}" for name, condition in self.params)
            return _("There is no {layer} with {wanted} yet.", layer=self.layer, wanted=settings)
        pairs = zip(candidates, lacking, strict=True)
        node, best = min(
            (pair for pair in pairs if pair[0] in (hidden or candidates)),
            key=lambda pair: len(pair[1]),
        )
        # A misplaced layer is probably another one: do not ask for its parameters.
        return best[0] if self._misplaced(node, graph) else join_sentences(best)

    def _misplaced(self, node: Node, graph: Graph) -> list[str]:
        sentences = []
        if self.connected and not is_connected(graph, node.id):
            sentences.append(_("{layer} is not connected to the Input.", layer=node.id))
        if self.after and not any(
            unwrapped(other, self.after) is not None and node.id in descendants(graph, other.id)
            for other in graph.nodes
        ):
            sentences.append(self._not_after(node))
        last = activation_layer(node, graph) or node
        if self.last and node.id not in graph.outputs and last.id not in graph.outputs:
            sentences.append(_("{layer} is not the last layer.", layer=node.id))
        return sentences

    def _lacking(self, node: Node, state: LessonState) -> tuple[str, ...]:
        graph = state.project.graph
        sentences = self._misplaced(node, graph)
        for name, condition in self.params:
            value = param_of(node, graph, name)
            if not condition.holds(value):
                # The Layer page shows "none" if nothing was chosen.
                text = _("none (linear)") if value == "linear" else value_word(value)
                if name == "activation":
                    value = activation_of(node, graph)
                    if condition.holds(value):
                        continue
                sentences.append(
                    _sentence(
                        "other_parameter",
                        layer=node.id,
                        parameter=name,
                        value=text,
                        wanted=condition.shown,
                    )
                )
        if self.shape is not None:
            sentences += self._wrong_shape(node, state)
        return tuple(sentences)

    def _not_after(self, node: Node) -> str:
        if self.after == self.layer:
            return _(
                "There is no second {kind} after {layer}: add one.", kind=self.layer, layer=node.id
            )
        return _("{layer} does not come after a {kind}.", layer=node.id, kind=self.after)

    def _wrong_shape(self, node: Node, state: LessonState) -> list[str]:
        assert self.shape is not None
        shape = (state.shapes or {}).get(node.id)
        if shape is None:
            return [_("The output shape of {layer} is not known yet.", layer=node.id)]
        if tuple(shape[1:]) == self.shape:
            return []
        return [
            _sentence(
                "other_shape",
                layer=node.id,
                shape=shape_text(shape[1:]),
                wanted=shape_text(self.shape),
            )
        ]


def unwrapped(node: Node, layer: str) -> Node | None:
    """Return ``node`` if it is a ``layer``, or the ``layer`` that it wraps; else None."""
    if node.layer == layer:
        return node
    inner = node.params.get("layer")
    if not isinstance(inner, Mapping) or inner.get("layer") != layer:
        return None
    return Node(node.id, layer, inner.get("params") or {})


def param_of(node: Node, graph: Graph, name: str) -> Any:
    """Return a layer's argument or Keras's default; a shared layer has its owner's."""
    owner = graph.by_id.get(node.shared or "", node)
    spec = LAYERS[node.layer].by_name[name]
    value = owner.params.get(name, spec.default)
    # Keras's None is called "linear".
    return "linear" if value is None and spec.kind is Kind.ACTIVATION else value


#: Layers that apply one activation.
_ACTIVATION_LAYERS = {"ReLU": "relu", "Softmax": "softmax", "LeakyReLU": "leaky_relu", "ELU": "elu"}


def activation_layer(node: Node, graph: Graph) -> Node | None:
    """Return the Activation layer after ``node`` or its BatchNormalization, if there is one."""
    if "activation" not in LAYERS[node.layer].by_name:
        return None
    if param_of(node, graph, "activation") != "linear":
        return None
    following = [graph.by_id[target] for target in graph.targets[node.id]]
    if len(following) == 1 and following[0].layer == "BatchNormalization":
        following = [graph.by_id[target] for target in graph.targets[following[0].id]]
    if len(following) != 1:
        return None
    applies = following[0].layer == "Activation" or following[0].layer in _ACTIVATION_LAYERS
    return following[0] if applies else None


def layer_count(graph: Graph) -> int:
    """Return the number of layers without Inputs and separate activation layers."""
    activations = {
        layer.id for node in graph.nodes if (layer := activation_layer(node, graph)) is not None
    }
    return sum(node.layer != "Input" and node.id not in activations for node in graph.nodes)


def activation_of(node: Node, graph: Graph) -> Any:
    """Return the activation of a layer: its own, or that of an Activation layer after it."""
    layer = activation_layer(node, graph)
    if layer is None:
        return param_of(node, graph, "activation")
    return _ACTIVATION_LAYERS.get(layer.layer) or param_of(layer, graph, "activation")


def is_connected(graph: Graph, node_id: str) -> bool:
    """Return whether a layer is reached from an Input."""
    return any(node_id in descendants(graph, start) for start in graph.inputs)


def loose_ends(graph: Graph) -> list[str]:
    """Return the IDs of layers that no Input reaches, and of Inputs without targets."""
    reached = {node_id for start in graph.inputs for node_id in descendants(graph, start)}
    return [
        node.id
        for node in graph.nodes
        if (not graph.targets[node.id] if node.layer == "Input" else node.id not in reached)
    ]


def shape_text(shape: Shape) -> str:
    """Return a shape as ``28 x 28 x 1``."""
    return " x ".join("any" if axis is None else str(axis) for axis in shape) or _("one number")


def parse_shape(text: str) -> Shape:
    """Parse ``28 x 28 x 1``; raise ``ValueError`` if it is not a shape."""
    parts = [part.strip() for part in re.split(r"[x×,]", text)]
    if not all(part.isdigit() or part == "any" for part in parts):
        raise ValueError(_("'{text}' is not a shape; write for example '28 x 28 x 1'", text=text))
    return tuple(None if part == "any" else int(part) for part in parts)


def parse_param_condition(layer: str, name: str, text: str) -> Condition:
    """Parse the condition on a layer's parameter.

    Raise ValueError if the layer has no such parameter, or no value can fit.
    """
    spec = LAYERS[layer]
    if name not in spec.by_name:
        known = [*PLACE_WORDS, *spec.by_name]
        suggestion = did_you_mean(name, known)
        suggestion = suggestion or _("It has {names}.", names=format_list(spec.by_name, 12))
        problem = _("{layer} has no parameter '{name}'.", layer=layer, name=name)
        raise ValueError(join_sentences((problem, suggestion)))
    condition = parse_condition(text)
    _check_possible(spec.by_name[name], condition)
    return condition


def _check_possible(param: Param, condition: Condition) -> None:
    if param.kind in _NUMBERS:
        words = [w for w in condition.words if not re.fullmatch(r"none|\d+( x \d+)+", w)]
        if words and param.kind is not Kind.SHAPE:
            raise ValueError(_sentence("number_parameter", parameter=param.name, word=words[0]))
        return
    if condition.numeric:
        raise ValueError(_sentence("words_parameter", parameter=param.name, text=condition.text))
    allowed: list[str] | None = None
    if param.kind is Kind.BOOL:
        allowed = ["true", "false"]
    elif param.kind is Kind.CHOICE:
        allowed = [*param.choices, "none"]
    elif param.kind in _NAMES:
        allowed = [*_NAMES[param.kind], "none"]
    if allowed is not None:
        for word in condition.words:
            values.known_name(word, allowed, param.name)
