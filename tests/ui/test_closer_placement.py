"""What explains a layer never lies over its card or its inputs', in windows of any size."""

from collections.abc import Callable
from itertools import pairwise, product

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from netbuilder.core.project import edits
from netbuilder.core.project.model import Graph, Node, Project
from netbuilder.ui.canvas.scene.popup_placement import place_popup
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.views.sample_activations import SampleActivations
from tests.few import few

Open = Callable[..., MainWindow]

SIZES = ((1366, 768), (1024, 700), (1920, 1080))
CONV = {"kernel_size": 3, "padding": "same", "activation": "relu"}
#: Layers with the shapes that they give, from the top to the bottom.
LAYERS = {
    "long": {
        "input": (Node("input", "Input"), (8, 8, 1)),
        "conv_1": (Node("conv_1", "Conv2D", {"filters": 16, **CONV}), (8, 8, 16)),
        "pool_1": (Node("pool_1", "MaxPooling2D"), (4, 4, 16)),
        "conv_2": (Node("conv_2", "Conv2D", {"filters": 32, **CONV}), (4, 4, 32)),
        "pool_2": (Node("pool_2", "MaxPooling2D"), (2, 2, 32)),
        "flatten": (Node("flatten", "Flatten"), (128,)),
        "dense": (Node("dense", "Dense", {"units": 32, "activation": "relu"}), (32,)),
        "dropout": (Node("dropout", "Dropout", {"rate": 0.3}), (32,)),
        "out": (Node("out", "Dense", {"units": 10, "activation": "softmax"}), (10,)),
    },
    "branched": {
        "left": (Node("left", "Input"), (12,)),
        "right": (Node("right", "Input"), (12,)),
        "dense_left": (Node("dense_left", "Dense", {"units": 16, "activation": "relu"}), (16,)),
        "dense_right": (Node("dense_right", "Dense", {"units": 16, "activation": "relu"}), (16,)),
        "join": (Node("join", "Concatenate"), (32,)),
        "dense": (Node("dense", "Dense", {"units": 8, "activation": "relu"}), (8,)),
        "again": (Node("again", "Concatenate"), (20,)),  # a connection past two layers
        "out": (Node("out", "Dense", {"units": 3, "activation": "softmax"}), (3,)),
    },
}
EDGES = {
    "long": tuple(pairwise(LAYERS["long"])),
    "branched": (
        ("left", "dense_left"), ("right", "dense_right"), ("dense_left", "join"),
        ("dense_right", "join"), ("join", "dense"), ("dense", "again"), ("left", "again"),
        ("again", "out"),
    ),
}  # fmt: skip
ARRANGEMENTS = ("rail", "palette", "lesson", "wide side", "lesson and palette")


def arrange(window, arrangement):
    docks = window.docks
    docks.show_panel("layer" if "palette" in arrangement else "training", focus=False)
    docks.show_lesson("lesson" in arrangement)
    if "palette" in arrangement:
        docks.palette.open()
    QApplication.processEvents()
    if "side" in arrangement:  # as far as its edge can be dragged
        sizes = docks.splitter.sizes()
        docks.splitter.setSizes([*sizes[:-2], 0, sizes[-2] + sizes[-1]])
    QApplication.processEvents()


def shown(open_window, network, size, arrangement):
    layers = LAYERS[network]
    project = Project(
        network, Graph(tuple(node for node, _shape in layers.values()), EDGES[network])
    )
    window = open_window(project, keras=False)
    window.resize(*size)
    arrange(window, arrangement)
    rng = np.random.default_rng(1)
    values = {name: rng.normal(size=shape) for name, (_node, shape) in layers.items()}
    weights = {
        "conv_1": {"kernel": rng.normal(size=(3, 3, 1, 16)), "bias": np.zeros(16)},
        "conv_2": {"kernel": rng.normal(size=(3, 3, 16, 32)), "bias": np.zeros(32)},
    }
    window.canvas.show_look(SampleActivations(project, values, weights, {}, {}, 3))
    QApplication.processEvents()
    return window


def assert_free(window, note=""):
    """The sentence itself, with what makes it worth something: both are seen, and ✕ is reached."""
    QApplication.processEvents()
    canvas = window.canvas
    canvas.viewport().repaint()  # which a machine under load may have put off
    closer, room = canvas.layer_popup, canvas.viewport().rect()
    assert closer.isVisible()
    panel = closer.geometry()
    assert room.contains(panel), (note, room, panel)
    cross = closer.findChild(QToolButton, "closePopup")
    assert closer.rect().contains(QRect(cross.mapTo(closer, QPoint()), cross.size())), note
    card = closer.node_id
    inputs = [wire.source for wire in canvas.picture.wires_of(card) if wire.target == card]
    for one in (card, *inputs):
        rect = canvas.scene_viewport.card_rect(one)
        assert not QRectF(panel).intersects(rect), (note, card, one, panel, rect)
    assert panel.width() >= min(300, room.width() - 8), note
    seen = closer.picture.visibleRegion().boundingRect()
    assert seen.height() >= min(closer.picture.height(), 60), (note, "the picture", seen)
    assert seen.width() == closer.picture.width(), note
    said = closer.words.visibleRegion().boundingRect()
    assert said.height() >= min(closer.words.height(), 30), (note, "the words", said)
    assert said.width() == closer.words.width(), (note, "the words' lines", said)


@pytest.mark.parametrize(
    ("size", "network"), few(product(SIZES, LAYERS), *((SIZES[0], network) for network in LAYERS))
)
def test_what_explains_a_layer_covers_neither_it_nor_its_inputs(open_window, size, network):
    window = shown(open_window, network, size, ARRANGEMENTS[0])
    canvas = window.canvas
    for at, arrangement in enumerate(ARRANGEMENTS):
        arrange(window, arrangement)
        canvas.scene_viewport.fit()
        for name, (_node, shape) in LAYERS[network].items():
            before = canvas.camera
            corners = tuple(0 for _length in shape), tuple(length - 1 for length in shape)
            for index in (None, corners[at % 2]):
                canvas.show_number(name, index)
                assert_free(window, (arrangement, name, index))
                card = canvas.scene_viewport.card_rect(name).toAlignedRect()
                assert canvas.viewport().rect().contains(card), (arrangement, name)
            canvas.layer_popup.dismiss()
            assert canvas.camera == before, "the view is given back"


@pytest.mark.parametrize("network", LAYERS)
def test_it_gives_way_while_the_window_changes(open_window, network):
    window = shown(open_window, network, (1366, 768), "rail")
    for name in list(LAYERS[network])[::3]:
        window.canvas.show_number(name, tuple(0 for _length in LAYERS[network][name][1]))
        for size, arrangement in product(SIZES, ARRANGEMENTS):
            window.resize(*size)
            arrange(window, arrangement)
            assert_free(window, (name, size, arrangement))
        window.docks.toggle_expanded()
        window.docks.toggle_expanded()
        assert_free(window, (name, "expanded and back"))


@pytest.mark.slow
def test_its_lines_are_broken_anew_where_it_becomes_narrower(open_window, example, qtbot):
    window = open_window(edits.set_training(example("digits"), epochs=1), keras=True)
    window.resize(1024, 700)
    arrange(window, "rail")
    qtbot.train(window)
    qtbot.waitUntil(lambda: window.activations_service.look_now is not None)
    window.canvas.show_number("conv2d", (3, 3, 1))
    assert window.canvas.layer_popup.products.isVisible()
    assert_free(window)
    wide = window.canvas.layer_popup.width()
    arrange(window, "palette")
    assert window.canvas.layer_popup.width() < wide
    qtbot.wait(50)
    assert_free(window)


def test_it_gives_way_where_the_view_or_a_card_is_moved(open_window):
    window = shown(open_window, "long", (1366, 768), "lesson")
    canvas = window.canvas
    canvas.show_number("conv_2", None)
    for dx, dy in ((0, 60), (0, 60), (0, -200), (80, 0), (-300, 0), (0, 900), (0, -900)):
        canvas.scene_viewport.set_camera(canvas.camera.moved(dx, dy))
        assert_free(window, (dx, dy))
    for factor in (1.3, 1.3, 0.5, 0.5):
        canvas.scene_viewport.zoom_to(canvas.camera.scale * factor)
        assert_free(window, factor)
    canvas.layer_popup.move(
        canvas.scene_viewport.card_rect("conv_2").toRect().topLeft()
    )  # dragged by its title
    QTest.mouseRelease(canvas.layer_popup, Qt.MouseButton.LeftButton, pos=QPoint(20, 3))
    assert_free(window, "dragged over its card")
    panel, scale = QRectF(canvas.layer_popup.geometry()).center(), canvas.camera.scale
    canvas.set_at({"conv_2": canvas.camera.to_world(panel.x(), panel.y())})
    assert_free(window, f"the card was moved below it, at {scale}")


@pytest.mark.parametrize("network", LAYERS)
def test_other_cards_are_covered_only_where_there_is_no_other_room(open_window, network):
    window = shown(open_window, network, (1366, 768), "rail")
    canvas = window.canvas
    for name in LAYERS[network]:
        canvas.show_number(name, None)
        assert_free(window, name)
        panel = QRectF(canvas.layer_popup.geometry())
        covered = [
            o for o in canvas.picture.cards if panel.intersects(canvas.scene_viewport.card_rect(o))
        ]
        assert not covered, name
        canvas.layer_popup.dismiss()


@pytest.mark.parametrize("wide, high", [*product((240, 320, 442, 722), (160, 300, 560))])
def test_of_cards_that_lie_anywhere_none_is_covered(wide, high):
    rng, room = np.random.default_rng(wide + high), QSizeF(wide, high)
    for _time in range(25):
        spots = rng.uniform((-wide, -high), (2 * wide, 2 * high), (3, 2))
        cards = [QRectF(x, y, 160, 56) for x, y in spots]
        place = place_popup(room, cards, cards[2:], QSizeF(442, 520), QSizeF(300, 240))
        assert QRectF(QPointF(), room).contains(place.panel)
        assert not any(one.translated(place.move).intersects(place.panel) for one in cards)
        moved = [one.translated(place.move) for one in cards]
        assert place.panel.bottom() <= place.lowest <= high
        grown = place.panel.adjusted(0, 0, 0, place.lowest - place.panel.bottom())
        assert not any(one.intersects(grown) for one in moved), "nor once it has grown"


def test_a_number_chosen_on_an_expanded_page_is_explained_on_the_canvas(open_window):
    window = shown(open_window, "long", (1366, 768), "rail")
    panel = window.docks.show_panel("inside", focus=False)
    window.docks.toggle_expanded()
    QApplication.processEvents()
    panel.value_requested.emit("conv_2", (0, 1, 2))
    assert_free(window)
    assert not window.docks.expanded
