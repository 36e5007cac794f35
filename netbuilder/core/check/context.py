"""What the rules read: the project, its data facts and shapes, and views of both."""

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
    """For each cyclic component, return one cycle and the connections that close all its cycles.

    Depth-first from the Inputs, so that the cut connections lead back (Tarjan, "Depth-first search
    and linear graph algorithms", 1972).
    """
    if len(set(graph.order)) == len(graph.by_id):
        return []
    back: dict[frozenset[str], list[Edge]] = {}
    cycle_of: dict[frozenset[str], tuple[str, ...]] = {}
    done: set[str] = set()
    starts = [*graph.inputs, *graph.by_id]
    components = _components(graph)
    for start in starts:
        if start in done:
            continue
        path: list[str] = [start]
        on_path = {start: 0}
        iterators: list[Iterator[str]] = [iter(graph.targets[start])]
        while iterators:
            target = next(iterators[-1], None)
            if target is None:
                iterators.pop()
                left = path.pop()
                del on_path[left]
                done.add(left)
            elif target in on_path:
                component = components[target]
                back.setdefault(component, []).append((path[-1], target))
                cycle_of.setdefault(component, tuple(path[on_path[target] :]))
            elif target not in done:
                on_path[target] = len(path)
                path.append(target)
                iterators.append(iter(graph.targets[target]))
    return [(cycle_of[component], tuple(dict.fromkeys(edges))) for component, edges in back.items()]


def _components(graph: Graph) -> dict[str, frozenset[str]]:
    reached = {name: descendants(graph, name) | {name} for name in graph.by_id}
    return {
        name: frozenset(other for other in names if name in reached[other])
        for name, names in reached.items()
    }


def may_follow_output(layer: str) -> bool:
    """Return whether a layer may follow the one that computes an output.

    It works on single numbers, only while training, or only rearranges.
    """
    spec = spec_of(layer)
    activates = layer == "Activation" or spec.activation is not None
    return activates or spec.training_only or spec.arranges


@dataclass(frozen=True)
class OutputEnd:
    """One output of the network.

    ``node`` is the output, ``maker`` the layer that computes its numbers (mostly a Dense), ``tail``
    the layers after it, from the end up. ``activation`` is the last one, ``activator`` its node.
    ``loss`` is from the settings or the data's default, None if unknown.
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
        """Whether the output size fits the target; True while either is unknown."""
        if self.units is None or self.shape is None or len(self.shape) != 2:
            return self.shape is None or len(self.shape) == 2
        size = self.shape[1]
        # Two classes need one sigmoid unit, or two with softmax.
        return size in {self.units, None} or (self.task == BINARY and size == 2)


class Context:
    """Everything that rules read, computed once per check."""

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
        """Return the node that holds the layer of ``node``: itself, or the one it shares."""
        owner = self.graph.by_id.get(node.shared, node) if node.shared else node
        return owner if owner.layer == node.layer else node

    def value(self, node: Node, param: str) -> Any:
        """Return a parameter's value, or Keras's default."""
        owner = self.owner(node)
        if param in owner.params:
            return owner.params[param]
        spec = LAYERS.get(owner.layer)
        spec_param = spec.by_name.get(param) if spec else None
        return spec_param.default if spec_param else None

    def activation(self, node: Node) -> str | None:
        """Return the activation that a node applies last; None for linear."""
        own = spec_of(node.layer).activation
        if own is not None:
            return own
        value = self.value(node, "activation")
        if isinstance(value, dict):
            value = value.get("name")
        return value if isinstance(value, str) and value != "linear" else None

    def shape_of(self, node_id: str) -> NodeShape | None:
        """Return what is known of a node's shape."""
        return self.shapes.by_node.get(node_id) if self.shapes is not None else None

    def output_of(self, node_id: str) -> Shape | None:
        """Return a node's output shape, or None."""
        shape = self.shape_of(node_id)
        return shape.output if shape is not None else None

    @cached_property
    def cycles(self) -> list[tuple[tuple[str, ...], tuple[Edge, ...]]]:
        """Cycles, each with the connections that close it."""
        return cycles(self.graph)

    @cached_property
    def shape_errors(self) -> dict[str, list[tuple[Node, NodeShape]]]:
        """Nodes that Keras cannot use in their place, by problem code."""
        errors: dict[str, list[tuple[Node, NodeShape]]] = {}
        for node_id, shape in (self.shapes.by_node if self.shapes is not None else {}).items():
            if shape.error is not None and node_id in self.graph.by_id:
                errors.setdefault(shape.code, []).append((self.graph.by_id[node_id], shape))
        return errors

    @cached_property
    def live(self) -> frozenset[str]:
        """IDs that an ``Input`` reaches."""
        reached = (descendants(self.graph, name) for name in self.graph.inputs)
        return frozenset(self.graph.inputs).union(*reached)

    @cached_property
    def roots(self) -> tuple[str, ...]:
        """IDs of nodes without sources, except ``Input``."""
        return tuple(
            node.id
            for node in self.graph.nodes
            if node.layer != "Input" and not self.graph.sources[node.id]
        )

    def of_category(self, node: Node, *categories: Category) -> bool:
        """Return whether a node's layer is in one of ``categories``."""
        spec = LAYERS.get(node.layer)
        return spec is not None and spec.category in categories

    @cached_property
    def loose_layers(self) -> tuple[OutputEnd, ...]:
        """Ends that no target fits while it fits another end: forgotten branches."""
        facts = self.facts
        ends = self._all_ends
        if facts is None or len(ends) < 2 or len(facts.target_names) >= len(ends):
            return ()
        own = self.project.data.targets.keys() | self.project.training.outputs.keys()
        fits = {end.node.id for end in ends if end.fits}
        loose = [end for end in ends if end.node.id not in fits | own and end.shape is not None]
        return tuple(loose) if fits else ()

    @cached_property
    def ends(self) -> tuple[OutputEnd, ...]:
        """The outputs that an ``Input`` reaches, without forgotten branches."""
        loose = {end.node.id for end in self.loose_layers}
        return tuple(end for end in self._all_ends if end.node.id not in loose)

    @cached_property
    def answers(self) -> tuple[OutputEnd, ...]:
        """The ends whose size fits: a wrong size is reported first."""
        return tuple(end for end in self.ends if end.fits)

    @cached_property
    def _all_ends(self) -> tuple[OutputEnd, ...]:
        return tuple(self._end(self.graph.by_id[o]) for o in self.graph.outputs if o in self.live)

    def upward(self, node: Node) -> Iterator[Node]:
        """Yield ``node`` and its ancestors while each has a single source."""
        visited: set[str] = set()
        while node.id not in visited:
            visited.add(node.id)
            yield node
            sources = self.graph.sources[node.id]
            if len(sources) != 1:
                return
            node = self.graph.by_id[sources[0]]

    def _end(self, node: Node) -> OutputEnd:
        tail: list[Node] = []
        maker = activator = None
        activation = None
        for ancestor in self.upward(node):
            if activator is None and self.activation(ancestor) is not None:
                activation, activator = self.activation(ancestor), ancestor
            if may_follow_output(ancestor.layer):
                tail.append(ancestor)
            else:
                maker = ancestor if ancestor.layer != "Input" else None
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
        """Whether the facts are about the task in the current settings."""
        task, facts = self.project.data.options.get("task"), self.facts
        if facts is None:
            return False
        # Generated text has the task "next_token"; its classes are the tokens.
        return task in {None, "", "auto", facts.task, *((NEXT_TOKEN,) if facts.generates else ())}

    def _loss(self, output: str) -> tuple[Choice | None, bool]:
        training = self.project.training
        settings = training.outputs.get(output)
        if settings is not None and settings.loss is not None:
            return settings.loss, True
        if training.loss is not None:
            return training.loss, True
        if self.facts is None or not self.task_is_known:
            return None, False
        return loss_for(self.facts, output, last_units(self.graph, output)), False
