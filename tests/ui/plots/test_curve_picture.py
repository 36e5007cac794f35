"""The curve that goes onto paper."""

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.plots.training_curves import run_picture


def test_it_fills_its_place_with_letters_as_large_as_on_the_screen(qtbot):
    """A plot that was never shown was painted as 640 by 480, and made smaller with its letters."""
    losses = [1 / epoch for epoch in range(1, 51)]
    run = RunCurves.from_history("iris", {"loss": losses, "val_loss": losses})
    image = run_picture(run, QSize(330, 290)).convertToFormat(QImage.Format.Format_RGB32)
    assert (image.width(), image.height()) == (660, 580)
    dots = np.frombuffer(image.constBits(), np.uint8).reshape(580, 660, 4)[:, :, :3]
    ink = dots.min(axis=2) < 200
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    assert rows[-1] > 0.95 * 580, "the axis is at the bottom"
    # The letters of the axis below: from their highest dot to their lowest.
    gaps = np.flatnonzero(np.diff(rows) > 1)
    assert rows[-1] - rows[gaps[-1] + 1] >= 11
    assert columns[-1] < 658, "the last number is whole"
