"""The rules of ``check/rules/structure.py``: why each is a problem, what to do, and examples."""

from __future__ import annotations

from dataclasses import replace

from netbuilder.core.data.data_facts import REGRESSION
from netbuilder.core.project.graph_ends import DEFAULT_OUTPUT
from netbuilder.core.project.model import Graph, Node
from rule_examples.building import Example, ExampleBuilder, RulePage, chain, facts_for

_DENSE = {"units": 8, "activation": "relu"}


_NO_END = {DEFAULT_OUTPUT: 1}


_SOFTMAX = {"units": 3, "activation": "softmax"}


def _good() -> ExampleBuilder:
    return ExampleBuilder().chain(("input", "Input", {}), ("dense", "Dense", _DENSE))


def _with(graph: Graph, *nodes: Node) -> Graph:
    return replace(graph, nodes=(*graph.nodes, *nodes))


def _duplicated() -> Example:
    project = chain(("input", "Input", {}), ("dense", "Dense", _DENSE), ("out", "Dense", _SOFTMAX))
    return Example(replace(project, graph=_with(project.graph, Node("dense", "Dense", _DENSE))))


def _sharing_nothing() -> Example:
    project = chain(("input", "Input", {}), ("dense", "Dense", _DENSE))
    graph = _with(project.graph, Node("twin", "Dense", shared="gone"))
    return Example(replace(project, graph=replace(graph, edges=(*graph.edges, ("dense", "twin")))))


PAGES = {
    "no-name": RulePage(
        ("A layer has an empty name in the file, so connections and Keras cannot refer to it."),
        ("Name the layer."),
        (lambda: Example(chain(("input", "Input", {}), ("", "Dense", _SOFTMAX))),),
    ),
    "duplicate-name": RulePage(
        ("Two layers have the same name, so connections and weights are ambiguous."),
        ("Rename one of them."),
        (_duplicated,),
    ),
    "dangling-edge": RulePage(
        (
            "A connection refers to a layer that does not exist, usually because the file was "
            "edited by hand."
        ),
        ("Remove the connection."),
        (lambda: Example(_good().wire(("dense", "gone")).project()),),
    ),
    "cycle": RulePage(
        ("A layer would need its own output as input."),
        ("Remove the connection that leads back."),
        (
            lambda: Example(
                ExampleBuilder()
                .chain(
                    ("input", "Input", {}),
                    ("one", "Dense", _DENSE),
                    ("two", "Dense", _DENSE),
                    ("add", "Add", {}),
                    ("three", "Dense", _DENSE),
                    ("out", "Dense", _SOFTMAX),
                )
                .wire(("one", "add"), ("three", "add"))
                .project()
            ),
        ),
    ),
    "shared-layer": RulePage(
        ("A layer shares the weights of a layer that does not exist or is of another type."),
        ("Unshare the weights."),
        (_sharing_nothing,),
    ),
    "no-input": RulePage(
        ("Data enters the network through an Input, but there is none."),
        ("Add an Input and connect it to the first layer."),
        (lambda: Example(chain(("dense", "Dense", _DENSE), ("out", "Dense", _SOFTMAX))),),
    ),
    "no-layers": RulePage(
        ("The network has an Input but no layer that can learn."),
        ("Add layers after the Input."),
        (
            lambda: Example(chain(("input", "Input", {}))),
            lambda: Example(
                chain(("input", "Input", {})), facts_for(REGRESSION, 1, output_units=_NO_END)
            ),
        ),
    ),
    "unconnected": RulePage(
        ("A layer has no input connection, or an Input is not connected to a layer."),
        ("Connect the layer, or remove it."),
        (
            lambda: Example(_good().chain(("out", "Dense", _SOFTMAX)).project()),
            lambda: Example(
                _good()
                .chain(("out", "Dense", _SOFTMAX), start="dense")
                .chain(("other", "Input", {}))
                .project()
            ),
        ),
    ),
    "input-count": RulePage(
        (
            "A layer that joins branches needs at least two inputs. Most other layers take "
            "exactly one."
        ),
        ("Join the inputs with a Concatenate, or remove the layer."),
        (
            lambda: Example(
                chain(("input", "Input", {}), ("add", "Add", {}), ("out", "Dense", _SOFTMAX))
            ),
            lambda: Example(
                _good()
                .chain(("out", "Dense", _SOFTMAX), start="dense")
                .wire(("input", "out"))
                .project()
            ),
        ),
    ),
}
