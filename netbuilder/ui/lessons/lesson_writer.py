"""The window in which a teacher writes a lesson: the text, and beside it what pupils will see."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QPushButton, QScrollArea, QSplitter, QWidget

from netbuilder.core import folders
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.errors import UserError
from netbuilder.core.files.file_names import portable_name
from netbuilder.core.folders import resource, working_folder
from netbuilder.core.formats.paths import rebased
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.lessons.check_words import WORDS
from netbuilder.core.lessons.layer_check import PLACE_WORDS
from netbuilder.core.lessons.lesson import Lesson, LessonError, LessonStep
from netbuilder.core.lessons.lesson_record import with_record
from netbuilder.core.lessons.library import FOLDER
from netbuilder.core.lessons.parse import parse_lesson
from netbuilder.core.project import files
from netbuilder.core.project.atomic import write_bytes
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_list
from netbuilder.ui.lessons.markdown_view import MarkdownView
from netbuilder.ui.widgets.accessible_roles import make_scroll_area_accessible
from netbuilder.ui.widgets.file_dialogs import FileType, ask_save
from netbuilder.ui.widgets.keyboard_widgets import Dialog
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import hbox, prepared, vbox
from netbuilder.ui.widgets.question_dialogs import Unsaved, ask_question, may_discard

_sentence = sentences_of("lessons")

_OWN_START = "start: start.netbuilder"


def start_project_path(path: Path) -> Path:
    """Return the path of the start project of the lesson ``path``."""
    return path.with_name(f"{path.stem}{files.ENDING}")


def lesson_template(project: Project, start: str = "start.netbuilder") -> str:
    """Return the initial text of a new lesson."""
    template = resource("lesson_template.md").read_text("utf-8")
    return template.format(title=project.name or _("My lesson"), start=start)


class LessonWriter(Dialog):
    """Edits a lesson that starts with ``project``; ``base``: folder of its relative paths."""

    def __init__(
        self, project: Project, parent: QWidget | None = None, base: Path | None = None
    ) -> None:
        super().__init__(parent)
        self._project, self._base = project, base if base is not None else working_folder()
        self.lesson: Lesson | None = None
        self.saved: Path | None = None
        self.setWindowTitle(_("New lesson"))
        self.resize(1000, 640)
        self.edit = prepared(QPlainTextEdit(self), tabChangesFocus=True)
        self.edit.setAccessibleName(_("Lesson text"))
        self.edit.setPlainText(lesson_template(project))
        font = self.edit.font()
        font.setFamily("monospace")
        font.setStyleHint(font.StyleHint.Monospace)
        self.edit.setFont(font)
        self.preview = QScrollArea(self)
        make_scroll_area_accessible(self.preview, _("Preview for students"))
        self.preview.setWidgetResizable(True)
        self.preview.setFrameShape(QFrame.Shape.NoFrame)
        self.preview.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        both = QSplitter(Qt.Orientation.Horizontal, self)
        both.addWidget(self.edit)
        both.addWidget(self.preview)
        both.setSizes([560, 460])
        self.complaint = note_label("", self, role="complaint")
        words = note_label(
            _sentence(
                "check_keys", layer_keys=format_list(PLACE_WORDS, 9), keys=format_list(WORDS, 40)
            ),
            self,
        )
        self.go = prepared(QPushButton(_("Go to the line"), self), small=True)
        self.go.clicked.connect(lambda _checked=False: self._go_to_line())
        save = prepared(QPushButton(_("Save the lesson…"), self), role="primary")
        save.clicked.connect(lambda _checked=False: self._ask_save())
        self.save_button = save
        close = QPushButton(_("Close"), self)
        close.clicked.connect(lambda _checked=False: self.reject())
        row = hbox((self.complaint, 1), self.go, close, save)
        vbox((both, 1), words, row, parent=self)
        self._begun = self.edit.toPlainText()
        self._line = 1
        self._soon = QTimer(self, singleShot=True, interval=250)
        self._soon.timeout.connect(self.refresh)
        self.edit.textChanged.connect(self._soon.start)
        self.refresh()

    def refresh(self) -> None:
        try:
            self.lesson = parse_lesson(self.edit.toPlainText(), "lesson", drawn=True)
        except LessonError as error:
            self.lesson = None
            self.complaint.setText(str(error))
            numbers = [part for part in error.what.replace(":", " ").split() if part.isdigit()]
            self._line = int(numbers[0]) if numbers else 1
        else:
            self.complaint.setText("")
            self._show(self.lesson)
        self.go.setVisible(self.lesson is None)
        self.save_button.setEnabled(self.lesson is not None)

    def save_to(self, path: Path) -> None:
        """Write the lesson and its start project; raise ``UserError`` if that fails."""
        text, start = self.edit.toPlainText(), start_project_path(path)
        if _OWN_START in text:
            # Drop the author's progress in another lesson.
            files.write(with_record(self._start_in(path.parent), None), start)
            text = text.replace(_OWN_START, f"start: {start.name}", 1)
        write_bytes(path, text.encode())
        self.saved = path

    def reject(self) -> None:
        """Close, also by Escape; ask first about unsaved text."""
        changed = self.edit.toPlainText() != self._begun
        unsaved = (Unsaved(_("Lesson"), self._ask_save),) if changed else ()
        if may_discard(self, unsaved) and self.isVisible():
            super().reject()

    def _start_in(self, folder: Path) -> Project:
        """Return the project with data paths relative to ``folder``."""
        return rebased(self._project, self._base, folder)

    def _may_replace(self, start: Path) -> bool:
        """Ask before replacing a different project beside the lesson."""
        if _OWN_START not in self.edit.toPlainText() or not start.exists():
            return True
        try:
            if files.read(start) == self._start_in(start.parent):
                return True
        except UserError:
            pass  # no project at all: all the more to be asked about
        question = _sentence("replace_start", name=start.name)
        return (
            ask_question(self, _("Replace the file?"), question, (_("Replace"), _("Cancel")))
            == "Replace"
        )

    def _ask_save(self) -> bool:
        """Save the lesson and close; return whether it was saved."""
        folder = folders.data() / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        name = portable_name(self._project.name.strip().lower().replace(" ", "_"), "-") or "lesson"
        suggested = str(folder / f"{name}.md")
        path = ask_save(self, _("Save the lesson"), suggested, (FileType(_("Lesson"), (".md",)),))
        if path is None or not self._may_replace(start_project_path(path)):
            return False
        try:
            self.save_to(path)
        except UserError as error:
            self.complaint.setText(str(error))
            return False
        self.accept()
        return True

    def _show(self, lesson: Lesson) -> None:
        page = prepared(QWidget(self), role="page")
        minutes = ngettext("{count} minute", "{count} minutes", lesson.minutes)
        head = note_label(f"{_(lesson.level)} · {minutes}", page)
        layout = vbox(note_label(lesson.title, page, role="title"), head, parent=page)
        if lesson.intro:
            layout.addWidget(self._markdown(lesson.intro, page))
        for number, step in enumerate(lesson.steps, 1):
            layout.addWidget(note_label(f"{number}. {step.title}", page, role="sentence"))
            if step.text:
                layout.addWidget(self._markdown(step.text, page))
            question = step.question
            while question is not None:
                words = f"? {question.ask} {' / '.join(question.choices)}"
                layout.addWidget(note_label(words, page, role="body"))
                question = question.another
            if step.hint:
                layout.addWidget(note_label(_("Hint: {hint}", hint=step.hint), page))
            layout.addWidget(note_label(_ticked_by(step), page))
        layout.addStretch(1)
        self.preview.setWidget(page)

    @staticmethod
    def _markdown(text: str, parent: QWidget) -> MarkdownView:
        view = MarkdownView(parent)
        view.show_markdown(text)
        return view

    def _go_to_line(self) -> None:
        block = self.edit.document().findBlockByNumber(self._line - 1)
        self.edit.setTextCursor(QTextCursor(block))
        self.edit.setFocus()


def _ticked_by(step: LessonStep) -> str:
    if step.reading:
        return _("Done once you have read it.")
    parts = [ngettext("{count} check", "{count} checks", len(step.checks))] if step.checks else []
    if step.question is not None:
        parts.append(_("a correct answer"))
    return _("Done when all of these are true: {checks}.", checks=format_list(parts))
