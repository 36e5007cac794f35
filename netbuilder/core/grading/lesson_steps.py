"""The steps of a lesson, judged again on a submission.

What the file says of itself (ticks, events, numbers of its run) is a claim and no evidence. A step
counts where the network, its data and a repeated evaluation show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.errors import UserError
from netbuilder.core.lesson_files import observe_file, observe_project
from netbuilder.core.lessons import library
from netbuilder.core.lessons.lesson import Lesson
from netbuilder.core.lessons.lesson_state import SAVED, LessonState, ObservedRun
from netbuilder.core.lessons.step_check import StepResult, check_steps, judged_at_the_end

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Dataset, Split
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.project.model import Project

DONE, MISSING, UNVERIFIED = "done", "missing", "unverified"


@dataclass(frozen=True)
class JudgedStep:
    """One step. ``status`` is done, missing or unverified (claimed, and nothing shows it).

    ``if_verified`` is the status where training again confirms the recorded run; ``why`` are
    sentences about what is missing. ``counts``: the points are shared among such steps, those that
    a finished work can show.
    """

    title: str
    status: str
    if_verified: str
    why: str = ""
    counts: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return the step as the worker answers it."""
        return asdict(self)


def judge_steps(
    lesson: Lesson,
    path: Path,
    project: Project,
    trained: TrainedModel | None = None,
    dataset: Dataset | None = None,
) -> list[JudgedStep]:
    """Judge each step of ``lesson`` on the evidence.

    Args:
        lesson: the lesson.
        path: the submitted file.
        project: what stands in the file.
        trained: its network, where it has one.
        dataset: its data as they are here; None where they are not.

    Raises:
        UserError: the file, or the lesson's start project, cannot be read.
    """
    facts = dataset.facts if dataset is not None else trained.facts if trained else None
    claimed = observe_file(lesson, path)
    seen = observe_project(
        lesson, project, facts, _observed_run(trained, dataset), _events_of(path)
    )
    seen = replace(
        seen,
        events=_events_of(path),
        done=frozenset(),
        problems=seen.problems if dataset is not None or not project.data.kind else None,
    )
    confirmed = replace(seen, run=_confirmed_run(claimed, seen))
    # That a page was opened counts as recorded, where the same step shows its network or answer.
    looked, looked_again = (replace(one, events=claimed.events) for one in (seen, confirmed))
    checked = zip(
        *(check_steps(lesson, one) for one in (seen, confirmed, looked, looked_again, claimed)),
        strict=True,
    )
    found = []
    for *strict, now_looked, again_looked, claim in checked:
        counts = judged_at_the_end(lesson, claim.number)
        now, again = (now_looked, again_looked) if counts else strict
        why = claim.undone or claim.missing or now.missing
        found.append(JudgedStep(now.title, _status(now, claim), _status(again, claim),
                                "" if now.done else " ".join(why), counts))  # fmt: skip
    return found


def _status(seen: StepResult, claim: StepResult) -> str:
    if seen.done:
        return DONE
    return UNVERIFIED if claim.done and not claim.undone else MISSING


def _events_of(path: Path) -> frozenset[str]:
    """The one event that a file proves: that it was saved."""
    return frozenset({f"{SAVED}:{path.suffix.lower()}"})


def _confirmed_run(claimed: LessonState, seen: LessonState) -> ObservedRun | None:
    """The recorded run, with what was evaluated again in the place of recorded numbers."""
    if claimed.run is None or seen.run is None:
        return seen.run
    return replace(
        claimed.run,
        history=claimed.run.history or seen.run.history,
        test={**claimed.run.test, **seen.run.test},
    )


def _observed_run(trained: TrainedModel | None, dataset: Dataset | None) -> ObservedRun | None:
    """What the network itself shows of its training; for how many epochs is not known."""
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
    """Whether the weights are others than those that its seed begins with."""
    import numpy as np

    from netbuilder.core.engine.build.graph_to_keras import build_training_model

    try:
        begun = build_training_model(
            trained.project, trained.facts, seed=trained.project.training.seed
        ).get_weights()
    except Exception:  # noqa: BLE001  weights from a file that is not here, say
        return True
    weights = trained.training_model.get_weights()
    return len(begun) != len(weights) or not all(
        np.array_equal(one, other) for one, other in zip(begun, weights, strict=True)
    )


def _numbers(
    trained: TrainedModel, split: Split | None, *, own_units: bool = False
) -> dict[str, float]:
    """Evaluate again: as the curves have it, or in the data's own units where both are there."""
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
        found = model.evaluate(
            [x[name] for name in trained.project.graph.inputs if name in x],
            [y[name] for name in outputs],
            batch_size=256, verbose=0, return_dict=True,
        )  # fmt: skip
    except Exception:  # noqa: BLE001  not compiled, or with inputs of another order: its own suffice
        return own
    scaled = {name: float(value) for name, value in found.items()}
    return {**scaled, **own} if own_units else {**own, **scaled}


@lru_cache(maxsize=64)
def known_lesson(name: str) -> str:
    """``name`` where a lesson of it is listed here, else "".

    A submission says of itself which lesson it is of: that is no path to be followed.
    """
    listed = {one.name for shelf in library.lesson_folders() for one in shelf.lessons}
    return name if name in listed else ""


@lru_cache(maxsize=4)
def lesson_named(name: str) -> Lesson:
    """Return a lesson by its name or its file, read once."""
    return library.find_lesson(name)
