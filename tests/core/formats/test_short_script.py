"""The short style of a script: as a course writes it, with NetBuilder's results up to the seed."""

import ast
import io
import json
import re
import statistics
import sys
from contextlib import redirect_stdout
from dataclasses import replace
from functools import partialmethod
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from rule_examples import PAGES

from netbuilder.core import i18n
from netbuilder.core.check.diagnostics import diagnose
from netbuilder.core.check.problems import script_errors
from netbuilder.core.data.kinds.builtin.data_set import SORTED_CLASSES_NOTE
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.folders import resource
from netbuilder.core.formats.described_project import DescribedProject
from netbuilder.core.formats.importing.import_file import import_file
from netbuilder.core.formats.script import notebook
from netbuilder.core.formats.script.python import ERRORS_HEADING, Style, listing, script_source
from netbuilder.core.formats.script.training_section import OWN_UNITS
from netbuilder.core.project import files
from netbuilder.core.project.model import Choice, ColumnChoice, Data, Graph, Node, Project, Training
from tests.sessions import graph_session

EXAMPLES = resource("examples")
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.netbuilder"))
COURSE = Path(__file__).resolve().parents[4] / "shared" / "data"


def example(name: str) -> Project:
    return files.read(EXAMPLES / f"{name}.netbuilder")


def code_lines(text: str) -> int:
    return sum(1 for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#"))


def run(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "__main__"}
    text = "\n".join(
        line for line in text.split("\n") if "plt" not in line and ".plot()" not in line
    )
    with monkeypatch.context() as patched, redirect_stdout(io.StringIO()):
        patched.chdir(folder)
        # XLA would compile each training step for seconds; the numbers are the same without it.
        patched.setattr(
            keras.Model, "compile", partialmethod(keras.Model.compile, jit_compile=False)
        )
        exec(compile(text, "script", "exec"), names)
    return names


@pytest.mark.parametrize(("name", "most"), [("iris", 45), ("digits", 50), ("sales", 70)])
def test_a_script_is_as_short_as_a_course_would_write_it(name, most):
    project = example(name)
    text = script_source(project, load_facts(project, EXAMPLES))
    assert code_lines(text) <= most
    assert not re.search(r"\._\w", text), "a private name"
    tree = ast.parse(text)
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert defined <= {"sales"}, "a function beyond the data itself"
    assert not any(isinstance(node, ast.ClassDef) for node in ast.walk(tree))


def test_a_project_without_data_keeps_its_training(tmp_path, monkeypatch):
    nodes = (
        Node("input", "Input", {"shape": [3]}),
        Node("out", "Dense", {"units": 1, "activation": "sigmoid"}),
    )
    training = Training(optimizer=Choice("SGD", {"learning_rate": 0.25}), epochs=2, batch_size=5)
    project = Project(graph=Graph(nodes, (("input", "out"),)), training=training)
    text = script_source(project)
    with pytest.raises(SystemExit):
        run(text, tmp_path, monkeypatch)
    given = "import numpy as np\nx_train, y_train = np.ones((20, 3)), np.ones(20)"
    names = run(text.replace("x_train = y_train = None", given), tmp_path, monkeypatch)
    model, history = names["model"], names["model"].history
    assert float(model.optimizer.learning_rate) == 0.25
    assert model.loss == "binary_crossentropy"
    assert (len(history.epoch), history.params["steps"]) == (2, 4)  # 18 of 20 rows by fives
    assert "val_loss" in history.history


def test_what_keeps_a_network_from_training_stands_at_the_top_of_its_script():
    found = 0
    for page in PAGES.values():
        for made in page.examples:
            example_of = made()
            errors = script_errors(diagnose(example_of.project, example_of.facts))
            for style in Style:
                text = script_source(example_of.project, example_of.facts, style, errors)
                top = " ".join(
                    line.strip("# -") for line in text.partition("import keras")[0].split("\n")
                )
                assert all(one.replace("-", "") in top.replace("-", "") for one in errors), errors
                assert (ERRORS_HEADING in top) == bool(errors)
                ast.parse(text)
            found += bool(errors)
    assert found > 20
    project = example("iris")
    broken = DescribedProject(project, errors=("Dense 'x' is alone.",))
    assert "- Dense 'x' is alone." in "".join(notebook.notebook(broken)["cells"][0]["source"])


@pytest.mark.slow
@pytest.mark.skipif(not COURSE.is_dir(), reason="the course's data is not beside the project")
def test_the_course_s_own_table_in_seventy_lines(tmp_path, monkeypatch):
    nodes = (Node("input", "Input"), Node("dense", "Dense", {"units": 50, "activation": "relu"}),
             Node("out", "Dense", {"units": 1}))  # fmt: skip
    recipe = Data("csv", path=str(COURSE / "sales_training.csv"), target=("total_earnings",),
                  test_path=str(COURSE / "sales_test.csv"), scaling="minmax")  # fmt: skip
    edges = (("input", "dense"), ("dense", "out"))
    project = Project("Sales", Graph(nodes, edges), recipe, Training(epochs=30, seed=1))
    text = script_source(project, load_facts(project, COURSE))
    assert code_lines(text) <= 70
    names = run(text, tmp_path, monkeypatch)
    error = np.abs(names["predictions"] - names["y_test"]).mean()
    assert error < 0.05 * names["y_scaler"].data_max_[0]


@pytest.mark.parametrize("name", NAMES)
def test_the_lines_of_a_layer_are_known(name):
    text, places = listing(example(name))
    lines = text.split("\n")
    for node in example(name).graph.nodes:
        first, last = places[node.id]
        here = "\n".join(lines[first - 1 : last])
        assert node.layer in here or "keras.Input" in here


def test_nothing_is_dropped_in_silence(tmp_path, monkeypatch):
    project = example("iris")
    chosen = (Choice("RestoreBestWeights", {"monitor": "val_loss"}), Choice("ReduceLROnPlateau"))
    training = replace(project.training, callbacks=chosen, epochs=3, class_weight="balanced")
    project = replace(project, training=training)
    for style in Style:
        text = script_source(project, load_facts(project, EXAMPLES), style)
        assert "restore_best_weights=True" in text
        calls = text.split("\n")
        at = next(number for number, line in enumerate(calls) if "patience=3" in line)
        assert calls[at - 1].strip().startswith("#"), "why EarlyStopping stands for it"
        assert "patience=3" in text
        assert "ReduceLROnPlateau" in text
        assert "balanced" in text
    run(script_source(project), tmp_path, monkeypatch)


@pytest.mark.parametrize("style", Style)
def test_balanced_classes_that_are_learned_as_one_hot_rows(style, tmp_path, monkeypatch):
    rows = np.arange(60)
    names = np.where(rows % 6 == 0, "rare", np.where(rows % 6 == 1, "some", "many"))
    pd.DataFrame({"a": rows % 7, "kind": names}).to_csv(tmp_path / "t.csv", index=False)
    nodes = (Node("input", "Input"), Node("out", "Dense", {"units": 3, "activation": "softmax"}))
    recipe = Data("csv", path="t.csv", target=("kind",), options={"one_hot": True})
    training = Training(epochs=1, class_weight="balanced")
    project = Project("T", Graph(nodes, (("input", "out"),)), recipe, training)
    names_of = run(script_source(project, load_facts(project, tmp_path), style), tmp_path,
                   monkeypatch)  # fmt: skip
    classes = names_of["y_train"].argmax(axis=-1)
    exact = style is Style.EXACT
    weights = names_of["weights"][classes] if exact else names_of["weights_train"]
    assert np.allclose(np.bincount(classes, weights), len(classes) / 3)


def test_one_probability_may_come_from_an_activation_behind_the_last_dense(tmp_path, monkeypatch):
    project = example("moons")
    nodes = tuple(replace(one, params={"units": 1}) if one.id == project.graph.outputs[0] else one
                  for one in project.graph.nodes)  # fmt: skip
    nodes += (Node("last", "Activation", {"activation": "sigmoid"}),)
    edges = (*project.graph.edges, (project.graph.outputs[0], "last"))
    training = replace(project.training, epochs=2)
    project = replace(project, graph=Graph(nodes, edges), training=training)
    names = run(script_source(project, load_facts(project, EXAMPLES)), tmp_path, monkeypatch)
    expected = names["model"].predict(names["x_test"], verbose=0)[:, 0] >= 0.5
    assert (names["predictions"] == expected).all()
    assert expected.any()


@pytest.mark.parametrize("name", ["iris", "digits", "sales", "titanic", "language_model"])
def test_a_script_reads_as_a_formatted_file(name, tmp_path):
    if name == "titanic":
        recipe = _tables(tmp_path)["gaps"]
        nodes = (Node("input", "Input"), Node("out", "Dense", {"units": 1}))
        project, folder = Project("T", Graph(nodes, (("input", "out"),)), recipe), tmp_path
    else:
        project, folder = example(name), EXAMPLES
    text = script_source(project, load_facts(project, folder))
    assert [line for line in text.split("\n") if len(line) > 100] == []
    tree = ast.parse(text)
    imports = [one for one in tree.body if isinstance(one, ast.Import | ast.ImportFrom)]
    assert sum(isinstance(one, ast.Import | ast.ImportFrom) for one in ast.walk(tree)) == len(
        imports
    )
    modules = [one.module if isinstance(one, ast.ImportFrom) else one.names[0].name
               for one in imports]  # fmt: skip
    assert len(set(modules)) + (modules.count("keras") == 2) == len(modules)
    standard = [str(module).split(".")[0] in sys.stdlib_module_names for module in modules]
    assert standard == sorted(standard, reverse=True)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_used_and_says_what_it_holds(name):
    project = example(name)
    text = script_source(project, load_facts(project, EXAMPLES))
    names = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)]
    used = {node.id for node in names if isinstance(node.ctx, ast.Load)}
    assert {node.id for node in names if isinstance(node.ctx, ast.Store)} - used - {"_"} == set()
    assert "bunch" not in used
    scaled = "y_scaler" in text and len(project.graph.outputs) == 1
    assert (OWN_UNITS in text) == scaled, "one of two errors is in the target's own units"


def test_classes_in_another_order_than_the_set_s_are_said():
    for name in ("breast_cancer", "fashion_mnist", "iris", "digits"):
        project = replace(example("iris"), data=Data("builtin", name=name))
        assert (SORTED_CLASSES_NOTE in script_source(project)) == (
            name in ("breast_cancer", "fashion_mnist")
        )


@pytest.mark.parametrize(("missing", "words"), [("median", True), ("error", False)])
def test_two_inputs_of_a_table_are_prepared_without_functions(
    missing, words, tmp_path, monkeypatch
):
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"area": draw.uniform(30, 200, 300), "rooms": draw.integers(1, 7, 300)})
    frame["place"] = draw.choice(["north", "south"], 300) if words else draw.integers(0, 2, 300)
    frame["age"] = draw.integers(0, 90, 300)
    frame["price"] = frame["area"] * 2000 + (frame["place"].isin(["north", 1])) * 90_000
    if missing != "error":
        frame.loc[::7, "age"] = np.nan
    frame.to_csv(tmp_path / "t.csv", index=False)
    dense = {"units": 8, "activation": "relu"}
    nodes = (Node("size", "Input"), Node("rest", "Input"), Node("a", "Dense", dense),
             Node("b", "Dense", dense), Node("both", "Concatenate"), Node("out", "Dense",
             {"units": 1}))  # fmt: skip
    edges = (("size", "a"), ("rest", "b"), ("a", "both"), ("b", "both"), ("both", "out"))
    recipe = Data("csv", path="t.csv", target=("price",), options={"missing": missing},
                  inputs={"size": ("area", "rooms"), "rest": ("place", "age")})  # fmt: skip
    training = Training(epochs=12, optimizer=Choice("Adam", {"learning_rate": 0.03}))
    project = Project("T", Graph(nodes, edges), recipe, training)
    text = script_source(project, load_facts(project, tmp_path))
    assert not any(isinstance(node, ast.FunctionDef) for node in ast.walk(ast.parse(text)))
    assert max(map(len, text.split("\n"))) <= 100
    assert code_lines(text) <= 80
    names = run(text, tmp_path, monkeypatch)
    assert np.abs(names["predictions"] - names["y_test"]).mean() < 20_000
    # NetBuilder reads its own script: each input has its columns again.
    (tmp_path / "again.py").write_text(text, encoding="utf-8")
    again = import_file(tmp_path / "again.py").project
    assert (again.data.inputs, again.data.target) == (recipe.inputs, recipe.target)


def _tables(folder: Path) -> dict[str, Data]:
    """Tables with words, gaps, groups, weights, an order and parts of their own."""
    rows = np.arange(120)
    frame = pd.DataFrame(
        {
            "size": np.where(rows % 11 == 5, np.nan, rows * 1.0),
            "colour": np.array(["red", "blue", "green"])[rows % 3],
            "who": rows // 4,
            "counts": 1 + rows % 2,
            "part": np.array(["train", "train", "train", "test", "validation"])[rows % 5],
            "when": pd.date_range("2024-01-01", periods=120).astype(str),
            "price": rows * 3.0 + 1,
        }
    )
    frame.to_csv(folder / "t.csv", index=False)
    ignore = dict.fromkeys(("who", "counts", "part", "when"), ColumnChoice("ignore"))
    base = Data("csv", path="t.csv", target=("price",), columns=ignore,
                options={"missing": "median"})  # fmt: skip

    def with_role(name: str, role: str) -> Data:
        return replace(base, columns={**ignore, name: ColumnChoice(role)})

    return {
        "gaps": base,
        "groups": with_role("who", "group"),
        "weights": with_role("counts", "weight"),
        "parts": with_role("part", "split"),
        "order": with_role("when", "order"),
        "minmax": replace(base, scaling="minmax"),
        "none": replace(base, scaling="none"),
    }


@pytest.mark.parametrize("name", ["gaps", "groups", "weights", "parts", "order", "minmax", "none"])
def test_a_recipe_s_rows_are_kept_apart_as_it_says(name, tmp_path, monkeypatch):
    recipe = _tables(tmp_path)[name]
    nodes = (Node("input", "Input"), Node("out", "Dense", {"units": 1}))
    project = Project("T", Graph(nodes, (("input", "out"),)), recipe, Training(epochs=2))
    mine = load_dataset(project, tmp_path)
    text = script_source(project, mine.facts)
    names = run(text, tmp_path, monkeypatch)
    for part in ("train", "validation", "test"):
        assert (
            abs(len(names[f"x_{part[:5].replace('valid', 'val')}"]) - len(getattr(mine, part))) <= 4
        ), part  # a group has four rows
    assert np.shape(names["x_train"])[1:] == mine.train.x["input"].shape[1:]
    if name == "order":
        assert np.min(names["y_test"]) > np.max(names["y_train"])


def test_the_notebook_is_the_short_style_a_cell_a_step(tmp_path, monkeypatch):
    project = replace(example("iris"), training=replace(example("iris").training, epochs=2))
    notebook.save(project, tmp_path / "iris.ipynb")
    found = json.loads((tmp_path / "iris.ipynb").read_text("utf-8"))
    cells = ["".join(line for line in one["source"] if "plt" not in line and ".plot()" not in line)
             for one in found["cells"] if one["cell_type"] == "code"]  # fmt: skip
    assert len(cells) >= 8
    names: dict[str, Any] = {}
    monkeypatch.chdir(tmp_path)
    with redirect_stdout(io.StringIO()):
        for cell in cells:
            exec(compile(cell, "cell", "exec"), names)
    assert keras.saving.load_model(tmp_path / "iris_script.h5").input_shape == (None, 4)


def _mine(project: Project, seed: int) -> float:
    """What the trained network of this seed reaches on the test rows, by the compiled metric."""
    project = replace(project, training=replace(project.training, seed=seed))
    dataset = load_dataset(project, EXAMPLES)
    trained = graph_session(project, dataset).run()
    x = list(dataset.test.x.values())
    y = list(dataset.test.y.values())
    scores = trained.training_model.evaluate(x if len(x) > 1 else x[0], y if len(y) > 1 else y[0],
                                   verbose=0, return_dict=True)  # fmt: skip
    return scores["accuracy"] if "accuracy" in scores else scores["loss"]


SEEDS = 3
#: One of each sort: classes, numbers, pictures, texts, a series, two inputs.
SEEDED = ("iris", "diabetes", "digits_plain", "reviews", "temperatures", "two_inputs")


@pytest.mark.slow
@pytest.mark.parametrize("name", SEEDED)
def test_results_are_those_of_netbuilder_within_the_spread_of_seeds(name, tmp_path, monkeypatch):
    project = example(name)
    known = load_facts(project, EXAMPLES)
    project = replace(
        project, training=replace(project.training, epochs=min(project.training.epochs, 3))
    )
    mine, theirs = [], []
    for seed in range(1, SEEDS + 1):
        mine.append(_mine(project, seed))
        seeded = replace(project, training=replace(project.training, seed=seed))
        names = run(script_source(seeded, known), tmp_path, monkeypatch)
        x, y = names["x_test"], names["y_test"]
        x = list(x.values()) if isinstance(x, dict) else x
        y = names["y_scaler"].transform(y) if "y_scaler" in names else y
        scores = names["model"].evaluate(x, y, verbose=0, return_dict=True)
        theirs.append(scores["accuracy"] if "accuracy" in scores else scores["loss"])
        keras.backend.clear_session()
    spread = max(statistics.stdev(mine), statistics.stdev(theirs), 0.02 * abs(np.mean(mine)), 1e-3)
    # Of more seeds, two means differ by more than 3 standard errors once in 300 times.
    assert abs(np.mean(mine) - np.mean(theirs)) < 3 * spread * np.sqrt(2 / SEEDS), (mine, theirs)


@pytest.mark.parametrize("name", ["iris", "moons", "language_model", "reviews", "temperatures"])
def test_a_script_says_all_in_the_chosen_language(name, monkeypatch):
    monkeypatch.setenv(i18n.VARIABLE, "en")
    try:
        i18n.set_language(i18n.PSEUDO)
        for style in Style:
            text = script_source(example(name), style=style)
            tree = ast.parse(text)
            found = [ast.get_docstring(node) for node in ast.walk(tree) if isinstance(
                node, ast.Module | ast.FunctionDef | ast.ClassDef)]  # fmt: skip
            comments = re.sub(r"\n *# (?!⟦)", " ", text)  # a comment of several lines is one
            found += re.findall(r"(?m)(?:^ *|  )# ([^\"'\n]*)$", comments)
            assert all("⟦" in words for words in found if words)
    finally:
        i18n.set_language("en")
