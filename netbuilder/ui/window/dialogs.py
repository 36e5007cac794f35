"""The dialogs of the main window. Each is built when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop, Qt, QTimer, QUrl, SignalInstance
from PySide6.QtGui import QDesktopServices, QKeySequence
from PySide6.QtWidgets import (
    QMenu,
    QMessageBox,
    QWidget,
)

import netbuilder
from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Project
from netbuilder.ui.services import settings
from netbuilder.ui.services.recovery import RecoveredProject
from netbuilder.ui.widgets.question_dialogs import ask_question
from netbuilder.ui.window.action import WindowActions, sequences

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.ui.services.workbench import Workbench
    from netbuilder.ui.window.window_parts import WindowParts

#: So long a stopped run may take before it is asked about.
PATIENCE_MS = 5000
#: Answers about what a crash left. Escape, which is pressed without reading, throws nothing away.
BACK, GO_ON, FORGET, LATER = "Put it back", "Go on training", "Forget it", "Ask me later"


def search_commands(parent: QWidget, actions: WindowActions) -> None:
    """Type what to do."""
    from netbuilder.ui.window.command_search import CommandSearch

    actions.refresh()
    CommandSearch(actions, parent).exec()


def add_recent(menu: QMenu, open_path: Callable[[Path], object]) -> None:
    """Put a menu of the recent files below "Open"; ``open_path`` opens the chosen one."""
    recent = QMenu("Open recent", menu)
    place = menu.actions()[2] if len(menu.actions()) > 2 else None
    menu.insertMenu(place, recent)  # type: ignore[arg-type]

    def fill() -> None:
        recent.clear()
        for path in settings.recent_files():
            entry = recent.addAction(path.name)
            entry.setToolTip(str(path))
            entry.triggered.connect(lambda _checked=False, path=path: open_path(path))
        if recent.isEmpty():
            recent.addAction("No files yet").setEnabled(False)
        else:
            recent.addSeparator()
            recent.addAction("Forget these files", settings.forget_files)

    recent.setToolTipsVisible(True)
    recent.aboutToShow.connect(fill)


def open_submission_dialog(parts: WindowParts) -> None:
    """Ask for the name and the folder, and write the file there."""
    from netbuilder.ui.grading.submission_dialog import SubmissionDialog, submission_source

    work = submission_source(parts.workbench, parts.lessons.stamp)
    SubmissionDialog(work.words, work.write, parts.window).exec()


def open_grade_window(parent: QWidget, open_path: Callable[[Path], object]) -> None:
    """The teacher's window; a pupil's file opens on the canvas through ``open_path``."""
    from netbuilder.ui.grading.grade_window import GradeWindow

    window = GradeWindow(parent)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    window.opened.connect(open_path)
    window.show()


def open_collect_window(
    parent: QWidget, workbench: Workbench, data_path: str, use: Callable[[Path], object]
) -> None:
    """Take samples with camera or microphone; ``use(folder)`` learns from them.

    They lie beside the project's file, or in the user's own folder while there is none.
    """
    from datetime import date

    from netbuilder.core import folders
    from netbuilder.ui.capture.collect_window import CollectWindow

    own = folders.data() / "collected" / date.today().isoformat()
    place = workbench.base if workbench.store.path is not None else own
    current = workbench.base / data_path if data_path else None
    window = CollectWindow(place, parent, current=current)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    window.used.connect(use)
    window.show()


def confirm_stop_training(parent: QWidget, ended: SignalInstance) -> bool:
    """Ask whether the training that runs may be stopped; its own end, ``ended``, answers too."""
    answer = ask_question(
        parent,
        "A training runs",
        "The network is being trained. Stop the training? What it has learned so far is kept, and "
        "can be saved next.",
        ("Stop it", "Go on training"),
        until=ended,
        default="Go on training",
    )
    return answer != "Go on training"


def wait_for_end(parent: QWidget, active: Callable[[], bool], ended: SignalInstance) -> bool:
    """Wait for the end of a run that was told to stop: what it has learned can be saved then.

    Where that takes long it is asked about; False: the window stays.
    """
    loop = QEventLoop()
    ended.connect(loop.quit)
    if active():
        QTimer.singleShot(PATIENCE_MS, loop.quit)
        loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
    ended.disconnect(loop.quit)
    if not active():
        return True
    answer = ask_question(
        parent,
        "The training is not over yet",
        "It was told to stop, and is at something that takes a while. Only when it has ended can "
        "what it has learned be saved: this question goes then.",
        ("Leave without it", "Stay here"),
        until=ended,
        default="Stay here",
    )
    return answer != "Stay here"


def offer_recovery(parent: QWidget, found: RecoveredProject) -> str:
    """Ask whether work that a crash left shall be put back: ``BACK``, ``FORGET`` or ``LATER``."""
    from datetime import datetime

    when = datetime.fromtimestamp(found.time).strftime("%d %B, %H:%M")
    name = found.original.name if found.original else found.project.name
    return ask_question(
        parent,
        "Unsaved work was found",
        f"NetBuilder ended without saving “{name}”. Its last state, of {when}, was kept. "
        "Put it back?",
        (BACK, FORGET, LATER),
    )


def offer_to_go_on(parent: QWidget, project: Project) -> str:
    """Ask whether a training that was cut short shall go on: ``GO_ON``, ``FORGET``, ``LATER``."""
    return ask_question(
        parent,
        "A training was cut short",
        f"NetBuilder ended while “{project.name}” was being trained. It can go on from its last "
        "checkpoint.",
        (GO_ON, FORGET, LATER),
    )


def train_elsewhere(parts: WindowParts) -> None:
    """Ask how many machines, and write the folder for them."""
    from netbuilder.ui.training.train_elsewhere import ElsewhereDialog

    store = parts.store
    ElsewhereDialog(store.project, parts.workbench.base, parts.status.tell, parts.window).exec()


def show_settings(parent: QWidget) -> None:
    """Change what holds for every project."""
    from netbuilder.ui.window.settings_dialog import SettingsDialog

    SettingsDialog(parent).exec()


def show_help(parent: QWidget, actions: WindowActions, word: str = "") -> None:
    """The words of the field, the first steps, gestures and keys; opens on ``word``."""
    from netbuilder.ui.gallery.help_window import TOUR, HelpWindow

    if HelpWindow(FIRST_STEPS, keys_of(actions), word, parent).exec() == TOUR:
        actions["tour"].trigger()


def keys_of(actions: WindowActions) -> list[tuple[str, str]]:
    """What each key does: the action's title, and its first key."""
    rows = []
    for row in actions.rows.values():
        keys = sequences(row.shortcut)
        if keys:
            shown = keys[0].toString(QKeySequence.SequenceFormat.NativeText)
            rows.append((row.title.replace("&", "").rstrip("…"), shown))
    return rows


FIRST_STEPS = """
<h2>From nothing to a trained network</h2>
<ol>
<li><b>Data:</b> choose a built-in set, or a file of your own, in the tab <i>Data</i>.</li>
<li><b>Network:</b> drag layers from the left onto the canvas. Dropped on a wire, a layer goes in
between; dropped below the last one, it is connected. Press <i>Tab</i> on the canvas to add one by
typing.</li>
<li><b>Mend:</b> what is wrong stands beside the layer, in words. Its button mends it.</li>
<li><b>Train:</b> press <i>Train</i> and watch the curves. The learning rate can be changed
meanwhile.</li>
<li><b>Use:</b> see how good it is in <i>Evaluate</i>, ask it in <i>Predict</i>, and save the
<i>.h5</i>: it opens anywhere with <code>keras.models.load_model</code>.</li>
</ol>
<p>Lessons and ready-made networks stand on the start page: <i>Gallery</i>, at the top right.</p>
"""


def show_log(parent: QWidget) -> None:
    """Open the log file, or say that it is empty."""
    from netbuilder.ui.services.unexpected_errors import log_path

    path = log_path()
    if path.exists():
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
    else:
        QMessageBox.information(parent, "Log", "Nothing has gone wrong so far: the log is empty.")


def show_about(parent: QWidget) -> None:
    """Show the version and what it is built on."""
    QMessageBox.about(
        parent,
        "About NetBuilder",
        f"<b>NetBuilder {netbuilder.__version__}</b><p>Draw a neural network, watch it learn, "
        "take the trained .h5 away.</p><p>Built on Keras, TensorFlow, Qt and pyqtgraph. "
        "MIT licence.</p>",
    )


def show_failure(parent: QWidget, words: str, details: str) -> None:
    """Say that something unforeseen went wrong; the details are folded."""
    box = QMessageBox(QMessageBox.Icon.Warning, "Something went wrong", words, parent=parent)
    if details:
        box.setDetailedText(details)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()


def as_user_error(error: Exception, what: str, fix: str) -> UserError:
    """``error`` if it is meant for people, else words for it."""
    return error if isinstance(error, UserError) else UserError(f"{what}: {error}", fix)


def result_words(trained: TrainedModel) -> str:
    """One line about a run that is over."""
    from netbuilder.ui.services.runs.run_progress import duration_sentence, format_results

    words = f"Trained {duration_sentence(trained.epochs, trained.seconds, slowed=trained.slowed)}"
    return f"{words}: {format_results(trained.test)}" if trained.test else f"{words}."
