"""Handing in and grading by mouse and keyboard: rubric, pupil's and teacher's windows."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QDateTime, QMimeData, QPoint, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from netbuilder.core.deployment import site_settings
from netbuilder.core.formats import registry
from netbuilder.core.grading import rubric as rubrics
from netbuilder.core.grading.report import write_table
from netbuilder.core.grading.retraining import verified_sentence
from netbuilder.core.grading.rubric import Override, Rubric, Threshold
from netbuilder.core.grading.scoring import award_points
from netbuilder.core.grading.similarity import similarity_sentence
from netbuilder.core.grading.submission import FAILED, GRADED, LATE, Submission, submission_info_of
from netbuilder.core.lessons.library import find_lesson
from netbuilder.core.project import files
from netbuilder.core.project.model import Project
from netbuilder.ui import app
from netbuilder.ui.grading.class_sign import ClassSign, JoinDialog
from netbuilder.ui.grading.class_window import ClassWindow
from netbuilder.ui.grading.grade_window import GradeWindow
from netbuilder.ui.grading.high_scores import HighScores
from netbuilder.ui.grading.rubric_form import RubricForm
from netbuilder.ui.grading.submission_dialog import SubmissionDialog, submission_source
from netbuilder.ui.grading.submissions_model import COLUMNS, COMMENT, POINTS
from netbuilder.ui.services import jobs
from netbuilder.ui.services.class_membership import FOLDER
from netbuilder.ui.services.lesson_session import PUPIL
from netbuilder.ui.services.settings import settings

ROWS = [
    Submission("ada.h5", "Ada", "graded", 91.5, {"accuracy": 0.915}, 3, 4),
    Submission("bob.h5", "Bob", "graded", 100.0, {"accuracy": 1.0}, 4, 4),
    Submission("cy.h5", "Cy", FAILED, message="The file is empty (0 bytes)."),
]


def test_hand_in_writes_one_file_with_name_and_says_so(open_window, example, qtbot, tmp_path):
    window = open_window(example("iris"), keras=False)
    work = submission_source(window.workbench, window.lessons.stamp)
    dialog = SubmissionDialog(work.words, work.write, window)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.folder.setText(str(tmp_path / "none"))
    dialog.name.setText("Ada Lovelace")
    qtbot.mouseClick(dialog.hand_in, Qt.MouseButton.LeftButton)
    assert dialog.words.property("role") == "complaint" and dialog.written is None
    (tmp_path / "in").mkdir()
    dialog.folder.setText(str(tmp_path / "in"))
    qtbot.keyClick(dialog.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.written is not None, timeout=20_000)
    assert dialog.written is not None and dialog.written.name in dialog.words.text()
    given = submission_info_of(registry.read_project(dialog.written))
    assert given.student == "Ada Lovelace"
    again = SubmissionDialog(work.words, work.write, window)
    qtbot.addWidget(again)
    assert (again.name.text(), again.folder.text()) == ("Ada Lovelace", str(tmp_path / "in"))


def test_a_missing_school_folder_is_told_at_start_and_can_be_replaced(
    open_window, example, qtbot, tmp_path, monkeypatch
):
    file, folder = tmp_path / "settings.toml", tmp_path / "submissions"
    file.write_text(f"hand_in = '{folder.as_posix()}'", encoding="utf-8")
    monkeypatch.setenv(site_settings.VARIABLE, str(file))
    window = open_window(example("iris"), keras=False)
    cards = len(window.banner.cards)
    app.check_submission_folder(window)
    qtbot.waitUntil(lambda: len(window.banner.cards) > cards)
    work = submission_source(window.workbench, window.lessons.stamp)
    for exists in (False, True):
        dialog = SubmissionDialog(work.words, work.write, window)
        qtbot.addWidget(dialog)
        assert dialog.folder.text() == str(folder) and dialog.folder.isReadOnly()
        qtbot.waitUntil(lambda: not jobs.RUNNING)
        assert dialog.choose.isHidden() == exists
        folder.mkdir(exist_ok=True)
    app.check_submission_folder(window)
    qtbot.waitUntil(lambda: not jobs.RUNNING)
    assert len(window.banner.cards) == cards + 1, "a folder that is there is no news"


@pytest.fixture
def grading(qtbot: QtBot, home: Path) -> GradeWindow:
    window = GradeWindow()
    # At the end of a test nobody answers what becomes of the points.
    qtbot.addWidget(window, before_close_func=lambda one: one.hide())
    window.show()
    return window


def _drop(window: GradeWindow, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPoint(9, 9), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    window.dropEvent(event)


@pytest.mark.slow
def test_a_dropped_folder_is_graded_and_a_row_opens(grading, example, qtbot, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "broken.h5").write_bytes(b"no model")
    files.write(example("iris"), folder / "ada.netbuilder")
    hidden = tmp_path / "hidden.csv"
    hidden.write_text("a,b\n1,2\n", encoding="utf-8")
    assert not grading.grade_button.isEnabled()
    assert grading.shown.currentWidget() is grading.drop
    assert grading.drop.button.isVisible()
    _drop(grading, folder)
    assert folder.name in grading.drop.words.text() and not grading.drop.button.isVisible()
    assert grading.grade_button.isEnabled()
    without = grading.missing.text()
    assert grading.missing.isVisible()
    _drop(grading, hidden)
    assert grading.missing.text() != without
    qtbot.mouseClick(grading.grade_button, Qt.MouseButton.LeftButton)
    assert grading.running
    assert grading.shown.currentWidget() is grading.table
    qtbot.waitUntil(lambda: not grading.running, timeout=300_000)
    assert {one.file for one in grading.model.rows} == {"ada.netbuilder", "broken.h5"}
    assert "2 could not be graded" in grading.words.text()
    grading.table.selectRow(0)
    with qtbot.waitSignal(grading.opened) as told:
        qtbot.mouseClick(grading.after[0], Qt.MouseButton.LeftButton)
    assert told.args[0].parent == folder


def test_a_teacher_overrides_in_the_table(grading, tmp_path):
    grading.model.show_rows(ROWS)
    model = grading.model
    assert model.setData(model.index(2, 1), "40,5")
    assert model.rows[2] == replace(ROWS[2], score=40.5, status="graded")
    place = next(i for i, one in enumerate(model.rows) if one.file == "ada.h5")
    assert model.setData(model.index(place, COMMENT), "Well done.")
    assert next(one for one in model.rows if one.file == "ada.h5").comment == "Well done."
    assert not model.setData(model.index(0, 1), "many")
    grading._write(tmp_path / "grades.csv", lambda path: write_table(model.rows, path))
    assert "Ada" in (tmp_path / "grades.csv").read_text(encoding="utf-8-sig")
    assert "Wrote" in grading.words.text()
    grading._write(tmp_path / "none" / "grades.csv", lambda path: write_table(model.rows, path))
    assert "none" in grading.words.text()


def test_columns_that_no_row_fills_in_take_no_room(grading):
    def shown() -> list[str]:
        hidden = grading.table.isColumnHidden
        return [one.title for at, one in enumerate(COLUMNS) if not hidden(at)]

    bare = replace(ROWS[0], metrics={}, steps=0, message="", comment="", score=None)
    grading.model.show_rows([bare])
    assert not {"Result", "Steps", "To check"} & set(shown())
    assert {"Student", "Points", "Comment"} <= set(shown()), "what is typed in stays"
    grading.model.add(replace(bare, steps=4, steps_done=1))
    assert "Steps" in shown() and "Result" not in shown()
    grading.model.replace_row(replace(bare, message="No data."))
    assert "To check" in shown()


def test_enter_presses_the_button_with_the_focus(grading, qtbot):
    grading.model.show_rows(ROWS)
    grading.table.selectRow(0)
    opens = grading.after[0]
    opens.setEnabled(True)
    opens.setFocus()
    grading.folder.setText("somewhere")
    assert grading.grade_button.isDefault() and grading.grade_button.isEnabled()
    with qtbot.waitSignal(grading.opened):
        qtbot.keyClick(opens, Qt.Key.Key_Return)
    assert not grading.running, "the default button is not pressed"


def test_thirty_rows_fit_a_laptop_and_the_selected_text_stands_beside(grading, qtbot):
    long = "A long comment of a lesson. " * 150
    rows = [replace(ROWS[0], file=f"{n}.h5", student=f"Pupil {n}", score=float(n), comment=long)
            for n in range(30)]  # fmt: skip
    rows[3] = replace(rows[3], other_task="Another target.", message="Another target.")
    grading._done(rows)
    grading.resize(1366, 730)
    table = grading.table
    qtbot.waitUntil(lambda: table.viewport().height() >= 30 * table.rowHeight(0), timeout=5_000)
    assert _student(grading, 0) == "Pupil 3", "the one to check stands on top"
    assert grading.detail.toPlainText().endswith(f"Another target.\n\n{long}")
    assert not grading.progress.isTextVisible(), "the bar is too thin for words"


def test_enter_in_points_stays_in_the_table_and_rows_do_not_jump(grading, qtbot, tmp_path):
    """Points of one after the other: Enter opens no file and grades nothing, the order stays."""
    opened: list[Path] = []
    grading.opened.connect(opened.append)
    grading.folder.setText(str(tmp_path))  # "Grade" is the dialog's default button and enabled
    grading.model.show_rows(ROWS)
    table = grading.table
    order = [_student(grading, row) for row in range(3)]
    assert order == ["Bob", "Ada", "Cy"]
    table.setCurrentIndex(table.model().index(1, POINTS))
    table.setFocus()
    qtbot.waitUntil(table.hasFocus)
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        qtbot.keyClick(table, key)
        editor = QApplication.focusWidget()
        editor.selectAll()
        qtbot.keyClicks(editor, "3" if key == Qt.Key.Key_Return else "4.5")
        qtbot.keyClick(editor, key)
        qtbot.waitUntil(table.hasFocus)
    assert not grading.running
    assert opened == []
    assert [_student(grading, row) for row in range(3)] == order
    assert (table.currentIndex().row(), table.currentIndex().column()) == (1, POINTS)
    assert next(one.score for one in grading.model.rows if one.student == "Ada") == 4.5
    # A double click on points edits them, too; on the name it opens the file.
    table.doubleClicked.emit(table.model().index(0, POINTS))
    assert opened == []
    table.doubleClicked.emit(table.model().index(0, 0))
    assert [path.name for path in opened] == ["bob.h5"]


def _student(grading: GradeWindow, row: int) -> str:
    return str(grading.table.model().index(row, 0).data())


def test_the_table_tells_suspicion_from_coincidence(grading):
    rows = [
        replace(ROWS[0], same_as=("bob.h5",), verified=False),
        replace(ROWS[1], expected_same=("cy.h5",), verified=True),
        replace(ROWS[2], status=GRADED),
    ]
    grading.model.show_rows(rows)
    model = grading.model
    shown = [[model.index(row, column).data() for column in (5, 6)] for row in range(3)]
    assert shown == [
        ["✕ refuted", "suspicious"],
        ["✓ verified", "coincidence"],
        ["not verified", ""],
    ]
    grading._done(rows)
    assert similarity_sentence(rows) in grading.words.text()
    assert verified_sentence(rows) in grading.words.text()


def test_points_that_a_teacher_gives_come_from_no_metric(grading):
    earned = replace(ROWS[0], score=90.0, comment="accuracy 0.9 × 100 points.")
    grading.model.show_rows([earned])
    assert grading.model.setData(grading.model.index(0, 1), "95")
    assert [(one.score, one.comment) for one in grading.model.rows] == [(95, "")]
    assert grading.model.setData(grading.model.index(0, COMMENT), "Explained well.")
    assert grading.model.setData(grading.model.index(0, 1), "96")
    assert [(one.score, one.comment) for one in grading.model.rows] == [(96, "Explained well.")]


@pytest.mark.slow
def test_what_was_decided_stays_when_it_is_graded_again(grading, example, qtbot, tmp_path):
    """A comment alone does not freeze the points, and points do not freeze the comment."""
    folder, hidden = tmp_path / "in", tmp_path / "hidden.csv"
    folder.mkdir()
    hidden.write_text("a,b\n1,2\n", encoding="utf-8")
    for name in ("ada", "bob"):
        files.write(example("iris"), folder / f"{name}.netbuilder")
    grading.folder.setText(str(folder))
    grading.data.setText(str(hidden))

    def graded() -> dict[str, Submission]:
        qtbot.mouseClick(grading.grade_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not grading.running, timeout=120_000)
        return {one.student: one for one in grading.model.rows}

    graded()
    row = {one.student: index for index, one in enumerate(grading.model.rows)}
    grading.model.setData(grading.model.index(row["ada"], 1), "7")
    row = {one.student: index for index, one in enumerate(grading.model.rows)}
    grading.model.setData(grading.model.index(row["bob"], COMMENT), "Train it.")
    again = graded()
    assert (again["ada"].score, again["ada"].status) == (7, "graded")
    assert (again["bob"].score, again["bob"].comment) == (None, "Train it.")
    # Another class has other pupils, and some are called Ada too.
    folder.rename(tmp_path / "other")
    grading.folder.setText(str(tmp_path / "other"))
    assert graded()["ada"].score is None


def test_the_lesson_is_chosen_from_a_list(grading, qtbot):
    seen: list[str] = []

    def choose() -> None:
        menu = QApplication.activePopupWidget()
        seen.extend(one.text() for one in menu.actions())
        action = next(one for one in menu.actions() if one.text() == "The first model")
        qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())

    button = next(
        one for one in grading.findChildren(QPushButton) if one.accessibleName() == "Choose: Lesson"
    )
    QTimer.singleShot(100, choose)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert len(seen) > 12
    assert grading.lesson.text() == "first_model"


def test_high_scores_hide_names_until_asked(qtbot):
    scores = HighScores(sorted(ROWS, key=lambda one: -(one.score or 0)), "9b")
    qtbot.addWidget(scores)
    assert [labels[1].text() for labels in scores.labels] == ["•••", "•••"]
    scores.show()
    scores.resize(760, 620)
    small = scores.labels[0][1].font().pixelSize()
    scores.resize(1520, 1240)
    assert scores.labels[0][1].font().pixelSize() == pytest.approx(2 * small, abs=1)
    scores.hide_names.setChecked(False)
    assert [(a.text(), b.text(), c.text()) for a, b, c in scores.labels] == [
        ("1.", "Bob", "100"), ("2.", "Ada", "91.5"),
    ]  # fmt: skip


FULL = Rubric(
    title="The first model",
    points=100.0,
    thresholds=(
        Threshold("accuracy", 60.0, at_least=0.9),
        Threshold("mean_absolute_error", 10.0, at_most=5.0),
    ),
    steps_points=30.0,
    max_parameters=5000,
    late_after=datetime(2026, 11, 25, 11, 0, tzinfo=UTC),
    late_penalty=0.2,
    overrides={"ada.h5": Override(95.0, "Well explained.")},
)


def _type(qtbot: QtBot, field: QWidget, text: str) -> None:
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)


@pytest.mark.parametrize("rubric", [FULL, Rubric(), Rubric(points=20.0)])
def test_what_the_form_shows_is_what_it_says(qtbot, rubric):
    form = RubricForm(rubric)
    qtbot.addWidget(form)
    assert form.made() == rubric


def test_a_rubric_is_filled_in_and_gives_points(qtbot):
    form = RubricForm()
    qtbot.addWidget(form)
    form.show()
    left = Qt.MouseButton.LeftButton
    qtbot.mouseClick(form.add, left)
    row = form.thresholds[0]
    _type(qtbot, row.value, "0,9")
    _type(qtbot, row.points, "60")
    _type(qtbot, form.steps, "40")
    form.late.setFocus()
    qtbot.keyClick(form.late, Qt.Key.Key_Space)
    form.late_after.setDateTime(QDateTime.fromSecsSinceEpoch(1_764_068_400))
    _type(qtbot, form.penalty, "50")
    _type(qtbot, form.parameters, "many")
    qtbot.mouseClick(form.use, left)
    assert form.isVisible()
    assert "'max_parameters' in the form is 'many'" in form.complaint.text()
    _type(qtbot, form.parameters, "1000")
    qtbot.mouseClick(form.use, left)
    assert not form.isVisible()
    work = Submission(
        "a.h5", "A", GRADED, metrics={"accuracy": 0.9}, steps_done=2, steps=4,
        steps_counted=4, parameters=1000,
        time=datetime.fromtimestamp(1_764_068_400, UTC),
    )  # fmt: skip
    graded = award_points(work, form.rubric, 0.9)
    assert (graded.status, graded.score) == (GRADED, 80)
    second = datetime.fromtimestamp(1_764_068_401, UTC)
    late = award_points(Submission(**{**work.__dict__, "time": second}), form.rubric, 0.9)
    assert (late.status, late.score) == (LATE, 40)


def test_an_error_is_bounded_from_above(qtbot):
    form = RubricForm()
    qtbot.addWidget(form)
    form.add_threshold()
    row = form.thresholds[0]
    assert row.bound.currentText() == "at least"
    row.name.setCurrentText("mean_absolute_error")
    assert row.bound.currentText() == "at most"
    qtbot.mouseClick(row.remove, Qt.MouseButton.LeftButton)
    assert form.thresholds == []
    assert form.made() == Rubric()


def test_it_is_kept_as_toml(qtbot, tmp_path, monkeypatch):
    from PySide6.QtWidgets import QFileDialog

    path = tmp_path / "mine.toml"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(path), ""))
    form = RubricForm(FULL)
    qtbot.addWidget(form)
    form.save_as()
    assert rubrics.read_rubric(path) == FULL


SECONDS = 20_000  # five on a machine that is not shared


def test_a_pupil_is_asked_seen_shown_and_forgotten(open_window, example, qtbot, tmp_path):
    share = tmp_path / "share"
    share.mkdir()
    settings().setValue(FOLDER, str(share))
    settings().setValue(PUPIL, "")
    pupil = open_window(example("iris"))
    pupil.lessons.open(find_lesson("first_model", tmp_path))
    shown: list[Project] = []
    teacher = ClassWindow(open_window().membership, shown.append)
    qtbot.addWidget(teacher)
    teacher.toggle.click()

    qtbot.waitUntil(lambda: bool(pupil.membership.title), timeout=SECONDS)
    sign = pupil.findChild(ClassSign)
    assert not pupil.membership.joined and not sign.isVisible()
    assert [path.name for path in teacher.folder.iterdir()] == ["class.json"], "nobody agreed yet"

    (card,) = [card for card in pupil.banner.cards if len(card.buttons) == 2]
    card.buttons[0].click()
    dialog = pupil.findChild(JoinDialog)
    dialog.take_part.click()
    assert dialog.isVisible() and not pupil.membership.joined, "a name is needed"
    dialog.findChild(QLineEdit).setText("Ada")
    dialog.take_part.click()
    assert pupil.membership.joined and sign.isVisibleTo(pupil.status)
    qtbot.waitUntil(lambda: teacher.model.rowCount() == 1, timeout=SECONDS)
    assert "Ada" in teacher.model.item(0).text()

    teacher.tiles.setCurrentIndex(teacher.model.index(0, 0))
    teacher.findChild(QPushButton, "show-on-projector").click()
    qtbot.waitUntil(lambda: bool(shown), timeout=SECONDS)
    assert shown[0].graph == pupil.store.project.graph

    teacher.toggle.click()
    assert list(share.iterdir()) == []
    qtbot.waitUntil(lambda: not pupil.membership.joined, timeout=SECONDS)
    assert not sign.isVisibleTo(pupil.status)
