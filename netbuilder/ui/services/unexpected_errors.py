"""What happens when something goes wrong that nobody foresaw: a log, a message, no crash."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Signal

from netbuilder.core import folders
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.ui.services import jobs

log = logging.getLogger("netbuilder")


def log_path() -> Path:
    """The file to which unforeseen errors are written."""
    return folders.state() / "netbuilder.log"


class UnexpectedErrors(QObject):
    """Catches exceptions of every thread, logs them, and tells the window in its own thread."""

    happened = Signal(str, str)  # what to say, details

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tell = jobs.relay_to_gui(self, self.happened.emit)
        self._old_hook: Callable[..., object] | None = None
        self._old_thread_hook: Callable[..., object] | None = None

    def install(self) -> None:
        """Take the place of Python's own handlers."""
        if not log.handlers:
            try:
                handler = RotatingFileHandler(
                    log_path(), maxBytes=1_000_000, backupCount=1, encoding="utf-8", delay=True
                )
            except OSError:
                return
            handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
            log.addHandler(handler)
        self._old_hook, sys.excepthook = sys.excepthook, self._caught
        self._old_thread_hook, threading.excepthook = threading.excepthook, self._caught_in_thread

    def uninstall(self) -> None:
        """Give Python its own handlers back."""
        if self._old_hook is not None:
            sys.excepthook = self._old_hook
            self._old_hook = None
        if self._old_thread_hook is not None:
            threading.excepthook = self._old_thread_hook
            self._old_thread_hook = None

    def _caught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        report_unexpected(error, self.happened.emit)

    def _caught_in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            report_unexpected(args.exc_value, self._tell)


def report_unexpected(error: BaseException, tell: Callable[[str, str], object]) -> None:
    """Log an error, and tell what happened in words (and, apart, the details)."""
    details = "".join(traceback.format_exception(error))
    if isinstance(error, UserError):
        tell(str(error), "")
        return
    log.error("unforeseen error\n%s", details)
    tell(
        _(
            "Something went wrong inside NetBuilder. Your project is safe: NetBuilder saves it as"
            " you work. The details are in {path}.",
            path=log_path(),
        ),
        details,
    )
