"""Save in the tab Code is an export like any other: with what the script reads beside it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from netbuilder.ui.code import CodePanel


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
