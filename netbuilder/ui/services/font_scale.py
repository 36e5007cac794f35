"""The size of letters that the user chose, remembered between starts."""

from __future__ import annotations

from PySide6.QtCore import QObject

from netbuilder.ui.services.settings import settings
from netbuilder.ui.style import font_scale, theme
from netbuilder.ui.style.font_scale import FACTORS


def choose_font_scale(factor: float) -> None:
    """Put a size of letters in force, and remember it; 1.0 is the system's."""
    settings().setValue("scale", factor)
    font_scale.set_font_scale(factor)
    # Painted views (canvas, curves) take their fonts anew with the theme.
    theme.theme().changed.emit()


class FontScale(QObject):
    """Steps through the sizes. The size belongs to the application, not to one window."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        if font_scale.is_system_size_known():
            font_scale.apply_font_scale()
            return
        try:
            kept = float(str(settings().value("scale", 1.0)))
        except ValueError:
            kept = 1.0
        font_scale.set_font_scale(kept)

    @property
    def factor(self) -> float:
        """The size in force; 1.0 is the system's."""
        return font_scale.font_scale()

    def step(self, step: int) -> None:
        """One size up (1), one down (-1), or the system's (0)."""
        factor = 1.0
        if step:
            bigger = [f for f in FACTORS if f > self.factor + 1e-6]
            smaller = [f for f in FACTORS if f < self.factor - 1e-6]
            choices = bigger[:1] if step > 0 else smaller[-1:]
            factor = choices[0] if choices else self.factor
        choose_font_scale(factor)

    def apply(self) -> None:
        """Give the application its font and its stylesheet."""
        font_scale.apply_font_scale()
