"""The Code tab: two styles, the selected layer's lines, and what a line does."""

from PySide6.QtGui import QTextCharFormat
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from netbuilder.core.project.edits import remove_nodes, set_params
from netbuilder.ui.code import CodePanel
from netbuilder.ui.main_window import MainWindow


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
