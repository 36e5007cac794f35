"""Several outputs, several labels, raw scores, series and folders."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.session import Session
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Choice, Data, Graph, Node, Project, Training
from netbuilder.core.results.evaluate import evaluate
from netbuilder.core.results.own_units import predict_values
from netbuilder.core.results.predict import predict_raw, predict_rows
from netbuilder.core.results.predict_file import predict_file


def chain(*nodes: Node):
    made = (Node("input", "Input"), *nodes)
    return Graph(made, tuple((a.id, b.id) for a, b in pairwise(made)))


def train(graph, data, base, epochs, **plan: object):
    training = Training(optimizer=Choice("Adam", {"learning_rate": 0.02}), epochs=epochs, **plan)
    project = Project(graph=graph, data=data, training=training)
    return Session(project, load_dataset(project, base), on_event=lambda event: None).run()


@pytest.fixture
def flats(tmp_path):
    random = np.random.default_rng(0)
    size = random.uniform(20, 100, 300)
    frame = pd.DataFrame(
        {
            "size": size,
            "rent": size * 10 + random.normal(0, 5, 300),
            "kind": np.where(size > 60, "large", np.where(size > 35, "middle", "small")),
            "lift": (size > 50).astype(int),
            "bath": (size > 30).astype(int),
        }
    )
    frame.to_csv(tmp_path / "d.csv", index=False)
    return tmp_path


@pytest.mark.slow
def test_a_number_and_a_class_at_once(flats):
    graph = Graph(
        (Node("input", "Input"), Node("hidden", "Dense", {"units": 16, "activation": "relu"}),
         Node("rent", "Dense", {"units": 1}),
         Node("kind", "Dense", {"units": 3, "activation": "softmax"})),
        (("input", "hidden"), ("hidden", "rent"), ("hidden", "kind")),
    )  # fmt: skip
    recipe = Data("csv", path="d.csv", inputs={"input": ("size",)},
                  targets={"rent": ("rent",), "kind": ("kind",)})  # fmt: skip
    trained = train(graph, recipe, flats, 30)
    found = evaluate(trained, flats / "d.csv")
    assert found.task == "regression"
    assert found.metrics["r2_score"] > 0.9
    assert found.others["kind"].metrics["accuracy"] > 0.8
    answer = predict_rows(trained, {"size": 90})
    assert answer.text().startswith("rent: ")
    assert "kind: large (" in answer.text()
    predict_file(trained, flats / "d.csv", flats / "out.csv")
    back = pd.read_csv(flats / "out.csv")
    assert list(back.columns[5:]) == [
        "predicted rent", "predicted kind", "probability of large", "probability of middle",
        "probability of small",
    ]  # fmt: skip


def test_labels_that_hold_at_the_same_time(flats):
    graph = chain(Node("out", "Dense", {"units": 2, "activation": "sigmoid"}))
    recipe = Data("csv", path="d.csv", target=("lift", "bath"),
                  options={"ignore": ["rent", "kind"]})  # fmt: skip
    trained = train(graph, recipe, flats, 40)
    found = evaluate(trained, flats / "d.csv")
    assert found.task == "multi_label"
    assert found.metrics["accuracy"] > 0.85
    assert found.labels == ("lift", "bath")
    assert "of the 2 labels are correct" in found.sentence
    assert predict_rows(trained, [{"size": 95}, {"size": 20}]).first.labels == ("lift, bath", "")


def test_raw_scores_become_probabilities(flats):
    graph = chain(Node("out", "Dense", {"units": 3}))
    recipe = Data("csv", path="d.csv", target=("kind",),
                  options={"ignore": ["rent", "lift", "bath"]})  # fmt: skip
    loss = Choice("sparse_categorical_crossentropy", {"from_logits": True})
    trained = train(graph, recipe, flats, 20, loss=loss)
    answers = predict_rows(trained, {"size": 90}).first
    assert answers.probabilities.sum() == pytest.approx(1.0)
    scores = np.asarray(trained.training_model(np.array([[1.5]], np.float32)))[0]
    expected = np.exp(scores) / np.exp(scores).sum()
    assert np.allclose(
        predict_values(trained, {"input": np.array([[1.5]])})["out"][0], expected, atol=1e-5
    )


def test_a_series_is_judged_on_a_file_of_its_own(tmp_path):
    wave = pd.DataFrame({"t": np.sin(np.arange(400) / 5.0) * 10 + 20})
    wave.to_csv(tmp_path / "s.csv", index=False)
    wave.iloc[:60].to_csv(tmp_path / "more.csv", index=False)
    graph = chain(Node("flat", "Flatten"), Node("out", "Dense", {"units": 1}))
    recipe = Data("series", path="s.csv", target=("t",), options={"window": 8})
    trained = train(graph, recipe, tmp_path, 30)
    found = evaluate(trained, tmp_path / "more.csv")
    assert found.samples == 52
    assert found.metrics["mean_absolute_error"] < 0.5
    predict_file(trained, tmp_path / "more.csv", tmp_path / "out.csv")
    back = pd.read_csv(tmp_path / "out.csv")
    assert len(back) == 61, "what comes next, too"
    assert back["predicted t"].isna().tolist() == [True] * 8 + [False] * 53
    off = back["predicted t"].to_numpy()[8:-1] - back["t"].to_numpy()[8:-1]
    assert np.abs(off).mean() < 0.5
    wave.iloc[:5].to_csv(tmp_path / "few.csv", index=False)
    with pytest.raises(DataError, match=r"has 5 rows, .* needs 8 rows") as caught:
        predict_file(trained, tmp_path / "few.csv")
    assert caught.value.code == "series_too_short"
    raw = {"input": wave.to_numpy()[None, 100:108]}
    assert predict_raw(trained, raw).first.values[0, 0] == pytest.approx(
        float(wave["t"][108]), abs=1.0
    )


def test_a_folder_of_pictures_is_judged(tmp_path):
    for part, count in (("train", 20), ("more", 6)):
        for label, grey in (("dark", 40), ("light", 210)):
            (tmp_path / part / label).mkdir(parents=True)
            for index in range(count):
                Image.new("L", (6, 6), grey + index).save(tmp_path / part / label / f"{index}.png")
    graph = chain(
        Node("flat", "Flatten"), Node("out", "Dense", {"units": 1, "activation": "sigmoid"})
    )
    recipe = Data("images", path="train", options={"color_mode": "grayscale"})
    trained = train(graph, recipe, tmp_path, 150)
    found = evaluate(trained, tmp_path / "more")
    assert (found.samples, found.metrics["accuracy"]) == (12, 1.0)
    (tmp_path / "more" / "light").rename(tmp_path / "more" / "bright")
    with pytest.raises(DataError, match="'bright'"):
        evaluate(trained, tmp_path / "more")


def test_a_model_without_notes_about_its_data_is_asked_by_position():
    graph = chain(Node("out", "Dense", {"units": 1}))
    made = train(graph, Data("builtin", name="diabetes"), Path(), 2)
    bare = TrainedModel(
        made.project,
        made.training_model,
        made.training_model,
        type(made.preprocessing)(),
        made.facts,
    )
    row = {f"x{index}": 0.5 for index in range(10)}
    answer = predict_rows(bare, row).first
    assert answer.columns == ("out",)
    expected = np.asarray(made.training_model(np.full((1, 10), 0.5, np.float32)))
    assert answer.values[0, 0] == pytest.approx(float(expected[0, 0]), rel=1e-5)
