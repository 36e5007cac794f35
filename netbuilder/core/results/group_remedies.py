"""What reweighting or more data would change for one group, measured by training again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.results.evaluate import evaluate
from netbuilder.core.results.learning_curve import select_rows, train_quietly
from netbuilder.core.results.statistics import group_values, part_of
from netbuilder.core.wording import format_number, format_percent

#: Differences below this share of the measure are not worth a remedy.
_LITTLE = 0.01


@dataclass(frozen=True)
class GroupRemedies:
    """How one group is predicted by networks that were trained in other ways.

    Attributes:
        group: its value in the column.
        metric: "accuracy" or "mean_absolute_error".
        rows, total: training rows of the group, and all.
        weight: by which each row of the group counts where all groups weigh the same.
        now: the measure of the group as it was trained.
        reweighted: with all groups of the same weight.
        halved: with half of the group's training rows; None where it has too few.
        others_now, others_reweighted: the measure of all other rows.
    """

    group: str
    metric: str
    rows: int
    total: int
    weight: float
    now: float
    reweighted: float
    halved: float | None
    others_now: float
    others_reweighted: float

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was measured, and what follows from it."""
        said = [
            ngettext(
                "“{group}” has {count} of {total} training rows.",
                "“{group}” has {count} of {total} training rows.",
                self.rows, group=self.group, total=format_number(self.total, ","),
            ),
            _(
                "Reweighted, so that all groups weigh the same (each row of “{group}” counts "
                "{weight} times): {metric} {now} → {after} for this group, {others} → "
                "{others_after} for all others.",
                group=self.group, weight=format_number(self.weight, ".3g"),
                metric=self.metric, now=self._text(self.now),
                after=self._text(self.reweighted), others=self._text(self.others_now),
                others_after=self._text(self.others_reweighted),
            ),
        ]  # fmt: skip
        if self.halved is None:
            said.append(_("The group has too few training rows to measure what more would change."))
        else:
            numbers = {"before": self._text(self.halved), "now": self._text(self.now)}
            said.append(
                _(
                    "With half of its training rows, the group reaches {before}; with all of them, "
                    "{now}: more rows of this group are likely to help.",
                    **numbers,
                )
                if self._gain(self.halved, self.now) > _LITTLE * max(abs(self.now), 1e-9)
                else _(
                    "With half of its training rows, the group reaches {before}; with all of them, "
                    "{now}: twice as many rows changed little.",
                    **numbers,
                )
            )
        return tuple(said)

    def _gain(self, before: float, after: float) -> float:
        return after - before if self.metric == "accuracy" else before - after

    def _text(self, value: float) -> str:
        return (format_percent if self.metric == "accuracy" else format_number)(value)


def measure_remedies(
    trained: TrainedModel,
    dataset: Dataset,
    column: str,
    group: str,
    *,
    file: Path | None = None,
    test_file: Path | None = None,
    base: Path | None = None,
    ended: Callable[[], bool] = lambda: False,
) -> GroupRemedies | None:
    """Train twice more, from the same seed: reweighted, and with half of the group's rows.

    Args:
        trained: the network.
        dataset: its data.
        column: by whose values rows are grouped.
        group: the value of the group in question.
        file: the table that the training rows come from, where it is at hand.
        test_file: that of the test rows, where it is another one.
        base: folder that the project's relative paths start from.
        ended: asked after each epoch; True ends it, and gives None.

    Raises:
        DataError: the rows are read from disk while training, there is no test set, or the group
            has no training row.
    """
    test = dataset.test or dataset.validation
    if dataset.stream is not None or test is None:
        raise DataError(
            _("The rows of this data cannot be weighed by group."),
            _("Use data that fits in memory and has a test set."),
            code="group_remedies_need_rows",
        )
    tested = group_values(trained, test, column, test_file or file)
    held = group_values(trained, dataset.train, column, file, like=test, like_file=test_file)
    mine = held == group
    if not mine.any():
        raise DataError(
            _("The training set has no row of “{group}”.", group=group),
            _("Collect data of this group: no weight can replace it."),
            code="group_without_rows",
        )
    names, places, counts = np.unique(held, return_inverse=True, return_counts=True)
    weights = (len(held) / (len(names) * counts))[places].astype(np.float32)
    base_weights = dataset.train.sample_weight
    even = weights if base_weights is None else weights * base_weights
    rest = np.random.default_rng(0).permutation(np.flatnonzero(mine))[: int(mine.sum()) // 2]
    ways = [replace(dataset.train, sample_weight=even)]
    if int(mine.sum()) > 1:
        kept = np.setdiff1d(np.arange(len(held)), rest)
        ways.append(select_rows(dataset.train, kept))
    scores = [_scores(trained, dataset, tested == group)]
    for train in ways:
        again = train_quietly(trained.project, replace(dataset, train=train), base, 0, ended)
        if again is None:
            return None
        scores.append(_scores(again, dataset, tested == group))
    smallest = float(weights[mine][0] / weights[~mine].min()) if (~mine).any() else 1.0
    return GroupRemedies(
        group, scores[0][2], int(mine.sum()), len(held), smallest, scores[0][0], scores[1][0],
        scores[2][0] if len(scores) > 2 else None, scores[0][1], scores[1][1],
    )  # fmt: skip


def _scores(
    trained: TrainedModel, dataset: Dataset, rows: NDArray[np.bool_]
) -> tuple[float, float, str]:
    """The measure of these test rows, of all others, and its name."""
    test = dataset.test or dataset.validation
    assert test is not None
    found = evaluate(trained, test)
    metric = "accuracy" if "accuracy" in found.metrics else "mean_absolute_error"
    mine, others = (
        part_of(found, one).metrics[metric] if one.any() else float("nan") for one in (rows, ~rows)
    )
    return mine, others, metric
