"""Other methods beside the network, and the model card: true figures on the network's own rows."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
from sklearn.neighbors import KNeighborsClassifier

from netbuilder.cli import main
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.errors import DataError, UserError
from netbuilder.core.folders import resource
from netbuilder.core.formats import registry
from netbuilder.core.formats.keras_prediction import predict_rows
from netbuilder.core.formats.script.use_model import (
    MODEL_ENDINGS,
    example_sample,
    model_stem,
    use_code,
)
from netbuilder.core.project import card_answers, files
from netbuilder.core.project.model import Data, Project
from netbuilder.core.results import model_card
from netbuilder.core.results.live.plane import number_columns
from netbuilder.core.results.other_methods import (
    METHODS,
    coefficients,
    compare,
    important_columns,
    method_title,
    nearest_rows,
    row_words,
    surfaces,
    tree_lines,
)
from netbuilder.core.results.suggestion.selection import select_network, suggest
from tests.core.results.conftest import chain, train
from tests.sessions import graph_session

EXAMPLES = resource("examples")


def trained(name):
    project = files.read(EXAMPLES / f"{name}.netbuilder")
    dataset = load_dataset(project, EXAMPLES)
    return Session(project, dataset, storage=RunStorage(record=False)).run(), dataset


@pytest.fixture(scope="module")
def iris():
    return trained("iris")


@pytest.fixture(scope="module")
def found(iris):
    return compare(*iris)


@pytest.mark.slow
def test_the_numbers_are_scikit_learn_s_own(iris, found):
    _model, dataset = iris
    x, y = dataset.train.x["input"], dataset.train.raw_y["output"]
    held, truth = dataset.test.x["input"], dataset.test.raw_y["output"]
    for name, own in (
        ("knn", KNeighborsClassifier(5)),
        ("forest", RandomForestClassifier(100, random_state=0)),
    ):
        expected = accuracy_score(truth, own.fit(x, y).predict(held))
        assert found.by_name[name].evaluation.metrics["accuracy"] == expected
    assert [one.name for one in found.candidates] == ["network", *METHODS]
    low, high = found.by_name["knn"].intervals["accuracy"]
    assert low < found.by_name["knn"].evaluation.metrics["accuracy"] <= high


def test_the_tree_asks_in_the_columns_own_units(found):
    """Iris setosa has petals of at most 1.9 cm, the others of at least 3.0 cm (Fisher, 1936); as
    the network sees them these are about -1.0 and -0.4."""
    first = tree_lines(found, 0)[0].text
    column, limit = first.split(" ≤ ")
    low, high = {"petal length (cm)": (1.9, 3.0), "petal width (cm)": (0.6, 1.0)}[column]
    assert low <= float(limit.split()[0]) <= high, first


def test_a_row_is_walked_along_the_tree(found):
    candidate = found.by_name["tree"]
    for row in range(len(found.x)):
        passed = [line for line in tree_lines(found, row) if line.passed]
        assert len(passed) == candidate.model.decision_path(found.x[row : row + 1]).nnz
        assert [line.depth for line in passed] == list(range(len(passed)))
        said = candidate.evaluation.labels[int(candidate.evaluation.predictions[row])]
        assert passed[-1].text.startswith(said), "the way ends at the prediction"


@pytest.mark.slow
def test_words_and_switches_of_a_table_are_no_thresholds(tmp_path):
    """Who is a member pays 2, others pay 9, red ones 5 more: no column of numbers decides."""
    random = np.random.default_rng(0)
    rows = ["colour,member,size (kg),fee"]
    for number in range(300):
        colour, member = random.choice(["red", "green", "blue"]), random.random() < 0.5
        fee = (2 if member else 9) + 5 * (colour == "red") + number % 2 * 0.01
        rows.append(f"{colour},{'yes' if member else 'no'},{100 + number % 7},{fee}")
    (tmp_path / "fees.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    project = suggest(tmp_path / "fees.csv", target="fee", seconds=0).project
    dataset = load_dataset(project, tmp_path)
    short = replace(project, training=replace(project.training, epochs=1))
    found = compare(
        Session(short, dataset, storage=RunStorage(record=False)).run(), dataset, ["tree"]
    )
    passed = [line.text for line in tree_lines(found, 0) if line.passed]
    questions = {line.text for line in tree_lines(found, 0)}
    assert {"member is yes", "member is no", "colour is red", "colour is not red"} <= questions
    assert not any(text.endswith(" 0.5") for text in passed)
    words = row_words(found, found.x[0])
    assert "size" in words and "kg" in words and not words.endswith(" 0.5")


def test_surfaces_are_the_methods_own_predictions(found):
    drawn = surfaces(found, "petal length (cm)", "petal width (cm)")
    assert list(drawn) == ["network", *METHODS]
    for name, picture in drawn.items():
        assert picture.shares is not None and picture.shares.shape == (50, 50, 3), name
        assert picture.shares.sum(axis=2) == pytest.approx(np.ones((50, 50)), abs=1e-4)
        low, high = picture.shares[0, 0], picture.shares[-1, -1]
        assert picture.classes[int(low.argmax())] == picture.classes[0], name
        assert picture.classes[int(high.argmax())] == picture.classes[2], name
    assert set(np.unique(drawn["knn"].shares)) <= {0.0, 0.2, 0.4, 0.6, 0.8, 1.0}


def test_neighbours(found):
    near = nearest_rows(found, 0)
    distances = np.linalg.norm(found.train_x - found.x[0], axis=1)
    assert [place for place, _ in near] == np.argsort(distances, kind="stable")[:5].tolist()


def test_coefficients_name_their_class_and_keep_their_sign(found):
    """Setosa has the shortest petals and virginica the longest: short ones are evidence for one
    class and against the other."""
    told = coefficients(found)
    assert told.columns == ("setosa", "versicolor", "virginica")
    assert set(told.features) == set(found.features) and told.values.shape == (4, 3)
    petal = told.values[told.features.index("petal length (cm)")]
    assert petal[0] < 0 < petal[2]
    sizes = np.abs(told.values).max(axis=1).tolist()
    assert sizes == sorted(sizes, reverse=True)


def priced(folder):
    """Three columns, of which the first two say nothing: price = 1000 + 40 kg + 200 red."""
    random = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "noise": random.normal(0, 1, 300).round(3),
            "other": random.normal(5, 9, 300).round(3),
            "kg": random.uniform(1, 9, 300).round(2),
            "age": random.uniform(1, 60, 300).round(1),
            "red": random.integers(0, 2, 300),
        }
    )
    frame["price"] = 1000 + 40 * frame["kg"] + 200 * frame["red"] + 0.8 * frame["age"]
    frame.to_csv(folder / "prices.csv", index=False)
    recipe = Data("csv", path="prices.csv", target=("price",), test_split=0.3,
                  inputs={"input": ("noise", "other", "kg", "age", "red")},
                  scaling="standard")  # fmt: skip
    model, dataset = train(chain(("out", "Dense", {"units": 1})), recipe, folder, epochs=3)
    return compare(model, dataset, ["linear", "forest"])


def test_coefficients_of_numbers_are_in_the_columns_units(tmp_path):
    found = priced(tmp_path)
    told = coefficients(found)
    assert told.columns == ("price",)
    named = dict(zip(told.features, told.values[:, 0].tolist(), strict=True))
    assert named["kg"] == pytest.approx(40, rel=1e-3)
    assert named["age"] == pytest.approx(0.8, rel=1e-3)
    assert named["noise"] == pytest.approx(0, abs=0.01)
    # Red adds 200: as one yes-or-no column, or as the difference of its two.
    red = [value for name, value in named.items() if name.startswith("red")]
    assert max(red) - (min(red) if len(red) > 1 else 0) == pytest.approx(200, rel=1e-3)
    assert found.by_name["linear"].evaluation.metrics["mean_absolute_error"] < 0.1


def test_surfaces_begin_with_the_columns_that_matter(tmp_path):
    found = priced(tmp_path)
    assert set(important_columns(found)[:2]) <= {"kg", "red", "age"}
    assert sorted(important_columns(found)) == sorted(number_columns(found.dataset))
    picture = surfaces(found)["network"]
    assert (picture.across, picture.up) == important_columns(found)[:2]
    assert surfaces(found, up="kg")["network"].across != "kg"


def test_disagreements_are_rows_with_another_class(found):
    mine = found.by_name["network"].evaluation.predictions
    its = found.by_name["linear"].evaluation.predictions
    assert found.disagreements("linear").tolist() == np.flatnonzero(mine != its).tolist()


def test_numbers_disagree_where_they_are_further_apart_than_the_network_errs(tmp_path):
    found = priced(tmp_path)
    mine, its = (found.by_name[name].evaluation for name in ("network", "forest"))
    apart = np.abs(mine.predictions - its.predictions).reshape(-1)
    rows = found.disagreements("forest")
    assert sorted(rows) == np.flatnonzero(apart > mine.metrics["mean_absolute_error"]).tolist()
    assert (np.diff(apart[rows]) <= 0).all(), "the largest difference first"
    assert 0 < len(rows) < len(apart)


def test_a_method_begins_small_in_a_sentence_and_large_in_a_line():
    titles = {name: method.title for name, method in METHODS.items()}
    assert all(title[0].islower() for title in titles.values())
    assert method_title("boosting") == titles["boosting"].capitalize()
    assert method_title("knn") == titles["knn"]


@pytest.mark.slow
def test_a_method_that_suits_better_is_told_and_one_by_chance_is_not(tmp_path):
    """Stairs that no line follows; and a line, which a network of one layer is."""
    random = np.random.default_rng(4)
    frame = pd.DataFrame(random.uniform(0, 8, (400, 2)).round(2), columns=["a", "b"])
    frame["stairs"], frame["line"] = np.floor(frame["a"]) % 2 * 10, 3 * frame["a"] - frame["b"]
    # Prices that single precision does not hold exactly, learned scaled.
    frame["price"] = 1000.1 + 0.7 * frame["stairs"]
    frame.to_csv(tmp_path / "t.csv", index=False)
    for target, weights, scaling in (
        ("stairs", [[0.0], [0.0]], "none"),
        ("price", [[0.0], [0.0]], "standard"),
        ("line", [[3.0], [-1.0]], "none"),
    ):
        recipe = Data("csv", path="t.csv", target=(target,), inputs={"input": ("a", "b")},
                      scaling=scaling, test_split=0.3)  # fmt: skip
        model, dataset = train(chain(("out", "Dense", {"units": 1})), recipe, tmp_path, epochs=1)
        model.training_model.set_weights([np.array(weights), np.zeros(1)])
        found = compare(model, dataset, ["tree", "linear", "boosting"])
        assert bool(found.advice) == (target != "line"), found.advice
    assert compare(model, dataset, ["linear"]).advice == "", "exact to single precision"
    model.training_model.set_weights([np.zeros((2, 1)), np.zeros(1)])
    found = compare(model, dataset, ["tree", "linear", "boosting"])
    assert METHODS["linear"].title in found.advice, "the best of all, not the best tree"


def test_texts_are_compared_by_their_words():
    project = files.read(EXAMPLES / "reviews.netbuilder")
    dataset = load_dataset(project, EXAMPLES)
    short = replace(project, training=replace(project.training, epochs=1))
    model = Session(short, dataset, storage=RunStorage(record=False)).run()
    found = compare(model, dataset, ["linear"])
    assert found.by_name["linear"].evaluation.metrics["accuracy"] > 0.8
    assert "not" in found.features


def test_cancelling_keeps_what_is_done(iris):
    seen: list[str] = []
    found = compare(
        *iris, on_progress=lambda title, *_: seen.append(title), cancelled=lambda: len(seen) >= 1
    )
    assert [one.name for one in found.candidates] == ["network", "knn"]


def test_several_numbers_are_compared_with_every_method(tmp_path):
    """Boosted trees of scikit-learn predict one number: a forecast of some days was refused."""
    when = pd.date_range("2024-01-01", periods=120).strftime("%Y-%m-%d")
    table = pd.DataFrame({"date": when, "v": np.sin(np.arange(120) / 3).round(4)})
    table.to_csv(tmp_path / "s.csv", index=False)
    data = Data("series", path="s.csv", options={"window": 5, "horizon": 3})
    project = select_network(Project(data=data), tmp_path, seconds=0).project
    project = replace(project, training=replace(project.training, epochs=1))
    dataset = load_dataset(project, tmp_path)
    found = compare(Session(project, dataset, storage=RunStorage(record=False)).run(), dataset)
    assert {one.name for one in found.candidates} == {"network", *METHODS}
    assert all(one.evaluation.predictions.shape[1] == 3 for one in found.candidates)


@pytest.mark.slow
def test_boosting_of_many_classes_has_fewer_rounds_and_says_so(tmp_path):
    frame = pd.DataFrame(
        {"a": np.arange(400) % 100 / 100.0, "name": [f"c{n % 100}" for n in range(400)]}
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    graph = chain(("out", "Dense", {"units": 100, "activation": "softmax"}))
    data = Data("csv", path="t.csv", target=("name",))
    model, dataset = train(graph, data, tmp_path, epochs=1)
    comparison = compare(model, dataset, ["boosting"])
    assert comparison.candidates[1].model.n_iter_ == 20
    assert len(comparison.notes) == 1


def test_an_unknown_method_is_named(iris):
    with pytest.raises(DataError) as caught:
        compare(*iris, ["svm"])
    assert caught.value.code == "method_unknown"


@pytest.mark.slow
def test_the_command(tmp_path, capfd):
    files.write(files.read(EXAMPLES / "diabetes.netbuilder"), tmp_path / "d.netbuilder")
    path = str(tmp_path / "d.netbuilder")
    assert main(["compare", path, "--with", "knn,linear", "--json"]) == 0
    models = json.loads(capfd.readouterr().out.splitlines()[-1])["models"]
    assert [one["name"] for one in models] == ["network", "knn", "linear"]
    for one in models:
        low, high = one["intervals"]["mean_absolute_error"]
        assert low < one["metrics"]["mean_absolute_error"] < high
        assert one["size"] > 100


@pytest.fixture(scope="module")
def card_iris():
    project = files.read(EXAMPLES / "iris.netbuilder")
    project = card_answers.with_answer(project, "harm", "Nobody: flowers | only.")
    project = replace(project, training=replace(project.training, epochs=5))
    return Session(project, load_dataset(project, EXAMPLES), storage=RunStorage(record=False)).run()


def test_the_facts_are_those_of_the_data_set(card_iris):
    card = model_card.card_of(card_iris, load_dataset(card_iris.project, EXAMPLES))
    facts = {one.title: dict(one.rows) for one in card.sections}
    assert facts["Data"]["Test set"] == "30 samples"
    assert facts["Data"]["Training samples by class"].startswith("setosa: 36")
    # Of the training rows: the shortest petal of all 150 is 1.0, the longest 6.9.
    assert facts["Training range"]["petal length (cm)"].split(" to ")[0] in {"1", "1.1"}
    assert facts["Network and training"]["Parameters"] == "131"
    assert "95% interval" in facts["Evaluation"]["accuracy"]
    assert "baseline 33.3%" in facts["Evaluation"]["accuracy"]
    assert set(facts["Evaluation by class"]) == {"setosa", "versicolor", "virginica"}


def test_the_judgement_is_kept_in_project_and_model(card_iris, tmp_path):
    registry.save_network(card_iris, tmp_path / "iris.h5")
    again = registry.load_network(tmp_path / "iris.h5")
    assert card_answers.answers_of(again.project)["harm"] == "Nobody: flowers | only."
    files.write(card_iris.project, tmp_path / "iris.netbuilder")
    read = files.read(tmp_path / "iris.netbuilder")
    assert card_answers.answers_of(read)["harm"] == "Nobody: flowers | only."
    assert card_answers.KEY not in card_answers.with_answer(read, "harm", "").extra


def test_markdown_and_html(card_iris, tmp_path):
    card = model_card.card_of(card_iris, None)
    text = model_card.as_markdown(card)
    assert text.startswith("# ")
    assert "Nobody: flowers | only." in text
    assert "<h1>" in model_card.as_html(card)
    with pytest.raises(UserError) as caught:
        model_card.write(card, tmp_path / "card.docx")
    assert caught.value.code == "card_ending"


@pytest.mark.slow
def test_the_command_writes_a_pdf_too(card_iris, tmp_path):
    registry.save_network(card_iris, tmp_path / "iris.h5")
    done = subprocess.run(
        [sys.executable, "-m", "netbuilder", "card", "iris.h5", "-o", "card.pdf", "--json"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.strip().split("\n")[-1])["output"] == "card.pdf"
    assert main(["card", str(tmp_path / "iris.h5"), "-o", str(tmp_path / "card.md")]) == 0
    assert (tmp_path / "card.md").read_text("utf-8").startswith("# ")
    assert (tmp_path / "card.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.slow
def test_the_lines_of_the_card_predict_as_the_program_does(tmp_path, plain_python):
    scripts: list[str] = []
    answers: list[list[float]] = []
    for name in ("iris", "two_inputs", "week"):
        project = files.read(EXAMPLES / f"{name}.netbuilder")
        project = replace(project, training=replace(project.training, epochs=1))
        dataset = load_dataset(project, EXAMPLES)
        trained = graph_session(project, dataset).run()
        sample = example_sample(trained, dataset)
        expected = predict_rows(trained.model, [values[None] for values in sample.values()])
        assert all((values == dataset.test.raw_x[key][0]).all() for key, values in sample.items())
        (code,) = (part.code for part in model_card.card_of(trained, dataset).sections if part.code)
        for ending in MODEL_ENDINGS:
            file = f"{model_stem(project)}{ending}"
            registry.save_network(trained, tmp_path / file)
            lines = use_code(trained, file, sample)
            assert lines in code
            assert max(map(len, lines.split("\n"))) <= 100
            scripts.append(lines)
            answers.append(list(expected[0].ravel()))
    # One process for all: it takes longer to begin than to answer.
    said = plain_python("\nprint('NEXT')\n".join(scripts), tmp_path)
    for printed, expected_numbers in zip(said.split("NEXT"), answers, strict=True):
        numbers = [float(text) for text in re.findall(r"-?\d+\.\d*(?:e[-+]\d+)?", printed)]
        assert numbers[-len(expected_numbers) :] == pytest.approx(expected_numbers, rel=1e-4)
