"""Signals that ask a command to stop: it saves its work first."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netbuilder.core.engine.session import Session

#: Ctrl+C, and what a shutdown or a batch system sends before it kills.
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_lost: list[int] = []  # Ctrl+C before anything listened


def remember_interrupts() -> None:
    """Raise KeyboardInterrupt at Ctrl+C, and again where a run begins.

    Python drops what is raised in a callback of the garbage collector or of an import.
    """

    def interrupt(number: int, _frame: object) -> None:
        _lost.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)


def stop_session(session: Session) -> None:
    """Stop a run so that it keeps what it learned; before its first step leave it at once.

    Raises:
        KeyboardInterrupt: nothing was learned. Several machines stop together instead.
    """
    session.stop()
    if not session.moved and not session.computation.workers:
        raise KeyboardInterrupt


@contextmanager
def interruptible(stop: Callable[[], object]) -> Iterator[None]:
    """Call ``stop`` at the first Ctrl+C or SIGTERM; a second one ends the program at once.

    Raises:
        KeyboardInterrupt: there was one before.
    """
    if _lost:
        _lost.clear()
        raise KeyboardInterrupt
    previous = {number: signal.getsignal(number) or signal.SIG_DFL for number in _STOP_SIGNALS}

    def restore() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    def interrupt(_number: int, _frame: object) -> None:
        restore()
        stop()

    try:
        for number in _STOP_SIGNALS:
            signal.signal(number, interrupt)
    except ValueError:  # signals reach the main thread only
        yield
        return
    try:
        yield
    finally:
        restore()
