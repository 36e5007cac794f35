"""A training run under the user's hand. Knows no window: a thread or a command line runs it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.data.defaults import resolve
from netbuilder.core.engine.assembly import assemble
from netbuilder.core.engine.build import build_core, model_inputs
from netbuilder.core.engine.compilation import Mode
from netbuilder.core.engine.control import Control
from netbuilder.core.engine.evaluator import Evaluator
from netbuilder.core.engine.events import (
    Changed,
    EpochEnd,
    Event,
    Failed,
    Finished,
    Paused,
    Preparing,
    Resumed,
    Started,
    Steps,
)
from netbuilder.core.engine.failures import in_words, not_a_number
from netbuilder.core.engine.feed import feed_of
from netbuilder.core.engine.history import Floats, History
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.engine.trainer import Trainer
from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    import keras


class Session:
    """Trains a project's network and says what happens.

    The session holds the project as it was when it began; editing the canvas meanwhile changes
    nothing here. ``run`` does the work on the calling thread; every other method may be called
    from any thread and takes effect at the next chunk of steps, within about 0.1 s.

    Args:
        project: what to train.
        dataset: its data, loaded.
        on_event: called with each event, on the thread that runs the session.
        checkpoint_dir: folder for checkpoints; None keeps none.
        resume: go on from the checkpoint in ``checkpoint_dir``, if there is one.
        compilation: "auto" finds the fastest; "graph", "step" or "loop" uses that one.
    """

    def __init__(
        self,
        project: Project,
        dataset: Dataset,
        *,
        on_event: Callable[[Event], None] | None = None,
        checkpoint_dir: Path | None = None,
        resume: bool = False,
        compilation: Mode = "auto",
    ) -> None:
        self.project = resolve(project, dataset.facts)
        self.dataset = dataset
        self.checkpoint_dir = checkpoint_dir
        self.compilation: Mode = compilation
        self.resume_from_checkpoint = resume
        self.epochs = project.training.epochs
        self.seconds = 0.0
        self.trained: TrainedModel | None = None
        self._emit = on_event or (lambda event: None)
        self._control = Control()
        self._trainer: Trainer | None = None
        self._inputs = model_inputs(self.project.graph)
        self._outputs = self.project.graph.outputs

    # What others ask for, from any thread.

    def pause(self) -> None:
        """Stand still until ``resume``; answered by ``Paused``."""
        self._control.pause()

    def resume(self) -> None:
        """Go on after a pause; answered by ``Resumed``."""
        self._control.resume()

    def stop(self) -> None:
        """End now; the run gives the model as it is."""
        self._control.end("now")

    def stop_after_epoch(self) -> None:
        """End when the epoch that is running is done."""
        self._control.end("epoch")

    def set_learning_rate(self, rate: float) -> None:
        """Use another learning rate from the next step on; answered by ``Changed``."""
        self._control.post(lambda: self._set_learning_rate(rate))

    def train_more(self, epochs: int) -> None:
        """Add epochs to the plan. After the end of a run, ``run`` goes on from there."""
        self._control.post(lambda: self._set_epochs(self.epochs + epochs))

    def reset_weights(self, seed: int | None = None) -> None:
        """Begin again at epoch 0 with new weights, of the same seed or of another."""
        self._control.post(lambda: self._reset(seed))

    def go_back_to_best(self) -> None:
        """Put the weights of the best epoch back and go on from them."""
        self._control.post(self._go_back)

    @property
    def history(self) -> History | None:
        """Numbers so far; to be read on the session's thread or after the run."""
        return None if self._trainer is None else self._trainer.history

    # The work, on the calling thread.

    def run(self) -> TrainedModel:
        """Train to the end of the plan, or until stopped. May be called again to go on.

        Raises:
            UserError: why it failed; the ``Failed`` event came before.
        """
        try:
            return self._run()
        except Exception as error:
            told = in_words(error, self.project.graph)
            self._emit(Failed(told, "" if told is error else str(error)))
            if told is error:
                raise
            raise told from error

    def _run(self) -> TrainedModel:
        self._control.begin()
        trainer = self._prepare()
        self._emit(
            Started(
                epochs=self.epochs,
                steps_per_epoch=trainer.steps_per_epoch,
                batch_size=trainer.batch,
                samples=trainer.feed.rows,
                epoch=trainer.epoch,
                metrics=trainer.history.steps.names,
                validated=trainer.validation is not None,
                learning_rate=trainer.learning_rate,
                parameters=trainer.core.count_params(),
            )
        )
        try:
            reason = self._train(trainer)
        finally:
            trainer.compilation.end(trainer.position)
        self.trained = self._finish(trainer)
        self._emit(Finished(self.trained, reason))
        return self.trained

    def _prepare(self) -> Trainer:
        if self._trainer is not None:
            return self._trainer
        self._emit(Preparing("Building the network"))
        core = build_core(self.project, self.dataset.facts)
        self._trainer = Trainer(
            self.project,
            self.dataset,
            core,
            inputs=self._inputs,
            outputs=self._outputs,
            compilation=self.compilation,
        )
        return self._trainer

    def _train(self, trainer: Trainer) -> str:
        while True:
            self._attend(trainer)
            ending = self._control.ending
            at_end = trainer.step == 0
            if ending == "now" or (ending == "epoch" and at_end):
                return "stopped"
            if trainer.epoch >= self.epochs:
                return "done"
            if trainer.needs_validation:
                self._validate(trainer)
                continue
            limit = trainer.epoch + 1 if ending == "epoch" else self.epochs
            if trainer.ready(self.epochs):
                self._chunk(trainer, limit)

    def _chunk(self, trainer: Trainer, limit: int) -> None:
        first = trainer.position
        before = trainer.epoch
        progress = trainer.advance(limit)
        self.seconds += progress.seconds
        self._tell_steps(trainer, first, progress.steps, progress.seconds)
        if len(progress.epochs):
            self._tell_epochs(trainer, before)
        if not np.isfinite(progress.steps[:, 0]).all():
            bad = int(np.argmin(np.isfinite(progress.steps[:, 0])))
            raise not_a_number((first + bad) // trainer.steps_per_epoch, trainer.learning_rate)

    def _validate(self, trainer: Trainer) -> None:
        begin = time.perf_counter()
        before = trainer.epoch
        rows = trainer.validate(lambda: self._control.pressing)
        self.seconds += time.perf_counter() - begin
        if rows is not None:
            self._tell_epochs(trainer, before)

    def _tell_steps(self, trainer: Trainer, first: int, rows: Floats, seconds: float) -> None:
        names = trainer.history.steps.names
        last = first + len(rows) - 1
        epoch, step = divmod(last, trainer.steps_per_epoch)
        self._emit(
            Steps(
                first=first,
                values={name: rows[:, i] for i, name in enumerate(names)},
                epoch=epoch,
                step=step + 1,
                steps_per_second=len(rows) / max(seconds, 1e-9),
                seconds=self.seconds,
            )
        )

    def _tell_epochs(self, trainer: Trainer, before: int) -> None:
        history = trainer.history
        self._emit(
            EpochEnd(
                epoch=trainer.epoch,
                first=before + 1,
                logs=history.epochs.row(-1),
                history=history.epochs.columns(before),
                epochs=self.epochs,
                best_epoch=history.best_epoch,
                learning_rate=trainer.learning_rate,
                seconds=self.seconds,
            )
        )

    def _attend(self, trainer: Trainer) -> None:
        """Do what was asked for; stand still while a pause is wished for."""
        paused = False
        while True:
            command = self._control.next_command()
            if command is not None:
                command()
            elif self._control.paused and self._control.ending != "now":
                if not paused:
                    self._emit(Paused(trainer.epoch, trainer.step))
                    paused = True
                self._control.wait()
            else:
                break
        if paused:
            self._emit(Resumed(trainer.epoch, trainer.step))

    def _set_learning_rate(self, rate: float) -> None:
        if self._trainer is not None:
            self._trainer.set_learning_rate(rate)
            self._changed("learning_rate", rate)

    def _set_epochs(self, epochs: int) -> None:
        self.epochs = max(1, epochs)
        self._changed("epochs", self.epochs)

    def _reset(self, seed: int | None) -> None:
        trainer = self._trainer
        if trainer is None:
            return
        seed = self.project.training.seed if seed is None else seed
        trainer.restart(build_core(self.project, self.dataset.facts, seed=seed), seed)
        self.seconds = 0.0
        self._changed("reset", seed)

    def _go_back(self) -> None:
        if self._trainer is not None:
            self._changed("best", self._trainer.restore_best())

    def _changed(self, what: str, value: float) -> None:
        trainer = self._trainer
        epoch, step = (trainer.epoch, trainer.step) if trainer is not None else (0, 0)
        self._emit(Changed(what, float(value), epoch, step))

    def _finish(self, trainer: Trainer) -> TrainedModel:
        core = trainer.core
        trainable = core.trainable_weights
        core.optimizer.finalize_variable_values(trainable)
        return TrainedModel(
            project=self.project,
            core=core,
            model=assemble(core, self.project, self.dataset.pre, self.dataset.facts),
            pre=self.dataset.pre,
            facts=self.dataset.facts,
            history=trainer.history.by_epoch(),
            test=self._test(trainer),
            seconds=self.seconds,
            steps_per_second=trainer.position / max(self.seconds, 1e-9),
            epochs=trainer.epoch,
            best_epoch=trainer.history.best_epoch,
        )

    def _test(self, trainer: Trainer) -> dict[str, float]:
        test = self.dataset.test
        if test is None or not len(test):
            return {}
        feed = feed_of(test, self._inputs, self._outputs).tensors()
        numbers: Any = Evaluator(trainer.core, feed, max(trainer.batch, 32)).run()
        return dict(zip(trainer.history.steps.names, map(float, numbers), strict=True))
