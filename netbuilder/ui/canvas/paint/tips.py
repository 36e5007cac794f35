"""Words on the canvas itself: the tip at the pointer, and what an empty canvas says."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Point
from netbuilder.ui.canvas.paint.paint_resources import PaintResources

_WIDEST = 340.0


class PointerTip:
    """A sentence near the pointer, until the next press or gesture."""

    def __init__(self) -> None:
        self.text = ""
        self._at: Point = (0.0, 0.0)

    def show(self, text: str, at: Point) -> None:
        """Say ``text`` beside the place ``at`` of the viewport."""
        self.text, self._at = text, at

    def hide(self) -> None:
        """Say nothing."""
        self.text = ""

    def paint(self, p: QPainter, look: PaintResources, size: tuple[int, int]) -> None:
        """Paint the tip, kept inside the viewport."""
        if not self.text:
            return
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = look.words(12)
        metrics = QFontMetricsF(font)
        wrap = int(Qt.TextFlag.TextWordWrap)
        words = metrics.boundingRect(QRectF(0, 0, _WIDEST, 1000), wrap, self.text)
        x = min(max(8.0, self._at[0] + 16), size[0] - words.width() - 28)
        y = self._at[1] + 20
        if y + words.height() + 20 > size[1]:
            y = self._at[1] - words.height() - 28
        box = QRectF(x, max(8.0, y), words.width() + 20, words.height() + 12)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(look.text)
        p.drawRoundedRect(box, 6, 6)
        p.setPen(look.canvas)
        p.setFont(font)
        p.drawText(box.adjusted(10, 6, -8, -4), wrap, self.text)


def paint_focus(p: QPainter, look: PaintResources, size: tuple[int, int]) -> None:
    """The frame of a canvas that the keyboard has come to."""
    p.setPen(QPen(look.accent, 2))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawRect(QRectF(1, 1, size[0] - 2, size[1] - 2))


def paint_empty(p: QPainter, look: PaintResources, size: tuple[int, int]) -> None:
    """What an empty canvas says: how to begin."""
    p.setRenderHint(QPainter.RenderHint.Antialiasing)
    width, height = size
    box = QRectF(width / 2 - 170, height / 2 - 62, 340, 124)
    p.setPen(QPen(look.wire, 1.5, Qt.PenStyle.DashLine))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawRoundedRect(box, 10, 10)
    p.setFont(look.words(15, True))
    p.setPen(look.text)
    p.drawText(
        QRectF(box.left(), box.top() + 18, 340, 24),
        Qt.AlignmentFlag.AlignCenter,
        _("Start with Input"),
    )
    p.setFont(look.words(13))
    p.setPen(look.secondary)
    for line, text in enumerate(
        (_("Drag a layer here from the left,"), _("double-click it, or press Tab and type."))
    ):
        p.drawText(
            QRectF(box.left(), box.top() + 48 + 22 * line, 340, 22),
            Qt.AlignmentFlag.AlignCenter,
            text,
        )


def paint_hint(
    p: QPainter, look: PaintResources, x: float, y: float, text: str, scale: float
) -> None:
    """A few accent-coloured words on the canvas: what a drop would do."""
    font = look.words(max(11, round(12 / scale)), True)
    p.setFont(font)
    p.setPen(look.accent)
    p.drawText(QPointF(x, y), text)
