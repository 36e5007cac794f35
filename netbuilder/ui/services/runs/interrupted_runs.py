"""Trainings that a crash cut short: their checkpoints, kept until a run has ended by itself.

Each run of the window has a folder in the state folder: the project, the folder that its data
paths start from, the engine's checkpoints, and a lock that its process holds. A folder whose lock
nobody holds is a run that can go on.
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

from PySide6.QtCore import QLockFile

from netbuilder.core import folders
from netbuilder.core.errors import UserError
from netbuilder.core.project import files
from netbuilder.core.project.model import Project
from netbuilder.ui.services.owned import new_name, own

log = logging.getLogger(__name__)
_PROJECT, _BASE, _CHECKPOINTS, _LOCK = "project.netbuilder", "base.txt", "checkpoints", "lock"


@dataclass(frozen=True)
class Interrupted:
    """A run that can go on: its folder, its project, and where data paths start from."""

    folder: Path
    project: Project
    base: Path
    lock: QLockFile | None = field(default=None, compare=False, repr=False)

    @property
    def checkpoints(self) -> Path:
        """The engine's folder."""
        return self.folder / _CHECKPOINTS


def _root() -> Path:
    folder = folders.state() / "training"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def begin(project: Project, base: Path) -> Interrupted | None:
    """A folder for a run that begins now; None where the disk does not let us."""
    folder = _root() / new_name()
    try:
        (folder / _CHECKPOINTS).mkdir(parents=True)
        lock = own(folder / _LOCK)
        (folder / _BASE).write_text(str(base.absolute()), "utf-8")
        files.write(project, folder / _PROJECT)
    except (OSError, UserError) as error:
        log.warning("no checkpoints for this run: %s", error)
        return None
    return Interrupted(folder, project, base, lock)


def again(run: Interrupted, project: Project) -> Interrupted:
    """A run goes on as one of another project."""
    try:
        files.write(project, run.folder / _PROJECT)
    except (OSError, UserError) as error:
        log.warning("the run in %s is kept as it was: %s", run.folder, error)
    return replace(run, project=project)


def take_over(run: Interrupted) -> Interrupted:
    """Have a run that another process left be one of this process, by its name too."""
    folder = run.folder.with_name(new_name())
    leave(run)  # No open file may be in a folder that Windows shall rename.
    try:
        run.folder.rename(folder)
    except OSError as error:
        log.warning("run in %s keeps its name: %s", run.folder, error)
        folder = run.folder
    return replace(run, folder=folder, lock=own(folder / _LOCK))


def leave(run: Interrupted) -> None:
    """Let a run lie, to be found again."""
    if run.lock is not None:
        run.lock.unlock()


def end(run: Interrupted | None) -> None:
    """The run ended by itself, or will not be gone on with."""
    if run is not None:
        if run.lock is not None:
            run.lock.unlock()
        shutil.rmtree(run.folder, ignore_errors=True)


def find() -> list[Interrupted]:
    """Runs of processes that are gone, with a checkpoint to go on from; others are removed."""
    found = []
    for folder in _root().iterdir():
        lock = own(folder / _LOCK) if folder.is_dir() else None
        if lock is None:
            continue
        try:
            project = files.read(folder / _PROJECT)
            base = Path((folder / _BASE).read_text("utf-8"))
            run = Interrupted(folder, project, base, lock)
            if not any(run.checkpoints.iterdir()):
                raise OSError("no checkpoint yet")
        except (OSError, UserError) as error:
            log.info("run in %s cannot go on: %s", folder, error)
            lock.unlock()
            shutil.rmtree(folder, ignore_errors=True)
            continue
        found.append(run)
    return found
