"""The text on cards and wires."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from netbuilder.core.catalog.layer_parser import describe_params
from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import LayerSpec
from netbuilder.core.catalog.training.training_index import loss_title
from netbuilder.core.check.problems import keras_shape_text, shape_text
from netbuilder.core.data.kinds.series.windows import targets_and_horizon
from netbuilder.core.data.preprocessing.scaling import bin_count
from netbuilder.core.data.registry import KINDS
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.model import Node, Project
from netbuilder.core.wording import format_number, join_values

_MOST_SHAPES = 3
_LOSS_BY_TASK = {
    "regression": N_("mean squared error"),
    "binary": N_("binary cross-entropy"),
    "classes": N_("cross-entropy"),
    "multi_label": N_("binary cross-entropy"),
}
# Shorter than the catalog's titles.
_LOSS_NAMES = {
    "sparse_categorical_crossentropy": N_("cross-entropy"),
    "categorical_crossentropy": N_("cross-entropy (one-hot)"),
    "binary_crossentropy": N_("binary cross-entropy"),
    "mean_squared_error": N_("mean squared error"),
    "mean_absolute_error": N_("mean absolute error"),
}


def spec_of(node: Node) -> LayerSpec | None:
    """Return the layer's catalog entry, or None if unknown."""
    return LAYERS.get(node.layer)


def card_detail(
    node: Node, owner: Node | None, project: Project, facts: Any, named: bool = False
) -> str:
    """Return a node's distinguishing parameters, with its id if ``named``."""
    detail = _detail(node, owner, project, facts)
    if not named:
        return detail
    return f"“{node.id}” · {detail}" if detail else f"“{node.id}”"


def _detail(node: Node, owner: Node | None, project: Project, facts: Any) -> str:
    if owner is not None:
        return _("shares weights with “{name}”", name=owner.id)
    if node.shared is not None:
        return _("shares weights with “{name}”, which was deleted", name=node.shared)
    if node.layer not in LAYERS:
        return _("unknown layer")
    if node.layer == "Input":
        name = data_name(project, facts, node.id)
        if name:
            return name
    return describe_params(node.params, LAYERS[node.layer])


def data_name(project: Project, facts: Any, input_id: str) -> str:
    """Return the data at an Input: "digits 8×8", "sales · 9 columns"; "" without data."""
    data = project.data
    if not data.kind:
        return ""
    stem = data.path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    kind = KINDS.get(data.kind)
    name = data.name or stem or (_(kind.noun) if kind is not None else data.kind)
    shape = facts.input_shapes.get(input_id) if facts is not None else None
    if not shape:
        return name
    if len(shape) == 1 and shape[0] is not None:
        return f"{name} · {_values(project, facts, input_id, shape[0])}"
    axes = shape[:-1] if len(shape) > 2 and shape[-1] in (1, 3, 4) else shape
    return f"{name} {'×'.join('?' if n is None else str(n) for n in axes)}"


def _values(project: Project, facts: Any, input_id: str, count: int) -> str:
    """Describe a sample's values: "9 columns", "2 columns (4 values)" for encoded categories, "30
    words"."""
    kind = KINDS.get(project.data.kind)
    values = ngettext("{count} value", "{count} values", count)
    if facts.input_dtypes.get(input_id) == "int32":
        if facts.generates == "character":
            return ngettext("{count} character", "{count} characters", count)
        if facts.generates == "byte_pair":
            return ngettext("{count} token", "{count} tokens", count)
        return ngettext("{count} word", "{count} words", count)
    if kind is None or kind.value != "column":
        return values
    columns = project.data.inputs.get(input_id, tuple(facts.column_types))
    bins = facts.bins.get(input_id)
    if bins:
        named = ngettext("{count} column", "{count} columns", len(columns) or count)
        return _("{columns} as {count} bins", columns=named, count=bin_count(bins))
    if not columns or len(columns) == count:
        return ngettext("{count} column", "{count} columns", count)
    return _(
        "{columns} ({values})",
        columns=ngettext("{count} column", "{count} columns", len(columns)), values=values,
    )  # fmt: skip


def parameter_count(shape: Any) -> str:
    """Return the number of parameters, "18,496"; "" if none or unknown."""
    parameters = getattr(shape, "parameters", None)
    return format_number(parameters, ",") if parameters else ""


def parameter_total(shapes: Iterable[Any]) -> str:
    """Return the total parameters of several nodes."""
    parameters = sum(getattr(shape, "parameters", None) or 0 for shape in shapes)
    return format_number(parameters, ",") if parameters else ""


def group_detail(inside: Sequence[Node]) -> str:
    """Return the number of layers in a closed group."""
    return ngettext("{count} layer", "{count} layers", len(inside))


def shape_label(shape: Any) -> str:
    """Return the output shape without the batch axis, "6×6×32"; "" if unknown."""
    output = getattr(shape, "output", None)
    return "" if output is None else shape_text(output)


def shapes_label(shapes: Sequence[Any]) -> str:
    """Return the shapes of all connections that a wire stands for."""
    labels = [label for label in map(shape_label, shapes) if label]
    more = " + …" if len(labels) > _MOST_SHAPES else ""
    return " + ".join(labels[:_MOST_SHAPES]) + more


def target_text(project: Project, facts: Any, output: str, unknown: str = "") -> str:
    """Return an output's target and loss: "digit · 10 classes · cross-entropy".

    Without them, return ``unknown`` or, by default, that there is no data.
    """
    parts: list[str] = []
    targets = project.data.targets.get(output)
    names = targets or (facts.target_names if facts is not None else ()) or project.data.target
    names, horizon = targets_and_horizon(names, project.data)
    if horizon > 1:
        parts.append(join_values(names[:2]))
        parts.append(ngettext("the next {count} value", "the next {count} values", horizon))
    elif names:
        parts.append(
            join_values(names)
            if len(names) <= 2
            else ngettext("{count} column", "{count} columns", len(names))
        )
    task = None
    if facts is not None:
        task = facts.tasks.get(output, facts.task)
        classes = facts.output_classes.get(output) or facts.classes
        if task in ("classes", "binary") and classes:
            parts.append(ngettext("{count} class", "{count} classes", len(classes)))
    settings = project.training.outputs.get(output)
    loss = (settings.loss if settings is not None else None) or project.training.loss
    if loss is not None:
        parts.append(short_loss_title(loss.name))
    elif task is not None:
        parts.append(_(_LOSS_BY_TASK.get(task, "")))
    return " · ".join(part for part in parts if part) or unknown or _("no data chosen")


def short_loss_title(name: str) -> str:
    """Return a loss's short name: "cross-entropy"."""
    return _(_LOSS_NAMES[name]) if name in _LOSS_NAMES else loss_title(name).replace("_", " ")


def hover_text(hit: Any) -> str:
    """Return the tooltip of what is under the pointer, or ""."""
    if hit.kind == "out":
        return _("Drag to another layer to connect them, or to an empty place to add a layer.")
    if hit.kind == "in" and hit.card.kind != "goal":
        return _(
            "Incoming connections end here. Drag a connection away to connect it to another layer."
        )
    if hit.wire is not None:
        insert = _("Drop a layer here to insert it.")
        shapes = hit.wire.shape if isinstance(hit.wire.shape, tuple) else (hit.wire.shape,)
        outputs = [getattr(shape, "output", None) for shape in shapes]
        text = " + ".join(keras_shape_text(shape) for shape in outputs if shape is not None)
        if not text:
            return insert
        return "\n".join(
            (
                _("Output shape: {shape}", shape=text),
                _("None is the batch size: any number of samples at once."),
                insert,
            )
        )
    card = hit.card
    if card is None:
        return _("Open group. Double-click its title to rename it.") if hit.frame else ""
    if card.kind == "goal":
        return _("What the network predicts (the target), and the loss that training minimises.")
    if card.kind == "group":
        return _(
            "{name}: {layers}. Double-click to open the group.", name=card.title, layers=card.detail
        )
    spec = spec_of(card.source)
    text = f"{card.title} “{card.id}”"
    if card.detail:
        text += f" · {card.detail}"
    return f"{text}\n{spec.explanation}" if spec is not None else text
