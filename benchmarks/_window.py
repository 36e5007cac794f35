"""What the benchmarks of the window share: a window on an example, and a clock in its loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


class Loop:
    """Measures the gaps between turns of the event loop."""

    def __init__(self, application: Any) -> None:
        self._app = application
        self.gaps: list[float] = []

    def until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Turn the loop as it turns by itself, with a timer of 1 ms that notes when it comes."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop, last, end = QEventLoop(), time.perf_counter(), time.perf_counter() + seconds

        def tick() -> None:
            nonlocal last
            now = time.perf_counter()
            self.gaps.append(now - last)
            last = now
            if done() or now > end:
                loop.quit()

        timer = QTimer()
        timer.setInterval(1)
        timer.timeout.connect(tick)
        timer.start()
        loop.exec()
        timer.stop()
        return done()

    def summary(self, reach_p99: float | None, reach_longest: float) -> dict[str, Any]:
        """Milliseconds."""
        gaps = sorted(1000 * gap for gap in self.gaps)
        result = {
            "p99_ms": round(gaps[int(0.99 * (len(gaps) - 1))], 2),
            "longest_ms": round(gaps[-1], 2),
            "turns": len(gaps),
            "reach_longest_ms": reach_longest,
        }
        return result if reach_p99 is None else {**result, "reach_p99_ms": reach_p99}


def open_on(name: str, epochs: int) -> tuple[Any, Any]:
    """The application, and a window on an example that trains for so many epochs."""
    from netbuilder.core.folders import resource
    from netbuilder.core.project import edits, files
    from netbuilder.ui import app
    from netbuilder.ui.main_window import MainWindow

    application = app.make_application(["netbuilder"])
    project = files.read(resource("examples", f"{name}.netbuilder"))
    window = MainWindow(edits.set_training(project, epochs=epochs), remember=False)
    window.show()
    return application, window


def built_anew(window: Any) -> None:
    """Wait until the network is built beforehand, as it is where a person presses Train again.

    One network is kept at a time, and a run without the window that came between has taken it.
    """
    window.prebuilding.again()
    Loop(None).until(lambda: window.prebuilding.ready, 60)
    Loop(None).until(lambda: False, 0.5)


def idle_until(done: Callable[[], bool]) -> None:
    """Turn the event loop as the app does: no timer of the benchmark's takes time from it."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop, timer = QEventLoop(), QTimer()
    timer.timeout.connect(lambda: loop.quit() if done() else None)
    timer.start(100)
    loop.exec()
    timer.stop()
