"""Work off the GUI thread, with its answer back on it.

Nothing of Qt is touched by the threads but one signal of one object that lives to the end, and
nothing that they were given goes on them: work and answers may hold widgets, and the last hold on
a widget must be let go on the GUI thread. Qt asks a widget for its class without Python's lock,
and ends the program where the widget goes meanwhile.
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

#: Seconds that work waits at most for the window. Two threads that both want Python's lock draw
#: what a press or a run's end changed two to three times as slowly as one.
_HEAD_START = 0.05
#: Milliseconds in which windows beside each other paint themselves, one a turn.
_PAINTING = 3
#: By so much the system puts work behind the window, where both want a processor.
_NICER = 5


def after_the_window() -> Callable[[], None]:
    """What a thread calls before it works: it waits until the window has drawn what led to it.

    Made on the GUI thread, where the work is asked for. Without an event loop it waits no longer
    than its head start. On Linux, where each thread has a priority, the thread and those that it
    starts (TensorFlow's) then have a lower one than the window: the least of a slice of time that
    they take from a painting is longer than the painting.
    """
    drawn = threading.Event()
    if QCoreApplication.instance() is None:
        drawn.set()
    else:
        QTimer.singleShot(0, lambda: QTimer.singleShot(_PAINTING, drawn.set))

    def begin() -> None:
        drawn.wait(_HEAD_START)
        if sys.platform == "linux":
            behind = min(os.getpriority(os.PRIO_PROCESS, os.getpid()) + _NICER, 19)
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), behind)

    return begin


class _GuiRelay(QObject):
    """Has calls made on the GUI thread, whatever becomes of who asked for them.

    It has no parent and lives to the end: a signal that a thread sends while its sender is taken
    apart on the GUI thread ends the program.
    """

    _come = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._letters: deque[Callable[[], object]] = deque()
        self._scheduled = False  # whether a turn will come that opens the next letter
        self._come.connect(self._schedule_next, Qt.ConnectionType.QueuedConnection)

    def post(self, deliver: Callable[[], object]) -> None:
        """Have ``deliver`` called on the GUI thread; from any thread."""
        self._letters.append(deliver)
        if isValid(self):  # at the program's end Qt is gone before a thread that still works
            self._come.emit()

    def _schedule_next(self) -> None:
        """Have one letter opened a turn of the event loop: what several threads found at once, as
        at a run's end, does not hold up keys and clicks until all of it is drawn."""
        if self._letters and not self._scheduled:
            self._scheduled = True
            QTimer.singleShot(0, self, self._open)

    def _open(self) -> None:
        letter, self._scheduled = self._letters.popleft(), False
        self._schedule_next()  # before it is opened: a dialog that it shows waits for other letters
        letter()


@cache
def _mail() -> _GuiRelay:
    """The one there is; made on the GUI thread by whoever asks first."""
    return _GuiRelay()


def relay_to_gui(owner: QObject, hear: Callable[..., object]) -> Callable[..., None]:
    """What any thread may call in the place of ``hear``, which is then called on the GUI thread.

    Made on the GUI thread. Nothing is heard any more once ``owner`` is gone.
    """
    mail = _mail()

    def deliver(*said: Any) -> None:
        if isValid(owner):
            hear(*said)

    def tell(*said: Any) -> None:
        mail.post(partial(deliver, *said))

    return tell


class Task:
    """A piece of work on its way through a thread and back.

    The thread holds this alone. What is in it is taken out on the GUI thread.
    """

    def __init__(
        self, work: Callable[..., Any], told: Callable[[Any, Any], object], *given: Any
    ) -> None:
        self._work: Callable[..., Any] | None = work
        self._told: Callable[[Any, Any], object] | None = told
        self._given = given
        self._result: Any = None
        self._error: Exception | None = None
        self._mail = _mail()
        self._begin = after_the_window()

    def run(self) -> None:
        """Do it, on a thread of any kind, and have it told on the GUI thread."""
        assert self._work is not None
        self._begin()
        try:
            self._result = self._work(*self._given)
        except Exception as caught:  # noqa: BLE001 - whatever it is, it goes to `told`
            self._error = caught
        if QCoreApplication.instance() is not None:
            self._mail.post(self._hand_over)

    def _hand_over(self) -> None:
        told, result, error = self._told, self._result, self._error
        self._work = self._told = self._result = self._error = None
        self._given = ()
        if told is not None:
            told(result, error)


class Job(QObject):
    """One piece of work in a thread of its own.

    ``done(result)`` and ``failed(exception)`` arrive on the GUI thread, and neither does after
    ``cancel()``. The work itself runs to its end.
    """

    done = Signal(object)
    failed = Signal(object)
    finished = Signal()

    def __init__(self, work: Callable[[], Any], name: str) -> None:
        super().__init__()
        self.cancelled = False  # nobody waits for the answer any more
        task = Task(work, self._deliver)
        self._thread = threading.Thread(target=task.run, name=name, daemon=True)

    def start(self) -> None:
        RUNNING.add(self)
        self._thread.start()

    def cancel(self) -> None:
        self.cancelled = True

    def wait(self, seconds: float | None = None) -> bool:
        """Block until the work has ended; False when the time ran out."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def finish(self) -> bool:
        """Wait with the window painting, but deaf; whether the work was done.

        Only for what must be known before one can go on, such as a save before the window closes.
        """
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


#: Jobs under way: kept alive until their answer has been delivered.
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

    Neither is called once ``owner`` is destroyed: a window or a panel that is gone has nowhere to
    show it.
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
