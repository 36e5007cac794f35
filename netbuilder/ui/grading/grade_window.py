"""The teacher's window: drop the folder, see the table fill, open a pupil's network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QModelIndex, QRectF, QSize, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QTableView,
    QWidget,
)

from netbuilder.core.error_texts import sentences_of
from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource, resource_json
from netbuilder.core.grading import rubric as rubrics
from netbuilder.core.grading.grade import (
    common_failure,
    grade_folder,
    skipped_files_sentence,
    submission_files,
)
from netbuilder.core.grading.report import (
    summary_sentences,
    write_feedback,
    write_html,
    write_table,
)
from netbuilder.core.grading.rubric import DEFAULT_RUBRIC, Override, Rubric
from netbuilder.core.grading.scoring import points_sentence, summary_words
from netbuilder.core.grading.submission import FAILED, GRADED, Submission
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.lessons import library
from netbuilder.core.wording import join_sentences
from netbuilder.ui.grading.high_scores import HighScores
from netbuilder.ui.grading.rubric_form import RubricForm
from netbuilder.ui.grading.submissions_model import (
    COLUMNS,
    COMMENT,
    MESSAGE,
    SORT_ROLE,
    STATE,
    SubmissionsModel,
)
from netbuilder.ui.services import jobs
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.column_headers import ColumnHeaders
from netbuilder.ui.widgets.file_dialogs import FileType, ask_folder, ask_open, ask_save
from netbuilder.ui.widgets.keyboard_widgets import Dialog
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, FlowLayout, hbox, prepared, vbox
from netbuilder.ui.widgets.question_dialogs import Unsaved, may_discard

_sentence = sentences_of("grading")

TABLES = (FileType(N_("Table"), (".csv",)), FileType(N_("Excel workbook"), (".xlsx",)))
PAGE = FileType(N_("Web page"), (".html",))
_BY_RESULT = N_("a .toml file (empty: points based on the result)")
_NO_FOLDER = N_("Choose the folder that contains the students' files, or drop it here.")
_NO_DATA: str = resource_json("texts.json")["class"]["no_data"]
_WITH_DATA = N_("Each network is evaluated on the hidden data.")


class DropTarget(QFrame):
    """The area that takes a dropped folder, or one chosen with ``button``."""

    def __init__(self, button: QPushButton, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("drop-target")
        self.words = note_label("", self, role="sentence")
        self.more = note_label("", self, role="empty")
        self.button = button
        layout = vbox(STRETCH, parent=self)
        for label in (self.words, self.more):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(label)
        layout.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)

    def show_folder(self, folder: str) -> None:
        self.button.setVisible(not folder)
        self.words.setText(
            _("Press Grade to grade the files in “{folder}”.", folder=Path(folder).name)
            if folder
            else _("Drop the folder of submissions here")
        )
        self.more.setText(_("You can also drop hidden data, a lesson or a rubric."))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.colors().secondary), 1.5, Qt.PenStyle.DashLine))
            painter.setBrush(QColor(theme.colors().canvas))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)


class GradeWindow(Dialog):
    """Grades a folder; ``opened(path)``: a submission is to be shown on the canvas."""

    opened = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Grade submissions"))
        self.setAcceptDrops(True)
        self.resize(1000, 640)
        self._job: jobs.Job | None = None
        self._stop = False
        self.graded = Path()
        self._rubric: Rubric = DEFAULT_RUBRIC
        self._formed: Rubric | None = None
        self._decided: dict[str, Override] = {}
        self._unwritten = False  # something was decided that stands in no file
        self.folder = self._field(_("Folder of submissions"))
        self.data = self._field(_("Hidden data"))
        self.lesson, self.rubric = self._field(_("Lesson")), self._field(_("Rubric"))
        self.retrain = QCheckBox(_("Retrain each submission"), self)
        self.missing = prepared(QLabel("", self), role="note")
        self.words = QLabel("", self)
        for label in (self.missing, self.words):
            label.setWordWrap(True)
        self.progress = QProgressBar(self)
        self.progress.setTextVisible(False)
        self.progress.hide()
        self.model = SubmissionsModel(self)
        self.model.overridden.connect(self._override)
        self.model.modelReset.connect(self._show_table)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self.model)
        self._sorted.setSortRole(SORT_ROLE)
        # Sorting while typing would move the next field.
        self._sorted.setDynamicSortFilter(False)
        self.table = self._table()
        self.inputs = self._form()
        self.grade_button = self._button(_("Grade"), self._toggle)
        self.grade_button.setProperty("role", "primary")
        self.grade_button.setDefault(True)
        self.after = (
            self._button(_("Open on the canvas"), lambda: self._open(self.table.currentIndex())),
            self._button(_("Save table…"), self._save_table),
            self._button(_("Save page…"), self._save_page),
            self._button(_("Save feedback…"), self._save_feedback),
            self._button(
                _("High scores"), lambda: HighScores(self.model.rows, self._title(), self).exec()
            ),
            self._button(_("Change inputs"), self.inputs.show),
        )
        self.drop = DropTarget(self._button(_("Choose a folder…"), self._choose_folder), self)
        self.shown = QStackedWidget(self)
        self.shown.addWidget(self.drop)
        self.shown.addWidget(self.table)
        self.detail = self._detail()
        buttons, flow = QHBoxLayout(), FlowLayout()  # longer words go on in the next line
        for button in self.after:
            flow.addWidget(button)
        buttons.addLayout(flow, 1)
        buttons.addWidget(self.grade_button)
        vbox(
            self.inputs,
            self.missing,
            self.words,
            self.progress,
            (hbox((self.shown, 1), self.detail), 1),
            buttons,
            parent=self,
        )
        self._follow()

    def _form(self) -> QWidget:
        self.lesson.setPlaceholderText(
            _("name or file of a lesson (empty: the lesson of each submission)")
        )
        self.rubric.setPlaceholderText(_(_BY_RESULT))
        self.rubric.textEdited.connect(self._unform)
        self.folder.setPlaceholderText(_("drop the folder here, or choose it"))
        self.data.setPlaceholderText(_("rows that the students never saw: .csv, … (optional)"))
        box = QWidget(self)
        form = QFormLayout(box)
        form.addRow(_("Submissions"), self._row(self.folder, self._choose_folder))
        form.addRow(_("Hidden data"), self._row(self.data, self._choose_data))
        form.addRow(_("Lesson"), self._row(self.lesson, self._choose_lesson))
        rubric = self._row(self.rubric, self._choose_rubric)
        self.by_form = self._button(_("Fill in a form…"), self._form_rubric)
        rubric.addWidget(self.by_form)
        form.addRow(_("Rubric"), rubric)
        self.retrain.setObjectName("retrain")
        self.retrain.setToolTip(_sentence("retrain_help"))
        form.addRow("", self.retrain)
        return box

    def _table(self) -> QTableView:
        table = QTableView(self)
        table.setModel(self._sorted)
        table.setSortingEnabled(True)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        table.setAccessibleName(_("Submissions"))
        table.setTabKeyNavigation(False)
        table.setWordWrap(False)
        # One line a row: thirty fit a screen, and the whole text stands beside the table.
        table.setStyleSheet("QTableView::item { padding: 0 3px; }")
        table.verticalHeader().hide()
        table.verticalHeader().setMinimumSectionSize(1)
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 3)
        # Stretching would leave no room for the other fields in languages with long words.
        table.setColumnWidth(MESSAGE, 220)
        table.setColumnWidth(COMMENT, 220)
        table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.horizontalHeader().setStretchLastSection(True)
        for column in range(MESSAGE):
            mode = QHeaderView.ResizeMode.ResizeToContents
            table.horizontalHeader().setSectionResizeMode(column, mode)
        ColumnHeaders(table)
        table.sortByColumn(STATE, Qt.SortOrder.DescendingOrder)
        # Not ``activated``: Enter edits points.
        table.doubleClicked.connect(self._open_row)
        self.model.modelReset.connect(self._show_columns)
        self.model.dataChanged.connect(lambda *_at: self._show_columns())
        self.model.rowsInserted.connect(lambda _at, first, _last: self._show_columns(first))
        return table

    def _detail(self) -> QPlainTextEdit:
        detail = QPlainTextEdit(self)
        detail.setReadOnly(True)
        detail.setAccessibleName(_("Selected submission"))
        detail.setMaximumWidth(320)
        self.table.selectionModel().currentRowChanged.connect(self._show_detail)
        self.model.dataChanged.connect(self._show_detail)
        return detail

    def _button(self, words: str, do: Callable[[], object]) -> QPushButton:
        button = prepared(QPushButton(words, self), autoDefault=False)
        button.clicked.connect(lambda _checked=False: do())
        return button

    def _field(self, name: str) -> QLineEdit:
        field = prepared(QLineEdit(self), accessibleName=name)
        field.textChanged.connect(self._follow)
        return field

    def _row(self, field: QLineEdit, choose: Callable[[], None]) -> QHBoxLayout:
        button = QPushButton(_("Choose…"), self)
        button.setAutoDefault(False)
        button.setAccessibleName(_("Choose: {field}", field=field.accessibleName()))
        button.clicked.connect(choose)
        return hbox((field, 1), button)

    def _choose_folder(self) -> None:
        self._take(self.folder, ask_folder(self, _("Folder of submissions")))

    def _choose_data(self) -> None:
        self._take(self.data, ask_open(self, _("Hidden data")))

    def _choose_lesson(self) -> None:
        """Offer the lessons by title; the field contains the lesson's name."""
        menu = QMenu(self)
        for shelf in library.lesson_folders(Path(self.folder.text().strip() or ".")):
            menu.addSection(shelf.title)
            for lesson in shelf.lessons:
                # The user's own lessons are named by file, since names may occur twice.
                own = shelf.folder != resource(library.FOLDER) and lesson.path is not None
                name = str(lesson.path) if own else lesson.name
                menu.addAction(lesson.title, partial(self.lesson.setText, name))
        menu.addSeparator()
        menu.addAction(_("No lesson"), self.lesson.clear)
        menu.exec(self.lesson.mapToGlobal(self.lesson.rect().bottomLeft()))
        menu.deleteLater()

    def _choose_rubric(self) -> None:
        self._take(self.rubric, ask_open(self, _("Rubric"), _("Rubrics (*.toml)")))

    def _form_rubric(self) -> None:
        try:
            form = RubricForm(self._chosen_rubric(), self)
        except UserError as error:
            self._say(str(error), wrong=True)
            return
        if form.exec():
            self._formed = form.rubric
            self.rubric.clear()
            self.rubric.setPlaceholderText(_("from the form: {rubric}", rubric=form.rubric.words))

    def _unform(self) -> None:
        self._formed = None
        self.rubric.setPlaceholderText(_(_BY_RESULT))

    def _chosen_rubric(self) -> Rubric:
        """Return the form's or file's rubric with the table's overrides; may raise UserError."""
        text = self.rubric.text().strip()
        chosen = rubrics.read_rubric(Path(text)) if text else self._formed or DEFAULT_RUBRIC
        return replace(chosen, overrides={**chosen.overrides, **self._decided})

    def _take(self, field: QLineEdit, path: Path | None) -> None:
        if path is not None:
            field.setText(str(path))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take a folder of submissions, a rubric (.toml), a lesson (.md), or data."""
        for url in event.mimeData().urls():
            path = Path(url.toLocalFile())
            fields = {".toml": self.rubric, ".md": self.lesson}
            field = self.folder if path.is_dir() else fields.get(path.suffix.lower(), self.data)
            field.setText(str(path))

    @property
    def running(self) -> bool:
        return self._job is not None

    def _follow(self) -> None:
        ready = bool(self.folder.text().strip())
        with_data = bool(self.data.text().strip())
        self.missing.setText(_(_NO_FOLDER if not ready else _WITH_DATA if with_data else _NO_DATA))
        # Without a folder the drop target says the same.
        self.missing.setVisible(ready and not self.inputs.isHidden())
        self.drop.show_folder(self.folder.text().strip())
        self._show_table()
        self.grade_button.setEnabled(self.running or ready)
        self.grade_button.setText(_("Stop") if self.running else _("Grade"))
        some = bool(self.model.rows) and not self.running
        for button in self.after:
            button.setEnabled(some)

    def _show_table(self) -> None:
        graded = self.running or bool(self.model.rows)
        self.shown.setCurrentWidget(self.table if graded else self.drop)
        self.detail.setVisible(graded)

    def _show_detail(self, *_at: object) -> None:
        place = self._sorted.mapToSource(self.table.currentIndex()).row()
        rows = self.model.rows[place : place + 1] if place >= 0 else []
        texts = [text for row in rows for text in (row.student, row.message, row.comment) if text]
        self.detail.setPlainText("\n\n".join(texts))

    def _show_columns(self, first: int = 0) -> None:
        """Hide columns that are empty in all rows; only rows from ``first`` are new."""
        for number, column in enumerate(COLUMNS):
            filled = any(column.text(row) for row in self.model.rows[first:])
            if filled or not first:
                self.table.setColumnHidden(number, not (filled or column.edit))

    def _toggle(self) -> None:
        if self.running:
            self._stop = True
            self.grade_button.setEnabled(False)
            return
        self.start()

    def start(self) -> None:
        folder, hidden = Path(self.folder.text().strip()), self.data.text().strip()
        data = Path(hidden) if hidden else None
        lesson, retrain = self.lesson.text().strip(), self.retrain.isChecked()
        try:
            files = submission_files(folder)
            if folder != self.graded:
                self._decided = {}  # the same name in another class is another pupil
            self._rubric = self._chosen_rubric()
        except UserError as error:
            self._say(str(error), wrong=True)
            return
        self.graded, self._stop = folder, False
        self.model.show_rows([])
        self.progress.setRange(0, len(files))
        self.progress.setValue(0)
        self.progress.show()
        self._say(
            ngettext("{count} file is graded in its own process.",
                     "{count} files are graded, each in its own process.", len(files))
        )  # fmt: skip

        on_graded = jobs.relay_to_gui(self, self._judged)
        self._job = jobs.run_job(
            lambda: grade_folder(
                folder,
                data,
                lesson,
                rubric=self._rubric,
                retrain=retrain,
                on_progress=on_graded,
                cancelled=lambda: self._stop,
            ),
            self._done,
            self._failed,
            name="grading",
            owner=self,
        )
        self._follow()

    def _judged(self, submission: Submission) -> None:
        # The window may be closed meanwhile.
        if self.running and not self._stop:
            self.model.add(submission)
            self.progress.setValue(len(self.model.rows))

    def _done(self, submissions: list[Submission]) -> None:
        self._end()
        self.model.show_rows(submissions)
        self._sorted.sort(self._sorted.sortColumn(), self._sorted.sortOrder())
        words = _sentence("summary", summary=summary_words(submissions))
        fault = common_failure(submissions)
        self.inputs.hide()  # thirty rows need the room
        self.resize(self.screen().availableSize().boundedTo(QSize(1366, 740)))
        self.table.selectRow(0)
        notes = summary_sentences(submissions, points_sentence(submissions, self._rubric))
        skipped = skipped_files_sentence(self.graded)
        self._say(join_sentences((words, *notes, skipped, fault)), wrong=bool(fault))
        self._follow()

    def _failed(self, error: Exception) -> None:
        self._end()
        self._say(str(error), wrong=True)
        self._follow()

    def _end(self) -> None:
        self._job = None
        self.progress.hide()

    def _say(self, words: str, *, wrong: bool = False) -> None:
        self.words.setProperty("role", "complaint" if wrong else "note")
        self.words.style().unpolish(self.words)
        self.words.style().polish(self.words)
        self.words.setText(words)

    def _override(self, file: str, points: float | None, comment: str) -> None:
        submission = next(row for row in self.model.rows if row.file == file)
        # Grading again keeps only the teacher's decisions.
        before = self._decided.get(file, Override())
        self._decided[file] = Override(
            points if points != submission.score else before.points,
            comment if comment != submission.comment else before.comment,
        )
        self._unwritten = True
        if points != submission.score and comment == submission.comment:
            # Without the points, their explanation goes too.
            comment = self._decided[file].comment
        status = GRADED if submission.status == FAILED and points is not None else submission.status
        self.model.replace_row(replace(submission, score=points, comment=comment, status=status))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Edit the cell on Enter, instead of pressing the dialog's default button."""
        enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if enter and (self.table.hasFocus() or self.table.isAncestorOf(self.focusWidget())):
            index = self.table.currentIndex()
            if index.flags() & Qt.ItemFlag.ItemIsEditable and self.table.hasFocus():
                self.table.edit(index)
            event.accept()
            return
        super().keyPressEvent(event)

    def _open_row(self, index: QModelIndex) -> None:
        if index.flags() & Qt.ItemFlag.ItemIsEditable:
            self.table.edit(index)
            return
        self._open(index)

    def _open(self, index: QModelIndex) -> None:
        row = self._sorted.mapToSource(index).row()
        if 0 <= row < len(self.model.rows):
            self.opened.emit(self.graded / self.model.rows[row].file)

    def _title(self) -> str:
        return self._rubric.title or self.graded.resolve().name

    def _save_table(self) -> bool:
        path = ask_save(self, _("Save table"), str(self.graded.parent / "grades.csv"), TABLES)
        self._write(path, lambda place: write_table(self.model.rows, place))
        return not self._unwritten

    def _save_page(self) -> None:
        rows = self.model.rows
        path = ask_save(self, _("Save page"), str(self.graded.parent / "grades.html"), (PAGE,))
        points = points_sentence(rows, self._rubric)
        self._write(path, lambda place: write_html(rows, place, self._title(), points))

    def _save_feedback(self) -> None:
        path = ask_folder(self, _("Folder for one page per student"))
        self._write(path, lambda place: write_feedback(self.model.rows, place, self._title()))

    def _write(self, path: Path | None, write: Callable[[Path], object]) -> None:
        if path is None:
            return
        try:
            write(path)
        except UserError as error:
            self._say(str(error), wrong=True)
            return
        self._unwritten = False
        self._say(_("Wrote '{path}'.", path=path))

    def reject(self) -> None:
        """Close, also by Escape; ask first about unsaved points or comments."""
        work = Unsaved(_("The points and comments that you changed"), self._save_table)
        if self._unwritten and not may_discard(self, (work,)):
            return
        self._stop = True
        super().reject()
