"""What of a window is handed in: the trained network, or the project alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from netbuilder.core.errors import UserError
from netbuilder.core.grading import submission_writer
from netbuilder.core.grading.submission_info import SubmissionInfo
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.lessons import library
from netbuilder.core.lessons.lesson import Lesson
from netbuilder.core.lessons.lesson_record import LessonRecord, record_of

if TYPE_CHECKING:
    from netbuilder.ui.services.project_store import Edit
    from netbuilder.ui.services.workbench import Workbench


@dataclass(frozen=True)
class SubmissionSource:
    """``words`` say what will be handed in; ``write(name, folder)`` writes it."""

    words: str
    write: Callable[[str, Path], Path]


def submission_source(workbench: Workbench, stamp: Edit) -> SubmissionSource:
    """Return the work in a window now; ``stamp`` notes how far its lesson is."""
    project, base, trained = workbench.store.project, workbench.base, workbench.models.trained
    project = stamp(project)
    if trained is not None:
        trained = replace(trained, project=stamp(trained.project))
    record = record_of(project)
    lesson = _lesson(record, base)
    words = (
        _("Your submission is one .h5 file: your trained network and your name.")
        if trained is not None
        else _(
            "Nothing is trained yet. Your submission is a project file: your network and your name."
        )
    )
    steps: tuple[bool, ...] = ()
    if record is not None and lesson is not None:
        steps = tuple(number in record.done for number in range(1, len(lesson.steps) + 1))
        done = sum(steps)
        progress = ngettext(
            "Lesson “{lesson}”: {done} of {count} step done.",
            "Lesson “{lesson}”: {done} of {count} steps done.",
            len(steps),
            lesson=lesson.title,
            done=done,
        )
        words = f"{words} {progress}"

    def write(name: str, folder: Path) -> Path:
        given = SubmissionInfo(name, record.name if record is not None else "", steps)
        return submission_writer.write_submission(
            trained or project,
            folder,
            given,
            base=base,
            public_key=lesson.seal if lesson is not None else "",
        )

    return SubmissionSource(words, write)


def _lesson(record: LessonRecord | None, base: Path) -> Lesson | None:
    if record is None:
        return None
    try:
        return library.find_lesson(record.name, base)
    except UserError:
        return None  # a lesson that is no longer there: its name still goes along
