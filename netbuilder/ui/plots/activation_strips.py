"""What a layer gives out, as small pictures: maps of a convolution, bars of units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from netbuilder.core.wording import format_number, format_probability
from netbuilder.ui.plots.colour_bar import class_color
from netbuilder.ui.plots.images import finite, grey_images, levels, shaded, shaded_all
from netbuilder.ui.style import theme

GAP = 2
MAPS_IN_STRIP, MOST_MAPS = 8, 64
BARS_IN_STRIP = 64
NAME_GAP = 6
MOST_SURFACES, _FEW_SURFACES = 8, 6
_DOTS = 2  # a pixel
_LEAST_STEPS = 8  # of a curve: fewer are fields of colour
_MOST_NAMES = 100  # so many are measured


@cache
def _table() -> NDArray[np.uint8]:
    """Cividis: one order of lightness for every eye (Nuñez, Anderton, Renslow, 2018)."""
    import pyqtgraph as pg

    table: NDArray[np.uint8] = pg.colormap.get("cividis").getLookupTable(0.0, 1.0, 256)
    return table[:, :3]


_WHITE = (255, 255, 255)


@cache
def _sided(middle: tuple[int, int, int] = _WHITE) -> NDArray[np.uint8]:
    """Orange over a colour for 0 to blue: 511 colours."""
    strong = np.array([_channels(QColor(one)) for one in (theme.BELOW_ZERO, theme.ABOVE_ZERO)])
    part = np.abs(np.arange(-255, 256))[:, None] / 255
    side = (np.arange(-255, 256) >= 0).astype(int)
    zero = np.array(middle, float)
    found: NDArray[np.uint8] = (zero + (strong[side] - zero) * part).astype(np.uint8)
    return found


@cache
def _mixed(low: tuple[int, int, int], high: tuple[int, int, int]) -> NDArray[np.uint8]:
    """From one colour to another in 256 steps, a little paler than these."""
    first, last = np.array(low, float), np.array(high, float)
    mixed = first + (last - first) * (np.arange(256)[:, None] / 255)
    found: NDArray[np.uint8] = (0.85 * mixed + 0.15 * 255).astype(np.uint8)
    return found


def _around_zero(values: NDArray[Any], *, each: bool = False) -> NDArray[np.int16]:
    """Numbers as places 0 to 510, 255 for 0; ``each``: as above."""
    plain = finite(values)
    axes = tuple(range(int(each), plain.ndim))
    largest = np.abs(plain).max(axis=axes, keepdims=True, initial=0.0)
    part = plain / np.where(largest > 0, largest, 1.0)
    found: NDArray[np.int16] = (part * 255).astype(np.int16) + np.int16(255)
    return found


def heat_colors(values: NDArray[Any]) -> NDArray[np.uint8]:
    """(height, width) numbers as (height, width, 3) colours, from smallest to largest."""
    found: NDArray[np.uint8] = _table()[levels(values)]
    return found


def heat_image(values: NDArray[Any]) -> QImage:
    """The same as a picture."""
    return shaded(levels(values), _table())


def heat_images(maps: NDArray[Any]) -> list[QImage]:
    """Maps (n, height, width) as pictures, each from its smallest to its largest number."""
    return shaded_all(levels(maps, each=True), _table())


def colors_of(layer: str) -> Callable[[NDArray[Any]], list[QImage]]:
    """How a layer's maps are painted, wherever that is: what goes in as the data's pictures."""
    return grey_images if layer == "Input" else heat_images


def blank_image(width: int, height: int) -> QImage:
    """An empty picture of a size, with more dots than that: it is enlarged with the canvas."""
    # Premultiplied: in the other format each painting takes three times as long.
    kind = QImage.Format.Format_ARGB32_Premultiplied
    picture = QImage(width * _DOTS, height * _DOTS, kind)
    picture.setDevicePixelRatio(_DOTS)
    picture.fill(Qt.GlobalColor.transparent)
    return picture


def map_montage(
    maps: NDArray[Any],
    side: int,
    columns: int,
    most: int = MOST_MAPS,
    colored: Callable[[NDArray[Any]], list[QImage]] = heat_images,
) -> QImage:
    """Maps (n, height, width) side by side, each fitted into a square of ``side`` pixels.

    ``colored``: ``signed_images`` for weights, ``grey_images`` for pictures of the data, which
    may have channels.
    """
    maps = maps[:most]
    rows = -(-len(maps) // columns) or 1
    used = min(columns, max(len(maps), 1))
    picture = blank_image(used * (side + GAP) - GAP, rows * (side + GAP) - GAP)
    painter = QPainter(picture)
    images = (colored if maps.ndim == 3 else grey_images)(maps)
    for number, image in enumerate(images):
        row, column = divmod(number, columns)
        box = QRectF(column * (side + GAP), row * (side + GAP), side, side)
        painter.drawImage(_fitted(image, box), image)
    painter.end()
    return picture


def _fitted(image: QImage, box: QRectF) -> QRectF:
    scale = min(box.width() / image.width(), box.height() / image.height())
    width, height = image.width() * scale, image.height() * scale
    return QRectF(box.center().x() - width / 2, box.center().y() - height / 2, width, height)


def bars_image(values: NDArray[Any], width: int, height: int) -> QImage:
    """Units as upright bars around zero, in the colours that say above or below everywhere."""
    flat = np.nan_to_num(np.asarray(values, float).reshape(-1))[:BARS_IN_STRIP]
    picture = blank_image(width, height)
    if not len(flat):
        return picture
    painter = QPainter(picture)
    top, bottom = max(float(flat.max()), 0.0), min(float(flat.min()), 0.0)
    span = (top - bottom) or 1.0
    zero = height * top / span
    step = width / len(flat)
    lengths = np.maximum(np.abs(flat) / span * height, 1.5)
    tops = np.minimum(np.where(flat >= 0, zero - lengths, zero), height - 1.5)
    wide = max(step - 1.5, 1.0)
    boxes = [
        QRectF(number * step, top, wide, length)
        for number, (top, length) in enumerate(zip(tops.tolist(), lengths.tolist(), strict=True))
    ]
    painter.setPen(Qt.PenStyle.NoPen)
    for color, chosen in ((theme.ABOVE_ZERO, flat >= 0), (theme.BELOW_ZERO, flat < 0)):
        painter.setBrush(QColor(color))
        painter.drawRects([boxes[number] for number in np.flatnonzero(chosen)])
    painter.end()
    return picture


def histogram_image(counts: NDArray[Any], edges: NDArray[Any], width: int) -> QImage:
    """How many weights lie where, with a faint line at 0 and the ends in numbers below."""
    high, line = 60, 15
    picture = blank_image(width, high + line)
    painter = QPainter(picture)
    low, top = float(edges[0]), float(edges[-1])
    font = theme.ui_font()
    font.setPixelSize(11)
    painter.setFont(font)
    painter.setPen(QColor(theme.colors().secondary))
    room = QRectF(0, high, width, line)
    painter.drawText(room, Qt.AlignmentFlag.AlignLeft, format_number(low))
    painter.drawText(room, Qt.AlignmentFlag.AlignRight, format_number(top))
    if low < 0 < top:
        x = -low / (top - low) * width
        letters = QFontMetricsF(font).horizontalAdvance
        if letters(format_number(low)) + 8 < x < width - letters(format_number(top)) - 8:
            painter.drawText(QRectF(x - 20, high, 40, line), Qt.AlignmentFlag.AlignHCenter, "0")
        painter.drawLine(QPointF(x, 0), QPointF(x, high))
    painter.drawImage(QPointF(0, 0), bars_image(counts.astype(float), width, high))
    painter.end()
    return picture


def maps_in_strip(width: int, height: int) -> tuple[int, int]:
    """How many maps a strip shows at most, and the side of each."""
    count = max((width + GAP) // (height + GAP), MAPS_IN_STRIP)
    return count, min(height, (width + GAP) // count - GAP)


def activation_strip(
    values: NDArray[Any],
    width: int = 180,
    height: int = 30,
    *,
    colored: Callable[[NDArray[Any]], list[QImage]] = heat_images,
) -> QImage | None:
    """One line of pictures for a layer's place on the canvas; None where nothing can be shown.

    Maps are ``colored`` as in a montage; numbers of units are blue above 0 and orange below.
    """
    values = np.asarray(values)
    if values.dtype.kind not in "fiub" or values.size == 0:
        return None
    if values.ndim == 3:
        channels = values.shape[2]
        if channels in (1, 3) and max(values.shape[:2]) > 4:
            maps = values[None] if channels == 3 else values[None, :, :, 0]
            return map_montage(np.asarray(maps, float), height, 1, colored=colored)
        maps = np.asarray(values, float).transpose(2, 0, 1)
        count, side = maps_in_strip(width, height)
        return map_montage(maps, side, count, count, colored)
    if values.ndim > 3:  # pictures over time: each step's first map
        frames = np.asarray(values, float).reshape(*values.shape[:3], -1)[..., 0]
        count, side = maps_in_strip(width, height)
        return map_montage(frames, side, count, count, colored)
    if values.ndim == 2 and values.shape[1] == 1 and len(values) >= _LEAST_STEPS:
        return curve_image(np.asarray(values[:, 0], float), width, height)
    if values.ndim == 2:
        return _stretched(np.asarray(values, float).T, width, height)
    if values.ndim <= 1:
        flat = values.reshape(-1)
        if len(flat) > BARS_IN_STRIP:
            return _filling(signed_image(flat[None, :], strip_zero()), width, height // 2)
        return bars_image(flat, min(width, max(12 * len(flat), 24)), height)
    return None


def states_strip(states: NDArray[Any], width: int = 180, height: int = 30) -> QImage:
    """States (steps, units): steps from left to right, a row a unit, blue above 0."""
    return _filling(signed_image(states.T, strip_zero()), width, height)


def curve_image(values: NDArray[Any], width: int, height: int) -> QImage:
    """One number a step as a curve, with a faint line at 0 where it goes above and below."""
    plain = np.nan_to_num(values)
    low, high = float(plain.min()), float(plain.max())
    span = (high - low) or 1.0
    picture = blank_image(width, height)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    room = height - 3.0
    scheme = theme.colors()
    if low < 0 < high:
        zero = 1.5 + room * high / span
        painter.setPen(QPen(QColor(scheme.dots), 1))
        painter.drawLine(QPointF(0, zero), QPointF(width, zero))
    painter.setPen(QPen(QColor(scheme.training), 1.4))
    step = width / len(plain)
    painter.drawPolyline(
        [
            QPointF((place + 0.5) * step, 1.5 + room * (high - value) / span)
            for place, value in enumerate(plain)
        ]
    )
    painter.end()
    return picture


def _stretched(values: NDArray[Any], width: int, height: int) -> QImage:
    """Numbers (rows, columns) as fields of colour that fill a picture."""
    return _filling(heat_image(values), width, height)


def _filling(image: QImage, width: int, height: int) -> QImage:
    image = image.scaled(width * _DOTS, height * _DOTS)
    image.setDevicePixelRatio(_DOTS)
    return image


def answer_strip(values: NDArray[Any], names: Sequence[str], most: int = 3) -> QImage:
    """The likeliest classes by name, each with its bar and its share."""
    order = np.argsort(values)[::-1][:most]
    line = 13
    font = small_font()
    metrics = QFontMetricsF(font)
    # As wide whichever classes are the likeliest, so that nothing jumps while it learns.
    left = names_width(metrics, [str(name) for name in names])
    # The widest one, ">99.99%", has a space before its sign in some languages.
    room = int(metrics.horizontalAdvance(format_probability(0.99999))) + 1
    picture = blank_image(left + 72 + room, line * len(order))
    painter = QPainter(picture)
    painter.setFont(font)
    scheme = theme.colors()
    for row, number in enumerate(order):
        share = float(np.clip(values[number], 0.0, 1.0))
        top = row * line
        bar = QColor(scheme.training if row == 0 else scheme.secondary)
        painter.fillRect(QRectF(left, top + 3, max(68 * share, 1.0), line - 6), bar)
        painter.setPen(QColor(scheme.text if row == 0 else scheme.secondary))
        name = metrics.elidedText(str(names[number]), Qt.TextElideMode.ElideMiddle, left - NAME_GAP)
        center = Qt.AlignmentFlag.AlignVCenter
        right = center | Qt.AlignmentFlag.AlignRight
        painter.drawText(QRectF(0, top, left - NAME_GAP, line), right, name)
        painter.drawText(QRectF(left + 72, top, room, line), right, format_probability(share))
    painter.end()
    return picture


def small_font() -> QFont:
    """The letters of a strip: small, as it stands beside a card of one line."""
    font = theme.ui_font()
    font.setPixelSize(11)
    return font


def names_width(metrics: QFontMetricsF, names: Sequence[str], most: float = 104.0) -> int:
    """The room that a column of names takes, with the gap behind it: what stands in it begins
    with the strip, and is elided where it is wider."""
    if len(names) > _MOST_NAMES:
        return int(most) + NAME_GAP
    wide = max((metrics.horizontalAdvance(name) for name in names), default=0.0)
    return int(min(wide + 1, most)) + NAME_GAP


def surface_strip(
    surfaces: NDArray[Any], names: Sequence[str] = (), most: int = MOST_SURFACES
) -> QImage:
    """What each unit makes of a plane of two numbers: (height, width, units); ``names`` of the
    classes, where they are an answer."""
    units = min(surfaces.shape[2], most)
    side = 34 if units <= _FEW_SURFACES else 26
    left = surfaces.shape[2] - units
    font = small_font()
    more = f"+{left}" if left else ""
    room = GAP + int(QFontMetricsF(font).horizontalAdvance(more)) + 2 if left else 0
    picture = blank_image(units * (side + GAP) - GAP + room, side)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setFont(font)
    painter.setPen(QColor(theme.colors().secondary))
    painter.drawText(
        QRectF(units * (side + GAP), 0, room, side), Qt.AlignmentFlag.AlignVCenter, more
    )
    for unit in range(units):
        image = surface_image(surfaces, unit, names)
        box = QRectF(unit * (side + GAP), 0, side, side)
        painter.drawImage(box, image)
        # A unit that is 0 everywhere is white: without an edge there would be nothing to see.
        painter.setPen(QColor(theme.colors().hairline))
        painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
    painter.end()
    return picture


def surface_places(
    surfaces: NDArray[Any], unit: int, names: Sequence[str]
) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Where each number of a unit's surface stands in a table of colours, and that table."""
    values, units = surfaces[:, :, unit], surfaces.shape[2]
    shares = finite(values)
    if not _named(units, names) or shares.min() < 0 or shares.max() > 1:
        return _around_zero(values), _sided()
    alone = units == 1 and len(names) == 2
    low = _channels(class_color(0)) if alone else _WHITE
    return (shares * 255).astype(np.uint8), _mixed(
        low, _channels(class_color(1 if alone else unit))
    )


def surface_image(surfaces: NDArray[Any], unit: int, names: Sequence[str] = ()) -> QImage:
    """One unit's surface as a picture: blue above 0, orange below; of an answer in the colours
    that its classes have everywhere, as strong as they are likely."""
    return shaded(*surface_places(surfaces, unit, names))


def _named(units: int, names: Sequence[str]) -> bool:
    return len(names) == units > 1 or (units == 1 and len(names) == 2)


def _channels(color: QColor) -> tuple[int, int, int]:
    return color.red(), color.green(), color.blue()


def signed_colors(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Numbers as colours around 0: (h, w) to (h, w, 3), blue above, orange below, white at 0."""
    found: NDArray[np.uint8] = _sided()[_around_zero(values)]
    return found


def signed_image(values: NDArray[Any], zero: tuple[int, int, int] = _WHITE) -> QImage:
    """The same as a picture, with a colour for 0."""
    return shaded(_around_zero(values), _sided(zero))


def strip_zero() -> tuple[int, int, int]:
    """The colour for 0 of a strip, which is painted again in another scheme."""
    scheme = theme.colors()
    return _channels(QColor(scheme.raised)) if scheme.dark else _WHITE


def signed_images(maps: NDArray[Any]) -> list[QImage]:
    """Maps (n, height, width) as pictures, each as strong as its own largest number."""
    return shaded_all(_around_zero(maps, each=True), _sided())


def word_strip(text: str) -> QImage:
    """A number, or a word, as a strip."""
    font = theme.fixed_font()
    font.setPixelSize(13)
    width = int(QFontMetricsF(font).horizontalAdvance(text)) + 4
    picture = blank_image(width, 18)
    painter = QPainter(picture)
    painter.setFont(font)
    painter.setPen(QColor(theme.colors().text))
    painter.drawText(QRectF(0, 0, width, 18), Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    return picture
