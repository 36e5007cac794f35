"""Judging one handed-in file. Runs in a worker's process; gives plain JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.errors import UserError
from netbuilder.core.formats.registry import MODEL_ENDINGS
from netbuilder.core.grading import hand_in
from netbuilder.core.grading.sameness import fingerprint_of
from netbuilder.core.grading.seal import MISSING, judged, statement
from netbuilder.core.grading.steps import steps_done

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel

ENDINGS = (*MODEL_ENDINGS, ".netbuilder")


def judge(path: Path, data: Path, lesson: str = "", private_key: str = "") -> dict[str, Any]:
    """What a file holds and how good it is on the hidden data.

    Args:
        path: the file.
        data: the hidden rows, as ``results.evaluate`` takes them.
        lesson: name or file of the lesson whose steps are checked, "" for none.
        private_key: the teacher's, to open seals with; "" asks for none.

    Returns:
        JSON: ``student``, ``work``, ``time``, ``steps`` [bool], ``metrics``, ``main`` (share of
        the points without a rubric, or None), ``parameters``, ``fingerprint``, ``svg``,
        ``history``, ``seal``, ``answers`` [column], ``message``, ``failed``, and ``misfit``: why
        the hidden data does not fit the network.

    Raises:
        UserError: the file cannot be read, or holds nothing to judge.
    """
    from netbuilder.core.formats import registry
    from netbuilder.core.formats.writers.svg import svg

    if path.stat().st_size == 0:
        raise UserError("The file is empty (0 bytes).", "Ask for it again.")
    trained: TrainedModel | None = None
    if registry.is_model(path):
        trained = registry.load(path)
    project = trained.project if trained is not None else registry.read_project(path)
    given = hand_in.hand_in_of(project)
    found: dict[str, Any] = {
        "student": hand_in.student_of(path, given),
        "time": given.time.isoformat() if given and given.time else "",
        "metrics": {},
        "main": None,
        "parameters": trained.core.count_params() if trained is not None else None,
        "svg": svg(project),
        "history": _history(trained),
        "failed": False,
        "message": "",
    }
    weights = [] if trained is None else trained.core.get_weights()
    found["fingerprint"] = fingerprint_of(
        project.graph, weights, given.work if given else ""
    ).__dict__
    if private_key:
        found["seal"] = _seal(private_key, found, given, trained)
    recorded = given.steps if given else ()
    found["steps"] = steps_done(lesson, path) if lesson else list(recorded)
    if trained is not None:
        _measure(trained, data, found)
    if trained is None and not lesson:
        raise UserError(
            f"'{path.name}' is a project: nothing was trained.",
            "Ask for the .h5, or name the lesson whose steps count.",
        )
    if trained is None:
        found["message"] = "Nothing was trained: only the steps of the lesson count."
    return found


def _seal(
    private_key: str,
    found: Mapping[str, Any],
    given: hand_in.HandIn | None,
    trained: TrainedModel | None,
) -> str:
    if given is None:
        return MISSING
    told = statement(
        weights=found["fingerprint"]["weights"],
        graph=found["fingerprint"]["graph"],
        history={} if trained is None else trained.history,
        student=given.student,
        lesson=given.lesson,
        steps=given.steps,
        work=given.work,
        time=given.time,
    )
    return judged(private_key, given.seal, told)


def main_share(metrics: Mapping[str, float]) -> float | None:
    """Share of the points where no rubric says otherwise: accuracy, or r2 (not below 0)."""
    for name in ("accuracy", "r2_score"):
        value = metrics.get(name)
        if value is not None and math.isfinite(value):
            return min(1.0, max(0.0, value))
    return None


def _measure(trained: TrainedModel, data: Path, found: dict[str, Any]) -> None:
    """How good it is on the hidden data; where the two do not fit, that is said instead.

    What else was found stays: the teacher sees the network, and whether it is a copy.
    """
    from netbuilder.core.results.answers import preprocessing_of

    outputs = preprocessing_of(trained).outputs.values()
    found["answers"] = [name for output in outputs for name in output.columns]
    try:
        found["metrics"] = _evaluated(trained, data)
    except UserError as error:
        words = _foreign(data) if not trained.project.data.kind else str(error)
        found |= {"failed": True, "misfit": words, "message": words}
        return
    found["main"] = main_share(found["metrics"])


def _foreign(data: Path) -> str:
    return (
        "It was not made with NetBuilder: nothing in it says which columns it takes and what its "
        f"answers mean, so it is not judged on {data.name}. Ask for the .h5 that NetBuilder saves."
    )


def _evaluated(trained: TrainedModel, data: Path) -> dict[str, float]:
    from netbuilder.core.results.evaluate import evaluate

    result = evaluate(trained, data)
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
        if name in {"loss", "val_loss"}
    }
