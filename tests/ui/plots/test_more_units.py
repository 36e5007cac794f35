"""Strips beside layers: how many units are not shown, and one number a step as a curve."""

import numpy as np
from PySide6.QtCore import Qt

from netbuilder.ui.plots.activation_strips import MOST_SURFACES, activation_strip, surface_strip


def test_a_sign_says_how_many_units_are_not_shown(qtbot):
    planes = np.random.default_rng(1).normal(size=(8, 8, 12))
    whole, part = surface_strip(planes[..., :MOST_SURFACES]), surface_strip(planes)
    assert part.width() > whole.width()
    behind = part.copy(whole.width(), 0, part.width() - whole.width(), part.height())
    clear = Qt.GlobalColor.transparent
    assert any(
        behind.pixelColor(x, y) != clear and behind.pixelColor(x, y).alpha() > 0
        for x in range(behind.width())
        for y in range(behind.height())
    )


def test_one_number_a_step_is_a_curve(qtbot):
    steps = np.linspace(0, 1, 40)[:, None]  # from the lower left to the upper right
    image = activation_strip(steps, 160, 40)

    def heights(x):
        return [y for y in range(image.height()) if image.pixelColor(x, y).alpha() > 200]

    left, right = heights(8), heights(image.width() - 8)
    assert min(left) > image.height() * 0.7
    assert max(right) < image.height() * 0.3
