"""One row of the table: what was found about one handed-in file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    """

    student: str
    lesson: str = ""
    steps: tuple[bool, ...] = ()
    work: str = ""
    time: datetime | None = None


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


GRADED, FAILED, LATE = "graded", "failed", "late"


@dataclass(frozen=True)
class Fingerprint:
    """What tells whether two works are the same.

    ``weights`` and ``graph`` are SHA-256 in hexadecimal, "" where there is none; ``sample`` are
    numbers at fixed places of the weights; ``work`` is the id of the work. ``recipe`` hashes the
    network, its data and its settings without ``seed`` and ``epochs``, which stand beside it.
    """

    weights: str = ""
    graph: str = ""
    work: str = ""
    sample: tuple[float, ...] = ()
    layout: str = ""
    recipe: str = ""
    seed: int = 0
    epochs: int = 0


@dataclass(frozen=True)
class Submission:
    """A handed-in file and what became of it.

    Attributes:
        file: its name in the folder.
        student: who it is by.
        status: "graded", "late" (graded, after the date) or "failed".
        score: points; None where it failed.
        metrics: on the hidden data, by name.
        steps_done: steps of the lesson that hold, judged again.
        steps: steps of the lesson.
        steps_counted: those that can be judged by a file: the points are shared among them.
        steps_unverified: steps that the file claims and nothing shows.
        steps_missing: a sentence for each step that is not done, with its title.
        lesson: name of the lesson that the steps are of.
        claimed_lesson: name of the lesson that the file was submitted for.
        verified: training again gave the same predictions; None where that is not known.
        verified_words: why it is not verified.
        retrained: the weights of training again at the places of ``Fingerprint.sample``.
        same_as: names of files with the same work that is no coincidence: look at them.
        expected_same: names of files that are equal because seed, data and settings are.
        time_of_file: ``time`` is that of the file, which records none.
        message: a sentence for the teacher: what went wrong, or what to look at.
        points_by: what gave the points where no rubric does: a metric, or "steps".
        same_words: the end of ``message`` that names other pupils' files.
        comment: a sentence for the pupil.
        parameters: of the network.
        time: when it was handed in.
        fingerprint: what sameness is told from.
        svg: picture of the network.
        history: {name: a number an epoch}.
        answers: columns that the network answers.
        basis: the rows that it was judged on, where those are of its own data; works of one
            ``basis_id`` have the same ones.
        misfit: why the hidden data does not fit a network that could be opened; "" where it does.
    """

    file: str
    student: str
    status: str = FAILED
    score: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    steps_done: int = 0
    steps: int = 0
    same_as: tuple[str, ...] = ()
    message: str = ""
    comment: str = ""
    parameters: int | None = None
    time: datetime | None = None
    fingerprint: Fingerprint = Fingerprint()
    svg: str = ""
    history: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    answers: tuple[str, ...] = ()
    misfit: str = ""
    basis: str = ""
    basis_id: str = ""
    same_words: str = ""
    points_by: str = ""
    steps_unverified: int = 0
    steps_counted: int = 0
    steps_missing: tuple[str, ...] = ()
    lesson: str = ""
    claimed_lesson: str = ""
    verified: bool | None = None
    verified_words: str = ""
    retrained: tuple[float, ...] = ()
    expected_same: tuple[str, ...] = ()
    time_of_file: bool = False

    def to_json(self) -> dict[str, object]:
        """As the command line says it."""
        return {
            "file": self.file,
            "student": self.student,
            "status": self.status,
            "score": None if self.score is None else round(self.score, 4),
            "metrics": dict(self.metrics),
            "steps_done": self.steps_done,
            "verified": self.verified,
            "same_as": list(self.same_as),
            "message": self.message,
        }
