"""A trial and its score."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_measure, format_number

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Split
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.evaluate import Evaluation


#: Number of groups that a trial's rows are averaged to.
GROUPS = 1_000
#: Significance level.
LEVEL = 0.05
_LEAST = 1e-7  # as Keras clips probabilities
_ACCURACY, _OFF_BY = "accuracy", "mean_absolute_error"


@dataclass(frozen=True)
class TrialScore:
    """Scores of a trial on the validation rows.

    ``loss``: mean over the rows, without regularization penalties; ``rows``: each row's loss in
    order, or means of groups; ``measured``: "accuracy", or "mean_absolute_error" in the target's
    ``unit``.
    """

    loss: float
    rows: tuple[float, ...] = ()
    measured: Mapping[str, float] = field(default_factory=dict)
    unit: str = ""


def evaluate_trial(trained: TrainedModel, split: Split, *, plainly: bool = False) -> TrialScore:
    """Evaluate rows with the training loss.

    ``plainly``: with the absolute error in own units, or the cross-entropy, for trials with
    different losses.

    Raises:
        DataError: predictions are not finite.
    """
    from netbuilder.core.results.evaluate import evaluate

    evaluation = evaluate(trained, split)
    rows = _plain(evaluation) if plainly else _row_losses(trained, split)
    name = _OFF_BY if evaluation.task == REGRESSION else _ACCURACY
    measured = {name: evaluation.metrics[name]} if name in evaluation.metrics else {}
    unit = evaluation.units[0] if len(set(evaluation.units)) == 1 else ""
    return TrialScore(float(rows.mean()), _grouped(rows), measured, unit)


def _row_losses(trained: TrainedModel, split: Split) -> NDArray[np.float64]:
    from netbuilder.core.engine.networks.loss_values import row_losses

    return row_losses(trained.training_model, trained.project, split.x, split.y)


def _plain(evaluation: Evaluation) -> NDArray[np.float64]:
    """Return each row's error independent of the loss."""
    if evaluation.task == REGRESSION or evaluation.probabilities is None:
        off = np.abs(np.asarray(evaluation.predictions, float) - evaluation.truth)
        return np.asarray(off.reshape(len(off), -1).mean(axis=1))
    if evaluation.task == MULTI_LABEL:
        right = np.where(
            evaluation.truth > 0, evaluation.probabilities, 1 - evaluation.probabilities
        )
        return np.asarray(-np.log(np.clip(right, _LEAST, 1)).mean(axis=1))
    right = evaluation.probabilities[np.arange(evaluation.samples), evaluation.truth]
    return np.asarray(-np.log(np.clip(right, _LEAST, 1)))


def _grouped(rows: NDArray[np.float64]) -> tuple[float, ...]:
    """Return at most ``GROUPS`` means of equally large groups; a rest is dropped."""
    size = -(-len(rows) // GROUPS)
    whole = rows[: len(rows) // size * size].reshape(-1, size).mean(axis=1)
    return tuple(float(f"{value:.6g}") for value in whole)


@dataclass(frozen=True)
class ScoreDifference:
    """The difference of two trials on the same rows; ``chance``: its 95 % margin."""

    mean: float
    chance: float

    @property
    def beyond(self) -> bool:
        """Whether the difference is significant."""
        return abs(self.mean) > self.chance


def score_difference(first: Sequence[float], other: Sequence[float]) -> ScoreDifference | None:
    """Return how far ``first`` is above ``other``; None if their rows are unknown or differ.

    Student's paired t-test at 5 %, as in Diebold and Mariano (1995). Picking the best of several
    favours it.
    """
    if len(first) != len(other) or len(first) < 2:
        return None
    from scipy.stats import t

    apart = np.asarray(first, float) - np.asarray(other, float)
    error = float(apart.std(ddof=1)) / len(apart) ** 0.5
    return ScoreDifference(float(apart.mean()), float(t.ppf(1 - LEVEL / 2, len(apart) - 1)) * error)


def describe_score(verdict: Mapping[str, float], unit: str) -> str:
    """Return the score in words: "97.5 % right", "off by $43.4"; "" for none."""
    if _ACCURACY in verdict:
        return _("{share} correct", share=format_number(verdict[_ACCURACY], ".1%"))
    if _OFF_BY in verdict:
        return _("off by {error}", error=format_measure(verdict[_OFF_BY], unit))
    return ""


@dataclass(frozen=True)
class Trial:
    """One trial.

    Attributes:
        values: by path.
        score: validation loss of the best epoch without penalties (training loss without
            validation), or ``StudyPlan.measure``; None if it failed.
        pruned: ended early.
        failed: the error; "" for none.
        curve: the score's quantity by epoch.
        held: validation rows, 0 for none; None if unknown.
        rows: the score by row or group; empty if unknown.
        measured: "accuracy", or "mean_absolute_error" in ``unit``.
        judged: the scored epoch, from 1; 0 if unknown.
    """

    values: Mapping[str, Any]
    score: float | None
    epochs: int
    pruned: bool = False
    seconds: float = 0.0
    failed: str = ""
    curve: tuple[float, ...] = ()
    held: int | None = None
    rows: tuple[float, ...] = ()
    measured: Mapping[str, float] = field(default_factory=dict)
    unit: str = ""
    judged: int = 0

    @property
    def best_epoch(self) -> int:
        """The scored epoch, from 1; 0 without one."""
        if self.judged:
            return self.judged
        return self.curve.index(self.score) + 1 if self.score in self.curve else 0

    @property
    def rank(self) -> tuple[int, float]:
        """A sort key: pruned trials come after complete ones."""
        if self.score is None:
            return 2, 0.0
        return int(self.pruned), self.score

    def kept(self) -> dict[str, Any]:
        """Return all fields for the file of a study and for the worker."""
        return dict(self.__dict__)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON of ``netbuilder tune --json``."""
        entry: dict[str, Any] = {
            "values": dict(self.values),
            "score": self.score,
            "epochs": self.epochs,
            "best_epoch": self.best_epoch,
            "pruned": self.pruned,
            "seconds": round(self.seconds, 3),
        }
        if self.measured:
            entry["validation"] = dict(self.measured)
        if self.failed:
            entry["failed"] = self.failed
        return entry


def trial_from_json(entry: Mapping[str, Any]) -> Trial:
    """Return the trial of ``Trial.kept``."""
    lists = {name: tuple(entry.get(name, ())) for name in ("curve", "rows")}
    return Trial(**{**entry, **lists})


def lowest_value(curve: Sequence[float]) -> float | None:
    """Return the lowest finite value, or None."""
    finite = [value for value in curve if math.isfinite(value)]
    return min(finite) if finite else None
