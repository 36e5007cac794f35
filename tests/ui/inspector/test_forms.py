"""A form for every row of the catalog: opens, shows, edits, fits; steps of undo."""

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit, QPushButton, QScrollArea

from netbuilder.core import i18n
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
from netbuilder.core.data.kinds.kind import TEST_FILE
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits, groups
from netbuilder.core.project.model import Project
from netbuilder.ui.forms.boxes import CountBox, NoWheelDoubleSpinBox, TypedBox
from netbuilder.ui.forms.nested_editors import ScheduleEditor
from netbuilder.ui.forms.param_form import ParamForm
from netbuilder.ui.forms.parsing import UNSET
from netbuilder.ui.inspector.inspector_panel import Inspector
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.views.evaluation_service import EvaluationService
from netbuilder.ui.services.workbench import Workbench

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


def test_a_path_that_may_be_a_folder_offers_both_dialogs(qtbot, tmp_path, monkeypatch):
    form = open_form(qtbot, [TEST_FILE], {})
    [button] = form.findChildren(QPushButton)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args: str(tmp_path))
    edits = []
    form.edited.connect(lambda name, value: edits.append((name, value)))
    _file, folder = button.menu().actions()
    folder.trigger()
    assert edits == [("test_path", str(tmp_path))]


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


def test_the_form_of_an_embedding_fits_a_narrow_inspector(qtbot):
    area = QScrollArea()
    qtbot.addWidget(area)
    form = ParamForm(LAYERS["Embedding"].params, area)
    area.setWidgetResizable(True)
    area.setWidget(form)
    area.resize(340, 400)
    area.show()
    qtbot.waitUntil(lambda: form.width() == area.viewport().width())
    row = form.rows["input_dim"]
    assert row.help.mapTo(form, row.help.rect().topRight()).x() <= form.width()
    assert form.more_button.text().startswith("More (") and form.more_button.text().endswith("…")
    area.resize(900, 400)
    qtbot.waitUntil(lambda: form.more_button.text().endswith(")"))


def test_what_was_found_while_a_layer_was_selected_is_not_squeezed(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=2))
    window.resize(1366, 768)
    line = window.inspector.summary.lines["result"]
    qtbot.waitUntil(lambda: line.text() == "not trained")
    window.inspector.set_selection(("dense",))
    qtbot.train(window)
    qtbot.waitUntil(
        lambda: bool(window.evaluation_service.sentence) and not window.workbench.run_words
    )
    window.inspector.set_selection(())
    assert "test rows correct" in line.text()
    needed = line.heightForWidth(line.width())
    assert needed > 2 * line.fontMetrics().lineSpacing()
    assert line.height() >= needed


def test_a_result_of_before_a_change_is_called_so(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=2))
    line = window.inspector.summary.lines["result"]
    qtbot.train(window)
    qtbot.waitUntil(lambda: "test rows correct" in line.text())
    assert "Before" not in line.text()
    window.store.apply("Units", lambda project: edits.set_params(project, "dense", units=7))
    qtbot.waitUntil(lambda: line.text().startswith("Before you changed the network:"))
    window.store.undo()
    qtbot.waitUntil(lambda: "Before" not in line.text())


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


@pytest.fixture
def inspector(qtbot):
    project = Project()
    for layer, units in (("Input", 0), ("Dense", 50), ("Dropout", 0), ("Dense", 10), ("LSTM", 4)):
        project = edits.append_layer(project, layer, params={"units": units} if units else {})
    store = ProjectStore(project)
    bench = Workbench(store)
    panel = Inspector(store, bench, EvaluationService(bench))
    qtbot.addWidget(panel)
    panel.show()
    yield panel
    bench.close()
    bench.deleteLater()


def _params(panel, name):
    by_id = panel.store.project.graph.by_id
    return [by_id[one].params.get(name) for one in ("dense", "dense_1", "lstm")]


def test_what_two_layers_share_is_edited_at_once_and_undone_at_once(inspector):
    inspector.set_selection(("dense", "dense_1"))
    row = inspector.form.rows["units"]
    assert row.help.text() == _("Different values: {values}", values="50 and 10")
    row.editor.edited.emit(7)
    assert _params(inspector, "units") == [7, 7, 4]
    assert not row.help.text().startswith("differs")
    inspector.store.undo()
    assert _params(inspector, "units") == [50, 10, 4]


def test_layers_of_two_kinds_share_what_means_the_same(inspector):
    inspector.set_selection(("dense", "lstm"))
    inspector.form.unfold(True)
    assert "units" in inspector.form.rows and "return_sequences" not in inspector.form.rows
    inspector.set_selection(("dense", "dropout"))
    assert inspector.form is not None and "units" not in inspector.form.rows
    inspector.set_selection(("dense",))
    assert inspector.form is not None and "units" in inspector.form.rows


def test_a_group_is_named_and_repeated(inspector):
    store = inspector.store
    store.apply("Group", lambda p: groups.group_nodes(p, ["dense", "dropout"]))
    inspector.set_selection(("group_1",))
    inspector.name.setText("Hidden")
    inspector.name.editingFinished.emit()
    assert store.project.graph.groups[0].name == "Hidden"
    inspector.group.times.setValue(3)
    inspector.group.button.click()
    assert [g.name for g in store.project.graph.groups] == [
        "Hidden",
        "Hidden 2",
        "Hidden 3",
        "Hidden ×3",
    ]
    assert sum(node.layer == "Dropout" for node in store.project.graph.nodes) == 3
    store.undo()
    assert len(store.project.graph.groups) == 1
    inspector.set_selection(("dense_1",))
    assert inspector.group.isHidden()


def test_a_long_name_is_read_from_its_beginning(inspector):
    inspector.store.apply("", lambda p: edits.append_layer(p, "GlobalAveragePooling1D"))
    inspector.name.setFixedWidth(60)
    inspector.set_selection(("global_average_pooling1d",))
    assert inspector.name.text() == "global_average_pooling1d"
    inspector.name.grab()
    assert inspector.name.cursorPositionAt(QPoint(30, 5)) < 12
