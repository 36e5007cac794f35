"""What a pupil hands in beside the work itself: a name, the lesson, its ticked steps.

It stands in the project's own JSON under ``hand_in``, and so in a ``.netbuilder``, a ``.h5`` and
a ``.keras`` alike::

    "hand_in": {"version": 1, "student": "Ada", "lesson": "first-model", "steps": [true, false],
                "work": "9f…", "time": "2026-11-25T10:15:00+00:00"}

``work`` is a random id that the work got when its lesson was begun, else when it was first handed
in: a copy carries the same one. Because
unknown keys of a project survive a round trip, a program that knows nothing of it keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from netbuilder.core.errors import UserError
from netbuilder.core.file_names import composed, portable_name
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.lesson_record import new_work_id, record_of
from netbuilder.core.project.model import Project

KEY = "hand_in"
VERSION = 1
_LONGEST_NAME = 80


@dataclass(frozen=True)
class SubmissionInfo:
    """Who hands in what.

    Attributes:
        student: name or number, as the pupil wrote it.
        lesson: name of the lesson, "" for none.
        steps: for each step of the lesson whether it was done.
        work: random id of the work, hexadecimal.
        time: when it was handed in, with its time zone.
        seal: the teacher's sealed box (``seal.py``), "" for none.
    """

    student: str
    lesson: str = ""
    steps: tuple[bool, ...] = ()
    work: str = ""
    time: datetime | None = None
    seal: str = ""


def work_of(project: Project) -> str:
    """The id that a project's work has, "" where it has none yet."""
    record, found = record_of(project), submission_info_of(project)
    return (record.work if record else "") or (found.work if found else "")


def lesson_of(project: Project) -> str:
    """Name of the lesson that a project was handed in for, else saved in; "" for none."""
    record, found = record_of(project), submission_info_of(project)
    return found.lesson if found else _text(record.name) if record else ""


def check_student_name(text: str) -> str:
    """A pupil's name or number without what no name holds.

    Raises:
        UserError: nothing is left, or it is too long.
    """
    name = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not name:
        raise UserError(
            _("The name is empty."), _("Write your name or your number."), code="student_name_empty"
        )
    if len(name) > _LONGEST_NAME:
        raise UserError(
            _("The name has {count} characters.", count=len(name)),
            _("Write at most {count}.", count=_LONGEST_NAME),
            code="student_name_too_long",
        )
    return name


def with_submission_info(project: Project, given: SubmissionInfo) -> Project:
    """The project with ``given`` in it; a missing time is now, a missing id a new one."""
    time = given.time or datetime.now(UTC)
    value: dict[str, Any] = {
        "version": VERSION,
        "student": check_student_name(given.student),
        "lesson": given.lesson,
        "steps": list(given.steps),
        "work": given.work or work_of(project) or new_work_id(),
        "time": time.isoformat(timespec="seconds"),
    }
    if given.seal:
        value["seal"] = given.seal
    return replace(project, extra={**project.extra, KEY: value})


def submission_info_of(project: Project) -> SubmissionInfo | None:
    """What stands in a project; None where it was not handed in, or nothing of it can be read.

    The file may come from anybody: every part is taken only where it is what it should be.
    """
    value = project.extra.get(KEY)
    if not isinstance(value, Mapping):
        return None
    steps = value.get("steps")
    return SubmissionInfo(
        student=_text(value.get("student"))[:_LONGEST_NAME],
        lesson=_text(value.get("lesson")),
        steps=tuple(one is True for one in steps[:1000]) if isinstance(steps, list) else (),
        work=_text(value.get("work")),
        time=_time(value.get("time")),
        seal=str(value["seal"]) if isinstance(value.get("seal"), str) else "",
    )


def file_name(student: str, lesson: str, ending: str, taken: Sequence[str] = ()) -> str:
    """A file name that says who and what: ``Ada Lovelace - first-model.h5``."""
    stem = portable_name(student) or "hand-in"
    if lesson:
        stem += f" - {portable_name(lesson)}"
    name, count = f"{stem}{ending}", 2
    while name in taken:
        name, count = f"{stem} {count}{ending}", count + 1
    return name


def student_of(path: Path, given: SubmissionInfo | None) -> str:
    """Who a file is by: what it says, else its name without the ending."""
    return given.student if given and given.student else composed(Path(path).stem)


def _text(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in value[:200]).split())


def _time(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found
