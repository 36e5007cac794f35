"""Data that does not fit in memory, and several machines: the same loop, the same result."""

import csv
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from netbuilder.core.data.dataset import BLOCK_BYTES, EpochBlock, SampleStream
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.session import Computation, RunStorage, Session
from netbuilder.core.project.model import Choice, Data
from tests.core.engine.forked import Forked

NET = [("a", "Dense", {"units": 8, "activation": "tanh"}), ("out", "Dense", {"units": 1})]


def streamed(data, row_bytes=BLOCK_BYTES):
    """The same rows, a block (of one batch) at a time; only ten of them in memory."""
    x, y = data.train.x["input"], data.train.y["out"]

    def block(first, count, seed):
        whole = (
            np.arange(len(x)) if seed is None else np.random.default_rng(seed).permutation(len(x))
        )
        rows = whole[first : first + count]
        order = np.arange(len(rows), dtype=np.int32)
        return EpochBlock({"input": x[rows]}, {"out": y[rows]}, None, order)

    first = replace(data.train, x={"input": x[:10]}, y={"out": y[:10]}, raw_x={"input": x[:10]})
    return replace(data, train=first, stream=SampleStream(len(x), row_bytes, block))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["graph", "step", "loop"])
def test_a_stream_trains_like_the_same_rows_in_memory(kind, chain, dataset, numbers):
    x, y = numbers
    data = dataset({"input": x}, {"out": y}, held=20)
    project = chain(NET, epochs=3, batch_size=32, shuffle=False, metrics=(Choice("mae"),))
    memory = Session(project, data, computation=Computation("graph")).run()
    assert len(data.train) % 32, "the last batch is smaller"
    for row_bytes in (BLOCK_BYTES, BLOCK_BYTES // 100, 1):  # a block of one step, of three, of all
        stream = Session(project, streamed(data, row_bytes), computation=Computation(kind)).run()
        for name, values in memory.history.items():
            np.testing.assert_allclose(stream.history[name], values, rtol=1e-5)
        for one, two in zip(
            memory.training_model.get_weights(), stream.training_model.get_weights(), strict=True
        ):
            np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-7)


@pytest.mark.slow
def test_a_stream_is_shuffled_the_same_way_for_the_same_seed(chain, dataset, numbers, tmp_path):
    data = streamed(dataset({"input": numbers[0]}, {"out": numbers[1]}, held=20))
    whole = Session(chain(NET, epochs=4), data).run()
    Session(chain(NET, epochs=2), data, storage=RunStorage(checkpoint_dir=tmp_path)).run()
    gone_on = Session(
        chain(NET, epochs=4), data, storage=RunStorage(checkpoint_dir=tmp_path, resume=True)
    ).run()
    assert gone_on.history == whole.history
    assert Session(chain(NET, epochs=4, seed=9), data).run().history != whole.history


def test_a_csv_file_beyond_the_memory_limit(chain, tmp_path):
    source = np.random.default_rng(0)
    values = source.normal(size=(30_000, 6))
    path = tmp_path / "large.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*"abcdef", "target"])
        writer.writerows(np.column_stack([values, values.sum(axis=1)]).round(5).tolist())
    recipe = Data("csv", path=path.name, target=("target",), options={"memory_limit_mb": 0.3})
    project = replace(chain(NET, epochs=2, batch_size=256), data=recipe)
    data = load_dataset(project, tmp_path)
    assert data.stream is not None and data.facts.streamed
    trained = Session(project, data).run()
    assert trained.history["val_loss"][-1] < trained.history["val_loss"][0]


#: Seconds: on a busy machine three processes that import TensorFlow take their time.
PATIENCE = 200
SCRIPT = Path(__file__).with_name("engine_workers.py")


def addresses(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    found = [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]
    for one in sockets:
        one.close()
    return ",".join(found)


def start(out, epochs, index, where, *more: str):
    return Forked(SCRIPT, str(out), str(epochs), str(index), where, *more)


def read(path):
    with np.load(path) as held:
        return {name: held[name] for name in held.files}


@pytest.mark.slow
def test_two_workers_and_two_devices_train_as_one_process(tmp_path):
    where = addresses(2)
    runs = {
        "one": start(tmp_path / "one.npz", 3, 0, ""),
        "devices": start(tmp_path / "devices.npz", 3, 0, "devices"),
        "w0": start(tmp_path / "w0.npz", 3, 0, where),
        "w1": start(tmp_path / "w1.npz", 3, 1, where),
    }
    for name, process in runs.items():
        text, _ = process.communicate(timeout=150)
        assert process.returncode == 0, (name, text)
    one = read(tmp_path / "one.npz")
    for name in ("devices", "w0", "w1"):
        other = read(tmp_path / f"{name}.npz")
        for key, values in one.items():
            np.testing.assert_allclose(other[key], values, rtol=1e-4, atol=1e-6, err_msg=name)
    first, second = read(tmp_path / "w0.npz"), read(tmp_path / "w1.npz")
    for key, values in first.items():
        np.testing.assert_array_equal(second[key], values)


@pytest.mark.slow
@pytest.mark.timeout(480)
def test_a_worker_that_dies_ends_the_others_and_all_go_on_later(tmp_path):
    where = addresses(3)
    folder = str(tmp_path / "checkpoints")
    workers = [start(tmp_path / f"a{i}.npz", 10**6, i, where, folder) for i in range(3)]
    chief = workers[0]
    for line in chief.stdout:
        if line.startswith("epoch") and (tmp_path / "checkpoints" / "checkpoint.npz").exists():
            break
    workers[2].kill()
    for worker in workers[:2]:
        text, _ = worker.communicate(timeout=PATIENCE)
        assert worker.returncode == 1
        assert "Another worker no longer responds" in text
        assert "--resume" in text
    workers[2].wait()
    with np.load(tmp_path / "checkpoints" / "checkpoint.npz") as held:
        assert held.files
    again = addresses(3)
    from netbuilder.core.engine.checkpoint import read_checkpoint as checkpoint

    found = checkpoint(tmp_path / "checkpoints")
    planned = found.epoch + 2
    workers = [start(tmp_path / f"b{i}.npz", planned, i, again, folder) for i in range(3)]
    for worker in workers:
        text, _ = worker.communicate(timeout=PATIENCE)
        assert worker.returncode == 0, text
    histories = [read(tmp_path / f"b{i}.npz") for i in range(3)]
    for history in histories:
        assert len(history["loss"]) == planned
        np.testing.assert_array_equal(history["w0"], histories[0]["w0"])
    alone = start(tmp_path / "alone.npz", planned, 0, "")
    alone.communicate(timeout=PATIENCE)
    np.testing.assert_allclose(
        histories[0]["loss"], read(tmp_path / "alone.npz")["loss"], rtol=1e-3
    )


@pytest.mark.slow
@pytest.mark.timeout(480)
@pytest.mark.parametrize("how", ["now", "epoch"])
def test_a_worker_that_is_stopped_by_hand_stops_the_others_at_the_same_step(
    tmp_path, monkeypatch, how
):
    # 51 steps an epoch in chunks of 32: a stop "now" behind an epoch is one in the middle of the
    # next. Metrics and moving statistics go on from there, too.
    monkeypatch.setenv("NETBUILDER_WORKERS_BATCH", "2")
    monkeypatch.setenv("NETBUILDER_WORKERS_NORM", "yes")
    folder = str(tmp_path / "checkpoints")

    def run(name, epochs, stopped=""):
        where = addresses(2)
        workers = []
        for index in range(2):
            monkeypatch.setenv("NETBUILDER_WORKERS_STOP", stopped if index == 1 else "")
            out = tmp_path / f"{name}{index}.npz"
            workers.append(start(out, epochs, index, where, folder))
        texts = [worker.communicate(timeout=PATIENCE)[0] for worker in workers]
        assert [worker.returncode for worker in workers] == [0, 0], texts
        return [text.splitlines()[-1] for text in texts]

    steps = 3 * 51 + 32 if how == "now" else 4 * 51
    words = f"stopped behind step {steps}. Worker 1 was stopped, and all workers stopped with it."
    assert run("stopped", 10**6, how) == [words, words]
    one, two = (read(tmp_path / f"stopped{index}.npz") for index in range(2))
    for key, values in one.items():
        np.testing.assert_array_equal(two[key], values)
    if how == "epoch":
        return
    assert run("rest", 6) == [f"done behind step {6 * 51}. "] * 2
    resumed = read(tmp_path / "rest0.npz")
    folder = str(tmp_path / "others")
    run("whole", 6)
    whole = read(tmp_path / "whole0.npz")
    for key, values in whole.items():
        np.testing.assert_allclose(resumed[key], values, rtol=1e-4, atol=1e-6, err_msg=key)
