"""What it costs to look, with every live view open, and how soon there is something to see."""

from __future__ import annotations

import statistics
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject

from benchmarks._window import Loop, built_anew, idle_until, open_on


class _PaintCounter(QObject):
    def __init__(self, paints: list[float]) -> None:
        super().__init__()
        self._paints = paints

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self._paints.append(time.perf_counter())
        return False


#: Panels that ask a running training, or draw what it sends.
_PANELS = ("training", "surface", "inside", "compare")


def _open_every_view(window: Any) -> None:
    """All panels beside each other, as on a second screen; a layer opened on the canvas."""
    for name in _PANELS:
        window.docks.show_panel(name, focus=False)
        window.docks.side.detach(name)
        window.docks.pages[name].resize(460, 640)


def views(rounds: int = 3, examples: tuple[tuple[str, int], ...] = (("digits", 120),
                                                                    ("moons", 100_000))
          ) -> dict[str, Any]:  # fmt: skip
    """Training with every live view open, over the same without a window; they take turns.

    ``ratio``: of the epochs a second by the clock, from the first step to the end of the last
    epoch, views and all; ``ratio_of_steps``: of the steps a second that only steps and validation
    count in. Medians over neighbouring turns: a machine that is slow for a minute is so in both.
    ``first_event_loop``: of the first run of the window.
    """
    return {name: _views(name, epochs, rounds) for name, epochs in examples}


def _views(name: str, epochs: int, rounds: int) -> dict[str, Any]:
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.engine.session import RunStorage, Session
    from netbuilder.ui.services.runs.run_record import RunState

    _, window = open_on(name, epochs)
    project = window.store.project
    window.workbench.start()
    Loop(None).until(lambda: window.workbench.settled, 120)
    _open_every_view(window)
    layer = next(n.id for n in project.graph.nodes if n.layer in {"Conv2D", "Dense"})
    looked: list[bool] = []

    def look() -> None:
        if window.sample_view.look is not None and window.canvas.layer_popup.isHidden():
            looked.append(window.canvas.open_layer_popup(layer))

    window.sample_view.changed.connect(look)
    pictures: list[float] = []
    window.docks.pages["surface"].fill().live.picture_ready.connect(
        lambda _picture: pictures.append(time.perf_counter())
    )
    found: dict[str, list[tuple[float, float]]] = {"window": [], "headless": []}
    first, last = Loop(None), Loop(None)
    for number in range(rounds + 2):
        with tempfile.TemporaryDirectory() as folder:
            data = load_dataset(project, Path())
            session = Session(
                project, data, storage=RunStorage(record=True, checkpoint_dir=Path(folder))
            )
            headless = speeds_of(session.run())
        built_anew(window)
        window.runner.start(project)
        measured = {0: first, rounds + 1: last}.get(number)
        if measured is not None:  # the clock in the event loop costs something: by themselves
            measured.until(lambda: window.runner.state is RunState.IDLE, 600)
            continue
        idle_until(lambda: window.runner.state is RunState.IDLE)
        found["window"].append(speeds_of(window.workbench.models.trained))
        found["headless"].append(headless)
    window.documents.keep_model()
    window.close()
    return {
        **{
            f"{what}_{key}": round(statistics.median(one[place] for one in values))
            for place, what in enumerate(("epochs_per_second", "steps_per_second"))
            for key, values in found.items()
        },
        "ratio": _ratio(found, 0),
        "ratio_of_steps": _ratio(found, 1),
        "reach": 0.95,
        "layer_opened": any(looked),
        "pictures": len(pictures),
        "first_event_loop": first.summary(16.7, 50.0),
        "event_loop": last.summary(16.7, 50.0),
    }


def speeds_of(trained: Any) -> tuple[float, float]:
    """Epochs a second by the clock, and steps a second of the time that steps take."""
    return trained.epochs / trained.seconds, trained.steps_per_second


def _ratio(found: dict[str, list[tuple[float, float]]], place: int) -> float:
    pairs = zip(found["window"], found["headless"], strict=True)
    return round(statistics.median(one[place] / other[place] for one, other in pairs), 3)


def surface(seconds: float = 8.0) -> dict[str, Any]:
    """Pictures a second of a surface of 50 × 50 that is seen while a playground network learns."""
    from netbuilder.ui.services.runs.run_record import RunState

    _, window = open_on("moons", 10**7)
    window.workbench.start()
    Loop(None).until(lambda: window.workbench.settled, 120)
    panel = window.docks.show_panel("surface")
    came: list[float] = []
    window.runner.start()
    Loop(None).until(lambda: panel.picture is not None and panel.picture.answered, 60)
    Loop(None).until(lambda: False, 2.0)
    panel.live.picture_ready.connect(lambda _picture: came.append(time.perf_counter()))
    begin, epochs = time.perf_counter(), len(window.runner.record.curves.epochs["loss"])
    idle_until(lambda: time.perf_counter() - begin > seconds)
    spent = time.perf_counter() - begin
    done = len(window.runner.record.curves.epochs["loss"]) - epochs
    pictures = [time.perf_counter()]
    for _ in range(200):
        panel.draw(panel.picture)
        panel.plot.viewport().repaint()
        pictures.append(time.perf_counter())
    window.runner.stop()
    Loop(None).until(lambda: window.runner.state is RunState.IDLE, 60)
    window.documents.keep_model()
    window.close()
    steps = [after - before for before, after in pairwise(pictures)]
    return {
        "pictures_per_second": round(len(came) / spent, 1),
        "reach": 20,
        "epochs_per_second": round(done / spent),
        "draw_ms": round(1000 * statistics.median(steps), 2),
    }


def neurons(turns: int = 4, seconds: float = 3.0) -> dict[str, Any]:
    """Pictures a second of Neurons while a playground network learns: at 12 epochs a second, as
    Watch spreads it, and at full speed; there also the epochs a second over those with the layers
    on show, in turns."""
    from netbuilder.ui.services.runs.run_progress import FULL, Speed
    from netbuilder.ui.services.runs.run_record import RunState

    _, window = open_on("moons", 10**7)
    window.workbench.start()
    Loop(None).until(lambda: window.workbench.settled, 120)
    window.docks.show_panel("training")
    views, runner = window.network_views, window.runner
    paints: list[float] = []

    counter = _PaintCounter(paints)
    views.neurons.drawing.installEventFilter(counter)
    runner.speed.set(Speed("", "", "", 12.0))
    runner.start()
    Loop(None).until(lambda: bool(views.feed.outputs) and bool(paints), 60)
    Loop(None).until(lambda: False, 2.0)
    begin, count = time.perf_counter(), len(paints)
    idle_until(lambda: time.perf_counter() - begin > seconds)
    watched = (len(paints) - count) / (time.perf_counter() - begin)
    runner.speed.set(FULL)
    found: dict[str, list[float]] = {"layers": [], "neurons": []}
    rates = []
    for turn in range(turns):
        for name in list(found)[:: (-1) ** turn]:  # a run slows down as its history grows
            values = found[name]
            views.choose(name)
            Loop(None).until(lambda: False, 1.0)
            epochs, begin, count = runner.record.tracker.epoch, time.perf_counter(), len(paints)
            idle_until(lambda begin=begin: time.perf_counter() - begin > seconds)
            spent = time.perf_counter() - begin
            values.append((runner.record.tracker.epoch - epochs) / spent)
            if name == "neurons":
                rates.append((len(paints) - count) / spent)
    views.choose("neurons")
    times = []
    for _number in range(50):
        begin = time.thread_time()
        views.feed._compute()
        views.neurons.drawing.repaint()
        times.append(time.thread_time() - begin)
    runner.stop()
    Loop(None).until(lambda: runner.state is RunState.IDLE, 60)
    window.documents.keep_model()
    window.close()
    pairs = zip(found["neurons"], found["layers"], strict=True)
    return {
        "pictures_per_second": round(watched, 1),
        "reach": 30,
        "pictures_per_second_at_full_speed": round(statistics.median(rates), 1),
        "ratio_of_epochs": round(statistics.median(one / other for one, other in pairs), 3),
        "ratio_to_reach": 0.95,
        "picture_processor_ms": round(1000 * statistics.median(times), 2),
    }


def step_taken_apart(rounds: int = 10) -> dict[str, Any]:
    """Milliseconds until the page Step has the next step of the digits network, a batch and a row;
    ``first``: with the compilation. In the window: until the next stage is drawn (``stage``, its
    sweep left out), until the numbers of another row are (``chosen_row``), and from Continue at
    Single step until the run has made the step (``step``)."""
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.engine.session import Session
    from netbuilder.core.results.backprop import next_rows, trace_step

    _, window = open_on("digits", 1)
    project = window.store.project
    data = load_dataset(project, Path())
    trained = Session(project, data).run()
    rows, step = next_rows(trained, data), None
    times: dict[str, list[tuple[float, float]]] = {"first": [], "batch": [], "row": []}
    for number in range(2 * rounds + 1):
        kind = "first" if not number else ("batch", "row")[number % 2]
        begin = time.perf_counter(), time.process_time()
        step = trace_step(trained, data, rows[:1] if kind == "row" else rows, step)
        times[kind].append((time.perf_counter() - begin[0], time.process_time() - begin[1]))
    shown = _steps_in_window(window, rounds)
    return (
        {
            f"{kind}_{clock}_ms": round(
                1000 * statistics.median(values[place] for values in taken), 1
            )
            for kind, taken in times.items()
            for place, clock in enumerate(("wall", "processor"))
        }
        | {f"{kind}_ms": round(1000 * statistics.median(taken), 1) for kind, taken in shown.items()}
        | {"reach": 100}
    )


def _steps_in_window(window: Any, rounds: int) -> dict[str, list[float]]:
    """Seconds of what a person does with a step, until it is painted."""
    from netbuilder.ui.services.runs.run_progress import STEP

    window.workbench.start()
    Loop(None).until(lambda: window.workbench.settled, 120)
    panel, runner = window.docks.show_panel("step"), window.runner
    window.network_views.choose("neurons")
    runner.speed.choose(STEP)
    window.commands.train()
    Loop(None).until(lambda: runner.state.paused and panel.trace is not None, 120)
    Loop(None).until(lambda: False, 1.0)
    times: dict[str, list[float]] = {"stage": [], "chosen_row": [], "step": []}
    paints: list[float] = []
    counter = _PaintCounter(paints)
    window.network_views.neurons.drawing.installEventFilter(counter)

    def measure(kind: str, act: Any, done: Any) -> None:
        begin = time.perf_counter()
        act()
        del paints[:]
        Loop(None).until(lambda: bool(paints) and done(), 30)
        times[kind].append(time.perf_counter() - begin)
        Loop(None).until(lambda: False, 1.2)

    for number in range(rounds):
        measure("stage", lambda: panel.show_stage((panel.stage + 1) % 4), lambda: True)
        before = panel.trace
        panel.rows.setCurrentIndex(number + 1)
        measure("chosen_row", panel._ask, lambda before=before: panel.trace is not before)
        steps = len(runner.record.curves.steps["loss"])
        measure(
            "step",
            runner.toggle_pause,
            lambda steps=steps: len(runner.record.curves.steps["loss"]) > steps,
        )
    runner.stop()
    Loop(None).until(lambda: not runner.state.active, 60)
    window.documents.keep_model()
    return times


def first_point(rounds: int = 5) -> dict[str, Any]:
    """Seconds from Train to the first point of the curve, TensorFlow loaded.

    ``first``: the first training of the window, built beforehand while nothing else happened;
    ``again``: without a change; ``changed``: a layer was changed and the window left alone for a
    moment before.
    """
    from netbuilder.core.project import edits
    from netbuilder.ui.services.runs.run_record import RunState

    _, window = open_on("iris", 3)
    window.workbench.start()
    Loop(None).until(lambda: window.workbench.settled, 120)
    window.docks.show_panel("training")
    runner = window.runner

    def press() -> float:
        Loop(None).until(lambda: window.prebuilding.ready, 60)
        Loop(None).until(lambda: False, 0.5)
        seen: list[float] = []

        def point() -> None:
            if (
                not seen
                and runner.record.curves is not None
                and len(runner.record.curves.steps.get("loss", ()))
            ):
                seen.append(time.perf_counter())

        runner.observation.curves_changed.connect(point)
        begin = time.perf_counter()
        runner.start()
        idle_until(lambda: bool(seen) and runner.state is RunState.IDLE)
        runner.observation.curves_changed.disconnect(point)
        return seen[0] - begin

    first = press()
    again = [press() for _ in range(rounds)]
    changed = []
    node = next(n.id for n in window.store.project.graph.nodes if n.layer == "Dense")
    for number in range(rounds):
        window.store.apply("Units", lambda p, n=number: edits.set_params(p, node, units=9 + n))
        changed.append(press())
    return {  # the process ends here: a window with changes would ask about them
        "first": round(first, 3),
        "again": round(statistics.median(again), 3),
        "changed": round(statistics.median(changed), 3),
        "reach": 0.15,
    }
