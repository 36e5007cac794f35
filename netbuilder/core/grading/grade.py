"""Grade a folder: find the files, have each judged, award points, mark copies."""

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

from netbuilder.core.error_texts import sentences_of, user_error
from netbuilder.core.errors import UserError
from netbuilder.core.files.file_names import composed
from netbuilder.core.grading import similarity
from netbuilder.core.grading.file_grader import ENDINGS
from netbuilder.core.grading.lesson_steps import DONE, UNVERIFIED
from netbuilder.core.grading.rubric import DEFAULT_RUBRIC, Rubric
from netbuilder.core.grading.scoring import award_points, needs_check
from netbuilder.core.grading.submission import FAILED, GRADED, Fingerprint, Submission
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.lessons import library
from netbuilder.core.process.worker_process import (
    Answer,
    RequestCancelledError,
    ResourceLimits,
    WorkerProcess,
)
from netbuilder.core.wording import format_list, format_quoted_list, join_sentences, join_values

_sentence = sentences_of("grading")

DEFAULT_LIMITS = ResourceLimits()
_MODULE = "netbuilder.core.grading.grading_worker"
_DIED = N_("The file crashed the grader; it may be corrupt or malicious.")


def grade_all(
    files: Sequence[Path],
    folder: Path,
    data: Path | None,
    lesson: str = "",
    *,
    retrain: bool = False,
    training_data: Path | None = None,
    bounds: ResourceLimits = DEFAULT_LIMITS,
    workers: int | None = None,
    on_progress: Callable[[Path, Answer], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[Path, Answer]:
    """Return the worker's answer for every file; arguments as of ``grade_folder``.

    Args:
        retrain: also retrain each network; the answer has the result under "retrained".
        folder: of the submissions; training data beside them is found for retraining.
        bounds: of time and memory per file.
        on_progress: called with each answer as it arrives, from any thread.
    """
    pending: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for file in files:
        pending.put(file)
    answers: dict[Path, Answer] = {}
    places = [str(training_data.resolve())] if training_data is not None else []

    def work() -> None:
        worker = WorkerProcess(_MODULE, bounds, cancelled, _(_DIED))
        try:
            while not cancelled():
                try:
                    file = pending.get_nowait()
                except queue.Empty:
                    return
                try:
                    request = {
                        "file": str(file),
                        "data": str(data) if data is not None else "",
                        "lesson": lesson,
                        "places": places,
                    }
                    answer = worker.ask(request)
                    # A separate request: a timeout costs only this part.
                    if retrain and "fingerprint" in answer:
                        request["lesson"] = lesson or answer["known_lesson"]
                        request["places"] = [*places, str(folder.resolve())]
                        answer["retrained"] = worker.ask({**request, "retrain": True})
                    answers[file] = answer
                except RequestCancelledError:
                    return
                if on_progress is not None:
                    on_progress(file, answers[file])
        finally:
            worker.end()

    count = workers or min(4, os.cpu_count() or 1)
    threads = [threading.Thread(target=work) for _unused in range(max(1, min(count, len(files))))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def submission_files(folder: Path) -> list[Path]:
    """Return the submitted files of a folder and its subfolders, by name.

    Raise UserError if there is no such folder, or nothing to grade in it.
    """
    if not folder.is_dir():
        raise user_error("grading_no_folder", folder=folder)
    paths = sorted(
        path
        for path in folder.rglob("*")
        # A folder, pipe or broken link of that name is a failed submission: keep it.
        if path.suffix.lower() in ENDINGS and not path.name.startswith("._")
    )
    if not paths:
        raise user_error("grading_nothing", folder=folder, endings=join_values(ENDINGS))
    return paths


def skipped_files_sentence(folder: Path) -> str:
    """Return a sentence naming the files that are not submissions; "" if there are none."""
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix.lower() not in ENDINGS and path.is_file() and not path.name.startswith(".")
    )
    if not names:
        return ""
    return _sentence("left_out", files=format_list(names, 6), endings=format_list(ENDINGS))


def grade_folder(
    folder: Path,
    data: Path | None,
    lesson: str = "",
    *,
    rubric: Rubric = DEFAULT_RUBRIC,
    retrain: bool = False,
    training_data: Path | None = None,
    bounds: ResourceLimits = DEFAULT_LIMITS,
    workers: int | None = None,
    on_progress: Callable[[Submission], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Submission]:
    """Grade every file of ``folder``; best first, failed ones last.

    Args:
        folder: the students' files.
        data: hidden labelled rows; None: the test set of each network's own built-in data.
        lesson: name or file of the lesson whose steps count, "" for the one that each file names.
        rubric: how points are awarded.
        retrain: retrain each from its recorded seed and settings and compare predictions.
        training_data: the class's own data, a file or its folder.
        bounds: limits per file.
        workers: processes at once; None: one per processor, at most 4.
        on_progress: called with each submission as it is graded, before copies are known.
        cancelled: polled; True returns what was graded so far.

    Raises:
        UserError: folder or data cannot be read. An unreadable submission is a row, not an error.
    """
    files = submission_files(folder)
    for path, fix, code in (
        (data, _("Check the name of the hidden data."), "grading_no_hidden_data"),
        (training_data, _("Check the name of the training data."), "grading_no_training_data"),
    ):
        if path is not None and not path.exists():
            raise UserError(_("There is no file '{data}'.", data=path), fix, code=code)

    # An unknown name is one error, not thirty failed rows.
    lesson_name = library.find_lesson(lesson).name if lesson else ""

    def submission(path: Path, answer: dict[str, Any]) -> Submission:
        return award_points(make_submission(path, folder, answer), rubric, answer.get("main"))

    answers = grade_all(
        files,
        folder,
        None if data is None else data.resolve(),
        lesson,
        retrain=retrain,
        training_data=training_data,
        bounds=bounds,
        workers=workers,
        on_progress=(lambda path, answer: on_progress(submission(path, answer)))
        if on_progress
        else None,
        cancelled=cancelled,
    )
    graded = [path for path in files if path in answers]
    rows = [make_submission(path, folder, answers[path]) for path in graded]
    hidden = data is not None
    lessons = bool(lesson) or any(row.lesson for row in rows)
    rows = _tell_other_tasks(rows, hidden=hidden, binding=hidden or lessons)
    rows = [
        award_points(row, rubric, answers[path].get("main"))
        for row, path in zip(_tell_other_rows(rows), graded, strict=True)
    ]
    rows = _tell_other_lessons(rows, lesson_name)
    return sort_submissions(similarity.mark_similar(rows))


def sort_submissions(submissions: Sequence[Submission]) -> list[Submission]:
    """Sort those to check first, then by points and name; those without points last."""

    def key(row: Submission) -> tuple[object, ...]:
        place = (row.score is None, not needs_check(row), -(row.score or 0.0))
        return (*place, row.student.casefold(), row.file)

    return sorted(submissions, key=key)


def make_submission(path: Path, folder: Path, answer: dict[str, Any]) -> Submission:
    """Build a submission from a worker's answer."""
    name = path.relative_to(folder).as_posix()
    if "fingerprint" not in answer:
        return Submission(name, composed(path.stem), FAILED, message=str(answer.get("message", "")))
    fingerprint = answer["fingerprint"]
    retrained = answer.get("retrained") or {}
    verified = retrained.get("verified")
    steps = answer.get("steps") or []
    # A run that retraining confirms is evidence for its steps.
    states = [step["if_verified" if verified else "status"] for step in steps]
    judged = list(zip(steps, states, strict=True))
    unverified = [step["title"] for step, state in judged if state == UNVERIFIED]
    time = answer.get("time")
    other_task = str(answer.get("other_task", ""))
    sentences = [answer["message"], other_task]
    if unverified:
        titles = format_quoted_list(unverified, 20)
        sentences.append(_sentence("not_verified_steps", count=len(unverified), titles=titles))
    verified_words = str(retrained.get("words") or retrained.get("message") or "")
    sentences.append(verified_words)
    return Submission(
        file=name,
        student=answer["student"],
        status=FAILED if answer["failed"] else GRADED,
        metrics=answer["metrics"],
        steps_done=states.count(DONE),
        steps=len(steps),
        steps_counted=sum(state == DONE or step["counts"] for step, state in judged),
        steps_unverified=len(unverified),
        steps_missing=tuple(_step_sentence(step, state) for step, state in judged if state != DONE),
        lesson=str(answer.get("lesson", "")),
        claimed_lesson=str(answer.get("claimed_lesson", "")),
        verified=verified,
        verified_words=verified_words,
        retrained=tuple(retrained.get("sample") or ()),
        message=" ".join(filter(None, sentences)),
        parameters=answer["parameters"],
        time=datetime.fromisoformat(time) if time else _modified(path),
        time_of_file=not time,
        fingerprint=replace(Fingerprint(**fingerprint), sample=tuple(fingerprint["sample"])),
        svg=answer["svg"],
        history={key: tuple(row) for key, row in answer["history"].items()},
        answers=tuple(answer.get("answers", ())),
        data_name=str(answer.get("data_name", "")),
        other_task=other_task,
        misfit=str(answer.get("misfit", "")),
        basis=str(answer.get("basis", "")),
        basis_id=str(answer.get("basis_id", "")),
    )


def _step_sentence(step: Mapping[str, str], state: str) -> str:
    if state == UNVERIFIED:
        return _("'{title}': not verified from the file.", title=step["title"])
    if not step["why"]:
        return _("'{title}': not done.", title=step["title"])
    return _("'{title}': {why}", title=step["title"], why=step["why"])


def common_failure(rows: Sequence[Submission]) -> str:
    """Return what to check first when most networks fail for one reason; else "".

    If half of them do not fit the hidden data, the data is probably the wrong file.
    """
    if len(rows) > 1 and all(row.status == FAILED for row in rows):
        reasons = {row.message for row in rows}
        if len(reasons) == 1:
            return _("Every file failed for the same reason. {reason}", reason=reasons.pop())
    misfits = Counter(row.misfit for row in rows if row.misfit)
    opened = sum(bool(row.answers) for row in rows)
    if misfits:
        reason, count = misfits.most_common(1)[0]
        if count > 1 and count * 2 >= opened:
            return _sentence("unfitting", count=count, opened=opened, reason=reason)
    template = similarity.template_work_id(rows)
    if template:
        count = sum(row.fingerprint.work == template for row in rows)
        return _sentence("same_template", count=count, total=len(rows))
    return ""


def _tell_other_tasks(
    rows: Sequence[Submission], *, hidden: bool, binding: bool
) -> list[Submission]:
    """Add a note to networks for another task than most; if ``binding`` they earn no points."""

    def task(row: Submission) -> str:
        if not row.metrics or not row.answers or row.other_task:
            return ""
        return join_values((format_list(row.answers), *(() if hidden else (row.data_name,))))

    def note(row: Submission, usual: str) -> str:
        return _sentence("other_target", columns=task(row), usual=usual)

    tasks = Counter(filter(None, map(task, rows)))
    usual = next((name for name, count in tasks.items() if 2 * count > tasks.total() > 2), "")
    words = _("The class predicts {usual}: no points for the result.", usual=usual)
    others = {
        row.file
        for row in rows
        if binding and usual and task(row) not in {"", usual} and (hidden or not row.lesson)
    }
    return [
        replace(row, other_task=words, message=join_sentences((row.message, words)))
        if row.file in others
        else row
        for row in _add_notes(rows, task, note)
    ]


def _tell_other_rows(rows: Sequence[Submission]) -> list[Submission]:
    """Without hidden data, add a note to works evaluated on other rows than most."""
    return _add_notes(
        rows,
        lambda row: row.basis_id,
        lambda row, _usual: _("Evaluated on other rows than most: {rows}.", rows=row.basis),
    )


def _add_notes(
    rows: Sequence[Submission],
    value_of: Callable[[Submission], Any],
    note: Callable[[Submission, Any], str],
) -> list[Submission]:
    """Add a note to each row whose value is neither empty nor the most frequent one."""
    counts = Counter(value_of(row) for row in rows if value_of(row))
    usual = counts.most_common(1)[0][0] if counts else None
    return [
        replace(row, message=join_sentences((row.message, note(row, usual))))
        if value_of(row) and value_of(row) != usual
        else row
        for row in rows
    ]


def _tell_other_lessons(submissions: Sequence[Submission], requested: str) -> list[Submission]:
    """Add a note to files submitted for another lesson than requested, or than most."""
    lessons = Counter(row.claimed_lesson for row in submissions if row.claimed_lesson)
    expected = requested or (lessons.most_common(1)[0][0] if lessons else "")
    rows = []
    for row in submissions:
        if row.claimed_lesson and row.claimed_lesson != expected:
            names = {"lesson": row.claimed_lesson, "wanted": expected}
            words = (
                _("The file was submitted for the lesson '{lesson}', not for '{wanted}'.", **names)
                if requested
                else _("The file was submitted for '{lesson}', the others for '{wanted}'.", **names)
            )
            row = replace(row, message=join_sentences((words, row.message)))  # noqa: PLW2901
        rows.append(row)
    return rows


def graded_on_sentence(rows: Sequence[Submission]) -> str:
    """Return which own test sets were used without hidden data; "" if there was hidden data."""
    bases = dict.fromkeys(row.basis for row in rows if row.basis)
    if not bases:
        return ""
    return _sentence("own_test_sets", rows=format_list(bases, 4))


def _modified(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None
