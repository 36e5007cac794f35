"""Networks for series: what they start from, the season that is found, and what they reach."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.data.kinds.series.season import find_season
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.project.model import Data, Graph, Node, Project
from netbuilder.core.results.evaluate import evaluate_run
from netbuilder.core.results.forecast import forecast, half_widths
from netbuilder.core.results.suggestion.selection import suggest
from netbuilder.core.results.suggestion.series_candidates import candidates
from tests.few import few

SHOP = np.array([0, 5, 9, 3, 7, 20, 15])


def written(folder, values, freq="D"):
    count = len(next(iter(values.values())))
    when = pd.date_range("2020-01-01", periods=count, freq=freq).strftime("%Y-%m-%d")
    pd.DataFrame({"when": when, **values}).to_csv(folder / "s.csv", index=False)
    return Data("series", path="s.csv")


def proposed(data, folder):
    bare = Project(graph=Graph((Node("input", "Input"),)), data=data)
    return {one.name: one for one in candidates(bare, load_facts(bare, folder), folder)}


@pytest.mark.parametrize(
    ("target", "horizon"),
    few([(("b",), 1), (("a",), 3), (("b", "a"), 9), (("a", "b"), 7)], (("b", "a"), 9)),
)
@pytest.mark.parametrize("name", ["season", "last", "straight", "conv", "lstm"])
def test_an_untrained_network_is_the_naive_forecast(tmp_path, name, target, horizon):
    """Exactly, in own units, for each column and step: nothing is learned to undo first."""
    day = np.arange(150)
    chance = np.random.default_rng(3)
    noise = chance.normal(0, 1, (2, 150))
    data = written(tmp_path, {
        "a": day * 2.0 + SHOP[day % 7] + noise[0], "b": 900 - 5 * SHOP[day % 7] + 30 * noise[1],
    })  # fmt: skip
    data = replace(data, target=target, options={"horizon": horizon})
    project = proposed(data, tmp_path)[name].project
    dataset = load_dataset(project, tmp_path)
    model = build_training_model(project, dataset.facts)
    split = dataset.train
    answer = np.asarray(model(next(iter(split.x.values())), training=False))
    values = dataset.preprocessing.outputs["forecast"].undo(answer)
    past = next(iter(split.raw_x.values()))
    season = 1 if name == "last" else 7
    steps = past.shape[1] - season + np.arange(horizon) % season
    places = [("a", "b").index(column) for column in target]
    naive = past[:, steps][..., places].transpose(0, 2, 1).reshape(len(past), -1)
    assert values == pytest.approx(naive, rel=1e-4, abs=1e-2)


def test_the_season_is_found_by_date_or_autocorrelation():
    chance = np.random.default_rng(0)
    row = np.arange(240)
    wave = 10 * np.sin(2 * np.pi * row / 11)
    noise = chance.normal(0, 3, 240)
    assert find_season(wave + noise)[0] == 11
    assert find_season(wave + noise + 3 * row)[0] == 11, "a trend hides no season"
    months = 8 * np.sin(2 * np.pi * row / 12) + noise
    assert find_season(months, 12)[0] == 12
    assert find_season(SHOP[row % 7] + noise, 12)[0] == 1, "dates of months, but a wave of seven"
    assert find_season(np.cumsum(noise), 12)[0] == 1, "a random walk"
    assert find_season(noise)[0] == 1 and find_season(noise, 12)[0] == 1
    assert find_season(3.0 * row)[0] == 1, "a trend alone"
    assert find_season(months[:30], 12)[0] == 1, "fewer than three seasons"


@pytest.mark.parametrize(
    ("rows", "options", "window", "season"),
    [(144, {}, 24, 12), (70, {}, 13, 12), (34, {}, 7, 1), (144, {"window": 6}, 6, 1)],
    ids=["long", "short", "too-short", "window-chosen"],
)
def test_the_window_holds_the_season(tmp_path, rows, options, window, season):
    """Where the series is too short for it, the network starts from the last value."""
    month = np.arange(rows)
    values = month + 20 * np.sin(2 * np.pi * month / 12)
    values += np.random.default_rng(0).normal(0, 1, rows)
    data = replace(written(tmp_path, {"v": values}, "MS"), options=options)
    made = proposed(data, tmp_path)
    first = next(iter(made.values()))
    assert dict(first.project.data.options) == {**options, "window": window, "season": season}
    assert ("season" in made) == (season > 1)
    load_dataset(first.project, tmp_path)


def test_gaps_are_no_obstacle(tmp_path):
    day = np.arange(200)
    data = written(tmp_path, {"v": SHOP[day % 7] + np.random.default_rng(0).normal(0, 1, 200)})
    table = pd.read_csv(tmp_path / "s.csv").drop(index=[60, 61, 130])
    table.to_csv(tmp_path / "s.csv", index=False)
    first = next(iter(proposed(data, tmp_path).values()))
    assert first.project.data.options["season"] == 7


@pytest.mark.slow
def test_a_shop_with_trend_and_week(tmp_path):
    """From a file to a forecast that beats both naive ones clearly, with noise of N(0, 5)."""
    day = np.arange(600)
    values = 100 + 0.3 * day + 3 * SHOP[day % 7] + np.random.default_rng(5).normal(0, 5, 600)
    written(tmp_path, {"sold": values.round(2)})
    found = suggest(tmp_path / "s.csv", seconds=200)
    assert found.project.data.options["season"] == 7
    dataset = load_dataset(found.project, tmp_path)
    trained, evaluation = evaluate_run(
        Session(found.project, dataset, storage=RunStorage(record=False)).run(), dataset
    )
    error = evaluation.metrics["mean_absolute_error"]
    assert error < 0.85 * min(evaluation.naive_errors.values())
    assert error < 1.35 * 5 * np.sqrt(2 / np.pi), "little more than the noise itself"
    half = half_widths(trained, 1)[0, 0]
    inside = np.abs(evaluation.predictions - evaluation.truth) <= half
    assert 0.7 <= inside.mean() <= 0.9
    window = next(iter(dataset.test.raw_x.values()))[-1]
    ahead = forecast(trained, window, 20)
    assert (np.diff(ahead.half_widths[:, 0]) >= 0).all()


@pytest.mark.slow
def test_a_random_walk_is_left_to_the_naive_forecast(tmp_path):
    """Its last value is the best forecast: what a network learns beside it can only harm."""
    steps = np.random.default_rng(2).normal(0, 3, 400)
    written(tmp_path, {"price": (500 + np.cumsum(steps)).round(2)})
    suggestion = suggest(tmp_path / "s.csv", seconds=200)
    dataset = load_dataset(suggestion.project, tmp_path)
    _trained, evaluation = evaluate_run(
        Session(suggestion.project, dataset, storage=RunStorage(record=False)).run(), dataset
    )
    assert evaluation.metrics["mean_absolute_error"] < 1.05 * evaluation.naive_errors[1]
