"""Neurons follow the run, their links set weights, and Step shows the step to come."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from netbuilder.core.project import edits
from netbuilder.core.project.model import Project
from netbuilder.core.results.layer_values import node_outputs, weights_of
from netbuilder.ui.neurons.neuron_feed import BACKWARD, UPDATE
from netbuilder.ui.neurons.neuron_layout import RADIUS, Link, NeuronLayout
from netbuilder.ui.neurons.neuron_view import _THICK, _THIN, _surface_colors
from netbuilder.ui.services.runs.run_progress import STEP, WATCH
from tests.core.results.conftest import number_of


def test_neurons_follow_a_run_and_a_link_is_dragged(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=3))
    views, feed = window.network_views, window.network_views.feed
    drawing = views.neurons.drawing
    assert not views.showing_neurons  # while it is built
    assert not feed.watched
    window.docks.show_panel("training")
    assert views.showing_neurons
    link = views.neurons.drawing._links[0]
    views._show_hint(words := drawing._link_words(link))
    assert views.hint.text() != words, "there is no weight yet, and the hint says so"
    views._show_hint("")
    answers: list[int] = []
    window.runner.probes.answered.connect(lambda answer: answers.append(answer.key == "neurons"))
    hints = {views.hint.text()}
    feed.changed.connect(lambda: hints.add(views.hint.text()))
    window.runner.start()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None)
    qtbot.waitUntil(lambda: feed.idle and bool(feed.outputs) and feed.plane is not None)
    assert sum(answers) > 0
    trained = window.workbench.models.trained
    model, nodes = node_outputs(trained)
    expected = dict(zip(nodes, model(feed.plane.grid), strict=True))
    np.testing.assert_allclose(feed.outputs[-1].T, expected["output"], atol=1e-5)
    qtbot.waitUntil(lambda: drawing.may_set)
    assert len(hints | {views.hint.text()}) == 4, (
        "before, at the start of, during and after the run"
    )
    link = Link(1, 1, 2)
    layout = drawing.layout_of_units
    left, top = drawing._origin()

    def at(spot):
        return (spot * layout.scale + QPointF(left, top)).toPoint()

    corner = at(layout.large.topLeft() + QPointF(10, 10))
    for unit in ((1, 0), (1, 1)):  # the large surface shows the unit under the pointer
        QTest.mouseMove(drawing, at(layout.tiles[unit[0]][unit[1]].center()))
        shown = drawing.grab().toImage().pixelColor(corner).getRgb()
        expected = drawing._image(unit).pixelColor(1, 1).getRgb()
        np.testing.assert_allclose(shown, expected, atol=25)
    on_link = layout.path(link).pointAtPercent(0.93)
    while layout.link_at(on_link, drawing._links) != link:
        on_link += QPointF(0, 1)
    spot = at(on_link)
    before = float(weights_of(trained, "dense")["kernel"][1, 2])
    button = Qt.MouseButton.LeftButton
    QTest.mousePress(drawing, button, pos=spot)
    assert (drawing.unit, drawing.source) == ((1, 2), 1)
    QTest.mouseMove(drawing, spot - QPointF(0, 40).toPoint())
    QTest.mouseRelease(drawing, button, pos=spot)

    def weight():
        model = window.workbench.models.prediction_model
        return float(weights_of(model, "dense")["kernel"][1, 2])

    qtbot.waitUntil(lambda: weight() == pytest.approx(before + 0.4, abs=0.011))
    assert views.weights.field.value() == pytest.approx(before + 0.4, abs=0.011)
    views.weights.field.setValue(1.5)  # typed
    qtbot.waitUntil(lambda: weight() == pytest.approx(1.5))
    window.actions_table["undo"].trigger()
    window.actions_table["undo"].trigger()
    qtbot.waitUntil(lambda: weight() == pytest.approx(before))
    qtbot.mouseClick(views.buttons["layers"], button)
    assert not views.showing_neurons
    assert not feed.watched
    assert "neurons" not in {probe.key for probe in window.runner.probes.all()}
    views.choose("neurons")
    drawing.choose((3, 0), 1)
    window.store.reset(Project())
    qtbot.waitUntil(lambda: not feed.columns)
    assert drawing.unit is None, "the chosen unit was of the network before"


def test_tiles_have_their_sizes_and_distances():
    layout = NeuronLayout([2, 8, 4, 1], [False] * 4, True, 776, 600)
    assert layout.scale == 1
    hidden, last = layout.tiles[1], layout.tiles[2]
    assert {box.size().toTuple() for box in (*hidden, *last)} == {(44, 44)}
    assert hidden[1].top() - hidden[0].bottom() == 12
    assert last[0].left() - hidden[0].left() == 160
    assert layout.large.size().toTuple() == (240, 240)
    assert (RADIUS, _THIN, _THICK) == (6, 0.5, 7)


@pytest.mark.slow
def test_links_show_the_size_and_the_sign_of_their_weights(open_window, example, qtbot):
    project = edits.set_training(example("moons"), epochs=1)
    hidden = [node.id for node in project.graph.nodes if node.layer == "Dense"][:-1]
    for node in hidden:
        project = edits.set_params(project, node, units=2)
    window = open_window(project)
    views, feed = window.network_views, window.network_views.feed
    drawing = views.neurons.drawing
    window.docks.show_panel("training")
    window.runner.start()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None)
    qtbot.waitUntil(lambda: feed.idle and bool(feed.weights) and feed.plane is not None)
    link, owner = Link(1, 0, 0), feed.columns[1].owner
    layout = drawing.layout_of_units

    def painted(weight):
        """Pixels across the link's middle that are blue, and orange, and its share of painted."""
        kernel = np.zeros((2, 2))
        kernel[0, 0] = weight
        feed.weights = {**feed.weights, owner: {**feed.weights[owner], "kernel": kernel}}
        for other in feed.columns[2:]:
            feed.weights[other.owner] = {"kernel": np.zeros((2, other.units))}
        drawing._refresh()
        image = drawing.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        left, top = drawing._origin()
        blue = orange = covered = 0
        path = layout.path(link)
        for number in range(200):
            point = path.pointAtPercent(0.3 + 0.4 * number / 200) * layout.scale
            color = image.pixelColor((point + QPointF(left, top)).toPoint())
            covered += color.saturation() > 60
        middle = (path.pointAtPercent(0.4) * layout.scale + QPointF(left, top)).toPoint()
        for away in range(-9, 10):
            color = image.pixelColor(middle + QPoint(0, away))
            if color.saturation() > 60:
                blue += color.blue() > color.red()
                orange += color.red() > color.blue()
        return blue, orange, covered / 200

    scale = layout.scale
    blue, orange, covered = painted(3.0)
    assert orange == 0 and covered == 1.0
    assert blue == pytest.approx(_THICK * scale, abs=2)
    thin, _orange, _covered = painted(0.2)
    assert thin < 0.5 * blue, "compared with a weight of 1, the least that is the thickest"
    blue, orange, covered = painted(-3.0)
    assert blue == 0 and 0.4 < covered < 0.9, "dashed"
    for part, back, shown in ((0.0, False, False), (0.5, False, True), (0.9, True, False)):
        drawing.reach(part, back)
        assert (painted(3.0)[0] > 0) is shown, "as far as a stage has come"


def test_sixty_four_units_are_all_drawn_and_none_over_another():
    layout = NeuronLayout([2, 64, 64, 1], [False] * 4, True, 1000, 600)
    for boxes in layout.tiles[1:3]:
        assert len(boxes) == 64
        assert not any(
            one.intersects(other) for n, one in enumerate(boxes) for other in boxes[n + 1 :]
        )
    assert layout.tiles[1][-1].right() < min(box.left() for box in layout.tiles[2])
    boxes = [box for column in layout.tiles for box in column]
    assert max(box.right() for box in boxes) < layout.width
    assert max(box.bottom() for box in boxes) < layout.caption_y


def test_a_network_too_large_shows_its_layers_and_why(open_window, example, qtbot):
    window = open_window(example("overfitting"))
    views = window.network_views
    window.docks.show_panel("training")
    qtbot.mouseClick(views.buttons["neurons"], Qt.MouseButton.LeftButton)
    assert not views.showing_neurons
    assert views.buttons["layers"].isChecked()
    assert views.feed.reason
    assert views.hint.text() == views.feed.reason


@pytest.mark.slow
def test_a_convolution_shows_filters_and_maps_during_the_run_and_after(open_window, example, qtbot):
    window = open_window(edits.set_training(example("digits"), epochs=1_000))
    views, feed, runner = window.network_views, window.network_views.feed, window.runner
    window.docks.show_panel("training")
    assert not views.showing_neurons
    views.choose("neurons")
    runner.start()
    qtbot.waitUntil(lambda: len(feed.outputs) == 5 and bool(feed.weights))
    assert runner.state.active, "seen during the run"
    # A line that is dragged pauses the run, and sets its weight in the network of the run.
    drawing, layout = views.neurons.drawing, views.neurons.drawing.layout_of_units
    origin, links = QPointF(*drawing._origin()), drawing._links
    middles = [layout.path(link).pointAtPercent(0.5) * layout.scale + origin for link in links]
    link, spot = next(
        (link, middle.toPoint()) for link, middle in zip(links[::-1], middles[::-1], strict=True)
        if link.column == 4
        and layout.link_at(drawing._spot(QPointF(middle.toPoint())), links) == link
    )  # fmt: skip
    QTest.mousePress(drawing, Qt.MouseButton.LeftButton, pos=spot)
    assert drawing.link == link
    QTest.mouseMove(drawing, spot - QPoint(0, 3))
    assert not runner.state.paused, "a click chooses the link"
    QTest.mouseMove(drawing, spot - QPoint(0, 9))
    qtbot.waitUntil(lambda: runner.state.paused and drawing.may_set)
    weight = float(feed.weights["output"]["kernel"][link.source, link.unit])
    QTest.mouseMove(drawing, spot - QPoint(0, 59))
    QTest.mouseRelease(drawing, Qt.MouseButton.LeftButton, pos=spot - QPoint(0, 59))

    def of_run():
        kernel = weights_of(window.workbench.models.prediction_model, "output")["kernel"]
        return float(kernel[link.source, link.unit])

    qtbot.waitUntil(lambda: of_run() == pytest.approx(weight + 0.5, abs=0.05))
    runner.stop()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None and not runner.state.active)
    look = window.activations_service
    qtbot.waitUntil(lambda: feed.idle and look.look_now is not None and bool(feed.weights))
    trained = window.workbench.models.trained
    assert [column.units for column in feed.columns] == [1, 32, 32, 64, 10]
    values = look.look_now.values
    conv, pool = feed.columns[1].node, feed.columns[2].node
    height, width, _filters = values[conv].shape
    np.testing.assert_array_equal(feed.outputs[1][7].reshape(height, width), values[conv][:, :, 7])
    np.testing.assert_array_equal(feed.outputs[2][7], values[pool][:, :, 7].ravel())
    assert drawing._image((1, 7)).size().toTuple() == (width, height)
    assert drawing._filter((1, 7)).size().toTuple() == (3, 3)
    kernel = weights_of(trained, conv)["kernel"]
    assert abs(drawing._values(1)[0, 7]) == pytest.approx(np.linalg.norm(kernel[:, :, 0, 7]))
    drawing.choose((1, 7), 0)
    assert views.weights.isHidden(), "a link of nine weights is not typed"
    assert Link(2, 7, 7) in drawing._links, "pooling takes one map each"


@pytest.mark.slow
def test_what_is_closed_is_not_computed(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=2))
    views, feed, docks = window.network_views, window.network_views.feed, window.docks
    step, landscape = docks.pages["step"].fill(), docks.pages["landscape"].fill()
    docks.show_panel("data")
    strips: list[str] = []
    preview = window.canvas.set_preview
    window.canvas.set_preview = lambda node, image: (strips.append(node), preview(node, image))
    window.runner.start()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None)
    qtbot.waitUntil(lambda: window.activations_service.look_now is not None)
    assert not views.showing_neurons
    assert strips
    for worker in (feed._worker, step._worker, landscape._worker):
        assert worker.idle and worker.inputs == ()
    assert "neurons" not in {probe.key for probe in window.runner.probes.all()}
    docks.show_panel("training")
    assert views.showing_neurons
    strips.clear()
    window.activations_service.show_row(3)
    qtbot.waitUntil(lambda: window.activations_service.look_now.index == 3)
    assert not strips, "the canvas is behind the neurons"
    window.runner.start(first=lambda session: session.pause())
    qtbot.waitUntil(lambda: window.runner.state.paused)

    def asked():
        return {probe.key for probe in window.runner.probes.all()}

    assert "neurons" in asked() and "canvas.surface" not in asked()
    views.choose("layers")
    assert "canvas.surface" in asked() and "neurons" not in asked()
    window.runner.stop()
    qtbot.waitUntil(lambda: not window.runner.state.active)
    assert strips


@pytest.mark.parametrize("width", [1, 2])
def test_a_map_of_one_value_has_its_colour_on_the_scale_of_the_points(width):
    def color(part):
        return _surface_colors(np.full((2, 2, width), (1 - part, part)[-width:]))[0, 0]

    assert (color(0.5) == 255).all()
    assert color(0.4).min() > 200, "pale: not scaled by its own largest value"
    assert color(0.0).min() < 100 and color(1.0).min() < 100
    assert (color(0.0) != color(1.0)).any()


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
