"""Judgements are scikit-learn's, in the data's own units, and said in words."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics

from netbuilder.core.data.preprocessing.fitted_preprocessing import OutputPreprocessing
from netbuilder.core.errors import DataError
from netbuilder.core.results.evaluate import _class_sentence, evaluate, evaluate_test_set
from netbuilder.core.results.own_units import predict_values


def test_numbers_are_judged_in_their_own_units(house_model):
    trained, data = house_model
    found = evaluate(trained, data.test)
    assert found.samples == 80
    answers = trained.model.predict(data.test.raw_x["input"], verbose=0)
    assert np.allclose(found.predictions, answers, rtol=1e-4)
    truth = data.preprocessing.outputs["out"].undo(data.test.y["out"])
    error = metrics.mean_absolute_error(truth, answers)
    assert found.metrics["mean_absolute_error"] == pytest.approx(error, rel=1e-3)
    assert found.metrics["r2_score"] > 0.95
    assert error < found.baseline / 3
    assert found.sentence.startswith(f"On 80 test rows, price is off by {error:.0f} on average")
    assert f"{truth.max():,.0f}" in found.sentence
    assert len(found.mistakes) == 80


def test_a_file_like_the_training_file_is_judged_too(house_model, house_folder):
    frame = houses_like(house_folder, 50)
    found = evaluate(house_model[0], house_folder / "more.csv")
    assert found.samples == 50
    assert np.allclose(found.truth[:, 0], frame["price"])
    assert found.metrics["r2_score"] > 0.95


def test_of_many_numbers_the_worst_is_named():
    """The 64 pixels of an autoencoder filled the whole panel, a sentence each."""
    from netbuilder.core.results.evaluate import _number_sentence

    truth = np.zeros((10, 64))
    values = np.full((10, 64), 0.1)
    values[:, 43] = 0.5
    target = OutputPreprocessing("regression", columns=tuple(f"pixel {n}" for n in range(64)))
    said = _number_sentence(values, truth, target, 0.2)
    assert said == (
        "On 10 test rows, the 64 numbers are off by 0.1063 on average, pixel 43 most (0.5)."
        " Always predicting their means would be off by 0.2."
    )


def houses_like(folder, rows):
    import pandas as pd

    frame = pd.read_csv(folder / "houses.csv").head(rows)
    frame[["price", "town", "size"]].to_csv(folder / "more.csv", index=False)
    return frame


def test_a_file_without_the_target_says_so(house_model, tmp_path):
    (tmp_path / "d.csv").write_text("size,town\n50,Bath\n")
    with pytest.raises(DataError, match="lacks the target column price"):
        evaluate(house_model[0], tmp_path / "d.csv")
    (tmp_path / "d.csv").write_text("sise,town,price\n50,Bath,3\n")
    with pytest.raises(DataError, match=r"lacks the column size.* Did you mean 'sise'\?"):
        evaluate(house_model[0], tmp_path / "d.csv")


def test_classes_are_judged_as_scikit_learn_does(digits_model):
    trained, data = digits_model
    found = evaluate(trained, data.test)
    answers = predict_values(trained, data.test.x)["out"].argmax(axis=1)
    truth = data.test.y["out"]
    assert found.metrics["accuracy"] == pytest.approx(metrics.accuracy_score(truth, answers))
    assert found.metrics["accuracy"] > 0.9
    assert found.metrics["f1_score"] == pytest.approx(
        metrics.f1_score(truth, answers, average="macro")
    )
    assert np.array_equal(found.confusion_matrix, metrics.confusion_matrix(truth, answers))
    assert found.labels == tuple("0123456789")
    assert sum(entry.support for entry in found.classes) == found.samples == len(truth)
    right = int((answers == truth).sum())
    assert found.sentence.startswith(f"{right} of 359 test rows correct (")
    assert len(found.mistakes) == 359 - right
    assert np.allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)


def test_two_classes_with_one_unit(reviews_model):
    trained, data = reviews_model
    assert data.test is not None
    found = evaluate(trained, data.test)
    assert found.labels == ("negative", "positive")
    assert found.confusion_matrix.shape == (2, 2)
    assert found.probabilities.shape == (240, 2)
    assert found.metrics["accuracy"] > 0.8


def test_the_loss_is_the_trained_one(house_model):
    trained, data = house_model
    numbers = trained.training_model.evaluate(
        data.test.x["input"], data.test.y["out"], verbose=0, return_dict=True
    )
    found = evaluate(trained, data.test)
    assert found.metrics["loss"] == pytest.approx(numbers["loss"], rel=1e-4)


def test_many_rows_are_judged_as_few_are(digits_model, monkeypatch):
    trained, data = digits_model
    assert data.test is not None
    plain = evaluate(trained, data.test)
    monkeypatch.setattr("netbuilder.core.results.evaluate.TRACED_FROM", 10)
    traced = evaluate(trained, data.test)
    assert traced.metrics == pytest.approx(plain.metrics, rel=1e-5)
    assert traced.probabilities == pytest.approx(plain.probabilities, abs=1e-6)


def test_rows_that_were_seen_while_training_are_counted(house_model):
    trained, data = house_model
    assert evaluate_test_set(trained, data).known == 0
    half = len(data.test) // 2

    def mixed(own, seen):
        return {key: np.concatenate([own[key][half:], seen[key][:half]]) for key in own}

    test, train = data.test, data.train
    part = replace(
        test, x=mixed(test.x, train.x), y=mixed(test.y, train.y),
        raw_x=mixed(test.raw_x, train.raw_x), raw_y=mixed(test.raw_y, train.raw_y),
    )  # fmt: skip
    assert evaluate_test_set(trained, replace(data, test=part)).known == half


def test_a_mistake_that_is_as_common_as_another_is_not_alone():
    target = OutputPreprocessing("classes", columns=("size",), classes=("small", "medium", "large"))

    def said(*counts: tuple[int, ...]):
        matrix = np.array(counts)
        truth = np.repeat(np.arange(3), matrix.sum(axis=1))
        numbers = np.concatenate([np.repeat(np.arange(3), row) for row in matrix])
        return _class_sentence(0.8, truth, numbers, target, baseline=0.4, matrix=matrix)

    once = said((9, 1, 0), (0, 9, 0), (0, 5, 9))
    assert once.endswith("error: large predicted as medium (5 times).")
    tie = said((9, 1, 0), (5, 9, 0), (0, 5, 9))
    assert tie.endswith("Equally frequent: large predicted as medium.")
    three = said((9, 2, 0), (2, 9, 1), (0, 2, 9))
    assert three.endswith("2 other errors are equally frequent.")
    # Where every error is as frequent as the others none of them is the most frequent.
    assert "error" not in said((9, 1, 0), (1, 9, 0), (0, 1, 9))
