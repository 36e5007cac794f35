"""A form for every row of the catalog: opens, shows, edits; bad input is told and kept."""

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.catalog.training.training_index import (
    CALLBACKS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    SCHEDULES,
)
from netbuilder.core.catalog.validate import problem_with
from netbuilder.ui.forms.boxes import TypedBox
from netbuilder.ui.forms.nested_editors import ScheduleEditor
from netbuilder.ui.forms.param_form import ParamForm
from netbuilder.ui.forms.parsing import UNSET

OBJECTS = {
    f"{kind} {name}": spec
    for kind, table in (
        ("loss", LOSSES),
        ("optimizer", OPTIMIZERS),
        ("metric", METRICS),
        ("callback", CALLBACKS),
    )
    for name, spec in table.items()
}


def open_form(qtbot, params, values):
    form = ParamForm(params)
    qtbot.addWidget(form)
    form.resize(430, 400)
    form.show_values(values)
    form.unfold(True)
    form.show()
    return form


def test_a_choice_is_listed_once_and_nothing_chosen_has_its_word(qtbot):
    form = open_form(qtbot, LAYERS["MobileNet"].params, {"weights": None})
    box = form.rows["weights"].editor
    assert [box.itemText(n) for n in range(box.count())] == ["imagenet", "file", "none"]
    assert box.currentText() == "none"


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_has_a_form(name, qtbot):
    spec = LAYERS[name]
    form = open_form(qtbot, spec.params, spec.start_params())
    assert set(form.rows) == set(spec.by_name)
    spoken: list[str] = []
    form.edited.connect(lambda which, _value: spoken.append(which))
    form.show_values(spec.start_params())
    assert spoken == [], "showing values is no edit"
    assert all(row.complaint.isHidden() for row in form.rows.values())
    assert all(row.editor.accessibleName() for row in form.rows.values())


@pytest.mark.parametrize("name", OBJECTS)
def test_every_object_of_training_has_a_form(name, qtbot):
    spec = OBJECTS[name]
    form = open_form(qtbot, spec.params, spec.start_params())
    assert set(form.rows) == set(spec.by_name)
    assert all(row.complaint.isHidden() for row in form.rows.values())


@pytest.mark.parametrize("name", LAYERS)
def test_numbers_can_be_stepped_into_legal_values(name, qtbot):
    spec = LAYERS[name]
    form = open_form(qtbot, spec.params, spec.start_params())
    got: dict[str, Any] = {}
    form.edited.connect(got.__setitem__)
    for which, row in form.rows.items():
        if isinstance(row.editor, TypedBox):
            row.editor.stepBy(1)
            if which in got:
                assert problem_with(row.param, got[which]) is None


def test_typing_edits_at_once(qtbot):
    form = open_form(qtbot, LAYERS["Dense"].params, {"units": 32})
    got: list[tuple[str, Any]] = []
    form.edited.connect(lambda name, value: got.append((name, value)))
    box = form.rows["units"].editor
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "64")
    assert got == [("units", 6), ("units", 64)]


def test_bad_input_is_told_and_kept(qtbot):
    form = open_form(qtbot, LAYERS["Dense"].params, {"units": 32})
    got: list[tuple[str, Any]] = []
    form.edited.connect(lambda name, value: got.append((name, value)))
    row = form.rows["units"]
    row.editor.selectAll()
    QTest.keyClicks(row.editor, "many")
    assert got == []
    assert "“many” is not a whole number" in row.complaint.text()
    assert row.complaint.isVisible()
    form.show_values({"units": 32})
    assert row.editor.text() == "many", "what was typed is not lost"
    row.editor.selectAll()
    QTest.keyClicks(row.editor, "8")
    assert got == [("units", 8)]
    assert not row.complaint.isVisible()


def test_a_value_from_elsewhere_replaces_bad_input(qtbot):
    form = open_form(qtbot, LAYERS["Dense"].params, {"units": 32})
    row = form.rows["units"]
    row.editor.selectAll()
    QTest.keyClicks(row.editor, "x")
    form.show_values({"units": 16})
    assert row.editor.text() == "16"
    assert not row.complaint.isVisible()


def test_a_number_out_of_range_is_told(qtbot):
    form = open_form(qtbot, LAYERS["Dropout"].params, {"rate": 0.3})
    row = form.rows["rate"]
    row.editor.selectAll()
    QTest.keyClicks(row.editor, "1.5")
    assert row.complaint.isVisible()


def test_an_emptied_field_takes_the_default(qtbot):
    form = open_form(qtbot, LAYERS["MaxPooling2D"].params, {"pool_size": 3})
    got: list[tuple[str, Any]] = []
    form.edited.connect(lambda name, value: got.append((name, value)))
    box = form.rows["pool_size"].editor
    box.selectAll()
    QTest.keyClick(box, Qt.Key.Key_Delete)
    assert got[-1] == ("pool_size", UNSET)
    assert "2" in box.lineEdit().placeholderText()


def test_an_initializer_has_parameters_of_its_own(qtbot):
    form = open_form(qtbot, LAYERS["Dense"].params, {"units": 4})
    got: dict[str, Any] = {}
    form.edited.connect(got.__setitem__)
    editor = form.rows["kernel_initializer"].editor
    editor.combo.setCurrentIndex(editor.combo.findData("RandomNormal"))
    editor.combo.activated.emit(editor.combo.currentIndex())
    assert got["kernel_initializer"] == "RandomNormal"
    inner = editor.form
    inner.unfold(True)
    inner.rows["stddev"].editor.selectAll()
    QTest.keyClicks(inner.rows["stddev"].editor, "0.2")
    assert got["kernel_initializer"] == {"name": "RandomNormal", "params": {"stddev": 0.2}}


def test_a_regularizer_can_be_taken_away(qtbot):
    value = {"name": "L2", "params": {"l2": 0.01}}
    form = open_form(qtbot, LAYERS["Dense"].params, {"units": 4, "kernel_regularizer": value})
    got: dict[str, Any] = {}
    form.edited.connect(got.__setitem__)
    editor = form.rows["kernel_regularizer"].editor
    assert editor.combo.currentData() == "L2"
    editor.combo.setCurrentIndex(0)
    editor.combo.activated.emit(0)
    assert got["kernel_regularizer"] is None


def test_a_wrapper_shows_the_form_of_its_layer(qtbot):
    spec = LAYERS["Bidirectional"]
    form = open_form(qtbot, spec.params, spec.start_params())
    row = next(r for r in form.rows.values() if r.param.kind is Kind.LAYER)
    got: dict[str, Any] = {}
    form.edited.connect(got.__setitem__)
    inner = row.editor.form
    inner.rows["units"].editor.selectAll()
    QTest.keyClicks(inner.rows["units"].editor, "7")
    assert got[row.param.name]["params"]["units"] == 7


def test_the_wheel_changes_nothing_that_has_no_focus(qtbot):
    from PySide6.QtCore import QPoint, QPointF
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    form = open_form(qtbot, LAYERS["Dense"].params, {"units": 32})
    box = form.rows["units"].editor
    box.clearFocus()
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, event)
    assert box.text() == "32"


def rate_form(qtbot, value):
    form = open_form(qtbot, OPTIMIZERS["Adam"].params, {"learning_rate": value})
    form.set_steps(900)
    got: list[Any] = []
    form.edited.connect(lambda _name, edited: got.append(edited))
    editor = form.rows["learning_rate"].editor
    assert isinstance(editor, ScheduleEditor)
    return form, editor, got


def pick(editor, name):
    index = editor.combo.findData(name)
    editor.combo.setCurrentIndex(index)
    editor.combo.activated.emit(index)


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_can_be_chosen_and_is_drawn(name, qtbot):
    _, editor, got = rate_form(qtbot, 0.02)
    pick(editor, name)
    assert got[-1]["name"] == name
    assert problem_with(OPTIMIZERS["Adam"].by_name["learning_rate"], got[-1]) is None
    assert set(editor.form.rows) | {p.name for p in SCHEDULES[name].params if p.more} == set(
        SCHEDULES[name].by_name
    )
    assert editor.sketch.isVisible()
    assert not editor.box.isVisible()
    assert editor.sketch.values[0] == pytest.approx(0.02)
    assert min(editor.sketch.values) < 0.02, "it falls within the planned steps"
    pick(editor, None)
    assert got[-1] == 0.02
    assert editor.box.isVisible()
    assert not editor.sketch.isVisible()


def test_a_schedule_of_the_project_is_shown_and_edited(qtbot):
    held = {"initial_learning_rate": 0.1, "decay_steps": 50, "decay_rate": 0.5}
    _, editor, got = rate_form(qtbot, {"name": "ExponentialDecay", "params": held})
    assert editor.combo.currentText() == "ExponentialDecay"
    box = editor.form.rows["decay_rate"].editor
    assert box.lineEdit().text() == "0.5"
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "0.25")
    assert got[-1] == {"name": "ExponentialDecay", "params": {**held, "decay_rate": 0.25}}


def test_rates_that_do_not_fit_their_boundaries_are_told(qtbot):
    form, editor, _ = rate_form(qtbot, 0.02)
    pick(editor, "PiecewiseConstantDecay")
    box = editor.form.rows["values"].editor
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "0.1, 0.01")
    complaint = form.rows["learning_rate"].complaint
    assert complaint.isVisible()
    assert "one number more than boundaries: 3, not 2" in complaint.text()
    assert editor.sketch.values == ()
    QTest.keyClicks(box, ", 0.001")
    assert not complaint.isVisible()
    assert editor.sketch.values[0] == 0.1


def test_a_number_longer_than_its_field_is_cut_at_its_end(qtbot):
    box = TypedBox(Param("x", Kind.FLOAT, 0.0))
    qtbot.addWidget(box)
    box.setFixedWidth(70)
    box.show()
    line = box.lineEdit()

    def front():
        line.repaint()  # a line scrolls when it is painted
        return line.cursorPositionAt(QPoint(8, line.height() // 2))

    box.show_value(-0.8412345678)
    assert line.fontMetrics().horizontalAdvance(line.text()) > line.width()
    assert front() <= 1, "the sign and the first digits are seen"
    box.show_value(-7.0)
    box.show_value(-0.8412345678)
    assert front() <= 1
    box.setFocus()
    qtbot.waitUntil(box.hasFocus)
    QTest.keyClick(line, Qt.Key.Key_End)
    assert front() > 1, "while one types the end is in sight"
    box.clearFocus()
    qtbot.waitUntil(lambda: not box.hasFocus())
    assert front() <= 1


def test_no_activation_bends_nothing(qtbot):
    spec = LAYERS["Dense"]
    form = open_form(qtbot, spec.params, {"units": 1})
    row = form.rows["activation"]
    assert row.editor.currentText() == "none"
    assert row.help.text().startswith("No change")
    form.show_values({"units": 1, "activation": "relu"})
    assert row.help.text().startswith("Negative numbers become 0")
