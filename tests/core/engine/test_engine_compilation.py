"""Going over to XLA, and half precision: the same curve, as much memory, and never in vain."""

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.loop import compilation, program
from netbuilder.core.engine.loop.compilation import CachedDecision, Decision, larger_plan
from netbuilder.core.engine.loop.program import Counters, LoopPlan, Program, metric_names
from netbuilder.core.engine.loop.tensors import Feed, SampleOrders
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.session import Computation, RunStorage, Session
from netbuilder.core.folders import resource
from netbuilder.core.project import edits, files
from tests.few import few
from tests.sessions import graph_session

NET = [("a", "Dense", {"units": 8, "activation": "tanh"}), ("out", "Dense", {"units": 1})]


@pytest.mark.slow
def test_a_run_goes_over_at_the_step_that_is_remembered(chain, dataset, numbers):
    data = dataset({"input": numbers[0]}, {"out": numbers[1]}, held=20)
    project = chain(NET, epochs=12, batch_size=16)
    graph = graph_session(project, data)
    graph.run()
    first = Session(project, data, storage=RunStorage(record=False))
    first.run()
    remembered = first.trainer.compilation.remembered
    assert remembered.read() == Decision(until=60), "a short run leaves the choice open"
    remembered.write(Decision("loop", step=23, epochs=8, steps=40))
    runs = []
    for _ in range(2):
        session = Session(project, data, storage=RunStorage(record=False))
        session.run()
        assert session.trainer is not None and session.trainer.program.kind == "loop"
        runs.append(session.history.steps.values)
    np.testing.assert_array_equal(runs[0], runs[1])
    plain = graph.history.steps.values
    np.testing.assert_array_equal(runs[0][:23], plain[:23])
    np.testing.assert_allclose(runs[0], plain, rtol=1e-3)


@pytest.mark.slow
def test_the_first_run_finds_out_and_later_ones_follow(chain, dataset, numbers, monkeypatch):
    monkeypatch.setattr(compilation, "_WORTH_SECONDS", 0.0)
    data = dataset({"input": numbers[0]}, {"out": numbers[1]}, held=20)

    def stop_when_known(event):
        trainer = session.trainer
        if trainer is not None and trainer.compilation.kind and trainer.position > 30:
            session.stop()

    project = chain(NET, epochs=10**6, batch_size=16)
    session = Session(project, data, storage=RunStorage(record=False), on_event=stop_when_known)
    session.run()
    decision = session.trainer.compilation.decision
    assert decision.kind in ("loop", "step", "graph")
    done = session.trainer.epoch - 1
    again = Session(chain(NET, epochs=done, batch_size=16), data, storage=RunStorage(record=False))
    again.run()
    steps = again.history.steps.values
    np.testing.assert_array_equal(steps, session.history.steps.values[: len(steps)])


def test_rehearsal_changes_nothing(chain, dataset, numbers):
    x, y = numbers
    data = dataset({"input": x}, {"out": y})
    layers = [NET[0], ("drop", "Dropout", {"rate": 0.5}), ("bn", "BatchNormalization", {}), NET[1]]
    training_model = build_training_model(chain(layers), data.facts)
    feed = Feed((x,), (y,)).tensors()
    metric_names(training_model, feed, 16)
    program = Program(
        training_model, Counters.make(training_model), feed, None, LoopPlan(16, 2, 14, fused=True)
    )
    orders = SampleOrders(100, 0).get(0, 2, 2)
    state = [
        v.numpy().copy() for v in (*training_model.variables, *training_model.optimizer.variables)
    ]
    program.rehearse(orders, 0, 14)
    program.end_rehearsal()
    for before, after in zip(
        state, (*training_model.variables, *training_model.optimizer.variables), strict=True
    ):
        np.testing.assert_array_equal(before, after.numpy())
    program.run(orders, 0, 14)
    assert int(training_model.optimizer.iterations.numpy()) == 14


def test_what_xla_cannot_compile_trains_in_the_graph_loop(chain, dataset):
    x = np.random.default_rng(0).random((40, 8, 8, 3)).astype(np.float32)
    y = x.mean(axis=(1, 2, 3)).reshape(-1, 1)
    layers = [
        ("turn", "RandomRotation", {"factor": 0.2}),
        ("flat", "Flatten", {}),
        ("out", "Dense", {"units": 1}),
    ]
    data = dataset({"input": x}, {"out": y})
    session = Session(
        chain(layers, epochs=4),
        data,
        computation=Computation("loop"),
        storage=RunStorage(record=False),
    )
    trained = session.run()
    assert np.isfinite(trained.history["loss"]).all()
    assert session.trainer.program.kind in ("graph", "loop")


def test_orders_are_permutations_that_follow_from_seed_and_epoch():
    one, two = SampleOrders(50, 3), SampleOrders(50, 3)
    many = one.get(0, 300, 300)
    assert (np.sort(many, axis=1) == np.arange(50)).all()
    np.testing.assert_array_equal(two.get(257, 2, 4)[:2], many[257:259])
    assert len({tuple(row) for row in many.tolist()}) == 300
    assert not np.array_equal(SampleOrders(50, 4).get(0, 1, 1)[0], many[0])
    np.testing.assert_array_equal(SampleOrders(50, 3, shuffle=False).get(9, 1, 1)[0], np.arange(50))


@pytest.mark.parametrize("rows", [50, 70_000])
def test_the_next_orders_are_shuffled_beside_the_training(rows, monkeypatch):
    made: list[tuple[int, str]] = []
    make = SampleOrders._make

    def note(self, number):
        made.append((number, threading.current_thread().name))
        return make(self, number)

    monkeypatch.setattr(SampleOrders, "_make", note)
    orders, epochs = SampleOrders(rows, 3), 600 if rows == 50 else 3
    chunk = 100 if rows == 50 else 1
    parts = [orders.get(first, chunk, chunk) for first in range(0, epochs, chunk)]
    here = [number for number, thread in made if thread == threading.current_thread().name]
    assert here == [0], "the first block alone was waited for"
    assert len({number for number, _ in made}) == len(made), "none is made twice"
    np.testing.assert_array_equal(
        np.concatenate(parts), SampleOrders(rows, 3).get(0, epochs, epochs)
    )


def test_a_damaged_memory_is_no_reason_to_fail(tmp_path):
    remembered = CachedDecision("key", tmp_path)
    assert remembered.read() == Decision()
    remembered.reached(7)
    assert remembered.read().until == 7
    remembered.reached(3)
    assert remembered.read().until == 7
    remembered.path.write_text("{")
    assert remembered.read() == Decision()
    CachedDecision("key", tmp_path / "key.json").write(Decision("loop"))


@pytest.mark.slow
def test_a_run_goes_on_in_the_graph_while_another_network_is_compiled(
    chain, dataset, numbers, monkeypatch
):
    """One compilation at a time, and nobody waits for it but the next one."""
    monkeypatch.setattr(compilation, "_WORTH_SECONDS", 0.0)
    data = dataset({"input": numbers[0]}, {"out": numbers[1]}, held=20)
    went: list[bool] = []

    def watch(_event):
        trainer = session.trainer
        if trainer is None or trainer.compilation.chooser is None:
            return
        ready = trainer.compilation.chooser.done.is_set()
        if not went and trainer.position > 2000:
            went.append(ready)
            program.COMPILING.release()
        if went and ready:
            session.stop()

    program.COMPILING.acquire()
    # Of a size that no other test has compiled: a program that is kept waits for nothing.
    session = Session(
        chain(NET, epochs=10**6, batch_size=17),
        data,
        storage=RunStorage(record=False),
        on_event=watch,
    )
    session.run()
    assert went == [False], "nothing was compiled beside the other compilation"


@dataclass(frozen=True)
class _Epochs:
    rows: int
    steps_per_epoch: int


def test_a_chunk_of_small_data_has_room_for_a_much_faster_program():
    """A chunk of 3 ms spends a fifth of its time on what comes between two."""
    plan = LoopPlan(batch=16, epochs=2, steps=64, fused=True)
    small = larger_plan(plan, 500e-6, _Epochs(288, 18))
    assert small.epochs == (1 << 17) // 288
    assert small.steps == small.epochs * 18
    # Orders of more samples take time to hand over: there it is twenty times as fast at most.
    assert larger_plan(plan, 500e-6, _Epochs(60_000, 3750)).epochs == 2
    assert larger_plan(plan, 1e-3, _Epochs(30_000, 40)).epochs == 22


def test_all_orders_of_the_next_chunk_are_made_beside_this_one(monkeypatch):
    """A fast program takes several blocks a chunk, and shuffling is a tenth of its time."""
    made: list[str] = []
    make = SampleOrders._make

    def noted(self, number):
        made.append(threading.current_thread().name)
        return make(self, number)

    monkeypatch.setattr(SampleOrders, "_make", noted)
    orders = SampleOrders(50, 3)
    orders.get(0, 600, 600)
    here = made.count("MainThread")
    for chunk in range(1, 6):
        orders.get(600 * chunk, 600, 600)
    assert made.count("MainThread") == here == 3


@pytest.mark.parametrize("precision", few(["mixed_bfloat16", "mixed_float16"], "mixed_float16"))
def test_half_precision_learns_and_is_saved(precision, tmp_path):
    import keras

    project = files.read(resource("examples", "digits.netbuilder"))
    project = edits.set_training(project, epochs=3, precision=precision)
    dataset = load_dataset(project, tmp_path)
    trained = graph_session(project, dataset).run()
    losses = trained.history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    assert {layer.dtype_policy.name for layer in trained.training_model.layers} >= {precision}
    assert all(weight.dtype == "float32" for weight in trained.training_model.trainable_weights)
    path = tmp_path / "half.keras"
    trained.model.save(path)
    rows = np.zeros((1, 8, 8, 1), "float32")
    answer = keras.models.load_model(path).predict(rows, verbose=0)
    assert answer.dtype == np.float32
    assert answer.sum() == pytest.approx(1.0, abs=1e-3)


BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "memory.py"


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", ["changed", "window"])
def test_runs_leave_little_behind(part):
    """A graph that stays is 2 to 4 MB a run, what TensorFlow made ready for it 1 MB."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), part, "--runs", "12"],
        check=True,
        capture_output=True,
        text=True,
    )
    figures = json.loads(done.stdout)[part]
    if figures["kept"] is None:
        pytest.skip("only glibc tells what it has handed out")
    assert figures["kept"] <= 0.8
    assert figures["lines_on_stderr"] == 0
