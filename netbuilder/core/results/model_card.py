"""Model cards: facts about a model and its author's own text (``card`` in the project).

Mitchell et al., "Model Cards for Model Reporting" (FAT* 2019).
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netbuilder.core.catalog.training.training_index import metric_words
from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import user_error
from netbuilder.core.escaping.plain_text import markdown_text
from netbuilder.core.formats.script.use_model import (
    MODEL_ENDINGS,
    example_sample,
    model_stem,
    use_code,
)
from netbuilder.core.i18n import gettext as _, html_language, ngettext, pgettext
from netbuilder.core.project.atomic import write_bytes
from netbuilder.core.project.card_answers import QUESTIONS, answers_of
from netbuilder.core.results import statistics
from netbuilder.core.results.evaluate import Evaluation, evaluate
from netbuilder.core.results.headline import metric_text
from netbuilder.core.results.own_units import preprocessing_of
from netbuilder.core.wording import format_number, format_percent, join_values, labelled

ENDINGS = (".md", ".html", ".pdf")

Rows = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Section:
    """A heading with facts, a question with its text, or Python code."""

    title: str
    rows: Rows = ()
    text: str = ""
    code: str = ""


@dataclass(frozen=True)
class ModelCard:
    """A title and sections."""

    title: str
    sections: tuple[Section, ...]


def card_of(trained: TrainedModel, dataset: Dataset | None) -> ModelCard:
    """Return the card of a trained model; its ``dataset`` adds intervals and classes."""
    evaluation = None
    if dataset is not None and (held_out := dataset.test or dataset.validation) is not None:
        evaluation = evaluate(trained, held_out)
    sections = [
        *(
            Section(_(question), text=answers_of(trained.project)[key] or _("Not answered."))
            for key, question in QUESTIONS.items()
        ),
        Section(_("Data"), _data_rows(trained)),
        Section(_("Training range"), _range_rows(trained)),
        Section(_("Network and training"), _training_rows(trained)),
        Section(_("Evaluation"), evaluation_rows(trained, evaluation)),
    ]
    if evaluation is not None and evaluation.classes:
        sections.append(Section(_("Evaluation by class"), _class_rows(evaluation)))
    if sample := example_sample(trained, dataset):
        stem = model_stem(trained.project)
        code = "\n".join(use_code(trained, stem + ending, sample) for ending in MODEL_ENDINGS)
        sections.append(Section(_("Use the model"), code=code))
    filled = tuple(part for part in sections if part.rows or part.text or part.code)
    return ModelCard(_("Model card: {name}", name=trained.project.name), filled)


def _data_rows(trained: TrainedModel) -> Rows:
    facts, data = trained.facts, trained.project.data
    name = data.name or Path(data.path).name or data.kind
    rows = [(_("Source"), name)] if name else []
    if facts.rows:
        rows += [
            (_("Training set"), _count(facts.rows)),
            (_("Validation set"), _count(facts.validation_rows)),
            (_("Test set"), _count(facts.test_rows)),
        ]
    if facts.target_names:
        rows.append((_("Target"), join_values(facts.target_names)))
    if facts.class_counts:
        pairs = zip(facts.classes, facts.class_counts, strict=True)
        rows.append(
            (_("Training samples by class"), join_values(labelled(n, str(c)) for n, c in pairs))
        )
    rows.append((_("Scaling"), data.scaling))
    return rows


def _count(samples: int) -> str:
    return ngettext("{count} sample", "{count} samples", samples)


def _range_rows(trained: TrainedModel) -> Rows:
    rows = []
    for entry in preprocessing_of(trained).inputs.values():
        for column in entry.columns:
            if column.categories:
                rows.append((column.name, join_values(column.categories)))
            elif column.low is not None and column.high is not None:
                text = _(
                    "{low} to {high}",
                    low=format_number(column.low, "g"),
                    high=format_number(column.high, "g"),
                )
                rows.append((column.name, f"{text} {column.unit}".strip()))
    return rows


def _training_rows(trained: TrainedModel) -> Rows:
    training = trained.project.training
    layers = [node.layer for node in trained.project.graph.nodes if node.layer != "Input"]
    weights = int(sum(np.prod(value.shape) for value in trained.training_model.weights))
    rows = [
        (_("Layers"), join_values(layers)),
        (_("Parameters"), format_number(weights, ",")),
        (
            _("Loss"),
            training.loss.name if training.loss is not None else pgettext("loss", "automatic"),
        ),
        (_("Optimizer"), training.optimizer.name),
        (_("Epochs"), format_number(trained.epochs, ",")),
        (_("Batch size"), format_number(training.batch_size, ",")),
        (_("Seed"), str(training.seed)),
    ]
    if trained.seconds:
        rows.append(
            (_("Training time"), _("{seconds} s", seconds=format_number(trained.seconds, ".1f")))
        )
    return rows


def evaluation_rows(trained: TrainedModel, evaluation: Evaluation | None) -> Rows:
    """Return each metric with interval and baseline; Keras's own test metrics without it."""
    if evaluation is None:
        return [(metric_words(name), format_number(value)) for name, value in trained.test.items()]
    within, guess = statistics.intervals(evaluation), statistics.baseline(trained, evaluation)
    rows = [(_("Samples"), format_number(evaluation.samples, ","))]
    for name, value in evaluation.metrics.items():
        ends = within.get(name, ())
        text, *limits = (metric_text(evaluation, name, end) for end in (value, *ends))
        if limits:
            text = _(
                "{value} (95% interval {low} to {high})", value=text, low=limits[0], high=limits[1]
            )
        if name in guess:
            base = metric_text(evaluation, name, guess[name])
            text = _("{value}; baseline {baseline}", value=text, baseline=base)
        rows.append((metric_words(name), text))
    calibration = statistics.calibration(evaluation)
    if calibration is not None:
        rows.append((_("Expected calibration error"), format_number(calibration.expected_error)))
    return rows


def _class_rows(evaluation: Evaluation) -> Rows:
    return [
        (
            label,
            _(
                "precision {precision}, recall {recall}, {support} samples",
                precision=_share(score["precision"]),
                recall=_share(score["recall"]),
                support=score["support"],
            ),
        )
        for label, score in statistics.per_class(evaluation).items()
    ]


def _share(value: float) -> str:
    return "–" if np.isnan(value) else format_percent(value)


def as_markdown(card: ModelCard) -> str:
    """Return the card as Markdown."""
    lines = [f"# {markdown_text(card.title)}", ""]
    for section in card.sections:
        lines += [f"## {section.title}", ""]
        if section.text:
            lines += [html.escape(section.text, quote=False), ""]  # the author's own Markdown
        if section.code:
            lines += ["```python", section.code.rstrip(), "```", ""]
        if section.rows:
            lines += ["| | |", "|---|---|"]
            lines += [
                f"| {markdown_text(name)} | {markdown_text(value)} |"
                for name, value in section.rows
            ]
            lines.append("")
    return "\n".join(lines)


def as_html(card: ModelCard) -> str:
    """Return the card as a self-contained page."""
    parts = [f"<h1>{html.escape(card.title)}</h1>"]
    for section in card.sections:
        parts.append(f"<h2>{html.escape(section.title)}</h2>")
        if section.text:
            parts.append(f"<p>{html.escape(section.text)}</p>")
        if section.code:
            parts.append(f"<pre>{html.escape(section.code)}</pre>")
        if section.rows:
            lines = "".join(
                f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
                for name, value in section.rows
            )
            parts.append(f"<table>{lines}</table>")
    style = (
        "body { font-family: sans-serif; font-size: 10pt; max-width: 680px; margin: 24px auto; }"
        " th, td { padding: 2px 16px 2px 0; text-align: left; vertical-align: top; }"
        " h2 { font-size: 12pt; }"
    )
    return (
        f"<!DOCTYPE html>\n<html lang='{html_language()}'><head><meta charset='utf-8'>"
        f"<title>{html.escape(card.title)}</title><style>{style}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def write(card: ModelCard, path: Path) -> None:
    """Write the card as Markdown or HTML, by the suffix of ``path``."""
    makers: dict[str, Any] = {".md": as_markdown, ".html": as_html}
    make = makers.get(path.suffix.lower())
    if make is None:
        raise user_error("card_ending", name=path.name)
    write_bytes(path, make(card).encode("utf-8"))
