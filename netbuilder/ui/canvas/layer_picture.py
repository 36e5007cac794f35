"""A clickable picture of a layer's output: maps, bars, states and weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import format_number
from netbuilder.ui.canvas.layer_content import (
    NAMES_HEIGHT,
    LayerContent,
    PictureParts,
    PictureTile,
    WeightLine,
    attention_sentence,
    caption_height,
    paint_caption,
    paint_links,
    paint_mark,
    paint_nodes,
    paint_tiles,
    paint_words,
    part_caption,
    state_sentence,
)

PICTURE_WIDTH = 404
_GAP = 6.0
_MOST_MAPS = 24
_MOST_UNITS = 40
_MOST_WIRED = 16  # inputs and units drawn with their weights
_REACH = 5.0  # pixels, to click a wire
_FILTER = N_("The filter's weights, averaged over its inputs: blue above 0, orange below.")
_STATES = N_(
    "The state after each step. Columns: steps, the first on the left; rows: units; blue above 0,"
    " orange below. Click a square to see how it is computed."
)
_SHARES = N_(
    "Attention scores. Rows: the step that attends; columns: the step it attends to; brighter:"
    " more."
)
_SHARES_OF_HEADS = N_(
    "Attention scores, one picture per head. Rows: the step that attends; "
    "columns: the step it attends to; brighter: more."
)
_NARROW = 9.0  # columns narrower than this have no words
_MOST_HEADS = 8
_OF_STATES = "states"


class LayerPicture(QWidget):
    """Paints a layer's output.

    Signals:
        chosen: index of the clicked number.
        state_chosen: step and unit of the clicked state of a recurrent layer.
        weight_chosen: input and unit of the clicked wire.
    """

    chosen = Signal(tuple)
    state_chosen = Signal(int, int)
    weight_chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wide = PICTURE_WIDTH
        self._layer: LayerContent | None = None
        self._values: Any = None
        self.parts = PictureParts()
        self.tiles: list[PictureTile] = []
        self.links: list[WeightLine] = []
        self.nodes: list[tuple[QRectF, float, str]] = []
        self.units: list[int] = []  # of the first nodes
        self._room = _MOST_UNITS
        self.past = False
        self._marked: tuple[int, ...] | None = None
        self._state: tuple[int, int] | None = None  # (row, column) of the marked state
        self._height = 60.0
        self._words: Sequence[str] = ()  # under the columns of the first tile
        self._captions: list[tuple[QRectF, str]] = []
        self.setMouseTracking(True)
        self.setAccessibleName(_("The layer's output values"))

    def sizeHint(self) -> QSize:
        return QSize(self._wide, round(self._height))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def set_width(self, wide: int) -> None:
        if wide != self._wide:
            self._wide = wide
            self.show_part(self.parts.number)

    def show_layer(self, layer: LayerContent) -> None:
        values, kernel = layer.values, layer.weights.get("kernel")
        self.past = False
        self._layer, self._values, self._words = layer, values, ()
        self.tiles, self.links, self.nodes, self.units = [], [], [], []
        self._captions = []
        self._room = _MOST_UNITS
        self.parts.begin()
        if values.ndim > 3:
            self._lay_frames(values, layer.layer)
        elif values.ndim == 3:
            self._lay_maps(values, kernel, layer.layer)
        elif values.ndim == 2:
            self._lay_sequence(values, layer.words, layer.signed)
            if layer.shares is not None:
                self._lay_shares(layer.shares, layer.words)
        elif layer.states is not None and len(layer.states):
            self._lay_states(layer.states)
        elif layer.surfaces is not None:
            self._lay_surfaces(layer.surfaces, layer.names)
        if values.ndim == 1:
            self._lay_units(layer, kernel)
        if self.sizeHint().height() != self.height():
            self.updateGeometry()
        self.update()

    def show_part(self, number: int) -> None:
        self.parts.number = number
        if self._layer is not None:
            self.show_layer(self._layer)

    def turn_to(self, index: tuple[int, ...]) -> None:
        """Show the part that contains an index of the output."""
        if self._values is None or len(index) != self._values.ndim:
            return
        part = self.parts.holding(index)
        if part != self.parts.number:
            self.show_part(part)

    def fade(self) -> None:
        """Grey out the picture: it is from an earlier run."""
        self.past = True
        self.update()

    # laying out ---------------------------------------------------------------------------

    def _lay_maps(self, values: Any, kernel: Any, layer: str) -> None:
        """Lay out feature maps, each with its filter (mean over the inputs) on the left."""
        from netbuilder.ui.plots.activation_strips import colors_of, signed_images

        height, width, channels = values.shape
        part = self.parts.of(channels, _MOST_MAPS, part_caption("maps", channels))
        # All parts of a layer use the same size of maps.
        count = min(channels, _MOST_MAPS)
        with_filter = kernel is not None and kernel.ndim == 4 and kernel.shape[-1] == channels
        columns = 1 if count == 1 else 3 if count <= 9 else 4
        cell = (self._wide - _GAP * (columns - 1)) / columns
        side = min(cell - (30 if with_filter else 0), 130.0)
        indices = slice(part.start, part.stop)
        images = colors_of(layer)(values[:, :, indices].transpose(2, 0, 1))
        filters = []
        if with_filter:
            filters = signed_images(kernel[..., indices].mean(axis=2).transpose(2, 0, 1))
        for place, number in enumerate(part):
            row, column = divmod(place, columns)
            x, y = column * (cell + _GAP), row * (side + _GAP)
            if with_filter:
                box = QRectF(x, y, 26, 26)
                self.tiles.append(
                    PictureTile(
                        box, filters[place], (), None, (1, 1), "filter", _always(_(_FILTER))
                    )
                )
                x += 30
            shrink = side / max(height, width)
            box = QRectF(x, y, width * shrink, height * shrink)
            index = (0, 0, number)
            self.tiles.append(
                PictureTile(
                    box,
                    images[place],
                    index,
                    (0, 1),
                    (height, width),
                    _("map {number}", number=number),
                )
            )
        self._height = -(-len(part) // columns) * (side + _GAP)

    def _lay_frames(self, values: Any, layer: str) -> None:
        """Lay out videos and volumes: one map at each step."""
        import numpy as np

        from netbuilder.ui.plots.activation_strips import colors_of

        steps, rest = len(values), values.shape[3:]
        maps = int(np.prod(rest))
        starts = range(0, steps, _MOST_MAPS)

        def caption(part: range) -> str:
            number, start = divmod(part[0], len(starts))
            which_map = (
                _("map [{first}] of {count}", first=number, count=format_number(maps, ","))
                if maps > 1
                else ""
            )
            last = min(starts[start] + _MOST_MAPS, steps) - 1
            which_steps = (
                _(
                    "steps [{first}] to [{last}] of {count}",
                    first=starts[start],
                    last=last,
                    count=format_number(steps, ","),
                )
                if len(starts) > 1
                else ""
            )
            return " · ".join(filter(None, (which_map, which_steps)))

        def place(index: tuple[int, ...]) -> int:
            number = int(np.ravel_multi_index(index[3:], rest))
            return number * len(starts) + index[0] // _MOST_MAPS

        part = self.parts.of(maps * len(starts), 1, caption, place)[0]
        number, start = divmod(part, len(starts))
        channel = tuple(int(at) for at in np.unravel_index(number, rest))
        columns = min(steps, 4)
        side = min((self._wide - _GAP * (columns - 1)) / columns, 130.0)
        visible = range(starts[start], min(starts[start] + _MOST_MAPS, steps))
        for order, step in enumerate(visible):
            row, column = divmod(order, columns)
            frame = values[(step, slice(None), slice(None), *channel)]
            box = QRectF(column * (side + _GAP), row * (side + _GAP), side, side)
            (image,) = colors_of(layer)(frame[None])
            self.tiles.append(
                PictureTile(
                    box,
                    image,
                    (step, 0, 0, *channel),
                    (1, 2),
                    frame.shape,
                    _("step {number}", number=step),
                )
            )
        self._height = -(-len(visible) // columns) * (side + _GAP)

    def _lay_sequence(self, values: Any, words: Sequence[str], signed: bool) -> None:
        """Lay out steps from left to right and units from top to bottom."""
        from netbuilder.ui.plots.activation_strips import heat_image, signed_image

        steps, units = values.shape
        self._height = min(max(8.0 * units, 60.0), 180.0)
        box = QRectF(0, 0, self._wide, self._height)
        image = (signed_image if signed else heat_image)(values.T)
        self.tiles.append(PictureTile(box, image, (0, 0), (1, 0), (units, steps), "step × unit"))
        if len(words) == steps and self._wide / steps >= _NARROW:
            self._words = words
            self._height += NAMES_HEIGHT

    def _lay_shares(self, shares: Any, words: Sequence[str]) -> None:
        """Lay out a map per attention head: query steps down, key steps across."""
        from netbuilder.ui.plots.activation_strips import heat_image

        heads, rows, columns = shares.shape
        # A head shows all steps, so no index of the output changes the part.
        part = self.parts.of(heads, _MOST_HEADS, part_caption("heads", heads), self._any_head)
        across = min(heads, 4)
        side = min((self._wide - _GAP * (across - 1)) / across, 120.0)
        top = self._height + _GAP
        for place, head in enumerate(part):
            row, column = divmod(place, across)
            box = QRectF(column * (side + _GAP), top + row * (side + _GAP), side, side)
            image = heat_image(shares[head])
            describe = partial(attention_sentence, shares[head], words, head if heads > 1 else None)
            self.tiles.append(
                PictureTile(
                    box, image, (), None, (rows, columns), _("head {number}", number=head), describe
                )
            )
        self._height = top + -(-len(part) // across) * (side + _GAP)
        words = _(_SHARES_OF_HEADS if heads > 1 else _SHARES)
        self._height += self._add_caption(self._height - _GAP + 2, words)

    def _add_caption(self, top: float, words: str) -> float:
        """Add a caption below a picture; return its height."""
        high = caption_height(words, self._wide)
        self._captions.append((QRectF(0, top, self._wide, high), words))
        return high

    def _any_head(self, index: tuple[int, ...]) -> int:
        return self.parts.number * _MOST_HEADS

    def _lay_states(self, states: Any) -> None:
        """Lay out steps from left to right; the last column is the output."""
        from netbuilder.ui.plots.activation_strips import signed_image

        height = min(max(5.0 * states.shape[1], 50.0), 130.0)
        image = signed_image(states.T)
        box = QRectF(0, 0, self._wide, height)
        describe = partial(state_sentence, states)
        self.tiles.append(PictureTile(box, image, (), None, states.T.shape, _OF_STATES, describe))
        self._add_caption(box.bottom() + 2, _(_STATES))

    def _lay_surfaces(self, surfaces: Any, names: Sequence[str]) -> None:
        from netbuilder.ui.plots.activation_strips import surface_image

        units, self._room = surfaces.shape[2], _MOST_WIRED
        visible = self.units = self._visible_units(self._values, names)
        columns = min(units, 6)
        side = min((self._wide - _GAP * (columns - 1)) / columns, 90.0)
        for place, unit in enumerate(visible):
            row, column = divmod(place, columns)
            box = QRectF(column * (side + _GAP), row * (side + _GAP), side, side)
            image = surface_image(surfaces, unit, names)
            self.tiles.append(
                PictureTile(box, image, (unit,), None, label=_("unit {number}", number=unit))
            )
        self._height = -(-len(visible) // columns) * (side + _GAP)

    def _lay_units(self, layer: LayerContent, kernel: Any) -> None:
        """Lay out the units, with wires from the inputs if they are few."""
        values, inputs, names = layer.values, layer.given, layer.names
        top = self.tiles[-1].box.bottom() + 2 * _GAP if self.tiles else 0.0
        top += sum(place.height() for place, _words in self._captions)
        wired = (
            inputs is not None
            and kernel is not None
            and kernel.ndim == 2
            and inputs.ndim == 1
            and max(kernel.shape) <= _MOST_WIRED
        )
        self.units = self.units or self._visible_units(values, names)
        count = len(self.units)
        line = 18.0 if count <= _MOST_WIRED else 12.0
        rows = max(count, len(inputs) if wired else 0)
        middle = rows * line / 2
        left = min(210.0, self._wide / 2) if wired else 0.0
        columns = 2 if count > _MOST_WIRED and not wired else 1
        if columns == 2:
            rows = -(-count // 2)
            middle = 0.0
        wide = (self._wide - left - _GAP * (columns - 1)) / columns
        for place, unit in enumerate(self.units):
            column, row = divmod(place, rows) if columns == 2 else (0, place - count / 2)
            box = QRectF(left + column * (wide + _GAP), top + middle + row * line, wide, line - 2)
            if layer.words:  # tokens of a text
                names = layer.words
            name = str(names[unit]) if len(names) == len(values) else str(unit)
            self.nodes.append((box, float(values[unit]), name))
        if wired:
            self._lay_wires(layer, kernel, QRectF(0, top + middle, left, line))
        self._height = top + rows * line + 4

    def _ranked(self) -> list[int]:
        """Return all units in display order: many classes by descending value."""
        assert self._layer is not None
        values, size = self._values, len(self._values)
        if size <= self._room or len(self._layer.names) != size:
            return list(range(size))
        return [int(unit) for unit in (-values).argsort(kind="stable")]

    def _visible_units(self, values: Any, names: Sequence[str]) -> list[int]:
        size, order = len(values), self._ranked()
        words = part_caption("units", size) if len(names) != size else partial(_largest, size)
        part = self.parts.of(size, self._room, words, lambda index: order.index(index[0]))
        return [order[place] for place in part]

    def _lay_wires(self, layer: LayerContent, kernel: Any, place: QRectF) -> None:
        """Lay out the inputs and a line to each unit; ``place`` is the middle row."""
        inputs, line = layer.given, place.height()
        named = len(layer.given_names) == len(inputs)
        for source in range(len(inputs)):
            y = place.top() + (source - len(inputs) / 2) * line
            name = str(layer.given_names[source]) if named else f"x[{source}]"
            self.nodes.append((QRectF(0, y, 90, line - 2), float(inputs[source]), name))
            for unit in range(len(self.units)):
                end = QPointF(place.right() - 2, self.nodes[unit][0].center().y())
                start = QPointF(92, y + line / 2 - 1)
                weight = float(kernel[source, unit])
                self.links.append(WeightLine(start, end, weight, source, unit, name))

    # pointing -----------------------------------------------------------------------------

    def mark(self, index: tuple[int, ...] | None) -> None:
        self._marked, self._state = index, None
        self.update()

    def mark_state(self, step: int, unit: int) -> None:
        """Mark a unit's state after a step."""
        self._state = (unit, step)
        self.update()

    @property
    def of_squares(self) -> bool:
        return self._values is not None and self._values.ndim > 1

    def of_states(self) -> PictureTile | None:
        return next((tile for tile in self.tiles if tile.label == _OF_STATES), None)

    def index_at(self, spot: QPointF) -> tuple[int, ...] | None:
        """Return the output index of the number under a point."""
        if self._values is None:
            return None
        if self._values.ndim == 1:
            for place, unit in enumerate(self.units):
                if self.nodes[place][0].contains(spot):
                    return (unit,)
        for tile in self.tiles:
            if not tile.index or not tile.box.contains(spot):
                continue
            if tile.axes is None:
                return tile.index
            index = list(tile.index)
            index[tile.axes[0]], index[tile.axes[1]] = tile.cell(spot)
            return tuple(index)
        return None

    def link_at(self, spot: QPointF) -> WeightLine | None:
        nearest = min(self.links, key=lambda link: link.away(spot), default=None)
        return nearest if nearest is not None and nearest.away(spot) <= _REACH else None

    def beside(self, index: tuple[int, ...] | None, dx: int, dy: int) -> tuple[int, ...] | None:
        """Return the neighbour of an index in an arrow key's direction; the first if index is
        None."""
        if self._values is None or not self._values.size:
            return None
        if index is None or len(index) != self._values.ndim:
            return (0,) * int(self._values.ndim)
        moved = list(index)
        if self._values.ndim == 1:
            order = self._ranked()
            position = order.index(index[0]) + dx + dy if index[0] in order else 0
            return (order[position],) if 0 <= position < len(order) else index
        if self._values.ndim > 3:
            moved[1] += dy
            moved[2] += dx
        elif self._values.ndim == 2:
            moved[0] += dx
            moved[1] += dy
        else:
            moved[0] += dy
            moved[1] += dx
        inside = all(
            0 <= position < n for position, n in zip(moved, self._values.shape, strict=True)
        )
        return tuple(moved) if inside else index

    @property
    def step_words(self) -> Sequence[str]:
        return self._layer.words if self._layer is not None else ()

    @property
    def given_names(self) -> Sequence[str]:
        return self._layer.given_names if self._layer is not None else ()

    @property
    def maps(self) -> int:
        """Number of maps; 0 if the output has none."""
        if self._values is None or self._values.ndim < 3:
            return 0
        return int(self._values[(0,) * self._first_of_map].size)

    @property
    def _first_of_map(self) -> int:
        """The first channel axis, after steps, rows and columns."""
        return 2 if self._values.ndim == 3 else 3

    def other_map(self, index: tuple[int, ...] | None, by: int) -> tuple[int, ...] | None:
        """Return the same place in another map; without maps, the neighbour."""
        import numpy as np

        if self.maps < 2 or index is None or len(index) != self._values.ndim:
            return self.beside(index, by, 0)
        first = self._first_of_map
        shape = self._values.shape[first:]
        number = int(np.ravel_multi_index(index[first:], shape)) + by
        if not 0 <= number < self.maps:
            return index
        return (*index[:first], *(int(at) for at in np.unravel_index(number, shape)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index, states = self.index_at(event.position()), self.of_states()
        if index is not None:
            self.chosen.emit(index)
        elif (link := self.link_at(event.position())) is not None:
            self.weight_chosen.emit(link.source, link.unit)
        elif states is not None and states.box.contains(event.position()):
            unit, step = states.cell(event.position())
            self.state_chosen.emit(step, unit)
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        QToolTip.showText(
            event.globalPosition().toPoint(), self.text_at_cell(event.position()), self
        )
        if event.buttons():
            event.ignore()

    def text_at_cell(self, spot: QPointF) -> str:
        """Return the tooltip of the weight, number or cell under a point, or ""."""
        link = self.link_at(spot)
        if link is not None:
            return _(
                "weight of {input} in unit {unit}: {value}",
                input=link.name,
                unit=link.unit,
                value=format_number(link.weight, "+.4g"),
            )
        index = self.index_at(spot)
        if index is not None:
            word = f"“{self._words[index[0]]}” " if self._words else ""
            value = format_number(float(self._values[index]))
            return f"{word}{self.place_text(index)} = {value}"
        tile = next((t for t in self.tiles if t.box.contains(spot)), None)
        return tile.words(*tile.cell(spot)) if tile is not None and tile.words is not None else ""

    def place_text(self, index: tuple[int, ...]) -> str:
        """Return the name of a number of the output: "unit 26", "petal width", "[0, 3, 12]"."""
        of_input = self._layer is not None and self._layer.layer == "Input"
        if len(index) == 1 and not of_input:
            return _("unit {number}", number=index[0])
        names = self._layer.names if self._layer is not None and len(index) == 1 else ()
        named = len(names) == len(self._values)
        return str(names[index[0]]) if named else f"[{', '.join(map(str, index))}]"

    # painting -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as p:
            p.setRenderHint(QPainter.RenderHint.Antialiasing)
            p.setOpacity(0.3 if self.past else 1.0)
            paint_tiles(p, self.tiles)
            paint_links(p, self.links)
            for place, words in self._captions:
                paint_caption(p, place, words)
            if self._words:
                paint_words(p, self.tiles[0].box, self._words)
            paint_nodes(p, self.nodes, len(self.units))
            box = self.marked_box()
            if not box.isEmpty():
                paint_mark(p, box, QRectF(self.rect()), squares=self.of_squares)

    def marked_box(self) -> QRectF:
        """Return the box of the marked number; empty if there is none."""
        index, states = self._marked, self.of_states()
        if self._state is not None and states is not None:
            row, column = self._state
            wide = states.box.width() / states.shape[1]
            high = states.box.height() / states.shape[0]
            return QRectF(
                states.box.left() + column * wide, states.box.top() + row * high, wide, high
            )
        if index is None or self._values is None or len(index) != self._values.ndim:
            return QRectF()
        if len(index) == 1 and index[0] in self.units:
            return self.nodes[self.units.index(index[0])][0]
        for tile in self.tiles:
            if tile.axes is None or not tile.index:
                continue
            others = [k for k in range(len(index)) if k not in tile.axes]
            if any(tile.index[k] != index[k] for k in others):
                continue
            row, column = index[tile.axes[0]], index[tile.axes[1]]
            height = tile.box.height() / tile.shape[0]
            width = tile.box.width() / tile.shape[1]
            left, top = tile.box.left() + column * width, tile.box.top() + row * height
            return QRectF(left, top, width, height)
        return QRectF()


def _largest(size: int, part: range) -> str:
    return _(
        "largest first: {first} to {last} of {count}",
        first=part[0] + 1,
        last=part[-1] + 1,
        count=format_number(size, ","),
    )


def _always(words: str) -> Callable[[int, int], str]:
    return lambda down, across: words
