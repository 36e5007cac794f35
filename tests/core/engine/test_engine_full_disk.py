"""A full disk pauses the run, with a message, and it goes on when there is room."""

import threading
import time

import numpy as np
import pytest

from netbuilder.core.engine import checkpoint
from netbuilder.core.engine.checkpoint import read_checkpoint
from netbuilder.core.engine.events import CheckpointSaved, Paused, Resumed
from netbuilder.core.engine.session import Computation, RunStorage, Session
from netbuilder.core.engine.trained import Event

NET = [("a", "Dense", {"units": 64, "activation": "tanh"}), ("out", "Dense", {"units": 1})]


@pytest.fixture
def small_disk():
    """Files cannot grow beyond the limit, as on a disk without room; ``lift`` makes room."""
    resource = pytest.importorskip("resource", reason="limits of a process are POSIX's")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    import signal

    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))

    def lift():
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    yield lift
    lift()
    signal.signal(signal.SIGXFSZ, handler)


def test_full_disk_pauses_the_run(chain, dataset, numbers, tmp_path, small_disk, monkeypatch):
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
        chain(NET, epochs=10**6),
        data,
        on_event=on_event,
        storage=RunStorage(checkpoint_dir=tmp_path / "run", record=False),
        computation=Computation("graph"),
    )
    thread = threading.Thread(target=session.run, daemon=True)
    thread.start()
    paused = wait(Paused)
    assert "cannot be saved" in paused.reason and "disk" in paused.reason
    time.sleep(0.6)
    assert not any(isinstance(event, Resumed) for event in told)
    assert read_checkpoint(tmp_path / "run") is None
    small_disk()
    wait(Resumed)
    wait(CheckpointSaved)
    session.stop()
    thread.join(30)
    assert not thread.is_alive()
    found = read_checkpoint(tmp_path / "run")
    assert found is not None and session.history is not None
    np.testing.assert_array_equal(found.rows["steps"], session.history.steps.values)
