"""Keras's callbacks do at epoch ends what they do in ``fit``."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netbuilder.core.engine.events import Changed, Event
from netbuilder.core.engine.session import Session
from netbuilder.core.project.model import Choice, Project

NET = [("a", "Dense", {"units": 8, "activation": "tanh"}), ("out", "Dense", {"units": 1})]


@pytest.fixture
def run(
    chain: Callable[..., Project], dataset: Callable[..., Any], numbers: tuple[Any, Any],
    tmp_path: Path,
) -> Callable[..., Any]:  # fmt: skip
    data = dataset({"input": numbers[0]}, {"out": numbers[1]}, held=20)

    def train(*callbacks: Choice, **options: Any) -> tuple[Any, list[Event]]:
        told: list[Event] = []
        session = Session(
            chain(NET, callbacks=callbacks, **options), data, on_event=told.append, base=tmp_path,
            compilation="graph", record=False,
        )  # fmt: skip
        return session.run(), told

    return train


def test_csv_log(run: Callable[..., Any], tmp_path: Path) -> None:
    trained, _ = run(Choice("CSVLogger", {"filename": "logs/run.csv"}), epochs=3)
    with (tmp_path / "logs" / "run.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["val_loss"]) for row in rows] == pytest.approx(trained.history["val_loss"])


def test_slower_on_a_plateau_is_told(run: Callable[..., Any]) -> None:
    slower = Choice("ReduceLROnPlateau", {"patience": 1, "factor": 0.5, "min_delta": 100.0})
    _, told = run(slower, epochs=4)
    rates = [event.value for event in told if isinstance(event, Changed)]
    assert rates == pytest.approx([5e-4, 2.5e-4, 1.25e-4])


def test_early_stopping_without_validation_watches_the_training(
    chain: Callable[..., Project], dataset: Callable[..., Any], numbers: tuple[Any, Any]
) -> None:
    stop = Choice("EarlyStopping", {"patience": 1, "min_delta": 100.0})
    data = dataset({"input": numbers[0]}, {"out": numbers[1]})
    project = chain(NET, callbacks=(stop,), epochs=20)
    assert Session(project, data, compilation="graph", record=False).run().epochs == 2


def test_tensorboard_logs_are_readable(run: Callable[..., Any], tmp_path: Path) -> None:
    board = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    choice = Choice("TensorBoard", {"log_dir": "board", "histogram_freq": 1})
    trained, _ = run(choice, epochs=3)
    for part in ("train", "validation"):
        reader = board.EventAccumulator(str(tmp_path / "board" / part), {"tensors": 0})
        reader.Reload()
        assert "epoch_loss" in reader.Tags()["tensors"]
    reader = board.EventAccumulator(
        str(tmp_path / "board" / "train"), {"tensors": 0, "histograms": 0}
    )
    reader.Reload()
    import tensorflow as tf

    losses = [float(tf.make_ndarray(e.tensor_proto)) for e in reader.Tensors("epoch_loss")]
    assert losses == pytest.approx(trained.history["loss"], rel=1e-5)
    assert any("kernel" in tag for tag in reader.Tags()["tensors"]), "histograms of weights"
    assert reader.Tags()["graph"] and len(reader.Graph().node) > 10


def test_a_metric_that_should_grow_decides_what_is_best(
    chain: Callable[..., Project], dataset: Callable[..., Any], numbers: tuple[Any, Any]
) -> None:
    x, y = numbers
    data = dataset({"input": x}, {"out": (y > 1).astype("int32")[:, 0]}, held=30, task="classes")
    layers = [NET[0], ("out", "Dense", {"units": 2, "activation": "softmax"})]
    best = Choice("RestoreBestWeights", {"monitor": "val_accuracy"})
    project = chain(
        layers, "sparse_categorical_crossentropy", metrics=(Choice("accuracy"),), epochs=8,
        callbacks=(best,), optimizer=Choice("Adam", {"learning_rate": 0.5}),
    )  # fmt: skip
    trained = Session(project, data, compilation="graph", record=False).run()
    accuracy = trained.history["val_accuracy"]
    assert trained.best_epoch == accuracy.index(max(accuracy)) + 1
    held = data.validation
    assert held is not None
    got = trained.core.evaluate(held.x["input"], held.y["out"], verbose=0, return_dict=True)
    assert got["accuracy"] == pytest.approx(max(accuracy))
