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
    steps_unverified: int = 0
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
