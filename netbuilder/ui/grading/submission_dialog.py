"""Submit work: what goes into the submission, the name once, and the folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QPushButton, QWidget

from netbuilder.core.deployment.site_settings import submission_folder
from netbuilder.core.error_texts import sentences_of, user_error
from netbuilder.core.errors import UserError
from netbuilder.core.grading import submission_writer
from netbuilder.core.grading.submission import SubmissionInfo, check_student_name
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons import library
from netbuilder.core.lessons.lesson import Lesson
from netbuilder.core.lessons.lesson_record import LessonRecord, record_of
from netbuilder.core.wording import join_sentences
from netbuilder.ui.services import jobs
from netbuilder.ui.services.settings import remember, settings
from netbuilder.ui.widgets.file_dialogs import ask_folder
from netbuilder.ui.widgets.keyboard_widgets import Dialog
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, hbox, prepared, vbox
from netbuilder.ui.widgets.question_dialogs import plain_buttons

if TYPE_CHECKING:
    from netbuilder.ui.services.project_store import Edit
    from netbuilder.ui.services.workbench import Workbench

_sentence = sentences_of("grading")


@dataclass(frozen=True)
class SubmissionSource:
    """``words`` describe the submission; ``write(name, folder)`` writes it."""

    words: str
    write: Callable[[str, Path], Path]


def submission_source(workbench: Workbench, stamp: Edit) -> SubmissionSource:
    """Return a window's current work; ``stamp`` notes the progress of its lesson."""
    project, base, trained = workbench.store.project, workbench.base, workbench.models.trained
    project = stamp(project)
    if trained is not None:
        trained = replace(trained, project=stamp(trained.project))
    record = record_of(project)
    lesson = _lesson(record, base)
    words = (
        _("Your submission is one .h5 file: your trained network and your name.")
        if trained is not None
        else _sentence("project_submitted")
    )
    steps: tuple[bool, ...] = ()
    if record is not None and lesson is not None:
        steps = tuple(number in record.done for number in range(1, len(lesson.steps) + 1))
        done = sum(steps)
        progress = _sentence("lesson_progress", count=len(steps), lesson=lesson.title, done=done)
        words = join_sentences((words, progress))

    def write(name: str, folder: Path) -> Path:
        info = SubmissionInfo(name, record.name if record is not None else "", steps)
        return submission_writer.write_submission(trained or project, folder, info, base=base)

    return SubmissionSource(words, write)


def _lesson(record: LessonRecord | None, base: Path) -> Lesson | None:
    if record is None:
        return None
    try:
        return library.find_lesson(record.name, base)
    except UserError:
        return None  # a lesson that is no longer there: its name still goes along


_NAME, _FOLDER = "hand-in/name", "hand-in/folder"

#: Writes the file for a name into a folder, off the GUI thread; returns its path.
Write = Callable[[str, Path], Path]


class SubmissionDialog(Dialog):
    """Asks for name and folder, remembers both, and shows what was written or why not."""

    def __init__(self, introduction: str, write: Write, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._write = write
        self.written: Path | None = None
        self.setWindowTitle(_("Submit work"))
        self.setMinimumWidth(max(440, 48 * self.fontMetrics().averageCharWidth()))
        stored = settings()
        school = submission_folder()
        self.name = QLineEdit(str(stored.value(_NAME, "") or ""), self)
        self.name.setPlaceholderText(_("your name or number"))
        self.name.setAccessibleName(_("Your name or number"))
        self.folder = QLineEdit(str(school or stored.value(_FOLDER, "") or Path.home()), self)
        self.folder.setAccessibleName(_("Folder for submissions"))
        self.folder.setReadOnly(bool(school))
        self.choose = QPushButton(_("Choose…"), self)
        self.choose.setVisible(not school)
        self.choose.clicked.connect(self._choose)
        self.words = prepared(QLabel("", self), wordWrap=True, role="complaint")
        self.words.hide()
        form = QFormLayout()
        form.addRow(_("Name"), self.name)
        form.addRow(_("Folder"), hbox((self.folder, 1), self.choose))
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.hand_in = self.buttons.addButton(_("Submit"), QDialogButtonBox.ButtonRole.ActionRole)
        self.hand_in.setDefault(True)
        self.hand_in.clicked.connect(self._hand_in)
        self.buttons.rejected.connect(self.reject)
        self._about = note_label(introduction, self, role="body")
        vbox(self._about, form, self.words, STRETCH, plain_buttons(self.buttons), parent=self)
        self._fit()
        if school is not None:  # in a thread: a share that is gone answers late
            jobs.run_job(school.is_dir, self.choose.setHidden, name="submission folder", owner=self)
        (self.folder if self.name.text() and not school else self.name).setFocus()

    def _choose(self) -> None:
        before = self.folder.text().strip()
        chosen = ask_folder(self, _("Folder for submissions"), Path(before) if before else None)
        if chosen is not None:
            self.folder.setText(str(chosen))

    def _hand_in(self) -> None:
        try:
            name = check_student_name(self.name.text())
            folder = Path(self.folder.text()).expanduser()
            if not folder.is_dir():
                raise user_error("no_such_folder", folder=folder)
        except UserError as error:
            self._say("complaint", str(error))
            return
        self.hand_in.setEnabled(False)
        self._say("note", _("Writing…"))
        remember({_NAME: name, _FOLDER: str(folder)})
        jobs.run_job(
            lambda: self._write(name, folder), self._done, self._failed, name="hand in", owner=self
        )

    def _failed(self, error: Exception) -> None:
        self.hand_in.setEnabled(True)
        self._say("complaint", str(error))

    def _done(self, written: Path) -> None:
        self.written = written
        self._say(
            "body",
            _("✓ Submitted as '{name}'. The file was opened again to check it.", name=written.name),
        )
        self.hand_in.hide()
        close = self.buttons.button(QDialogButtonBox.StandardButton.Cancel)
        close.setText(_("Close"))
        close.setDefault(True)
        close.setFocus()

    def _say(self, role: str, words: str) -> None:
        self.words.setProperty("role", role)
        self.words.style().unpolish(self.words)
        self.words.style().polish(self.words)
        self.words.setText(words)
        self.words.show()
        self._fit()

    def _fit(self) -> None:
        layout = self.layout()
        assert layout is not None
        margins = layout.contentsMargins()
        width = max(self.width(), self.minimumWidth())
        for label in (self._about, self.words):
            high = label.heightForWidth(width - margins.left() - margins.right())
            label.setFixedHeight(max(high, 0))
        layout.activate()
        self.resize(width, layout.sizeHint().height())
