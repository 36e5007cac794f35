"""Data that was moved together with the file that names it: it is looked for beside that file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

from netbuilder.core.project.model import Project

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
    """The project as it lies in ``folder``: whole paths that lead nowhere on this computer are
    those of the same name there, if there is one."""
    data = project.data
    path, test_path = (_beside(text, folder) for text in (data.path, data.test_path))
    if (path, test_path) == (data.path, data.test_path):
        return project
    return replace(project, data=replace(data, path=path, test_path=test_path))


def _beside(text: str, folder: Path) -> str:
    if not text or not is_absolute(text) or _is_there(Path(text)):
        return text
    names = last_names(text)
    for count in range(1, min(len(names), 1 + _ALONG) + 1):
        near = "/".join(names[-count:])
        if _is_there(folder / near):
            return near
    return text


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no system of this kind can have
        return False
