"""One-click fixes for shapes that do not fit, offered only where they help."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import floor, isqrt, log2, prod
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Category
from netbuilder.core.check.context import Context
from netbuilder.core.check.problems import Fix, Shape
from netbuilder.core.check.rule import make_fix, remove_layer
from netbuilder.core.check.shapes.shape_errors import (
    is_recurrent,
    last_step_only_above,
    window_name_and_sizes,
)
from netbuilder.core.check.shapes.shapes import Shapes
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project import edits
from netbuilder.core.project.model import Node, Project
from netbuilder.core.wording import format_list, format_number

#: Parameters with the size of a layer.
_SIZES = ("units", "filters", "output_dim")
#: No layer is made smaller than this.
_SMALLEST = 4
#: Safety margin of the estimate: biases do not shrink with two sizes.
_MARGIN = 0.9


def shrink(context: Context, cost: Callable[[Shapes], float], allowed: float) -> Fix | None:
    """Return a fix that brings ``cost`` of the network's shapes to ``allowed``; None if none can.

    It caps all hidden layers at the largest power of two that is cheap enough.
    """
    output_layers = frozenset(
        end.maker.id
        for end in context.ends
        if end.maker is not None and end.units is not None and end.fits
    )
    sizes = {
        n.id: s for n in context.graph.nodes if (s := size_of(n)) and n.id not in output_layers
    }
    if not sizes:
        return None
    for power in range(floor(log2(max(sizes.values()))), 1, -1):
        cap = 2**power
        if cap < _SMALLEST or cost(_estimated(context, sizes, cap)) > allowed * _MARGIN:
            continue
        large = [name for name, size in sizes.items() if size > cap]
        if not large:
            return None
        if len(large) == 1:
            name = size_name(context.graph.by_id[large[0]])
            text = _(
                "Set {name} of '{layer}' to {value}",
                name=name,
                layer=large[0],
                value=format_number(cap, ","),
            )
        else:
            text = ngettext(
                "Make {count} layer smaller (at most {limit})",
                "Make {count} layers smaller (at most {limit})",
                len(large),
                limit=format_number(cap, ","),
            )
        return make_fix(text, _capped, cap, output_layers)
    return None


def size_name(node: Node) -> str | None:
    """Return the parameter with the size of a node's own layer."""
    if node.shared is not None:
        return None
    return next((name for name in _SIZES if name in node.params), None)


def size_of(node: Node) -> int:
    """Return the size of a node's layer; 0 if it has none."""
    name = size_name(node)
    value: Any = node.params.get(name) if name else None
    return value if type(value) is int and value > 0 else 0


def _capped(project: Project, cap: int, keep: frozenset[str]) -> Project:
    for node in project.graph.nodes:
        name = size_name(node)
        if name is not None and node.id not in keep and size_of(node) > cap:
            project = edits.set_params(project, node.id, **{name: cap})
    return project


def _estimated(context: Context, sizes: Mapping[str, int], cap: int) -> Shapes:
    """Estimate the shapes by proportion: Keras would take longer."""
    assert context.shapes is not None
    graph = context.graph
    share: dict[str, float] = {}
    estimates = {}
    for node_id in graph.order:
        shape = context.shapes.by_node.get(node_id)
        if shape is None:
            continue
        before = max((share.get(source, 1.0) for source in graph.sources[node_id]), default=1.0)
        size = sizes.get(node_id)
        own = min(1.0, cap / size) if size else before
        if size is None and size_of(graph.by_id[node_id]):
            own = 1.0  # not capped
        share[node_id] = own
        weights = own
        if size_of(graph.by_id[node_id]):
            weights = own * (
                max(own, before) if is_recurrent(graph.by_id[node_id].layer) else before
            )
        estimates[node_id] = replace(
            shape,
            parameters=int(shape.parameters * weights),
            trainable=int(shape.trainable * weights),
            bytes=int(shape.bytes * own),
        )
    return Shapes(estimates, graph)


#: Fewer numbers are hardly a flattened image.
_SMALLEST_PICTURE = 16


def insert_layer_edit(
    source: str, target: str, layer: str, params: dict[str, Any] | None = None
) -> Fix:
    """Return a fix that inserts a layer between ``source`` and ``target``."""
    text = _("Insert {layer}", layer=layer)
    shape = (params or {}).get("target_shape")
    if shape is not None:
        text = _("Insert Reshape to {shape}", shape=tuple(shape))
    return make_fix(text, edits.insert_on_edge, (source, target), layer, params=params)


def rank_fix(context: Context, node: Node, inputs: tuple[Shape, ...]) -> Fix | None:
    """Return a fix for an input with the wrong number of axes."""
    owner = context.owner(node)
    ranks = LAYERS[owner.layer].ranks
    sources = context.graph.sources[node.id]
    at = next((i for i, s in enumerate(inputs) if len(s) not in ranks), None)
    if at is None:
        return None
    source, shape = sources[at], inputs[at]
    known = [n for n in shape[1:] if n is not None]
    if 2 in ranks and len(shape) > 2:
        return (
            insert_layer_edit(source, node.id, "Flatten") if len(known) == len(shape) - 1 else None
        )
    if len(known) < len(shape) - 1:
        return None
    target = _arranged(known, ranks)
    if target is not None and _window_fits(owner, target):
        return insert_layer_edit(source, node.id, "Reshape", {"target_shape": target})
    if len(known) == 1:
        return _flat_instead(context, node)
    return None


def _arranged(known: list[int], ranks: tuple[int, ...]) -> list[int] | None:
    if len(known) == 1:
        total = known[0]
        if 4 in ranks:
            return square_picture_shape(total)
        return [total, 1] if 3 in ranks else None
    if len(known) == 2 and 4 in ranks:
        return [*known, 1]
    if len(known) == 3 and 3 in ranks:
        return [known[0], known[1] * known[2]]
    return None


def square_picture_shape(total: int) -> list[int] | None:
    """Return height, width and channels of a square image of ``total`` numbers, if there is one."""
    for channels in (1, 3):
        side = isqrt(total // channels)
        if total >= _SMALLEST_PICTURE and side * side * channels == total:
            return [side, side, channels]
    return None


def _window_fits(owner: Node, target: list[int]) -> bool:
    name, window = window_name_and_sizes(owner)
    if not name or owner.params.get("padding") == "same":
        return True
    return all(w <= n for w, n in zip(window, target, strict=False))


def _flat_instead(context: Context, node: Node) -> Fix | None:
    """Replace a layer that does not suit flat data with a Dense, or remove it."""
    owner = context.owner(node)
    filters = owner.params.get("filters")
    if filters is None:
        return removal_fix(context, node)
    activation = owner.params.get("activation")

    def edit(project: Project) -> Project:
        at = next((i for i, n in enumerate(project.graph.nodes) if n.id == node.id), None)
        if at is None:
            return project
        project = edits.replace_layer(project, node.id, "Dense")
        new = project.graph.nodes[at].id
        return edits.set_params(project, new, units=filters, activation=activation)

    return make_fix(_("Use Dense instead"), edit)


def sequences_fix(context: Context, node: Node) -> Fix | None:
    """Turn on ``return_sequences`` of the recurrent ancestor."""
    for source in context.graph.sources[node.id]:
        recurrent = last_step_only_above(context.graph, source)
        if recurrent is not None:
            return set_return_sequences(recurrent, on=True)
    return None


def set_return_sequences(node: Node, *, on: bool) -> Fix:
    """Turn ``return_sequences`` of a recurrent layer on or off."""
    inner = node.params.get("layer")
    text = (
        _("Turn on return_sequences in '{name}'", name=node.id)
        if on
        else _("Turn off return_sequences in '{name}'", name=node.id)
    )
    if isinstance(inner, dict):
        changed = {**inner, "params": {**inner.get("params", {}), "return_sequences": on}}
        return make_fix(text, edits.set_params, node.id, layer=changed)
    return make_fix(text, edits.set_params, node.id, return_sequences=on)


def kernel_fix(context: Context, node: Node) -> Fix | None:
    """Return a fix that pads, so that the window fits."""
    owner = context.owner(node)
    if "padding" not in LAYERS[owner.layer].by_name:
        return None
    return make_fix(_('Set padding to "same"'), edits.set_params, owner.id, padding="same")


def reshape_fix(context: Context, node: Node, inputs: tuple[Shape, ...]) -> Fix | None:
    """Return a fix that changes one axis of ``target_shape`` to match the input size."""
    owner = context.owner(node)
    target = owner.params.get("target_shape")
    if not isinstance(target, (list, tuple)) or any(n is None for n in inputs[0][1:]):
        return None
    have = prod(n or 1 for n in inputs[0][1:])
    fitting = [have]
    for axis in reversed(range(len(target))):
        others = [n for at, n in enumerate(target) if at != axis]
        if -1 not in others and prod(others) and have % prod(others) == 0:
            fitting = [*target[:axis], have // prod(others), *target[axis + 1 :]]
            break
    text = tuple(fitting) if len(fitting) > 1 else f"({fitting[0]},)"
    return make_fix(
        _("Set {name} to {value}", name="target_shape", value=text),
        edits.set_params,
        owner.id,
        target_shape=fitting,
    )


def merge_fix(context: Context, node: Node, inputs: tuple[Shape, ...]) -> Fix | None:
    """Project all branches to the smallest shape."""
    owner = context.owner(node)
    sources = context.graph.sources[node.id]
    if any(shape[-1] is None for shape in inputs) or len(set(sources)) < len(sources):
        return None
    open_axes = any(None in shape[1:] for shape in inputs)
    if owner.layer == "Concatenate":
        if owner.params.get("axis", -1) != -1 or open_axes:
            return None
        return _all_flat(node, sources, inputs)
    if not context.of_category(owner, Category.MERGE) or "Attention" in owner.layer:
        return None
    if owner.layer == "Dot":
        return None
    # Any shape can become flat.
    goal = min(inputs, key=lambda shape: (len(shape), prod(n or 1 for n in shape[1:-1])))
    plan = [_projection(shape, goal) for shape in inputs]
    if any(step is None for step in plan):
        return _concatenated(node, inputs)
    steps = [(source, step) for source, step in zip(sources, plan, strict=True) if step]

    def edit(project: Project) -> Project:
        for source, layers in steps:
            before = source
            for layer, params in layers:
                project = edits.insert_on_edge(project, (before, node.id), layer, params=params)
                before = project.graph.nodes[-1].id
        return project

    kinds = dict.fromkeys(layer for _source, layers in steps for layer, _ in layers)
    return make_fix(_("Insert {layers} on the other branch", layers=format_list(kinds)), edit)


def _projection(shape: Shape, goal: Shape) -> list[tuple[str, dict[str, Any]]] | None:
    """Return the layers that bring ``shape`` to ``goal``; None if there are none.

    A 1 × 1 convolution with strides is the projection of He et al., "Deep residual learning",
    2016, section 3.3.
    """
    if shape == goal:
        return []
    last = goal[-1]
    if len(shape) != len(goal):
        if len(goal) != 2 or None in shape[1:]:
            return None
        return [("Flatten", {}), ("Dense", {"units": last, "activation": None})]
    if shape[1:-1] == goal[1:-1] and len(shape) in {2, 3}:
        return [("Dense", {"units": last, "activation": None})]
    if len(shape) not in {3, 4, 5}:
        return None
    strides: list[int] = []
    for have, want in zip(shape[1:-1], goal[1:-1], strict=True):
        stride = -(-(have or 1) // (want or 1))
        if -(-(have or 1) // stride) != want:
            return None
        strides.append(stride)
    params = {"filters": last, "kernel_size": 1, "strides": strides, "activation": None}
    return [(f"Conv{len(shape) - 2}D", {**params, "padding": "same"})]


def _concatenated(node: Node, inputs: tuple[Shape, ...]) -> Fix | None:
    if len({shape[:-1] for shape in inputs}) > 1:
        return None
    return make_fix(_("Use Concatenate instead"), edits.replace_layer, node.id, "Concatenate")


def _all_flat(node: Node, sources: tuple[str, ...], inputs: tuple[Shape, ...]) -> Fix:
    deep = [s for s, shape in zip(sources, inputs, strict=True) if len(shape) > 2]

    def edit(project: Project) -> Project:
        for source in deep:
            project = edits.insert_on_edge(project, (source, node.id), "Flatten")
        return project

    return make_fix(_("Insert Flatten before it"), edit)


def unknown_size_fix(context: Context, node: Node) -> Fix | None:
    """Return a fix that pools over the axis without a fixed length."""
    for source in context.upward(node):
        if source is node:
            continue
        shape = context.output_of(source.id)
        if shape is None or source.layer == "Input":
            return None
        if source.layer == "Flatten":
            before = context.shape_of(source.id)
            rank = len(before.inputs[0]) if before is not None and before.inputs else 0
            if rank not in {3, 4, 5} or before is None or before.inputs[0][-1] is None:
                return None
            layer = f"GlobalAveragePooling{rank - 2}D"
            return make_fix(
                _("Use {layer} instead of '{name}'", layer=layer, name=source.id),
                edits.replace_layer,
                source.id,
                layer,
            )
    return None


def reset_fix(context: Context, node: Node) -> Fix | None:
    """Return a fix that resets optional parameters to Keras's defaults."""
    owner = context.owner(node)
    rows = LAYERS[owner.layer].by_name
    optional = [name for name in owner.params if name in rows and not rows[name].required]
    if not optional:
        return None
    return make_fix(
        _("Restore Keras defaults"), edits.set_params, owner.id, **dict.fromkeys(optional, ...)
    )


def removal_fix(context: Context, node: Node) -> Fix | None:
    """Return a fix that removes a layer with one input."""
    if len(context.graph.sources[node.id]) != 1:
        return None
    return remove_layer(node.id)


def unshare_edit(node: Node) -> Fix:
    """Return a fix that unshares a node's weights."""
    return make_fix(_("Unshare the weights"), edits.unshare_layer, node.id)
