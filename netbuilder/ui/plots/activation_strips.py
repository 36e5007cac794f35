"""A layer's output as small pictures: feature maps of convolutions, bars of units."""

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
MAPS_IN_STRIP, MOST_MAPS = 5, 64
BARS_IN_STRIP = 64
NAME_GAP = 6
MOST_SURFACES, _FEW_SURFACES = 8, 6
_DOTS = 2  # per pixel
_LEAST_STEPS = 8  # shorter series are drawn as coloured cells
_MOST_NAMES = 100  # measured for their width


@cache
def _table() -> NDArray[np.uint8]:
    """The colour map Cividis, readable with colour blindness (Nuñez, Anderton, Renslow, 2018)."""
    import pyqtgraph as pg

    table: NDArray[np.uint8] = pg.colormap.get("cividis").getLookupTable(0.0, 1.0, 256)
    return table[:, :3]


_WHITE = (255, 255, 255)
_FAINTER = 1.5  # from which on a map says that it is amplified


@cache
def _sided(middle: tuple[int, int, int] = _WHITE) -> NDArray[np.uint8]:
    """Return 511 colours from orange over a middle colour to blue."""
    strong = np.array([_channels(QColor(end)) for end in (theme.BELOW_ZERO, theme.ABOVE_ZERO)])
    part = np.abs(np.arange(-255, 256))[:, None] / 255
    side = (np.arange(-255, 256) >= 0).astype(int)
    zero = np.array(middle, float)
    table: NDArray[np.uint8] = (zero + (strong[side] - zero) * part).astype(np.uint8)
    return table


@cache
def _mixed(low: tuple[int, int, int], high: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return 256 slightly pale colours from one colour to another."""
    first, last = np.array(low, float), np.array(high, float)
    mixed = first + (last - first) * (np.arange(256)[:, None] / 255)
    table: NDArray[np.uint8] = (0.85 * mixed + 0.15 * 255).astype(np.uint8)
    return table


def _around_zero(values: NDArray[Any], *, each: bool = False) -> NDArray[np.int16]:
    """Scale values to 0 to 510, with 255 for 0; ``each``: see ``levels``."""
    clean = finite(values)
    axes = tuple(range(int(each), clean.ndim))
    largest = np.abs(clean).max(axis=axes, keepdims=True, initial=0.0)
    part = clean / np.where(largest > 0, largest, 1.0)
    places: NDArray[np.int16] = (part * 255).astype(np.int16) + np.int16(255)
    return places


def heat_colors(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return colours (height, width, 3) of values (height, width), from smallest to largest."""
    colors: NDArray[np.uint8] = _table()[levels(values)]
    return colors


def heat_image(values: NDArray[Any]) -> QImage:
    """Draw values (height, width) as a heat map."""
    return shaded(levels(values), _table())


def heat_images(maps: NDArray[Any]) -> list[QImage]:
    """Draw maps (n, height, width) as heat maps, each scaled by its own values."""
    return shaded_all(levels(maps, each=True), _table())


def colors_of(layer: str) -> Callable[[NDArray[Any]], list[QImage]]:
    """Return the function that draws a layer's feature maps; inputs are drawn in grey."""
    return grey_images if layer == "Input" else heat_images


def blank_image(width: int, height: int) -> QImage:
    """Return a transparent picture with two dots per pixel, as the canvas can be enlarged."""
    # Premultiplied pictures are painted three times faster.
    image_format = QImage.Format.Format_ARGB32_Premultiplied
    picture = QImage(width * _DOTS, height * _DOTS, image_format)
    picture.setDevicePixelRatio(_DOTS)
    picture.fill(Qt.GlobalColor.transparent)
    return picture


def map_montage(
    maps: NDArray[Any],
    side: int,
    columns: int,
    most: int = MOST_MAPS,
    colored: Callable[[NDArray[Any]], list[QImage]] = heat_images,
    *,
    factors: Sequence[str] = (),
) -> QImage:
    """Draw maps (n, height, width) side by side, each fitted into a square of ``side`` pixels.

    ``colored``: ``signed_images`` for weights, ``grey_images`` for pictures, also with channels.
    ``factors``: words in the corner of each map, see ``map_factors``.
    """
    maps = maps[:most]
    rows = -(-len(maps) // columns) or 1
    used = min(columns, max(len(maps), 1))
    picture = blank_image(used * (side + GAP) - GAP, rows * (side + GAP) - GAP)
    with QPainter(picture) as painter:
        images = (colored if maps.ndim == 3 else grey_images)(maps)
        for number, image in enumerate(images):
            row, column = divmod(number, columns)
            box = QRectF(column * (side + GAP), row * (side + GAP), side, side)
            painter.drawImage(_fitted(image, box), image)
            if number < len(factors) and factors[number]:
                painter.setFont(small_font())
                words = QFontMetricsF(small_font()).boundingRect(factors[number])
                corner = QRectF(box.right() - words.width() - 4, box.bottom() - 13, 0, 13)
                corner.setRight(box.right())
                painter.fillRect(corner, QColor(theme.colors().panel))
                painter.setPen(QColor(theme.colors().text))
                painter.drawText(corner, Qt.AlignmentFlag.AlignCenter, factors[number])
    return picture


def map_factors(maps: NDArray[Any]) -> list[str]:
    """Return how much fainter each map (n, height, width) is than the strongest, as "×3": each is
    drawn with all colours."""
    spans = np.ptp(finite(maps).reshape(len(maps), -1), axis=1) if maps.size else np.zeros(0)
    parts = spans.max(initial=0.0) / np.where(spans > 0, spans, np.inf)
    return [f"×{format_number(part, '.2g')}" if part >= _FAINTER else "" for part in parts]


def _fitted(image: QImage, box: QRectF) -> QRectF:
    scale = min(box.width() / image.width(), box.height() / image.height())
    width, height = image.width() * scale, image.height() * scale
    return QRectF(box.center().x() - width / 2, box.center().y() - height / 2, width, height)


def bars_image(values: NDArray[Any], width: int, height: int) -> QImage:
    """Draw values as bars above and below zero."""
    flat = np.nan_to_num(np.asarray(values, float).reshape(-1))[:BARS_IN_STRIP]
    picture = blank_image(width, height)
    if not len(flat):
        return picture
    with QPainter(picture) as painter:
        top, bottom = max(float(flat.max()), 0.0), min(float(flat.min()), 0.0)
        span = (top - bottom) or 1.0
        zero = height * top / span
        step = width / len(flat)
        lengths = np.maximum(np.abs(flat) / span * height, 1.5)
        tops = np.minimum(np.where(flat >= 0, zero - lengths, zero), height - 1.5)
        bar_width = max(step - 1.5, 1.0)
        boxes = [
            QRectF(number * step, top, bar_width, length)
            for number, (top, length) in enumerate(
                zip(tops.tolist(), lengths.tolist(), strict=True)
            )
        ]
        painter.setPen(Qt.PenStyle.NoPen)
        for color, selected in ((theme.ABOVE_ZERO, flat >= 0), (theme.BELOW_ZERO, flat < 0)):
            painter.setBrush(QColor(color))
            painter.drawRects([boxes[number] for number in np.flatnonzero(selected)])
    return picture


def histogram_image(counts: NDArray[Any], edges: NDArray[Any], width: int) -> QImage:
    """Draw a histogram, with the range in numbers below and a line at 0."""
    high, line = 60, 15
    picture = blank_image(width, high + line)
    with QPainter(picture) as painter:
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
    return picture


def maps_in_strip(width: int, height: int) -> tuple[int, int]:
    """Return how many maps a strip shows at most, and the side of each."""
    count = max((width + GAP) // (height + GAP), MAPS_IN_STRIP)
    return count, min(height, (width + GAP) // count - GAP)


def activation_strip(
    values: NDArray[Any],
    width: int = 180,
    height: int = 30,
    *,
    colored: Callable[[NDArray[Any]], list[QImage]] = heat_images,
) -> QImage | None:
    """Draw a layer's output as a strip for the canvas; None if it cannot be drawn.

    Maps are ``colored`` as in a montage; values of units are blue above 0 and orange below.
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
    if values.ndim > 3:  # pictures over time: the first map of each step
        frames = np.asarray(values, float).reshape(*values.shape[:3], -1)[..., 0]
        count, side = maps_in_strip(width, height)
        return map_montage(frames, side, count, count, colored)
    if values.ndim == 2 and values.shape[1] == 1 and len(values) >= _LEAST_STEPS:
        return curve_image(np.asarray(values[:, 0], float), width, height)
    if values.ndim == 2:
        return _filling(heat_image(np.asarray(values, float).T), width, height)
    if values.ndim <= 1:
        flat = values.reshape(-1)
        if len(flat) > BARS_IN_STRIP:
            return _filling(signed_image(flat[None, :], strip_zero()), width, height // 2)
        return bars_image(flat, min(width, max(12 * len(flat), 24)), height)
    return None


def states_strip(states: NDArray[Any], width: int = 180, height: int = 30) -> QImage:
    """Draw states (steps, units): steps from left to right, one row per unit."""
    return _filling(signed_image(states.T, strip_zero()), width, height)


def curve_image(values: NDArray[Any], width: int, height: int) -> QImage:
    """Draw one value per step as a curve, with a line at 0 if it is in range."""
    clean = np.nan_to_num(values)
    low, high = float(clean.min()), float(clean.max())
    span = (high - low) or 1.0
    picture = blank_image(width, height)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = height - 3.0
        scheme = theme.colors()
        if low < 0 < high:
            zero = 1.5 + room * high / span
            painter.setPen(QPen(QColor(scheme.dots), 1))
            painter.drawLine(QPointF(0, zero), QPointF(width, zero))
        painter.setPen(QPen(QColor(scheme.training), 1.4))
        step = width / len(clean)
        painter.drawPolyline(
            [
                QPointF((place + 0.5) * step, 1.5 + room * (high - value) / span)
                for place, value in enumerate(clean)
            ]
        )
    return picture


def _filling(image: QImage, width: int, height: int) -> QImage:
    image = image.scaled(width * _DOTS, height * _DOTS)
    image.setDevicePixelRatio(_DOTS)
    return image


def answer_strip(values: NDArray[Any], names: Sequence[str], most: int = 3) -> QImage:
    """Draw the likeliest classes with their names, bars and probabilities."""
    order = np.argsort(values)[::-1][:most]
    line = 13
    font = small_font()
    metrics = QFontMetricsF(font)
    # A constant width while the likeliest classes change.
    left = names_width(metrics, [str(name) for name in names])
    # The widest one: in some languages ">99.99%" has a space before the sign.
    room = int(metrics.horizontalAdvance(format_probability(0.99999))) + 1
    picture = blank_image(left + 72 + room, line * len(order))
    with QPainter(picture) as painter:
        painter.setFont(font)
        scheme = theme.colors()
        for row, number in enumerate(order):
            share = float(np.clip(values[number], 0.0, 1.0))
            top = row * line
            bar = QColor(scheme.training if row == 0 else scheme.secondary)
            painter.fillRect(QRectF(left, top + 3, max(68 * share, 1.0), line - 6), bar)
            painter.setPen(QColor(scheme.text if row == 0 else scheme.secondary))
            name = metrics.elidedText(
                str(names[number]), Qt.TextElideMode.ElideMiddle, left - NAME_GAP
            )
            center = Qt.AlignmentFlag.AlignVCenter
            right = center | Qt.AlignmentFlag.AlignRight
            painter.drawText(QRectF(0, top, left - NAME_GAP, line), right, name)
            painter.drawText(QRectF(left + 72, top, room, line), right, format_probability(share))
    return picture


def small_font() -> QFont:
    """Return the font of strips."""
    font = theme.ui_font()
    font.setPixelSize(11)
    return font


def names_width(metrics: QFontMetricsF, names: Sequence[str], most: float = 104.0) -> int:
    """Return the width of a column of names with its gap, at most ``most``."""
    if len(names) > _MOST_NAMES:
        return int(most) + NAME_GAP
    width = max((metrics.horizontalAdvance(name) for name in names), default=0.0)
    return int(min(width + 1, most)) + NAME_GAP


def surface_strip(
    surfaces: NDArray[Any], names: Sequence[str] = (), most: int = MOST_SURFACES
) -> QImage:
    """Draw what units predict over a plane, (height, width, units); ``names`` of classes."""
    units = min(surfaces.shape[2], most)
    side = 34 if units <= _FEW_SURFACES else 26
    hidden = surfaces.shape[2] - units
    font = small_font()
    more = f"+{hidden}" if hidden else ""
    more_width = GAP + int(QFontMetricsF(font).horizontalAdvance(more)) + 2 if hidden else 0
    picture = blank_image(units * (side + GAP) - GAP + more_width, side)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(font)
        painter.setPen(QColor(theme.colors().secondary))
        painter.drawText(
            QRectF(units * (side + GAP), 0, more_width, side), Qt.AlignmentFlag.AlignVCenter, more
        )
        for unit in range(units):
            image = surface_image(surfaces, unit, names)
            box = QRectF(unit * (side + GAP), 0, side, side)
            painter.drawImage(box, image)
            # A unit that is 0 everywhere is white.
            painter.setPen(QColor(theme.colors().hairline))
            painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
    return picture


def surface_places(
    surfaces: NDArray[Any], unit: int, names: Sequence[str]
) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Return a unit's surface as indices into a table of colours, and that table."""
    values, units = surfaces[:, :, unit], surfaces.shape[2]
    probabilities = finite(values)
    if not _named(units, names) or probabilities.min() < 0 or probabilities.max() > 1:
        return _around_zero(values), _sided()
    single = units == 1 and len(names) == 2
    low = _channels(class_color(0)) if single else _WHITE
    return (probabilities * 255).astype(np.uint8), _mixed(
        low, _channels(class_color(1 if single else unit))
    )


def surface_image(surfaces: NDArray[Any], unit: int, names: Sequence[str] = ()) -> QImage:
    """Draw a unit's surface: blue above 0, orange below; of outputs in the classes' colours."""
    return shaded(*surface_places(surfaces, unit, names))


def _named(units: int, names: Sequence[str]) -> bool:
    return len(names) == units > 1 or (units == 1 and len(names) == 2)


def _channels(color: QColor) -> tuple[int, int, int]:
    return color.red(), color.green(), color.blue()


def signed_colors(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return colours (h, w, 3) of values (h, w): blue above 0, orange below, white at 0."""
    colors: NDArray[np.uint8] = _sided()[_around_zero(values)]
    return colors


def signed_image(values: NDArray[Any], zero: tuple[int, int, int] = _WHITE) -> QImage:
    """Draw values like ``signed_colors``, with another colour for 0."""
    return shaded(_around_zero(values), _sided(zero))


def strip_zero() -> tuple[int, int, int]:
    """Return the colour for 0 in a strip."""
    scheme = theme.colors()
    return _channels(QColor(scheme.raised)) if scheme.dark else _WHITE


def signed_images(maps: NDArray[Any]) -> list[QImage]:
    """Draw maps (n, height, width) like ``signed_colors``, each scaled by its own values."""
    return shaded_all(_around_zero(maps, each=True), _sided())


def word_strip(text: str) -> QImage:
    """Draw a number or a word as a strip."""
    font = theme.fixed_font()
    font.setPixelSize(13)
    width = int(QFontMetricsF(font).horizontalAdvance(text)) + 4
    picture = blank_image(width, 18)
    with QPainter(picture) as painter:
        painter.setFont(font)
        painter.setPen(QColor(theme.colors().text))
        painter.drawText(QRectF(0, 0, width, 18), Qt.AlignmentFlag.AlignCenter, text)
    return picture
