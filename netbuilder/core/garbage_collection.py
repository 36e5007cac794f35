"""When Python looks for garbage, and on which thread.

Python does that by itself on whatever thread has just made an object. In the process of a window
the garbage may hold widgets, which must go on the window's thread and nowhere else: one that goes
while Qt asks for its class ends the program. So a window takes the collector over
(``collect_on_this_thread``): Python's own is off from then on, and whoever wants a collection asks
for one.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

#: So long ``collect`` waits for the thread that does it. That thread may wait for this one.
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
    """Collect on this thread alone from now on.

    Args:
        ask: has what it is given called on this thread soon; called from any thread.
    """
    with _state.lock:
        gc.disable()
        _state.owner = _Owner(threading.get_ident(), ask)


@contextmanager
def pause_collection() -> Iterator[None]:
    """Let Python's garbage collector rest.

    Tracing makes hundreds of thousands of objects that stay; going through all of them again and
    again to find garbage takes a tenth of its time.
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
    """Whether somebody is within ``pause_collection``."""
    return _state.resting > 0


def collect() -> None:
    """Find all garbage now.

    Where another thread has taken the collector over, that one does it, and is waited for; not for
    long, since it may be busy: it does it later then.
    """
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
