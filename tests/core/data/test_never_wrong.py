"""What passed in silence once: true numbers in training, streamed, at test and when predicting."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.check.diagnostics import diagnose
from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.data.prepare.inference_data import read_split
from netbuilder.core.data.readers import large_csv
from netbuilder.core.data.registry import recipe_for
from netbuilder.core.engine.networks.assembly import assemble
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.session import Computation, Session
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Choice, ColumnChoice, Data, Graph, Node, Project, Training
from netbuilder.core.results.file_samples import read_samples
from netbuilder.core.results.predict_file import predictions_of_file
from netbuilder.core.results.unusual_values import with_missing_rule

NODES = (Node("input", "Input"), Node("out", "Dense", {"units": 1}))
GRAPH = Graph(NODES, tuple(pairwise(node.id for node in NODES)))


def project(kind="csv", path="d.csv", target="y", **more: object):
    data = Data(kind, path=path, target=(target,), scaling="none", **more)
    return Project(graph=GRAPH, data=data, training=Training(epochs=1))


def untrained(one, folder):
    """A network as it begins, with the preprocessing that was fitted."""
    found = load_dataset(one, folder)
    training_model = build_training_model(one, found.facts)
    whole = assemble(training_model, one, found.preprocessing, found.facts)
    return TrainedModel(
        one, training_model, whole, found.preprocessing, found.facts, {}, {}, 1.0, 1.0, 1, 1
    )


# -- one gate before training


@pytest.mark.parametrize("large", [False, True])
def test_an_infinite_number_far_down_is_named(tmp_path, home, monkeypatch, large):
    monkeypatch.setattr(large_csv, "CHUNK_ROWS", 100)
    monkeypatch.setattr(large_csv, "FIRST_ROWS", 100)
    lines = [f"{n / 7:.3f},{n % 5 + 0.5}" for n in range(900)]
    lines[700] = "1e999,2.5"
    (tmp_path / "d.csv").write_text("x,y\n" + "\n".join(lines) + "\n")
    options = {"memory_limit_mb": 0.001 if large else 500}
    one = project(options=options, test_split=0.0, validation_split=0.0)
    with pytest.raises(DataError, match=r"'x'.*line 702"):
        load_dataset(one, tmp_path)


# -- a column that only counts the rows


def test_a_counting_column_is_left_out_everywhere(tmp_path, home, monkeypatch):
    """A careless reader learns the number of the row, and has 3 columns here and 2 there."""
    monkeypatch.setattr(large_csv, "CHUNK_ROWS", 100)
    table = pd.DataFrame({"a": np.arange(400) * 0.5, "y": np.arange(400) * 2.0})
    table.to_csv(tmp_path / "d.csv")  # pandas writes its index
    table[:40].to_csv(tmp_path / "t.csv")
    table[["a"]][:7].to_csv(tmp_path / "new.csv")
    for limit in (500, 0.001):
        one = project(test_path="t.csv", options={"memory_limit_mb": limit})
        found = load_dataset(one, tmp_path)
        assert found.facts.streamed == (limit < 1)
        assert found.facts.column_names == ("a",)
        assert found.test.raw_x["input"].tolist() == [[n * 0.5] for n in range(40)]
        judged = read_split(one.data, found.preprocessing, tmp_path / "t.csv")
        assert judged.raw_x["input"].tolist() == [[n * 0.5] for n in range(40)]
    trained = untrained(one, tmp_path)
    asked = read_samples(trained, tmp_path / "new.csv")
    assert asked.raw["input"].tolist() == [[n * 0.5] for n in range(7)]
    assert len(predictions_of_file(trained, tmp_path / "new.csv").predictions) == 7


# -- missing values and categories that were never seen


def houses(folder):
    table = pd.DataFrame({"size": [float(n) for n in range(40)],
                          "town": ["Ulm", "Bonn"] * 20, "y": np.arange(40) * 1.5})  # fmt: skip
    table.loc[3, "size"] = None
    table.to_csv(folder / "d.csv", index=False)
    return project(options={"missing": "median"}, test_split=0.0, validation_split=0.0)


def test_missing_values_are_treated_as_the_model_was_trained(tmp_path):
    one = houses(tmp_path)
    trained = untrained(one, tmp_path)
    middle = float(np.median([n for n in range(40) if n != 3]))
    (tmp_path / "new.csv").write_text("size,town,y\n,Ulm,1\n500,Bonn,2\n600,Bonn,3\n")
    judged = read_split(one.data, trained.preprocessing, tmp_path / "new.csv").raw_x["input"]
    asked = read_samples(trained, tmp_path / "new.csv").raw["input"]
    # The new file's own median would be 550.
    assert judged[:, 0].tolist() == asked[:, 0].tolist() == [middle, 500, 600]
    fewer = with_missing_rule(trained, "drop")
    assert len(predictions_of_file(fewer, tmp_path / "new.csv").predictions) == 2
    assert len(read_split(fewer.project.data, fewer.preprocessing, tmp_path / "new.csv")) == 2
    strict = with_missing_rule(trained, "error")
    for ask in (
        lambda: predictions_of_file(strict, tmp_path / "new.csv"),
        lambda: read_split(strict.project.data, strict.preprocessing, tmp_path / "new.csv"),
    ):
        with pytest.raises(DataError, match="'size' in line 2"):
            ask()


def test_a_category_that_was_never_seen_is_refused_by_both(tmp_path):
    trained = untrained(houses(tmp_path), tmp_path)
    (tmp_path / "new.csv").write_text("size,town,y\n1,Mainz,1\n2,Mainz,2\n")
    said = []
    for ask in (
        lambda: predictions_of_file(trained, tmp_path / "new.csv"),
        lambda: read_split(trained.project.data, trained.preprocessing, tmp_path / "new.csv"),
    ):
        with pytest.raises(DataError, match="'Mainz' in line 2") as told:
            ask()
        said.append(told.value.what)
    assert said[0] == said[1]
    # Where others can be answered, they are; those that cannot are named.
    (tmp_path / "new.csv").write_text("size,town,y\n1,Ulm,1\n2,Mainz,2\n")
    found = predictions_of_file(trained, tmp_path / "new.csv")
    assert len(found.predictions) == 1
    assert any("'Mainz' in column 'town' (line 3)" in one for one in found.predictions.notes)
    with pytest.raises(DataError, match="'Mainz' in line 3"):
        read_split(trained.project.data, trained.preprocessing, tmp_path / "new.csv")


# -- encodings


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "utf-16", "gb18030"])
def test_texts_are_judged_and_asked_about_as_they_were_learned(tmp_path, encoding):
    words = {"gb18030": ("今天天气很好我们去公园散步", "昨天下雨了我们在家里看书")}.get(
        encoding, ("хороший добрый фильм", "плохой скучный фильм")
    )
    for label, said in zip(("good", "bad"), words, strict=True):
        (tmp_path / "d" / label).mkdir(parents=True)
        for n in range(12):
            text = " ".join([said] * (3 + n % 3))
            (tmp_path / "d" / label / f"{n}.txt").write_bytes(text.encode(encoding))
    one = replace(
        project("text", "d"), data=Data("text", path="d", test_split=0.0, validation_split=0.0)
    )
    found = load_dataset(one, tmp_path)
    learned = {tuple(row) for row in found.train.raw_x["input"].tolist()}
    assert 1 not in {number for row in learned for number in row}, "no word is unknown"
    judged = read_split(one.data, found.preprocessing, tmp_path / "d")
    assert {tuple(row) for row in judged.raw_x["input"].tolist()} == learned
    trained = untrained(one, tmp_path)
    file = tmp_path / "d" / "good" / "0.txt"
    asked = read_samples(trained, file)
    assert tuple(asked.raw["input"][0].tolist()) in learned
    assert asked.texts[0].startswith(words[0][:5])


# -- classes far out of balance


def test_classes_out_of_balance_are_told_with_a_mend(tmp_path):
    rows = [f"{n},{'ill' if n < 4 else 'well'}" for n in range(400)]
    (tmp_path / "d.csv").write_text("x,y\n" + "\n".join(rows) + "\n")
    one = project(test_split=0.0, validation_split=0.0)
    problem = next(p for p in diagnose(one, load_facts(one, tmp_path)) if p.code == "rare-class")
    assert "99 rows for each row" in problem.message
    assert problem.fix.edit(one).training.class_weight == "balanced"


# -- bad input, each one clear message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b,y\n1,2,3\n", "has 1 row, which is too few"),
        ("", "is empty"),
        ("a,b,y\n,,\n,,\n", "below the column names are empty"),
        ("a,a,y\n1,2,3\n4,5,6\n", "2 columns named 'a'"),
        ("a,b,y\n1,2,3\n4,5,6,7\n", "Line 3 of 'd.csv' has 4 cells"),
    ],
)
def test_tables_that_are_none(tmp_path, text, words):
    (tmp_path / "d.csv").write_text(text)
    with pytest.raises(DataError, match=words) as told:
        load_facts(project(), tmp_path)
    assert told.value.fix, "and how to mend it"


def test_a_row_that_ends_early_has_missing_values(tmp_path):
    (tmp_path / "d.csv").write_text("a,b,y\n1,2,3\n4\n5,6,7\n8,9,10\n")
    with pytest.raises(DataError, match=r"'b' in line 3.*'y' in line 3"):
        load_facts(project(), tmp_path)


@pytest.mark.slow
def test_thousands_of_columns(tmp_path):
    values = np.random.default_rng(0).integers(0, 256, (30, 3_000))
    names = ",".join([*(f"p{n}" for n in range(2_999)), "y"])
    np.savetxt(tmp_path / "d.csv", values, fmt="%d", delimiter=",", header=names, comments="")
    found = load_dataset(project(test_split=0.0, validation_split=0.0), tmp_path)
    assert found.facts.input_shapes["input"] == (2_999,)
    np.testing.assert_array_equal(found.train.raw_x["input"], values[:, :-1])


def test_a_path_with_blanks_and_other_letters(tmp_path):
    folder = tmp_path / "Übung 3 – город"
    folder.mkdir()
    (folder / "мои данные.csv").write_text("x,y\n" + "\n".join(f"{n},{2 * n}" for n in range(30)))
    recipe = recipe_for(folder / "мои данные.csv", "мои данные.csv")
    found = make_report(Project(graph=GRAPH, data=recipe), folder)
    assert [(c.name, c.maximum) for c in found.columns] == [("x", 29.0), ("y", 58.0)]


# -- a file that vanishes


def test_a_large_file_that_vanishes_while_training_is_no_loss(tmp_path, home, monkeypatch):
    """What is trained on is the prepared copy; the next look at the file says that it is gone."""
    monkeypatch.setattr(large_csv, "CHUNK_ROWS", 500)
    table = pd.DataFrame({"x": np.linspace(0, 1, 2000), "y": np.linspace(0, 3, 2000)})
    table.to_csv(tmp_path / "d.csv", index=False)
    one = project(options={"memory_limit_mb": 0.001})
    one = replace(
        one, training=Training(epochs=3, batch_size=64, loss=Choice("mean_squared_error"))
    )
    found = load_dataset(one, tmp_path)
    assert found.stream is not None
    (tmp_path / "d.csv").unlink()
    trained = Session(one, found, computation=Computation("graph")).run()
    assert trained.epochs == 3
    assert trained.history["loss"][-1] < trained.history["loss"][0]
    with pytest.raises(DataError, match=r"There is no file 'd\.csv'"):
        load_dataset(one, tmp_path)


def test_a_file_that_changes_between_two_looks_gives_the_new_numbers(tmp_path):
    (tmp_path / "d.csv").write_text("x,y\n" + "\n".join(f"{n},{n}" for n in range(30)))
    one = project(columns={"x": ColumnChoice("feature")})
    assert load_facts(one, tmp_path).value_range[1] < 30
    (tmp_path / "d.csv").write_text("x,y\n" + "\n".join(f"{n + 100},{n}" for n in range(30)))
    assert load_facts(one, tmp_path).value_range[0] >= 100
