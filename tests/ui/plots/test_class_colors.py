"""Colours of classes are told apart by eyes that see no green."""

import numpy as np

from netbuilder.ui.plots.colour_bar import class_color

#: Machado, Oliveira and Fernandes (2009), deuteranopia, linear RGB.
_DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def _seen(number: int) -> np.ndarray:
    """A class's colour in CIELAB, as a deuteranope sees it."""
    srgb = np.array(class_color(number).getRgbF()[:3])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = _TO_XYZ @ np.clip(_DEUTERANOPIA @ linear, 0, 1) / np.array([0.95047, 1, 1.08883])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_the_first_seven_classes_differ_without_green():
    seen = [_seen(number) for number in range(7)]
    for number, one in enumerate(seen):
        for other in seen[:number]:
            assert np.linalg.norm(one - other) > 15
