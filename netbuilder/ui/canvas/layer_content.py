"""What a layer's picture needs to know, found in a look at the running or the trained network."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, isnan
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QWidget

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Node
from netbuilder.core.wording import format_number, join_values
from netbuilder.ui.services.views.canvas_strips import (
    attention_shares,
    embedded_words,
    recurrent_states,
)
from netbuilder.ui.services.views.sample_activations import SampleActivations
from netbuilder.ui.style import theme

Index = tuple[int, ...]


class PictureParts:
    """Parts of a picture, one of which is shown at a time.

    Attributes:
        number: which is shown, from 0; it stays where the same layer is shown anew.
        count: how many there are.
        words: what the shown one holds: "maps [0] to [23] of 64"; "" where there is one part.
    """

    def __init__(self) -> None:
        self.number, self.count, self.words = 0, 1, ""
        self._place: Callable[[Index], int] = lambda index: 0
        self._most = 1

    def begin(self) -> None:
        """Lay a picture out anew: nothing is parted until ``of`` is asked."""
        self.count, self.words = 1, ""
        self._place, self._most = lambda index: 0, 1

    def of(
        self,
        total: int,
        most: int,
        words: Callable[[range], str],
        place: Callable[[Index], int] = lambda index: index[-1],
    ) -> range:
        """Which of ``total`` things the shown part holds, at most ``most``.

        Args:
            total: how many there are.
            most: how many have room.
            words: what a part is called, by what it holds.
            place: which of the things a place in the layer's output belongs to.
        """
        self.count = max(-(-total // most), 1)
        self.number = min(max(self.number, 0), self.count - 1)
        self._place, self._most = place, most
        held = range(self.number * most, min((self.number + 1) * most, total))
        self.words = words(held) if self.count > 1 else ""
        return held

    def holding(self, index: Index) -> int:
        """The part that holds a place of the layer's output."""
        return self._place(index) // self._most


_PARTS = {
    "maps": (N_("map [{first}] of {count}"), N_("maps [{first}] to [{last}] of {count}")),
    "units": (N_("unit [{first}] of {count}"), N_("units [{first}] to [{last}] of {count}")),
    "heads": (N_("head [{first}] of {count}"), N_("heads [{first}] to [{last}] of {count}")),
}


def part_caption(what: str, total: int) -> Callable[[range], str]:
    """Return the caption of a part of things with their indices: "maps [0] to [23] of 64".

    Args:
        what: "maps", "units" or "heads".
        total: how many there are.
    """

    def words(held: range) -> str:
        one, several = _PARTS[what]
        return _(
            one if len(held) == 1 else several,
            first=format_number(held[0], ","),
            last=format_number(held[-1], ","),
            count=format_number(total, ","),
        )

    return words


class ActivationCurvePlot(QWidget):
    """An activation's curve, with the point on it that a number is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(84)
        self._name, self._x, self._y = "", 0.0, 0.0
        self.setAccessibleName(_("Activation function"))

    def show_point(self, name: str, x: float, y: float) -> None:
        self._name, self._x, self._y = name, x, y
        self.setVisible(bool(name))
        self.setAccessibleDescription(
            _(
                "{name} of {x} is {y}",
                name=name,
                x=format_number(x, ".3g"),
                y=format_number(y, ".3g"),
            )
            if name
            else ""
        )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        from netbuilder.core.results.computation_trace.computed_value import activation_curve

        reach = max(4.0, min(abs(self._x) * 1.3, 1e6))
        xs, ys = activation_curve(self._name, -reach, reach)
        if not len(xs):
            return
        low, high = min(float(ys.min()), self._y, 0.0), max(float(ys.max()), self._y, 0.5)
        scheme = theme.colors()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(4, 6, self.width() - 8, self.height() - 12)

        def spot(x: float, y: float) -> QPointF:
            return QPointF(
                area.left() + (x + reach) / (2 * reach) * area.width(),
                area.bottom() - (y - low) / (high - low) * area.height(),
            )

        p.setPen(QPen(QColor(scheme.hairline), 1))
        p.drawLine(spot(-reach, 0), spot(reach, 0))
        p.drawLine(spot(0, low), spot(0, high))
        p.setPen(QPen(QColor(scheme.training), 2))
        p.drawPolyline(QPolygonF([spot(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]))
        p.setPen(QPen(QColor(scheme.panel), 1.5))
        p.setBrush(QColor(scheme.validation))
        p.drawEllipse(spot(self._x, self._y), 5, 5)
        p.setPen(QColor(scheme.secondary))
        p.drawText(area, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, self._name)
        p.end()


@dataclass(frozen=True)
class LayerContent:
    """A layer's numbers for one sample, and what goes with them.

    Attributes:
        values: what it gives, without a batch axis.
        given: what it was given, where that is one array.
        weights: by Keras's name.
        surfaces: (side, side, units), what each unit makes of a plane.
        names: of the classes, or of the numbers of a row.
        given_names: of the numbers that it was given.
        layer: the kind of layer, which says how maps are coloured.
        signed: whether 0 is the middle of its colours, as beside its card.
        states: (steps, units), what it remembered on the way to its output.
        shares: (heads, steps that look, steps looked at), of attention.
        words: of the steps, of a text.
    """

    values: Any
    given: Any = None
    weights: Mapping[str, Any] = field(default_factory=dict)
    surfaces: Any = None
    names: Sequence[str] = ()
    states: Any = None
    shares: Any = None
    words: Sequence[str] = ()
    given_names: Sequence[str] = ()
    signed: bool = False
    layer: str = ""


@dataclass(frozen=True)
class PictureTile:
    """A picture of part of the numbers. ``axes`` are those that go (down, across) in it.

    ``index`` is the place of its first number in the output.
    """

    box: QRectF
    image: QImage
    index: tuple[int, ...]
    axes: tuple[int, int] | None
    shape: tuple[int, int] = (1, 1)
    label: str = ""
    told: Callable[[int, int], str] | None = None  # of a cell (down, across) that is no output

    def cell(self, spot: QPointF) -> tuple[int, int]:
        """The cell (down, across) under a point of the box."""
        down = int((spot.y() - self.box.top()) / self.box.height() * self.shape[0])
        across = int((spot.x() - self.box.left()) / self.box.width() * self.shape[1])
        return min(down, self.shape[0] - 1), min(across, self.shape[1] - 1)


@dataclass(frozen=True)
class WeightLine:
    """A weight as a line from an input to a unit."""

    start: QPointF
    end: QPointF
    weight: float
    source: int
    unit: int
    name: str = ""

    def away(self, spot: QPointF) -> float:
        """How far a point is from it."""
        along = self.end - self.start
        length = along.x() ** 2 + along.y() ** 2
        to = spot - self.start
        part = max(0.0, min(1.0, (to.x() * along.x() + to.y() * along.y()) / (length or 1.0)))
        aside = to - along * part
        return float((aside.x() ** 2 + aside.y() ** 2) ** 0.5)


def state_sentence(states: Any, unit: int, step: int) -> str:
    """What a unit remembers after a step."""
    return _(
        "unit {unit} after step {step}: {value}",
        unit=unit,
        step=step,
        value=format_number(float(states[step, unit])),
    )


def attention_sentence(
    shares: Any, words: Sequence[str], head: int | None, looks: int, looked: int
) -> str:
    """How much one step takes from another: of attention, one head."""

    def name(step: int) -> str:
        return (
            _("step {number} “{word}”", number=step, word=words[step])
            if step < len(words)
            else _("step {number}", number=step)
        )

    said = _(
        "{query} attends to {key}: {share}",
        query=name(looks),
        key=name(looked),
        share=format_number(shares[looks, looked], ".1%"),
    )
    return said if head is None else _("head {number}: {text}", number=head, text=said)


_SAME = 1e-3  # relative: told numbers are rounded
_NOTHING = N_("Padding: there is no word here. Shorter texts are padded with 0.")


def layer_content(look: SampleActivations, node: Node, owner: Node) -> LayerContent:
    """A node's numbers for the chosen sample; ``owner`` is the one whose weights it applies."""
    from netbuilder.core.results.computation_trace.trace_value import node_inputs
    from netbuilder.core.results.live.token_names import step_names

    values, sources = look.values[node.id], look.project.graph.sources[node.id]
    given = node_inputs(look.project.graph, node.id, look.values)
    alone = given[0] if len(given) == 1 else None
    weights = look.weights_of(owner.id)
    steps = len(values) if values.ndim == 2 or node.id in look.words else 0
    return LayerContent(
        values,
        alone,
        weights,
        look.surfaces.get(node.id),
        _names(look, node),
        recurrent_states(look, node.id),
        attention_shares(look, node.id),
        step_names(look.values, look.words, steps) if steps else (),
        look.features.get(sources[0], ()) if len(sources) == 1 else (),
        signed=bool(embedded_words(look, node.id)),
        layer=node.layer,
    )


def _names(look: SampleActivations, node: Node) -> Sequence[str]:
    """Of the classes, of the numbers of a row, or of the target's columns."""
    return (
        look.classes.get(node.id, ())
        or look.features.get(node.id, ())
        or look.targets.get(node.id, ())
    )


def scaling_sentence(look: SampleActivations, node: Node) -> str:
    """That a layer behind an Input gets scaled numbers, with the first that is another one than
    stands in the data; "" where none is."""
    sources = look.project.graph.sources[node.id]
    if len(sources) != 1:
        return ""
    for name, given, value in _scaled(look, sources[0]):
        return _(
            "The input is scaled: {name} {given} became {value}.",
            name=name,
            given=given,
            value=format_number(value, ".3g"),
        )
    return ""


def own_units_text(look: SampleActivations, node: Node, index: tuple[int, ...]) -> str:
    """What a number of an Input or an output is in the data's own terms; "" where it is the same
    there, and of layers between."""
    from netbuilder.core.wording import format_measure, format_probability

    values = look.values[node.id]
    if node.layer == "Input":
        name = (look.features.get(node.id, ())[index[0] :] or ("",))[0] if len(index) == 1 else ""
        told = {one: given for one, given, _scaled_value in _scaled(look, node.id)}
        return (
            _(
                "In the data: {name} {value}. The network gets it scaled.",
                name=name,
                value=told[name],
            )
            if name in told
            else ""
        )
    own = look.answers.get(node.id)
    if own is None or own.shape != values.shape:
        return ""
    if abs(own[index] - values[index]) <= _SAME * max(1.0, abs(float(own[index]))):
        return ""
    at, classes = index[-1], look.classes.get(node.id, ())
    if classes:  # raw scores, of which the loss makes shares
        named = classes[1:] if (len(classes), own.size) == (2, 1) else classes
        if len(named) != own.size:
            return ""
        share = format_probability(float(own[index]))
        return _(
            "This is a logit (a raw score). Its probability: {name} {share}.",
            name=named[at],
            share=share,
        )
    columns = look.targets.get(node.id, ())
    if len(columns) != own.size:
        return ""
    units = look.units.get(node.id) or ("",) * own.size
    return _(
        "In the target's units: {name} {value}.",
        name=columns[at],
        value=format_measure(float(own[index]), units[at]),
    )


def _scaled(look: SampleActivations, input_id: str) -> Iterator[tuple[str, str, float]]:
    """Names of the numbers of an Input that are others than stand in the data, with both."""
    names, told = look.features.get(input_id, ()), dict(look.told.get(input_id, ()))
    for name, value in zip(names, look.values[input_id].reshape(-1) if names else (), strict=False):
        try:
            given = float(re.sub(r"[^\d.e+-]", "", told.get(name, "")))
        except ValueError:  # a category or a day
            continue
        if abs(given - float(value)) > _SAME * max(1.0, abs(given)):
            yield name, told[name], float(value)


def word_sentence(look: SampleActivations, node: Node, owner: Node, index: tuple[int, ...]) -> str:
    """Which word a number of a text stands for, and of an Embedding which words lie nearest to
    that of a step; "" of others."""
    from netbuilder.core.results.live.token_names import nearest_words, token_names

    known = look.words.get(node.id, ())
    if known and len(index) == 1:
        number = int(look.values[node.id][index])
        if number == 0:
            return _(_NOTHING)
        if number == 1 or number >= len(known):
            return _("This number represents every word outside the vocabulary.")
        return _(
            "“{word}” is word {number} of {count} in the vocabulary.",
            word=known[number],
            number=format_number(number, ","),
            count=format_number(len(known), ","),
        )
    sources = look.project.graph.sources[node.id]
    if owner.layer != "Embedding" or len(sources) != 1 or len(index) != 2:
        return ""
    ids, vocabulary = look.values.get(sources[0]), look.words.get(sources[0], ())
    matrix = look.weights_of(owner.id).get("embeddings")
    if ids is None or matrix is None or not vocabulary or ids.ndim != 1:
        return ""
    number = int(ids[index[0]])
    if number == 0:
        return _(_NOTHING)
    found = nearest_words(matrix, number, vocabulary)
    (word,) = token_names(ids[index[0] : index[0] + 1], vocabulary)
    listed = join_values(f"{name} ({format_number(cosine, '.2f')})" for name, cosine in found)
    return _("Words most similar to “{word}”: {words}", word=word, words=listed) if listed else ""


NAMES_HEIGHT = 56.0  # pixels, of words under columns
_INSET, _NAME = 4.0, 60.0  # of a bar's words, from the ring around it; room of its name


def paint_tiles(p: QPainter, tiles: Sequence[PictureTile]) -> None:
    """Pictures, each in a hairline."""
    for tile in tiles:
        p.drawImage(tile.box, tile.image)
        p.setPen(QPen(QColor(theme.colors().hairline), 1))
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawRect(tile.box)


def paint_nodes(p: QPainter, nodes: Sequence[tuple[QRectF, float, str]], count: int) -> None:
    """The first ``count`` as bars with their names, the rest as names and numbers alone.

    ``nodes``: of each its place, its number and its name.
    """
    font = theme.fixed_font()
    font.setPixelSize(10)
    p.setFont(font)
    metrics = QFontMetricsF(font)
    sizes = [abs(value) for _, value, _ in nodes[:count] if not isnan(value)]
    largest = max(sizes, default=0.0) or 1.0
    given = max((abs(value) for _, value, _ in nodes[count:]), default=0.0)
    scheme = theme.colors()
    for number, (box, value, name) in enumerate(nodes):
        p.setPen(QColor(scheme.secondary))
        center = Qt.AlignmentFlag.AlignVCenter
        if number >= count:
            shown = _short(value, given)
            room = box.width() - metrics.horizontalAdvance(f" {shown}")
            elided = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room)
            p.drawText(box, center | Qt.AlignmentFlag.AlignRight, f"{elided} {shown}")
            continue
        elided = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, _NAME)
        p.drawText(QRectF(box.left() + _INSET, box.top(), _NAME, box.height()), center, elided)
        if isnan(value):  # no bar is as long as that
            p.drawText(
                box.adjusted(0, 0, -_INSET, 0),
                center | Qt.AlignmentFlag.AlignRight,
                _("not a number"),
            )
            continue
        room = box.width() - 130
        color = QColor(theme.ABOVE_ZERO if value >= 0 else theme.BELOW_ZERO)
        p.fillRect(
            QRectF(
                box.left() + 66, box.top() + 1, max(room * abs(value) / largest, 1.0),
                box.height() - 2,
            ),
            color,
        )  # fmt: skip
        p.setPen(QColor(scheme.text))
        end = QRectF(box.right() - 80 - _INSET, box.top(), 80, box.height())
        p.drawText(end, center | Qt.AlignmentFlag.AlignRight, _short(value, largest))


def paint_words(p: QPainter, box: QRectF, words: Sequence[str]) -> None:
    """Words under the columns of ``box``, read from top to bottom."""
    p.setFont(_caption_font())
    p.setPen(QColor(theme.colors().text))
    metrics = QFontMetricsF(p.font())
    wide = box.width() / len(words)
    for step, word in enumerate(words):
        p.save()
        p.translate(box.left() + (step + 0.5) * wide, box.bottom() + 3)
        p.rotate(90)
        text = metrics.elidedText(word, Qt.TextElideMode.ElideRight, NAMES_HEIGHT - 4)
        p.drawText(QPointF(0, metrics.ascent() / 2 - 1), text)
        p.restore()


def paint_caption(p: QPainter, place: QRectF, words: str) -> None:
    """A sentence below a picture."""
    p.setFont(_caption_font())
    p.setPen(QColor(theme.colors().secondary))
    p.drawText(place, int(Qt.TextFlag.TextWordWrap), words)


def caption_height(words: str, wide: int) -> float:
    """Return how high a sentence is below a picture of a width."""
    room = QRectF(0, 0, wide, 10_000)
    wrap = int(Qt.TextFlag.TextWordWrap)
    return float(QFontMetricsF(_caption_font()).boundingRect(room, wrap, words).height()) + 4


def _caption_font() -> QFont:
    font = theme.ui_font()
    font.setPixelSize(11)
    return font


def paint_links(p: QPainter, links: Sequence[WeightLine]) -> None:
    """Lines as thick as their weights, those below 0 dashed."""
    known = [link for link in links if isfinite(link.weight)]
    largest = max((abs(link.weight) for link in known), default=0.0) or 1.0
    for link in known:
        part = abs(link.weight) / largest
        color = QColor(theme.ABOVE_ZERO if link.weight >= 0 else theme.BELOW_ZERO)
        color.setAlphaF(0.25 + 0.75 * part)
        style = Qt.PenStyle.SolidLine if link.weight >= 0 else Qt.PenStyle.DashLine
        p.setPen(QPen(color, 0.5 + 4.0 * part, style))
        p.drawLine(link.start, link.end)


def paint_mark(p: QPainter, box: QRectF, within: QRectF, *, squares: bool) -> None:
    """A ring around ``box``; where it lies on a map (``squares``) in two colours, one of which is
    seen on every other."""
    p.setBrush(Qt.BrushStyle.NoBrush)
    if not squares:
        p.setPen(QPen(QColor(theme.colors().accent), 2))
        p.drawRect(box.adjusted(1, -1, -1, 1) & within.adjusted(1, 1, -1, -1))
        return
    box = box.adjusted(-2, -2, 2, 2) & within.adjusted(1, 1, -1, -1)
    for color, wide in ((QColor(theme.BELOW_ZERO), 5), (QColor("white"), 2)):
        p.setPen(QPen(color, wide, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap,
                      Qt.PenJoinStyle.MiterJoin))  # fmt: skip
        p.drawRect(box)


def _short(value: float, largest: float) -> str:
    """A number beside a bar; one that is nothing beside the largest is no power of ten."""
    from netbuilder.core.results.computation_trace.computed_value import format_value

    if 0 < abs(value) < 1e-4 and abs(value) * 1000 < largest:
        return "≈ 0"
    return format_value(value)
