"""Long reading tells how far it is, to whoever started it, and stops when that one says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _

# (done, of) in the same unit; answers whether to go on.
ProgressListener = Callable[[int, int], bool]
_LISTENER: ContextVar[ProgressListener | None] = ContextVar("listener", default=None)
_WATCHERS: list[ProgressListener] = []


class ReadingCancelledError(DataError):
    """The person stopped the reading; nothing of it was kept."""

    def __init__(self) -> None:
        super().__init__(
            _("Reading the data was stopped."),
            _("Start again to read the data."),
            code="reading_stopped",
            short=_("reading was stopped"),
        )


@contextmanager
def progress_listener(listener: ProgressListener) -> Iterator[None]:
    """What is read in here tells ``listener``; a listener that answers False stops it.

    It holds for this thread, and is called on it.
    """
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def watch_progress(watcher: ProgressListener) -> Callable[[], None]:
    """What is read on any thread that has no listener tells ``watcher``, on that thread.

    Returns:
        What ends it.
    """
    _WATCHERS.append(watcher)

    def end() -> None:
        if watcher in _WATCHERS:
            _WATCHERS.remove(watcher)

    return end


def report_progress(done: int, of: int) -> None:
    """Say how far the reading is.

    Raises:
        CancelledError: the listener wants it to stop.
    """
    listener = _LISTENER.get()
    asked = (listener,) if listener is not None else tuple(_WATCHERS)
    heard = [one(done, of) for one in asked]
    if not all(heard):
        raise ReadingCancelledError
