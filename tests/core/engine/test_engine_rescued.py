"""A run that breaks off keeps what it had learned by then."""

import numpy as np
import pytest

from netbuilder.core.engine.runs import run_store
from netbuilder.core.engine.session import Computation, RunStorage, Session
from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Choice

NET = [("a", "Dense", {"units": 8, "activation": "tanh"}), ("out", "Dense", {"units": 1})]


@pytest.fixture
def small_disk():
    """Files cannot grow beyond two thousand bytes, as on a disk without room."""
    resource = pytest.importorskip("resource", reason="limits of a process are POSIX's")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_log_that_cannot_be_written_takes_no_weights_away(
    chain, dataset, numbers, tmp_path, small_disk
):
    logged = Choice("CSVLogger", {"filename": "log.csv"})
    session = Session(
        chain(NET, epochs=10**6, callbacks=(logged,)),
        dataset({"input": numbers[0]}, {"out": numbers[1]}, held=20),
        storage=RunStorage(tmp_path),
        computation=Computation("graph"),
    )
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
