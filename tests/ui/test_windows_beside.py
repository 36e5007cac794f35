"""Windows beside the main one: what stands in them and in no file is asked about, and confirmed."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QToolTip

from netbuilder.core.grading.submission import Submission
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.parse import read_lesson
from netbuilder.core.project import files
from netbuilder.core.project.model import Data
from netbuilder.ui.grading.grade_window import GradeWindow
from netbuilder.ui.grading.rubric_form import RubricForm
from netbuilder.ui.grading.submissions_model import POINTS
from netbuilder.ui.lessons.lesson_writer import LessonWriter
from netbuilder.ui.training.curve_view import CurveView


def names(monkeypatch, path):
    """Let the system's file dialog, which tests cannot see, answer with this path."""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(path), ""))


@pytest.fixture
def blocked(tmp_path):
    """A folder in which nothing can be written."""
    (tmp_path / "blocked").write_text("a file where the folder should be")
    return tmp_path / "blocked"


def test_points_given_by_hand_are_asked_about_by_every_way_out(
    open_window, example, tmp_path, answer, monkeypatch
):
    main = open_window(example("iris"), keras=False)
    grading = GradeWindow(main)
    grading.graded = tmp_path
    grading.model.show_rows([Submission("ada.h5", "Ada", "graded", 80.0)])
    grading.show()
    assert grading.close(), "nothing was decided: nothing is asked"
    grading.show()
    grading.model.setData(grading.model.index(0, POINTS), "91", Qt.ItemDataRole.EditRole)

    pressed = answer(*[_("Cancel")] * 3)
    QTest.keyClick(grading, Qt.Key.Key_Escape)
    assert grading.isVisible()
    grading.close()
    assert grading.isVisible()
    assert not main.close(), "the main window takes it along, and is asked for it too"
    assert main.isVisible()
    assert len(pressed) == 3

    names(monkeypatch, tmp_path / "grades.csv")
    grading._follow()
    save = next(one for one in grading.after if "table" in one.text())
    QTest.mouseClick(save, Qt.MouseButton.LeftButton)
    assert "91" in (tmp_path / "grades.csv").read_text("utf-8-sig")
    assert main.close()
    assert not grading.isVisible()


def test_a_lesson_that_was_written_is_not_dropped_by_escape(qtbot, example, answer):
    writer = LessonWriter(example("iris"))
    qtbot.addWidget(writer)
    writer.show()
    QTest.keyClick(writer, Qt.Key.Key_Escape)
    assert not writer.isVisible(), "the text that every lesson begins with is nothing to lose"
    writer.show()
    QTest.keyClicks(writer.edit, "Mine. ")
    pressed = answer(_("Cancel"), _("Don't save"))
    QTest.keyClick(writer, Qt.Key.Key_Escape)
    assert writer.isVisible()
    assert writer.close()
    assert len(pressed) == 2


def test_a_lesson_replaces_no_project_beside_it_unasked(
    qtbot, example, tmp_path, answer, monkeypatch
):
    (tmp_path / "lessons").mkdir()
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n3,4\n")
    project = replace(example("iris"), data=Data(kind="csv", path="rows.csv", target=("b",)))
    other = tmp_path / "lessons" / "sales.netbuilder"
    files.write(example("xor"), other)
    names(monkeypatch, tmp_path / "lessons" / "sales.md")
    for press in ("Cancel", "Replace"):
        writer = LessonWriter(project, base=tmp_path)
        qtbot.addWidget(writer)
        writer.show()
        pressed = answer(press)
        QTest.mouseClick(writer.save_button, Qt.MouseButton.LeftButton)
        assert pressed == [press]
        assert (writer.saved is None) == (press == "Cancel")
        assert (files.read(other).graph == example("xor").graph) == (press == "Cancel")
    assert read_lesson(tmp_path / "lessons" / "sales.md").start == "sales.netbuilder"
    # Its data lies where it lay, seen from the lesson's folder.
    assert files.read(other).data.path == "../rows.csv"
    # The same lesson again: its own project is no other one.
    writer = LessonWriter(project, base=tmp_path)
    qtbot.addWidget(writer)
    writer.show()
    QTest.mouseClick(writer.save_button, Qt.MouseButton.LeftButton)
    assert writer.saved is not None


def test_curves_say_that_they_were_written_or_why_not(
    qtbot, tmp_path, blocked, answer, monkeypatch
):
    view = CurveView()
    qtbot.addWidget(view)
    view.show()
    names(monkeypatch, blocked / "curves.png")
    pressed = answer("OK")
    view.export()
    assert pressed == ["OK"]
    names(monkeypatch, tmp_path / "curves")
    view.export()
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert "curves.png" in QToolTip.text() and tmp_path.name in QToolTip.text()


def test_a_rubric_says_that_it_was_written(qtbot, tmp_path, blocked, monkeypatch):
    form = RubricForm()
    qtbot.addWidget(form)
    form.show()
    names(monkeypatch, blocked / "r.toml")
    form.save_as()
    assert form.complaint.property("role") == "complaint"
    names(monkeypatch, tmp_path / "r.toml")
    form.save_as()
    assert form.complaint.text() == "✓ Wrote r.toml."
    assert form.complaint.property("role") == "body"
