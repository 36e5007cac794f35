"""Lessons without a mouse: the first one by keys alone, the second one to the handed-in file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from netbuilder.core.grading.hand_in import hand_in_of
from netbuilder.core.lesson_files import observe_file
from netbuilder.core.lessons import library
from netbuilder.core.lessons.judge import judge
from netbuilder.ui.grading.hand_in_dialog import HandInDialog
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.runner import RunState

MINUTE = 60_000
Open = Callable[..., MainWindow]


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
        self.qtbot.waitUntil(lambda: self.window.runner.state is not RunState.IDLE, timeout=MINUTE)
        self.qtbot.waitUntil(lambda: self.window.runner.state is RunState.IDLE, timeout=2 * MINUTE)

    def wait_done(self, number: int) -> None:
        session = self.window.welcome.session

        def done() -> None:
            assert number in session.record.done, session.results[number - 1].missing

        self.qtbot.waitUntil(done, timeout=MINUTE // 3)
        dot = QAccessible.queryAccessibleInterface(
            self.window.welcome.lessons.panel.dots[number - 1]
        )
        assert dot is not None
        assert dot.text(QAccessible.Text.Name).endswith("done")


def choose(button: QWidget) -> None:
    """Click a choice on its ring, which is where the button answers."""
    where = QPoint(10, button.height() // 2)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=where)


def test_the_whole_first_lesson_by_keys_alone(qtbot: QtBot, open_window: Open) -> None:
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
    assert spoken is not None
    assert spoken.text(QAccessible.Text.Name) == "What a network is"
    keys.press(Qt.Key.Key_Return)
    session = window.welcome.session
    assert session.lesson is not None
    qtbot.waitUntil(lambda: window.workbench.settled, timeout=MINUTE)

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
    keys.type("24")
    keys.press(Qt.Key.Key_Return)
    keys.wait_done(7)
    assert "done" in window.welcome.lessons.panel.status.text()


@pytest.mark.slow
def test_the_second_lesson_from_the_start_page_to_the_handed_in_file(
    qtbot: QtBot, open_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    keys = Keys(window, qtbot)
    left = Qt.MouseButton.LeftButton
    session = window.welcome.session
    panel = window.welcome.lessons.panel

    window.welcome.begin()
    QTest.mouseClick(window.welcome.page.lesson_cards["first_model"], left)
    qtbot.waitUntil(lambda: len(session.results) == 10)

    data = window.docks.show_panel("data")
    QTest.mouseClick(data.gallery.cards["iris"], left)  # type: ignore[attr-defined]
    keys.wait_done(1)
    QTest.mouseClick(panel.next, left)

    keys.to_canvas()
    keys.press(Qt.Key.Key_Home)
    keys.press(Qt.Key.Key_Tab)
    keys.type("dense 16 relu")
    keys.press(Qt.Key.Key_Return)
    keys.wait_done(2)
    QTest.mouseClick(panel.next, left)
    keys.to_canvas()
    keys.press(Qt.Key.Key_Tab)
    keys.type("dense 3 softmax")
    keys.press(Qt.Key.Key_Return)
    keys.wait_done(3)
    QTest.mouseClick(panel.next, left)

    training = window.docks.show_panel("training")
    epochs = training.plan.length.rows["epochs"].editor  # type: ignore[attr-defined]
    epochs.selectAll()
    QTest.keyClicks(epochs, "60")
    row = training.plan.optimizer._form.rows["learning_rate"]  # type: ignore[attr-defined]
    rate = next(box for box in row.editor.findChildren(QAbstractSpinBox) if box.isVisible())
    rate.setFocus()
    rate.selectAll()
    QTest.keyClicks(rate, "0.01")
    keys.wait_done(4)
    QTest.mouseClick(panel.next, left)

    assert panel.question is not None
    choose(panel.question.choices[2])
    keys.wait_done(5)
    QTest.mouseClick(panel.next, left)

    QTest.mouseClick(window.top_bar.train, left)
    qtbot.waitUntil(lambda: window.runner.state is not RunState.IDLE, timeout=MINUTE)
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE, timeout=2 * MINUTE)
    keys.wait_done(6)
    QTest.mouseClick(panel.next, left)

    keys.do("panel-evaluate")
    assert panel.question is not None
    choose(panel.question.choices[0])
    keys.wait_done(7)
    QTest.mouseClick(panel.next, left)

    predict = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: predict.form is not None)  # type: ignore[attr-defined]
    field = next(iter(predict.form.rows.values())).editor.box  # type: ignore[attr-defined]
    field.selectAll()
    QTest.keyClicks(field, "5.1")
    keys.wait_done(8)
    QTest.mouseClick(panel.next, left)

    model = tmp_path / "iris.h5"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(model), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a, **_k: (str(model), ""))
    save = next(
        one
        for one in window.top_bar.findChildren(type(window.top_bar.menu_button))
        if one.defaultAction() is window.actions_table["save-model"]
    )
    save.defaultAction().trigger()
    keys.wait_done(9)
    assert model.exists()
    window.store.mark_saved()
    window.actions_table["open"].trigger()
    keys.wait_done(10)
    assert "done" in panel.status.text() or session.current != 9

    def fill() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, HandInDialog)
        QTest.keyClicks(dialog.name, "Ada")
        dialog.folder.selectAll()
        QTest.keyClicks(dialog.folder, str(tmp_path / "in"))
        QTest.mouseClick(dialog.hand_in, left)
        QTimer.singleShot(4000, dialog.accept)

    (tmp_path / "in").mkdir()
    QTimer.singleShot(200, fill)
    window.actions_table["hand-in"].trigger()
    handed = sorted((tmp_path / "in").glob("*.h5"))
    assert len(handed) == 1
    lesson = library.lesson("first_model")
    state = observe_file(lesson, handed[0])
    given = hand_in_of(state.project)
    assert given is not None
    assert given.student == "Ada"
    assert all(given.steps)
    assert len(given.steps) == 10
    assert all(one.done for one in judge(lesson, state))
