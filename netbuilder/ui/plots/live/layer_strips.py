"""Strips on the canvas for layers whose values have names: columns, words, attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from netbuilder.core.i18n import gettext as _
from netbuilder.core.results.live.sample_summary import PADDING
from netbuilder.ui.plots.activation_strips import (
    BARS_IN_STRIP,
    GAP,
    NAME_GAP,
    blank_image,
    map_montage,
    maps_in_strip,
    names_width,
    signed_image,
    small_font,
    strip_zero,
)
from netbuilder.ui.style import theme


def number_in_strip(
    values: NDArray[Any], size: tuple[int, int], spot: tuple[float, float], height: int, width: int
) -> tuple[int, ...] | None:
    """Return the index of the value at a ``spot`` of an activation strip, or None.

    ``size`` is that of the picture, ``height`` and ``width`` are those of the strip.
    """
    x, y = spot
    if not (0 <= x < size[0] and 0 <= y < size[1]) or values.ndim > 3:
        return None
    if values.ndim == 3:
        rows, columns, channels = values.shape
        if channels in (1, 3) and max(rows, columns) > 4:
            return _in_square((rows, columns), height, spot, 0)
        count, side = maps_in_strip(width, height)
        return number_in_maps(values.shape, side, count, spot)
    if values.ndim == 2:
        return _part(x, size[0], values.shape[0]), _part(y, size[1], values.shape[1])
    count = values.size if values.size > BARS_IN_STRIP else min(values.size, BARS_IN_STRIP)
    index = _part(x, size[0], count)
    return (index,) if values.ndim else ()


def number_in_maps(
    shape: tuple[int, ...], side: int, columns: int, spot: tuple[float, float]
) -> tuple[int, ...] | None:
    """Return the index of the value at a ``spot`` of a ``map_montage``, or None."""
    column, x = divmod(spot[0], side + GAP)
    row, y = divmod(spot[1], side + GAP)
    number = int(row) * columns + int(column)
    if number >= shape[2] or column >= columns or x >= side or y >= side:
        return None
    return _in_square((shape[0], shape[1]), side, (x, y), number)


def _in_square(
    shape: tuple[int, int], side: int, spot: tuple[float, float], channel: int
) -> tuple[int, ...] | None:
    """Return the pixel of a picture that was fitted into a square."""
    scale = min(side / shape[1], side / shape[0])
    across = (spot[0] - (side - shape[1] * scale) / 2) / scale
    down = (spot[1] - (side - shape[0] * scale) / 2) / scale
    if not (0 <= across < shape[1] and 0 <= down < shape[0]):
        return None
    return int(down), int(across), channel


def _part(position: float, length: int, parts: int) -> int:
    return min(int(position / length * parts), parts - 1)


_SIDE, _MOST_HEADS, _WORD, _LINE = 40, 8, 60, 13
MOST_LINES = 3


def attention_strip(scores: NDArray[Any]) -> QImage:
    """Draw a map per head, (heads, steps, steps): bright for high attention."""
    return map_montage(scores, _SIDE, _MOST_HEADS, _MOST_HEADS)


def shown_words(words: Sequence[str], width: int) -> list[int]:
    """Return the first non-padding steps that fit side by side into ``width`` pixels."""
    most = max(width // _WORD, 1)
    return [step for step, word in enumerate(words) if word != PADDING][:most] or [0]


def words_strip(
    values: NDArray[Any], words: Sequence[str], width: int = 180, height: int = 26
) -> QImage:
    """Draw the first ``words`` of a text, each above its vector in ``values`` (steps, size)."""
    chosen = shown_words(words, width)
    column = width // max(width // _WORD, 1)
    picture = blank_image(column * len(chosen), _LINE + height)
    with QPainter(picture) as painter:
        painter.setFont(small_font())
        metrics = QFontMetricsF(small_font())
        # One scale for all words.
        image = signed_image(np.asarray(values, float)[chosen].T, strip_zero())
        painter.setPen(QColor(theme.colors().text))
        for place, step in enumerate(chosen):
            box = QRectF(place * column, 0, column - GAP, _LINE)
            word = metrics.elidedText(words[step], Qt.TextElideMode.ElideMiddle, box.width())
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, word)
            box = QRectF(box.left(), _LINE, box.width(), height)
            painter.drawImage(box, image, QRectF(place, 0, 1, image.height()))
    return picture


def number_in_words(
    units: int, chosen: Sequence[int], size: tuple[int, int], spot: tuple[float, float]
) -> tuple[int, ...] | None:
    """Return step and unit at a ``spot`` of a ``words_strip`` of the ``chosen`` steps."""
    x, y = spot[0], spot[1] - _LINE
    if not (0 <= x < size[0] and 0 <= y < size[1] - _LINE):
        return None
    return chosen[_part(x, size[0], len(chosen))], _part(y, size[1] - _LINE, units)


def lines_strip(lines: Sequence[tuple[str, str]], width: int = 180) -> QImage:
    """Draw the first lines of names and values; the last line counts the others."""
    visible = list(lines[:MOST_LINES])
    if len(lines) > MOST_LINES:
        visible[-1] = (visible[-1][0], f"{visible[-1][1]} …") if not lines[0][0] else (
            "", _("and {count} more", count=len(lines) - MOST_LINES + 1)
        )  # fmt: skip
    picture = blank_image(width, _LINE * len(visible))
    with QPainter(picture) as painter:
        font = small_font()
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        scheme, named = theme.colors(), any(name for name, _ in visible)
        names = [name for name, _ in visible]
        left = names_width(metrics, names) if named else 0
        center, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        for row, (name, value) in enumerate(visible):
            top = row * _LINE
            painter.setPen(QColor(scheme.secondary))
            text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, left - NAME_GAP)
            painter.drawText(QRectF(0, top, left - NAME_GAP, _LINE), center | right, text)
            painter.setPen(QColor(scheme.text if name or not named else scheme.secondary))
            text = metrics.elidedText(value, Qt.TextElideMode.ElideRight, width - left)
            painter.drawText(QRectF(left, top, width - left, _LINE), center, text)
    return picture
