"""Work off the GUI thread, with its answer back on it.

Nothing of Qt is touched by the threads but one signal of one object that lives to the end, and
nothing that they were given goes on them: work and answers may hold widgets, and the last hold on
a widget must be let go on the GUI thread. Qt asks a widget for its class without Python's lock,
and ends the program where the widget goes meanwhile.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, Qt, QThread, Signal
from shiboken6 import isValid


class _GuiRelay(QObject):
    """Has calls made on the GUI thread, whatever becomes of who asked for them.

    It has no parent and lives to the end: a signal that a thread sends while its sender is taken
    apart on the GUI thread ends the program.
    """

    _come = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._letters: deque[Callable[[], object]] = deque()
        self._come.connect(self._open, Qt.ConnectionType.QueuedConnection)

    def post(self, deliver: Callable[[], object]) -> None:
        """Have ``deliver`` called on the GUI thread; from any thread."""
        self._letters.append(deliver)
        self._come.emit()

    def _open(self) -> None:
        self._letters.popleft()()


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


class _Task:
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

    def run(self) -> None:
        """Do it, on a thread of any kind, and have it told on the GUI thread."""
        assert self._work is not None
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
        self._cancelled = False
        task = _Task(work, self._deliver)
        self._thread = threading.Thread(target=task.run, name=name, daemon=True)

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self._cancelled

    def start(self) -> None:
        """Begin."""
        _RUNNING.add(self)
        self._thread.start()

    def cancel(self) -> None:
        """Drop the answer."""
        self._cancelled = True

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
        _RUNNING.discard(self)
        if not self.cancelled:
            if error is not None:
                self.failed.emit(error)
            else:
                self.done.emit(result)
        self.finished.emit()
        self.deleteLater()


#: Jobs under way: kept alive until their answer has been delivered.
_RUNNING: set[Job] = set()


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


def wait_for_jobs(seconds: float = 10.0) -> bool:
    """Wait until no job runs, as before the program ends; False when one still does."""
    return all(job.wait(seconds) for job in tuple(_RUNNING))


class _RequestQueue:
    """The questions of a ``LatestJob``, and the thread that answers them."""

    def __init__(
        self,
        work: Callable[[Any], Any],
        told: Callable[[int, Any, Any, Any], object],
        name: str,
    ) -> None:
        self._work: Callable[[Any], Any] | None = work
        self._told: Callable[[int, Any, Any, Any], object] | None = told
        self._wake = threading.Condition()
        self._waiting: _Task | None = None
        self._stopped = False
        self._mail = _mail()
        threading.Thread(target=self._loop, name=name, daemon=True).start()

    def ask(self, number: int, question: Any) -> None:
        """Put a question in the place of the one that waits."""
        if self._work is None or self._told is None:
            return
        told = partial(self._told, number, question)
        with self._wake:
            self._waiting = _Task(self._work, told, question)
            self._wake.notify()

    def stop(self) -> None:
        """End the thread, after what it does now."""
        with self._wake:
            self._stopped = True
            self._wake.notify()

    def _loop(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting is not None or self._stopped)
                if self._stopped:
                    break
                task, self._waiting = self._waiting, None
            assert task is not None
            task.run()
            del task
        if QCoreApplication.instance() is not None:
            self._mail.post(self._empty)

    def _empty(self) -> None:
        self._work = self._told = self._waiting = None


class LatestJob(QObject):
    """A thread that answers only the newest of the questions put to it.

    ``ask(question)`` returns at once; ``answered(question, answer)`` or ``failed(question,
    exception)`` follow on the GUI thread. A question that a newer one overtook may stay
    without an answer.
    """

    answered = Signal(object, object)
    failed = Signal(object, object)

    def __init__(
        self, work: Callable[[Any], Any], name: str, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        # Questions are numbered; those up to `_told` have been answered or overtaken, with the
        # answer delivered and not only found, so that who sees `idle` sees what was found too.
        self._asked = self._told = 0
        self._stopped = False
        self._line = _RequestQueue(work, self._deliver, name)

    @classmethod
    def for_widget(
        cls,
        owner: QObject,
        work: Callable[[Any], Any],
        name: str,
        answered: Callable[[Any, Any], object],
        failed: Callable[[Any, Any], object],
    ) -> LatestJob:
        """One that tells ``answered`` and ``failed``, and ends with its owner."""
        made = cls(work, name, owner)
        made.answered.connect(answered)
        made.failed.connect(failed)
        owner.destroyed.connect(partial(cls.stop, made))
        return made

    def ask(self, question: Any) -> None:
        """Put a question in the place of the one that waits."""
        self._asked += 1
        self._line.ask(self._asked, question)

    @property
    def idle(self) -> bool:
        """Whether the newest question's answer has been delivered (GUI thread)."""
        return self._told == self._asked

    def stop(self) -> None:
        """End the thread; no answer comes after this."""
        self._stopped = True
        self._line.stop()

    def _deliver(self, number: int, question: object, answer: object, error: object) -> None:
        # Its owner may be gone meanwhile, and with it the signals.
        if self._stopped or not isValid(self):
            return
        self._told = number
        if error is not None:
            self.failed.emit(question, error)
        else:
            self.answered.emit(question, answer)
