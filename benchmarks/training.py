"""Training speed: NetBuilder's engine against ``keras.Model.fit`` and a plain PyTorch loop.

    python benchmarks/training.py [--quick] [--only NAME] [--rounds N]

Prints one JSON object. For each workload the same network trains on the same data by ``fit``, by
the engine and, where PyTorch is installed, by a plain loop, and where JAX and optax are, with whole
epochs in one compiled call, in turns in one process; figures are
medians over the turns, in milliseconds an epoch. ``fresh`` compares whole new runs, from the
project to the last epoch, building and compilation and all, and their final losses.
``times_floor`` is over the time that the epoch's multiply-adds take at the speed of a large matrix
product, measured between the turns.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import threading
import time
from dataclasses import replace
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from _floor import matrix_speed, multiply_adds
from _jax_loops import epoch_of as jax_epoch_of
from _torch_loops import epoch_of
from _workloads import ALL, Workload

from netbuilder.core.engine.events import EpochEnd, Paused
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.session import Session
from netbuilder.core.engine.trained import Event
from netbuilder.core.process.tensorflow_output import load_tensorflow

ENDLESS = 10**9


class Fit:
    """``keras.Model.fit``, an epoch or a few at a time."""

    def __init__(self, work: Workload) -> None:
        self.work = work
        self.model = build_training_model(work.project, work.data.facts)
        graph = work.project.graph
        train = work.data.train
        x = [train.x[name] for name in graph.inputs]
        self.x = x[0] if len(x) == 1 else x
        self.y = train.y[graph.outputs[0]]

    def epochs(self, count: int) -> list[float]:
        """Seconds of each epoch."""
        import keras

        times: list[float] = []
        begin = [0.0]
        callback = keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: begin.__setitem__(0, time.perf_counter()),
            on_epoch_end=lambda epoch, logs: times.append(time.perf_counter() - begin[0]),
        )
        batch = self.work.project.training.batch_size
        history = self.model.fit(
            self.x, self.y, batch_size=batch, epochs=count, verbose=0, callbacks=[callback]
        )
        self.loss = history.history["loss"][-1]
        return times


class Engine:
    """A session in a thread, paused while others have their turn."""

    def __init__(self, work: Workload) -> None:
        project = replace(work.project, training=replace(work.project.training, epochs=ENDLESS))
        self.ends: list[tuple[float, int]] = []
        self.changed = threading.Condition()
        self.paused = False
        self.session = Session(project, work.data, on_event=self._told)
        self.thread = threading.Thread(target=self.session.run, daemon=True)
        self.thread.start()

    def _told(self, event: Event) -> None:
        if isinstance(event, (EpochEnd, Paused)):
            with self.changed:
                if isinstance(event, EpochEnd):
                    self.ends.append((time.perf_counter(), event.epoch))
                else:
                    self.paused = True
                self.changed.notify_all()

    def warm(self, seconds: float) -> None:
        """Until it has chosen how to compile."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            trainer = self.session.trainer
            if trainer is not None and trainer.compilation.kind:
                break
            time.sleep(0.05)
        time.sleep(0.5)
        self.pause()

    def pause(self) -> None:
        self.session.pause()
        with self.changed:
            self.changed.wait_for(lambda: self.paused)

    def turn(self, seconds: float) -> float:
        """Seconds an epoch, over about so many seconds of running."""
        self.paused = False
        self.ends.clear()
        self.session.resume()
        end = time.perf_counter() + seconds
        with self.changed:
            self.changed.wait_for(
                lambda: len(self.ends) > 2 and self.ends[-1][0] >= end, timeout=120
            )
        self.pause()
        (first, a), (last, b) = self.ends[0], self.ends[-1]
        return (last - first) / (b - a)

    @property
    def kind(self) -> str:
        trainer = self.session.trainer
        return "" if trainer is None else trainer.program.kind

    def close(self) -> None:
        self.session.stop()
        self.session.resume()
        self.thread.join()


def fresh(work: Workload, seeds: int) -> dict[str, Any]:
    """Whole new runs of ``work.epochs`` epochs, in turns; the first epoch by itself too."""
    rows: dict[str, list[float]] = {
        k: []
        for k in ("fit", "engine", "fit_first", "engine_first", "engine_result", "fit_loss",
                  "engine_loss")
    }  # fmt: skip
    for seed in range(seeds):
        training = replace(work.project.training, seed=seed, epochs=work.epochs)
        work = replace(work, project=replace(work.project, training=training))
        begin = time.perf_counter()
        fit = Fit(work)
        fit.epochs(1)
        rows["fit_first"].append(time.perf_counter() - begin)
        fit.epochs(work.epochs - 1)
        rows["fit"].append(time.perf_counter() - begin)
        rows["fit_loss"].append(fit.loss)
        marks: list[float] = []

        def told(event: Event, marks: list[float] = marks) -> None:
            if isinstance(event, EpochEnd):
                marks.append(time.perf_counter())

        begin = time.perf_counter()
        trained = Session(work.project, work.data, on_event=told).run()
        rows["engine_result"].append(time.perf_counter() - begin)
        rows["engine_first"].append(marks[0] - begin)
        rows["engine"].append(marks[-1] - begin)
        rows["engine_loss"].append(trained.history["loss"][-1])
    medians = {key: statistics.median(values) for key, values in rows.items()}
    return {
        "epochs": work.epochs,
        **{f"{key}_s" if "loss" not in key else key: round(v, 5) for key, v in medians.items()},
        "times_fit": round(medians["fit"] / medians["engine"], 2),
        "times_fit_first_epoch": round(medians["fit_first"] / medians["engine_first"], 2),
    }


def steady(work: Workload, rounds: int, seconds: float) -> dict[str, Any]:
    """Milliseconds an epoch once everything is compiled, in turns."""
    fit = Fit(work)
    fit.epochs(2)
    graph = work.project.graph
    train = work.data.train
    loop = (
        epoch_of(work.name, train.x.get("input"), train.y[graph.outputs[0]],
                 work.project.training.batch_size)
        if work.torch else None
    )  # fmt: skip
    if loop is not None:
        loop()
    jax = jax_epoch_of(
        work.name, train.x.get("input"), train.y[graph.outputs[0]], work.project.training.batch_size
    )
    if jax is not None:
        jax()
    engine = Engine(work)
    engine.warm(60)
    times: dict[str, list[float]] = {"fit": [], "engine": [], "torch": [], "jax": [], "floor": []}
    work_of_an_epoch = multiply_adds(fit.model) * len(train.y[graph.outputs[0]])
    for _ in range(rounds):
        times["floor"].append(work_of_an_epoch / matrix_speed())
        times["engine"].append(engine.turn(seconds))
        times["fit"].append(statistics.median(fit.epochs(2)))
        if loop is not None:
            times["torch"].append(statistics.median([loop(), loop()]))
        if jax is not None:
            # As many epochs as the engine's turn, since one may be over before the clock ticks.
            begin, count = time.perf_counter(), 0
            while time.perf_counter() - begin < seconds:
                jax()
                count += 1
            times["jax"].append((time.perf_counter() - begin) / count)
    kind = engine.kind
    engine.close()
    medians = {key: statistics.median(values) for key, values in times.items() if values}
    result: dict[str, Any] = {f"{key}_ms": round(v * 1000, 3) for key, v in medians.items()}
    result["times_fit"] = round(medians["fit"] / medians["engine"], 2)
    result["reach"] = work.reach
    if "torch" in medians:
        result["times_torch"] = round(medians["torch"] / medians["engine"], 2)
    if "jax" in medians:
        result["times_jax"] = round(medians["jax"] / medians["engine"], 2)
    result["times_floor"] = round(medians["engine"] / medians["floor"], 2)
    result["epochs_per_second"] = round(1 / medians["engine"], 1)
    result["compiled"] = kind
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer turns, no fresh runs")
    parser.add_argument("--only", action="append", help="name of a workload")
    parser.add_argument("--rounds", type=int, default=0)
    options = parser.parse_args()
    rounds = options.rounds or (3 if options.quick else 7)
    import keras
    import tensorflow as tf

    load_tensorflow()  # as the program does: it tells XLA how to compile
    result: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "rounds": rounds,
        "workloads": {},
    }
    with tempfile.TemporaryDirectory() as home:
        os.environ["NETBUILDER_HOME"] = home
        for make in ALL:
            if options.only and make.__name__ not in options.only:
                continue
            work = make()
            row = steady(work, rounds, 0.5 if options.quick else 1.5)
            if not options.quick:
                row["fresh"] = fresh(work, work.runs)
            result["workloads"][work.name] = row
            keras.utils.clear_session()
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
