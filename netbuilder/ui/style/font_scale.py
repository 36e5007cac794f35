"""The size of letters in the whole window (Ctrl + and Ctrl -), and the stylesheet for it."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from netbuilder.ui.style import theme
from netbuilder.ui.style.stylesheet import stylesheet

FACTORS = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
_state = {"base": 0.0, "factor": 1.0}


def initial_font_scale() -> float:
    """How much larger than the system's the letters are; 1.0 before any window stands."""
    return QApplication.font().pointSizeF() / _state["base"] if _state["base"] else 1.0


def is_system_size_known() -> bool:
    """Whether the system's own size of letters is known."""
    return bool(_state["base"])


def font_scale() -> float:
    """The size in force; 1.0 is the system's."""
    return _state["factor"]


def set_font_scale(factor: float) -> None:
    """Put another size in force, in the whole application."""
    if not _state["base"]:
        _state["base"] = QApplication.font().pointSizeF()
    _state["factor"] = factor
    apply_font_scale()


def apply_font_scale() -> None:
    """Give the application its font and its stylesheet."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return
    points = _state["base"] * _state["factor"]
    font = app.font()
    if abs(font.pointSizeF() - points) > 0.01:
        font.setPointSizeF(points)
        app.setFont(font)
    sheet = stylesheet(theme.colors(), points)
    if app.styleSheet() != sheet:
        app.setStyleSheet(sheet)
