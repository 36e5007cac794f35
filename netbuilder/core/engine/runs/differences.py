"""What differs between two projects, in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _, pgettext
from netbuilder.core.project.edits_data import POINTS, point_edits
from netbuilder.core.project.model import Choice, Data, Node, Project
from netbuilder.core.wording import format_number, join_values, labelled


@dataclass(frozen=True)
class ProjectDifference:
    """One thing that differs.

    Attributes:
        where: "network", "data" or "training".
        what: the layer's id and parameter, or the field ("dense units", "batch_size").
        old, new: the values in words; "" where there is none.
        node: id of the layer it is about, or None.
    """

    where: str
    what: str
    old: str
    new: str
    node: str | None = None

    def __str__(self) -> str:
        if not self.old:
            return (
                _("{name}: {value} added", name=self.what, value=self.new)
                if self.new
                else _("{name} added", name=self.what)
            )
        if not self.new:
            return _("{name}: {value} removed", name=self.what, value=self.old)
        return labelled(self.what, f"{self.old} → {self.new}")


def project_differences(old: Project, new: Project) -> tuple[ProjectDifference, ...]:
    """What was changed to come from ``old`` to ``new``; places on the canvas do not count."""
    return (*_network(old, new), *_plain("data", old.data, new.data),
            *_plain("training", old.training, new.training))  # fmt: skip


def _network(old: Project, new: Project) -> list[ProjectDifference]:
    found: list[ProjectDifference] = []
    before, after = old.graph.by_id, new.graph.by_id
    for node_id in (*before, *(key for key in after if key not in before)):
        one, two = before.get(node_id), after.get(node_id)
        if one is None and two is not None:
            found.append(ProjectDifference("network", node_id, "", two.layer, node_id))
        elif two is None and one is not None:
            found.append(ProjectDifference("network", node_id, one.layer, "", node_id))
        elif one is not None and two is not None:
            found += _node(one, two)
    gone = [edge for edge in old.graph.edges if edge not in new.graph.edges]
    come = [edge for edge in new.graph.edges if edge not in old.graph.edges]
    wire = _("connection")
    wires = [(e, wire, "") for e in gone] + [(e, "", wire) for e in come]
    found += [
        ProjectDifference("network", f"{a} → {b}", old_word, new_word)
        for (a, b), old_word, new_word in wires
        if a in before and b in before and a in after and b in after
    ]
    return found


def _node(one: Node, two: Node) -> list[ProjectDifference]:
    found: list[ProjectDifference] = []
    pairs: list[tuple[str, Any, Any]] = [("layer", one.layer, two.layer),
                                         ("shares", one.shared, two.shared)]  # fmt: skip
    keys = dict.fromkeys((*one.params, *two.params))
    pairs += [(key, one.params.get(key), two.params.get(key)) for key in keys]
    for key, a, b in pairs:
        if a != b:
            found.append(
                ProjectDifference(
                    "network", f"{one.id} {key}", format_value(a), format_value(b), one.id
                )
            )
    return found


def _plain(where: str, old: Any, new: Any) -> list[ProjectDifference]:
    found: list[ProjectDifference] = []
    for entry in fields(old):
        a, b = getattr(old, entry.name), getattr(new, entry.name)
        if entry.name in ("options", "extra"):
            keys = dict.fromkeys((*a, *b))
            changed = [key for key in keys if a.get(key) != b.get(key)]
            found += [
                _points(old, new)
                if where == "data" and key == POINTS
                else ProjectDifference(
                    where, key, format_value(a.get(key)), format_value(b.get(key))
                )
                for key in changed
            ]
        elif a != b:
            found.append(ProjectDifference(where, entry.name, format_value(a), format_value(b)))
    return found


def _points(old: Data, new: Data) -> ProjectDifference:
    """What was done by hand to points, by how many: where each stands is more than can be read."""
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


def own_choices(project: Project, among: Sequence[Project]) -> list[str]:
    """What a project has that not all of ``among`` have, in words: its optimizer, its class
    weights, its layers, and the parameters of the layers that all have: "SGD 0.1", "units 16"."""
    layers = [{(node.id, node.layer) for node in one.graph.nodes} for one in among]
    nodes = set.intersection(*layers) if layers else set()
    every = [set(_choices(one, nodes)) for one in among]
    common = set.intersection(*every) if every else set()
    return [one for one in _choices(project, nodes) if one not in common]


def _choices(project: Project, nodes: Collection[tuple[str, str]]) -> list[str]:
    optimizer = project.training.optimizer
    rate = optimizer.params.get("learning_rate")
    shown = format_number(rate, ".3g") if isinstance(rate, int | float) else ""
    params = [
        f"{name} {format_value(value)}"
        for node in project.graph.nodes
        if (node.id, node.layer) in nodes
        for name, value in node.params.items()
    ]
    layers = [node.layer for node in project.graph.nodes]
    chosen = (f"{optimizer.name} {shown}".strip(), f"class_weight {project.training.class_weight}")
    return list(dict.fromkeys((*chosen, *layers, *params)))


def format_value(value: Any) -> str:
    """A value in words, as short as it can be."""
    if value is None:
        return ""
    if isinstance(value, Choice):
        inside = join_values(f"{key} {format_value(entry)}" for key, entry in value.params.items())
        return f"{value.name} ({inside})" if inside else value.name
    if isinstance(value, Mapping):
        return join_values(
            f"{key}: {format_value(entry)}" for key, entry in value.items()
        ) or pgettext("settings", "none")
    if isinstance(value, (tuple, list)):
        return join_values(format_value(entry) for entry in value) or pgettext("settings", "none")
    if isinstance(value, float):
        return format_number(value, "g")
    return str(value)
