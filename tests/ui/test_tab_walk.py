"""Tab goes through the window as the eye does, and every field has a name."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPlainTextEdit, QTabBar, QWidget

from netbuilder.core.grading.rubric import Rubric
from netbuilder.core.project import edits
from netbuilder.ui.capture.collect_window import CollectWindow
from netbuilder.ui.gallery.help_window import HelpWindow
from netbuilder.ui.grading.grade_window import GradeWindow
from netbuilder.ui.grading.rubric_form import RubricForm
from netbuilder.ui.grading.submission_dialog import SubmissionDialog, submission_source
from netbuilder.ui.lessons.lesson_writer import LessonWriter
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.training.train_elsewhere import ElsewhereDialog
from netbuilder.ui.window.command_search import CommandSearch
from netbuilder.ui.window.documents import empty_project
from netbuilder.ui.window.settings_dialog import SettingsDialog
from netbuilder.ui.window.tab_order import tab_stops
from tests.ui.nameless_fields import nameless

MINUTE = 60_000
NAMELESS = {QAccessible.Role.Client, QAccessible.Role.NoRole, QAccessible.Role.Border}


def lasting(window, qtbot):
    """The stops, once no panel makes more of them for a moment."""
    found = tab_stops(window)
    for _ in range(200):
        qtbot.wait(150)
        now = tab_stops(window)
        if now == found:
            break
        found = now
    return found


def walk(start, key, most):
    """Press a key until the keyboard is where it was; all that it was at on the way."""
    start.setFocus()
    seen = [start]
    for _ in range(most):
        widget = QApplication.focusWidget()
        indents = isinstance(widget, QPlainTextEdit) and not widget.tabChangesFocus()
        held = Qt.KeyboardModifier.ControlModifier if indents else Qt.KeyboardModifier.NoModifier
        QTest.keyClick(widget, key, held)
        QApplication.processEvents()
        now = QApplication.focusWidget()
        assert now is not None
        if now is start:
            return seen
        seen.append(now)
    pytest.fail(f"it never comes back: {[one.accessibleName() for one in seen[-6:]]}")


def spoken(widget):
    """The name that a reader says; of a choice Qt gives the chosen one there, on Linux."""
    if isinstance(widget, QComboBox | QTabBar):
        return widget.accessibleName() or "tabs" * isinstance(widget, QTabBar)
    found = QAccessible.queryAccessibleInterface(widget)
    assert found.role() not in NAMELESS, (widget, found.text(QAccessible.Text.Name))
    return found.text(QAccessible.Text.Name)


@pytest.mark.parametrize(
    "name", ["iris", *(pytest.param(one, marks=pytest.mark.slow) for one in ("reviews", "digits"))]
)
def test_tab_reaches_all_and_is_caught_nowhere(open_window, example, qtbot, name):
    window = open_window(edits.set_training(example(name), epochs=2))
    window.resize(1366, 720)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.runner.start()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None, timeout=2 * MINUTE)
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    window.canvas.select((window.store.project.graph.order[1],))
    menu = window.top_bar.menu_button
    for panel in window.docks.pages:
        window.docks.show_panel(panel, focus=False)
        qtbot.waitUntil(lambda: window.evaluation_service.idle and window.activations_service.idle)
        qtbot.waitUntil(lambda: window.workbench.settled)
        before = lasting(window, qtbot)
        there = walk(menu, Qt.Key.Key_Tab, 200)
        # The search that Tab opens on the canvas is passed by pressing it once more.
        reached = [one for one in there if one.parentWidget().objectName() != "layerSearch"]
        assert len(set(reached)) == len(reached), panel
        # What a panel shows a moment later could not be met.
        wanted = [one for one in before if one in tab_stops(window)]
        missed = [one.accessibleName() for one in wanted if one not in reached]
        assert missed == [], panel
        unnamed = [(type(one), one.parentWidget()) for one in reached if not spoken(one)]
        assert unnamed == [], panel
        assert window.store.undo_label is None, "who only walks by changes nothing"
    reached = [one for one in reached if one in tab_stops(window)]
    back = [one for one in walk(menu, Qt.Key.Key_Backtab, 200) if one in reached]
    assert back[1:] == [one for one in reversed(reached) if one is not menu]


def test_a_form_that_was_made_late_comes_where_it_stands(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=1))
    window.runner.start()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None)
    predict = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: predict.form is not None)
    rows = [row.editor for row in predict.form.rows.values()]
    qtbot.waitUntil(lambda: all(one.isVisible() for one in rows))
    order = tab_stops(window)
    places = [order.index(one.focusProxy() or one) for one in rows]
    assert places == sorted(places)
    response = predict.rows.response.column
    status = next(one for one in order if window.statusBar().isAncestorOf(one))
    # The button and the choice are made before the form and stand above it, the status bar below.
    above = (predict.file_button, response, rows[0])
    heights = [one.mapToGlobal(one.rect().center()).y() for one in above]
    assert heights == sorted(heights)
    assert order.index(predict.file_button) < order.index(response) < places[0]
    assert places[-1] < order.index(status)


def test_enter_presses_the_button_that_has_the_keyboard(open_window, example, qtbot):
    window = open_window(example("xor"), keras=False)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    side = window.docks.side
    for name in ("understand", "build"):
        side.buttons[name].setFocus()
        QTest.keyClick(side.buttons[name], Qt.Key.Key_Return)
        assert side.task == name
    side.expand.setFocus()
    QTest.keyClick(side.expand, Qt.Key.Key_Enter)
    assert side.expand.isChecked()


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
