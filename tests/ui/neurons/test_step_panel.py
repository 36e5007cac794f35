"""The page Step shows the step that the run takes next, and follows what is chosen."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from netbuilder.core.project import edits
from netbuilder.core.results.layer_values import weights_of
from netbuilder.ui.neurons.neuron_feed import BACKWARD, UPDATE
from netbuilder.ui.neurons.neuron_layout import Link
from netbuilder.ui.services.runs.run_progress import STEP, WATCH
from tests.core.results.conftest import number_of


def test_the_next_single_step_gives_the_weights_that_were_shown(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=3))
    panel = window.docks.show_panel("step")
    assert panel.trace is None
    models, runner = window.workbench.models, window.runner
    qtbot.mouseClick(panel.first, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: runner.state.paused and models.paused_snapshot is not None)
    qtbot.waitUntil(lambda: panel.trace is not None)
    assert len(panel.trace.rows) == 16
    drawing = window.network_views.neurons.drawing
    qtbot.waitUntil(lambda: bool(window.network_views.feed.weights))
    drawing.choose((2, 1), 3)
    assert panel.index == (3, 1)
    assert (panel.layer.currentText(), panel.array.currentText()) == ("dense_1", "kernel")
    assert "δ" not in "".join(drawing.output_words), "the output, before the way back"
    qtbot.mouseClick(panel.stages[BACKWARD], Qt.MouseButton.LeftButton)
    update = panel.step.updates["kernel"]
    assert drawing.link_values["dense_1"] is update.gradient
    np.testing.assert_allclose(drawing.labels[3], panel.trace.layers["output"].delta.sum(axis=0))
    assert number_of(panel.numbers.text().rpartition("= ")[2]) == pytest.approx(
        float(update.gradient[3, 1]), rel=0.006
    )
    letter, _equals, delta = drawing.output_words[1].partition(" = ")
    assert letter == "Σδ", "the sum over the batch's rows"
    assert number_of(delta) == pytest.approx(drawing.labels[3][0], abs=6e-4)
    qtbot.mouseClick(panel.check, Qt.MouseButton.LeftButton)
    text = panel.numbers.text()
    assert text.count("✓") == 2, "products and quotient agree with Keras"
    assert number_of(text.rpartition("= ")[2].rstrip(" ✓")) == pytest.approx(
        panel.checked, rel=0.006
    )
    assert panel.checked == pytest.approx(float(update.gradient[3, 1]), abs=2e-3)
    flows = window.canvas.step_flow
    assert flows.back
    sizes = [np.abs(panel.trace.layers[node].delta).mean() for node, _target in flows.flows]
    assert list(flows.flows) == [
        ("dense", "dense_1"), ("dense_1", "output"), ("output", "")
    ]  # fmt: skip
    assert [part for _text, part in flows.flows.values()] == pytest.approx(sizes / max(sizes))
    by_row, batch, plane = (
        list(panel.bars.values),
        panel.trace.rows,
        window.network_views.feed.plane,
    )
    assert drawing.marked == Link(2, 3, 1), "the weight is marked in the drawing"
    assert len(drawing.samples) == 16
    assert sum(by_row) == pytest.approx(float(update.gradient[3, 1]), abs=1e-6)
    largest = int(np.argmax(np.abs(by_row)))
    qtbot.mouseClick(
        panel.bars, Qt.MouseButton.LeftButton, pos=panel.bars.box(largest).center().toPoint()
    )
    qtbot.waitUntil(lambda: len(panel.trace.rows) == 1)
    assert panel.bars.marked == largest
    own = panel.trace.layers["dense_1"].updates["kernel"].gradient[3, 1]
    assert own / 16 == pytest.approx(by_row[largest], abs=1e-5)
    assert len(drawing.samples) == 1
    np.testing.assert_allclose(  # the row's point is marked on the surface
        drawing.samples[0] * [1, -1] + [0, 1],
        (panel.trace.layers["dense"].inputs[0][0] - plane.grid[-plane.side])
        / (plane.grid[plane.side - 1] - plane.grid[-plane.side]), atol=1e-5,
    )  # fmt: skip
    panel.bars.setFocus()
    for key, row in (("Home", 0), ("Right", 1), ("Right", 2), ("Left", 1), ("End", 15)):
        qtbot.keyClick(panel.bars, getattr(Qt.Key, f"Key_{key}"))
        assert (panel.bars.marked, panel.rows.currentIndex()) == (row, row + 1)
    qtbot.waitUntil(lambda: panel.trace.rows.tolist() == batch[15:].tolist())
    qtbot.keyClick(panel.bars, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(panel.trace.rows) == 16)
    assert panel.bars.marked == -1
    panel.bars.pressed.emit(largest)
    qtbot.waitUntil(lambda: len(panel.trace.rows) == 1)
    drawing.choose((2, 1), -1)
    assert panel.array.currentText() == "bias"
    kernel = [line for line in panel.numbers.text().splitlines() if line.startswith("kernel[")]
    assert len(kernel) == panel.trace.layers["dense_1"].inputs[0].shape[-1]
    panel.layer.setCurrentText("dense_1")
    drawing.choose((2, 1), 3)
    panel.bars.pressed.emit(largest)
    qtbot.waitUntil(lambda: len(panel.trace.rows) == 16)
    assert panel.bars.marked == -1
    qtbot.mouseClick(window.network_views.on, Qt.MouseButton.LeftButton)
    assert panel.stage == UPDATE
    shown, text = panel.trace, panel.numbers.text()
    runner.step()
    qtbot.waitUntil(lambda: panel.trace.trained.step == 2)
    trained = panel.trace.trained
    for node, layer in shown.layers.items():
        for name, array in weights_of(trained, node).items():
            np.testing.assert_allclose(layer.updates[name].after, array, atol=1e-5)
    new = next(line for line in text.splitlines() if line.startswith("w = "))
    kernel = weights_of(trained, "dense_1")["kernel"]
    assert number_of(new.rpartition("= ")[2]) == pytest.approx(float(kernel[3, 1]), rel=1e-4)
    field = window.network_views.weights.field  # a weight is typed while the stage is shown
    window.resize(1366, 768)
    qtbot.waitUntil(lambda: field.isVisible() and drawing.may_set)
    field.selectAll()
    qtbot.keyClicks(field, "1.5")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.step.updates["kernel"].before[3, 1] == 1.5)
    window.docks.show_panel("training")
    assert drawing.labels is None
    assert not flows.flows
    runner.stop()
    qtbot.waitUntil(lambda: not runner.state.active)
    # A single step of a trained network continues it.
    step = models.trained.step + models.trained.epochs
    runner.speed.choose(STEP)
    window.commands.train()
    qtbot.waitUntil(lambda: runner.state.paused and models.paused_snapshot is not None)
    assert models.paused_snapshot.step + models.paused_snapshot.epochs == step + 1
    window.docks.show_panel("step")
    qtbot.waitUntil(lambda: drawing.labels is not None)
    runner.speed.choose(WATCH)  # goes on
    qtbot.waitUntil(lambda: drawing.labels is None and not runner.state.paused)
    runner.stop()
    qtbot.waitUntil(lambda: not runner.state.active)
