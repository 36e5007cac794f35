"""In the Predict tab a series is dragged and predicted on, a sound is dropped and played."""

import csv
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QScrollArea

from netbuilder.core.data.load import load_dataset
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.model import Data, Graph, Node, Project, Training
from netbuilder.core.results.file_samples import file_of_row
from netbuilder.core.results.predict import predict_files, predict_raw
from netbuilder.core.wording import format_number
from netbuilder.ui.plots.picture_menu import TableMenu
from netbuilder.ui.results.compared_surfaces import NO_FORECAST, NO_MODEL
from netbuilder.ui.results.method_comparison import MethodComparisonDialog
from netbuilder.ui.services.language import choose_language
from netbuilder.ui.services.runs.run_record import RunState


def trained_window(open_window, project, qtbot, path=None):
    window = open_window(project, path)
    qtbot.train(window)
    return window


def test_the_page_of_a_series_is_a_forecast(open_window, tmp_path, qtbot):
    rows = [f"{2010 + n // 12}-{1 + n % 12:02}-01,{n % 12}" for n in range(120)]
    (tmp_path / "months.csv").write_text("\n".join(["month,degrees", *rows]))
    graph = Graph(
        (Node("input", "Input"), Node("flat", "Flatten"), Node("out", "Dense", {"units": 1})),
        (("input", "flat"), ("flat", "out")),
    )
    data = Data("series", path="months.csv", target=("degrees",))
    window = open_window(Project("Months", graph, data), tmp_path / "months.netbuilder")
    panel = window.docks.show_panel("surface")
    tabs = window.docks.side.left.tabs

    def says(sentence, title):
        known = panel.waiting.words.text() == _(sentence)
        action = window.actions_table["panel-surface"]
        known = known and action.text() == _(title)
        return known and tabs.tabText(tabs.currentIndex()) == _(title)

    qtbot.waitUntil(lambda: says(NO_FORECAST, "Forecast"))
    assert window.docks.in_front("surface"), "its name stays"
    assert [row.id for row in window.actions_table.matching("forecast")][:1] == ["panel-surface"]
    moons = Data("builtin", name="moons")
    window.store.apply("Other data", lambda p: edits.set_data(p, moons))
    qtbot.waitUntil(lambda: tabs.tabText(tabs.currentIndex()) == _("Surface"))
    plain = Graph((graph.nodes[0], graph.nodes[2]), (("input", "out"),))
    window.store.apply("Plain", lambda p: replace(p, graph=plain))
    qtbot.waitUntil(lambda: says(NO_MODEL, "Surface"))
    window.store.undo()
    window.store.undo()
    qtbot.waitUntil(lambda: says(NO_FORECAST, "Forecast"))


@pytest.mark.slow
def test_a_forecast_has_the_dates_of_its_data(open_window, tmp_path, qtbot):
    rows = [f"{2010 + n // 12}-{1 + n % 12:02}-01,{n % 12 + n / 100}" for n in range(120)]
    (tmp_path / "months.csv").write_text("\n".join(["month,degrees", *rows]))
    graph = Graph(
        (Node("input", "Input"), Node("flat", "Flatten"), Node("out", "Dense", {"units": 1})),
        (("input", "flat"), ("flat", "out")),
    )
    options = {"window": 12}
    data = Data("series", path="months.csv", target=("degrees",), options=options)
    project = Project("Months", graph, data, Training(epochs=1))
    window = trained_window(open_window, project, qtbot, tmp_path / "months.netbuilder")
    panel = window.docks.show_panel("predict")
    view = panel.forms["series"]
    qtbot.waitUntil(lambda: view.curve.ahead == 12 and panel.answer.text() != "")
    assert view.curve.values[-1] == pytest.approx(12.19), "it opens on the end of the data"

    def dates():
        ticks = (view.curve.getPlotItem().getAxis("bottom")._tickLevels or [[]])[0]
        return [(place, np.datetime64(datetime.strptime(w, "%d %b %Y"), "D")) for place, w in ticks]

    found = dates()
    first = np.datetime64("2019-01")  # the window is the last year of the file
    assert len(found) >= 2
    for place, date in found:
        assert str(date) == f"{first + (place + 11)}-01"
    assert {place > 0 for place, _date in found} == {True, False}, "what is predicted, too"
    assert len({after[0] - before[0] for before, after in pairwise(found)}) == 1, "evenly spaced"

    window_of = {"input": view.rows.astype(np.float32)[None]}
    value = float(predict_raw(window.workbench.models.trained, window_of).first.values[0, 0])
    assert panel.answer.text() == f"1 Jan 2020: {format_number(value)}"
    table, menu = view.table.model(), view.table.findChild(TableMenu)
    cells = [[table.index(row, column).data() for column in (0, 1)] for row in range(12)]
    assert cells[0] == ["1 Jan 2020", format_number(value)]
    assert cells[11][0] == "1 Dec 2020"
    assert table.rowCount() == 12
    with menu.save(tmp_path / "forecast.csv").open(encoding="utf-8-sig", newline="") as file:
        written = [*csv.reader(file)]
    assert [row[0] for row in written[1:]] == [f"2020-{month:02}-01" for month in range(1, 13)]
    assert [float(row[1]) for row in written[1:]] == pytest.approx(view.forecast.values[:, 0])
    menu.copy_all()
    assert QGuiApplication.clipboard().text().splitlines()[1].startswith("2020-01-01\t")

    view.count.setValue(6)
    qtbot.waitUntil(lambda: view.curve.ahead == 6)
    assert max(place for place, _date in dates()) <= 6
    assert table.rowCount() == 6
    try:
        choose_language("de")
        in_german = ["01.01.2020", format_number(value)]
        view = window.docks.pages["predict"].panel.view
        table = view.table.model()
        qtbot.waitUntil(lambda: [table.index(0, at).data() for at in (0, 1)] == in_german)
        axis = view.curve.getPlotItem().getAxis("bottom")
        assert all(words.count(".") == 2 for _place, words in axis._tickLevels[0])
    finally:
        choose_language("en")
    view = window.docks.pages["predict"].panel.view
    panel = window.docks.pages["predict"].panel
    qtbot.waitUntil(lambda: view.table.model().index(0, 0).data() == "1 Jan 2020")
    rows = load_dataset(window.workbench.models.trained.project, tmp_path).test.raw_x["input"]
    numbers = {f"{n % 12 + n / 100:.3f}": n for n in range(120)}
    for index in range(2):
        panel.another.click()
        last = float(rows[index][-1, 0])
        qtbot.waitUntil(lambda at=last: view.curve.values[-1] == pytest.approx(at))
        qtbot.waitUntil(lambda: view.curve.ahead == 6)
        end = np.datetime64("2010-01") + numbers[f"{last:.3f}"]
        assert len(dates()) >= 2
        for place, date in dates():
            assert str(date) == f"{end + place}-01", "of a window of the test data"
    view.last_button.click()
    qtbot.waitUntil(lambda: view.curve.values[-1] == pytest.approx(12.19))
    about, before = panel.about.text(), window.workbench.models.trained
    window.runner.start()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not before)
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE and panel.idle)
    assert panel.about.text() == about, "another network predicts from the same window"
    assert view.curve.values[-1] == pytest.approx(12.19)
    assert view.count.value() == view.steps.value() == 6, "as many steps as were chosen"
    panel.answer_file(tmp_path / "months.csv")
    qtbot.waitUntil(lambda: panel.file_answers.found is not None and panel.idle)
    model = panel.file_answers.model
    assert [model.headerData(n, Qt.Orientation.Horizontal) for n in range(5)] == [
        "month", "▸ predicted degrees", "▸ lower 80% degrees", "▸ upper 80% degrees", "degrees",
    ]  # fmt: skip
    assert model.rowCount() == 120 - 12 + 1, "from the first prediction to the one beyond"
    assert model.index(0, 0).data() == "2011-01-01"
    assert model.index(108, 0).data() == "2020-01-01"
    last = float(panel.file_answers.found.predictions.first.values[-1, 0])
    assert model.index(108, 1).data() == format_number(last)
    panel.another.click()
    qtbot.waitUntil(lambda: panel.file_answers.found is None)


@pytest.mark.slow
def test_a_week_is_forecast_and_compared_as_a_week(open_window, tmp_path, qtbot):
    """Each week is as the one before: no network of one epoch is as good as repeating it."""
    first = np.datetime64("2024-01-01")
    rows = [f"{first + n},{(n % 7) ** 2}" for n in range(200)]
    (tmp_path / "days.csv").write_text("\n".join(["day,visits", *rows]))
    graph = Graph(
        (Node("input", "Input"), Node("flat", "Flatten"), Node("out", "Dense", {"units": 7})),
        (("input", "flat"), ("flat", "out")),
    )
    options = {"window": 14, "horizon": 7}
    data = Data("series", path="days.csv", target=("visits",), options=options)
    project = Project("Days", graph, data, Training(epochs=1))
    window = trained_window(open_window, project, qtbot, tmp_path / "days.netbuilder")
    panel = window.docks.show_panel("predict")
    view = panel.forms["series"]

    def range_of_both():
        """The head names the first and the last line of the table."""
        table = view.table.model()
        dates = [table.index(row, 0).data() for row in (0, table.rowCount() - 1)]
        ends = panel.answer.text().split(" … ")
        return len(ends) == 2 and all(
            end.startswith(f"{day}:") for end, day in zip(ends, dates, strict=True)
        )

    qtbot.waitUntil(lambda: view.curve.ahead == 7 and range_of_both())
    assert view.count.value() == view.steps.value() == 7
    view.count.setValue(10)
    qtbot.waitUntil(lambda: view.curve.ahead == 10 and range_of_both())
    evaluate = window.docks.show_panel("evaluate")
    qtbot.waitUntil(evaluate.worse.isVisible)
    assert evaluate.worse.property("role") == "complaint" and "(7 rows)" in evaluate.worse.text()
    curves = window.docks.show_panel("training")
    (result,) = [one for one in curves.messages.messages if one.key == "result"]
    assert result.role == "warning" and evaluate.worse.text() in result.words
    assert evaluate.figure.text() in result.words
    evaluate.methods_button.click()
    dialog = evaluate.findChild(MethodComparisonDialog, "method_comparison")
    qtbot.waitUntil(lambda: dialog.found is not None)
    assert "visits +1" in dialog.about_row.text() and "visits +1" in dialog.words.text()
    dialog.close()


@pytest.mark.slow
def test_a_window_is_dragged_and_predicted_on(open_window, example, qtbot):
    project = edits.set_training(example("temperatures"), epochs=1)
    window = trained_window(open_window, project, qtbot)
    panel = window.docks.show_panel("predict")
    view = panel.forms["series"]
    assert panel.view is view
    qtbot.waitUntil(lambda: view.forecast is not None and panel.answer.text() != "")
    trained = window.workbench.models.trained
    rows = load_dataset(trained.project, window.workbench.base).test.raw_x["input"]
    split = load_dataset(trained.project, window.workbench.base).test
    last = np.concatenate([rows[-1], split.raw_y["output"][-1:]])[1:]
    assert view.curve.values == pytest.approx(last[:, 0]), "the end of the data"
    panel.another.click()
    qtbot.waitUntil(lambda: bool(np.allclose(view.curve.values, rows[0][:, 0])))
    window.activations_service.show_row(2)  # as the canvas's arrows do
    qtbot.waitUntil(lambda: bool(np.allclose(view.curve.values, rows[2][:, 0])))
    qtbot.waitUntil(lambda: view.forecast is not None and view.settled)
    earlier = view.forecast
    view.last_button.click()
    qtbot.waitUntil(lambda: bool(np.allclose(view.curve.values, last[:, 0])))
    assert view.forecast is not earlier, "no window stands beside another one's forecast"
    qtbot.waitUntil(lambda: view.settled and panel.idle)

    before = view.forecast
    place = view.curve.point_place(13).toPoint()
    qtbot.mousePress(view.curve.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseMove(view.curve.viewport(), place - QPoint(0, 25))
    qtbot.mouseRelease(view.curve.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert view.curve.values[13] > last[13, 0]
    assert view.curve.values[:13] == pytest.approx(last[:13, 0]), "the others stay"
    qtbot.waitUntil(lambda: view.forecast is not before and view.settled)
    qtbot.waitUntil(lambda: panel.idle)
    raw = {"input": view.curve.values.astype(np.float32)[None, :, None]}
    right = predict_raw(trained, raw).first.values[0, 0]
    assert panel.predictions.first.values[0, 0] == pytest.approx(right, abs=1e-4)
    assert view.forecast.values[0, 0] == pytest.approx(right, abs=1e-4)
    assert "of the validation rows" in panel.head.sure.text()

    view.count.setValue(300)
    qtbot.waitUntil(lambda: len(view.forecast.values) == 300)
    assert view.steps.value() == view.steps.maximum() < 300
    here = view.curve.values[12]
    view.curve.setFocus()
    qtbot.keyClick(view.curve, Qt.Key.Key_Left)
    qtbot.keyClick(view.curve, Qt.Key.Key_Down)
    assert view.curve.values[12] < here
    view.undo_button.click()
    assert view.curve.values == pytest.approx(last[:, 0])


def sounds(folder):
    for index in range(12):
        for name, pitch in (("low", 300), ("high", 3000)):
            wave = 0.5 * np.sin(2 * np.pi * (pitch + 9 * index) * np.arange(8000) / 16_000)
            (folder / "s" / name).mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / "s" / name / f"{index}.wav", wave, 16_000)
    graph = Graph(
        (
            Node("input", "Input"),
            Node("pool", "GlobalAveragePooling1D"),
            Node("out", "Dense", {"units": 2, "activation": "softmax"}),
        ),
        (("input", "pool"), ("pool", "out")),
    )
    data = Data("sounds", path="s", test_split=0.25)
    return Project(graph=graph, data=data, training=Training(epochs=20))


@pytest.mark.qt_log_ignore("PulseAudio|Couldn't (load|resolve) ", extend=True)
def test_a_sound_is_dropped_and_played(request, open_window, qtbot, tmp_path):
    project = sounds(tmp_path)
    window = trained_window(open_window, project, qtbot, tmp_path / "s.netbuilder")
    panel = window.docks.show_panel("predict")
    view = panel.forms["sounds"]
    assert panel.view is view
    assert panel.another.text() == _("Show another test sample")
    qtbot.waitUntil(lambda: view.path is not None)
    look, trained = window.activations_service.look, window.workbench.models.trained
    assert view.path == file_of_row(trained.project, tmp_path, look.index)
    assert view.path.parent.name == look.truth, "the very file that the sample was read from"

    given = QMimeData()
    file = tmp_path / "s" / "high" / "3.wav"
    given.setUrls([QUrl.fromLocalFile(str(file))])
    assert view.takes(given)
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    panel.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, given, buttons, keys))
    assert panel.about.text() == "3.wav"
    expected = predict_files(trained, [file]).first.probabilities
    qtbot.waitUntil(lambda: panel.idle)
    assert panel.predictions.first.probabilities == pytest.approx(expected)
    view.play_button.click()
    multimedia = request.getfixturevalue("multimedia")
    quiet = not multimedia.QMediaDevices.audioOutputs()
    assert ("No loudspeaker" in panel.about.text()) == quiet


@pytest.mark.slow
def test_unknown_words_are_marked_while_typing(open_window, example, qtbot):
    project = edits.set_training(example("reviews"), epochs=1)
    window = trained_window(open_window, project, qtbot)
    panel = window.docks.show_panel("predict")
    field = panel.forms["texts"].text
    field.setPlainText("😀 The qwertz story!")
    marked = [one.cursor.selectedText() for one in field.extraSelections()]
    assert marked == ["😀", "qwertz"]
    field.setPlainText("The story")
    assert field.extraSelections() == []


@pytest.mark.slow
def test_the_answer_is_pinned(open_window, example, qtbot, at_rest):
    window = trained_window(open_window, edits.set_training(example("iris"), epochs=1), qtbot)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    scroll = panel.waiting.findChild(QScrollArea)
    assert not scroll.isAncestorOf(panel.head)
    at_rest(lambda: (panel.idle, panel.head.geometry()))
    place, height = panel.head.y(), panel.head.height()
    bar = scroll.verticalScrollBar()
    bar.setValue(bar.maximum())
    panel.head.clear()
    qtbot.wait(20)
    assert (panel.head.y(), panel.head.height()) == (place, height), "nothing moves without it"
