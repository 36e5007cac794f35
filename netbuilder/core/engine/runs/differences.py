"""What differs between two projects, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from netbuilder.core.catalog.layer_parser import describe_params
from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.training.training_index import LOSSES, canonical, loss_title
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_, pgettext
from netbuilder.core.project.edits_data import POINTS, point_edits
from netbuilder.core.project.model import Choice, Data, Node, Project, Training
from netbuilder.core.wording import format_number, join_values, labelled


@dataclass(frozen=True)
class ProjectDifference:
    """One thing that differs between two projects.

    ``where``: "network", "data" or "training"; ``what``: the layer's id and parameter, or the field
    ("dense units", "batch_size"); ``old``, ``new``: the values in words; "" where there is none;
    ``node``: id of the layer, or None.
    """

    where: str
    what: str
    old: str
    new: str
    node: str | None = None

    def __str__(self) -> str:
        if not self.old:
            if self.new:
                return _("{name}: {value} added", name=self.what, value=self.new)
            return _("{name} added", name=self.what)
        if not self.new:
            return _("{name}: {value} removed", name=self.what, value=self.old)
        return labelled(self.what, f"{self.old} → {self.new}")


def project_differences(old: Project, new: Project) -> tuple[ProjectDifference, ...]:
    """Return the changes from ``old`` to ``new``, without places on the canvas."""
    return (*_network(old, new), *_plain("data", old.data, new.data),
            *_plain("training", old.training, new.training))  # fmt: skip


def _network(old: Project, new: Project) -> list[ProjectDifference]:
    differences: list[ProjectDifference] = []
    before, after = old.graph.by_id, new.graph.by_id
    for node_id in (*before, *(key for key in after if key not in before)):
        old_node, two = before.get(node_id), after.get(node_id)
        if old_node is None and two is not None:
            differences.append(ProjectDifference("network", node_id, "", two.layer, node_id))
        elif two is None and old_node is not None:
            differences.append(ProjectDifference("network", node_id, old_node.layer, "", node_id))
        elif old_node is not None and two is not None:
            differences += _node(old_node, two)
    gone = [edge for edge in old.graph.edges if edge not in new.graph.edges]
    come = [edge for edge in new.graph.edges if edge not in old.graph.edges]
    wire = _("connection")
    wires = [(e, wire, "") for e in gone] + [(e, "", wire) for e in come]
    differences += [
        ProjectDifference("network", f"{a} → {b}", old_word, new_word)
        for (a, b), old_word, new_word in wires
        if a in before and b in before and a in after and b in after
    ]
    return differences


def _node(old: Node, two: Node) -> list[ProjectDifference]:
    differences: list[ProjectDifference] = []
    pairs: list[tuple[str, Any, Any]] = [("layer", old.layer, two.layer),
                                         ("shares", old.shared, two.shared)]  # fmt: skip
    keys = dict.fromkeys((*old.params, *two.params))
    pairs += [(key, old.params.get(key), two.params.get(key)) for key in keys]
    for key, a, b in pairs:
        if a != b:
            differences.append(
                ProjectDifference(
                    "network", f"{old.id} {key}", format_value(a), format_value(b), old.id
                )
            )
    return differences


def _plain(where: str, old: Any, new: Any) -> list[ProjectDifference]:
    differences: list[ProjectDifference] = []
    for entry in fields(old):
        a, b = getattr(old, entry.name), getattr(new, entry.name)
        if entry.name in ("options", "extra"):
            keys = dict.fromkeys((*a, *b))
            changed = [key for key in keys if a.get(key) != b.get(key)]
            differences += [
                _points(old, new)
                if where == "data" and key == POINTS
                else ProjectDifference(
                    where, key, format_value(a.get(key)), format_value(b.get(key))
                )
                for key in changed
            ]
        elif a != b:
            differences.append(
                ProjectDifference(where, entry.name, format_value(a), format_value(b))
            )
    return differences


def _points(old: Data, new: Data) -> ProjectDifference:
    """Count the points changed by hand; where each is would be too long."""
    try:
        a, b = str(point_edits(old)), str(point_edits(new))
    except DataError:
        a = b = _("in another form")
    return ProjectDifference(
        "data",
        POINTS,
        a or _("unchanged"),
        _("{edits}, in other places", edits=b) if a == b else b or _("unchanged"),
    )


def format_value(value: Any) -> str:
    """Format a value as short as possible."""
    if value is None:
        return ""
    if isinstance(value, Choice):
        inside = join_values(f"{key} {format_value(entry)}" for key, entry in value.params.items())
        loss = canonical(LOSSES, value.name)
        name = loss_title(loss) if loss else value.name
        return f"{name} ({inside})" if inside else name
    if isinstance(value, Mapping):
        return join_values(
            f"{key}: {format_value(entry)}" for key, entry in value.items()
        ) or pgettext("settings", "none")
    if isinstance(value, (tuple, list)):
        return join_values(format_value(entry) for entry in value) or pgettext("settings", "none")
    if isinstance(value, float):
        return format_number(value, "g")
    return str(value)


#: Names of settings that are often varied.
_SETTINGS = {
    "learning_rate": N_("learning rate"), "batch_size": N_("batch size"), "epochs": N_("epochs"),
    "optimizer": N_("optimizer"), "loss": N_("loss"), "seed": N_("seed"),
    "weight_decay": N_("weight decay"), "momentum": N_("momentum"),
}  # fmt: skip


def loss_titles(training: Training) -> str:
    """Return the loss's title, "mean absolute error"; "" where none is chosen yet."""
    losses = (training.loss, *(output.loss for output in training.outputs.values()))
    names = (canonical(LOSSES, loss.name) or loss.name for loss in losses if loss is not None)
    return join_values(dict.fromkeys(map(loss_title, names)))


def setting_words(name: str) -> str:
    """Return a training setting's name, "learning rate", or Keras's name of it."""
    return _(_SETTINGS[name]) if name in _SETTINGS else name


def format_setting(value: Any) -> str:
    """Format a setting as people write it: "0.0275", "yes", "relu", "L2 (0.001)"."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None:
        return "none"
    if isinstance(value, float):
        return format_number(value, ".3g")
    if isinstance(value, dict) and "name" in value:
        inner = join_values(
            format_setting(inner_value) for inner_value in dict(value.get("params", {})).values()
        )
        return f"{value['name']} ({inner})" if inner else str(value["name"])
    return str(value)


def distinct_choices(projects: Sequence[Project]) -> list[tuple[str, ...]]:
    """Return what each project has that not all on the same rows have, the rarest first.

    Example: ("SGD 0.1", "Dense 64 relu", "20 epochs", "batch size 16").
    """
    rows = [(project.data.kind, project.data.name, project.data.path) for project in projects]
    choices_of: list[list[tuple[str, int]]] = []
    for project in projects:  # of two layers that are the same the second counts by itself
        times: Counter[str] = Counter()
        choices_of.append([])
        for choice in _choices(project):
            times[choice] += 1
            choices_of[-1].append((choice, times[choice]))
    counts: dict[tuple[str, ...], Counter[tuple[str, int]]] = {key: Counter() for key in rows}
    for key, choices in zip(rows, choices_of, strict=True):
        counts[key].update(choices)
    distinct = []
    for key, choices in zip(rows, choices_of, strict=True):
        having = counts[key]
        varying = [choice for choice in choices if having[choice] < rows.count(key)]
        distinct.append(tuple(choice for choice, _at in sorted(varying, key=having.__getitem__)))
    return distinct


def _choices(project: Project) -> Iterator[str]:
    for node in project.graph.nodes:
        spec = LAYERS.get(node.layer)
        if node.layer == "Input" or spec is None:
            continue
        yield f"{node.layer} {describe_params(node.params, spec).replace(' · ', ' ')}".strip()
        for name, value in node.params.items():
            param = spec.by_name.get(name)
            if param is None or name in spec.telling or value == param.default:
                continue
            named = name.replace("_", " ")
            yield (
                _("{layer} frozen", layer=node.layer)
                if name == "trainable"
                else f"{node.layer} {named} {format_setting(value)}"
            )
    training = project.training
    optimizer = dict(training.optimizer.params)
    rate = optimizer.pop("learning_rate", None)
    yield f"{training.optimizer.name} {'' if rate is None else format_setting(rate)}".strip()
    yield ngettext("{count} epoch", "{count} epochs", training.epochs)
    listed = {"optimizer", "epochs", "metrics", "outputs", "extra", POINTS}
    settings = {**optimizer, **{f.name: getattr(training, f.name) for f in fields(training)}}
    data = project.data
    settings |= {"scaling": data.scaling, "test_split": data.test_split, **data.options}
    settings["validation_split"] = data.validation_split
    for name, value in settings.items():
        for item in value if isinstance(value, tuple) else (value,):
            if name not in listed and item is not None:
                named = setting_words(name).replace("_", " ")
                whole = isinstance(item, Choice | Mapping | list)
                words = format_value(item) if whole else format_setting(item)
                yield words if isinstance(item, Choice) else f"{named} {words}"
