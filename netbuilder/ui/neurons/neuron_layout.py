"""Where the tiles and links of a network are drawn, and what is under a point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

TILE, RADIUS, GAP, PITCH, OUTPUT = 44.0, 6.0, 12.0, 160.0, 240.0
MARGIN, CAPTION, NAMES = 28.0, 34.0, 90.0
_MOST_PITCH = 230.0
#: The most links drawn between two columns: the largest weights.
MOST_LINKS = 500
_POINTS = 13  # of a link, to find it under the pointer


@dataclass(frozen=True)
class Link:
    """A weight: from unit ``source`` of column ``column - 1`` to ``unit`` of ``column``."""

    column: int
    source: int
    unit: int


class NeuronLayout:
    """The geometry of columns of units, from left to right.

    Args:
        units: per column.
        plane: whether a large tile shows the predictions over the plane.
        width: of the viewport, which widens the distance of the columns.
        height: of the viewport.
        label: pixels below each tile for a number.
    """

    def __init__(
        self, units: Sequence[int], plane: bool, width: float, height: float, label: float = 0.0
    ) -> None:
        gap = max(GAP, label)
        heights = [count * (TILE + gap) - gap for count in units]
        self.single = plane and units[-1] == 1
        inner = max((*heights, OUTPUT if plane else 0.0))
        spans = len(units) - 1 + int(plane and not self.single)
        end = OUTPUT if plane else TILE + NAMES
        least = 2 * MARGIN + spans * PITCH + end
        tall = inner + label + CAPTION + 2 * MARGIN
        self.scale = min(max(min(width / least, height / tall), 0.28), 1.5)
        pitch = (width / self.scale - 2 * MARGIN - end) / max(spans, 1)
        pitch = min(max(pitch, PITCH), _MOST_PITCH)
        self.width = 2 * MARGIN + spans * pitch + end
        self.height = tall
        self.tiles: list[list[QRectF]] = []
        for column, (count, high) in enumerate(zip(units, heights, strict=True)):
            left = MARGIN + column * pitch
            top = MARGIN + (inner - high) / 2
            self.tiles.append(
                [QRectF(left, top + n * (TILE + gap), TILE, TILE) for n in range(count)]
            )
        large = QRectF(self.width - MARGIN - OUTPUT, MARGIN + (inner - OUTPUT) / 2, OUTPUT, OUTPUT)
        self.large = large if plane else QRectF()
        if self.single:
            self.tiles[-1] = [self.large]
        self.caption_y = MARGIN + inner + label + 8
        self._paths: dict[Link, QPainterPath] = {}

    def path(self, link: Link) -> QPainterPath:
        """Return a link's curve."""
        path = self._paths.get(link)
        if path is None:
            start, first, second, end = self._bend(link)
            path = QPainterPath(start)
            path.cubicTo(first, second, end)
            self._paths[link] = path
        return path

    def _bend(self, link: Link) -> tuple[QPointF, QPointF, QPointF, QPointF]:
        source = self.tiles[link.column - 1][link.source]
        target = self.tiles[link.column][link.unit]
        start = QPointF(source.right(), source.center().y())
        end = QPointF(target.left(), target.center().y())
        away = QPointF(0.45 * (end.x() - start.x()), 0)
        return start, start + away, end - away, end

    def unit_at(self, spot: QPointF) -> tuple[int, int] | None:
        """Return the column and the unit of the tile under a point."""
        for column, boxes in enumerate(self.tiles):
            for unit, box in enumerate(boxes):
                if box.contains(spot):
                    return column, unit
        return None

    def link_at(self, spot: QPointF, links: Sequence[Link]) -> Link | None:
        """Return the link nearest to a point, within 6 pixels."""
        if not links:
            return None
        bends = np.array([[(p.x(), p.y()) for p in self._bend(link)] for link in links])
        t = np.linspace(0, 1, _POINTS)[:, None]
        shares = np.concatenate(
            [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1
        )
        curves: NDArray[np.float64] = np.einsum("tk,lkd->ltd", shares, bends)
        at = np.array([spot.x(), spot.y()])
        start, step = curves[:, :-1], np.diff(curves, axis=1)
        part = ((at - start) * step).sum(-1) / np.maximum((step**2).sum(-1), 1e-9)
        nearest = start + np.clip(part, 0, 1)[..., None] * step
        away = np.sqrt(((at - nearest) ** 2).sum(-1)).min(axis=1)
        best = int(away.argmin())
        return links[best] if away[best] <= 6 / self.scale else None
