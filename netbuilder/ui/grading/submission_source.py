"""What of a window is handed in: the trained network, or the project alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from netbuilder.core.errors import UserError
from netbuilder.core.grading import submission_writer
from netbuilder.core.grading.submission_info import SubmissionInfo
from netbuilder.core.lessons import library
from netbuilder.core.lessons.lesson import Lesson
from netbuilder.core.lessons.lesson_record import LessonRecord, record_of
from netbuilder.core.wording import format_count

if TYPE_CHECKING:
    from netbuilder.ui.services.workbench import Workbench


@dataclass(frozen=True)
class SubmissionSource:
    """``words`` say what will be handed in; ``write(name, folder)`` writes it."""

    words: str
    write: Callable[[str, Path], Path]


def submission_source(workbench: Workbench) -> SubmissionSource:
    """The work that stands in a window now."""
    project, base, trained = workbench.store.project, workbench.base, workbench.trained
    project = workbench.stamp(project)
    if trained is not None:
        trained = replace(trained, project=workbench.stamp(trained.project))
    record = record_of(project)
    lesson = _lesson(record, base)
    words = (
        "Your trained network goes into one .h5 file with your name."
        if trained is not None
        else "Nothing is trained yet: the network goes into a project file with your name."
    )
    steps: tuple[bool, ...] = ()
    if record is not None and lesson is not None:
        steps = tuple(number in record.done for number in range(1, len(lesson.steps) + 1))
        done = sum(steps)
        words += f" Lesson “{lesson.title}”: {done} of {format_count(len(steps), 'step')} done."

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
