"""Grading a folder: find the files, have each judged, give points, find what is the same."""

from __future__ import annotations

import os
import queue
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from netbuilder.core.errors import UserError
from netbuilder.core.file_names import composed
from netbuilder.core.grading import similarity
from netbuilder.core.grading.file_grader import ENDINGS
from netbuilder.core.grading.lesson_steps import DONE, UNVERIFIED
from netbuilder.core.grading.rubric import DEFAULT_RUBRIC, Rubric
from netbuilder.core.grading.scoring import award_points
from netbuilder.core.grading.submission import FAILED, GRADED, Fingerprint, Submission
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.lessons import library
from netbuilder.core.wording import format_list, format_quoted_list, join_sentences, join_values
from netbuilder.core.worker_process import (
    Answer,
    RequestCancelledError,
    ResourceLimits,
    WorkerProcess,
)

DEFAULT_LIMITS = ResourceLimits()
_MODULE = "netbuilder.core.grading.grading_worker"
_DIED = N_("The file crashed the grader; it may be corrupt or malicious.")


def grade_all(
    files: Sequence[Path],
    data: Path | None,
    lesson: str = "",
    *,
    retrain: bool = False,
    bounds: ResourceLimits = DEFAULT_LIMITS,
    workers: int | None = None,
    told: Callable[[Path, Answer], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[Path, Answer]:
    """The worker's answer for every file, each within the bounds.

    Args:
        files: what to judge.
        data: the hidden data; None: each is judged on what its own data keeps aside.
        lesson: name or file of a lesson, "" for none.
        retrain: train each again too; the answer has it under "retrained".
        bounds: of time and memory, a file.
        workers: processes; None: one a processor, at most 4 and no more than files.
        told: is called with each answer as it comes, from any thread.
        cancelled: asked now and then; True ends the work with what was judged so far.
    """
    waiting: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for file in files:
        waiting.put(file)
    found: dict[Path, Answer] = {}

    def work() -> None:
        worker = WorkerProcess(_MODULE, bounds, cancelled, _(_DIED))
        try:
            while not cancelled():
                try:
                    file = waiting.get_nowait()
                except queue.Empty:
                    return
                try:
                    answer = worker.ask(
                        {
                            "file": str(file),
                            "data": str(data) if data is not None else "",
                            "lesson": lesson,
                        }
                    )
                    # A request of its own: what it takes too long for costs only this.
                    if retrain and "fingerprint" in answer:
                        known = lesson or answer["known_lesson"]
                        answer["retrained"] = worker.ask(
                            {"file": str(file), "lesson": known, "retrain": True}
                        )
                    found[file] = answer
                except RequestCancelledError:
                    return
                if told is not None:
                    told(file, found[file])
        finally:
            worker.end()

    count = workers or min(4, os.cpu_count() or 1)
    threads = [threading.Thread(target=work) for _unused in range(max(1, min(count, len(files))))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


Told = Callable[[Submission], None]


def submission_files(folder: Path) -> list[Path]:
    """The handed-in files of a folder and of the folders in it, by name.

    Raises:
        UserError: there is no such folder, or nothing to grade in it.
    """
    if not folder.is_dir():
        raise UserError(
            _("There is no folder '{folder}'.", folder=folder),
            _("Check the name."),
            code="grading_no_folder",
        )
    found = sorted(
        path
        for path in folder.rglob("*")
        # A folder, a pipe, a link to nowhere of that name is somebody's hand-in that went wrong.
        if path.suffix.lower() in ENDINGS and not path.name.startswith("._")
    )
    if not found:
        raise UserError(
            _("There is nothing to grade in '{folder}'.", folder=folder),
            _(
                "The folder should contain the students' files: {endings}.",
                endings=join_values(ENDINGS),
            ),
            code="grading_nothing",
        )
    return found


def skipped_files_sentence(folder: Path) -> str:
    """A sentence about what lies in the folder and is no hand-in; "" where there is nothing.

    Somebody hands in a document or a packed folder each time, and would else just be missing.
    """
    found = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix.lower() not in ENDINGS and path.is_file() and not path.name.startswith(".")
    )
    if not found:
        return ""
    return _(
        "Left out: {files}. Submissions end in {endings}.",
        files=format_list(found, 6),
        endings=format_list(ENDINGS),
    )


def grade_folder(
    folder: Path,
    data: Path | None,
    lesson: str = "",
    *,
    rubric: Rubric = DEFAULT_RUBRIC,
    retrain: bool = False,
    bounds: ResourceLimits = DEFAULT_LIMITS,
    workers: int | None = None,
    told: Told | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Submission]:
    """Every file of ``folder``, judged on hidden data; best first, failed ones last.

    Args:
        folder: the students' files.
        data: hidden rows whose answers are known; None: where a network learned from a set of the
            program, the rows that this keeps aside.
        lesson: name or file of the lesson whose steps count, "" for the one that each names.
        rubric: how points are given.
        retrain: train each again from its recorded seed and settings and compare predictions.
        bounds: what one file may cost.
        workers: processes at once; None: one a processor.
        told: is called with each submission as it is judged (before sameness is known).
        cancelled: asked now and then; True ends it with what was judged so far.

    Raises:
        UserError: folder or data cannot be read. A file that cannot is a row, not an error.
    """
    files = submission_files(folder)
    if data is not None and not data.exists():
        raise UserError(
            _("There is no file '{data}'.", data=data),
            _("Check the name of the hidden data."),
            code="grading_no_hidden_data",
        )

    asked = ""
    if lesson:
        asked = library.find_lesson(
            lesson
        ).name  # a name that there is not is an error, not thirty failed rows

    def submission(path: Path, answer: dict[str, Any]) -> Submission:
        found = make_submission(path, folder, answer)
        return award_points(found, rubric, answer.get("main"))

    answers = grade_all(
        files,
        None if data is None else data.resolve(),
        lesson,
        retrain=retrain,
        bounds=bounds,
        workers=workers,
        told=(lambda path, answer: told(submission(path, answer))) if told else None,
        cancelled=cancelled,
    )
    rows = [submission(path, answers[path]) for path in files if path in answers]
    rows = _tell_other_lessons(_tell_other_rows(_tell_other_tasks(rows)), asked)
    return sort_submissions(similarity.mark_similar(rows))


def sort_submissions(submissions: Sequence[Submission]) -> list[Submission]:
    """Best first, then by name; without points last."""
    return sorted(
        submissions,
        key=lambda one: (one.score is None, -(one.score or 0.0), one.student.casefold(), one.file),
    )


def make_submission(path: Path, folder: Path, answer: dict[str, Any]) -> Submission:
    """A worker's answer as a value. What a pupil's file says of itself may be anything."""
    name = path.relative_to(folder).as_posix()
    if "fingerprint" not in answer:
        return Submission(name, composed(path.stem), FAILED, message=str(answer.get("message", "")))
    fingerprint = answer["fingerprint"]
    again = answer.get("retrained") or {}
    verified = again.get("verified")
    steps = answer.get("steps") or []
    # What training again confirms of the recorded run is evidence for its steps.
    states = [one["if_verified" if verified else "status"] for one in steps]
    unverified = [
        one["title"] for one, state in zip(steps, states, strict=True) if state == UNVERIFIED
    ]
    time = answer.get("time")
    said = [answer["message"]]
    if unverified:
        titles = format_quoted_list(unverified, 20)
        said.append(
            ngettext(
                "Not verified, because nothing in the network proves it: step {titles}.",
                "Not verified, because nothing in the network proves them: steps {titles}.",
                len(unverified),
                titles=titles,
            )
        )
    verified_words = str(again.get("words") or again.get("message") or "")
    said.append(verified_words)
    return Submission(
        file=name,
        student=answer["student"],
        status=FAILED if answer["failed"] else GRADED,
        metrics=answer["metrics"],
        steps_done=states.count(DONE),
        steps=len(steps),
        steps_counted=sum(
            state == DONE or one["counts"] for one, state in zip(steps, states, strict=True)
        ),
        steps_unverified=len(unverified),
        steps_missing=tuple(
            _step_sentence(one, state)
            for one, state in zip(steps, states, strict=True)
            if state != DONE
        ),
        lesson=str(answer.get("lesson", "")),
        claimed_lesson=str(answer.get("claimed_lesson", "")),
        verified=verified,
        verified_words=verified_words,
        retrained=tuple(again.get("sample") or ()),
        message=" ".join(one for one in said if one),
        parameters=answer["parameters"],
        time=datetime.fromisoformat(time) if time else _modified(path),
        time_of_file=not time,
        fingerprint=replace(Fingerprint(**fingerprint), sample=tuple(fingerprint["sample"])),
        svg=answer["svg"],
        history={key: tuple(row) for key, row in answer["history"].items()},
        answers=tuple(answer.get("answers", ())),
        misfit=str(answer.get("misfit", "")),
        basis=str(answer.get("basis", "")),
        basis_id=str(answer.get("basis_id", "")),
    )


def _step_sentence(step: Mapping[str, str], state: str) -> str:
    """A step that is not done, and why, for the pupil."""
    if state == UNVERIFIED:
        return _("'{title}': not verified from the file.", title=step["title"])
    if not step["why"]:
        return _("'{title}': not done.", title=step["title"])
    return _("'{title}': {why}", title=step["title"], why=step["why"])


def common_failure(found: Sequence[Submission]) -> str:
    """What to look at first where most networks fail on the hidden data for one reason; else "".

    One pupil may have trained on other data; where half of them do not fit, the hidden data is
    hardly what it should be.
    """
    if len(found) > 1 and all(one.status == FAILED for one in found):
        reasons = {one.message for one in found}
        if len(reasons) == 1:
            return _("Every file failed for the same reason. {reason}", reason=reasons.pop())
    misfits = Counter(one.misfit for one in found if one.misfit)
    opened = sum(bool(one.answers) for one in found)
    if misfits:
        reason, count = misfits.most_common(1)[0]
        if count > 1 and count * 2 >= opened:
            return _(
                "{count} of {opened} networks do not fit the hidden data: {reason}",
                count=count, opened=opened, reason=reason,
            )  # fmt: skip
    given = similarity.template_work_id(found)
    if given:
        count = sum(one.fingerprint.work == given for one in found)
        return _(
            "{count} of {total} submissions started from the same template file. A "
            "shared ID is therefore no sign of copying; only identical weights are.",
            count=count,
            total=len(found),
        )
    return ""


def _tell_other_tasks(found: Sequence[Submission]) -> list[Submission]:
    """Say on a row that its network answers something else than most: its points mean little."""
    tasks = Counter(one.answers for one in found if one.metrics and one.answers)
    if len(tasks) < 2:
        return list(found)
    usual = tasks.most_common(1)[0][0]

    def said(one: Submission) -> str:
        return _(
            "This network predicts {columns}, the others predict {usual}: do not "
            "compare their results.",
            columns=format_list(one.answers), usual=format_list(usual),
        )  # fmt: skip

    return [
        replace(one, message=join_sentences((one.message, said(one))))
        if one.metrics and one.answers not in {(), usual}
        else one
        for one in found
    ]


def _tell_other_lessons(found: Sequence[Submission], asked: str) -> list[Submission]:
    """Say on a row that it was submitted for another lesson than the one asked, or than most."""
    lessons = Counter(one.claimed_lesson for one in found if one.claimed_lesson)
    wanted = asked or (lessons.most_common(1)[0][0] if lessons else "")
    told = []
    for one in found:
        if one.claimed_lesson and one.claimed_lesson != wanted:
            names = {"lesson": one.claimed_lesson, "wanted": wanted}
            words = (
                _("The file was submitted for the lesson '{lesson}', not for '{wanted}'.", **names)
                if asked
                else _("The file was submitted for '{lesson}', the others for '{wanted}'.", **names)
            )
            one = replace(one, message=join_sentences((words, one.message)))  # noqa: PLW2901
        told.append(one)
    return told


def _tell_other_rows(found: Sequence[Submission]) -> list[Submission]:
    """Without hidden data: say on a row that its own test rows are others than most have."""
    marks = Counter(one.basis_id for one in found if one.basis_id)
    if len(marks) < 2:
        return list(found)
    usual = marks.most_common(1)[0][0]

    def said(one: Submission) -> str:
        return _("Evaluated on other rows than most: {rows}.", rows=one.basis)

    return [
        replace(one, message=join_sentences((one.message, said(one))))
        if one.basis_id not in {"", usual}
        else one
        for one in found
    ]


def graded_on_sentence(found: Sequence[Submission]) -> str:
    """What works without hidden data were judged on, in a sentence; "" where there was some."""
    bases = dict.fromkeys(one.basis for one in found if one.basis)
    if not bases:
        return ""
    return _(
        "Without hidden data, networks are evaluated on their own test set: "
        "{rows}. Students could look at these rows.",
        rows=format_list(bases, 4),
    )


def _modified(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None
