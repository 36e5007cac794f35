"""Recursive forecasts of a series: predictions become rows of the next window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import REGRESSION
from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.kinds.series.season import calendar_season
from netbuilder.core.data.kinds.series.windows import targets_behind
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.prepare import inference_data
from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.data.preprocessing.time_columns import dates_of
from netbuilder.core.data.recipe_options import integer_option
from netbuilder.core.data.registry import KINDS, modality_of
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.i18n import gettext as _
from netbuilder.core.results.own_units import preprocessing_of, repeated_predictor, single_ends
from netbuilder.core.results.predict import OutputPredictions
from netbuilder.core.wording import (
    format_date,
    format_list,
    format_measure,
    format_moment,
    format_number,
    join_sentences,
    join_values,
    labelled,
)

Array = NDArray[Any]

#: The part of the validation rows that the band holds, and the rows that it needs.
LEVEL, FEWEST = 0.8, 8
#: What the columns of its ends begin with in a file.
BAND = (f"lower {LEVEL:.0%}", f"upper {LEVEL:.0%}")
#: Validation rows and steps that the band is measured with, at most.
MOST_ROWS, MOST_STEPS = 200, 60


@dataclass(frozen=True)
class SeriesEnds:
    """Input (``key``) and ``output`` node of a forecasting network, the window's ``columns``, the
    ``targets`` and the ``horizon`` in steps."""

    key: str
    output: str
    columns: tuple[str, ...]
    targets: tuple[str, ...]
    horizon: int

    @property
    def goes_on(self) -> bool:
        """Whether predictions can be rows of the next window: each target is a column of it."""
        return set(self.targets) <= set(self.columns)

    @property
    def held(self) -> tuple[str, ...]:
        """Columns that are not predicted."""
        return tuple(name for name in self.columns if name not in self.targets)


def series_ends(trained: TrainedModel) -> SeriesEnds | None:
    """Return input and output of a network that predicts numbers from a window of rows, or None."""
    ends = single_ends(trained)
    if ends is None:
        return None
    key, entry, output, target = ends
    if not modality_of(entry).is_series(entry) or target.task != REGRESSION:
        return None
    horizon = integer_option(trained.project.data.options, "horizon", 1)
    names = tuple(column.name for column in entry.columns)
    targets = targets_behind(target.columns, horizon)
    if len(targets) * horizon != len(target.columns):
        return None
    if not _goes_on(trained) and not set(targets) <= set(names):
        return None  # sequences, but no series
    return SeriesEnds(key, output, names, targets, horizon)


def _goes_on(trained: TrainedModel) -> bool:
    kind = KINDS.get(trained.project.data.kind)
    return kind is not None and kind.goes_on


def naive_words(rows: int) -> str:
    """Return the name of the naive forecast that repeats the value ``rows`` rows earlier."""
    if rows == 1:
        return _("repeating the last value")
    return _("repeating the value one season before ({count} rows)", count=rows)


def naive_errors(trained: TrainedModel, split: Split, truth: Array) -> dict[int, float]:
    """Return the mean absolute error of naive forecasts by the number of rows that they repeat.

    1 is the last value; a season from the settings or the dates that fits into the window repeats
    all of it. {} if the samples are no series (Hyndman and Athanasopoulos, "Forecasting", 5.2).

    ``truth``: in the target's units, (n, targets times steps).
    """
    ends = series_ends(trained)
    if ends is None or not ends.goes_on:
        return {}
    where = [ends.columns.index(name) for name in ends.targets]
    past = np.asarray(split.raw_x[ends.key], float)[..., where]
    apart = np.diff(split.days) if split.days is not None else np.zeros((0, 0))
    season = integer_option(trained.project.data.options, "season", 1)
    steps = np.arange(ends.horizon)
    errors = {}
    for rows in sorted({1, season, calendar_season(apart)} - {0}):
        if rows <= past.shape[1]:
            ahead = past[:, past.shape[1] - rows + steps % rows].transpose(0, 2, 1)
            error = float(np.abs(truth - ahead.reshape(truth.shape)).mean())
            # float32 leaves a rounding error between equal values.
            least = float(np.finfo(np.float32).eps * np.abs(truth).max(initial=0.0))
            errors[rows] = error if error > least else 0.0
    return errors


@dataclass(frozen=True, eq=False)
class Forecast:
    """The rows predicted after a window.

    ``targets``: columns that are predicted; ``values``: (steps, targets) in their units, the
    nearest step first; ``note``: assumptions, width of the band, and whether a naive forecast is
    better; ``half_widths``: of the band that holds ``LEVEL`` of the validation rows, (steps,
    targets); NaN where unknown.
    """

    targets: tuple[str, ...]
    values: NDArray[np.float64]
    note: str = ""
    half_widths: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def band(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the lower and upper end of the band, (steps, targets) each."""
        return self.values - self.half_widths, self.values + self.half_widths


def forecast(trained: TrainedModel, window: Array, steps: int) -> Forecast:
    """Predict ``steps`` rows after a window.

    Predictions are appended to the window for the next step (recursive forecasting: Taieb et al.,
    2012); columns that are not predicted keep their last value.

    ``trained``: a network that predicts a series; ``window``: raw rows, float (window, columns),
    the oldest first; ``steps``: limited to the horizon if the targets are no columns of the window.
    Raise DataError if the network predicts no series, or the window has another shape.
    """
    ends = series_ends(trained)
    if ends is None:
        raise data_error("not_a_series")
    entry: InputPreprocessing = preprocessing_of(trained).inputs[ends.key]
    rows = np.array(window, np.float64)
    shape = (entry.shape[0] or len(rows), len(ends.columns))
    if rows.shape != shape:
        raise data_error("window_shape", shape=rows.shape, wanted=entry.shape)
    values = _recursive(trained, ends, rows[None], steps)[0]
    half = half_widths(trained, len(values))
    sentences = (
        _assumptions(ends, len(values), steps), _band_words(trained, half), naive_note(trained),
    )  # fmt: skip
    return Forecast(ends.targets, values, join_sentences(sentences), half)


def _recursive(trained: TrainedModel, ends: SeriesEnds, rows: Array, steps: int) -> Array:
    """Return predictions (n, steps, targets) after raw windows (n, window, columns); fewer steps if
    the network cannot go on."""
    entry = preprocessing_of(trained).inputs[ends.key]
    ask, count = repeated_predictor(trained), len(rows)
    where = [ends.columns.index(name) for name in ends.targets if name in ends.columns]
    parts = [np.zeros((count, 0, len(ends.targets)))]
    while sum(part.shape[1] for part in parts) < steps:
        answer = ask({ends.key: entry.apply(rows)})[ends.output]
        # Each target with all its steps, one after the other.
        ahead = answer.reshape(count, len(ends.targets), ends.horizon).transpose(0, 2, 1)
        parts.append(ahead)
        if not ends.goes_on:
            break
        more = np.repeat(rows[:, -1:], ends.horizon, axis=1)
        more[:, :, where] = ahead
        rows = np.concatenate([rows, more], axis=1)[:, -rows.shape[1] :]
    return np.concatenate(parts, axis=1)[:, :steps]


def with_forecast_errors(trained: TrainedModel, dataset: Dataset) -> TrainedModel:
    """Return the network with the band of its forecasts and the errors of naive forecast and
    network.

    A validation row is predicted from windows that end one, two, … rows before it, recursively. The
    half width is the conformal quantile of the absolute errors (Lei et al., JASA 2018), never
    smaller than that of the step before. Naive forecasts are compared on the test rows, if there
    are any.
    """
    ends = series_ends(trained)
    if ends is None or not ends.goes_on:
        return trained
    # A trend leads out of all training windows: its band says how sure a forecast is.
    trained = replace(trained, novelty=None)
    if dataset.validation is None or not dataset.validation:
        return trained
    target = trained.preprocessing.outputs[ends.output]
    half = _validation_half_widths(trained, ends, dataset)
    split = dataset.test if dataset.test is not None and len(dataset.test) else dataset.validation
    truth = np.asarray(split.raw_y[ends.output], float).reshape(len(split), -1)
    naive = naive_errors(trained, split, truth)
    rows = min(naive, key=lambda count: naive[count])
    x = preprocessing_of(trained).apply_inputs(split.raw_x)
    values = repeated_predictor(trained)(x)[ends.output]
    error = float(np.abs(values.reshape(truth.shape) - truth).mean())
    target = replace(
        target, half_widths=tuple(half.ravel().tolist()), naive=(rows, naive[rows], error)
    )
    outputs = {**trained.preprocessing.outputs, ends.output: target}
    return replace(trained, preprocessing=replace(trained.preprocessing, outputs=outputs))


def _validation_half_widths(trained: TrainedModel, ends: SeriesEnds, dataset: Dataset) -> Array:
    """Return half widths of the band, (steps, targets), for the steps with enough rows."""
    assert dataset.validation is not None
    horizon, count = ends.horizon, len(ends.targets)
    first = len(dataset.train)
    windows = np.concatenate(
        [part.raw_x[ends.key] for part in (dataset.train, dataset.validation)]
    ).astype(np.float64)
    targets = np.concatenate(
        [part.raw_y[ends.output] for part in (dataset.train, dataset.validation)]
    ).reshape(len(windows), count, horizon)
    # Rows that a training window predicts, as one of its later steps, are not held out.
    first = max(first + horizon - 1, len(windows) - MOST_ROWS)
    steps = max(horizon, min(2 * windows.shape[1], MOST_STEPS))
    start = max(first - steps, 0)
    windows, targets, first = windows[start:], targets[start:], first - start
    follows = (windows[1:, :-1] == windows[:-1, 1:]).all(axis=(1, 2))
    stretch = np.concatenate([[0], np.cumsum(~follows)])
    values = _recursive(trained, ends, windows, steps)
    places = np.arange(len(windows))
    half = np.full((steps, count), np.nan)
    for step in range(steps):
        last = places + max(step - horizon + 1, 0)  # the sample whose target the row is
        usable = (last < len(windows)) & (places + step >= first)
        usable[usable] &= stretch[last[usable]] == stretch[usable]
        if usable.sum() < FEWEST:
            break
        truth = targets[last[usable], :, min(step, horizon - 1)]
        errors = np.sort(np.abs(values[usable, step] - truth), axis=0)
        rank = min(int(np.ceil(LEVEL * (len(errors) + 1))), len(errors)) - 1
        half[step] = np.maximum(errors[rank], half[step - 1] if step else 0.0)
    return half[np.isfinite(half).all(axis=1)]


def half_widths(trained: TrainedModel, steps: int) -> NDArray[np.float64]:
    """Return the half width of the band that holds ``LEVEL`` of the validation rows, (steps,
    targets) in the targets' units; NaN where unknown."""
    ends = series_ends(trained)
    count = len(ends.targets) if ends is not None else 1
    known = trained.preprocessing.outputs[ends.output].half_widths if ends is not None else ()
    half = np.full((steps, count), np.nan)
    rows = np.reshape(known[: len(known) // count * count], (-1, count))[:steps]
    half[: len(rows)] = rows
    return half


def with_band(trained: TrainedModel, predictions: Mapping[str, Array]) -> dict[str, Array]:
    """Return columns of predictions, each followed by the ends of its band, if known.

    ``predictions``: of a series by "predicted NAME", all steps of each target.
    """
    ends, columns = series_ends(trained), dict(predictions)
    if ends is None:
        return columns
    half = half_widths(trained, ends.horizon).T.ravel()
    for (name, values), width in zip(predictions.items(), half, strict=True):
        columns[name] = columns.pop(name)
        if np.isfinite(width):
            known = name.removeprefix("predicted ")
            for word, end in zip(BAND, (values - width, values + width), strict=True):
                columns[f"{word} {known}"] = np.array([float(f"{value:.7g}") for value in end])
    return columns


def naive_note(trained: TrainedModel) -> str:
    """Return a warning if a naive forecast is better than the network; else ""."""
    ends = series_ends(trained)
    if ends is None or len(trained.preprocessing.outputs[ends.output].naive) != 3:
        return ""
    target = trained.preprocessing.outputs[ends.output]
    rows, naive, error = target.naive
    if not naive < error or target.told(naive) == target.told(error):
        return ""
    return _(
        "A simpler forecast is better: {rule} had a mean error of {naive} on held-out rows, this "
        "network {error}.",
        rule=naive_words(int(rows)), naive=target.told(naive), error=target.told(error),
    )  # fmt: skip


def _band_words(trained: TrainedModel, half: NDArray[np.float64]) -> str:
    known = half[np.isfinite(half).all(axis=1)]
    ends = series_ends(trained)
    if ends is None or not len(known):
        return ""
    target = trained.preprocessing.outputs[ends.output]
    level = format_number(LEVEL, ".0%")
    if len(known) == 1 or len(ends.targets) > 1:
        words = _("The band holds {level} of the validation rows.", level=level)
    else:
        words = _(
            "The band holds {level} of the validation rows: ± {first} at step 1, ± {last} at step "
            "{step}.",
            level=level,
            first=target.told(float(known[0, 0])),
            last=target.told(float(known[-1, 0])),
            step=len(known),
        )
    if len(known) < len(half):
        words = join_sentences((words, _("For later steps its width is not known.")))
    return words


def end_of_data(trained: TrainedModel, base: Path) -> tuple[Array | None, Array | None]:
    """Return the last rows of the data and their days.

    Returns raw rows, float (window, columns), or None; days since 1970-01-01, float (window,), None
    without dates.
    """
    data = trained.project.data
    if _goes_on(trained) and (data.test_path or data.path):
        # The last sample ends ``horizon`` rows before the file does: these rows are its answer.
        path = base / (data.test_path or data.path)
        last_rows = inference_data.last_series_rows(data, preprocessing_of(trained), path)
        return last_rows if last_rows is not None else (None, None)
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
    """Format days since 1970-01-01: "12 Mar 2026"."""
    dates = dates_of(days)
    write = format_moment if dates.dtype == "datetime64[m]" else format_date
    return tuple(write(date, "medium") for date in dates.tolist())


def forecast_words(
    answer: OutputPredictions, ends: SeriesEnds, dates: Sequence[str], ahead: Array | None = None
) -> str:
    """Return a prediction in words, "12 Mar 2026: 214.3"; of several steps the first and the last.

    Args:
        answer: the predictions for one window.
        ends: of the network.
        dates: of the predicted steps; empty without dates.
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
            values = [labelled(n, value) for n, value in zip(ends.targets, values, strict=True)]
        when = dates[step] if dates else _("step {number}", number=step + 1)
        return labelled(when, join_values(values)) if named else join_values(values)

    return " … ".join(map(at, steps))


def _assumptions(ends: SeriesEnds, predicted: int, steps: int) -> str:
    if predicted < steps:
        return _(
            "The forecast ends here: {columns} is predicted, but is not part of the input window.",
            columns=format_list(ends.targets),
        )
    if steps <= ends.horizon:
        return ""
    constant = ""
    if ends.held:
        constant = _("Kept at the last value: {columns}.", columns=format_list(ends.held))
    warning = _(
        "From step {step} on, predictions are based on earlier predictions and less accurate.",
        step=ends.horizon + 1,
    )
    return join_sentences((warning, constant))
