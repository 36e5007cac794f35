"""A variant that was tried."""

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


#: Numbers of the rows that are kept with a trial: of more rows, means of this many groups.
GROUPS = 1_000
#: Of all differences that are chance alone, the part that is called one all the same.
LEVEL = 0.05
_LEAST = 1e-7  # as Keras clips probabilities
_ACCURACY, _OFF_BY = "accuracy", "mean_absolute_error"


@dataclass(frozen=True)
class TrialScore:
    """What the validation rows say of a trained variant.

    Attributes:
        loss: the mean over the rows, without the penalties of regularizers.
        rows: each row's part of it, in the order of the rows, or means of groups of them.
        measured: "accuracy", or "mean_absolute_error" in the target's own units.
        unit: of the latter ("$"), or "".
    """

    loss: float
    rows: tuple[float, ...] = ()
    measured: Mapping[str, float] = field(default_factory=dict)
    unit: str = ""


def evaluate_trial(trained: TrainedModel, split: Split, *, plainly: bool = False) -> TrialScore:
    """Judge on rows with the loss that was trained with.

    Args:
        trained: the network.
        split: rows whose answers are known.
        plainly: measure what any loss leads to instead, so that variants with different losses
            can be compared: the absolute error in own units, or the cross-entropy of classes.

    Raises:
        DataError: it gives no numbers.
    """
    from netbuilder.core.results.evaluate import evaluate

    found = evaluate(trained, split)
    rows = _plain(found) if plainly else _row_losses(trained, split)
    name = _OFF_BY if found.task == REGRESSION else _ACCURACY
    said = {name: found.metrics[name]} if name in found.metrics else {}
    unit = found.units[0] if len(set(found.units)) == 1 else ""
    return TrialScore(float(rows.mean()), _grouped(rows), said, unit)


def _row_losses(trained: TrainedModel, split: Split) -> NDArray[np.float64]:
    from netbuilder.core.engine.build.loss_values import row_losses

    return row_losses(trained.training_model, trained.project, split.x, split.y)


def _plain(found: Evaluation) -> NDArray[np.float64]:
    """Row by row, what can be said whatever the loss was."""
    if found.task == REGRESSION or found.probabilities is None:
        off = np.abs(np.asarray(found.predictions, float) - found.truth)
        return np.asarray(off.reshape(len(off), -1).mean(axis=1))
    if found.task == MULTI_LABEL:
        right = np.where(found.truth > 0, found.probabilities, 1 - found.probabilities)
        return np.asarray(-np.log(np.clip(right, _LEAST, 1)).mean(axis=1))
    right = found.probabilities[np.arange(found.samples), found.truth]
    return np.asarray(-np.log(np.clip(right, _LEAST, 1)))


def _grouped(rows: NDArray[np.float64]) -> tuple[float, ...]:
    """At most ``GROUPS`` numbers: means of groups as large as each other, the last rows left out
    where they fill none, so that each weighs the same."""
    size = -(-len(rows) // GROUPS)
    whole = rows[: len(rows) // size * size].reshape(-1, size).mean(axis=1)
    return tuple(float(f"{value:.6g}") for value in whole)


@dataclass(frozen=True)
class ScoreDifference:
    """How far two variants are apart on the same rows; ``chance``: what chance alone makes of it
    in 19 of 20 cases. ``beyond``: it is more than that."""

    mean: float
    chance: float

    @property
    def beyond(self) -> bool:
        """Whether chance does not explain it."""
        return abs(self.mean) > self.chance


def score_difference(one: Sequence[float], other: Sequence[float]) -> ScoreDifference | None:
    """How far ``one`` is above ``other``, row by row; None where the rows are not known alike.

    Student's paired t-test at the level of 5 %: the mean of the rows' differences against its
    standard error. On rows that neither was trained on, this is the test of Diebold and Mariano,
    "Comparing Predictive Accuracy", Journal of Business & Economic Statistics 1995. Where several
    variants are compared with the best of them it is kind to the best, since that was picked.
    """
    if len(one) != len(other) or len(one) < 2:
        return None
    from scipy.stats import t

    apart = np.asarray(one, float) - np.asarray(other, float)
    error = float(apart.std(ddof=1)) / len(apart) ** 0.5
    return ScoreDifference(float(apart.mean()), float(t.ppf(1 - LEVEL / 2, len(apart) - 1)) * error)


def describe_score(verdict: Mapping[str, float], unit: str) -> str:
    """What was measured, for people: "97.5 % right", "off by $43.4"; "" where nothing was."""
    if _ACCURACY in verdict:
        return _("{share} correct", share=format_number(verdict[_ACCURACY], ".1%"))
    return (
        _("off by {error}", error=format_measure(verdict[_OFF_BY], unit))
        if _OFF_BY in verdict
        else ""
    )


@dataclass(frozen=True)
class Trial:
    """One variant and how far it came.

    Attributes:
        values: by path.
        score: the validation loss of its best epoch, without penalties of regularizers (the
            training loss where nothing is validated), or what ``StudyPlan.measure`` says; None
            where it could not train.
        epochs: epochs done.
        pruned: ended early, since others had been better at that epoch.
        seconds: of the training.
        failed: why it could not train; "" where it could.
        curve: the score's quantity after each epoch.
        held: validation rows that gave the score, 0 where nothing is validated; None where that
            is not known.
        rows: of each of these rows, or of groups of them, what the score is the mean of; empty
            where that is not known.
        measured: what people ask of the validation rows: "accuracy", or "mean_absolute_error" in
            ``unit``.
        judged: the epoch, counted from 1, whose weights were judged; 0 where that is not known.
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
        """The epoch, counted from 1, that has the score; 0 where none has."""
        if self.judged:
            return self.judged
        return self.curve.index(self.score) + 1 if self.score in self.curve else 0

    @property
    def rank(self) -> tuple[int, float]:
        """To sort by: a pruned trial's score is of fewer epochs and compares with no other."""
        if self.score is None:
            return 2, 0.0
        return int(self.pruned), self.score

    def kept(self) -> dict[str, Any]:
        """All of it, as the file of a study and a worker's answer say it."""
        lists = {"curve": list(self.curve), "rows": list(self.rows)}
        return {
            **self.__dict__,
            **lists,
            "values": dict(self.values),
            "measured": dict(self.measured),
        }

    def to_json(self) -> dict[str, Any]:
        """As ``netbuilder tune --json`` says it."""
        found: dict[str, Any] = {
            "values": dict(self.values),
            "score": self.score,
            "epochs": self.epochs,
            "best_epoch": self.best_epoch,
            "pruned": self.pruned,
            "seconds": round(self.seconds, 3),
        }
        if self.measured:
            found["validation"] = dict(self.measured)
        if self.failed:
            found["failed"] = self.failed
        return found


def trial_from_json(entry: Mapping[str, Any]) -> Trial:
    """The reverse of ``Trial.kept``.

    Raises:
        TypeError: it is something else.
    """
    lists = {name: tuple(entry.get(name, ())) for name in ("curve", "rows")}
    return Trial(**{**entry, **lists})


def lowest_value(curve: Sequence[float]) -> float | None:
    """The lowest finite value; None where there is none."""
    finite = [value for value in curve if math.isfinite(value)]
    return min(finite) if finite else None
