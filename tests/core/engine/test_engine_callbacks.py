"""Keras's callbacks do at epoch ends what they do in ``fit``."""

import csv
from typing import Any

import pytest

from netbuilder.core.engine.monitor.keras_callbacks import log_path
from netbuilder.core.engine.session import Computation, RunStorage, Session
from netbuilder.core.engine.trained import Changed, Event
from netbuilder.core.errors import TrainingError
from netbuilder.core.project.model import Choice
from tests.sessions import graph_session

NET = [("a", "Dense", {"units": 8, "activation": "tanh"}), ("out", "Dense", {"units": 1})]


@pytest.fixture
def run(
    chain, dataset, numbers,
    tmp_path
):  # fmt: skip
    data = dataset({"input": numbers[0]}, {"out": numbers[1]}, held=20)

    def train(*callbacks: Choice, **options: Any):
        told: list[Event] = []
        session = Session(
            chain(NET, callbacks=callbacks, **options),
            data,
            on_event=told.append,
            storage=RunStorage(tmp_path, record=False),
            computation=Computation("graph"),
        )
        return session.run(), told

    return train


def test_csv_log(run, tmp_path):
    trained, _ = run(Choice("CSVLogger", {"filename": "logs/run.csv"}), epochs=3)
    with (tmp_path / "logs" / "run.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["val_loss"]) for row in rows] == pytest.approx(trained.history["val_loss"])


def test_slower_on_a_plateau_is_told(run):
    slower = Choice("ReduceLROnPlateau", {"patience": 1, "factor": 0.5, "min_delta": 100.0})
    _, told = run(slower, epochs=4)
    rates = [event.value for event in told if isinstance(event, Changed)]
    assert rates == pytest.approx([5e-4, 2.5e-4, 1.25e-4])


def test_early_stopping_without_validation_watches_the_training(chain, dataset, numbers):
    stop = Choice("EarlyStopping", {"patience": 1, "min_delta": 100.0})
    data = dataset({"input": numbers[0]}, {"out": numbers[1]})
    project = chain(NET, callbacks=(stop,), epochs=20)
    assert graph_session(project, data).run().epochs == 2


def test_tensorboard_logs_are_readable(run, tmp_path):
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


def test_a_metric_that_should_grow_decides_what_is_best(chain, dataset, numbers):
    x, y = numbers
    data = dataset({"input": x}, {"out": (y > 1).astype("int32")[:, 0]}, held=30, task="classes")
    layers = [NET[0], ("out", "Dense", {"units": 2, "activation": "softmax"})]
    best = Choice("RestoreBestWeights", {"monitor": "val_accuracy"})
    project = chain(
        layers, "sparse_categorical_crossentropy", metrics=(Choice("accuracy"),), epochs=8,
        callbacks=(best,), optimizer=Choice("Adam", {"learning_rate": 0.5}),
    )  # fmt: skip
    trained = graph_session(project, data).run()
    accuracy = trained.history["val_accuracy"]
    assert trained.best_epoch == accuracy.index(max(accuracy)) + 1
    held = data.validation
    got = trained.training_model.evaluate(
        held.x["input"], held.y["out"], verbose=0, return_dict=True
    )
    assert got["accuracy"] == pytest.approx(max(accuracy))


def test_logs_go_nowhere_else(run, symlink, tmp_path):
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    symlink(tmp_path / "link", outside)
    with pytest.raises(TrainingError) as caught:
        run(Choice("CSVLogger", {"filename": "link/a.csv"}))
    assert caught.value.code == "log_outside_project"
    names = ("/tmp/elsewhere.csv", "../elsewhere.csv", "logs/../../elsewhere.csv", "~/a.csv")
    for name in (*names, "C:\\a.csv", "project.netbuilder", "."):
        with pytest.raises(TrainingError) as caught:
            log_path("CSVLogger", name, tmp_path)
        assert caught.value.code == "log_name_invalid", name
    assert not list(outside.iterdir())


def test_a_log_is_written_over_and_nothing_else(run, tmp_path):
    (tmp_path / "data.csv").write_text("height,weight\n180,75\n")
    with pytest.raises(TrainingError) as caught:
        run(Choice("CSVLogger", {"filename": "data.csv"}))
    assert caught.value.code == "log_would_overwrite"
    assert (tmp_path / "data.csv").read_text() == "height,weight\n180,75\n"
    with pytest.raises(TrainingError) as caught:
        run(Choice("TensorBoard", {"log_dir": "data.csv"}))
    assert caught.value.code == "log_would_overwrite"
    for separator in (",", ";"):
        for _ in range(2):
            run(Choice("CSVLogger", {"filename": "log.csv", "separator": separator}), epochs=2)
        assert len((tmp_path / "log.csv").read_text().splitlines()) == 3


def test_each_epoch_is_saved(run, tmp_path):
    import keras
    import numpy as np

    for _ in range(2):
        trained, _ = run(Choice("ModelCheckpoint", {"filepath": "nets/{epoch}.keras"}), epochs=2)
    last = keras.models.load_model(tmp_path / "nets" / "2.keras")
    for saved, held in zip(last.get_weights(), trained.training_model.get_weights(), strict=True):
        np.testing.assert_array_equal(saved, held)
    (tmp_path / "mine.keras").write_bytes(b"PK mine")
    with pytest.raises(TrainingError) as caught:
        run(Choice("ModelCheckpoint", {"filepath": "mine.keras"}))
    assert caught.value.code == "log_would_overwrite"


def test_averaged_weights_are_measured(run):
    """As Keras does in ``fit``: the loss on validation data is that of the averages."""
    averaging = Choice("Adam", {"learning_rate": 0.05, "use_ema": True, "ema_momentum": 0.9})
    plain, _ = run(epochs=3, optimizer=averaging)
    swapped, _ = run(Choice("SwapEMAWeights"), epochs=3, optimizer=averaging)
    assert swapped.history["loss"] == pytest.approx(plain.history["loss"], rel=1e-4)
    assert swapped.history["val_loss"] != pytest.approx(plain.history["val_loss"], rel=1e-3)
    # At the end the averages are the network's weights: what was measured last.
    import numpy as np

    x = np.random.default_rng(0).normal(size=(100, 4)).astype(np.float32)
    y = (x @ np.array([[1.0], [-2.0], [0.5], [3.0]], np.float32)) + 1
    loss = swapped.training_model.evaluate(x[80:], y[80:], verbose=0)
    assert loss == pytest.approx(swapped.history["val_loss"][-1], rel=1e-3)
    with pytest.raises(TrainingError) as caught:
        run(Choice("SwapEMAWeights"))
    assert caught.value.code == "no_averaged_weights"
