"""What others may ask of a running session, from any thread."""

from __future__ import annotations

import ctypes
import math
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from types import FrameType
from typing import Any, Generic, Literal, TypeVar

from numpy.typing import NDArray

from netbuilder.core.errors import TrainingError
from netbuilder.core.i18n import gettext as _

Unit = Literal["epochs", "steps"]

# Duration of a slow run's chunk, short enough for an even curve and 30 pictures a second.
_CHUNK_SECONDS = 0.02
# Part of a run's time that follows its loss; the rest follows its epochs.
_FALL_SHARE = 0.6
# Weight of the newest step in the mean of the losses.
_NEWEST = 0.1


class Stopwatch:
    """A clock that can be paused, in seconds."""

    def __init__(self) -> None:
        self._before = 0.0
        self._since: float | None = None

    @property
    def seconds(self) -> float:
        """Return the seconds so far."""
        return self._before + (0.0 if self._since is None else time.monotonic() - self._since)

    def set(self, seconds: float) -> None:
        """Set the seconds, whether it runs or not."""
        self._before = seconds
        self._since = None if self._since is None else time.monotonic()

    def go(self) -> None:
        """Start it, if it is stopped."""
        if self._since is None:
            self._since = time.monotonic()

    def stand(self) -> None:
        """Stop it."""
        self._before, self._since = self.seconds, None


class LossPace:
    """Spreads a run over ``seconds``, most of them while the loss falls: later nothing moves.

    A state is due by the share of the epochs that are done and by the fall of the smoothed loss, as
    a share of the first one. A run that takes longer does not wait.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.most = 1  # steps of the next chunk
        self._done = math.inf
        self._origin = 0.0, 0.0, 0.0
        self._first = self._mean = self._least = 0.0

    def wait(self, losses: NDArray[Any], done: float, elapsed: float, computed: float) -> float:
        """Return the seconds to wait after a chunk, negative if it is late.

        ``losses``: of the chunk's steps; ``done``: share of the planned epochs that are done, 0 to
        1; ``elapsed``: seconds of the run so far; ``computed``: those of them without waits.
        """
        if done < self._done:  # the first chunk, or the run was rewound
            self._origin = done, elapsed, computed
            self._first = self._mean = self._least = float(losses[0])
        self._done = done
        begin, since, before = self._origin
        self._mean += (1 - (1 - _NEWEST) ** len(losses)) * (float(losses.mean()) - self._mean)
        self._least = min(self._least, self._mean)
        share = (done - begin) / max(1 - begin, 1e-9)
        fall = min((self._first - self._least) / max(abs(self._first), 1e-9), 1.0)
        due = self.seconds * (share + (1 - share) * _FALL_SHARE * fall)
        left = (computed - before) / max(done - begin, 1e-9) * (1 - done)  # at full speed
        rest = min(due, self.seconds - left) - (elapsed - since)
        late = rest < 2 * _CHUNK_SECONDS  # chunks are as short as frames
        self.most = 2 * self.most if late else max(1, self.most // 2)
        return rest


class SpeedLimiter:
    """Belongs to the session's thread. ``slowed``: the run has waited for its chosen speed."""

    def __init__(self) -> None:
        self.slowed = False
        self._rate: float | None = None
        self._unit: Unit = "epochs"
        self._due = 0.0
        self._until: int | None = None

    def set(self, rate: float | None, unit: Unit) -> None:
        """Limit the epochs or steps a second; None: as fast as it goes."""
        self._rate, self._unit = rate, unit
        self._due = time.monotonic()

    def hold(self, seconds: float) -> float:
        """Wait so many seconds from now, unless a paused run goes on by a step; return them."""
        if self._until is not None:
            return 0.0
        self._due, self.slowed = time.monotonic() + seconds, self.slowed or seconds > 0
        return seconds

    def allow(self, position: int) -> None:
        """Let a paused run go on until so many steps are done."""
        self._until = position

    def shift(self, steps: int) -> None:
        """Shift positions by so many steps."""
        self._until = None if self._until is None else self._until + steps

    def forbid(self) -> None:
        """Allow a paused run nothing any more."""
        self._until = None

    def allowed(self, position: int, unfinished: bool) -> bool:
        """Return whether a paused run may go on; ``unfinished``: validation is still to come."""
        return self._until is not None and (position < self._until or unfinished)

    def most(self, position: int, steps_per_epoch: int) -> int | None:
        """Return the most steps of the next chunk; None: any number."""
        if self._until is not None and position < self._until:
            return self._until - position
        speed = self._steps_a_second(steps_per_epoch)
        return None if speed is None else max(1, int(speed * _CHUNK_SECONDS))

    def rest(self, steps: int, steps_per_epoch: int) -> float:
        """Return the seconds to wait after a chunk of ``steps``."""
        speed = self._steps_a_second(steps_per_epoch)
        if speed is None or self._until is not None:
            return 0.0
        time_now = time.monotonic()
        # A run that cannot keep up neither catches up later nor waits.
        seconds = steps / speed
        self._due = max(self._due, time_now - max(_CHUNK_SECONDS, seconds)) + seconds
        self.slowed = self.slowed or self._due > time_now
        return self._due - time_now

    def left(self) -> float:
        """Return the seconds of the wait that are left."""
        return self._due - time.monotonic()

    def _steps_a_second(self, steps_per_epoch: int) -> float | None:
        if self._rate is None:
            return None
        return self._rate * (steps_per_epoch if self._unit == "epochs" else 1)


Result = TypeVar("Result")

# Intervals of polling while waiting, and of repeating an interruption.
_LOOK_SECONDS, _AGAIN_SECONDS = 0.05, 1.0


class StoppedBeforeStartError(TrainingError):
    """The run was stopped while its network was being built."""

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
        self._error: BaseException | None = None
        self._interrupted = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result.append(self._work())
        except (_Interrupted, Exception) as error:  # noqa: BLE001 - raised for whoever waits
            self._error = error

    def wait(self, stopped: Callable[[], bool]) -> Result:
        """Wait for the result; StoppedBeforeStartError if ``stopped`` (polled) or interrupted."""
        while self._thread.is_alive():
            if stopped():
                raise StoppedBeforeStartError
            self._thread.join(_LOOK_SECONDS)
        if self._result:
            return self._result[0]
        # C code that is interrupted raises anything; SystemError was seen.
        if self._interrupted or self._error is None:
            raise StoppedBeforeStartError
        raise self._error

    def wait_or_end(self, stopped: Callable[[], bool]) -> Result:
        """Wait as ``wait``; any exception ends the work."""
        try:
            return self.wait(stopped)
        except BaseException:
            self.interrupt()
            raise

    def interrupt(self) -> None:
        """End the work at its next Python instruction; return at once."""
        self._interrupted = True
        threading.Thread(target=self._insist, name="netbuilder-interrupt", daemon=True).start()

    def _insist(self) -> None:
        # Repeated, as a finalizer, say, swallows the first.
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
    """Requests that the session handles between two chunks.

    ``paused``, ``ending``: what is requested; ``discarding``: the run is to have no record.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._commands: deque[Callable[[], None]] = deque()
        self.paused = False
        self.ending: Ending = ""
        self.discarding = False
        self._running = False

    def pause(self) -> None:
        """Pause after the current chunk."""
        with self._changed:
            self.paused = True
            self._changed.notify_all()

    def resume(self) -> None:
        """Go on after a pause."""
        with self._changed:
            self.paused = False
            self._changed.notify_all()

    def end(self, how: Ending, *, discard: bool = False) -> None:
        """End after the chunk, or the epoch; ``discard``: without a record."""
        with self._changed:
            self.discarding |= discard
            if self.ending != "now":
                self.ending = how
            if how == "epoch":
                self.paused = False
            self._changed.notify_all()

    def post(self, command: Callable[[], None]) -> None:
        """Queue ``command`` for the session's thread."""
        with self._changed:
            self._commands.append(command)
            self._changed.notify_all()

    def begin(self) -> None:
        """Begin a run; requests since the end of the last one apply to it."""
        with self._changed:
            self._running = True

    def finish(self) -> None:
        """End the run and drop its requests."""
        with self._changed:
            self._running = False
            self.paused, self.ending, self.discarding = False, "", False

    def forget(self) -> None:
        """Drop a pause or stop that came after the last run had ended; no effect during a run."""
        with self._changed:
            if not self._running:
                self.paused, self.ending, self.discarding = False, "", False

    @property
    def pressing(self) -> bool:
        """Return whether any request is waiting."""
        return self.paused or self.ending == "now" or bool(self._commands)

    @property
    def waiting(self) -> bool:
        """Return whether a command is queued."""
        return bool(self._commands)

    def next_command(self) -> Callable[[], None] | None:
        """Take one command, or None."""
        with self._changed:
            return self._commands.popleft() if self._commands else None

    def rest(self, seconds: float) -> None:
        """Wait so long, or until a request."""
        with self._changed:
            self._changed.wait_for(lambda: self.pressing or self.ending != "", seconds)

    def wait(self, seconds: float | None = None) -> None:
        """Wait while paused, until a request."""
        with self._changed:
            self._changed.wait_for(
                lambda: not self.paused or self.ending == "now" or bool(self._commands), seconds
            )
