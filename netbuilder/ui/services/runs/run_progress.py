"""How fast a run goes, and where it is, in words. No Qt here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from netbuilder.core.catalog.training.training_index import metric_words
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.wording import (
    format_duration,
    format_measure,
    format_number,
    format_percent,
    format_time_or_day,
    join_values,
)

if TYPE_CHECKING:
    from netbuilder.core.engine.runs.run_store import Run

CURVES_SECONDS = 0.1
LATER_CURVES_SECONDS = 0.25
SLOWEST_CURVES_SECONDS = 0.4
LATER_SECONDS = 4.0
WORDS_SECONDS = 0.25

#: What of a core the window may take while a network trains, all views together, before those that
#: may wait are drawn more seldom; how often that is looked at; and how much more seldom at most.
WINDOW_SHARE = 0.03
LOOK_SECONDS = 1.0
MOST_STRETCH = 10.0


class RedrawThrottle:
    """Says when curves that have grown, and words about them, are due. Times in seconds."""

    def __init__(self) -> None:
        self.grown = False
        self._began = self._drawn = self._worded = 0.0

    def begin(self, now: float) -> None:
        """A run takes its first step."""
        self._began = now

    def curves_due(self, now: float, stretch: float = 1.0) -> bool:
        """Whether to draw the curves now; counts as drawn. ``stretch``: how many times more seldom
        than they would like views are drawn."""
        later = now - self._began > LATER_SECONDS
        wait = LATER_CURVES_SECONDS if later else CURVES_SECONDS
        wait = min(wait * stretch, SLOWEST_CURVES_SECONDS)
        if not self.grown or now - self._drawn <= wait:
            return False
        self._drawn, self.grown = now, False
        return True

    def words_due(self, now: float) -> bool:
        """Whether to say anew where the run is; counts as said."""
        if now - self._worded <= WORDS_SECONDS:
            return False
        self._worded = now
        return True


class ViewThrottle:
    """How many times more seldom than they would like views are drawn.

    On a quick machine with one view open it stays 1. It is found by following: of what the window
    takes only a part goes with the views.
    """

    def __init__(self) -> None:
        self.times = 1.0
        self._since: tuple[float, float] | None = None

    def begin(self) -> None:
        """A run begins: what was found in the one before is a good guess."""
        self._since = None

    def look(self, now: float, busy: float, *, spare: bool = False) -> bool:
        """Whether ``times`` is another by now.

        Args:
            now: seconds, by the clock.
            busy: processor seconds that the window's thread has taken.
            spare: whether the run waits between its steps: views take nothing from it.
        """
        if self._since is None:
            self._since = now, busy
            return False
        passed = now - self._since[0]
        if passed < LOOK_SECONDS:
            return False
        before = self.times
        if spare:
            self._since, self.times = (now, busy), 1.0
            return self.times != before
        share = (busy - self._since[1]) / passed / WINDOW_SHARE
        self._since = now, busy
        self.times = min(max(before * min(max(share, 0.7), 1.5), 1.0), MOST_STRETCH)
        return self.times != before


@dataclass(frozen=True)
class Speed:
    """How fast a run may go.

    Attributes:
        rate: epochs or steps (``unit``) a second; None: as fast as it goes.
        spread: seconds over which a shorter run is spread evenly; None: it is not.
    """

    id: str
    title: str
    help: str
    rate: float | None = None
    unit: Literal["epochs", "steps"] = "epochs"
    spread: float | None = None


FULL = Speed("full", N_("Full speed"), N_("Train as fast as this computer can"))
WATCH = Speed("watch", N_("Watch"), N_("Spread a short run over about 8 seconds"), spread=8.0)
STEP = Speed("step", N_("Single step"), N_("Train on one batch, then pause"))
_SLOW = N_("Slow enough to watch")
SPEEDS: tuple[Speed, ...] = (
    FULL,
    WATCH,
    STEP,
    Speed("epochs-5", N_("5 epochs per second"), _SLOW, 5.0),
    Speed("epochs-1", N_("1 epoch per second"), _SLOW, 1.0),
    Speed("steps-10", N_("10 steps per second"), _SLOW, 10.0, "steps"),
    Speed("steps-2", N_("2 steps per second"), _SLOW, 2.0, "steps"),
)


@dataclass(frozen=True)
class RunProgress:
    """``words`` ("Epoch 32 of 50 · 4,180 steps/s"), ``left`` ("2 s left"), ``part`` done of 1.

    ``part`` is None while it is not known how long it takes. ``short``: the first part of the words
    where there is little room, the longest first ("Stopped: 65 of 200", "65 of 200").
    ``early``: a callback ended it; ``words`` say why.
    """

    words: str
    left: str = ""
    part: float | None = None
    short: tuple[str, ...] = ()
    early: bool = False


def duration_sentence(epochs: int, seconds: float, *, slowed: bool = False) -> str:
    """Return what was trained and the time it took: "50 epochs in 2.3 s".

    Args:
        epochs: whole epochs done.
        seconds: by the clock; of a slowed run its computing alone.
        slowed: whether the run was slowed down to be watched.
    """
    time = format_duration(seconds)
    if epochs and slowed:
        return ngettext(
            "{count} epoch in {time} of training time, slowed down to watch",
            "{count} epochs in {time} of training time, slowed down to watch",
            epochs,
            time=time,
        )
    if epochs:
        return ngettext("{count} epoch in {time}", "{count} epochs in {time}", epochs, time=time)
    return _("less than one epoch ({time})", time=time) if seconds else _("elsewhere")


def format_rate(steps_per_second: float) -> str:
    """A speed: "4,180 steps/s", "2.4 steps/s", "12 s a step"."""
    if steps_per_second >= 10:
        return _("{rate} steps/s", rate=format_number(steps_per_second, ",.0f"))
    if steps_per_second >= 0.5:
        return _("{rate} steps/s", rate=format_number(steps_per_second, ".1f"))
    if steps_per_second > 0:
        return _("{time} per step", time=format_duration(1 / steps_per_second))
    return ""


def restored_sentence(kept: int, count: int) -> str:
    """Say of which epoch the weights are; "" where they are those of the end of the run."""
    if not kept:
        return ""
    return _("Weights of epoch {kept} of {count} were restored.", kept=kept, count=count)


#: Numbers of a test that Evaluate measures in the target's own units.
_IN_UNITS = {"mean_absolute_error", "root_mean_squared_error", "median_absolute_error"}
_PARTS_OF_ONE = ("accuracy", "precision", "recall", "f1_score", "auc")


def format_metric(name: str, value: float) -> str:
    """A number of a metric: "accuracy 97.7%", "mean absolute error 0.027"."""
    plain = metric_words(name)
    if any(part in name for part in _PARTS_OF_ONE) and 0 <= value <= 1:
        return f"{plain} {format_percent(value)}"
    return f"{plain} {format_number(value)}"


def format_results(test: Mapping[str, float]) -> str:
    """The test's numbers in one line; the loss only where there is nothing else."""
    names = [name for name in test if name != "loss"] or list(test)
    shown = join_values(format_metric(name, test[name]) for name in names[:2])
    return _("Test set: {results}", results=shown) if shown else ""


def test_metric(run: Run) -> str:
    """The metric of the test that tells most: accuracy, an error in own units, the loss."""
    return next((name for name in run.test if name != "loss"), "loss")


def test_value(run: Run) -> float | None:
    """The number of the test that tells most; None where nothing was tested."""
    value = run.test.get(test_metric(run))
    return None if value is None else float(value)


def test_text(run: Run) -> str:
    """The test's most telling number: "97.7%", "± $43.40", "0.2"."""
    name, value = test_metric(run), test_value(run)
    if value is None:
        return ""
    if "accuracy" in name:
        return format_percent(value)
    words = with_unit(name, value, run)
    return f"± {words}" if name == "mean_absolute_error" else words


def with_unit(name: str, value: float, run: Run) -> str:
    """A number of the test, with the target's unit where it is counted in that."""
    return format_measure(value, run.unit if name in _IN_UNITS else "")


def _chance(name: str, runs: Sequence[Run]) -> float | None:
    """How far two values of the test lie apart by chance alone: 2 standard errors of a difference
    (95%); None where too little was recorded.

    That of a share p of n samples is sqrt(p (1 - p) / n), and of a difference the root of the sum
    of squares (Agresti, Categorical Data Analysis, 3.1). It holds for separate test sets, so it is
    careful for one: two networks mostly fail on the same samples.
    """
    squares = 0.0
    for run in runs:
        part, error = run.test[name], run.standard_errors.get(name)
        if "accuracy" in name and run.test_samples:
            error = math.sqrt(max(part * (1 - part), 0) / run.test_samples)
        if error is None:
            return None
        squares += error**2
    return 2 * math.sqrt(squares)


def previous_run_sentence(run: Run, among: Sequence[Run]) -> str:
    """Say whether a run's test came out better than that of the project's run before, by more than
    chance; "" where there is none, or where the two were not tested alike: on other rows, or in
    other numbers."""
    from netbuilder.core.engine.runs.run_store import previous_run, with_absolute_paths

    project = run.project
    previous = previous_run(run, [one for one in among if one.project.name == project.name])
    if previous is None or (previous.project.training.seed != project.training.seed):
        return ""  # of another seed other rows are the test set
    old_data, data = (
        found.data if found is not None else None
        for found in (
            with_absolute_paths(each.project, Path(each.base) if each.base else None)
            for each in (previous, run)
        )
    )
    if old_data is None or data is None:
        return ""
    if replace(old_data, scaling="") != replace(data, scaling=""):
        return ""
    name, old, new = test_metric(run), test_value(previous), test_value(run)
    if test_metric(previous) != name or old is None or new is None:
        return ""
    if not math.isfinite(old - new) or not ("accuracy" in name or name in _IN_UNITS):
        return ""  # which of two losses is better is known of the same loss only
    before = _("test {metric} {value}", metric=metric_words(name), value=test_text(previous))
    if test_text(previous) == test_text(run):
        return _("The same as the previous run: {result}.", result=before)
    if name in _IN_UNITS:
        better, difference = new < old, with_unit(name, abs(new - old), run)
    else:
        better, points = new > old, abs(round(100 * new, 1) - round(100 * old, 1))
        points = points if points > 0.05 else abs(100 * (new - old))
        difference = _("{count} percentage points", count=format_number(round(points, 3)))
    chance = _chance(name, (previous, run))
    if chance is None:
        return _("Previous run: {result}.", result=before)
    if abs(new - old) <= chance:
        samples = abs(new - old) * run.test_samples
        if "accuracy" in name and math.isclose(samples, round(samples), abs_tol=0.01):
            return ngettext(
                "About as good as the previous run ({result}): the difference of {difference} is "
                "{count} of {samples} test samples.",
                "About as good as the previous run ({result}): the difference of {difference} is "
                "{count} of {samples} test samples.",
                round(samples), result=before, difference=difference,
                samples=format_number(run.test_samples, ","),
            )  # fmt: skip
        return _(
            "About as good as the previous run ({result}): the difference of {difference} lies "
            "within chance.",
            result=before, difference=difference,
        )  # fmt: skip
    if better:
        return _(
            "Previous run: {result} — this run is better by {difference}.",
            result=before, difference=difference,
        )  # fmt: skip
    return _(
        "Previous run: {result} — this run is worse by {difference}.",
        result=before, difference=difference,
    )  # fmt: skip


def format_start(run: Run) -> str:
    """When a recorded run began, shortly: the time of today, the day of others."""
    try:
        began = datetime.fromisoformat(run.started)
    except ValueError:
        return run.started
    return format_time_or_day(began)
