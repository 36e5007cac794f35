"""The canvas while a network trains: pictures move, and come from the run itself."""

import time
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor

from netbuilder.core.project import edits
from netbuilder.core.project.model import Node
from netbuilder.core.wording import format_number
from netbuilder.ui.canvas.paint.paint_wires import wire_path


@pytest.mark.slow
def test_nodes_show_the_chosen_sample_while_it_trains(open_window, example, qtbot):
    project = edits.set_training(example("moons"), epochs=200_000)
    window = open_window(project)
    looks: list = []
    window.sample_view.changed.connect(lambda: looks.append(window.sample_view.look))
    window.runner.start()
    qtbot.waitUntil(lambda: sum(look is not None for look in looks) > 3)
    seen = [look for look in looks if look is not None]
    first, last = seen[0], seen[-1]
    dense = next(n.id for n in project.graph.nodes if n.layer == "Dense")
    assert np.array_equal(first.values["input"], last.values["input"])
    assert not np.array_equal(first.weights[dense]["kernel"], last.weights[dense]["kernel"])
    assert dense in window.canvas.previews.ids
    # What is shown is what the weights of that moment make of the sample.
    sums = last.values["input"] @ last.weights[dense]["kernel"] + last.weights[dense]["bias"]
    activation = project.graph.by_id[dense].params.get("activation")
    own = {"relu": lambda x: np.maximum(x, 0), "tanh": np.tanh}.get(activation, lambda x: x)(sums)
    np.testing.assert_allclose(last.values[dense], own, atol=1e-5)
    qtbot.waitUntil(lambda: bool(window.sample_view.look.surfaces))
    assert window.sample_view.look.surfaces[dense].shape[:2] == (24, 24)

    # Another sample can be chosen meanwhile.
    window.activations_service.show_row(7)
    qtbot.waitUntil(
        lambda: not np.array_equal(window.sample_view.look.values["input"], last.values["input"])
    )
    window.runner.stop()
    qtbot.waitUntil(lambda: not window.runner.state.active)
    qtbot.waitUntil(lambda: window.activations_service.look is not None)
    assert window.sample_view.look is None
    assert window.canvas.open_layer_popup(dense), "the model answers when the run is over"
    assert window.activations_service.look.surfaces[dense].shape[:2] == (24, 24)


def test_pictures_of_an_earlier_run_fade_until_the_new_one_comes(hand):
    from PySide6.QtGui import QImage

    image = QImage(40, 20, QImage.Format.Format_ARGB32)
    image.fill(0xFF0000FF)
    view = hand.view
    view.set_preview("dense", image)
    spot = next(place for _, place in view.previews.places()).center()

    bright = view.grab().toImage().pixelColor(view.scene_viewport.mapFromScene(spot))
    view.previews.fade()
    faded = view.grab().toImage().pixelColor(view.scene_viewport.mapFromScene(spot))
    assert bright.red() == 0 and faded.red() > 100
    view.set_preview("dense", image)
    assert view.grab().toImage().pixelColor(view.scene_viewport.mapFromScene(spot)).red() == 0


@pytest.mark.slow
def test_inside_follows_the_run_and_the_row_that_is_chosen_meanwhile(open_window, example, qtbot):
    project = edits.set_training(example("digits"), epochs=100_000)
    window = open_window(project)
    panel = window.docks.show_panel("inside", focus=False)
    window.canvas.select(("output",))
    window.runner.start()
    qtbot.waitUntil(lambda: panel.waiting.currentIndex() == 1)
    said = [part.text() for part in panel.parts if hasattr(part, "text")]
    assert any(text.startswith("kernel (64 × 10") for text in said)
    rows = panel.number.maximum()
    assert rows == len(window.runner.record.dataset.test)
    words = next(part for part in panel.parts if "weights from" in part.text())
    before, made = words.text(), list(panel.parts)
    qtbot.waitUntil(lambda: words.text() != before)
    assert panel.parts == made, "what stands there is painted anew, not made anew"

    panel.number.setValue(12)
    split = window.runner.record.dataset.test
    qtbot.waitUntil(lambda: window.sample_view.look.index == 11)
    assert np.array_equal(window.sample_view.look.values["input"], split.x["input"][11])
    digit = split.raw_y["output"][11]
    qtbot.waitUntil(lambda: panel.truth.text().endswith(f"it is “{digit}”"))

    # From a card that is opened, too: behind the last row comes the first.
    assert window.canvas.open_layer_popup("conv2d")
    closer = window.canvas.layer_popup
    closer.setFocus()
    qtbot.keyClick(closer, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: closer.row.text().startswith(f"row 13 of {rows}"))
    window.activations_service.show_row(-1)
    qtbot.waitUntil(lambda: closer.row.text().startswith(f"row {rows} of"))
    assert panel.number.value() == rows or not panel.isVisible() or panel._soon.isActive()
    window.runner.stop()
    qtbot.waitUntil(lambda: window.activations_service.look_now is not None)
    assert panel.number.value() == rows


def test_pictures_lie_over_no_other_card(open_window, example, qapp):
    from PySide6.QtGui import QImage

    window = open_window(example("two_inputs"), keras=False)
    view = window.canvas
    image = QImage(180, 30, QImage.Format.Format_ARGB32)
    image.fill(0xFF0000FF)

    def free():
        for one in view.picture.cards:
            view.set_preview(one, image)
        view.scene_viewport.fit()
        boxes = dict(view.previews.places())
        for one, box in boxes.items():
            for card in view.picture.cards.values():
                assert not box.intersects(QRectF(card.x, card.y, card.w, card.h)), (one, card.id)
        others = list(boxes.items())
        for place, (one, box) in enumerate(others):
            assert not any(box.intersects(b) for _, b in others[place + 1 :]), one
        seen = view.scene_viewport.seen_box()
        assert min(box.left() for box in boxes.values()) >= seen[0]
        assert max(box.right() for box in boxes.values()) <= seen[2]
        return boxes

    window.resize(2100, 900)
    qapp.processEvents()
    view.viewport().repaint()
    for one in view.picture.cards:
        view.set_preview(one, image)
    view.viewport().repaint()
    left, _, right, _ = view.scene_viewport.seen_box()
    for box in view.previews.boxes().values():
        assert left <= box[0] and box[2] <= right, "they get room when they come"
    boxes = free()
    card = view.picture.cards["dense_sepal"]
    assert boxes["dense_sepal"].right() < card.x, "on its other side, in full size"
    assert boxes["dense_sepal"].width() == 180

    def third(project):  # a third one between: its picture has to be small
        graph = project.graph
        nodes = (*graph.nodes, Node("middle", "Dense", {"units": 8}))
        edges = (*graph.edges, ("sepal", "middle"), ("middle", "concatenate"))
        return replace(project, graph=replace(graph, nodes=nodes, edges=edges))

    window.store.apply("Third", third)
    boxes = free()
    assert min(box.width() for box in boxes.values()) < 180


def test_in_a_small_window_pictures_of_side_branches_are_not_cut_off(open_window, example, qapp):
    from PySide6.QtGui import QImage

    window = open_window(example("two_inputs"), keras=False)
    window.resize(1240, 700)
    qapp.processEvents()
    view = window.canvas
    image = QImage(180, 30, QImage.Format.Format_ARGB32)
    image.fill(0xFF0000FF)
    for one in view.picture.cards:
        view.set_preview(one, image)
    view.viewport().repaint()
    left, top, right, bottom = view.scene_viewport.seen_box()
    boxes = view.previews.boxes()
    assert set(boxes) == set(view.picture.cards)
    for one, box in boxes.items():
        assert left <= box[0] and top <= box[1] and box[2] <= right and box[3] <= bottom, one
        spot = QRectF(box[0], box[1], box[2] - box[0], box[3] - box[1])
        for card in view.picture.cards.values():
            assert not spot.intersects(QRectF(card.x, card.y, card.w, card.h)), (one, card.id)
        for wire in view.picture.wires.values():
            assert not any(spot.contains(x, y) for x, y in wire.route.points()), one
    card = view.picture.cards["dense_petal"]
    assert boxes["dense_petal"][3] < card.y, "above its card, beside the wire"
    assert view.camera.scale >= 0.8, "cards stay readable"


def test_an_answers_surface_has_the_colours_that_its_classes_have_everywhere(qapp):
    from netbuilder.ui.plots.activation_strips import signed_colors, surface_places
    from netbuilder.ui.plots.colour_bar import class_color

    def near(pixel, number):
        own = class_color(number)
        return np.abs(pixel - np.array([own.red(), own.green(), own.blue()])).max() < 45

    def surface_pixels(values, unit, names=()):
        places, table = surface_places(values, unit, names)
        return table[places]

    sigmoid = np.array([[[0.0], [1.0]]])
    first, second = surface_pixels(sigmoid, 0, ("no", "yes"))[0].astype(int)
    assert near(first, 0) and near(second, 1)
    softmax = np.array([[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]])
    pixels = surface_pixels(softmax, 2, ("a", "b", "c"))[0].astype(int)
    assert near(pixels[1], 2) and pixels[0].min() == 255, "as strong as it is likely"
    hidden = np.array([[[-1.0], [1.0]]])
    assert (surface_pixels(hidden, 0) == signed_colors(hidden[:, :, 0])).all()


def test_a_row_and_the_answer_stand_in_their_own_units(open_window, example, qtbot):
    project = edits.set_training(example("diabetes"), epochs=100_000)
    window = open_window(project)
    window.runner.start()
    qtbot.waitUntil(lambda: window.sample_view.look is not None)
    live = window.sample_view.look
    split = window.runner.record.dataset.test
    names = [name for name, _ in live.told["input"]]
    assert names == list(live.features["input"])
    assert "input" in window.canvas.previews.ids
    ((answer,),) = live.answers.values()
    assert 25 < answer < 400, f"of scores from 25 to 346, not of scaled numbers: {answer}"
    assert list(live.targets.values()) == [project.data.target or live.targets["output"]]
    assert len(split) == live.rows
    assert live.truth == format_number(float(next(iter(split.raw_y.values()))[live.index].item()))
    window.runner.stop()
    qtbot.waitUntil(lambda: window.activations_service.look_now is not None)
    later = window.activations_service.look_now
    assert later.truth == live.truth
    (target,) = next(iter(live.targets.values()))
    assert live.truth_words == later.truth_words == f"{target} is {live.truth}"
    shown = window.canvas.shown_sample.words
    qtbot.waitUntil(lambda: f"· {target} is {live.truth}" in shown.accessibleName())
    assert later.told == live.told and later.features == live.features


@pytest.mark.slow
def test_of_two_classes_the_right_one_is_named(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=2))
    window.runner.start()
    qtbot.waitUntil(lambda: window.activations_service.look_now is not None)
    split = window.runner.record.dataset.test
    for row in range(6):
        window.activations_service.show_row(row)
        qtbot.waitUntil(lambda row=row: window.activations_service.look.index == row)
        number_of = int(split.raw_y[next(iter(split.raw_y))][row])
        assert (
            window.activations_service.look.truth
            == window.workbench.models.trained.facts.classes[number_of]
        )


@pytest.mark.slow
def test_what_says_which_row_is_shown_lies_over_no_card(open_window, example, qtbot):
    """In a low window the network gives way to it, also where it comes with the first look."""
    window = open_window(edits.set_training(example("sales"), epochs=2))
    window.resize(1000, 560)
    window.canvas.scene_viewport.fit()
    qtbot.train(window)
    bar = window.canvas.shown_sample
    qtbot.waitUntil(bar.isVisible)
    # The look after the run has pictures of its own, and comes later than that of its last step.
    qtbot.waitUntil(
        lambda: window.activations_service.idle and window.activations_service.look_now is not None
    )
    qtbot.waitUntil(lambda: not window.canvas.scene_viewport.fit_pending)

    def covered():
        sight, cards = window.canvas.scene_viewport, window.canvas.picture.cards
        return [one for one in cards if sight.card_rect(one).bottom() > bar.y()]

    assert covered() == []
    assert bar.y() > window.canvas.viewport().geometry().bottom(), "nor over what is scrolled there"
    # The legend has room in some form, however wide the canvas is.
    lengths = {}
    for width in (900, 440, 260):
        window.canvas.resize(width, 500)
        qtbot.wait(20)
        assert bar.legend.isVisible() and bar.legend.toolTip()
        assert bar.legend.x() + bar.legend.width() <= bar.width() == width
        lengths[width] = len(bar.legend.text())
    assert lengths[900] > lengths[440] >= lengths[260] > 0


def test_of_a_picture_below_the_closer_look_no_sliver_is_seen(hand):
    from PySide6.QtCore import QPoint, QRect, QSize
    from PySide6.QtGui import QImage

    image = QImage(40, 20, QImage.Format.Format_ARGB32)
    image.fill(0xFF0000FF)
    view = hand.view
    view.set_preview("dense", image)
    view.grab()
    box = next(place for _, place in view.previews.places())
    left = view.scene_viewport.mapFromScene(box.center()) - QPoint(8, 0)

    def shown():
        return view.viewport().grab().toImage().pixelColor(left).red() == 0

    assert shown()
    view.layer_popup.setGeometry(QRect(left + QPoint(4, -40), QSize(300, 300)))
    view.layer_popup.show()
    assert not shown(), "its rest would stand at the panel's edge"
    view.layer_popup.dismiss()
    assert shown()


def bubble(hand, node_id):
    return next((b for b in hand.view.bubbles_now() if b.card.id == node_id), None)


@pytest.fixture
def live(hand, qtbot):
    hand.view.workbench.start()
    qtbot.waitUntil(lambda: hand.view.workbench.settled, timeout=120_000)
    return hand


def test_shapes_problems_and_fixes_are_live(live, qtbot):
    view = live.view

    def label(*wire: str):
        return view.picture.wires[wire].label

    qtbot.waitUntil(lambda: label("conv2d", "pool") == "6×6×32", timeout=10_000)
    assert view.picture.cards["dense"].count == "18,496"
    assert "classes" in view.picture.cards["@goal"].detail

    view.store.apply("x", lambda p: edits.set_params(p, "conv2d", filters=8))
    qtbot.waitUntil(lambda: label("conv2d", "pool") == "6×6×8", timeout=10_000)

    # Without Flatten, Keras still takes it but the shapes do not fit the goal; a kernel that is
    # larger than its picture fits nowhere.
    view.store.apply("x", lambda p: edits.set_params(p, "conv2d", kernel_size=20))
    qtbot.waitUntil(lambda: bubble(live, "conv2d") is not None, timeout=10_000)
    assert view.picture.cards["pool"].follows
    found = bubble(live, "conv2d")
    assert found.problem.blocks and found.button is not None
    view.viewport().repaint()
    spot = found.button.center()
    live.click(spot.x(), spot.y())
    assert view.store.undo_label == found.problem.fix.label
    qtbot.waitUntil(lambda: bubble(live, "conv2d") is None, timeout=10_000)
    view.store.undo()
    qtbot.waitUntil(lambda: bubble(live, "conv2d") is not None, timeout=10_000)

    # The bubble is no card: a press beside its button selects its node and moves nothing.
    found = bubble(live, "conv2d")
    left, top, _, _ = found.box
    before = view.store.project
    live.drag((left + 4, top + 4), (left + 90, top + 90))
    assert view.selection() == ("conv2d",)
    assert view.store.project is before


def test_only_layers_that_fit_are_offered_behind_a_port(live, qtbot):
    view = live.view
    qtbot.waitUntil(lambda: view.picture.wires[("flatten", "dense")].label == "288", timeout=10_000)
    x, y = live.out("flatten")
    live.drag((x, y), (x + 250, y + 30))
    search = live.search()
    names = [search.list.item(row).text() for row in range(search.list.count())]
    assert "Dense" in names
    assert "Conv2D" not in names and "LSTM" not in names
    live.key(Qt.Key.Key_Escape)
    live.press(*live.out("flatten"))
    x, y = live.middle("conv2d")
    live.move(x + 20, y + 30)
    assert view.state.ports["pool"] == "no"  # it leads here
    view.cancel_gesture()
    assert view.scene_viewport.mapToScene(
        view.scene_viewport.mapFromScene(QPointF(5, 5))
    ) == QPointF(5, 5)


def picture(view):
    return view.viewport().grab().toImage()


def test_dots_run_along_the_wires_while_it_trains(hand, qtbot):
    view = hand.view
    before = picture(view)
    view.pulse.beat()
    first = view.pulse.at
    assert first is not None
    wire = next(w for w in view.picture.wires.values() if w.target == "pool")
    dot = view.scene_viewport.mapFromScene(QPointF(wire_path(wire).pointAtPercent(first)))
    ratio = view.devicePixelRatioF()
    seen = picture(view).pixelColor(round(dot.x() * ratio), round(dot.y() * ratio))
    assert seen == QColor(view.paint_resources.accent)
    view.pulse._last = time.monotonic()  # painting may have taken long
    view.pulse.beat()
    assert view.pulse.at == first, "not more often than five times a second"
    qtbot.wait(220)
    view.pulse.beat()
    assert view.pulse.at != first
    view.pulse.rest()
    assert picture(view) == before
