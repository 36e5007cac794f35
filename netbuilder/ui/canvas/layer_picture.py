"""A layer's numbers as a picture in which each can be pointed at: maps, bars, states, wires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from netbuilder.ui.style import theme

_WIDTH = 404
_GAP = 6.0
_MOST_MAPS = 24
_MOST_WIRED = 16  # inputs and units: more wires could not be told apart
_POSITIVE, _NEGATIVE = "#0072B2", "#D55E00"  # Okabe and Ito's
_REACH = 5.0  # from a wire
_LABELS = {
    "filter": "The filter's weights, the mean over its inputs: blue above 0, orange below.",
    "states": "The states over time: a column a step, a row a unit; blue above 0, orange below.",
}


@dataclass(frozen=True)
class Tile:
    """A picture of part of the numbers. ``axes`` are those that go (down, across) in it.

    ``index`` is the place of its first number in the output.
    """

    box: QRectF
    image: QImage
    index: tuple[int, ...]
    axes: tuple[int, int] | None
    shape: tuple[int, int] = (1, 1)
    label: str = ""


@dataclass(frozen=True)
class Link:
    """A weight as a line from an input to a unit."""

    start: QPointF
    end: QPointF
    weight: float
    source: int
    unit: int

    def away(self, spot: QPointF) -> float:
        """How far a point is from it."""
        along = self.end - self.start
        length = along.x() ** 2 + along.y() ** 2
        to = spot - self.start
        part = max(0.0, min(1.0, (to.x() * along.x() + to.y() * along.y()) / (length or 1.0)))
        aside = to - along * part
        return float((aside.x() ** 2 + aside.y() ** 2) ** 0.5)


class LayerPicture(QWidget):
    """Paints what a layer gives. ``chosen(index)``: a number was clicked."""

    chosen = Signal(tuple)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: Any = None
        self._tiles: list[Tile] = []
        self._links: list[Link] = []
        self._nodes: list[tuple[QRectF, float, str]] = []
        self._marked: tuple[int, ...] | None = None
        self._height = 60.0
        self.setMouseTracking(True)
        self.setAccessibleName("The layer's numbers")

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, round(self._height))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def show_layer(
        self,
        values: Any,
        given: Any,
        weights: Mapping[str, Any],
        surfaces: Any = None,
        names: Sequence[str] = (),
        states: Any = None,
    ) -> None:
        """Show an output (no batch axis), with what the layer was given and its weights.

        ``surfaces``: what each unit makes of a plane; ``states``: (steps, units), what it
        remembered on the way to its output.
        """
        self._values = values
        self._tiles, self._links, self._nodes = [], [], []
        kernel = weights.get("kernel")
        if values.ndim == 3:
            self._lay_maps(values, kernel)
        elif values.ndim == 2:
            self._lay_sequence(values)
        elif states is not None and len(states):
            self._lay_states(states)
        elif surfaces is not None:
            self._lay_surfaces(surfaces)
        if values.ndim == 1:
            self._lay_units(values, given, kernel, names)
        if self._height != self.height():
            self.updateGeometry()
        self.update()

    # laying out ---------------------------------------------------------------------------

    def _lay_maps(self, values: Any, kernel: Any) -> None:
        """Feature maps, each with its filter (the mean over its inputs) on the left."""
        from netbuilder.ui.plots.activation_strips import colored, two_sided
        from netbuilder.ui.plots.images import to_image

        height, width, channels = values.shape
        count = min(channels, _MOST_MAPS)
        with_filter = kernel is not None and kernel.ndim == 4 and kernel.shape[-1] == channels
        columns = 1 if count == 1 else 3 if count <= 9 else 4
        cell = (_WIDTH - _GAP * (columns - 1)) / columns
        side = min(cell - (30 if with_filter else 0), 130.0)
        for number in range(count):
            row, column = divmod(number, columns)
            x, y = column * (cell + _GAP), row * (side + _GAP)
            if with_filter:
                image = to_image(two_sided(kernel.mean(axis=2)[:, :, number]))
                self._tiles.append(Tile(QRectF(x, y, 26, 26), image, (), None, label="filter"))
                x += 30
            shrink = side / max(height, width)
            box = QRectF(x, y, width * shrink, height * shrink)
            image = to_image(colored(values[:, :, number]))
            index = (0, 0, number)
            self._tiles.append(Tile(box, image, index, (0, 1), (height, width), f"map {number}"))
        self._height = -(-count // columns) * (side + _GAP)

    def _lay_sequence(self, values: Any) -> None:
        """Steps from left to right, units from top to bottom."""
        from netbuilder.ui.plots.activation_strips import colored
        from netbuilder.ui.plots.images import to_image

        steps, units = values.shape
        self._height = min(max(8.0 * units, 60.0), 180.0)
        box = QRectF(0, 0, _WIDTH, self._height)
        image = to_image(colored(values.T))
        self._tiles.append(Tile(box, image, (0, 0), (1, 0), (units, steps), "step × unit"))

    def _lay_states(self, states: Any) -> None:
        """Steps from left to right; the last column is the output below."""
        from netbuilder.ui.plots.activation_strips import two_sided
        from netbuilder.ui.plots.images import to_image

        height = min(max(5.0 * states.shape[1], 50.0), 130.0)
        image = to_image(two_sided(states.T))
        self._tiles.append(Tile(QRectF(0, 0, _WIDTH, height), image, (), None, label="states"))

    def _lay_surfaces(self, surfaces: Any) -> None:
        from netbuilder.ui.plots.activation_strips import two_sided
        from netbuilder.ui.plots.images import to_image

        units = min(surfaces.shape[2], 16)
        columns = min(units, 6)
        side = min((_WIDTH - _GAP * (columns - 1)) / columns, 90.0)
        for unit in range(units):
            row, column = divmod(unit, columns)
            box = QRectF(column * (side + _GAP), row * (side + _GAP), side, side)
            image = to_image(two_sided(surfaces[:, :, unit]))
            self._tiles.append(Tile(box, image, (unit,), None, label=f"unit {unit}"))
        self._height = -(-units // columns) * (side + _GAP)

    def _lay_units(self, values: Any, given: Any, kernel: Any, names: Sequence[str]) -> None:
        """Units on the right, with wires from what they are made of where they are few."""
        top = self._tiles[-1].box.bottom() + 2 * _GAP if self._tiles else 0.0
        wired = (
            given is not None
            and kernel is not None
            and kernel.ndim == 2
            and given.ndim == 1
            and max(kernel.shape) <= _MOST_WIRED
        )
        count = min(len(values), 40)
        line = 18.0 if count <= _MOST_WIRED else 12.0
        rows = max(count, len(given) if wired else 0)
        middle = rows * line / 2
        left = 210.0 if wired else 0.0
        columns = 2 if count > _MOST_WIRED and not wired else 1
        if columns == 2:
            rows = -(-count // 2)
            middle = 0.0
        wide = (_WIDTH - left - _GAP * (columns - 1)) / columns
        for unit in range(count):
            column, row = divmod(unit, rows) if columns == 2 else (0, unit - count / 2)
            box = QRectF(left + column * (wide + _GAP), top + middle + row * line, wide, line - 2)
            name = str(names[unit]) if len(names) == len(values) else str(unit)
            self._nodes.append((box, float(values[unit]), name))
        if wired:
            for source in range(len(given)):
                y = top + middle + (source - len(given) / 2) * line
                box = QRectF(0, y, 90, line - 2)
                self._nodes.append((box, float(given[source]), f"x[{source}]"))
                for unit in range(count):
                    end = self._nodes[unit][0]
                    self._links.append(
                        Link(
                            QPointF(92, y + line / 2 - 1),
                            QPointF(left - 2, end.center().y()),
                            float(kernel[source, unit]),
                            source,
                            unit,
                        )
                    )
        self._height = top + rows * line + 4

    # pointing -----------------------------------------------------------------------------

    def mark(self, index: tuple[int, ...] | None) -> None:
        """Ring the number that is explained."""
        self._marked = index
        self.update()

    def index_at(self, spot: QPointF) -> tuple[int, ...] | None:
        """The place in the output of the number under a point."""
        if self._values is None:
            return None
        if self._values.ndim == 1:
            for unit in range(min(len(self._values), len(self._nodes))):
                if self._nodes[unit][0].contains(spot):
                    return (unit,)
        for tile in self._tiles:
            if not tile.index or not tile.box.contains(spot):
                continue
            if tile.axes is None:
                return tile.index
            down = int((spot.y() - tile.box.top()) / tile.box.height() * tile.shape[0])
            across = int((spot.x() - tile.box.left()) / tile.box.width() * tile.shape[1])
            index = list(tile.index)
            index[tile.axes[0]] = min(down, tile.shape[0] - 1)
            index[tile.axes[1]] = min(across, tile.shape[1] - 1)
            return tuple(index)
        return None

    def link_at(self, spot: QPointF) -> Link | None:
        """The wire under a point."""
        near = min(self._links, key=lambda link: link.away(spot), default=None)
        return near if near is not None and near.away(spot) <= _REACH else None

    def beside(self, index: tuple[int, ...] | None, dx: int, dy: int) -> tuple[int, ...] | None:
        """The number beside one, by arrow keys; the first where none is chosen."""
        if self._values is None or not self._values.size:
            return None
        if index is None or len(index) != self._values.ndim:
            return (0,) * int(self._values.ndim)
        place = list(index)
        if self._values.ndim == 1:
            place[0] += dx + dy
        elif self._values.ndim == 2:
            place[0] += dx
            place[1] += dy
        else:
            place[0] += dy
            place[1] += dx
        inside = all(0 <= at < n for at, n in zip(place, self._values.shape, strict=True))
        return tuple(place) if inside else index

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position())
        if index is not None:
            self.chosen.emit(index)
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        link = self.link_at(event.position())
        index = None if link is not None else self.index_at(event.position())
        over = next((t for t in self._tiles if t.box.contains(event.position())), None)
        said = _LABELS.get(over.label, "") if over is not None else ""
        if link is not None:
            said = f"weight of x[{link.source}] in unit {link.unit}: {link.weight:+.4g}"
        elif index is not None:
            said = f"[{', '.join(map(str, index))}] = {float(self._values[index]):.4g}"
        QToolTip.showText(event.globalPosition().toPoint(), said, self)
        if event.buttons():
            event.ignore()

    # painting -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        scheme = theme.colors()
        for tile in self._tiles:
            p.drawImage(tile.box, tile.image)
            p.setPen(QPen(QColor(scheme.hairline), 1))
            p.setBrush(Qt.BrushStyle.NoBrush)
            p.drawRect(tile.box)
        self._paint_links(p)
        font = theme.fixed_font()
        font.setPixelSize(10)
        p.setFont(font)
        count = len(self._values) if self._values is not None and self._values.ndim == 1 else 0
        largest = max((abs(value) for _, value, _ in self._nodes[:count]), default=0.0) or 1.0
        for number, (box, value, name) in enumerate(self._nodes):
            p.setPen(QColor(scheme.secondary))
            center = Qt.AlignmentFlag.AlignVCenter
            if number >= count:
                p.drawText(box, center | Qt.AlignmentFlag.AlignRight, f"{name} {value:.3g}")
                continue
            p.drawText(QRectF(box.left(), box.top(), 62, box.height()), center, name[:10])
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
            end = QRectF(box.right() - 60, box.top(), 58, box.height())
            p.drawText(end, center | Qt.AlignmentFlag.AlignRight, f"{value:.3g}")
        self._paint_mark(p)
        p.end()

    def _paint_links(self, p: QPainter) -> None:
        largest = max((abs(link.weight) for link in self._links), default=0.0) or 1.0
        for link in self._links:
            part = abs(link.weight) / largest
            color = QColor(_POSITIVE if link.weight >= 0 else _NEGATIVE)
            color.setAlphaF(0.25 + 0.75 * part)
            style = Qt.PenStyle.SolidLine if link.weight >= 0 else Qt.PenStyle.DashLine
            p.setPen(QPen(color, 0.5 + 4.0 * part, style))
            p.drawLine(link.start, link.end)

    def _paint_mark(self, p: QPainter) -> None:
        index = self._marked
        if index is None or self._values is None or len(index) != self._values.ndim:
            return
        p.setPen(QPen(QColor(theme.colors().accent), 2))
        p.setBrush(Qt.BrushStyle.NoBrush)
        if len(index) == 1 and index[0] < len(self._nodes):
            p.drawRect(self._nodes[index[0]][0].adjusted(-1, -1, 1, 1))
            return
        for tile in self._tiles:
            if tile.axes is None or not tile.index:
                continue
            others = [k for k in range(len(index)) if k not in tile.axes]
            if any(tile.index[k] != index[k] for k in others):
                continue
            down, across = index[tile.axes[0]], index[tile.axes[1]]
            height = tile.box.height() / tile.shape[0]
            width = tile.box.width() / tile.shape[1]
            spot = QRectF(
                tile.box.left() + across * width, tile.box.top() + down * height, width, height
            )
            p.drawRect(spot.adjusted(-1, -1, 1, 1))
