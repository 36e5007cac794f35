"""How good the network becomes with so many rows: is it worth collecting more?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.catalog.training.training_index import CALLBACKS
from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.registry import modality_of
from netbuilder.core.engine.loop.compilation import Mode
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Choice, Project
from netbuilder.core.results.evaluate import evaluate
from netbuilder.core.wording import format_number, format_percent, join_sentences

SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)
DEFAULT_SEEDS = 3
FEWEST = 2
_CHUNK_SECONDS = 0.5


@dataclass(frozen=True)
class LearningCurvePoint:
    """What came of training on ``rows`` rows: scores of every seed, on the rows that it learned
    from and on those that it did not."""

    rows: int
    known: tuple[float, ...]
    new: tuple[float, ...]


@dataclass(frozen=True)
class LearningCurve:
    """Points with the fewest rows first. ``metric`` is "accuracy" or "mean_absolute_error";
    ``what``: which rows are new: "test" or "validation"; ``total``: points that there will be."""

    metric: str
    what: str
    points: tuple[LearningCurvePoint, ...] = ()
    total: int = 0

    @property
    def rises(self) -> bool:
        """Whether higher is better."""
        return self.metric == "accuracy"

    @property
    def sentence(self) -> str:
        """What it means, where there are two points."""
        if len(self.points) < 2:
            return ""
        before, last = self.points[-2], self.points[-1]
        here, there = float(np.mean(before.new)), float(np.mean(last.new))
        gain = there - here if self.rises else here - there
        spread = float(np.std(last.new) + np.std(before.new)) / 2
        known = float(np.mean(last.known))
        gap = known - there if self.rises else there - known
        said = _(
            N_(
                "With {more} instead of {fewer} rows, the result on test rows changes from "
                "{before} to {after}."
            )
            if self.what == "test"
            else N_(
                "With {more} instead of {fewer} rows, the result on validation rows changes "
                "from {before} to {after}."
            ),
            more=format_number(last.rows, ","),
            fewer=format_number(before.rows, ","),
            before=self._value(here),
            after=self._value(there),
        )
        if gain > max(spread, 0.01 * abs(here)):
            meaning = _("More rows are likely to help further.")
        elif gap > max(spread, 0.05 * max(abs(known), abs(there))):
            meaning = _(
                "More rows hardly help, but the network is better on its training rows "
                "(overfitting): try a smaller network or dropout."
            )
        else:
            meaning = _("More rows are unlikely to help; a larger network may.")
        return join_sentences((said, meaning))

    def _value(self, value: float) -> str:
        return (format_percent if self.rises else format_number)(value)


def learning_curve(
    project: Project,
    dataset: Dataset,
    *,
    base: Path | None = None,
    shares: Sequence[float] = SHARES,
    seeds: int = DEFAULT_SEEDS,
    tell: Callable[[LearningCurve], object] | None = None,
    ended: Callable[[], bool] = lambda: False,
) -> LearningCurve:
    """Train anew on parts of the training rows, each with several seeds, and judge each.

    As scikit-learn's ``learning_curve``: with each seed the rows are shuffled, and larger parts
    hold the smaller ones; of a series the newest rows are kept. The data is scaled as all of its
    training rows say. Callbacks that write files are left out.

    Args:
        project: what is trained, from its own start.
        dataset: its data; the training rows must be in memory.
        base: folder that the project's relative paths start from.
        shares: parts of the training rows (0 to 1).
        seeds: how often each part is drawn and trained.
        tell: called with the curve so far after each training.
        ended: asked after each epoch; True ends it with what there is.

    Raises:
        DataError: there are no rows to judge on, or too few to learn from.
    """
    new = dataset.test if dataset.test is not None and len(dataset.test) else dataset.validation
    if new is None or not len(new):
        raise DataError(
            _("There are no rows to evaluate on."),
            _("Set a test split on the Data page."),
            code="no_test_set",
        )
    what = "test" if new is dataset.test else "validation"
    if dataset.stream is not None:
        raise DataError(
            _("The training rows are read from disk while training, so no subset can be drawn."),
            _("Use less data, or allow more memory for it on the Data page."),
            code="data_not_in_memory",
        )
    total = len(dataset.train)
    counts = sorted({max(FEWEST, round(share * total)) for share in shares if total >= FEWEST})
    if len(counts) < 2:
        raise DataError(
            _("{count} training rows are too few for a learning curve.", count=total),
            _("Use more data."),
            code="too_few_rows",
        )
    curve = LearningCurve("", what, (), len(counts))
    orders = [_order(dataset, seed) for seed in range(seeds)]
    for count in counts:
        known: list[float] = []
        fresh: list[float] = []
        for seed, order in enumerate(orders):
            part = select_rows(dataset.train, order[:count])
            trained = train_quietly(project, replace(dataset, train=part), base, seed, ended)
            if trained is None:
                return curve
            on_known, on_new = evaluate(trained, part), evaluate(trained, new)
            metric = "accuracy" if "accuracy" in on_new.metrics else "mean_absolute_error"
            known.append(on_known.metrics[metric])
            fresh.append(on_new.metrics[metric])
            point = LearningCurvePoint(count, tuple(known), tuple(fresh))
            done = [one for one in curve.points if one.rows != count]
            curve = replace(curve, metric=metric, points=(*done, point))
            if tell is not None:
                tell(curve)
    return curve


def _order(dataset: Dataset, seed: int) -> NDArray[np.int64]:
    """The rows, those that are taken first in front."""
    count = len(dataset.train)
    windows = any(modality_of(one).is_series(one) for one in dataset.preprocessing.inputs.values())
    if windows:
        return np.arange(count)[::-1]
    return np.random.default_rng(seed).permutation(count)


def select_rows(split: Split, rows: NDArray[np.int64]) -> Split:
    """Return some rows of a split, in their own order."""
    rows = np.sort(rows)

    def some(values: dict[str, Any]) -> dict[str, Any]:
        return {key: value[rows] for key, value in values.items()}

    weights = None if split.sample_weight is None else split.sample_weight[rows]
    return Split(
        some(split.x), some(split.y), some(split.raw_x), weights, some(split.raw_y),
        some(split.filled),
    )  # fmt: skip


def _writes(callback: Choice) -> bool:
    return bool({"filename", "filepath", "log_dir"} & set(CALLBACKS[callback.name].by_name))


def train_quietly(
    project: Project,
    dataset: Dataset,
    base: Path | None,
    seed: int,
    ended: Callable[[], bool],
    compilation: Mode = "auto",
) -> Any:
    """Train from initial weights and leave no record; None where ``ended`` says so.

    ``seed`` is added to the project's own. A short training is faster with ``compilation``
    "graph", which compiles nothing beside it.
    """
    from netbuilder.core.engine.events import EpochEnd
    from netbuilder.core.engine.session import Session
    from netbuilder.core.engine.trained import Event

    stopped = [False]

    def on_event(event: Event) -> None:
        if isinstance(event, EpochEnd) and not stopped[0] and ended():
            stopped[0] = True
            session.stop()

    kept = tuple(one for one in project.training.callbacks if not _writes(one))
    plan = replace(project.training, seed=project.training.seed + seed, callbacks=kept)
    session = Session(
        replace(project, training=plan),
        dataset,
        on_event=on_event,
        base=base,
        record=False,
        compilation=compilation,
        chunk_seconds=_CHUNK_SECONDS,
        novelty=False,
    )
    trained = session.run()
    return None if stopped[0] or ended() else trained
