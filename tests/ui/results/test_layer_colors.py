"""One layer has one colour map wherever it is shown: what goes in looks as the data's pictures."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from netbuilder.core.project import edits
from netbuilder.ui.kinds.pictures import pixmap_of
from netbuilder.ui.plots import activation_strips
from netbuilder.ui.plots.activation_strips import heat_images, map_factors
from netbuilder.ui.plots.images import ScaledPicture, grey_levels, levels, to_image


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
    service, popup = window.activations_service, window.canvas.closer
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
        tiles = window.canvas.closer.picture.tiles
        shown = [tile for tile in tiles if tile.label != "filter"]
        looked = set[tuple[int, int, int]]().union(*(_colors(one.image) for one in shown))
        assert looked and looked <= expected, "looked at more closely"
