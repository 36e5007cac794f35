"""F11 for the class: large, slow, with pointer and keys; and all as before afterwards."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFrame

from netbuilder.ui.services.runs.run_progress import SPEEDS, WATCH
from netbuilder.ui.style import font_scale, theme
from netbuilder.ui.window.panels import TASKS
from netbuilder.ui.window.window_commands import LETTERS


def test_it_is_large_and_slow_and_then_as_before(open_window, example, qtbot):
    window = open_window(example("iris"), keras=False)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    letters, present = font_scale.font_scale(), window.commands.presentation
    level = window.top_bar.findChild(QFrame, "level_switch")
    visible = level.isVisible()
    QTest.keyClick(window.canvas, Qt.Key.Key_F11)
    try:
        assert present.on
        assert window.isFullScreen()
        assert font_scale.font_scale() >= LETTERS
        assert not window.docks.palette.isVisible()
        assert window.runner.speed.chosen is WATCH
        qtbot.wait(50)
        assert window.docks.side.task == "train", "curve and surface"
        assert not level.isVisible(), "nobody saves before a class"
        for number, task in enumerate(TASKS, 1):
            QTest.keyClick(window.canvas, Qt.Key(Qt.Key.Key_0 + number))
            qtbot.waitUntil(lambda task=task: window.docks.side.task == task.id)
            assert present.spotlight.key == str(number)
        # A tab that comes forward lies over nothing of it: seen from the last row, not only known.
        card = window.canvas.sight.card_rect("input").toRect().center()
        QCursor.setPos(window.canvas.viewport().mapToGlobal(card))

        def ring_is_seen():
            lit, picture = present.spotlight.lit, window.grab().toImage()
            if lit is None:
                return False
            ratio = picture.devicePixelRatio()
            edge = QPoint(lit.center().x(), lit.top() - 5) * ratio
            return picture.pixelColor(edge) == QColor(theme.colors().accent)

        qtbot.waitUntil(ring_is_seen)
        card = window.canvas.sight.card_rect("input").toRect().center()
        at = window.canvas.viewport().mapTo(window, card)
        present.spotlight.look_at(at, False)
        assert present.spotlight.lit.contains(at)
        present.spotlight.look_at(QPoint(2, 2), False)
        assert present.spotlight.lit is None
    finally:
        QTest.keyClick(window.canvas, Qt.Key.Key_F11)
    assert not present.on
    assert not window.isFullScreen()
    assert font_scale.font_scale() == letters
    assert window.docks.palette.isVisible()
    assert window.statusBar().isVisible() and level.isVisible() == visible
    assert window.runner.speed.chosen == SPEEDS[0]
    assert not present.spotlight.isVisible()
