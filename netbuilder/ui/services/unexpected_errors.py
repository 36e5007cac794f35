"""Catch, log and report unexpected errors instead of crashing."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Signal

from netbuilder.core import folders
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.ui.services import jobs

log = logging.getLogger("netbuilder")


class SharedLogHandler(RotatingFileHandler):
    """Rotates the log by copying: Windows cannot rename a file that another window has open."""

    def rotate(self, source: str, dest: str) -> None:
        try:
            super().rotate(source, dest)
        except OSError:
            with suppress(OSError):
                shutil.copyfile(source, dest)
                os.truncate(source, 0)


def log_path() -> Path:
    """Return the path of the log file."""
    return folders.state() / "netbuilder.log"


class UnexpectedErrors(QObject):
    """Logs uncaught exceptions of every thread, and reports them on the GUI thread."""

    happened = Signal(str, str)  # message, details

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._report = jobs.relay_to_gui(self, self.happened.emit)
        self._old_hook: Callable[..., object] | None = None
        self._old_thread_hook: Callable[..., object] | None = None

    def install(self) -> None:
        if not log.handlers:
            try:
                handler = SharedLogHandler(
                    log_path(), maxBytes=1_000_000, backupCount=1, encoding="utf-8", delay=True
                )
            except OSError:
                return
            handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
            log.addHandler(handler)
        self._old_hook, sys.excepthook = sys.excepthook, self._handle
        self._old_thread_hook, threading.excepthook = threading.excepthook, self._handle_in_thread

    def uninstall(self) -> None:
        if self._old_hook is not None:
            sys.excepthook = self._old_hook
            self._old_hook = None
        if self._old_thread_hook is not None:
            threading.excepthook = self._old_thread_hook
            self._old_thread_hook = None

    def _handle(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        report_unexpected(error, self.happened.emit)

    def _handle_in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            report_unexpected(args.exc_value, self._report)


def report_unexpected(error: BaseException, tell: Callable[[str, str], object]) -> None:
    """Log an error, and call ``tell`` with a message and the details."""
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
