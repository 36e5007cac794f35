"""Intervals, baseline, calibration and groups, on figures whose values are known beforehand."""

import json

import numpy as np
import pandas as pd
import pytest

from netbuilder.cli import main
from netbuilder.core.data.data_facts import CLASSES, MULTI_LABEL, REGRESSION
from netbuilder.core.errors import DataError
from netbuilder.core.results import statistics
from netbuilder.core.results.evaluate import Evaluation, class_evaluation, number_evaluation

LABELS = ("a", "b")


def classes(predictions, truth, sure=0.9):
    said, true = np.array(predictions), np.array(truth)
    probabilities = np.full((len(said), 2), 1 - sure)
    probabilities[np.arange(len(said)), said] = sure
    return Evaluation(
        CLASSES, len(said), **class_evaluation(said, true, LABELS, CLASSES), sentence="",
        predictions=said, truth=true, labels=LABELS, probabilities=probabilities,
    )  # fmt: skip


def numbers(predictions, truth):
    said, true = predictions.reshape(len(truth), -1), truth.reshape(len(truth), -1)
    return Evaluation(
        REGRESSION, len(said), **number_evaluation(said, true), sentence="", predictions=said,
        truth=true, columns=("y",),
    )  # fmt: skip


def test_sixty_nine_of_sixty_nine_is_not_certainty():
    """Wilson's interval for 69 of 69: 69 / (69 + 1.96²) = 0.947."""
    low, high = statistics.wilson(69, 69)
    assert low == pytest.approx(69 / (69 + 1.959964**2), abs=1e-4)
    assert high == pytest.approx(1.0)
    found = statistics.intervals(classes([1] * 69, [1] * 69))
    assert found["accuracy"][0] == pytest.approx(0.947, abs=1e-3)


def test_all_of_twenty_four_correct_leave_room_for_errors_in_every_measure():
    """Two classes of 12: each recall is at least 12 / (12 + 1.96²) = 0.757, their mean 0.828.

    Resampled rows would all be correct too: an interval of 100 % to 100 %.
    """
    truth = [0] * 12 + [1] * 12
    found = statistics.intervals(classes(truth, truth))
    for name in ("precision", "recall"):
        assert found[name] == pytest.approx((1 - 0.2425 / np.sqrt(2), 1.0), abs=1e-3), name
    # F1 of a share j of 0.757 is 2j / (1 + j) = 0.862, and an error would be in both classes.
    assert found["f1_score"] == pytest.approx((0.862, 1.0), abs=1e-3)
    assert found["accuracy"] == pytest.approx((24 / (24 + 1.959964**2), 1.0), abs=1e-4)


@pytest.mark.parametrize("cell", [0.0, 1.0])
def test_a_perfect_or_empty_share_of_labels_is_not_certain(cell):
    truth = np.ones((20, 3))
    found = statistics.intervals(
        Evaluation(
            MULTI_LABEL, 20, metrics={}, sentence="", predictions=np.full((20, 3), cell),
            truth=truth, labels=("a", "b", "c"),
        )
    )  # fmt: skip
    low, high = found["accuracy"]
    assert high - low == pytest.approx(1.959964**2 / (20 + 1.959964**2), abs=1e-4)
    assert low <= cell <= high


def test_intervals_of_few_rows_hold_the_true_measures_as_often_as_they_say():
    """Of 24 rows of a network that is correct in 95 %, bootstrap intervals held it in 70 %."""
    random = np.random.default_rng(3)
    held = dict.fromkeys(("precision", "recall", "f1_score"), 0)
    for _try in range(300):
        truth = random.integers(0, 2, 24)
        said = np.where(random.random(24) < 0.95, truth, 1 - truth)
        found = statistics.intervals(classes(said.tolist(), truth.tolist()))
        for name in held:
            held[name] += found[name][0] <= 0.95 <= found[name][1]
    assert all(count / 300 > 0.88 for count in held.values()), held


def test_five_correct_rows_of_five_are_not_apart_from_nine_of_ten():
    """0.9⁵ = 0.59: chance explains it, though resampled rows never differ."""
    truth = [0, 1] * 52 + [1]
    said = truth[:5] + [1 - one if n < 10 else one for n, one in enumerate(truth[5:])]
    groups = statistics.by_group(classes(said, truth), np.repeat(["a", "b"], [5, 100]))
    assert not any(one.apart for one in groups)


@pytest.mark.parametrize("kind", ["share", "lognormal"])
def test_random_groups_differ_in_one_evaluation_of_twenty_at_most(kind):
    """Each group of four tested by itself: 19 to 22 of 100 evaluations named one."""
    random = np.random.default_rng(3)
    alarms, tries = 0, 150
    for _try in range(tries):
        scores = random.random(80) < 0.85 if kind == "share" else random.lognormal(size=80)
        groups = random.permutation(np.arange(80) % 4)
        evaluation = numbers(np.asarray(scores, float), np.zeros(80))
        alarms += statistics.differing_groups(evaluation, groups).any()
    assert alarms / tries < 0.09  # 0.05, and two standard errors of 150 tries


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_intervals_of_errors_hold_the_truth_from_twenty_rows(spread):
    """Percentiles of resampled means held the root of lognormal squares in 35 to 72 of 100."""
    random = np.random.default_rng(4)
    held = dict.fromkeys(("mean_absolute_error", "root_mean_squared_error"), 0)
    tries = 150
    for _try in range(tries):
        errors = random.lognormal(0, 1, 20) if spread else np.abs(random.normal(size=20))
        truth = random.normal(size=20)
        found = statistics.intervals(numbers(truth + errors, truth))
        true = (np.exp(0.5), np.exp(1.0)) if spread else (np.sqrt(2 / np.pi), 1.0)
        for name, value in zip(held, true, strict=True):
            held[name] += found[name][0] <= value <= found[name][1]
    # 0.93, less two standard errors of 150 tries.
    assert all(count / tries > 0.93 - 0.042 for count in held.values()), held


def test_nine_rows_have_no_interval_of_errors_and_equal_errors_have_their_own():
    truth = np.arange(9.0)
    assert statistics.intervals(numbers(truth + 1, truth)) == {}
    truth = np.arange(12.0)
    found = statistics.intervals(numbers(truth + 1, truth))
    assert found["mean_absolute_error"] == (1.0, 1.0)
    assert found["root_mean_squared_error"] == (1.0, 1.0)
    perfect = statistics.intervals(numbers(truth, truth))
    assert perfect["mean_absolute_error"] == (0.0, 0.0)
    assert perfect["r2_score"] == (1.0, 1.0)
    mostly = truth.copy()
    mostly[0] += 3  # eleven rows are right: most draws have an error of none
    low, high = statistics.intervals(numbers(mostly, truth))["mean_absolute_error"]
    assert 0 <= low <= 0.25 <= high < 1000


def test_the_interval_of_a_mean_error_is_that_of_a_normal_mean():
    """|N(0, 1)| has mean √(2/π) and deviation √(1 − 2/π): ± 1.96 deviations / √n."""
    random = np.random.default_rng(1)
    truth = random.normal(size=4000)
    found = statistics.intervals(numbers(truth + random.normal(size=4000), truth))
    low, high = found["mean_absolute_error"]
    half = 1.96 * np.sqrt(1 - 2 / np.pi) / np.sqrt(4000)
    assert high - low == pytest.approx(2 * half, rel=0.15)
    assert low < np.sqrt(2 / np.pi) < high
    assert set(found) == {
        "mean_absolute_error", "root_mean_squared_error", "median_absolute_error", "r2_score",
    }  # fmt: skip


def test_the_intervals_of_several_columns_hold_the_sample_s_own():
    """Errors of 1 in one column and of 10 in the other: both metrics are means over columns."""
    random = np.random.default_rng(3)
    truth = random.normal(size=(400, 2)) * 30
    found = numbers(truth + random.normal(size=(400, 2)) * (1, 10), truth)
    for name, (low, high) in statistics.intervals(found).items():
        assert low < found.metrics[name] < high, name


def test_the_interval_of_f1_holds_the_sample_s_own():
    random = np.random.default_rng(2)
    truth = random.integers(0, 2, 500)
    said = np.where(random.random(500) < 0.8, truth, 1 - truth)
    found = classes(said.tolist(), truth.tolist())
    for name, (low, high) in statistics.intervals(found).items():
        assert low < found.metrics[name] < high, name
        assert 0.04 < high - low < 0.11, name


def test_calibration_knows_over_confidence():
    """Sure to 90 % and correct in 60 % of 100 rows: an error of 0.3."""
    found = classes([1] * 100, [1] * 60 + [0] * 40, sure=0.9)
    held = statistics.calibration(found)
    assert held.expected_error == pytest.approx(0.3)
    assert held.samples == (100,)


def test_a_group_that_differs_is_told_from_chance():
    random = np.random.default_rng(3)
    where = np.repeat(["north", "south", "few"], [200, 200, 3])
    truth = random.integers(0, 2, 403)
    wrong = random.random(403) < np.where(where == "south", 0.4, 0.1)
    found = classes(np.where(wrong, 1 - truth, truth).tolist(), truth.tolist())
    groups = {one.value: one for one in statistics.by_group(found, where)}
    assert groups["south"].apart
    assert groups["south"].metrics["accuracy"] == pytest.approx(1 - wrong[200:400].mean())
    assert not groups["few"].apart, "three rows tell nothing"
    # The careless reading: differences of chance alone are no finding.
    same = statistics.by_group(found, random.permutation(where))
    assert not any(one.apart for one in same)


def test_many_numbers_become_quartiles():
    from netbuilder.core.results.statistics import _as_groups

    numbers_to_99 = pd.Series(np.arange(100.0))
    found = _as_groups(numbers_to_99, numbers_to_99)
    names, counts = np.unique(found, return_counts=True)
    assert len(names) == 4
    assert counts.tolist() == [25, 25, 25, 25]


def test_a_column_that_names_each_row_is_refused():
    found = classes([0, 1] * 200, [0, 1] * 200)
    with pytest.raises(DataError) as caught:
        statistics.by_group(found, np.arange(400).astype(str))
    assert caught.value.code == "too_many_groups"


def test_two_networks_on_the_same_rows():
    random = np.random.default_rng(4)
    truth = random.normal(size=600)
    good, bad = numbers(truth + 0.1, truth), numbers(truth + random.normal(size=600), truth)
    low, high = statistics.paired_difference(good, bad)
    assert 0.5 < low < high < 0.9
    low, high = statistics.paired_difference(good, good)
    assert low == high == 0
    with pytest.raises(DataError):
        statistics.paired_difference(good, numbers(truth + 1, truth + 1))


@pytest.fixture(scope="module")
def patients(tmp_path_factory):
    """A table in which one clinic's results are noise, and a model trained on it."""
    folder = tmp_path_factory.mktemp("groups")
    random = np.random.default_rng(5)
    rows = 800
    clinic = np.repeat(["A", "B"], rows // 2)
    x = random.normal(size=rows)
    sick = np.where(clinic == "A", x > 0, random.random(rows) > 0.5)
    frame = pd.DataFrame({"x": x, "clinic": clinic, "sick": np.where(sick, "yes", "no")})
    frame.sample(frac=1, random_state=1).to_csv(folder / "t.csv", index=False)
    project = {
        "format": "netbuilder-project", "version": 1, "name": "T",
        "graph": {"nodes": [{"id": "input", "layer": "Input", "params": {}},
                            {"id": "out", "layer": "Dense",
                             "params": {"units": 1, "activation": "sigmoid"}}],
                  "edges": [["input", "out"]]},
        "data": {"kind": "csv", "path": "t.csv", "target": ["sick"],
                 "columns": {"clinic": {"role": "ignore"}}},
        "training": {"epochs": 20, "seed": 1},
    }  # fmt: skip
    (folder / "t.netbuilder").write_text(json.dumps(project))
    return folder


@pytest.mark.slow
def test_the_command_line_tells_groups_intervals_and_the_training_set_s_baseline(
    patients, monkeypatch, capfd
):
    monkeypatch.chdir(patients)

    def run(*words: str):
        assert main([*words, "--json"]) == 0
        return json.loads(capfd.readouterr().out.splitlines()[-1])

    run("train", "t.netbuilder", "-o", "t.h5")
    found = run("evaluate", "t.h5", "--data", "t.csv", "--group-by", "clinic")
    groups = found["groups"]
    assert groups["A"]["metrics"]["accuracy"] > 0.9
    assert 0.4 < groups["B"]["metrics"]["accuracy"] < 0.6
    assert groups["A"]["differs"]
    low, high = found["intervals"]["accuracy"]
    assert low < found["metrics"]["accuracy"] < high
    assert 0.4 < found["baseline"]["accuracy"] < 0.6
    assert set(found["per_class"]) == {"yes", "no"}
    assert found["calibration"]["expected_calibration_error"] < 0.2
    assert found["out_of_range"] == []
    # Rows far outside are told with the range that was learned.
    far = pd.DataFrame({"x": [0.5, 90.0], "clinic": ["A", "A"], "sick": ["yes", "no"]})
    far.to_csv(patients / "far.csv", index=False)
    (row,) = run("evaluate", "t.h5", "--data", "far.csv")["out_of_range"]
    assert row["column"] == "x"
    assert row["samples"] == 1
    assert row["found"] == [90.0, 90.0]
    # The training set's share counts, not that of the rows at hand.
    wrong = pd.DataFrame({"x": [1.0] * 9, "clinic": ["A"] * 9, "sick": ["yes"] * 9})
    wrong.to_csv(patients / "one.csv", index=False)
    trained_on = pd.read_csv(patients / "t.csv")["sick"].value_counts().idxmax()
    assert run("evaluate", "t.h5", "--data", "one.csv")["baseline"]["accuracy"] == (
        1.0 if trained_on == "yes" else 0.0
    )
