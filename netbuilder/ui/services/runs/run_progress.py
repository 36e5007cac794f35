"""The speed of a run and its progress in words, without Qt."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from netbuilder.core.catalog.training.training_index import metric_words
from netbuilder.core.error_texts import sentences_of
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

_sentence = sentences_of("run")

CURVES_SECONDS = 0.1
LATER_CURVES_SECONDS = 0.25
SLOWEST_CURVES_SECONDS = 0.4
LATER_SECONDS = 4.0
WORDS_SECONDS = 0.25

#: Share of a core that the window may use during training before views are drawn less often, how
#: often this is checked, and the largest factor.
WINDOW_SHARE = 0.03
LOOK_SECONDS = 1.0
MOST_STRETCH = 10.0


class RedrawThrottle:
    """Decides when to redraw curves and progress. Times in seconds."""

    def __init__(self) -> None:
        self.grown = False
        self._began = self._drawn = self._worded = 0.0

    def begin(self, moment: float) -> None:
        self._began = moment

    def curves_due(self, moment: float, stretch: float = 1.0) -> bool:
        """Return whether to draw the curves now; ``stretch``: see ``ViewThrottle``."""
        later = moment - self._began > LATER_SECONDS
        wait = LATER_CURVES_SECONDS if later else CURVES_SECONDS
        wait = min(wait * stretch, SLOWEST_CURVES_SECONDS)
        if not self.grown or moment - self._drawn <= wait:
            return False
        self._drawn, self.grown = moment, False
        return True

    def words_due(self, moment: float) -> bool:
        if moment - self._worded <= WORDS_SECONDS:
            return False
        self._worded = moment
        return True


class ViewThrottle:
    """The factor by which views are drawn less often: 1 on a fast machine with one view.

    It is adjusted step by step, as only part of the window's load comes from the views.
    """

    def __init__(self) -> None:
        self.times = 1.0
        self._since: tuple[float, float] | None = None

    def begin(self) -> None:
        """Start a run with the factor of the previous one."""
        self._since = None

    def look(self, moment: float, busy: float, *, spare: bool = False) -> bool:
        """Update ``times`` and return whether it changed.

        ``busy``: processor seconds of the GUI thread; ``spare``: the run waits between its steps.
        """
        if self._since is None:
            self._since = moment, busy
            return False
        passed = moment - self._since[0]
        if passed < LOOK_SECONDS:
            return False
        previous = self.times
        if spare:
            self._since, self.times = (moment, busy), 1.0
            return self.times != previous
        share = (busy - self._since[1]) / passed / WINDOW_SHARE
        self._since = moment, busy
        self.times = min(max(previous * min(max(share, 0.7), 1.5), 1.0), MOST_STRETCH)
        return self.times != previous


@dataclass(frozen=True)
class Speed:
    """The speed of a run.

    Attributes:
        rate: epochs or steps (``unit``) per second; None: unlimited.
        spread: seconds over which a shorter run is spread; None: not spread.
    """

    id: str
    title: str
    help: str
    rate: float | None = None
    unit: Literal["epochs", "steps"] = "epochs"
    spread: float | None = None


FULL = Speed("full", N_("Full speed"), N_("Train as fast as this computer can"))
WATCH = Speed(
    "watch",
    N_("Watch"),
    N_("Spread a short run over 8 seconds: slowly while the loss falls"),
    spread=8.0,
)
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
    """``words`` ("Epoch 32 of 50 · 4,180 steps/s"), ``left`` ("2 s left"), ``part`` done, 0 to 1.

    ``part`` is None while unknown. ``short``: shorter variants of the words, the longest first
    ("Stopped: 65 of 200", "65 of 200"). ``early``: a callback ended the run; ``words`` say why.
    """

    words: str
    left: str = ""
    part: float | None = None
    short: tuple[str, ...] = ()
    early: bool = False


def duration_sentence(epochs: int, seconds: float, *, slowed: bool = False) -> str:
    """Return "50 epochs in 2.3 s"; of a ``slowed`` run, ``seconds`` is computing time."""
    time = format_duration(seconds)
    if epochs and slowed:
        return _sentence("epochs_slowed", count=epochs, time=time)
    if epochs:
        return ngettext("{count} epoch in {time}", "{count} epochs in {time}", epochs, time=time)
    return _("less than one epoch ({time})", time=time) if seconds else _("elsewhere")


def format_rate(steps_per_second: float) -> str:
    """Return a speed: "4,180 steps/s", "2.4 steps/s", "12 s per step"."""
    if steps_per_second >= 10:
        return _("{rate} steps/s", rate=format_number(steps_per_second, ",.0f"))
    if steps_per_second >= 0.5:
        return _("{rate} steps/s", rate=format_number(steps_per_second, ".1f"))
    if steps_per_second > 0:
        return _("{time} per step", time=format_duration(1 / steps_per_second))
    return ""


def restored_sentence(epoch: int, count: int) -> str:
    """Return which epoch's weights were restored; "" for those of the last epoch."""
    if not epoch:
        return ""
    return _("Weights of epoch {kept} of {count} were restored.", kept=epoch, count=count)


#: Test metrics in the target's units.
_IN_UNITS = {"mean_absolute_error", "root_mean_squared_error", "median_absolute_error"}
_PARTS_OF_ONE = ("accuracy", "precision", "recall", "f1_score", "auc")


def is_share(name: str) -> bool:
    """Return whether a metric is a share of 1."""
    return any(part in name for part in _PARTS_OF_ONE)


def format_metric(name: str, value: float) -> str:
    """Return a metric with its value: "accuracy 97.7%", "mean absolute error 0.027"."""
    title = metric_words(name)
    if is_share(name) and 0 <= value <= 1:
        return f"{title} {format_percent(value)}"
    return f"{title} {format_number(value)}"


def format_results(test: Mapping[str, float]) -> str:
    """Return the test metrics in one line; the loss only if there is no other."""
    names = [name for name in test if name != "loss"] or list(test)
    results = join_values(format_metric(name, test[name]) for name in names[:2])
    return _("Test set: {results}", results=results) if results else ""


def test_metric(run: Run) -> str:
    """Return the name of the main test metric: accuracy, an error in the target's units, or the
    loss."""
    return next((name for name in run.test if name != "loss"), "loss")


def test_value(run: Run) -> float | None:
    """Return the value of the main test metric; None without a test."""
    value = run.test.get(test_metric(run))
    return None if value is None else float(value)


def test_text(run: Run) -> str:
    """Return the main test metric as text: "97.7%", "± $43.40", "0.2"."""
    name, value = test_metric(run), test_value(run)
    if value is None:
        return ""
    if "accuracy" in name:
        return format_percent(value)
    text = with_unit(name, value, run)
    return f"± {text}" if name == "mean_absolute_error" else text


def with_unit(name: str, value: float, run: Run) -> str:
    """Return a test metric's value, with the target's unit if it has one."""
    return format_measure(value, run.unit if name in _IN_UNITS else "")


def _chance(name: str, runs: Sequence[Run]) -> float | None:
    """Return 2 standard errors of the difference of two test values (95%); None if unknown.

    For a share p of n samples the standard error is sqrt(p (1 - p) / n); those of a difference add
    up as squares (Agresti, Categorical Data Analysis, 3.1). This assumes separate test sets, so it
    is conservative for a shared one.
    """
    squares = 0.0
    for run in runs:
        share, error = run.test[name], run.standard_errors.get(name)
        if "accuracy" in name and run.test_samples:
            error = math.sqrt(max(share * (1 - share), 0) / run.test_samples)
        if error is None:
            return None
        squares += error**2
    return 2 * math.sqrt(squares)


def previous_run_sentence(run: Run, among: Sequence[Run]) -> str:
    """Compare a run's test result with the project's previous run; "" without a comparable one."""
    from netbuilder.core.engine.runs.run_store import previous_run, with_absolute_paths

    project = run.project
    previous = previous_run(run, [other for other in among if other.project.name == project.name])
    if previous is None or (previous.project.training.seed != project.training.seed):
        return ""  # another seed selects another test set
    old_data, data = (
        absolute.data if absolute is not None else None
        for absolute in (
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
        return ""  # losses may differ in kind
    result = _("test {metric} {value}", metric=metric_words(name), value=test_text(previous))
    if test_text(previous) == test_text(run):
        return _("The same as the previous run: {result}.", result=result)
    if name in _IN_UNITS:
        better, difference = new < old, with_unit(name, abs(new - old), run)
    else:
        tenths = [math.floor(1000 * part + 0.5 + 1e-9) for part in (old, new)]  # as they are shown
        better, points = new > old, abs(tenths[1] - tenths[0]) / 10
        points = points if points > 0.05 else abs(100 * (new - old))
        difference = _("{count} percentage points", count=format_number(round(points, 3)))
    chance = _chance(name, (previous, run))
    if chance is None:
        return _("Previous run: {result}.", result=result)
    if abs(new - old) <= chance:
        samples = abs(new - old) * run.test_samples
        if "accuracy" in name and math.isclose(samples, round(samples), abs_tol=0.01):
            return _sentence(
                "previous_few_samples",
                count=round(samples),
                result=result,
                difference=difference,
                samples=format_number(run.test_samples, ","),
            )
        return _sentence("previous_within_chance", result=result, difference=difference)
    if better:
        return _sentence("previous_better", result=result, difference=difference)
    return _sentence("previous_worse", result=result, difference=difference)


def format_start(run: Run) -> str:
    """Return when a run began: the time if today, else the day."""
    try:
        began = datetime.fromisoformat(run.started)
    except ValueError:
        return run.started
    return format_time_or_day(began)
