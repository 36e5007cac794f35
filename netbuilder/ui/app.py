"""Starts the application: the window first, Keras behind it."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QTimer, Signal
from PySide6.QtGui import QFileOpenEvent, QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from netbuilder.core import folders, i18n
from netbuilder.core.deployment.site_settings import site_settings, submission_folder
from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import files
from netbuilder.core.project.model import Project
from netbuilder.core.project.network_data import untrusted_host
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services import crash_detector, jobs, language, settings
from netbuilder.ui.services.garbage_collector import GarbageCollector
from netbuilder.ui.services.unexpected_errors import UnexpectedErrors
from netbuilder.ui.style import theme
from netbuilder.ui.style.motion import still_effects
from netbuilder.ui.window import dialogs
from netbuilder.ui.window.documents import PROJECT_ENDING, empty_project

FIRST_EXAMPLE = "digits.netbuilder"
#: Python's thread switch interval: each call of Qt may switch threads, and with the default of 5 ms
#: painting paused for 0.1 s while a network was traced.
TURN_SECONDS = 0.0005


class Application(QApplication):
    """The application; ``file_requested(path)``: a file was double-clicked on macOS."""

    file_requested = Signal(str)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent) and event.file():
            self.file_requested.emit(event.file())
            return True
        return super().event(event)


def main(path: str | None = None) -> int:
    """Open the window, on a file if given, and run until it is closed."""
    language.start_language()
    name = i18n.language()
    app = make_application(sys.argv)
    failures = UnexpectedErrors()
    failures.install()
    watched = crash_detector.CrashDetector()
    watched.watch()
    settings.recall_motion()
    settings.recall_scheme()
    still_effects()
    window = open_window(Path(path) if path else None)
    if isinstance(app, Application):
        app.file_requested.connect(lambda file: window.documents.open_asking(Path(file)))
    failures.happened.connect(partial(dialogs.show_failure, window))
    window.workbench.keras_changed.connect(lambda _state: _tell_keras_error(window))
    window.show()
    QTimer.singleShot(0, window.workbench.start)
    if path is None:
        window.welcome.show_page()
    elif untrusted_host(window.store.project.data, window.workbench.base):
        QTimer.singleShot(0, lambda: window.documents.open_path(Path(path)))  # which asks
    QTimer.singleShot(0, lambda: look_back(window))
    problem = site_settings().problem
    wrong = (
        UserError(
            problem, _("Tell the administrator of this computer."), code="site_settings_wrong"
        )
        if problem
        else None
    )
    for error in (wrong, folders.problem(), theme.font_error(name)):
        if error is not None:
            window.commands.show_of_machine(error)
    check_submission_folder(window)
    code = app.exec()
    failures.uninstall()
    watched.close()
    exit_process(code)
    return code


def check_submission_folder(window: MainWindow) -> None:
    """Report a school's folder for submissions that is missing; a share may answer late."""
    folder = submission_folder()

    def report(exists: bool) -> None:
        if not exists:
            window.commands.show_of_machine(user_error("submission_folder_missing", folder=folder))

    if folder is not None:
        jobs.run_job(folder.is_dir, report, name="submission folder", owner=window)


def _tell_keras_error(window: MainWindow) -> None:
    """Show why Keras did not load, and what works without it."""
    if (error := window.workbench.keras_error) is not None:
        window.commands.show_of_machine(error)


def exit_process(code: int) -> None:
    """End the process now: a thread inside TensorFlow would crash the interpreter's exit."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # a start without a console has none
            stream.flush()
    os._exit(code)


def make_application(arguments: list[str]) -> QApplication:
    """Return the application in this program's style."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    sys.setswitchinterval(TURN_SECONDS)
    QCoreApplication.setApplicationName("NetBuilder")
    QCoreApplication.setOrganizationName("NetBuilder")
    app = Application(arguments[:1])
    QGuiApplication.setDesktopFileName("netbuilder")
    app.setWindowIcon(QIcon(str(resource("icons", "netbuilder.svg"))))
    app.setStyle("Fusion")
    app.setPalette(theme.palette(theme.colors()))
    language.follow_language(app)
    GarbageCollector(app)
    crash_detector.LockHeartbeat(app)
    return app


def open_window(path: Path | None, *, remember: bool = True) -> MainWindow:
    """Open a window on a file; without one or after an error, on the example.

    ``remember=False`` neither reads nor writes where the panels were.
    """
    if path is None or path.suffix.lower() != PROJECT_ENDING:
        if path is None:
            return MainWindow(_first_project(), remember=remember)
        window = MainWindow(Project(name=path.stem), remember=remember)
        window.documents.open_path(path)
        return window
    try:
        return MainWindow(files.read(path), path.absolute(), remember=remember)
    except UserError as error:
        window = MainWindow(_first_project(), remember=remember)
        window.commands.show_error(error)
        return window


def _first_project() -> Project:
    for file in (resource("examples", FIRST_EXAMPLE), *sorted(resource("examples").glob("*"))):
        if file.suffix == PROJECT_ENDING and file.exists():
            try:
                project = files.read(file)
                return replace(project, name=_(project.name))  # as its card names it
            except UserError:
                continue
    return empty_project()


def look_back(window: MainWindow) -> None:
    """Offer recovered work, and report how earlier processes ended."""
    faults = crash_detector.take_crashes()
    offer_recovery(window)
    if faults:
        window.commands.show_of_machine(
            crash_detector.crash_message(faults[-1]),
            (_("Open the log"), lambda: dialogs.show_log(window)),
        )


def offer_recovery(window: MainWindow) -> None:
    """Ask about edits and trainings that a crash interrupted."""
    window.commands.restore_work()
