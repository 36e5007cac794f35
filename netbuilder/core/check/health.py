"""What has gone wrong inside a network while it learns: dead units, gradients that fade or burst.

Told as ``Problem`` values, so that they stand on the layer that has them like any other, with a
fix where one edit helps.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.layers.pretrained import BACKBONES
from netbuilder.core.check.problems import Fix, Problem, Severity
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project import edits
from netbuilder.core.project.model import Graph, Node, Project
from netbuilder.core.wording import format_number

Array = NDArray[Any]

#: Share of units that may be dead without a word: some always are.
MOST_DEAD = 0.5
#: Fewer samples than this say nothing about a unit that none of them woke.
LEAST_SAMPLES = 16
#: The gradient in a layer, against the largest in the network, below which it does not learn.
VANISHING = 1e-4
#: Root mean square of a gradient above which a step throws the weights about.
EXPLODING = 1e2


def network_problems(
    project: Project,
    outputs: Mapping[str, Array],
    gradients: Mapping[str, Mapping[str, Array]],
    reached: Collection[str] = (),
) -> tuple[Problem, ...]:
    """What is wrong inside the network, at most one problem a layer.

    Args:
        project: as it is trained.
        outputs: (samples, ...) by node id, at one moment of the training.
        gradients: of the loss by node id, by weight, at the same moment.
        reached: nodes that ``reached_layers`` gave at an earlier moment of the same training:
            what they needed has come to them, and a gradient that is small now has done its work.
    """
    graph = project.graph
    found: dict[str, Problem] = {}
    sizes, largest = _sizes(gradients)
    fading = True  # from the input on: a small gradient behind a larger one has not vanished
    for node_id in graph.order:
        size = sizes.get(node_id)
        if size is None:
            continue
        learning = graph.by_id[node_id]
        fading = fading and size < largest * VANISHING
        if not np.isfinite(size) or size > EXPLODING:
            found[node_id] = _exploding(learning, size)
        # One kernel of dozens says little about a backbone, and no layer can be put into it.
        elif fading and node_id not in reached and learning.layer not in BACKBONES:
            found[node_id] = _vanishing(graph, learning, size, largest)
    for node_id, values in outputs.items():
        node = graph.by_id.get(node_id)
        if node is not None and node_id not in found and _rectified(node):
            dead, units = count_dead_units(values)
            if units and dead / units > MOST_DEAD:
                found[node_id] = _dead(node, dead, units, len(values))
    return tuple(found.values())


def reached_layers(gradients: Mapping[str, Mapping[str, Array]]) -> frozenset[str]:
    """Nodes that the gradient comes to: there it has not vanished."""
    sizes, largest = _sizes(gradients)
    return frozenset(node for node, size in sizes.items() if size >= largest * VANISHING > 0)


def _sizes(gradients: Mapping[str, Mapping[str, Array]]) -> tuple[dict[str, float], float]:
    """Root mean squares of the kernels' gradients by node id, and the largest of them."""
    sizes = {
        node: float(np.sqrt(np.mean(np.square(some["kernel"], dtype=float))))
        for node, some in gradients.items()
        if "kernel" in some and some["kernel"].size
    }
    return sizes, max((size for size in sizes.values() if np.isfinite(size)), default=0.0)


def count_dead_units(values: Array) -> tuple[int, int]:
    """Units (channels) that are 0 for all samples, and how many there are; (0, 0): too few samples.

    A rectified unit that no sample wakes gets no gradient, so it never wakes again (Lu and
    others, "Dying ReLU and initialization", 2019).
    """
    if len(values) < LEAST_SAMPLES or values.ndim < 2:
        return 0, 0
    flat = np.asarray(values).reshape(-1, values.shape[-1])
    return int(np.sum(np.all(flat <= 0, axis=0))), flat.shape[1]


def _rectified(node: Node) -> bool:
    return node.layer == "ReLU" or node.params.get("activation") in ("relu", "relu6")


def _dead(node: Node, dead: int, units: int, samples: int) -> Problem:
    all_dead = dead == units
    message = ngettext(
        "{dead} of {units} units of '{name}' are 0 for {count} sample. relu sets them to 0, so "
        "they get no gradient. Use a smaller learning rate, or leaky_relu.",
        "{dead} of {units} units of '{name}' are 0 for all {count} samples. relu sets them to 0, "
        "so they get no gradient. Use a smaller learning rate, or leaky_relu.",
        samples, dead=dead, units=units, name=node.id,
    )  # fmt: skip
    fix = None
    if node.layer != "ReLU":
        fix = _set_activation(node, "leaky_relu")
    elif "LeakyReLU" in LAYERS:
        fix = Fix(_("Use LeakyReLU"), lambda p: edits.replace_layer(p, node.id, "LeakyReLU"))
    return Problem(
        "dead-units", Severity.WARNING, node.id,
        _("All units are dead") if all_dead else ngettext("{count} dead unit", "{count} dead units",
            dead),
        message,
        fix,
    )  # fmt: skip


def _set_activation(node: Node, name: str) -> Fix:
    return Fix(_("Use {name}", name=name), lambda p: edits.set_params(p, node.id, activation=name))


def _vanishing(graph: Graph, node: Node, size: float, largest: float) -> Problem:
    fix = None
    behind = [graph.by_id[one] for one in (node.id, *graph.targets[node.id])]
    saturated = next(
        (one for one in behind if one.params.get("activation") in ("sigmoid", "tanh")), None
    )
    if saturated is not None and graph.targets[saturated.id]:
        fix = _set_activation(saturated, "relu")
    elif graph.targets[node.id]:
        target = graph.targets[node.id][0]
        fix = Fix(
            _("Insert BatchNormalization"),
            lambda p: edits.insert_on_edge(p, (node.id, target), "BatchNormalization"),
        )
    return Problem(
        "vanishing-gradient", Severity.WARNING, node.id, _("Gradient vanishes"),
        _(
            "The gradient in '{name}' is {size}; the largest gradient is {largest}. The gradient "
            "vanishes on its way back, so this layer hardly learns. Use relu, normalisation or "
            "fewer layers.", name=node.id, size=format_number(size, ".1g"),
            largest=format_number(largest, ".1g")),
        fix,
    )  # fmt: skip


def _exploding(node: Node, size: float) -> Problem:
    seen = format_number(size, ".1g") if np.isfinite(size) else "NaN"
    return Problem(
        "exploding-gradient", Severity.WARNING, node.id, _("Gradient explodes"),
        _(
            "The gradient in '{name}' is {size}, so each step changes the weights too much. Use "
            "a smaller learning rate, or limit the gradients (clipnorm).", name=node.id, size=seen),
        Fix(_("Limit gradients (clipnorm 1)"), _clipped),
    )  # fmt: skip


def _clipped(project: Project) -> Project:
    from dataclasses import replace

    optimizer = project.training.optimizer
    params = {**optimizer.params, "clipnorm": 1.0}
    return edits.set_training(project, optimizer=replace(optimizer, params=params))
