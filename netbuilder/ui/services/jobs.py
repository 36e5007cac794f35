"""Work off the GUI thread, with its answer back on it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, Qt, QThread, Signal
from shiboken6 import isValid


class Job(QObject):
    """One piece of work in a thread of its own.

    ``done(result)`` and ``failed(exception)`` arrive on the GUI thread, and neither does after
    ``cancel()``. The work itself runs to its end.
    """

    done = Signal(object)
    failed = Signal(object)
    finished = Signal()
    _returned = Signal(object, object)

    def __init__(self, work: Callable[[], Any], name: str) -> None:
        super().__init__()
        self._work = work
        self._cancelled = threading.Event()
        self._returned.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self._cancelled.is_set()

    def start(self) -> None:
        """Begin."""
        _RUNNING.add(self)
        self._thread.start()

    def cancel(self) -> None:
        """Drop the answer."""
        self._cancelled.set()

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

    def _run(self) -> None:
        result, error = None, None
        try:
            result = self._work()
        except Exception as caught:  # noqa: BLE001 - whatever it is, it goes to `failed`
            error = caught
        if QCoreApplication.instance() is not None:
            self._returned.emit(result, error)

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


def run(
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


def wait_for_all(seconds: float = 10.0) -> bool:
    """Wait until no job runs, as before the program ends; False when one still does."""
    return all(job.wait(seconds) for job in tuple(_RUNNING))


class _Mail(QObject):
    """Carries what threads found to the GUI thread, whatever becomes of who asked for it.

    It has no parent and lives to the end: a signal that a thread sends while its sender is taken
    apart on the GUI thread ends the program.
    """

    _posted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._posted.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def post(self, deliver: Callable[[], object]) -> None:
        """Have ``deliver`` called on the GUI thread; from any thread."""
        self._posted.emit(deliver)

    def _deliver(self, deliver: Callable[[], object]) -> None:
        deliver()


@cache
def _mail() -> _Mail:
    """The one there is; made on the GUI thread by whoever asks first."""
    return _Mail()


class Latest(QObject):
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
        self._work = work
        self._wake = threading.Condition()
        self._question: Any = None
        # Questions are numbered; those up to `_told` have been answered or overtaken, with the
        # answer delivered and not only found, so that who sees `idle` sees what was found too.
        self._asked = self._taken = self._told = 0
        self._stopped = False
        self._mail = _mail()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()

    @classmethod
    def for_widget(
        cls,
        owner: QObject,
        work: Callable[[Any], Any],
        name: str,
        answered: Callable[[Any, Any], object],
        failed: Callable[[Any, Any], object],
    ) -> Latest:
        """One that tells ``answered`` and ``failed``, and ends with its owner."""
        made = cls(work, name, owner)
        made.answered.connect(answered)
        made.failed.connect(failed)
        owner.destroyed.connect(partial(cls.stop, made))
        return made

    def ask(self, question: Any) -> None:
        """Put a question in the place of the one that waits."""
        with self._wake:
            self._question = question
            self._asked += 1
            self._wake.notify()

    @property
    def idle(self) -> bool:
        """Whether the newest question's answer has been delivered (GUI thread)."""
        return self._told == self._asked

    def stop(self) -> None:
        """End the thread; no answer comes after this."""
        with self._wake:
            self._stopped = True
            self._wake.notify()

    def _loop(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._taken < self._asked or self._stopped)
                if self._stopped:
                    return
                question, self._question = self._question, None
                self._taken = number = self._asked
            answer, error = None, None
            try:
                answer = self._work(question)
            except Exception as caught:  # noqa: BLE001 - whatever it is, it goes to `failed`
                error = caught
            if self._stopped:
                return
            self._mail.post(partial(self._deliver, number, question, answer, error))

    def _deliver(self, number: int, question: object, answer: object, error: object) -> None:
        # Its owner may be gone meanwhile, and with it the signals.
        if self._stopped or not isValid(self):
            return
        self._told = number
        if error is not None:
            self.failed.emit(question, error)
        else:
            self.answered.emit(question, answer)
