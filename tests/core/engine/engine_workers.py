"""One of several workers, or several devices in one process, on a small network.

Usage: engine_workers.py OUT EPOCHS INDEX ADDRESSES [CHECKPOINTS]
ADDRESSES: "host:port,host:port"; "" for one device, "devices" for two logical CPU devices.
NETBUILDER_WORKERS_BATCH: samples in a step; with few a chunk ends within an epoch.
NETBUILDER_WORKERS_STOP: "now" or "epoch": how this one is stopped by hand behind its third epoch.
NETBUILDER_WORKERS_NORM: with a layer that keeps moving statistics.
"""

import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np


def main():
    out, epochs, index, addresses = (
        Path(sys.argv[1]),
        int(sys.argv[2]),
        int(sys.argv[3]),
        sys.argv[4],
    )
    checkpoints = Path(sys.argv[5]) if len(sys.argv) > 5 else None
    import tensorflow as tf

    options: dict[str, Any] = {}
    if addresses == "devices":
        processor = tf.config.list_physical_devices("CPU")[0]
        parts = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(processor, parts)
        options["devices"] = ("CPU:0", "CPU:1")
    elif addresses:
        from netbuilder.core.engine.distribute import connect_workers

        options |= {"workers": tuple(addresses.split(",")), "worker_index": index}
        connect_workers(options["workers"], index)

    from netbuilder.core.data.data_facts import DataFacts
    from netbuilder.core.data.dataset import Dataset, Split
    from netbuilder.core.data.preprocessing.fitted_preprocessing import (
        InputPreprocessing,
        OutputPreprocessing,
        Preprocessing,
    )
    from netbuilder.core.engine import checkpoint
    from netbuilder.core.engine.events import EpochEnd, Finished
    from netbuilder.core.engine.session import Computation, RunStorage, Session
    from netbuilder.core.errors import TrainingError
    from netbuilder.core.project.model import Choice, Graph, Node, Project, Training

    checkpoint.INTERVAL_SECONDS = 0.2
    batch = int(os.environ.get("NETBUILDER_WORKERS_BATCH", "12"))
    stop = os.environ.get("NETBUILDER_WORKERS_STOP", "")
    norm = (Node("norm", "BatchNormalization"),) if "NETBUILDER_WORKERS_NORM" in os.environ else ()
    nodes = (
        Node("input", "Input"),
        Node("a", "Dense", {"units": 8, "activation": "tanh"}),
        *norm,
        Node("out", "Dense", {"units": 1}),
    )
    training = Training(
        loss=Choice("mean_squared_error"), metrics=(Choice("mean_absolute_error"),),
        epochs=epochs, batch_size=batch, seed=3,
    )  # fmt: skip
    edges = tuple(pairwise(node.id for node in nodes))
    project = Project("Shared", Graph(nodes, edges), training=training)
    x = np.random.default_rng(0).normal(size=(114, 4)).astype(np.float32)
    y = (x[:, :1] - 2 * x[:, 1:2]).astype(np.float32)
    facts = DataFacts(
        rows=102, validation_rows=12, input_shapes={"input": (4,)}, tasks={"out": "regression"}
    )
    preprocessing = Preprocessing({"input": InputPreprocessing()}, {"out": OutputPreprocessing()})
    halves = [
        Split({"input": x[r]}, {"out": y[r]}, {"input": x[r]})
        for r in (slice(102), slice(102, None))
    ]
    data = Dataset(facts, halves[0], halves[1], None, preprocessing)

    def told(event):
        if isinstance(event, EpochEnd):
            sys.stdout.write(f"epoch {event.epoch}\n")
            if event.epoch == 3 and stop:
                session.stop() if stop == "now" else session.stop_after_epoch()
        elif isinstance(event, Finished):
            steps = 0 if session.history is None else len(session.history.steps)
            sys.stdout.write(f"{event.reason} behind step {steps}. {event.note}\n")
        sys.stdout.flush()

    session = Session(
        project,
        data,
        on_event=told,
        computation=Computation("graph", **options),
        storage=RunStorage(
            record=False, checkpoint_dir=checkpoints, resume=checkpoints is not None
        ),
    )
    try:
        trained = session.run()
    except TrainingError as error:
        sys.stdout.write(f"{error}\n")
        sys.stdout.flush()
        # The other workers are gone: TensorFlow's own way out would wait for them.
        os._exit(1)
    weights = {f"w{i}": weight for i, weight in enumerate(trained.training_model.get_weights())}
    np.savez(out, **weights, **{k: np.asarray(v) for k, v in trained.history.items()})


if __name__ == "__main__":
    main()
