"""From what a person chose, a file or a folder, to a recipe."""

from __future__ import annotations

from pathlib import Path

from netbuilder.core.data import registry
from netbuilder.core.project.model import Data

FILE_FILTER = registry.file_filter()


def recipe_for(path: Path, base: Path | None) -> Data:
    """The recipe that fits a file or folder.

    Raises:
        DataError: a file of a kind that is not read.
    """
    return registry.recipe_for(path, relative(path, base))


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
