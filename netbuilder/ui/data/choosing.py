"""From what a person chose, a file or a folder, to a recipe; and paths that stay right."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data

FILE_FILTER = (
    "Data (*.csv *.tsv *.txt *.npz *.h5);;Tables (*.csv *.tsv *.txt);;Arrays (*.npz *.h5);;"
    "All files (*)"
)


def recipe_for(path: Path, base: Path | None) -> Data:
    """The recipe that fits a file or folder by its ending.

    Raises:
        DataError: a file of a kind that is not read.
    """
    shown = relative(path, base)
    if path.is_dir():
        return Data(kind="images", path=shown)
    ending = path.suffix.lower()
    if ending in (".csv", ".tsv", ".txt", ".dat"):
        return Data(kind="csv", path=shown)
    if ending in (".npz", ".h5", ".hdf5"):
        return Data(kind="arrays", path=shown)
    raise DataError(
        f"“{path.name}” is of a kind that is not read here.",
        "Choose a table (.csv), arrays (.npz, .h5) or a folder with a folder of pictures a class.",
        path=str(path),
    )


def relative(path: Path, base: Path | None) -> str:
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


def rebased(data: Data, old: Path, new: Path) -> Data:
    """The recipe of a project that moves from folder ``old`` to ``new``: the same files."""

    def moved(text: str) -> str:
        if not text:
            return text
        return relative(Path(os.path.normpath(old / text)), new)

    path, test_path = moved(data.path), moved(data.test_path)
    if (path, test_path) == (data.path, data.test_path):
        return data
    return replace(data, path=path, test_path=test_path)
