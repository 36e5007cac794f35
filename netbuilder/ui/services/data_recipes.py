"""Create data recipes from chosen files and folders."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QMimeData

from netbuilder.core.data import registry
from netbuilder.core.data.kinds.kind import DataLocation
from netbuilder.core.errors import UserError
from netbuilder.core.project.edits_data import last_names
from netbuilder.core.project.model import Data

MIME = "application/x-netbuilder-columns"


@dataclass(frozen=True)
class DraggedColumns:
    """The dragged columns, with the features and targets at the start of the drag."""

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


def may_be_folders(data: Data) -> bool:
    """Return whether samples of this kind may lie in a folder, a file each."""
    kind = registry.KINDS.get(data.kind)
    return kind is not None and kind.files.place in (DataLocation.FOLDER, DataLocation.EITHER)


def recipe_for(path: Path, base: Path | None) -> Data:
    """Return the recipe that fits a file or folder; a DataError says that none does."""
    return registry.recipe_for(path, relative_path(path, base))


def relative_path(path: Path, base: Path | None) -> str:
    """Return ``path``, relative to ``base`` if inside it; None: a project without a file."""
    path = path.absolute()
    if base is not None:
        try:
            return path.relative_to(base.absolute()).as_posix()
        except ValueError:
            pass
    return str(path)


def recipe_with_file(old: Data, path: Path, base: Path, written: Data) -> Data | None:
    """Return the old recipe if ``path`` is its moved or renamed file, else None.

    ``base`` is the folder that relative paths start from, ``written`` the recipe for ``path``.
    """
    # Tables and series read the same files: keep the settings.
    if not old.path or old.kind not in {kind.name for kind in registry.alternatives(written)}:
        return None
    exists, same_name = (base / old.path).exists(), last_names(old.path)[-1:] == (path.name,)
    if exists and not same_name:
        return None
    if not _holds(old, path, needed=not same_name):
        return None
    moved = replace(old, path=written.path)
    if old.test_path and not (base / old.test_path).exists():
        moved_test = path.parent / last_names(old.test_path)[-1]
        if moved_test.exists():
            text = moved_test.name if written.path == path.name else str(moved_test.absolute())
            moved = replace(moved, test_path=text)
    return moved


def _holds(old: Data, path: Path, *, needed: bool) -> bool:
    """Return whether a file has the recipe's columns; ``needed``: the recipe must name some."""
    kind = registry.kind_of(old)
    if kind.tables.read is None:
        return not needed
    try:
        columns = {str(name) for name in kind.tables.read(old, path, 20).columns}
    except UserError:
        return False
    lists = (old.target, tuple(old.columns), *old.inputs.values(), *old.targets.values())
    named = {name for names in lists for name in names}
    return named <= columns and bool(named or not needed)
