"""When Python collects garbage, and on which thread.

Python collects on whatever thread has just made an object. Widgets in garbage must be freed on the
window's thread, or Qt crashes. So a window takes over (``collect_on_this_thread``): automatic
collection is off, and others request one.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

#: Limit of ``collect``'s wait for the owning thread, which may be waiting for this one.
PATIENCE_SECONDS = 0.3


@dataclass(frozen=True)
class _Owner:
    thread: int
    ask: Callable[[Callable[[], None]], None]


@dataclass
class _State:
    owner: _Owner | None = None
    resting: int = 0
    by_itself: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)


_state = _State()


def collect_on_this_thread(ask: Callable[[Callable[[], None]], None]) -> None:
    """Collect on this thread only; ``ask`` schedules a call on it from any thread."""
    with _state.lock:
        gc.disable()
        _state.owner = _Owner(threading.get_ident(), ask)


@contextmanager
def pause_collection() -> Iterator[None]:
    """Pause the garbage collector.

    Tracing makes very many permanent objects; scanning them repeatedly takes a tenth of its time.
    """
    with _state.lock:
        if not _state.resting:
            _state.by_itself = gc.isenabled()
            gc.disable()
        _state.resting += 1
    try:
        yield
    finally:
        with _state.lock:
            _state.resting -= 1
            if not _state.resting and _state.by_itself and _state.owner is None:
                gc.enable()


def is_paused() -> bool:
    """Return whether ``pause_collection`` is active."""
    return _state.resting > 0


def collect() -> None:
    """Collect all garbage now, or on the owning thread; a busy one is not waited for long."""
    owner = _state.owner
    if owner is None or owner.thread == threading.get_ident():
        gc.collect()
        return
    done = threading.Event()

    def work() -> None:
        gc.collect()
        done.set()

    owner.ask(work)
    done.wait(PATIENCE_SECONDS)
