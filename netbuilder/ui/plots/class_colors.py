"""The colour and the sign of each class, the same in every plot: colour is never the only one."""

from __future__ import annotations

from PySide6.QtGui import QColor

#: Okabe and Ito, "Color Universal Design" (2008), and two more; told apart by colour-blind eyes.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#9E0059", "#B3A400",
           "#8A93A3", "#A0522D")  # fmt: skip


#: pyqtgraph's symbols, and the letters that look like them in a legend.
_SIGNS = (("o", "●"), ("t", "▼"), ("s", "■"), ("d", "◆"), ("+", "✚"), ("x", "✖"), ("star", "★"),
          ("p", "⬟"), ("h", "⬢"), ("t1", "▲"))  # fmt: skip


def class_symbol(number: int) -> str:
    """The symbol of the points of class ``number``; beyond ten they come again."""
    return _SIGNS[number % len(_SIGNS)][0]


def class_sign(number: int) -> str:
    """That symbol as a letter, for a legend."""
    return _SIGNS[number % len(_SIGNS)][1]


def class_color(number: int) -> QColor:
    """The colour of class ``number``; beyond ten they come again."""
    return QColor(_COLORS[number % len(_COLORS)])
