"""The course's exercises: as good here as in a plain Keras script on the same rows.

Both are trained from several seeds. What they reach may differ by no more than Keras's own results
differ from seed to seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.examples import example
from netbuilder.core.data.load import load
from netbuilder.core.engine.session import Session
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.project.files import read
from netbuilder.core.project.model import Project
from netbuilder.core.results.evaluate import evaluate

pytestmark = pytest.mark.slow

SEEDS = (1, 2, 3)
ACCURACY, ERROR = "accuracy", "mean_absolute_error"
Body = Callable[[], list[Any]]


@dataclass(frozen=True)
class Exercise:
    """What the plain script writes: its layers, its plan, and by what it divides its inputs."""

    body: Body
    optimizer: Callable[[], Any]
    epochs: int
    batch: int = 32
    metric: str = ACCURACY
    loss: str = "sparse_categorical_crossentropy"
    divide: float = 1.0


def adam(rate: float) -> Callable[[], Any]:
    return lambda: keras.optimizers.Adam(rate)


def hidden(*, rate: float = 0.0, l2: float = 0.0) -> Body:
    def body() -> list[Any]:
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
        adam(0.003), 20, divide=16.0,
    ),
    "digits_hidden": Exercise(hidden(), adam(0.002), 20, divide=16.0),
    "digits_dropout": Exercise(hidden(rate=0.3), adam(0.002), 30, divide=16.0),
    "digits_l2": Exercise(hidden(l2=0.001), adam(0.002), 25, divide=16.0),
    "digits_sgd": Exercise(hidden(), lambda: keras.optimizers.SGD(0.1), 20, divide=16.0),
    "digits_rmsprop": Exercise(hidden(), lambda: keras.optimizers.RMSprop(0.002), 20, divide=16.0),
    "digits": Exercise(
        lambda: [
            layers.Conv2D(32, 3, activation="relu", padding="same"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ],
        adam(0.002), 30, divide=16.0,
    ),
    "reviews": Exercise(
        lambda: [
            layers.Embedding(200, 16), layers.Conv1D(32, 3, activation="relu", padding="same"),
            layers.GlobalMaxPooling1D(), layers.Dense(1, activation="sigmoid"),
        ],
        adam(0.003), 15, loss="binary_crossentropy",
    ),
    "temperatures": Exercise(
        lambda: [layers.GRU(16), layers.Dense(1)], adam(0.005), 30,
        metric=ERROR, loss="mean_squared_error",
    ),
    "week": Exercise(
        lambda: [layers.GRU(16), layers.Dense(7)], adam(0.005), 30,
        metric=ERROR, loss="mean_squared_error",
    ),
}  # fmt: skip


def project_of(name: str) -> Project:
    return read(example(name).path)


def split_of(dataset: Dataset, part: str, divide: float) -> tuple[np.ndarray, np.ndarray]:
    """Raw rows as a script would have them, answers in their own units."""
    rows: Split = getattr(dataset, part)
    x, y = next(iter(rows.raw_x.values())), next(iter(rows.raw_y.values()))
    return (x / divide if divide != 1.0 else x), y


def plainly(exercise: Exercise, dataset: Dataset, seed: int) -> tuple[Any, float]:
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
    model.compile(exercise.optimizer(), exercise.loss, metrics=[exercise.metric])
    model.fit(x, y, batch_size=exercise.batch, epochs=exercise.epochs, verbose=0)
    told = model.predict(test_x, verbose=0)
    if numbers:
        return model, float(np.abs(told * spread + low - test_y).mean())
    read_ = told.argmax(-1) if told.shape[-1] > 1 else (told[:, 0] > 0.5)
    return model, float((read_ == test_y).mean())


def here(project: Project, dataset: Dataset, metric: str) -> tuple[TrainedModel, float]:
    trained = Session(project, dataset, on_event=lambda _event: None).run()
    assert dataset.test is not None
    return trained, float(evaluate(trained, dataset.test).metrics[metric])


def alike(ours: list[float], theirs: list[float], metric: str, rows: int) -> None:
    """Means no further apart than one seed's result from another's; two rows are no difference."""
    least = 2 / rows if metric == ACCURACY else 0.02 * float(np.mean(theirs))
    spread = max(np.ptp(ours), np.ptp(theirs), least)
    apart = abs(np.mean(ours) - np.mean(theirs))
    assert apart <= spread, f"here {ours}, plain Keras {theirs}"


def seeds_of(project: Project, folder: Path) -> Iterator[tuple[int, Project, Dataset]]:
    for seed in SEEDS:
        seeded = replace(project, training=replace(project.training, seed=seed))
        yield seed, seeded, load(seeded, folder)


@pytest.mark.parametrize("name", EXERCISES)
def test_as_good_as_plain_keras(name: str) -> None:
    exercise, project = EXERCISES[name], project_of(name)
    ours, theirs, rows = [], [], 0
    for seed, seeded, dataset in seeds_of(project, example(name).path.parent):
        trained, reached = here(seeded, dataset, exercise.metric)
        ours.append(reached)
        model, reached = plainly(exercise, dataset, seed)
        theirs.append(reached)
        rows = len(dataset.test or ())
    alike(ours, theirs, exercise.metric, rows)
    # The same network, or the comparison says nothing.
    assert [w.shape for w in trained.core.weights] == [w.shape for w in model.weights]
    kinds = [type(layer) for layer in trained.core.layers if type(layer) is not layers.InputLayer]
    assert kinds == [type(layer) for layer in model.layers]
