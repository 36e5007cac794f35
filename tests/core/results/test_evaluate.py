"""Judgements are scikit-learn's, in the data's own units: the first figure and what lies behind."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.preprocessing.fitted_preprocessing import OutputPreprocessing
from netbuilder.core.engine.runs import run_store
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Choice, Data, Graph, Node, Project, Training
from netbuilder.core.results import statistics
from netbuilder.core.results.classification_curves import metric_meaning
from netbuilder.core.results.compare import (
    ComparedNetwork,
    evaluate_own_data,
    metric_rows,
    residuals,
    same_losses,
    same_rows,
)
from netbuilder.core.results.evaluate import (
    PENALISED,
    Evaluation,
    _class_sentence,
    class_evaluation,
    evaluate,
    evaluate_run,
    evaluate_test_set,
    number_evaluation,
)
from netbuilder.core.results.explain.methods import ComparisonRows, explain
from netbuilder.core.results.headline import (
    has_rare_class,
    headline,
    interval_text,
    metric_column,
    metric_text,
)
from netbuilder.core.results.layer_values import raw_sample
from netbuilder.core.results.learning_curve import LearningCurve, LearningCurvePoint, learning_curve
from netbuilder.core.results.mistakes import mistake_samples
from netbuilder.core.results.own_units import predict_values
from tests.core.results.conftest import chain, train
from tests.few import few


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


@pytest.fixture(scope="module")
def money(tmp_path_factory):
    folder = tmp_path_factory.mktemp("money")
    random = np.random.default_rng(4)
    size = random.uniform(40, 90, 80).round(1)
    price = (200 + 3 * size + random.normal(0, 20, 80)).round(2)
    rows = [f"{one},${other}" for one, other in zip(size, price, strict=True)]
    (folder / "d.csv").write_text("size,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    recipe = Data("csv", path="d.csv", target=("price",), scaling="standard")
    return train(chain(("out", "Dense", {"units": 1})), recipe, folder, epochs=20)


def test_every_number_about_money_is_money(money):
    trained, data = money
    found = evaluate(trained, data.test)
    for name in ("mean_absolute_error", "root_mean_squared_error", "median_absolute_error"):
        assert "$" in metric_meaning(name, found.metrics[name], found), name
    assert "$" not in metric_meaning("r2_score", 0.9, found)
    assert ": $" in residuals(found).sentence
    shown = mistake_samples(found, data.test, data.preprocessing, found.mistakes[:2])
    assert all(one.count("$") == 2 for one in shown.captions)
    rows = ComparisonRows(data.test.raw_x, next(iter(data.test.raw_y.values())))
    for method in ("importance", "occlusion", "response"):
        why = explain(trained, raw_sample(data.test, 0), method, rows=rows)
        assert "$" in why.sentence or "are typical" in why.sentence, method
        assert why.nearest is None or "by more than $" in why.nearest.words


def test_a_run_keeps_how_far_its_errors_vary_by_chance(tmp_path):
    random = np.random.default_rng(6)
    frame = pd.DataFrame(random.normal(size=(200, 2)), columns=["a", "y"])
    frame.to_csv(tmp_path / "d.csv", index=False)
    recipe = Data("csv", path="d.csv", target=("y",))
    trained, data = train(chain(("out", "Dense", {"units": 1})), recipe, tmp_path, epochs=1)
    run = run_store.list_runs()[0]
    _trained, found = evaluate_run(trained, data, run.id)
    run = run_store.load_run(run.id)
    assert found is not None and run.test_samples == found.samples
    off = np.abs(np.asarray(found.predictions, float) - found.truth).ravel()
    errors = run.standard_errors
    alone = off.std(ddof=1) / np.sqrt(len(off))
    assert errors["mean_absolute_error"] == pytest.approx(alone)
    # A quarter of the interval that Evaluate computes: 95% are 2 standard errors to each side.
    for name, (low, high) in statistics.intervals(found).items():
        if name in errors:
            assert (high - low) / 4 == pytest.approx(errors[name], rel=0.15), name


def test_a_row_of_several_inputs_is_shown_whole(tmp_path):
    random = np.random.default_rng(5)
    frame = pd.DataFrame(random.normal(size=(60, 3)).round(2), columns=["a", "b", "c"])
    frame["y"] = frame.sum(axis=1)
    frame.to_csv(tmp_path / "d.csv", index=False)
    nodes = (
        Node("one", "Input"), Node("two", "Input"),
        Node("both", "Concatenate"), Node("out", "Dense", {"units": 1}),
    )  # fmt: skip
    graph = Graph(nodes, (("one", "both"), ("two", "both"), ("both", "out")))
    inputs = {"one": ["a", "b"], "two": ["b", "c"]}
    recipe = Data("csv", path="d.csv", target=("y",), inputs=inputs)
    trained, data = train(graph, recipe, tmp_path, epochs=1)
    shown = mistake_samples(
        evaluate(trained, data.test), data.test, data.preprocessing, np.arange(2)
    )
    assert shown.names == ("a", "b", "c")
    raw = data.test.raw_x
    for place in range(2):
        expected = [*raw["one"][place], raw["two"][place][1]]  # b stands there once
        assert [float(cell.replace("−", "-")) for cell in shown.cells[place]] == pytest.approx(
            expected, abs=1e-6
        )


def test_a_text_to_go_on_from_is_shown_as_letters(tmp_path):
    (tmp_path / "t.txt").write_text("abcd " * 60)
    graph = chain(
        ("e", "Embedding", {"input_dim": 7, "output_dim": 4}), ("flat", "Flatten", {}),
        ("out", "Dense", {"units": 5, "activation": "softmax"}),
    )  # fmt: skip
    recipe = Data("text", path="t.txt", options={"task": "next_token", "window": 6})
    trained, data = train(graph, recipe, tmp_path, epochs=1)
    assert data.test is not None
    shown = mistake_samples(
        evaluate(trained, data.test), data.test, data.preprocessing, np.arange(3)
    )
    assert shown.names == ("text",)
    assert all(cells[0].replace("␣", " ") in "abcd " * 60 for cells in shown.cells)


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
