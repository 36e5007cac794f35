"""Every field of the window says what it is to whoever does not see the label beside it."""

from PySide6.QtWidgets import QComboBox, QLabel, QWidget

from netbuilder.core.grading.rubric import Rubric
from netbuilder.ui.capture.collect_window import CollectWindow
from netbuilder.ui.gallery.help_window import HelpWindow
from netbuilder.ui.grading.grade_window import GradeWindow
from netbuilder.ui.grading.rubric_form import RubricForm
from netbuilder.ui.grading.submission_dialog import SubmissionDialog, submission_source
from netbuilder.ui.lessons.lesson_writer import LessonWriter
from netbuilder.ui.training.train_elsewhere import ElsewhereDialog
from netbuilder.ui.window.command_search import CommandSearch
from netbuilder.ui.window.documents import empty_project
from netbuilder.ui.window.settings_dialog import SettingsDialog
from tests.ui.nameless_fields import nameless


def test_a_field_without_a_name_is_found(qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    box = QComboBox(page)
    box.addItem("relu")
    assert nameless(page) == {"QComboBox in QWidget"}
    label = QLabel("activation", page)
    label.setBuddy(box)
    assert nameless(page) == set()


def test_each_field_has_a_name_in_the_window_and_in_those_beside_it(
    open_window, example, qtbot, tmp_path
):
    window = open_window(example("iris"), keras=False)
    work = submission_source(window.workbench, window.lessons.stamp)
    beside = (
        GradeWindow(window),
        RubricForm(Rubric(), window),
        SubmissionDialog(work.words, work.write, window),
        LessonWriter(window.store.project, window, tmp_path),
        SettingsDialog(window),
        CollectWindow(tmp_path, window.workbench, window.runner, window, begin=bool),
        ElsewhereDialog(window.store.project, tmp_path, print, window),
        HelpWindow("", [], "", window),
        CommandSearch(window.actions_table, window),
    )
    found = {f"{type(one).__name__}: {name}" for one in beside for name in nameless(one)}
    for one in beside:
        one.deleteLater()
    found |= nameless(window)
    window.documents.show_project(empty_project(), None)
    assert sorted(found | nameless(window)) == []
