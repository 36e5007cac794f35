"""Training behind frozen layers, whose outputs are computed once, gives what a plain run gives."""

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from netbuilder.core import folders
from netbuilder.core.engine import prepared_networks
from netbuilder.core.engine.events import DiagnosisAdded, EpochEnd, Preparing, ProbeAnswered
from netbuilder.core.engine.loop import frozen_features
from netbuilder.core.engine.manual_weights import WeightIndex, with_weights
from netbuilder.core.engine.monitor.observer import Probe
from netbuilder.core.engine.networks import frozen_prefix
from netbuilder.core.engine.networks.graph_to_keras import build_training_model, frozen_bodies
from netbuilder.core.engine.run_control import StoppedBeforeStartError
from netbuilder.core.engine.session import RunStart, RunStorage, Session
from netbuilder.core.engine.trained import Event
from netbuilder.core.errors import UserError
from netbuilder.core.project.edits import set_params
from netbuilder.core.project.model import Choice, Data, Graph, Node, Project, Training
from netbuilder.core.results.tuning.train_trial import train_trial
from tests.core.engine.test_engine_stream import streamed

RNG = np.random.default_rng(4)
X = RNG.normal(size=(71, 8, 8, 2)).astype(np.float32)
SIDE = RNG.normal(size=(71, 3)).astype(np.float32)
Y = RNG.integers(0, 3, 71).astype(np.int32)
FROZEN: dict[str, Any] = {"trainable": False}
BODY: list[tuple[str, str, dict[str, Any]]] = [
    ("conv", "Conv2D", {"filters": 4, "kernel_size": 3, "activation": "relu", **FROZEN}),
    ("pool", "MaxPooling2D", {}),
    ("bn", "BatchNormalization", FROZEN),
    ("flat", "GlobalAveragePooling2D", {}),
]
HEAD = [
    ("hidden", "Dense", {"units": 6, "activation": "tanh", "kernel_regularizer": "l2"}),
    ("drop", "Dropout", {"rate": 0.3}),
    ("norm", "BatchNormalization", {}),
    ("out", "Dense", {"units": 3, "activation": "softmax"}),
]
WEIGHT = WeightIndex("conv", "kernel", (0, 0, 0, 0))
LOSS = "sparse_categorical_crossentropy"


@pytest.fixture(autouse=True)
def _small_ones_too(monkeypatch):
    monkeypatch.setattr(frozen_prefix, "LEAST_WORK", 0.0)


def plain(monkeypatch):
    """Compute nothing once from here on."""
    prepared_networks.shelf.clear()
    monkeypatch.setattr(frozen_prefix, "LEAST_WORK", float("inf"))


def run(project, data, on_event=None, *, start=None, epochs=None, **storage: Any):
    begin, kept = RunStart(start, epochs=epochs), RunStorage(record=False, **storage)
    session = Session(project, data, on_event=on_event, start=begin, storage=kept)
    return session.run(), session


def features_of(session):
    trainer = session.trainer
    return trainer.features


def same(one, other):
    assert one.history.keys() == other.history.keys()
    for name, values in one.history.items():
        np.testing.assert_allclose(values, other.history[name], rtol=1e-5, atol=1e-5)
    if one.novelty is not None and other.novelty is not None:
        assert one.novelty.nodes == other.novelty.nodes
        assert one.novelty.threshold == pytest.approx(other.novelty.threshold, rel=1e-3)
    for name, value in one.test.items():
        assert value == pytest.approx(other.test[name], abs=1e-5)
    pairs = zip(one.training_model.weights, other.training_model.weights, strict=True)
    for a, b in pairs:
        np.testing.assert_allclose(np.array(a), np.array(b), rtol=1e-5, atol=1e-5)


@pytest.fixture
def photos(dataset):
    return dataset({"input": X}, {"out": Y}, held=13, tested=11, task="classes")


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"metrics": (Choice("accuracy"),)}, id="accuracy", marks=pytest.mark.slow),
        pytest.param(
            {"class_weight": "balanced", "optimizer": Choice("Adam", {"learning_rate": 0.05})},
            id="balanced",
        ),
        pytest.param(
            {
                "callbacks": (
                    Choice("EarlyStopping", {"patience": 9, "restore_best_weights": True}),
                )
            },
            id="best",
            marks=pytest.mark.slow,
        ),
        pytest.param({"precision": "mixed_float16"}, id="half", marks=pytest.mark.slow),
    ],
)
def test_equals_a_plain_run(settings, chain, photos, monkeypatch):
    project = chain([*BODY, *HEAD], LOSS, epochs=5, batch_size=16, **settings)
    once, session = run(project, photos)
    features = features_of(session)
    assert list(features.prefix.shapes) == ["flat"]
    assert features.computed == len(X)
    assert once.novelty is not None
    plain(monkeypatch)
    every, session = run(project, photos)
    assert features_of(session) is None
    same(once, every)
    body = [w for w in every.training_model.weights if not w.trainable]
    assert len(body) >= 6


def branches(**training: Any):
    """Two inputs; a frozen layer shared by two places, of which one stands behind a trained one."""
    nodes = (
        Node("input", "Input"),
        Node("side", "Input"),
        *(Node(name, kind, params) for name, kind, params in BODY),
        Node("wide", "Dense", {"units": 4, **FROZEN}),
        Node("table", "Dense", {"units": 4, "activation": "relu"}),
        Node("again", "Dense", {}, shared="wide"),
        Node("join", "Concatenate"),
        Node("out", "Dense", {"units": 3, "activation": "softmax"}),
    )
    edges = (
        ("input", "conv"), ("conv", "pool"), ("pool", "bn"), ("bn", "flat"), ("flat", "wide"),
        ("side", "table"), ("table", "again"), ("flat", "join"), ("wide", "join"),
        ("again", "join"), ("join", "out"),
    )  # fmt: skip
    training = {"epochs": 4, "batch_size": 16, "seed": 2} | training
    return Project("Test", Graph(nodes, edges), training=Training(loss=Choice(LOSS), **training))


def test_branches_several_inputs_and_sample_weights(dataset, monkeypatch):
    weight = RNG.random(71).astype(np.float32)
    data = dataset({"input": X, "side": SIDE}, {"out": Y}, held=13, task="classes", weight=weight)
    once, session = run(branches(), data)
    assert set(features_of(session).prefix.cut) == {"side", "flat", "wide"}
    plain(monkeypatch)
    same(once, run(branches(), data)[0])


@pytest.mark.slow
def test_what_is_not_fixed_is_not_computed_once(chain, photos):
    def found(body):
        events: list[Event] = []
        project = chain([*body, HEAD[-1]], LOSS, epochs=1)
        _, session = run(project, photos, on_event=events.append)
        notes = [e.notice for e in events if isinstance(e, DiagnosisAdded)]
        for note in notes:
            if note.code == "frozen" and note.fix is not None:
                assert len(note.fix.edit(project).graph.nodes) == len(project.graph.nodes) - 1
        prefix = session.trainer.frozen.prefix
        return prefix and tuple(prefix.shapes), [note.code for note in notes]

    conv, pool, _, flat = BODY
    learns: Any = ("bn", "BatchNormalization", {})
    no_scale = ("bn", "BatchNormalization", {"center": False, "scale": False})
    assert found([("flip", "RandomFlip", {}), conv, pool, flat]) == (None, ["frozen"])
    assert found([("drop", "Dropout", {"rate": 0.5}), conv, pool, flat]) == (None, ["frozen"])
    assert found([("drop", "Dropout", {"rate": 0.0}), conv, flat]) == (("flat",), [])
    # What learns, be it only averages, is no part of it; nor what adds to the loss.
    assert found([learns, conv, flat]) == (None, [])
    assert found([no_scale, conv, flat]) == (None, [])
    penalty = ("conv", "Conv2D", {**conv[2], "activity_regularizer": "l2"})
    assert found([penalty, flat]) == (None, [])
    # A convolution's activation is left to the pooling behind it: not cut between.
    up = ("up", "UpSampling2D", {"size": 3})
    assert found([conv, up, ("drop", "Dropout", {"rate": 0.5}), flat]) == (("conv",), [])


@pytest.mark.slow
def test_the_cut_pays(chain, photos, monkeypatch):
    """Features that have no room are not kept in memory, and the run says so."""
    monkeypatch.setattr(frozen_features, "MOST_BYTES", 71 * 4 * 4 - 1)
    events: list[Event] = []
    project = chain([*BODY, HEAD[-1]], LOSS, epochs=1)
    _, session = run(project, photos, on_event=events.append)
    assert features_of(session) is None
    assert "frozen" in [e.notice.code for e in events if isinstance(e, DiagnosisAdded)]


@pytest.mark.slow
def test_kept_on_disk_by_content(chain, dataset):
    project = chain([*BODY, HEAD[-1]], LOSS, epochs=2)

    def computed(x, project=project):
        prepared_networks.shelf.clear()
        data = dataset({"input": x}, {"out": Y[: len(x)]}, held=9, task="classes")
        _, session = run(project, data)
        return int(features_of(session).computed)

    def files():
        return sorted((folders.cache() / "features").glob("*.npz"))

    assert computed(X[:60]) == 60
    assert computed(X[:60]) == 0
    assert computed(X[::-1]) == 11  # new samples alone, in whatever order
    assert computed(X + 1) == 71
    (path,) = files()
    path.write_bytes(path.read_bytes()[:-300])
    assert computed(X) == 71
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1  # the archive's own sums tell
    path.write_bytes(data)
    assert computed(X) == 71
    assert computed(X, set_params(project, "conv", filters=5)) == 71
    assert computed(X, replace(project, training=replace(project.training, seed=6))) == 71
    assert len(files()) == 3


def test_trials_share_what_was_computed(chain, tmp_path):
    """Trials of an experiment that vary what is behind the frozen layers compute them once."""
    rows = "".join(f"{n},{n % 7},{n * 2}\n" for n in range(60))
    (tmp_path / "houses.csv").write_text("rooms,age,price\n" + rows)
    data = Data("csv", path="houses.csv", target=("price",), scaling="standard")
    wide = ("wide", "Dense", {"units": 9, "activation": "relu", **FROZEN})
    layers = [wide, ("hidden", "Dense", {"units": 4}), ("out", "Dense", {"units": 1})]
    project = replace(chain(layers, epochs=2), data=data)

    def file_number(units):
        trial = train_trial(project, tmp_path, {"hidden.units": units}, (), None)
        assert not trial.failed, trial.failed
        (path,) = (folders.cache() / "features").glob("*.npz")
        return path.stat().st_ino

    assert file_number(3) == file_number(5)


def test_a_stream_says_why(chain, photos):
    """Data that is read while training trains as before, and the run says what that costs."""
    events: list[Event] = []
    project = chain([*BODY, HEAD[-1]], LOSS, epochs=1)
    data = streamed(replace(photos, validation=None, test=None))
    _, session = run(project, data, on_event=events.append)
    assert features_of(session) is None
    assert "frozen" in [e.notice.code for e in events if isinstance(e, DiagnosisAdded)]


def test_stop_while_computing(chain, photos):
    said: list[str] = []

    def told(event):
        if isinstance(event, Preparing) and "%" in event.text:
            said.append(event.text)
            if len(said) == 1:
                session.stop()

    project = chain([*BODY, HEAD[-1]], LOSS, epochs=2)
    session = Session(project, photos, on_event=told, storage=RunStorage(record=False))
    with pytest.raises(StoppedBeforeStartError):
        session.run()
    assert len(said) == 1
    assert session.run().epochs == 2


@pytest.mark.slow
def test_pause_views_and_weights_set_by_hand(chain, photos, monkeypatch):
    """A weight of a frozen layer that a hand sets counts, and views see the whole network."""
    project = chain([*BODY, HEAD[-1]], LOSS, epochs=6)
    results, answers = [], []
    for way in range(2):
        reached = threading.Event()

        sessions: list[Session] = []

        def told(event, reached=reached, sessions=sessions):
            if isinstance(event, EpochEnd) and event.epoch == 3:
                sessions[0].pause()
                sessions[0].set_weights({WEIGHT: 3.0})
                reached.set()
            if isinstance(event, ProbeAnswered):
                answers.append(event.outputs["conv"])

        callbacks = (Choice("EarlyStopping", {"patience": 99}),)  # chunks end with the epoch
        one = replace(project, training=replace(project.training, callbacks=callbacks))
        session = Session(one, photos, on_event=told, storage=RunStorage(record=False))
        sessions.append(session)
        session.watch(Probe("look", outputs=("conv",), x={"input": X[:2]}))
        thread = threading.Thread(target=session.run)
        thread.start()
        assert reached.wait(60)
        session.resume()
        thread.join()
        assert session.trained is not None
        results.append(session.trained)
        assert (features_of(session) is None) == bool(way)
        plain(monkeypatch)
    same(*results)
    assert answers
    assert answers[0].shape == (2, 6, 6, 4)


@pytest.mark.slow
def test_resume_go_on_and_train_more(chain, photos, tmp_path, monkeypatch):
    project = chain([*BODY, *HEAD], LOSS, epochs=6, batch_size=16)
    whole, _ = run(project, photos)
    prepared_networks.shelf.clear()
    half, session = run(project, photos, epochs=3, checkpoint_dir=tmp_path / "run")
    session.train_more(3)
    more = session.run()
    same(whole, more)
    prepared_networks.shelf.clear()
    same(whole, run(project, photos, start=half, epochs=6)[0])
    prepared_networks.shelf.clear()
    _, session = run(project, photos, epochs=3, checkpoint_dir=tmp_path / "half")
    prepared_networks.shelf.clear()
    resumed, _ = run(project, photos, checkpoint_dir=tmp_path / "half", resume=True)
    same(whole, resumed)
    # A checkpoint is the same whichever way it was trained.
    _, session = run(project, photos, epochs=3, checkpoint_dir=tmp_path / "other")
    plain(monkeypatch)
    same(whole, run(project, photos, checkpoint_dir=tmp_path / "other", resume=True)[0])


@pytest.mark.slow
def test_other_weights_of_a_frozen_layer_count(chain, photos, monkeypatch):
    """Going on from a network whose frozen layers had been trained, and another seed."""
    project = chain([*BODY, HEAD[-1]], LOSS, epochs=2)
    free = set_params(project, "conv", trainable=True)
    start, _ = run(free, photos)
    frozen, session = run(project, photos, start=start, epochs=4)
    assert features_of(session) is not None
    session.reset_weights(seed=99)
    again = session.run()
    plain(monkeypatch)
    same(frozen, run(project, photos, start=start, epochs=4)[0])
    other = replace(project, training=replace(project.training, seed=99, epochs=4))
    same(again, run(other, photos)[0])


@pytest.mark.slow
def test_networks_share_a_frozen_pretrained_body(chain, dataset, tmp_path):
    bands = RNG.normal(size=(24, 80, 32)).astype(np.float32)
    data = dataset({"input": bands}, {"out": Y[:24]}, held=6, task="classes")
    layers = [("body", "SpeechEmbedding", {"pooling": "avg"}), HEAD[-1]]
    project = chain(layers, LOSS, epochs=3, batch_size=8)
    first, _ = run(project, data, epochs=2, checkpoint_dir=tmp_path)
    (file,) = tmp_path.glob("*.npz")
    assert file.stat().st_size < 100_000  # of 1.3 MB
    body = frozen_bodies(first.training_model)["body"]
    weights = [np.array(weight) for weight in body.weights]
    with pytest.raises(UserError) as refused:
        with_weights(first, {WeightIndex("body", "kernel", (0, 0, 0, 0)): 1.0})
    assert refused.value.code == "weight_frozen"
    prepared_networks.shelf.clear()
    resumed, _ = run(project, data, checkpoint_dir=tmp_path, resume=True)
    assert resumed.epochs == 3
    assert frozen_bodies(resumed.training_model)["body"] is body
    # The frozen body of another network had been trained: going on changes neither.
    other = build_training_model(project, data.facts, learned=False)
    mine = other.get_layer("body").get_weights()
    other.set_weights([*mine, *first.training_model.get_weights()[len(mine) :]])
    start = replace(first, training_model=other)
    after, _ = run(project, data, start=start, epochs=3)
    for ours, before in zip(
        after.training_model.get_layer("body").get_weights(), mine, strict=True
    ):
        np.testing.assert_array_equal(ours, before)
    for ours, before in zip(body.weights, weights, strict=True):
        np.testing.assert_array_equal(np.array(ours), before)
