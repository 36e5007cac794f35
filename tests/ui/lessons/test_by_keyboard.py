"""The whole first lesson without a mouse, and with what a screen reader says of it."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.run_record import RunState

MINUTE = 60_000


class Keys:
    """Presses keys on whatever has the keyboard, as the system does."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot

    @property
    def at(self) -> QWidget:
        return QApplication.focusWidget() or self.window

    def press(
        self, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        QTest.keyClick(self.at, key, held)
        QApplication.processEvents()

    def do(self, action: str) -> None:
        """Press the keys of an action."""
        QTest.keySequence(self.at, self.window.actions_table[action].shortcut())
        QApplication.processEvents()

    def type(self, text: str) -> None:
        QTest.keyClicks(self.at, text)
        QApplication.processEvents()

    def to_lesson(self) -> None:
        ctrl, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
        self.press(Qt.Key.Key_L, ctrl | shift)
        assert self.window.welcome.lessons.panel.isAncestorOf(self.at)

    def to_canvas(self) -> None:
        self.press(Qt.Key.Key_0, Qt.KeyboardModifier.AltModifier)
        assert self.at is self.window.canvas

    def next_step(self) -> None:
        self.to_lesson()
        panel = self.window.welcome.lessons.panel
        for _ in range(40):
            if self.at is panel.next:
                break
            self.press(Qt.Key.Key_Tab)
        assert self.at is panel.next
        self.press(Qt.Key.Key_Space)

    def train(self) -> None:
        self.press(Qt.Key.Key_F5)
        self.qtbot.waitUntil(lambda: self.window.runner.state is not RunState.IDLE)
        self.qtbot.waitUntil(lambda: self.window.runner.state is RunState.IDLE, timeout=2 * MINUTE)

    def wait_done(self, number: int) -> None:
        session = self.window.welcome.session

        def done() -> None:
            assert number in session.record.done, session.results[number - 1].missing

        self.qtbot.waitUntil(done, timeout=MINUTE // 3)
        dot = QAccessible.queryAccessibleInterface(
            self.window.welcome.lessons.panel.dots[number - 1]
        )
        assert dot.text(QAccessible.Text.Name).endswith("done")


def test_the_whole_first_lesson_by_keys_alone(qtbot, open_window):
    window = open_window()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    keys = Keys(window, qtbot)
    ctrl, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier

    keys.press(Qt.Key.Key_N, ctrl | shift)
    page = window.welcome.page
    assert page.isVisible()
    card = page.lesson_cards["what_is_a_network"]
    for _ in range(60):
        if keys.at is card:
            break
        keys.press(Qt.Key.Key_Tab)
    spoken = QAccessible.queryAccessibleInterface(keys.at)
    assert spoken.text(QAccessible.Text.Name) == "What a network is"
    keys.press(Qt.Key.Key_Return)
    session = window.welcome.session
    assert session.lesson is not None
    qtbot.waitUntil(lambda: window.workbench.settled)

    keys.do("panel-data")
    keys.to_lesson()
    keys.type("2")
    keys.press(Qt.Key.Key_Return)
    keys.wait_done(1)

    keys.next_step()
    keys.to_canvas()
    keys.press(Qt.Key.Key_Home)
    for _ in range(2):
        keys.press(Qt.Key.Key_Down)
        keys.press(Qt.Key.Key_Delete)
        keys.press(Qt.Key.Key_Home)
    assert [node.layer for node in window.store.project.graph.nodes] == ["Input", "Dense"]
    keys.wait_done(2)

    keys.next_step()
    keys.to_lesson()
    keys.press(Qt.Key.Key_Down)
    keys.press(Qt.Key.Key_Space)
    keys.wait_done(3)

    keys.next_step()
    keys.train()
    keys.wait_done(4)

    keys.next_step()
    keys.to_canvas()
    keys.press(Qt.Key.Key_Home)
    keys.press(Qt.Key.Key_Tab)
    keys.type("dense 8 tanh")
    keys.press(Qt.Key.Key_Return)
    keys.wait_done(5)

    keys.next_step()
    keys.train()
    keys.wait_done(6)

    keys.next_step()
    keys.to_lesson()
    keys.type("20")
    keys.press(Qt.Key.Key_Return)
    keys.wait_done(7)
    assert "done" in window.welcome.lessons.panel.status.text()
