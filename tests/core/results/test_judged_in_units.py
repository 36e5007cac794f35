"""Judgements and explanations speak in the data's units, and mistakes are shown as they were."""

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.engine.runs import run_store
from netbuilder.core.project.model import Data, Graph, Node
from netbuilder.core.results import statistics
from netbuilder.core.results.classification_curves import metric_meaning
from netbuilder.core.results.compare import residuals
from netbuilder.core.results.evaluate import evaluate, evaluate_run
from netbuilder.core.results.explain.methods import ComparisonRows, explain
from netbuilder.core.results.layer_values import raw_sample
from netbuilder.core.results.mistakes import mistake_samples
from tests.core.results.conftest import chain, train


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
