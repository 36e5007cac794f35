"""Inside: a number that is clicked is explained, and one layer has one colour map everywhere."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage

from netbuilder.core.project import edits
from netbuilder.core.results.live.sample_summary import PADDING
from netbuilder.ui.kinds.pictures import pixmap_of
from netbuilder.ui.plots import activation_strips
from netbuilder.ui.plots.activation_strips import (
    activation_strip,
    heat_images,
    histogram_image,
    map_factors,
    maps_in_strip,
)
from netbuilder.ui.plots.images import ScaledPicture, grey_levels, levels, to_image
from netbuilder.ui.plots.live.layer_strips import (
    number_in_strip,
    number_in_words,
    shown_words,
    words_strip,
)
from netbuilder.ui.results.inside_panel import span_words
from netbuilder.ui.style import theme


@pytest.mark.parametrize("shape", [(6,), (64,), (100,), (5, 7), (6, 8, 1), (3, 5, 4)])
def test_the_number_under_a_place_is_the_one_painted_there(shape):
    for place in np.random.default_rng(1).choice(int(np.prod(shape)), 5):
        index = tuple(int(one) for one in np.unravel_index(place, shape))
        values = np.zeros(shape)
        values[index] = 1.0
        image = activation_strip(values, 180, 36)
        dots = image.devicePixelRatio()
        size = (round(image.width() / dots), round(image.height() / dots))
        lit = [
            (x, y)
            for x in range(size[0])
            for y in range(size[1])
            if (y == 2 and _color(image, x, y) == QColor(theme.ABOVE_ZERO))
            or (len(shape) > 1 and _color(image, x, y).red() > 200)
        ]
        assert lit
        x, y = np.median([x for x, _y in lit]), np.median([y for _x, y in lit])
        assert number_in_strip(values, size, (x + 0.5, y + 0.5), 36, 180) == index


def test_scaled_numbers_are_not_taken_for_those_of_the_data():
    scaled, raw = np.array([-1.11, 1.112], np.float32), np.array([1.466, 0.2])
    assert span_words(scaled, raw) != span_words(scaled, scaled) == span_words(scaled, None)
    words = np.array(["a", "b"])
    assert span_words(scaled, words) == span_words(scaled, None)


def test_a_wide_strip_shows_more_maps_and_a_click_finds_each():
    values = np.zeros((6, 6, 32))
    values[2, 3, 20] = 1.0
    assert maps_in_strip(180, 30) == (5, 30), "as on the canvas"
    count, side = maps_in_strip(1000, 36)
    image = activation_strip(values, 1000, 36)
    assert image is not None and 20 < count < 32
    size = (round(image.width() / 2), round(image.height() / 2))
    spot = (20 * (side + 2) + 3.5 / 6 * side, 2.5 / 6 * side)
    assert number_in_strip(values, size, spot, 36, 1000) == (2, 3, 20)


def test_words_stand_across_as_the_steps_of_every_layer_do():
    words = ("a", "·", "long", "film")
    words = tuple(PADDING if one == "·" else one for one in words)
    values = np.ones((4, 8))
    values[3, 6] = -1.0  # orange among blue
    image = words_strip(values, words, 180)
    size = (round(image.width() / 2), round(image.height() / 2))
    lit = [
        (x, y)
        for x in range(size[0])
        for y in range(20, size[1])
        if _color(image, x, y).red() > 200
    ]
    x, y = np.median([x for x, _y in lit]), np.median([y for _x, y in lit])
    assert x > size[0] * 2 / 3, "the third word that is none of the padding"
    assert number_in_words(8, shown_words(words, 180), size, (x, y)) == (3, 6)


def _color(image, x, y):
    dots = image.devicePixelRatio()
    return image.pixelColor(int((x + 0.5) * dots), int((y + 0.5) * dots))


def _laid(picture):
    return picture.height() >= picture.pixmap().deviceIndependentSize().height()


@pytest.mark.slow
def test_a_click_opens_how_the_number_comes_about(open_window, example, qtbot):
    window = open_window(edits.set_training(example("digits"), epochs=1))
    qtbot.train(window)
    # What the run showed last stands there until the network that it made was asked.
    qtbot.waitUntil(lambda: window.activations_service.look_now is not None)
    panel, closer = window.docks.show_panel("inside"), window.canvas.layer_popup
    qtbot.waitUntil(lambda: panel.waiting.currentIndex() == 1)
    window.canvas.select(("dense",))
    pictures = [one for one in panel.parts if isinstance(one, ScaledPicture)]
    bars = pictures[0]
    qtbot.waitUntil(lambda: bars.isVisible() and _laid(bars))
    step = bars.pixmap().deviceIndependentSize().width() / 64
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(round(40.5 * step), 30))
    assert closer.isVisible() and closer.node_id == "dense"
    value = float(window.activations_service.look.values["dense"][40])
    first, below = closer.words.text().split("\n", 1)
    assert "40" in first and first.endswith(f" = {value:.4g}") and below, "how it comes about"
    assert "w" in closer.words.text() or "·" in closer.words.text()

    window.canvas.select(("conv2d",))
    maps = next(one for one in panel.parts if isinstance(one, ScaledPicture))
    qtbot.waitUntil(lambda: maps.isVisible() and _laid(maps))
    # The second map (44 pixels a side, 2 between), 8×8 numbers: row 2, column 5.
    spot = QPoint(46 + round(5.5 * 44 / 8), round(2.5 * 44 / 8))
    qtbot.mouseClick(maps, Qt.MouseButton.LeftButton, pos=spot)
    assert closer.node_id == "conv2d"
    assert closer.words.text().startswith("[2, 5, 1] = ")


@pytest.mark.slow
def test_large_layers_say_that_their_numbers_come_after_the_run(open_window, example, qtbot):
    project = edits.set_training(example("digits"), epochs=100_000)
    project = edits.set_params(project, "dense", units=500)
    window = open_window(project)
    live, closer = window.sample_view, window.canvas.layer_popup
    opened: list[bool] = []
    # As soon as the layers have pictures, before the event loop goes on.
    live.changed.connect(
        lambda: live.look and not opened and opened.append(window.canvas.open_layer_popup("dense"))
    )
    window.runner.start()
    qtbot.waitUntil(lambda: bool(opened))
    assert opened == [True]
    closer.choose((3,))
    qtbot.waitUntil(lambda: "during training" in closer.words.text())
    window.runner.stop()
    qtbot.waitUntil(lambda: not window.runner.state.active)
    qtbot.waitUntil(lambda: "during training" not in closer.words.text())


def test_a_histogram_of_weights_marks_0_and_its_ends():
    """A faint line at 0, where 0 lies within; numbers below it."""
    counts = np.zeros(20, int)
    counts[15] = 9
    for low, high, at in ((-1.0, 1.0, 100), (-1.0, 3.0, 50), (0.5, 1.5, None)):
        image = histogram_image(counts, np.linspace(low, high, 21), 200)
        across = [x for x in range(140) if _color(image, x, 5).alpha() > 0]
        assert (not across) if at is None else all(abs(x - at) <= 1 for x in across) and across
        below = [x for x in range(200) if any(_color(image, x, y).alpha() for y in range(62, 74))]
        assert min(below) < 10 and max(below) > 190


def _colors(image):
    """Of all pixels that are opaque."""
    plain = image.convertToFormat(QImage.Format.Format_ARGB32)
    pixels: NDArray[np.uint8] = np.frombuffer(plain.constBits(), np.uint8).reshape(-1, 4)
    return {(int(r), int(g), int(b)) for b, g, r, alpha in pixels if alpha == 255}


def test_a_picture_is_as_bright_wherever_it_is_shown():
    pixels = np.zeros((4, 4, 1))
    pixels[1, 2], pixels[3, 0] = 0.5, 1.0
    (seen, dark) = grey_levels(np.stack([pixels, pixels / 2]))
    assert seen[1, 2, 0] == 127 and seen[3, 0, 0] == 255 and seen[0, 0, 0] == 0
    assert (seen == dark).all(), "each by its own numbers"
    assert grey_levels(np.full((1, 2, 2), 1.0)).min() == 255, "white is not black: 0 counts"
    of_many = np.stack([np.zeros((1, 2, 2)), np.ones((1, 2, 2))], axis=-1)
    assert grey_levels(of_many).tolist() == [[[255, 255], [255, 255]]], "two are no colours"
    assert _colors(pixmap_of(pixels).toImage()) >= {(0, 0, 0), (127,) * 3, (255,) * 3}


@pytest.mark.slow
def test_digits_are_grey_on_every_page_and_maps_are_coloured_alike(
    open_window, example, qtbot, monkeypatch
):
    written = map_factors(np.stack([np.eye(2), np.eye(2) / 4]))
    assert written == ["", "×4"], "how much a map is amplified, in grey letters: looked past below"
    monkeypatch.setattr(activation_strips, "map_factors", lambda _maps: [])
    window = open_window(edits.set_training(example("digits"), epochs=1))
    qtbot.train(window)
    qtbot.waitUntil(lambda: window.activations_service.look_now is not None)
    # The run's last look, rounded otherwise, is shown until the network's own is there.
    service, popup = window.activations_service, window.canvas.layer_popup
    qtbot.waitUntil(lambda: window.sample_view.look is None)
    qtbot.waitUntil(lambda: popup._sample is service.look_now is not None)
    panel = window.docks.show_panel("inside")
    qtbot.waitUntil(lambda: panel.waiting.currentIndex() == 1)
    values = window.activations_service.look_now.values
    grey = _colors(to_image(levels(values["input"])))
    maps = set[tuple[int, int, int]]().union(
        *(_colors(one) for one in heat_images(values["conv2d"].transpose(2, 0, 1)))
    )
    assert all(r == g == b for r, g, b in grey) and len(grey) > 3
    assert any(r != b for r, _g, b in maps)

    for name, expected, other in (("input", grey, maps), ("conv2d", maps, grey)):
        assert _colors(window.canvas.previews.images[name]) <= expected, "beside its card"
        window.canvas.select((name,))
        qtbot.waitUntil(lambda: panel.parts != ())
        picture = next(one for one in panel.parts if isinstance(one, ScaledPicture))
        inside = _colors(picture.pixmap().toImage())
        assert len(inside & expected) > 3, "on the page"
        assert not inside & other, "a label may shrink it smoothly, but between its own colours"
        window.canvas.show_number(name, (1, 2, 0))
        tiles = window.canvas.layer_popup.picture.tiles
        shown = [tile for tile in tiles if tile.label != "filter"]
        looked = set[tuple[int, int, int]]().union(*(_colors(one.image) for one in shown))
        assert looked and looked <= expected, "looked at more closely"


@pytest.mark.parametrize("name", [pytest.param("digits", marks=pytest.mark.slow), "iris"])
def test_it_explains_the_sample_on_the_canvas(open_window, example, qtbot, name):
    window = open_window(edits.set_training(example(name), epochs=2))
    panel = window.docks.show_panel("explain", focus=False)
    assert panel.waiting.currentIndex() == 0, "nothing is trained"
    window.commands.train()
    qtbot.waitUntil(
        lambda: window.workbench.models.trained is not None and not window.runner.state.active
    )
    window.docks.show_panel("explain", focus=False)
    qtbot.waitUntil(lambda: panel.why.sentence.isVisible() and panel.why.idle)
    assert panel.why.picture.isVisible() == (name == "digits")
    first = panel.about.text()
    window.activations_service.show_row(4)
    qtbot.waitUntil(lambda: panel.about.text() != first)
    qtbot.waitUntil(lambda: panel.why.idle)
    window.docks.show_panel("code", focus=False)
    window.activations_service.show_row(7)
    qtbot.waitUntil(lambda: window.activations_service.idle)
    assert panel.why.idle, "nobody looks"
