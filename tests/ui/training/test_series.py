"""Curves: what is kept, and what of it is drawn."""

import numpy as np
import pytest

from netbuilder.ui.plots.run_curves import MOST_POINTS, MOST_WAITING, RunCurves, Series, visible


def test_a_series_grows_and_knows_its_range():
    series = Series()
    for start in range(0, 1000, 10):
        series.extend(np.arange(start, start + 10), np.arange(start, start + 10) * 2.0)
    assert len(series) == 1000
    assert series.last == 1998
    assert (series.low, series.high) == (0, 1998)
    assert np.array_equal(series.y, np.arange(1000) * 2.0)


def test_values_that_are_no_numbers_do_not_spoil_the_range():
    series = Series()
    series.extend([1, 2, 3, 4], [1.0, np.nan, np.inf, 3.0])
    assert (series.low, series.high) == (1.0, 3.0)


def test_a_spike_survives_thinning_out():
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


def test_only_what_is_in_view_is_drawn():
    series = Series()
    series.extend(np.arange(1000), np.arange(1000))
    x, _ = visible(series, 100, 110, 400)
    assert x.min() >= 98
    assert x.max() <= 112


def test_the_moving_average_is_one():
    series = Series()
    y = np.random.default_rng(1).random(500)
    series.extend(np.arange(500), y)
    x, smooth = visible(series, 0, 500, 1000, window=10)
    for place, value in list(zip(x.astype(int), smooth, strict=True))[::37]:
        assert value == pytest.approx(y[max(place - 9, 0) : place + 1].mean())


def test_of_a_long_run_a_bounded_number_of_points_is_held_and_no_spike_is_lost():
    most, count, chunk = 4096, 300_000, 5000
    y = 1.0 + np.random.default_rng(2).random(count)
    y[[1234, 77_777, 210_001]] = 9.0, -4.0, 8.0
    series = Series(most)
    for start in range(0, count, chunk):
        series.extend(np.arange(start, start + chunk), y[start : start + chunk])
        assert len(series) <= most
        assert series.last == y[start + chunk - 1]
    assert series.count == count
    assert (series.low, series.high) == (-4.0, 9.0)
    assert np.all(np.diff(series.x) >= 0)
    assert np.array_equal(series.y, y[series.x.astype(int)])
    for place in (1234, 77_777, 210_001):
        assert series.at(place) == y[place]
    # As dense at the beginning as towards the end; only the newest points are held whole.
    thirds = np.histogram(series.x[: series._thinned], 3)[0]
    assert thirds.max() <= 1.2 * thirds.min()
    x, smooth = visible(series, 0, count, 500, window=10_000)
    for place, value in list(zip(x.astype(int), smooth, strict=True))[::37]:
        near = y[max(place - 9999, 0) : place + 1].mean()
        assert value == pytest.approx(near, abs=0.02)


def test_what_is_drawn_stays_when_points_go():
    series = Series(1000)
    series.extend(np.arange(900), np.arange(900) * 2.0)
    x, y = visible(series, 0, 100, 400)
    before = x.copy(), y.copy()
    series.extend(np.arange(900, 1800), np.zeros(900))
    assert np.array_equal((x, y), before)


def test_points_that_come_at_once_are_thinned_too():
    series = Series(1000)
    series.extend(np.arange(50_000), np.full(50_000, 2.0))
    assert len(series) <= 1000
    assert series.x[0] == 0
    assert series.x[-1] == 49_999
    assert series.mean_around(np.array([len(series) - 1]), 20_000)[0] == pytest.approx(2.0)


def test_quantities_begin_with_the_loss():
    curves = RunCurves()
    curves.add_steps([1], {"accuracy": [0.5], "loss": [1.0]})
    curves.add_epochs("val_loss", [1], [2.0])
    assert curves.quantities == ["loss", "accuracy"]
    assert curves.validation("loss").last == 2.0


def test_marks_at_one_place_become_one():
    curves = RunCurves()
    curves.mark(1.0, "rate 0.1")
    curves.mark(1.1, "rate 0.2")
    curves.mark(3.0, "rate 0.3")
    assert curves.marks == [(1.0, "rate 0.2"), (3.0, "rate 0.3")]


def test_what_is_put_in_waits_until_someone_looks(monkeypatch):
    put: list[int] = []
    plain = Series._put

    def counted(series, x, y):
        put.append(len(x))
        plain(series, x, y)

    monkeypatch.setattr(Series, "_put", counted)
    series, x = Series(MOST_POINTS), np.arange(1, 11)
    for chunk in range(50):
        series.extend(chunk + x / 10, np.float32(chunk) + x.astype(np.float32))
    assert put == []
    assert (len(series), series.low, series.high, series.last) == (500, 1.0, 59.0, 59.0)
    assert put == [500]  # all at once, and once only
    assert series.y[123] == 16.0
    # Nobody looks for long: what waits is bounded.
    for chunk in range(50, 50 + 2 * MOST_WAITING // 10):
        series.extend(chunk + x / 10, np.ones(10))
    assert len(put) == 2
    assert series.count == 500 + 2 * MOST_WAITING // 10 * 10
