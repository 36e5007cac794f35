"""The window, windows beside it, and pages that wait: what stands where, first and later."""

import json
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QMargins, QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QMenu,
    QMessageBox,
    QPushButton,
    QTabBar,
    QTextBrowser,
    QToolButton,
    QToolTip,
)

from netbuilder.core.grading.submission import Submission
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.parse import read_lesson
from netbuilder.core.project import edits, files
from netbuilder.core.project.model import Data, Project
from netbuilder.ui.grading.grade_window import GradeWindow
from netbuilder.ui.grading.rubric_form import RubricForm
from netbuilder.ui.grading.submissions_model import POINTS
from netbuilder.ui.lessons.lesson_writer import LessonWriter
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services import recovery, settings
from netbuilder.ui.services.crash_detector import state_folder
from netbuilder.ui.services.unexpected_errors import SharedLogHandler, UnexpectedErrors, log_path
from netbuilder.ui.style import theme
from netbuilder.ui.training.curve_view import CurveView
from netbuilder.ui.widgets.empty_state import EmptyStatePage
from netbuilder.ui.widgets.role_boxes import CardList, RoleBox
from netbuilder.ui.window import dialogs
from netbuilder.ui.window.command_search import CommandSearch
from netbuilder.ui.window.docks import fitting
from netbuilder.ui.window.panels import PANELS, TASKS

Open = Callable[..., MainWindow]


def quick(open_window, project=None, **more: object):
    """A window without Keras, for what needs none."""
    return open_window(project, keras=False, **more)


def test_every_panel_opens_from_the_keyboard(open_window, qtbot):
    window = quick(open_window)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=30_000)
    for row in [row for row in PANELS if row.key]:
        key = Qt.Key(Qt.Key.Key_0 + row.key)
        QTest.keyClick(window, key, Qt.KeyboardModifier.AltModifier)
        page = window.docks.pages[row.id]
        qtbot.waitUntil(lambda page=page: page.panel is not None, timeout=30_000)
        assert page.isVisible(), row.id


def test_every_menu_fits_a_small_screen(open_window):
    """768 pixels, of which the task bar and the top bar take some."""
    window = open_window(keras=False)
    menus = window.top_bar.menu_button.menu().findChildren(QMenu)
    menus += [one for one in window.findChildren(QMenu) if one.title()]
    assert len(menus) > 8
    high = {one.title(): one.sizeHint().height() for one in menus if one.sizeHint().height() > 660}
    assert high == {}


def test_the_menu_button_does_not_look_pressed_after_its_menu(open_window):
    button = open_window(keras=False).top_bar.menu_button
    over = Qt.WidgetAttribute.WA_UnderMouse
    button.setAttribute(over)  # as when the mouse opened it and is elsewhere now
    button.menu().popup(button.mapToGlobal(button.rect().bottomLeft()))
    button.menu().close()
    assert not button.testAttribute(over)


def test_every_action_is_in_a_menu_and_found_by_search(open_window, qtbot):
    window = quick(open_window)
    search = CommandSearch(window.actions_table, window)
    qtbot.addWidget(search)
    for name, row in window.actions_table.rows.items():
        assert row.menu_name, f"{name} is in no menu"
        search.line.setText(row.title.replace("&", "").rstrip("…"))
        assert any(
            search.list.item(n).data(Qt.ItemDataRole.UserRole) == name
            for n in range(search.list.count())
        )


def test_a_search_that_finds_no_command_says_so(open_window):
    window = open_window(keras=False)
    search = CommandSearch(window.actions_table, window)
    search.line.setText("wire it")
    search.show()
    assert search.list.isHidden() and not search.nothing.isHidden()
    assert "wire it" in search.nothing.text()
    label = search.nothing
    assert label.height() >= label.heightForWidth(label.width()), "nothing of it is cut"
    search._do()
    assert not search.result(), "there is nothing to do"
    for words in ("open data", "data open"):
        search.line.setText(words)
        assert search.list.item(0).data(Qt.ItemDataRole.UserRole) == "open"
    high = search.list.sizeHintForRow(0)
    assert high >= 24 and search.list.height() == high * min(search.list.count(), 14)


def test_shortcuts_are_not_given_twice(open_window):
    window = quick(open_window)
    seen: dict[str, str] = {}
    for name in window.actions_table.rows:
        for key in window.actions_table[name].shortcuts():
            text = key.toString()
            assert text not in seen, f"{text}: {name} and {seen[text]}"
            seen[text] = name


def test_undo_and_redo_say_what_they_do(open_window, example):
    window = quick(open_window, example("iris"))
    undo = window.actions_table["undo"]
    assert not undo.isEnabled()
    window.store.apply("Add Dense", lambda p: edits.append_layer(p, "Dense"))
    assert undo.isEnabled()
    assert undo.toolTip() == "Undo: Add Dense"
    undo.trigger()
    assert window.actions_table["redo"].isEnabled()
    assert not window.isWindowModified()


def test_the_title_has_a_star_when_modified(open_window, example, tmp_path):
    path = tmp_path / "mine.netbuilder"
    files.write(example("iris"), path)
    window = quick(open_window, files.read(path), path=path)
    assert window.windowTitle().startswith("mine.netbuilder[*]")
    window.store.apply("Add Dense", lambda p: edits.append_layer(p, "Dense"))
    assert window.isWindowModified()
    assert window.documents.save()
    assert not window.isWindowModified()
    assert files.read(path) == window.store.project
    assert settings.recent_files()[0] == path


def test_closing_with_changes_asks(open_window, example, tmp_path, answer):
    window = quick(open_window, example("iris"))
    window.store.apply("Add Dense", lambda p: edits.append_layer(p, "Dense"))
    answer("Cancel")
    window.close()
    assert window.isVisible()
    answer("Don't save")
    window.close()
    assert not window.isVisible()


def test_a_file_that_cannot_be_opened_changes_nothing(open_window, example, tmp_path):
    window = quick(open_window, example("iris"))
    before = window.store.project
    bad = tmp_path / "bad.netbuilder"
    bad.write_text('{"format": "netbuilder-project", "version": 1, "graph"')
    window.documents.open_path(bad)
    assert window.store.project is before
    assert "bad.netbuilder" in window.banner.cards[0].title.text()


def test_a_folder_without_permission_is_told(open_window, example, tmp_path):
    window = quick(open_window, example("iris"))
    (tmp_path / "file").write_text("in the way")
    assert not window.documents.save_to(tmp_path / "file" / "x.netbuilder")
    assert window.banner.cards


def test_files_are_dropped_on_the_window(open_window, example, qtbot, tmp_path):
    path = tmp_path / "other.netbuilder"
    files.write(example("diabetes"), path)
    window = quick(open_window, example("iris"))
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    copy, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    keys = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), copy, mime, button, keys)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(50, 50), copy, mime, button, keys))
    qtbot.waitUntil(lambda: window.store.project.name == example("diabetes").name, timeout=30_000)
    table = tmp_path / "rows.csv"
    table.write_text("a,b\n1,2\n")
    window.dropped(table)
    assert window.store.project.data.kind == "csv"


def test_moving_a_project_keeps_its_data(open_window, example, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "rows.csv").write_text("x,y\n1,2\n")
    project = edits.set_data(example("iris"), kind="csv", name="", path="rows.csv")
    path = tmp_path / "a" / "p.netbuilder"
    files.write(project, path)
    window = quick(open_window, files.read(path), path=path)
    assert window.documents.save_to(tmp_path / "b" / "p.netbuilder")
    moved = files.read(tmp_path / "b" / "p.netbuilder").data.path
    assert (tmp_path / "b" / moved).resolve() == (tmp_path / "a" / "rows.csv").resolve()


def test_docks_are_remembered(open_window):
    window = quick(open_window)
    window.resize(1366, 768)
    window.docks.show_panel("code")
    window.docks.palette.open()
    window.documents.keep_model()
    window.close()
    again = quick(open_window)
    assert again.docks.palette.palette_view.isVisible(), "opened by hand beside another task"
    assert again.docks.pages["code"].isVisible()
    again.commands.reset_panels()
    assert again.docks.side.task == "build"
    assert again.docks.pages["layer"].isVisible()


def test_tasks_stay_under_the_pointer_that_chooses_them(open_window, example, qtbot):
    """Train's button moved away under the pointer, and the next press met Understand."""
    window = open_window(example("digits"))
    for size in ((1024, 700), (1366, 768), (1920, 1080)):
        window.resize(*size)
        qtbot.wait(20)
        places = set()
        for task in TASKS:
            window.docks.side.buttons[task.id].click()
            qtbot.wait(20)
            buttons = window.docks.side.buttons.values()
            places.add(tuple(button.mapTo(window, QPoint(0, 0)).x() for button in buttons))
        assert len(places) == 1, size


def test_a_page_gets_a_window_of_its_own_and_goes_back(open_window, qtbot):
    window = quick(open_window)
    window.docks.show_panel("code")
    window.docks.detach_page()
    page = window.docks.pages["code"]
    qtbot.waitUntil(page.isVisible)
    assert page.isWindow()
    assert window.docks.side.shown == ("predict",)
    assert window.docks.show_panel("code") is page.panel, "where it is"
    page.close()
    assert not page.isWindow()
    window.docks.show_panel("code")
    assert page.isVisible()


def test_everything_grows_and_shrinks(open_window):
    window = quick(open_window)
    before = QApplication.font().pointSizeF()
    window.actions_table["larger"].trigger()
    assert QApplication.font().pointSizeF() > before
    window.actions_table["smaller"].trigger()
    assert QApplication.font().pointSizeF() == pytest.approx(before)
    window.actions_table["normal"].trigger()


@pytest.mark.slow
def test_dark_and_light(open_window):
    window = quick(open_window)
    for name in ("data", "training", "evaluate", "inside"):
        window.docks.show_panel(name)
    dark = theme.theme().dark
    window.actions_table["dark"].trigger()
    assert theme.theme().dark != dark
    assert window.actions_table["dark"].isChecked() != dark
    window.actions_table["dark"].trigger()
    theme.theme().force(None)


def test_an_unforeseen_error_is_logged_and_told(home, qtbot, capsys):
    failures = UnexpectedErrors()
    told: list[tuple[str, str]] = []
    failures.happened.connect(lambda words, details: told.append((words, details)))
    failures.install()
    try:
        try:
            raise ZeroDivisionError("in a slot")
        except ZeroDivisionError:
            sys.excepthook(*sys.exc_info())
    finally:
        failures.uninstall()
    assert "Your project is safe" in told[0][0]
    assert "ZeroDivisionError: in a slot" in told[0][1]
    assert str(log_path()) in told[0][0]


def test_the_log_is_rotated_while_another_window_has_it_open(tmp_path, monkeypatch, capsys):
    def refuse(*_paths: object):  # as Windows does with an open file
        raise PermissionError(32, "used by another process")

    monkeypatch.setattr(os, "rename", refuse)
    path = tmp_path / "netbuilder.log"
    windows = [
        SharedLogHandler(path, maxBytes=300, backupCount=1, encoding="utf-8") for _number in "ab"
    ]
    for number in range(8):
        for window in windows:
            window.emit(logging.makeLogRecord({"msg": f"{number} " + "x" * 60}))
    for window in windows:
        window.close()
    assert capsys.readouterr().err == ""
    assert path.stat().st_size <= 400 and "7 x" in path.read_text("utf-8")
    assert path.with_name("netbuilder.log.1").exists()


def test_the_inspector_renames_and_follows(open_window, example):
    window = quick(open_window, example("iris"))
    node = window.store.project.graph.order[1]
    window.canvas.select((node,))
    field = window.inspector.name
    field.selectAll()
    QTest.keyClicks(field, "input")
    assert not window.inspector.name_trouble.isHidden()
    assert "'input'" in window.inspector.name_trouble.text()
    field.selectAll()
    QTest.keyClicks(field, "hidden")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert "hidden" in window.store.project.graph.by_id
    assert window.inspector.node.id == "hidden"


def test_typing_is_one_undo(open_window, example):
    window = quick(open_window, example("iris"))
    node = window.store.project.graph.order[1]
    window.canvas.select((node,))
    box = window.inspector.form.rows["units"].editor
    box.selectAll()
    QTest.keyClicks(box, "1234")
    assert window.store.project.graph.by_id[node].params["units"] == 1234
    window.store.undo()
    assert window.store.project == example("iris")


def test_a_goal_leads_to_the_plan(open_window, example):
    window = quick(open_window, example("iris"))
    window.docks.show_panel("predict")
    window.canvas.select(("@goal",))
    assert window.inspector.title.text() == _("Target")
    assert window.docks.pages["settings"].isVisible()


def test_recovered_work_is_put_back(open_window, example, answer):
    window = quick(open_window)
    file = state_folder("recovery") / "left.json"
    file.write_text("{}")
    found = recovery.RecoveredProject(file, example("diabetes"), None, 0.0)
    answer(dialogs.BACK)
    assert dialogs.offer_recovery(window, found) == dialogs.BACK
    window.documents.recover(found)
    assert window.store.modified
    assert window.store.project == example("diabetes")
    kept = window.documents.recovery.file
    assert kept.exists(), "a second crash must not lose it"
    assert not file.exists(), "nor offer it twice"
    window.store.mark_saved()
    assert not kept.exists()


def test_the_last_file_dialog_answer_saves_with_the_ending(
    open_window, example, tmp_path, monkeypatch
):
    window = quick(open_window, example("iris"))
    chosen = str(tmp_path / "plain")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (chosen, ""))
    assert window.documents.save_as()
    assert (tmp_path / "plain.netbuilder").exists()


def test_help_lists_the_keys(open_window):
    window = quick(open_window)
    keys = dict(dialogs.keys_of(window.actions_table))
    assert keys["Train"] == "F5"
    assert keys["Go to the lesson"] == "Ctrl+Shift+L"


def test_about_leads_to_the_licences(open_window):
    window = quick(open_window)
    dialogs.show_about(window)
    [box] = window.findChildren(QMessageBox)
    [button] = [one for one in box.buttons() if box.buttonRole(one) == box.ButtonRole.ActionRole]
    button.click()
    [text] = [one for one in window.findChildren(QTextBrowser) if "grandalf" in one.toPlainText()]
    assert "LGPL-3.0" in text.toPlainText() and text.isVisible()
    text.window().close()
    assert window.isVisible()


@pytest.mark.parametrize("size", [(1024, 700), (1366, 768)])
@pytest.mark.parametrize("larger", [0, 3])
def test_every_tab_and_every_card_is_in_reach(open_window, example, qtbot, size, larger):
    window = quick(open_window, example("two_inputs"))
    window.resize(*size)
    canvas = window.canvas

    def in_view():
        """All cards; with large letters at least one: the canvas scrolls, and stays readable."""
        width = canvas.viewport().width()
        rects = [canvas.scene_viewport.card_rect(one) for one in canvas.picture.cards]
        seen = [rect.left() >= 0 and rect.right() <= width for rect in rects]
        return any(seen) if larger else all(seen)

    try:
        for _time in range(larger):
            window.actions_table["larger"].trigger()
        qtbot.waitUntil(lambda: not canvas.scene_viewport.fit_pending and in_view(), timeout=5000)
        qtbot.waitUntil(lambda: canvas.viewport().width() > 0.28 * size[0], timeout=5000)
        canvas.scene_viewport.fit()
        assert in_view()
        bar = window.findChild(QTabBar, "pages")
        for task in TASKS:
            button = window.findChild(QPushButton, f"task_{task.id}")
            assert button.width() > button.fontMetrics().horizontalAdvance(button.text())
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
            assert window.docks.side.shown == (task.pages[0],)
            titles = [row.title for row in PANELS if row.id in task.pages]
            assert sorted(bar.tabText(n) for n in range(bar.count())) == sorted(titles)
            onward = bar.findChild(QToolButton, "ScrollRightButton")
            while onward.isVisible() and onward.isEnabled():
                QTest.mouseClick(onward, Qt.MouseButton.LeftButton)
            last = bar.tabRect(bar.count() - 1)
            free = onward.geometry().left() if onward.isVisible() else bar.width()
            assert last.right() <= free, "the last tab is seen whole"
            QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=last.center())
            assert window.docks.side.shown == (task.pages[-1],)
            window.docks.show_panel(task.pages[0], focus=False)
    finally:
        window.actions_table["normal"].trigger()


def test_letters_leave_a_view_that_the_user_chose(open_window, example):
    window = quick(open_window, example("iris"))
    canvas = window.canvas
    canvas.scene_viewport.zoom_to(2.0)
    try:
        window.actions_table["larger"].trigger()
        assert canvas.camera.scale == pytest.approx(2.0 * window.scaling.factor)
    finally:
        window.actions_table["normal"].trigger()


def test_data_that_is_being_read_is_not_data_that_nobody_chose(
    open_window, example, qtbot, tmp_path
):
    window = quick(open_window, example("digits"))
    canvas = window.canvas
    assert canvas.picture.cards["@goal"].detail == _("reading data…")
    canvas.select(("@goal",))
    assert window.inspector.words.text() == _(
        "What the network learns to predict: {state}", state=_("reading data…")
    )
    assert _("reading data…") in window.inspector.summary.words()["data"]
    window.workbench.start()
    qtbot.waitUntil(lambda: window.workbench.settled)
    assert canvas.picture.cards["@goal"].detail == "digit · 10 classes · cross-entropy"
    assert "10 classes" in window.inspector.words.text()
    missing = str(tmp_path / "missing.csv")
    window.store.apply("Other data", lambda p: edits.set_data(p, kind="csv", path=missing))
    qtbot.waitUntil(lambda: window.workbench.data_error is not None, timeout=30_000)
    assert canvas.picture.cards["@goal"].detail == "the data file is missing"
    window.store.apply("No data", lambda p: edits.set_data(p, kind="", path=""))
    qtbot.waitUntil(lambda: window.workbench.data_error is None, timeout=30_000)
    assert canvas.picture.cards["@goal"].detail == "no data chosen"
    assert "Choose data on the Data page first" in window.inspector.words.text()


def test_what_an_opened_model_lost_is_told(open_window, qtbot, tmp_path):
    import h5py
    import keras

    path = tmp_path / "elsewhere.h5"
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(path)
    with h5py.File(path, "r+") as file:
        file.attrs["training_config"] = json.dumps({"loss": "my_own_loss"})
    window = open_window(Project())
    window.documents.open_path(path)
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None)
    qtbot.waitUntil(lambda: bool(window.banner.cards), timeout=10_000)
    (card,) = window.banner.cards
    assert card.isVisible()
    assert "elsewhere.h5" in card.title.text()
    assert "my_own_loss" in card.words.text()
    card.button.click()
    assert not window.banner.cards


def test_a_file_that_cannot_be_opened_is_not_said_to_be_opening(open_window, tmp_path, qtbot):
    window = open_window()
    path = tmp_path / "text.h5"
    path.write_text("no model")
    window.documents.open_path(path)
    assert "text.h5" in window.status.news.text()
    qtbot.waitUntil(lambda: not window.documents.opening)
    assert window.status.news.text() == ""


@pytest.mark.parametrize(
    ("screen", "frame"),
    [
        (QRect(0, 0, 1366, 728), QMargins(1, 31, 1, 1)),
        (QRect(0, 25, 1280, 775), QMargins(0, 28, 0, 0)),
        (QRect(64, 0, 1024, 700), QMargins(8, 30, 8, 8)),
    ],
)
def test_the_first_window_fits_with_its_frame(screen, frame):
    place = fitting(screen, frame)
    assert screen.contains(place.marginsAdded(frame))
    assert place.height() > 600


def test_on_a_large_screen_the_window_opens_at_85_percent():
    place = fitting(QRect(0, 0, 2560, 1400), QMargins(1, 30, 1, 1))
    assert (place.width(), place.height()) == (2176, 1190)


def test_a_new_window_lies_within_its_screen(open_window):
    window = open_window(keras=False)
    screen, frame = window.screen().availableGeometry(), window.frameGeometry()
    # The offscreen screen is 800 pixels wide, which is about the least that the window takes.
    assert screen.top() <= frame.top()
    assert frame.bottom() <= screen.bottom()


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


def test_the_page_begins_anew_and_brings_into_sight(qtbot):
    waiting = EmptyStatePage("Press Train: here is something.", "bars")
    qtbot.addWidget(waiting)
    labels = [QLabel(f"line {number}", waiting) for number in range(60)]
    for label in labels:
        label.setFixedHeight(30)
        waiting.page_layout.addWidget(label)
    waiting.resize(300, 300)
    waiting.ready()
    waiting.show()
    qtbot.waitUntil(lambda: labels[50].y() > 300)
    assert labels[50].visibleRegion().isEmpty()
    waiting.see(labels[50])
    qtbot.waitUntil(lambda: not labels[50].visibleRegion().isEmpty())
    waiting.wait("Press Train: here is something.")
    waiting.restart()
    waiting.ready()
    qtbot.waitUntil(lambda: not labels[0].visibleRegion().isEmpty())


def test_what_was_asked_for_stays_where_its_answer_comes_in_below(qtbot):
    waiting = EmptyStatePage("Press Train: here is something.", "bars")
    qtbot.addWidget(waiting)
    asked, between, answer, rest = (QLabel(word, waiting) for word in ("a", "b", "c", "d"))
    for label, high in ((asked, 200), (between, 150), (answer, 220), (rest, 2_000)):
        label.setFixedHeight(high)
        waiting.page_layout.addWidget(label)
    bar = waiting.scroll_area.verticalScrollBar()

    def seen(high, *, at=0):
        """Pixels of what was asked for, and of the answer, that are seen then."""
        waiting.resize(300, high)
        qtbot.waitUntil(lambda: waiting.scroll_area.viewport().height() == high)
        bar.setValue(at)
        waiting.see(answer, asked)
        qtbot.wait(20)
        return asked.visibleRegion().boundingRect().height(), (
            answer.visibleRegion().boundingRect().height()
        )

    waiting.ready()
    waiting.show()
    qtbot.waitUntil(lambda: answer.y() > 300 and bar.maximum() > 1_000)
    assert seen(700) == (200, 220) and bar.value() == 0, "all is seen: nothing moves"
    assert seen(590) == (200, 220), "no more is scrolled than there is above"
    top, head = seen(520)
    assert top == 200 and 60 < head < 220
    top, head = seen(400)
    assert 0 < top < 200 and 60 < head < 220, "there is no room for both: its head"
    left = asked.y() + 200 - 100
    assert 100 < left < 200
    assert seen(700, at=100) == (left, 220) and bar.value() == 100, "both are seen: nothing moves"
    assert seen(400, at=500)[1] == 220, "it lies above"


def test_a_page_is_as_high_as_its_words_at_this_width(qtbot):
    """Qt's own minimum is the height at the narrowest width: the rest would be empty."""
    page = EmptyStatePage("nothing yet", "bars")
    qtbot.addWidget(page)
    page.resize(420, 300)
    cards = CardList(page)
    page.page_layout.addWidget(cards)
    for _number in range(3):
        cards.add(RoleBox("info", "Predictions", "The table shows some of the rows. " * 12, cards))
    page.setCurrentWidget(page.scroll_area)
    page.show()
    inner = page.scroll_area.widget()
    qtbot.waitUntil(lambda: inner.height() > 300)
    whole = sum(card.heightForWidth(card.width()) for card in cards.cards)
    assert whole <= inner.height() < whole + 50, "no empty room, and nothing is cut"
