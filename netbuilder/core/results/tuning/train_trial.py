"""Training and scoring of one trial."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Choice, Project
from netbuilder.core.results.tuning.sampling import pruning_rule
from netbuilder.core.results.tuning.search_space import apply_values
from netbuilder.core.results.tuning.trial import Trial, TrialScore, evaluate_trial, lowest_value

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Dataset
    from netbuilder.core.engine.session import Session
    from netbuilder.core.engine.trained import Event, TrainedModel

_KEEP = "RestoreBestWeights"
_NO_NUMBER = N_("The loss was not a number from the first epoch on. Try smaller learning rates.")


def with_best_epoch_kept(project: Project) -> Project:
    """Return the project with the best epoch restored after training."""
    training = project.training
    if any(_keeps_best(callback) for callback in training.callbacks):
        return project
    callbacks = (*training.callbacks, Choice(_KEEP))
    return replace(project, training=replace(training, callbacks=callbacks))


def _keeps_best(callback: Choice) -> bool:
    return callback.name == _KEEP or bool(callback.params.get("restore_best_weights"))


class TrialObserver:
    """Collects a trial's curve, and prunes it if its epochs are worse than those of others."""

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
        self._is_worse = pruning_rule(others, epochs) if prune else lambda _curve: False
        self.session: Session | None = None

    def on_event(self, event: Event) -> None:
        """Record an epoch."""
        from netbuilder.core.engine.events import EpochEnd

        if not isinstance(event, EpochEnd) or self.pruned or self.stopped:
            return
        name = "val_loss" if "val_loss" in event.history else "loss"
        self.curve += [float(value) for value in event.history[name]]
        if self._tell is not None:
            self._tell(tuple(self.curve))
        self.stopped = self._ended()
        self.pruned = not self.stopped and self._is_worse(self.curve)
        if self.session is not None and (self.pruned or self.stopped):
            self.session.stop()


def train_trial(
    project: Project,
    base: Path,
    values: dict[str, Any],
    others: Sequence[Trial],
    shared: Dataset | None,
    *,
    prune: bool = True,
    plainly: bool = False,
    tell: Callable[[tuple[float, ...]], None] | None = None,
    ended: Callable[[], bool] = lambda: False,
) -> Trial | None:
    """Train a project with these values; None if it was cancelled.

    Args:
        values: by path.
        others: earlier trials, for pruning.
        shared: the data, if all trials use the same; None: it is read.
        prune: end it early if others were better.
        plainly: score it independently of its loss.
        tell: called with the curve so far after each epoch.
        ended: checked after each epoch; True cancels.
    """
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.engine.session import RunStorage, Session

    try:
        project = with_best_epoch_kept(apply_values(project, values))
        dataset = shared if shared is not None else load_dataset(project, base)
        _refuse_broken(project, dataset)
        watch = TrialObserver(others, project.training.epochs, prune, tell, ended)
        storage = RunStorage(base, record=False)
        session = Session(project, dataset, on_event=watch.on_event, storage=storage)
        watch.session = session
        trained = session.run()
        if watch.stopped:
            return None
        verdict = _verdict(trained, dataset, plainly)
    except UserError as error:
        return Trial(values, None, 0, failed=str(error))
    curve = tuple(watch.curve)
    epoch = trained.kept_epoch or len(curve)
    score = _score(trained, curve, epoch, verdict, plainly)
    failed = "" if score is not None else _(_NO_NUMBER)
    # A small network is through with its epochs before it can be ended early.
    pruned = watch.pruned and trained.epochs < project.training.epochs
    validation_rows = 0 if dataset.validation is None else len(dataset.validation)
    evaluated = verdict if verdict is not None else TrialScore(math.nan)
    return Trial(
        values, score, trained.epochs, pruned, trained.seconds, failed, curve, validation_rows,
        evaluated.rows, evaluated.measured, evaluated.unit, 0 if score is None else epoch,
    )  # fmt: skip


def _verdict(trained: TrainedModel, dataset: Dataset, plainly: bool) -> TrialScore | None:
    split = dataset.validation
    if split is None or not len(split):
        return None
    try:
        return evaluate_trial(trained, split, plainly=plainly)
    except UserError:  # its answers are no numbers
        return None


def _score(
    trained: TrainedModel,
    curve: Sequence[float],
    epoch: int,
    verdict: TrialScore | None,
    plainly: bool,
) -> float | None:
    """Return the score: the epoch's value, or the evaluated loss if epochs do not compare."""
    apart = plainly or bool(trained.training_model.losses)  # epochs include penalties
    if verdict is not None and apart:
        return verdict.loss if math.isfinite(verdict.loss) else None
    here = curve[epoch - 1] if 0 < epoch <= len(curve) else math.nan
    return here if math.isfinite(here) else lowest_value(curve)


def _refuse_broken(project: Project, dataset: Dataset) -> None:
    """Raise what the checks find: Keras would train three units on one target."""
    from netbuilder.core.check import diagnostics
    from netbuilder.core.check.shapes.shapes import ShapeCache

    shapes = ShapeCache().compute(project.graph, dataset.facts)
    problems = diagnostics.primary_problems(diagnostics.diagnose(project, dataset.facts, shapes))
    first = next((problem for problem in problems if problem.blocks), None)
    if first is not None:
        raise UserError(first.message, node=first.node)
