"""A pupil's window in a class: it finds one, shares progress if the pupil agreed, and leaves."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from netbuilder.core.deployment.site_settings import submission_folder
from netbuilder.core.grading import class_progress
from netbuilder.core.grading.class_progress import HEARTBEAT_SECONDS, LOOK_SECONDS, Progress
from netbuilder.core.project.model import Project
from netbuilder.ui.services import jobs
from netbuilder.ui.services.lesson_session import PUPIL, LessonSession, pupil
from netbuilder.ui.services.settings import settings
from netbuilder.ui.services.workbench import Workbench

#: Settings key of the shared folder, where the school's settings name none.
FOLDER = "class/folder"
_LOOKS_BETWEEN = 3  # a window that takes part in no class looks less often


def shared_folder() -> Path | None:
    """Return the folder in which classes are looked for; None if there is none."""
    chosen = str(settings().value(FOLDER, "") or "")
    return submission_folder() or (Path(chosen) if chosen else None)


class ClassMembership(QObject):
    """Follows the class of the shared folder; file work is done in threads.

    Signals:
        changed: ``title``, ``joined`` or ``writes`` changed.
        offered(title): a class was found that the pupil was not asked about.
    """

    changed = Signal()
    offered = Signal(str)

    def __init__(self, workbench: Workbench, lessons: LessonSession, parent: QObject) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._lessons = lessons
        self._id = class_progress.new_pupil()
        self._folder: Path | None = None
        self._declined: set[Path] = set()
        self._leads: Path | None = None  # the class of this window's own teacher
        self._busy = False
        self._looks = 0
        self._place: tuple[str, int] = ("", 0)
        self._since = time.monotonic()
        self._written = Progress()
        self._written_at = -HEARTBEAT_SECONDS
        self.title = ""
        self.joined = False
        self.writes = True  # False while the folder cannot be written
        self._timer = QTimer(self, interval=round(1000 * LOOK_SECONDS))
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def lead(self, folder: Path | None) -> None:
        """Note that this window's user teaches a class, which is not offered here."""
        self._leads = folder

    def join(self, name: str) -> None:
        """Take part under this name or number."""
        settings().setValue(PUPIL, name)
        self.joined = self._folder is not None
        self._written_at = -HEARTBEAT_SECONDS
        self.changed.emit()
        self.look()

    def leave(self) -> None:
        """Take no part any more; what was written is deleted."""
        if self._folder is not None:
            self._declined.add(self._folder)
            if self.joined:
                forget = partial(class_progress.leave_class, self._folder, self._id)
                jobs.run_job(forget, name="leave the class", owner=self)
        self._forget()

    def progress(self) -> Progress:
        """Return what is shared now."""
        lesson = self._lessons.lesson
        place = (lesson.name, self._lessons.current + 1) if lesson is not None else ("", 0)
        if place != self._place:
            self._place, self._since = place, time.monotonic()
        metric, best = self._best_result()
        seconds = time.monotonic() - self._since
        shared = Progress(pupil(), seconds=seconds, metric=metric, best=best)
        if lesson is None:
            return shared
        done = tuple(result.number for result in self._lessons.results if result.done)
        return replace(
            shared, lesson=lesson.title, done=done, steps=len(lesson.steps), step=place[1]
        )

    def look(self) -> None:
        """Look for a class, or write to that of this window, in a thread."""
        folder = shared_folder() if self._folder is None else self._folder
        self._looks += 1
        waits = not self.joined and self._looks % _LOOKS_BETWEEN != 1
        if folder is None or self._busy or waits:
            return
        self._busy = True
        if self.joined:
            share = partial(_share, folder, self._id, self._news(), self._workbench.store.project)
            jobs.run_job(share, self._shared, self._failed, name="class", owner=self)
        else:
            find = partial(class_progress.find_class, shared_folder() or folder)
            jobs.run_job(find, self._found, self._failed, name="class", owner=self)

    def _best_result(self) -> tuple[str, float | None]:
        """Return metric and value of the network's best epoch on the validation set."""
        trained = self._workbench.models.trained
        history = trained.history if trained is not None else {}
        accuracies = [name for name in history if name.startswith("val_") and "acc" in name]
        for name, best in (*((name, max) for name in accuracies), ("val_loss", min)):
            if values := [value for value in history.get(name, ()) if value is not None]:
                return name.removeprefix("val_"), float(best(values))
        return "", None

    def _news(self) -> Progress | None:
        """Return the progress if it changed, or was written long ago."""
        progress, moment = self.progress(), time.monotonic()
        unchanged = replace(progress, seconds=0.0) == replace(self._written, seconds=0.0)
        if unchanged and moment - self._written_at < HEARTBEAT_SECONDS:
            return None
        self._written, self._written_at = progress, moment
        return progress

    def _shared(self, open_: bool) -> None:
        self._busy = False
        if not open_:
            self._forget()
        elif not self.writes:
            self.writes = True
            self.changed.emit()

    def _found(self, open_class: tuple[Path, str] | None) -> None:
        self._busy = False
        folder, title = open_class if open_class is not None else (None, "")
        if folder is None or folder in self._declined or folder == self._leads:
            if self._folder is not None and folder is None:
                self._forget()
            return
        is_new = folder != self._folder
        self._folder, self.title = folder, title
        if is_new:
            self.changed.emit()
            self.offered.emit(title)

    def _failed(self, _error: Exception) -> None:
        """A full disk or a share that is gone: work goes on, and it is tried again."""
        self._busy = False
        self._written_at = -HEARTBEAT_SECONDS
        if self.joined and self.writes:
            self.writes = False
            self.changed.emit()

    def _forget(self) -> None:
        self._folder, self.title, self.joined, self.writes = None, "", False, True
        self.changed.emit()


def _share(folder: Path, pupil_id: str, progress: Progress | None, project: Project) -> bool:
    """Write what is new, and the network if it was asked for; return whether the class is open."""
    if not (folder / "class.json").is_file():
        class_progress.leave_class(folder, pupil_id)
        return False
    if progress is not None:
        class_progress.write_progress(folder, pupil_id, progress)
    if class_progress.is_asked(folder, pupil_id):
        class_progress.answer(folder, pupil_id, project)
    return True
