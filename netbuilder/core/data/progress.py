"""Report the progress of long reading to a listener, which can stop it."""

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
    """The person stopped the reading; nothing was stored."""

    def __init__(self) -> None:
        super().__init__(
            _("Reading the data was stopped."),
            _("Start again to read the data."),
            code="reading_stopped",
            short=_("reading was stopped"),
        )


@contextmanager
def progress_listener(listener: ProgressListener) -> Iterator[None]:
    """Report progress of this thread to ``listener``, which stops the reading with False."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def watch_progress(watcher: ProgressListener) -> Callable[[], None]:
    """Report progress of threads without a listener to ``watcher``; return what ends it."""
    _WATCHERS.append(watcher)

    def end() -> None:
        if watcher in _WATCHERS:
            _WATCHERS.remove(watcher)

    return end


def report_progress(done: int, of: int) -> None:
    """Report the progress; raise ReadingCancelledError if the listener stops the reading."""
    listener = _LISTENER.get()
    listeners = (listener,) if listener is not None else tuple(_WATCHERS)
    heard = [listener_function(done, of) for listener_function in listeners]
    if not all(heard):
        raise ReadingCancelledError
