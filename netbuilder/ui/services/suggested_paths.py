"""Where a file of this project would be looked for, and what it would be called."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QStandardPaths

from netbuilder.core import folders
from netbuilder.core.data.registry import is_chosen
from netbuilder.core.file_names import portable_name
from netbuilder.core.lessons import library
from netbuilder.core.lessons.lesson_record import record_of
from netbuilder.core.project.model import Data, Project
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.file_dialogs import last_place


def suggested_path(workbench: Workbench, ending: str) -> str:
    """A whole path to offer: ``sales.h5`` beside ``sales.csv``; a saved project keeps its place."""
    name = suggested_stem(workbench.store.project, workbench.store.path)
    return str(suggested_folder(workbench) / f"{name}{ending}")


def suggested_stem(project: Project, path: Path | None) -> str:
    """The name of the project's file, of the project, or of what it learns from."""
    if path is not None:
        return path.stem
    name = project.name.strip()
    if name in ("", Project().name) and is_chosen(project.data):
        name = Path(project.data.path).stem or project.data.name
    return portable_name(name, "-") or Project().name


def suggested_folder(workbench: Workbench) -> Path:
    """The folder of the project's file or data, else of the last file, else the documents."""
    own, last = own_folder(workbench), last_place()
    project = workbench.store.project
    if last is not None and record_of(project) is not None and not own:
        taught = _beside(project.data, workbench.base)
        shelves = [one.folder for one in library.lesson_folders()]
        if any(place is not None and _within(last, place) for place in (taught, *shelves)):
            last = None
    return own or last or documents_folder()


def own_folder(workbench: Workbench) -> Path | None:
    """The folder of the project's file, else of its data; None where it has neither."""
    if workbench.store.path is not None:
        return workbench.store.path.parent
    project = workbench.store.project
    # The data of a lesson lie beside it, in the teacher's folder: a pupil's files do not go there.
    return None if record_of(project) is not None else _beside(project.data, workbench.base)


def _within(folder: Path, place: Path) -> bool:
    return folder.resolve().is_relative_to(place.resolve())


def documents_folder() -> Path:
    """The user's own folder for what is made; the home folder where there is none."""
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(place) if place and Path(place).is_dir() else Path.home()


def _beside(data: Data, base: Path) -> Path | None:
    """The folder that the data lies in, where a person put it there and may write there."""
    if not data.path:
        return None
    found = (base / data.path).parent
    own = (folders.data(), folders.cache(), folders.state())
    hidden = any(found.is_relative_to(one) for one in own)
    return found if not hidden and found.is_dir() and os.access(found, os.W_OK) else None
