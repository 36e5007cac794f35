"""Between a trainer and its checkpoint: taking a snapshot, and going on from one."""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.engine.build.learning_rate import manual_rate
from netbuilder.core.engine.build.seeds import seed_generators
from netbuilder.core.engine.changes import Changed
from netbuilder.core.engine.checkpoint.format import Arrays, RunSnapshot
from netbuilder.core.errors import TrainingError
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
