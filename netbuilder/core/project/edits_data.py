"""Edits of single columns of the data recipe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any

from netbuilder.core.errors import DataFix, EditError
from netbuilder.core.file_names import form_on_disk
from netbuilder.core.i18n import gettext as _
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
from netbuilder.core.wording import did_you_mean, format_quoted_list

# Folders above a file's name that may have been moved along: "data/2026/sales.csv".
_ALONG = 2


def is_absolute(text: str) -> bool:
    """Whether a path is written from the root of a disk, of this system or of another."""
    return PurePath(text).is_absolute() or PureWindowsPath(text).is_absolute()


def last_names(text: str) -> tuple[str, ...]:
    """The folders' and the file's name of a path that any system may have written."""
    pure = PureWindowsPath(text) if PureWindowsPath(text).drive else PurePosixPath(text)
    return tuple(part for part in pure.parts if part != pure.anchor)


def relocate_data(project: Project, folder: Path) -> Project:
    """Return the project as it lies in ``folder``: whole paths that lead nowhere on this computer
    are those of the same name there, if there is one; and names are in the disk's Unicode form."""
    data = project.data
    path, test_path = (_beside(text, folder) for text in (data.path, data.test_path))
    if (path, test_path) == (data.path, data.test_path):
        return project
    return replace(project, data=replace(data, path=path, test_path=test_path))


def _beside(text: str, folder: Path) -> str:
    if not text or _is_there(Path(text) if is_absolute(text) else folder / text):
        return text
    if not is_absolute(text):
        return form_on_disk(folder, text) if "\0" not in text else text
    names = last_names(text)
    for count in range(1, min(len(names), 1 + _ALONG) + 1):
        near = form_on_disk(folder, "/".join(names[-count:]))
        if _is_there(folder / near):
            return near
    return text


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no system of this kind can have
        return False


_ALLOWED = {
    "role": COLUMN_ROLES, "type": COLUMN_TYPES, "missing": MISSING_RULES, "decimal": DECIMALS,
}  # fmt: skip


def apply_data_fix(project: Project, fix: DataFix) -> Project:
    """Do what an error offers as its mend."""
    held = project.data.options
    told = {key: _added(held.get(key), value) for key, value in fix.data.items()}
    project = set_data(project, **told)
    for name, decided in fix.columns.items():
        project = set_columns(project, (name,), **decided)
    return project


def _added(held: Any, value: Any) -> Any:
    """``value``; a list, or lists by name, joined with what the option holds already."""
    if isinstance(held, list | tuple) and isinstance(value, list):
        return [*held, *(one for one in value if one not in held)]
    if not (isinstance(held, dict) and isinstance(value, dict)):
        return value
    return {
        **held,
        **{
            name: [*held.get(name, ()), *more] if isinstance(more, list) else more
            for name, more in value.items()
        },
    }


def set_columns(project: Project, names: Iterable[str], **decided: str) -> Project:
    """Decide the role, the type, the writing of numbers or what fills gaps of some columns.

    Args:
        project: the project.
        names: the columns.
        decided: "role", "type", "missing" and "decimal", each one of its words, or "" to let the
            program conclude it again.

    A column that becomes a target joins ``target``; one that becomes something else leaves it,
    and the lists of columns that are not used or weigh the rows. One column only has each of
    ``SINGLE_ROLES``: the last one chosen.

    Raises:
        EditError: a word that does not exist.
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
                f"{did_you_mean(value, allowed or ())} {choose}".strip(),
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
        if role == "target":  # ``target`` says so, and keeps the order of the targets
            choice = replace(choice, role="")
        if role in SINGLE_ROLES:
            columns = {
                other: replace(one, role="") if one.role == role else one
                for other, one in columns.items()
            }
    columns[name] = choice
    return replace(
        data, columns={key: one for key, one in columns.items() if one != ColumnChoice()}
    )


def _with_role(data: Data, name: str, role: str) -> Data:
    """The recipe with the column on no list but that of its role."""
    options: dict[str, Any] = dict(data.options)
    ignored = options.get("ignore")
    if ignored == name:
        del options["ignore"]
    elif isinstance(ignored, list | tuple) and name in ignored:
        options["ignore"] = [one for one in ignored if one != name]
    for single, option in SINGLE_ROLES.items():
        if option in options and (options[option] == name or role == single):
            del options[option]
    target = tuple(one for one in data.target if one != name)
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
    kept = {key: tuple(one for one in names if one != name) for key, names in lists.items()}
    return {key: names for key, names in kept.items() if names}
