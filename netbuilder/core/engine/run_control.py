"""What others may ask of a running session, from any thread."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from types import FrameType
from typing import Generic, Literal, TypeVar

from netbuilder.core.errors import TrainingError
from netbuilder.core.i18n import gettext as _

Unit = Literal["epochs", "steps"]

# Of a slow run a chunk is as many steps as this holds, so that the curve moves evenly.
_CHUNK_SECONDS = 0.04
# A run that is spread over a time makes up for a delay of at most so many seconds.
_SLACK_SECONDS = 1.0


class Stopwatch:
    """Seconds by the clock while it goes: what a person waited."""

    def __init__(self) -> None:
        self._before = 0.0
        self._since: float | None = None

    @property
    def seconds(self) -> float:
        """How long it has gone."""
        return self._before + (0.0 if self._since is None else time.monotonic() - self._since)

    def set(self, seconds: float) -> None:
        """Let it show this now, whether it goes or stands."""
        self._before = seconds
        self._since = None if self._since is None else time.monotonic()

    def go(self) -> None:
        """Go on; nothing where it goes already."""
        if self._since is None:
            self._since = time.monotonic()

    def stand(self) -> None:
        """Stand still."""
        self._before, self._since = self.seconds, None


class SpeedLimiter:
    """Belongs to the session's thread. ``slowed``: the run has waited for its chosen speed."""

    def __init__(self) -> None:
        self.slowed = False
        self._rate: float | None = None
        self._unit: Unit = "epochs"
        self._slack = _CHUNK_SECONDS
        self._due = 0.0
        self._until: int | None = None

    def set(self, rate: float | None, unit: Unit) -> None:
        """Go on with so many epochs or steps a second; None: as fast as it goes."""
        self._rate, self._unit, self._slack = rate, unit, _CHUNK_SECONDS
        self._due = time.monotonic()

    def pace(self, epochs_a_second: float) -> None:
        """Go on with another rate, with no wait or rush where it changes; make up for delays."""
        self._rate, self._unit, self._slack = epochs_a_second, "epochs", _SLACK_SECONDS

    def allow(self, position: int) -> None:
        """While the run stands still, let it go on until so many steps are done."""
        self._until = position

    def shift(self, steps: int) -> None:
        """Positions are others by so many steps."""
        self._until = None if self._until is None else self._until + steps

    def forbid(self) -> None:
        """Nothing is allowed any more while the run stands still."""
        self._until = None

    def allowed(self, position: int, unfinished: bool) -> bool:
        """Return whether a paused run may go on; ``unfinished``: validation is still to come."""
        return self._until is not None and (position < self._until or unfinished)

    def most(self, position: int, steps_per_epoch: int) -> int | None:
        """Steps that the next chunk may have; None: any number."""
        if self._until is not None and position < self._until:
            return self._until - position
        speed = self._steps_a_second(steps_per_epoch)
        return None if speed is None else max(1, int(speed * _CHUNK_SECONDS))

    def rest(self, steps: int, steps_per_epoch: int) -> float:
        """Seconds to wait behind a chunk of ``steps``."""
        speed = self._steps_a_second(steps_per_epoch)
        if speed is None or self._until is not None:
            return 0.0
        now = time.monotonic()
        # A run that cannot keep up neither hurries afterwards nor waits.
        wanted = steps / speed
        self._due = max(self._due, now - max(self._slack, wanted)) + wanted
        self.slowed = self.slowed or self._due > now
        return self._due - now

    def left(self) -> float:
        """Seconds of the rest that are left."""
        return self._due - time.monotonic()

    def _steps_a_second(self, steps_per_epoch: int) -> float | None:
        if self._rate is None:
            return None
        return self._rate * (steps_per_epoch if self._unit == "epochs" else 1)


Result = TypeVar("Result")

# How often whoever waits looks whether to go on waiting; when an interruption is tried again.
_LOOK_SECONDS, _AGAIN_SECONDS = 0.05, 1.0


class StoppedBeforeStartError(TrainingError):
    """The network was still being built when the run was stopped."""

    def __init__(self) -> None:
        super().__init__(
            _("The training was stopped before it started."),
            _("Start the training again."),
            code="stopped_before_start",
        )


class _Interrupted(SystemExit):
    """End a thread silently at its next Python instruction."""


class Interruptible(Generic[Result]):
    """Work in a thread of its own, which whoever waits for it may leave at any time.

    Building and tracing a deep network is minutes of Python in Keras and TensorFlow, which check no
    flag. Their thread-local state goes with the thread.
    """

    def __init__(self, work: Callable[[], Result], name: str) -> None:
        import keras  # noqa: F401  # not in the thread, where an import may be interrupted

        self._work = work
        self._result: list[Result] = []
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result.append(self._work())
        except _Interrupted:
            pass
        except Exception as error:  # noqa: BLE001 - it is raised again for whoever waits
            self._error = error

    def wait(self, stopped: Callable[[], bool]) -> Result:
        """Wait for the work's result; ``stopped`` is polled on this thread.

        Raises:
            StoppedBeforeStartError: ``stopped`` is true, or somebody else has interrupted the work.
        """
        while self._thread.is_alive():
            if stopped():
                raise StoppedBeforeStartError
            self._thread.join(_LOOK_SECONDS)
        if self._error is not None:
            raise self._error
        if not self._result:
            raise StoppedBeforeStartError
        return self._result[0]

    def wait_or_end(self, stopped: Callable[[], bool]) -> Result:
        """As ``wait``; whatever ends the waiting ends the work."""
        try:
            return self.wait(stopped)
        except BaseException:
            self.interrupt()
            raise

    def interrupt(self) -> None:
        """End the work as soon as it is in Python again; returns at once."""
        threading.Thread(target=self._insist, name="netbuilder-interrupt", daemon=True).start()

    def _insist(self) -> None:
        # More than once: in a finalizer, say, the first is swallowed.
        while self._thread.is_alive():
            ident = self._thread.ident or 0
            if not _imports(sys._current_frames().get(ident)):
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(ident), ctypes.py_object(_Interrupted)
                )
                self._thread.join(_AGAIN_SECONDS)
            self._thread.join(_LOOK_SECONDS)


def _imports(frame: FrameType | None) -> bool:
    """Return whether a module is being imported: interrupting would leave half of it for good."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


Ending = Literal["", "now", "epoch"]


class RunControl:
    """Wishes that the session attends to between two chunks."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._commands: deque[Callable[[], None]] = deque()
        self._paused = False
        self._ending: Ending = ""
        self._discarding = False
        self._running = False

    def pause(self) -> None:
        """Stand still at the next chance."""
        with self._changed:
            self._paused = True
            self._changed.notify_all()

    def resume(self) -> None:
        """Go on."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    def end(self, how: Ending, *, discard: bool = False) -> None:
        """End at the next chance, or at the end of the epoch; ``discard``: with no record of it."""
        with self._changed:
            self._discarding |= discard
            if self._ending != "now":
                self._ending = how
            if how == "epoch":
                self._paused = False
            self._changed.notify_all()

    def post(self, command: Callable[[], None]) -> None:
        """Have ``command`` called on the session's thread."""
        with self._changed:
            self._commands.append(command)
            self._changed.notify_all()

    def begin(self) -> None:
        """A run begins. What was asked for since the last one ended holds for it."""
        with self._changed:
            self._running = True

    def finish(self) -> None:
        """The run is over, and with it what was asked of it."""
        with self._changed:
            self._running = False
            self._paused, self._ending, self._discarding = False, "", False

    def forget(self) -> None:
        """Drop a pause or stop that came after the last run had ended; no effect during a run."""
        with self._changed:
            if not self._running:
                self._paused, self._ending, self._discarding = False, "", False

    @property
    def paused(self) -> bool:
        """Whether a pause is wished for."""
        return self._paused

    @property
    def ending(self) -> Ending:
        """Whether an end is wished for."""
        return self._ending

    @property
    def discarding(self) -> bool:
        """Whether no record of the run is wanted."""
        return self._discarding

    @property
    def pressing(self) -> bool:
        """Whether anything waits to be attended to."""
        return self._paused or self._ending == "now" or bool(self._commands)

    @property
    def waiting(self) -> bool:
        """Whether a command waits to be called."""
        return bool(self._commands)

    def next_command(self) -> Callable[[], None] | None:
        """Take one command, or None."""
        with self._changed:
            return self._commands.popleft() if self._commands else None

    def rest(self, seconds: float) -> None:
        """Wait so long, or until anything is asked for."""
        with self._changed:
            self._changed.wait_for(lambda: self.pressing or self._ending != "", seconds)

    def wait(self, seconds: float | None = None) -> None:
        """Wait while paused and nothing else is wished for."""
        with self._changed:
            self._changed.wait_for(
                lambda: not self._paused or self._ending == "now" or bool(self._commands), seconds
            )
