"""A candidate's network, traced once and trained anew on each part of the training rows.

The engine gives the same network but for the last rows of an epoch, which fill no batch, and for
the best epoch, which is looked for ``_CHECKS`` times a training. Without optimizer objects, record,
callbacks and views a trial takes a small part of a run's time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import REGRESSION
from netbuilder.core.data.dataset import Dataset
from netbuilder.core.data.defaults import resolve_defaults
from netbuilder.core.engine.loop.tensors import Feed, feed_of
from netbuilder.core.engine.networks.fast_layers import optimize_layers, training_step
from netbuilder.core.engine.networks.graph_to_keras import build_training_model, model_inputs
from netbuilder.core.engine.networks.keras_objects import seed_generators
from netbuilder.core.engine.networks.loss_values import sample_weights, total_loss
from netbuilder.core.engine.networks.tracing import traced_in_first_call, unoptimized_calls
from netbuilder.core.project.model import Project
from netbuilder.core.results.own_units import to_own_units

Rows = NDArray[np.int64]
#: Of a training: the most steps, the fewest epochs, and how often the validation loss is computed.
_MOST_STEPS, _FEWEST_EPOCHS, _CHECKS = 1_500, 10, 20
_PACE = 0.3  # seconds of a call, after which the end is asked for


class Trial:
    """Trains a project's network on parts of a data set in memory.

    Args:
        project: network and settings: Adam or AdamW, with a fixed rate or one that falls along a
            cosine, and early stopping or no callback.
        dataset: the data; parts are drawn from its training rows.
        base: folder of the project file.
        rows: that a part is trained on, which decides the number of epochs.
    """

    def __init__(self, project: Project, dataset: Dataset, base: Path, rows: int) -> None:
        self.dataset = dataset
        self._project = resolve_defaults(project, dataset.facts)
        self._batch = min(project.training.batch_size, rows)
        most = max(_FEWEST_EPOCHS, _MOST_STEPS // (rows // self._batch))
        self._epochs = min(project.training.epochs, most)
        model = build_training_model(self._project, dataset.facts, base=base)
        self._model = optimize_layers(model)
        self._trace()

    def _trace(self) -> None:
        import tensorflow as tf

        model, feed = self._model, self._feed()
        loss = total_loss(model, self._project)
        weights = [weight.value for weight in model.trainable_weights]
        sizes = [int(np.prod(weight.shape)) for weight in weights]
        moments = [tf.Variable(tf.zeros(sum(sizes)), trainable=False) for _ in range(2)]
        count = tf.Variable(0.0, trainable=False)
        state = [weight.value for weight in model.weights]
        state += [*(seed.value for seed in seed_generators(model)), *moments, count]
        self._start = [(variable, tf.identity(variable)) for variable in state]
        optimizer = model.optimizer
        keep, keep_square = float(optimizer.beta_1), float(optimizer.beta_2)
        decay = float(optimizer.weight_decay or 0.0)

        def step(rows: Any, rate: Any) -> None:
            x, y, *weight = feed.pick(rows)
            with tf.GradientTape() as tape, training_step("graph"):
                value = model.compute_loss(x, y, model(x, training=True), *weight, training=True)
            gradients = tape.gradient(value, weights, unconnected_gradients="zero")
            # Adam on all weights at once: a tenth of the operations.
            gradient = tf.concat([tf.reshape(gradient, [-1]) for gradient in gradients], 0)
            number = count.assign_add(1.0)
            mean = moments[0].assign_add((1 - keep) * (gradient - moments[0]))
            square = moments[1].assign_add((1 - keep_square) * (gradient**2 - moments[1]))
            scale = rate * tf.sqrt(1 - keep_square**number) / (1 - keep**number)
            change = tf.split(scale * mean / (tf.sqrt(square) + optimizer.epsilon), sizes)
            for variable, part in zip(weights, change, strict=True):
                less = tf.reshape(part, variable.shape)
                variable.assign_sub(less + rate * decay * variable if decay else less)

        def train(orders: Any, rates: Any) -> None:
            def body(number: Any) -> Any:
                step(orders[number], rates[number])
                return (number + 1,)

            end = tf.shape(rates)[0]
            tf.while_loop(lambda number: number < end, body, (0,), parallel_iterations=1)

        def validate(rows: Any) -> Any:
            x, y = ([tf.gather(value, rows) for value in part] for part in (feed.x, feed.y))
            return loss(x, y)

        def predict(rows: Any) -> Any:
            x = [tf.gather(value, rows) for value in feed.x]
            return model(x if len(x) > 1 else x[0], training=False)

        some, table = tf.TensorSpec([None], tf.int32), tf.TensorSpec([None, None], tf.int32)
        self._train, self._validate, self._predict = (
            traced_in_first_call(tf.function(work, input_signature=spec, autograph=False))
            for work, spec in (
                (train, [table, tf.TensorSpec([None], tf.float32)]),
                (validate, [some]),
                (predict, [some]),
            )
        )

    def _feed(self) -> Feed:
        """The training rows and, after them, those of the validation set."""
        names = model_inputs(self._project.graph), self._project.graph.outputs
        dataset, validation = self.dataset, self.dataset.validation
        weight = sample_weights(dataset, self._project.training.class_weight, names[1])
        feeds = [feed_of(dataset.train, *names, weight)]
        if validation is not None and len(validation):
            feeds.append(feed_of(validation, *names))
        x, y = (
            tuple(map(np.concatenate, zip(*parts, strict=True)))
            for parts in ([feed.x for feed in feeds], [feed.y for feed in feeds])
        )
        if weight is not None:
            weight = np.pad(weight, (0, len(x[0]) - len(weight)))
        return Feed(x, y, weight).fixed()

    def errors(
        self, part: tuple[Rows, ...], ended: Callable[[], bool]
    ) -> NDArray[np.float64] | None:
        """Train from the initial weights and return the error of each row to score: the absolute
        error in the target's units (of several columns in standard deviations), or 1 where the
        prediction is wrong.

        Args:
            part: rows of the training split to train on, to choose the epoch by (none: the
                validation set) and to score.
            ended: asked between some steps; True returns None.
        """
        for variable, value in self._start:
            variable.assign(value)
        train, stop, score = part
        validation = self.dataset.validation
        if not len(stop) and validation is not None:
            stop = len(self.dataset.train) + np.arange(len(validation))
        callbacks = self._project.training.callbacks
        stopping = [choice.params for choice in callbacks if choice.name == "EarlyStopping"]
        random = np.random.default_rng(self._project.training.seed)
        steps = len(train) // self._batch
        rates = self._rates(self._epochs * steps)
        best, best_epoch, best_weights, pace = np.inf, 0, None, 1
        marks = np.unique(np.linspace(0, self._epochs, _CHECKS + 1).astype(int))
        for epoch, until in pairwise(marks.tolist()):
            orders = np.concatenate(
                [random.permutation(train)[: steps * self._batch] for _ in range(epoch, until)]
            )
            orders = orders.reshape(-1, self._batch).astype(np.int32)
            at = 0
            while at < len(orders):
                if ended():
                    return None
                began = time.monotonic()
                first, at = at, min(at + pace, len(orders))
                with unoptimized_calls():
                    self._train(orders[first:at], rates[epoch * steps :][first:at])
                pace = max(1, min(4 * pace, int(_PACE * pace / (time.monotonic() - began))))
            if not (stopping and len(stop)):
                continue
            loss = float(self._validate(stop.astype(np.int32)))
            if loss < best:
                best, best_epoch, best_weights = loss, until, self._model.get_weights()
            elif until - best_epoch > stopping[0].get("patience", 0):
                break
        if best_weights is not None:
            self._model.set_weights(best_weights)
        return self._errors(score)

    def _rates(self, steps: int) -> NDArray[np.float32]:
        """The learning rate of each step; a schedule falls to 0 at the last."""
        rate = self._project.training.optimizer.params["learning_rate"]
        if isinstance(rate, int | float):
            return np.full(steps, rate, np.float32)
        falling = (1 + np.cos(np.pi * np.arange(steps) / max(1, steps))) / 2
        rate = float(rate["params"]["initial_learning_rate"])
        return np.asarray(rate * falling, np.float32)

    def _errors(self, rows: Rows) -> NDArray[np.float64]:
        name = self._project.graph.outputs[0]
        target = self.dataset.preprocessing.outputs[name]
        outputs = self._predict(rows.astype(np.int32))
        values = np.asarray(outputs[0] if isinstance(outputs, list | tuple) else outputs, float)
        values = to_own_units(values, self._project, name, target)
        truth = np.asarray(self.dataset.train.raw_y[name])[rows].reshape(len(rows), -1)
        if target.task != REGRESSION:
            wrong = target.class_numbers(values).reshape(truth.shape) != truth
            return np.asarray(wrong.mean(axis=1), float)
        errors = np.abs(values.reshape(truth.shape) - truth)
        if truth.shape[1] > 1:
            spread = truth.std(axis=0)
            errors = errors / np.where(spread > 0, spread, 1.0)
        return np.asarray(errors.mean(axis=1), float)
