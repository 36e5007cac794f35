"""The size of letters in the whole window (Ctrl + and Ctrl -), and the stylesheet for it."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from netbuilder.ui.services.settings import settings
from netbuilder.ui.style import theme
from netbuilder.ui.style.stylesheet import stylesheet

FACTORS = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
_state = {"base": 0.0, "factor": 1.0}


def letters() -> float:
    """How much larger than the system's the letters are; 1.0 before any window stands."""
    return QApplication.font().pointSizeF() / _state["base"] if _state["base"] else 1.0


class LetterSize(QObject):
    """Steps through the sizes. The size belongs to the application, not to one window."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        if not _state["base"]:
            _state["base"] = QApplication.font().pointSizeF()
            try:
                _state["factor"] = float(str(settings().value("scale", 1.0)))
            except ValueError:
                _state["factor"] = 1.0
        self.apply()

    @property
    def factor(self) -> float:
        """The size in force; 1.0 is the system's."""
        return _state["factor"]

    def step(self, step: int) -> None:
        """One size up (1), one down (-1), or the system's (0)."""
        if step == 0:
            _state["factor"] = 1.0
        else:
            bigger = [f for f in FACTORS if f > self.factor + 1e-6]
            smaller = [f for f in FACTORS if f < self.factor - 1e-6]
            choices = bigger[:1] if step > 0 else smaller[-1:]
            _state["factor"] = choices[0] if choices else self.factor
        settings().setValue("scale", self.factor)
        self.apply()
        # Painted views (canvas, curves) take their fonts anew with the theme.
        theme.theme().changed.emit()

    def apply(self) -> None:
        """Give the application its font and its stylesheet."""
        app = QApplication.instance()
        if not isinstance(app, QApplication):
            return
        points = _state["base"] * self.factor
        font = app.font()
        if abs(font.pointSizeF() - points) > 0.01:
            font.setPointSizeF(points)
            app.setFont(font)
        sheet = stylesheet(theme.colors(), points)
        if app.styleSheet() != sheet:
            app.setStyleSheet(sheet)
