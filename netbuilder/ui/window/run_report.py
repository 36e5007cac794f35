"""A report of a run on one page: network, data, curves, evaluation, earlier runs."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage

from netbuilder.core.catalog.training.training_index import OPTIMIZERS
from netbuilder.core.data.registry import target_words
from netbuilder.core.engine.runs.differences import distinct_choices, format_setting, setting_words
from netbuilder.core.error_texts import user_error
from netbuilder.core.i18n import gettext as _, html_language, ngettext
from netbuilder.core.project.atomic import write_bytes
from netbuilder.core.project.graph_ends import same_rows
from netbuilder.core.project.model import Choice, Project
from netbuilder.core.wording import (
    format_list,
    format_moment,
    format_number,
    join_sentences,
    join_values,
    labelled,
)
from netbuilder.ui.canvas.scene.card_text import short_loss_title
from netbuilder.ui.plots.picture_export import image_png_bytes, svg_image, write_pdf
from netbuilder.ui.services.runs.run_progress import duration_sentence, format_metric, format_start
from netbuilder.ui.style import theme

if TYPE_CHECKING:
    from netbuilder.core.data.data_facts import DataFacts
    from netbuilder.core.engine.runs.run_store import Run
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.evaluate import Evaluation

#: Maximum size of a picture on a screen and on A4 at 96 dpi, with two side by side, and the largest
#: width of a network beside the curves.
_SCREEN, _PAPER, _BESIDE = QSize(476, 20_000), QSize(310, 880), 372
_MOST_RUNS, _MOST_COLUMNS, _MOST_CLASSES, _SAMPLES = 8, 8, 16, 8
_TALL = 480  # taller networks start a new page
#: Style on a screen: follow the system's colour scheme, except in pictures.
_ON_SCREEN = (
    " :root { color-scheme: light dark; } img { border-radius: 8px; }"
    " @media (prefers-color-scheme: dark) { body { color: #e6e9ee; background: #181b20; }"
    " .note { color: #98a2b3; } }"
)


@dataclass(frozen=True)
class RunReport:
    """The contents of a report. ``curves`` is a PNG; ``run_id`` the record of the run, or ""."""

    project: Project
    facts: DataFacts | None
    trained: TrainedModel
    curves: bytes
    evaluation: Evaluation | None = None
    run_id: str = ""
    notices: tuple[str, ...] = ()


def write_report(report: RunReport, runs: Iterable[Run], path: Path) -> None:
    """Write a report as ``.html`` or ``.pdf``, in any thread; may raise UserError."""
    ending = path.suffix.lower()
    page = report_page(report, runs, _PAPER if ending == ".pdf" else _SCREEN)
    match ending:
        case ".html" | ".htm":
            write_bytes(path, page.replace("</style>", f"{_ON_SCREEN}</style>", 1).encode("utf-8"))
        case ".pdf":
            write_pdf(page, path)
        case _other:
            raise user_error("report_ending", ending=ending or path.name)


def report_page(report: RunReport, runs: Iterable[Run], most: QSize = _SCREEN) -> str:
    """Return a report as HTML with embedded pictures, none larger than ``most``."""
    from netbuilder.core.results.model_card import evaluation_rows

    project, trained = report.project, report.trained
    setup = trained.project.training
    scheme = theme.LIGHT
    loss = short_loss_title(setup.loss.name) if setup.loss is not None else _("automatic loss")
    optimizer, evaluation = _optimizer_words(setup.optimizer), report.evaluation
    rows = [
        (_("Data"), _data_words(report)),
        *_columns_and_split(report),
        (_("Network"), _network_words(trained)),
        (_("Settings"), ngettext(
            "{count} epoch, batch size {batch}, {optimizer}, {loss}",
            "{count} epochs, batch size {batch}, {optimizer}, {loss}",
            setup.epochs, batch=setup.batch_size, optimizer=optimizer, loss=loss,
        )),
        (_("Training"), _training_words(trained)),
        (_("Tested"), _tested_words(trained)),
        (_("Test set"), _result_words(evaluation) if evaluation is not None else _("no test set")),
        *evaluation_rows(trained, evaluation),
    ]  # fmt: skip
    network, curves = _("Network"), _("Training curves")
    by_epoch, training, validation = _("Loss by epoch:"), _("training"), _("validation")
    drawing = _network(report)
    size = QImage.fromData(drawing).size() / 2
    is_wide = size.width() > _BESIDE
    heads = "" if is_wide else f"<th>{curves}</th>"
    own_page = " style='page-break-before: always'" if size.height() > _TALL else ""
    network_size = QSize(2 * most.width(), most.height()) if is_wide else most
    separator = f"</td></tr><tr><th>{curves}</th></tr><tr><td>" if is_wide else "</td><td>"
    parts = [
        f"<h1>{html.escape(project.name)}</h1>",
        f"<p class='note'>{format_moment(datetime.now())} · NetBuilder</p>",
        _table(rows),
        *(_truth_and_predictions(evaluation) if evaluation is not None else ()),
        f"<table{own_page}><tr><th>{network}</th>{heads}</tr><tr><td>",
        _picture(drawing, _("The network"), network_size),
        separator,
        _picture(report.curves, curves, most),
        f"<p class='note'>{by_epoch}"
        f" <span style='color:{scheme.training}'>━</span> {training}"
        f" <span style='color:{scheme.validation}'>━</span> {validation}"
        "</p></td></tr></table>",
        *(f"<p>• {html.escape(notice)}</p>" for notice in report.notices),
        *_tried(report, runs),
    ]
    style = (
        "body { font-family: sans-serif; font-size: 10pt; max-width: 952px; margin: 24px auto; }"
        " h1 { font-size: 18pt; margin-bottom: 0; }"
        " h2 { font-size: 12pt; margin-bottom: 0; }"
        " td, th { padding: 2px 16px 2px 0; text-align: left; vertical-align: top; }"
        " .note { color: #596579; } .numbers td { white-space: nowrap; }"
    )
    return (
        f"<!DOCTYPE html>\n<html lang='{html_language()}'><head><meta charset='utf-8'>"
        f"<title>{html.escape(project.name)}</title><style>{style}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


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
    count = sum(node.layer != "Input" for node in trained.project.graph.nodes)
    layers = ngettext("{count} layer", "{count} layers", count)
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


def _optimizer_words(choice: Choice) -> str:
    spec = OPTIMIZERS.get(choice.name)
    usual = (
        {name: param.default for name, param in spec.by_name.items()} if spec is not None else {}
    )
    chosen = {"learning_rate": usual.get("learning_rate")} | dict(choice.params)
    arguments = join_values(
        f"{setting_words(name)} {format_setting(value)}"
        for name, value in chosen.items()
        if name == "learning_rate" or value != usual.get(name)
    )
    return f"{choice.name} ({arguments})"


def _tested_words(trained: TrainedModel) -> str:
    epoch = trained.kept_epoch or trained.epochs
    if trained.set_by_hand:
        return _("weights set by hand after epoch {epoch}", epoch=epoch)
    if epoch == trained.best_epoch:
        return _("the weights of epoch {epoch} (the best)", epoch=epoch)
    return _("the weights of epoch {epoch} (the last)", epoch=epoch)


def _result_words(evaluation: Evaluation) -> str:
    from netbuilder.core.results.headline import headline

    return join_sentences((evaluation.sentence, headline(evaluation).worse))


def _truth_and_predictions(result: Evaluation) -> list[str]:
    if result.confusion_matrix is not None:
        if len(result.labels) > _MOST_CLASSES:
            return []
        title, head = _("Confusion matrix"), (_("true ↓ predicted →"), *result.labels)
        lines = [
            (label, *map(format_number, counts))
            for label, counts in zip(result.labels, result.confusion_matrix.tolist(), strict=True)
        ]
    elif result.task == "regression" and not result.whole:
        title, head = _("Predicted against true"), ()
        order = result.truth[:, 0].argsort(kind="stable").tolist()
        count = min(_SAMPLES, len(order))
        rows = [order[k * (len(order) - 1) // max(count - 1, 1)] for k in range(count)]
        if count < len(order):
            part = _("{count} of {total} shown", count=count, total=format_number(len(order)))
            title = f"{title} · {part}"
        sides = ((_("true value"), result.truth), (_("prediction"), result.predictions))
        lines = [(name, *(result.told(float(of[k, 0]), 0) for k in rows)) for name, of in sides]
    else:
        return []
    return [f"<h2>{html.escape(title)}</h2><div class='numbers'>{_table(lines, head)}</div>"]


def _tried(report: RunReport, runs: Iterable[Run]) -> list[str]:
    """Return the latest other runs on the same data, with their differing settings."""
    project = report.trained.project
    others = [
        run for run in runs if run.id != report.run_id and same_rows(run.project.data, project.data)
    ][:_MOST_RUNS]
    if not others:
        return []
    head = (_("Started"), _("Epochs"), _("Differs"), _("Test set"))
    _own, *choices = distinct_choices([project, *(run.project for run in others)])
    lines = [
        (
            format_start(run),
            format_number(run.epochs),
            join_values(differs),
            join_values(format_metric(name, value) for name, value in list(run.test.items())[:3]),
        )
        for run, differs in zip(others, choices, strict=True)
    ]
    return ["<h2>" + _("Other runs on this data") + "</h2>", _table(lines, head)]


def _table(rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> str:
    title = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    lines = [
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    ]
    return f"<table>{f'<tr>{title}</tr>' if head else ''}{''.join(lines)}</table>"


def _picture(png: bytes, alt_text: str, most: QSize) -> str:
    size = scaled_size = QImage.fromData(png).size() / 2  # it has two dots per pixel
    if size.width() > most.width() or size.height() > most.height():
        scaled_size = size.scaled(most, Qt.AspectRatioMode.KeepAspectRatio)
    data = base64.b64encode(png).decode()
    return (
        f"<p><img src='data:image/png;base64,{data}' alt='{html.escape(alt_text)}'"
        f" width='{scaled_size.width()}' height='{scaled_size.height()}'></p>"
    )


def _network(report: RunReport) -> bytes:
    from netbuilder.core.formats.writers.svg import HEADER_HEIGHT
    from netbuilder.core.lessons.worksheet import NUMBERS, worksheet

    graph = report.trained.project.graph
    nodes = tuple(replace(node, position=None) for node in graph.nodes)
    graph = replace(graph, nodes=nodes, extra={**graph.extra, "horizontal": False})
    project = replace(report.trained.project, graph=graph)
    image = svg_image(worksheet(project, _own_facts(report), sheet=NUMBERS))
    head = 2 * round(HEADER_HEIGHT)  # for a pupil's name
    return image_png_bytes(image.copy(0, head, image.width(), image.height() - head))


def _own_facts(report: RunReport) -> DataFacts | None:
    """Return the facts of the training data; None if other data is open."""
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
