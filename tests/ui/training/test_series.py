"""Curves: what is kept, and what of it is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from netbuilder.ui.plots.run_curves import RunCurves, Series, visible


def test_a_series_grows_and_knows_its_range() -> None:
    series = Series()
    for start in range(0, 1000, 10):
        series.extend(np.arange(start, start + 10), np.arange(start, start + 10) * 2.0)
    assert len(series) == 1000
    assert series.last == 1998
    assert (series.low, series.high) == (0, 1998)
    assert np.array_equal(series.y, np.arange(1000) * 2.0)


def test_values_that_are_no_numbers_do_not_spoil_the_range() -> None:
    series = Series()
    series.extend([1, 2, 3, 4], [1.0, np.nan, np.inf, 3.0])
    assert (series.low, series.high) == (1.0, 3.0)


def test_a_spike_survives_thinning_out() -> None:
    series = Series()
    y = np.zeros(100_000)
    y[54_321] = 9.0
    y[12_345] = -4.0
    series.extend(np.arange(100_000), y)
    x, drawn = visible(series, 0, 100_000, 400)
    assert len(x) <= 2 * 400 + 400
    assert drawn.max() == 9.0
    assert drawn.min() == -4.0
    assert np.all(np.diff(x) >= 0)


def test_only_what_is_in_view_is_drawn() -> None:
    series = Series()
    series.extend(np.arange(1000), np.arange(1000))
    x, _ = visible(series, 100, 110, 400)
    assert x.min() >= 98
    assert x.max() <= 112


def test_the_moving_average_is_one() -> None:
    series = Series()
    y = np.random.default_rng(1).random(500)
    series.extend(np.arange(500), y)
    x, smooth = visible(series, 0, 500, 1000, window=10)
    for place, value in list(zip(x.astype(int), smooth, strict=True))[::37]:
        assert value == pytest.approx(y[max(place - 9, 0) : place + 1].mean())


def test_quantities_begin_with_the_loss() -> None:
    curves = RunCurves()
    curves.add_steps([1], {"accuracy": [0.5], "loss": [1.0]})
    curves.add_epochs("val_loss", [1], [2.0])
    assert curves.quantities == ["loss", "accuracy"]
    assert curves.validation("loss").last == 2.0


def test_marks_at_one_place_become_one() -> None:
    curves = RunCurves()
    curves.mark(1.0, "rate 0.1")
    curves.mark(1.1, "rate 0.2")
    curves.mark(3.0, "rate 0.3")
    assert curves.marks == [(1.0, "rate 0.2"), (3.0, "rate 0.3")]
