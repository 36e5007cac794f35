"""Colours, fonts and spacing: light and dark, following the system."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontDatabase,
    QFontMetrics,
    QGuiApplication,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QApplication

from netbuilder.core import i18n
from netbuilder.core.catalog.spec import CATEGORY_COLORS, Category
from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource_json

NO_PEN = QPen(Qt.PenStyle.NoPen)


#: Colours of positive and negative numbers: Okabe and Ito's blue and orange.
ABOVE_ZERO, BELOW_ZERO = "#0072B2", "#D55E00"


def contrast(first: QColor, other: QColor) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2)."""

    def luminance(color: QColor) -> float:
        parts = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in (color.redF(), color.greenF(), color.blueF())
        )
        return sum(
            weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True)
        )

    low, high = sorted((luminance(first), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mix(color: QColor, ground: QColor, part: float) -> QColor:
    """Return the colour of ``color`` over ``ground``; ``part`` 1 is opaque."""
    red = part * color.red() + (1 - part) * ground.red()
    green = part * color.green() + (1 - part) * ground.green()
    blue = part * color.blue() + (1 - part) * ground.blue()
    return QColor(int(red), int(green), int(blue))


def readable(color: QColor, ground: QColor, least: float = 4.5) -> QColor:
    """Return ``color`` mixed with the text's until its contrast with ``ground`` is ``least``."""
    text = QColor(colors().text)
    mixed = (mix(color, text, part / 20) for part in range(20, 0, -1))
    return next((ink for ink in mixed if contrast(ink, ground) >= least), text)


def ink_on(ground: QColor) -> QColor:
    """Return a text colour with a contrast of at least 4.5 on ``ground``."""
    inks = (QColor(colors().text), QColor("#000000"), QColor("#FFFFFF"))
    if contrast(inks[0], ground) >= 4.5:
        return inks[0]
    return max(inks, key=lambda ink: contrast(ink, ground))


def readable_part(color: QColor) -> float:
    """Return how opaque a colour may cover the canvas with text still readable."""
    text, ground = QColor(colors().text), QColor(colors().canvas)
    parts = (step / 20 for step in range(20, 0, -1))
    return next((part for part in parts if contrast(text, mix(color, ground, part)) >= 4.5), 0.05)


def shared_brush(color: QColor, strength: float = 1.0) -> QBrush:
    """Return a cached brush; ``strength`` is the opacity."""
    return _brush(_faded(color, strength))


def shared_pen(
    color: QColor, width: float, strength: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine
) -> QPen:
    """Return a cached cosmetic pen; ``width`` is in pixels at any scale."""
    return _pen(_faded(color, strength), width, style)


def _faded(color: QColor, strength: float) -> int:
    faded = QColor(color)
    faded.setAlphaF(color.alphaF() * strength)
    return faded.rgba()


@cache
def _brush(rgba: int) -> QBrush:
    return QBrush(QColor.fromRgba(rgba))


@cache
def _pen(rgba: int, width: float, style: Qt.PenStyle) -> QPen:
    pen = QPen(QColor.fromRgba(rgba), width, style)
    pen.setCosmetic(True)
    return pen


#: Spacings and margins in pixels, one of which each layout has: between words of one thing,
#: between rows, inside boxes, around a page and between its sections.
GRID = (0, 4, 8, 12, 16, 24)
ROW_GAP, PAGE_MARGIN = 8, 16
#: Letters over those of the text, which has 12 or 13 pixels: 11, 16 and 28.
SMALL, LARGE, HEADLINE = 11 / 12, 4 / 3, 7 / 3
RADIUS = 8

TRAINING_COLOR = "#0072B2"
VALIDATION_COLOR = "#D55E00"


@dataclass(frozen=True)
class Colors:
    """The colours of one scheme, as ``#RRGGBB``."""

    dark: bool
    canvas: str
    panel: str
    raised: str
    well: str
    hairline: str
    border: str
    text: str
    secondary: str
    grid: str
    accent: str
    accent_text: str
    on_accent: str
    selection: str
    train: str
    warning: str
    warning_back: str
    on_warning: str
    error: str
    error_back: str
    on_error: str
    info_back: str
    dots: str
    training: str
    validation: str

    @property
    def disabled(self) -> str:
        return mix(QColor(self.text), QColor(self.panel), 0.5).name()

    def signed(self, value: float) -> str:
        """Blue for positive numbers, orange for negative ones."""
        return self.training if value >= 0 else self.validation


#: The light and the dark scheme.
_SCHEMES = resource_json("tables.json")["colors"] | {
    "training": (TRAINING_COLOR, "#4FA3DC"),
    "validation": (VALIDATION_COLOR, "#F08A3C"),
}
LIGHT, DARK = (
    Colors(dark=bool(dark), **{name: both[dark] for name, both in _SCHEMES.items()})
    for dark in (0, 1)
)


class Theme(QObject):
    """The current scheme; ``changed``: the system or the user switched it."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._forced: bool | None = None
        # Cached: each painting reads it some hundred times.
        self._of_system = False
        hints = QGuiApplication.styleHints()
        if hints is not None:
            self._of_system = hints.colorScheme() == Qt.ColorScheme.Dark
            hints.colorSchemeChanged.connect(self._system_changed)

    @property
    def dark(self) -> bool:
        if self._forced is not None:
            return self._forced
        return self._of_system

    @property
    def colors(self) -> Colors:
        return DARK if self.dark else LIGHT

    def force(self, dark: bool | None) -> None:
        """Choose a scheme; None follows the system."""
        self._forced = dark
        self.apply()

    def apply(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setPalette(palette(self.colors))
        self.changed.emit()

    def _system_changed(self, scheme: Qt.ColorScheme) -> None:
        self._of_system = scheme == Qt.ColorScheme.Dark
        if self._forced is None:
            self.apply()


_theme: Theme | None = None


def theme() -> Theme:
    """Return the application's theme."""
    global _theme  # noqa: PLW0603 - one for the application, made when it exists
    if _theme is None:
        _theme = Theme()
    return _theme


def colors() -> Colors:
    """Return the current colours."""
    return theme().colors


def category_color(category: Category) -> QColor:
    """Return the colour of a category's stripe and icon."""
    return QColor(CATEGORY_COLORS[category])


def step_color() -> QColor:
    """Return the colour of a training step's numbers, in the drawings of the network."""
    return QColor("#B79CFF" if colors().dark else "#7C3AED")


def fixed_font(scale: float = 1.0) -> QFont:
    """Return the system's fixed-width font."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(QApplication.font().pointSizeF() * scale)
    return font


def ui_font(scale: float = 1.0, bold: bool = False) -> QFont:
    """Return the system's font."""
    font = QFont(QApplication.font())
    font.setPointSizeF(font.pointSizeF() * scale)
    font.setBold(bold)
    return font


def font_error(name: str) -> UserError | None:
    """Return an error if the system has no font for a language, else None."""
    metrics = QFontMetrics(QApplication.font())
    if name in (i18n.SOURCE, i18n.PSEUDO) or all(
        metrics.inFontUcs4(ord(letter)) for letter in set(i18n.sample_sentence(name))
    ):
        return None
    return user_error("language_without_font", name=name)


def palette(scheme: Colors) -> QPalette:
    """Return the Qt palette of a scheme."""
    result = QPalette()
    role = QPalette.ColorRole
    for key, value in {
        role.Window: scheme.panel,
        role.WindowText: scheme.text,
        role.Base: scheme.panel,
        role.AlternateBase: scheme.canvas,
        role.Text: scheme.text,
        role.Button: scheme.panel,
        role.ButtonText: scheme.text,
        role.ToolTipBase: scheme.raised,
        role.ToolTipText: scheme.text,
        role.PlaceholderText: scheme.secondary,
        role.Highlight: scheme.accent,
        role.HighlightedText: scheme.on_accent,
        role.Link: scheme.accent,
        role.Light: scheme.raised,
        role.Mid: scheme.hairline,
        role.Dark: scheme.hairline,
        role.Shadow: scheme.hairline,
        role.BrightText: scheme.error,
    }.items():
        result.setColor(key, QColor(value))
    for key in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, key, QColor(scheme.disabled))
    return result
