"""``netbuilder grade FOLDER [--data HIDDEN]``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from netbuilder.cli.output import print_json, print_note, print_result
from netbuilder.cli.standard_streams import output_path
from netbuilder.core.errors import UsageError
from netbuilder.core.escaping.plain_text import without_direction_marks
from netbuilder.core.grading import report, rubric as rubrics
from netbuilder.core.grading.grade import (
    common_failure,
    grade_folder,
    skipped_files_sentence,
    submission_files,
)
from netbuilder.core.grading.rubric import DEFAULT_RUBRIC
from netbuilder.core.grading.scoring import (
    needs_check,
    points_sentence,
    status_words,
    step_dots,
    summary_words,
    verified_word,
)
from netbuilder.core.grading.similarity import copy_word
from netbuilder.core.grading.submission import FAILED, Submission
from netbuilder.core.i18n import gettext as _
from netbuilder.core.process.worker_process import ResourceLimits
from netbuilder.core.wording import format_list, format_number, labelled


def run(arguments: argparse.Namespace) -> int:
    """Grade every submission in a folder; a broken file is one row."""
    if not arguments.folder:
        raise UsageError(
            _("Give the folder with the submissions."),
            _("For example: netbuilder grade FOLDER --data HIDDEN.csv"),
        )
    folder, table = Path(arguments.folder), arguments.output
    rubric = rubrics.read_rubric(Path(arguments.rubric)) if arguments.rubric else DEFAULT_RUBRIC
    if table and table != "-":
        report.check_table_name(Path(table))  # fail before grading
    files = submission_files(folder)
    done = 0

    def on_graded(row: Submission) -> None:
        nonlocal done
        done += 1
        if sys.stderr.isatty():
            print_note(_("{done} of {count}: {file}", done=done, count=len(files), file=row.file))

    rows = grade_folder(
        folder,
        Path(arguments.data) if arguments.data else None,
        _lesson(arguments.lesson),
        rubric=rubric,
        retrain=arguments.retrain,
        training_data=Path(arguments.training_data) if arguments.training_data else None,
        bounds=ResourceLimits(arguments.seconds, arguments.memory),
        on_progress=on_graded,
    )
    title = rubric.title or folder.resolve().name
    points = points_sentence(rows, rubric)
    if table:
        with output_path(table, ".csv") as path:
            report.write_table(rows, path)
    if arguments.html:
        report.write_html(rows, Path(arguments.html), title, points)
    if arguments.feedback:
        report.write_feedback(rows, Path(arguments.feedback), title)
    written = list(filter(None, (table, arguments.html, arguments.feedback)))
    if table == "-":
        written.remove(table)
    else:
        _print_table(rows)
    failure = common_failure(rows)
    wrote = _("Wrote {files}.", files=format_list(written)) if written else ""
    notes = report.summary_sentences(rows, points)
    for words in (*notes, skipped_files_sentence(folder), wrote, failure):
        if words:
            print_note(words)
    if arguments.json:
        print_json({"submissions": [row.to_json() for row in rows]})
    return 1 if failure and all(row.status == FAILED for row in rows) else 0


def _lesson(name: str | None) -> str:
    """Return a name, or a file's absolute path: workers may have another working directory."""
    return str(Path(name).resolve()) if name and Path(name).is_file() else name or ""


def _print_table(rows: list[Submission]) -> None:
    """Print a line for each submission, those to check first, and below why to check them."""
    from rich.box import HORIZONTALS
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=HORIZONTALS, pad_edge=False)
    table.add_column(_("student"))  # the one that becomes narrower: its cells do not wrap
    table.add_column(_("points"), no_wrap=True, justify="right")
    for title in (_("steps"), _("verified"), _("copy"), _("status")):
        table.add_column(title, no_wrap=True)
    to_check = [row for row in rows if needs_check(row)]
    for row in rows:
        table.add_row(
            Text(without_direction_marks(row.student), no_wrap=True, overflow="ellipsis"),
            "" if row.score is None else format_number(row.score, ".1f"),
            step_dots(row),
            verified_word(row),
            copy_word(row),
            status_words(row),
            end_section=bool(to_check) and row is to_check[-1],
        )
    Console().print(table)
    print_result(summary_words(rows))
    messages = [(row.student, row.message) for row in rows
                if row.message and (needs_check(row) or row.status == FAILED)]  # fmt: skip
    if messages:
        print_result(f"\n{_('To check')}")
    for student, message in messages:
        print_result(without_direction_marks(f"  {labelled(student, message)}"))
