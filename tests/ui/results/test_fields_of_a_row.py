"""A column is filled in as what it is: a slider, a tick, a date."""

from datetime import date, timedelta

import pyqtgraph as pg
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox

from netbuilder.core.catalog.spec import Kind
from netbuilder.core.data.preprocessing.cells import format_clock
from netbuilder.core.project import edits
from netbuilder.core.project.model import ColumnChoice, Data, Graph, Node, Project, Training
from netbuilder.core.results.own_units import format_day, parse_day
from netbuilder.core.results.predict import FormField
from netbuilder.ui.forms.slide_editor import SlideEditor
from netbuilder.ui.kinds.rows import param_of


@pytest.mark.slow
def test_a_time_of_day_is_written_as_a_clock_shows_it(open_window, tmp_path, qtbot):
    """Times became days of 1970, all of them the first: a typed 18:00 was the same as 06:00."""
    rows = [f"{n % 24:02}:{15 * (n % 4):02},{10 * (n % 24) + 3}" for n in range(96)]
    (tmp_path / "sold.csv").write_text("time,sold\n" + "\n".join(rows))
    columns = {"time": ColumnChoice(role="feature", type="date")}
    data = Data("csv", path="sold.csv", target=("sold",), columns=columns)
    graph = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
    window = open_window(
        Project("Sold", graph, data, Training(epochs=1)), tmp_path / "sold.netbuilder"
    )
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    row = panel.form.rows["time"]
    assert f"{panel.rows.row['time']}," in "".join(f"{one}," for one in rows)
    answers = []
    for typed, part in (("06:00", 0.25), ("18:00", 0.75)):
        row.editor.selectAll()
        qtbot.keyClicks(row.editor, typed)
        qtbot.keyClick(row.editor, Qt.Key.Key_Return)
        qtbot.waitUntil(
            lambda part=part: (
                float(window.activations_service.look.raw["input"][0]) == pytest.approx(part)
            )
        )
        qtbot.waitUntil(
            lambda known=("", *answers): panel.rows.settled and panel.answer.text() not in known
        )
        answers.append(panel.answer.text())
        assert panel.rows.response.here.value() == pytest.approx(part)
    assert answers[0] != answers[1]
    written = _below(panel.rows.response)
    assert len(written) == 3 and all(words == format_clock(at) for at, words in written)


@pytest.mark.slow
def test_yes_and_no_are_ticked_and_days_are_dates(open_window, tmp_path, qtbot):
    rows = [f"{i},{'yes' if i % 3 else 'no'},19{i + 10}-03-0{1 + i % 9},{2 * i}" for i in range(60)]
    (tmp_path / "homes.csv").write_text("rooms,garden,built,price\n" + "\n".join(rows))
    columns = {
        "garden": ColumnChoice(role="feature", type="boolean"),
        "built": ColumnChoice(role="feature", type="date"),
    }
    data = Data("csv", path="homes.csv", target=("price",), columns=columns)
    graph = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
    project = Project("Homes", graph, data, Training(epochs=1))
    window = open_window(project, tmp_path / "homes.netbuilder")
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    garden, built = (panel.form.rows[name] for name in ("garden", "built"))
    assert panel.rows.row["garden"] is True
    assert "yes" in garden.param.help and "no" in garden.param.help
    before = panel.answer.text()
    garden.editor.click()
    qtbot.waitUntil(lambda: panel.answer.text() not in {"", before})
    panel.another.click()
    qtbot.waitUntil(lambda: "Test row 2 of" in panel.about.text())
    days = float(window.activations_service.look.raw["input"][2])
    shown = built.editor.box.text()
    assert shown == (date(1970, 1, 1) + timedelta(days=days)).isoformat()
    assert any(f",{shown}," in row for row in rows), "the very date of a row of the file"

    # A date slides from day to day, and the answer goes along a curve of dates.
    trained = window.workbench.models.trained
    first, last = date(1910, 3, 1), date(1969, 3, 9)
    column = trained.preprocessing.inputs["input"].columns[2]
    assert (column.low, column.high) == pytest.approx(
        [(day - date(1970, 1, 1)).days for day in (first, last)], abs=400
    )
    slider, curve = built.editor.slider, panel.rows.response
    assert slider.maximum() == column.high - column.low
    before = panel.answer.text()
    slider.setValue(31)
    want = (date(1970, 1, 1) + timedelta(days=column.low + 31)).isoformat()
    assert panel.rows.row["built"] == built.editor.box.text() == want
    assert curve.column.currentText() == "built"
    qtbot.waitUntil(lambda: panel.answer.text() not in {"", before})
    qtbot.waitUntil(lambda: curve.curve.xData is not None and len(curve.curve.xData) == 40)
    written = _below(curve)
    assert len(written) == 3
    for day, words in written:
        assert words == (date(1970, 1, 1) + timedelta(days=day)).isoformat()
    assert curve.here.value() == column.low + 31
    curve.here.setPos(column.low + 100.3)
    curve.here.sigDragged.emit(curve.here)
    want = (date(1970, 1, 1) + timedelta(days=column.low + 100)).isoformat()
    assert panel.rows.row["built"] == built.editor.box.text() == want
    assert slider.value() == 100
    built.editor.box.selectAll()
    qtbot.keyClicks(built.editor.box, first.isoformat())
    assert slider.value() == max(0, (first - date(1970, 1, 1)).days - column.low)

    # Typed as this column is not written, the slider follows, and the field says it as all do.
    built.editor.box.selectAll()
    qtbot.keyClicks(built.editor.box, "5 April 1950")
    assert built.editor.box.text() == "5 April 1950", "not under the hands of who types"
    assert panel.rows.row["built"] == "1950-04-05"
    assert slider.value() == (date(1950, 4, 5) - date(1970, 1, 1)).days - column.low
    qtbot.keyClick(built.editor.box, Qt.Key.Key_Return)
    assert built.editor.box.text() == "1950-04-05"
    # What is no date stays to be mended, and the answer says so.
    built.editor.box.selectAll()
    qtbot.keyClicks(built.editor.box, "soon")
    qtbot.keyClick(built.editor.box, Qt.Key.Key_Return)
    assert built.editor.box.text() == "soon"
    slider.setValue(100)

    # Rooms are counted: the slider and the curve know no half of one.
    rooms = panel.form.rows["rooms"].editor
    known = trained.preprocessing.inputs["input"].columns[0]
    assert known.whole
    assert rooms.slider.maximum() == known.high - known.low
    for place in range(rooms.slider.maximum()):
        rooms.slider.setValue(place)
        assert panel.rows.row["rooms"] == known.low + place
    assert curve.column.currentText() == "rooms"
    assert not _below(curve), "numbers have no dates below them"
    curve.here.setPos(30.4)
    curve.here.sigDragged.emit(curve.here)
    assert panel.rows.row["rooms"] == 30
    assert rooms.box.text() == "30"


def _below(curve):
    """Dates that are written below the curve, and where."""
    levels = curve.plot.getPlotItem().getAxis("bottom")._tickLevels
    return levels[0] if levels is not None else []  # without any pyqtgraph writes numbers


@pytest.mark.parametrize("ends", [(1950.0, 2020.0), (1.7e9, 1.8e9), (-9e9, -1e9)])
def test_years_and_seconds_slide_as_numbers(qtbot, ends):
    """Seconds since 1970 are no days: there is no such date, and the form could not be built."""
    param = param_of(FormField("when", "date", low=ends[0], high=ends[1], typical=ends[0]))
    assert (param.kind, param.ends, param.default) == (Kind.FLOAT, ends, int(ends[0]))
    editor = SlideEditor(param)
    qtbot.addWidget(editor)
    editor.show_value(param.default)
    assert editor.slider.value() == 0


def test_years_are_no_days():
    assert format_day(1985.0, 1950.0) == "1985"
    assert format_day(1985.0, -3000.0) == "1975-06-09"
    assert format_day(-1.0, None) == "1969-12-31"


def test_a_date_is_read_as_its_column_reads_it():
    fifth_of_april = float((date(2024, 4, 5) - date(1970, 1, 1)).days)
    assert (
        parse_day("5.4.2024", "dayfirst") == parse_day("05/04/2024", "dayfirst") == fifth_of_april
    )
    assert parse_day("04/05/2024", "") == parse_day("2024-04-05", "dayfirst") == fifth_of_april
    assert parse_day("2024-04-05 12:00", "") == fifth_of_april + 0.5
    assert parse_day("soon", "") is parse_day("", "dayfirst") is None


def test_numbers_are_typed_one_after_the_other_and_none_is_lost(open_window, tmp_path, qtbot):
    rows = [f"{20 + i},{i % 2},{1 + i % 7},{100 * i}" for i in range(60)]
    (tmp_path / "homes.csv").write_text("size,garden,rooms,price\n" + "\n".join(rows))
    graph = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
    project = Project("Homes", graph, Data("csv", path="homes.csv", target=("price",)))
    window = open_window(edits.set_training(project, epochs=1), tmp_path / "homes.netbuilder")
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    size, garden, rooms = (panel.form.rows[one].editor for one in ("size", "garden", "rooms"))

    # A column of 0 and 1 is switched, and the network gets the numbers.
    assert isinstance(garden, QCheckBox)
    for on in (True, False):
        garden.setChecked(not on)
        garden.click()
        assert panel.rows.row["garden"] is on
        qtbot.waitUntil(lambda: panel.idle and panel.rows.settled)
        qtbot.waitUntil(lambda on=on: window.activations_service.look.raw["input"][1] == float(on))

    # Between 0 and 1 there is nothing: two points, and no line.
    curve = panel.rows.response
    assert curve.column.currentText() == "garden"
    qtbot.waitUntil(lambda: curve.curve.xData is not None and len(curve.curve.xData) == 2)
    assert curve.curve.xData.tolist() == [0, 1]
    assert pg.mkPen(curve.curve.opts["pen"]).style() == Qt.PenStyle.NoPen
    assert curve.curve.opts["symbol"] == "o"
    assert [words for _place, words in _below(curve)] == ["0", "1"]
    asked = panel.predictions.outputs["out"].values[0]  # of a garden that is not there
    assert panel.rows.row["garden"] is False
    assert curve.curve.yData[0] == pytest.approx(float(asked[0]), rel=1e-4)

    # Tab passes the sliders by.
    window.activateWindow()
    size.box.setFocus()
    size.box.selectAll()
    for box, number in ((size.box, "37.5"), (garden, ""), (rooms.box, "4")):
        qtbot.waitUntil(box.hasFocus)
        qtbot.keyClicks(box, number)
        qtbot.keyClick(box, Qt.Key.Key_Tab)
    assert panel.rows.row["size"] == 37.5
    assert panel.rows.row["rooms"] == 4

    assert pg.mkPen(curve.curve.opts["pen"]).style() == Qt.PenStyle.SolidLine
    assert curve.curve.opts["symbol"] is None

    # Beyond the training rows a value is taken, and the field says what that means.
    known = window.workbench.models.trained.preprocessing.inputs["input"].columns[0]
    row = panel.form.rows["size"]
    for number, beyond in ((known.high, False), (known.high + 1, True), (known.low - 1, True)):
        size.box.selectAll()
        qtbot.keyClicks(size.box, f"{number:g}")
        qtbot.waitUntil(lambda: panel.rows.settled and panel.idle)
        assert row.caution.isVisible() == beyond
        assert not row.complaint.text() and panel.answer.text()
    assert f"{known.low:g} to {known.high:g}" in row.caution.text()
    assert panel.form.rows["rooms"].caution.isHidden()
    panel.another.click()
    qtbot.waitUntil(row.caution.isHidden)

    # A number that is typed on a slider goes into its field.
    size.slider.setFocus(Qt.FocusReason.MouseFocusReason)
    qtbot.keyClicks(size.slider, "4")
    assert size.box.hasFocus()
    qtbot.keyClicks(size.box, "2")
    assert panel.rows.row["size"] == 42

    # While one types, another network of the same data takes nothing away.
    size.box.selectAll()
    qtbot.keyClicks(size.box, "x")
    qtbot.waitUntil(lambda: panel.answer.text() == "")
    form = panel.form
    qtbot.train(window)
    qtbot.waitUntil(lambda: panel.idle)
    assert panel.form is form
    assert size.box.text() == "x"
    assert form.rows["size"].complaint.text()
