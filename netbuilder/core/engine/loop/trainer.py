"""Trains a model on its data chunk by chunk, keeping the position in the run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.registry import has_points
from netbuilder.core.engine.history_columns import filled_metric
from netbuilder.core.engine.loop.compilation import (
    CachedDecision,
    Compilation,
    Mode,
    compilation_key,
)
from netbuilder.core.engine.loop.frozen_features import FrozenFeatures, find_frozen
from netbuilder.core.engine.loop.program import (
    Counters,
    Evaluator,
    LoopPlan,
    Program,
    ProgramParts,
    metric_names,
)
from netbuilder.core.engine.loop.tensors import Feed, Order, ReplaceableFeed, SampleOrders, feed_of
from netbuilder.core.engine.monitor.history import Floats, History
from netbuilder.core.engine.networks import keras_objects as learning_rate, network_copies
from netbuilder.core.engine.networks.fast_layers import optimize_layers
from netbuilder.core.engine.networks.keras_objects import make_optimizer
from netbuilder.core.engine.networks.loss_values import sample_weights
from netbuilder.core.engine.trained import Changed, manual_weight_change
from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    import keras

    from netbuilder.core.engine.trained import TrainedModel

CHUNK_SECONDS = 0.04
_FUSED_EPOCH_SECONDS = 0.025
_BRIEF_SECONDS = 2.0
# Guesses before anything has run: multiply-adds a second, and the least time of a step.
_GUESSED_SPEED = 2e10
_GUESSED_STEP = 5e-5
_ORDER_ITEMS = 1 << 21
_MAX_EPOCHS = 1024
_MAX_STEPS = 1 << 15
# A run's start is kept up to this size, so that a restart need not build the network.
_KEPT_BYTES = 64e6
_CALM_SECONDS, _DRAG_SECONDS = 3.0, 1.0


@dataclass(frozen=True)
class AdvanceResult:
    """Numbers of a call of ``advance``: float32 (steps, names), (epochs, all names)."""

    steps: Floats
    epochs: Floats
    seconds: float


class Trainer:
    """Trains ``training_model`` on ``dataset``. Not thread-safe: the session's thread owns it.

    Args:
        project: with loss and metrics filled in.
        dataset: in memory, or a stream.
        training_model: compiled, optimizer built.
        single_epochs: never run past the end of an epoch, where callbacks are called.
        measures_apart: validate outside of the loop, since callbacks are called around it.
        monitor: name of the number that decides which epoch is best, "" for the usual one.
        sign: 1 where smaller is better, -1 where larger is.
        compilation: "auto", or the kind to use from the first step on.
        memory: folder for decisions about compilations; None: the user's cache.
        make: makes programs other than ``Program``, for a stream or several machines.
        replicas: of the network: each gets the same number of rows of each batch.

    Attributes:
        features: what frozen layers compute once; None where nothing is.
        step_model: what the steps run: ``training_model``, or the part of it behind ``features``.
        frozen: the result of ``find_frozen``.
    """

    chunk_seconds = CHUNK_SECONDS

    def __init__(
        self,
        project: Project,
        dataset: Dataset,
        training_model: keras.Model,
        *,
        inputs: tuple[str, ...],
        outputs: tuple[str, ...],
        single_epochs: bool = False,
        measures_apart: bool = False,
        monitor: str = "",
        sign: float = 1.0,
        compilation: Mode = "auto",
        memory: Path | None = None,
        make: Callable[[ProgramParts], Program] | None = None,
        replicas: int = 1,
    ) -> None:
        self.project = project
        self.training_model = optimize_layers(training_model)
        self._inputs, self._outputs = inputs, outputs
        training = project.training
        self.frozen = find_frozen(training_model, project, dataset, alone=make is None)
        self.features: FrozenFeatures | None = None
        self.step_model = training_model
        if self.frozen.prefix is not None:
            self.features = FrozenFeatures(self.frozen.prefix, training_model, project, dataset)
            self.step_model = self.features.trained_part
            dataset, self._inputs = self.features.dataset, self.frozen.prefix.cut
        feed, checked = self._feeds(dataset)
        rows = feed.rows if dataset.stream is None else dataset.stream.rows
        rows -= rows % replicas
        self.batch = max(replicas, min(training.batch_size, rows) // replicas * replicas)
        names = metric_names(self.step_model, feed, self.batch)
        stream = dataset.stream
        self.samples = rows
        # Only the first part of a stream is in memory, to build on.
        # Only points that a person edits by hand are replaced while it trains.
        edited = make is None and stream is None and has_points(project.data)
        self._replaced = edited or self.features is not None
        self.feed = feed if stream is not None else feed.tensors(replaceable=self._replaced)
        self.validation = None if checked is None else checked.tensors(replaceable=self._replaced)
        extra = [f"val_{name}" for name in names] if self.validation is not None else []
        known = (*names, *extra)
        if monitor not in known:
            monitor, sign = ("val_loss" if extra else "loss"), 1.0
        self.history = History(names, extra, monitor, sign)
        self.orders = self._orders(training.seed)
        self.counters = Counters.make(training_model, self.step_model)
        self.steps_per_epoch = -(-self.samples // self.batch)
        self.epoch = self.step = 0
        guess = estimate_epoch_seconds(self.step_model, self.samples, self.batch)
        fused = guess < _FUSED_EPOCH_SECONDS and make is None and not measures_apart
        self._single, self._guess = single_epochs, guess
        self._early_epochs = self._brief(training.epochs)
        self.plan = self._plan(fused, guess / self.steps_per_epoch, known.index(monitor), sign)
        self._compiled: Program | None = None
        self._make_other = make
        self.program: Program = self._make("graph", self.plan)
        self._graph, self._memory = self.program, memory
        self._mode: Mode = compilation if self.program.adapts else "graph"
        self.remembered = CachedDecision(
            compilation_key(self.step_model, self.plan, self._facts()), memory
        )
        self.compilation = self._compilation()
        self._evaluator: Evaluator | None = None
        self.tester: Evaluator | None = None
        self._start = (
            network_copies.variable_values(training_model)
            if _bytes(training_model) <= _KEPT_BYTES
            else None
        )
        self._start_seed = training.seed
        self._seconds_a_step = self._compiles_at = self._hasty_until = 0.0
        self._calls, self._short, self._tests_others = 0, False, False
        self.pending: Floats = np.zeros(0, np.float32)

    def _feeds(self, dataset: Dataset) -> tuple[Feed, Feed | None]:
        inputs, outputs, validation = self._inputs, self._outputs, dataset.validation
        weight = sample_weights(dataset, self.project.training.class_weight, outputs)
        feed = feed_of(dataset.train, inputs, outputs, weight)
        return feed, feed_of(validation, inputs, outputs) if validation is not None and len(
            validation
        ) else None

    def _orders(self, seed: int) -> SampleOrders:
        width = self.feed.width if isinstance(self.feed, ReplaceableFeed) else None
        return SampleOrders(self.samples, seed, self.project.training.shuffle, width=width)

    def takes(self, dataset: Dataset) -> bool:
        """Return whether ``dataset`` fits what is traced for the data already; thread-safe."""
        fixed = not isinstance(self.feed, ReplaceableFeed) or self.features is not None
        if dataset.stream is not None or fixed:
            return False
        feed, checked = self._feeds(dataset)
        mine = self.validation
        if checked is None or mine is None:
            fits = checked is mine
        else:
            fits = isinstance(mine, ReplaceableFeed) and mine.takes(checked)
        return fits and isinstance(self.feed, ReplaceableFeed) and self.feed.takes(feed)

    def take(self, dataset: Dataset, *, between_runs: bool = False) -> None:
        """Replace the data by a dataset that it ``takes``, at the beginning of an epoch.

        No epoch is the best so far then. What XLA compiled is for one number of samples: for others
        the graph loop runs until something faster is there.
        """
        feed, checked = self._feeds(dataset)
        before, position = self._sizes, self.position
        assert isinstance(self.feed, ReplaceableFeed)
        self.feed.take(feed)
        if checked is not None and isinstance(self.validation, ReplaceableFeed):
            self.validation.take(checked)
        self.samples = feed.rows
        self.batch = min(self.project.training.batch_size, self.samples)
        steps, self.steps_per_epoch = self.steps_per_epoch, -(-self.samples // self.batch)
        self.orders = self._orders(self.orders.seed)
        if self._sizes != before:
            self._compiled = None
            self._graph.recount()
            key = compilation_key(self.step_model, self._graph.plan, self._facts())
            self.remembered = CachedDecision(key, self._memory)
            if between_runs:
                self.compilation = self._compilation()
            else:
                # Points are added several at a time: compile once they are there.
                self.compilation.end(position)
                self.compilation = self._compilation(mode="graph", remembers=False)
                self._compiles_at = time.monotonic() + _CALM_SECONDS
            if self.program is not self._graph:
                self.program, self.plan = self._graph, self._graph.plan
                self._calls, self._seconds_a_step = 0, 0.0
        self._tests_others = True
        self._short = not between_runs
        self._hasty_until = 0.0 if between_runs else time.monotonic() + _DRAG_SECONDS
        history = self.history
        if steps != self.steps_per_epoch:
            history.forget_steps()
        history.best_epoch, history.best_value = 0, float("inf")
        self.counters.best_value.assign(np.inf)

    @property
    def _sizes(self) -> tuple[int, int]:
        return self.feed.rows, 0 if self.validation is None else self.validation.rows

    def _facts(self) -> dict[str, Any]:
        return {
            "rows": self.samples,
            "window": self._graph.feed.rows,
            "held": 0 if self.validation is None else self.validation.rows,
            "types": [str(value.dtype) for value in (*self.feed.x, *self.feed.y)],
            "weighted": self.feed.weight is not None,
        }

    def _brief(self, epochs: int) -> int:
        """Return the epochs to run before TensorFlow has optimized the graph.

        Follows from the plan alone, since which graph runs decides the last bits of the results.
        """
        brief = self._guess * epochs < _BRIEF_SECONDS
        return epochs if brief else int(self._guess < _BRIEF_SECONDS)

    def _compilation(self, mode: Mode | None = None, *, remembers: bool = True) -> Compilation:
        return Compilation(
            self._graph,
            self._make,
            self._rehearsal,
            remembered=self.remembered if remembers else None,
            mode=mode or self._mode,
        )

    def _make(self, kind: str, plan: LoopPlan) -> Program:
        compiled = self._compiled
        if compiled is not None and (compiled.kind, compiled.plan) == (kind, plan):
            return compiled
        if self._make_other is not None:
            parts = ProgramParts(
                self.step_model, self.counters, self.feed, plan, self.samples, kind
            )
            return self._make_other(parts)
        return Program(self.step_model, self.counters, self.feed, self.validation, plan, kind)

    def _rehearsal(self, plan: LoopPlan) -> Order:
        feed = self._graph.feed
        orders = SampleOrders(feed.rows, 0, width=feed.width)
        return orders.get(0, min(plan.epochs, 8), plan.epochs)

    def _plan(self, fused: bool, guess: float, monitor: int, sign: float) -> LoopPlan:
        per_chunk = max(1, int(4 * CHUNK_SECONDS / guess))
        epochs = 1
        if fused:
            epochs = max(2, min(_MAX_EPOCHS, per_chunk // self.steps_per_epoch + 2))
            epochs = max(1, min(epochs, _ORDER_ITEMS // self.samples))
        steps = min(_MAX_STEPS, max(64, epochs * self.steps_per_epoch))
        # Data that can be replaced may fill a whole batch later.
        replaceable = isinstance(self.feed, ReplaceableFeed)
        batch = self.project.training.batch_size if replaceable else self.batch
        return LoopPlan(batch, epochs, steps, fused, monitor, sign)

    @property
    def position(self) -> int:
        """Steps done since the beginning of the run."""
        return self.epoch * self.steps_per_epoch + self.step

    @property
    def needs_validation(self) -> bool:
        """Whether an epoch's steps are done and its validation is not."""
        return self.step == self.steps_per_epoch

    def compute_features(
        self, tell: Callable[[str], None] | None = None, stopped: Callable[[], bool] | None = None
    ) -> None:
        """Compute the outputs of frozen layers that are not known for their weights of now.

        May be called from any thread.

        ``tell`` receives the progress in words.

        Raises:
            StoppedBeforeStartError: ``stopped``, which is polled, returned True.
        """
        if self.features is None:
            return
        with self.features.lock:
            if self.features.update(tell, stopped):
                feed, checked = self._feeds(self.features.dataset)
                assert isinstance(self.feed, ReplaceableFeed)
                self.feed.take(feed)
                if checked is not None and isinstance(self.validation, ReplaceableFeed):
                    self.validation.take(checked)
                self._tests_others = True

    def ready(self, epochs: int) -> bool:
        """Choose the program for the next steps; False while it is still being compiled."""
        self.compute_features()
        if self._compiles_at and time.monotonic() > self._compiles_at:
            # Decisions of earlier runs for step 0 are waited for at the start, not here.
            self._compiles_at, speed = 0.0, self.compilation.speed
            self.compilation = self._compilation(remembers=False)
            self.compilation.speed = speed
        left = max(0, epochs * self.steps_per_epoch - self.position)
        program = self.compilation.program(self.position, left)
        if program is None:
            return False
        if program is not self.program:
            self.program = program
            self.plan = program.plan
            self._calls, self._seconds_a_step = 0, 0.0
        return True

    def advance(self, epochs: int, most: int | None = None) -> AdvanceResult:
        """Run at most ``most`` steps of a run of ``epochs``; ``ready`` must have returned True."""
        count = self._count(epochs)
        count = count if most is None else max(1, min(count, most))
        begin = time.perf_counter()
        early = self.epoch < self._early_epochs
        chunk = self.program.chunk(self.orders, self.epoch, self.step, count, early=early)
        begun = early and not self.position and epochs > self._early_epochs
        if begun and self.program.adapts and not self.plan.fused:
            self.program.optimize()
        seconds = time.perf_counter() - begin
        self._learn(seconds, count)
        self.history.add_steps(chunk.steps)
        self.step += count
        if self.plan.fused:
            ended, self.step = divmod(self.step, self.steps_per_epoch)
            self.epoch += ended
            self.history.add_epochs(chunk.epochs, self.learning_rate)
            return AdvanceResult(chunk.steps, chunk.epochs, seconds)
        if self.step == self.steps_per_epoch:
            self.pending = chunk.epochs[0]
        return AdvanceResult(chunk.steps, chunk.epochs[:0], seconds)

    def _count(self, epochs: int) -> int:
        left = (epochs - self.epoch) * self.steps_per_epoch - self.step
        room = self.plan.epochs * self.steps_per_epoch - self.step
        count = min(left, room, self.plan.steps, self.compilation.room(self.position) or left)
        # Show at once what is learned first from other data.
        once, self._short = self._short and self.plan.fused, False
        if self._single or not self.plan.fused or once:
            count = min(count, self.steps_per_epoch - self.step)
        if self.program.steps_a_call is not None:
            count = min(count, self.program.steps_a_call)
        elif self._seconds_a_step and not once:
            # While points are dragged the next ones come soon and must not wait.
            hasty = time.monotonic() < self._hasty_until
            seconds = CHUNK_SECONDS / 4 if hasty else self.chunk_seconds
            count = min(count, int(seconds / self._seconds_a_step))
        elif not once:
            count = min(count, 4)
        return max(1, count)

    def _learn(self, seconds: float, count: int) -> None:
        self._calls += 1
        if self._calls == 1:
            return
        seconds_a_step = seconds / count
        before = self._seconds_a_step
        self._seconds_a_step = seconds_a_step if not before else 0.5 * (before + seconds_a_step)
        if self.program is self.compilation.graph:
            self.compilation.speed = self._seconds_a_step

    def validate(self, interrupted: Any = None) -> Floats | None:
        """End an epoch whose steps are done: measure on the validation data.

        Return the epoch's numbers (1, names), or None when ``interrupted``, polled, returned True.
        """
        row = self.pending
        self.compute_features()
        if self.validation is not None:
            numbers = self._measuring().run(interrupted)
            if numbers is None:
                return None
            row = np.concatenate([row, numbers]).astype(np.float32)
        rows = row[None, :]
        best = self.history.best_epoch
        self.history.add_epochs(rows, self.learning_rate)
        if self.history.best_epoch != best:
            self.counters.keep()
            self.counters.best_value.assign(self.history.best_value)
        self.epoch += 1
        self.step = 0
        return rows

    def _measuring(self) -> Evaluator:
        if self._evaluator is None and self.validation is not None:
            self._evaluator = Evaluator(self.step_model, self.validation, self.batch)
        if self._evaluator is None:
            raise ValueError("there is no validation data")
        return self._evaluator

    @property
    def learning_rate(self) -> float:
        """The rate of the next step."""
        return learning_rate.next_rate(self.training_model.optimizer)

    def set_learning_rate(self, rate: float) -> None:
        """Change the rate from the next step on, and switch a schedule off."""
        learning_rate.set_rate(self.training_model.optimizer, rate)

    def changed(self) -> None:
        """React to weights of ``training_model`` that were changed from outside of the loop."""
        if self.features is not None:
            self.features.outdated = True
        self.program.changed()

    def restore_best(self) -> int:
        """Restore the weights of the best epoch; return its number, 0 if there is none."""
        if self.history.best_epoch:
            self.counters.restore()
            self.changed()
        return self.history.best_epoch

    def reseed(self, seed: int) -> None:
        """Shuffle by another seed."""
        self.orders = self._orders(seed)
        self.changed()

    def start_of(self, seed: int) -> Sequence[Any] | None:
        """Return the start of a run with ``seed`` for ``restart``; None where it must be built."""
        return self._start if seed == self._start_seed else None

    def restart(self, start: Sequence[Any], seed: int) -> None:
        """Start again from ``variable_values`` of an untrained network, shuffled by ``seed``."""
        network_copies.assign_values(self.training_model, start)
        learning_rate.resume_schedule(self.training_model.optimizer)
        training = self.project.training  # ``start`` may have the rate of an earlier run
        optimizer = make_optimizer(training.optimizer, training.precision)
        if not learning_rate.is_scheduled(optimizer):
            self.set_learning_rate(learning_rate.next_rate(optimizer))
        self.reseed(seed)
        self.counters.best_value.assign(np.inf)
        self.history.clear()
        self.epoch = self.step = 0

    def renew(self, project: Project, start: Sequence[Any]) -> None:
        """Reset for a new run of ``project``, keeping what was compiled.

        It may differ in seed, epochs, learning rate and callbacks that watch the same.
        """
        self.project = project
        training = project.training
        chosen = self.compilation.chosen
        self._compiled = chosen if chosen is not self._graph else self._compiled
        old = self.history
        self.history = History(
            old.steps.names, old.epochs.names[len(old.steps.names) :], old.monitor, old.sign
        )
        self.restart(start, training.seed)
        self.pending = np.zeros(0, np.float32)
        self._early_epochs = self._brief(training.epochs)
        self._short, self._compiles_at, self._hasty_until = False, 0.0, 0.0
        self.compilation = self._compilation()
        self.program, self.plan = self._graph, self._graph.plan
        self._calls, self._seconds_a_step = 0, 0.0

    def go_on_from(self, trained: TrainedModel, *, other_data: bool = False) -> None:
        """Continue from ``trained``, the result of an earlier run of the same network.

        Of another optimizer only the weights are taken over. The last weights count as the best so
        far, unless they were trained on other data or set by hand. Raise TrainingError if it is
        another network.
        """
        network_copies.copy_weights(self.training_model, trained.training_model)
        history, old = self.history, trained.history
        known = {name: filled_metric(old, name) for name in history.epochs.names}
        rows = len(filled_metric(old, "loss"))
        table = np.full((rows, len(history.epochs.names)), np.nan, np.float32)
        for place, name in enumerate(history.epochs.names):
            values = known[name][:rows]
            table[: len(values), place] = values
        history.clear()
        history.epochs.append(table)
        history.rates = [self.learning_rate] * rows
        history.changes = _changes_at(trained, rows)
        self.epoch, self.step = rows, 0
        last = history.epochs.row(-1)[history.monitor] * history.sign if rows else np.nan
        if np.isfinite(last) and not other_data and not trained.set_by_hand:
            history.best_epoch, history.best_value = rows, float(last)
            self.counters.keep()
            self.counters.best_value.assign(last)
        self.changed()

    def warm(self) -> None:
        """Compile what the first step needs; no variable changes."""
        if self.program.adapts:
            orders = np.zeros((self.plan.epochs, self.program.feed.width), np.int32)
            self.program.run(orders, 0, 0, early=self._early_epochs > 0)
            if self.validation is not None and not self.plan.fused:
                self._measuring().warm()

    def test(self, split: Split) -> dict[str, float]:
        """Return the network's numbers by name on ``split``; metrics under way are kept."""
        if self.features is not None:
            self.compute_features()
            split = self.features.dataset.test or split
        tester = self.tester
        if tester is None or self._tests_others:
            feed = feed_of(split, self._inputs, self._outputs)
            room = tester.feed if tester is not None else None
            if tester is not None and isinstance(room, ReplaceableFeed) and room.takes(feed):
                room.take(feed)
            else:
                tester = Evaluator(
                    self.step_model, feed.tensors(replaceable=self._replaced), max(self.batch, 32)
                )
            self.tester, self._tests_others = tester, False
        variables = [
            variable for metric in self.step_model.metrics for variable in metric.variables
        ]
        before = [variable.numpy() for variable in variables]
        numbers: Any = tester.run()
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
        return dict(zip(self.history.steps.names, map(float, numbers), strict=True))


def _changes_at(trained: TrainedModel, epoch: int) -> list[Changed]:
    """Return the changes of ``trained`` before ``epoch``, without those of an unfinished epoch."""
    hand = manual_weight_change(trained.changes, trained.epochs, trained.step)
    changes = []
    for change in trained.changes:
        within = (change.epoch, change.step) >= (epoch, 0)
        if within and change.what == "weights" and not (change is hand and trained.set_by_hand):
            continue
        changes.append(replace(change, epoch=epoch, step=0) if within else change)
    return changes


def _bytes(training_model: keras.Model) -> int:
    return sum(
        int(np.prod(variable.shape)) * 4
        for variable in network_copies.network_variables(training_model)
    )


def estimate_epoch_seconds(model: keras.Model, rows: int, batch: int) -> float:
    """Estimate the duration of an epoch from the sizes of the layers."""
    work = 0.0
    for layer in model.layers:
        try:
            places = prod(n or 1 for n in layer.output.shape[1:-1])
            if "LSTM" in type(layer).__name__ or "GRU" in type(layer).__name__:
                places = max(places, layer.input.shape[1] or 1)
        except (AttributeError, ValueError, TypeError, IndexError):
            places = 1
        if type(layer).__name__ == "Embedding":
            continue  # looks rows up
        work += layer.count_params() * places
    steps = -(-rows // batch)
    return rows * work * 3 / _GUESSED_SPEED + steps * _GUESSED_STEP
