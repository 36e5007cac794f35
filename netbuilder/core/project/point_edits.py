"""Points of a generated set that a person put in, moved or took away: part of the recipe.

In a project file: ``"points": {"added": [[x, y, "orange"]], "moved": [[12, x, y]],
"removed": [3]}``, where numbers count the points as they are made, from 0; points of a curve
have no class: ``"added": [[x, y]]``. In the edits here the points that were put in have the numbers
-1, -2, ... in their order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from netbuilder.core.errors import DataError, EditError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.model import Data, Project

Place = tuple[float, float]
#: Its name among the options of a recipe.
POINTS = "points"
_FORM = '{"added": [[x, y, "class"]], "moved": [[number, x, y]], "removed": [number]}'


@dataclass(frozen=True)
class PointEdits:
    """What was done by hand. ``moved``: new places by number; ``removed``: numbers.

    ``added``: places and classes, "" for points of a curve.
    """

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
        return ", ".join(text for text in done if text)


def point_edits(data: Data) -> PointEdits:
    """What a recipe says was done by hand.

    Raises:
        DataError: it is written in another form.
    """
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
    return DataError(
        _("The entry '{key}' of the data cannot be read.", key=POINTS),
        _("Write {form}, or remove the entry.", form=form),
        code="points_not_read",
    )


def _place(x: Any, y: Any) -> Place:
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in (x, y)):
        raise ValueError
    if not math.isfinite(x) or not math.isfinite(y):
        raise ValueError
    return float(x), float(y)


def _label(given: list[Any]) -> str:
    if len(given) > 1:
        raise ValueError
    return str(given[0]) if given else ""


def check_labels(edits: PointEdits, *, classes: bool) -> None:
    """Points of classes have one each, those of a curve have none.

    Raises:
        DataError: one of those that were put in does not fit.
    """
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
    """Put a point in, of a class where the set has classes."""
    edits = point_edits(project.data)
    return _with(project, replace(edits, added=(*edits.added, (*_shown(x, y), label))))


def move_point(project: Project, number: int, x: float, y: float) -> Project:
    """Put a point elsewhere.

    Raises:
        EditError: there is no such point.
    """
    edits, place = point_edits(project.data), _shown(x, y)
    if number >= 0:
        _check_there(edits, number)
        return _with(project, replace(edits, moved={**edits.moved, number: place}))
    added, index = list(edits.added), _index(edits, number)
    added[index] = (*place, added[index][2])
    return _with(project, replace(edits, added=tuple(added)))


def remove_point(project: Project, number: int) -> Project:
    """Take a point away.

    Raises:
        EditError: there is no such point.
    """
    edits = point_edits(project.data)
    if number >= 0:
        _check_there(edits, number)
        moved = {row: place for row, place in edits.moved.items() if row != number}
        return _with(project, replace(edits, moved=moved, removed=edits.removed | {number}))
    index = _index(edits, number)
    return _with(project, replace(edits, added=edits.added[:index] + edits.added[index + 1 :]))


def forget_point_edits(project: Project) -> Project:
    """All points as they are made."""
    return _with(project, PointEdits())


def _shown(x: float, y: float) -> Place:
    """Six digits: more than an eye or a float32 can tell apart, and short in the file."""
    return float(f"{x:.6g}"), float(f"{y:.6g}")


def _check_there(edits: PointEdits, number: int) -> None:
    if number in edits.removed:
        raise EditError(_("This point was removed."), _("Choose another point."), code="point_gone")


def _index(edits: PointEdits, number: int) -> int:
    index = -1 - number
    if not 0 <= index < len(edits.added):
        raise EditError(
            _("This point does not exist."), _("Choose another point."), code="point_gone"
        )
    return index
