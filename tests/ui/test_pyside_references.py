"""Qt calls that return nothing must not take references from None.

PySide6 6.12.0 does on Python 3.11: each such call takes one, and the interpreter ends with
"none_dealloc: deallocating None" after some thousand. A later release must not bring it back.
"""

import sys

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter

from netbuilder.ui.services.devices import wave_image

CALLS = 1_000


def test_set_pen_keeps_references_to_none(qapp):
    image = QImage(8, 8, QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    painter.setPen(Qt.GlobalColor.black)
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        painter.setPen(Qt.GlobalColor.black)
    drift = sys.getrefcount(None) - before
    painter.end()
    # From Python 3.12 on None is immortal and its count never moves.
    assert abs(drift) < CALLS / 10, f"{drift / CALLS:+.2f} references to None a call"


def test_an_error_while_painting_does_not_end_the_program(qapp):
    with pytest.raises(ValueError, match="could not convert"):
        wave_image(np.array(["no number"]), 20)
