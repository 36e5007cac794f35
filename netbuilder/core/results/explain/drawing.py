"""An explanation as a picture file, without a window."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.project.atomic import replacing
from netbuilder.core.results.explain.explanation import Explanation, Response

#: For and against: the colours of training and validation (Okabe and Ito, safe for all eyes).
FOR, AGAINST = (213, 94, 0), (0, 114, 178)
#: Of the picture below the colours, in the middle of its greys.
GREY = (150, 150, 150)
_SIDE, _WIDTH, _LINE = 448, 640, 24


def legend_of(found: Explanation) -> tuple[tuple[tuple[int, int, int], ...], tuple[str, str]]:
    """Colours of a heat map from one end to the other, and what the ends mean in words."""
    if found.heatmap is not None and float(found.heatmap.min()) >= 0:
        return (GREY, FOR), ("does not matter", "speaks for it")
    return (AGAINST, GREY, FOR), ("speaks against it", "speaks for it")


def overlay(picture: NDArray[Any], heat: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The picture in grey with the heat map over it, uint8 (height, width, 3).

    What speaks for the answer is orange, what speaks against it blue, the strongest place fully.
    """
    grey = np.asarray(picture, np.float64)
    grey = grey.reshape(*grey.shape[:2], -1)[..., :3].mean(axis=-1)
    low, high = float(grey.min()), float(grey.max())
    grey = (grey - low) / (high - low) if high > low else np.zeros_like(grey)
    base = np.repeat((60 + 180 * grey)[..., None], 3, axis=-1)
    most = float(np.abs(heat).max()) or 1.0
    strength = (np.abs(heat) / most)[..., None] * 0.85
    colour = np.where((heat >= 0)[..., None], np.array(FOR), np.array(AGAINST))
    return np.asarray(base * (1 - strength) + colour * strength).round().astype(np.uint8)


def bars_of(found: Explanation) -> list[tuple[str, float]]:
    """Names and values of what is no picture; columns with the strongest first."""
    if found.importance:
        pairs = sorted(found.importance.items(), key=lambda pair: -abs(pair[1]))
        return [(found.label(name), value) for name, value in pairs]
    return [*found.tokens, *found.steps]


def strongest(
    pairs: Sequence[tuple[str, float]], most: int
) -> tuple[tuple[tuple[str, float], ...], int]:
    """The ``most`` strongest in the order that they have, and how many are left out."""
    order = np.argsort([-abs(value) for _, value in pairs], kind="stable")[:most]
    kept = tuple(pairs[int(place)] for place in np.sort(order))
    return kept, len(pairs) - len(kept)


def written(values: Sequence[float]) -> list[str]:
    """Values with a sign, all to the digit that matters in the largest: "+1.44", "-0.05"."""
    most = max((abs(value) for value in values), default=0.0)
    digits = max(2 - math.floor(math.log10(most)), 0) if most > 0 else 0
    return [f"{value:+,.{min(digits, 8)}f}" if round(value, digits) else "0" for value in values]


def write_png(found: Explanation, path: Path) -> None:
    """Write the heat map over the picture, or bars with their names.

    Raises:
        UserError: the file cannot be written.
    """
    from PIL import Image, ImageDraw, ImageFont

    font: Any = ImageFont.load_default(14)
    if found.heatmap is not None:
        source = found.picture if found.picture is not None else np.zeros(found.heatmap.shape)
        small = Image.fromarray(overlay(source, found.heatmap))
        factor = _SIDE / max(small.size)
        size = (max(1, round(small.width * factor)), max(1, round(small.height * factor)))
        picture = Image.new("RGB", (max(size[0], _SIDE), size[1] + 2 * _LINE + 8), "white")
        picture.paste(small.resize(size, Image.Resampling.NEAREST), (0, 2 * _LINE + 8))
    elif found.responses:
        picture = _curves(found.responses, font)
    else:
        rows = list(strongest(bars_of(found), 40)[0])
        picture = Image.new("RGB", (_WIDTH, (len(rows) + 2) * _LINE + 16), "white")
        _draw_bars(ImageDraw.Draw(picture), rows, font)
    draw = ImageDraw.Draw(picture)
    draw.text((8, 4), found.answer, fill="black", font=font)
    draw.text((8, 4 + _LINE), found.method.replace("_", " "), fill=(102, 112, 133), font=font)
    with replacing(path) as temporary:
        picture.save(temporary, format="PNG")


def _curves(responses: Sequence[Response], font: Any) -> Any:
    """A curve for each column, two in a row, all on one scale."""
    from PIL import Image, ImageDraw

    low = min(float(one.answers.min()) for one in responses)
    high = max(float(one.answers.max()) for one in responses)
    wide, tall = _WIDTH // 2, 170
    lines = -(-len(responses) // 2)
    picture = Image.new("RGB", (_WIDTH, 2 * _LINE + 16 + lines * tall), "white")
    draw = ImageDraw.Draw(picture)
    for index, one in enumerate(responses):
        left, top = (index % 2) * wide + 12, 2 * _LINE + 12 + (index // 2) * tall
        right, bottom = left + wide - 32, top + tall - 3 * _LINE
        draw.text((left, top - 2), one.column[:34], fill="black", font=font)
        top += _LINE
        draw.rectangle((left, top, right, bottom), outline=(221, 225, 231))
        part = (one.answers - low) / ((high - low) or 1.0)
        steps = max(len(part) - 1, 1)
        points = [
            (left + (right - left) * at / steps, bottom - (bottom - top) * float(value))
            for at, value in enumerate(part)
        ]
        draw.line(points, fill=AGAINST, width=3)
        draw.text((left, bottom + 4), one.ends[0][:16], fill=(102, 112, 133), font=font)
        last = one.ends[1][:16]
        where = right - draw.textlength(last, font=font)
        draw.text((where, bottom + 4), last, fill=(102, 112, 133), font=font)
    return picture


def _draw_bars(draw: Any, rows: list[tuple[str, float]], font: Any) -> None:
    most = max((abs(value) for _, value in rows), default=0.0) or 1.0
    middle, room = 380, 170
    words = written([value for _, value in rows])
    for index, (name, value) in enumerate(rows):
        top = (index + 2) * _LINE + 8
        draw.text((8, top), name[:26], fill="black", font=font)
        length = abs(value) / most * room
        left = middle if value >= 0 else middle - length
        colour = FOR if value >= 0 else AGAINST
        draw.rectangle((left, top + 2, left + length, top + _LINE - 6), fill=colour)
        draw.text((middle + room + 8, top), words[index], fill="black", font=font)
