"""When a run writes checkpoints, and what it does when it cannot."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.engine.build.keras_objects import manual_rate
from netbuilder.core.engine.build.seeds import seed_generators
from netbuilder.core.engine.changes import Changed
from netbuilder.core.engine.checkpoint.format import Arrays, CheckpointWriter, RunSnapshot
from netbuilder.core.errors import TrainingError, UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.files import to_json

if TYPE_CHECKING:
    from netbuilder.core.engine.loop.trainer import Trainer
    from netbuilder.core.engine.monitor.keras_callbacks import Callbacks


def _variables(trainer: Trainer) -> dict[str, list[Any]]:
    training_model = trainer.training_model
    counters = trainer.counters
    return {
        "weight": list(training_model.weights),
        "optimizer": list(training_model.optimizer.variables),
        "rate": manual_rate(training_model.optimizer),
        "random": seed_generators(training_model),
        "metric": [v for metric in training_model.metrics for v in metric.variables],
        "best": list(counters.best),
        "counter": [counters.total, counters.seen, counters.best_value],
    }


def take_snapshot(
    trainer: Trainer, callbacks: Callbacks, epochs: int, seconds: float
) -> RunSnapshot:
    """All of the run as it is now, between two chunks."""
    arrays: Arrays = {
        f"{kind}/{number}": variable.numpy().copy()
        for kind, variables in _variables(trainer).items()
        for number, variable in enumerate(variables)
    }
    arrays["pending"] = trainer.pending.copy()
    arrays |= {f"callback/{name}": value for name, value in callbacks.state().items()}
    history = trainer.history
    rates = np.asarray(history.rates, np.float32).reshape(-1, 1)
    facts = {
        "epoch": trainer.epoch,
        "step": trainer.step,
        "epochs": epochs,
        "seconds": seconds,
        "seed": trainer.orders.seed,
        "best_epoch": history.best_epoch,
        "best_value": repr(history.best_value),
        "names": list(history.epochs.names),
        "cuts": history.cuts,
        "changes": [list(astuple(change)) for change in history.changes],
        "stopping": callbacks.stopping,
        "project": to_json(trainer.project),
    }
    rows = {
        "steps": history.steps.values.copy(),
        "epochs": np.concatenate([history.epochs.values, rates], axis=1),
    }
    return RunSnapshot(arrays, facts, rows)


def restore_snapshot(trainer: Trainer, callbacks: Callbacks, snapshot: RunSnapshot) -> None:
    """Put the run back to where ``snapshot`` was taken.

    Raises:
        TrainingError: it was taken of another network, or of other data.
    """
    held = snapshot.arrays
    history = trainer.history
    if snapshot.facts["names"] != list(history.epochs.names):
        raise _differs()
    pairs: list[tuple[Any, Any]] = []
    for kind, variables in _variables(trainer).items():
        if f"{kind}/{len(variables)}" in held:
            raise _differs()
        for number, variable in enumerate(variables):
            value = held.get(f"{kind}/{number}")
            if value is None or tuple(value.shape) != tuple(variable.shape):
                raise _differs()
            pairs.append((variable, value))
    for variable, value in pairs:
        variable.assign(value)
    trainer.pending = held["pending"]
    start = "callback/"
    callbacks.restore({k[len(start) :]: v for k, v in held.items() if k.startswith(start)})
    trainer.training_model.stop_training = bool(snapshot.facts["stopping"])
    history.clear()
    history.steps.append(snapshot.rows["steps"])
    history.epochs.append(snapshot.rows["epochs"][:, :-1])
    history.rates = [float(rate) for rate in snapshot.rows["epochs"][:, -1]]
    history.changes = [Changed(*change) for change in snapshot.facts.get("changes", ())]
    history.cuts = snapshot.cuts
    history.best_epoch = int(snapshot.facts["best_epoch"])
    history.best_value = float(snapshot.facts["best_value"])
    trainer.reseed(int(snapshot.facts["seed"]))
    trainer.epoch = int(snapshot.facts["epoch"])
    trainer.step = int(snapshot.facts["step"])
    if trainer.step:
        trainer.program.go_on(history.steps.values[-trainer.step :, 0])


def _differs() -> TrainingError:
    return TrainingError(
        _("The checkpoint is for a different network or different data than the project's."),
        _("Train from the beginning, or open the project that the checkpoint belongs to."),
        code="checkpoint_of_other_project",
    )


INTERVAL_SECONDS = 1.0
_RETRY_SECONDS = 0.5
# Copying the variables happens on the training's thread: a twentieth of the time at most.
_SHARE = 20.0
# An epoch that takes longer than this is saved in its middle.
_LONG_EPOCH_SECONDS = 60.0


class CheckpointSaver:
    """Takes snapshots at most once a second and has them written in another thread.

    Args:
        folder: where; None saves nothing.
        take: takes a snapshot.
        told: called, on the session's thread, with a snapshot that is on disk now.
    """

    def __init__(
        self,
        folder: Path | None,
        take: Callable[[], RunSnapshot],
        told: Callable[[RunSnapshot], None],
    ) -> None:
        self.writer = None if folder is None else CheckpointWriter(folder)
        self._take = take
        self._told = told
        self._last_told: RunSnapshot | None = None
        self._next = time.monotonic() + INTERVAL_SECONDS
        self._long = time.monotonic() + _LONG_EPOCH_SECONDS
        self._tries: float | None = None
        self._ignored = False
        self._position = -1

    def begin(self, resumed: RunSnapshot | None, position: int = 0) -> None:
        """A run begins, or goes on behind ``resumed`` at ``position``."""
        self._position = position
        if self.writer is not None:
            self.writer.begin(resumed)

    @property
    def overdue(self) -> bool:
        """Whether the epoch takes so long that the run is to be saved in its middle."""
        return self.writer is not None and time.monotonic() >= self._long

    def look(self, whole: bool, position: int) -> UserError | None:
        """Between two chunks: take a snapshot if it is time.

        Args:
            whole: an epoch has just ended, or the run is to be saved in its middle.
            position: steps done. Of a run that has not moved since the last snapshot, since it
                waits for its compilation, none is taken.

        Returns:
            Why nothing can be saved, while that is so.
        """
        writer = self.writer
        if writer is None:
            return None
        if writer.saved is not None and writer.saved is not self._last_told:
            self._last_told = writer.saved
            self._told(writer.saved)
        now = time.monotonic()
        if writer.problem is not None and not self._ignored:
            self._tries = self._tries or now
            return writer.problem
        if whole and now >= self._next and position != self._position:
            self._position = position
            self._put()
        return None

    def _put(self) -> None:
        begin = time.monotonic()
        snapshot = self._take()
        now = time.monotonic()
        self._next = now + max(INTERVAL_SECONDS, _SHARE * (now - begin))
        self._long = now + max(_LONG_EPOCH_SECONDS, _SHARE * (now - begin))
        if self.writer is not None:
            self.writer.put(snapshot)

    def again(self, position: int) -> None:
        """The run is another than was saved of it, though it has not moved: save it now."""
        if self.writer is not None and (self.writer.problem is None or self._ignored):
            self._position = position
            self._put()

    def retry(self) -> bool:
        """Try again to save, at most twice a second; whether it worked."""
        writer = self.writer
        if writer is None:
            return True
        now = time.monotonic()
        if self._tries is not None and now < self._tries:
            return False
        self._tries = now + _RETRY_SECONDS
        self._put()
        writer.flush()
        if writer.problem is None:
            self._tries = None
            return True
        return False

    def ignore(self) -> None:
        """Go on without saving for the rest of the run: the user wants it so."""
        self._ignored = True

    def finish(self) -> None:
        """Save the run as it is and wait for it. A full disk is no reason to lose the model."""
        if self.writer is not None:
            self._put()
            self.writer.close()
            if self.writer.saved is not None and self.writer.saved is not self._last_told:
                self._last_told = self.writer.saved
                self._told(self.writer.saved)

    def close(self) -> None:
        """End the writing thread, also where the run failed."""
        if self.writer is not None:
            self.writer.close()
