"""The dialogs of the main window, built when opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop, Qt, QTimer, QUrl, SignalInstance
from PySide6.QtGui import QDesktopServices, QKeySequence
from PySide6.QtWidgets import QMenu, QMessageBox, QTextBrowser, QWidget

import netbuilder
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource, resource_json
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Project
from netbuilder.core.wording import as_sentence, format_moment, labelled
from netbuilder.ui.services import recovery, settings
from netbuilder.ui.services.crash_detector import of_one_process
from netbuilder.ui.services.recovery import OpenLesson, RecoveredProject
from netbuilder.ui.services.runs import interrupted_runs
from netbuilder.ui.widgets.keyboard_widgets import Dialog
from netbuilder.ui.widgets.layouts import prepared, vbox
from netbuilder.ui.widgets.question_dialogs import ask_question
from netbuilder.ui.window.action import WindowActions, sequences

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.ui.window.window_parts import WindowParts

_sentence = sentences_of("window")

#: Time that a stopped run may take before a question.
PATIENCE_MS = 5000
#: Answers about recovered work. Escape discards nothing.
BACK, GO_ON, FORGET, LATER = (
    N_("Restore"),
    N_("Continue training"),
    N_("Discard"),
    N_("Ask me later"),
)


STOP, STAY = N_("Stop training"), N_("Wait")


def search_commands(parent: QWidget, actions: WindowActions) -> None:
    """Open the command search."""
    from netbuilder.ui.window.command_search import CommandSearch

    actions.refresh()
    CommandSearch(actions, parent).exec()


def add_recent(menu: QMenu, open_path: Callable[[Path], object]) -> None:
    """Add a menu of the recent files below "Open"; ``open_path`` opens a file."""
    recent = QMenu(_("Open recent"), menu)
    position = menu.actions()[2] if len(menu.actions()) > 2 else None
    menu.insertMenu(position, recent)  # type: ignore[arg-type]

    def fill() -> None:
        recent.clear()
        for path in settings.recent_files():
            action = prepared(recent.addAction(path.name), toolTip=str(path))
            action.triggered.connect(lambda _checked=False, path=path: open_path(path))
        if recent.isEmpty():
            recent.addAction(_("No recent files")).setEnabled(False)
        else:
            recent.addSeparator()
            recent.addAction(_("Clear the list"), settings.forget_files)

    recent.setToolTipsVisible(True)
    recent.aboutToShow.connect(fill)


def open_submission_dialog(parts: WindowParts) -> None:
    """Ask for name and folder, and write a submission."""
    from netbuilder.ui.grading.submission_dialog import SubmissionDialog, submission_source

    if not parts.store.finish_typing():
        return
    work = submission_source(parts.workbench, parts.lessons.stamp)
    SubmissionDialog(work.words, work.write, parts.window).exec()


def open_grade_window(parent: QWidget, open_path: Callable[[Path], object]) -> None:
    """Open the grading window; ``open_path`` opens a submission on the canvas."""
    from netbuilder.ui.grading.grade_window import GradeWindow

    window = GradeWindow(parent)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    window.opened.connect(open_path)
    window.show()


def open_class_window(parts: WindowParts, present: Callable[[], object]) -> None:
    """Open the class; ``present`` begins the presentation of a pupil's network."""
    from netbuilder.ui.grading.class_window import ClassWindow

    def show_project(project: Project) -> None:
        if parts.documents.may_close():
            parts.documents.show_project(project, None)
            present()

    window = ClassWindow(parts.membership, show_project, parts.window)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    window.show()


def open_collect_window(parts: WindowParts, use: Callable[[Path], object]) -> None:
    """Take samples with camera or microphone; ``use(folder)`` trains on them."""
    from datetime import date

    from netbuilder.core import folders
    from netbuilder.ui.capture.collect_window import CollectWindow

    workbench, documents = parts.workbench, parts.documents
    default_folder = folders.data() / "collected" / date.today().isoformat()
    folder = workbench.base if workbench.store.path is not None else default_folder
    data_path = workbench.store.project.data.path
    current = workbench.base / data_path if data_path else None

    def begin(project: Project) -> bool:
        agreed = documents.may_close()
        if agreed:
            goes_on = parts.lessons.asks_for_data(project.data.kind)
            documents.show_project(parts.lessons.stamp(project) if goes_on else project, None)
        return agreed

    window = CollectWindow(
        folder, workbench, parts.runner, parts.window, begin=begin, current=current
    )
    window.page_requested.connect(partial(documents.export, "web"))
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    window.used.connect(use)
    window.show()


def confirm_stop_training(parent: QWidget, ended: SignalInstance) -> bool:
    """Ask whether to stop the training; its end (``ended``) also answers yes."""
    answer = ask_question(
        parent,
        _("Training in progress"),
        _sentence("stop_and_keep"),
        (_(STOP), _(GO_ON)),
        until=ended,
        default=_(GO_ON),
    )
    return answer != _(GO_ON)


def wait_for_end(parent: QWidget, active: Callable[[], bool], ended: SignalInstance) -> bool:
    """Wait for a stopping run; return False if the user keeps the window open."""
    loop = QEventLoop()
    ended.connect(loop.quit)
    if active():
        QTimer.singleShot(PATIENCE_MS, loop.quit)
        loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
    ended.disconnect(loop.quit)
    if not active():
        return True
    stay = _(STAY)
    answer = ask_question(
        parent,
        _("Training is still stopping"),
        _sentence("finishing_step"),
        (_("Close without them"), stay),
        until=ended,
        default=stay,
    )
    return answer != stay


def offer_recovery(parent: QWidget, recovered: RecoveredProject) -> str:
    """Ask what to do with recovered work: ``BACK``, ``FORGET`` or ``LATER``."""
    from datetime import datetime

    when = format_moment(datetime.fromtimestamp(recovered.time))
    name = recovered.original.name if recovered.original else recovered.project.name
    question = _sentence("closed_before_saved", name=name, when=when)
    return _ask(parent, _("Unsaved work found"), question, (BACK, FORGET, LATER))


def offer_to_go_on(parent: QWidget, project: Project) -> str:
    """Ask what to do with an interrupted training: ``GO_ON``, ``FORGET`` or ``LATER``."""
    question = _sentence("closed_while_trained", name=project.name)
    return _ask(parent, _("Interrupted training"), question, (GO_ON, FORGET, LATER))


def restore_work(
    parts: WindowParts,
    resume: Callable[[OpenLesson], object],
    show_error: Callable[[UserError], object],
) -> bool:
    """Ask about work that a crash left; return whether some was left for later."""
    restored: Path | None = None
    later = False
    for recovered in recovery.find_recovered():
        answer = LATER if restored is not None else offer_recovery(parts.window, recovered)
        if answer == BACK and parts.documents.may_close():
            parts.documents.recover(recovered)
            resume(recovered.lesson)
            restored = recovered.file
        elif answer == FORGET:
            recovery.discard_recovered(recovered)
        else:
            recovery.leave_recovered(recovered)
            later = True
    not_taken: list[interrupted_runs.InterruptedRun] = []
    for run in interrupted_runs.find_interrupted():
        # Restored work is only replaced by its own run, and keeps its later edits.
        same_window = restored is not None and of_one_process(run.folder, restored)
        if parts.runner.state.active or (restored is not None and not same_window):
            interrupted_runs.leave_run(run)
            later = True
            continue
        answer = offer_to_go_on(parts.window, run.project)
        if answer == FORGET:
            interrupted_runs.end_run(run)
        elif answer != GO_ON or not (same_window or parts.documents.may_close()):
            interrupted_runs.leave_run(run)
            later = True
        elif (taken := interrupted_runs.take_over_run(run)) is None:
            not_taken.append(run)
        else:
            if not same_window:
                parts.documents.show_project(run.project, None, folder=run.base, saved=False)
            parts.docks.show_panel("training", focus=False)
            parts.runner.start(interrupted=taken)
    for run in not_taken:  # last, or showing another project would hide the message
        show_error(interrupted_runs.not_taken_sentence(run))
    return later


def _ask(parent: QWidget, title: str, words: str, answers: Iterable[str]) -> str:
    """Ask, and return the untranslated answer; Escape is ``LATER``."""
    translated = {_(answer): answer for answer in answers}
    return translated.get(ask_question(parent, title, words, tuple(translated)), LATER)


def train_elsewhere(parts: WindowParts) -> None:
    """Create a folder for training on other machines."""
    from netbuilder.ui.training.train_elsewhere import ElsewhereDialog

    store = parts.store
    if store.finish_typing():
        ElsewhereDialog(store.project, parts.workbench.base, parts.status.tell, parts.window).exec()


def show_settings(parent: QWidget, actions: WindowActions) -> None:
    """Show the settings dialog."""
    from netbuilder.ui.window.settings_dialog import SettingsDialog

    SettingsDialog(parent, actions).exec()


def show_help(parent: QWidget, actions: WindowActions, word: str = "") -> None:
    """Show glossary, first steps, gestures and keys, opened at ``word``."""
    from netbuilder.ui.gallery.help_window import TOUR, HelpWindow

    if HelpWindow(first_steps(), keys_of(actions), word, parent).exec() == TOUR:
        actions["tour"].trigger()


def keys_of(actions: WindowActions) -> list[tuple[str, str]]:
    """Return the title and the first key of each action."""
    rows = []
    for row in actions.rows.values():
        keys = sequences(row.shortcut)
        if keys:
            key_name = keys[0].toString(QKeySequence.SequenceFormat.NativeText)
            rows.append((row.title.replace("&", "").rstrip("…"), key_name))
    return rows


def first_steps() -> str:
    """Return the first steps as HTML."""
    title = _("From data to a trained network")
    more = _("Lessons and examples are on the start page: <i>Gallery</i>, at the top right.")
    steps = "".join(f"<li>{_(step)}</li>" for step in resource_json("texts.json")["first_steps"])
    return f"<h2>{title}</h2><ol>{steps}</ol><p>{more}</p>"


def show_log(parent: QWidget) -> None:
    """Open the log file, or say that it is empty."""
    from netbuilder.ui.services.unexpected_errors import log_path

    path = log_path()
    if path.exists():
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
    else:
        QMessageBox.information(parent, _("Log"), _("The log is empty: no error has occurred."))


def show_about(parent: QWidget) -> None:
    """Show the version, and the licences on request."""
    words = (
        f"<b>NetBuilder {netbuilder.__version__}</b><p>"
        + _("Draw a neural network, watch it learn and save the trained model.")
        + "</p><p>"
        + _("Built on Keras, TensorFlow, Qt and pyqtgraph. MIT licence.")
        + "</p>"
    )
    box = QMessageBox(QMessageBox.Icon.Information, _("About NetBuilder"), words, parent=parent)
    box.setIconPixmap(parent.windowIcon().pixmap(64))
    box.addButton(QMessageBox.StandardButton.Close)
    licences = box.addButton(_("Show licences…"), QMessageBox.ButtonRole.ActionRole)
    licences.clicked.connect(lambda: show_licences(parent))
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()


def show_licences(parent: QWidget) -> None:
    """List the third-party parts with their licences."""
    dialog = prepared(Dialog(parent), windowTitle=_("Licences"))
    text = prepared(QTextBrowser(dialog), openExternalLinks=True)
    text.setMarkdown(resource("third_party.md").read_text("utf-8"))
    vbox(text, parent=dialog)
    dialog.resize(820, 560)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()


def show_failure(parent: QWidget, words: str, details: str) -> None:
    """Show an unexpected error, with expandable details."""
    box = QMessageBox(QMessageBox.Icon.Warning, _("Something went wrong"), words, parent=parent)
    if details:
        box.setDetailedText(details)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()


def as_user_error(error: Exception, what: str, fix: str) -> UserError:
    """Return a `UserError`, or wrap another exception in one."""
    return error if isinstance(error, UserError) else UserError(labelled(what, str(error)), fix)


def result_sentences(trained: TrainedModel) -> tuple[str, ...]:
    """Return the result of a finished run in one line, then shorter variants."""
    from netbuilder.ui.services.runs.run_progress import duration_sentence, format_results

    results = format_results(trained.test)
    sentences = []
    for slowed in dict.fromkeys((trained.slowed, False)):
        duration = duration_sentence(trained.epochs, trained.seconds, slowed=slowed)
        words = _("Trained {duration}", duration=duration)
        sentences.append(labelled(words, results) if results else as_sentence(words))
    return (*sentences, results) if results else tuple(sentences)
