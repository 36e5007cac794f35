"""Keeps the curves and the progress of a run from its events. No Qt here."""

from __future__ import annotations

import time

import numpy as np

from netbuilder.core.engine.events import Changed, EpochEnd, Restored, Started, Steps
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.services.runs.run_progress import RunProgress, duration, rate

SMOOTHING = 0.2
PACE_SECONDS = 2.0


def mark_words(change: Changed) -> str:
    """What the mark of a change by hand says; "" for one that is not marked."""
    if change.what == "learning_rate" and change.note:
        return f"learning rate set to {change.value:.3g} by hand;\n{change.note}"
    if change.what == "learning_rate":
        return f"rate {change.value:.3g}"
    return f"back to epoch {change.value:.0f}" if change.what == "best" else ""


class Tracker:
    """Turns events into points of ``curves`` and words about the run.

    ``x`` of all points is in epochs: step 5 of 10 in the third epoch is 2.5.
    """

    def __init__(self, curves: RunCurves, planned: int) -> None:
        self.curves = curves
        self.planned = planned
        self.steps_per_epoch = 1
        self.epoch = 0.0
        self.best_epoch = 0
        self.learning_rate: float | None = None
        self.validated = False
        self._speed = 0.0
        self._shown_speed = 0.0
        self._shown_at = 0.0
        self._marked_at = -10.0
        # By the clock, waiting between steps of a slowed run included; 0 while it is not known.
        self._pace = 0.0
        self._paced_from: tuple[float, float] | None = None

    def take(self, event: object) -> bool:
        """Follow an event of any kind; whether the curves have grown by it."""
        match event:
            case Started():
                self.start(event)
                return False
            case Restored():
                self.restored(event)
            case Steps():
                self.steps(event)
            case EpochEnd():
                self.epoch_end(event)
            case Changed():
                self.change(event)
            case _:
                return False
        return True

    def restored(self, event: Restored) -> None:
        """The run goes on from a checkpoint: its curves begin with all that was before."""
        self.steps_per_epoch = max(event.steps_per_epoch, 1)
        self.best_epoch = event.best_epoch
        done = max((len(values) for values in event.history.values()), default=0)
        self.curves.add_kept(event.history, event.steps, done, self.steps_per_epoch)
        for change in event.changes:
            self.curves.mark(self._place(change), mark_words(change))

    def _place(self, change: Changed) -> float:
        return change.epoch + change.step / self.steps_per_epoch

    def start(self, event: Started) -> None:
        """The first step is about to run."""
        self.planned = event.epochs
        self.steps_per_epoch = max(event.steps_per_epoch, 1)
        self.epoch = float(event.epoch)
        self.validated = event.validated
        self.learning_rate = event.learning_rate

    def steps(self, event: Steps) -> None:
        """A chunk of steps is done."""
        count = event.count
        if not count:
            return
        x = (event.first + np.arange(1, count + 1)) / self.steps_per_epoch
        self.curves.add_steps(x, dict(event.values))
        self.epoch = float(x[-1])
        if event.steps_per_second > 0:
            old = self._speed or event.steps_per_second
            self._speed = old + SMOOTHING * (event.steps_per_second - old)

    def epoch_end(self, event: EpochEnd) -> None:
        """One epoch, or several, are done."""
        self.planned = event.epochs
        self.best_epoch = event.best_epoch
        self.learning_rate = event.learning_rate
        self.epoch = max(self.epoch, float(event.epoch))
        for name, values in event.history.items():
            x = np.arange(event.first, event.first + len(values))
            self.curves.add_epochs(name, x, values)

    def change(self, event: Changed) -> None:
        """Something was changed by hand: a mark on the curve."""
        if event.what == "reset":
            self.curves.clear()
            self.epoch = 0.0
            return
        x = self._place(event)
        if event.what == "learning_rate":
            self.learning_rate = event.value
            now = time.monotonic()
            # A slider that is dragged says many rates: one mark, with the last of them.
            self.curves.mark(x, mark_words(event), instead=now - self._marked_at < 1.5)
            self._marked_at = now
        elif event.what == "best":
            self.curves.mark(x, mark_words(event))
        elif event.what == "epochs":
            self.planned = int(event.value)

    def end(self, reason: str) -> RunProgress:
        """The run is over: what was done is all that is planned now. Where it got to, of what."""
        done, asked = int(self.epoch), max(self.planned, 1)
        self.planned = max(done, 1)
        if reason == "done":
            words = f"Epoch {done:,} of {asked:,}"
            if self._shown_speed:
                words += f" · {rate(self._shown_speed)}"
            return RunProgress(words, "done", 1.0)
        where = f"at epoch {done:,}" if done else "in epoch 1"
        how = {"early": "Stopped early", "failed": "Broke off"}.get(reason, "Stopped")
        return RunProgress(f"{how} {where} of {asked:,}", "", min(self.epoch / asked, 1.0))

    def _keep_pace(self, now: float, still: bool) -> None:
        """Measure steps a second by the clock, over two seconds at a time."""
        if still or self._paced_from is None or self.epoch < self._paced_from[1]:
            self._paced_from = (now, self.epoch)
            return
        since, epoch = self._paced_from
        if now - since >= PACE_SECONDS and self.epoch > epoch:
            self._pace = (self.epoch - epoch) * self.steps_per_epoch / (now - since)
            self._paced_from = (now, self.epoch)

    def progress(self, *, paused: bool = False) -> RunProgress:
        """Where the run is now."""
        whole = max(self.planned, 1)
        epoch = min(int(self.epoch) + 1, whole)
        words = f"Epoch {epoch:,} of {whole:,}"
        if self.steps_per_epoch > 20 and self._speed < 20 * self.steps_per_epoch:
            step = round((self.epoch - int(self.epoch)) * self.steps_per_epoch)
            words += f" · step {step:,} of {self.steps_per_epoch:,}"
        now = time.monotonic()
        self._keep_pace(now, paused)
        # A speed that changes thirty times a second cannot be read.
        if now - self._shown_at > 0.5:
            slower = self._pace and self._pace < 0.5 * self._speed
            self._shown_speed = self._pace if slower else self._speed
            self._shown_at = now
        if self._shown_speed:
            words += f" · {rate(self._shown_speed)}"
        left = ""
        if paused:
            left = "paused"
        elif self._shown_speed:
            steps = (whole - self.epoch) * self.steps_per_epoch
            left = f"{duration(max(steps, 0) / self._shown_speed)} left"
        return RunProgress(words, left, min(self.epoch / whole, 1.0))
