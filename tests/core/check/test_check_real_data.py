"""On real data: a beginner's mistake, the fixes clicked one after another, and it trains."""

from pathlib import Path

import numpy as np
import pytest
from rule_examples.building import chain

from netbuilder.core.check.diagnostics import diagnose, primary_problems
from netbuilder.core.check.shapes.shapes import ShapeCache
from netbuilder.core.data.load import load_dataset
from netbuilder.core.project.model import Choice, Data, Training

INPUT = ("input", "Input", {})
CONV = ("conv", "Conv2D", {"filters": 4, "kernel_size": 3, "activation": "relu"})
CACHE = ShapeCache()


def dense(name, units, activation=None):
    return (name, "Dense", {"units": units, "activation": activation or "linear"})


def on(name, **more):
    return Data("builtin", name=name, **more)


def loss(name):
    return Training(loss=Choice(name))


LSTM = {"units": 4}
CASES = {
    "only an Input, for a number": (chain(INPUT, data=on("diabetes")), ["Add a Dense: 1 unit"]),
    "only an Input, for pictures of ten classes": (
        chain(INPUT, data=on("digits")), ["Add Flatten and Dense: 10 units, softmax"],
    ),
    "no Flatten": (
        chain(INPUT, CONV, dense("out", 10, "softmax"), data=on("digits")),
        ["Insert Flatten"],
    ),
    "pictures layer on a table": (
        chain(INPUT, CONV, ("flat", "Flatten", {}), dense("out", 3, "softmax"), data=on("iris")),
        ["Use Dense instead"],
    ),
    "softmax and mean squared error": (
        chain(INPUT, dense("out", 3, "softmax"), data=on("iris"),
              training=loss("mean_squared_error")),
        ["Choose the loss automatically"],
    ),
    "sigmoid and categorical cross-entropy": (
        chain(INPUT, dense("out", 3, "sigmoid"), data=on("iris"),
              training=loss("categorical_crossentropy")),
        ["Fit the last layer and the loss to the target"],
    ),
    "wrong number of classes": (
        chain(INPUT, dense("out", 10, "softmax"), data=on("iris")), ["Set 3 units"],
    ),
    "relu predicts a number": (
        chain(INPUT, dense("out", 1, "relu"), data=on("diabetes")), ["Set activation to linear"],
    ),
    "not scaled": (
        chain(INPUT, dense("out", 1), data=on("diabetes", scaling="none")), ["Scale the inputs"],
    ),
    "two recurrent layers": (
        chain(INPUT, ("a", "LSTM", LSTM), ("b", "LSTM", LSTM), dense("out", 4, "softmax"),
              data=on("waves")),
        ["Turn on return_sequences in 'a'"],
    ),
    "vocabulary": (
        chain(INPUT, ("words", "Embedding", {"input_dim": 9, "output_dim": 4}),
              ("pool", "GlobalAveragePooling1D", {}), dense("out", 1, "sigmoid"),
              data=on("reviews")),
        ["Set input_dim to 69"],
    ),
    "another picture size": (
        chain(("input", "Input", {"shape": [28, 28, 1]}), CONV, ("flat", "Flatten", {}),
              dense("out", 10, "softmax"), data=on("digits")),
        ["Use the shape of the data"],
    ),
    "larger than any memory": (
        chain(INPUT, dense("a", 200_000, "relu"), dense("b", 200_000, "relu"),
              dense("out", 3, "softmax"), data=on("iris")),
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_clicking_the_fixes_leads_to_a_network_that_trains(name):
    from netbuilder.core.engine.networks.graph_to_keras import build_training_model

    project, expected = CASES[name]
    clicked: list[str] = []
    for _ in range(6):
        problems = look(project)
        if not problems:
            break
        assert problems[0].fix is not None
        clicked.append(problems[0].fix.label)
        project = problems[0].fix.edit(project)
    assert look(project) == ()
    if expected is not None:
        assert clicked == expected
    data = load_dataset(project, Path())
    model = build_training_model(project, data.facts)
    model.run_eagerly = True
    (x,), (y,) = data.train.x.values(), data.train.y.values()
    result = model.train_on_batch(x[:16], y[:16])
    assert np.all(np.isfinite(result))


def look(project):
    facts = load_dataset(project, Path()).facts
    return primary_problems(diagnose(project, facts, CACHE.compute(project.graph, facts)))


def test_a_text_that_is_continued_needs_a_unit_for_each_token(tmp_path):
    """Its task is named in the data's options only: its classes are the tokens."""
    (tmp_path / "tale.txt").write_text("the king has a crown . " * 40, encoding="utf-8")
    data = Data(
        "text", path="tale.txt", options={"task": "next_token", "level": "word", "window": 3}
    )
    embedding = ("words", "Embedding", {"input_dim": 20, "output_dim": 4})
    project = chain(
        INPUT, embedding, ("flat", "Flatten", {}), dense("out", 32, "softmax"), data=data
    )
    facts = load_dataset(project, tmp_path).facts
    assert facts.output_units == {"out": 6}
    (problem,) = primary_problems(diagnose(project, facts, CACHE.compute(project.graph, facts)))
    assert problem.node == "out" and problem.fix is not None
    fixed = problem.fix.edit(project)
    assert fixed.graph.by_id["out"].params["units"] == 6
