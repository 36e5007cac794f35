"""One entry in a field is one step of undo."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from netbuilder.core import i18n
from netbuilder.core.catalog.training.training_index import OPTIMIZERS
from netbuilder.ui.forms.boxes import CountBox, NoWheelDoubleSpinBox, TypedBox


def test_what_is_typed_after_enter_is_a_step_of_its_own(open_window, example, qtbot):
    window = open_window(example("iris"), keras=False)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    layer = next(one.id for one in window.store.project.graph.nodes if one.layer == "Dense")
    window.canvas.select((layer,))
    form = window.inspector.form
    units, other = form.rows["units"].editor, form.rows["activation"].editor

    def typed(text):
        units.setFocus()
        qtbot.waitUntil(units.hasFocus)
        units.selectAll()
        QTest.keyClicks(units, text)

    def shown():
        return window.store.project.graph.by_id[layer].params["units"]

    before = shown()
    typed("18")
    QTest.keyClick(units, Qt.Key.Key_Return)
    typed("37")
    other.setFocus()  # and back
    qtbot.waitUntil(other.hasFocus)
    typed("255")
    seen = []
    while window.store.undo_label:
        window.store.undo()
        seen.append(shown())
    assert seen == [37, 18, before], "a number of three digits is one step"


def test_a_double_click_selects_the_whole_number(qtbot):
    """On "0.001" it selected a part, and the 0.1 typed there trained with a rate of 0."""
    box = TypedBox(OPTIMIZERS["SGD"].by_name["learning_rate"])
    qtbot.addWidget(box)
    box.show_value(0.001)
    line = box.findChild(QLineEdit)
    QTest.mouseDClick(line, Qt.MouseButton.LeftButton, pos=line.rect().center())
    assert line.selectedText() == line.text() == "0.001"


def test_a_third_click_leaves_the_whole_number_selected(qtbot):
    box = TypedBox(OPTIMIZERS["SGD"].by_name["learning_rate"])
    qtbot.addWidget(box)
    box.show_value(0.001)
    line = box.findChild(QLineEdit)
    QTest.mouseDClick(line, Qt.MouseButton.LeftButton, pos=line.rect().center())
    QTest.mousePress(line, Qt.MouseButton.LeftButton, pos=line.rect().center())
    assert line.selectedText() == "0.001"


@pytest.mark.parametrize(
    ("typed", "written"),
    [("0.01", "0,01"), ("1e-5", "0,00001"), ("0,010", "0,01"), ("x", "x"), ("-1", "-1"), ("", "")],
)
def test_a_finished_number_is_written_as_the_language_does(qtbot, typed, written):
    i18n.set_language("de")
    box = TypedBox(OPTIMIZERS["SGD"].by_name["learning_rate"])
    qtbot.addWidget(box)
    line = box.findChild(QLineEdit)
    QTest.keyClicks(line, typed)
    assert line.text() == typed, "while it is typed it stays"
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert line.text() == written


@pytest.mark.parametrize("make", [lambda: CountBox(1, 100), NoWheelDoubleSpinBox])
def test_a_number_is_told_once_it_is_typed(qtbot, make):
    """Of 12 the 1 before asked for a forecast of one step."""
    box, heard = make(), []
    qtbot.addWidget(box)
    box.valueChanged.connect(heard.append)
    box.selectAll()
    QTest.keyClicks(box, "12")
    assert heard == []
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert heard == [12]
    box.selectAll()
    QTest.keyClicks(box, "34")
    assert box.value() == 34, "a button that is pressed now does what is seen"
    assert heard == [12, 34]


def test_enter_ends_a_step_in_the_second_of_two_windows_too(open_window, example, qtbot):
    open_window(example("moons"), keras=False)
    window = open_window(example("iris"), keras=False)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    layer = next(one.id for one in window.store.project.graph.nodes if one.layer == "Dense")
    window.canvas.select((layer,))
    units = window.inspector.form.rows["units"].editor
    units.setFocus()
    qtbot.waitUntil(units.hasFocus)
    for text in ("18", "37"):
        units.selectAll()
        QTest.keyClicks(units, text)
        QTest.keyClick(units, Qt.Key.Key_Return)
    window.store.undo()
    assert window.store.project.graph.by_id[layer].params["units"] == 18
