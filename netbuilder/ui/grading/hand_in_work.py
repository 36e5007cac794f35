"""What of a window is handed in: the trained network, or the project alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from netbuilder.core.errors import UserError
from netbuilder.core.grading import handing
from netbuilder.core.grading.hand_in import HandIn
from netbuilder.core.lessons import library
from netbuilder.core.lessons.lesson import Lesson
from netbuilder.core.lessons.record import Record, record_of
from netbuilder.core.wording import counted

if TYPE_CHECKING:
    from netbuilder.ui.services.workbench import Workbench


@dataclass(frozen=True)
class Work:
    """``words`` say what will be handed in; ``write(name, folder)`` writes it."""

    words: str
    write: Callable[[str, Path], Path]


def work_of(workbench: Workbench) -> Work:
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
        words += f" Lesson “{lesson.title}”: {done} of {counted(len(steps), 'step')} done."

    def write(name: str, folder: Path) -> Path:
        given = HandIn(name, record.name if record is not None else "", steps)
        return handing.write(
            trained or project,
            folder,
            given,
            base=base,
            public_key=lesson.seal if lesson is not None else "",
        )

    return Work(words, write)


def _lesson(record: Record | None, base: Path) -> Lesson | None:
    if record is None:
        return None
    try:
        return library.lesson(record.name, base)
    except UserError:
        return None  # a lesson that is no longer there: its name still goes along
