"""Who scrolls a page of results changes nothing on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QScrollBar, QSlider, QWidget
from pytestqt.qtbot import QtBot

from netbuilder.core.project import edits
from netbuilder.core.project.model import Project
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.runner import RunState


def turn(widget: QWidget) -> None:
    place = QPointF(widget.rect().center())
    event = QWheelEvent(
        place, QPointF(widget.mapToGlobal(place.toPoint())), QPoint(), QPoint(0, -120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


@pytest.mark.parametrize("name", ["evaluate", "surface", "predict"])
def test_the_wheel_scrolls_and_changes_nothing(
    open_window: Callable[..., MainWindow],
    example: Callable[[str], Project],
    qtbot: QtBot,
    name: str,
) -> None:
    """The curve turned from ROC to calibration under the pointer that scrolled the page."""
    window = open_window(edits.set_training(example("diabetes"), epochs=2))
    window.runner.start()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    panel = window.docks.show_panel(name)
    boxes = [one for one in panel.findChildren(QComboBox) if one.count() > 1]
    sliders = [one for one in panel.findChildren(QSlider) if not isinstance(one, QScrollBar)]
    assert boxes
    for box in boxes:
        before = box.currentIndex()
        turn(box)
        assert box.currentIndex() == before
        assert not box.hasFocus()
    for slider in sliders:
        place = slider.value()
        turn(slider)
        assert slider.value() == place
    # What was chosen turns as ever.
    window.activateWindow()
    seen = [one for one in boxes if one.isVisible() and one.isEnabled()]
    assert seen or name == "surface"
    for box in seen[:1]:
        box.setFocus()
        qtbot.waitUntil(box.hasFocus)
        box.setCurrentIndex(0)
        turn(box)
        assert box.currentIndex() > 0
