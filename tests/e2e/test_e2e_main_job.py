"""From a project to a trained .h5 that answers in the data's own units, by commands alone."""

import json
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes

Done = Any


@pytest.mark.slow
def test_diabetes(diabetes_job, plain_python):
    assert diabetes_job.done.code == 0, diabetes_job.done.err
    found = diabetes_job.done.json
    assert found["model"] == str(diabetes_job.model)
    assert found["epochs"] == 50
    assert len(found["history"]["loss"]) == len(found["history"]["val_loss"]) == 50
    assert found["history"]["loss"][-1] < found["history"]["loss"][0] / 2
    assert found["seconds"] > 0
    assert found["steps_per_second"] > 0
    # The mean alone is off by about 60; a straight line by about 44.
    assert 30 < found["test"]["mean_absolute_error"] < 52
    assert not list(diabetes_job.model.parent.glob("*checkpoint*"))
    bunch = load_diabetes(scaled=False)
    code = """import json, keras, sklearn.datasets
model = keras.models.load_model("out.h5")
assert model.compiled
rows = sklearn.datasets.load_diabetes(scaled=False).data
print(json.dumps(model.predict(rows, verbose=0).tolist()))
"""
    answers = np.array(json.loads(plain_python(code, diabetes_job.model.parent).splitlines()[-1]))
    assert np.abs(answers[:, 0] - bunch.target).mean() < 52


def test_sales(sales_job, sales):
    """The course's own script reached $1,300 to $1,600, and $260,000 to $264,000."""
    assert sales_job.done.code == 0, sales_job.done.err
    assert sales_job.model.exists(), "without -o the model lies beside its project"
    found = sales_job.done.json["test"]
    assert found["loss"] < 1.1e-4
    assert found["mean_absolute_error"] <= 1_700
    train = pd.read_csv(sales / "sales_training.csv")
    test = pd.read_csv(sales / "sales_test.csv")
    columns = [name for name in train.columns if name != "total_earnings"]
    low, high = train[columns].min(), train[columns].max()
    proposed = pd.read_csv(sales / "sales_proposed_scaled.csv")[columns] * (high - low) + low
    rows = np.concatenate([test[columns].to_numpy(), proposed.to_numpy()])
    answers = keras.models.load_model(sales_job.model).predict(rows, verbose=0)[:, 0]
    assert np.abs(answers[:-1] - test["total_earnings"]).mean() <= 1_700
    assert 255_000 < answers[-1] < 270_000


def test_sales_predict_writes_dollars(sales_job, sales, run, tmp_path):
    out = tmp_path / "answers.csv"
    done: Done = run("predict", sales_job.model, sales / "sales_test.csv", "-o", out, "--json")
    assert done.code == 0, done.err
    table = pd.read_csv(out)
    assert len(table) == done.json["samples"] == 400
    assert (table["predicted total_earnings"] - table["total_earnings"]).abs().mean() <= 1_700
    done = run("evaluate", sales_job.model, "--data", sales / "sales_test.csv", "--json")
    assert done.json["samples"] == 400
    assert done.json["metrics"]["mean_absolute_error"] <= 1_700


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "accuracy", "words"), [("digits", 0.97, []), ("waves", 0.85, ["--epochs", "15"])]
)
def test_classes(run, tmp_path, name, accuracy, words):
    project, model = tmp_path / f"{name}.netbuilder", tmp_path / f"{name}.h5"
    assert run("examples", name, "-o", project).code == 0
    done = run("train", project, "-o", model, *words, "--json")
    assert done.code == 0, done.err
    assert done.json["test"]["accuracy"] >= accuracy
    done = run("evaluate", model, "--json")
    found = done.json
    matrix = np.array(found["confusion_matrix"])
    assert matrix.shape == (len(found["labels"]),) * 2
    assert matrix.sum() == found["samples"]
    assert np.trace(matrix) / matrix.sum() == pytest.approx(found["metrics"]["accuracy"])
    assert "test rows correct" in done.out
