"""What a run has learned survives a full disk, a kill, a fault, and whatever fails after it."""

import random
import runpy
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from netbuilder.core.data.dataset import Split
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine import checkpoint, events
from netbuilder.core.engine.checkpoint import read_checkpoint
from netbuilder.core.engine.events import CheckpointSaved, Paused, Resumed
from netbuilder.core.engine.loop.compilation import Decision
from netbuilder.core.engine.runs import run_store
from netbuilder.core.engine.session import Computation, RunStorage, Session
from netbuilder.core.engine.trained import Event
from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Choice, Data, Graph, Node, Project, Training
from tests.core.engine.forked import Forked

NET = [("a", "Dense", {"units": 8, "activation": "tanh"}), ("out", "Dense", {"units": 1})]


def test_a_log_that_cannot_be_written_takes_no_weights_away(
    chain, dataset, numbers, tmp_path, limit_file_size
):
    logged = Choice("CSVLogger", {"filename": "log.csv"})
    session = Session(
        chain(NET, epochs=10**6, callbacks=(logged,)),
        dataset({"input": numbers[0]}, {"out": numbers[1]}, held=20),
        storage=RunStorage(tmp_path),
        computation=Computation("graph"),
    )
    limit_file_size(2000)
    with pytest.raises(UserError, match="File too large"):
        session.run()
    trained = session.rescued
    assert trained is session.trained
    assert trained.epochs > 5
    assert len(trained.history["loss"]) == trained.epochs
    assert trained.history["loss"][-1] < trained.history["loss"][0]
    # The same disk took no record either, and that is known.
    assert session.run_id == ""
    assert isinstance(session.not_recorded, Exception)
    assert run_store.list_runs() == []


def test_what_is_no_number_is_not_kept(chain, dataset, numbers):
    x, y = numbers
    session = Session(
        chain(NET, epochs=50, optimizer=Choice("SGD", {"learning_rate": 1e30})),
        dataset({"input": x}, {"out": y}, held=20),
        computation=Computation("graph"),
    )
    with pytest.raises(UserError, match="infinite"):
        session.run()
    assert session.rescued is None
    assert run_store.list_runs() == []


def test_a_run_that_broke_off_is_in_runs(chain, dataset, numbers, tmp_path):
    kept = Choice("ModelCheckpoint", {"filepath": "nets/{epoch}.keras"})
    ended: list[int] = []

    def on_event(event):
        from netbuilder.core.engine.events import EpochEnd

        if isinstance(event, EpochEnd):
            ended.append(event.epoch)
            if event.epoch == 3:  # the stick is pulled out
                (tmp_path / "nets").rename(tmp_path / "gone")
                (tmp_path / "nets").write_text("a file where the folder was")

    session = Session(
        chain(NET, epochs=30, callbacks=(kept,)),
        dataset({"input": numbers[0]}, {"out": numbers[1]}, held=20),
        storage=RunStorage(tmp_path),
        computation=Computation("graph"),
        on_event=on_event,
    )
    with pytest.raises(UserError):
        session.run()
    (run,) = run_store.list_runs()
    assert run.id == session.run_id
    assert run.reason == "failed"
    assert run.epochs == session.rescued.epochs >= 3
    # It goes on from there when what was in the way is gone.
    (tmp_path / "nets").unlink()
    (tmp_path / "nets").mkdir()
    session.train_more(30 - session.epochs)
    trained = session.run()
    assert trained.epochs == 30
    losses = trained.history["loss"]
    assert np.isfinite(losses).all()
    assert len(losses) == 30
    assert session.rescued is None


WIDE_NET = [("a", "Dense", {"units": 64, "activation": "tanh"}), ("out", "Dense", {"units": 1})]


def test_full_disk_pauses_the_run(chain, dataset, numbers, tmp_path, limit_file_size, monkeypatch):
    monkeypatch.setattr(checkpoint, "INTERVAL_SECONDS", 0.05)
    told: list[Event] = []
    arrived = threading.Condition()

    def on_event(event):
        with arrived:
            told.append(event)
            arrived.notify_all()

    def wait(kind):
        def found():
            return next((event for event in told if isinstance(event, kind)), None)

        with arrived:
            assert arrived.wait_for(lambda: found() is not None, 60), kind
            return found()

    data = dataset({"input": numbers[0]}, {"out": numbers[1]}, held=20)
    session = Session(
        chain(WIDE_NET, epochs=10**6),
        data,
        on_event=on_event,
        storage=RunStorage(checkpoint_dir=tmp_path / "run", record=False),
        computation=Computation("graph"),
    )
    thread = threading.Thread(target=session.run, daemon=True)
    limit_file_size(2000)
    thread.start()
    paused = wait(Paused)
    assert "cannot be saved" in paused.reason and "disk" in paused.reason
    time.sleep(0.6)
    assert not any(isinstance(event, Resumed) for event in told)
    assert read_checkpoint(tmp_path / "run") is None
    limit_file_size(None)
    wait(Resumed)
    wait(CheckpointSaved)
    session.stop()
    thread.join(30)
    assert not thread.is_alive()
    found = read_checkpoint(tmp_path / "run")
    assert found is not None and session.history is not None
    np.testing.assert_array_equal(found.rows["steps"], session.history.steps.values)


SCRIPT = Path(__file__).with_name("engine_killed.py")
STEPS_PER_EPOCH = 7
CHANGE = 250


def start(folder, out, *more: str):
    return Forked(SCRIPT, str(folder), str(out), *more)


def change_compilation_in(epoch):
    """Remember, as an earlier run would, that this network goes over to XLA within ``epoch``."""
    script = runpy.run_path(str(SCRIPT))
    session = Session(script["project"](), script["data"](), storage=RunStorage(record=False))
    session._prepare()
    remembered = session.trainer.compilation.remembered
    remembered.write(Decision("loop", step=epoch * STEPS_PER_EPOCH + 3))


def killed(process, behind, more):
    """Kill a run ``more`` seconds after its first checkpoint behind an epoch; gives its epoch."""
    for line in process.stdout:
        what, _, number = line.partition(" ")
        if what == "saved" and int(number) > behind:
            break
    time.sleep(more)
    process.kill()
    process.wait()
    return int(number)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_run_goes_on_with_the_same_curve(tmp_path):
    change_compilation_in(CHANGE)
    whole, out, folder = tmp_path / "whole.npz", tmp_path / "killed.npz", tmp_path / "b"
    assert start(tmp_path / "a", whole).wait() == 0
    source = random.Random(2)
    # Once in the graph loop, soon after the first checkpoint; once behind the change to XLA.
    first = killed(start(folder, out, "--resume"), 0, source.random() * 0.1)
    assert first < CHANGE
    assert killed(start(folder, out, "--resume"), CHANGE, source.random() * 0.1) > CHANGE
    assert not out.exists()
    assert start(folder, out, "--resume").wait() == 0
    with np.load(whole) as expected, np.load(out) as got:
        assert str(expected["kind"]) == "loop"
        assert sorted(expected.files) == sorted(got.files)
        for name in expected.files:
            np.testing.assert_array_equal(got[name], expected[name], err_msg=name)


def test_test_rows_that_cannot_be_judged_lose_no_network():
    graph = Graph(
        (Node("input", "Input"), Node("out", "Dense", {"units": 3, "activation": "softmax"})),
        (("input", "out"),),
    )
    project = Project(
        graph=graph, data=Data("builtin", name="iris"), training=Training(epochs=2, seed=1)
    )
    data = load_dataset(project, Path())
    wrong = Split({"input": np.zeros((5, 7), np.float32)}, {"out": np.zeros(5, np.int32)}, {})
    told: list[Event] = []
    trained = Session(
        project, replace(data, test=wrong), on_event=told.append, storage=RunStorage(record=False)
    ).run()
    assert (trained.epochs, trained.test) == (2, {})
    notices = [one.notice for one in told if isinstance(one, events.DiagnosisAdded)]
    assert [one.code for one in notices if one.code == "untested"] == ["untested"]
    assert isinstance(told[-1], events.Finished)
    answers = trained.model.predict(np.zeros((2, 4), np.float32), verbose=0)
    assert answers.shape == (2, 3)
