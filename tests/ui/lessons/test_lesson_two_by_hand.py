"""Lesson two as a pupil does it: from the start page to the handed-in file, by events only.

Nothing here calls the program: the mouse and the keyboard go to the window on the screen, whose
own routing decides which widget they reach. What is read is only what a pupil sees too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import pytest
import shiboken6
from PySide6.QtCore import QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QDialog,
    QFileDialog,
    QScrollArea,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from netbuilder.core.grading.submission import submission_info_of
from netbuilder.core.lessons import library
from netbuilder.core.lessons.lesson_files import observe_file
from netbuilder.core.lessons.step_check import check_steps
from netbuilder.ui.data.data_gallery import DataGallery
from netbuilder.ui.grading.submission_dialog import SubmissionDialog
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.window.command_search import CommandSearch
from netbuilder.ui.window.panels import PANELS, task_of

MINUTE = 60_000
LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier
Dialog = TypeVar("Dialog", bound=QDialog)


class Hands:
    """A mouse and a keyboard: their events go to a window of the system, never to a widget."""

    def __init__(self, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        self.failures: list[BaseException] = []

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Click a widget in its middle, or ``at`` a place in it, where it must be on top."""
        window, point = self.place_of(widget, at)
        QTest.mouseMove(window, point)
        QTest.mouseClick(window, LEFT, pos=point)
        QApplication.processEvents()

    def double_click(self, widget: QWidget, at: QPoint) -> None:
        """Click twice, at a place in a widget."""
        window, point = self.place_of(widget, at)
        QTest.mouseClick(window, LEFT, pos=point)
        QTest.mouseDClick(window, LEFT, pos=point)
        QApplication.processEvents()

    def place_of(self, widget: QWidget, at: QPoint | None = None) -> tuple[QWindow, QPoint]:
        """The system's window of a widget and the place in it, once it is rolled into sight."""
        self._qtbot.waitUntil(widget.isVisible, timeout=MINUTE // 4)
        self._roll_to(widget)
        point = at if at is not None else widget.visibleRegion().boundingRect().center()
        top = widget.window()
        inside = widget.mapTo(top, point)
        found = top.childAt(inside)
        assert found is widget or (found is not None and widget.isAncestorOf(found)), (
            f"{widget} is not what lies at {inside}, but {found}"
        )
        handle = top.windowHandle()
        assert handle is not None
        return handle, inside

    def _roll_to(self, widget: QWidget) -> None:
        """Turn the wheel over the area that holds a widget until all of it is seen."""
        area = widget.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is None:
            return
        view = area.viewport()
        for _ in range(60):
            box = QRect(widget.mapTo(view, QPoint(0, 0)), widget.size())
            if view.rect().contains(box) or (box.top() <= 0 and box.height() > view.height()):
                return
            down = box.bottom() > view.height()
            middle = view.mapTo(area.window(), view.rect().center())
            handle = area.window().windowHandle()
            assert handle is not None
            QTest.wheelEvent(handle, middle, QPoint(0, -120 if down else 120))
            QApplication.processEvents()

    def press(
        self, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        """Press a key, for whatever has the keyboard."""
        window = self._focused()
        QTest.keyPress(window, key, held)
        if shiboken6.isValid(window):  # else the key has closed it
            QTest.keyRelease(window, key, held)
        QApplication.processEvents()

    def type(self, text: str) -> None:
        """Type, into whatever has the keyboard."""
        for letter in text:
            QTest.keyClick(self._focused(), letter)
        QApplication.processEvents()

    def write_over(self, field: QWidget, text: str) -> None:
        """Click a field, and type over what stands in it."""
        self.click(field, QPoint(8, field.height() // 2))
        self.press(Qt.Key.Key_A, CTRL)
        self.type(text)

    @staticmethod
    def _focused() -> QWindow:
        """Where keys go: to the dialog that is open, which no window manager makes active here."""
        front = QApplication.activeModalWidget()
        window = front.windowHandle() if front is not None else QGuiApplication.focusWindow()
        assert window is not None
        return window

    def in_dialog(self, kind: type[Dialog], do: Callable[[Dialog], None]) -> None:
        """Do something in the dialog of a kind that comes next; it keeps its own event loop."""
        timer, begun = QTimer(), time.monotonic()
        timer.setInterval(30)

        def look() -> None:
            dialog = QApplication.activeModalWidget()
            late = time.monotonic() - begun > MINUTE / 1000
            if not isinstance(dialog, kind) and not late:
                return
            timer.stop()
            try:
                assert isinstance(dialog, kind), f"{dialog} instead of {kind.__name__}"
                do(dialog)
            except BaseException as error:  # noqa: BLE001  raised by ``raise_failures``
                self.failures.append(error)
                if isinstance(dialog, QDialog):
                    dialog.reject()

        timer.timeout.connect(look)
        timer.start()
        self._waiting = timer

    def raise_failures(self) -> None:
        """What went wrong in a dialog."""
        for failure in self.failures:
            raise failure


def open_tab(hands: Hands, window: MainWindow, name: str) -> None:
    """Click the task of a page, and then its tab."""
    row = next(one for one in PANELS if one.title == name)
    hands.click(window.docks.side.buttons[task_of(row.id)])
    for bar in window.findChildren(QTabBar):
        for index in range(bar.count()):
            if bar.isVisible() and bar.tabText(index) == name:
                hands.click(bar, bar.tabRect(index).center())
                return
    raise AssertionError(f"no tab {name}")


@pytest.mark.slow
def test_lesson_two_from_the_start_page_to_the_handed_in_file(qtbot, open_window, tmp_path):
    window = open_window()
    window.resize(1366, 768)
    window.activateWindow()
    window.welcome.show_page()  # as the program starts
    hands = Hands(qtbot)
    session, panel = window.welcome.session, window.welcome.lessons.panel

    def done(number: int) -> None:
        """Wait for a step's tick, and go on."""

        def ticked() -> None:
            said = session.results[number - 1].missing if session.results else "nothing judged"
            assert panel.dots[number - 1].text() == "✓", said

        qtbot.waitUntil(ticked)
        if number < len(panel.dots):
            hands.click(panel.next)

    hands.click(window.welcome.page.lesson_cards["first_model"])
    qtbot.waitUntil(lambda: len(session.results) == 10, timeout=MINUTE // 4)
    assert not window.welcome.page.isVisible()

    open_tab(hands, window, "Data")
    hands.click(window.docks.pages["data"].findChild(DataGallery).cards["iris"])
    done(1)

    canvas = window.canvas
    hands.click(canvas.viewport(), QPoint(20, canvas.viewport().height() - 20))
    hands.press(Qt.Key.Key_Tab)
    hands.type("dense 16 relu")
    hands.press(Qt.Key.Key_Return)
    done(2)
    palette = window.palette_view
    row = palette.list.visualRect(palette.index_of("Dense"))
    hands.double_click(palette.list.viewport(), row.center())
    hands.write_over(fields(window.inspector, "units")[0], "3")
    hands.press(Qt.Key.Key_Tab)
    hands.click(fields(window.inspector, "activation")[0])
    hands.type("softmax")
    hands.press(Qt.Key.Key_Return)
    done(3)

    open_tab(hands, window, "Settings")
    settings = window.docks.pages["settings"]
    hands.write_over(fields(settings, "epochs")[0], "60")
    hands.write_over(fields(settings, "learning_rate", QAbstractSpinBox)[0], "0.01")
    hands.press(Qt.Key.Key_Return)
    done(4)
    hands.click(words_of(panel, "27 or more"), QPoint(10, 8))
    done(5)

    hands.click(words_of(window.top_bar, "Train"))
    done(6)

    open_tab(hands, window, "Evaluate")
    hands.click(words_of(panel, "versicolor"), QPoint(10, 8))
    assert panel.question.verdict.text().startswith("✗")
    assert panel.dots[6].text() == "7"
    another = panel.question.another
    assert another is not None and another.line is not None
    hands.write_over(another.line, another.question.answer)
    hands.press(Qt.Key.Key_Return)
    done(7)

    open_tab(hands, window, "Predict")
    predict = window.docks.pages["predict"]
    qtbot.waitUntil(lambda: bool(fields(predict, "sepal length (cm)", QAbstractSpinBox)))
    for name, length in (("sepal length (cm)", "5.0"), ("petal length (cm)", "1.5")):
        hands.write_over(fields(predict, name, QAbstractSpinBox)[0], length)
    done(8)

    model, folder = tmp_path / "iris.h5", tmp_path / "in"
    folder.mkdir()

    def write_name(dialog: QFileDialog) -> None:
        hands.press(Qt.Key.Key_A, CTRL)
        hands.type(str(model))
        hands.press(Qt.Key.Key_Return)

    hands.in_dialog(QFileDialog, write_name)
    hands.click(words_of(window.top_bar, "Save .h5"))
    hands.raise_failures()
    done(9)
    assert model.is_file()

    hands.in_dialog(QFileDialog, write_name)
    window.activateWindow()  # what a window manager does once a dialog is gone; here is none
    qtbot.waitUntil(lambda: QGuiApplication.focusWindow() is window.windowHandle())
    hands.press(Qt.Key.Key_O, CTRL)
    hands.raise_failures()
    done(10)
    hands.raise_failures()
    assert "Well done" in panel.status.text()

    def hand_in(dialog: SubmissionDialog) -> None:
        hands.write_over(dialog.name, "Ada")
        hands.write_over(dialog.folder, str(folder))
        hands.click(dialog.hand_in)
        qtbot.waitUntil(lambda: dialog.written is not None)
        hands.press(Qt.Key.Key_Return)

    def find(_search: CommandSearch) -> None:
        hands.in_dialog(SubmissionDialog, hand_in)
        hands.type("submit")
        hands.press(Qt.Key.Key_Return)

    window.activateWindow()
    qtbot.waitUntil(lambda: QGuiApplication.focusWindow() is window.windowHandle())
    hands.in_dialog(CommandSearch, find)
    hands.press(Qt.Key.Key_K, CTRL)
    qtbot.waitUntil(lambda: bool(list(folder.iterdir())))
    hands.raise_failures()

    (handed,) = folder.iterdir()
    lesson = library.find_lesson("first_model")
    state = observe_file(lesson, handed)
    given = submission_info_of(state.project)
    assert (handed.suffix, given.student, given.lesson) == (".h5", "Ada", "first_model")
    assert given.steps == (True,) * 10
    assert all(one.done for one in check_steps(lesson, state))


def words_of(parent: QWidget, words: str) -> QWidget:
    """The one button with these words that is to be seen."""
    found = [
        one
        for one in parent.findChildren(QAbstractButton)
        if one.isVisible() and one.text().replace("&", "") == words
    ]
    assert len(found) == 1, (words, found)
    return found[0]


def fields(parent: QWidget, name: str, kind: type[QWidget] = QWidget) -> list[QWidget]:
    """The fields of a kind that a screen reader calls so, and that are to be seen."""
    return [
        one
        for one in parent.findChildren(kind)
        if one.isVisible() and one.accessibleName() == name and one.focusPolicy()
    ]
