"""The effect of reweighting or more data on one group, measured by training again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.results.evaluate import evaluate
from netbuilder.core.results.learning_curve import select_rows, train_quietly
from netbuilder.core.results.statistics import group_values, part_of
from netbuilder.core.wording import format_number, format_percent

#: Differences below this share of the measure are not worth a remedy.
_LITTLE = 0.01


@dataclass(frozen=True)
class GroupRemedies:
    """Measures of one group after training in other ways.

    Attributes:
        group: its value in the column.
        metric: "accuracy" or "mean_absolute_error".
        rows, total: training rows of the group, and all.
        weight: of each row of the group if all groups weigh the same.
        now: the group's measure as trained.
        reweighted: with equal weight of all groups.
        halved: with half of the group's training rows; None if it has too few.
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
        """Return the measurements and their conclusion in sentences."""
        sentences = [
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
            sentences.append(
                _("The group has too few training rows to measure what more would change.")
            )
        else:
            numbers = {"before": self._text(self.halved), "now": self._text(self.now)}
            sentences.append(
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
        return tuple(sentences)

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
    """Train twice more with the same seed: reweighted, and with half of the group's rows.

    Args:
        column: by whose values rows are grouped.
        file: the table of the training rows, if available.
        test_file: that of the test rows, if another one.
        ended: checked after each epoch; True cancels and returns None.

    Raises:
        DataError: the rows are streamed, there is no test set, or the group has no training row.
    """
    test = dataset.test or dataset.validation
    if dataset.stream is not None or test is None:
        raise data_error("group_remedies_need_rows")
    tested = group_values(trained, test, column, test_file or file)
    groups = group_values(trained, dataset.train, column, file, like=test, like_file=test_file)
    mine = groups == group
    if not mine.any():
        raise data_error("group_without_rows", group=group)
    names, places, counts = np.unique(groups, return_inverse=True, return_counts=True)
    weights = (len(groups) / (len(names) * counts))[places].astype(np.float32)
    base_weights = dataset.train.sample_weight
    even = weights if base_weights is None else weights * base_weights
    rest = np.random.default_rng(0).permutation(np.flatnonzero(mine))[: int(mine.sum()) // 2]
    ways = [replace(dataset.train, sample_weight=even)]
    if int(mine.sum()) > 1:
        remaining = np.setdiff1d(np.arange(len(groups)), rest)
        ways.append(select_rows(dataset.train, remaining))
    scores = [_scores(trained, dataset, tested == group)]
    for train in ways:
        retrained = train_quietly(trained.project, replace(dataset, train=train), base, 0, ended)
        if retrained is None:
            return None
        scores.append(_scores(retrained, dataset, tested == group))
    smallest = float(weights[mine][0] / weights[~mine].min()) if (~mine).any() else 1.0
    return GroupRemedies(
        group, scores[0][2], int(mine.sum()), len(groups), smallest, scores[0][0], scores[1][0],
        scores[2][0] if len(scores) > 2 else None, scores[0][1], scores[1][1],
    )  # fmt: skip


def _scores(
    trained: TrainedModel, dataset: Dataset, rows: NDArray[np.bool_]
) -> tuple[float, float, str]:
    """Return the measure of these test rows, of all others, and its name."""
    test = dataset.test or dataset.validation
    assert test is not None
    evaluation = evaluate(trained, test)
    metric = "accuracy" if "accuracy" in evaluation.metrics else "mean_absolute_error"
    mine, others = (
        part_of(evaluation, part).metrics[metric] if part.any() else float("nan")
        for part in (rows, ~rows)
    )
    return mine, others, metric
