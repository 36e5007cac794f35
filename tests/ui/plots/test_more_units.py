"""Beside a layer of more units than there is room for stands how many are not shown."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from netbuilder.ui.plots.activation_strips import MOST_SURFACES, surface_strip


def test_a_sign_says_how_many_units_are_not_shown(qtbot: QtBot) -> None:
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
