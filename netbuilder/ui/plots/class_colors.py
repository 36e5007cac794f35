"""The colour of each class, the same in every plot."""

from __future__ import annotations

from PySide6.QtGui import QColor

#: Okabe and Ito, "Color Universal Design" (2008), and two more; told apart by colour-blind eyes.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#6F4FA8", "#B3A400",
           "#8A93A3", "#A0522D")  # fmt: skip


def class_color(number: int) -> QColor:
    """The colour of class ``number``; beyond ten they come again."""
    return QColor(_COLORS[number % len(_COLORS)])
