"""How much the program grows a run: the same project again and again, and one that changes.

    python benchmarks/memory.py [headless] [changed] [graph] [xla] [window] [--runs N]
    python benchmarks/memory.py examples [--limit MB]

The same network again and again (headless, window), or another each time: compiled as the program
chooses (changed), never by XLA (graph), or always (xla).

Prints one JSON object; figures in MB of resident memory. ``growth`` is what a run adds, from the
lowest mark of the third quarter of the runs to the lowest of the last: what the first ones bring in
once is no growth, and neither is what a run leaves until a later one collects it. ``kept`` is the
same of the memory that the C library has handed out and not got back (None where it is not glibc):
without its loose pieces, so that a few runs tell a leak. ``compiled`` is how many programs each
way of compiling was asked for, and ``reach`` follows from it: XLA keeps something of each program
for ever. Each part runs in a process of its own.

``examples`` asks what a small machine needs: a window opens on each of three examples, trains as
the example says, evaluates, and saves the ``.h5``, in a process that may take at most ``--limit``
MB of data (RLIMIT_DATA, which also counts what is only reserved). ``peak`` is resident memory.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
#: MB a run may add: where nothing changes, where a graph is traced, where XLA compiles.
SAME, GRAPH, XLA = 0.5, 1.0, 12.0


class _Info(ctypes.Structure):
    """``struct mallinfo2`` of glibc 2.33 and later, see mallinfo(3)."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
            "fordblks", "keepcost",
        )
    ]  # fmt: skip


def memory() -> tuple[float, float | None]:
    """MB that this process has in the machine's memory; and that the C library handed out."""
    gc.collect()
    resident = psutil.Process().memory_info().rss / 1e6
    try:
        ask = ctypes.CDLL(None).mallinfo2
    except (OSError, AttributeError, TypeError):
        return resident, None
    ask.restype = _Info
    info = ask()
    return resident, (info.uordblks + info.hblkhd) / 1e6


def _project(name: str) -> Any:
    from netbuilder.core.folders import resource
    from netbuilder.core.project import files

    return files.read(resource("examples", f"{name}.netbuilder"))


Marks = list[tuple[float, float | None]]


def _growth(marks: list[Any]) -> float | None:
    if marks[-1] is None:
        return None
    quarter = max(1, len(marks) // 4)
    before, last = marks[-2 * quarter : -quarter] or marks, marks[-quarter:]
    return round((min(last) - min(before)) / quarter, 3)


def _summary(marks: Marks, seconds: float, reach: float, **more: Any) -> dict[str, Any]:
    resident, kept = ([mark[number] for mark in marks] for number in range(2))
    return {
        "runs": len(marks),
        "growth": _growth(resident),
        "reach": round(reach, 2),
        "kept": _growth(kept),
        "first": round(resident[0] or 0.0, 1),
        "last": round(resident[-1] or 0.0, 1),
        "seconds_a_run": round(seconds / len(marks), 3),
        **more,
    }


def headless(runs: int, *, changed: bool = False, compilation: Any = "auto") -> dict[str, Any]:
    """The iris example by sessions, one after the other; ``changed``: another network each time."""
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.engine.loop.program import Program
    from netbuilder.core.engine.session import Computation, RunStorage, Session
    from netbuilder.core.process.tensorflow_output import load_tensorflow
    from netbuilder.core.project import edits

    load_tensorflow()
    compiled: Counter[str] = Counter()
    trace = Program._trace

    def counted(program: Program) -> Any:
        compiled[program.kind] += 1
        return trace(program)

    Program._trace = counted  # type: ignore[method-assign]
    project = edits.set_training(_project("iris"), epochs=5)
    dataset = load_dataset(project, Path())
    first = next(node for node in project.graph.nodes if "units" in node.params)
    marks: Marks = []
    begin = time.perf_counter()
    for number in range(runs):
        if number == runs // 2:
            compiled.clear()
        if changed:
            project = edits.set_params(project, first.id, units=8 + number % 100)
        Session(
            project, dataset, storage=RunStorage(record=False), computation=Computation(compilation)
        ).run()
        marks.append(memory())
    by_xla = (compiled["loop"] + compiled["step"]) / max(1, runs - runs // 2)
    reach = GRAPH + min(1.0, by_xla) * (XLA - GRAPH) if changed else SAME
    return _summary(marks, time.perf_counter() - begin, reach, compiled=dict(compiled))


def window(runs: int) -> dict[str, Any]:
    """Train pressed again and again in the window, evaluated after each run as it does."""
    from PySide6.QtCore import QEventLoop, QTimer

    from netbuilder.ui import app
    from netbuilder.ui.main_window import MainWindow

    application = app.make_application(["netbuilder"])
    project = _project("digits")
    window = MainWindow(
        replace(project, training=replace(project.training, epochs=3)), remember=False
    )
    window.show()

    def until(done: Any, seconds: float) -> None:
        loop, timer, end = QEventLoop(), QTimer(), time.monotonic() + seconds
        timer.timeout.connect(lambda: (done() or time.monotonic() > end) and loop.quit())
        timer.start(2)
        loop.exec()
        timer.stop()

    window.workbench.start()
    until(lambda: window.workbench.settled, 120)
    marks: Marks = []
    begin = time.perf_counter()
    for _ in range(runs):
        window.runner.start()
        until(lambda: not window.runner.state.active, 120)
        until(lambda: False, 0.3)
        marks.append(memory())
    seconds = time.perf_counter() - begin
    window.documents.keep_model()
    window.close()
    application.processEvents()
    return _summary(marks, seconds, SAME)


def example(name: str, limit: int) -> dict[str, Any]:
    """The main job in the window, from its start to the ``.h5``, under a limit of ``limit`` MB."""
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (limit * 10**6, limit * 10**6))
    from PySide6.QtCore import QEventLoop, QTimer

    from netbuilder.ui import app
    from netbuilder.ui.main_window import MainWindow

    application = app.make_application(["netbuilder"])
    begin = time.perf_counter()
    window = MainWindow(_project(name), remember=False)
    window.show()

    def until(done: Any) -> None:
        loop, timer, end = QEventLoop(), QTimer(), time.monotonic() + 900
        timer.timeout.connect(lambda: (done() or time.monotonic() > end) and loop.quit())
        timer.start(5)
        loop.exec()
        timer.stop()

    window.workbench.start()
    until(lambda: window.workbench.settled)
    window.runner.start()
    until(
        lambda: (
            not window.runner.state.active and window.workbench.models.state.evaluation is not None
        )
    )
    path = Path(os.environ["NETBUILDER_HOME"]) / f"{name}.h5"
    window.documents.export_to(path).finish()
    until(path.is_file)
    application.processEvents()
    unit = 1 if sys.platform == "darwin" else 1024
    peak = [resource.getrusage(who).ru_maxrss * unit / 1e6
            for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]  # fmt: skip
    return {
        "limit": limit,
        "peak": round(peak[0]),
        "largest_child": round(peak[1]),
        "h5_bytes": path.stat().st_size,
        "seconds": round(time.perf_counter() - begin, 1),
    }


EXAMPLES = ("digits", "sales", "reviews")
PARTS = {
    "headless": headless,
    "changed": lambda runs: headless(runs, changed=True),
    "graph": lambda runs: headless(runs, changed=True, compilation="graph"),
    "xla": lambda runs: headless(runs, changed=True, compilation="loop"),
    "window": window,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=", ".join([*PARTS, "examples"]))
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--limit", type=int, default=3000, help="MB for each of the examples")
    parser.add_argument("--here", action="store_true", help="in this process: one part")
    options = parser.parse_args()
    if options.here:
        os.environ["NETBUILDER_HOME"] = tempfile.mkdtemp(prefix="netbuilder-benchmark-")
        (part,) = options.parts
        found = PARTS[part](options.runs) if part in PARTS else example(part, options.limit)
        print(json.dumps(found))
        sys.stdout.flush()
        os._exit(0)
    result = {}
    asked = options.parts or [*PARTS, "examples"]
    for part in [one for name in asked for one in (EXAMPLES if name == "examples" else (name,))]:
        command = [sys.executable, __file__, part, "--here", "--runs", str(options.runs),
                   "--limit", str(options.limit)]  # fmt: skip
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        result[part] = json.loads(done.stdout.splitlines()[-1])
        # What the terminal would show: TensorFlow's chatter has no place there.
        result[part]["lines_on_stderr"] = len(done.stderr.splitlines())
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
