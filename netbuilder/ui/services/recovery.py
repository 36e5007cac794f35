"""Autosave: every edit is on disk within a second.

A recovery file lies in the state folder while its project has unsaved changes, with a lock held
by its process; a file whose lock is free was left by a crash.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, QTimer, Signal

from netbuilder.core.deployment.site_settings import site_settings
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import atomic, files
from netbuilder.core.project.model import Project
from netbuilder.core.wording import join_sentences
from netbuilder.ui.services import jobs
from netbuilder.ui.services.crash_detector import (
    acquire_lock,
    left_behind,
    lock_path,
    new_process_name,
    state_folder,
)
from netbuilder.ui.services.project_store import ProjectStore

log = logging.getLogger(__name__)
_FOLDER = "recovery"

#: Name or file of a lesson ("" for none), and the index of its step.
OpenLesson = tuple[str, int]


@dataclass(frozen=True)
class RecoveredProject:
    """A project that a crash left, with its lock held.

    ``original`` is its own file, or None; ``base`` the folder that relative paths start from;
    ``lesson`` the open lesson and the index of its step.
    """

    file: Path
    project: Project
    original: Path | None
    time: float
    lock: QLockFile | None = field(default=None, compare=False, repr=False)
    lesson: OpenLesson = ("", 0)
    base: Path | None = None


def find_recovered() -> list[RecoveredProject]:
    """Return the projects of crashed processes, the latest first."""
    recovered = []
    for file, lock in left_behind(state_folder(_FOLDER).glob("*.json")):
        try:
            raw = json.loads(file.read_text("utf-8"))
            original = Path(raw["path"]) if raw.get("path") else None
            project = files.loads(raw["project"])
            lesson = (str(raw.get("lesson") or ""), int(raw.get("step") or 0))
            base = Path(raw["base"]) if raw.get("base") else None
            time_ = float(raw["time"])
            recovered.append(RecoveredProject(file, project, original, time_, lock, lesson, base))
        except Exception as error:  # noqa: BLE001  a damaged file must not hide the others
            log.warning("recovery file %s cannot be read: %r", file, error)
            lock.unlock()
    return sorted(recovered, key=lambda project: -project.time)


def discard_recovered(recovered: RecoveredProject) -> None:
    """Delete a recovery file."""
    atomic.discard(recovered.file)
    leave_recovered(recovered)


def leave_recovered(recovered: RecoveredProject) -> None:
    """Keep a recovery file for the next start."""
    if recovered.lock is not None:
        recovered.lock.unlock()


class Recovery(QObject):
    """Writes the project to a recovery file while it has unsaved changes.

    Signals:
        failed(error): the file cannot be written; emitted once until it can be again.
        wrote: an attempt has finished.
    """

    failed = Signal(object)
    wrote = Signal()

    def __init__(
        self,
        store: ProjectStore,
        parent: QObject | None = None,
        lesson: Callable[[], OpenLesson] = lambda: ("", 0),
    ) -> None:
        super().__init__(parent)
        self._store, self._lesson = store, lesson
        self.file = state_folder(_FOLDER) / f"{new_process_name()}.json"
        self._file_lock = acquire_lock(lock_path(self.file))
        self._lock = threading.Lock()
        self._newest = 0
        self._fails = False
        delay = round(1000 * site_settings().autosave_seconds)
        self._timer = QTimer(self, singleShot=True, interval=delay)
        self._timer.timeout.connect(self._write)
        store.steps_changed.connect(self._changed)

    def take_over(self, recovered: RecoveredProject) -> None:
        """Continue a crashed process's recovery file under a name of this process, which also
        identifies its interrupted run."""
        self._timer.stop()
        try:
            with self._lock:
                # Drop a running autosave: it is of the previous project.
                self._newest += 1
                atomic.replace(recovered.file, self.file)
        except OSError as error:
            log.warning("recovery file %s keeps its name: %s", recovered.file, error)
            self.close()
            self.file, self._file_lock = recovered.file, recovered.lock
        else:
            leave_recovered(recovered)

    def close(self) -> None:
        self._remove()
        if self._file_lock is not None:
            self._file_lock.unlock()

    def _remove(self) -> None:
        self._timer.stop()
        with self._lock:
            self._newest += 1
            atomic.discard(self.file)

    def _changed(self) -> None:
        if self._store.modified:
            # Not restarted by each edit: at most a second may be lost.
            if not self._timer.isActive():
                self._timer.start()
        else:
            self._remove()

    def _write(self) -> None:
        if not self._store.modified:
            return
        with self._lock:
            self._newest += 1
            number = self._newest
        lesson, step = self._lesson()
        raw = {
            "time": time.time(),
            "path": str(self._store.path or ""),
            "base": str(self._store.document.base.absolute()),
            "lesson": lesson,
            "step": step,
        }
        project = self._store.project
        jobs.run_job(
            lambda: self._write_file(number, raw, project),
            self._wrote,
            lambda error: log.error("autosave failed", exc_info=error),
            name="recovery",
            owner=self,
        )

    def _write_file(
        self, number: int, raw: dict[str, object], project: Project
    ) -> tuple[UserError | None] | None:
        """Return the error to report, if any; None if a newer autosave is on its way."""
        text = json.dumps({**raw, "project": files.dumps(project)})
        with self._lock:
            if number != self._newest:
                return None
            try:
                atomic.write_bytes(self.file, text.encode())
            except UserError as error:
                report = self._autosave_error(error)
            else:
                self._fails, report = False, None
        return (report,)

    def _wrote(self, outcome: tuple[UserError | None] | None) -> None:
        if outcome is None:
            return
        if outcome[0] is not None:
            self.failed.emit(outcome[0])
        self.wrote.emit()

    def _autosave_error(self, error: UserError) -> UserError | None:
        log.warning("autosave failed: %s", error)
        if self._fails:
            return None
        self._fails = True
        cause = error.__cause__
        reason, fix = (
            atomic.explain_os_error(cause, self.file)
            if isinstance(cause, OSError)
            else (error.what, error.fix)
        )
        return UserError(
            _(
                "Autosave does not work in '{folder}': {reason}.",
                folder=self.file.parent,
                reason=reason,
            ),
            join_sentences((fix, _("Until then, save often."))),
            code="autosave_failed",
            path=error.path,
        )
