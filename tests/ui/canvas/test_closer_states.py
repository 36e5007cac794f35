"""An opened card tells how earlier states of an LSTM, and numbers of a convolution, come about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from netbuilder.core.project import edits
from netbuilder.core.project.model import Project
from netbuilder.ui.services.views.sample_view import LiveLook


def _opened(hand, look: LiveLook, node: str):
    closer = hand.view.closer
    closer.follow(look)
    assert closer.open_at(node, QPoint(20, 20))
    hand.settle()
    return closer


def _look(layer: str, params: dict, given, values, weights: dict) -> LiveLook:
    project = edits.append_layer(edits.append_layer(Project(), "Input"), layer, params=params)
    node = project.graph.order[-1]
    return LiveLook(project, {"input": given, node: values}, {node: weights}, {}, {}, 3)


@pytest.fixture
def lstm() -> tuple[LiveLook, np.ndarray]:
    """An LSTM of two units over five steps, and its states by Keras."""
    import keras

    layer = keras.layers.LSTM(2, return_sequences=True)
    given = np.random.default_rng(1).normal(size=(5, 1)).astype("float32")
    states = np.asarray(layer(given[None]))[0]
    names = ("kernel", "recurrent_kernel", "bias")
    weights = dict(zip(names, (np.asarray(w) for w in layer.weights), strict=True))
    return _look("LSTM", {"units": 2}, given, states[-1], weights), states


def test_a_click_on_an_earlier_step_tells_its_state(hand: Callable, lstm) -> None:
    look, states = lstm
    closer = _opened(hand, look, "lstm")
    tile = closer.picture._of_states()
    wide, high = tile.box.width() / 5, tile.box.height() / 2
    spot = tile.box.topLeft() + QPointF(1.5 * wide, 1.5 * high)
    assert closer.picture.told_at(spot) == f"unit 1 after step 1: {states[1, 1]:.4g}"
    QTest.mouseClick(closer.picture, Qt.MouseButton.LeftButton, pos=spot.toPoint())
    assert closer.picture.marked_box().contains(spot)
    lines = closer.words.text().splitlines()
    assert lines[0].startswith("unit 1 after step 1 ")
    told = float(lines[0].rpartition("= ")[2].replace("−", "-"))
    assert told == pytest.approx(states[1, 1], rel=0.01)
    gates = {line.partition(":")[0]: line for line in lines if " makes " in line}
    assert set(gates) == {"input gate", "forget gate", "candidate", "output gate"}
    assert all(" · " in line and "bias" in line for line in gates.values()), "where they come from"
    # The output is told again by a click on its bar.
    bar = closer.picture._nodes[0][0].center()
    QTest.mouseClick(closer.picture, Qt.MouseButton.LeftButton, pos=bar.toPoint())
    assert closer.words.text().startswith("[0] = ")
    assert closer.picture.marked_box().contains(bar)


def test_a_convolution_is_laid_out_as_its_window_lies(hand: Callable) -> None:
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
    closer = _opened(hand, _look("Conv2D", params, picture, values, weights), "conv2d")
    assert closer.products.isHidden()
    closer.choose((1, 0, 0))
    given, held, products = closer.products.grids
    assert np.array_equal(given, picture[1:4, 0:3, 0])
    assert np.array_equal(held, kernel[..., 0, 0])
    assert np.array_equal(products, given * held)
    assert closer.products.words == f"The products add up to {values[1, 0, 0]:.3g}."
    assert not closer.products.isHidden()
    assert "12 times 2" in closer.products.accessibleName()


def test_a_layer_behind_a_row_says_that_its_numbers_are_scaled(hand: Callable) -> None:
    given = np.array([1.11, 2.0])
    weights = {"kernel": np.ones((2, 1)), "bias": np.zeros(1)}
    look = _look("Dense", {"units": 1}, given, np.array([3.11]), weights)
    rows = {"input": (("x", "1.466 kg"), ("kind", "2"))}
    look = replace(look, told=rows, features={"input": ("x", "kind")})
    closer = _opened(hand, look, "dense")
    closer.choose((0,))
    assert "What comes in is scaled: x 1.466 kg became 1.11." in closer.words.text()
    plain = replace(look, told={"input": (("x", "1.11"), ("kind", "2"))})
    closer = _opened(hand, plain, "dense")
    closer.choose((0,))
    assert "scaled" not in closer.words.text()
