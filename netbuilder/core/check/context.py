"""What the rules look at: the project, what is known of its data and shapes, and views of both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS, spec_of
from netbuilder.core.catalog.spec import Category
from netbuilder.core.check.problems import Shape
from netbuilder.core.check.shapes.shapes import NodeShape, Shapes
from netbuilder.core.data.data_facts import BINARY, NEXT_TOKEN, DataFacts
from netbuilder.core.data.defaults import loss_for
from netbuilder.core.project.graph_ends import descendants, last_units
from netbuilder.core.project.model import Choice, Edge, Graph, Node, Project


def cycles(graph: Graph) -> list[tuple[tuple[str, ...], tuple[Edge, ...]]]:
    """For each knot of circles: one circle in it, and the wires without which none is left.

    A depth-first search from the Inputs on; the wires are its back edges, so that what is cut
    leads back and not forward (Tarjan, "Depth-first search and linear graph algorithms", 1972).
    """
    if len(set(graph.order)) == len(graph.by_id):
        return []
    back: dict[frozenset[str], list[Edge]] = {}
    circle: dict[frozenset[str], tuple[str, ...]] = {}
    done: set[str] = set()
    starts = [*graph.inputs, *graph.by_id]
    knots = _knots(graph)
    for start in starts:
        if start in done:
            continue
        path: list[str] = [start]
        on_path = {start: 0}
        walks: list[Iterator[str]] = [iter(graph.targets[start])]
        while walks:
            target = next(walks[-1], None)
            if target is None:
                walks.pop()
                left = path.pop()
                del on_path[left]
                done.add(left)
            elif target in on_path:
                knot = knots[target]
                back.setdefault(knot, []).append((path[-1], target))
                circle.setdefault(knot, tuple(path[on_path[target] :]))
            elif target not in done:
                on_path[target] = len(path)
                path.append(target)
                walks.append(iter(graph.targets[target]))
    return [(circle[knot], tuple(dict.fromkeys(edges))) for knot, edges in back.items()]


def _knots(graph: Graph) -> dict[str, frozenset[str]]:
    """The strongly connected component of each node: what it reaches, and is reached from."""
    reached = {name: descendants(graph, name) | {name} for name in graph.by_id}
    return {
        name: frozenset(other for other in found if name in reached[other])
        for name, found in reached.items()
    }


def may_follow_output(layer: str) -> bool:
    """Whether it may stand behind the layer that makes the numbers of an output.

    It changes numbers one by one, acts only while training, or arranges them differently.
    """
    spec = spec_of(layer)
    activates = layer == "Activation" or spec.activation is not None
    return activates or spec.training_only or spec.arranges


@dataclass(frozen=True)
class OutputEnd:
    """One output of the network.

    ``node`` is the output, ``maker`` the layer that makes its numbers (a Dense, mostly), behind
    which only dropping, arranging and activating layers stand (``tail``, from the end up).
    ``activation`` is the last one, ``activator`` the node that applies it. ``loss`` is what the
    plan or the data's default says, None if neither is known.
    """

    node: Node
    maker: Node | None
    tail: tuple[Node, ...]
    activation: str | None
    activator: Node | None
    shape: Shape | None
    loss: Choice | None
    chosen: bool
    task: str | None
    units: int | None
    classes: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether it gives as many numbers as the target has; True where that is not known."""
        if self.units is None or self.shape is None or len(self.shape) != 2:
            return self.shape is None or len(self.shape) == 2
        have = self.shape[1]
        # Two classes are learned with one sigmoid unit, or with two and softmax.
        return have in {self.units, None} or (self.task == BINARY and have == 2)


class Context:
    """Everything a rule may ask, worked out once for each check."""

    def __init__(
        self,
        project: Project,
        facts: DataFacts | None,
        shapes: Shapes | None,
        base: Path | None = None,
    ) -> None:
        self.project = project
        self.base = base
        self.graph: Graph = project.graph
        self.facts = facts
        self.shapes = shapes.still_true(project.graph) if shapes is not None else None

    def owner(self, node: Node) -> Node:
        """The node that holds the layer of ``node``: itself, or the one that it shares."""
        found = self.graph.by_id.get(node.shared, node) if node.shared else node
        return found if found.layer == node.layer else node

    def value(self, node: Node, param: str) -> Any:
        """A parameter's value, Keras's default where it is not given."""
        owner = self.owner(node)
        if param in owner.params:
            return owner.params[param]
        spec = LAYERS.get(owner.layer)
        known = spec.by_name.get(param) if spec else None
        return known.default if known else None

    def activation(self, node: Node) -> str | None:
        """Name of the activation that a node applies at its end; None for none."""
        stands_for = spec_of(node.layer).activation
        if stands_for is not None:
            return stands_for
        value = self.value(node, "activation")
        if isinstance(value, dict):
            value = value.get("name")
        return value if isinstance(value, str) and value != "linear" else None

    def shape_of(self, node_id: str) -> NodeShape | None:
        """What is known of a node's shape."""
        return self.shapes.by_node.get(node_id) if self.shapes is not None else None

    def output_of(self, node_id: str) -> Shape | None:
        """The shape that a node gives, or None."""
        found = self.shape_of(node_id)
        return found.output if found is not None else None

    @cached_property
    def cycles(self) -> list[tuple[tuple[str, ...], tuple[Edge, ...]]]:
        """Circles of wires, each with the wires that close it."""
        return cycles(self.graph)

    @cached_property
    def shape_errors(self) -> dict[str, list[tuple[Node, NodeShape]]]:
        """Nodes that Keras cannot use where they stand, by the kind of trouble."""
        found: dict[str, list[tuple[Node, NodeShape]]] = {}
        for node_id, shape in (self.shapes.by_node if self.shapes is not None else {}).items():
            if shape.error is not None and node_id in self.graph.by_id:
                found.setdefault(shape.code, []).append((self.graph.by_id[node_id], shape))
        return found

    @cached_property
    def live(self) -> frozenset[str]:
        """Ids that an ``Input`` reaches."""
        reached = (descendants(self.graph, name) for name in self.graph.inputs)
        return frozenset(self.graph.inputs).union(*reached)

    @cached_property
    def roots(self) -> tuple[str, ...]:
        """Ids, other than of ``Input``, that nothing feeds."""
        return tuple(
            node.id
            for node in self.graph.nodes
            if node.layer != "Input" and not self.graph.sources[node.id]
        )

    def of_category(self, node: Node, *categories: Category) -> bool:
        """Whether a node's layer is of one of ``categories``."""
        spec = LAYERS.get(node.layer)
        return spec is not None and spec.category in categories

    @cached_property
    def loose_layers(self) -> tuple[OutputEnd, ...]:
        """Ends for which the data has no answer, where another end gives it.

        A network may end in several places: each then has a target or a goal of its own, or all
        learn the same. An end whose size is not the target's is a branch that was forgotten.
        """
        facts = self.facts
        ends = self._all_ends
        if facts is None or len(ends) < 2 or len(facts.target_names) >= len(ends):
            return ()
        own = self.project.data.targets.keys() | self.project.training.outputs.keys()
        fits = {end.node.id for end in ends if end.fits}
        lost = [end for end in ends if end.node.id not in fits | own and end.shape is not None]
        return tuple(lost) if fits else ()

    @cached_property
    def ends(self) -> tuple[OutputEnd, ...]:
        """The outputs that an ``Input`` reaches, without dead ends."""
        lost = {end.node.id for end in self.loose_layers}
        return tuple(end for end in self._all_ends if end.node.id not in lost)

    @cached_property
    def answers(self) -> tuple[OutputEnd, ...]:
        """The ends of the right size: where size is wrong, that is told and mended first."""
        return tuple(end for end in self.ends if end.fits)

    @cached_property
    def _all_ends(self) -> tuple[OutputEnd, ...]:
        return tuple(self._end(self.graph.by_id[o]) for o in self.graph.outputs if o in self.live)

    def upward(self, node: Node) -> Iterator[Node]:
        """``node`` and what feeds it, as long as there is one wire in."""
        seen: set[str] = set()
        while node.id not in seen:
            seen.add(node.id)
            yield node
            sources = self.graph.sources[node.id]
            if len(sources) != 1:
                return
            node = self.graph.by_id[sources[0]]

    def _end(self, node: Node) -> OutputEnd:
        tail: list[Node] = []
        maker = activator = None
        activation = None
        for one in self.upward(node):
            kind = one.layer
            if activator is None and self.activation(one) is not None:
                activation, activator = self.activation(one), one
            if may_follow_output(kind):
                tail.append(one)
            else:
                maker = one if kind != "Input" else None
                break
        facts = self.facts
        task = units = None
        classes: tuple[str, ...] = ()
        if facts is not None and self.task_is_known:
            task = facts.tasks.get(node.id, facts.task)
            units = facts.output_units.get(node.id)
            classes = facts.output_classes.get(node.id, facts.classes)
        loss, chosen = self._loss(node.id)
        return OutputEnd(
            node=node,
            maker=maker,
            tail=tuple(tail),
            activation=activation,
            activator=activator,
            shape=self.output_of(node.id),
            loss=loss,
            chosen=chosen,
            task=task,
            units=units,
            classes=classes,
        )

    @property
    def task_is_known(self) -> bool:
        """Whether the facts are of the task that the recipe names now."""
        named, facts = self.project.data.options.get("task"), self.facts
        if facts is None:
            return False
        # Of a text that is continued the task is named "next_token": its classes are the tokens.
        return named in {None, "", "auto", facts.task, *((NEXT_TOKEN,) if facts.generates else ())}

    def _loss(self, output: str) -> tuple[Choice | None, bool]:
        """The loss of an output, and whether it was chosen by hand."""
        training = self.project.training
        goal = training.outputs.get(output)
        if goal is not None and goal.loss is not None:
            return goal.loss, True
        if training.loss is not None:
            return training.loss, True
        if self.facts is None or not self.task_is_known:
            return None, False
        return loss_for(self.facts, output, last_units(self.graph, output)), False
