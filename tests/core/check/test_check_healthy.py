"""Nothing is said about projects that are as they should be."""

from pathlib import Path

import pytest
from rule_examples.building import ExampleBuilder, chain, facts_for

from netbuilder.core.check.diagnostics import diagnose
from netbuilder.core.check.shapes.shapes import ShapeCache
from netbuilder.core.data.data_facts import BINARY, CLASSES, MULTI_LABEL, REGRESSION
from netbuilder.core.data.load import load_facts as facts_of
from netbuilder.core.project.model import Choice, Data, Training

SALES = Path(__file__).resolve().parents[4] / "shared" / "data" / "sales_training.csv"
SOFTMAX = {"units": 3, "activation": "softmax"}
LSTM = {"layer": "LSTM", "params": {"units": 8}}


@pytest.fixture(scope="module")
def cache():
    return ShapeCache()


def said(cache, project, facts=None):
    shapes = cache.compute(project.graph, facts)
    return [(p.code, p.message) for p in diagnose(project, facts, shapes)]


@pytest.mark.skipif(not SALES.exists(), reason="the course's data is not on this machine")
def test_the_course_example_has_no_problem(cache):
    project = chain(
        ("input", "Input", {}),
        ("a", "Dense", {"units": 50, "activation": "relu"}),
        ("b", "Dense", {"units": 100, "activation": "relu"}),
        ("c", "Dense", {"units": 50, "activation": "relu"}),
        ("out", "Dense", {"units": 1}),
        data=Data(
            "csv", path=str(SALES), target=("total_earnings",), scaling="minmax",
            test_path=str(SALES.parent / "sales_test.csv"),
        ),
        training=Training(
            loss=Choice("mean_squared_error"),
            optimizer=Choice("Adam", {"learning_rate": 0.001}),
            metrics=(Choice("mean_absolute_error"),),
        ),
    )  # fmt: skip
    facts = facts_of(project, Path())
    assert facts.input_shapes == {"input": (9,)}
    assert said(cache, project, facts) == []


HEALTHY = {
    "softmax layer of its own": (
        chain(
            ("input", "Input", {}), ("dense", "Dense", {"units": 3}), ("out", "Softmax", {}),
        ),
        facts_for(CLASSES, 3),
    ),
    "activation layer of its own": (
        chain(
            ("input", "Input", {}), ("a", "Dense", {"units": 8}),
            ("norm", "BatchNormalization", {}), ("act", "Activation", {"activation": "relu"}),
            ("dense", "Dense", {"units": 3}), ("out", "Activation", {"activation": "softmax"}),
        ),
        facts_for(CLASSES, 3),
    ),
    "raw scores and from_logits": (
        chain(
            ("input", "Input", {}), ("out", "Dense", {"units": 3}),
            training=Training(
                loss=Choice("SparseCategoricalCrossentropy", {"from_logits": True})
            ),
        ),
        facts_for(CLASSES, 3),
    ),
    "two classes with softmax": (
        chain(
            ("input", "Input", {}), ("out", "Dense", {"units": 2, "activation": "softmax"}),
            training=Training(loss=Choice("sparse_categorical_crossentropy")),
        ),
        facts_for(BINARY, 1),
    ),
    "two classes with sigmoid and mean squared error": (
        chain(
            ("input", "Input", {}), ("out", "Dense", {"units": 1, "activation": "sigmoid"}),
            training=Training(loss=Choice("mse")),
        ),
        facts_for(BINARY, 1),
    ),
    "several labels": (
        chain(
            ("input", "Input", {}), ("out", "Dense", {"units": 4, "activation": "sigmoid"}),
            training=Training(metrics=(Choice("accuracy"), Choice("auc"))),
        ),
        facts_for(MULTI_LABEL, 4),
    ),
    "linear regression": (
        chain(("input", "Input", {}), ("out", "Dense", {"units": 1})), facts_for(REGRESSION, 1),
    ),
    "stacked recurrent layers": (
        chain(
            ("input", "Input", {}), ("a", "LSTM", {"units": 8, "return_sequences": True}),
            ("drop", "Dropout", {"rate": 0.2}), ("b", "Bidirectional", {"layer": LSTM}),
            ("out", "Dense", SOFTMAX),
        ),
        facts_for(CLASSES, 3, (20, 4)),
    ),
    "small network of pictures": (
        chain(
            ("input", "Input", {}),
            ("a", "Conv2D", {"filters": 8, "kernel_size": 3, "activation": "relu"}),
            ("pool", "MaxPooling2D", {}), ("flat", "Flatten", {}),
            ("drop", "Dropout", {"rate": 0.3}), ("out", "Dense", SOFTMAX),
        ),
        facts_for(CLASSES, 3, (8, 8, 1)),
    ),
    "Dense on each step, pooled later": (
        chain(
            ("input", "Input", {}), ("a", "Dense", {"units": 8, "activation": "relu"}),
            ("pool", "GlobalAveragePooling1D", {}), ("out", "Dense", SOFTMAX),
        ),
        facts_for(CLASSES, 3, (20, 4)),
    ),
    "words": (
        chain(
            ("input", "Input", {}), ("e", "Embedding", {"input_dim": 50, "output_dim": 8}),
            ("conv", "Conv1D", {"filters": 8, "kernel_size": 3, "activation": "relu"}),
            ("pool", "GlobalMaxPooling1D", {}),
            ("out", "Dense", {"units": 1, "activation": "sigmoid"}),
        ),
        facts_for(
            BINARY, 1, (20,), input_dtypes={"input": "int32"}, units_scaled=False,
            vocabulary=tuple(map(str, range(50))), value_range=(0.0, 49.0),
        ),
    ),
    "raw pictures and Rescaling": (
        chain(
            ("input", "Input", {}), ("flip", "RandomFlip", {}),
            ("scale", "Rescaling", {"scale": 0.004}), ("flat", "Flatten", {}),
            ("out", "Dense", SOFTMAX), data=Data("builtin", name="digits", scaling="none"),
        ),
        facts_for(CLASSES, 3, (8, 8, 1), units_scaled=False, value_range=(0.0, 255.0)),
    ),
    "a linear layer that is shared out": (
        ExampleBuilder().chain(("input", "Input", {}), ("wide", "Dense", {"units": 8}))
        .chain(("left", "Dense", {"units": 4, "activation": "relu"}), ("join", "Concatenate", {}),
               ("out", "Dense", SOFTMAX), start="wide")
        .chain(("bent", "Activation", {"activation": "tanh"}), start="wide")
        .wire(("bent", "join")).project(),
        facts_for(CLASSES, 3),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_networks_have_no_problem(cache, name):
    project, facts = HEALTHY[name]
    assert said(cache, project, facts) == []
