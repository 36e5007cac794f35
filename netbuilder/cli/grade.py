"""``netbuilder grade FOLDER [--data HIDDEN]``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from netbuilder.cli.output import UsageError, print_json, print_note, print_result
from netbuilder.core.grading import report, rubric as rubrics
from netbuilder.core.grading.grade import (
    common_failure,
    grade_folder,
    graded_on_sentence,
    skipped_files_sentence,
    submission_files,
)
from netbuilder.core.grading.retraining import verified_sentence
from netbuilder.core.grading.rubric import DEFAULT_RUBRIC
from netbuilder.core.grading.scoring import points_sentence, status_words, summary_words
from netbuilder.core.grading.similarity import copy_word, similarity_sentence
from netbuilder.core.grading.submission import FAILED, Submission
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_list, format_number
from netbuilder.core.worker_process import ResourceLimits


def run(arguments: argparse.Namespace) -> int:
    """Judge every handed-in file of a folder; a broken one is a row, never an end."""
    if not arguments.folder:
        raise UsageError(
            _("Give the folder with the submissions."),
            _("For example: netbuilder grade FOLDER --data HIDDEN.csv"),
        )
    folder, table = Path(arguments.folder), arguments.output
    rubric = rubrics.read_rubric(Path(arguments.rubric)) if arguments.rubric else DEFAULT_RUBRIC
    if table:
        report.check_table_name(Path(table))  # before a minute's work, not after it
    files = submission_files(folder)
    done = 0

    def told(one: Submission) -> None:
        nonlocal done
        done += 1
        if sys.stderr.isatty():
            print_note(_("{done} of {count}: {file}", done=done, count=len(files), file=one.file))

    found = grade_folder(
        folder,
        Path(arguments.data) if arguments.data else None,
        _lesson(arguments.lesson),
        rubric=rubric,
        retrain=arguments.retrain,
        bounds=ResourceLimits(arguments.seconds, arguments.memory),
        told=told,
    )
    title = rubric.title or folder.resolve().name
    points = points_sentence(found, rubric)
    written: list[str] = []
    if table:
        report.write_table(found, Path(table))
        written.append(table)
    if arguments.html:
        report.write_html(found, Path(arguments.html), title, points)
        written.append(arguments.html)
    if arguments.feedback:
        report.write_feedback(found, Path(arguments.feedback), title)
        written.append(arguments.feedback)
    _tell(found)
    fault = common_failure(found)
    wrote = _("Wrote {files}.", files=format_list(written)) if written else ""
    said = (
        points, graded_on_sentence(found), similarity_sentence(found), verified_sentence(found),
        skipped_files_sentence(folder), wrote, fault,
    )  # fmt: skip
    for words in said:
        if words:
            print_note(words)
    if arguments.json:
        print_json({"submissions": [one.to_json() for one in found]})
    return 1 if fault and all(one.status == FAILED for one in found) else 0


def _lesson(name: str | None) -> str:
    """A file is named whole: the workers may stand in another folder."""
    return str(Path(name).resolve()) if name and Path(name).is_file() else name or ""


def _tell(found: list[Submission]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for title in (_("student"), _("points"), _("status"), _("steps"), _("verified"), _("copy"),
                  _("notes")):  # fmt: skip
        table.add_column(title)
    for one in found:
        table.add_row(
            Text(one.student),
            "" if one.score is None else format_number(one.score, ".1f"),
            status_words(one),
            f"{one.steps_done}/{one.steps}" if one.steps else "",
            {True: _("yes"), False: _("no"), None: ""}[one.verified],
            copy_word(one),
            Text(one.message),
        )
    Console().print(table)
    print_result(summary_words(found))
