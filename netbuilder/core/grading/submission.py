"""One row of the table: what was found about one handed-in file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

GRADED, FAILED, LATE = "graded", "failed", "late"


@dataclass(frozen=True)
class Fingerprint:
    """What tells whether two works are the same.

    ``weights`` and ``graph`` are SHA-256 in hexadecimal, "" where there is none; ``sample`` are
    numbers at fixed places of the weights; ``work`` is the id of the work.
    """

    weights: str = ""
    graph: str = ""
    work: str = ""
    sample: tuple[float, ...] = ()
    layout: str = ""


@dataclass(frozen=True)
class Submission:
    """A handed-in file and what became of it.

    Attributes:
        file: its name in the folder.
        student: who it is by.
        status: "graded", "late" (graded, after the date) or "failed".
        score: points; None where it failed.
        metrics: on the hidden data, by name.
        steps_done: steps of the lesson that hold.
        steps: steps of the lesson.
        same_as: names of files with the same work.
        message: a sentence for the teacher: what went wrong, or what to look at.
        points_by: what gave the points where no rubric does: a metric, or "steps".
        same_words: the end of ``message`` that names other pupils' files.
        comment: a sentence for the pupil.
        parameters: of the network.
        time: when it was handed in.
        fingerprint: what sameness is told from.
        svg: picture of the network.
        history: {name: a number an epoch}.
        seal: "" no seal asked, "sealed", "broken" or "missing".
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
    seal: str = ""
    answers: tuple[str, ...] = ()
    misfit: str = ""
    basis: str = ""
    basis_id: str = ""
    same_words: str = ""
    points_by: str = ""

    def to_json(self) -> dict[str, object]:
        """As the command line says it."""
        return {
            "file": self.file,
            "student": self.student,
            "status": self.status,
            "score": None if self.score is None else round(self.score, 4),
            "metrics": dict(self.metrics),
            "steps_done": self.steps_done,
            "same_as": list(self.same_as),
            "message": self.message,
        }
