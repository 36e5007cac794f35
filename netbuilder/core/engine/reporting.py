"""From what a trainer did to the events that say so."""

from __future__ import annotations

from collections.abc import Callable

from netbuilder.core.engine.changes import Changed, Event
from netbuilder.core.engine.events import EpochEnd, Restored, Started, StepsDone
from netbuilder.core.engine.loop.trainer import Trainer
from netbuilder.core.engine.monitor.history import Floats


class EventReporter:
    """Makes events about ``trainer`` and hands them to ``emit``."""

    def __init__(self, trainer: Trainer, emit: Callable[[Event], None]) -> None:
        self.trainer = trainer
        self.emit = emit

    def restored(self) -> None:
        """The run goes on from a checkpoint."""
        history = self.trainer.history
        self.emit(
            Restored(
                steps=history.steps.columns(),
                history=history.epochs.columns(),
                steps_per_epoch=self.trainer.steps_per_epoch,
                best_epoch=history.best_epoch,
                changes=tuple(history.changes),
            )
        )

    def started(self, epochs: int) -> None:
        """The first step is about to run."""
        trainer = self.trainer
        self.emit(
            Started(
                epochs=epochs,
                steps_per_epoch=trainer.steps_per_epoch,
                batch_size=trainer.batch,
                samples=trainer.samples,
                epoch=trainer.epoch,
                metrics=trainer.history.steps.names,
                validated=len(trainer.history.epochs.names) > len(trainer.history.steps.names),
                learning_rate=trainer.learning_rate,
                parameters=trainer.training_model.count_params(),
            )
        )

    def steps(self, first: int, rows: Floats, seconds: float, total: float) -> None:
        """A chunk: ``rows`` (steps, names) from step ``first`` of the run on."""
        names = self.trainer.history.steps.names
        epoch, step = divmod(first + len(rows) - 1, self.trainer.steps_per_epoch)
        self.emit(
            StepsDone(
                first=first,
                values={name: rows[:, i] for i, name in enumerate(names)},
                epoch=epoch,
                step=step + 1,
                steps_per_second=len(rows) / max(seconds, 1e-9),
                seconds=total,
            )
        )

    def epochs(self, before: int, planned: int, total: float) -> None:
        """All epochs behind the first ``before``."""
        history = self.trainer.history
        self.emit(
            EpochEnd(
                epoch=self.trainer.epoch,
                first=before + 1,
                logs=history.epochs.row(-1),
                history=history.epochs.columns(before),
                epochs=planned,
                best_epoch=history.best_epoch,
                learning_rate=self.trainer.learning_rate,
                seconds=total,
            )
        )

    def changed(self, what: str, value: float, note: str = "") -> None:
        """Something was changed by hand."""
        trainer = self.trainer
        change = Changed(what, float(value), trainer.epoch, trainer.step, note)
        if what in ("learning_rate", "best", "data", "weights"):
            trainer.history.add_change(change)
        self.emit(change)
