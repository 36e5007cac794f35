"""Diagnose a network in training: dead units, vanishing and exploding gradients."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
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

#: Share of dead units that is not reported: some always are.
MOST_DEAD = 0.5
#: Fewer samples do not prove that a unit is dead.
LEAST_SAMPLES = 16
#: A layer whose gradient, relative to the largest, is below this hardly learns.
VANISHING = 1e-4
#: Root mean square of an exploding gradient.
EXPLODING = 1e2


def network_problems(
    project: Project,
    outputs: Mapping[str, Array],
    gradients: Mapping[str, Mapping[str, Array]],
    reached: Collection[str] = (),
) -> tuple[Problem, ...]:
    """Return at most one problem per layer.

    ``project``: as it is trained; ``outputs``: (samples, ...) by node id, at one moment of the
    training; ``gradients``: of the loss by node id, by weight, at the same moment; ``reached``:
    ``reached_layers`` of an earlier moment of the training: these layers have learned, so that a
    small gradient is no problem any more.
    """
    graph = project.graph
    problems: dict[str, Problem] = {}
    sizes, largest = _sizes(gradients)
    small_so_far = True  # a small gradient after a larger one has not vanished
    for node_id in graph.order:
        size = sizes.get(node_id)
        if size is None:
            continue
        layer = graph.by_id[node_id]
        small_so_far = small_so_far and size < largest * VANISHING
        if not np.isfinite(size) or size > EXPLODING:
            problems[node_id] = _exploding(layer, size)
        # One of a backbone's many kernels proves little, and no layer can be inserted.
        elif small_so_far and node_id not in reached and layer.layer not in BACKBONES:
            problems[node_id] = _vanishing(graph, layer, size, largest)
    for node_id, values in outputs.items():
        node = graph.by_id.get(node_id)
        if node is not None and node_id not in problems and _rectified(node):
            dead, units = count_dead_units(values)
            if units and dead / units > MOST_DEAD:
                problems[node_id] = _dead(node, dead, units, len(values))
    return tuple(problems.values())


def reached_layers(gradients: Mapping[str, Mapping[str, Array]]) -> frozenset[str]:
    """Return the nodes whose gradient has not vanished."""
    sizes, largest = _sizes(gradients)
    return frozenset(node for node, size in sizes.items() if size >= largest * VANISHING > 0)


def _sizes(gradients: Mapping[str, Mapping[str, Array]]) -> tuple[dict[str, float], float]:
    """Return the root mean square of each kernel's gradient by node id, and the largest."""
    sizes = {
        node: float(np.sqrt(np.mean(np.square(by_weight["kernel"], dtype=float))))
        for node, by_weight in gradients.items()
        if "kernel" in by_weight and by_weight["kernel"].size
    }
    return sizes, max((size for size in sizes.values() if np.isfinite(size)), default=0.0)


def count_dead_units(values: Array) -> tuple[int, int]:
    """Return the number of units (channels) that are 0 for all samples, and of all units.

    Both are 0 if there are too few samples. Such a rectified unit gets no gradient and stays dead
    ("Dying ReLU and initialization", 2019).
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
    candidates = [graph.by_id[name] for name in (node.id, *graph.targets[node.id])]
    saturated = next(
        (layer for layer in candidates if layer.params.get("activation") in ("sigmoid", "tanh")),
        None,
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
    text = format_number(size, ".1g") if np.isfinite(size) else "NaN"
    return Problem(
        "exploding-gradient", Severity.WARNING, node.id, _("Gradient explodes"),
        _(
            "The gradient in '{name}' is {size}, so each step changes the weights too much. Use "
            "a smaller learning rate, or limit the gradients (clipnorm).", name=node.id, size=text),
        Fix(_("Limit gradients (clipnorm 1)"), _clipped),
    )  # fmt: skip


def _clipped(project: Project) -> Project:
    optimizer = project.training.optimizer
    params = {**optimizer.params, "clipnorm": 1.0}
    return edits.set_training(project, optimizer=replace(optimizer, params=params))
