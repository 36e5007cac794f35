"""Rules about values that are scaled twice on their way into the network."""

from __future__ import annotations

from collections.abc import Iterable

from netbuilder.core.check.context import Context
from netbuilder.core.check.problems import Severity, node_name
from netbuilder.core.check.rule import Example, Layer, Rule, Violation, chain, facts_for, make_fix
from netbuilder.core.data.data_facts import CLASSES
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project import edits
from netbuilder.core.project.graph_ends import byte_input_layer, passes_pixels, takes_bytes
from netbuilder.core.project.model import Data, Node, Project


def _data_and_network(context: Context) -> Iterable[Violation]:
    """Scaled on the Data page by choice, and again by the first layer."""
    data = context.project.data
    if data.scaling not in {"minmax", "standard"}:
        return
    for key in context.graph.inputs:
        taker = byte_input_layer(context.graph, key)
        if taker is None:
            continue
        node = context.graph.by_id[taker]
        yield Violation(
            taker,
            _(
                "{node} expects values from 0 to 255, but the data is scaled before ({scaling}), "
                "so all values look almost the same.",
                node=node_name(node),
                scaling=data.scaling,
            ),
            make_fix(_("Let the network scale the data"), edits.set_data, scaling="auto"),
        )


def _layer_and_layer(context: Context) -> Iterable[Violation]:
    """A Rescaling by 1/255 in front of another, or of a body that scales itself."""
    graph = context.graph
    for node in graph.nodes:
        if node.layer != "Rescaling" or not takes_bytes(graph, node):
            continue
        second = _next_taker(context, node)
        if second is not None:
            yield Violation(
                node.id,
                _(
                    "{node} scales the values, and {other} after it expects values from 0 to 255 "
                    "and scales them again.",
                    node=node_name(node),
                    other=node_name(second),
                ),
                make_fix(_("Remove '{name}'", name=node.id), edits.remove_nodes, [node.id]),
            )


def _next_taker(context: Context, node: Node) -> Node | None:
    graph, waiting = context.graph, list(context.graph.targets[node.id])
    seen = set(waiting)
    while waiting:
        here = graph.by_id[waiting.pop(0)]
        if takes_bytes(graph, here):
            return here
        if passes_pixels(graph, here):
            more = [one for one in graph.targets[here.id] if one not in seen]
            seen.update(more)
            waiting += more
    return None


_PIXELS = facts_for(CLASSES, 3, (32, 32, 3), value_range=(0.0, 255.0), units_scaled=True)


def _pictures(*layers: Layer, scaling: str = "auto") -> Project:
    return chain(
        ("input", "Input", {}),
        *layers,
        ("flat", "Flatten", {}),
        ("out", "Dense", {"units": 3, "activation": "softmax"}),
        data=Data("images", path="photos", scaling=scaling),
    )


_DIVIDE = {"scale": 1 / 255}

RULES: tuple[Rule, ...] = (
    Rule(
        "scaled-twice", Severity.WARNING, N_("Scaled twice"),
        N_(
            "The first layer expects pixels from 0 to 255 and scales them itself. If the data is "
            "scaled before, all pixels look almost the same and the network learns little."
        ),
        N_("Set the scaling of the data to auto."),
        _data_and_network,
        (lambda: Example(_pictures(("divide", "Rescaling", _DIVIDE), scaling="minmax"), _PIXELS),),
    ),
    Rule(
        "two-rescalings", Severity.WARNING, N_("Two layers that scale"),
        N_(
            "A pretrained model and a Rescaling by 1/255 both expect pixels from 0 to 255. After "
            "another Rescaling they get numbers near 0."
        ),
        N_("Remove one of the two."),
        _layer_and_layer,
        (
            lambda: Example(
                _pictures(("divide", "Rescaling", _DIVIDE), ("again", "Rescaling", _DIVIDE)),
                _PIXELS,
            ),
        ),
    ),
)  # fmt: skip
