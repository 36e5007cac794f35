"""Strips with names beside a card: they begin where the strips without names begin."""

from types import SimpleNamespace

import numpy as np
from PySide6.QtWidgets import QWidget

from netbuilder.core.wording import format_probability
from netbuilder.ui.plots.activation_strips import activation_strip, answer_strip, surface_strip
from netbuilder.ui.plots.live.layer_strips import lines_strip
from netbuilder.ui.results.prediction_views import ClassBars


def _first_ink(image):
    """The column of pixels in which something is drawn first."""
    return next(
        x
        for x in range(image.width())
        if any(image.pixelColor(x, y).alpha() > 80 for y in range(image.height()))
    )


def test_short_names_begin_with_the_strip(qtbot):
    assert _first_ink(answer_strip(np.array([0.9, 0.1]), ("1", "2"))) < 10
    assert _first_ink(lines_strip([("x", "1.5"), ("y", "-0.3")])) < 10


def test_a_strip_is_as_wide_whichever_class_is_likeliest(qtbot):
    names = ("a", "a very long name", "b", "c", "d")
    shares = np.array([0.5, 0.2, 0.1, 0.1, 0.1])
    widths = {
        answer_strip(np.roll(shares, by), names).deviceIndependentSize().width() for by in range(5)
    }
    assert len(widths) == 1
    assert widths.pop() <= 230


def test_a_strip_has_more_dots_than_pixels(qtbot):
    """Before a class the canvas stands enlarged: letters and maps stay sharp."""
    maps = np.random.default_rng(0).normal(size=(8, 8, 4))
    for image in (
        lines_strip([("x", "1")]),
        activation_strip(maps),
        activation_strip(np.ones(9)),
        activation_strip(maps[0]),
    ):
        assert image.width() == 2 * image.deviceIndependentSize().width()


def test_a_unit_that_is_zero_everywhere_has_an_edge(qtbot):
    """White on a light canvas would be nothing; and all of eight units are shown."""
    image = surface_strip(np.zeros((5, 5, 8)))
    ratio = image.devicePixelRatio()
    side, high = image.width() / ratio / 8, image.height() / ratio
    for unit in range(8):
        x, y = round((unit + 0.5) * side * ratio), round(high / 2 * ratio)
        assert image.pixelColor(x, y).name() == "#ffffff"
        edge = image.pixelColor(x, 0)
        assert edge.alpha() > 0 and edge.name() != "#ffffff"


def test_bars_of_classes_keep_their_order_and_write_a_probability_as_the_heading_does(qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    bars = ClassBars(page)
    bars.begin(("a", "b"), 12)
    height = bars.sizeHint().height()
    assert height >= 2 * 20 and [name for name, _part, _text in bars.rows] == ["a", "b"]
    for share in (0.685, 0.149, 0.0123, 0.9967, 0.9999999, 1.0, 0.0):
        shares = np.array([[share, 1 - share]])
        one = SimpleNamespace(probabilities=shares, classes=("a", "b"))
        bars.show_prediction(SimpleNamespace(first=one))
        assert [name for name, _part, _text in bars.rows] == ["a", "b"]
        assert bars.rows[0][2] == format_probability(share)
        assert bars.sizeHint().height() == height
