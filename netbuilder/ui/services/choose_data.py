"""From what a person chose, a file or a folder, to a recipe."""

from __future__ import annotations

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
