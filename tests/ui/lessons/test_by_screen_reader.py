"""Lessons by keys alone and by what a screen reader says, to the last tick."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.run_record import RunState

Open = Callable[..., MainWindow]
Role, Text = QAccessible.Role, QAccessible.Text
NONE, CONTROL, SHIFT, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
#: What a stop of the keyboard may be: a reader says how each of them is used.
STOPS = {
    Role.Button, Role.ButtonMenu, Role.ButtonDropDown, Role.CheckBox, Role.RadioButton,
    Role.ComboBox, Role.EditableText, Role.SpinBox, Role.Slider, Role.List, Role.ListItem,
    Role.Table, Role.Cell, Role.Tree, Role.TreeItem, Role.PageTab, Role.PageTabList, Role.Chart,
    Role.StaticText, Role.Link, Role.ColumnHeader, Role.Grouping,
}  # fmt: skip


class Reader:
    """Presses keys, and knows what is said of where they lead."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self._window, self._qtbot = window, qtbot
        self.met: set[tuple[str, str]] = set()

    @property
    def here(self) -> QAccessibleInterface:
        """What has the keyboard: an item of a list rather than the list."""
        widget = QApplication.focusWidget() or self._window
        found = QAccessible.queryAccessibleInterface(widget)
        assert found is not None, widget
        inner = found.focusChild()
        return inner if inner is not None and inner.isValid() else found

    @property
    def name(self) -> str:
        """As a reader says it: by its own name, or by the label that stands beside it."""
        labels = self.here.relations(QAccessible.RelationFlag.Label)
        words = [one.text(Text.Name) for one, _kind in labels]
        return " ".join(word for word in words if word) or self.here.text(Text.Name)

    @property
    def role(self) -> QAccessible.Role:
        return self.here.role()

    def press(self, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
        modal = QApplication.activeModalWidget()
        QTest.keyClick(QApplication.focusWidget() or modal or self._window, key, held)
        QApplication.processEvents()
        self.met.add((str(self.role), self.name))
        assert self.role in STOPS or self.name, f"{self.role} {self.name!r} after {key}"

    def type(self, text: str) -> None:
        QTest.keyClicks(QApplication.focusWidget(), text)
        QApplication.processEvents()

    def tab_to(self, name: str, role: QAccessible.Role) -> None:
        """Press Tab until this has the keyboard; each stop before it has a name and a role."""
        stops = []
        for _ in range(80):
            if self.role == role and self.name.startswith(name):
                assert self.here.state().focused or self.here.state().focusable
                return
            self.press(Qt.Key.Key_Tab)
            stops.append((self.role, self.name))
            assert self.role in STOPS, stops[-1]
            assert self.name or self.here.text(Text.Value), stops[-1]
        raise AssertionError(f"{name!r} is not reached: {stops}")

    def command(self, words: str) -> None:
        """Do something by the search of commands."""
        met: list[tuple[QAccessible.Role, str]] = []

        def choose() -> None:
            dialog = QApplication.activeModalWidget()
            if dialog is None or not dialog.isAncestorOf(QApplication.focusWidget() or dialog):
                QTimer.singleShot(50, choose)
                return
            met.append((self.role, self.name))
            self.type(words)
            QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)

        QTimer.singleShot(0, choose)
        self.press(Qt.Key.Key_K, CONTROL)
        assert met == [(Role.EditableText, "Command")]
        self._window.activateWindow()  # as the system's window manager does, which is not here
        self._qtbot.waitUntil(self._window.isActiveWindow)
        self._qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)

    def said(self, words: str) -> None:
        """Wait until the tree holds words: as a name or a value of something that is shown."""
        self._qtbot.waitUntil(lambda: any(words in one for one in self.spoken()))

    def spoken(self) -> Iterator[str]:
        """All that can be read in the window now."""
        waiting = [QAccessible.queryAccessibleInterface(self._window)]
        while waiting:
            one = waiting.pop()
            if one is None or not one.isValid() or one.state().invisible:
                continue
            yield one.text(Text.Name)
            yield one.text(Text.Value)
            waiting += [one.child(number) for number in range(min(one.childCount(), 60))]


@pytest.fixture
def reader(open_window: Open, qtbot: QtBot) -> Iterator[Reader]:
    """A window, the keyboard in it, and a reader that listens."""
    QAccessible.setActive(True)
    window = open_window()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    yield Reader(window, qtbot)
    QAccessible.setActive(False)


@pytest.mark.slow
def test_the_first_lesson_with_a_screen_reader(reader, qtbot):
    reader.press(Qt.Key.Key_N, CONTROL | SHIFT)
    assert (reader.role, reader.name) == (Role.Button, "Watch it learn")
    reader.tab_to("What a network is", Role.Button)
    about = reader.here.text(Text.Description)
    assert "thousands of small knobs" in about
    assert "15 minutes" in about
    actions = reader.here.actionInterface()
    actions.doAction(actions.pressAction())  # as a reader's own key does

    reader.said("0 of 7 steps done")
    reader.said("1. Look at the examples")
    reader.command("Data")
    reader.said("y against x, 400 points")
    reader.tab_to("Scatter", Role.PageTab)
    for _ in range(6):
        if reader.name == "Rows":
            break
        reader.press(Qt.Key.Key_Left)
    assert reader.name == "Rows"
    reader.tab_to("", Role.Cell)
    columns = []
    for _ in range(3):
        (head,) = reader.here.tableCellInterface().columnHeaderCells()
        columns.append(head.text(Text.Name))
        assert reader.name, "what stands in the cell"
        reader.press(Qt.Key.Key_Right)
    assert columns == ["x", "y", "▸ colour"]
    reader.press(Qt.Key.Key_L, CONTROL | SHIFT)
    assert reader.role == Role.EditableText
    assert reader.name.startswith("How many numbers does the network get for each point")
    reader.type("3")
    reader.press(Qt.Key.Key_Return)
    reader.said("Count the inputs only")
    # Another question is asked then, and has the keyboard.
    assert reader.role == Role.EditableText
    assert reader.name.startswith("Another table has the columns height, age")
    reader.type("3")
    reader.press(Qt.Key.Key_Return)
    reader.said("Correct. Height, age")
    reader.said("1 of 7 steps done")
    reader.tab_to("Next", Role.Button)
    reader.press(Qt.Key.Key_Space)
    reader.said("2. Leave only one neuron")

    reader.press(Qt.Key.Key_0, ALT)
    reader.press(Qt.Key.Key_Home)
    assert reader.role == Role.ListItem
    assert reader.name.startswith("Input")
    for _ in range(2):
        reader.press(Qt.Key.Key_Down)
        assert reader.name.startswith("Dense, 3")
        assert "parameters" in reader.here.text(Text.Description)
        reader.press(Qt.Key.Key_Delete)
        reader.press(Qt.Key.Key_Home)
    reader.press(Qt.Key.Key_Down)
    assert reader.name == "Dense, 1 · sigmoid"
    reader.said("2 of 7 steps done")
    reader.press(Qt.Key.Key_L, CONTROL | SHIFT)
    reader.tab_to("Next", Role.Button)
    reader.press(Qt.Key.Key_Space)

    reader.said("3. Guess first")
    reader.press(Qt.Key.Key_L, CONTROL | SHIFT)
    assert (reader.role, reader.name) == (Role.RadioButton, "about 50")
    reader.press(Qt.Key.Key_Down)
    assert reader.name == "about 85"
    reader.press(Qt.Key.Key_Space)
    assert reader.here.state().checked
    reader.said("3 of 7 steps done")
    reader.tab_to("Next", Role.Button)
    reader.press(Qt.Key.Key_Space)

    reader.said("4. Train the single neuron")
    reader.press(Qt.Key.Key_F5)
    reader.said("4 of 7 steps done")
    reader.said("Trained")
    reader.press(Qt.Key.Key_L, CONTROL | SHIFT)
    assert (reader.role, reader.name) == (Role.Button, "Next")
    reader.press(Qt.Key.Key_Space)

    reader.said("5. Add neurons")
    reader.press(Qt.Key.Key_0, ALT)
    reader.press(Qt.Key.Key_Home)
    reader.press(Qt.Key.Key_Tab)
    assert reader.role == Role.EditableText
    assert "layer" in reader.name.casefold()
    reader.type("dense 8 tanh")
    reader.press(Qt.Key.Key_Return)
    assert reader.name == "Dense, 8 · tanh"
    reader.said("5 of 7 steps done")
    reader.press(Qt.Key.Key_L, CONTROL | SHIFT)
    reader.press(Qt.Key.Key_Space)

    reader.said("6. Train again")
    reader.press(Qt.Key.Key_F5)
    reader.said("6 of 7 steps done")
    reader.press(Qt.Key.Key_L, CONTROL | SHIFT)
    reader.press(Qt.Key.Key_Space)

    reader.said("7. ")
    reader.press(Qt.Key.Key_L, CONTROL | SHIFT)
    assert reader.role == Role.EditableText
    reader.type("20")
    reader.press(Qt.Key.Key_Return)
    reader.said("7 of 7 steps done")
    reader.said("Lesson completed. Well done!")


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
