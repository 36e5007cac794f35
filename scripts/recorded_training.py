"""Records the training of the example "spiral" that the start page plays.

``python scripts/recorded_training.py`` writes ``resources/start/spiral.npz``: the weights of some
epochs as float16, chosen so that the decision surface changes by about the same amount from each
to the next, the accuracy on the training rows, and some of these rows.
"""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from netbuilder.core.data.examples import find_example
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.folders import resource
from netbuilder.core.process.tensorflow_output import load_tensorflow
from netbuilder.core.project import edits, files
from netbuilder.ui.gallery.recorded_training import RECORDING, dense_outputs, square_of_points

FRAMES, SIDE, SHOWN_POINTS = 64, 40, 160


def main() -> None:
    """Train, choose the epochs, and write the file."""
    load_tensorflow()
    import keras

    example = find_example("spiral")
    project = files.read(example.path)
    dataset = load_dataset(project, example.path.parent)
    x, y = (next(iter(part.values())) for part in (dataset.train.x, dataset.train.y))
    labels = np.asarray(y).reshape(-1)
    before = edits.set_training(project, epochs=1)
    network = Session(before, dataset, storage=RunStorage(example.path.parent)).run().training_model
    keras.utils.set_random_seed(int(project.training.seed or 1))
    model: Any = keras.models.clone_model(network)  # with initial weights
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    history = [model.get_weights()]
    record = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda _epoch, _logs: history.append(model.get_weights())
    )
    model.fit(
        x, y, batch_size=project.training.batch_size, epochs=project.training.epochs,
        verbose=0, callbacks=[record],
    )  # fmt: skip
    grid = square_of_points(SIDE)
    surfaces = np.stack([dense_outputs(weights, grid)[-1][:, 0] for weights in history])
    change = np.abs(np.diff(surfaces, axis=0)).mean(axis=1)
    way = np.concatenate([[0.0], np.cumsum(change)])
    even = np.linspace(0.0, way[-1], FRAMES)
    epochs = np.unique(np.searchsorted(way, even).clip(0, len(history) - 1))
    accuracy = [
        float(((dense_outputs(history[n], x)[-1][:, 0] > 0.5) == labels).mean()) for n in epochs
    ]
    stored = {
        "epochs": epochs.astype(np.int16),
        "accuracy": np.array(accuracy, np.float32),
        "points": np.asarray(x[:SHOWN_POINTS], np.float16),
        "labels": labels[:SHOWN_POINTS].astype(np.uint8),
    }
    for number in range(len(history[0])):
        values = np.stack([history[n][number] for n in epochs])
        stored[f"weights_{number}"] = values.astype(np.float16)
    path = resource(str(RECORDING))
    path.parent.mkdir(exist_ok=True)
    np.savez_compressed(path, **stored)
    print(
        f"{path.name}: {len(epochs)} epochs, {path.stat().st_size // 1024} KB, {accuracy[-1]:.3f}"
    )


if __name__ == "__main__":
    main()
