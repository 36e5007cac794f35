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
INNER = 3.0  # between a filter and its map
MOST_PITCH, MOST_ROWS, LEAST_SCALE = 230.0, 16, 0.28
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
    """The geometry of columns of units, from left to right. Many units stand in several rows.

    Args:
        units: per column.
        wide: per column, whether a tile has two pictures: a filter and its map.
        plane: whether a large tile shows the predictions over the plane.
        width: of the viewport, which widens the distance of the columns.
        height: of the viewport.
        label: pixels of the window below each tile for a number.
    """

    def __init__(
        self,
        units: Sequence[int],
        wide: Sequence[bool],
        plane: bool,
        width: float,
        height: float,
        label: float = 0.0,
    ) -> None:
        self.label = label
        gap = max(GAP, label)
        ranks = [-(-count // MOST_ROWS) if count > 1.25 * MOST_ROWS else 1 for count in units]
        rows = [-(-count // rank) for count, rank in zip(units, ranks, strict=True)]
        tiles = [2 * TILE + INNER if double else TILE for double in wide]
        widths = [n * (tile + GAP) - GAP for n, tile in zip(ranks, tiles, strict=True)]
        heights = [count * (TILE + gap) - gap for count in rows]
        self.single = plane and units[-1] == 1
        inner = max((*heights, OUTPUT if plane else 0.0))
        if self.single:
            widths[-1] = OUTPUT
        elif plane:
            widths.append(OUTPUT)
        end = 0.0 if plane else NAMES
        spans, taken = len(widths) - 1, sum(widths) + end + 2 * MARGIN
        tall = inner + label + CAPTION + 2 * MARGIN
        least = taken + spans * (PITCH - TILE)
        self.scale = min(max(min(width / least, height / tall), LEAST_SCALE), 1.5)
        space = (width / self.scale - taken) / max(spans, 1)
        space = min(max(space, PITCH - TILE), MOST_PITCH - TILE)
        self.width, self.height = taken + spans * space, tall
        lefts = [MARGIN + sum(widths[:n]) + n * space for n in range(len(widths))]
        self.tiles = [
            [
                QRectF(
                    left + n // count * (tile + GAP),
                    MARGIN + (inner - high) / 2 + n % count * (TILE + gap),
                    tile,
                    TILE,
                )
                for n in range(number)
            ]
            for left, count, tile, high, number in zip(
                lefts, rows, tiles, heights, units, strict=False
            )
        ]
        large = QRectF(lefts[-1], MARGIN + (inner - OUTPUT) / 2, OUTPUT, OUTPUT)
        self.large = large if plane else QRectF()
        if self.single:
            self.tiles[-1] = [self.large]
        self.caption_y = MARGIN + inner + label + 8
        self._paths: dict[Link, QPainterPath] = {}

    def path(self, link: Link) -> QPainterPath:
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
