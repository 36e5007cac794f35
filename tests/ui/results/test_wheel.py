"""Who scrolls a page of results changes nothing on it."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QScrollBar, QSlider

import netbuilder
from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.project import edits
from netbuilder.ui.inspector.inspector_panel import GroupForm
from netbuilder.ui.kinds.several_inputs import CurveEditor


def turn(widget):
    place = QPointF(widget.rect().center())
    event = QWheelEvent(
        place, QPointF(widget.mapToGlobal(place.toPoint())), QPoint(), QPoint(0, -120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


@pytest.mark.parametrize("name", ["evaluate", "surface", "predict"])
def test_the_wheel_scrolls_and_changes_nothing(open_window, example, qtbot, name):
    """The curve turned from ROC to calibration under the pointer that scrolled the page."""
    window = open_window(edits.set_training(example("diabetes"), epochs=2))
    qtbot.train(window)
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


def test_what_comes_after_the_panel_turns_as_little(qtbot):
    """A filter that was put on what stood there when a panel was built missed the rest."""
    form = GroupForm()
    qtbot.addWidget(form)
    turn(form.times)
    assert form.times.value() == 2
    part = CurveEditor("wave", InputPreprocessing(dtype="float32", shape=(8, 2)), form)
    turn(part.column)
    assert part.column.currentIndex() == 0
    for one in (form.times, part.column):
        assert one.focusPolicy() == Qt.FocusPolicy.StrongFocus


def test_no_box_that_the_wheel_turns_stands_beside_these():
    kinds = r"(ComboBox|FontComboBox|Slider|Dial|SpinBox|DoubleSpinBox|(Date|Time)+Edit)"
    plain = re.compile(rf"\bQ{kinds}\(|class \w+\(.*\bQ{kinds}\b")
    root = Path(netbuilder.__file__).parent
    users = [path.name for path in root.rglob("*.py") if plain.search(path.read_text("utf-8"))]
    assert users == ["boxes.py"]
