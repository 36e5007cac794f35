"""What one draws or types in Predict is what the canvas shows, also while it trains."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from netbuilder.core.project import edits
from netbuilder.core.results.layer_values import node_activations
from netbuilder.ui.kinds.series import _END, _OWN


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
    assert "your drawing" in window.canvas.closer.row.text() or window.canvas.closer.isHidden()
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
