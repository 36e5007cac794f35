"""The size of letters in the whole window (Ctrl + and Ctrl -), and the stylesheet for it."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from string import Template

from PySide6.QtWidgets import QApplication, QMenu

from netbuilder.core.folders import resource
from netbuilder.ui.style import theme
from netbuilder.ui.style.theme import Colors


def stylesheet(c: Colors, points: float) -> str:
    """Return the stylesheet of a window; controls are 24, 28 or 32 pixels high at 9 points."""
    scaled = {f"s{size}": round(size * points / 9) for size in (8, 11, 13, 14, 16, 24)}
    # Without the border of one pixel; Qt adds three to a QToolButton's height.
    low, middle, high = (round(height * points / 9) - 2 for height in (24, 28, 32))
    letters = {"small": theme.SMALL, "large": theme.LARGE, "figure": theme.HEADLINE}
    icons = ("up", "down", "left", "right")
    files = {name: f"arrow-{name}.svg" for name in icons} | {"check": "check.svg"}
    return _sheet().substitute(
        asdict(c),
        disabled=c.disabled,
        field=c.canvas if c.dark else c.panel,
        low=low,
        middle=middle,
        high=high,
        tool=low - 3,
        high_tool=high - 3,
        arrows=max(20, scaled["s11"] + 2),  # as narrow as they can be: fields are for numbers
        **scaled,
        **{name: f"{points * factor:.2f}" for name, factor in letters.items()},
        **{name: resource("icons", file).as_posix() for name, file in files.items()},
    )


@cache
def _sheet() -> Template:
    return Template(resource("style", "window.qss").read_text("utf-8"))


FACTORS = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
_state = {"base": 0.0, "factor": 1.0}


def initial_font_scale() -> float:
    """Return the application font's size over the system's; 1.0 before there is a window."""
    return QApplication.font().pointSizeF() / _state["base"] if _state["base"] else 1.0


def scaled(pixels: float) -> int:
    """Return a length scaled with the font, but never smaller."""
    return round(pixels * max(initial_font_scale(), 1.0))


def is_system_size_known() -> bool:
    """Return whether the system's font size is known."""
    return bool(_state["base"])


def font_scale() -> float:
    """Return the current scale; 1.0 is the system's."""
    return _state["factor"]


def set_font_scale(factor: float) -> None:
    """Change the scale in the whole application; painted widgets get ``Theme.changed``."""
    if not _state["base"]:
        _state["base"] = QApplication.font().pointSizeF()
    before, _state["factor"] = _state["factor"], factor
    apply_font_scale()
    if factor != before:
        theme.theme().changed.emit()


def apply_font_scale() -> None:
    """Set the application's font and each window's stylesheet.

    An application stylesheet took four times as long: Qt polishes each widget once per ancestor.
    """
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return
    points = _state["base"] * _state["factor"]
    font = app.font()
    if abs(font.pointSizeF() - points) > 0.01:
        font.setPointSizeF(points)
        app.setFont(font)
    sheet = stylesheet(theme.colors(), points)
    for window in app.topLevelWidgets():
        # pyqtgraph creates a menu of 40 widgets per plot, unused here.
        apart = window.parentWidget() is not None or isinstance(window, QMenu)
        if not apart and window.styleSheet() != sheet:
            window.setStyleSheet(sheet)
