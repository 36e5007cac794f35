"""Pure rules over a curve's numbers, one an epoch, that return a finding or None.

The limits ignore ordinary noise; the tests trigger each rule by real training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import Split
from netbuilder.core.engine.networks.keras_objects import as_list

if TYPE_CHECKING:
    import keras


_SAMPLE = 256
#: Validation samples below which a rising loss may be one or two samples, and is not reported.
FEW_SAMPLES = 20
_HALF_LINES = ("relu", "relu6")


def model_input(
    training_model: keras.Model, split: Split, names: tuple[str, ...], rows: int
) -> Any:
    """Return the first rows of ``split`` as ``training_model`` takes them."""
    values = [split.x[name][:rows] for name in names]
    return values[0] if len(values) == 1 else values


def deadest_layer(training_model: keras.Model, inputs: Any) -> tuple[str, float] | None:
    """Return the layer with most relu units that are 0 for every sample, and their share."""
    import keras

    layers = [
        layer
        for layer in training_model.layers
        if getattr(getattr(layer, "activation", None), "__name__", "") in _HALF_LINES
        or type(layer).__name__ == "ReLU"
    ]
    if not layers:
        return None
    inputs_of_model = (
        training_model.inputs if len(training_model.inputs) > 1 else training_model.inputs[0]
    )
    outputs = keras.Model(inputs_of_model, [layer.output for layer in layers])(
        inputs, training=False
    )
    worst: tuple[str, float] | None = None
    for layer, values in zip(layers, outputs if len(layers) > 1 else as_list(outputs), strict=True):
        numbers = np.asarray(values)
        silent = (numbers.reshape(-1, numbers.shape[-1]) <= 0).all(axis=0)
        part = float(np.mean(silent))
        if worst is None or part > worst[1]:
            worst = (layer.name, part)
    return worst


def rows_without_numbers(split: Split) -> dict[str, int]:
    """Return how many rows of each Input and target hold NaN or infinity, if any do."""
    counts: dict[str, int] = {}
    for name, values in (*split.x.items(), *split.y.items()):
        if np.asarray(values).dtype.kind != "f":
            continue
        count = int((~np.isfinite(values).reshape(len(values), -1).all(axis=1)).sum())
        if count:
            counts[name] = count
    return counts


def network_outputs(training_model: keras.Model, inputs: Any) -> list[NDArray[Any]]:
    """Return an array an output; ``predict`` would trace a function for every network."""
    arrays = as_list(inputs)
    parts = []
    for start in range(0, len(arrays[0]), _SAMPLE):
        rows = [value[start : start + _SAMPLE] for value in arrays]
        outputs = training_model(rows if len(rows) > 1 else rows[0], training=False)
        parts.append([np.asarray(value) for value in as_list(outputs)])
    return [np.concatenate(part) for part in zip(*parts, strict=True)]


def classes_of(values: NDArray[Any]) -> NDArray[np.int64]:
    """Return the class numbers of predictions (probabilities or scores)."""
    flat = values.reshape(len(values), -1)
    if flat.shape[1] == 1:
        return (flat[:, 0] >= 0.5).astype(np.int64)
    numbers: NDArray[np.int64] = flat.argmax(axis=1)
    return numbers


def sample_rows(training_model: keras.Model, split: Split, names: tuple[str, ...]) -> Any:
    """Return a few hundred rows as ``training_model`` takes them."""
    return model_input(training_model, split, names, _SAMPLE)


Curve = NDArray[Any]


def exploded_epoch(loss: Curve) -> int | None:
    """Return the epoch, from 1, since which a rising loss is thousands of times its lowest."""
    if len(loss) < 2 or not np.isfinite(loss).all():
        return None
    wild = loss > 1000 * _usual(loss)
    if wild[-1] and loss[-1] >= loss[-2]:
        return int(np.argmax(wild)) + 1
    return None


def is_still_exploded(loss: Curve) -> bool:
    """Return whether a loss that exploded is still a hundred times its lowest."""
    return bool(loss[-1] > 100 * _usual(loss)[-1])


def _usual(loss: Curve) -> Curve:
    """Return the lowest loss up to each epoch, at least a tiny part of the first."""
    lowest: Curve = np.maximum(np.minimum.accumulate(loss), 1e-3 * abs(float(loss[0])) + 1e-6)
    return lowest


def stuck_epoch(loss: Curve, patience: int = 8, hardly: float = 0.01) -> int | None:
    """Return the epoch, from 1, by which the loss has clearly hardly moved at all."""
    if len(loss) < patience or not np.isfinite(loss).all():
        return None
    curve = loss[: max(patience, len(loss))]
    level = abs(float(curve[0]))
    if level < 1e-9:
        return None
    moved = (float(curve[0]) - float(curve.min())) / level
    if moved < hardly and float(curve.max()) - float(curve[0]) < 0.05 * level:
        return len(loss)
    return None


def smooth(curve: Curve, width: int) -> Curve:
    """Return the moving average over ``width`` epochs, fewer for the first ones."""
    if width <= 1:
        return curve.astype(np.float64)
    total = np.cumsum(np.insert(curve.astype(np.float64), 0, 0.0))
    ends = np.arange(1, len(curve) + 1)
    starts = np.maximum(0, ends - width)
    averages: Curve = (total[ends] - total[starts]) / (ends - starts)
    return averages


def _noise(curve: Curve) -> float:
    """Return the noise's standard deviation; normal noise has a median step of 0.95 of it."""
    return 1.05 * float(np.median(np.abs(np.diff(curve))))


def overfitting_epoch(loss: Curve, validation: Curve, patience: int = 6) -> int | None:
    """Return the best epoch, from 1, since which validation gets worse while training gets better.

    Smoothed validation must have had no new best for ``patience`` epochs and a fifth of the run,
    and stand a tenth above its best; the training loss must have fallen by a twentieth since. Both
    must exceed the curves' noise. In a long run an unlucky stretch is no trend.
    """
    count = len(validation)
    patience = max(patience, count // 5)
    if count <= patience or not np.isfinite(validation).all():
        return None
    width = max(1, count // 50)
    smoothed = smooth(validation, width)
    best = int(np.argmin(smoothed))
    if count - 1 - best < patience or count - 1 - int(np.argmin(validation)) < patience:
        return None
    recent = smoothed[-max(3, patience // 2) :]
    # The best of many noisy numbers is low by chance, so a rise must exceed the noise.
    noise = _noise(validation[-4 * patience :])
    low = float(smoothed[best])
    worse = float(recent.min()) > 1.1 * low + 1e-9 and float(recent.mean()) > low + 3.5 * noise
    # Averages over ``patience`` epochs, the first from the best on: three lucky ones are no trend.
    before = loss[best : best + patience]
    after = loss[-patience:]
    wavers = _noise(loss[-4 * patience :]) * np.sqrt(2 / patience)
    fall = float(before.mean() - after.mean())
    learned = fall > 0.05 * float(before.mean()) and fall > 3 * wavers
    return int(np.argmin(validation)) + 1 if worse and learned else None


@dataclass(frozen=True)
class RaisedRate:
    """The loss has risen since the learning rate was raised by hand, after ``epoch`` epochs.

    ``before`` and ``rate``: the rates; ``low``: the lowest loss before ``recent_loss``.
    """

    epoch: int
    before: float
    rate: float
    low: float
    recent_loss: float


def has_risen_since_raise(
    loss: Curve, rates: Curve, raised: Sequence[tuple[int, float]]
) -> RaisedRate | None:
    """Return how the loss rose half above its lowest after the rate was raised by hand, or None.

    ``raised``: epochs done, and the new rate, of each change by hand.
    """
    for epoch, rate in reversed(raised):
        if not 0 < epoch <= len(loss) - 2 or rate <= rates[epoch - 1]:
            continue
        low, current = float(np.min(loss[:epoch])), float(np.mean(loss[-3:]))
        # It has never returned to its lowest.
        if current > 1.5 * low + 1e-9 and float(np.min(loss[epoch + 1 :])) > low:
            return RaisedRate(epoch, float(rates[epoch - 1]), rate, low, current)
        return None
    return None


def still_improving(curve: Curve) -> float | None:
    """Return the part by which the last fifth of the epochs lowered the curve, if large."""
    count = len(curve)
    if count < 5 or not np.isfinite(curve).all():
        return None
    tail = max(2, count // 5)
    before = float(np.min(curve[:-tail]))
    last = float(np.mean(curve[-max(1, tail // 2) :]))
    if before <= 0 or last <= 0:
        return None
    gain = (before - last) / before
    recent = curve[-tail - 1 :]
    falling = float(np.mean(np.diff(recent) < 0)) >= 0.6
    return gain if gain > 0.1 and falling else None


def jumping_epoch(loss: Curve, window: int = 15, large: float = 0.3) -> int | None:
    """Return the epoch, from 1, at which the training loss has jumped for ``window`` epochs.

    At least half of the changes turn round, and a typical change is a ``large`` part of the loss. A
    loss below a fiftieth of its first value does not count.
    """
    window = max(window, min(len(loss) // 10, 200))
    if len(loss) <= window or not np.isfinite(loss).all():
        return None
    recent = loss[-window - 1 :].astype(np.float64)
    steps = np.diff(recent)
    turns = float(np.mean(np.sign(steps[1:]) != np.sign(steps[:-1])))
    level = float(np.mean(recent))
    size = float(np.median(np.abs(steps))) / max(level, 1e-12)
    matters = level > 0.02 * abs(float(loss[0]))
    return len(loss) if turns >= 0.5 and size > large and matters else None


def better_on_validation_epoch(loss: Curve, validation: Curve, window: int = 5) -> int | None:
    """Return the epoch, from 1, at which validation was clearly below training for ``window``."""
    if len(validation) < window or not np.isfinite(validation).all():
        return None
    ratio = validation[-window:] / np.maximum(loss[-window:], 1e-12)
    return len(validation) if float(ratio.max()) < 0.9 else None


def is_better_on_validation(loss: Curve, validation: Curve, window: int = 5) -> bool:
    """Return whether validation is below training over ``window`` epochs and in the last one."""
    return bool(
        validation[-1] < loss[-1] and np.mean(validation[-window:]) < np.mean(loss[-window:])
    )


@dataclass(frozen=True)
class IgnoredClasses:
    """Classes of the data that the network never predicts."""

    classes: tuple[int, ...]
    present: int


def never_predicted(truth: Curve, predicted: Curve) -> IgnoredClasses | None:
    """Return classes with at least 3 rows in ``truth`` (class numbers) that are never predicted."""
    counts = np.bincount(truth.astype(np.int64))
    present = np.flatnonzero(counts >= 3)
    missing = tuple(int(c) for c in present if not (predicted == c).any())
    return IgnoredClasses(missing, len(present)) if missing and len(present) > 1 else None
