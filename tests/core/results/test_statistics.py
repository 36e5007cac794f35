"""Intervals, baseline, calibration, groups and curves, on figures that are known beforehand."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from netbuilder.cli import main
from netbuilder.core.data.data_facts import CLASSES, MULTI_LABEL, REGRESSION
from netbuilder.core.data.dataset import Split
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    Preprocessing,
)
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.errors import DataError
from netbuilder.core.project import edits
from netbuilder.core.project.edits_data import set_columns
from netbuilder.core.project.model import Choice, Data, Project
from netbuilder.core.results import statistics
from netbuilder.core.results.classification_curves import (
    MEANINGS,
    at_threshold,
    calibration_curve as calibration_of,
    class_curves,
    evaluate_parts,
    gap_sentence,
    metric_meaning,
    overfits_since,
)
from netbuilder.core.results.compare import residuals
from netbuilder.core.results.evaluate import (
    Evaluation,
    class_evaluation,
    evaluate,
    evaluate_test_set,
    number_evaluation,
)
from netbuilder.core.results.group_remedies import measure_remedies
from netbuilder.core.results.mistakes import mistake_samples, visible_matrix

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


ROWS, RARE = 600, 24


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Group A is "yes" above 0, the rare group B above 2: one threshold cannot serve both."""
    folder = tmp_path_factory.mktemp("groups")
    random = np.random.default_rng(3)
    group = np.where(np.arange(2 * ROWS) % ROWS < RARE, "B", "A")
    group[ROWS:] = np.where(np.arange(ROWS) % 2, "A", "B")
    x = random.uniform(-3, 3, 2 * ROWS)
    label = np.where(x > np.where(group == "A", 0, 2), "yes", "no")
    part = np.where(np.arange(2 * ROWS) < ROWS, "train", "test")
    frame = pd.DataFrame({"x": x, "group": group, "part": part, "label": label})
    frame.to_csv(folder / "rows.csv", index=False)
    return folder


def _project():
    project = Project("Groups", data=Data("csv", path="rows.csv", target=("label",)))
    project = edits.append_layer(edits.add_node(project, "Input"), "Dense",
                                 params={"units": 1, "activation": "sigmoid"})  # fmt: skip
    project = set_columns(project, ("group",), role="ignore")
    project = set_columns(project, ("part",), role="split")
    return edits.set_training(
        project, epochs=12, seed=1, optimizer=Choice("Adam", {"learning_rate": 0.05})
    )


@pytest.mark.slow
def test_reweighting_helps_the_rare_group_at_the_cost_of_the_others(base):
    project = _project()
    dataset = load_dataset(project, base)
    trained = Session(project, dataset, storage=RunStorage(record=False)).run()
    file = base / "rows.csv"
    found = measure_remedies(trained, dataset, "group", "B", file=file, base=base)
    held = len(dataset.train)
    assert (found.metric, found.total) == ("accuracy", held)
    assert 15 <= found.rows <= RARE
    assert found.weight == pytest.approx((held - found.rows) / found.rows, rel=1e-3)
    # Between the thresholds, a third of its rows, B is predicted as A is.
    assert found.now < 0.75
    assert found.reweighted > found.now + 0.05
    assert found.others_reweighted < found.others_now
    assert found.halved is not None and found.halved <= found.now + 0.02
    assert len(found.sentences) == 3
    assert measure_remedies(trained, dataset, "group", "B", file=file, ended=lambda: True) is None
    with pytest.raises(DataError) as caught:
        measure_remedies(trained, dataset, "group", "C", file=file)
    assert caught.value.code == "group_without_rows"


@pytest.fixture(scope="module")
def judged():
    """Probabilities that are drawn so that they are right as often as they say."""
    random = np.random.default_rng(0)
    sure = random.uniform(0, 1, 4000)
    truth = (random.uniform(0, 1, 4000) < sure).astype(np.int64)
    return Evaluation(
        "binary", 4000, {}, "", (sure >= 0.5).astype(np.int64), truth, ("no", "yes"),
        probabilities=np.stack([1 - sure, sure], axis=1),
    )  # fmt: skip


def test_curves_and_calibration_are_scikit_learns(judged):
    sure = judged.probabilities[:, 1]
    found = class_curves(judged, 1)
    assert found.auc == pytest.approx(metrics.roc_auc_score(judged.truth, sure))
    assert found.average_precision == pytest.approx(
        metrics.average_precision_score(judged.truth, sure)
    )
    share, mean = calibration_curve(judged.truth, sure, n_bins=10)
    own_mean, own_share, counts = calibration_of(judged, 1)
    assert own_mean == pytest.approx(mean)
    assert own_share == pytest.approx(share)
    assert counts.sum() == 4000
    assert np.abs(own_mean - own_share).max() < 0.08
    # The other class is the same curve seen from the other side.
    assert class_curves(judged, 0).auc == pytest.approx(found.auc)


def test_a_threshold_moves_matrix_and_metrics(judged):
    assert judged.probabilities is not None
    for threshold in (0.2, 0.5, 0.9):
        found = at_threshold(judged, 1, threshold)
        said = judged.probabilities[:, 1] >= threshold
        assert np.array_equal(found.matrix, metrics.confusion_matrix(judged.truth, said))
        assert found.precision == pytest.approx(metrics.precision_score(judged.truth, said))
        assert found.recall == pytest.approx(metrics.recall_score(judged.truth, said))
        assert found.f1 == pytest.approx(metrics.f1_score(judged.truth, said))
    assert at_threshold(judged, 1, 1.1).precision == 0.0
    with pytest.raises(DataError, match="no probabilities"):
        at_threshold(replace(judged, probabilities=None), 1, 0.5)
    with pytest.raises(DataError, match="No row is “yes”"):
        class_curves(replace(judged, truth=np.zeros(4000, np.int64)), 1)


def test_cells_open_their_samples(digits_model):
    trained, data = digits_model
    found = evaluate(trained, data.test)
    matrix = visible_matrix(found)
    assert found.confusion_matrix is not None
    for truth, answer in ((3, 3), (8, 1)):
        rows = matrix.rows_of(found, truth, answer)
        assert len(rows) == found.confusion_matrix[truth, answer]
    shown = mistake_samples(found, data.test, data.preprocessing, matrix.rows_of(found, 3, 3))
    assert len(shown.wall.images) == len(shown.captions) == 24
    assert shown.captions[0].startswith("3 → 3 (")
    assert np.array_equal(shown.wall.images, data.test.raw_x["input"][shown.rows])


def test_of_many_classes_those_are_shown_that_are_mixed_up():
    """Each class is taken for its neighbour: of the ten that are off most, none with another."""
    truth = np.repeat(np.arange(200), 4)
    answer = truth.copy()
    answer[::4] = (truth[::4] + 100) % 200
    answer[4 * 7 : 4 * 7 + 3] = 107
    found = Evaluation(
        "classes", 800, {}, "", answer, truth, tuple(map(str, range(200))),
        confusion_matrix=metrics.confusion_matrix(truth, answer),
    )  # fmt: skip
    matrix = visible_matrix(found)
    assert len(matrix.classes) == 30
    assert matrix.labels[-1] == "all others"
    assert {7, 107} <= set(matrix.classes)
    assert {(one + 100) % 200 for one in matrix.classes} == set(matrix.classes), "pairs"
    for row in range(31):
        for column in range(31):
            rows = matrix.rows_of(found, row, column)
            assert len(rows) == matrix.counts[row, column]
            if row < 30 and column == 30:
                assert set(truth[rows]) <= {matrix.classes[row]}
                assert not np.isin(answer[rows], matrix.classes).any()


def test_the_worst_of_several_numbers_is_named():
    """A column of large numbers does not decide alone, and the caption names what is off."""
    random = np.random.default_rng(1)
    truth = np.stack([random.normal(0, 1000, 60), random.normal(0, 1, 60)], axis=1)
    answer = truth + np.array([100.0, 0.1])
    answer[5, 1] += 4.0
    split = Split({"input": np.zeros((60, 1))}, {}, {"input": np.zeros((60, 1))})
    found = Evaluation(
        "regression", 60, {}, "", answer, truth, columns=("weight", "height"), units=("g", "m")
    )
    assert found.mistakes[0] == 5
    preprocessing = Preprocessing({"input": InputPreprocessing("numbers", (1,))}, {})
    shown = mistake_samples(found, split, preprocessing, found.mistakes[:1])
    here, there = found.told(truth[5, 1], 1), found.told(answer[5, 1], 1)
    assert shown.captions == (f"height: {here} → {there}",)
    assert here.endswith(" m")
    # So many numbers are told as a whole: a picture's pixels.
    pixels = np.zeros((3, 64))
    off = np.stack([pixels[0] + 0.1, pixels[0] + 0.3, pixels[0]])
    off[2, 0] = 1.0
    whole = Evaluation("regression", 3, {}, "", off, pixels, columns=tuple(map(str, range(64))))
    assert list(whole.mistakes) == [1, 0, 2]
    said = mistake_samples(whole, split, preprocessing, whole.mistakes[:1])
    assert (said.captions, said.heading) == (("0.3",), "mean error")


def test_rows_and_texts_are_shown_as_they_were(house_model, reviews_model):
    trained, data = house_model
    found = evaluate(trained, data.test)
    shown = mistake_samples(found, data.test, data.preprocessing, found.mistakes[:3])
    assert shown.names == ("size", "town")
    assert shown.cells[0][1] in {"Bath", "York"}
    size = data.test.raw_x["input"][shown.rows[0], 0]
    assert float(shown.cells[0][0].replace(",", "")) == pytest.approx(size, rel=1e-3)
    trained, data = reviews_model
    assert data.test is not None
    found = evaluate(trained, data.test)
    shown = mistake_samples(found, data.test, data.preprocessing, np.arange(2))
    assert len(shown.cells[0][0].split()) > 3


def test_parts_tell_what_was_learned_by_heart(house_model):
    parts = evaluate_parts(*house_model)
    assert list(parts) == ["training", "validation", "test"]
    assert "about as well" in gap_sentence(parts)
    # Evaluate says what Train says of the same curves.
    steps = np.linspace(0, 1, 60)
    curves = {"loss": list(1 - 0.9 * steps), "val_loss": list(0.5 + (steps - 0.2) ** 2)}
    learned = replace(house_model[0], history=curves, best_epoch=13, kept_epoch=0)
    assert overfits_since(learned) == 13
    told = gap_sentence(parts, 13)
    assert "about as well" not in told and "13" in told
    assert overfits_since(replace(learned, kept_epoch=13)) == 0, "its weights are of that epoch"
    guess = parts["test"].baseline
    known = replace(parts["training"], metrics={"mean_absolute_error": 0.1 * guess})
    other = replace(parts["test"], metrics={"mean_absolute_error": 0.9 * guess})
    assert "overfitting" in gap_sentence({"training": known, "test": other})
    # Rows that were not trained on either are predicted well: that is no overfitting.
    others = {"training": known, "validation": replace(other, metrics=known.metrics), "test": other}
    assert "differ" in gap_sentence(others) and "overfitting" not in gap_sentence(others)
    assert "by group" in gap_sentence(others)
    told = gap_sentence({**others, "test": replace(other, naive_errors={1: 0.5})})
    assert "by group" not in told and "later" in told, "a series has no groups, and goes on in time"
    assert "overfitting" in gap_sentence({**others, "validation": other})
    found = parts["test"]
    assert set(found.metrics) <= {*MEANINGS, "accuracy"}
    assert "scaled values" in metric_meaning("loss", 0.1, found)
    classes = replace(found, task="classes")
    assert "scaled" not in metric_meaning("loss", 0.1, classes), "a cross-entropy has no scale"
    words = metric_meaning("median_absolute_error", found.metrics["median_absolute_error"], found)
    assert words.startswith("Half of the predictions are off by less than")


def test_a_small_gap_of_a_very_good_network_is_no_over_fitting(house_model):
    known = evaluate_test_set(*house_model)
    assert known.guess == "the mean of the training rows"
    train = house_model[1].train.raw_y["out"]
    off = np.abs(known.truth - train.mean(axis=0)).mean()
    assert known.baseline == pytest.approx(float(off))
    assert "Always predicting the mean of the training rows would be off by" in known.sentence

    def off_by(part):
        return replace(known, metrics={"mean_absolute_error": part * known.baseline})

    fine = {"training": off_by(0.02), "test": off_by(0.034)}
    assert "overfitting" not in gap_sentence(fine)
    # 907 beside 1,424 is not "about as well", though a guess would be off by 63,185.
    small = {key: replace(one, predictions=one.truth + 1e-6) for key, one in fine.items()}
    assert "less well" in gap_sentence(small) and "mean of the training rows" in gap_sentence(small)
    assert "about as well" in gap_sentence({"training": off_by(0.02), "test": off_by(0.025)})
    assert "overfitting" in gap_sentence({"training": off_by(0.1), "test": off_by(0.4)})


def test_few_rows_tell_nothing_of_over_fitting(house_model):
    trained, data = house_model
    assert data.test is not None

    def parts(rows, off):
        """Known rows off by 1 each, and ``rows`` new ones."""

        def of(errors):
            truth = np.zeros((len(errors), 1))
            found = Evaluation("regression", len(errors), {}, "", errors[:, None], truth)
            return replace(
                found, metrics={"mean_absolute_error": float(errors.mean())}, baseline=5.0
            )

        return {"training": of(np.ones(50)), "test": of(np.resize(off, rows))}

    assert "1 test row is too few" in gap_sentence(parts(1, [3.0]))
    assert "Hold out more rows" in gap_sentence(parts(4, [3.0]))
    # 1.5 on average, where single rows lie between 0 and 9: chance alone does that.
    wild = [0.0, 0.0, 0.0, 0.0, 0.0, 9.0]
    assert "chance" in gap_sentence(parts(12, wild))
    assert "overfitting" in gap_sentence(parts(1200, wild))
    one = residuals(Evaluation("regression", 1, {}, "", np.ones((1, 1)), np.zeros((1, 1))))
    assert one.sentence.startswith("Too few samples to say")
    test = data.test
    x, y, raw_x, raw_y = (
        {key: values[:1] for key, values in part.items()}
        for part in (test.x, test.y, test.raw_x, test.raw_y)
    )
    row = Split(x, y, raw_x, raw_y=raw_y)
    sentence = evaluate(trained, row).sentence
    assert "true value" in sentence and "on average" not in sentence, sentence


def test_what_predicts_worse_than_one_class_has_memorised_nothing():
    def part(accuracy):
        return Evaluation("classification", 200, {"accuracy": accuracy}, "", np.zeros(200),
                          np.zeros(200), baseline=0.63)  # fmt: skip

    def told(training):
        return gap_sentence({"training": part(training), "test": part(training - 0.2)})

    assert "overfitting" in told(0.95)
    assert "overfitting" not in told(0.4)


def test_a_gap_within_the_interval_of_the_test_is_no_overfitting():
    def told(rows):
        """85.8% of the training rows and 80% of the test rows correct, as two moons without x."""

        def part(accuracy, count):
            zeros = np.zeros(count)
            found = {"accuracy": accuracy}
            return Evaluation("classification", count, found, "", zeros, zeros, baseline=0.5)

        return gap_sentence({"training": part(0.858, 288), "test": part(0.8, rows)})

    assert "chance" in told(80), "its interval ends at 87.3%"
    assert "overfitting" in told(800), "at 82.6%"
