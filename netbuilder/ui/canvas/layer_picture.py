"""A layer's numbers as a picture in which each can be pointed at: maps, bars, states, wires."""

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

PICTURE_WIDTH = 404  # where there is room
_GAP = 6.0
_MOST_MAPS = 24
_MOST_UNITS = 40
_MOST_WIRED = 16  # inputs and units: more wires could not be told apart
_REACH = 5.0  # from a wire
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
_NARROW = 9.0  # of columns: too narrow for words below
_MOST_HEADS = 8
_OF_STATES = "states"


class LayerPicture(QWidget):
    """Paints what a layer gives. ``chosen(index)``: a number was clicked. ``state_chosen(step,
    unit)``: what a unit of a recurrent layer remembered after a step.

    ``weight_chosen(source, unit)``: their wire was clicked.

    ``parts``: which maps, steps or units are shown, where there are too many for one picture.
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
        self.units: list[int] = []  # that the first nodes stand for
        self._room = _MOST_UNITS  # for so many of them
        self.past = False
        self._marked: tuple[int, ...] | None = None
        self._state: tuple[int, int] | None = None  # (down, across) in the picture of states
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
        """Lay everything out in so many pixels."""
        if wide != self._wide:
            self._wide = wide
            self.show_part(self.parts.number)

    def show_layer(self, layer: LayerContent) -> None:
        """Show an output, with what the layer was given and its weights."""
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
        """Show the part in which a place of the output lies."""
        if self._values is None or len(index) != self._values.ndim:
            return
        part = self.parts.holding(index)
        if part != self.parts.number:
            self.show_part(part)

    def fade(self) -> None:
        """What is shown is of an earlier run."""
        self.past = True
        self.update()

    # laying out ---------------------------------------------------------------------------

    def _lay_maps(self, values: Any, kernel: Any, layer: str) -> None:
        """Feature maps, each with its filter (the mean over its inputs) on the left."""
        from netbuilder.ui.plots.activation_strips import colors_of, signed_images

        height, width, channels = values.shape
        held = self.parts.of(channels, _MOST_MAPS, part_caption("maps", channels))
        # Parts of one layer look alike: the last one has as large maps as the others.
        count = min(channels, _MOST_MAPS)
        with_filter = kernel is not None and kernel.ndim == 4 and kernel.shape[-1] == channels
        columns = 1 if count == 1 else 3 if count <= 9 else 4
        cell = (self._wide - _GAP * (columns - 1)) / columns
        side = min(cell - (30 if with_filter else 0), 130.0)
        shown = slice(held.start, held.stop)
        images = colors_of(layer)(values[:, :, shown].transpose(2, 0, 1))
        filters = []
        if with_filter:
            filters = signed_images(kernel[..., shown].mean(axis=2).transpose(2, 0, 1))
        for place, number in enumerate(held):
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
        self._height = -(-len(held) // columns) * (side + _GAP)

    def _lay_frames(self, values: Any, layer: str) -> None:
        """Of pictures over time, or of a volume: one map of each step."""
        import numpy as np

        from netbuilder.ui.plots.activation_strips import colors_of

        steps, rest = len(values), values.shape[3:]
        maps = int(np.prod(rest))
        starts = range(0, steps, _MOST_MAPS)

        def words(held: range) -> str:
            number, start = divmod(held[0], len(starts))
            said = (
                _("map [{first}] of {count}", first=number, count=format_number(maps, ","))
                if maps > 1
                else ""
            )
            last = min(starts[start] + _MOST_MAPS, steps) - 1
            some = (
                _(
                    "steps [{first}] to [{last}] of {count}",
                    first=starts[start],
                    last=last,
                    count=format_number(steps, ","),
                )
                if len(starts) > 1
                else ""
            )
            return " · ".join(one for one in (said, some) if one)

        def place(index: tuple[int, ...]) -> int:
            number = int(np.ravel_multi_index(index[3:], rest))
            return number * len(starts) + index[0] // _MOST_MAPS

        number, start = divmod(self.parts.of(maps * len(starts), 1, words, place)[0], len(starts))
        shown = tuple(int(one) for one in np.unravel_index(number, rest))
        columns = min(steps, 4)
        side = min((self._wide - _GAP * (columns - 1)) / columns, 130.0)
        held = range(starts[start], min(starts[start] + _MOST_MAPS, steps))
        for order, step in enumerate(held):
            row, column = divmod(order, columns)
            frame = values[(step, slice(None), slice(None), *shown)]
            box = QRectF(column * (side + _GAP), row * (side + _GAP), side, side)
            (image,) = colors_of(layer)(frame[None])
            self.tiles.append(
                PictureTile(
                    box,
                    image,
                    (step, 0, 0, *shown),
                    (1, 2),
                    frame.shape,
                    _("step {number}", number=step),
                )
            )
        self._height = -(-len(held) // columns) * (side + _GAP)

    def _lay_sequence(self, values: Any, words: Sequence[str], signed: bool) -> None:
        """Steps from left to right, units from top to bottom; words stand under their columns."""
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
        """A map a head below: a row a step that looks, a column a step that is looked at."""
        from netbuilder.ui.plots.activation_strips import heat_image

        heads, rows, columns = shares.shape
        # Each head shows all steps: which are shown goes with no place of the output.
        held = self.parts.of(heads, _MOST_HEADS, part_caption("heads", heads), self._any_head)
        across = min(heads, 4)
        side = min((self._wide - _GAP * (across - 1)) / across, 120.0)
        top = self._height + _GAP
        for place, head in enumerate(held):
            row, column = divmod(place, across)
            box = QRectF(column * (side + _GAP), top + row * (side + _GAP), side, side)
            image = heat_image(shares[head])
            told = partial(attention_sentence, shares[head], words, head if heads > 1 else None)
            self.tiles.append(
                PictureTile(
                    box, image, (), None, (rows, columns), _("head {number}", number=head), told
                )
            )
        self._height = top + -(-len(held) // across) * (side + _GAP)
        words = _(_SHARES_OF_HEADS if heads > 1 else _SHARES)
        self._height += self._add_caption(self._height - _GAP + 2, words)

    def _add_caption(self, top: float, words: str) -> float:
        """Put words below a picture; how high they are."""
        high = caption_height(words, self._wide)
        self._captions.append((QRectF(0, top, self._wide, high), words))
        return high

    def _any_head(self, index: tuple[int, ...]) -> int:
        return self.parts.number * _MOST_HEADS

    def _lay_states(self, states: Any) -> None:
        """Steps from left to right; the last column is the output below."""
        from netbuilder.ui.plots.activation_strips import signed_image

        height = min(max(5.0 * states.shape[1], 50.0), 130.0)
        image = signed_image(states.T)
        box = QRectF(0, 0, self._wide, height)
        told = partial(state_sentence, states)
        self.tiles.append(PictureTile(box, image, (), None, states.T.shape, _OF_STATES, told))
        self._add_caption(box.bottom() + 2, _(_STATES))

    def _lay_surfaces(self, surfaces: Any, names: Sequence[str]) -> None:
        from netbuilder.ui.plots.activation_strips import surface_image

        units, self._room = surfaces.shape[2], _MOST_WIRED
        held = self.units = self._chosen_units(self._values, names)
        columns = min(units, 6)
        side = min((self._wide - _GAP * (columns - 1)) / columns, 90.0)
        for place, unit in enumerate(held):
            row, column = divmod(place, columns)
            box = QRectF(column * (side + _GAP), row * (side + _GAP), side, side)
            image = surface_image(surfaces, unit, names)
            self.tiles.append(
                PictureTile(box, image, (unit,), None, label=_("unit {number}", number=unit))
            )
        self._height = -(-len(held) // columns) * (side + _GAP)

    def _lay_units(self, layer: LayerContent, kernel: Any) -> None:
        """Units on the right, with wires from what they are made of where they are few."""
        values, given, names = layer.values, layer.given, layer.names
        top = self.tiles[-1].box.bottom() + 2 * _GAP if self.tiles else 0.0
        top += sum(place.height() for place, _words in self._captions)
        wired = (
            given is not None
            and kernel is not None
            and kernel.ndim == 2
            and given.ndim == 1
            and max(kernel.shape) <= _MOST_WIRED
        )
        self.units = self.units or self._chosen_units(values, names)
        count = len(self.units)
        line = 18.0 if count <= _MOST_WIRED else 12.0
        rows = max(count, len(given) if wired else 0)
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
            if layer.words:  # numbers of a text: each stands for a word
                names = layer.words
            name = str(names[unit]) if len(names) == len(values) else str(unit)
            self.nodes.append((box, float(values[unit]), name))
        if wired:
            self._lay_wires(layer, kernel, QRectF(0, top + middle, left, line))
        self._height = top + rows * line + 4

    def _ranked(self) -> list[int]:
        """Numbers of all units in the order that they are shown: of many classes the likeliest."""
        assert self._layer is not None
        values, size = self._values, len(self._values)
        if size <= self._room or len(self._layer.names) != size:
            return list(range(size))
        return [int(one) for one in (-values).argsort(kind="stable")]

    def _chosen_units(self, values: Any, names: Sequence[str]) -> list[int]:
        """Those of the shown part."""
        size, order = len(values), self._ranked()
        words = part_caption("units", size) if len(names) != size else partial(_largest, size)
        held = self.parts.of(size, self._room, words, lambda index: order.index(index[0]))
        return [order[place] for place in held]

    def _lay_wires(self, layer: LayerContent, kernel: Any, place: QRectF) -> None:
        """What came in on the left, with a line to each unit. ``place``: of the middle line."""
        given, line = layer.given, place.height()
        named = len(layer.given_names) == len(given)
        for source in range(len(given)):
            y = place.top() + (source - len(given) / 2) * line
            name = str(layer.given_names[source]) if named else f"x[{source}]"
            self.nodes.append((QRectF(0, y, 90, line - 2), float(given[source]), name))
            for unit in range(len(self.units)):
                end = QPointF(place.right() - 2, self.nodes[unit][0].center().y())
                start = QPointF(92, y + line / 2 - 1)
                weight = float(kernel[source, unit])
                self.links.append(WeightLine(start, end, weight, source, unit, name))

    # pointing -----------------------------------------------------------------------------

    def mark(self, index: tuple[int, ...] | None) -> None:
        """Ring the number that is explained."""
        self._marked, self._state = index, None
        self.update()

    def mark_state(self, step: int, unit: int) -> None:
        """Ring what a unit remembered after a step."""
        self._state = (unit, step)
        self.update()

    @property
    def of_squares(self) -> bool:
        return self._values is not None and self._values.ndim > 1

    def of_states(self) -> PictureTile | None:
        return next((tile for tile in self.tiles if tile.label == _OF_STATES), None)

    def index_at(self, spot: QPointF) -> tuple[int, ...] | None:
        """The place in the output of the number under a point."""
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
        """The wire under a point."""
        near = min(self.links, key=lambda link: link.away(spot), default=None)
        return near if near is not None and near.away(spot) <= _REACH else None

    def beside(self, index: tuple[int, ...] | None, dx: int, dy: int) -> tuple[int, ...] | None:
        """The number beside one, by arrow keys; the first where none is chosen."""
        if self._values is None or not self._values.size:
            return None
        if index is None or len(index) != self._values.ndim:
            return (0,) * int(self._values.ndim)
        place = list(index)
        if self._values.ndim == 1:
            order = self._ranked()
            at = order.index(index[0]) + dx + dy if index[0] in order else 0
            return (order[at],) if 0 <= at < len(order) else index
        if self._values.ndim > 3:
            place[1] += dy
            place[2] += dx
        elif self._values.ndim == 2:
            place[0] += dx
            place[1] += dy
        else:
            place[0] += dy
            place[1] += dx
        inside = all(0 <= at < n for at, n in zip(place, self._values.shape, strict=True))
        return tuple(place) if inside else index

    @property
    def step_words(self) -> Sequence[str]:
        """The words of its steps, where it goes along a text."""
        return self._layer.words if self._layer is not None else ()

    @property
    def given_names(self) -> Sequence[str]:
        """Names of the numbers that the layer was given; empty where they have none."""
        return self._layer.given_names if self._layer is not None else ()

    @property
    def maps(self) -> int:
        """How many maps there are, where numbers stand in maps; 0 of others."""
        if self._values is None or self._values.ndim < 3:
            return 0
        return int(self._values[(0,) * self._first_of_map].size)

    @property
    def _first_of_map(self) -> int:
        """The first axis that goes from map to map: in front of it stand steps, rows, columns."""
        return 2 if self._values.ndim == 3 else 3

    def other_map(self, index: tuple[int, ...] | None, by: int) -> tuple[int, ...] | None:
        """The same place in the map before or behind; beside it, where there are no maps."""
        import numpy as np

        if self.maps < 2 or index is None or len(index) != self._values.ndim:
            return self.beside(index, by, 0)
        first = self._first_of_map
        shape = self._values.shape[first:]
        number = int(np.ravel_multi_index(index[first:], shape)) + by
        if not 0 <= number < self.maps:
            return index
        return (*index[:first], *(int(one) for one in np.unravel_index(number, shape)))

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
        """What is said of the weight, the number or the cell under a point; "" beside them."""
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
        over = next((t for t in self.tiles if t.box.contains(spot)), None)
        return over.told(*over.cell(spot)) if over is not None and over.told is not None else ""

    def place_text(self, index: tuple[int, ...]) -> str:
        """Return how a number of the output is called: "unit 26", "petal width", "[0, 3, 12]"."""
        of_input = self._layer is not None and self._layer.layer == "Input"
        if len(index) == 1 and not of_input:
            return _("unit {number}", number=index[0])
        names = self._layer.names if self._layer is not None and len(index) == 1 else ()
        named = len(names) == len(self._values)
        return str(names[index[0]]) if named else f"[{', '.join(map(str, index))}]"

    # painting -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
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
        p.end()

    def marked_box(self) -> QRectF:
        """Where the number that is explained stands; empty where none is."""
        index, states = self._marked, self.of_states()
        if self._state is not None and states is not None:
            down, across = self._state
            wide = states.box.width() / states.shape[1]
            high = states.box.height() / states.shape[0]
            return QRectF(
                states.box.left() + across * wide, states.box.top() + down * high, wide, high
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
            down, across = index[tile.axes[0]], index[tile.axes[1]]
            height = tile.box.height() / tile.shape[0]
            width = tile.box.width() / tile.shape[1]
            left, top = tile.box.left() + across * width, tile.box.top() + down * height
            return QRectF(left, top, width, height)
        return QRectF()


def _largest(size: int, held: range) -> str:
    return _(
        "largest first: {first} to {last} of {count}",
        first=held[0] + 1,
        last=held[-1] + 1,
        count=format_number(size, ","),
    )


def _always(words: str) -> Callable[[int, int], str]:
    return lambda down, across: words
