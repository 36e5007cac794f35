"""Learning curve: scores by number of training rows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.catalog.training.training_index import CALLBACKS
from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.registry import modality_of
from netbuilder.core.engine.loop.compilation import Mode
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Choice, Project
from netbuilder.core.results.evaluate import evaluate
from netbuilder.core.wording import format_number, format_percent, join_sentences

SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)
DEFAULT_SEEDS = 3
FEWEST = 2
_CHUNK_SECONDS, _WATCH_SECONDS = 0.5, 0.1


@dataclass(frozen=True)
class LearningCurvePoint:
    """Scores of every seed after training on ``rows`` rows, on these and on new rows."""

    rows: int
    known: tuple[float, ...]
    new: tuple[float, ...]


@dataclass(frozen=True)
class LearningCurve:
    """Points by number of rows; ``metric`` is "accuracy" or "mean_absolute_error", ``split`` "test"
    or "validation", the new rows, ``total`` the final number of points."""

    metric: str
    split: str
    points: tuple[LearningCurvePoint, ...] = ()
    total: int = 0

    @property
    def rises(self) -> bool:
        """Whether higher is better."""
        return self.metric == "accuracy"

    @property
    def sentence(self) -> str:
        """Return the meaning in words, from two points on."""
        if len(self.points) < 2:
            return ""
        before, last = self.points[-2], self.points[-1]
        here, there = float(np.mean(before.new)), float(np.mean(last.new))
        gain = there - here if self.rises else here - there
        spread = float(np.std(last.new) + np.std(before.new)) / 2
        known = float(np.mean(last.known))
        gap = known - there if self.rises else there - known
        trend = _(
            N_(
                "With {more} instead of {fewer} rows, the result on test rows changes from "
                "{before} to {after}."
            )
            if self.split == "test"
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
        return join_sentences((trend, meaning))

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
    """Train on parts of the training rows, with several seeds each, and evaluate.

    As scikit-learn's ``learning_curve``: rows are shuffled by seed, larger parts contain smaller
    ones; of a series the newest rows are used. Scaling is that of all training rows; no callback
    writes files.

    Args:
        project: trained from its initial weights.
        dataset: its data; the training rows must be in memory.
        shares: parts of the training rows (0 to 1).
        seeds: trainings of each part.
        tell: called with the curve so far after each training.
        ended: checked after each epoch; True returns the curve so far.

    Raises:
        DataError: there are no rows to evaluate on, or too few to train on.
    """
    new = dataset.test if dataset.test is not None and len(dataset.test) else dataset.validation
    if new is None or not len(new):
        raise data_error("no_test_set:4")
    new_rows = "test" if new is dataset.test else "validation"
    if dataset.stream is not None:
        raise data_error("data_not_in_memory")
    total = len(dataset.train)
    counts = sorted({max(FEWEST, round(share * total)) for share in shares if total >= FEWEST})
    if len(counts) < 2:
        raise data_error("too_few_rows:2", count=total)
    curve = LearningCurve("", new_rows, (), len(counts))
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
            done = [earlier for earlier in curve.points if earlier.rows != count]
            curve = replace(curve, metric=metric, points=(*done, point))
            if tell is not None:
                tell(curve)
    return curve


def _order(dataset: Dataset, seed: int) -> NDArray[np.int64]:
    count = len(dataset.train)
    windows = any(
        modality_of(entry).is_series(entry) for entry in dataset.preprocessing.inputs.values()
    )
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
    """Train from initial weights without a record; None if ``ended`` returns True, which is asked
    on another thread, while the network is built and within an epoch too. ``seed`` is added to the
    project's."""
    from netbuilder.core.engine.run_control import StoppedBeforeStartError
    from netbuilder.core.engine.session import Computation, RunStorage, Session

    finished = threading.Event()

    def watch() -> None:
        while not finished.wait(_WATCH_SECONDS):
            if ended():
                session.stop()

    callbacks = tuple(callback for callback in project.training.callbacks if not _writes(callback))
    plan = replace(project.training, seed=project.training.seed + seed, callbacks=callbacks)
    session = Session(
        replace(project, training=plan),
        dataset,
        storage=RunStorage(base, record=False),
        computation=Computation(compilation, _CHUNK_SECONDS),
        novelty=False,
    )
    watcher = threading.Thread(target=watch, name="netbuilder-trial", daemon=True)
    watcher.start()
    try:
        trained = session.run()
    except StoppedBeforeStartError:
        return None
    finally:
        finished.set()
        watcher.join()
    return None if ended() else trained
