"""Trying one variant after another; what was tried is kept, so that a kill loses one at most."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.errors import UserError
from netbuilder.core.project.files import to_json
from netbuilder.core.project.model import Choice, Project
from netbuilder.core.results.tuning.choosing import (
    DEFAULT_TRIALS,
    METHODS,
    grid_size,
    method_for,
)
from netbuilder.core.results.tuning.importance import importance
from netbuilder.core.results.tuning.parallel import Pool, jobs_that_fit
from netbuilder.core.results.tuning.space import Vary, needs_other_data, variant
from netbuilder.core.results.tuning.trial import Trial, trial_of
from netbuilder.core.wording import counted

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Dataset
    from netbuilder.core.engine.changes import Event
    from netbuilder.core.engine.session import Session

#: Trials that must be whole before others are measured by them, and the part of the epochs that
#: each may have.
PRUNE_AFTER, PRUNE_FROM = 4, 0.2
#: Of fewer validation rows than this a few decide which of two variants that are close comes first.
FEW_ROWS = 100
_KEEP = "RestoreBestWeights"


@dataclass(frozen=True)
class Plan:
    """What is to be tried.

    ``trials``: how many variants; None: the whole grid, or 20. ``file``: where trials are kept.
    """

    project: Project
    base: Path
    varied: tuple[Vary, ...]
    trials: int | None = None
    method: str = ""
    seed: int = 0
    prune: bool = True
    file: Path | None = None

    @property
    def chosen(self) -> str:
        """The method, also where none is named."""
        return self.method or method_for(self.varied, self.trials)

    @property
    def count(self) -> int:
        """How many variants there will be."""
        if self.chosen == "grid":
            return min(grid_size(self.varied), self.trials or 10**9)
        return self.trials or DEFAULT_TRIALS

    @property
    def mark(self) -> str:
        """Of all that must be the same for trials to go on: a hash."""
        varied = [repr(one) for one in self.varied]
        told = [to_json(self.project), varied, self.chosen, self.seed]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Study:
    """What came out. ``best`` is the trial with the lowest score, None where none could train;
    ``importance``: path to its share (0 to 1, together 1)."""

    plan: Plan
    trials: tuple[Trial, ...] = ()
    importance: dict[str, float] = field(default_factory=dict)

    @property
    def best(self) -> Trial | None:
        """The trial with the lowest score."""
        whole = [trial for trial in self.trials if trial.score is not None]
        return min(whole, key=lambda trial: trial.score or 0.0, default=None)

    @property
    def caution(self) -> str:
        """What must be known of how the best was found; "" where enough rows chose it."""
        held = None if self.best is None else self.best.held
        if held is None or held >= FEW_ROWS or len(self.trials) < 2:
            return ""
        mend = "Give validation_split in the plan more of the rows, and try again."
        if not held:
            return (
                "No rows were kept for the validation: the variant that knows its training rows"
                f" best came first, and another may be better on new rows. {mend}"
            )
        rows = counted(held, "validation row")
        return (
            f"Only {rows} chose it: with other rows another variant could have come first, and this"
            f" one may do worse on the test. {mend}"
        )

    @property
    def project(self) -> Project:
        """The project with the best values.

        Raises:
            UserError: no variant could train.
        """
        best = self.best
        if best is None:
            reasons = [trial.failed for trial in self.trials if trial.failed]
            raise UserError(
                "No variant could train."
                if not reasons
                else f"No variant could train: {reasons[0]}",
                "Vary something else.",
            )
        return _taken(best, self.plan.project)


def read(plan: Plan) -> list[Trial]:
    """Trials that the plan's file keeps.

    Raises:
        UserError: the file is of another plan, or no such file.
    """
    if plan.file is None or not plan.file.exists():
        return []
    lines = plan.file.read_text(encoding="utf-8").splitlines()
    try:
        head = json.loads(lines[0]) if lines else {"mark": plan.mark}
        mark = head["mark"]
    except (ValueError, TypeError, KeyError):
        raise UserError(
            f"'{plan.file.name}' holds no trials.", "Give another file.", path=str(plan.file)
        ) from None
    if mark != plan.mark:
        raise UserError(
            f"The trials in '{plan.file.name}' are of another project, or varied other things.",
            "Give another file, or remove this one.",
            path=str(plan.file),
        )
    found = []
    for line in lines[1:]:
        try:
            found.append(trial_of(json.loads(line)))
        except (ValueError, TypeError):  # the line that was being written when it was killed
            break
    return found


def _write(plan: Plan, trials: Sequence[Trial]) -> None:
    if plan.file is None:
        return
    from netbuilder.core.project.atomic import write_bytes

    lines = [json.dumps({"format": "netbuilder-trials", "version": 1, "mark": plan.mark})]
    lines += [json.dumps(trial.kept()) for trial in trials]
    write_bytes(plan.file, ("\n".join(lines) + "\n").encode())


def run(
    plan: Plan,
    *,
    on_trial: Callable[[Study], None] | None = None,
    on_epoch: Callable[[dict[str, Any], tuple[float, ...]], None] | None = None,
    stop: Callable[[], bool] | None = None,
    jobs: int = 1,
    memory_mb: int | None = None,
) -> Study:
    """Try variants until there are enough: on the calling thread, or several at once.

    Args:
        plan: what to try; trials that its file keeps count as done.
        on_trial: called with the study so far after each trial, from any thread.
        on_epoch: called with the values of a variant under way and its curve so far, likewise.
        stop: asked after each epoch; True ends the study as it is.
        jobs: how many at once, each in a process of its own.
        memory_mb: that those processes may take together, see ``parallel.jobs_that_fit``.

    Raises:
        UserError: the data cannot be read, or the method needs what is not installed.
    """
    trials = read(plan)
    choose = METHODS[plan.chosen]
    ended = stop or (lambda: False)

    def next_values(known: Sequence[Trial]) -> dict[str, Any] | None:
        return None if len(known) >= plan.count else choose(plan.varied, known, plan.seed)

    def done(trial: Trial) -> None:
        _write(plan, trials)
        if on_trial is not None:
            on_trial(Study(plan, tuple(trials)))

    together = not needs_other_data(plan.varied, plan.project)
    if jobs > 1:
        request = {
            "project": to_json(plan.project),
            "base": str(plan.base.absolute()),
            "prune": plan.prune,
            "shared": together,
        }
        count, each = jobs_that_fit(jobs, memory_mb)
        Pool(request, count, each, ended).run(trials, next_values, done, on_epoch)
        return Study(plan, tuple(trials), importance(plan.varied, trials))
    from netbuilder.core.data.load import load

    shared = load(plan.project, plan.base) if together else None
    while not ended():
        values = next_values(trials)
        if values is None:
            break
        tell = None if on_epoch is None else _teller(on_epoch, values)
        trial = train_variant(
            plan.project, plan.base, values, trials, shared,
            prune=plan.prune, tell=tell, ended=ended,
        )  # fmt: skip
        if trial is None:  # stopped in the middle: it does not count
            break
        trials.append(trial)
        done(trial)
    return Study(plan, tuple(trials), importance(plan.varied, trials))


def _teller(
    tell: Callable[[dict[str, Any], tuple[float, ...]], None], values: dict[str, Any]
) -> Callable[[tuple[float, ...]], None]:
    return lambda curve: tell(values, curve)


class Judge:
    """Follows one trial: keeps its curve, and ends it where others had been better by then.

    Golovin et al., "Google Vizier", KDD 2017, section 3.5: the median stopping rule.
    """

    def __init__(
        self,
        others: Sequence[Trial],
        epochs: int,
        prune: bool,
        tell: Callable[[tuple[float, ...]], None] | None,
        ended: Callable[[], bool],
    ) -> None:
        self.curve: list[float] = []
        self.pruned = self.stopped = False
        self._tell, self._ended = tell, ended
        whole = [t.curve for t in others if t.curve and not t.pruned]
        self._others = whole if prune and len(whole) >= PRUNE_AFTER else []
        self._from = max(2, math.ceil(PRUNE_FROM * epochs))
        self.session: Session | None = None

    def on_event(self, event: Event) -> None:
        """Read what an epoch measured."""
        from netbuilder.core.engine.events import EpochEnd

        if not isinstance(event, EpochEnd) or self.pruned or self.stopped:
            return
        name = "val_loss" if "val_loss" in event.history else "loss"
        self.curve += [float(value) for value in event.history[name]]
        if self._tell is not None:
            self._tell(tuple(self.curve))
        self.stopped = self._ended()
        self.pruned = not self.stopped and self._is_worse()
        if self.session is not None and (self.pruned or self.stopped):
            self.session.stop()

    def _is_worse(self) -> bool:
        done = len(self.curve)
        if not self._others or done < self._from:
            return False
        best = lowest(self.curve)
        then = [lowest(curve[:done]) for curve in self._others]
        known = [value for value in then if value is not None]
        if best is None:
            return True
        return bool(known) and best > float(np.median(known))


def lowest(curve: Sequence[float]) -> float | None:
    """The lowest finite value; None where there is none."""
    finite = [value for value in curve if math.isfinite(value)]
    return min(finite) if finite else None


def train_variant(
    project: Project,
    base: Path,
    values: dict[str, Any],
    others: Sequence[Trial],
    shared: Dataset | None,
    *,
    prune: bool = True,
    tell: Callable[[tuple[float, ...]], None] | None = None,
    ended: Callable[[], bool] = lambda: False,
) -> Trial | None:
    """Train a project with these values; None where it was ended in the middle.

    Args:
        project: what is varied.
        base: folder that its relative paths start from.
        values: by path.
        others: trials that it is measured by.
        shared: the data, where all variants see it alike; None: it is read for this one.
        prune: end it early where others had been better.
        tell: called with the curve so far after each epoch.
        ended: asked after each epoch; True ends it.
    """
    from netbuilder.core.data.load import load
    from netbuilder.core.engine.session import Session

    try:
        project = variant(project, values)
        dataset = shared if shared is not None else load(project, base)
        _refuse_broken(project, dataset)
        judge = Judge(others, project.training.epochs, prune, tell, ended)
        session = Session(project, dataset, on_event=judge.on_event, base=base, record=False)
        judge.session = session
        trained = session.run()
    except UserError as error:
        return Trial(values, None, 0, failed=str(error))
    if judge.stopped:
        return None
    score = lowest(judge.curve)
    failed = "" if score is not None else "Its loss was no number from the first epoch on."
    # A small network is through with its epochs before it can be ended early.
    pruned = judge.pruned and trained.epochs < project.training.epochs
    held = 0 if dataset.validation is None else len(dataset.validation)
    curve = tuple(judge.curve)
    return Trial(values, score, trained.epochs, pruned, trained.seconds, failed, curve, held)


def _refuse_broken(project: Project, dataset: Dataset) -> None:
    """Raise what the checks say: Keras itself would train three units on one target."""
    from netbuilder.core.check import diagnostics
    from netbuilder.core.check.shapes.shapes import ShapeCache

    shapes = ShapeCache().compute(project.graph, dataset.facts)
    problems = diagnostics.main(diagnostics.diagnose(project, dataset.facts, shapes))
    first = next((problem for problem in problems if problem.blocks), None)
    if first is not None:
        raise UserError(first.message, node=first.node)


def with_best(study: Study, project: Project) -> Project:
    """A project, changed since perhaps, with the best values: one edit.

    Raises:
        UserError: no variant could train, or a path leads nowhere any more.
    """
    if study.best is None:
        return study.project
    return _taken(study.best, project)


def _taken(best: Trial, project: Project) -> Project:
    """The project with a trial's values. What was judged is its best epoch, which its plan must
    then keep: the last one may be far worse."""
    project = variant(project, dict(best.values))
    training = project.training
    if best.best_epoch >= best.epochs or any(_keeps_best(one) for one in training.callbacks):
        return project
    callbacks = (*training.callbacks, Choice(_KEEP))
    return replace(project, training=replace(training, callbacks=callbacks))


def _keeps_best(callback: Choice) -> bool:
    return callback.name == _KEEP or bool(callback.params.get("restore_best_weights"))


def default_file(plan: Plan) -> Path:
    """Where trials are kept if no file is named: in the user's folder, by the plan's mark."""
    from netbuilder.core import folders

    return folders.state() / "trials" / f"{plan.mark}.jsonl"


def kept(plan: Plan) -> Plan:
    """The plan with a file to keep trials in.

    Raises:
        UserError: the folder cannot be made.
    """
    file = plan.file or default_file(plan)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"Trials cannot be kept in {file.parent}: {error.strerror}.", "Give another place."
        ) from error
    return replace(plan, file=file)
