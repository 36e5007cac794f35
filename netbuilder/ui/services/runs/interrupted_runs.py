"""Checkpoints of runs, kept until the run has ended regularly.

Each run has a folder in the state folder: project, base folder of the data paths, checkpoints,
and a lock held by its process. A folder whose lock is free is a run that can be resumed.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from PySide6.QtCore import QLockFile

from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.project import atomic, files
from netbuilder.core.project.model import Project
from netbuilder.ui.services.crash_detector import (
    acquire_lock,
    left_behind,
    new_process_name,
    state_folder,
)

log = logging.getLogger(__name__)
_FOLDER = "training"
_PROJECT, _BASE, _CHECKPOINTS, _LOCK = "project.netbuilder", "base.txt", "checkpoints", "lock"


@dataclass(frozen=True)
class InterruptedRun:
    """A run that can be resumed: its folder, its project, and the base of its data paths."""

    folder: Path
    project: Project
    base: Path
    lock: QLockFile | None = field(default=None, compare=False, repr=False)

    @property
    def checkpoints(self) -> Path:
        return self.folder / _CHECKPOINTS


def _lock_of(folder: Path) -> Path:
    return folder / _LOCK


def begin_run(project: Project, base: Path) -> InterruptedRun | None:
    """Create the folder of a new run; None if it cannot be written."""
    folder = state_folder(_FOLDER) / new_process_name()
    try:
        (folder / _CHECKPOINTS).mkdir(parents=True)
        lock = acquire_lock(_lock_of(folder))
        (folder / _BASE).write_text(str(base.absolute()), "utf-8")
        files.write(project, folder / _PROJECT)
    except (OSError, UserError) as error:
        log.warning("no checkpoints for this run: %s", error)
        return None
    return InterruptedRun(folder, project, base, lock)


def continue_run(run: InterruptedRun, project: Project) -> InterruptedRun:
    """Store the project that a run continues with; return the old run if that fails."""
    try:
        files.write(project, run.folder / _PROJECT)
    except (OSError, UserError) as error:
        log.warning("the run in %s is kept as it was: %s", run.folder, error)
        return run
    return replace(run, project=project)


def take_over_run(run: InterruptedRun) -> InterruptedRun | None:
    """Give a dead process's run a name of this process; None if another window was first."""
    folder = run.folder.with_name(new_process_name())
    leave_run(run)  # Windows cannot rename a folder with an open file.
    try:
        atomic.replace(run.folder, folder)
    except OSError as error:
        log.warning("run in %s keeps its name: %s", run.folder, error)
        folder = run.folder
    lock = acquire_lock(_lock_of(folder))
    if lock is None:
        log.warning("the run in %s cannot be held", run.folder)
        if folder != run.folder:
            with suppress(OSError):
                atomic.replace(folder, run.folder)
        return None
    return replace(run, folder=folder, lock=lock)


def not_taken_sentence(run: InterruptedRun) -> UserError:
    """Return the message for a failed ``take_over_run``."""
    return user_error("run_not_taken", name=run.project.name, folder=run.folder.parent)


def leave_run(run: InterruptedRun) -> None:
    """Keep a run for the next start."""
    if run.lock is not None:
        run.lock.unlock()


def end_run(run: InterruptedRun | None) -> None:
    """Remove a run that has ended or will not be resumed."""
    if run is not None:
        if run.lock is not None:
            run.lock.unlock()
        atomic.discard(run.folder)


def find_interrupted() -> list[InterruptedRun]:
    """Return dead processes' runs that have a checkpoint; remove the others."""
    runs = []
    folders = (path for path in state_folder(_FOLDER).iterdir() if path.is_dir())
    for folder, lock in left_behind(folders, _lock_of):
        try:
            project = files.read(folder / _PROJECT)
            base = Path((folder / _BASE).read_text("utf-8"))
            run = InterruptedRun(folder, project, base, lock)
            if not any(run.checkpoints.iterdir()):
                raise OSError("no checkpoint yet")
        except (OSError, UserError) as error:
            log.info("run in %s cannot go on: %s", folder, error)
            lock.unlock()
            atomic.discard(folder)
            continue
        runs.append(run)
    return runs
