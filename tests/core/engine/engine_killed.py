"""Trains a small network in a process of its own, to be killed; prints how far it is.

Usage: engine_killed.py FOLDER OUT [--resume]

Lines: "started E", "at E" (fifty times a second at most) and "saved E", E epochs done.
NETBUILDER_KILLED_EPOCHS: epochs of the run.
"""

import os
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    OutputPreprocessing,
    Preprocessing,
)
from netbuilder.core.engine import checkpoint
from netbuilder.core.engine.events import CheckpointSaved, EpochEnd, Started
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.project.model import Choice, Graph, Node, Project, Training

EPOCHS = int(os.environ.get("NETBUILDER_KILLED_EPOCHS", "1200"))


def project():
    nodes = (
        Node("input", "Input"),
        Node("a", "Dense", {"units": 16, "activation": "relu"}),
        Node("drop", "Dropout", {"rate": 0.2}),
        Node("bn", "BatchNormalization"),
        Node("out", "Dense", {"units": 1}),
    )
    ids = [node.id for node in nodes]
    slower = Choice("ReduceLROnPlateau", {"monitor": "loss", "patience": 3, "factor": 0.97})
    training = Training(
        loss=Choice("mean_squared_error"), metrics=(), epochs=EPOCHS, batch_size=16, seed=4,
        callbacks=(slower,),
    )  # fmt: skip
    return Project("Killed", Graph(nodes, tuple(pairwise(ids))), training=training)


def data():
    x = np.random.default_rng(0).normal(size=(120, 4)).astype(np.float32)
    y = (x[:, :1] * x[:, 1:2]).astype(np.float32)
    facts = DataFacts(
        rows=100, validation_rows=20, input_shapes={"input": (4,)}, tasks={"out": "regression"}
    )
    preprocessing = Preprocessing({"input": InputPreprocessing()}, {"out": OutputPreprocessing()})
    train = Split({"input": x[:100]}, {"out": y[:100]}, {"input": x[:100]})
    held = Split({"input": x[100:]}, {"out": y[100:]}, {"input": x[100:]})
    return Dataset(facts, train, held, None, preprocessing)


def say(what, epoch):
    """A line that whoever kills can read at once."""
    sys.stdout.write(f"{what} {epoch}\n")
    sys.stdout.flush()


def main():
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    checkpoint.INTERVAL_SECONDS = 0.1
    said = 0.0

    def told(event):
        nonlocal said
        if isinstance(event, Started):
            say("started", event.epoch)
        elif isinstance(event, CheckpointSaved):
            say("saved", event.epoch)
        elif isinstance(event, EpochEnd) and time.monotonic() - said > 0.02:
            said = time.monotonic()
            say("at", event.epoch)

    session = Session(
        project(),
        data(),
        on_event=told,
        storage=RunStorage(checkpoint_dir=folder, resume="--resume" in sys.argv),
    )
    trained = session.run()
    assert session.history is not None and session.trainer is not None
    np.savez(
        out,
        kind=session.trainer.program.kind,
        steps=session.history.steps.values,
        epochs=session.history.epochs.values,
        **{f"w{i}": w for i, w in enumerate(trained.training_model.get_weights())},
    )


if __name__ == "__main__":
    main()
