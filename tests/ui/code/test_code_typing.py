"""Typing in the Code tab: one history with the project, kept text, and Train and Save after it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from netbuilder.core.project.edits import set_params
from netbuilder.ui.code import CodePanel
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.run_record import RunState

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
COMMENT = "# my own words"


@pytest.fixture
def window(open_window, example) -> MainWindow:
    return open_window(example("iris"), keras=False)


@pytest.fixture
def panel(window: MainWindow, qtbot: QtBot) -> CodePanel:
    window.docks.show_panel("code")
    panel = window.findChild(CodePanel)
    qtbot.waitUntil(lambda: "keras" in panel.text.toPlainText())
    panel.text.setFocus()
    qtbot.waitUntil(panel.text.hasFocus)
    return panel


def type_over(panel: CodePanel, old: str, new: str) -> None:
    cursor = panel.text.document().find(old)
    assert not cursor.isNull()
    panel.text.setTextCursor(cursor)
    QTest.keyClicks(panel.text, new)


def add_comment(panel: CodePanel, above: str) -> None:
    """Type a line above the first line that contains ``above``."""
    cursor = panel.text.document().find(above)
    cursor.movePosition(QTextCursor.MoveOperation.StartOfBlock)
    panel.text.setTextCursor(cursor)
    indent = cursor.block().text().partition(cursor.block().text().strip())[0]
    QTest.keyClicks(panel.text, indent + COMMENT)
    QTest.keyClick(panel.text, Qt.Key.Key_Return)
    for _space in indent:
        QTest.keyClick(panel.text, Qt.Key.Key_Backspace)


def units(window: MainWindow) -> int:
    return window.store.project.graph.by_id["dense"].params["units"]


def test_undo_takes_back_characters_and_then_edits(window, panel, qtbot):
    before = panel.text.toPlainText()
    type_over(panel, "Dense(16", "Dense(48")
    qtbot.waitUntil(lambda: units(window) == 48)
    edited = panel.text.toPlainText()
    QTest.keyClicks(panel.text, "77")
    while panel.text.toPlainText() != edited:
        text = panel.text.toPlainText()
        QTest.keyClick(panel.text, Qt.Key.Key_Z, CTRL)
        assert panel.text.toPlainText() != text
        assert units(window) == 48

    def undo() -> None:
        QTest.keyClick(panel.text, Qt.Key.Key_Z, CTRL)
        assert units(window) == 16
        qtbot.waitUntil(lambda: panel.text.toPlainText() == before)

    about = panel.about.text()
    undo()
    for key, held in ((Qt.Key.Key_Y, CTRL), (Qt.Key.Key_Z, CTRL | SHIFT)):
        QTest.keyClick(panel.text, key, held)
        assert units(window) == 48
        qtbot.waitUntil(lambda: panel.text.toPlainText() == edited)
        undo()
    assert panel.about.text() == about


def test_undo_elsewhere_includes_what_was_just_typed(window, panel, qtbot):
    before = panel.text.toPlainText()
    window.store.apply("", lambda project: set_params(project, "dense", use_bias=False))
    type_over(panel, "Dense(16", "Dense(48")
    window.store.undo()
    assert units(window) == 16
    assert len(window.store.undo_labels) == 1
    window.store.undo()
    assert window.store.undo_label is None
    qtbot.waitUntil(lambda: panel.text.toPlainText() == before)


def test_comments_and_layout_stay(window, panel, qtbot):
    add_comment(panel, "Dense(16")
    type_over(panel, "epochs=", "epochs =  ")
    own = panel.text.toPlainText()
    assert COMMENT in own
    qtbot.waitUntil(lambda: not panel._pending)
    assert window.store.undo_label is None
    window.canvas.setFocus()
    window.docks.show_panel("data")
    window.docks.show_panel("code")
    panel.style_box.setCurrentIndex(panel.style_box.findData("exact"))
    qtbot.waitUntil(lambda: "_flatten_layers" in panel.text.toPlainText())
    panel.style_box.setCurrentIndex(panel.style_box.findData("short"))
    qtbot.waitUntil(lambda: panel.text.toPlainText() == own)
    about = panel.about.text()
    window.store.apply("", lambda project: set_params(project, "dense", units=8))
    qtbot.waitUntil(lambda: "Dense(8" in panel.text.toPlainText())
    assert panel.about.text() != about
    window.store.undo()
    qtbot.waitUntil(lambda: panel.text.toPlainText() == own)


def test_comments_stay_when_the_project_is_saved(window, panel, qtbot, tmp_path):
    add_comment(panel, "Dense(16")
    assert window.documents.save_to(tmp_path / "flowers.netbuilder")
    window.canvas.setFocus()
    qtbot.wait(400)
    assert COMMENT in panel.text.toPlainText()


def test_train_reads_what_was_just_typed(open_window, example, qtbot, tmp_path):
    window = open_window(example("iris"))
    window.docks.show_panel("code")
    panel = window.findChild(CodePanel)
    qtbot.waitUntil(lambda: "keras" in panel.text.toPlainText())
    type_over(panel, "Dense(16", "Dense(48")
    type_over(panel, "epochs=60", "epochs=2")
    window.commands.train()
    qtbot.waitUntil(lambda: window.runner.record.project is not None)
    trained = window.runner.record.project
    assert trained.graph.by_id["dense"].params["units"] == 48
    # A change during the run: the file has the trained network, which is said.
    window.store.apply("", lambda project: set_params(project, "dense", units=8))
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    for name, notes in (("changed.h5", 1), ("as_trained.h5", 0)):
        with qtbot.waitSignal(window.documents.export_to(tmp_path / name).done) as saved:
            pass
        assert len(saved.args[0]) == notes
        window.store.undo()


def test_code_that_cannot_be_read_stops_train_and_save(window, panel, qtbot, tmp_path):
    path = tmp_path / "flowers.netbuilder"
    assert window.documents.save_to(path)
    saved = path.read_bytes()
    for old, new in (("Dense(16", "Dense((16"), ("Dense((16", "Dense(size_of()")):
        type_over(panel, old, new)
        window.docks.show_panel("data")
        window.commands.train()
        assert panel.isVisible()
        assert panel.errors.isVisible()
        assert not window.documents.save()
    assert window.runner.record.project is None
    assert path.read_bytes() == saved
    assert window.documents.unsaved
    panel.discard.click()
    qtbot.waitUntil(lambda: "Dense(16, a" in panel.text.toPlainText())
    assert window.documents.save()


def test_the_target_does_not_lead_away_from_the_code(window, panel, qtbot):
    window.canvas.select(["@goal"])
    assert panel.isVisible()
    type_over(panel, "Dense(16", "Dense(48")
    qtbot.waitUntil(lambda: units(window) == 48)
    assert panel.isVisible()
    window.canvas.select(())
    window.docks.show_panel("data")
    window.canvas.select(["@goal"])
    assert window.docks.in_front("settings")


def test_tab_indents_and_escape_leaves(window, panel, qtbot):
    text = panel.text
    lines = text.toPlainText().split("\n")
    cursor = text.document().find("keras.Input")
    cursor.movePosition(QTextCursor.MoveOperation.StartOfBlock)
    number = cursor.blockNumber()
    cursor.movePosition(QTextCursor.MoveOperation.NextBlock, QTextCursor.MoveMode.KeepAnchor)
    text.setTextCursor(cursor)
    QTest.keyClick(text, Qt.Key.Key_Tab)
    now = text.toPlainText().split("\n")
    assert now[number : number + 3] == [
        f"    {lines[number]}", f"    {lines[number + 1]}", lines[number + 2]
    ]  # fmt: skip
    QTest.keyClick(text, Qt.Key.Key_Backtab, SHIFT)
    assert text.toPlainText().split("\n") == lines
    assert text.hasFocus()
    assert text.accessibleDescription()
    QTest.keyClick(text, Qt.Key.Key_Tab, CTRL)
    assert not text.hasFocus()
    text.setFocus()
    QTest.keyClick(text, Qt.Key.Key_Backtab, CTRL | SHIFT)
    assert not text.hasFocus()
    text.setFocus()
    QTest.keyClick(text, Qt.Key.Key_Escape)
    assert window.canvas.hasFocus()
