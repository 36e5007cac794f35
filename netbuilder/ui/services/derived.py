"""Compute derived values (facts, shapes, previews, predictions) off the GUI thread.

The whole window shares one pool of three threads. Arguments are released on the GUI thread, see
``jobs``.
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

from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.ui.services.jobs import Task

log = logging.getLogger(__name__)
#: Code of errors that are not a `UserError`.
UNEXPECTED = "unexpected_error"
#: Delay before a computation shows that it is running.
SLOW_MS = 500


def for_people(error: Exception) -> UserError:
    """Return a `UserError` for an exception; log it if it is unexpected."""
    if isinstance(error, UserError):
        return error
    log.error("a computation failed", exc_info=error)
    return user_error("unexpected_error", error=error)


class Rank(IntEnum):
    """Priority, and how many pool threads this priority and higher ones may use together."""

    QUICK = 3
    ORDINARY = 2
    BACKGROUND = 1


class _Computation(Task):
    """One computation of a ``Derived``; ``needed`` becomes False when nobody waits for it."""

    def __init__(
        self,
        compute: Callable[..., Any],
        deliver: Callable[[Any, Any], object],
        inputs: tuple[Any, ...],
        rank: Rank,
    ) -> None:
        super().__init__(compute, deliver, *inputs)
        self.rank = rank
        self.needed = True


class _Pool:
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
        """Remove a computation from the queue; return False if it has already started."""
        with self._wake:
            if computation not in self._waiting:
                return False
            self._waiting.remove(computation)
            return True

    def _next(self) -> _Computation | None:
        """Return the computation of the highest rank that may start."""
        for waiting in sorted(self._waiting, key=lambda computation: -computation.rank):
            if sum(rank <= waiting.rank for rank in self._running) < waiting.rank:
                return waiting
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
        with self._wake:
            return not self._waiting and not self._running


@cache
def _pool() -> _Pool:
    return _Pool()


def all_idle() -> bool:
    """Return whether every derived value is up to date, for screenshots."""
    return _pool().idle


def wanted() -> bool:
    """Return whether the result computed on this thread is still needed."""
    computation = getattr(_pool().here, "computation", None)
    return computation is None or computation.needed


class Derived:
    """A value that follows from inputs, for use on the GUI thread.

    Only the latest request is computed; earlier ones may be dropped.

    Args:
        owner: no callbacks after it is destroyed.
        compute: returns the value for the inputs; called on a pool thread, one call at a time.
        found: receives the value; ``inputs`` are its inputs.
        failed: receives the error; an unexpected one is logged and wrapped.
        of: returns what the first input must be on delivery; stale results are dropped.
        slow: called after half a second without a result.
        rank: see ``Rank``; with ``BACKGROUND``, a new request cancels the running one.
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
        self._on_value, self._failed, self._of, self._slow = found, failed, of, slow
        self._rank = rank
        self._running: _Computation | None = None
        self._waiting: tuple[Any, ...] | None = None
        self._newest: tuple[Any, ...] | None = None
        self.inputs: tuple[Any, ...] = ()
        owner.destroyed.connect(partial(Derived.stop, self))

    def ask(self, *inputs: Any) -> None:
        if self._compute is None:
            return
        self._newest = self._waiting = inputs
        if self._slow is not None:
            QTimer.singleShot(SLOW_MS, self._owner, partial(self._report_slow, inputs))
        running = self._running
        if running is None or _pool().withdraw(running):
            self._begin()
        elif self._rank is Rank.BACKGROUND:
            running.needed = False

    def follow(self, *inputs: Any) -> None:
        """Request the value unless it was last requested for the same objects."""
        newest = self._newest
        if newest is None or not _same(newest, inputs):
            self.ask(*inputs)

    def cancel(self) -> None:
        self._newest = self._waiting = None
        if self._running is not None:
            self._running.needed = False
            if _pool().withdraw(self._running):
                self._running = None

    def stop(self) -> None:
        self.cancel()
        self._compute = self._on_value = self._failed = self._of = self._slow = None

    @property
    def idle(self) -> bool:
        running = self._running
        return self._waiting is None and (running is None or not running.needed)

    def _report_slow(self, inputs: tuple[Any, ...]) -> None:
        if self._slow is not None and self._newest is inputs and not self.idle:
            self._slow()

    def _begin(self) -> None:
        inputs, self._waiting, self._running = self._waiting, None, None
        if inputs is not None and self._compute is not None:
            deliver = partial(self._deliver, inputs)
            self._running = _Computation(self._compute, deliver, inputs, self._rank)
            _pool().put(self._running)

    def _deliver(self, inputs: tuple[Any, ...], value: Any, error: Exception | None) -> None:
        computation = self._running
        self._begin()
        stale = self._of is not None and self._of() is not inputs[0]
        if (error is not None or stale) and self._newest is inputs:
            self._newest = None
        if stale or computation is None or not computation.needed or not isValid(self._owner):
            return
        self.inputs = inputs
        if error is None:
            if self._on_value is not None:
                self._on_value(value)
            return
        user_error = for_people(error)
        if self._failed is not None:
            self._failed(user_error)


def _same(inputs: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return len(inputs) == len(other) and all(a is b for a, b in zip(inputs, other, strict=True))
