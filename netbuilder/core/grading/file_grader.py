"""Grade one submitted file, inside a worker process."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.engine.history_columns import EPOCH
from netbuilder.core.error_texts import sentences_of, user_error
from netbuilder.core.errors import UserError
from netbuilder.core.files.regular_file import special_file_kind
from netbuilder.core.formats.registry import MODEL_ENDINGS
from netbuilder.core.grading import own_data, submission as submission_info
from netbuilder.core.grading.lesson_steps import judge_steps, known_lesson, lesson_named
from netbuilder.core.grading.scoring import main_metric
from netbuilder.core.grading.similarity import fingerprint_of
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import join_sentences

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Dataset
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.project.model import Project
    from netbuilder.core.results.evaluate import Evaluation

_sentence = sentences_of("grading")

ENDINGS = (*MODEL_ENDINGS, ".netbuilder")


def grade_file(
    path: Path, data: Path | None, lesson: str = "", places: Sequence[Path] = ()
) -> dict[str, Any]:
    """Return what a file holds and how well its network does on the hidden data.

    Args:
        path: the file.
        data: the hidden rows, as ``results.evaluate`` takes them; None: the test set of the
            network's own data, where that is built into the program.
        lesson: name or file of the lesson to check; "" for the one recorded in the file, if known.
        places: training data, or folders that it is in.

    Returns:
        JSON for ``grade.make_submission``; ``main`` is the share of the points without a rubric.

    Raises:
        UserError: the file cannot be read, or holds nothing to grade.
    """
    from netbuilder.core.data.prepare.inference_data import refuse_target_as_input
    from netbuilder.core.formats import registry
    from netbuilder.core.formats.writers.svg import network_svg
    from netbuilder.core.results.own_units import preprocessing_of

    _need_file(path)
    if path.stat().st_size == 0:
        raise user_error("grading_empty_file")
    trained: TrainedModel | None = None
    if registry.is_model(path):
        trained = registry.load_network(path)
    project = trained.project if trained is not None else registry.read_project(path)
    answers: list[str] = []
    if trained is not None:
        preprocessing = preprocessing_of(trained)
        refuse_target_as_input(preprocessing)
        answers = [name for output in preprocessing.outputs.values() for name in output.columns]
    info = submission_info.submission_info_of(project)
    result: dict[str, Any] = {
        "student": submission_info.student_of(path, info),
        "time": info.time.isoformat() if info and info.time else "",
        "metrics": {},
        "main": None,
        "parameters": trained.training_model.count_params() if trained is not None else None,
        "svg": network_svg(project),
        "history": _history(trained),
        "failed": False,
        "message": "",
    }
    weights = [] if trained is None else trained.training_model.get_weights()
    epochs = 0 if trained is None else trained.epochs
    fingerprint = fingerprint_of(
        project.graph, weights, submission_info.work_of(project), project, epochs
    )
    with path.open("rb") as stream:
        file_hash = hashlib.file_digest(stream, "sha256").hexdigest()
    result["fingerprint"] = asdict(fingerprint) | {"file": file_hash}
    claimed = submission_info.lesson_of(project)
    lesson = lesson or known_lesson(claimed)
    own = _own_data(project, lesson, places)
    dataset = None if isinstance(own, UserError) else own
    other_task = ""
    if lesson and trained is not None:
        other_task = own_data.other_task_sentence(project, answers, lesson_named(lesson), dataset)
    # A result on other data proves no step.
    judged = (None, None) if other_task else (trained, dataset)
    steps = judge_steps(lesson_named(lesson), path, project, *judged) if lesson else []
    result |= {
        "answers": answers,
        "data_name": own_data.data_name(project.data),
        "other_task": other_task,
        "steps": [step.to_json() for step in steps],
        "lesson": lesson_named(lesson).name if lesson else "",
        "known_lesson": lesson,
        "claimed_lesson": claimed,
    }
    if claimed and not lesson:
        _tell(result, _("There is no lesson '{name}' here to check its steps with.", name=claimed))
        ticked = sum(info.steps) if info else 0
        sentence = _sentence("claimed_steps", count=ticked)
        _tell(result, sentence if ticked else "")
    if trained is not None:
        _measure(trained, data, own, result)
    if trained is None and not steps:
        raise user_error("grading_not_trained", name=path.name)
    if trained is None:
        _tell(result, _("Nothing was trained: only the steps of the lesson count."))
    return result


def _own_data(project: Project, lesson: str, places: Sequence[Path]) -> Dataset | UserError:
    try:
        return own_data.load_own_data(project, lesson_named(lesson) if lesson else None, places)
    except UserError as error:
        return error


def default_score(metrics: Mapping[str, float]) -> float | None:
    """Return the share of the points without a rubric: accuracy, or r2 (not below 0)."""
    name = main_metric(metrics)
    return min(1.0, max(0.0, metrics[name])) if name else None


def _tell(result: dict[str, Any], sentence: str) -> None:
    result["message"] = join_sentences((result["message"], sentence))


def _need_file(path: Path) -> None:
    """Raise if ``path`` is not a regular file: opening it would fail, or block for ever."""
    fix = _("Ask for the file itself.")
    if path.is_symlink() and not path.exists():
        raise UserError(
            _("The file is a link to a file that does not exist."), fix, code="grading_broken_link"
        )
    kind = _("a folder") if path.is_dir() else special_file_kind(path)
    if kind:
        raise UserError(_("This is {kind}, not a file.", kind=kind), fix, code="grading_no_file")


def _measure(
    trained: TrainedModel, data: Path | None, own: Dataset | UserError, result: dict[str, Any]
) -> None:
    """Evaluate on the hidden data; if it does not fit, add why and keep the other findings."""
    from netbuilder.core.results.evaluate import evaluate

    if data is None:
        _measure_on_own(trained, own, result)
        return
    try:
        evaluation = evaluate(trained, data)
    except UserError as error:
        result |= {"failed": True, "misfit": str(error)}
        _tell(result, str(error))
        return
    result["metrics"] = _metrics(evaluation)
    result["main"] = default_score(result["metrics"])
    if evaluation.reading:
        # Prefer the file's column names: those of a foreign network are placeholders.
        columns = list(evaluation.columns)
        result["answers"] = [] if columns == result["answers"] else columns
        _tell(result, evaluation.reading)


def _measure_on_own(
    trained: TrainedModel, own: Dataset | UserError, result: dict[str, Any]
) -> None:
    """Without hidden data and steps, evaluate on the test set of the network's own data."""
    from netbuilder.core.results.evaluate import evaluate

    try:
        if isinstance(own, UserError):
            raise own
        test = own_data.held_out_test_of(trained.project, own)
        result["metrics"] = _metrics(evaluate(trained, test.split))
    except UserError as error:
        fix = _("Only its steps count.") if result["steps"] else _("Provide hidden data.")
        result["failed"] = not result["steps"]
        _tell(result, join_sentences((error.what, fix)))
        return
    result |= {"basis": test.words, "basis_id": test.mark}
    if not result["steps"]:
        result["main"] = default_score(result["metrics"])


def _metrics(result: Evaluation) -> dict[str, float]:
    metrics = {name: float(value) for name, value in result.metrics.items()}
    for output, evaluation in result.others.items():
        metrics |= {f"{output} {name}": float(value) for name, value in evaluation.metrics.items()}
    return metrics


def _history(trained: TrainedModel | None) -> dict[str, list[float]]:
    if trained is None:
        return {}
    return {
        name: [float(value) for value in row]
        for name, row in trained.history.items()
        if name in {"loss", "val_loss", EPOCH}
    }
