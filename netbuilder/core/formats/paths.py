"""Relative paths in a project are relative to its file; here they follow it to another folder."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path, PurePath, PureWindowsPath

from netbuilder.core.project.model import Project


def rebased(project: Project, old: Path, new: Path) -> Project:
    """The project with its data paths as they read from the folder ``new`` instead of ``old``."""
    old, new = old.resolve(), new.resolve()
    if old == new:
        return project

    def moved(text: str) -> str:
        if not text or PurePath(text).is_absolute() or PureWindowsPath(text).is_absolute():
            return text
        target = old / text
        try:
            return Path(os.path.relpath(target, new)).as_posix()
        except ValueError:  # another drive of Windows: there is no relative path
            return target.as_posix()

    data = project.data
    return replace(
        project, data=replace(data, path=moved(data.path), test_path=moved(data.test_path))
    )
