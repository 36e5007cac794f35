"""A card opened to show more: each number can be pointed at, and says how it comes about."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.model import Project
from netbuilder.core.results.computation_trace.computed_value import plain_notation
from netbuilder.ui.canvas.layer_content import _NOTHING
from netbuilder.ui.canvas.layer_popup import TRAIN_FIRST
from netbuilder.ui.services.views.sample_activations import SampleActivations


def _look(values, weights, *layers: tuple[str, dict]):
    project = Project()
    for layer, params in layers:
        project = edits.append_layer(project, layer, params=params)
    return SampleActivations(project, values, weights, {}, {}, 3)


@pytest.fixture
def dense():
    kernel = np.array([[2.0, -1.0], [-1.0, 0.5]])
    values = {"input": np.array([3.0, 1.0]), "dense": np.array([5.5, 0.0])}
    weights = {"dense": {"kernel": kernel, "bias": np.array([0.5, 0.0])}}
    return _look(values, weights, ("Input", {}), ("Dense", {"units": 2, "activation": "relu"}))


def test_a_click_on_a_bar_tells_the_products_the_bias_and_the_curve(hand, dense):
    closer = hand.open_popup(dense, "dense")
    spot = closer.picture.nodes[0][0].center()
    QTest.mouseClick(closer.picture, Qt.MouseButton.LeftButton, pos=spot.toPoint())
    assert (
        "unit 0 = 5.5\n3\u00a0·\u00a02 + 1\u00a0·\u00a0−1 + bias 0.5 = 5.5" in closer.words.text()
    )
    assert "relu(5.5) = 5.5" in closer.words.text()
    assert not closer.curve.isHidden()
    assert closer.curve.accessibleDescription() == "relu of 5.5 is 5.5"


def test_wires_of_few_inputs_tell_their_weight(hand, dense):
    picture = hand.open_popup(dense, "dense").picture
    assert len(picture.links) == 4
    link = next(one for one in picture.links if (one.source, one.unit) == (0, 1))
    middle = (link.start * 3 + link.end) / 4
    found = picture.link_at(middle)
    assert found is not None and found.weight == -1.0
    assert picture.link_at(QPointF(5.0, 5.0)) is None


def test_a_pixel_of_a_map_is_found_by_pointer_and_by_arrow_keys(hand):
    rng = np.random.default_rng(3)
    x, kernel = rng.normal(size=(6, 6, 1)), rng.normal(size=(3, 3, 1, 2))
    from netbuilder.core.results.computation_trace.trace_value import trace_value

    out = np.zeros((4, 4, 2))
    for index in np.ndindex(4, 4, 2):
        number = trace_value("Conv2D", {}, {"kernel": kernel}, x, index)
        out[index] = number.value
    layers = (("Input", {}), ("Conv2D", {"filters": 2, "kernel_size": 3, "activation": None}))
    look = _look({"input": x, "conv2d": out}, {"conv2d": {"kernel": kernel}}, *layers)
    closer = hand.open_popup(look, "conv2d")
    tile = next(t for t in closer.picture.tiles if t.label == "map 1")
    step = tile.box.width() / 4
    spot = tile.box.topLeft() + QPointF(2.5 * step, 1.5 * step)
    assert closer.picture.index_at(spot) == (1, 2, 1)
    assert sum(t.label == "filter" for t in closer.picture.tiles) == 2
    closer.choose((1, 2, 1))
    assert (
        f"[1, 2, 1] = {plain_notation(f'{out[1, 2, 1]:.4g}')} (row 1, column 2, map 1"
        in closer.words.text()
    )
    QTest.keyClick(closer, Qt.Key.Key_Right)
    assert f"[1, 3, 1] = {plain_notation(f'{out[1, 3, 1]:.4g}')}" in closer.words.text()


@pytest.fixture
def attending():
    """A text of three words and a dot of padding, and a layer that looks along it."""
    ids, matrix = np.array([2, 3, 4, 0]), np.eye(5, 4) * 3.0
    matrix[4] = [0.0, 0.0, 0.7, 2.9]  # near that of word 3
    rows = matrix[ids]
    scores = rows @ rows.T
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares = powers / powers.sum(axis=-1, keepdims=True)
    project = Project()
    for layer in ("Input", "Embedding", "Attention"):
        project = edits.append_layer(project, layer)
    values = {"input": ids, "embedding": rows, "attention": shares @ rows}
    words = {"input": ("", "[UNK]", "a", "good", "fine")}
    weights = {"embedding": {"embeddings": matrix}}
    return SampleActivations(project, values, weights, {}, {}, 3, words)


def test_attention_shows_who_looks_at_whom_by_name(hand, attending):
    closer = hand.open_popup(attending, "attention")
    tile = next(one for one in closer.picture.tiles if one.label == "head 0")
    rows = attending.values["embedding"]
    powers = np.exp(rows[1] @ rows.T)
    share = powers[2] / powers.sum()
    spot = tile.box.topLeft() + QPointF(2.5 * tile.box.width() / 4, 1.5 * tile.box.height() / 4)
    told = closer.picture.text_at_cell(spot)
    assert told == f"step 1 “good” attends to step 2 “fine”: {share:.1%}"
    closer.choose((1, 2))
    assert f"step 2 “fine” {share:.0%}" in closer.words.text()
    assert closer.picture.height() >= tile.box.bottom(), "the words do not push the maps away"


def test_an_embedding_names_its_steps_and_the_nearest_words(hand, attending):
    closer = hand.open_popup(attending, "embedding")
    closer.choose((1, 0))
    assert "“good”: fine (0.97)" in closer.words.text()
    spot = closer.picture.tiles[0].box.topLeft() + QPointF(3.0, 3.0)
    assert closer.picture.text_at_cell(spot).startswith("“a” [0, 0]")
    closer.choose((3, 0))
    assert _(_NOTHING) in closer.words.text()


def test_a_text_that_comes_in_is_shown_by_its_words(hand, attending):
    closer = hand.open_popup(attending, "input")
    assert [name for _, _, name in closer.picture.nodes] == ["a", "good", "fine", "·"]
    closer.choose((1,))
    assert "“good” is word 3 of 5 in the vocabulary." in closer.words.text()
    closer.choose((3,))
    assert _(_NOTHING) in closer.words.text()
    ids = np.array([1, 3, 4, 0])
    closer.follow(replace(attending, values={**attending.values, "input": ids}))
    closer.choose((0,))
    assert _("This number represents every word outside the vocabulary.") in closer.words.text()


def test_connections_are_as_thick_as_their_weights_are_large(hand):
    from netbuilder.core.results.live.connection_weights import connection_weights

    kernels = {"dense": np.full((2, 4), 0.4), "dense_1": np.array([[-0.1], [-0.1], [-0.1], [0.1]])}
    project = Project()
    for layer, params in (("Input", {}), ("Dense", {"units": 4}), ("Dense", {"units": 1})):
        project = edits.append_layer(project, layer, params=params)
    found = connection_weights(project.graph, lambda node: {"kernel": kernels[node]})
    first, second = found["input", "dense"], found["dense", "dense_1"]
    assert (first.part, second.part) == pytest.approx((1.0, 0.25))
    assert (first.mean, second.mean) == pytest.approx((0.4, -0.05))
    hand.view.store.apply("Draw", lambda _project: project)
    hand.settle()
    view = hand.view
    view.set_wire_weights(found)
    picture = view.grab().toImage()

    def width(source, target, own):
        """Of the line, at its widest."""
        route = view.picture.wires[source, target].route
        x, top = (
            (route.x1 + route.x2) / 2,
            view.scene_viewport.mapFromScene(QPointF(0, route.y1)).y(),
        )
        middle = view.scene_viewport.mapFromScene(QPointF(x, route.y1)).x()
        bottom = view.scene_viewport.mapFromScene(QPointF(0, route.y2)).y()
        return max(
            sum(own(picture.pixelColor(middle + dx, y)) for dx in range(-8, 9))
            for y in range(top + 6, bottom - 6)
        )

    line = view.paint_resources.wire
    large = width("input", "dense", lambda one: abs(one.lightness() - line.lightness()) < 12)
    small = width("dense", "dense_1", lambda one: abs(one.lightness() - line.lightness()) < 12)
    assert large >= 4 > small > 0, "grey, in two widths: a mean below 0 is no colour"
    assert "−0.05" in str(second), "the sign is told where the pointer rests"


def test_it_follows_the_run_and_closes_with_its_layer(hand, dense):
    closer = hand.open_popup(dense, "dense")
    closer.choose((0,))
    later = SampleActivations(
        dense.project,
        {"input": np.array([3.0, 1.0]), "dense": np.array([6.5, 0.0])},
        {"dense": {"kernel": np.array([[2.0, -1.0], [0.0, 0.5]]), "bias": np.array([0.5, 0.0])}},
        {}, {}, 4,
    )  # fmt: skip
    hand.view.show_look(later)
    assert "= 6.5" in closer.words.text()
    hand.view.show_look(None)
    assert closer.isHidden()
    assert not hand.view.open_layer_popup("dense"), "nothing is known: nothing opens"
    assert hand.view.tip.text == _(TRAIN_FIRST)


def test_all_bars_of_many_units_are_in_the_picture_and_none_over_another(hand):
    values = np.linspace(-1, 1, 33)
    look = _look({"input": np.zeros(40), "dense": values}, {}, ("Input", {}), ("Dense", {}))
    picture = hand.open_popup(look, "dense").picture
    boxes = [box for box, _, _ in picture.nodes]
    assert len(boxes) == 33
    assert all(picture.rect().contains(box.toAlignedRect()) for box in boxes)
    assert not any(a.intersects(b) for n, a in enumerate(boxes) for b in boxes[:n])
    assert [picture.index_at(box.center()) for box in boxes] == [(n,) for n in range(33)]


def test_of_a_thousand_classes_the_likeliest_are_shown_by_name(hand):
    values = np.full(1000, 0.0002)
    values[[7, 640]] = 0.3, 0.5
    look = _look(
        {"input": np.zeros(3), "dense": values}, {}, ("Input", {}), ("Dense", {"units": 1000})
    )
    names = {"dense": tuple(f"animal {number}" for number in range(1000))}
    closer = hand.open_popup(replace(look, classes=names), "dense")
    picture = closer.picture
    assert [name for _, _, name in picture.nodes[:2]] == ["animal 640", "animal 7"]
    assert len(picture.nodes) == 40
    assert closer.part.text() == "largest first: 1 to 40 of 1,000"
    assert picture.index_at(picture.nodes[1][0].center()) == (7,)
    assert picture.beside((640,), 0, 1) == (7,)
    closer.choose(picture.index_at(picture.nodes[39][0].center()))
    QTest.keyClick(closer, Qt.Key.Key_Down)
    assert closer.part.text() == "largest first: 41 to 80 of 1,000", "keys turn the page"
    assert picture.marked_box() == picture.nodes[0][0]
    for _time in range(30):
        closer.part_buttons[1].click()
    assert closer.part.text() == "largest first: 961 to 1000 of 1,000"
    assert not closer.part_buttons[1].isEnabled()


def test_pictures_over_time_are_shown_step_by_step(hand):
    values = np.arange(3 * 4 * 5 * 2, dtype=float).reshape(3, 4, 5, 2)
    look = _look({"input": values, "dense": values}, {}, ("Input", {}), ("Dense", {"units": 2}))
    picture = hand.open_popup(look, "dense").picture
    assert [tile.index for tile in picture.tiles] == [(0, 0, 0, 0), (1, 0, 0, 0), (2, 0, 0, 0)]
    index = picture.index_at(picture.tiles[1].box.bottomRight() - QPointF(2, 2))
    assert index == (1, 3, 4, 0)
    picture.chosen.emit(index)
    assert f"[1, 3, 4, 0] = {values[index]:.4g}" in hand.view.layer_popup.words.text()


def test_all_maps_of_many_can_be_seen(hand):
    values = np.random.default_rng(6).normal(size=(4, 4, 50))
    layers = (("Input", {}), ("Conv2D", {"filters": 50, "kernel_size": 3}))
    look = _look({"input": np.ones((6, 6, 1)), "conv2d": values}, {}, *layers)
    closer = hand.open_popup(look, "conv2d")
    picture = closer.picture

    def shown():
        return closer.part.text(), [tile.label for tile in picture.tiles]

    assert shown() == ("maps [0] to [23] of 50", [f"map {number}" for number in range(24)])
    assert not closer.part_buttons[0].isEnabled()
    side = picture.tiles[0].box.width()
    QTest.mouseClick(closer.part_buttons[1], Qt.MouseButton.LeftButton)
    assert shown() == ("maps [24] to [47] of 50", [f"map {number}" for number in range(24, 48)])
    QTest.keyClick(closer, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    assert shown() == ("maps [48] to [49] of 50", ["map 48", "map 49"])
    assert picture.tiles[0].box.width() == side, "as large as the others"
    spot = picture.tiles[1].box.center() + QPointF(4, 4)
    QTest.mouseClick(picture, Qt.MouseButton.LeftButton, pos=spot.toPoint())
    assert "[2, 2, 49] = " in closer.words.text()
    assert picture.tiles[1].box.contains(picture.marked_box())
    # What another panel asks for, and the keys, turn to the part in which it is.
    closer.choose((1, 2, 23))
    assert shown()[0] == "maps [0] to [23] of 50"
    QTest.keyClick(closer, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert shown()[0] == "maps [24] to [47] of 50"
    assert "[1, 2, 24] = " in closer.words.text()
    hand.view.show_look(replace(look, values={**look.values, "conv2d": values + 1}))
    assert shown()[0] == "maps [24] to [47] of 50", (
        "a run changes the numbers, not what is looked at"
    )
    closer.open_layer("input")
    assert closer.part.isHidden() and closer.part_buttons[0].isHidden()
    closer.open_layer("conv2d")
    assert shown()[0] == "maps [0] to [23] of 50"


def test_pictures_over_time_show_each_of_their_maps(hand):
    values = np.arange(26 * 2 * 2 * 3, dtype=float).reshape(26, 2, 2, 3)
    look = _look({"input": values, "dense": values}, {}, ("Input", {}), ("Dense", {"units": 3}))
    closer = hand.open_popup(look, "dense")
    assert closer.part.text() == "map [0] of 3 · steps [0] to [23] of 26"
    closer.turn(3)
    assert closer.part.text() == "map [1] of 3 · steps [24] to [25] of 26"
    assert [tile.index for tile in closer.picture.tiles] == [(24, 0, 0, 1), (25, 0, 0, 1)]
    closer.choose((3, 1, 1, 2))
    assert closer.part.text() == "map [2] of 3 · steps [0] to [23] of 26"
    assert closer.picture.tiles[3].box.contains(closer.picture.marked_box())


def test_wires_name_the_columns_that_they_come_from(hand, dense):
    look = replace(dense, features={"input": ("price", "stars")})
    picture = hand.open_popup(look, "dense").picture
    link = next(one for one in picture.links if (one.source, one.unit) == (1, 0))
    assert picture.text_at_cell((link.start * 3 + link.end) / 4).startswith(
        "weight of stars in unit 0"
    )


def test_a_click_moves_nothing_and_what_has_no_room_can_be_scrolled_to(hand):
    """The next click at the same place must find the same number, and × stay below the pointer."""
    values = np.random.default_rng(5).normal(size=(8, 8, 32))
    layers = (("Input", {}), ("Conv2D", {"filters": 32, "kernel_size": 3, "padding": "same"}))
    weights = {"conv2d": {"kernel": np.ones((3, 3, 1, 32)), "bias": np.zeros(32)}}
    look = _look({"input": np.ones((8, 8, 1)), "conv2d": values}, weights, *layers)
    closer = hand.view.layer_popup
    closer.follow(look)
    assert closer.open_layer("conv2d")
    hand.settle()
    assert hand.view.rect().contains(closer.geometry())
    assert "arrow keys" in closer.words.text()

    def places():
        return closer.pos(), closer.picture.mapTo(hand.view, QPoint()), closer.row.pos()

    tile = next(one for one in closer.picture.tiles if one.label == "map 2")
    spot = (tile.box.topLeft() + QPointF(3, 3)).toPoint()
    before = places()
    for _time in range(2):
        QTest.mouseClick(closer.picture, Qt.MouseButton.LeftButton, pos=spot)
        hand.settle()
        assert "[0, 0, 2] = " in closer.words.text()
        assert places() == before
    assert hand.view.rect().contains(closer.geometry())
    bar = closer.window_of_picture.verticalScrollBar()
    hidden = closer.picture.height() - closer.window_of_picture.viewport().height()
    assert bar.isVisible() == (hidden > 0) and bar.maximum() == max(hidden, 0)
    hand.view.resize(hand.view.width(), 420)
    assert closer.open_layer("conv2d")
    hand.settle()
    assert bar.isVisible(), "not all rows of maps have room"
    for _time in range(7):
        QTest.keyClick(closer, Qt.Key.Key_Down)
    closer.choose((7, 7, 23))
    QTest.keyClick(closer, Qt.Key.Key_Left)
    hand.settle()
    assert closer.picture.visibleRegion().contains(closer.picture.marked_box().center().toPoint())


def test_what_is_nothing_beside_the_largest_is_no_power_of_ten():
    from netbuilder.ui.canvas.layer_content import _short

    assert [_short(one, 0.996) for one in (0.996, 0.00431, 6.01e-14, 0.0)] == [
        "0.996", "0.00431", "≈ 0", "0",
    ]  # fmt: skip
    assert _short(6e-8, 7e-8) == "6 · 10⁻⁸", "where all are small they are told apart"


def test_behind_a_layer_of_many_maps_a_small_one_is_small_again(hand, dense):
    alone = hand.open_popup(dense, "dense").height()
    layers = (("Input", {}), ("Conv2D", {"filters": 24, "kernel_size": 3}))
    maps = _look({"input": np.ones((8, 8, 1)), "conv2d": np.ones((6, 6, 24))}, {}, *layers)
    assert hand.open_popup(maps, "conv2d").height() > alone
    assert hand.open_popup(dense, "dense").height() == alone
