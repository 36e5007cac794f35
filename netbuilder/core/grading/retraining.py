"""Retrain a submission from its recorded seed and settings and compare predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.error_texts import sentences_of
from netbuilder.core.errors import UserError
from netbuilder.core.grading.own_data import load_own_data
from netbuilder.core.grading.similarity import near, sample_of
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    from netbuilder.core.data.data_facts import DataFacts
    from netbuilder.core.data.dataset import Dataset, Split
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.grading.submission import Submission
    from netbuilder.core.lessons.lesson import Lesson
    from netbuilder.core.project.model import Project

_sentence = sentences_of("grading")

# Relative to the predictions' spread. Another compilation differs by 1e-7, another seed by 0.02 to
# 0.05. Rounding on another machine grows over a training, but leaves the weights near.
SAME, SAME_WITH_NEAR_WEIGHTS = 0.001, 0.01
_MOST_ROWS = 1000


def retrain(path: Path, lesson: Lesson | None, places: Sequence[Path] = ()) -> dict[str, Any]:
    """Retrain the submission in ``path`` and compare; its data as for ``load_own_data``.

    Returns:
        JSON: ``verified`` (true, false or null), ``reason`` (a code), ``words`` (a sentence, "" if
        true) and ``sample``, the new weights sampled as in ``Fingerprint.sample``.

    Raises:
        UserError: the file cannot be read.
    """
    from netbuilder.core.engine.session import RunStart, RunStorage, Session
    from netbuilder.core.formats import registry

    if not registry.is_model(path):
        return unverified("not_trained", _("Nothing was trained, so nothing was retrained."))
    trained = registry.load_network(path)
    refusal = _cannot_repeat(path, trained)
    if refusal is not None:
        return refusal
    project = _without_files(trained.project)
    try:
        dataset = load_own_data(project, lesson, places)
        if _task_and_size(trained.facts) != _task_and_size(dataset.facts):
            return unverified(
                "other_rows",
                _("The data here has other rows than the data that the network was trained on."),
            )
        start, storage = RunStart(epochs=trained.epochs), RunStorage(record=False)
        session = Session(project, dataset, start=start, storage=storage, novelty=False)
        retrained = session.run()
    except UserError as error:
        return unverified(
            error.code or "failed",
            _("The network could not be retrained: {reason}", reason=error.what),
        )
    difference = _difference(trained, retrained, dataset)
    sample = list(sample_of(retrained.training_model.get_weights()))
    mine = sample_of(trained.training_model.get_weights())
    near_weights = near(mine, sample)
    if difference <= SAME or (near_weights and difference <= SAME_WITH_NEAR_WEIGHTS):
        return {"verified": True, "reason": "", "words": "", "sample": sample}
    if near_weights:
        words = _sentence("retraining_near", share=format_number(difference, ".1%"))
        return {**unverified("too_close", words), "sample": sample}
    return {
        "verified": False,
        "reason": "other_predictions",
        "words": _sentence("retraining_differs"),
        "sample": sample,
    }


def verified_sentence(submissions: Sequence[Submission]) -> str:
    """Return how many submissions retraining verified; "" if none was retrained."""
    if not any(row.verified is not None or row.verified_words for row in submissions):
        return ""
    return _sentence(
        "retrained",
        verified=sum(row.verified is True for row in submissions),
        refuted=sum(row.verified is False for row in submissions),
        unknown=sum(row.verified is None for row in submissions),
    )


def unverified(reason: str, words: str) -> dict[str, Any]:
    """Return the JSON of a submission that could not be compared."""
    return {"verified": None, "reason": reason, "words": words, "sample": []}


def _cannot_repeat(path: Path, trained: TrainedModel) -> dict[str, Any] | None:
    from netbuilder.core.formats.safety.inspect_file import inspect_file

    file = inspect_file(path, placeholders=True)
    run = file.ours.get("run") if file.is_ours else None
    if trained.epochs < 1 or not isinstance(run, dict):
        return unverified(
            "no_record", _("The file records no training, so the network could not be retrained.")
        )
    if run.get("changed_by_hand"):
        return unverified(
            "changed_by_hand",
            _("Settings or weights were changed during training, which cannot be repeated."),
        )
    if run.get("step"):
        return unverified(
            "stopped_within_epoch",
            _("The training was stopped within an epoch, which cannot be repeated."),
        )
    return None


def _task_and_size(facts: DataFacts) -> tuple[object, ...]:
    rows = facts.rows + facts.validation_rows + facts.test_rows
    return (rows, facts.column_names, facts.target_names, facts.classes)


def _without_files(project: Project) -> Project:
    """Drop callbacks that write files; the training stays the same."""
    from netbuilder.core.catalog.spec import Kind
    from netbuilder.core.catalog.training.training_index import CALLBACKS

    callbacks = tuple(
        callback
        for callback in project.training.callbacks
        if callback.name in CALLBACKS
        and all(param.kind is not Kind.FILE for param in CALLBACKS[callback.name].params)
    )
    return replace(project, training=replace(project.training, callbacks=callbacks))


def _difference(trained: TrainedModel, retrained: TrainedModel, dataset: Dataset) -> float:
    """Return the largest mean prediction difference of an output, relative to its spread."""
    import numpy as np

    from netbuilder.core.results.own_units import predict_values

    rows: Split = dataset.test if dataset.test is not None and len(dataset.test) else dataset.train
    x = {name: values[:_MOST_ROWS] for name, values in rows.x.items()}
    mine, other = predict_values(trained, x), predict_values(retrained, x)
    worst = 0.0
    for name, values in mine.items():
        spread = float(np.std(other[name])) or 1.0
        difference = float(np.mean(np.abs(values - other[name]))) / spread
        worst = max(worst, difference if np.isfinite(difference) else float("inf"))
    return worst
