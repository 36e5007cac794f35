"""Shapes, parameter counts and costs of every node, as Keras says, kept up to date.

A cache holds what Keras said by layer, parameters and input shapes, so that after an edit only
the nodes that really changed are asked about again.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

from netbuilder.core.catalog.layers.layer_index import LAYERS, spec_of
from netbuilder.core.catalog.spec import Category, LayerSpec
from netbuilder.core.check.problems import Shape, describe_output, node_name
from netbuilder.core.check.shapes.shape_errors import explain_failure
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.preprocessing.scaling import bin_count
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Graph, Node
from netbuilder.core.wording import format_list

if TYPE_CHECKING:
    import keras


def position_count(axes: Sequence[int | None]) -> int:
    """Product of the lengths of ``axes``; an unknown length counts as 1."""
    return prod(1 if n is None else n for n in axes)


def layer_costs(layer: keras.Layer, inputs: Sequence[Shape], output: Shape) -> tuple[int, int]:
    """Multiply-adds, and numbers that are held as outputs, of ``layer`` for one sample.

    Args:
        layer: a built layer (its weights need shapes, not values).
        inputs: shapes that feed it, batch axis included.
        output: shape that it gives, batch axis included.
    """
    if getattr(layer, "layers", None):
        return _model_costs(layer, inputs[0])
    return multiply_adds(layer, inputs, output), position_count(output[1:])


def _model_costs(model: keras.Model, shape: Shape) -> tuple[int, int]:
    """The same for a pretrained body, whose own input has no fixed size.

    A body is a model that scales pixels and hands them to the network; scaling keeps the size.
    """
    import keras

    parts = [part for part in model.layers if getattr(part, "layers", None)]
    if parts:
        found = [_model_costs(part, shape) for part in parts]
    else:
        sized = keras.models.clone_model(model, input_tensors=keras.Input(shape[1:]))
        found = [_in_model(layer) for layer in sized.layers]
    return sum(one[0] for one in found), sum(one[1] for one in found)


def multiply_adds(layer: keras.Layer, inputs: Sequence[Shape], output: Shape) -> int:
    """Multiply-adds of a single layer; arguments as for ``layer_costs``."""
    name = type(layer).__name__
    kernels: int = sum(prod(v.shape) for v in layer.weights if "kernel" in v.name)
    if not inputs or name.endswith("Embedding") or "Normalization" in name:
        return 0
    first = inputs[0]
    if "Attention" in name:
        return _attention(layer, inputs, kernels)
    if name == "TimeDistributed":
        inner = layer.layer
        return position_count(first[1:2]) * multiply_adds(inner, [_step(first)], _step(output))
    if name.startswith("ConvLSTM"):
        # The recurrent kernel runs over the output's places, the input's kernel nearly so.
        return (
            kernels
            * position_count(first[1:2])
            * position_count(_places(layer, output)[-_rank(layer) :])
        )
    if "Conv" in name:
        over = first if "Transpose" in name else output
        return kernels * position_count(_places(layer, over))
    if spec_of(name).category is Category.RECURRENT:
        return kernels * position_count(first[1:2])
    if name == "Dot":
        return position_count(output[1:]) * (first[-1] or 1)
    return kernels * position_count(first[1:-1])


def _in_model(layer: keras.Layer) -> tuple[int, int]:
    """Costs of a layer inside a functional model, which knows its own shapes."""
    if type(layer).__name__ == "InputLayer":
        return 0, 0
    try:
        given, made = layer.input, layer.output
    except (AttributeError, ValueError):  # called several times, or never: no one shape
        return 0, 0
    many = given if isinstance(given, (list, tuple)) else [given]
    one = made[0] if isinstance(made, (list, tuple)) else made
    shape = tuple(one.shape)
    return multiply_adds(layer, [tuple(t.shape) for t in many], shape), position_count(shape[1:])


def _step(shape: Shape) -> Shape:
    return (shape[0], *shape[2:])


def _rank(layer: keras.Layer) -> int:
    return int(getattr(layer, "rank", 1))


def _places(layer: keras.Layer, shape: Shape) -> Shape:
    """The axes of ``shape`` that are places (height, width), without batch and channels."""
    if getattr(layer, "data_format", None) == "channels_first":
        return shape[2:]
    return shape[1:-1]


def _attention(layer: keras.Layer, inputs: Sequence[Shape], kernels: int) -> int:
    """Projections at every query position, and two products of queries with keys.

    Vaswani et al., "Attention is all you need", 2017, section 3.2.
    """
    query = inputs[0]
    keys = inputs[1] if len(inputs) > 1 else query
    width = query[-1] or 1
    heads = getattr(layer, "num_heads", None) or getattr(layer, "num_query_heads", None)
    if heads:
        width = int(heads) * int(getattr(layer, "key_dim", None) or layer.head_dim)
    places = position_count(query[1:-1])
    return kernels * places + 2 * width * places * position_count(keys[1:-1])


_SHAPE_PROBE_KEPT = 2000  # layers; they hold shapes of weights, not weights


@dataclass(frozen=True)
class LayerOutcome:
    """What Keras said about a layer on given input shapes.

    ``held`` counts the numbers of its output, and of all outputs inside a pretrained body.
    ``failure`` is its own message; ``refused`` says that the layer's values are at fault, and no
    input could help.
    """

    output: Shape | None = None
    parameters: int = 0
    trainable: int = 0
    multiply_adds: int = 0
    held: int = 0
    failure: str | None = None
    refused: bool = False


class ShapeProber:
    """Asks, and keeps built layers whose weights another size of picture would not change."""

    def __init__(self) -> None:
        self._built: dict[tuple[Any, ...], keras.Layer] = {}

    def ask(self, node: Node, graph: Graph, params: str, inputs: tuple[Shape, ...]) -> LayerOutcome:
        """Make, build and measure the layer of ``node``.

        Args:
            node: the node that holds the layer.
            graph: what it stands in.
            params: its parameters as one string, to recognise them by.
            inputs: what feeds it, batch axis included.
        """
        import keras

        from netbuilder.core.engine.build.graph_to_keras import make_layer
        from netbuilder.core.engine.build.keras_objects import seeded_random

        spec = LAYERS[node.layer]
        place = _same_weights(spec, node, params, inputs)
        with keras.StatelessScope(initialize_variables=False):
            try:
                layer = self._built.get(place) if place else None
                if layer is None:
                    with seeded_random(0):
                        layer = make_layer(node, graph)
                        output = _output_shape(layer, spec, inputs)
                    if place:
                        self._keep(place, layer)
                else:
                    output = _first(layer.compute_output_shape(inputs[0]))
                operations, held = layer_costs(layer, inputs, output)
                return LayerOutcome(
                    output=output,
                    parameters=sum(prod(v.shape) for v in layer.weights),
                    trainable=sum(prod(v.shape) for v in layer.trainable_weights),
                    multiply_adds=operations,
                    held=held,
                )
            except UserError as error:
                return LayerOutcome(failure=_reason(error, node), refused=True)
            except Exception as error:  # noqa: BLE001  Keras raises many kinds for a bad shape
                return LayerOutcome(failure=str(error) or type(error).__name__)

    def _keep(self, place: tuple[Any, ...], layer: keras.Layer) -> None:
        if len(self._built) >= _SHAPE_PROBE_KEPT:
            self._built.clear()
        self._built[place] = layer


def _reason(error: UserError, node: Node) -> str:
    """Why the layer could not be made, without the node's name: the answer serves others too."""
    cause = error.__cause__
    if cause is not None and not isinstance(cause, UserError):
        return str(cause)
    return str(error).replace(f" '{node.id}'", "")


def _same_weights(
    spec: LayerSpec, node: Node, params: str, inputs: tuple[Shape, ...]
) -> tuple[Any, ...] | None:
    """What the weights of a convolution or pooling depend on; None for other layers.

    They slide over places, so only rank and channels matter. A layer that refused a shape once
    was not kept, and what it refuses later it says in ``compute_output_shape``.
    """
    if spec.category is not Category.CONVOLUTION or len(inputs) != 1:
        return None
    if node.params.get("data_format") == "channels_first":
        return None
    return (spec.name, params, len(inputs[0]), inputs[0][-1])


def _output_shape(layer: keras.Layer, spec: LayerSpec, inputs: Sequence[Shape]) -> Shape:
    """Build ``layer`` if need be and say what it gives."""
    if spec.ports and len(inputs) == 1:
        inputs = [inputs[0], inputs[0]]  # one wire is query and value: self-attention
    if spec.separate_inputs:
        return _first(layer(*(keras_tensor(shape) for shape in inputs)).shape)
    given: Any = inputs[0] if len(inputs) == 1 else list(inputs)
    if not spec.module.startswith("keras."):
        # A layer of a session's own need not say its shape: Keras finds it by calling the layer.
        tensors = [keras_tensor(shape) for shape in inputs]
        return _first(layer(tensors[0] if len(tensors) == 1 else tensors).shape)
    if not layer.built:
        layer.build(given)
    return _first(layer.compute_output_shape(given))


def keras_tensor(shape: Shape) -> keras.KerasTensor:
    """A tensor that has a shape and no value."""
    import keras

    return keras.KerasTensor(shape)


def _first(shape: Any) -> Shape:
    """The first shape where a layer gives several (a recurrent layer with its state)."""
    while shape and isinstance(shape[0], (tuple, list)):
        shape = shape[0]
    return tuple(None if n is None else int(n) for n in shape)


FLOAT_BYTES = 4
_KEPT = 20_000  # outcomes; each holds a few numbers

Key = tuple[str, str, tuple[Shape, ...]]


class _NotKnownError(Exception):
    """Keras has to be asked."""


class Superseded(Exception):  # noqa: N818  no error: the answer is no longer wanted
    """A newer request on the same cache has begun; the result of this one is not wanted."""


@dataclass(frozen=True)
class NodeShape:
    """What is known of one node.

    ``output`` and ``inputs`` are shapes with the batch axis (None) first; ``output`` is None if
    it is not known. ``parameters`` counts weights (``trainable`` of them are trained),
    ``multiply_adds`` is for one sample, ``bytes`` is the memory of one sample's output (of
    all layers inside a pretrained body).
    ``error`` says in plain words why Keras cannot use the layer here, ``code`` names the kind
    (a code of ``diagnostics.RULES``). ``follows`` is the node further up that hides the shape.
    """

    output: Shape | None = None
    parameters: int = 0
    trainable: int = 0
    multiply_adds: int = 0
    bytes: int = 0
    error: str | None = None
    code: str = ""
    follows: str | None = None
    inputs: tuple[Shape, ...] = ()


@dataclass(frozen=True)
class Shapes:
    """The whole graph's shapes and costs.

    ``graph`` is the graph that they were computed for.
    """

    by_node: Mapping[str, NodeShape] = field(default_factory=dict)
    graph: Graph = field(default=Graph(), compare=False, repr=False)

    def still_true(self, graph: Graph) -> Shapes:
        """What holds for ``graph`` too: nodes that are the same as before, and all above them.

        A check that runs on an edited graph before its shapes are there takes these.
        """
        if graph is self.graph:
            return self
        kept: dict[str, NodeShape] = {}
        for node_id in graph.order:
            before, now = self.graph.by_id.get(node_id), graph.by_id[node_id]
            sources = graph.sources[node_id]
            if (
                before is not None
                and (before is now or _same_layer(before, now, self.graph, graph))
                and sources == self.graph.sources[node_id]
                and all(source in kept for source in sources)
                and node_id in self.by_node
            ):
                kept[node_id] = self.by_node[node_id]
        return Shapes(kept, graph)

    @cached_property
    def total_parameters(self) -> int:
        """Number of weights."""
        return sum(shape.parameters for shape in self.by_node.values())

    @cached_property
    def trainable_parameters(self) -> int:
        """Number of weights that training changes."""
        return sum(shape.trainable for shape in self.by_node.values())

    @cached_property
    def multiply_adds(self) -> int:
        """Multiply-adds for one sample."""
        return sum(shape.multiply_adds for shape in self.by_node.values())

    @cached_property
    def activation_bytes(self) -> int:
        """Bytes of all nodes' outputs for one sample."""
        return sum(shape.bytes for shape in self.by_node.values())

    @cached_property
    def weight_bytes(self) -> int:
        """Bytes of the weights."""
        return self.total_parameters * FLOAT_BYTES


class ShapeCache:
    """Computes ``Shapes`` and remembers what Keras said.

    Safe to use from several threads; a newer request makes an older one that still runs raise
    ``Superseded``.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.known: dict[Key, LayerOutcome] = {}
        self._prober = ShapeProber()
        self._ticket = 0

    def compute(
        self,
        graph: Graph,
        facts: DataFacts | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Shapes:
        """Shapes of all nodes of ``graph``.

        Args:
            graph: what is drawn; it may be unfinished or wrong.
            facts: what is known of the data; gives the shape of an ``Input`` that has none.
            cancelled: asked between nodes; if it says True, ``Superseded`` is raised.

        Raises:
            Superseded: a newer request has begun, or ``cancelled`` said so.
        """
        with self._lock:
            self._ticket += 1
            ticket = self._ticket

        def check() -> None:
            if ticket != self._ticket or (cancelled is not None and cancelled()):
                raise Superseded

        try:
            return self._walk(graph, facts, check, self._remembered)
        except _NotKnownError:
            return _in_thread_of_its_own(lambda: self._walk(graph, facts, check, self._asked))

    def _remembered(self, key: Key, _node: Node, _graph: Graph) -> LayerOutcome:
        found = self.known.get(key)
        if found is None:
            raise _NotKnownError
        return found

    def _asked(self, key: Key, node: Node, graph: Graph) -> LayerOutcome:
        found = self.known.get(key)
        if found is None:
            found = self._prober.ask(node, graph, key[1], key[2])
            with self._lock:
                while len(self.known) >= _KEPT:
                    del self.known[next(iter(self.known))]
                self.known[key] = found
        return found

    def _walk(
        self,
        graph: Graph,
        facts: DataFacts | None,
        check: Callable[[], None],
        ask: Callable[[Key, Node, Graph], LayerOutcome],
    ) -> Shapes:
        found: dict[str, NodeShape] = {}
        for node_id in graph.order:
            check()
            node = graph.by_id[node_id]
            if node.layer == "Input":
                found[node_id] = _input(node, facts)
            else:
                found[node_id] = _layer(node, graph, found, ask)
        for node in graph.nodes:
            found.setdefault(node.id, NodeShape())  # in a cycle, or behind one
            if node.shared is not None and found[node.id].output is not None:
                found[node.id] = _shared(node, graph, found, ask)
        return Shapes(found, graph)


def _same_layer(before: Node, now: Node, old: Graph, new: Graph) -> bool:
    """Whether a node does the same, wherever it lies."""
    if (before.layer, before.shared) != (now.layer, now.shared):
        return False
    if now.shared is not None and old.by_id.get(now.shared) is not new.by_id.get(now.shared):
        return False
    return before.params is now.params or before.params == now.params


def _input(node: Node, facts: DataFacts | None) -> NodeShape:
    axes = node.params.get("shape")
    if axes is None and facts is not None:
        bins = facts.bins.get(node.id)
        axes = (bin_count(bins),) if bins else facts.input_shapes.get(node.id)
    if not isinstance(axes, (list, tuple)) or not all(
        n is None or (type(n) is int and n > 0) for n in axes
    ):
        return NodeShape()
    return NodeShape(output=(None, *axes), bytes=position_count(axes) * FLOAT_BYTES)


def _layer(
    node: Node,
    graph: Graph,
    found: Mapping[str, NodeShape],
    ask: Callable[[Key, Node, Graph], LayerOutcome],
) -> NodeShape:
    owner = graph.by_id.get(node.shared) if node.shared else node
    sources = graph.sources[node.id]
    if owner is None or owner.layer not in LAYERS:
        return NodeShape(
            error=str(node.extra.get("explanation", ""))
            or _("NetBuilder has no layer '{layer}'.", layer=node.layer),
            code="unknown-layer",
        )
    inputs = [found[source].output if source in found else None for source in sources]
    hidden = [
        found[source].follows or (source if found[source].error else None)
        for source in sources
        if source in found
    ]
    shapes = tuple(shape for shape in inputs if shape is not None)
    if not sources or len(shapes) != len(sources):
        return NodeShape(follows=next((h for h in hidden if h), None), inputs=shapes)
    spec = LAYERS[owner.layer]
    most = spec.max_inputs if spec.max_inputs is not None else len(shapes)
    wrong_rank = spec.ranks and any(len(shape) not in spec.ranks for shape in shapes)
    if wrong_rank or not spec.min_inputs <= len(shapes) <= most:
        trouble = explain_failure(node, owner, graph, shapes, None)
    else:
        outcome = ask((owner.layer, _frozen(owner), shapes), owner, graph)
        if outcome.failure is None and outcome.output is not None:
            counted = 0 if owner is not node else 1
            return NodeShape(
                output=outcome.output,
                parameters=outcome.parameters * counted,
                trainable=outcome.trainable * counted,
                multiply_adds=outcome.multiply_adds,
                bytes=outcome.held * FLOAT_BYTES,
                inputs=shapes,
            )
        trouble = explain_failure(
            node, owner, graph, shapes, outcome.failure, refused=outcome.refused
        )
    return NodeShape(error=trouble.text, code=trouble.code, inputs=shapes)


def _shared(
    node: Node,
    graph: Graph,
    found: Mapping[str, NodeShape],
    ask: Callable[[Key, Node, Graph], LayerOutcome],
) -> NodeShape:
    """The node's shape if the weights that it shares can be the same ones."""
    mine, owner = found[node.id], graph.by_id.get(node.shared or "")
    if owner is None or owner.layer != node.layer:
        return mine  # told by shared-layer
    other = found.get(owner.id, NodeShape())
    own = ask((owner.layer, _frozen(owner), mine.inputs), owner, graph)
    if other.output is None or own.parameters == other.parameters:
        return mine
    return NodeShape(
        error=(
            _(
                "{node} shares the weights of '{owner}', which expect another input. Expected: "
                "{expected}. Found: {found}.",
                node=node_name(node),
                owner=owner.id,
                expected=format_list([describe_output(s) for s in other.inputs]),
                found=format_list([describe_output(s) for s in mine.inputs]),
            )
        ),
        code="shared-shape",
        inputs=mine.inputs,
    )


def _frozen(node: Node) -> str:
    return json.dumps(dict(node.params), sort_keys=True, default=str)


def _in_thread_of_its_own(work: Callable[[], Shapes]) -> Shapes:
    """Run ``work`` in a new thread and wait for it.

    Keras keeps its bookkeeping (variables without a value, counters of names) per thread and
    would hold every layer that was ever asked about; it goes with the thread.
    """
    result: list[Shapes] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as error:  # noqa: BLE001  handed to the caller below
            failed.append(error)

    thread = threading.Thread(target=run, name="netbuilder-shapes", daemon=True)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return result[0]
