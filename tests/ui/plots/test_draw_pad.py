"""The pad takes ink from a mouse and from a finger."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea
from pytestqt.qtbot import QtBot

from netbuilder.ui.plots.draw_pad import DrawPad


def test_a_finger_draws_and_does_not_scroll(qtbot: QtBot) -> None:
    area, pad = QScrollArea(), DrawPad()
    qtbot.addWidget(area)
    area.setWidget(pad)
    area.resize(120, 100)  # smaller than the pad: there would be something to scroll
    area.show()
    qtbot.waitExposed(area)
    screen = QTest.createTouchDevice()
    QTest.touchEvent(area, screen).press(0, QPoint(30, 30), pad).commit()
    for y in range(30, 80, 5):
        QTest.touchEvent(area, screen).move(0, QPoint(30, y), pad).commit()
    QTest.touchEvent(area, screen).release(0, QPoint(30, 80), pad).commit()
    ink = pad.ink()
    assert ink[50, 30] == 1.0
    assert ink[30:75, 30].min() == 1.0, "one stroke without gaps"
    assert area.verticalScrollBar().value() == 0


def test_only_the_left_button_draws(qtbot: QtBot) -> None:
    pad = DrawPad()
    qtbot.addWidget(pad)
    pad.show()
    qtbot.mouseClick(pad, Qt.MouseButton.RightButton, pos=QPoint(60, 60))
    assert pad.empty
    qtbot.mouseClick(pad, Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
    assert pad.ink()[60, 60] == 1.0
