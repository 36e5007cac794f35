"""Edits of the data recipe: columns, points, relocated files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any

from netbuilder.core.error_texts import about_file
from netbuilder.core.errors import DataError, DataFix, EditError
from netbuilder.core.files.file_names import form_on_disk
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.edits import set_data
from netbuilder.core.project.model import (
    COLUMN_ROLES,
    COLUMN_TYPES,
    DECIMALS,
    MISSING_RULES,
    SINGLE_ROLES,
    ColumnChoice,
    Data,
    Project,
)
from netbuilder.core.project.network_data import host_of
from netbuilder.core.project.project_errors import edit_error
from netbuilder.core.wording import did_you_mean, format_quoted_list, join_values

Place = tuple[float, float]
#: Key in the options of a recipe.
POINTS = "points"
_FORM = '{"added": [[x, y, "class"]], "moved": [[number, x, y]], "removed": [number]}'


@dataclass(frozen=True)
class PointEdits:
    """Points ``moved`` and ``removed`` by number, or ``added`` with class ("" in a curve)."""

    added: tuple[tuple[float, float, str], ...] = ()
    moved: Mapping[int, Place] = field(default_factory=dict)
    removed: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.added or self.moved or self.removed)

    def __str__(self) -> str:
        added, moved, removed = len(self.added), len(self.moved), len(self.removed)
        done = (
            added and ngettext("{count} point added", "{count} points added", added),
            moved and ngettext("{count} point moved", "{count} points moved", moved),
            removed and ngettext("{count} point removed", "{count} points removed", removed),
        )
        return join_values(text for text in done if text)


def point_edits(data: Data) -> PointEdits:
    """Return the point edits in a recipe; raise ``DataError`` if they are invalid."""
    value = data.options.get(POINTS)
    if value is None:
        return PointEdits()
    try:
        if not isinstance(value, Mapping) or set(value) - {"added", "moved", "removed"}:
            raise ValueError
        return PointEdits(
            tuple((*_place(x, y), _label(label)) for x, y, *label in value.get("added", ())),
            {_number(row): _place(x, y) for row, x, y in value.get("moved", ())},
            frozenset(_number(row) for row in value.get("removed", ())),
        )
    except (TypeError, ValueError):
        raise _unreadable(_FORM) from None


def _unreadable(form: str) -> DataError:
    return about_file(DataError, "points_not_read", key=POINTS, form=form)


def _place(x: Any, y: Any) -> Place:
    if any(isinstance(n, bool) or not isinstance(n, int | float) for n in (x, y)):
        raise ValueError
    if not math.isfinite(x) or not math.isfinite(y):
        raise ValueError
    return float(x), float(y)


def _label(labels: list[Any]) -> str:
    if len(labels) > 1:
        raise ValueError
    return str(labels[0]) if labels else ""


def check_labels(edits: PointEdits, *, classes: bool) -> None:
    """Raise ``DataError`` unless each added point has a class, or (a curve) none."""
    if any(bool(label) != classes for _, _, label in edits.added):
        form = _FORM if classes else _FORM.replace(', "class"', "")
        raise _unreadable(form)


def _number(row: Any) -> int:
    if isinstance(row, bool) or not isinstance(row, int) or row < 0:
        raise ValueError
    return row


def _with(project: Project, edits: PointEdits) -> Project:
    options = {key: value for key, value in project.data.options.items() if key != POINTS}
    written: dict[str, list[Any]] = {
        "added": [[x, y, label] if label else [x, y] for x, y, label in edits.added],
        "moved": [[row, *place] for row, place in sorted(edits.moved.items())],
        "removed": sorted(edits.removed),
    }
    if edits:
        options[POINTS] = {key: rows for key, rows in written.items() if rows}
    return replace(project, data=replace(project.data, options=options))


def add_point(project: Project, x: float, y: float, label: str = "") -> Project:
    """Add a point, with a class if the data has classes."""
    edits = point_edits(project.data)
    return _with(project, replace(edits, added=(*edits.added, (*_rounded(x, y), label))))


def move_point(project: Project, number: int, x: float, y: float) -> Project:
    """Move a point; raise ``EditError`` if it does not exist."""
    edits, place = point_edits(project.data), _rounded(x, y)
    if number >= 0:
        _check_there(edits, number)
        return _with(project, replace(edits, moved={**edits.moved, number: place}))
    added, index = list(edits.added), _index(edits, number)
    added[index] = (*place, added[index][2])
    return _with(project, replace(edits, added=tuple(added)))


def remove_point(project: Project, number: int) -> Project:
    """Remove a point; raise ``EditError`` if it does not exist."""
    edits = point_edits(project.data)
    if number >= 0:
        _check_there(edits, number)
        moved = {row: place for row, place in edits.moved.items() if row != number}
        return _with(project, replace(edits, moved=moved, removed=edits.removed | {number}))
    index = _index(edits, number)
    return _with(project, replace(edits, added=edits.added[:index] + edits.added[index + 1 :]))


def forget_point_edits(project: Project) -> Project:
    """Reset all points."""
    return _with(project, PointEdits())


def _rounded(x: float, y: float) -> Place:
    """Round to six digits: all that a float32 holds, and short in the file."""
    return float(f"{x:.6g}"), float(f"{y:.6g}")


def _check_there(edits: PointEdits, number: int) -> None:
    if number in edits.removed:
        raise edit_error("point_gone")


def _index(edits: PointEdits, number: int) -> int:
    index = -1 - number
    if not 0 <= index < len(edits.added):
        raise edit_error("point_gone:2")
    return index


# Parent folders that may have been moved with a file: "data/2026/sales.csv".
_PARENTS = 2


def is_absolute(text: str) -> bool:
    """Return whether a path is absolute on this or another system."""
    return PurePath(text).is_absolute() or PureWindowsPath(text).is_absolute()


def last_names(text: str) -> tuple[str, ...]:
    """Return the parts of a path from any system, without its root."""
    pure = PureWindowsPath(text) if PureWindowsPath(text).drive else PurePosixPath(text)
    return tuple(part for part in pure.parts if part != pure.anchor)


def relocate_data(project: Project, folder: Path) -> Project:
    """Replace absolute paths that do not exist here by files of that name in ``folder``."""
    data = project.data
    path, test_path = (_beside(text, folder) for text in (data.path, data.test_path))
    if (path, test_path) == (data.path, data.test_path):
        return project
    return replace(project, data=replace(data, path=path, test_path=test_path))


def _beside(text: str, folder: Path) -> str:
    here = host_of(text) in {"", host_of(folder)}  # another computer is not asked
    if not text or (here and _is_there(Path(text) if is_absolute(text) else folder / text)):
        return text
    if not is_absolute(text):
        return form_on_disk(folder, text) if "\0" not in text else text
    names = last_names(text)
    for count in range(1, min(len(names), 1 + _PARENTS) + 1):
        near = form_on_disk(folder, "/".join(names[-count:]))
        if _is_there(folder / near):
            return near
    return text


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # not a valid name on this system
        return False


_ALLOWED = {
    "role": COLUMN_ROLES, "type": COLUMN_TYPES, "missing": MISSING_RULES, "decimal": DECIMALS,
}  # fmt: skip


def apply_data_fix(project: Project, fix: DataFix) -> Project:
    """Apply the fix of a data error."""
    options = project.data.options
    changes = {key: _added(options.get(key), value) for key, value in fix.data.items()}
    project = set_data(project, **changes)
    for name, decisions in fix.columns.items():
        project = set_columns(project, (name,), **decisions)
    return project


def _added(existing: Any, value: Any) -> Any:
    """Return ``value``; lists, or lists by name, are appended to the existing option."""
    if isinstance(existing, list | tuple) and isinstance(value, list):
        return [*existing, *(item for item in value if item not in existing)]
    if not (isinstance(existing, dict) and isinstance(value, dict)):
        return value
    return {
        **existing,
        **{
            name: [*existing.get(name, ()), *more] if isinstance(more, list) else more
            for name, more in value.items()
        },
    }


def set_columns(project: Project, names: Iterable[str], **decided: str) -> Project:
    """Set "role", "type", "missing" and "decimal" of columns; "" is automatic.

    A new target joins ``target``; a column with another role leaves it, and the lists of ignored
    and weight columns. Only one column has each of ``SINGLE_ROLES``: the last one chosen. Raises
    ``EditError`` for an unknown word.
    """
    for key, value in decided.items():
        allowed = _ALLOWED.get(key)
        if allowed is None or (value and value not in allowed):
            words = format_quoted_list(allowed or tuple(_ALLOWED), 9)
            choose = _("Choose one of {names}.", names=words)
            raise EditError(
                _("The {key} of a column cannot be '{value}'.", key=key, value=value)
                if allowed
                else _("A column has no '{key}'.", key=key),
                did_you_mean(value, allowed or (), choose),
                code="column_choice_invalid",
            )
    data = project.data
    for name in dict.fromkeys(names):
        data = _decide(data, name, decided)
    return replace(project, data=data)


def _decide(data: Data, name: str, decided: Mapping[str, Any]) -> Data:
    columns = dict(data.columns)
    choice = replace(columns.pop(name, ColumnChoice()), **decided)
    role = decided.get("role")
    if role is not None:
        data = _with_role(data, name, role)
        if role == "target":  # stored in ``target``, with their order
            choice = replace(choice, role="")
        if role in SINGLE_ROLES:
            columns = {
                other: replace(setting, role="") if setting.role == role else setting
                for other, setting in columns.items()
            }
    columns[name] = choice
    return replace(
        data,
        columns={key: setting for key, setting in columns.items() if setting != ColumnChoice()},
    )


def _with_role(data: Data, name: str, role: str) -> Data:
    options: dict[str, Any] = dict(data.options)
    ignored = options.get("ignore")
    if ignored == name:
        del options["ignore"]
    elif isinstance(ignored, list | tuple) and name in ignored:
        options["ignore"] = [column for column in ignored if column != name]
    for single, option in SINGLE_ROLES.items():
        if option in options and (options[option] == name or role == single):
            del options[option]
    target = tuple(column for column in data.target if column != name)
    targets, inputs = dict(data.targets), dict(data.inputs)
    if role == "target":
        target = (*target, name) if name not in data.target else data.target
        inputs = _without(inputs, name)
    elif role:
        targets = _without(targets, name)
        if role != "feature":
            inputs = _without(inputs, name)
    return replace(data, target=target, targets=targets, inputs=inputs, options=options)


def _without(lists: Mapping[str, tuple[str, ...]], name: str) -> dict[str, tuple[str, ...]]:
    remaining = {
        key: tuple(column for column in names if column != name) for key, names in lists.items()
    }
    return {key: names for key, names in remaining.items() if names}


Lists = Mapping[str, tuple[str, ...]]


def input_columns(project: Project, features: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the columns of each Input, by default all ``features``."""
    chosen = project.data.inputs
    return {name: chosen.get(name) or tuple(features) for name in project.graph.inputs}


def output_columns(project: Project, targets: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the columns of each output, by default one each, or all."""
    chosen, outputs = project.data.targets, project.graph.outputs
    each = len(outputs) == len(targets)
    return {
        name: chosen.get(name) or ((targets[index],) if each else tuple(targets))
        for index, name in enumerate(outputs)
    }


def set_input_columns(
    project: Project, names: Sequence[str], node: str, features: Sequence[str]
) -> Project:
    """Let columns feed the Input ``node``, and no other one; ``features`` are in table order.

    Raises ``EditError`` without such an Input, or if another one would have no column left.
    """
    graph = project.graph
    _need(node, graph.inputs, N_("There is no Input '{name}'."), N_("Add an Input first."))
    current = input_columns(project, features)
    project = set_columns(project, [n for n in names if n not in features], role="feature")
    if len(graph.inputs) < 2 and node not in project.data.inputs:
        return project
    order = (*features, *(name for name in names if name not in features))
    lists = {}
    for key, columns in current.items():
        members = {*columns, *names} if key == node else {*columns} - {*names}
        lists[key] = tuple(name for name in order if name in members)
    _need_some(lists, N_("The Input '{name}' would have no columns."))
    return replace(project, data=replace(project.data, inputs=lists))


def set_output_columns(
    project: Project, names: Sequence[str], output: str, targets: Sequence[str]
) -> Project:
    """Let an output predict columns, instead of its current ones.

    Raises ``EditError`` without such an output, or if another one would have no target left.
    """
    graph = project.graph
    _need(output, graph.outputs, N_("There is no output '{name}'."), N_("Add a layer first."))
    lists = output_columns(project, targets)
    project = set_columns(project, names, role="target")
    for key, columns in lists.items():
        lists[key] = tuple(names) if key == output else tuple(n for n in columns if n not in names)
    _need_some(lists, N_("The output '{name}' would have nothing to predict."))
    target = tuple(dict.fromkeys(name for columns in lists.values() for name in columns))
    several = len(graph.outputs) > 1 or output in project.data.targets
    data = replace(project.data, target=target, targets=lists if several else {})
    return replace(project, data=data)


def _need(node: str, existing: Sequence[str], message: str, fix: str) -> None:
    if node not in existing:
        choose = (
            _("Choose one of {names}.", names=format_quoted_list(existing)) if existing else _(fix)
        )
        raise EditError(_(message, name=node), choose, code="no_such_end")


def _need_some(lists: Lists, message: str) -> None:
    empty = next((key for key, columns in lists.items() if not columns), None)
    if empty is not None:
        raise EditError(
            _(message, name=empty), _("Choose another column for it first."), code="columns_missing"
        )
