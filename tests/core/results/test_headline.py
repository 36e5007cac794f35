"""The figure that stands first: accuracy, balanced accuracy where a class is rare, or an error."""

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.project.model import Data
from netbuilder.core.results.evaluate import (
    Evaluation,
    class_evaluation,
    evaluate,
    number_evaluation,
)
from netbuilder.core.results.headline import (
    has_rare_class,
    headline,
    interval_text,
    metric_column,
    metric_text,
)
from tests.core.results.conftest import chain, train
from tests.few import few


def classes(truth, predictions, baseline):
    made = class_evaluation(np.array(predictions), np.array(truth), ("no", "yes"), "binary")
    return Evaluation(
        "binary", len(truth), **made, sentence="", truth=np.array(truth),
        predictions=np.array(predictions), labels=("no", "yes"), baseline=baseline,
    )  # fmt: skip


def test_accuracy_stands_beside_the_most_frequent_class():
    found = headline(classes([0, 0, 1, 1], [0, 0, 1, 0], 0.5), "new.csv")
    assert (found.metric, found.figure) == ("accuracy", "75.0%")
    assert found.words.startswith("3 of 4 ") and "new.csv" in found.words
    assert "50.0%" in found.comparison


@pytest.mark.parametrize(
    ("rare", "figure", "metric"), [(4, "50.0%", "recall"), (5, "95.2%", "accuracy")]
)
def test_a_rare_class_is_not_hidden_by_the_others(rare, figure, metric):
    """One of 25 and 100 against 5 of 100: the careless figure is the accuracy of 96%."""
    truth = [0] * 100 + [1] * rare
    evaluation = classes(truth, [0] * len(truth), 100 / len(truth))
    assert has_rare_class(evaluation) is (metric == "recall")
    found = headline(evaluation)
    assert (found.metric, found.figure) == (metric, figure)
    if metric == "recall":
        assert "96.2%" in found.comparison, "the accuracy, beside it"


def test_numbers_are_off_in_their_own_unit():
    truth, given = np.array([[1.0], [3.0]]), np.array([[2.0], [3.0]])
    evaluation = Evaluation(
        "regression", 2, **number_evaluation(given, truth), sentence="", predictions=given,
        truth=truth, columns=("price",), units=("$",), baseline=1.0,
    )  # fmt: skip
    found = headline(evaluation)
    assert found.figure == "± $0.50" and "$1" in found.comparison
    within = {"mean_absolute_error": (0.25, 0.75)}
    assert interval_text(evaluation, "mean_absolute_error", within) == "$0.25 to $0.75"
    assert interval_text(evaluation, "r2_score", within) == ""
    rows = [(9.5, {"root_mean_squared_error": (8.0, 11.25)}), (12.345, {})]
    told = metric_column(evaluation, "root_mean_squared_error", rows)
    assert told == [("$9.50", "$8 to $11.25"), ("$12.35", "")]
    shares = {"accuracy": (0.25, 0.75)}
    assert interval_text(evaluation, "accuracy", shares) == "25.0–75.0%"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("r2_score", 0.99968, "0.9996"), ("r2_score", 1.0, "1"), ("r2_score", 0.9, "0.9"),
        ("loss", 0.000354, "0.000354"), ("loss", 0.0, "0"), ("loss", 12.5, "12.5"),
    ],
)  # fmt: skip
def test_what_is_nearly_one_or_nothing_is_not_rounded_to_it(name, value, shown):
    assert metric_text(classes([0, 1], [0, 1], 0.5), name, value) == shown


@pytest.mark.parametrize(("horizon", "error"), [(1, 1.0), (3, 2.0)])
def test_a_series_is_compared_with_its_last_value(tmp_path, horizon, error):
    """Of 0, 1, 2, … the last value is off by 1 after a step, and by 1, 2 and 3 after three."""
    lines = [f"{n},{7 * n % 5}" for n in range(120)]
    (tmp_path / "s.csv").write_text("\n".join(["t,other", *lines]), encoding="utf-8")
    options = {"window": 4, "horizon": horizon}
    recipe = Data("series", path="s.csv", target=("t",), options=options)
    layers = ("flat", "Flatten", {}), ("out", "Dense", {"units": horizon})
    model, dataset = train(chain(*layers), recipe, tmp_path, epochs=1)
    assert dataset.test is not None
    found = evaluate(model, dataset.test)
    assert found.naive_errors == {1: pytest.approx(error, abs=1e-4)}, "without dates no season"
    assert found.told(found.naive_errors[1]) in headline(found).comparison.partition("·")[2]


def test_rows_of_a_table_have_no_last_value(house_model):
    model, dataset = house_model
    assert dataset.test is not None
    found = evaluate(model, dataset.test)
    assert not found.naive_errors and "·" not in headline(found).comparison


@pytest.mark.parametrize(
    ("freq", "season", "horizon"),
    few(
        [("D", 7, 30), ("MS", 12, 1), ("QS", 4, 5), ("h", 24, 30), ("B", 0, 1)],
        ("D", 7, 30),
        ("B", 0, 1),
    ),
)
def test_dates_name_the_season_that_a_naive_forecast_repeats(tmp_path, freq, season, horizon):
    """A saw-tooth of the season's length repeats itself exactly, however far it is predicted; the
    network of random weights does not, and that is said."""
    count = 300
    when = pd.date_range("2001-01-01", periods=count, freq=freq).astype(str)
    values = {"day": when, "v": np.arange(count) % (season or 5) * 90.1, "w": np.arange(count) % 3}
    pd.DataFrame(values).to_csv(tmp_path / "s.csv", index=False)
    options = {"window": 24, "horizon": horizon}
    recipe = Data("series", path="s.csv", target=("v",), options=options)
    layers = ("flat", "Flatten", {}), ("out", "Dense", {"units": horizon})
    model, dataset = train(chain(*layers), recipe, tmp_path, epochs=1)
    assert dataset.test is not None
    for split in (dataset.test, tmp_path / "s.csv"):
        found = evaluate(model, split)
        assert [*found.naive_errors] == [1, season][: 2 if season else 1]
        if season:
            assert found.naive_errors[season] == 0, "no rest of float32"
            named = f"one season before ({season} rows)"
            assert named in headline(found).comparison and named in headline(found).worse
            assert named in found.sentence, "what is printed and reported names the best, too"


def test_a_prediction_worse_than_the_best_baseline_is_told():
    def numbers(off, naive):
        truth = np.array([[1.0], [3.0]])
        return Evaluation(
            "regression", 2, **number_evaluation(truth + off, truth), sentence="",
            predictions=truth + off, truth=truth, columns=("v",), baseline=4.0, naive_errors=naive,
        )  # fmt: skip

    assert headline(numbers(8.433, {1: 3.222})).worse == (
        "Worse than repeating the last value (± 3.222)."
    )
    assert "(7 rows)" in headline(numbers(3.0, {1: 3.222, 7: 2.0})).worse
    assert "mean" in headline(numbers(5.0, {})).worse
    assert not headline(numbers(3.0, {1: 3.222})).worse
    assert "(60.0%)" in headline(classes([0, 0, 0, 1, 1], [1, 1, 0, 1, 0], 0.6)).worse
    assert not headline(classes([0, 0, 0, 1, 1], [0, 0, 0, 0, 0], 0.6)).worse
    rare = [0] * 100 + [1] * 4
    assert not headline(classes(rare, [1] * 50 + [0] * 50 + [1] * 4, 100 / 104)).worse
    assert headline(classes(rare, [1] * 50 + [0] * 54, 100 / 104)).worse, "balanced: 25%"
