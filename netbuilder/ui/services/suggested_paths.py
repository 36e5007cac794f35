"""Where a file of this project would be looked for, and what it would be called."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QStandardPaths

from netbuilder.core import folders
from netbuilder.core.data.registry import is_chosen
from netbuilder.core.file_names import portable_name
from netbuilder.core.project.model import Data, Project
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.file_dialogs import last_place


def suggested_path(workbench: Workbench, ending: str) -> str:
    """A whole path to offer: ``sales.h5`` beside ``sales.csv``; a saved project keeps its place."""
    name = suggested_stem(workbench.store.project, workbench.path)
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
    return own_folder(workbench) or last_place() or documents_folder()


def own_folder(workbench: Workbench) -> Path | None:
    """The folder of the project's file, else of its data; None where it has neither."""
    if workbench.path is not None:
        return workbench.path.parent
    return _beside(workbench.store.project.data, workbench.base)


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
