"""Shapes, parameter counts and costs of every node, as Keras says, kept up to date.

A cache holds what Keras said by layer, parameters and input shapes, so that after an edit only
the nodes that really changed are asked about again.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.check.phrases import Shape, describe_output, node_name
from netbuilder.core.check.shapes.multiply_adds import position_count
from netbuilder.core.check.shapes.shape_errors import explain_failure
from netbuilder.core.check.shapes.shape_probe import LayerOutcome, ShapeProber
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Graph, Node
from netbuilder.core.wording import format_list

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
    def memory(self) -> int:
        """Bytes of the weights and of one sample's outputs."""
        return self.total_parameters * FLOAT_BYTES + self.activation_bytes


class ShapeCache:
    """Computes ``Shapes`` and remembers what Keras said.

    Safe to use from several threads; a newer request makes an older one that still runs raise
    ``Superseded``.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Key, LayerOutcome] = {}
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
        found = self._known.get(key)
        if found is None:
            raise _NotKnownError
        return found

    def _asked(self, key: Key, node: Node, graph: Graph) -> LayerOutcome:
        found = self._known.get(key)
        if found is None:
            found = self._prober.ask(node, graph, key[1], key[2])
            with self._lock:
                while len(self._known) >= _KEPT:
                    del self._known[next(iter(self._known))]
                self._known[key] = found
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
    """The shape that the node itself gives, or the data's."""
    axes = node.params.get("shape")
    if axes is None and facts is not None:
        axes = facts.input_shapes.get(node.id)
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
            error=_("NetBuilder has no layer '{layer}'.", layer=node.layer), code="unknown-layer"
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
