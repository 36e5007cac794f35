"""Judge the steps of a lesson on a submission.

What the file says of itself (ticks, events, metrics) is only a claim. A step counts where the
network, its data and a repeated evaluation prove it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.errors import UserError
from netbuilder.core.lessons import library
from netbuilder.core.lessons.lesson import Lesson
from netbuilder.core.lessons.lesson_files import observe_file, observe_project
from netbuilder.core.lessons.lesson_state import SAVED, LessonState, ObservedRun
from netbuilder.core.lessons.step_check import StepResult, check_steps, judged_at_the_end

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Dataset, Split
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.project.model import Project

DONE, MISSING, UNVERIFIED = "done", "missing", "unverified"


@dataclass(frozen=True)
class JudgedStep:
    """One step; ``status`` is done, missing or unverified (claimed, but not proven).

    ``if_verified`` is the status if retraining confirms the recorded run; ``why`` says what is
    missing. ``counts``: a finished work can prove the step, so it shares the points.
    """

    title: str
    status: str
    if_verified: str
    why: str = ""
    counts: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return the step as JSON."""
        return asdict(self)


def judge_steps(
    lesson: Lesson,
    path: Path,
    project: Project,
    trained: TrainedModel | None = None,
    dataset: Dataset | None = None,
) -> list[JudgedStep]:
    """Judge each step of ``lesson`` on the evidence; ``dataset`` is None if not available here.

    Raise UserError if the file, or the lesson's start project, cannot be read.
    """
    facts = dataset.facts if dataset is not None else trained.facts if trained else None
    claimed = observe_file(lesson, path)
    evident = observe_project(
        lesson, project, facts, _observed_run(trained, dataset), _events_of(path)
    )
    evident = replace(
        evident,
        events=_events_of(path),
        done=frozenset(),
        problems=evident.problems if dataset is not None or not project.data.kind else None,
    )
    confirmed = replace(evident, run=_confirmed_run(claimed, evident))
    # Recorded page visits of a trained network count where the step also shows it, or an answer.
    evident_visited, confirmed_visited = (
        replace(state, events=claimed.events if trained is not None else state.events)
        for state in (evident, confirmed)
    )
    checked = zip(
        *(
            check_steps(lesson, state)
            for state in (evident, confirmed, evident_visited, confirmed_visited, claimed)
        ),
        strict=True,
    )
    # Without a network even right answers show no work.
    empty = all(node.layer == "Input" for node in project.graph.nodes)
    steps = []
    for *strict, if_visited, if_visited_confirmed, claim in checked:
        counts = judged_at_the_end(lesson, claim.number)
        result, retrained = (if_visited, if_visited_confirmed) if counts else strict
        why = claim.undone or claim.missing or result.missing
        status, if_verified = (_status(steps, claim, empty) for steps in (result, retrained))
        steps.append(JudgedStep(result.title, status, if_verified,
                                "" if result.done else " ".join(why), counts))  # fmt: skip
    return steps


def _status(evidence: StepResult, claim: StepResult, empty: bool) -> str:
    if evidence.done and not empty:
        return DONE
    return UNVERIFIED if claim.done and not claim.undone else MISSING


def _events_of(path: Path) -> frozenset[str]:
    """Return the only event that a file proves: that it was saved."""
    return frozenset({f"{SAVED}:{path.suffix.lower()}"})


def _confirmed_run(claimed: LessonState, evident: LessonState) -> ObservedRun | None:
    """Return the recorded run with recorded metrics replaced by evaluated ones."""
    if claimed.run is None or evident.run is None:
        return evident.run
    return replace(
        claimed.run,
        history=claimed.run.history or evident.run.history,
        test={**claimed.run.test, **evident.run.test},
    )


def _observed_run(trained: TrainedModel | None, dataset: Dataset | None) -> ObservedRun | None:
    """Return what the network itself shows of its training; the epochs are unknown."""
    if trained is None:
        return None
    if not _has_learned(trained):
        return ObservedRun(trained.project, 0)
    history: dict[str, list[float]] = {}
    test: Mapping[str, float] = {}
    if dataset is not None:
        history = {name: [value] for name, value in _numbers(trained, dataset.train).items()}
        for name, value in _numbers(trained, dataset.validation).items():
            history[f"val_{name}"] = [value]
        test = _numbers(trained, dataset.test, own_units=True)
    return ObservedRun(trained.project, None, history, test)


def _has_learned(trained: TrainedModel) -> bool:
    """Return whether the weights differ from the initial weights of its seed."""
    import numpy as np

    from netbuilder.core.engine.networks.graph_to_keras import build_training_model

    try:
        initial = build_training_model(
            trained.project, trained.facts, seed=trained.project.training.seed
        ).get_weights()
    except Exception:  # noqa: BLE001  weights from a missing file, say
        return True
    weights = trained.training_model.get_weights()
    return len(initial) != len(weights) or not all(
        np.array_equal(before, after) for before, after in zip(initial, weights, strict=True)
    )


def _numbers(
    trained: TrainedModel, split: Split | None, *, own_units: bool = False
) -> dict[str, float]:
    from netbuilder.core.results.evaluate import evaluate
    from netbuilder.core.results.own_units import preprocessing_of

    if split is None or not len(split):
        return {}
    try:
        own = {name: float(value) for name, value in evaluate(trained, split).metrics.items()}
    except UserError:
        return {}
    x, y = split.x, split.y
    if split.raw_y:
        preprocessing = preprocessing_of(trained)
        x, y = preprocessing.apply_inputs(split.raw_x), preprocessing.apply_targets(split.raw_y)
    model: Any = trained.training_model
    outputs = trained.project.graph.outputs
    try:
        metrics = model.evaluate(
            [x[name] for name in trained.project.graph.inputs if name in x],
            [y[name] for name in outputs],
            batch_size=256, verbose=0, return_dict=True,
        )  # fmt: skip
    except Exception:  # noqa: BLE001  not compiled, or inputs in another order
        return own
    scaled = {name: float(value) for name, value in metrics.items()}
    return {**scaled, **own} if own_units else {**own, **scaled}


@lru_cache(maxsize=64)
def known_lesson(name: str) -> str:
    """Return ``name`` if it is a listed lesson, else "": a submission must not name a path."""
    listed = {lesson.name for folder in library.lesson_folders() for lesson in folder.lessons}
    return name if name in listed else ""


@lru_cache(maxsize=4)
def lesson_named(name: str) -> Lesson:
    """Return a lesson by its name or file, cached."""
    return library.find_lesson(name)
