"""Curves are scikit-learn's; thresholds and mistakes are counted anew by hand."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from netbuilder.core.data.dataset import Split
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    Preprocessing,
)
from netbuilder.core.errors import DataError
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
from netbuilder.core.results.evaluate import Evaluation, evaluate, evaluate_test_set
from netbuilder.core.results.mistakes import mistake_samples, visible_matrix


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
