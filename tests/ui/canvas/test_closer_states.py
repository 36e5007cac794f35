"""An opened card tells how earlier states of an LSTM, and numbers of a convolution, come about."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtTest import QTest

from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_number
from netbuilder.ui.services.views.canvas_strips import picture_of, recurrent_states
from netbuilder.ui.services.views.sample_activations import SampleActivations
from netbuilder.ui.style import theme


def _look(layer, params, given, values, weights):
    project = edits.append_layer(edits.append_layer(Project(), "Input"), layer, params=params)
    node = project.graph.order[-1]
    return SampleActivations(project, {"input": given, node: values}, {node: weights}, {}, {}, 3)


@pytest.fixture
def lstm():
    """An LSTM of two units over five steps, and its states by Keras."""
    import keras

    layer = keras.layers.LSTM(2, return_sequences=True)
    given = np.random.default_rng(1).normal(size=(5, 1)).astype("float32")
    states = np.asarray(layer(given[None]))[0]
    names = ("kernel", "recurrent_kernel", "bias")
    weights = dict(zip(names, (np.asarray(w) for w in layer.weights), strict=True))
    return _look("LSTM", {"units": 2}, given, states[-1], weights), states


def test_a_click_on_an_earlier_step_tells_its_state(hand, lstm):
    look, states = lstm
    closer = hand.open_popup(look, "lstm")
    tile = closer.picture.of_states()
    wide, high = tile.box.width() / 5, tile.box.height() / 2
    spot = tile.box.topLeft() + QPointF(1.5 * wide, 1.5 * high)
    assert (
        closer.picture.text_at_cell(spot)
        == f"unit 1 after step 1: {format_number(states[1, 1], '.4g')}"
    )
    QTest.mouseClick(closer.picture, Qt.MouseButton.LeftButton, pos=spot.toPoint())
    assert closer.picture.marked_box().contains(spot)
    lines = closer.words.text().splitlines()
    assert lines[0].startswith("unit 1 after step 1 ")
    told = float(lines[0].rpartition("= ")[2].replace("−", "-"))
    assert told == pytest.approx(states[1, 1], rel=0.01)
    bent = ("; sigmoid: ", "; tanh: ")  # the sum, then what the curve gives for it
    gates = {line.partition(":")[0]: line for line in lines if any(one in line for one in bent)}
    assert set(gates) == {"input gate", "forget gate", "candidate", "output gate"}
    assert all("\u00a0·\u00a0" in line and "bias" in line for line in gates.values()), (
        "where they come from"
    )
    # The output is told again by a click on its bar.
    bar = closer.picture.nodes[0][0].center()
    QTest.mouseClick(closer.picture, Qt.MouseButton.LeftButton, pos=bar.toPoint())
    assert closer.words.text().startswith("unit 0 = ")
    assert closer.picture.marked_box().contains(bar)


def test_a_convolution_is_laid_out_as_its_window_lies(hand):
    picture = np.arange(16, dtype=float).reshape(4, 4, 1)
    kernel = np.arange(9, dtype=float).reshape(3, 3, 1, 1) - 4
    values = np.array(
        [
            [(picture[r : r + 3, c : c + 3, 0] * kernel[..., 0, 0]).sum() for c in range(2)]
            for r in range(2)
        ]
    )[..., None]
    weights = {"kernel": kernel, "bias": np.zeros(1)}
    params = {"filters": 1, "kernel_size": 3}
    closer = hand.open_popup(_look("Conv2D", params, picture, values, weights), "conv2d")
    assert closer.products.isHidden()
    closer.choose((1, 0, 0))
    given, held, products = closer.products.grids
    assert np.array_equal(given, picture[1:4, 0:3, 0])
    assert np.array_equal(held, kernel[..., 0, 0])
    assert np.array_equal(products, given * held)
    assert closer.products.words == f"The products add up to {values[1, 0, 0]:.3g}."
    assert not closer.products.isHidden()
    assert "12 times 2" in closer.products.accessibleName()


def test_a_layer_behind_a_row_says_that_its_numbers_are_scaled(hand):
    given = np.array([1.11, 2.0])
    weights = {"kernel": np.ones((2, 1)), "bias": np.zeros(1)}
    look = _look("Dense", {"units": 1}, given, np.array([3.11]), weights)
    rows = {"input": (("x", "1.466 kg"), ("kind", "2"))}
    look = replace(look, told=rows, features={"input": ("x", "kind")})
    closer = hand.open_popup(look, "dense")
    closer.choose((0,))
    assert "x 1.466 kg became 1.11." in closer.words.text()
    plain = replace(look, told={"input": (("x", "1.11"), ("kind", "2"))})
    closer = hand.open_popup(plain, "dense")
    closer.choose((0,))
    assert "scaled" not in closer.words.text()


def test_what_other_maps_add_is_read_to_its_end(hand):
    """Of several input maps the sentence below the products takes more than a line."""
    rng = np.random.default_rng(2)
    picture, kernel = rng.normal(size=(3, 3, 12)), rng.normal(size=(3, 3, 12, 1))
    sums = (picture * kernel[..., 0]).sum(axis=(0, 1))
    weights = {"kernel": kernel, "bias": np.zeros(1)}
    params = {"filters": 1, "kernel_size": 3}
    look = _look("Conv2D", params, picture, sums.sum().reshape(1, 1, 1), weights)
    closer = hand.open_popup(look, "conv2d")
    closer.choose((0, 0, 0))
    hand.settle()
    products = closer.products
    most = int(np.abs(sums).argmax())
    assert f"Input map {most} " in products.words
    assert products.words.replace("−", "-").endswith(f" {sums.sum() - sums[most]:.3g}.")
    room = QRect(0, 0, products.width(), products.height())
    font = QFont(products.font())
    font.setPixelSize(11)
    needed = QFontMetrics(font).boundingRect(room, int(Qt.TextFlag.TextWordWrap), products.words)
    assert needed.height() > 20, "more than a line"
    grids = 18 + 3 * 20
    assert products.height() >= grids + needed.height()
    image = products.grab().toImage()
    ground = image.pixelColor(1, 1)
    below = range(grids + 20, image.height())
    assert any(image.pixelColor(x, y) != ground for y in below for x in range(image.width()))


@pytest.mark.parametrize("wide", [404, 250, 160])
def test_words_below_states_are_whole_at_every_width(hand, lstm, wide):
    picture = hand.open_popup(lstm[0], "lstm").picture
    picture.set_width(wide)
    ((place, words),) = picture._captions
    font = QFont(theme.ui_font())
    font.setPixelSize(11)
    wrap = Qt.TextFlag.TextWordWrap.value
    needed = QFontMetrics(font).boundingRect(QRect(0, 0, wide, 9999), wrap, words)
    assert place.height() >= needed.height()
    assert picture.nodes[0][0].top() >= place.top() + needed.height(), "bars stand below them"


def test_what_comes_in_and_what_goes_out_is_said_in_the_datas_terms(hand):
    """Numbers of a card are scaled; the picture beside it tells kilograms."""
    given, answer = np.array([0.13, 2.0]), np.array([-0.457])
    weights = {"kernel": np.array([[-0.457 / 0.13], [0.0]]), "bias": np.zeros(1)}
    look = _look("Dense", {"units": 1}, given, answer, weights)
    look = replace(
        look,
        told={"input": (("age", "50"), ("kind", "2"))},
        features={"input": ("age", "kind")},
        targets={"dense": ("mass",)},
        units={"dense": ("kg",)},
        answers={"dense": np.array([117.4])},
    )
    closer = hand.open_popup(look, "dense")
    closer.choose((0,))
    assert "mass 117.4 kg." in closer.words.text()
    assert closer.picture.nodes[0][2] == "mass"
    closer.follow(replace(look, answers={"dense": answer}))
    assert "mass" not in closer.words.text(), "nothing is said twice"
    closer = hand.open_popup(look, "input")
    closer.choose((0,))
    assert closer.words.text().splitlines() == [
        "age = 0.13",
        _("In the data: {name} {value}. The network gets it scaled.", name="age", value="50"),
    ]
    closer.choose((1,))
    assert closer.words.text() == "kind = 2", "a number that stands in the data as it is"


def test_of_raw_scores_the_share_is_told(hand):
    scores = np.array([2.0, 0.0])
    weights = {"kernel": np.array([[2.0, 0.0]]), "bias": np.zeros(2)}
    look = _look("Dense", {"units": 2}, np.ones(1), scores, weights)
    shares = np.exp(scores) / np.exp(scores).sum()
    look = replace(look, classes={"dense": ("no", "yes")}, answers={"dense": shares})
    closer = hand.open_popup(look, "dense")
    closer.choose((0,))
    assert closer.words.text().endswith("no 88.1%.")


def test_an_lstm_shows_its_states_over_time_on_the_canvas(lstm):
    look, states = lstm
    look = replace(look, project=edits.append_layer(look.project, "Dense"))
    image = picture_of(look, look.project.graph.by_id["lstm"], look.values["lstm"])
    image = image.convertToFormat(image.Format.Format_RGB32)
    wide, high = image.width() / 5, image.height() / 2
    for step, unit in np.ndindex(5, 2):
        seen = image.pixelColor(int((step + 0.5) * wide), int((unit + 0.5) * high))
        assert (seen.blue() > seen.red()) == (states[step, unit] > 0), "blue above 0, orange below"
    # A layer so large that it would hold up the window shows its output, as others do.
    long = replace(look, values={**look.values, "input": np.zeros((2_000_000, 1))})
    assert recurrent_states(long, "lstm", most=2_000_000) is None
    assert picture_of(long, look.project.graph.by_id["lstm"], look.values["lstm"]) is not None
