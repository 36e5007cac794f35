"""How the tiles, bars, lines and words of a layer's picture are painted."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, isnan

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.canvas.layer_content import PictureTile, WeightLine
from netbuilder.ui.style import theme

NAMES_HEIGHT = 56.0  # pixels, of words under columns
_INSET, _NAME = 4.0, 60.0  # of a bar's words, from the ring around it; room of its name
_POSITIVE, _NEGATIVE = "#0072B2", "#D55E00"  # Okabe and Ito's


def paint_tiles(p: QPainter, tiles: Sequence[PictureTile]) -> None:
    """Pictures, each in a hairline."""
    for tile in tiles:
        p.drawImage(tile.box, tile.image)
        p.setPen(QPen(QColor(theme.colors().hairline), 1))
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawRect(tile.box)


def paint_nodes(p: QPainter, nodes: Sequence[tuple[QRectF, float, str]], count: int) -> None:
    """The first ``count`` as bars with their names, the rest as names and numbers alone.

    ``nodes``: of each its place, its number and its name.
    """
    font = theme.fixed_font()
    font.setPixelSize(10)
    p.setFont(font)
    metrics = QFontMetricsF(font)
    sizes = [abs(value) for _, value, _ in nodes[:count] if not isnan(value)]
    largest = max(sizes, default=0.0) or 1.0
    given = max((abs(value) for _, value, _ in nodes[count:]), default=0.0)
    scheme = theme.colors()
    for number, (box, value, name) in enumerate(nodes):
        p.setPen(QColor(scheme.secondary))
        center = Qt.AlignmentFlag.AlignVCenter
        if number >= count:
            shown = _short(value, given)
            room = box.width() - metrics.horizontalAdvance(f" {shown}")
            elided = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room)
            p.drawText(box, center | Qt.AlignmentFlag.AlignRight, f"{elided} {shown}")
            continue
        elided = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, _NAME)
        p.drawText(QRectF(box.left() + _INSET, box.top(), _NAME, box.height()), center, elided)
        if isnan(value):  # no bar is as long as that
            p.drawText(
                box.adjusted(0, 0, -_INSET, 0),
                center | Qt.AlignmentFlag.AlignRight,
                _("not a number"),
            )
            continue
        room = box.width() - 130
        color = QColor(_POSITIVE if value >= 0 else _NEGATIVE)
        p.fillRect(
            QRectF(
                box.left() + 66, box.top() + 1, max(room * abs(value) / largest, 1.0),
                box.height() - 2,
            ),
            color,
        )  # fmt: skip
        p.setPen(QColor(scheme.text))
        end = QRectF(box.right() - 80 - _INSET, box.top(), 80, box.height())
        p.drawText(end, center | Qt.AlignmentFlag.AlignRight, _short(value, largest))


def paint_words(p: QPainter, box: QRectF, words: Sequence[str]) -> None:
    """Words under the columns of ``box``, read from top to bottom."""
    _ui_font(p, theme.colors().text)
    metrics = QFontMetricsF(p.font())
    wide = box.width() / len(words)
    for step, word in enumerate(words):
        p.save()
        p.translate(box.left() + (step + 0.5) * wide, box.bottom() + 3)
        p.rotate(90)
        text = metrics.elidedText(word, Qt.TextElideMode.ElideRight, NAMES_HEIGHT - 4)
        p.drawText(QPointF(0, metrics.ascent() / 2 - 1), text)
        p.restore()


def paint_caption(p: QPainter, place: QRectF, words: str) -> None:
    """A sentence below a picture."""
    _ui_font(p, theme.colors().secondary)
    p.drawText(place, int(Qt.TextFlag.TextWordWrap), words)


def _ui_font(p: QPainter, color: str) -> None:
    font = theme.ui_font()
    font.setPixelSize(11)
    p.setFont(font)
    p.setPen(QColor(color))


def paint_links(p: QPainter, links: Sequence[WeightLine]) -> None:
    """Lines as thick as their weights, those below 0 dashed."""
    known = [link for link in links if isfinite(link.weight)]
    largest = max((abs(link.weight) for link in known), default=0.0) or 1.0
    for link in known:
        part = abs(link.weight) / largest
        color = QColor(_POSITIVE if link.weight >= 0 else _NEGATIVE)
        color.setAlphaF(0.25 + 0.75 * part)
        style = Qt.PenStyle.SolidLine if link.weight >= 0 else Qt.PenStyle.DashLine
        p.setPen(QPen(color, 0.5 + 4.0 * part, style))
        p.drawLine(link.start, link.end)


def paint_mark(p: QPainter, box: QRectF, within: QRectF, *, squares: bool) -> None:
    """A ring around ``box``; where it lies on a map (``squares``) in two colours, one of which is
    seen on every other."""
    p.setBrush(Qt.BrushStyle.NoBrush)
    if not squares:
        p.setPen(QPen(QColor(theme.colors().accent), 2))
        p.drawRect(box.adjusted(1, -1, -1, 1) & within.adjusted(1, 1, -1, -1))
        return
    box = box.adjusted(-2, -2, 2, 2) & within.adjusted(1, 1, -1, -1)
    for color, wide in ((QColor(_NEGATIVE), 5), (QColor("white"), 2)):
        p.setPen(QPen(color, wide, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap,
                      Qt.PenJoinStyle.MiterJoin))  # fmt: skip
        p.drawRect(box)


def _short(value: float, largest: float) -> str:
    """A number beside a bar; one that is nothing beside the largest is no power of ten."""
    from netbuilder.core.results.computation_trace.computed_value import format_value

    if 0 < abs(value) < 1e-4 and abs(value) * 1000 < largest:
        return "≈ 0"
    return format_value(value)
