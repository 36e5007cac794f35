"""Twelve small surfaces below the curve show how a run came to its network."""

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from netbuilder.core.project import edits
from netbuilder.core.wording import format_percent
from netbuilder.ui.services.model_store import Source
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.training.filmstrip import FRAMES


@pytest.mark.parametrize(
    ("size", "share"),
    [((1366, 768), 0.16), pytest.param((1024, 700), 0.12, marks=pytest.mark.slow)],
    ids=str,
)
def test_a_run_is_scrubbed_and_its_curve_has_room(size, share, open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=100_000))
    window.resize(*size)
    panel = window.docks.show_panel("training")
    window.runner.start()
    box = panel.curves.plot.getPlotItem().getViewBox()
    qtbot.waitUntil(lambda: len(window.runner.record.curves.epochs.get("loss", ())) > 50)
    before = box.sceneBoundingRect().getRect()
    models = window.workbench.models
    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE and models.trained is not None)
    qtbot.waitUntil(lambda: panel.messages.shown is not None)
    assert box.sceneBoundingRect().getRect() == pytest.approx(before, abs=1), "nothing moved"
    plot = panel.curves.plot.size()
    assert plot.width() * plot.height() >= share * size[0] * size[1]
    film = panel.film
    history = window.runner.weight_history
    stored = {int(epoch) for epoch in history.epochs}
    # The run has ended: they are of what was stored now, to its end.
    qtbot.waitUntil(
        lambda: (
            [epoch for epoch, _image in film.frames][-1:] == [max(stored)]
            and {epoch for epoch, _image in film.frames} <= stored
            and len(film.frames) >= FRAMES // 3
        )
    )
    epochs = [epoch for epoch, _image in film.frames]
    assert epochs == sorted(set(epochs))
    assert len(epochs) <= FRAMES
    middle = len(epochs) // 2
    final = panel.curves.figure.text()
    QTest.mouseClick(film, Qt.MouseButton.LeftButton, pos=film.box(middle).center().toPoint())
    qtbot.waitUntil(lambda: models.state.source is Source.HISTORY)
    assert film.chosen is not None
    middle = film.chosen  # one that overlaps another is not shown: a neighbour was pressed
    # A pixel stands for many epochs of a long run.
    reach = 2 * epochs[-1] // int(box.sceneBoundingRect().width()) + 1
    under = range(max(epochs[middle] - reach, 1), epochs[middle] + reach + 1)
    curve = window.runner.record.curves.epochs["val_accuracy"]
    near = {format_percent(value) for epoch in under if (value := curve.at(epoch)) is not None}
    shown = panel.curves.figure.text()
    assert any(words in shown for words in near), "of the epoch under the cursor"
    place = film.mapToGlobal(film.box(middle).center().toPoint()).x()
    plot = panel.curves.plot
    spot = plot.mapFromScene(box.mapViewToScene(QPointF(epochs[middle], 0)))
    assert abs(place - plot.mapToGlobal(spot).x()) <= 2, "it stands below its epoch"
    assert abs(models.state.model.epochs - epochs[middle]) < epochs[-1] / 4, (
        "the nearest that was stored"
    )
    QTest.keyClick(film, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: models.state.source is not Source.HISTORY)
    assert film.chosen is None
    assert panel.curves.figure.text() == final


@pytest.mark.slow
def test_a_run_that_ended_before_its_page_was_opened_has_surfaces(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=30))
    qtbot.train(window)
    assert window.docks.pages["training"].panel is None
    film = window.docks.show_panel("training").film
    qtbot.waitUntil(lambda: len(film.frames) >= FRAMES // 3)
    assert len(film.frames) <= FRAMES
    epochs = [epoch for epoch, _image in film.frames]
    assert epochs == sorted(set(epochs))
    assert epochs[0] <= 1
    assert epochs[-1] > 10
