"""The steps of a lesson, checked on a handed-in file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from netbuilder.core.lesson_files import observe_file
from netbuilder.core.lessons import library
from netbuilder.core.lessons.lesson import Lesson
from netbuilder.core.lessons.step_check import check_steps


def steps_done(lesson: str, path: Path) -> list[bool]:
    """For each step of ``lesson`` (a name or its file) whether ``path`` has done it.

    What only the window could see (a prediction, an answer) counts as the file has it on record.

    Raises:
        UserError: there is no such lesson, or the file cannot be read.
    """
    found = _lesson(lesson)
    return [one.done for one in check_steps(found, observe_file(found, path))]


@lru_cache(maxsize=64)
def known_lesson(name: str) -> str:
    """``name`` where a lesson of it is listed here, else "".

    A hand-in says of itself which lesson it is of: that is no path to be followed.
    """
    listed = {one.name for shelf in library.lesson_folders() for one in shelf.lessons}
    return name if name in listed else ""


@lru_cache(maxsize=4)
def _lesson(name: str) -> Lesson:
    return library.find_lesson(name)
