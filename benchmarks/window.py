"""The window's numbers: start, event loop, answers to the hand, curves, cost of looking,
surfaces a second, and how soon the first point of a curve is there.

    python benchmarks/window.py            # all, in under six minutes
    python benchmarks/window.py start curves

Prints a JSON object a line, for each part as it ends.

Runs without a screen (QT_QPA_PLATFORM=offscreen) unless told otherwise. Medians of several
rounds; where two things are compared they take turns.

Speeds waver by a third on a machine that does other things too. On Linux, as root,
``chrt -r 1 python benchmarks/window.py looking views`` goes before all else, and they stay
within some percent; pictures a second and gaps of the event loop are measured without it: in that
class a thread waits until another has had its tenth of a second.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["NETBUILDER_HOME"] = tempfile.mkdtemp(prefix="netbuilder-benchmark-")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks._live_views import first_point, neurons, step_taken_apart, surface, views  # noqa: E402
from benchmarks._window import Loop, idle_until, open_on  # noqa: E402

START = """
import os, sys, time
from netbuilder.ui import app
application = app.make_application(["netbuilder"])
window = app.open_window(None, remember=False)
window.show()
application.processEvents()
heavy = [n for n in ("tensorflow", "keras", "pandas", "sklearn") if n in sys.modules]
print(time.time(), time.process_time(), len(heavy))
sys.stdout.flush()
os._exit(0)
"""


def start(rounds: int = 7) -> dict[str, Any]:
    """From the process's start to the first painted window, with the ready example on it."""
    whole, busy, heavy = [], [], 0
    # As an installed program, which keeps the compiled form of its modules; the first round writes.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    for number in range(rounds + 1):
        begin = time.time()
        done = subprocess.run(
            [sys.executable, "-c", START],
            cwd=ROOT, check=True, capture_output=True, text=True, env=environment,
        )  # fmt: skip
        if not number:
            continue
        painted, cpu, imported = map(float, done.stdout.split())
        whole.append(painted - begin)
        busy.append(cpu)
        heavy = max(heavy, int(imported))
    return {
        "seconds": round(statistics.median(whole), 3),
        "fastest": round(min(whole), 3),
        "processor_seconds": round(statistics.median(busy), 3),
        "heavy_libraries_imported": heavy,
        "reach": 0.45,
    }


#: A run that sends no step for so many seconds has stopped.
QUIET = 0.06


def loading() -> dict[str, Any]:
    """The event loop while TensorFlow loads behind the window (a process of its own)."""
    application, window = open_on("digits", 5)
    Loop(application).until(lambda: False, 0.3)
    loop = Loop(application)
    window.workbench.start()
    loop.until(lambda: window.workbench.keras_state == "ready", 120)
    result = loop.summary(None, 50.0)
    window.documents.keep_model()
    window.close()
    return result


def training(seconds: float = 6.0) -> dict[str, Any]:
    """The event loop while it trains, and how soon each wish of the hand takes effect.

    Pause, resume, rate, best and reset: until the window shows the effect. Stops: until the last
    step has come; that of the epoch may take as long as an epoch does.
    """
    from netbuilder.ui.services.runs.run_record import RunState

    application, window = open_on("digits", 100_000)
    window.workbench.start()
    Loop(application).until(lambda: window.workbench.settled, 120)
    runner = window.runner
    runner.start()
    window.commands.show_panel("training")
    # Warm up: the engine measures and compiles in the first seconds.
    Loop(application).until(lambda: len(runner.record.curves.epochs.get("loss", ())) > 20, 120)
    Loop(application).until(lambda: False, 3.0)
    loop = Loop(application)
    loop.until(lambda: False, seconds)

    def answer(wish: Callable[[], object], done: Callable[[], bool]) -> float:
        Loop(application).until(lambda: False, 0.2)
        begin = time.perf_counter()
        wish()
        Loop(application).until(done, 30)
        return time.perf_counter() - begin

    names = ("pause", "resume", "learning_rate", "best", "reset")
    times: dict[str, list[float]] = {name: [] for name in names}
    for number in range(5):
        times["pause"].append(answer(runner.toggle_pause, lambda: runner.state is RunState.PAUSED))
        times["resume"].append(
            answer(runner.toggle_pause, lambda: runner.state is RunState.RUNNING)
        )
        rate = 0.001 * (1 + number)
        marks = [mark[1] for mark in runner.record.curves.marks]
        times["learning_rate"].append(
            answer(
                lambda rate=rate: runner.changes.set_learning_rate(rate),
                lambda marks=marks: [m[1] for m in runner.record.curves.marks] != marks,
            )
        )
        marked = len(runner.record.curves.marks)
        times["best"].append(
            answer(
                runner.changes.go_back_to_best,
                lambda marked=marked: len(runner.record.curves.marks) > marked,
            )
        )
        steps = len(runner.record.curves.steps["loss"])
        times["reset"].append(
            answer(
                runner.changes.reset_weights,
                lambda steps=steps: len(runner.record.curves.steps.get("loss", ())) < steps,
            )
        )
        Loop(application).until(lambda: runner.record.tracker.best_epoch > 0, 60)
    stops = {}
    for name in ("stop_after_epoch", "stop"):
        if runner.state is RunState.IDLE:
            runner.train_more(100_000)
            Loop(application).until(lambda: runner.state is RunState.RUNNING, 60)
        stops[name] = answer(getattr(runner, name), lambda: not _steps_run(runner)) - QUIET
        Loop(application).until(lambda: runner.state is RunState.IDLE, 60)
    result = {
        "event_loop": loop.summary(16.7, 50.0),
        "answer_seconds": {
            **{name: round(statistics.median(values), 3) for name, values in times.items()},
            **{name: round(value, 3) for name, value in stops.items()},
            "reach": 0.2,
        },
    }
    window.documents.keep_model()
    window.close()
    return result


def _steps_run(runner: Any) -> bool:
    """Whether another step arrived within a while: a run that stopped sends none."""
    from PySide6.QtCore import QCoreApplication

    before, end = len(runner.record.curves.steps["loss"]), time.perf_counter() + QUIET
    while time.perf_counter() < end:
        QCoreApplication.processEvents()
        time.sleep(0.001)
    return len(runner.record.curves.steps["loss"]) != before


def curves(points: int = 1_000_000, rounds: int = 30) -> dict[str, Any]:
    """Redraw of a training curve of so many points and its validation, in milliseconds."""
    import numpy as np
    from PySide6.QtWidgets import QApplication

    from netbuilder.ui import app
    from netbuilder.ui.plots.run_curves import RunCurves
    from netbuilder.ui.training.curve_view import CurveView

    application = app.make_application(["netbuilder"])
    view = CurveView()
    view.resize(430, 330)
    run = RunCurves()
    x = np.linspace(0, 1000, points)
    noise = np.random.default_rng(1).random(points)
    run.add_steps(x, {"loss": 2 / np.sqrt(1 + x) * (0.8 + 0.4 * noise)})
    run.add_epochs("val_loss", np.arange(1, 1001), 2 / np.sqrt(1 + np.arange(1, 1001)))
    view.show()
    view.show_run(run, 1000)
    QApplication.processEvents()
    find, whole = [], []
    for _ in range(rounds):
        begin = time.perf_counter()
        view.plot.redraw()
        middle = time.perf_counter()
        view.plot.viewport().repaint()
        end = time.perf_counter()
        find.append(1000 * (middle - begin))
        whole.append(1000 * (end - begin))
    application.processEvents()
    return {
        "points": points,
        "redraw_ms": round(statistics.median(whole), 2),
        "of_that_choosing_points_ms": round(statistics.median(find), 2),
        "reach_ms": 5.0,
    }


def activations_service(rounds: int = 3, epochs: int = 120) -> dict[str, Any]:
    """Training with the window open and curves live, over the same without a window.

    The run without a window is recorded and has checkpoints as that of the window has. Medians over
    turns that follow each other: ``ratio`` of all of the time, by the clock, ``ratio_of_steps`` of
    that which steps and validation take.
    """
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.engine.session import RunStorage, Session
    from netbuilder.core.folders import resource
    from netbuilder.core.project import edits, files
    from netbuilder.ui.services.runs.run_record import RunState

    project = files.read(resource("examples", "digits.netbuilder"))
    project = edits.set_training(project, epochs=epochs)
    application, window = open_on("digits", epochs)
    window.workbench.start()
    Loop(application).until(lambda: window.workbench.settled, 120)
    window.commands.show_panel("training")
    turns: list[dict[str, Any]] = []

    def headless() -> Any:
        with tempfile.TemporaryDirectory() as folder:
            data = load_dataset(project, Path())
            return Session(project, data, storage=RunStorage(checkpoint_dir=Path(folder))).run()

    def with_window() -> Any:
        window.runner.start(project)
        idle_until(lambda: window.runner.state is RunState.IDLE)
        return window.workbench.models.trained

    for number in range(rounds + 1):
        # One network is kept at a time: the first run of each builds and compiles it anew, since
        # the other took it; the second is that of a person who presses Train again.
        speeds: dict[str, Any] = {}
        for name, run in (("headless", headless), ("window", with_window)):
            run()
            speeds[name] = run()
        if number:  # the first round warms all up
            turns.append(
                {
                    key: (one.epochs / one.seconds, one.steps_per_second)
                    for key, one in speeds.items()
                }
            )
    window.documents.keep_model()
    window.close()

    def ratio(place: int) -> float:
        return statistics.median(one["window"][place] / one["headless"][place] for one in turns)

    return {
        **{
            f"steps_per_second_{name}": round(statistics.median(one[name][1] for one in turns))
            for name in turns[0]
        },
        "ratio": round(ratio(0), 3),
        "ratio_of_steps": round(ratio(1), 3),
        "reach": 0.97,
    }


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "start": start,
    "loading": loading,
    "training": training,
    "curves": curves,
    "looking": activations_service,
    "views": views,
    "surface": surface,
    "neurons": neurons,
    "step_taken_apart": step_taken_apart,
    "first_point": first_point,
}


def main(names: list[str]) -> int:
    """Run the parts, each in a process of its own; print what each has found when it ends."""
    if len(names) == 2 and names[0] == "--part":
        print(json.dumps(PARTS[names[1]]()))
        sys.stdout.flush()
        os._exit(0)
    print(json.dumps({"processors": os.cpu_count(), "load": os.getloadavg()[0]}), flush=True)
    for name in names or list(PARTS):
        begin = time.perf_counter()
        done = subprocess.run(
            [sys.executable, __file__, "--part", name], check=False, capture_output=True, text=True
        )
        lines = done.stdout.strip().splitlines()
        found = json.loads(lines[-1]) if lines else {"error": done.stderr[-2000:]}
        took = round(time.perf_counter() - begin, 1)
        print(json.dumps({name: found, "took_seconds": took}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
