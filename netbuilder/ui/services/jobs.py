"""Run work on other threads and deliver results on the GUI thread.

Work and results may hold widgets, and the last reference to a widget must be dropped on the GUI
thread: Qt reads a widget's class without the GIL and crashes if the widget is deleted meanwhile.
So threads keep no references, and use only one signal of an object that is never deleted.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from typing import Any

from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, Qt, QThread, QTimer, Signal
from shiboken6 import isValid

#: Seconds that work waits at most for the window to paint: sharing the GIL would make it two to
#: three times slower.
_HEAD_START = 0.05
#: Milliseconds for several windows to paint.
_PAINTING = 3
#: Niceness that work has over the window.
_NICER = 5


def after_the_window() -> Callable[[], None]:
    """Return a function that a worker calls first: it waits until the window has painted.

    Call this on the GUI thread. On Linux, the worker and the threads that it starts (TensorFlow's)
    also get a lower priority: a single time slice is longer than a repaint.
    """
    drawn = threading.Event()
    if QCoreApplication.instance() is None:
        drawn.set()
    else:
        QTimer.singleShot(0, lambda: QTimer.singleShot(_PAINTING, drawn.set))

    def begin() -> None:
        drawn.wait(_HEAD_START)
        if sys.platform == "linux":
            niceness = min(os.getpriority(os.PRIO_PROCESS, os.getpid()) + _NICER, 19)
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)

    return begin


class _GuiRelay(QObject):
    """Runs calls on the GUI thread, even if the caller is gone.

    It has no parent and is never deleted: a signal sent from a thread while its sender is being
    destroyed crashes the process.
    """

    _posted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._calls: deque[Callable[[], object]] = deque()
        self._scheduled = False
        self._posted.connect(self._schedule_next, Qt.ConnectionType.QueuedConnection)

    def post(self, deliver: Callable[[], object]) -> None:
        """Call ``deliver`` on the GUI thread; callable from any thread."""
        self._calls.append(deliver)
        if isValid(self):  # at exit, Qt is gone before the last thread
            self._posted.emit()

    def _schedule_next(self) -> None:
        """Run one call per turn of the event loop, to keep the window responsive."""
        if self._calls and not self._scheduled:
            self._scheduled = True
            QTimer.singleShot(0, self, self._run_next)

    def _run_next(self) -> None:
        call, self._scheduled = self._calls.popleft(), False
        self._schedule_next()  # first, because the call may open a dialog that waits for others
        call()


@cache
def _relay() -> _GuiRelay:
    """Return the relay; the first call must be on the GUI thread."""
    return _GuiRelay()


def relay_to_gui(owner: QObject, receive: Callable[..., object]) -> Callable[..., None]:
    """Return a function for any thread that calls ``receive`` on the GUI thread.

    Call this on the GUI thread. Calls are dropped once ``owner`` is destroyed.
    """
    relay = _relay()

    def deliver(*arguments: Any) -> None:
        if isValid(owner):
            receive(*arguments)

    def tell(*arguments: Any) -> None:
        relay.post(partial(deliver, *arguments))

    return tell


class Task:
    """Work for a thread, whose arguments and result are released on the GUI thread."""

    def __init__(
        self, work: Callable[..., Any], deliver: Callable[[Any, Any], object], *arguments: Any
    ) -> None:
        self._work: Callable[..., Any] | None = work
        self._deliver: Callable[[Any, Any], object] | None = deliver
        self._arguments = arguments
        self._result: Any = None
        self._error: Exception | None = None
        self._relay = _relay()
        self._begin = after_the_window()

    def run(self) -> None:
        assert self._work is not None
        self._begin()
        try:
            self._result = self._work(*self._arguments)
        except Exception as error:  # noqa: BLE001 - delivered
            self._error = error
        if QCoreApplication.instance() is not None:
            self._relay.post(self._finish)

    def _finish(self) -> None:
        deliver, result, error = self._deliver, self._result, self._error
        self._work = self._deliver = self._result = self._error = None
        self._arguments = ()
        if deliver is not None:
            deliver(result, error)


class Job(QObject):
    """One piece of work in its own thread.

    ``done(result)`` and ``failed(exception)`` arrive on the GUI thread, and neither does after
    ``cancel()``; the work itself is not interrupted.
    """

    done = Signal(object)
    failed = Signal(object)
    finished = Signal()

    def __init__(self, work: Callable[[], Any], name: str) -> None:
        super().__init__()
        self.cancelled = False
        task = Task(work, self._deliver)
        self._thread = threading.Thread(target=task.run, name=name, daemon=True)

    def start(self) -> None:
        RUNNING.add(self)
        self._thread.start()

    def cancel(self) -> None:
        self.cancelled = True

    def wait(self, seconds: float | None = None) -> bool:
        """Block until the work has ended; return False on timeout."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def finish(self) -> bool:
        """Wait with the window painting but ignoring input; return whether the work succeeded."""
        loop = QEventLoop()
        outcome: list[bool] = []
        self.done.connect(lambda _result: outcome.append(True))
        self.finished.connect(loop.quit)
        loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
        return bool(outcome)

    def _deliver(self, result: object, error: object) -> None:
        RUNNING.discard(self)
        if not self.cancelled:
            if error is not None:
                self.failed.emit(error)
            else:
                self.done.emit(result)
        self.finished.emit()
        self.deleteLater()


#: Running jobs: kept alive until their result is delivered.
RUNNING: set[Job] = set()


def run_job(
    work: Callable[[], Any],
    done: Callable[[Any], object] | None = None,
    failed: Callable[[Any], object] | None = None,
    *,
    name: str,
    owner: QObject,
) -> Job:
    """Start ``work`` in a thread; call ``done(result)`` or ``failed(exception)`` on this one.

    Neither is called once ``owner`` is destroyed.
    """
    app = QCoreApplication.instance()
    if app is not None and QThread.currentThread() is not app.thread():
        raise RuntimeError("jobs.run belongs to the GUI thread")
    job = Job(work, name)
    if done is not None:
        job.done.connect(done)
    if failed is not None:
        job.failed.connect(failed)
    owner.destroyed.connect(job.cancel)
    job.start()
    return job
