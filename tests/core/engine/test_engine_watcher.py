"""Each thing the watcher says, made to happen by real training; and silence where all is well."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from netbuilder.core.engine.events import Diagnosis, DiagnosisAdded, DiagnosisWithdrawn, EpochEnd
from netbuilder.core.engine.monitor import diagnosis_rules
from netbuilder.core.engine.monitor.history import History
from netbuilder.core.engine.monitor.training_monitor import TrainingMonitor
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.engine.trained import Changed, Event
from netbuilder.core.errors import TrainingError
from netbuilder.core.project.edits import set_training
from netbuilder.core.project.model import Choice
from tests.few import few
from tests.sessions import graph_session

RNG = np.random.default_rng(1)
OUT = ("out", "Dense", {"units": 1})


@pytest.fixture
def train(chain, dataset):
    """Train layers on x and y; gives the notices by code."""

    def run(layers, x, y, **options: Any):
        told: list[Event] = []
        made = {k: options.pop(k) for k in ("held", "task", "classes") if k in options}
        facts = options.pop("facts", {})
        data = dataset({"input": x}, {"out": y}, **made)
        data = replace(data, facts=replace(data.facts, **facts))
        project = chain(layers, options.pop("loss", "mean_squared_error"), **options)
        session = graph_session(project, data, on_event=told.append)
        try:
            session.run()
        except TrainingError as error:
            assert "learning rate" in str(error)
        return {e.notice.code: e.notice for e in told if isinstance(e, DiagnosisAdded)}

    return run


def sgd(rate):
    return Choice("SGD", {"learning_rate": rate})


def table(rows=100, columns=4):
    x = RNG.normal(size=(rows, columns)).astype(np.float32)
    return x, (2 * x[:, :1] - x[:, 1:2] + 1).astype(np.float32)


def test_a_loss_that_is_no_number(train, chain):
    notice = train([OUT], *table(), optimizer=sgd(1e10), epochs=30)["nan"]
    assert "10,000,000,000" in notice.message and notice.epoch == 1
    fixed = notice.fix.edit(chain([OUT], optimizer=sgd(1e10)))
    assert fixed.training.optimizer.params["learning_rate"] == 1e9


def test_a_loss_that_explodes(train):
    found = train([OUT], *table(), optimizer=sgd(1.5), epochs=6, batch_size=100)
    assert found["exploded"].fix.label == "Use a learning rate of 0.15"
    assert "nan" not in found


def test_healthy_training_is_left_alone(train):
    layers = [("a", "Dense", {"units": 16, "activation": "relu"}), OUT]
    x, y = table(300)
    noisy = y + RNG.normal(size=y.shape).astype(np.float32)
    optimizer = Choice("Adam", {"learning_rate": 0.01})
    assert train(layers, x, noisy, optimizer=optimizer, epochs=25, held=100) == {}


def test_dead_relus_do_not_learn(train, chain):
    dead = {
        "units": 8,
        "activation": "relu",
        "bias_initializer": {"name": "Constant", "params": {"value": -100.0}},
    }
    x, y = table()
    layers = [("a", "Dense", dead), ("out", "Dense", {"units": 1, "trainable": False})]
    notice = train(layers, x, y, epochs=10)["stuck"]
    assert notice.node == "a" and "100%" in notice.message
    assert notice.fix.edit(chain(layers)).graph.by_id["a"].params["activation"] == "leaky_relu"


def test_a_rate_that_is_too_low_does_not_learn(train):
    notice = train([OUT], *table(), optimizer=sgd(1e-7), epochs=10)["stuck"]
    assert notice.fix.label == "Use a learning rate of 0.000001"
    # Ten times nothing would be nothing again.
    notice = train([OUT], *table(), optimizer=sgd(0.0), epochs=10)["stuck"]
    assert notice.fix.label == "Use a learning rate of 0.001"


def test_unscaled_data_does_not_learn(train):
    x, y = table()
    layers = [("a", "Dense", {"units": 8, "activation": "sigmoid"}), OUT]
    found = train(
        layers, x * 1e5, y, optimizer=sgd(1e-7), epochs=10, facts={"value_range": (-3e5, 3e5)}
    )
    assert found["stuck"].fix.label == "Scale the data"


def test_a_last_activation_out_of_reach_does_not_learn(train):
    x, y = table()
    out = ("out", "Dense", {"units": 1, "activation": "sigmoid"})
    notice = train([out], x, np.abs(y) + 1000, epochs=10)["stuck"]
    assert notice.fix.label == "Make the last layer linear" and notice.node == "out"


def test_overfitting(train, chain):
    x = RNG.normal(size=(60, 20)).astype(np.float32)
    y = RNG.normal(size=(60, 1)).astype(np.float32)
    layers = [("a", "Dense", {"units": 64, "activation": "relu"}), OUT]
    optimizer = Choice("Adam", {"learning_rate": 0.01})
    found = train(layers, x, y, optimizer=optimizer, epochs=60, held=30)
    notice = found["overfitting"]
    assert 1 <= notice.epoch < 50 and notice.fix.action == "go_back_to_best"
    edited = notice.fix.edit(chain(layers))
    assert edited.training.callbacks[0].name == "EarlyStopping"
    assert notice.fix.edit(edited) == edited
    assert "Dropout" in notice.message


@pytest.mark.parametrize("restores", few([False, True], True))
def test_overfitting_is_over_once_the_best_epoch_is_back(restores, chain, dataset):
    """Of a run that ended with its best epoch nothing is left to stop, and Dropout is there."""
    random = np.random.default_rng(4)  # its own, whichever tests ran before
    data = dataset(
        {"input": random.normal(size=(60, 20)).astype(np.float32)},
        {"out": random.normal(size=(60, 1)).astype(np.float32)}, held=30,
    )  # fmt: skip
    layers = [("a", "Dense", {"units": 64, "activation": "relu"}),
              ("drop", "Dropout", {"rate": 0.01}), OUT]  # fmt: skip
    stop = Choice("EarlyStopping", {"patience": 30, "restore_best_weights": restores})
    project = chain(layers, "mean_squared_error", epochs=80, callbacks=(stop,),
                    optimizer=Choice("Adam", {"learning_rate": 0.01}))  # fmt: skip
    told: list[Event] = []
    session = graph_session(project, data, on_event=told.append)
    trained = session.run()
    assert bool(trained.kept_epoch) is restores and trained.epochs < 80, "it stopped early"
    known: dict[str, Diagnosis] = {}
    for event in told:
        if isinstance(event, DiagnosisAdded):
            known[event.notice.code] = event.notice
        elif isinstance(event, DiagnosisWithdrawn):
            del known[event.code]
    assert ("overfitting" in known) is not restores
    if not restores:
        assert "Dropout" not in known["overfitting"].message


def test_still_improving_at_the_end(train, chain):
    found = train([OUT], *table(), optimizer=sgd(0.01), epochs=10, batch_size=50)
    notice = found["improving"]
    assert (notice.fix.action, notice.fix.amount, notice.severity) == ("train_more", 10, "info")
    assert notice.fix.edit(chain([OUT], epochs=10)).training.epochs == 20


def test_a_loss_that_falls_is_no_news_where_all_is_correct(train):
    x = RNG.normal(size=(100, 2)).astype(np.float32)
    y = (np.arange(100) % 2).reshape(-1, 1)
    x += 5 * (2 * y - 1).astype(np.float32)
    layers = [("out", "Dense", {"units": 1, "activation": "sigmoid"})]
    options = {"loss": "binary_crossentropy", "task": "binary", "classes": ("a", "b")}
    options |= {
        "optimizer": Choice("Adam", {"learning_rate": 0.02}),
        "epochs": 20,
        "batch_size": 50,
        "metrics": (Choice("BinaryAccuracy"),),
    }
    assert "improving" not in train(layers, x, y, **options)


def test_jumping_with_a_small_batch(train, chain):
    # A linear network, where a rounding more or less does not grow into another curve.
    random = np.random.default_rng(0)
    x = random.normal(size=(6, 4)).astype(np.float32)
    y = x[:, :1] + 2 * random.normal(size=(6, 1)).astype(np.float32)
    optimizer = Choice("RMSprop", {"learning_rate": 0.5})
    found = train([OUT], x, y, optimizer=optimizer, epochs=60, batch_size=1)
    notice = found["jumping"]
    assert notice.fix.edit(chain([OUT], batch_size=1)).training.batch_size == 32


def test_better_on_validation_with_dropout(train):
    x, y = table(200)
    layers = [
        ("a", "Dense", {"units": 32, "activation": "relu"}),
        ("drop", "Dropout", {"rate": 0.6}),
        OUT,
    ]
    found = train(
        layers, x, y, optimizer=Choice("Adam", {"learning_rate": 0.01}), epochs=30, held=60
    )
    easier = found["easier"]
    assert "Dropout" in easier.message and easier.fix is None
    assert "better on validation" not in easier.title.lower(), "it is measured in another mode"


def test_classes_never_predicted(train, chain):
    x = RNG.normal(size=(200, 3)).astype(np.float32)
    y = (RNG.random(200) < 0.08).astype(np.int32)
    layers = [("out", "Dense", {"units": 2, "activation": "softmax"})]
    found = train(
        layers, x, y, loss="sparse_categorical_crossentropy", task="classes",
        classes=("healthy", "ill"), optimizer=Choice("Adam", {"learning_rate": 0.05}), epochs=20,
    )  # fmt: skip
    notice = found["ignored"]
    assert "never predicts: ill." in notice.message
    assert notice.fix.edit(chain(layers)).training.class_weight == "balanced"
    found = train(
        layers, x, y, loss="sparse_categorical_crossentropy", task="classes",
        classes=("the", "raven"), optimizer=Choice("Adam", {"learning_rate": 0.05}), epochs=20,
        facts={"generates": "word"},
    )  # fmt: skip
    assert "ignored" not in found, "rare tokens are no classes that count too little"


@pytest.mark.slow
def test_of_a_network_that_does_not_learn_no_class_is_called_ignored(train):
    """Its units are dead: neither "train longer" nor "one more layer" is any help."""
    x = RNG.normal(size=(200, 3)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int32) + (x[:, 1] > 0)
    dead = {"units": 8, "activation": "relu",
            "bias_initializer": {"name": "Constant", "params": {"value": -100.0}}}  # fmt: skip
    found = train(
        [("a", "Dense", dead), ("out", "Dense", {"units": 3, "activation": "softmax"})],
        x,
        y.astype(np.int32),
        loss="sparse_categorical_crossentropy",
        task="classes",
        classes=("a", "b", "c"),
        optimizer=sgd(1e-4),
        epochs=20,
    )
    assert "stuck" in found
    assert "ignored" not in found


@pytest.mark.slow
def test_all_classes_predicted_is_left_alone(train):
    x = RNG.normal(size=(200, 3)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int32)
    found = train(
        [("out", "Dense", {"units": 2, "activation": "softmax"})], x, y,
        loss="sparse_categorical_crossentropy", task="classes",
        optimizer=Choice("Adam", {"learning_rate": 0.05}), epochs=20,
    )  # fmt: skip
    assert "ignored" not in found and "stuck" not in found


@pytest.mark.slow
def test_a_class_that_is_not_learnt_yet_is_not_called_rare(train):
    y = np.arange(150, dtype=np.int32) % 3
    x = RNG.normal(size=(150, 2)).astype(np.float32)
    x[:, 0] += np.where(y == 1, 0.0, (y - 1) * 4.0)
    x[:, 1] = 0
    found = train(
        [("out", "Dense", {"units": 3, "activation": "softmax", "use_bias": False})], x, y,
        loss="sparse_categorical_crossentropy", task="classes", classes=("a", "b", "c"),
        optimizer=Choice("Adam", {"learning_rate": 0.2}), epochs=40,
    )  # fmt: skip
    assert ": b." in found["ignored"].message
    assert found["ignored"].fix.action == "train_more"


def test_the_flutter_of_a_long_good_run_is_left_alone():
    source = np.random.default_rng(7)
    count = 3000
    falling = 0.1 * np.exp(-np.linspace(0, 7.5, count)) + 2e-5
    loss = falling * np.exp(0.15 * source.normal(size=count))
    held = 1.5 * falling * np.exp(0.15 * source.normal(size=count))
    for epochs in range(20, count, 37):
        assert diagnosis_rules.overfitting_epoch(loss[:epochs], held[:epochs]) is None
        assert diagnosis_rules.jumping_epoch(loss[:epochs]) is None


SMOOTH = np.exp(-np.linspace(0, 3, 40)) + 0.1
FLAT = np.full(40, 0.1) + 0.002 * np.sin(np.arange(40))


def test_rules_are_silent_on_ordinary_curves():
    for curve in (SMOOTH, np.concatenate([SMOOTH, FLAT])):
        assert diagnosis_rules.exploded_epoch(curve) is None
        assert diagnosis_rules.stuck_epoch(curve) is None
        assert diagnosis_rules.jumping_epoch(curve) is None
        assert diagnosis_rules.overfitting_epoch(curve, curve * 1.05) is None
        assert diagnosis_rules.better_on_validation_epoch(curve, curve * 0.95) is None
    assert diagnosis_rules.still_improving(np.concatenate([SMOOTH, FLAT])) is None
    noisy = FLAT * (1 + 0.05 * RNG.normal(size=40))
    assert (
        diagnosis_rules.overfitting_epoch(
            np.concatenate([SMOOTH, FLAT]), np.concatenate([SMOOTH, noisy])
        )
        is None
    )


# One linear unit of seven weights on 216 rows at a rate of 0.088: it learned all in a moment.
BOUNCING = [
    0.1941, 0.0481, 0.0403, 0.0594, 0.044, 0.0548, 0.0452, 0.053, 0.0619, 0.0521, 0.0493, 0.0456,
    0.0469, 0.0591, 0.0422, 0.0585, 0.0535, 0.0443, 0.06, 0.0625, 0.0506, 0.05, 0.0456, 0.0485,
    0.0515, 0.0502, 0.0522, 0.0542, 0.0633, 0.0508, 0.0519, 0.046, 0.0494, 0.0523, 0.056, 0.0523,
    0.0415, 0.0549, 0.0645, 0.0454, 0.0565, 0.0485, 0.0542, 0.0453, 0.0532, 0.0567, 0.0448,
    0.0551, 0.0583, 0.0526,
]  # fmt: skip
BOUNCING_HELD = [
    0.0152, 0.0157, 0.0382, 0.0114, 0.0568, 0.0194, 0.0143, 0.0279, 0.0146, 0.0623, 0.0251,
    0.0668, 0.0124, 0.0718, 0.016, 0.0488, 0.0107, 0.0172, 0.0088, 0.0205, 0.0079, 0.0153,
    0.0208, 0.018, 0.0107, 0.023, 0.0338, 0.0887, 0.0189, 0.0268, 0.0158, 0.0458, 0.037, 0.0729,
    0.0574, 0.0114, 0.071, 0.0605, 0.0111, 0.0517, 0.0569, 0.0233, 0.0418, 0.0591, 0.0245,
    0.0191, 0.0644, 0.0936, 0.0159, 0.0258,
]  # fmt: skip


def test_a_validation_that_only_bounces_is_no_over_fitting():
    """Whenever one looks: by its few last epochs it was one at the 34th, and told as such."""
    loss, held = np.array(BOUNCING), np.array(BOUNCING_HELD)
    for epochs in range(3, 51):
        assert diagnosis_rules.overfitting_epoch(loss[:epochs], held[:epochs]) is None


def test_a_fall_until_the_best_epoch_is_none_since_then():
    """It learned all in four epochs, and stands still: validation drifts, but nothing is learnt by
    heart. Where the training loss goes on falling meanwhile it is told."""
    flat = 0.25 + 0.0005 * np.cos(np.arange(46))
    loss = np.concatenate([[1.0, 0.5, 0.3, 0.25], flat])
    held = np.concatenate([[1.0, 0.5, 0.35, 0.3], np.linspace(0.32, 0.6, 46)])
    for epochs in range(3, 51):
        assert diagnosis_rules.overfitting_epoch(loss[:epochs], held[:epochs]) is None
    falls = np.concatenate([[1.0, 0.5, 0.3, 0.25], 0.25 * 0.95 ** np.arange(1, 47)])
    told = [k for k in range(3, 51) if diagnosis_rules.overfitting_epoch(falls[:k], held[:k])]
    assert told == list(range(told[0], 51))
    assert told[0] <= 4 + 2 * 6


def test_data_that_is_no_number_is_to_blame_and_not_the_rate(chain, dataset):
    x, y = table()
    x[7, 2], y[3], y[4] = np.nan, np.inf, np.nan
    told: list[Event] = []
    session = Session(
        chain([OUT]),
        dataset({"input": x}, {"out": y}),
        on_event=told.append,
        storage=RunStorage(record=False),
    )
    with pytest.raises(TrainingError, match=r"1 row of 'input' .* 2 rows of 'out'"):
        session.run()
    (notice,) = [event.notice for event in told if isinstance(event, DiagnosisAdded)]
    assert notice.code == "nan-data"
    assert "rate" not in notice.message


def by_hand(project, data, rate, at):
    """Trains, and a hand sets the rate when so many epochs are done."""
    told: list[Event] = []

    def take(event):
        told.append(event)
        if isinstance(event, EpochEnd) and event.epoch == at:
            session.set_learning_rate(rate)

    # A callback keeps chunks to one epoch each.
    calm = Choice("ReduceLROnPlateau", {"patience": 10**6})
    project = replace(project, training=replace(project.training, callbacks=(calm,)))
    session = graph_session(project, data, on_event=take)
    return session, told


def test_what_the_hand_did_is_known(chain, dataset):
    """Neither "train longer" nor "one more layer" where the rate was raised and the loss rose."""
    x = RNG.normal(size=(200, 4)).astype(np.float32)
    classes = (x[:, 0] > 0).astype(np.int32) + (x[:, 1] > 0)
    layers = [("a", "Dense", {"units": 16, "activation": "relu"}),
              ("out", "Dense", {"units": 3, "activation": "softmax"})]  # fmt: skip
    data = dataset(
        {"input": x}, {"out": classes.astype(np.int32)}, task="classes", classes=("a", "b", "c"),
        held=40,
    )  # fmt: skip
    project = chain(
        layers,
        "sparse_categorical_crossentropy",
        epochs=30,
        optimizer=Choice("Adam", {"learning_rate": 0.01}),
    )
    session, told = by_hand(project, data, 5.0, 15)
    trained = session.run()
    assert trained.history["loss"][-1] > 2 * min(trained.history["loss"])
    (notice,) = [event.notice for event in told if isinstance(event, DiagnosisAdded)]
    assert notice.code == "raised"
    assert "0.01 to 5" in notice.message
    # One click takes both back.
    getattr(session, notice.fix.action)()
    session.train_more(1)
    told.clear()
    session.run()
    changes = {event.what: event.value for event in told if isinstance(event, Changed)}
    assert changes["learning_rate"] == pytest.approx(0.01)
    assert changes["best"] == trained.best_epoch


def test_what_is_no_longer_so_is_withdrawn(chain, dataset):
    """The best epoch comes after the one since which it was said to learn by heart."""
    project = chain([OUT])
    data = dataset({"input": table()[0]}, {"out": table()[1]}, held=20)
    watcher = TrainingMonitor(project, data.facts)
    history = History(("loss",), ("val_loss",), "val_loss")

    def add(loss, held):
        history.add_epochs(np.stack([loss, held], axis=1).astype(np.float32), 0.001)

    count = 20
    fall = [1 / (1 + n) for n in range(count)]
    add(fall, [1.0 - 0.05 * n for n in range(8)] + [0.65 + 0.05 * n for n in range(12)])
    (notice,) = [n for n in watcher.look(history, None, data) if n.code == "overfitting"]
    assert notice.epoch == history.best_epoch == 8
    assert watcher.withdrawn(history) == []
    few = dataset({"input": table()[0]}, {"out": table()[1]}, held=12)
    codes = [n.code for n in TrainingMonitor(project, few.facts).look(history, None, few)]
    assert "overfitting" not in codes, "of 12 samples one or two make such a curve"
    add([0.04] * 3, [0.3, 0.2, 0.1])
    assert watcher.withdrawn(history) == ["overfitting"]
    assert watcher.withdrawn(history) == []


def test_what_was_said_of_a_run_is_taken_back_as_it_goes_on(chain, dataset):
    """It does not learn, then does: "too low a rate" is withdrawn. Of an end that is none any more
    "ended too early" is withdrawn too, and may be said again at the next one."""
    x, y = table()
    data = dataset({"input": x}, {"out": y})
    project = chain([OUT], "mean_squared_error", optimizer=sgd(1e-7), epochs=10)
    told: list[str] = []

    def take(event):
        if isinstance(event, DiagnosisAdded):
            told.append(event.notice.code)
        elif isinstance(event, DiagnosisWithdrawn):
            told.append(f"not {event.code}")

    session = graph_session(project, data, on_event=take)
    session.run()
    assert told == ["stuck"]
    session.set_learning_rate(0.003)
    session.train_more(20)
    session.run()
    assert told == ["stuck", "not stuck", "improving"]
    session.train_more(30)
    session.run()
    assert told[3] == "not improving"
    assert told.count("improving") == 1 + (told[-1] == "improving")


@pytest.mark.parametrize(
    ("loss", "holds"),
    [
        ([1.0, 0.5, 4000.0], True),
        ([1.0, 0.5, 4000.0, 60.0], True),  # a hundred times the lowest is no recovery yet
        ([1.0, 0.5, 4000.0, 40.0], False),
    ],
)
def test_a_loss_is_calm_again_far_below_where_it_was_wild(loss, holds):
    assert diagnosis_rules.exploded_epoch(np.array(loss[:3])) == 3
    assert diagnosis_rules.is_still_exploded(np.array(loss)) is holds


def test_better_on_validation_is_taken_back_where_it_is_worse():
    loss, held = np.full(20, 1.0), np.full(20, 0.8)
    assert diagnosis_rules.better_on_validation_epoch(loss, held)
    assert diagnosis_rules.is_better_on_validation(loss, held)
    between = np.concatenate([held, np.full(5, 0.97)])  # not clearly better: nothing new is said
    assert not diagnosis_rules.better_on_validation_epoch(np.full(25, 1.0), between)
    assert diagnosis_rules.is_better_on_validation(np.full(25, 1.0), between)
    worse = np.concatenate([held, np.full(5, 1.2)])
    assert not diagnosis_rules.is_better_on_validation(np.full(25, 1.0), worse)


@pytest.mark.slow
def test_a_fast_run_is_not_looked_through_at_every_chunk(chain, dataset, monkeypatch):
    """What is asked of all epochs at once takes the longer the more there are."""
    asked: list[int] = []
    withdrawn = TrainingMonitor.withdrawn

    def noted(self, history, kept_epoch=0):
        asked.append(len(history.epochs))
        return withdrawn(self, history, kept_epoch)

    monkeypatch.setattr(TrainingMonitor, "withdrawn", noted)
    x, y = table()
    chunks: list[Event] = []
    session = graph_session(
        set_training(chain([OUT]), epochs=4_000),
        dataset({"input": x}, {"out": y}, held=20),
        on_event=lambda event: chunks.append(event) if isinstance(event, EpochEnd) else None,
    )
    trained = session.run()
    assert len(asked) <= 2 * trained.seconds + 3
    assert len(chunks) > 2 * len(asked)
