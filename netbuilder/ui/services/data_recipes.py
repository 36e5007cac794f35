"""From what a person chose, a file or a folder, to a recipe."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QMimeData

from netbuilder.core.data import registry
from netbuilder.core.errors import UserError
from netbuilder.core.project.edits_data import last_names
from netbuilder.core.project.model import Data

MIME = "application/x-netbuilder-columns"


@dataclass(frozen=True)
class DraggedColumns:
    """The columns under way, and what features and targets are at the time."""

    names: tuple[str, ...]
    features: tuple[str, ...]
    targets: tuple[str, ...]

    def mime(self) -> QMimeData:
        data = QMimeData()
        parts = [self.names, self.features, self.targets]
        data.setData(MIME, json.dumps(parts).encode())
        return data

    @classmethod
    def of(cls, data: QMimeData) -> DraggedColumns | None:
        if not data.hasFormat(MIME):
            return None
        try:
            names, features, targets = json.loads(bytes(data.data(MIME).data()))
        except ValueError:
            return None
        return cls(tuple(names), tuple(features), tuple(targets))


FILE_FILTER = registry.file_filter()


def recipe_for(path: Path, base: Path | None) -> Data:
    """The recipe that fits a file or folder.

    Raises:
        DataError: a file of a kind that is not read.
    """
    return registry.recipe_for(path, relative_path(path, base))


def relative_path(path: Path, base: Path | None) -> str:
    """``path`` as a project in ``base`` writes it: relative if it lies in there.

    ``base`` is None for a project that has no file yet: then the path is whole.
    """
    path = path.absolute()
    if base is not None:
        try:
            return path.relative_to(base.absolute()).as_posix()
        except ValueError:
            pass
    return str(path)


def recipe_with_file(old: Data, path: Path, base: Path, written: Data) -> Data | None:
    """The old recipe with its file where that was chosen anew, in another place or under another
    name; None where other data was chosen.

    Args:
        old: the recipe until now.
        path: what was chosen.
        base: folder that relative paths start from.
        written: the recipe that fits ``path``, as ``recipe_for`` gives it.
    """
    # A table and a series read the same files: what was decided is kept.
    if not old.path or old.kind not in {kind.name for kind in registry.alternatives(written)}:
        return None
    there, named_alike = (base / old.path).exists(), last_names(old.path)[-1:] == (path.name,)
    if there and not named_alike:
        return None
    if not _holds(old, path, needed=not named_alike):
        return None
    moved = replace(old, path=written.path)
    if old.test_path and not (base / old.test_path).exists():
        near = path.parent / last_names(old.test_path)[-1]
        if near.exists():
            text = near.name if written.path == path.name else str(near.absolute())
            moved = replace(moved, test_path=text)
    return moved


def _holds(old: Data, path: Path, *, needed: bool) -> bool:
    """Whether a file has the columns that a recipe names; ``needed``: it has to name some."""
    kind = registry.kind_of(old)
    if kind.table is None:
        return not needed
    try:
        columns = {str(name) for name in kind.table(old, path, 20).columns}
    except UserError:
        return False
    lists = (old.target, tuple(old.columns), *old.inputs.values(), *old.targets.values())
    named = {name for names in lists for name in names}
    return named <= columns and bool(named or not needed)
