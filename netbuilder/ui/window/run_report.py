"""A run on one page, to hand in or to hang up: network, data, curves, test, what was tried."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage

from netbuilder.core.data.registry import target_words
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, html_language, ngettext
from netbuilder.core.project.atomic import write_bytes
from netbuilder.core.project.model import Project
from netbuilder.core.wording import (
    format_list,
    format_moment,
    format_number,
    join_values,
    labelled,
)
from netbuilder.ui.plots.picture_export import image_png_bytes, svg_image, write_pdf
from netbuilder.ui.services.runs.run_progress import duration_sentence, format_metric, format_start
from netbuilder.ui.style import theme

if TYPE_CHECKING:
    from netbuilder.core.data.data_facts import DataFacts
    from netbuilder.core.engine.runs.run_store import Run
    from netbuilder.core.engine.trained import TrainedModel

#: Two pictures stand side by side on a page of A4 at 96 dots an inch.
_WIDTH, _HEIGHT = 310, 330
_MOST_RUNS, _MOST_COLUMNS = 8, 8
#: On a screen the page follows the system; its pictures stay as on paper.
_ON_SCREEN = (
    " :root { color-scheme: light dark; } img { border-radius: 8px; }"
    " @media (prefers-color-scheme: dark) { body { color: #e6e9ee; background: #181b20; }"
    " .note { color: #98a2b3; } }"
)


@dataclass(frozen=True)
class RunReport:
    """What stands on the page. ``curves`` is a PNG; ``sentence`` the judgement in words."""

    project: Project
    facts: DataFacts | None
    trained: TrainedModel
    curves: bytes
    sentence: str
    notices: tuple[str, ...] = ()


def write_report(report: RunReport, runs: Iterable[Run], path: Path) -> None:
    """Write the page as ``.html`` or ``.pdf``. Needs no window, and may run in any thread.

    Raises:
        UserError: another ending, or the file cannot be written.
    """
    page = report_page(report, runs)
    match path.suffix.lower():
        case ".html" | ".htm":
            write_bytes(path, page.replace("</style>", f"{_ON_SCREEN}</style>", 1).encode("utf-8"))
        case ".pdf":
            write_pdf(page, path)
        case ending:
            raise UserError(
                _("A report cannot be saved as “{ending}”.", ending=ending or path.name),
                _("Choose a name that ends in .html or .pdf."),
                code="report_ending",
            )


def report_page(report: RunReport, runs: Iterable[Run]) -> str:
    """The page as HTML in itself: its pictures are within."""
    project, trained = report.project, report.trained
    plan = trained.project.training
    scheme = theme.LIGHT
    loss = plan.loss.name if plan.loss is not None else _("automatic loss")
    rows = [
        (_("Data"), _data_words(report)),
        *_columns_and_split(report),
        (_("Network"), _network_words(trained)),
        (_("Settings"), ngettext(
            "{count} epoch, batch size {batch}, {optimizer}, {loss}",
            "{count} epochs, batch size {batch}, {optimizer}, {loss}",
            plan.epochs, batch=plan.batch_size, optimizer=plan.optimizer.name, loss=loss,
        )),
        (_("Training"), _training_words(trained)),
        (_("Test set"), report.sentence or _("no test set")),
        *(("", format_metric(name, value)) for name, value in trained.test.items()),
    ]  # fmt: skip
    network, curves = _("Network"), _("Training curves")
    by_epoch, training, validation = _("Loss by epoch:"), _("training"), _("validation")
    parts = [
        f"<h1>{html.escape(project.name)}</h1>",
        f"<p class='note'>{format_moment(datetime.now())} · NetBuilder</p>",
        _table(rows),
        f"<table><tr><th>{network}</th><th>{curves}</th></tr><tr><td>",
        _picture(_network(report), _("The network")),
        "</td><td>",
        _picture(report.curves, _("Training curves")),
        f"<p class='note'>{by_epoch}"
        f" <span style='color:{scheme.training}'>━</span> {training}"
        f" <span style='color:{scheme.validation}'>━</span> {validation}"
        "</p></td></tr></table>",
        *(f"<p>• {html.escape(one)}</p>" for one in report.notices),
        *_tried(trained, runs),
    ]
    style = (
        "body { font-family: sans-serif; font-size: 10pt; max-width: 680px; margin: 24px auto; }"
        " h1 { font-size: 18pt; margin-bottom: 0; } h2 { font-size: 12pt; }"
        " td, th { padding: 2px 16px 2px 0; text-align: left; vertical-align: top; }"
        " .note { color: #596579; }"
    )
    return (
        f"<!DOCTYPE html>\n<html lang='{html_language()}'><head><meta charset='utf-8'>"
        f"<title>{html.escape(project.name)}</title><style>{style}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _layers(project: Project) -> int:
    return sum(node.layer != "Input" for node in project.graph.nodes)


def _data_words(report: RunReport) -> str:
    data, facts = report.project.data, report.facts
    name = data.name or Path(data.path).name or data.kind
    if facts is None:
        return name
    target, what = target_words(facts, data, len(facts.target_names))
    return _(
        "{name}: {rows} training samples; target {target} ({kind})",
        name=name, rows=format_number(facts.rows), target=target, kind=what,
    )  # fmt: skip


def _network_words(trained: TrainedModel) -> str:
    layers = ngettext("{count} layer", "{count} layers", _layers(trained.project))
    count = trained.training_model.count_params()
    parameters = ngettext(
        "{count} parameter", "{count} parameters", count, count=format_number(count)
    )
    return format_list((layers, parameters))


def _training_words(trained: TrainedModel) -> str:
    took = duration_sentence(trained.epochs, trained.seconds, slowed=trained.slowed)
    if not trained.best_epoch:
        return took
    return _("{duration}; best epoch {epoch}", duration=took, epoch=trained.best_epoch)


def _tried(trained: TrainedModel, runs: Iterable[Run]) -> list[str]:
    """The latest runs on the same data, as a table."""
    data = trained.project.data
    same = [
        run
        for run in runs
        if (run.project.data.kind, run.project.data.name, run.project.data.path)
        == (data.kind, data.name, data.path)
    ][:_MOST_RUNS]
    if len(same) < 2:
        return []
    head = (_("Started"), _("Epochs"), _("Test set"))
    lines = [
        (
            format_start(run),
            format_number(run.epochs),
            join_values(format_metric(name, value) for name, value in list(run.test.items())[:3]),
        )
        for run in same
    ]
    return ["<h2>" + _("Earlier runs on this data") + "</h2>", _table(lines, head)]


def _table(rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> str:
    title = "".join(f"<th>{html.escape(one)}</th>" for one in head)
    lines = [
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    ]
    return f"<table>{f'<tr>{title}</tr>' if head else ''}{''.join(lines)}</table>"


def _picture(png: bytes, words: str) -> str:
    size = QImage.fromData(png).size()
    shown = size.scaled(QSize(_WIDTH, _HEIGHT), Qt.AspectRatioMode.KeepAspectRatio)
    data = base64.b64encode(png).decode()
    return (
        f"<p><img src='data:image/png;base64,{data}' alt='{html.escape(words)}'"
        f" width='{shown.width()}' height='{shown.height()}'></p>"
    )


def _network(report: RunReport) -> bytes:
    """The network with shapes and parameters."""
    from netbuilder.core.worksheet import NUMBERS, worksheet

    return image_png_bytes(
        svg_image(worksheet(report.trained.project, _own_facts(report), sheet=NUMBERS))
    )


def _own_facts(report: RunReport) -> DataFacts | None:
    """What is known of the data that the network was trained on; None where other data is open."""
    return report.facts if report.project.data == report.trained.project.data else None


def _columns_and_split(report: RunReport) -> list[tuple[str, str]]:
    facts = report.facts
    if facts is None:
        return []
    parts = (
        (_("training"), facts.rows),
        (_("validation"), facts.validation_rows),
        (_("test"), facts.test_rows),
    )
    split = join_values(labelled(name, format_number(rows)) for name, rows in parts)
    columns = format_list(facts.column_names, _MOST_COLUMNS)
    return [*([(_("Columns"), columns)] if columns else []), (_("Split"), split)]
