"""The small drawings of the glossary, each by the kind that its row names."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from netbuilder.core.i18n import gettext as _, noop as N_, pgettext
from netbuilder.core.lessons.glossary import Drawing
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import initial_font_scale

WIDTH, HEIGHT = 260.0, 130.0
_LETTERS = 11
GREEN = "#009E73"
Draw = Callable[[QPainter, tuple[str, ...]], None]


def _first() -> QColor:
    return QColor(theme.colors().training)


def _second() -> QColor:
    return QColor(theme.colors().validation)


def _ink() -> QColor:
    return QColor(theme.colors().text)


def _faint() -> QColor:
    return QColor(theme.colors().secondary)


def _curve(p: QPainter, values: Sequence[float], color: QColor) -> None:
    last = max(len(values) - 1, 1)
    points = [QPointF(20 + 220 * i / last, 112 - 92 * v) for i, v in enumerate(values)]
    p.setPen(QPen(color, 2.5))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawPolyline(QPolygonF(points))


def _axes(p: QPainter) -> None:
    p.setPen(QPen(_faint(), 1))
    p.drawLine(QPointF(20, 116), QPointF(244, 116))
    p.drawLine(QPointF(20, 116), QPointF(20, 12))


def _text(p: QPainter, x: float, y: float, text: str, color: QColor | None = None) -> None:
    _written(p, x, y, _(text) if text else "", color)


def _written(p: QPainter, x: float, y: float, text: str, color: QColor | None = None) -> None:
    p.setPen(color or _faint())
    p.drawText(QRectF(x - 60, y - 9, 120, 18), Qt.AlignmentFlag.AlignCenter, text)


def _dot(p: QPainter, x: float, y: float, radius: float, color: QColor) -> None:
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(color)
    p.drawEllipse(QPointF(x, y), radius, radius)


def bars(p: QPainter, items: tuple[str, ...]) -> None:
    """Draw bars, each with a name and a height from 0 to 10 (or a number of 100)."""
    pairs = [(item.rsplit(" ", 1)[0], float(item.rsplit(" ", 1)[1])) for item in items]
    top = max(value for _name, value in pairs)
    width = 200 / len(pairs)
    for place, (name, value) in enumerate(pairs):
        height = 80 * value / top
        x = 30 + place * width
        p.fillRect(QRectF(x + 6, 100 - height, width - 12, height), _first() if not place
                   else _second())  # fmt: skip
        _text(p, x + width / 2, 112, name)


def functions(p: QPainter, names: tuple[str, ...]) -> None:
    """Draw functions of one number, side by side."""
    known: dict[str, Callable[[float], float]] = {
        "relu": lambda x: max(x, 0) / 3,
        "sigmoid": lambda x: 1 / (1 + math.exp(-2 * x)),
        "tanh": lambda x: 0.5 + 0.5 * math.tanh(1.4 * x),
        "l2": lambda x: x * x / 9,
        "l1": lambda x: abs(x) / 3,
    }
    width = 230 / len(names)
    for place, name in enumerate(names):
        left = 15 + place * width
        points = []
        for step in range(41):
            x = -3 + 6 * step / 40
            points.append(QPointF(left + 6 + (width - 12) * step / 40, 92 - 72 * known[name](x)))
        p.setPen(QPen(_faint(), 1))
        p.drawLine(QPointF(left + 4, 92), QPointF(left + width - 4, 92))
        p.setPen(QPen(_first(), 2.5))
        p.drawPolyline(QPolygonF(points))
        _text(p, left + width / 2, 110, name, _ink())


def net(p: QPainter, sizes: tuple[str, ...]) -> None:
    """Draw a network with these numbers of neurons per layer."""
    counts = [int(size) for size in sizes]
    step = 200 / max(len(counts) - 1, 1)
    places = [
        [(30 + step * i, 65 + 26 * (n - (count - 1) / 2)) for n in range(count)]
        for i, count in enumerate(counts)
    ]
    p.setPen(QPen(_faint(), 1))
    for one, other in pairwise(places):
        for a in one:
            for b in other:
                p.drawLine(QPointF(*a), QPointF(*b))
    for place, layer in enumerate(places):
        for x, y in layer:
            _dot(p, x, y, 8, _first() if place < len(places) - 1 else _second())


def neuron(p: QPainter, _parts: tuple[str, ...]) -> None:
    """Draw a neuron: three inputs, weights, sum and activation."""
    for place, name in enumerate(("x₁", "x₂", "x₃")):
        y = 28 + place * 37
        p.setPen(QPen(_faint(), 1.5))
        p.drawLine(QPointF(44, y), QPointF(120, 65))
        _text(p, 30, y, name, _ink())
        _text(p, 82, y + (65 - y) * 0.4 - 8, f"w{'₁₂₃'[place]}", _first())
    _dot(p, 136, 65, 20, _first())
    _text(p, 136, 65, "Σ + b", QColor("#FFFFFF"))
    p.setPen(QPen(_second(), 2.5))
    p.drawPolyline(QPolygonF([QPointF(168, 78), QPointF(186, 78), QPointF(204, 52)]))
    p.setPen(QPen(_faint(), 1.5))
    p.drawLine(QPointF(156, 65), QPointF(166, 70))
    p.drawLine(QPointF(208, 60), QPointF(230, 65))
    _text(p, 240, 65, "y", _ink())


def curves(p: QPainter, kinds: tuple[str, ...]) -> None:
    """Draw training curves."""
    _axes(p)
    steps = [i / 40 for i in range(41)]
    train = [0.95 * math.exp(-3.2 * s) + 0.03 for s in steps]
    _curve(p, train, _first())
    if kinds[0] in ("overfit", "stop"):
        val = [0.95 * math.exp(-4 * s) + 0.14 + 0.5 * max(s - 0.3, 0) for s in steps]
        _curve(p, val, _second())
        _text(p, 205, 22, N_("validation"), _second())
        _text(p, 205, 86, N_("training"), _first())
    if kinds[0] == "stop":
        p.setPen(QPen(_ink(), 1.5, Qt.PenStyle.DashLine))
        p.drawLine(QPointF(98, 14), QPointF(98, 116))
        _text(p, 98, 124, N_("stop here"))


def steps(p: QPainter, _kinds: tuple[str, ...]) -> None:
    """Draw epochs as descending stairs."""
    _axes(p)
    points, y = [], 22.0
    for place in range(6):
        x = 24 + place * 36
        points += [QPointF(x, y), QPointF(x + 36, y)]
        _text(p, x + 18, 124, str(place + 1))
        y += 34 / (place + 1)
    p.setPen(QPen(_first(), 2.5))
    p.drawPolyline(QPolygonF(points))


def valley(p: QPainter, kinds: tuple[str, ...]) -> None:
    """Draw a ball that rolls into a valley, or jumps over it."""

    def height(x: float) -> float:
        return 20 + 84 * (1 - ((x - 130) / 110) ** 2)

    p.setPen(QPen(_faint(), 2))
    p.drawPolyline(QPolygonF([QPointF(x, height(x)) for x in range(20, 241, 5)]))
    places = (34, 60, 86, 106, 120) if kinds[0] == "good" else (60, 192, 40, 226)
    points = [QPointF(x, height(x) - 8) for x in places]
    p.setPen(QPen(_second(), 1.5, Qt.PenStyle.DashLine))
    p.drawPolyline(QPolygonF(points))
    for point in points:
        _dot(p, point.x(), point.y(), 5, _second())


def batches(p: QPainter, counts: tuple[str, ...]) -> None:
    """Draw rows in batches."""
    for group in range(int(counts[0])):
        box = QRectF(16 + group * 60, 24, 50, 84)
        p.setPen(QPen(_first(), 1.5))
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawRoundedRect(box, 6, 6)
        for row in range(5):
            p.fillRect(QRectF(box.left() + 7, 34 + row * 14, 36, 8), _faint())


def border(p: QPainter, _kinds: tuple[str, ...]) -> None:
    """Draw a decision border, and the same moved."""
    for place, (x, y) in enumerate(
        ((40, 30), (70, 60), (60, 95), (180, 40), (205, 80), (160, 100))
    ):
        _dot(p, x, y, 5, _first() if place < 3 else _second())
    p.setPen(QPen(_faint(), 1.5, Qt.PenStyle.DashLine))
    p.drawLine(QPointF(70, 14), QPointF(40, 116))
    p.setPen(QPen(_ink(), 2))
    p.drawLine(QPointF(140, 14), QPointF(110, 116))
    _text(p, 92, 20, "→ bias")


def points(p: QPainter, _counts: tuple[str, ...]) -> None:
    """Draw points in three clusters."""
    colors = (_first(), _second(), QColor(GREEN))
    for group, (x, y) in enumerate(((60, 85), (125, 40), (200, 85))):
        for n in range(9):
            angle, far = n * 2.4, 5 + 3.2 * n
            _dot(p, x + far * math.cos(angle), y + far * 0.7 * math.sin(angle), 4, colors[group])


def matrix(p: QPainter, counts: tuple[str, ...]) -> None:
    """Draw a confusion matrix."""
    count = int(counts[0])
    side = 96 / count
    for y in range(count):
        for x in range(count):
            color = _first() if x == y else _second()
            color.setAlphaF(0.9 if x == y else 0.25 if (x + y) % 2 else 0.08)
            p.fillRect(QRectF(82 + x * side, 22 + y * side, side - 2, side - 2), color)
    _written(p, 130, 12, pgettext("class", "predicted"))
    _written(p, 48, 70, pgettext("class", "true"))


def window(p: QPainter, _sizes: tuple[str, ...]) -> None:
    """Draw a window that slides over a picture."""
    for y in range(6):
        for x in range(8):
            shade = _faint()
            shade.setAlphaF(0.15 + 0.5 * (abs(x - y) < 2))
            p.fillRect(QRectF(20 + x * 17, 14 + y * 17, 15, 15), shade)
    p.setPen(QPen(_second(), 3))
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawRect(QRectF(53, 30, 51, 51))
    p.setPen(QPen(_faint(), 1.5))
    p.drawLine(QPointF(160, 65), QPointF(190, 65))
    p.fillRect(QRectF(200, 50, 30, 30), _first())


def pooling(p: QPainter, _sizes: tuple[str, ...]) -> None:
    """Draw max pooling of 4 by 4 numbers."""
    values = ((1, 3, 0, 2), (4, 2, 1, 0), (0, 1, 5, 2), (2, 0, 3, 1))
    for y, row in enumerate(values):
        for x, value in enumerate(row):
            top = value == max(
                values[y // 2 * 2 + a][x // 2 * 2 + b] for a in (0, 1) for b in (0, 1)
            )
            box = QRectF(22 + x * 26, 14 + y * 26, 24, 24)
            back = _first() if top else _faint()
            back.setAlphaF(1.0 if top else 0.2)
            p.fillRect(box, back)
            _text(p, box.center().x(), box.center().y(), str(value),
                  QColor("#FFFFFF") if top else _ink())  # fmt: skip
    _text(p, 152, 65, "→", _ink())
    for place, value in enumerate((4, 2, 2, 5)):
        box = QRectF(178 + place % 2 * 30, 38 + place // 2 * 30, 28, 28)
        p.fillRect(box, _first())
        _text(p, box.center().x(), box.center().y(), str(value), QColor("#FFFFFF"))


def table(p: QPainter, kinds: tuple[str, ...]) -> None:
    """Draw a table, whose last column is coloured if it is the target."""
    for y in range(5):
        for x in range(4):
            last = kinds[0] == "last" and x == 3
            color = _second() if last else _first() if not y else _faint()
            color.setAlphaF(0.85 if last or not y else 0.25)
            p.fillRect(QRectF(22 + x * 55, 14 + y * 21, 51, 17), color)


def dropout(p: QPainter, _rates: tuple[str, ...]) -> None:
    """Draw a layer with dropped neurons."""
    for column in range(3):
        for row in range(4):
            out = (column * 5 + row * 3) % 4 == 0
            x, y = 60 + column * 70, 22 + row * 29
            if out:
                p.setPen(QPen(_faint(), 1.5, Qt.PenStyle.DashLine))
                p.setBrush(Qt.BrushStyle.NoBrush)
                p.drawEllipse(QPointF(x, y), 9, 9)
            else:
                _dot(p, x, y, 9, _first())


def words(p: QPainter, names: tuple[str, ...]) -> None:
    """Draw words as points, similar ones close together."""
    for place, (name, (x, y)) in enumerate(
        zip(names, ((70, 40), (105, 62), (165, 82), (205, 104)), strict=False)
    ):
        _dot(p, x, y, 5, _first() if place < 2 else _second())
        _text(p, x, y - 13, name, _ink())


def circles(p: QPainter, names: tuple[str, ...]) -> None:
    """Draw two overlapping sets."""
    for place, name in enumerate(names):
        color = _first() if not place else _second()
        back = QColor(color)
        back.setAlphaF(0.2)
        p.setPen(QPen(color, 2))
        p.setBrush(back)
        p.drawEllipse(QPointF(98 + place * 64, 72), 52, 42)
        _text(p, 74 + place * 112, 18, name, color)


def loop(p: QPainter, counts: tuple[str, ...]) -> None:
    """Draw a recurrent cell, unrolled in time."""
    for place in range(int(counts[0])):
        x = 36 + place * 62
        p.setPen(QPen(_faint(), 1.5))
        p.drawLine(QPointF(x, 112), QPointF(x, 76))
        if place < int(counts[0]) - 1:
            p.setPen(QPen(_second(), 2))
            p.drawLine(QPointF(x + 18, 60), QPointF(x + 44, 60))
        p.fillRect(QRectF(x - 17, 43, 34, 34), _first())
        _text(p, x, 121, f"x{'₁₂₃₄'[place % 4]}", _ink())
    _text(p, 130, 28, "memory →", _second())


def line(p: QPainter, kinds: tuple[str, ...]) -> None:
    """Draw a line through points, or a series with its forecast."""
    _axes(p)
    if kinds[0] == "fit":
        for n in range(12):
            _dot(p, 30 + n * 18, 104 - n * 6.5 + 9 * math.sin(n * 2.3), 4, _first())
        p.setPen(QPen(_second(), 2))
        p.drawLine(QPointF(24, 106), QPointF(240, 28))
        return
    values = [0.5 + 0.35 * math.sin(i / 4.2) for i in range(41)]
    _curve(p, values, _first())
    p.fillRect(QRectF(202, 10, 42, 106), QColor(_second().red(), _second().green(),
                                                 _second().blue(), 50))  # fmt: skip
    _text(p, 223, 20, N_("next"), _second())


def split(p: QPainter, kinds: tuple[str, ...]) -> None:
    """Draw the rows and the part that is held out."""
    for left, width, name in ((20, 150, "training"), (172, 32, "validation"), (206, 38, "test")):
        chosen = name == kinds[0]
        color = _second() if chosen else _first()
        color.setAlphaF(1.0 if chosen else 0.35)
        p.fillRect(QRectF(left, 46, width - 2, 38), color)
    _text(p, 95, 65, N_("training"), _ink())
    _text(p, 188 if kinds[0] == "validation" else 225, 98, kinds[0], _second())


DRAWINGS: dict[str, Draw] = {
    "bars": bars,
    "functions": functions,
    "net": net,
    "neuron": neuron,
    "curves": curves,
    "steps": steps,
    "valley": valley,
    "batches": batches,
    "border": border,
    "points": points,
    "matrix": matrix,
    "window": window,
    "pooling": pooling,
    "table": table,
    "dropout": dropout,
    "words": words,
    "circles": circles,
    "loop": loop,
    "line": line,
    "split": split,
}


class DrawingView(QWidget):
    """Shows a drawing, by default of a glossary term, enlarged by ``scale``."""

    def __init__(self, parent: QWidget | None = None, *, scale: float = 1.25) -> None:
        super().__init__(parent)
        self._drawing: Drawing = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        # Scale with the font up to a limit, to leave room for the text below.
        self._scale = scale * min(max(initial_font_scale(), 1.0), 1.6)
        self.setFixedHeight(round(HEIGHT * self._scale))

    def sizeHint(self) -> QSize:
        return QSize(round(WIDTH * self._scale), round(HEIGHT * self._scale))

    def show_drawing(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.colors().canvas))
        painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
        if self._drawing:
            scale = self.height() / HEIGHT
            painter.translate((self.width() - WIDTH * scale) / 2, 0)
            painter.scale(scale, scale)
            font = painter.font()
            font.setPixelSize(_LETTERS)  # in the drawing's own measure: it was drawn for these
            painter.setFont(font)
            DRAWINGS[self._drawing[0]](painter, self._drawing[1:])
        painter.end()
