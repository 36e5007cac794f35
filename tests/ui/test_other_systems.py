"""The window as other systems want it, and what is wrong with the machine."""

import ast
import os
import re

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QFileOpenEvent, QKeySequence

from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.style import shortcuts
from netbuilder.ui.style.shortcuts import control_text, key_text, with_native_keys
from netbuilder.ui.window import action_rows
from netbuilder.ui.window.action import menu_titles
from tests.processes import run_python

PORTABLE = QKeySequence.SequenceFormat.PortableText
#: Texts that go through ``with_native_keys`` as a whole.
WHOLE = ("gallery/help_window.py",)


def test_keys_in_texts_are_written_by_qt(qapp):
    native = QKeySequence.SequenceFormat.NativeText
    for keys in ("Ctrl+Z", "Ctrl+Shift+R", "Shift+F10", "Ctrl+PgUp"):
        assert key_text(keys) == QKeySequence(keys).toString(native) != ""
    assert control_text() in key_text("Ctrl+A")


def test_a_lesson_names_the_keys_of_the_system(monkeypatch):
    """As macOS has them: its format is simulated, the rest is the real text."""
    marks = {"Ctrl+": "⌘", "Shift+": "⇧", "Alt+": "⌥"}

    def mac(keys):
        for name, mark in marks.items():
            keys = keys.replace(name, mark)
        return keys

    monkeypatch.setattr(shortcuts, "key_text", mac)
    told = with_native_keys("Press Ctrl+Z, Ctrl+Shift+R or Shift+F10. Ctrl is a key; A+B is not.")
    assert told == "Press ⌘Z, ⌘⇧R or ⇧F10. Ctrl is a key; A+B is not."
    assert control_text() == "⌘"


def _sentences(path):
    """The texts of a module that are more than one word, without its docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]


@pytest.mark.slow
def test_no_sentence_names_the_keys_of_one_system_alone(root):
    found = [
        f"{path.name}: {text}"
        for path in sorted((root / "netbuilder").rglob("*.py"))
        if not path.as_posix().endswith(WHOLE)
        for text in _sentences(path)
        if re.search(r"\b(Ctrl|Alt|Shift)\+\w", text) and re.search(r"[a-z] |\(", text)
    ]
    assert not found, "use ui.style.shortcuts"


def test_no_shortcut_is_one_that_a_system_takes(qtbot, home):
    window = MainWindow(remember=False)
    qtbot.addWidget(window)
    keys = {
        sequence.toString(PORTABLE)
        for action in window.actions()
        for sequence in action.shortcuts()
    }
    # AltGr is Ctrl+Alt on Windows: Ctrl+Alt+S types a letter in Polish.
    assert not [one for one in keys if "Ctrl+Alt+" in one or one == "Ctrl+Tab"]
    assert "Ctrl+Shift+E" in keys


def test_macos_has_a_menu_bar_with_its_roles(qtbot, home, monkeypatch):
    monkeypatch.setattr(action_rows, "MENU_BAR", True)
    window = MainWindow(remember=False)
    qtbot.addWidget(window)
    bar = window.menuBar()
    assert [one.text() for one in bar.actions()] == list(menu_titles())
    roles = {
        action.objectName(): action.menuRole()
        for action in window.actions()
        if action.menuRole() != QAction.MenuRole.NoRole
    }
    role = QAction.MenuRole
    assert roles == {
        "settings": role.PreferencesRole, "about": role.AboutRole, "quit": role.QuitRole,
    }  # fmt: skip
    taken = [
        sequence.toString(PORTABLE)
        for action in window.actions()
        for sequence in action.shortcuts()
    ]
    assert taken.count("Ctrl+Q") == taken.count("Ctrl+W") == 1
    window.show()
    window.actions_table["quit"].trigger()
    assert not window.isVisible()


def test_elsewhere_the_window_has_no_menu_bar(qtbot, home):
    if action_rows.MENU_BAR:
        pytest.skip("this is macOS")
    window = MainWindow(remember=False)
    qtbot.addWidget(window)
    assert window.layout() is not None
    assert window.layout().menuBar() is None
    assert "quit" not in window.actions_table


def test_a_file_that_the_system_wants_opened_is_told(qapp, tmp_path):
    wanted: list[str] = []
    qapp.file_requested.connect(wanted.append)
    path = tmp_path / "Jürgen & Söhne.netbuilder"
    assert QCoreApplication.sendEvent(qapp, QFileOpenEvent(str(path)))
    qapp.file_requested.disconnect(wanted.append)
    assert wanted == [str(path)]


OPENED = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer, QCoreApplication
from PySide6.QtGui import QFileOpenEvent
from netbuilder.core.process.process_setup import prepare

# As pythonw starts it: a window without a console behind it.
sys.stdout = sys.stderr = None
prepare()
from netbuilder.ui import app

application = app.make_application(["netbuilder"])
QTimer.singleShot(
    300, lambda: QCoreApplication.sendEvent(application, QFileOpenEvent(sys.argv[1]))
)


def look():
    window = next(w for w in application.topLevelWidgets() if hasattr(w, "runner"))
    if window.store.path is None:
        return
    timer.stop()
    Path(sys.argv[2]).write_text(f"{window.store.path.name} {window.store.project.name}")
    window.close()


timer = QTimer(interval=100)
timer.timeout.connect(look)
timer.start()
QTimer.singleShot(100_000, lambda: application.exit(3))
sys.exit(app.main(None))
"""


def test_a_window_without_a_console_opens_what_the_system_wants(tmp_path):
    from netbuilder.core.project import files
    from netbuilder.core.project.model import Project

    folder = tmp_path / "Jürgen & Söhne"
    folder.mkdir()
    files.write(Project("Umsatz"), folder / "Übung.netbuilder")
    env = {**os.environ, "NETBUILDER_DATA_DIR": str(folder / "home")}
    done = run_python(OPENED, str(folder / "Übung.netbuilder"), str(folder / "told"), env=env)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (folder / "told").read_text() == "Übung.netbuilder Umsatz"


CODE = """
import sys
from PySide6.QtCore import QTimer
from netbuilder.ui import app

application = app.make_application(["netbuilder"])


def look():
    window = next(w for w in application.topLevelWidgets() if hasattr(w, "runner"))
    window.welcome.open_example("xor")
    window.documents.new()
    QTimer.singleShot(200, lambda: tell(window))


def tell(window):
    for card in list(window.banner.cards):
        print("card", card.isVisible(), card.title.text(), card.words.text(), flush=True)
        if card.property("role") == "warning":
            card.button.click()
    print("left", [card.title.text() for card in window.banner.cards], flush=True)
    window.close()


QTimer.singleShot(200, look)
sys.exit(app.main(None))
"""


@pytest.mark.slow
def test_a_home_and_settings_that_are_wrong_are_said(tmp_path):
    (tmp_path / "taken").write_text("a file where the folder should be")
    (tmp_path / "settings.toml").write_text("downlods = false")
    env = {
        **os.environ,
        "NETBUILDER_DATA_DIR": str(tmp_path / "taken" / "home"),
        "NETBUILDER_SITE_SETTINGS": str(tmp_path / "settings.toml"),
        "TMPDIR": str(tmp_path),
    }
    done = run_python(CODE, env=env)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = done.stdout.splitlines()
    # One card is seen at a time, with the way to the other.
    assert "card True Files cannot be saved in" in done.stdout
    assert any(line.startswith("card False 'downlods'") for line in lines), lines
    left = lines[-1]
    assert left.startswith("left [") and "'Empty canvas'" in left, lines
    assert "Files cannot" not in left and "downlods" not in left, "closed by hand they are gone"
