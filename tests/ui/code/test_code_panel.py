"""The Code tab: its styles, typing in it, one history with the project, saving."""

import ast
import json
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from netbuilder.core.project.edits import remove_nodes, set_params
from netbuilder.core.project.model import Data
from netbuilder.ui.code import CodePanel
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.language import choose_language
from netbuilder.ui.services.runs.run_record import RunState


def shown(window: MainWindow, qtbot: QtBot) -> CodePanel:
    window.docks.show_panel("code")
    panel = window.findChild(CodePanel)
    qtbot.waitUntil(lambda: "keras" in panel.text.toPlainText())
    return panel


def test_the_short_style_comes_first_and_the_exact_one_can_be_chosen(open_window, example, qtbot):
    panel = shown(open_window(example("iris"), keras=False), qtbot)
    assert "_flatten_layers" not in panel.text.toPlainText()
    panel.style_box.setCurrentIndex(panel.style_box.findData("exact"))
    qtbot.waitUntil(lambda: "_flatten_layers" in panel.text.toPlainText())


def test_the_lines_of_the_selected_layer_are_marked_and_explained(open_window, example, qtbot):
    window = open_window(example("iris"), keras=False)
    panel = shown(window, qtbot)
    window.canvas.select(["dense"])
    lines = panel.text.toPlainText().split("\n")
    (line,) = panel.marked_lines()
    assert "layers.Dense(16" in lines[line - 1]
    assert len(panel.text.extraSelections()) == 1
    assert panel.explanation(line, lines[line - 1]).startswith("Dense: ")
    # The line is seen, however far the script was scrolled.
    bar = panel.text.verticalScrollBar()
    panel.text.setFixedHeight(10 * panel.text.fontMetrics().height())
    qtbot.waitUntil(lambda: bar.maximum() > 20)
    for place in (0, bar.maximum()):
        window.canvas.select(())
        bar.setValue(place)
        window.canvas.select(["dense"])
        row = panel.text.document().findBlockByNumber(line - 1).firstLineNumber()  # lines wrap
        assert bar.value() <= row < bar.value() + bar.pageStep()
    fit = next(index for index, text in enumerate(lines, 1) if "model.fit" in text)
    assert panel.explanation(fit, lines[fit - 1])
    assert panel.explanation(1, "") == ""
    unknown = [
        text
        for number, text in enumerate(lines, 1)
        if text.strip(")]} ,")
        and not text.startswith(("#", '"'))
        and not panel.explanation(number, text)
    ]
    assert len(unknown) <= 8, unknown


def test_nothing_of_another_project_stands_there(open_window, example, qtbot, tmp_path):
    window = open_window(example("digits"), keras=False)
    panel = shown(window, qtbot)
    about = panel.about.text()
    panel.text.verticalScrollBar().setValue(9)
    panel.about.setText("Wrote digits.py.")
    script = panel.text.toPlainText()
    assert window.documents.save_to(tmp_path / "mine.netbuilder")
    assert panel.text.toPlainText() == script, "the same network in another file"
    assert panel.about.text() != about
    window.documents.show_project(example("iris"), None)
    assert panel.text.toPlainText() == ""
    assert panel.about.text() == about
    qtbot.waitUntil(lambda: "keras" in panel.text.toPlainText())
    assert panel.text.toPlainText() != script
    assert panel.text.verticalScrollBar().value() == 0
    # What was still being written for the last project is told to nobody.
    window.store.reset(example("digits"))
    panel.refresh()
    window.store.reset(example("waves"))
    assert panel.text.toPlainText() == ""
    panel.refresh()
    qtbot.waitUntil(lambda: "keras" in panel.text.toPlainText())
    assert "digits" not in panel.text.toPlainText()


def test_errors_stand_above_the_code_and_at_its_top(open_window, example, qtbot, tmp_path):
    window = open_window(example("iris"), keras=False)
    panel = shown(window, qtbot)
    assert not panel.errors.isVisible()
    window.store.apply("cut", lambda project: remove_nodes(project, ["input"]))
    qtbot.waitUntil(panel.errors.isVisible)
    assert "# - " in panel.text.toPlainText().partition("import keras")[0]
    assert window.documents.export_to(tmp_path / "mine.py", "short").finish()
    assert (tmp_path / "mine.py").read_text(encoding="utf-8") == panel.text.toPlainText()
    window.store.undo()
    qtbot.waitUntil(lambda: not panel.errors.isVisible())


def typed(panel: CodePanel, old: str, new: str) -> int:
    """Type over the first ``old`` of the script; return where the caret then is."""
    cursor = panel.text.document().find(old)
    assert not cursor.isNull()
    panel.text.setTextCursor(cursor)
    QTest.keyClicks(panel.text, new)
    return panel.text.textCursor().position()


def test_what_is_typed_becomes_one_undo_step_and_the_caret_stays(open_window, example, qtbot):
    window = open_window(example("iris"), keras=False)
    panel = shown(window, qtbot)
    before = window.store.project
    caret = typed(panel, "Dense(16", "Dense(48")
    qtbot.waitUntil(lambda: window.store.project is not before)
    assert window.store.project.graph.by_id["dense"].params["units"] == 48
    assert len(window.store.undo_labels) == 1
    qtbot.wait(500)
    assert panel.text.textCursor().position() == caret
    window.canvas.select(["dense"])
    (line,) = panel.marked_lines()
    assert "Dense(48" in panel.text.toPlainText().split("\n")[line - 1]
    window.store.undo()
    assert window.store.project == before
    qtbot.waitUntil(lambda: "Dense(16" in panel.text.toPlainText())
    # A change on the canvas rewrites only what differs.
    place = panel.text.document().find("model.compile").position()
    cursor = panel.text.textCursor()
    cursor.setPosition(place)
    panel.text.setTextCursor(cursor)
    window.store.apply("", lambda project: set_params(project, "dense", units=8))
    qtbot.waitUntil(lambda: "Dense(8" in panel.text.toPlainText())
    assert panel.text.textCursor().block().text().startswith("model.compile")


def underlined(panel: CodePanel) -> str:
    marks = panel.text.extraSelections()
    wave = QTextCharFormat.UnderlineStyle.WaveUnderline
    lines = [mark.cursor.block().text() for mark in marks if mark.format.underlineStyle() == wave]
    return "\n".join(lines)


def test_the_network_waits_for_code_that_can_be_read(open_window, example, qtbot):
    window = open_window(example("iris"), keras=False)
    panel = shown(window, qtbot)
    before = window.store.project
    for old, new in (("Dense(16,", "Dense(16,,"), ("Dense(16,,", "Dense(size_of(),")):
        typed(panel, old, new)
        qtbot.waitUntil(lambda new=new: new in underlined(panel))
        assert panel.errors.isVisible()
        line = panel.text.toPlainText().split("\n").index(underlined(panel)) + 1
        assert panel.explanation(line, "") != ""
        assert window.store.project is before
    typed(panel, "Dense(size_of(),", "Dense(16,")
    qtbot.waitUntil(lambda: not panel.errors.isVisible())
    # Python would do something else with it, the program would not.
    typed(panel, "random_state=1,", "random_state=7,")
    qtbot.waitUntil(lambda: "random_state=7" in underlined(panel))
    assert window.store.project is before
    panel.discard.click()
    qtbot.waitUntil(lambda: "Dense(16, a" in panel.text.toPlainText())
    assert not panel.errors.isVisible()
    panel.style_box.setCurrentIndex(panel.style_box.findData("exact"))
    qtbot.waitUntil(panel.text.isReadOnly)


def test_the_caret_selects_its_layer(open_window, example, qtbot):
    window = open_window(example("iris"), keras=False)
    panel = shown(window, qtbot)
    panel.text.setFocus()
    qtbot.waitUntil(panel.text.hasFocus)
    panel.text.setTextCursor(panel.text.document().find("Dense(16"))
    qtbot.waitUntil(lambda: window.selection.ids == ("dense",))
    assert panel.isVisible()


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
    # Comments go on with their layer, the rest is written again.
    assert "epochs =  " not in panel.text.toPlainText()
    window.store.apply("", lambda project: set_params(project, "dense", units=9, use_bias=False))
    qtbot.waitUntil(lambda: "Dense(9" in panel.text.toPlainText())
    lines = panel.text.toPlainText().split("\n")
    assert "Dense(9" in lines[lines.index(f"    {COMMENT}") + 1]
    window.canvas.select(["dense"])
    assert "Dense(9" in lines[panel.marked_lines()[0] - 1]
    type_over(panel, "Dense(9", "Dense(7")
    qtbot.waitUntil(lambda: units(window) == 7)
    for _step in range(3):
        window.store.undo()
    qtbot.waitUntil(lambda: panel.text.toPlainText() == own)
    window.store.apply("", lambda project: remove_nodes(project, ["dense"]))
    qtbot.waitUntil(lambda: "Dense(16" not in panel.text.toPlainText())
    assert COMMENT not in panel.text.toPlainText()


def test_lines_are_numbered(window, panel, qtbot):
    text = panel.text
    for size in (10, 22):
        text.setStyleSheet(f"font-size: {size}pt")
        numbers = dict(text.number_rows())
        assert len(numbers) > 3
        for number, place in numbers.items():
            cursor = QTextCursor(text.document().findBlockByNumber(number - 1))
            line = text.cursorRect(cursor)
            assert abs(place.center().y() - line.center().y()) <= 1
            assert place.right() < text.viewport().x()
            needed = text.fontMetrics().horizontalAdvance(str(text.blockCount()))
            assert place.width() >= needed
    first = min(numbers)
    text.verticalScrollBar().setValue(text.verticalScrollBar().maximum())
    assert min(dict(text.number_rows())) > first
    type_over(panel, "Dense(16,", "Dense(size_of(),")
    qtbot.waitUntil(lambda: bool(text.error_lines))
    (line,) = text.error_lines
    assert "size_of" in text.toPlainText().split("\n")[line - 1]
    panel.discard.click()
    assert not text.error_lines


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


def dialog_of(window: MainWindow, action: str) -> str:
    """Trigger an action; return the name of the dialog that it opens, which is closed, or ""."""
    dialogs = []

    def close() -> None:
        dialogs.append(QApplication.activeModalWidget())
        if dialogs[0] is not None:
            dialogs[0].reject()

    QTimer.singleShot(0, close)
    window.actions_table[action].trigger()
    while not dialogs:
        QApplication.processEvents()
    return type(dialogs[0]).__name__ if dialogs[0] is not None else ""


def test_code_that_cannot_be_read_stops_train_save_and_submit(window, panel, qtbot, tmp_path):
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
        for action in ("hand-in", "train-elsewhere"):
            window.docks.show_panel("data")
            assert dialog_of(window, action) == ""
            assert panel.isVisible()
    assert window.runner.record.project is None
    assert path.read_bytes() == saved
    assert window.documents.unsaved
    panel.discard.click()
    qtbot.waitUntil(lambda: "Dense(16, a" in panel.text.toPlainText())
    assert window.documents.save()
    type_over(panel, "Dense(16", "Dense(48")
    assert dialog_of(window, "hand-in") == "SubmissionDialog"
    assert units(window) == 48
    type_over(panel, "Dense(48", "Dense(16")
    assert dialog_of(window, "train-elsewhere") == "ElsewhereDialog"
    assert units(window) == 16


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


@pytest.mark.parametrize("name", ["mine.py", "mine.ipynb"])
def test_what_is_shown_is_saved(open_window, example, qtbot, tmp_path, monkeypatch, name):
    rows = "\n".join(f"{x},{x * x},{'ab'[x % 2]}" for x in range(40))
    (tmp_path / "my data.csv").write_text(f"x,y,kind\n{rows}\n", encoding="utf-8")
    data = Data(
        "csv", path="my data.csv", inputs={"input": ("x", "y")}, targets={"output": ("kind",)}
    )
    project = replace(example("iris"), data=data)
    window = open_window(project, tmp_path / "flowers.netbuilder", keras=False)
    panel = shown(window, qtbot)
    add_comment(panel, "Dense(16")
    (tmp_path / "scripts").mkdir()
    path = tmp_path / "scripts" / name
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(path), ""))
    with qtbot.waitSignal(window.workbench.happened, timeout=30_000):
        panel.save.click()
    saved = path.read_text(encoding="utf-8")
    if name.endswith(".ipynb"):
        cells = [cell for cell in json.loads(saved)["cells"] if cell["cell_type"] == "code"]
        assert len(cells) > 4
        saved = "\n".join("".join(cell["source"]) for cell in cells)
    assert COMMENT in saved
    assert 'read_csv("../my data.csv"' in saved
    code = panel.text.toPlainText().replace('"my data.csv"', '"../my data.csv"')
    assert ast.dump(ast.parse(saved)) == ast.dump(ast.parse(code))


def test_saved_from_the_tab(open_window, example, qtbot, tmp_path, monkeypatch):
    window = open_window(example("frozen_body"), keras=False)
    window.docks.show_panel("code")
    panel = window.findChild(CodePanel)
    # The system's dialog cannot be seen by a test.
    answer = (str(tmp_path / "mine.py"), "Python script (*.py)")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: answer)
    with qtbot.waitSignal(window.workbench.happened, timeout=30_000) as told:
        qtbot.mouseClick(panel.save, Qt.MouseButton.LeftButton)
    assert told.args == ["saved:.py"]
    assert panel.about.text() == "Wrote mine.py."
    assert "MobileNet" in (tmp_path / "mine.py").read_text(encoding="utf-8")
    assert (tmp_path / "drawn_digits.weights.h5").is_file()

    # What could not be written is not said to be, once something else was.
    answer = (str(tmp_path / "nowhere" / "mine.py"), "Python script (*.py)")
    panel.about.setText("")
    with qtbot.waitSignal(window.documents.failed):
        panel.save.click()
    assert window.documents.export_to(tmp_path / "other.py").finish()
    assert panel.about.text() == ""


def test_french_comments_with_their_no_break_spaces_are_not_typed_text(open_window, example, qtbot):
    choose_language("fr")
    window = open_window(example("moons"), keras=False)
    panel = shown(window, qtbot)
    project = window.store.project
    assert not panel._pending
    assert window.store.finish_typing()
    assert window.store.project is project
