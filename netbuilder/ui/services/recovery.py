"""Autosave: every edit is on disk within a second, beside nothing of the user's.

A recovery file lives in the state folder while its project has changes that are not saved, with a
lock beside it that its process holds; a file whose lock nobody holds is what a crash left.
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

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import atomic, files
from netbuilder.core.project.model import Project
from netbuilder.core.site_settings import site_settings
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

#: Name or file of a lesson, "" for none, and the number of a step of it.
OpenLesson = tuple[str, int]


@dataclass(frozen=True)
class RecoveredProject:
    """A project that a crash left: where its own file is (None: never saved), and when.

    ``base`` is the folder that its relative paths start from; None where that was not kept.

    ``lesson`` is the one that was open beside it, and the step that was shown, from 0.
    Whoever found it holds its lock, so that two windows do not offer the same.
    """

    file: Path
    project: Project
    original: Path | None
    time: float
    lock: QLockFile | None = field(default=None, compare=False, repr=False)
    lesson: OpenLesson = ("", 0)
    base: Path | None = None


def find_recovered() -> list[RecoveredProject]:
    """What earlier processes left when they died, the latest first."""
    found = []
    for file, lock in left_behind(state_folder(_FOLDER).glob("*.json")):
        try:
            raw = json.loads(file.read_text("utf-8"))
            original = Path(raw["path"]) if raw.get("path") else None
            project = files.loads(raw["project"])
            lesson = (str(raw.get("lesson") or ""), int(raw.get("step") or 0))
            base = Path(raw["base"]) if raw.get("base") else None
            time_ = float(raw["time"])
            found.append(RecoveredProject(file, project, original, time_, lock, lesson, base))
        except Exception as error:  # noqa: BLE001  a damaged file must not hide the others
            log.warning("recovery file %s cannot be read: %r", file, error)
            lock.unlock()
    return sorted(found, key=lambda one: -one.time)


def discard_recovered(recovered: RecoveredProject) -> None:
    """Delete a recovery file."""
    atomic.discard(recovered.file)
    leave_recovered(recovered)


def leave_recovered(recovered: RecoveredProject) -> None:
    """Let a recovery file lie, to be found again."""
    if recovered.lock is not None:
        recovered.lock.unlock()


class Recovery(QObject):
    """Writes the store's project to a recovery file while it has unsaved changes.

    Signals:
        failed(error): the file cannot be written; said once, until it can be again.
        wrote: it was tried.
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
        self._owned = acquire_lock(lock_path(self.file))
        self._lock = threading.Lock()
        self._newest = 0
        self._fails = False
        delay = round(1000 * site_settings().autosave_seconds)
        self._timer = QTimer(self, singleShot=True, interval=delay)
        self._timer.timeout.connect(self._write)
        store.steps_changed.connect(self._changed)

    def take_over(self, found: RecoveredProject) -> None:
        """Go on with what a crash left, as this process's own file: it is on disk all the while.

        Under a name of this process, so that after another crash the run of it is known by that.
        """
        self._timer.stop()
        try:
            with self._lock:
                # An autosave that is under way is of what stood here before.
                self._newest += 1
                atomic.replace(found.file, self.file)
        except OSError as error:
            log.warning("recovery file %s keeps its name: %s", found.file, error)
            self.close()
            self.file, self._owned = found.file, found.lock
        else:
            leave_recovered(found)

    def close(self) -> None:
        """Remove file and lock: the program ends by itself and nothing was lost."""
        self._remove()
        if self._owned is not None:
            self._owned.unlock()

    def _remove(self) -> None:
        self._timer.stop()
        with self._lock:
            self._newest += 1
            atomic.discard(self.file)

    def _changed(self) -> None:
        if self._store.modified:
            # Not restarted by each edit: a second is the most that may be lost.
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
        """What to say of it; None where a newer one is on its way."""
        text = json.dumps({**raw, "project": files.dumps(project)})
        with self._lock:
            if number != self._newest:
                return None
            try:
                atomic.write_bytes(self.file, text.encode())
            except UserError as error:
                told = self._told(error)
            else:
                self._fails, told = False, None
        return (told,)

    def _wrote(self, tried: tuple[UserError | None] | None) -> None:
        if tried is None:
            return
        if tried[0] is not None:
            self.failed.emit(tried[0])
        self.wrote.emit()

    def _told(self, error: UserError) -> UserError | None:
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
