"""Shapes, parameter counts and costs of every node from Keras, cached.

The cache is keyed by layer, parameters and input shapes, so an edit probes only changed nodes.
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
    """Return the product of ``axes``; an unknown length counts as 1."""
    return prod(1 if n is None else n for n in axes)


def layer_costs(layer: keras.Layer, inputs: Sequence[Shape], output: Shape) -> tuple[int, int]:
    """Return multiply-adds and output size of a built layer per sample; shapes have batch axes."""
    if getattr(layer, "layers", None):
        return _model_costs(layer, inputs[0])
    return multiply_adds(layer, inputs, output), position_count(output[1:])


def _model_costs(model: keras.Model, shape: Shape) -> tuple[int, int]:
    """Return the costs of a pretrained model, whose own input size is not fixed."""
    import keras

    parts = [part for part in model.layers if getattr(part, "layers", None)]
    if parts:
        costs = [_model_costs(part, shape) for part in parts]
    else:
        sized = keras.models.clone_model(model, input_tensors=keras.Input(shape[1:]))
        costs = [_in_model(layer) for layer in sized.layers]
    return sum(adds for adds, _size in costs), sum(size for _adds, size in costs)


def multiply_adds(layer: keras.Layer, inputs: Sequence[Shape], output: Shape) -> int:
    """Return the multiply-adds of a single layer; arguments as for ``layer_costs``."""
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
        # The input's kernel covers nearly the output's positions, like the recurrent one.
        positions = _places(layer, output)[-int(getattr(layer, "rank", 1)) :]
        return kernels * position_count(first[1:2]) * position_count(positions)
    if "Conv" in name:
        over = first if "Transpose" in name else output
        return kernels * position_count(_places(layer, over))
    if spec_of(name).category is Category.RECURRENT:
        return kernels * position_count(first[1:2])
    if name == "Dot":
        return position_count(output[1:]) * (first[-1] or 1)
    return kernels * position_count(first[1:-1])


def _in_model(layer: keras.Layer) -> tuple[int, int]:
    if type(layer).__name__ == "InputLayer":
        return 0, 0
    try:
        inputs, output = layer.input, layer.output
    except (AttributeError, ValueError):  # shared or never called: no single shape
        return 0, 0
    tensors = inputs if isinstance(inputs, (list, tuple)) else [inputs]
    tensor = output[0] if isinstance(output, (list, tuple)) else output
    shape = tuple(tensor.shape)
    return multiply_adds(layer, [tuple(t.shape) for t in tensors], shape), position_count(shape[1:])


def _step(shape: Shape) -> Shape:
    return (shape[0], *shape[2:])


def _places(layer: keras.Layer, shape: Shape) -> Shape:
    """Return the axes of ``shape`` without batch and channels."""
    if getattr(layer, "data_format", None) == "channels_first":
        return shape[2:]
    return shape[1:-1]


def _attention(layer: keras.Layer, inputs: Sequence[Shape], kernels: int) -> int:
    """Count projections at every query position, and two products of queries with keys.

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


_MAX_BUILT_LAYERS = 2000  # they hold shapes of weights, not weights


@dataclass(frozen=True)
class LayerOutcome:
    """What Keras returned for a layer on given input shapes.

    ``output_size`` counts the numbers of its output, or of all outputs inside a pretrained model.
    ``failure`` is Keras's message; ``refused``: the layer's own values are invalid.
    """

    output: Shape | None = None
    parameters: int = 0
    trainable: int = 0
    multiply_adds: int = 0
    output_size: int = 0
    failure: str | None = None
    refused: bool = False


class ShapeProber:
    """Probes layers with Keras, and caches those whose weights do not depend on the image size."""

    def __init__(self) -> None:
        self._built: dict[tuple[Any, ...], keras.Layer] = {}

    def ask(self, node: Node, graph: Graph, params: str, inputs: tuple[Shape, ...]) -> LayerOutcome:
        """Build and measure the layer of ``node``; ``params`` are its parameters as a string."""
        import keras

        from netbuilder.core.engine.networks.graph_to_keras import make_layer
        from netbuilder.core.engine.networks.keras_objects import seeded_random

        spec = LAYERS[node.layer]
        key = _same_weights(spec, node, params, inputs)
        with keras.StatelessScope(initialize_variables=False):
            try:
                layer = self._built.get(key) if key else None
                if layer is None:
                    with seeded_random(0):
                        layer = make_layer(node, graph)
                        output = _output_shape(layer, spec, inputs)
                    if key:
                        self._keep(key, layer)
                else:
                    output = _first(layer.compute_output_shape(inputs[0]))
                operations, activations = layer_costs(layer, inputs, output)
                return LayerOutcome(
                    output=output,
                    parameters=sum(prod(v.shape) for v in layer.weights),
                    trainable=sum(prod(v.shape) for v in layer.trainable_weights),
                    multiply_adds=operations,
                    output_size=activations,
                )
            except UserError as error:
                return LayerOutcome(failure=_reason(error, node), refused=True)
            except Exception as error:  # noqa: BLE001  Keras raises many kinds for a bad shape
                return LayerOutcome(failure=str(error) or type(error).__name__)

    def _keep(self, key: tuple[Any, ...], layer: keras.Layer) -> None:
        if len(self._built) >= _MAX_BUILT_LAYERS:
            self._built.clear()
        self._built[key] = layer


def _reason(error: UserError, node: Node) -> str:
    """Return why the layer could not be built, without its name: the answer is cached."""
    cause = error.__cause__
    if cause is not None and not isinstance(cause, UserError):
        return str(cause)
    return str(error).replace(f" '{node.id}'", "")


def _same_weights(
    spec: LayerSpec, node: Node, params: str, inputs: tuple[Shape, ...]
) -> tuple[Any, ...] | None:
    """Return what a convolution's weights depend on: rank and channels; None for other layers."""
    if spec.category is not Category.CONVOLUTION or len(inputs) != 1:
        return None
    if node.params.get("data_format") == "channels_first":
        return None
    return (spec.name, params, len(inputs[0]), inputs[0][-1])


def _output_shape(layer: keras.Layer, spec: LayerSpec, inputs: Sequence[Shape]) -> Shape:
    if spec.ports and len(inputs) == 1:
        inputs = [inputs[0], inputs[0]]  # self-attention: query and value are the same
    if spec.separate_inputs:
        return _first(layer(*(keras_tensor(shape) for shape in inputs)).shape)
    shapes: Any = inputs[0] if len(inputs) == 1 else list(inputs)
    if not spec.module.startswith("keras."):
        # A custom layer may lack compute_output_shape: call it.
        tensors = [keras_tensor(shape) for shape in inputs]
        return _first(layer(tensors[0] if len(tensors) == 1 else tensors).shape)
    if not layer.built:
        layer.build(shapes)
    return _first(layer.compute_output_shape(shapes))


def keras_tensor(shape: Shape) -> keras.KerasTensor:
    """Return a symbolic tensor of this shape."""
    import keras

    return keras.KerasTensor(shape)


def _first(shape: Any) -> Shape:
    """Return the first shape if a layer returns several, such as a recurrent state."""
    while shape and isinstance(shape[0], (tuple, list)):
        shape = shape[0]
    return tuple(None if n is None else int(n) for n in shape)


FLOAT_BYTES = 4
_MAX_OUTCOMES = 20_000  # a few numbers each

Key = tuple[str, str, tuple[Shape, ...]]


class _NotKnownError(Exception):
    """Keras has to be asked."""


class Superseded(Exception):  # noqa: N818  not an error
    """A newer request on the same cache has begun."""


@dataclass(frozen=True)
class NodeShape:
    """What is known of one node; shapes start with the batch axis (None).

    ``multiply_adds`` and ``bytes`` (of its output, or all outputs in a pretrained model) are per
    sample. ``error`` says why Keras cannot use the layer here, ``code`` is that of a rule in
    ``diagnostics.RULES``. ``follows`` is the ancestor whose error hides the shape.
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
    """The shapes and costs of the nodes of ``graph``."""

    by_node: Mapping[str, NodeShape] = field(default_factory=dict)
    graph: Graph = field(default=Graph(), compare=False, repr=False)

    def still_true(self, graph: Graph) -> Shapes:
        """Return what still holds for an edited graph: nodes with unchanged layer and ancestors."""
        if graph is self.graph:
            return self
        unchanged: dict[str, NodeShape] = {}
        for node_id in graph.order:
            before, after = self.graph.by_id.get(node_id), graph.by_id[node_id]
            sources = graph.sources[node_id]
            if (
                before is not None
                and (before is after or _same_layer(before, after, self.graph, graph))
                and sources == self.graph.sources[node_id]
                and all(source in unchanged for source in sources)
                and node_id in self.by_node
            ):
                unchanged[node_id] = self.by_node[node_id]
        return Shapes(unchanged, graph)

    @cached_property
    def total_parameters(self) -> int:
        """Number of weights."""
        return sum(shape.parameters for shape in self.by_node.values())

    @cached_property
    def trainable_parameters(self) -> int:
        """Number of trainable weights."""
        return sum(shape.trainable for shape in self.by_node.values())

    @cached_property
    def multiply_adds(self) -> int:
        """Multiply-adds per sample."""
        return sum(shape.multiply_adds for shape in self.by_node.values())

    @cached_property
    def activation_bytes(self) -> int:
        """Bytes of all outputs per sample."""
        return sum(shape.bytes for shape in self.by_node.values())

    @cached_property
    def weight_bytes(self) -> int:
        """Bytes of the weights."""
        return self.total_parameters * FLOAT_BYTES


class ShapeCache:
    """Computes ``Shapes`` with cached outcomes; thread-safe; newer requests supersede older."""

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
        """Return the shapes of all nodes of ``graph``, which may be unfinished or wrong.

        ``graph``: the network; ``facts``: of the data, for an ``Input`` without a shape;
        ``cancelled``: polled between nodes. Raise Superseded if a newer request has begun, or
        ``cancelled`` returned True.
        """
        with self._lock:
            self._ticket += 1
            ticket = self._ticket

        def check() -> None:
            if ticket != self._ticket or (cancelled is not None and cancelled()):
                raise Superseded

        try:
            return self._walk(graph, facts, check, self._from_cache)
        except _NotKnownError:
            return _in_new_thread(lambda: self._walk(graph, facts, check, self._from_keras))

    def _from_cache(self, key: Key, _node: Node, _graph: Graph) -> LayerOutcome:
        outcome = self.known.get(key)
        if outcome is None:
            raise _NotKnownError
        return outcome

    def _from_keras(self, key: Key, node: Node, graph: Graph) -> LayerOutcome:
        outcome = self.known.get(key)
        if outcome is None:
            outcome = self._prober.ask(node, graph, key[1], key[2])
            with self._lock:
                while len(self.known) >= _MAX_OUTCOMES:
                    del self.known[next(iter(self.known))]
                self.known[key] = outcome
        return outcome

    def _walk(
        self,
        graph: Graph,
        facts: DataFacts | None,
        check: Callable[[], None],
        ask: Callable[[Key, Node, Graph], LayerOutcome],
    ) -> Shapes:
        shapes: dict[str, NodeShape] = {}
        for node_id in graph.order:
            check()
            node = graph.by_id[node_id]
            if node.layer == "Input":
                shapes[node_id] = _input(node, facts)
            else:
                shapes[node_id] = _layer(node, graph, shapes, ask)
        for node in graph.nodes:
            shapes.setdefault(node.id, NodeShape())  # in a cycle, or after one
            if node.shared is not None and shapes[node.id].output is not None:
                shapes[node.id] = _shared(node, graph, shapes, ask)
        return Shapes(shapes, graph)


def _same_layer(before: Node, after: Node, old: Graph, new: Graph) -> bool:
    if (before.layer, before.shared) != (after.layer, after.shared):
        return False
    if after.shared is not None and old.by_id.get(after.shared) is not new.by_id.get(after.shared):
        return False
    return before.params is after.params or before.params == after.params


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
    by_node: Mapping[str, NodeShape],
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
    inputs = [by_node[source].output if source in by_node else None for source in sources]
    hidden = [
        by_node[source].follows or (source if by_node[source].error else None)
        for source in sources
        if source in by_node
    ]
    shapes = tuple(shape for shape in inputs if shape is not None)
    if not sources or len(shapes) != len(sources):
        return NodeShape(follows=next((h for h in hidden if h), None), inputs=shapes)
    spec = LAYERS[owner.layer]
    most = spec.max_inputs if spec.max_inputs is not None else len(shapes)
    wrong_rank = spec.ranks and any(len(shape) not in spec.ranks for shape in shapes)
    if wrong_rank or not spec.min_inputs <= len(shapes) <= most:
        problem = explain_failure(node, owner, graph, shapes, None)
    else:
        outcome = ask((owner.layer, _frozen(owner), shapes), owner, graph)
        if outcome.failure is None and outcome.output is not None:
            own = 0 if owner is not node else 1
            return NodeShape(
                output=outcome.output,
                parameters=outcome.parameters * own,
                trainable=outcome.trainable * own,
                multiply_adds=outcome.multiply_adds,
                bytes=outcome.output_size * FLOAT_BYTES,
                inputs=shapes,
            )
        problem = explain_failure(
            node, owner, graph, shapes, outcome.failure, refused=outcome.refused
        )
    return NodeShape(error=problem.text, code=problem.code, inputs=shapes)


def _shared(
    node: Node,
    graph: Graph,
    by_node: Mapping[str, NodeShape],
    ask: Callable[[Key, Node, Graph], LayerOutcome],
) -> NodeShape:
    mine, owner = by_node[node.id], graph.by_id.get(node.shared or "")
    if owner is None or owner.layer != node.layer:
        return mine  # see shared-layer
    other = by_node.get(owner.id, NodeShape())
    outcome = ask((owner.layer, _frozen(owner), mine.inputs), owner, graph)
    if other.output is None or outcome.parameters == other.parameters:
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


def _in_new_thread(work: Callable[[], Shapes]) -> Shapes:
    """Run ``work`` in a new thread and wait for it.

    Keras keeps references to every probed layer per thread; they are freed with the thread.
    """
    result: list[Shapes] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as error:  # noqa: BLE001  handed to the caller below
            errors.append(error)

    thread = threading.Thread(target=run, name="netbuilder-shapes", daemon=True)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return result[0]
