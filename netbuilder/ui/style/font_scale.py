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
    """Return the stylesheet of a window for a scheme and a font size in points.

    Controls are 24, 28 or 32 pixels high at letters of 9 points, and grow with these, as do ticks
    and arrows.
    """
    scaled = {f"s{size}": round(size * points / 9) for size in (8, 11, 13, 14, 16, 24)}
    # Inside of a border of one pixel; Qt adds three to what a QToolButton shall have.
    low, middle, high = (round(height * points / 9) - 2 for height in (24, 28, 32))
    letters = {"tiny": 0.82, "small": 0.88, "large": 1.18, "answer": 1.6, "figure": 1.8}
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
        **{name: f"{points * factor:.1f}" for name, factor in letters.items()},
        **{name: resource("icons", file).as_posix() for name, file in files.items()},
    )


@cache
def _sheet() -> Template:
    return Template(resource("style", "window.qss").read_text("utf-8"))


FACTORS = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
_state = {"base": 0.0, "factor": 1.0}


def initial_font_scale() -> float:
    """How much larger than the system's the letters are; 1.0 before any window stands."""
    return QApplication.font().pointSizeF() / _state["base"] if _state["base"] else 1.0


def scaled(pixels: float) -> int:
    """Return what a length at letters of the system's size is at those in force: more with larger
    ones, and no less with smaller ones."""
    return round(pixels * max(initial_font_scale(), 1.0))


def is_system_size_known() -> bool:
    """Whether the system's own size of letters is known."""
    return bool(_state["base"])


def font_scale() -> float:
    """The size in force; 1.0 is the system's."""
    return _state["factor"]


def set_font_scale(factor: float) -> None:
    """Put another size in force, in the whole application.

    What is painted, and what has a size of its own in pixels, hears ``Theme.changed``.
    """
    if not _state["base"]:
        _state["base"] = QApplication.font().pointSizeF()
    before, _state["factor"] = _state["factor"], factor
    apply_font_scale()
    if factor != before:
        theme.theme().changed.emit()


def apply_font_scale() -> None:
    """Give the application its font, and each window its stylesheet.

    Not one stylesheet of the application: when that changes, Qt polishes each widget once for
    each widget that contains it, which took four times as long with all pages built.
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
        # pyqtgraph keeps a menu for each plot that no one opens here, of 40 widgets.
        apart = window.parentWidget() is not None or isinstance(window, QMenu)
        if not apart and window.styleSheet() != sheet:
            window.setStyleSheet(sheet)
