"""Compute the curves and the progress of a run from its events, without Qt."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from netbuilder.core.catalog.training.training_index import metric_words
from netbuilder.core.engine.events import EpochEnd, Restored, Started, StepsDone
from netbuilder.core.engine.runs.differences import loss_titles
from netbuilder.core.engine.trained import Changed
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.i18n import gettext as _, ngettext, pgettext
from netbuilder.core.wording import format_duration, format_number
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.services.runs.run_progress import SPEEDS, RunProgress, Speed, format_rate

if TYPE_CHECKING:
    from netbuilder.core.engine.runs.run_store import Run
    from netbuilder.core.project.model import Training

_sentence = sentences_of("run")


#: Seconds over which the speed is measured, at least measured, and averaged.
PACE_SECONDS, LEAST_SECONDS, CALM_SECONDS = 2.0, 0.3, 20.0


def change_label(change: Changed) -> str:
    """Return the label of a manual change's mark; "" for an unmarked one."""
    if change.what == "learning_rate" and change.note:
        return _(
            "learning rate set to {rate};\n{note}",
            rate=format_number(change.value, ".3g"),
            note=change.note_words,
        )
    if change.what == "learning_rate":
        return _("learning rate {rate}", rate=format_number(change.value, ".3g"))
    if change.what == "data":
        return _("data changed")
    if change.what == "weights":
        note = f";\n{change.note_words}" if change.note else ""
        return (
            ngettext("{count} weight set by hand", "{count} weights set by hand", int(change.value))
            + note
        )
    if change.what == "best":
        return _("back to epoch {number}", number=format_number(change.value, ".0f"))
    return ""


class RunTracker:
    """Turns events into points of ``curves`` and progress in words.

    The ``x`` of all points is in epochs: step 5 of 10 in the third epoch is 2.5.
    """

    def __init__(self, curves: RunCurves, planned: int) -> None:
        self.curves = curves
        self.planned = planned
        self.result: Callable[[], RunProgress] | None = None
        self.steps_per_epoch = 1
        self.epoch = 0.0
        self.best_epoch = 0
        self.learning_rate: float | None = None
        self.rate_by_hand: float | None = None
        self.validated = False
        self._rate = 0.0  # steps per second at full speed
        self._seconds = 0.0  # computing time of the steps
        # (wall clock, steps done), including waits and drawing
        self._done: deque[tuple[float, int]] = deque()
        self._chosen = SPEEDS[0]
        self._speed = self._known = 0.0  # steps per second, and the seconds measured
        self._shown_speed, self._shown_words = 0.0, ""
        self._shown_at = 0.0
        self._last_mark = "", -10.0
        # Where weights were last set, and the marks before that, for undo.
        self._marks_before_weights: tuple[float, list[tuple[float, str]]] | None = None

    def take(self, event: object) -> bool:
        """Process an event; return whether the curves have changed."""
        match event:
            case Started():
                self.start(event)
                return False
            case Restored():
                self.restored(event)
            case StepsDone():
                self.steps(event)
            case EpochEnd():
                self.epoch_end(event)
            case Changed():
                self.change(event)
            case _:
                return False
        return True

    def restored(self, event: Restored) -> None:
        self.steps_per_epoch = max(event.steps_per_epoch, 1)
        self.best_epoch = event.best_epoch
        done = max((len(values) for values in event.history.values()), default=0)
        self.curves.add_kept(event.history, event.steps, done, self.steps_per_epoch)
        for change in event.changes:
            self.curves.mark(self._x_of(change), change_label(change))

    def _x_of(self, change: Changed) -> float:
        return change.epoch + change.step / self.steps_per_epoch

    def start(self, event: Started) -> None:
        self.planned = event.epochs
        if self.steps_per_epoch != event.steps_per_epoch:
            self._done.clear()  # earlier counts are in other steps
        self.steps_per_epoch = max(event.steps_per_epoch, 1)
        self.epoch = float(event.epoch)
        self.validated = event.validated
        self.learning_rate = event.learning_rate

    def steps(self, event: StepsDone) -> None:
        count = event.count
        if not count:
            return
        x = (event.first + np.arange(1, count + 1)) / self.steps_per_epoch
        self.curves.add_steps(x, dict(event.values))
        self.epoch = float(x[-1])
        self._seconds, self._rate = event.seconds, event.steps_per_second
        self._measure_speed(time.monotonic(), event.first + count)

    def epoch_end(self, event: EpochEnd) -> None:
        self.planned = event.epochs
        self.best_epoch = event.best_epoch
        self.learning_rate = event.learning_rate
        self.epoch = max(self.epoch, float(event.epoch))
        count = max((len(values) for values in event.history.values()), default=0)
        x = np.arange(event.first, event.first + count)
        for name, values in event.history.items():
            self.curves.add_epochs(name, x, values)

    def change(self, event: Changed) -> None:
        if event.what == "reset":
            self.curves.clear()
            self.epoch, self.best_epoch = 0.0, 0
            return
        x = self._x_of(event)
        if event.what in ("learning_rate", "data"):
            if event.what == "learning_rate":
                self.learning_rate = self.rate_by_hand = event.value
            time_now = time.monotonic()
            # Dragging a slider or a point leaves one mark.
            kind, at = self._last_mark
            dragged = kind == event.what and time_now - at < 1.5
            self.curves.mark(x, change_label(event), instead=dragged)
            self._last_mark = event.what, time_now
        elif event.what == "best":
            self.curves.mark(x, change_label(event))
        elif event.what == "weights":
            if self._marks_before_weights is None or self._marks_before_weights[0] != x:
                self._marks_before_weights = x, list(self.curves.marks)
            self.curves.marks = list(self._marks_before_weights[1])
            if event.value:
                self.curves.mark(x, change_label(event))
            return
        elif event.what == "epochs":
            self.planned = int(event.value)
        self._marks_before_weights = None

    def end(self, reason: str, speed: float = 0.0, training: Training | None = None) -> RunProgress:
        """Return the final progress, and set ``planned`` to the epochs done.

        ``reason`` is "done", "stopped", "early" or "failed", ``speed`` that of computing if the run
        was slowed.
        """
        done, planned = int(self.epoch), max(self.planned, 1)
        self.planned = max(done, 1)
        self.result = partial(self._result, done, planned, reason, speed, training)
        return self.result()

    def _result(
        self, done: int, planned: int, reason: str, speed: float, training: Training | None
    ) -> RunProgress:
        numbers = {
            "done": format_number(max(done, 1), ",.0f"), "planned": format_number(planned, ",.0f"),
        }  # fmt: skip
        if reason == "done":
            words = _sentence(
                "epoch_of", done=format_number(done, ",.0f"), planned=format_number(planned, ",.0f")
            )
            if self._seconds > 0:  # average of the whole run
                speed = speed or self.epoch * self.steps_per_epoch / self._seconds
                words += f" · {format_rate(speed)}"
            short = _("{done} of {planned}", **numbers)
            return RunProgress(words, pgettext("run", "done"), 1.0, (short,))
        position = _("{done} of {planned}", **numbers)
        part = min(self.epoch / planned, 1.0)
        if reason == "early":
            variants = (_("Stopped early: {place}", place=position), position)
            return RunProgress(_early_words(training, numbers), "", part, variants, early=True)
        if reason == "failed":
            return RunProgress(
                _("Failed at epoch {done} of {planned}", **numbers), "", part, (position,)
            )
        words = _("Stopped at epoch {done} of {planned}", **numbers)
        return RunProgress(words, "", part, (_("Stopped: {place}", place=position), position))

    @property
    def needed(self) -> float:
        """Seconds that the whole run takes at full speed; infinite while unknown."""
        steps = self.planned * self.steps_per_epoch
        return steps / self._rate if self._rate > 0 else float("inf")

    def _measure_speed(self, time_now: float, done: int) -> None:
        """Measure the speed over two seconds, and average it over the last twenty."""
        times = self._done
        if times and done <= times[-1][1]:  # rewound
            times.clear()
        passed = time_now - times[-1][0] if times else 0.0
        times.append((time_now, done))
        while len(times) > 2 and times[1][0] <= time_now - PACE_SECONDS:
            times.popleft()
        if self._span >= LEAST_SECONDS:
            speed = (done - times[0][1]) / self._span
            known = min(self._known + passed, CALM_SECONDS) if self._speed else self._span
            self._speed += (speed - self._speed) * (passed / known if self._speed else 1.0)
            self._known = known

    @property
    def _span(self) -> float:
        return self._done[-1][0] - self._done[0][0] if self._done else 0.0

    def _expected_speed(self) -> tuple[float, str]:
        chosen = self._chosen
        if chosen.rate is None:
            return self._speed, format_rate(self._speed)
        steps_per_unit = self.steps_per_epoch if chosen.unit == "epochs" else 1
        target = chosen.rate * steps_per_unit
        if self._speed < 0.7 * target and self._span >= 0.9 * PACE_SECONDS:
            return self._speed, format_rate(self._speed)  # the machine is too slow
        unit = chosen.unit if chosen.rate != 1 else chosen.unit.removesuffix("s")
        return target, f"{format_number(chosen.rate, 'g')} {unit}/s"

    def progress(self, *, paused: bool = False, chosen: Speed = SPEEDS[0]) -> RunProgress:
        total = max(self.planned, 1)
        per_epoch = self.steps_per_epoch
        epochs, step = divmod(round(self.epoch * per_epoch), per_epoch)
        if paused and epochs and not step:  # at the end of an epoch
            epochs, step = epochs - 1, per_epoch
        done = format_number(min(epochs + 1, total), ",.0f")
        planned = format_number(total, ",.0f")
        words = _sentence("epoch_of", done=done, planned=planned)
        short = _("{done} of {planned}", done=done, planned=planned)
        if paused or chosen != self._chosen:
            self._done.clear()
            if chosen != self._chosen:
                self._chosen, self._speed, self._shown_at = chosen, 0.0, 0.0
        followed = paused or (chosen.rate is not None and chosen.unit == "steps")
        if (followed and per_epoch > 1) or (per_epoch > 20 and self._speed < 20 * per_epoch):
            words += " · " + _sentence(
                "step_of", step=format_number(step, ",.0f"), total=format_number(per_epoch, ",.0f")
            )
        time_now = time.monotonic()
        # Update the displayed speed twice a second.
        if time_now - self._shown_at > 0.5 or not self._shown_speed:
            self._shown_speed, self._shown_words = self._expected_speed()
            self._shown_at = time_now
        if self._shown_speed and not paused:
            words += f" · {self._shown_words}"
        left = ""
        if paused:
            left = _("paused")
        elif self.epoch >= total:
            left = _("evaluating…")
        elif self._shown_speed:
            seconds = max(total - self.epoch, 0) * self.steps_per_epoch / self._shown_speed
            if chosen.spread and max(self.needed, self._seconds) < chosen.spread:
                seconds = chosen.spread - self._seconds  # its speed follows the loss
            left = _("{time} left", time=format_duration(seconds))
        return RunProgress(words, left, min(self.epoch / total, 1.0), (short,))


def _early_words(training: Training | None, numbers: Mapping[str, str]) -> str:
    """Return which metric did not improve, if a single EarlyStopping ended the run."""
    callbacks = training.callbacks if training is not None else ()
    stops = [callback.params for callback in callbacks if callback.name == "EarlyStopping"]
    if len(stops) != 1 or stops[0].get("baseline") is not None:
        return _("Stopped early after epoch {done} of at most {planned}", **numbers)
    monitor, patience = str(stops[0].get("monitor", "val_loss")), int(stops[0].get("patience", 0))
    name = metric_words(monitor.removeprefix("val_"))
    if monitor.startswith("val_"):
        return _sentence("stopped_early_validation", count=max(patience, 1), metric=name, **numbers)
    return _sentence("stopped_early", count=max(patience, 1), metric=name, **numbers)


def curves_of(run: Run) -> RunCurves:
    """Return the curves of a recorded run; a UserError says that they cannot be read."""
    from netbuilder.core.engine.runs.run_store import load_rows

    rows = load_rows(run)
    curves = RunCurves(run.name, loss_titles(run.project.training))
    steps = max((len(values) for values in rows.steps.values()), default=0)
    per_epoch = run.steps_per_epoch or steps / max(run.epochs, 1)
    curves.add_kept(rows.epochs, rows.steps, run.epochs, run.steps_per_epoch)
    for change in run.changes:
        x = change.epoch + change.step / max(per_epoch, 1)
        curves.mark(x, change_label(change))
    curves.kept_epoch, curves.kept = run.kept_epoch, run.kept
    return curves
