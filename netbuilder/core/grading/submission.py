"""One row of the table: what is known about one submitted file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.files.file_names import composed, portable_name
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.lesson_record import new_work_id, record_of
from netbuilder.core.project.model import Project

KEY = "hand_in"
VERSION = 1
_LONGEST_NAME = 80


@dataclass(frozen=True)
class SubmissionInfo:
    """Who submits what.

    ``student``: name or number, as typed; ``lesson``: name of the lesson, "" for none; ``steps``:
    for each step of the lesson whether it was done; ``work``: random id of the work, hexadecimal;
    ``time``: of submission, with time zone.
    """

    student: str
    lesson: str = ""
    steps: tuple[bool, ...] = ()
    work: str = ""
    time: datetime | None = None


def work_of(project: Project) -> str:
    """Return the ID of a project's work, "" if it has none yet."""
    record, info = record_of(project), submission_info_of(project)
    return (record.work if record else "") or (info.work if info else "")


def lesson_of(project: Project) -> str:
    """Return the lesson that a project was submitted for, else saved in; "" for none."""
    record, info = record_of(project), submission_info_of(project)
    return info.lesson if info else _text(record.name) if record else ""


def check_student_name(text: str) -> str:
    """Return a student's name or number without control characters.

    Raise UserError if nothing is left, or it is too long.
    """
    name = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not name:
        raise user_error("student_name_empty")
    if len(name) > _LONGEST_NAME:
        raise UserError(
            _("The name has {count} characters.", count=len(name)),
            _("Write at most {count}.", count=_LONGEST_NAME),
            code="student_name_too_long",
        )
    return name


def with_submission_info(project: Project, info: SubmissionInfo) -> Project:
    """Return the project with the information; time and ID are filled in if missing."""
    time = info.time or datetime.now(UTC)
    value: dict[str, Any] = {
        "version": VERSION,
        "student": check_student_name(info.student),
        "lesson": info.lesson,
        "steps": list(info.steps),
        "work": info.work or work_of(project) or new_work_id(),
        "time": time.isoformat(timespec="seconds"),
    }
    return replace(project, extra={**project.extra, KEY: value})


def submission_info_of(project: Project) -> SubmissionInfo | None:
    """Return the valid parts of a project's submission record; None if there is none."""
    value = project.extra.get(KEY)
    if not isinstance(value, Mapping):
        return None
    steps = value.get("steps")
    return SubmissionInfo(
        student=_text(value.get("student"))[:_LONGEST_NAME],
        lesson=_text(value.get("lesson")),
        steps=tuple(done is True for done in steps[:1000]) if isinstance(steps, list) else (),
        work=_text(value.get("work")),
        time=_time(value.get("time")),
    )


def file_name(student: str, lesson: str, ending: str, taken: Sequence[str] = ()) -> str:
    """Return an unused file name such as ``Ada Lovelace - first-model.h5``."""
    stem = portable_name(student) or "hand-in"
    if lesson:
        stem += f" - {portable_name(lesson)}"
    name, count = f"{stem}{ending}", 2
    while name in taken:
        name, count = f"{stem} {count}{ending}", count + 1
    return name


def student_of(path: Path, info: SubmissionInfo | None) -> str:
    """Return the recorded student, else the file name without suffix."""
    return info.student if info and info.student else _text(composed(Path(path).stem))


def _text(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in value[:200]).split())


def _time(value: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time


GRADED, FAILED, LATE = "graded", "failed", "late"


@dataclass(frozen=True)
class Fingerprint:
    """What similarity is computed from.

    ``weights`` and ``graph`` are SHA-256 in hexadecimal or ""; ``sample`` are weights at fixed
    places; ``work`` is the id of the work. ``recipe`` hashes network, data and settings without
    ``seed`` and ``epochs``; ``file`` is the SHA-256 of the whole file.
    """

    weights: str = ""
    graph: str = ""
    work: str = ""
    sample: tuple[float, ...] = ()
    layout: str = ""
    recipe: str = ""
    seed: int = 0
    epochs: int = 0
    file: str = ""


@dataclass(frozen=True)
class Submission:
    """A submitted file and its grade.

    Attributes:
        file: its name in the folder.
        status: "graded", "late" (graded, after the date) or "failed".
        score: points; None if it failed.
        metrics: on the hidden data, by name.
        steps_done: steps of the lesson that are proven.
        steps_counted: steps that a file can prove: they share the points.
        steps_unverified: steps that the file claims without proof.
        steps_missing: a sentence for each step that is not done.
        lesson: name of the lesson that the steps belong to.
        claimed_lesson: name of the lesson that the file was submitted for.
        verified: retraining gave the same predictions; None if unknown.
        verified_words: why it is not verified.
        retrained: weights after retraining, sampled as in ``Fingerprint.sample``.
        same_as: names of files that look like copies.
        expected_same: names of files that are equal because seed, data and settings are.
        time_of_file: ``time`` is the file's modification time.
        message: a sentence for the teacher: what went wrong, or what to check.
        points_by: what gives the points without a rubric: a metric, or "steps".
        same_words: the end of ``message`` that names other students' files.
        comment: a sentence for the student.
        svg: picture of the network.
        history: {name: one value per epoch}.
        answers: columns that the network predicts.
        data_name: of the data that it was trained on.
        other_task: why its result earns no points; "" if it does.
        exact_copy: another file has the same bytes.
        basis: its own test rows that it was evaluated on; equal rows have equal ``basis_id``.
        misfit: why the hidden data does not fit the network; "" if it does.
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
    data_name: str = ""
    other_task: str = ""
    exact_copy: bool = False

    def to_json(self) -> dict[str, object]:
        """Return the row as the command line prints it."""
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
