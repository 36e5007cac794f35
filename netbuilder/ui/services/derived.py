"""Values that follow from others, computed off the GUI thread: facts, shapes, previews, answers.

One pool of three threads computes them for the whole window. What a computation was given is
released on the GUI thread, see ``jobs``.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from enum import IntEnum
from functools import cache, partial
from typing import Any

from PySide6.QtCore import QObject, QTimer
from shiboken6 import isValid

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.ui.services.jobs import Task

log = logging.getLogger(__name__)
#: The code of an error that is no `UserError` by itself.
UNEXPECTED = "unexpected_error"
#: After so long a computation shows that it goes on.
SLOW_MS = 500


def for_people(error: Exception) -> UserError:
    """An error as it is told; one that was not foreseen is logged."""
    if isinstance(error, UserError):
        return error
    log.error("a computation failed", exc_info=error)
    return UserError(
        _("An unexpected error occurred: {error}", error=error),
        _("Change your input, or see the log file."),
        code=UNEXPECTED,
    )


class Rank(IntEnum):
    """Who goes first, and how many threads of the pool those of a rank and above it may take."""

    QUICK = 3
    ORDINARY = 2
    BACKGROUND = 1


class _Computation(Task):
    """One computation of a ``Derived``. ``wanted`` turns False once nobody waits for it."""

    def __init__(
        self,
        compute: Callable[..., Any],
        told: Callable[[Any, Any], object],
        inputs: tuple[Any, ...],
        rank: Rank,
    ) -> None:
        super().__init__(compute, told, *inputs)
        self.rank = rank
        self.wanted = True


class _Pool:
    """The threads that compute."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._waiting: list[_Computation] = []
        self._running: list[Rank] = []
        self.here = threading.local()
        for number in range(1, Rank.QUICK + 1):
            threading.Thread(target=self._work, name=f"derived-{number}", daemon=True).start()

    def put(self, computation: _Computation) -> None:
        with self._wake:
            self._waiting.append(computation)
            self._wake.notify_all()

    def withdraw(self, computation: _Computation) -> bool:
        """Take back what has not begun; whether it was so."""
        with self._wake:
            if computation not in self._waiting:
                return False
            self._waiting.remove(computation)
            return True

    def _next(self) -> _Computation | None:
        """The first of the highest rank that may begin now."""
        for one in sorted(self._waiting, key=lambda one: -one.rank):
            if sum(rank <= one.rank for rank in self._running) < one.rank:
                return one
        return None

    def _work(self) -> None:
        while True:
            with self._wake:
                while (computation := self._next()) is None:
                    self._wake.wait()
                self._waiting.remove(computation)
                self._running.append(computation.rank)
            rank, self.here.computation = computation.rank, computation
            computation.run()
            del computation, self.here.computation
            with self._wake:
                self._running.remove(rank)
                self._wake.notify_all()

    @property
    def idle(self) -> bool:
        """Whether nothing is computed or waits for it."""
        with self._wake:
            return not self._waiting and not self._running


@cache
def _pool() -> _Pool:
    return _Pool()


def all_idle() -> bool:
    """Whether every derived value is up to date, for pictures of the window."""
    return _pool().idle


def wanted() -> bool:
    """Whether anybody still waits for what is computed on this thread; a long computation asks."""
    computation = getattr(_pool().here, "computation", None)
    return computation is None or computation.wanted


class Derived:
    """A value that follows from inputs. It is used on the GUI thread alone.

    Of several inputs that are asked for, the newest are answered; those that they overtook may
    stay unanswered.

    Args:
        owner: nothing is told once it is gone.
        compute: makes the value of the inputs, on a thread of the pool; one call at a time.
        found: is told the value; ``inputs`` are its inputs.
        failed: is told why there is none; an error that was not foreseen is logged and wrapped.
        of: what the first input has to be when the answer comes: a stale one is dropped.
        slow: is called where half a second has passed without an answer, to show a sign.
        rank: see ``Rank``. Of rank ``BACKGROUND`` a computation is ``wanted`` no more as soon as
            other inputs are asked for.
    """

    def __init__(
        self,
        owner: QObject,
        compute: Callable[..., Any],
        found: Callable[[Any], object] | None = None,
        failed: Callable[[UserError], object] | None = None,
        *,
        of: Callable[[], object] | None = None,
        slow: Callable[[], object] | None = None,
        rank: Rank = Rank.ORDINARY,
    ) -> None:
        self._owner = owner
        self._compute: Callable[..., Any] | None = compute
        self._found, self._failed, self._of, self._slow = found, failed, of, slow
        self._rank = rank
        self._running: _Computation | None = None
        self._waiting: tuple[Any, ...] | None = None
        self._newest: tuple[Any, ...] | None = None
        self.inputs: tuple[Any, ...] = ()
        owner.destroyed.connect(partial(Derived.stop, self))

    def ask(self, *inputs: Any) -> None:
        """Have the value of these inputs told."""
        if self._compute is None:
            return
        self._newest = self._waiting = inputs
        if self._slow is not None:
            QTimer.singleShot(SLOW_MS, self._owner, partial(self._say_slow, inputs))
        running = self._running
        if running is None or _pool().withdraw(running):
            self._begin()
        elif self._rank is Rank.BACKGROUND:
            running.wanted = False

    def follow(self, *inputs: Any) -> None:
        """As ``ask``, unless that was last asked for the same objects, and did not fail."""
        newest = self._newest
        if newest is None or not _same(newest, inputs):
            self.ask(*inputs)

    def cancel(self) -> None:
        """Have nothing told of what was asked."""
        self._newest = self._waiting = None
        if self._running is not None:
            self._running.wanted = False
            if _pool().withdraw(self._running):
                self._running = None

    def stop(self) -> None:
        """Compute nothing any more."""
        self.cancel()
        self._compute = self._found = self._failed = self._of = self._slow = None

    @property
    def idle(self) -> bool:
        """Whether all has been told that was asked, or is wanted no more."""
        running = self._running
        return self._waiting is None and (running is None or not running.wanted)

    def _say_slow(self, inputs: tuple[Any, ...]) -> None:
        if self._slow is not None and self._newest is inputs and not self.idle:
            self._slow()

    def _begin(self) -> None:
        inputs, self._waiting, self._running = self._waiting, None, None
        if inputs is not None and self._compute is not None:
            told = partial(self._tell, inputs)
            self._running = _Computation(self._compute, told, inputs, self._rank)
            _pool().put(self._running)

    def _tell(self, inputs: tuple[Any, ...], value: Any, error: Exception | None) -> None:
        ended = self._running
        self._begin()
        stale = self._of is not None and self._of() is not inputs[0]
        if (error is not None or stale) and self._newest is inputs:
            self._newest = None
        if stale or ended is None or not ended.wanted or not isValid(self._owner):
            return
        self.inputs = inputs
        if error is None:
            if self._found is not None:
                self._found(value)
            return
        told = for_people(error)
        if self._failed is not None:
            self._failed(told)


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))
