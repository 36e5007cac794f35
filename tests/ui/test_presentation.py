"""F11 for the class: large, slow, with pointer and keys; and all as before afterwards."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTabBar
from pytestqt.qtbot import QtBot

from netbuilder.core.project.model import Project
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.run_progress import SPEEDS, WATCH
from netbuilder.ui.style import font_scale, theme
from netbuilder.ui.window.presentation import LETTERS

MINUTE = 60_000


def test_it_is_large_and_slow_and_then_as_before(
    open_window: Callable[..., MainWindow], example: Callable[[str], Project], qtbot: QtBot
) -> None:
    window = open_window(example("iris"), keras=False)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=MINUTE)
    letters, present = font_scale.font_scale(), window.commands.presentation
    QTest.keyClick(window.canvas, Qt.Key.Key_F11)
    try:
        assert present.on
        assert window.isFullScreen()
        assert font_scale.font_scale() >= LETTERS
        assert not window.docks.palette.isVisible()
        assert window.runner.speed is WATCH
        qtbot.wait(50)
        QTest.keyClick(window.canvas, Qt.Key.Key_1)
        first = next(iter(window.docks.panels))
        qtbot.waitUntil(lambda: window.docks.pages[first].panel is not None, timeout=MINUTE)
        assert present.spotlight.key == "1"
        # A tab that comes forward lies over nothing of it: seen from the last row, not only known.
        card = window.canvas.sight.card_rect("input").toRect().center()
        QCursor.setPos(window.canvas.viewport().mapToGlobal(card))

        def ring_is_seen() -> bool:
            lit, picture = present.spotlight.lit, window.grab().toImage()
            if lit is None:
                return False
            ratio = picture.devicePixelRatio()
            edge = QPoint(lit.center().x(), lit.top() - 5) * ratio
            return picture.pixelColor(edge) == QColor(theme.colors().accent)

        qtbot.waitUntil(ring_is_seen, timeout=MINUTE)
        card = window.canvas.sight.card_rect("input").toRect().center()
        at = window.canvas.viewport().mapTo(window, card)
        present.spotlight.look_at(at, False)
        assert present.spotlight.lit is not None
        assert present.spotlight.lit.contains(at)
        present.spotlight.look_at(QPoint(2, 2), False)
        assert present.spotlight.lit is None
    finally:
        QTest.keyClick(window.canvas, Qt.Key.Key_F11)
    assert not present.on
    assert not window.isFullScreen()
    assert font_scale.font_scale() == letters
    assert window.docks.palette.isVisible()
    assert window.statusBar().isVisible()
    assert window.runner.speed == SPEEDS[0]
    assert not present.spotlight.isVisible()


def _bars(window: MainWindow) -> list[QTabBar]:
    return [bar for bar in window.findChildren(QTabBar) if bar.parent() is window and bar.count()]


def test_tabs_that_are_put_back_have_names_that_fit(
    open_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    """Qt makes a new tab bar for them, which cut the names off: "Surf…", "C…", "R…"."""
    window = open_window(keras=False)
    for dock in window.docks.panels.values():
        dock.hide()
    qtbot.wait(50)
    window.docks.reset()
    qtbot.wait(50)
    shown = [bar for bar in _bars(window) if bar.isVisible()]
    assert {bar.elideMode() for bar in shown} == {Qt.TextElideMode.ElideNone}


def test_a_tab_bar_that_was_left_over_does_not_lie_over_a_panel(
    open_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    """Qt keeps some that have no docks any more, and does not always hide them."""
    window = open_window(keras=False)
    left = QTabBar(window)
    left.addTab("Data")
    left.show()
    window.docks.reset()
    qtbot.wait(50)
    assert not left.isVisible()
    assert [bar.count() for bar in _bars(window) if bar.isVisible()] == [len(window.docks.panels)]
