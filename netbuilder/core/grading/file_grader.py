"""Grading one submitted file. Runs in a worker's process; gives plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.errors import UserError
from netbuilder.core.formats.registry import MODEL_ENDINGS
from netbuilder.core.grading import own_data, submission as submission_info
from netbuilder.core.grading.lesson_steps import judge_steps, known_lesson, lesson_named
from netbuilder.core.grading.scoring import main_metric
from netbuilder.core.grading.similarity import fingerprint_of
from netbuilder.core.history_columns import EPOCH
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.regular_file import special_file_kind
from netbuilder.core.wording import join_sentences

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Dataset
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.project.model import Project
    from netbuilder.core.results.evaluate import Evaluation

ENDINGS = (*MODEL_ENDINGS, ".netbuilder")


def grade_file(path: Path, data: Path | None, lesson: str = "") -> dict[str, Any]:
    """What a file holds and how good it is on the hidden data.

    Args:
        path: the file.
        data: the hidden rows, as ``results.evaluate`` takes them; None: the rows that the
            network's own data keeps aside, where that is a set of the program.
        lesson: name or file of the lesson whose steps are checked; "" for the one that the file
            was handed in for, or saved in, where there is such a lesson here.

    Returns:
        JSON: ``student``, ``work``, ``time``, ``steps`` [{``title``, ``status``,
        ``if_verified``, ``why``}], ``lesson``, ``claimed_lesson``, ``metrics``, ``main`` (share of
        the points without a rubric, or None), ``parameters``, ``fingerprint``, ``network_svg``,
        ``history``, ``answers`` [column], ``message``, ``failed``, ``basis`` and
        ``basis_id`` (the rows that it was judged on, where those are its own), and ``misfit``:
        why the hidden data does not fit the network.

    Raises:
        UserError: the file cannot be read, or holds nothing to judge.
    """
    from netbuilder.core.formats import registry
    from netbuilder.core.formats.writers.svg import network_svg

    _need_file(path)
    if path.stat().st_size == 0:
        raise UserError(
            _("The file is empty (0 bytes)."),
            _("Ask the student for the file again."),
            code="grading_empty_file",
        )
    trained: TrainedModel | None = None
    if registry.is_model(path):
        trained = registry.load_network(path)
    project = trained.project if trained is not None else registry.read_project(path)
    given = submission_info.submission_info_of(project)
    found: dict[str, Any] = {
        "student": submission_info.student_of(path, given),
        "time": given.time.isoformat() if given and given.time else "",
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
    found["fingerprint"] = fingerprint_of(
        project.graph, weights, submission_info.work_of(project), project, epochs
    ).__dict__
    begun = submission_info.lesson_of(project)
    lesson = lesson or known_lesson(begun)
    own = _own_data(project, lesson)
    dataset = None if isinstance(own, UserError) else own
    steps = judge_steps(lesson_named(lesson), path, project, trained, dataset) if lesson else []
    found |= {
        "steps": [one.to_json() for one in steps],
        "lesson": lesson_named(lesson).name if lesson else "",
        "known_lesson": lesson,
        "claimed_lesson": begun,
    }
    if begun and not lesson:
        _tell_unknown_lesson(found, begun, sum(given.steps) if given else 0)
    if trained is not None:
        _measure(trained, data, own, found)
    if trained is None and not steps:
        raise UserError(
            _("'{name}' is a project: nothing was trained.", name=path.name),
            _("Ask for the .h5, or name the lesson whose steps count."),
            code="grading_not_trained",
        )
    if trained is None:
        _tell(found, _("Nothing was trained: only the steps of the lesson count."))
    return found


def _own_data(project: Project, lesson: str) -> Dataset | UserError:
    try:
        return own_data.load_own_data(project, lesson_named(lesson) if lesson else None)
    except UserError as error:
        return error


def _tell_unknown_lesson(found: dict[str, Any], name: str, claimed: int) -> None:
    _tell(found, _("There is no lesson '{name}' here to check its steps with.", name=name))
    if claimed:
        said = ngettext(
            "The file claims {count} step, which is not verified.",
            "The file claims {count} steps, which are not verified.",
            claimed,
        )
        _tell(found, said)


def default_score(metrics: Mapping[str, float]) -> float | None:
    """Share of the points where no rubric says otherwise: accuracy, or r2 (not below 0)."""
    name = main_metric(metrics)
    return min(1.0, max(0.0, metrics[name])) if name else None


def _tell(found: dict[str, Any], words: str) -> None:
    """Say something more to the teacher."""
    found["message"] = join_sentences((found["message"], words))


def _need_file(path: Path) -> None:
    """Raise what to say of a name that is no file: opening it would fail, or wait for ever."""
    ask = _("Ask for the file itself.")
    if path.is_symlink() and not path.exists():
        raise UserError(
            _("The file is a link to a file that does not exist."), ask, code="grading_broken_link"
        )
    kind = _("a folder") if path.is_dir() else special_file_kind(path)
    if kind:
        raise UserError(_("This is {kind}, not a file.", kind=kind), ask, code="grading_no_file")


def _measure(
    trained: TrainedModel, data: Path | None, own: Dataset | UserError, found: dict[str, Any]
) -> None:
    """How good it is on the hidden data; where the two do not fit, that is said instead.

    What else was found stays: the teacher sees the network, and whether it is a copy.
    """
    from netbuilder.core.results.evaluate import evaluate
    from netbuilder.core.results.own_units import preprocessing_of

    outputs = preprocessing_of(trained).outputs.values()
    found["answers"] = [name for output in outputs for name in output.columns]
    if data is None:
        _measure_on_own(trained, own, found)
        return
    try:
        result = evaluate(trained, data)
    except UserError as error:
        found |= {"failed": True, "misfit": str(error)}
        _tell(found, str(error))
        return
    found["metrics"] = _metrics(result)
    found["main"] = default_score(found["metrics"])
    if result.reading:
        # The columns of the file, where they have names; those of a foreign network are made up.
        named = list(result.columns)
        found["answers"] = [] if named == found["answers"] else named
        _tell(found, result.reading)


def _measure_on_own(trained: TrainedModel, own: Dataset | UserError, found: dict[str, Any]) -> None:
    """Without hidden data the steps count; where there are none, the rows that were kept aside."""
    from netbuilder.core.results.evaluate import evaluate

    try:
        if isinstance(own, UserError):
            raise own
        test = own_data.held_out_test_of(trained.project, own)
        found["metrics"] = _metrics(evaluate(trained, test.split))
    except UserError as error:
        by_steps = _("Only its steps count.") if found["steps"] else _("Provide hidden data.")
        found["failed"] = not found["steps"]
        _tell(found, join_sentences((error.what, by_steps)))
        return
    found |= {"basis": test.words, "basis_id": test.mark}
    if not found["steps"]:
        found["main"] = default_score(found["metrics"])


def _metrics(result: Evaluation) -> dict[str, float]:
    metrics = {name: float(value) for name, value in result.metrics.items()}
    for output, other in result.others.items():
        metrics |= {f"{output} {name}": float(value) for name, value in other.metrics.items()}
    return metrics


def _history(trained: TrainedModel | None) -> dict[str, list[float]]:
    if trained is None:
        return {}
    return {
        name: [float(value) for value in row]
        for name, row in trained.history.items()
        if name in {"loss", "val_loss", EPOCH}
    }
