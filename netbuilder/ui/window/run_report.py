"""A run on one page, to hand in or to hang up: network, data, curves, test, what was tried."""

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
from netbuilder.core.errors import UserError
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

#: What a picture takes at most on a screen, and on A4 at 96 dots an inch: two stand side by side.
#: The widest network that the curves stand beside.
_SCREEN, _PAPER, _BESIDE = QSize(476, 20_000), QSize(310, 880), 372
_MOST_RUNS, _MOST_COLUMNS, _MOST_CLASSES, _SAMPLES = 8, 8, 16, 8
_TALL = 480  # of a network that has a page of its own, with the curves
#: On a screen the page follows the system; its pictures stay as on paper.
_ON_SCREEN = (
    " :root { color-scheme: light dark; } img { border-radius: 8px; }"
    " @media (prefers-color-scheme: dark) { body { color: #e6e9ee; background: #181b20; }"
    " .note { color: #98a2b3; } }"
)


@dataclass(frozen=True)
class RunReport:
    """What stands on the page. ``curves`` is a PNG; ``run_id`` the record of the run, or ""."""

    project: Project
    facts: DataFacts | None
    trained: TrainedModel
    curves: bytes
    evaluation: Evaluation | None = None
    run_id: str = ""
    notices: tuple[str, ...] = ()


def write_report(report: RunReport, runs: Iterable[Run], path: Path) -> None:
    """Write the page as ``.html`` or ``.pdf``. Needs no window, and may run in any thread.

    Raises:
        UserError: another ending, or the file cannot be written.
    """
    ending = path.suffix.lower()
    page = report_page(report, runs, _PAPER if ending == ".pdf" else _SCREEN)
    match ending:
        case ".html" | ".htm":
            write_bytes(path, page.replace("</style>", f"{_ON_SCREEN}</style>", 1).encode("utf-8"))
        case ".pdf":
            write_pdf(page, path)
        case _other:
            raise UserError(
                _("A report cannot be saved as “{ending}”.", ending=ending or path.name),
                _("Choose a name that ends in .html or .pdf."),
                code="report_ending",
            )


def report_page(report: RunReport, runs: Iterable[Run], most: QSize = _SCREEN) -> str:
    """The page as HTML in itself: its pictures are within, none larger than ``most``."""
    from netbuilder.core.results.model_card import evaluation_rows

    project, trained = report.project, report.trained
    plan = trained.project.training
    scheme = theme.LIGHT
    loss = short_loss_title(plan.loss.name) if plan.loss is not None else _("automatic loss")
    optimizer, found = _optimizer_words(plan.optimizer), report.evaluation
    rows = [
        (_("Data"), _data_words(report)),
        *_columns_and_split(report),
        (_("Network"), _network_words(trained)),
        (_("Settings"), ngettext(
            "{count} epoch, batch size {batch}, {optimizer}, {loss}",
            "{count} epochs, batch size {batch}, {optimizer}, {loss}",
            plan.epochs, batch=plan.batch_size, optimizer=optimizer, loss=loss,
        )),
        (_("Training"), _training_words(trained)),
        (_("Tested"), _tested_words(trained)),
        (_("Test set"), _result_words(found) if found is not None else _("no test set")),
        *evaluation_rows(trained, found),
    ]  # fmt: skip
    network, curves = _("Network"), _("Training curves")
    by_epoch, training, validation = _("Loss by epoch:"), _("training"), _("validation")
    drawing = _network(report)
    size = QImage.fromData(drawing).size() / 2
    wide = size.width() > _BESIDE
    heads = "" if wide else f"<th>{curves}</th>"
    own_page = " style='page-break-before: always'" if size.height() > _TALL else ""
    whole = QSize(2 * most.width(), most.height()) if wide else most
    between = f"</td></tr><tr><th>{curves}</th></tr><tr><td>" if wide else "</td><td>"
    parts = [
        f"<h1>{html.escape(project.name)}</h1>",
        f"<p class='note'>{format_moment(datetime.now())} · NetBuilder</p>",
        _table(rows),
        *(_truth_and_predictions(found) if found is not None else ()),
        f"<table{own_page}><tr><th>{network}</th>{heads}</tr><tr><td>",
        _picture(drawing, _("The network"), whole),
        between,
        _picture(report.curves, curves, most),
        f"<p class='note'>{by_epoch}"
        f" <span style='color:{scheme.training}'>━</span> {training}"
        f" <span style='color:{scheme.validation}'>━</span> {validation}"
        "</p></td></tr></table>",
        *(f"<p>• {html.escape(one)}</p>" for one in report.notices),
        *_tried(report, runs),
    ]
    style = (
        "body { font-family: sans-serif; font-size: 10pt; max-width: 952px; margin: 24px auto; }"
        " h1 { font-size: 18pt; margin-bottom: 0; } h2 { font-size: 12pt; }"
        " td, th { padding: 2px 16px 2px 0; text-align: left; vertical-align: top; }"
        " .note { color: #596579; } .numbers td { white-space: nowrap; }"
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


def _optimizer_words(choice: Choice) -> str:
    """The optimizer with its learning rate, and with what is not as Keras has it by itself."""
    spec = OPTIMIZERS.get(choice.name)
    usual = {name: one.default for name, one in spec.by_name.items()} if spec is not None else {}
    chosen = {"learning_rate": usual.get("learning_rate")} | dict(choice.params)
    told = join_values(
        f"{setting_words(name)} {format_setting(value)}"
        for name, value in chosen.items()
        if name == "learning_rate" or value != usual.get(name)
    )
    return f"{choice.name} ({told})"


def _tested_words(trained: TrainedModel) -> str:
    epoch = trained.kept_epoch or trained.epochs
    if trained.set_by_hand:
        return _("weights set by hand after epoch {epoch}", epoch=epoch)
    if epoch == trained.best_epoch:
        return _("the weights of epoch {epoch} (the best)", epoch=epoch)
    return _("the weights of epoch {epoch} (the last)", epoch=epoch)


def _result_words(found: Evaluation) -> str:
    """What came of the test, and whether a rule without a network does better."""
    from netbuilder.core.results.headline import headline

    return join_sentences((found.sentence, headline(found).worse))


def _truth_and_predictions(found: Evaluation) -> list[str]:
    """The confusion matrix; of numbers some samples, from the lowest true value to the highest."""
    if found.confusion_matrix is not None:
        if len(found.labels) > _MOST_CLASSES:
            return []
        title, head = _("Confusion matrix"), (_("true ↓ predicted →"), *found.labels)
        lines = [
            (label, *map(format_number, counts))
            for label, counts in zip(found.labels, found.confusion_matrix.tolist(), strict=True)
        ]
    elif found.task == "regression" and not found.whole:
        title, head = _("Predicted against true"), ()
        order = found.truth[:, 0].argsort(kind="stable").tolist()
        count = min(_SAMPLES, len(order))
        shown = [order[k * (len(order) - 1) // max(count - 1, 1)] for k in range(count)]
        if count < len(order):
            part = _("{count} of {total} shown", count=count, total=format_number(len(order)))
            title = f"{title} · {part}"
        sides = ((_("true value"), found.truth), (_("prediction"), found.predictions))
        lines = [(name, *(found.told(float(of[k, 0]), 0) for k in shown)) for name, of in sides]
    else:
        return []
    return [f"<h2>{html.escape(title)}</h2><div class='numbers'>{_table(lines, head)}</div>"]


def _tried(report: RunReport, runs: Iterable[Run]) -> list[str]:
    """The latest other runs on the same data, with what each has that not all have."""
    project = report.trained.project
    same = [
        run for run in runs if run.id != report.run_id and same_rows(run.project.data, project.data)
    ][:_MOST_RUNS]
    if not same:
        return []
    head = (_("Started"), _("Epochs"), _("Differs"), _("Test set"))
    _own, *choices = distinct_choices([project, *(run.project for run in same)])
    lines = [
        (
            format_start(run),
            format_number(run.epochs),
            join_values(differs),
            join_values(format_metric(name, value) for name, value in list(run.test.items())[:3]),
        )
        for run, differs in zip(same, choices, strict=True)
    ]
    return ["<h2>" + _("Other runs on this data") + "</h2>", _table(lines, head)]


def _table(rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> str:
    title = "".join(f"<th>{html.escape(one)}</th>" for one in head)
    lines = [
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    ]
    return f"<table>{f'<tr>{title}</tr>' if head else ''}{''.join(lines)}</table>"


def _picture(png: bytes, words: str, most: QSize) -> str:
    size = shown = QImage.fromData(png).size() / 2  # it has two dots a pixel
    if size.width() > most.width() or size.height() > most.height():
        shown = size.scaled(most, Qt.AspectRatioMode.KeepAspectRatio)
    data = base64.b64encode(png).decode()
    return (
        f"<p><img src='data:image/png;base64,{data}' alt='{html.escape(words)}'"
        f" width='{shown.width()}' height='{shown.height()}'></p>"
    )


def _network(report: RunReport) -> bytes:
    """The network with shapes and parameters, from top to bottom: a page is narrow."""
    from netbuilder.core.worksheet import NUMBERS, worksheet

    graph = report.trained.project.graph
    nodes = tuple(replace(node, position=None) for node in graph.nodes)
    graph = replace(graph, nodes=nodes, extra={**graph.extra, "horizontal": False})
    project = replace(report.trained.project, graph=graph)
    return image_png_bytes(svg_image(worksheet(project, _own_facts(report), sheet=NUMBERS)))


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
