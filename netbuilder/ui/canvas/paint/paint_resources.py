"""Fonts, colours and card bodies for painting.

All cards have one size, so that their bodies (shadow, stripe, ports, outline) are copies of a few
pixmaps, redrawn for each zoom step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QStaticText,
    QTransform,
)

from netbuilder.core.catalog.spec import Category
from netbuilder.ui.canvas.scene.cards import CARD_HEIGHT, CARD_WIDTH
from netbuilder.ui.style import theme
from netbuilder.ui.style.glyphs import paint_glyph

if TYPE_CHECKING:
    from netbuilder.core.results.live.connection_weights import ConnectionWeight


NEAR = 0.55  # the least scale with all details
NAMES = 0.3  # the least scale with names


@dataclass
class PaintState:
    """Interaction state that changes how the scene is painted."""

    selected: frozenset[str] = frozenset()
    current: str = ""  # the card with the keyboard focus
    focused: bool = False
    hovered: str = ""
    hovered_fix: str = ""  # the card whose fix button is under the pointer
    offered: Any = None  # the problem that Enter fixes
    proposed: str = ""  # the node that Enter connects, whose problem makes no other offer
    hovered_port: tuple[str, str, int] = ("", "", 0)  # id, "in" or "out", slot
    lit_cards: frozenset[str] = frozenset()
    lit_wire: tuple[str, str] | None = None
    selected_wire: tuple[str, str] | None = None
    hidden_wire: tuple[str, str] | None = None
    ports: Mapping[str, str] = field(default_factory=dict)  # while wiring: "yes", "odd", "no"
    # By (source, target), during and after training.
    wire_weights: Mapping[tuple[str, str], ConnectionWeight] = field(default_factory=dict)
    port_kind: str = "in"  # the side of ``ports``


MARGIN = 8.0  # around a card's body
CORNER = 8.0
STRIPE = 28.0  # width of the coloured end of a card
_GLYPH = QRectF(4, (CARD_HEIGHT - 20) / 2, 20, 20)  # of its drawing
PORT = 4.0
DOTS = 16.0

TITLE_PIXELS, SMALL_PIXELS = 13, 11


def _blend(a: QColor, b: QColor, part: float) -> QColor:
    return QColor(
        round(a.red() + (b.red() - a.red()) * part),
        round(a.green() + (b.green() - a.green()) * part),
        round(a.blue() + (b.blue() - a.blue()) * part),
    )


@dataclass(frozen=True)
class Letters:
    """A font with its measures, and the scene's ``generation`` and size as a key for caches."""

    font: QFont
    metrics: QFontMetricsF
    key: tuple[object, int]


class PaintResources:
    """Fonts, colours and cached pixmaps of the canvas."""

    def __init__(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        """Load the current theme."""
        scheme = theme.colors()
        self.scheme = scheme
        self.canvas = QColor(scheme.canvas)
        self.card = QColor(scheme.raised)
        self.hairline = QColor(scheme.hairline)
        self.text = QColor(scheme.text)
        self.secondary = QColor(scheme.secondary)
        self.accent = QColor(scheme.accent)
        self.wire = _blend(self.secondary, self.canvas, 0.25)
        self.dots = QColor(scheme.dots)
        self.category = {c.value: theme.category_color(c) for c in Category}
        self.category[""] = QColor(self.secondary)
        self.title_font = self.words(TITLE_PIXELS, True)
        self.detail_font = self.words(TITLE_PIXELS)
        self.fixed_font = theme.fixed_font()
        self.fixed_font.setPixelSize(SMALL_PIXELS)
        self.fixed_font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        self.fixed_metrics = QFontMetricsF(self.fixed_font)
        self.generation = object()  # invalidates cached texts
        self._bodies: dict[tuple[object, ...], QPixmap] = {}
        self._bodies_at: tuple[float, float] = (0.0, 0.0)
        self._tile: tuple[tuple[object, ...], QPixmap] | None = None
        self._letters: dict[tuple[str, int], Letters] = {}

    def words(self, pixels: int, bold: bool = False) -> QFont:
        font = theme.ui_font(bold=bold)
        font.setPixelSize(pixels)
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        # Hinted glyphs jitter while zooming.
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        return font

    def tone(self, name: str) -> tuple[str, str, str]:
        """Return the line, background and text-on-line colours of a problem's tone."""
        scheme = self.scheme
        return {
            "error": (scheme.error, scheme.error_back, scheme.on_error),
            "warning": (scheme.warning, scheme.warning_back, scheme.on_warning),
        }.get(name, (scheme.accent, scheme.info_back, scheme.on_accent))

    def letters(self, role: str, scale: float, most: int = 30) -> Letters:
        """Return the font for "title", "detail" or "fixed", at least 11 pixels on the screen
        unless that is more than ``most`` in the scene."""
        base = {"title": self.title_font, "detail": self.detail_font}.get(role, self.fixed_font)
        pixels = max(base.pixelSize(), min(math.ceil(SMALL_PIXELS / scale - 0.01), most))
        if (role, pixels) not in self._letters:
            font = QFont(base)
            font.setPixelSize(pixels)
            key = (self.generation, pixels)
            self._letters[role, pixels] = Letters(font, QFontMetricsF(font), key)
        return self._letters[role, pixels]

    def body(
        self,
        scale: float,
        ratio: float,
        *,
        category: str,
        kind: str,
        glyph: str,
        ports: tuple[bool, bool],
        horizontal: bool,
        state: tuple[bool, ...],
        mark: str,
    ) -> QPixmap:
        """Return a card without text, ``MARGIN`` larger on each side.

        ``state``: selected, hovered, current, lit; ``mark``: a problem's tone or "".
        """
        if self._bodies_at != (scale, ratio):
            self._bodies.clear()
            self._bodies_at = (scale, ratio)
        key = (category, kind, glyph, ports, horizontal, state, mark)
        if key in self._bodies:
            return self._bodies[key]
        selected, hovered, current, lit = state
        grow = scale * ratio
        pixmap = QPixmap(
            int((CARD_WIDTH + 2 * MARGIN) * grow) + 2, int((CARD_HEIGHT + 2 * MARGIN) * grow) + 2
        )
        pixmap.fill(Qt.GlobalColor.transparent)
        with QPainter(pixmap) as p:
            p.setRenderHint(QPainter.RenderHint.Antialiasing)
            p.scale(grow, grow)
            p.translate(MARGIN, MARGIN)
            full = QRectF(0, 0, CARD_WIDTH, CARD_HEIGHT)
            p.setPen(Qt.PenStyle.NoPen)
            near = scale > 0.5
            if near:
                self._shadow(p, full)
            if kind == "group":  # a second sheet below
                p.setBrush(self.card)
                p.setPen(QPen(self.hairline, 1.0))
                p.drawRoundedRect(full.adjusted(5, 3.5, -5, 4.5), CORNER, CORNER)
                p.setPen(Qt.PenStyle.NoPen)
            shape = QPainterPath()
            shape.addRoundedRect(full, CORNER, CORNER)
            fill = _blend(self.card, self.accent, 0.06) if hovered or lit else self.card
            p.fillPath(shape, fill)
            band = QPainterPath()
            band.addRect(0, 0, STRIPE, CARD_HEIGHT)
            p.fillPath(shape & band, self.category.get(category, self.secondary))
            if near:
                paint_glyph(p, _GLYPH, glyph)
            colour = self.tone(mark)[0] if mark else ""
            line = self.accent if lit else QColor(colour) if colour else self.hairline
            pen = QPen(line, 1.5 if colour or lit else 1.0)
            if kind == "unknown":
                pen.setStyle(Qt.PenStyle.DashLine)
            pen.setCosmetic(scale < 1.0)
            p.setPen(pen)
            p.setBrush(Qt.BrushStyle.NoBrush)
            p.drawPath(shape)
            if selected or current:
                self._ring(p, full.adjusted(-3, -3, 3, 3), scale, selected)
            if near:
                for has_port, spot in zip(ports, self._port_spots(horizontal), strict=True):
                    if has_port:
                        self.port(p, spot)
        pixmap.setDevicePixelRatio(ratio)
        self._bodies[key] = pixmap
        return pixmap

    def _shadow(self, p: QPainter, full: QRectF) -> None:
        for drop, alpha in ((3.0, 8), (2.0, 10), (1.0, 14)):
            p.setBrush(QColor(0, 0, 0, alpha * (3 if self.scheme.dark else 1)))
            p.drawRoundedRect(full.translated(0, drop).adjusted(-0.5, 0, 0.5, 0), 9, 9)

    def _ring(self, p: QPainter, rect: QRectF, scale: float, selected: bool) -> None:
        ring = QPen(self.accent, 2.0 if selected else 1.5)
        if not selected:
            ring.setStyle(Qt.PenStyle.DotLine)
        ring.setWidthF(max(ring.widthF(), 1.4 / scale))
        p.setPen(ring)
        p.drawRoundedRect(rect, CORNER + 2.5, CORNER + 2.5)

    @staticmethod
    def _port_spots(horizontal: bool) -> tuple[QPointF, QPointF]:
        if horizontal:
            return QPointF(0, CARD_HEIGHT / 2), QPointF(CARD_WIDTH, CARD_HEIGHT / 2)
        return QPointF(CARD_WIDTH / 2, 0), QPointF(CARD_WIDTH / 2, CARD_HEIGHT)

    def port(self, p: QPainter, spot: QPointF, state: str = "", radius: float = PORT) -> None:
        """Paint a port. ``state``: "", "hover", "yes" (accepts the wire) or "no"."""
        colour = {"hover": self.accent, "yes": self.accent}.get(state, self.wire)
        p.setPen(QPen(colour, 2.0))
        p.setBrush(QBrush(self.accent if state == "yes" else self.card))
        p.drawEllipse(spot, radius, radius)

    def background(self, p: QPainter, part: QRect, camera: object) -> None:
        """Paint the dotted background, with a similar distance of dots at all scales."""
        scale, x, y = camera.scale, camera.x, camera.y  # type: ignore[attr-defined]
        step = DOTS * scale
        while step < 11:
            step *= 2
        while step > 26:
            step /= 2
        size = round(step)
        ratio = p.device().devicePixelRatioF()
        key = (size, ratio, self.generation)
        if self._tile is None or self._tile[0] != key:
            # A few large tiles are faster to copy than many small ones.
            many = max(1, 256 // size)
            tile = QPixmap(round(size * many * ratio), round(size * many * ratio))
            tile.setDevicePixelRatio(ratio)
            tile.fill(self.canvas)
            with QPainter(tile) as q:
                q.setRenderHint(QPainter.RenderHint.Antialiasing)
                q.setPen(Qt.PenStyle.NoPen)
                q.setBrush(self.dots)
                for i in range(many):
                    for k in range(many):
                        q.drawEllipse(QPointF((i + 0.5) * size, (k + 0.5) * size), 1.0, 1.0)
            self._tile = (key, tile)
        # Whole pixels, to avoid resampling.
        start = QPoint(round((part.x() - x) % size), round((part.y() - y) % size))
        p.drawTiledPixmap(part, self._tile[1], start)


def static_text(text: str, font: QFont) -> QStaticText:
    """Lay out a text once for repeated painting."""
    static = QStaticText(text)
    static.setTextFormat(Qt.TextFormat.PlainText)
    static.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    static.prepare(QTransform(), font)
    return static
