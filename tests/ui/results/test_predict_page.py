"""The page Predict: fields, drawings, pictures, units, odd values, and why an answer is so."""

import sys
from datetime import date, timedelta

import keras
import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel

from netbuilder.core.catalog.spec import Kind
from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.data_views import table_data_view
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.preprocessing.cells import format_clock
from netbuilder.core.data.preprocessing.fitted_preprocessing import Preprocessing
from netbuilder.core.engine.runs import run_store
from netbuilder.core.errors import UserError
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice, ColumnChoice, Data, Graph, Node, Project, Training
from netbuilder.core.results.classification_curves import MEANINGS, gap_sentence, metric_meaning
from netbuilder.core.results.compare import residuals
from netbuilder.core.results.evaluate import evaluate
from netbuilder.core.results.explain.methods import ComparisonRows, explain
from netbuilder.core.results.layer_values import node_activations
from netbuilder.core.results.live.plane import points_picture
from netbuilder.core.results.live.sample_summary import filled_words
from netbuilder.core.results.own_units import format_day, parse_day
from netbuilder.core.results.predict import (
    FormField,
    form_fields,
    predict_files,
    predict_raw,
    prediction_picture,
)
from netbuilder.ui.forms.slide_editor import SlideEditor
from netbuilder.ui.kinds.pictures import _CAMERA
from netbuilder.ui.kinds.rows import ResponseView, param_of
from netbuilder.ui.kinds.series import _END, _OWN
from netbuilder.ui.kinds.several_inputs import CurveEditor, NumbersEditor, PictureDisplay
from netbuilder.ui.plots.live.surface_plot import FAINT
from netbuilder.ui.plots.training_curves import short_number
from netbuilder.ui.results.runs_model import run_tooltip
from netbuilder.ui.services.devices import PictureSource, whole_picture
from netbuilder.ui.services.model_store import Source
from netbuilder.ui.services.runs.run_progress import test_text as text_of_test
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.services.views.sample_activations import label_of

MINUTE = 30_000


@pytest.mark.slow
def test_it_is_the_next_row_of_the_test_data(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=3))
    window.runner.start()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE, timeout=MINUTE)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "", timeout=MINUTE)
    assert panel.another.isVisibleTo(panel)
    qtbot.waitUntil(lambda: "Test row 1 of 30" in panel.about.text(), timeout=MINUTE)
    first = window.activations_service.look.raw["input"]
    assert list(panel.rows.row.values()) == pytest.approx(first.tolist()), "what the canvas shows"
    before = panel.predictions
    panel.another.click()
    qtbot.waitUntil(lambda: panel.predictions is not before, timeout=MINUTE)
    test = load_dataset(window.workbench.models.trained.project, window.workbench.base).test
    index = window.activations_service.index
    raw = {key: values[index : index + 1] for key, values in test.raw_x.items()}
    assert list(panel.rows.row.values()) == pytest.approx(next(iter(raw.values()))[0].tolist())
    right = predict_raw(window.workbench.models.trained, raw).first.probabilities
    assert panel.predictions.first.probabilities == pytest.approx(right, abs=1e-5)
    assert f"Test row {index + 1} of {len(test)}" in panel.about.text()
    box = next(iter(panel.form.rows.values())).editor.box
    assert box.text().startswith(f"{raw_first(raw):.6g}")
    panel.rows.edit(next(iter(panel.rows.row)), 5.0)
    assert "Test row" not in panel.about.text(), "an edited row is no test row"
    window.activations_service.show_row(7)
    qtbot.waitUntil(lambda: window.activations_service.look.index == 7, timeout=MINUTE)
    assert next(iter(panel.rows.row.values())) == 5.0, "what was filled in by hand stays"


def raw_first(raw):
    return float(next(iter(raw.values()))[0][0])


@pytest.mark.slow
def test_the_picture_that_is_answered_hangs_beside_the_one_that_was_asked(
    open_window, example, qtbot
):
    window = open_window(edits.set_training(example("autoencoder"), epochs=1))
    window.resize(1366, 768)
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    view, found, trained = panel.pictures, panel.predictions, window.workbench.models.trained
    assert not view.drawn_again.isHidden()
    image = prediction_picture(trained, found)
    assert image.shape == (8, 8, 1)
    assert np.array_equal(image.reshape(-1), found.first.values[0])
    shown = view.drawn_again.pixmap().toImage()
    brightest = np.unravel_index(image[..., 0].argmax(), (8, 8))
    side = shown.width() / 8
    spot = [round((at + 0.5) * side) for at in brightest]
    color = shown.pixelColor(spot[1], spot[0])
    assert color == QColor("white"), "it is a picture as the one that was asked about is"
    qtbot.waitUntil(lambda: panel.head.sure.text().startswith("pixel 0: "))
    # Two pictures have room: an explanation takes the place of the answer, and nothing is cut off.
    window.resize(1024, 700)
    panel.why.button.click()
    qtbot.waitUntil(lambda: not panel.why.picture.isHidden())
    assert view.drawn_again.isHidden()
    panel.why.method.setCurrentIndex(panel.why.method.findData("occlusion"))
    panel.why.method.activated.emit(panel.why.method.currentIndex())
    qtbot.waitUntil(lambda: "becomes lower" in panel.why.sentence.text())
    panel.why.button.click()
    assert not view.drawn_again.isHidden()
    view.draw_button.click()
    assert view.drawn_again.isHidden(), "nothing is drawn, so nothing is answered"
    qtbot.mouseClick(view.pad, Qt.MouseButton.LeftButton, pos=QPoint(80, 80))
    qtbot.waitUntil(lambda: panel.about.text() == view.beside and view.answered)
    assert not view.drawn_again.isHidden() and view.picture.isHidden()
    view.draw_button.click()
    assert view.picture.isHidden(), "the pad shows the test picture"
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    # The answer's words end where their room ends, and no line is cut through.
    lines = panel.answer.shown_lines()
    assert len(lines) == 2
    assert len(lines) * panel.answer.fontMetrics().lineSpacing() <= panel.answer.height()
    # As many numbers are told as such, and not by the names of the first.
    judged = evaluate(trained, window.runner.record.dataset.test)
    words = metric_meaning("mean_absolute_error", 0.5, judged)
    assert words.startswith("the 64 numbers") and "0.5" in words


@pytest.mark.slow
def test_answers_about_money_are_money(open_window, qtbot, tmp_path):
    rows = [f"{40 + n} m²,${200 + 3 * n}" for n in range(50)]
    (tmp_path / "d.csv").write_text("size,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    graph = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
    project = Project(graph=graph, data=Data("csv", path="d.csv", target=("price",)))
    window = open_window(edits.set_training(project, epochs=2), tmp_path / "own.netbuilder")
    qtbot.train(window)
    trained = window.workbench.models.trained
    again = Preprocessing.from_json(trained.preprocessing.to_json())
    assert again.outputs["out"].column_units == ("$",), "a file of the model keeps it"
    test = load_dataset(project, tmp_path).test
    sentence = evaluate(trained, test).sentence
    assert "price is off by $" in sentence
    assert "would be off by $" in sentence
    judged = evaluate(trained, test)
    assert "Standard deviation of the residuals: $" in residuals(judged).sentence
    assert "error: $" in gap_sentence({"training": judged, "test": judged})
    assert all("$" in metric_meaning(name, 1.5, judged) for name in MEANINGS if "error" in name)
    sample = {"input": test.raw_x["input"][0]}
    rows_beside = ComparisonRows(test.raw_x, test.raw_y["out"])
    for method, words in (("occlusion", "would be $"), ("importance", "off by $"),
                          ("response", "most: from $")):  # fmt: skip
        said = explain(trained, sample, method, rows=rows_beside)
        assert words in said.sentence, method
    assert said.responses[0].unit == "$"
    assert " m²" in said.responses[0].ends[0]
    found = table_data_view(project, tmp_path, make_report(project, tmp_path))
    assert [found.axis(place) for place in (0, 1)] == ["size (m²)", "price ($)"]
    assert label_of(test, trained.preprocessing, 0) == f"${np.ravel(test.raw_y['out'])[0]:.0f}"
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text().startswith("price: $"))
    assert form_fields(trained)[0].unit == "m²"
    assert "size (m²)" in [one.text() for one in panel.findChildren(QLabel)]
    qtbot.waitUntil(lambda: window.activations_service.look_now is not None)
    assert window.activations_service.look_now.units == {"out": ("$",)}
    evaluated = window.docks.show_panel("evaluate")
    qtbot.waitUntil(lambda: evaluated.evaluation is not None)
    qtbot.waitUntil(lambda: evaluated.residuals.found is not None)
    item = evaluated.residuals.plot.getPlotItem()
    assert item.getAxis("bottom").labelText == "true price ($)"
    (run,) = run_store.list_runs()
    assert run.unit == "$"
    assert text_of_test(run).startswith("± $"), "the error is money as the answer is"
    assert "mean absolute error $" in run_tooltip(run)


def bars(path):
    """Thick lines from top to bottom (0) and from left to right (1), black on white."""
    rng = np.random.default_rng(1)
    pictures, answers = np.full((200, 28, 28, 1), 255.0, np.float32), np.arange(200) % 2
    for picture, answer in zip(pictures, answers, strict=True):
        at, begin = rng.integers(9, 18), rng.integers(2, 6)
        (picture if answer == 0 else picture.swapaxes(0, 1))[begin:-begin, at : at + 3] = 0.0
    np.savez(path, x=pictures, y=np.array(["up", "along"])[answers])


@pytest.mark.slow
def test_the_pad_is_white_and_the_answer_is_right(open_window, tmp_path, qtbot):
    bars(tmp_path / "bars.npz")
    nodes = (Node("input", "Input"), Node("flat", "Flatten"),
             Node("out", "Dense", {"units": 2, "activation": "softmax"}))  # fmt: skip
    graph = Graph(nodes, (("input", "flat"), ("flat", "out")))
    project = Project(graph=graph, data=Data("arrays", path="bars.npz"))
    quick = Choice("Adam", {"learning_rate": 0.01})
    project = edits.set_training(project, epochs=30, optimizer=quick)
    window = open_window(project, tmp_path / "bars.netbuilder")
    qtbot.train(window)
    assert window.workbench.models.trained is not None, window.workbench.run_error
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    pad = panel.pictures.pad
    panel.pictures.draw_button.click()
    middle = pad.width() // 2
    spots = range(20, pad.width() - 20, 10)
    ways = {
        "up": [QPoint(middle, at) for at in spots],
        "along": [QPoint(at, middle) for at in spots],
    }
    for answer, way in ways.items():
        panel.pictures.clear_button.click()
        QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=way[0])
        for spot in way:
            QTest.mouseMove(pad, spot)
        QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=way[-1])
        seen = pad.grab().toImage()
        assert seen.pixelColor(12, 12) == QColor("white"), "the page is that of the pictures"
        assert seen.pixelColor(middle, middle).lightness() < 30
        assert pad.ink()[84, 84] > 0.9, "what is drawn is ink, however it is shown"
        qtbot.waitUntil(lambda said=answer: f": {said} " in panel.answer.text())
        beside = panel.pictures.picture.pixmap().toImage()
        assert beside.pixelColor(4, 4) == QColor("white"), "what the network sees looks the same"
        assert beside.pixelColor(beside.rect().center()).lightness() < 40


@pytest.mark.slow
def test_ink_on_paper_is_turned_for_digits_that_are_bright_on_dark(
    open_window, example, tmp_path, qtbot
):
    paper = QImage(64, 64, QImage.Format.Format_RGB32)
    paper.fill(QColor("#F4F0E8"))
    painter = QPainter(paper)
    painter.fillRect(28, 4, 10, 56, QColor("#202030"))
    painter.end()
    turned = paper.copy()
    turned.invertPixels()
    for name, image in (("paper", paper), ("turned", turned)):
        assert image.save(str(tmp_path / f"{name}.png"))
    window = open_window(edits.set_training(example("digits"), epochs=2))
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "" and panel.idle)
    right, wrong = (
        predict_files(window.workbench.models.trained, [tmp_path / name]).first.probabilities
        for name in ("turned.png", "paper.png")
    )

    def answers(wanted):
        qtbot.waitUntil(lambda: np.allclose(panel.predictions.first.probabilities, wanted))

    view = panel.pictures
    assert view.turn_button.isHidden()
    view.answer_picture(tmp_path / "paper.png")
    answers(right)
    assert view.turn_button.isChecked() and view.turn_button.isVisible()
    assert panel.about.text() != f"{(tmp_path / 'paper.png').name}.", "that it is inverted is said"
    view.turn_button.click()
    answers(wrong)
    assert "exchanged" not in panel.about.text()
    view.answer_picture(tmp_path / "turned.png")
    answers(right)
    assert not view.turn_button.isChecked()
    # Of the camera's pictures a choice by hand holds for the next ones.
    answer = view._answer
    answer(paper, "Seen.", _CAMERA)
    answers(right)
    view.turn_button.click()
    answers(wrong)
    answer(paper, "Seen.", _CAMERA)
    qtbot.waitUntil(lambda: panel.idle)
    assert not view.turn_button.isChecked()
    panel.another.click()
    qtbot.waitUntil(view.turn_button.isHidden)


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


def _project(folder):
    """Each fifth row, the first test row among them, has no size."""
    rows = [f"{'' if n % 5 == 0 else 40 + n},{n % 4},{100 + 3 * n}" for n in range(50)]
    (folder / "d.csv").write_text("size,rooms,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    graph = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
    data = Data("csv", path="d.csv", target=("price",), options={"missing": "median"})
    return edits.set_training(Project(graph=graph, data=data), epochs=2)


def test_only_cells_that_were_empty_count_as_filled(tmp_path):
    data = load_dataset(_project(tmp_path), tmp_path)
    fill = data.preprocessing.inputs["input"].columns[0].fill
    count = 0
    for split in (data.train, data.validation, data.test):
        cells = split.filled.get("input", np.zeros((len(split), 2), bool))
        assert (split.raw_x["input"][cells[:, 0], 0] == fill).all()
        assert not cells[:, 1].any()
        count += int(cells.sum())
    assert count == 10
    points = points_picture(data, "size", "rooms").points
    assert points.filled.sum() == 10
    assert points_picture(data, "rooms", "size").points.filled is not None


@pytest.mark.slow
def test_canvas_predict_and_surface_say_it(open_window, qtbot, tmp_path):
    project = _project(tmp_path)
    test = load_dataset(project, tmp_path).test
    row = int(np.flatnonzero(test.filled["input"][:, 0])[0])
    other = int(np.flatnonzero(~test.filled["input"][:, 0])[0])
    window = open_window(project, tmp_path / "own.netbuilder")
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: window.activations_service.look is not None)
    for at, said in ((row, True), (other, False)):
        window.activations_service.show_row(at)
        qtbot.waitUntil(lambda at=at: window.activations_service.look_now.index == at)
        told = dict(window.activations_service.look_now.told["input"])
        assert told["size"].endswith("(filled in)") is said
        assert not told["rooms"].endswith("(filled in)")
        words = filled_words(["size"])
        assert (words in panel.about.text()) is said
        caution = panel.form.rows["size"].caution
        qtbot.waitUntil(lambda caution=caution, said=said: bool(caution.text()) is said)
    surface = window.docks.show_panel("surface")
    qtbot.waitUntil(lambda: "10 faint points" in surface.note.text())
    faint = [p for p in surface.plot.points.points() if p.brush().color().alphaF() < 2 * FAINT]
    shown = np.isin(surface.picture.points.part, sorted(surface.plot.shown_parts))
    assert len(faint) == int((surface.picture.points.filled & shown).sum()) > 0


@pytest.mark.slow
def test_the_canvas_shows_what_the_layers_make_of_your_drawing(open_window, example, qtbot):
    window = open_window(edits.set_training(example("digits"), epochs=1))
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    shown, activations_service = window.canvas.shown_sample, window.activations_service
    qtbot.waitUntil(lambda: panel.answer.text() != "" and activations_service.idle)
    assert shown.words.text().startswith("Shown: row 1 of 359 · it is “")
    assert shown.back.isHidden()
    shown.steps[1].click()
    qtbot.waitUntil(lambda: "row 2 of 359" in shown.words.text())

    buttons = (panel.pictures.draw_button, panel.pictures.camera, panel.pictures.paste_button)

    def places():
        return [one.pos() for one in buttons if one.isVisible()]

    before = places()
    panel.pictures.draw_button.click()
    _draw(panel, qtbot)
    qtbot.waitUntil(lambda: places() == before)  # nothing moves below what was pressed
    qtbot.waitUntil(
        lambda: activations_service.look.own == "your drawing" and activations_service.idle
    )
    assert shown.words.text() == "Shown: your drawing"
    assert (
        "your drawing" in window.canvas.layer_popup.row.text()
        or window.canvas.layer_popup.isHidden()
    )
    # Every layer's numbers are those of the drawing that the answer is about.
    trained = window.workbench.models.trained
    own = activations_service.look
    asked, _ = activations_service.own.make(trained)
    for node, values in node_activations(trained, asked).items():
        np.testing.assert_allclose(own.values[node], values, atol=1e-5)
    qtbot.waitUntil(lambda: panel.idle)
    likeliest = int(panel.predictions.first.probabilities[0].argmax())
    output = trained.project.graph.outputs[0]
    assert int(np.asarray(own.answers[output]).argmax()) == likeliest

    inside = window.docks.show_panel("inside")
    assert inside.truth.text() == "your drawing", "and no row"
    assert inside.number.isHidden() and not inside.random.isHidden()
    window.docks.show_panel("predict")

    # One click goes back to the data; what was drawn stays in its place.
    assert shown.back.text() == "Back to row 2"
    shown.back.click()
    qtbot.waitUntil(lambda: not activations_service.look.own and activations_service.idle)
    assert "row 2 of 359" in shown.words.text()
    qtbot.wait(300)
    assert not activations_service.look.own, "it does not come back by itself"
    assert not panel.pictures.pad.empty
    _draw(panel, qtbot, across=120)
    qtbot.waitUntil(lambda: bool(activations_service.look.own) and activations_service.idle)

    # While another run goes on it is followed, too.
    window.store.apply("epochs", lambda p: edits.set_training(p, epochs=100_000))
    window.runner.start()
    live = window.sample_view
    qtbot.waitUntil(lambda: live.look is not None and bool(live.look.own))
    entry = trained.preprocessing.inputs["input"]
    drawn = activations_service.own.make(trained)[0]["input"]
    np.testing.assert_allclose(live.look.values["input"], entry.apply(drawn[None])[0], atol=1e-6)
    assert shown.words.text() == "Shown: your drawing"
    shown.back.click()
    qtbot.waitUntil(lambda: live.look is not None and not live.look.own)
    qtbot.waitUntil(lambda: "row 2 of 359" in shown.words.text())
    window.runner.stop()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not trained)
    qtbot.wait(300)
    qtbot.waitUntil(lambda: panel.idle and activations_service.idle)
    assert activations_service.own is None, "another network does not bring the drawing back"
    assert not panel.pictures.pad.empty


@pytest.mark.slow
def test_an_edited_row_is_on_the_canvas_until_another_row_is_wanted(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=2))
    qtbot.train(window)
    panel, activations_service = window.docks.show_panel("predict"), window.activations_service
    qtbot.waitUntil(lambda: "Test row" in panel.about.text())
    qtbot.wait(250)
    assert not activations_service.look.own, "a test row is nobody's own"
    panel.rows.edit("petal width (cm)", 0.7)
    qtbot.waitUntil(lambda: activations_service.look.own == "your row" and activations_service.idle)
    assert activations_service.look.raw["input"][-1] == pytest.approx(0.7)
    told = dict(activations_service.look.told["input"])
    assert told["petal width (cm)"].startswith("0.7")
    inside = window.docks.show_panel("inside")
    qtbot.waitUntil(lambda: "your row" in inside.truth.text())
    window.docks.show_panel("predict")
    panel.another.click()
    qtbot.waitUntil(
        lambda: not activations_service.look.own and activations_service.look.index == 1
    )
    qtbot.waitUntil(lambda: "Test row 2" in panel.about.text())


@pytest.mark.slow
def test_a_series_end_is_on_the_canvas_as_it_is_in_predict(open_window, example, qtbot):
    window = open_window(edits.set_training(example("temperatures"), epochs=1))
    qtbot.train(window)
    panel, activations_service = window.docks.show_panel("predict"), window.activations_service
    view = panel.forms["series"]
    qtbot.waitUntil(lambda: view.rows is not None and activations_service.idle)
    view.last_button.click()
    qtbot.waitUntil(lambda: activations_service.look.own == _END)
    assert activations_service.look.raw["input"] == pytest.approx(view.rows)
    view.curve.values[0] += 3.0
    view.curve.dragged.emit()
    qtbot.waitUntil(lambda: activations_service.look.own == _OWN)
    assert activations_service.look.raw["input"][0, 0] == pytest.approx(view.own_rows[0, 0] + 3.0)
    panel.another.click()
    qtbot.waitUntil(
        lambda: not activations_service.look.own and activations_service.look.index == 0
    )


@pytest.mark.slow
def test_a_drag_outlives_the_last_window_that_was_asked_for_before(
    open_window, example, qtbot, told
):
    window = open_window(edits.set_training(example("temperatures"), epochs=1))
    qtbot.train(window)
    view = window.docks.show_panel("predict").forms["series"]
    qtbot.waitUntil(lambda: view.rows is not None)
    told()
    view.last_button.click()
    view.curve.values[0] += 3.0
    view.curve.dragged.emit()
    told()
    assert view.rows[0, 0] == pytest.approx(view.own_rows[0, 0] + 3.0)


def _draw(panel, qtbot, across=80):
    pad, left = panel.pictures.pad, Qt.MouseButton.LeftButton
    qtbot.mousePress(pad, left, pos=QPoint(across, 20))
    for y in range(20, 150, 10):
        qtbot.mouseMove(pad, QPoint(across, y))
    qtbot.mouseRelease(pad, left, pos=QPoint(across, 150))


@pytest.mark.slow
def test_pasted_and_dropped(open_window, example, qtbot, tmp_path):
    one = QImage(64, 64, QImage.Format.Format_RGB32)
    one.fill(QColor("black"))
    painter = QPainter(one)
    painter.fillRect(28, 4, 10, 56, QColor("white"))
    painter.end()
    file = tmp_path / "one.png"
    assert one.save(str(file))
    window = open_window(edits.set_training(example("digits"), epochs=2))
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    expected = predict_files(window.workbench.models.trained, [file]).first.probabilities
    nodes = len(window.store.project.graph.nodes)

    QGuiApplication.clipboard().setText("no picture")
    said = panel.about.text()
    panel.pictures.paste_button.click()
    assert panel.about.text() != said
    QGuiApplication.clipboard().setImage(one)
    before = panel.predictions
    panel.setFocus()
    qtbot.keyClick(panel, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert "pasted" in panel.about.text()
    qtbot.waitUntil(lambda: panel.predictions is not before)
    assert (panel.predictions.first.probabilities == expected).all()
    assert len(window.store.project.graph.nodes) == nodes, "the canvas pastes nothing"

    before, given = panel.predictions, QMimeData()
    given.setUrls([QUrl.fromLocalFile(str(file))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, given, buttons, keys)
    panel.dragEnterEvent(enter)
    assert enter.isAccepted()
    panel.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, given, buttons, keys))
    assert panel.about.text() == "one.png"
    qtbot.waitUntil(lambda: panel.predictions is not before)
    assert (panel.predictions.first.probabilities == expected).all()

    table = QMimeData()
    table.setUrls([QUrl.fromLocalFile(str(tmp_path / "t.csv"))])
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, table, buttons, keys)
    panel.dragEnterEvent(enter)
    assert not enter.isAccepted(), "a table is the window's to open"


class Steady(PictureSource):
    """A camera that sees one picture, again and again, until it is closed."""

    sees = QImage()
    closed = 0

    def __init__(self, parent=None):
        super().__init__(parent)
        self._shutter = QTimer(self, interval=20)
        self._shutter.timeout.connect(lambda: self.see(Steady.sees))

    def open(self, device=0):
        self._shutter.start()

    def close(self):
        Steady.closed += 1
        self._shutter.stop()


def test_the_camera_is_answered_while_it_looks(open_window, example, qtbot, tmp_path, monkeypatch):
    window = open_window(edits.set_training(example("digits"), epochs=2))
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    camera = panel.pictures.camera
    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", None)
    qtbot.mouseClick(camera, Qt.MouseButton.LeftButton)
    assert not camera.isChecked()
    assert "netbuilder-studio[capture]" in panel.about.text()

    Steady.sees, Steady.closed = QImage(300, 200, QImage.Format.Format_RGB32), 0
    Steady.sees.fill(QColor("black"))
    painter = QPainter(Steady.sees)
    painter.fillRect(138, 20, 26, 160, QColor("white"))
    painter.end()
    file = tmp_path / "seen.png"
    assert whole_picture(Steady.sees).save(str(file))
    expected = predict_files(window.workbench.models.trained, [file]).first.probabilities
    camera.make = Steady
    before = panel.predictions
    qtbot.mouseClick(camera, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.predictions is not before)
    assert (panel.predictions.first.probabilities == expected).all()
    assert panel.about.text() == panel.pictures.own_picture[1]
    seen = panel.predictions
    qtbot.waitUntil(lambda: panel.predictions is not seen)  # it goes on looking
    window.docks.show_panel("code")  # nobody sees it any more
    qtbot.waitUntil(lambda: Steady.closed > 0)
    assert not camera.isChecked()


def test_trouble_with_a_file_stands_where_its_answers_would(open_window, example, qtbot, tmp_path):
    window = open_window(edits.set_training(example("iris"), epochs=1))
    window.resize(1100, 500)
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    panel.answer_file(tmp_path / "other.csv")
    qtbot.waitUntil(panel.file_answers.isVisible)
    card = panel.file_answers.cards.cards[0]
    qtbot.waitUntil(lambda: not card.visibleRegion().isEmpty())
    assert panel.head.isHidden(), "no empty strip"
    panel.rows.edit(next(iter(panel.form.rows)), 4.0)
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    assert not panel.head.isHidden()


def test_the_axis_of_a_curve_is_that_of_this_network(open_window, qtbot):
    view = ResponseView(open_window(keras=False).workbench)
    qtbot.addWidget(view)
    view.show()
    x, far = np.arange(5.0), np.arange(5.0) * 60_000
    view.show_curve(x, far, (far - 10, far + 10))
    view.plot.grab()
    assert view.plot.viewRange()[1][1] > 200_000
    view.show_fields([])
    view.show()
    view.show_curve(x, x / 10, None)
    view.plot.grab()
    assert view.plot.viewRange()[1][1] < 1


def test_no_number_below_one_is_written_as_one():
    shown = [short_number(value) for value in (0.99982, 0.99999, -0.9996, 1.0, 0.9)]
    assert shown == ["0.9998", "0.9999", "−0.9996", "1", "0.9"]


def project(folder):
    random = np.random.default_rng(0)
    pixels = random.random((60, 6, 6, 1)).astype("float32")
    cells = random.normal(size=(60, 3)).astype("float32")
    steps = random.normal(size=(60, 5, 2)).astype("float32")
    y = (pixels.mean((1, 2, 3)) + cells[:, 0] + steps[:, -1, 0]).astype("float32")
    np.savez(folder / "d.npz", pixels=pixels, cells=cells, steps=steps, y=y)
    inputs = ("pixels", "cells", "steps")
    nodes = (
        *(Node(name, "Input") for name in inputs),
        *(Node(f"flat_{name}", "Flatten") for name in inputs),
        Node("all", "Concatenate"), Node("out", "Dense", {"units": 1}),
    )  # fmt: skip
    edges = (
        *((name, f"flat_{name}") for name in inputs),
        *((f"flat_{name}", "all") for name in inputs), ("all", "out"),
    )  # fmt: skip
    data = Data(
        "arrays", path="d.npz", target=("y",), inputs={name: [name] for name in inputs},
        test_split=0.2,
    )  # fmt: skip
    plan = Training(loss=Choice("mean_squared_error"), epochs=2)
    return Project("P", Graph(nodes, edges), data, plan)


@pytest.mark.slow
def test_each_is_seen_and_numbers_are_changed_by_hand(open_window, qtbot, tmp_path):
    window = open_window(project(tmp_path), tmp_path / "p.netbuilder")
    qtbot.train(window)
    assert window.workbench.run_error is None, window.workbench.run_error
    panel = window.docks.show_panel("predict")
    assert panel.view is panel.forms["several"]
    parts = panel.forms["several"].parts
    pixels, cells, steps = (parts[name] for name in ("pixels", "cells", "steps"))
    assert isinstance(pixels, PictureDisplay)
    assert isinstance(cells, NumbersEditor)
    assert isinstance(steps, CurveEditor)
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    first = window.activations_service.look.raw
    assert not pixels.picture.pixmap().isNull()
    assert np.allclose(cells.values, first["cells"])
    assert np.allclose(steps.curve.values, first["steps"][:, 0])

    model, before = window.workbench.models.trained.model, panel.answer.text()
    cells.form.edited.emit("value 1", 5.0)
    steps.column.setCurrentIndex(1)
    steps.curve.values = np.arange(5.0)
    steps.curve.dragged.emit()
    qtbot.waitUntil(lambda: panel.answer.text() != before and panel.idle)
    qtbot.waitUntil(lambda: window.activations_service.look.own == "your sample")
    mine = {key: np.array(value)[None] for key, value in first.items()}
    mine["cells"][0, 0] = 5.0
    mine["steps"][0, :, 1] = np.arange(5.0)
    wanted = float(model.predict(mine, verbose=0)[0, 0])
    assert abs(float(panel.predictions.first.values[0, 0]) - wanted) < 1e-4

    # Another network of the same data is asked about the same; another row takes its place.
    trained = window.workbench.models.trained
    window.runner.start()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not trained)
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    qtbot.waitUntil(lambda: panel.answer.text() != "" and panel.idle)
    assert cells.values[0] == 5.0 and panel.forms["several"].parts["cells"] is cells
    panel.another.click()
    qtbot.waitUntil(lambda: "Test sample 2 of" in panel.about.text())
    assert cells.values[0] != 5.0


def test_an_empty_form_is_no_mistake_and_there_is_no_other_row(open_window, tmp_path, qtbot):
    model = keras.Sequential(
        [keras.Input((5,)), keras.layers.Dense(7), keras.layers.Dense(3, activation="softmax")]
    )
    model.save(tmp_path / "plain.h5")
    window = open_window()
    window.documents.open_asking(tmp_path / "plain.h5")
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: "x0, x1, x2, x3 and x4" in panel.about.text())
    qtbot.waitUntil(lambda: panel.idle)
    assert not panel.cards.cards
    assert not panel.another.isVisibleTo(panel)

    row = [0.5, -1.0, 2.0, 0.25, 3.0]
    for number, value in enumerate(row):
        panel.rows.edit(f"x{number}", value)
        if number == 2:
            qtbot.waitUntil(lambda: "in x3 and x4" in panel.about.text())
            assert not panel.cards.cards
    qtbot.waitUntil(lambda: panel.predictions is not None)
    expected = model.predict(np.array([row]), verbose=0)[0]
    told = np.asarray(panel.predictions.first.probabilities)[0]
    assert np.allclose(told, expected, atol=1e-5)
    window.resize(1366, 768)
    panel.rows.edit("x0", None)
    qtbot.waitUntil(lambda: bool(panel.cards.cards))
    assert panel.cards.cards[0].title.text() == "'x0' is empty."

    # No set that comes along has five columns.
    qtbot.waitUntil(lambda: bool(window.workbench.problems))
    (missing,) = [one for one in window.workbench.problems if one.title == "No data"]
    assert missing.fix is None


def live_snapshot(models):
    """The network that predicts while it learns."""
    return models.state.model if models.state.source is Source.LIVE else None


def stroke(panel, qtbot, x):
    """Draw a line from above to below on a new page; the sample that it becomes."""
    pad = panel.pictures.pad
    pad.clear()
    qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(x, 20))
    for y in range(20, 150, 10):
        qtbot.mouseMove(pad, QPoint(x + (y % 30), y))
    qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(x, 150))
    activations_service = panel._activations_service
    qtbot.waitUntil(lambda: not panel.pictures.drawn_soon.isActive())
    qtbot.waitUntil(
        lambda: (
            activations_service.idle
            and activations_service.look is not None
            and activations_service.look.own != ""
        )
    )
    return activations_service.look.raw["input"]


@pytest.mark.slow
def test_a_drawing_is_answered_by_the_network_that_learns(open_window, example, qtbot):
    # So small a rate that it stays what it was: what is right is known.
    still = Choice("SGD", {"learning_rate": 1e-12})
    window = open_window(edits.set_training(example("digits"), epochs=100_000_000, optimizer=still))
    bench = window.workbench
    panel = window.docks.show_panel("predict")
    window.runner.start()
    qtbot.waitUntil(lambda: live_snapshot(bench.models) is not None)
    assert bench.models.trained is None, "nobody judges it, or saves it"
    assert not window.actions_table["save-model"].isEnabled()
    qtbot.waitUntil(lambda: panel.learning.found is not None)
    panel.pictures.draw_button.click()
    for x in (60, 100):  # a second drawing takes the place of the first
        raw = stroke(panel, qtbot, x)
        wanted = np.asarray(live_snapshot(bench.models).model(raw[None]))[0]
        held = panel.learning

        def right(held=held, wanted=wanted):
            found = held.found
            return found is not None and np.allclose(
                found.first.probabilities[0], wanted, atol=1e-4
            )

        qtbot.waitUntil(right)
        assert panel.answer.text() == held.found.text(0)
    assert window.sample_view.look.own == "your drawing", "the canvas shows it, too"
    assert panel.why.button.isHidden(), "what takes long is asked of a network that stands"
    epoch = window.sample_view.look.epoch
    qtbot.waitUntil(lambda: window.sample_view.look.epoch > epoch)
    assert "prediction is updated" in panel.stale.text()

    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    assert live_snapshot(bench.models) is None and bench.models.trained is not None
    qtbot.waitUntil(lambda: panel.answer.text() != "" and panel.idle)
    assert not panel.pictures.pad.empty and panel.pictures.draw_button.isChecked()
    assert panel.stale.isHidden()
    assert not panel.why.button.isHidden()


class Requests(QObject):
    """Counts how often a widget is told to lay itself out."""

    count = 0

    def eventFilter(self, watched, event):
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


@pytest.mark.slow
def test_the_answer_moves_as_it_learns(open_window, example, qtbot):
    slow = Choice("Adam", {"learning_rate": 1e-5})  # it is never done
    window = open_window(edits.set_training(example("iris"), epochs=100_000_000, optimizer=slow))
    panel = window.docks.show_panel("predict")
    window.runner.start()
    qtbot.waitUntil(lambda: panel.learning.found is not None)
    seen: set[float] = set()

    def moved():
        found = panel.learning.found
        if found is not None:
            seen.add(float(found.first.probabilities[0].max()))
        return len(seen) > 3

    qtbot.waitUntil(moved)
    # Answers that come several times a second lay out no page: that would cost a fifth of the run.
    laid, answers = Requests(), []
    panel.waiting.page_layout.parentWidget().installEventFilter(laid)
    panel.learning.answered.connect(lambda: answers.append(laid.count))
    qtbot.waitUntil(lambda: len(answers) > 6)
    assert answers[-1] == answers[1], answers
    assert "curve below shows the network after" in panel.stale.text()
    panel.rows.edit("petal width (cm)", 2.5)
    qtbot.waitUntil(lambda: window.sample_view.look.own == "your row")
    qtbot.waitUntil(lambda: panel.learning.found is not None)
    row = window.sample_view.look.raw["input"]
    assert 2.5 in np.round(row, 3)
    # Who looks elsewhere costs the run nothing.
    window.docks.show_panel("training")
    qtbot.waitUntil(lambda: panel.visibleRegion().isEmpty())
    qtbot.waitUntil(lambda: panel.learning.found is None)
    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)


@pytest.mark.slow
def test_who_does_not_look_has_no_network_copied(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=100_000_000))
    window.docks.show_panel("training")
    window.runner.start()
    looks: list[bool] = []
    asked = window.paused_models.watched

    def count():
        looks.append(asked())
        return looks[-1]

    window.paused_models.watched = count
    qtbot.waitUntil(lambda: len(looks) > 1)
    assert not any(looks) and live_snapshot(window.workbench.models) is None
    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)


@pytest.mark.slow
def test_a_drawing_is_answered_and_explained(open_window, example, qtbot):
    window = open_window(edits.set_training(example("digits"), epochs=2))
    window.resize(1366, 560)  # so low that the page scrolls with an error and without
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    assert panel.pictures.drawn_again.isHidden(), "ten numbers are no picture"
    panel.pictures.draw_button.click()
    assert panel.answer.text() == ""
    assert "The drawing is empty" in panel.about.text()
    # An error of the file before is gone with the first stroke: the pad stays under the pen.
    panel.tell_trouble(UserError("This is no picture.", "Choose another one."))
    qtbot.waitUntil(lambda: not panel.cards.visibleRegion().isEmpty())
    qtbot.wait(50)  # it has been scrolled to
    place = panel.pictures.pad.mapTo(panel, QPoint(0, 0))
    qtbot.mousePress(panel.pictures.pad, Qt.MouseButton.LeftButton, pos=QPoint(80, 20))
    for y in range(20, 150, 10):
        qtbot.mouseMove(panel.pictures.pad, QPoint(80, y))
    qtbot.mouseRelease(panel.pictures.pad, Qt.MouseButton.LeftButton, pos=QPoint(80, 150))
    assert not panel.pictures.pad.empty
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    qtbot.waitUntil(lambda: panel.cards.visibleRegion().isEmpty())
    assert panel.pictures.pad.mapTo(panel, QPoint(0, 0)) == place
    window.resize(1366, 768)
    panel.waiting.restart()  # from where it was scrolled to for the error
    panel.why.button.click()
    qtbot.waitUntil(lambda: not panel.why.picture.isHidden())
    assert panel.why.sentence.text()
    assert panel.why.method.count() == 3
    # Answer, drawing and why are seen together on the screen of a classroom laptop.
    why = panel.why
    parts = (why.sentence, panel.pictures.pad, why.picture, why.legend, why.method)
    qtbot.waitUntil(lambda: all(_in_view(panel, part) for part in parts))
    assert panel.pictures.picture.isHidden(), "beside the pad is room for one picture"
    assert panel.about.text() == panel.pictures.beside, "the words are of what hangs there"
    assert "no influence" in panel.why.legend.accessibleName()
    listed = [name for name, _value, _text in panel.bars.rows]
    assert listed == [str(number) for number in range(10)], "each class has its place"
    panel.why.button.click()
    assert not panel.pictures.picture.isHidden()
    assert panel.why.picture.isHidden() and panel.why.isHidden()
    assert panel.about.text() == panel.pictures.beside
    panel.why.button.click()
    qtbot.waitUntil(lambda: not panel.why.picture.isHidden())
    panel.pictures.clear_button.click()
    qtbot.waitUntil(lambda: panel.answer.text() == "")

    # What was drawn, and why it was answered so, is of that network: another begins with neither.
    qtbot.mouseClick(panel.pictures.pad, Qt.MouseButton.LeftButton, pos=QPoint(80, 80))
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    assert panel.why.button.isChecked()
    window.documents.show_project(edits.set_training(example("digits"), epochs=1), None)
    assert panel.answer.text() == ""
    window.runner.start()
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    assert panel.pictures.pad.empty
    assert not panel.pictures.draw_button.isChecked()
    assert panel.why.picture.isHidden()
    assert panel.why.sentence.isHidden()
    assert not panel.why.button.isChecked()


@pytest.mark.slow
def test_a_row_is_explained(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=5))
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    panel.why.button.click()
    qtbot.waitUntil(lambda: not panel.why.bars.isHidden())
    window.resize(1366, 768)
    qtbot.waitUntil(lambda: _in_view(panel, panel.why.bars))
    assert "No other column changes this prediction more" in panel.why.sentence.text()
    assert panel.why.method.currentData() == "occlusion"
    panel.why.method.setCurrentIndex(0)
    panel.why.method.activated.emit(0)
    qtbot.waitUntil(lambda: "matters most" in panel.why.sentence.text())
    # Along each column: the mean over all rows stands, dashed, beside the row's own curve.
    panel.why.method.setCurrentIndex(2)
    panel.why.method.activated.emit(2)
    view = panel.rows.response
    qtbot.waitUntil(lambda: not view.words.isHidden())
    widest = panel.why.bars.rows[0][0]
    assert view.column.currentText() == widest
    assert f"{widest} changes" in panel.why.sentence.text()
    assert "%" in panel.why.sentence.text() and "+" not in panel.why.bars.rows[0][2]
    mean = view.means[widest]
    assert np.allclose(view.mean.yData, mean.answers) and len(mean.answers) == 40
    panel.why.method.setCurrentIndex(0)
    panel.why.method.activated.emit(0)
    qtbot.waitUntil(view.words.isHidden)
    panel.rows.response.follow("sepal length (cm)")
    before, value = panel.answer.text(), panel.rows.row["petal width (cm)"]
    view, slide = panel.rows.response, panel.form.rows["petal width (cm)"].editor
    assert view.column.currentText() != "petal width (cm)"
    assert slide.slider.value() == round(200 * (value - 0.1) / 2.4)
    slide.slider.setValue(0)
    assert panel.rows.row["petal width (cm)"] == 0.1
    assert view.column.currentText() == "petal width (cm)", "the curve is of what is slid"
    qtbot.waitUntil(lambda: panel.answer.text() != before)
    qtbot.waitUntil(lambda: view.curve.xData is not None and len(view.curve.xData) == 40)
    assert view.here.value() == 0.1
    view.here.setPos(9.0)
    view.here.sigDragged.emit(view.here)
    assert panel.rows.row["petal width (cm)"] == 2.5, "no further than the training rows"
    assert slide.box.text() == "2.5"
    slide.box.selectAll()
    qtbot.keyClicks(slide.box, "30")
    qtbot.waitUntil(lambda: "the prediction is a guess" in _told(panel))
    assert view.here.value() == 30.0, "the line stands where the row is"
    qtbot.waitUntil(lambda: view.curve.xData[-1] == 30.0)  # and the curve is there


@pytest.mark.slow
def test_why_of_a_series_is_brought_into_sight(open_window, example, qtbot):
    """It stands below a curve that fills a small screen."""
    window = open_window(edits.set_training(example("temperatures"), epochs=1))
    window.resize(1024, 700)
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    qtbot.mouseClick(panel.why.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not panel.why.sentence.visibleRegion().isEmpty())
    qtbot.waitUntil(lambda: "Hiding this step" in panel.why.sentence.text())


def _in_view(panel, widget):
    """Whether all of a widget is seen, without scrolling."""
    whole = widget.isVisible() and widget.visibleRegion().boundingRect() == widget.rect()
    return whole and panel.answer.isVisible()


def _told(panel):
    return " ".join(label.text() for label in panel.cards.findChildren(QLabel))


@pytest.mark.slow
def test_in_a_narrow_dock_what_colours_mean_is_written_out(open_window, example, qtbot):
    window = open_window(edits.set_training(example("digits"), epochs=1))
    window.resize(1024, 700)
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    panel.why.button.click()
    qtbot.waitUntil(panel.why.legend.isVisible)
    qtbot.waitUntil(lambda: panel.why.legend.width() >= panel.why.legend.sizeHint().width())
    assert not panel.why.legend.geometry().intersects(panel.why.method.geometry())


@pytest.mark.slow
def test_a_drawing_and_why_stay_in_sight_when_the_training_goes_on_and_ends(
    open_window, example, qtbot
):
    window = open_window(edits.set_training(example("digits"), epochs=1))
    window.resize(1366, 768)
    window.show()
    window.activateWindow()
    qtbot.train(window)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    panel.pictures.draw_button.click()
    qtbot.mousePress(panel.pictures.pad, Qt.MouseButton.LeftButton, pos=QPoint(80, 20))
    for y in range(20, 150, 10):
        qtbot.mouseMove(panel.pictures.pad, QPoint(80, y))
    qtbot.mouseRelease(panel.pictures.pad, Qt.MouseButton.LeftButton, pos=QPoint(80, 150))
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    panel.why.button.setFocus()
    panel.why.button.click()
    qtbot.waitUntil(lambda: not panel.why.picture.isHidden())
    before = window.workbench.models.trained
    window.runner.train_more(1)
    qtbot.waitUntil(lambda: window.workbench.models.trained is not before)
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    qtbot.waitUntil(lambda: not panel.why.picture.isHidden())
    assert panel.why.button.isChecked() and not panel.pictures.pad.empty
    assert _in_view(panel, panel.pictures.pad)
    assert window.focusWidget() is not panel.file_button
