"""Residuals, networks side by side and the curve over amounts of data: on known numbers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.data.load import load_dataset
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Choice, Data, Project, Training
from netbuilder.core.results.compare import (
    ComparedNetwork,
    evaluate_own_data,
    metric_rows,
    residuals,
    same_losses,
    same_rows,
)
from netbuilder.core.results.evaluate import PENALISED, Evaluation
from netbuilder.core.results.learning_curve import LearningCurve, LearningCurvePoint, learning_curve
from tests.core.results.conftest import chain


def numbers(truth, answers):
    return Evaluation(
        "regression", len(truth), {}, "", np.array(answers), np.array(truth), columns=("a", "b")
    )


def test_residuals_are_truth_less_answer():
    found = numbers([[10, 1], [20, 2], [30, 3]], [[12, 1], [21, 2], [33, 3]])
    one = residuals(found)
    assert one.values.tolist() == [-2, -1, -3]
    assert one.column == "a"
    assert "too high by 2 on average" in one.sentence
    other = residuals(found, 1)
    assert other.values.tolist() == [0, 0, 0]
    assert "neither too high nor too low" in other.sentence
    with pytest.raises(DataError, match="predicts classes"):
        residuals(Evaluation("classes", 1, {}, "", np.zeros(1), np.zeros(1)))


@pytest.mark.parametrize(
    ("off", "said"),
    [
        ([1.0] * 7 + [36.695, -0.135], "too low by 4.84 on average"),  # one outlier, mean 4.84
        ([1.0] * 4 + [-1.0] * 3 + [0.0, 9.0, -6.0], "Too few samples to say"),
        ([1.0, -1.0, 1.0, -1.0], "Too few samples to say"),
        ([1.0, -1.0] * 20, "neither too high nor too low"),
        ([1.0, 2.0] * 20, "too low by 1.5 on average"),
        ([-9.0] + [1.0, -1.0] * 11, "Too few samples to say"),  # mean −0.39, of 1.35
    ],
)
def test_residuals_that_lie_on_one_side_are_told_also_of_few_rows(off, said):
    found = numbers([[v, 0] for v in off], [[0, 0] for _v in off])
    assert said in residuals(found).sentence


def test_errors_that_grow_are_told():
    answers = np.linspace(1, 100, 100)
    off = np.where(np.arange(100) % 2 == 0, 1, -1) * answers * 0.1
    found = numbers([[v, 0] for v in answers + off], [[v, 0] for v in answers])
    assert "Large predictions have much larger errors" in residuals(found).sentence
    even = numbers([[v, 0] for v in answers + np.sign(off)], [[v, 0] for v in answers])
    assert "much larger errors" not in residuals(even).sentence
    broken = numbers([[1, 0], [2, 0]], [[float("nan"), 0], [float("nan"), 0]])
    assert residuals(broken).sentence.endswith("No prediction is a number.")


def test_a_sentence_about_one_of_several_columns_names_it():
    found = numbers([[10, 1], [20, 2], [30, 3]], [[12, 1], [21, 2], [33, 3]])
    assert residuals(found).sentence.startswith("a: ")
    alone = replace(found, predictions=found.predictions[:, :1], truth=found.truth[:, :1],
                    columns=("a",))  # fmt: skip
    assert not residuals(alone).sentence.startswith("a: ")


def test_the_best_of_each_metric():
    def of(formula="", **metrics: float):
        answers = np.zeros(2), np.array([0, 1])
        return ComparedNetwork(
            "x", Evaluation("classes", 1, metrics, "", *answers, loss_of=formula)
        )

    rows = {
        row.metric: row
        for row in metric_rows(
            [
                of(accuracy=0.9, loss=0.3),
                of(accuracy=0.8, loss=0.1),
                ComparedNetwork("y", trouble="gone"),
            ]
        )
    }
    assert rows["accuracy"].values == (0.9, 0.8, None)
    assert rows["accuracy"].best == (0,), "of accuracy more is better"
    assert rows["loss"].best == (1,), "of loss less"
    same = metric_rows([of(accuracy=0.5), of(accuracy=0.5)])
    assert same[0].best == ()
    for other in ("huber", PENALISED):
        unlike = [of(loss=0.1), of(other, loss=0.2)]
        assert metric_rows(unlike)[0].best == (), "of another formula the smaller is not better"
        assert not same_losses(unlike)
    alike = metric_rows([of(accuracy=0.98593), of(accuracy=0.98607), of(accuracy=0.9)])[0]
    assert alike.texts == ("98.6%", "98.6%", "90.0%")
    assert alike.best == (0, 1), "what is written alike has the same star"
    assert metric_rows([of(accuracy=0.98593), of(accuracy=0.98607)])[0].best == ()
    nan = metric_rows([of(loss=float("nan")), of(loss=1.0)])
    assert nan[0].best == ()


def test_other_rows_are_noticed(house_model, house_folder):
    mine = evaluate_own_data(house_model[0], house_folder)
    assert mine.samples == len(house_model[1].test or ())
    assert same_rows([ComparedNetwork("a", mine), ComparedNetwork("b", mine), ComparedNetwork("c")])
    other = Evaluation("regression", 1, {}, "", mine.predictions, mine.truth[:-1])
    assert not same_rows([ComparedNetwork("a", mine), ComparedNetwork("b", other)])


@pytest.fixture(scope="module")
def noisy(tmp_path_factory):
    """Twelve columns of which one decides: few rows are learned by heart, many teach the rule."""
    folder = tmp_path_factory.mktemp("noisy")
    random = np.random.default_rng(3)
    x = random.normal(size=(800, 12)).round(3)
    table = pd.DataFrame(x, columns=[f"c{i}" for i in range(12)])
    table["y"] = np.where(x[:, 0] > 0, "yes", "no")
    table.to_csv(folder / "n.csv", index=False)
    graph = chain(
        ("hidden", "Dense", {"units": 24, "activation": "relu"}),
        ("out", "Dense", {"units": 2, "activation": "softmax"}),
    )
    plan = Training(optimizer=Choice("Adam", {"learning_rate": 0.02}), epochs=25, batch_size=16)
    project = Project("n", graph, Data("csv", path="n.csv", target=("y",), test_split=0.4), plan)
    return project, load_dataset(project, folder), folder


@pytest.mark.slow
def test_more_rows_help_where_they_must(noisy):
    project, dataset, folder = noisy
    told: list[int] = []
    found = learning_curve(
        project, dataset, base=folder, shares=(0.02, 0.2, 1.0), seeds=2,
        tell=lambda curve: told.append(sum(len(point.new) for point in curve.points)),
    )  # fmt: skip
    assert told == [1, 2, 3, 4, 5, 6]
    total = len(dataset.train)
    assert [point.rows for point in found.points] == [
        round(0.02 * total),
        round(0.2 * total),
        total,
    ]
    assert (found.metric, found.split, found.total) == ("accuracy", "test", 3)
    few, _, all_rows = found.points
    assert np.mean(few.known) == 1.0, "nine rows are known by heart"
    assert np.mean(few.new) < 0.8
    assert np.mean(all_rows.new) > 0.85
    assert len(few.new) == 2
    assert few.new[0] != few.new[1], "each seed draws other rows"


@pytest.mark.slow
def test_it_ends_when_asked(noisy):
    project, dataset, folder = noisy
    seen: list[LearningCurve] = []
    found = learning_curve(
        project, dataset, base=folder, shares=(0.1, 1.0), seeds=1, tell=seen.append,
        ended=lambda: bool(seen),
    )  # fmt: skip
    assert found.points == seen[0].points
    assert len(found.points) == 1 < found.total
    with pytest.raises(DataError, match="no rows to evaluate on"):
        learning_curve(
            project, Dataset(dataset.facts, dataset.train, None, None, dataset.preprocessing)
        )


def test_what_the_curve_says():
    def of(*points: tuple[int, float, float], metric="accuracy"):
        made = tuple(LearningCurvePoint(rows, (known,), (new,)) for rows, known, new in points)
        return LearningCurve(metric, "test", made, len(made)).sentence

    assert "More rows are likely to help" in of((100, 1.0, 0.7), (200, 1.0, 0.8))
    assert "overfitting" in of((100, 1.0, 0.7), (200, 1.0, 0.701))
    assert "a larger network may" in of((100, 0.71, 0.7), (200, 0.7, 0.701))
    # Of errors less is better: 40 after 50 is a gain.
    off = of((100, 10.0, 50.0), (200, 20.0, 40.0), metric="mean_absolute_error")
    assert "likely to help further" in off
    assert of((100, 1.0, 0.7)) == ""


@pytest.mark.slow
def test_a_trained_model_is_left_alone(noisy, house_model):
    before = [np.array(weight) for weight in house_model[0].training_model.weights]
    learning_curve(noisy[0], noisy[1], base=noisy[2], shares=(0.1, 0.2), seeds=1)
    for weight, old in zip(house_model[0].training_model.weights, before, strict=True):
        assert np.array_equal(np.array(weight), old)
