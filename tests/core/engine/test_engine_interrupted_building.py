"""Building can be left: by Stop, and for another network that is to be trained."""

import threading
import time
from typing import Any

import pytest

from netbuilder.core.engine import prepared_networks
from netbuilder.core.engine.events import Failed
from netbuilder.core.engine.loop.program import Program
from netbuilder.core.engine.loop.trainer import Trainer
from netbuilder.core.engine.run_control import Interruptible, StoppedBeforeStartError
from netbuilder.core.engine.runs import run_store
from netbuilder.core.engine.session import Computation, RunStorage, Session
from tests.core.engine.conftest import forget_prepared

SMALL = [("a", "Dense", {"units": 3}), ("out", "Dense", {"units": 1})]
DEEP = [(f"d{number}", "Dense", {"units": 4}) for number in range(80)]
DEEP = [*DEEP, ("out", "Dense", {"units": 1})]


@pytest.fixture(autouse=True)
def _nothing_kept():
    forget_prepared()
    yield
    forget_prepared()


@pytest.fixture
def data(dataset, numbers):
    x, y = numbers
    return dataset({"input": x}, {"out": y}, held=20, tested=10)


@pytest.fixture
def traces(monkeypatch):
    """Set once a program is being traced."""
    begun = threading.Event()
    step = Program._one_step

    def one_step(self, *arguments: Any):
        begun.set()
        return step(self, *arguments)

    monkeypatch.setattr(Program, "_one_step", one_step)
    return begun


def in_thread(work):
    came: list[object] = []

    def run():
        try:
            came.append(work())
        except Exception as error:  # noqa: BLE001 - what came is looked at
            came.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, came


@pytest.mark.slow
def test_stop_ends_the_building_of_a_deep_network(chain, data, traces):
    """It went on for 40 s, and longer where the machine was busy."""
    told: list[Any] = []
    run = Session(chain(DEEP), data, computation=Computation("graph"), on_event=told.append)
    thread, came = in_thread(run.run)
    assert traces.wait(120)
    time.sleep(0.5)
    session_stopped = time.monotonic()
    run.stop()
    thread.join(60)
    assert time.monotonic() - session_stopped < 5  # a second, on a machine that is not busy
    assert isinstance(came[0], StoppedBeforeStartError)
    assert came[0].code == "stopped_before_start"
    assert not [event for event in told if isinstance(event, Failed)]
    assert not run_store.list_runs()
    # It is not going on behind: the next run has Keras and TensorFlow for itself.
    begun = time.monotonic()
    assert (
        Session(
            chain(SMALL), data, computation=Computation("graph"), storage=RunStorage(record=False)
        )
        .run()
        .epochs
        == 3
    )
    assert time.monotonic() - begun < 15
    assert not [one for one in threading.enumerate() if one.name == "netbuilder-build"]


@pytest.mark.slow
def test_a_run_of_another_network_ends_what_is_built_beforehand(chain, data, traces):
    thread, came = in_thread(
        lambda: prepared_networks.prebuild(chain(DEEP), data, compilation="graph")
    )
    assert traces.wait(120)
    run = Session(
        chain(SMALL), data, computation=Computation("graph"), storage=RunStorage(record=False)
    )
    assert run.run().epochs == 3
    thread.join(60)
    assert isinstance(came[0], StoppedBeforeStartError), "it had not been waited for"


@pytest.mark.slow
def test_a_run_takes_over_what_is_being_built_for_it(chain, data, traces, monkeypatch):
    made: list[Trainer] = []
    make = Trainer.__init__

    def count(self, *arguments: Any, **options: Any):
        made.append(self)
        make(self, *arguments, **options)

    monkeypatch.setattr(Trainer, "__init__", count)
    plain = Session(
        chain(DEEP[-12:]), data, computation=Computation("graph"), storage=RunStorage(record=False)
    ).run()
    forget_prepared()
    made.clear()
    traces.clear()
    project = chain(DEEP[-12:])
    thread, _came = in_thread(
        lambda: prepared_networks.prebuild(project, data, compilation="graph")
    )
    assert traces.wait(120)
    run = Session(project, data, computation=Computation("graph"), storage=RunStorage(record=False))
    assert run.run().history == plain.history
    thread.join(60)
    assert made == [run.trainer]


def test_what_is_wanted_no_more_is_not_built_on(chain, data, traces):
    with pytest.raises(StoppedBeforeStartError):
        prepared_networks.prebuild(chain(DEEP), data, needed=lambda: not traces.is_set())
    assert not prepared_networks.builds


def test_a_run_that_gives_way_leaves_no_record(chain, data):
    """The window wrote into the session while its thread read it."""
    steps = threading.Event()
    run = Session(
        chain(SMALL, epochs=100_000),
        data,
        computation=Computation("graph"),
        on_event=lambda _event: steps.set(),
    )
    thread, _came = in_thread(run.run)
    assert steps.wait(60)
    while not run.moved:
        time.sleep(0.01)
    run.stop(discard=True)
    thread.join(60)
    assert not run_store.list_runs()
    run.train_more(3)
    run.run()
    assert len(run_store.list_runs()) == 1, "it held for that run alone"


def test_work_that_is_interrupted_ends_and_one_that_fails_says_why():
    began = threading.Event()

    def for_ever():
        began.set()
        while True:
            time.sleep(0.001)

    def for_ever_in_c():
        try:
            for_ever()
        except SystemExit as interruption:
            raise SystemError("bad argument to internal function") from interruption

    def fails():
        raise ValueError("why")

    for endless in (for_ever, for_ever_in_c):
        began.clear()
        work = Interruptible(endless, "for ever")
        assert began.wait(10)
        with pytest.raises(StoppedBeforeStartError):
            work.wait_or_end(lambda: True)
        with pytest.raises(StoppedBeforeStartError):
            work.wait(lambda: False)
    with pytest.raises(ValueError, match="why"):
        Interruptible(fails, "fails").wait(lambda: False)
    assert Interruptible(lambda: 7, "seven").wait(lambda: False) == 7
