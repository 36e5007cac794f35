"""The course's exercises: as good here as in a plain Keras script on the same rows.

Both are trained from several seeds. What they reach may differ by no more than Keras's own results
differ from seed to seed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers
from PIL import Image

from netbuilder.core.data.dataset import Split
from netbuilder.core.data.examples import find_example
from netbuilder.core.data.kinds.builtin.drawn_sets import drawn_shapes
from netbuilder.core.data.kinds.builtin.generated import stories
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.networks.backbone_weights import weights_path
from netbuilder.core.project.edits import set_data, set_params
from netbuilder.core.project.files import read
from netbuilder.core.project.model import Data
from netbuilder.core.results.evaluate import evaluate
from netbuilder.core.results.generate import generate_text
from tests.sessions import graph_session

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

SEEDS = (1, 2)
ACCURACY, ERROR = "accuracy", "mean_absolute_error"
Body = Callable[[], list[Any]]


@dataclass(frozen=True)
class Exercise:
    """What the plain script writes: its layers, its plan, and by what it divides its inputs.

    Both sides train for these ``epochs``, of most fewer than the example's: more bring the two no
    nearer to each other.
    """

    body: Body
    optimizer: Callable[[], Any]
    epochs: int
    batch: int = 32
    metric: str = ACCURACY
    loss: str = "sparse_categorical_crossentropy"
    divide: float = 1.0


def adam(rate):
    return lambda: keras.optimizers.Adam(rate)


def hidden(*, rate=0.0, l2=0.0):
    def body():
        penalty = keras.regularizers.L2(l2) if l2 else None
        found: list[Any] = [layers.Flatten()]
        for _ in range(2):
            found.append(layers.Dense(64, activation="relu", kernel_regularizer=penalty))
            found += [layers.Dropout(rate)] if rate else []
        return [*found, layers.Dense(10, activation="softmax")]

    return body


EXERCISES = {
    "sales": Exercise(
        lambda: [*(layers.Dense(n, activation="relu") for n in (50, 100, 50)), layers.Dense(1)],
        adam(0.003), 50, metric=ERROR, loss="mean_squared_error",
    ),
    "digits_plain": Exercise(
        lambda: [layers.Flatten(), layers.Dense(10, activation="softmax")],
        adam(0.003), 10, divide=16.0,
    ),
    "digits_dropout": Exercise(hidden(rate=0.3), adam(0.002), 12, divide=16.0),
    "digits_l2": Exercise(hidden(l2=0.001), adam(0.002), 12, divide=16.0),
    "digits": Exercise(
        lambda: [
            layers.Conv2D(32, 3, activation="relu", padding="same"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ],
        adam(0.002), 12, divide=16.0,
    ),
    "reviews": Exercise(
        lambda: [
            layers.Embedding(200, 16), layers.Conv1D(32, 3, activation="relu", padding="same"),
            layers.GlobalMaxPooling1D(), layers.Dense(1, activation="sigmoid"),
        ],
        adam(0.003), 10, loss="binary_crossentropy",
    ),
    "temperatures": Exercise(
        lambda: [layers.GRU(16), layers.Dense(1)], adam(0.005), 12,
        metric=ERROR, loss="mean_squared_error",
    ),
    "week": Exercise(
        lambda: [layers.GRU(16), layers.Dense(7)], adam(0.005), 12,
        metric=ERROR, loss="mean_squared_error",
    ),
}  # fmt: skip


def project_of(name, epochs):
    project = read(find_example(name).path)
    return replace(project, training=replace(project.training, epochs=epochs))


def split_of(dataset, part, divide):
    """Raw rows as a script would have them, answers in their own units."""
    rows: Split = getattr(dataset, part)
    x, y = next(iter(rows.raw_x.values())), next(iter(rows.raw_y.values()))
    return (x / divide if divide != 1.0 else x), y


def plainly(exercise, dataset, seed):
    """The model of a plain script, and its result on the test rows in their own units."""
    keras.utils.set_random_seed(seed)
    x, y = split_of(dataset, "train", exercise.divide)
    test_x, test_y = split_of(dataset, "test", exercise.divide)
    numbers = exercise.metric == ERROR
    low, spread = 0.0, 1.0
    if numbers:
        axes = tuple(range(x.ndim - 1))
        middle, around = x.mean(axes), x.std(axes)
        x, test_x = (x - middle) / around, (test_x - middle) / around
        low, spread = y.mean(0), y.std(0)
        y = (y - low) / spread
    model = keras.Sequential([keras.Input(x.shape[1:]), *exercise.body()])
    # Without XLA: the same numbers, and it takes longer to compile than it saves.
    model.compile(exercise.optimizer(), exercise.loss, metrics=[exercise.metric], jit_compile=False)
    model.fit(x, y, batch_size=exercise.batch, epochs=exercise.epochs, verbose=0)
    told = model.predict(test_x, verbose=0)
    if numbers:
        return model, float(np.abs(told * spread + low - test_y).mean())
    read_ = told.argmax(-1) if told.shape[-1] > 1 else (told[:, 0] > 0.5)
    return model, float((read_ == test_y).mean())


def here(project, dataset, metric):
    trained = graph_session(project, dataset).run()
    assert dataset.test is not None
    return trained, float(evaluate(trained, dataset.test).metrics[metric])


def alike(ours, theirs, metric, rows):
    """Means no further apart than one seed's result from another's, or than so few rows can tell.

    An accuracy ``p`` counted on ``n`` rows is known to two standard errors of a share,
    ``2 * sqrt(p * (1 - p) / n)``: two of 360 digits more or less are no difference.
    """
    share = float(np.clip(np.mean(theirs), 1 / rows, 1 - 1 / rows))
    counted = 2 * np.sqrt(share * (1 - share) / rows)
    least = counted if metric == ACCURACY else 0.02 * float(np.mean(theirs))
    spread = max(np.ptp(ours), np.ptp(theirs), least)
    apart = abs(np.mean(ours) - np.mean(theirs))
    assert apart <= spread, f"here {ours}, plain Keras {theirs}"


def seeds_of(project, folder):
    for seed in SEEDS:
        seeded = replace(project, training=replace(project.training, seed=seed))
        yield seed, seeded, load_dataset(seeded, folder)


@pytest.mark.parametrize("name", EXERCISES)
def test_as_good_as_plain_keras(name):
    exercise = EXERCISES[name]
    project = project_of(name, exercise.epochs)
    ours, theirs, rows = [], [], 0
    for seed, seeded, dataset in seeds_of(project, find_example(name).path.parent):
        trained, reached = here(seeded, dataset, exercise.metric)
        ours.append(reached)
        model, reached = plainly(exercise, dataset, seed)
        theirs.append(reached)
        rows = len(dataset.test or ())
    alike(ours, theirs, exercise.metric, rows)
    # The same network, or the comparison says nothing.
    assert [w.shape for w in trained.training_model.weights] == [w.shape for w in model.weights]
    kinds = [
        type(layer)
        for layer in trained.training_model.layers
        if type(layer) is not layers.InputLayer
    ]
    assert kinds == [type(layer) for layer in model.layers]


def test_the_sales_of_the_course(sales):
    """Its own table, read and scaled by a plain script from the file."""
    column = "total_earnings"
    data = Data(
        "csv",
        path="sales_training.csv",
        test_path="sales_test.csv",
        target=(column,),
        scaling="minmax",
        validation_split=0.0,
    )
    project = replace(project_of("sales", 30), data=data)
    train, test = (pd.read_csv(sales / f"sales_{part}.csv") for part in ("training", "test"))
    low, spread = train.min(), train.max() - train.min()
    scaled = (train - low) / spread
    inputs = ((test - low) / spread).drop(columns=column)
    ours, theirs = [], []
    for seed, seeded, dataset in seeds_of(project, sales):
        ours.append(here(seeded, dataset, ERROR)[1])
        keras.utils.set_random_seed(seed)
        model = keras.Sequential(EXERCISES["sales"].body())
        model.compile(keras.optimizers.Adam(0.003), "mean_squared_error", jit_compile=False)
        x, y = scaled.drop(columns=column), scaled[column]
        model.fit(x.to_numpy(), y.to_numpy(), batch_size=32, epochs=30, verbose=0)
        told = model.predict(inputs.to_numpy(), verbose=0)[:, 0] * spread[column] + low[column]
        theirs.append(float(np.abs(told - test[column].to_numpy()).mean()))
    alike(ours, theirs, ERROR, len(test))
    assert max(ours) < 5_000, ours


def test_a_text_is_gone_on_with():
    """Two LSTMs with dropout: the next character, and words that the text has."""
    project = project_of("stories", STORIES.epochs)
    project = set_data(project, options={**project.data.options, "samples": 300})
    known = set(stories(300).lower().replace(".", " ").split())
    dataset = load_dataset(project, find_example("stories").path.parent)
    trained, reached = here(project, dataset, ACCURACY)
    model, plain_accuracy = plainly(STORIES, dataset, 1)
    for text in (
        generate_text(trained, "the ", length=200, temperature=0.3, seed=1).text,
        go_on(model, dataset, "the ", 200, 0.3, 1),
    ):
        words = text.lower().replace(".", " ").split()[1:-1]
        assert len(words) > 20
        assert np.mean([word in known for word in words]) > 0.8, text
    assert reached == pytest.approx(plain_accuracy, abs=0.05)
    assert reached > 0.6


STORIES = Exercise(
    lambda: [
        layers.Embedding(28, 16),
        layers.LSTM(64, return_sequences=True),
        layers.Dropout(0.1),
        layers.LSTM(64),
        layers.Dense(26, activation="softmax"),
    ],
    adam(0.005), 12, batch=64,
)  # fmt: skip


def go_on(model, dataset, start, length, heat, seed):
    """Text from a plain model: the last window in, one character out, drawn at that heat."""
    names, answers = dataset.facts.vocabulary, dataset.facts.classes
    window = model.input_shape[1]
    signs = {" ": "␣", "\n": "↵"}
    ids = [names.index(signs.get(one, one)) for one in start]
    random = np.random.default_rng(seed)
    ask = tf_function(model)
    for _ in range(length):
        row = np.zeros((1, window), np.int32)
        row[0, -len(ids) :] = ids[-window:]
        told = np.asarray(ask(row))[0].astype(float) ** (1 / heat)
        ids.append(names.index(answers[random.choice(len(told), p=told / told.sum())]))
    back = {sign: letter for letter, sign in signs.items()}
    return "".join(back.get(names[one], names[one]) for one in ids)


def tf_function(model):
    """The model as one compiled call: 200 calls one by one take seconds instead of minutes."""
    import tensorflow as tf

    return tf.function(lambda rows: model(rows, training=False), reduce_retracing=True)


@pytest.fixture
def three_shapes(tmp_path):
    """A folder for each class: 40 circles, squares and triangles in colours, 32×32."""
    pictures, names = drawn_shapes(240, size=32, color_mode="rgb", seed=4)
    for index, (picture, name) in enumerate(zip(pictures, names, strict=True)):
        if name in ("circle", "square", "triangle"):
            (tmp_path / "photos" / str(name)).mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(tmp_path / "photos" / str(name) / f"{index}.png")
    return tmp_path


def test_a_frozen_body_separates_three_classes_of_pictures(three_shapes):
    """It learned digits, and stands still; 84 pictures of other things teach the head.

    Given 0 to 1 instead of 0 to 255 it stays at chance, a third, as plain Keras does.
    """
    project = project_of("frozen_body", FROZEN.epochs)
    data = Data("images", path="photos", validation_split=0.0, test_split=0.3)
    project = set_params(replace(project, data=data), "output", units=3)
    ours, theirs, rows = [], [], 0
    for seed, seeded, dataset in seeds_of(project, three_shapes):
        trained, reached = here(seeded, dataset, ACCURACY)
        ours.append(reached)
        assert len(trained.training_model.trainable_weights) == 2, "the body is frozen"
        theirs.append(plainly(FROZEN, dataset, seed)[1])
        rows = len(dataset.test or ())
    wrong = set_data(seeded, scaling="minmax")
    blind = here(wrong, load_dataset(wrong, three_shapes), ACCURACY)[1]
    assert rows == 36
    assert np.mean(ours) >= 0.85, ours
    assert blind < 0.5
    alike(ours, theirs, ACCURACY, rows)


def frozen():
    body = keras.applications.MobileNet(
        include_top=False, weights=None, input_shape=(None, None, 3), pooling="avg", alpha=0.1
    )
    body.load_weights(weights_path("drawn_digits.weights.h5", None))
    body.trainable = False
    return body


FROZEN = Exercise(
    lambda: [
        layers.Rescaling(1 / 127.5, -1.0), frozen(), layers.Dense(3, activation="softmax"),
    ],
    adam(0.01), 20,
)  # fmt: skip
