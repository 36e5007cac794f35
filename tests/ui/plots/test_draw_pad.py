"""Mouse, pen and finger draw alike; a pen that presses harder draws wider."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QColor, QKeySequence, QPixmap, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow, QScrollArea

from netbuilder.ui.plots.draw_pad import DrawPad

_WAY = [QPoint(40, y) for y in range(30, 140, 10)]


def _mouse(pad, way):
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=way[0])
    for spot in way[1:]:
        QTest.mouseMove(pad, spot)
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=way[-1])


def _pen(pad, way, pressure=0.5):
    kinds = QEvent.Type
    steps = [(kinds.TabletPress, way[0]), *((kinds.TabletMove, spot) for spot in way[1:])]
    for kind, spot in [*steps, (kinds.TabletRelease, way[-1]), (kinds.TabletMove, QPoint(150, 90))]:
        down = kind is not kinds.TabletRelease and spot in way
        event = QTabletEvent(
            kind,
            QPointingDevice.primaryPointingDevice(),
            QPointF(spot),
            QPointF(pad.mapToGlobal(spot)),
            pressure,
            0.0,
            0.0,
            0.0,
            0.0,
            0.0,
            Qt.KeyboardModifier.NoModifier,
            Qt.MouseButton.LeftButton,
            Qt.MouseButton.LeftButton if down else Qt.MouseButton.NoButton,
        )
        QApplication.sendEvent(pad, event)
        assert event.isAccepted(), "else a mouse is made of it as well"


def _finger(pad, way):
    device = QTest.createTouchDevice()
    touch = QTest.touchEvent(pad, device, False)
    touch.press(0, way[0], pad).commit()
    for spot in way[1:]:
        touch.move(0, spot, pad)
        touch.press(1, QPoint(150, 90), pad) if spot is way[1] else touch.stationary(1)
        touch.commit()
    touch.release(0, way[-1], pad).release(1, QPoint(150, 90), pad).commit()
    QApplication.processEvents()


@pytest.mark.parametrize("draw", [_mouse, _pen, _finger])
def test_a_stroke_is_drawn(qtbot, draw):
    page = QScrollArea()
    pad = DrawPad(page)
    page.setWidget(pad)
    qtbot.addWidget(page)
    page.show()
    drawn: list[None] = []
    pad.drawn.connect(lambda: drawn.append(None))
    draw(pad, _WAY)
    assert len(drawn) >= len(_WAY) - 1, "the answer follows the hand"
    ink = pad.ink()
    assert ink[30:130, 38:42].min() > 0.9
    assert not ink[:, 60:].any(), "neither a second finger nor a pen in the air draws"
    first = pad.ink().copy()
    pad.clear()
    draw(pad, [QPoint(spot.x() + 60, spot.y()) for spot in _WAY])
    assert not (pad.ink() * first).any(), "a new stroke begins where the pen is put down"


def test_a_pen_that_presses_harder_draws_wider(qtbot):
    pad = DrawPad()
    qtbot.addWidget(pad)
    wide = []
    for pressure in (0.1, 0.5, 1.0):
        pad.clear()
        _pen(pad, _WAY, pressure)
        wide.append(int(np.count_nonzero(pad.ink()[80] > 0.5)))
    assert wide[0] < 12
    assert wide[1] == pytest.approx(15, abs=1), "as wide as a mouse"
    assert wide[2] > 20


def test_undo_takes_back_a_stroke_and_nothing_else(qtbot):
    pad, undone = DrawPad(), []
    window = QMainWindow()
    window.setCentralWidget(pad)
    action = QAction("Undo", window, triggered=lambda: undone.append(True))
    action.setShortcut(QKeySequence.StandardKey.Undo)
    window.addAction(action)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    control = Qt.KeyboardModifier.ControlModifier
    _mouse(pad, _WAY)
    first = pad.ink()
    _pen(pad, [QPoint(90, y) for y in range(30, 140, 10)])
    both = pad.ink()
    assert not np.array_equal(first, both)
    window.activateWindow()
    qtbot.waitUntil(pad.hasFocus)
    QTest.keyClick(pad, Qt.Key.Key_Z, control)
    assert np.array_equal(pad.ink(), first)
    QTest.keyClick(pad, Qt.Key.Key_Z, control)
    assert pad.empty
    QTest.keyClick(pad, Qt.Key.Key_Z, control)
    assert not undone, "the network that the window holds is left alone"
    QTest.keySequence(pad, QKeySequence(QKeySequence.StandardKey.Redo))
    QTest.keySequence(pad, QKeySequence(QKeySequence.StandardKey.Redo))
    assert np.array_equal(pad.ink(), both)
    pad.clear()
    QTest.keyClick(pad, Qt.Key.Key_Z, control)
    assert np.array_equal(pad.ink(), both)


def test_an_enlarged_pad_draws_the_same(qtbot):
    pad = DrawPad()
    qtbot.addWidget(pad)
    pad.show()
    _mouse(pad, _WAY)
    first = pad.ink()
    pad.clear()
    pad.enlarge(2 * pad.width())
    _mouse(pad, [2 * spot for spot in _WAY])
    assert pad.width() == 2 * first.shape[1]
    assert np.abs(pad.ink() - first).max() < 0.1


def test_a_stroke_on_a_shown_picture_begins_an_empty_drawing(qtbot):
    pad = DrawPad()
    qtbot.addWidget(pad)
    pad.show()
    _mouse(pad, _WAY)
    picture = QPixmap(8, 8)
    picture.fill(QColor("#C02030"))
    pad.show_picture(picture)
    assert pad.grab().toImage().pixelColor(pad.rect().center()) == QColor("#C02030")
    with qtbot.waitSignal(pad.begun):
        _mouse(pad, [spot + QPoint(9, 0) for spot in _WAY[:2]])
    assert pad.ink().sum() > 0
    assert pad.grab().toImage().pixelColor(2, 2) != QColor("#C02030")
