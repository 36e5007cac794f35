"""Probes: what they find is what the network holds, and the training does not suffer."""

import threading
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from netbuilder.core.engine.events import Paused, ProbeAnswered, StepsDone
from netbuilder.core.engine.loop import trainer
from netbuilder.core.engine.monitor.observer import NetworkObserver, Probe, evaluate_probe
from netbuilder.core.engine.run_loop import ProbeScheduler
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.errors import DataError
from tests.sessions import EventLog, graph_session

NET = [
    ("a", "Dense", {"units": 8, "activation": "tanh", "kernel_regularizer": "L2"}),
    ("drop", "Dropout", {"rate": 0.5}),
    ("out", "Dense", {"units": 1}),
]
ALL = ("input", "a", "drop", "out")


def by_hand(trained, x, y):
    """Outputs from the weights in NumPy, and gradients from a tape around Keras's own model."""
    import tensorflow as tf

    training_model = trained.training_model
    kernel, bias, kernel2, bias2 = (weight.numpy() for weight in training_model.weights)
    inner = np.tanh(x @ kernel + bias)
    outputs = {"input": x, "a": inner, "drop": inner, "out": inner @ kernel2 + bias2}
    with tf.GradientTape() as tape:
        answers = training_model(x, training=False)
        loss = tf.reduce_mean((answers - y) ** 2) + 0.01 * tf.reduce_sum(
            training_model.weights[0].value ** 2
        )
    slopes = tape.gradient(loss, [weight.value for weight in training_model.trainable_weights])
    return outputs, {
        "a": {"kernel": slopes[0].numpy(), "bias": slopes[1].numpy()},
        "out": {"kernel": slopes[2].numpy(), "bias": slopes[3].numpy()},
    }


def test_after_a_run_a_probe_finds_what_the_network_holds(chain, data):
    trained = Session(chain(NET), data, storage=RunStorage(record=False)).run()
    x, y = data.train.x, data.train.y
    probe = Probe("view", ALL, x, y, weights=("a", "out"), gradients=("a", "drop", "out", "gone"))
    found = evaluate_probe(trained, probe)
    outputs, slopes = by_hand(trained, x["input"], y["out"])
    assert set(found.outputs) == set(ALL)
    for name, value in outputs.items():
        np.testing.assert_allclose(found.outputs[name], value, rtol=1e-4, atol=1e-5)
    assert {node: set(found.gradients[node]) for node in found.gradients} == {
        "a": {"kernel", "bias"},
        "out": {"kernel", "bias"},
    }
    for node, held in slopes.items():
        for name, value in held.items():
            np.testing.assert_allclose(found.gradients[node][name], value, rtol=1e-3, atol=1e-5)
    np.testing.assert_array_equal(
        found.weights["a"]["kernel"], trained.training_model.weights[0].numpy()
    )


def test_looking_changes_nothing(chain, data):
    """Neither the weights nor the curve: Dropout's random numbers are not used up either."""
    plain = graph_session(chain(NET, epochs=40), data).run()
    watched = EventLog(chain(NET, epochs=40), data)
    watched.session.watch(
        Probe("view", ALL, data.train.x, data.train.y, ("a",), ("a", "out"), every=0)
    )
    trained = watched.session.run()
    assert trained.history == plain.history
    for one, other in zip(
        trained.training_model.weights, plain.training_model.weights, strict=True
    ):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_while_it_trains_and_pauses(chain, data):
    run = EventLog(chain(NET, epochs=10**6), data)
    run.session.watch(Probe("view", ("out",), data.train.x, weights=("a", "out"), every=0))
    thread = threading.Thread(target=run.session.run)
    thread.start()
    try:
        run.wait(lambda: len(run.of(ProbeAnswered)) > 3)
        first, last = run.of(ProbeAnswered)[0], run.of(ProbeAnswered)[-1]
        assert (last.epoch, last.step) > (first.epoch, first.step)
        # All of one answer is of one moment: the outputs are those of the weights beside them.
        for one in (first, last):
            inner = np.tanh(
                data.train.x["input"] @ one.weights["a"]["kernel"] + one.weights["a"]["bias"]
            )
            answers = inner @ one.weights["out"]["kernel"] + one.weights["out"]["bias"]
            np.testing.assert_allclose(one.outputs["out"], answers, rtol=1e-4, atol=1e-5)
        run.session.pause()
        run.wait(lambda: run.of(Paused))
        # Another sample while it stands still: answered without a step.
        other = Probe("view", ("a", "out"), {"input": data.train.x["input"][:1]})
        run.session.watch(other)
        run.wait(lambda: run.of(ProbeAnswered)[-1].probe is other)
        assert run.of(ProbeAnswered)[-1].outputs["a"].shape == (1, 8)
        count = len(run.of(ProbeAnswered))
        time.sleep(0.2)
        assert len(run.of(ProbeAnswered)) == count
        run.session.unwatch("view")
        run.session.resume()
        time.sleep(0.2)
        assert len(run.of(ProbeAnswered)) == count
    finally:
        run.session.stop()
        thread.join()


@pytest.mark.slow
def test_a_large_probe_is_of_one_moment(chain, data):
    """Answered in slices, between which the training goes on; on a copy of the weights."""
    layers = [("a", "Dense", {"units": 99, "activation": "tanh"}), ("out", "Dense", {"units": 1})]
    run = EventLog(chain(layers, epochs=10**6), data)
    rows = np.random.default_rng(1).normal(size=(200_000, 4)).astype(np.float32)
    run.session.watch(Probe("map", ("out",), {"input": rows}, weights=("a", "out"), every=0))
    thread = threading.Thread(target=run.session.run)
    thread.start()
    try:
        run.wait(lambda: len(run.of(ProbeAnswered)) > 1)
        place = run.events.index(run.of(ProbeAnswered)[0])
        assert run.of(StepsDone) and place > 3
        found = run.of(ProbeAnswered)[1]
        inner = np.tanh(rows @ found.weights["a"]["kernel"] + found.weights["a"]["bias"])
        answers = inner @ found.weights["out"]["kernel"] + found.weights["out"]["bias"]
        np.testing.assert_allclose(found.outputs["out"], answers, rtol=1e-3, atol=1e-4)
    finally:
        run.session.stop()
        thread.join()


class Costly:
    """In the place of an observer: an answer of twenty slices of 2 ms each."""

    def is_prepared(self, probe):
        return False

    def prepare(self, probe):
        pass

    def in_one_go(self, probe):
        return False

    def answer(self, probe, *, live):
        for _ in range(20):
            time.sleep(0.002)
            yield
        return {}, {}, {}


def test_the_budget():
    """Of a chunk of 40 ms a twentieth is 2 ms: one slice a chunk, once what was saved is spent."""
    found: list[ProbeAnswered] = []
    probing = ProbeScheduler(found.append)
    probing.watch(Probe("costly", ("out",), every=0))
    chunks = 0
    observer: Any = Costly()
    while len(found) < 8:
        chunks += 1
        assert chunks < 10_000
        probing.look(observer, (chunks, 0), 0.04)
    # 160 slices less those that 0.1 s saved up may pay for.
    assert chunks >= 100


def test_what_is_made_ready_has_been_called_once(chain, data, monkeypatch):
    trained = Session(chain(NET), data, storage=RunStorage(record=False)).run()
    calls: list[int] = []
    run = NetworkObserver._run

    def count(self, function, values, live):
        calls.append(len(values[0]))
        return run(self, function, values, live)

    monkeypatch.setattr(NetworkObserver, "_run", count)
    observer = NetworkObserver(trained.training_model, trained.project)
    probe = Probe("view", ALL, data.train.x, data.train.y, gradients=("a",))
    observer.prepare(probe)
    assert calls == [1, 1], "outputs and gradients, of one sample each"
    assert observer.is_prepared(probe)
    observer.prepare(probe)
    assert calls == [1, 1]


@pytest.mark.slow
def test_samples_that_do_not_fit(chain, data):
    wrong = Probe("view", ("out",), {"input": np.zeros((3, 5), np.float32)})
    run = EventLog(chain(NET, epochs=2000), data)
    run.session.watch(wrong)
    trained = run.session.run()
    assert trained.epochs == 2000
    told = run.of(ProbeAnswered)
    assert len(told) == 1
    assert "(5,)" in str(told[0].problem)
    with pytest.raises(DataError, match=r"\(5,\).*\(4,\)"):
        evaluate_probe(trained, wrong)
    with pytest.raises(DataError) as caught:
        evaluate_probe(trained, Probe("view", ("out",)))
    assert caught.value.code == "samples_incomplete"
    assert "'input'" in caught.value.what
    with pytest.raises(DataError) as caught:
        evaluate_probe(trained, Probe("view", (), data.train.x, gradients=("a",)))
    assert caught.value.code == "samples_without_labels"


def test_shared_layers_several_inputs_and_half_precision(dataset):
    from netbuilder.core.project.model import Choice, Graph, Node, Project, Training

    nodes = (
        Node("left", "Input"),
        Node("right", "Input"),
        Node("a", "Dense", {"units": 3}),
        Node("b", "Dense", {}, shared="a"),
        Node("sum", "Concatenate"),
        Node("out", "Dense", {"units": 1}),
    )
    edges = (("left", "a"), ("right", "b"), ("a", "sum"), ("b", "sum"), ("sum", "out"))
    training = Training(
        loss=Choice("mean_squared_error"), metrics=(), epochs=1, seed=1, precision="mixed_float16"
    )
    source = np.random.default_rng(0)
    x = {name: source.normal(size=(32, 2)).astype(np.float32) for name in ("left", "right")}
    data = dataset(x, {"out": x["left"][:, :1]})
    trained = Session(
        Project("Two", Graph(nodes, edges), training=training),
        data,
        storage=RunStorage(record=False),
    ).run()
    found = evaluate_probe(
        trained, Probe("view", ("a", "b", "out"), x, data.train.y, gradients=("b",))
    )
    kernel, bias = trained.training_model.get_layer("a").get_weights()
    for node, side in (("a", "left"), ("b", "right")):
        assert found.outputs[node].dtype == np.float32
        np.testing.assert_allclose(found.outputs[node], x[side] @ kernel + bias, atol=0.02)
    assert found.gradients["b"]["kernel"].shape == (2, 3)


@pytest.mark.slow
def test_recurrent_networks_of_any_length(chain, dataset):
    layers = [
        ("words", "Embedding", {"input_dim": 9, "output_dim": 4, "mask_zero": True}),
        ("state", "LSTM", {"units": 5, "return_sequences": True}),
        ("last", "LSTM", {"units": 3}),
        ("out", "Dense", {"units": 1}),
    ]
    x = np.random.default_rng(0).integers(0, 9, (40, 6)).astype(np.int32)
    data = dataset({"input": x}, {"out": x[:, :1].astype(np.float32)})
    trained = Session(chain(layers, epochs=1), data, storage=RunStorage(record=False)).run()
    found = evaluate_probe(trained, Probe("view", ("words", "state", "last"), {"input": x[:3]}))
    assert found.outputs["state"].shape == (3, 6, 5)
    layer = trained.training_model.get_layer("last")
    mask = x[:3] != 0
    np.testing.assert_allclose(
        found.outputs["last"], layer(found.outputs["state"], mask=mask).numpy(), atol=1e-5
    )


def test_replaced_probes_are_answered_in_turn(chain, data):
    """None starves: with two that always want something both have as much time."""
    run = EventLog(chain(NET, epochs=10**6), data)
    probe = Probe("one", ("out",), data.train.x, every=0)
    run.session.watch(probe)
    run.session.watch(replace(probe, key="two"))

    def counts(start=0):
        keys = [answer.key for answer in run.of(ProbeAnswered)[start:]]
        return [keys.count("one"), keys.count("two")]

    thread = threading.Thread(target=run.session.run)
    thread.start()
    try:
        # Before, one of them may still be traced, while the other has all the time.
        run.wait(lambda: min(counts()) > 0, 60)
        start = len(run.of(ProbeAnswered))
        # They share the time, which a busy machine takes from either: not the number of answers.
        run.wait(lambda: min(counts(start)) >= 6, 60)
    finally:
        run.session.stop()
        thread.join()
    assert max(counts(start)) <= 4 * min(counts(start))


def test_a_view_gets_as_many_answers_a_second_as_it_asked_for(monkeypatch):
    """Chunks of 40 ms do not put off every turn of 50 ms to the next chunk but one."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    answers: list[ProbeAnswered] = []
    probing = ProbeScheduler(answers.append)
    probing.watch(Probe("surface", every=0.05))

    class Ready:
        def is_prepared(self, _probe):
            return True

        def in_one_go(self, _probe):
            return True

        def answer(self, _probe, *, live):
            return {}, {}, {}
            yield

    for step in range(100):
        now[0] += 0.04
        probing.look(Ready(), (0, step), 0.04)
    assert 75 <= len(answers) <= 81


def test_what_is_answered_in_one_go_is_of_one_moment(chain, data):
    """Without a copy of the weights, too: outputs and weights belong together."""
    run = EventLog(chain(NET, epochs=10**6), data)
    x = {"input": data.train.x["input"][:4]}
    run.session.watch(Probe("few", ("a", "out"), x, weights=("a", "out"), every=0))
    thread = threading.Thread(target=run.session.run)
    thread.start()
    run.wait(lambda: len(run.of(ProbeAnswered)) > 4)
    run.session.stop()
    thread.join(20)
    answers = run.of(ProbeAnswered)
    for found in answers:
        hidden, out = found.weights["a"], found.weights["out"]
        inner = np.tanh(x["input"] @ hidden["kernel"] + hidden["bias"])
        told = inner @ out["kernel"] + out["bias"]
        np.testing.assert_allclose(found.outputs["a"], inner, atol=1e-5)
        np.testing.assert_allclose(found.outputs["out"], told, atol=1e-5)
    first, last = (one.weights["a"]["kernel"] for one in (answers[0], answers[-1]))
    assert np.abs(first - last).max() > 1e-4


@pytest.mark.parametrize("outputs", [(), ("input",), ("a",), ("input", "out")])
@pytest.mark.parametrize("gradients", [(), ("a",)])
def test_what_takes_several_slices_is_answered_from_a_copy(chain, data, outputs, gradients):
    """Between two slices the training goes on: without one the parts would not belong together."""
    trained = EventLog(chain(NET, epochs=1), data).session.run()
    observer = NetworkObserver(trained.training_model, trained.project)
    x, y = data.train.x["input"][:4], data.train.y["out"][:4]
    wish = Probe("few", outputs, {"input": x}, {"out": y}, weights=("a",), gradients=gradients)
    slices = sum(1 for _ in observer.answer(wish, live=True))
    assert observer._in_one_go(wish, len(x)) == (slices == 0)


class Clocked:
    """In the place of an observer: answers cost what is said, by a clock that is turned."""

    def __init__(self, monkeypatch, costs):
        self.now, self.spent, self.costs = 0.0, 0.0, costs
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)

    def is_prepared(self, _probe):
        return True

    def in_one_go(self, probe):
        return len(self.costs[probe.key]) == 1

    def answer(self, probe, *, live):
        for number, cost in enumerate(self.costs[probe.key]):
            if number:
                yield
            self.now += cost
            self.spent += cost
        return {}, {}, {}

    def train(self, probing, seconds):
        step = 0
        while self.now < seconds:
            step += 1
            self.now += 0.04
            probing.look(self, (0, step), 0.04)


@pytest.mark.parametrize("health", [[0.02] * 10, [0.1]], ids=["slices", "whole"])
def test_a_long_answer_does_not_stop_the_others(monkeypatch, health):
    """On a slow machine the examination of a large network takes as long as many pictures."""
    clock = Clocked(monkeypatch, {"wall": [0.01], "health": health})
    times: dict[str, list[float]] = {"wall": [], "health": []}
    probing = ProbeScheduler(lambda found: times[found.key].append(clock.now))
    probing.watch(Probe("health", every=1.0))
    probing.watch(Probe("wall", every=0.2))
    clock.train(probing, 120)
    gaps = np.diff(times["wall"])
    assert gaps.max() < 1.3
    assert np.mean(gaps) < 0.5
    assert len(times["health"]) >= 3
    assert clock.spent < 0.05 * 120


def test_one_slow_answer_is_no_reason_to_wait(monkeypatch):
    """Any may have to wait for other threads for once."""
    clock = Clocked(monkeypatch, {"wall": [0.002]})
    times: list[float] = []
    probing = ProbeScheduler(lambda _found: times.append(clock.now))
    probing.watch(Probe("wall", every=0.1))
    clock.train(probing, 5)
    clock.costs["wall"] = [0.5]
    clock.train(probing, clock.now + 0.1)
    clock.costs["wall"] = [0.002]
    clock.train(probing, 15)
    assert np.diff(times).max() < 1.5
    assert np.diff(times)[-20:].max() < 0.15


def test_views_that_may_wait_are_answered_more_seldom_where_time_is_short(monkeypatch):
    clock = Clocked(monkeypatch, {"patient": [0.0002], "moving": [0.0002]})
    times: dict[str, list[float]] = {"patient": [], "moving": []}
    probing = ProbeScheduler(lambda found: times[found.key].append(clock.now))
    probing.watch(Probe("patient", every=0.15, slowest=0.3))
    probing.watch(Probe("moving", every=0.045))

    def counted(stretch):
        probing.stretch = stretch
        before = {key: len(values) for key, values in times.items()}
        clock.train(probing, clock.now + 12)
        return {key: len(values) - before[key] for key, values in times.items()}

    usual, stretched, far = counted(1.0), counted(1.5), counted(4.0)
    assert usual["patient"] == pytest.approx(80, abs=3)
    assert stretched["patient"] == pytest.approx(53, abs=3)
    assert far["patient"] == pytest.approx(40, abs=3)  # no more seldom than it may be
    # One that says nothing of waiting moves on as it did.
    assert usual["moving"] == stretched["moving"] == far["moving"]
    assert usual["moving"] > 200


@pytest.mark.parametrize("slowest", [1.0, 0.0])
def test_views_that_all_give_way_take_less_of_a_run(monkeypatch, slowest):
    clock = Clocked(monkeypatch, {"wall": [0.01], "other": [0.01]})
    probing = ProbeScheduler(lambda _found: None)
    probing.watch(Probe("wall", every=0.15, slowest=1.0))
    probing.watch(Probe("other", every=0.15, slowest=slowest))

    def spent(stretch):
        probing.stretch = stretch
        before = clock.spent, clock.now
        clock.train(probing, clock.now + 120)
        return (clock.spent - before[0]) / (clock.now - before[1])

    usual, far = spent(1.0), spent(5.0)
    assert usual == pytest.approx(0.03, abs=0.003)
    # One that must not wait, the surface of a playground, moves on as it did.
    assert far == pytest.approx(0.0075 if slowest else 0.03, abs=0.003)


def test_a_few_more_samples_than_a_slice_are_taken_at_once(chain, data):
    """To copy the weights costs more; and one who asks knows it beforehand."""
    trained = Session(chain(NET), data, storage=RunStorage(record=False)).run()
    observer = NetworkObserver(trained.training_model, trained.project)
    rows = np.repeat(data.train.x["input"], 10, axis=0)
    for count, at_once in ((16, True), (32, True), (33, False)):
        probe = Probe("view", ("out",), {"input": rows[:count]})
        observer.pace[("out",)] = 1.0  # seconds a row: slices are as small as they can be
        assert observer.in_one_go(probe) == at_once
        work = observer.answer(probe, live=True)
        assert (next(work, "end") == "end") == at_once


def test_views_have_their_share_of_the_whole_run(chain, data, monkeypatch):
    """What an epoch's validation takes is the run's time too."""
    given: list[float] = []
    monkeypatch.setattr(
        ProbeScheduler,
        "look",
        lambda self, observer, place, trained, briefly: bool(given.append(trained)),
    )
    monkeypatch.setattr(trainer, "_FUSED_EPOCH_SECONDS", 0.0)
    session = graph_session(chain(NET, epochs=5), data)
    session.run()
    # The last epoch's validation comes behind the last look; the first one, traced, is the longest.
    assert sum(given) > 0.8 * session.loop.computing
