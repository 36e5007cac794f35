"""A series predicted further than the network sees: its own answers become its next rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import REGRESSION
from netbuilder.core.data.dataset import Split
from netbuilder.core.data.kinds.series.windows import targets_behind
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.prepare import inference_data
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    OutputPreprocessing,
)
from netbuilder.core.data.preprocessing.time_columns import dates_of
from netbuilder.core.data.recipe_options import integer_option
from netbuilder.core.data.registry import KINDS, modality_of
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.results.own_units import preprocessing_of, repeated_predictor
from netbuilder.core.results.predict import OutputPredictions
from netbuilder.core.wording import (
    format_date,
    format_list,
    format_measure,
    format_moment,
    join_sentences,
    join_values,
    labelled,
)

Array = NDArray[Any]


@dataclass(frozen=True)
class SeriesEnds:
    """What of a network makes it predict a series.

    ``key`` and ``output`` are the nodes' ids; ``columns`` of the window, ``targets`` what is
    predicted, ``horizon`` steps at once.
    """

    key: str
    output: str
    columns: tuple[str, ...]
    targets: tuple[str, ...]
    horizon: int

    @property
    def goes_on(self) -> bool:
        """Whether the answers can be rows of the next window: each target is a column of it."""
        return set(self.targets) <= set(self.columns)

    @property
    def held(self) -> tuple[str, ...]:
        """Columns that are not predicted."""
        return tuple(name for name in self.columns if name not in self.targets)


def series_ends(trained: TrainedModel) -> SeriesEnds | None:
    """Input and output of a network that predicts numbers from a window of rows, or None."""
    preprocessing = preprocessing_of(trained)
    if len(preprocessing.inputs) != 1 or len(preprocessing.outputs) != 1:
        return None
    (key, entry), (output, target) = (
        next(iter(preprocessing.inputs.items())),
        next(iter(preprocessing.outputs.items())),
    )
    if not modality_of(entry).is_series(entry) or target.task != REGRESSION:
        return None
    horizon = integer_option(trained.project.data.options, "horizon", 1)
    names = tuple(column.name for column in entry.columns)
    targets = targets_behind(target.columns, horizon)
    if len(targets) * horizon != len(target.columns):
        return None
    if not _goes_on(trained) and not set(targets) <= set(names):
        return None  # sequences of something, and not a series that goes on
    return SeriesEnds(key, output, names, targets, horizon)


def _goes_on(trained: TrainedModel) -> bool:
    kind = KINDS.get(trained.project.data.kind)
    return kind is not None and kind.goes_on


#: Days between rows, at least and at most, and the rows of their season: hours, days, months, ….
_SEASONS = ((0.041, 0.0425, 24), (0.999, 1.001, 7), (27.9, 31.1, 12), (89.9, 92.1, 4))


#: Naive forecasts by how many rows they repeat, in words.
NAIVE = {
    1: N_("repeating the last value"),
    4: N_("repeating the value 4 quarters before"),
    7: N_("repeating the value 7 days before"),
    12: N_("repeating the value 12 months before"),
    24: N_("repeating the value 24 hours before"),
}


def naive_errors(trained: TrainedModel, split: Split, truth: Array) -> dict[int, float]:
    """Mean absolute error of the naive forecasts (Hyndman and Athanasopoulos, "Forecasting:
    principles and practice", 5.2) by the number of rows that they repeat: 1, the last value; where
    dates name a season that the window holds, all of the last one; {} for other samples.

    Args:
        trained: the network.
        split: the samples.
        truth: in own units, (n, targets times steps).
    """
    ends = series_ends(trained)
    if ends is None or not ends.goes_on:
        return {}
    where = [ends.columns.index(name) for name in ends.targets]
    past = np.asarray(split.raw_x[ends.key], float)[..., where]
    apart = np.diff(split.days) if split.days is not None else np.zeros((0, 0))
    # Where the clock changes, one hour is none.
    seasons = [1] + [rows for low, high, rows in _SEASONS
                     if apart.size and ((apart > low) & (apart < high)).mean() > 0.95]  # fmt: skip
    steps = np.arange(ends.horizon)
    found = {}
    for rows in seasons:
        if rows <= past.shape[1]:
            ahead = past[:, past.shape[1] - rows + steps % rows].transpose(0, 2, 1)
            error = float(np.abs(truth - ahead.reshape(truth.shape)).mean())
            # The values went through float32: what is left of equal ones is no error.
            least = float(np.finfo(np.float32).eps * np.abs(truth).max(initial=0.0))
            found[rows] = error if error > least else 0.0
    return found


@dataclass(frozen=True, eq=False)
class Forecast:
    """``values`` float (steps, targets) in own units, the nearest step first; ``note`` says what
    was assumed."""

    targets: tuple[str, ...]
    values: NDArray[np.float64]
    note: str = ""


def forecast(trained: TrainedModel, window: Array, steps: int) -> Forecast:
    """What comes after a window, ``steps`` rows on.

    What was predicted takes its place at the window's end, and the network is asked again
    (recursive forecasting: Taieb et al., "A review and comparison of strategies for multi-step
    ahead time series forecasting", Expert Systems with Applications 2012). Columns that are not
    predicted stay at their last value.

    Args:
        trained: a network that predicts a series.
        window: raw rows, float (window, columns), the oldest first.
        steps: how far; a network whose targets are no columns of its window cannot go further
            than its horizon.

    Raises:
        DataError: the network predicts no series, or the window has another shape.
    """
    ends = series_ends(trained)
    if ends is None:
        raise DataError(
            _("This network does not predict a series."),
            _("Predict for a sample instead."),
            code="not_a_series",
        )
    preprocessing = preprocessing_of(trained)
    entry: InputPreprocessing = preprocessing.inputs[ends.key]
    rows = np.array(window, np.float64)
    shape = (entry.shape[0] or len(rows), len(ends.columns))
    if rows.shape != shape:
        raise DataError(
            _(
                "The window has the shape {shape}, but the network takes {wanted}.",
                shape=rows.shape,
                wanted=entry.shape,
            ),
            _("Provide as many rows as the network's window has."),
            code="window_shape",
        )
    target: OutputPreprocessing = preprocessing.outputs[ends.output]
    ask = repeated_predictor(trained)
    where = [ends.columns.index(name) for name in ends.targets if name in ends.columns]
    found: list[Array] = []
    while sum(map(len, found)) < steps:
        ready = {ends.key: entry.apply(rows[None])}
        answer = ask(ready)[ends.output].reshape(len(target.columns))
        # Each target with all its steps, one after the other.
        ahead = answer.reshape(len(ends.targets), ends.horizon).T
        found.append(ahead)
        if not ends.goes_on:
            break
        more = np.repeat(rows[-1:], ends.horizon, axis=0)
        more[:, where] = ahead
        rows = np.concatenate([rows, more])[-len(rows) :]
    values = np.concatenate(found)[:steps] if found else np.zeros((0, len(ends.targets)))
    return Forecast(ends.targets, values, _note(ends, len(values), steps))


def end_of_data(trained: TrainedModel, base: Path) -> tuple[Array | None, Array | None]:
    """Return the rows with which the data ends, and their days: what follows is in no file.

    Returns:
        raw rows, float (window, columns), None where there are none; days since 1970-01-01,
        float (window,), None where the data has no dates.

    Raises:
        DataError: the data cannot be read.
    """
    data = trained.project.data
    if _goes_on(trained) and (data.test_path or data.path):
        # The last sample ends ``horizon`` rows before the file does: these rows are its answer.
        path = base / (data.test_path or data.path)
        found = inference_data.last_series_rows(data, preprocessing_of(trained), path)
        return found if found is not None else (None, None)
    dataset = load_dataset(trained.project, base)
    split = dataset.test if dataset.test is not None and len(dataset.test) else dataset.train
    if not len(split):
        return None, None
    rows, ends = next(iter(split.raw_x.values()))[-1], series_ends(trained)
    if ends is not None and ends.targets == ends.columns:
        answer = np.reshape(split.raw_y[ends.output][-1], (len(ends.targets), ends.horizon))
        rows = np.concatenate([rows, answer.T])[-len(rows) :]
    return rows, None


def date_words(days: Array) -> tuple[str, ...]:
    """Return days since 1970-01-01 as people write them: "12 Mar 2026"."""
    dates = dates_of(days)
    write = format_moment if dates.dtype == "datetime64[m]" else format_date
    return tuple(write(one, "medium") for one in dates.tolist())


def forecast_words(
    answer: OutputPredictions, ends: SeriesEnds, dates: Sequence[str], ahead: Array | None = None
) -> str:
    """Return what is predicted after a window, in words: "12 Mar 2026: 214.3"; of several steps
    the first and the last.

    Args:
        answer: about one window.
        ends: of the network.
        dates: of the steps that are predicted; empty where the data has none.
        ahead: another number of steps of the same forecast, (steps, targets); None: the horizon.
    """
    units = (answer.units or ("",) * len(answer.columns))[:: ends.horizon]
    if ahead is None:
        ahead = np.reshape(answer.values[0], (len(ends.targets), ends.horizon)).T
    steps = dict.fromkeys((0, len(ahead) - 1))

    def at(step: int) -> str:
        values = [format_measure(float(v), u) for v, u in zip(ahead[step], units, strict=True)]
        named = bool(dates) or ends.horizon > 1
        if len(values) > 1 or not named:
            values = [labelled(n, one) for n, one in zip(ends.targets, values, strict=True)]
        when = dates[step] if dates else _("step {number}", number=step + 1)
        return labelled(when, join_values(values)) if named else join_values(values)

    return " … ".join(map(at, steps))


def _note(ends: SeriesEnds, given: int, steps: int) -> str:
    if given < steps:
        return _(
            "The forecast ends here: {columns} is predicted, but is not part of the input window.",
            columns=format_list(ends.targets),
        )
    if steps <= ends.horizon:
        return ""
    held = ""
    if ends.held:
        held = _("Kept at the last value: {columns}.", columns=format_list(ends.held))
    told = _(
        "From step {step} on, predictions are based on earlier predictions and less accurate.",
        step=ends.horizon + 1,
    )
    return join_sentences((told, held))
