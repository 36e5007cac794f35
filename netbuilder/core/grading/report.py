"""Write grades as CSV and XLSX, as one HTML page, and as one page of feedback per student."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape as _escape
from pathlib import Path
from typing import Any

from netbuilder.core.engine.history_columns import epoch_numbers, metric_curves
from netbuilder.core.error_texts import sentences_of, user_error
from netbuilder.core.escaping.plain_text import spreadsheet_cell, without_direction_marks
from netbuilder.core.folders import resource
from netbuilder.core.grading.grade import graded_on_sentence, sort_submissions
from netbuilder.core.grading.retraining import verified_sentence
from netbuilder.core.grading.scoring import mean_points_sentence, status_words, verified_word
from netbuilder.core.grading.similarity import copy_word, similarity_sentence
from netbuilder.core.grading.submission import FAILED, LATE, Submission, file_name
from netbuilder.core.i18n import gettext as _, html_language, ngettext, noop as N_, number_style
from netbuilder.core.project.atomic import replace_atomically, write_bytes
from netbuilder.core.wording import capitalize_first, format_number, format_quoted_list, join_values

_sentence = sentences_of("grading")

COLUMNS = (N_("Student"), N_("Points"), N_("Status"), N_("Steps done"), N_("Steps"),
           N_("Steps not verified"), N_("Verified"), N_("copy"), N_("Similarity"), N_("To check"),
           N_("Comment"), N_("Parameters"), N_("Time"), N_("File"))  # fmt: skip
ENDINGS = (".csv", ".xlsx")


def check_table_name(path: Path) -> str:
    """Return the lower-case suffix of a table's name; ``UserError`` if it is not supported."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise user_error("table_format_unknown", name=path.name, ending=ending)
    return ending


def write_table(submissions: Sequence[Submission], path: Path) -> None:
    """Write the table as CSV or XLSX by ``path``'s suffix, those to check first.

    Titles and words are in the chosen language. Where its decimal sign is a comma, the CSV has
    decimal commas and semicolons, as Excel expects. Formulas (``=…``) are escaped as text.

    Raise UserError if another suffix, or the file cannot be written.
    """
    ending = check_table_name(path)
    names, rows = _table(sort_submissions(submissions))
    if ending == ".csv":
        text, decimal = io.StringIO(), number_style().decimal
        writer = csv.writer(text, delimiter=";" if decimal == "," else ",")
        writer.writerows([_csv_cell(cell, decimal) for cell in row] for row in (names, *rows))
        # Excel needs the byte order mark to read UTF-8.
        write_bytes(path, text.getvalue().encode("utf-8-sig"))
        return
    _write_xlsx(names, rows, path)


def _csv_cell(cell: Any, decimal: str) -> Any:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    return str(cell).replace(".", decimal) if isinstance(cell, float) else spreadsheet_cell(cell)


def _table(submissions: Sequence[Submission]) -> tuple[list[str], list[list[Any]]]:
    metrics = list(dict.fromkeys(name for row in submissions for name in row.metrics))
    rows = [
        [
            row.student,
            None if row.score is None else round(row.score, 2),
            status_words(row),
            row.steps_done if row.steps else None,
            row.steps or None,
            row.steps_unverified if row.steps else None,
            verified_word(row),
            copy_word(row),
            "; ".join((*row.same_as, *row.expected_same)),
            row.message,
            row.comment,
            row.parameters,
            row.time.astimezone().replace(tzinfo=None) if row.time else None,
            row.file,
            *(row.metrics.get(name) for name in metrics),
        ]
        for row in submissions
    ]
    return [*(capitalize_first(_(title)) for title in COLUMNS), *metrics], rows


def _write_xlsx(names: Sequence[str], rows: Sequence[Sequence[Any]], path: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Grades"
    for place, row in enumerate([names, *rows], start=1):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(place, column)
            if isinstance(value, str):
                cell.value = ILLEGAL_CHARACTERS_RE.sub(" ", without_direction_marks(value))
                cell.data_type = "s"  # a text, whatever it begins with
            elif not (isinstance(value, float) and not math.isfinite(value)):
                cell.value = value
            if place == 1:
                cell.font = Font(bold=True)
    for number, cells in enumerate(sheet.columns, start=1):
        longest = max(len(str(cell.value or "")) for cell in cells)
        sheet.column_dimensions[get_column_letter(number)].width = min(longest + 2, 60)
    sheet.freeze_panes = "A2"
    with replace_atomically(path) as temporary:
        book.save(temporary)


def summary_sentences(rows: Sequence[Submission], points: str) -> list[str]:
    """Return what the points are based on, ``points`` first, and what to check in the class."""
    sentences = (graded_on_sentence(rows), similarity_sentence(rows), verified_sentence(rows))
    return [sentence for sentence in (points, *sentences) if sentence]


def write_html(
    submissions: Sequence[Submission], path: Path, title: str = "", points: str = ""
) -> None:
    """Write one self-contained page; ``points`` explains the points in a sentence."""
    heading = escape(title or _("Submissions"))
    rows = "\n".join(_row(row, index) for index, row in enumerate(submissions))
    mean = mean_points_sentence(submissions)
    mean = f" · {mean}" if mean else ""
    basis = "".join(
        f"<p>{escape(sentence)}</p>" for sentence in summary_sentences(submissions, points)
    )
    files = ngettext("{count} file", "{count} files", len(submissions))
    page = (
        _head(heading) + f"<h1>{heading}</h1><p>{files}{mean} · "
        f"{datetime.now(UTC).astimezone():%Y-%m-%d %H:%M}</p>{basis}"
        f"<table><thead><tr>{_titles()}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        + "\n".join(_section(row, index) for index, row in enumerate(submissions))
        + "</body></html>\n"
    )
    write_bytes(path, page.encode("utf-8"))


def write_feedback(submissions: Sequence[Submission], folder: Path, title: str = "") -> list[Path]:
    """Write one HTML page per student without other students' data; return the files."""
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise user_error(
            "folder_not_created", folder=folder, reason=error.strerror or error
        ) from error
    heading = title or _("Feedback")
    for row in submissions:
        name = file_name(row.student, "", ".html", [path.name for path in written])
        page = (
            _head(escape(heading))
            + f"<h1>{escape(heading)}</h1>"
            + _section(row, 0, for_pupil=True)
            + "</body></html>\n"
        )
        write_bytes(folder / name, page.encode("utf-8"))
        written.append(folder / name)
    return written


def escape(text: str) -> str:
    """Return text of a student as HTML."""
    return _escape(without_direction_marks(text))


def _head(title: str) -> str:
    style = resource("style", "report.css").read_text("utf-8")
    return (
        f'<!doctype html><html lang="{html_language()}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>\n{style}</style></head><body>"
    )


def _titles() -> str:
    columns = (
        (_("Student"), ""),
        (_("Points"), " class=n"),
        (_("Status"), ""),
        (_("Steps"), " class=n"),
        (_("Result"), ""),
        (_("Notes"), ""),
    )
    return "".join(f"<th{kind}>{escape(title)}</th>" for title, kind in columns)


def _points(row: Submission) -> str:
    return "–" if row.score is None else format_number(round(row.score, 1))


def _row(row: Submission, index: int) -> str:
    return (
        f'<tr class="{row.status}"><td><a href="#s{index}">{escape(row.student)}</a></td>'
        f"<td class=n>{_points(row)}</td><td>{status_words(row)}</td>"
        f"<td class=n>{f'{row.steps_done}/{row.steps}' if row.steps else ''}</td>"
        f"<td>{escape(_result(row))}</td><td>{escape(row.message)}</td></tr>"
    )


def _result(row: Submission) -> str:
    names = [name for name in ("accuracy", "mean_absolute_error", "r2_score")
              if name in row.metrics]  # fmt: skip
    return join_values(
        f"{name}\N{NO-BREAK SPACE}{format_number(row.metrics[name])}" for name in names
    )


def _section(row: Submission, index: int, *, for_pupil: bool = False) -> str:
    points = _("{points} points.", points=f"<b>{_points(row)}</b>")
    paragraphs = [f"<p>{points} {escape(row.comment)}</p>"]
    if row.status == FAILED:
        message = row.message.removesuffix(row.same_words).strip() if for_pupil else row.message
        paragraphs = [f'<p class="failed">{escape(message)}</p>']
        if row.comment:
            paragraphs.append(f"<p>{escape(row.comment)}</p>")
    elif not for_pupil and row.message:
        paragraphs.append(f"<p>{escape(row.message)}</p>")
    if not for_pupil and row.same_as:
        message = _("Looks like a copy: compare it with {files}.",
                 files=format_quoted_list(row.same_as))  # fmt: skip
        paragraphs.append(f'<p class="failed">{escape(message)}</p>')
    if row.status == LATE:
        late = escape(_("Submitted late."))
        paragraphs.append(f'<p class="late">{late}</p>')
    metrics = "".join(
        f"<tr><td>{escape(name)}</td><td class=n>{format_number(value)}</td></tr>"
        for name, value in row.metrics.items()
        if math.isfinite(value)
    )
    table = f"<table style='width:auto'>{metrics}</table>" if metrics else ""
    count = row.parameters
    words = "" if count is None else ngettext("{count} parameter", "{count} parameters", count)
    parameters = f" · {words}" if words else ""
    return (
        f'<section id="s{index}"><h2>{escape(row.student)}</h2>'
        f"<p>{escape(row.file)}{parameters}</p>{''.join(paragraphs)}"
        f'<div class="pictures">{row.svg}{curve_svg(row.history)}{table}</div></section>'
    )


def curve_svg(history: Mapping[str, Sequence[float]], width: int = 360, height: int = 200) -> str:
    """Return the loss curves as SVG, validation dashed; "" with fewer than two values."""
    epochs = [int(number) for number in epoch_numbers(history)]
    rows = {
        name: [
            (epoch, value)
            for epoch, value in zip(epochs, row, strict=False)
            if math.isfinite(value)
        ]
        for name, row in metric_curves(history).items()
    }
    values = [value for row in rows.values() for _epoch, value in row]
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    last = max(epoch for row in rows.values() for epoch, _value in row)
    span, steps = (high - low) or 1.0, max(1, last - 1)
    # Leave room for the numbers at the axis.
    left = 14 + 7 * max(len(format_number(high)), len(format_number(low)))
    bottom = height - 30
    parts = [
        f'<path d="M {left} 6 V {bottom} H {width - 6}" fill="none" stroke="currentColor"'
        ' stroke-opacity="0.3"/>'
    ]
    for name, kind, dash, colour in (
        ("loss", "training", "", "#0072B2"),
        ("val_loss", "validation", "6 3", "#D55E00"),
    ):
        points = " ".join(
            f"{left + (epoch - 1) / steps * (width - left - 10):.1f},"
            f"{10 + (high - value) / span * (bottom - 12):.1f}"
            for epoch, value in rows.get(name, [])
        )
        if points:
            parts.append(
                f'<polyline class="{kind}" points="{points}" fill="none" stroke="{colour}"'
                f' stroke-width="2" stroke-dasharray="{dash}"/>'
            )
    title = ngettext("Loss over {count} epoch", "Loss over {count} epochs", last)
    legend = _sentence("loss_legend", count=last)
    label = 'font-size="11" fill="currentColor" fill-opacity="0.75"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" font-family="sans-serif">'
        f"<title>{title}</title>{''.join(parts)}"
        f'<text x="{left - 6}" y="14" text-anchor="end" {label}>{format_number(high)}</text>'
        f'<text x="{left - 6}" y="{bottom}" text-anchor="end" {label}>{format_number(low)}</text>'
        f'<text x="{left}" y="{height - 10}" {label}>{legend}</text></svg>'
    )
