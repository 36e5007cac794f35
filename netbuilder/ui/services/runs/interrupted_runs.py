"""Trainings that a crash cut short: their checkpoints, kept until a run has ended by itself.

Each run of the window has a folder in the state folder: the project, the folder that its data
paths start from, the engine's checkpoints, and a lock that its process holds. A folder whose lock
nobody holds is a run that can go on.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from PySide6.QtCore import QLockFile

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
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
    """A run that can go on: its folder, its project, and where data paths start from."""

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
    """A folder for a run that begins now; None where the disk does not let us."""
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
    """A run goes on as one of another project; as it was where that cannot be written."""
    try:
        files.write(project, run.folder / _PROJECT)
    except (OSError, UserError) as error:
        log.warning("the run in %s is kept as it was: %s", run.folder, error)
        return run
    return replace(run, project=project)


def take_over_run(run: InterruptedRun) -> InterruptedRun | None:
    """Have a run that another process left be one of this process, by its name too.

    None: another window took it in the moment in which nobody held it, or nothing can be written.
    """
    folder = run.folder.with_name(new_process_name())
    leave_run(run)  # No open file may be in a folder that Windows shall rename.
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
    """What to say where ``take_over_run`` gave nothing."""
    return UserError(
        _("The run of '{name}' cannot continue in this window.", name=run.project.name),
        _(
            "Another window has continued the run, or '{folder}' cannot be "
            "written. If no window has the run open, NetBuilder asks about it at "
            "the next start.",
            folder=run.folder.parent,
        ),
        code="run_not_taken",
    )


def leave_run(run: InterruptedRun) -> None:
    """Let a run lie, to be found again."""
    if run.lock is not None:
        run.lock.unlock()


def end_run(run: InterruptedRun | None) -> None:
    """The run ended by itself, or will not be gone on with."""
    if run is not None:
        if run.lock is not None:
            run.lock.unlock()
        atomic.discard(run.folder)


def find_interrupted() -> list[InterruptedRun]:
    """Runs of processes that are gone, with a checkpoint to go on from; others are removed."""
    found = []
    folders = (one for one in state_folder(_FOLDER).iterdir() if one.is_dir())
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
        found.append(run)
    return found
