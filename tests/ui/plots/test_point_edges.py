"""Points of a surface are seen on a surface of their own colour, in either scheme."""

import pytest
from PySide6.QtGui import QColor

from netbuilder.ui.plots.colour_bar import class_color
from netbuilder.ui.plots.live.surface_plot import _styled
from netbuilder.ui.style import theme


def light(color):
    """Relative luminance, as WCAG 2 defines it."""
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in color.getRgbF()[:3]
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("dark", [False, True])
def test_the_edge_of_a_test_point_stands_out(qtbot, dark):
    theme.theme().force(dark)
    back = QColor(theme.colors().panel)
    for number in range(2):
        color = class_color(number)
        mixed = [
            0.62 * a + 0.38 * b
            for a, b in zip(color.getRgbF()[:3], back.getRgbF()[:3], strict=True)
        ]
        edge = light(_styled(2, color, 1.0)[1].color())
        for ground in (QColor.fromRgbF(*mixed), back):
            high, low = sorted((edge, light(ground)), reverse=True)
            assert (high + 0.05) / (low + 0.05) > 3
