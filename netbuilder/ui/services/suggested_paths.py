"""Suggested folders and names for saving files of the project."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QStandardPaths

from netbuilder.core import folders
from netbuilder.core.data.registry import is_chosen
from netbuilder.core.files.file_names import portable_name
from netbuilder.core.lessons import library
from netbuilder.core.lessons.lesson_record import record_of
from netbuilder.core.project.model import Data, Project
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.file_dialogs import last_place


def suggested_path(workbench: Workbench, ending: str) -> str:
    """Return the path to suggest: ``sales.h5`` beside ``sales.csv``, or beside a saved project."""
    name = suggested_stem(workbench.store.project, workbench.store.path)
    return str(suggested_folder(workbench) / f"{name}{ending}")


def suggested_stem(project: Project, path: Path | None) -> str:
    """Return the name of the project's file, else of the project, else of its data."""
    if path is not None:
        return path.stem
    name = project.name.strip()
    if name in ("", Project().name) and is_chosen(project.data):
        name = Path(project.data.path).stem or project.data.name
    return portable_name(name, "-") or Project().name


def suggested_folder(workbench: Workbench) -> Path:
    """Return the folder of the project's file or data, else the last one, else the documents."""
    own, last = own_folder(workbench), last_place()
    project = workbench.store.project
    if last is not None and record_of(project) is not None and not own:
        data_folder = _beside(project.data, workbench.base)
        shelves = [lessons.folder for lessons in library.lesson_folders()]
        known = [folder.resolve() for folder in (data_folder, *shelves) if folder is not None]
        if any(last.resolve().is_relative_to(folder) for folder in known):
            last = None
    return own or last or documents_folder()


def own_folder(workbench: Workbench) -> Path | None:
    """Return the folder of the project's file, else of its data; None without either."""
    if workbench.store.path is not None:
        return workbench.store.path.parent
    project = workbench.store.project
    # A lesson's data lie in the teacher's folder: do not save a pupil's files there.
    return None if record_of(project) is not None else _beside(project.data, workbench.base)


def documents_folder() -> Path:
    """Return the user's documents folder, or the home folder."""
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(place) if place and Path(place).is_dir() else Path.home()


def _beside(data: Data, base: Path) -> Path | None:
    """Return the folder of the data if the user put it there and it is writable."""
    if not data.path:
        return None
    folder = (base / data.path).parent
    own = (folders.data(), folders.cache(), folders.state())
    hidden = any(folder.is_relative_to(private) for private in own)
    return folder if not hidden and folder.is_dir() and os.access(folder, os.W_OK) else None
