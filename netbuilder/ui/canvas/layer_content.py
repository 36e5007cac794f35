"""The contents of a layer's picture, taken from the activations of one sample."""

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
    """Pages of a picture with too many maps or units for one page.

    Attributes:
        number: the visible part, from 0; kept while the layer stays the same.
        count: number of parts.
        words: caption of the visible part, "maps [0] to [23] of 64"; "" if there is one part.
    """

    def __init__(self) -> None:
        self.number, self.count, self.words = 0, 1, ""
        self._item_of: Callable[[Index], int] = lambda index: 0
        self._most = 1

    def begin(self) -> None:
        self.count, self.words = 1, ""
        self._item_of, self._most = lambda index: 0, 1

    def of(
        self,
        total: int,
        most: int,
        words: Callable[[range], str],
        place: Callable[[Index], int] = lambda index: index[-1],
    ) -> range:
        """Return the items of the visible part: at most ``most`` of ``total``.

        Args:
            total: number of items.
            most: items per part.
            words: gives the caption of a part by its items.
            place: gives the item of an index in the layer's output.
        """
        self.count = max(-(-total // most), 1)
        self.number = min(max(self.number, 0), self.count - 1)
        self._item_of, self._most = place, most
        visible = range(self.number * most, min((self.number + 1) * most, total))
        self.words = words(visible) if self.count > 1 else ""
        return visible

    def holding(self, index: Index) -> int:
        """Return the part that contains an index of the layer's output."""
        return self._item_of(index) // self._most


_PARTS = {
    "maps": (N_("map [{first}] of {count}"), N_("maps [{first}] to [{last}] of {count}")),
    "units": (N_("unit [{first}] of {count}"), N_("units [{first}] to [{last}] of {count}")),
    "heads": (N_("head [{first}] of {count}"), N_("heads [{first}] to [{last}] of {count}")),
}


def part_caption(what: str, total: int) -> Callable[[range], str]:
    """Return a function that captions a part of ``total`` "maps", "units" or "heads"."""

    def caption(part: range) -> str:
        single, several = _PARTS[what]
        return _(
            single if len(part) == 1 else several,
            first=format_number(part[0], ","),
            last=format_number(part[-1], ","),
            count=format_number(total, ","),
        )

    return caption


class ActivationCurvePlot(QWidget):
    """An activation's curve with one marked point."""

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
        with QPainter(self) as p:
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
            p.drawPolyline(
                QPolygonF([spot(float(x), float(y)) for x, y in zip(xs, ys, strict=True)])
            )
            p.setPen(QPen(QColor(scheme.panel), 1.5))
            p.setBrush(QColor(scheme.validation))
            p.drawEllipse(spot(self._x, self._y), 5, 5)
            p.setPen(QColor(scheme.secondary))
            p.drawText(area, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, self._name)


@dataclass(frozen=True)
class LayerContent:
    """A layer's output for one sample, with its inputs and weights.

    Attributes:
        values: the output without the batch axis.
        given: the input, if it is one array.
        weights: by Keras's name.
        surfaces: (side, side, units), each unit's output over a plane.
        names: of the classes or features.
        given_names: of the inputs.
        layer: the layer's type, which decides the colours of maps.
        signed: whether 0 is the middle of the colours.
        states: (steps, units), of a recurrent layer.
        shares: (heads, query steps, key steps), attention scores.
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
    """A picture of part of the output; ``index`` is its first number, ``axes`` its (row, column)
    axes."""

    box: QRectF
    image: QImage
    index: tuple[int, ...]
    axes: tuple[int, int] | None
    shape: tuple[int, int] = (1, 1)
    label: str = ""
    words: Callable[[int, int], str] | None = None  # describes a cell (row, column) without index

    def cell(self, spot: QPointF) -> tuple[int, int]:
        """Return the (row, column) under a point."""
        row = int((spot.y() - self.box.top()) / self.box.height() * self.shape[0])
        column = int((spot.x() - self.box.left()) / self.box.width() * self.shape[1])
        return min(row, self.shape[0] - 1), min(column, self.shape[1] - 1)


@dataclass(frozen=True)
class WeightLine:
    """A weight, drawn as a line from an input to a unit."""

    start: QPointF
    end: QPointF
    weight: float
    source: int
    unit: int
    name: str = ""

    def away(self, spot: QPointF) -> float:
        line = self.end - self.start
        squared = line.x() ** 2 + line.y() ** 2
        to = spot - self.start
        part = max(0.0, min(1.0, (to.x() * line.x() + to.y() * line.y()) / (squared or 1.0)))
        offset = to - line * part
        return float((offset.x() ** 2 + offset.y() ** 2) ** 0.5)


def state_sentence(states: Any, unit: int, step: int) -> str:
    """Describe the state of a unit after a step."""
    return _(
        "unit {unit} after step {step}: {value}",
        unit=unit,
        step=step,
        value=format_number(float(states[step, unit])),
    )


def attention_sentence(
    shares: Any, words: Sequence[str], head: int | None, looks: int, looked: int
) -> str:
    """Describe the attention score of a step ``looks`` on a step ``looked``; ``head`` is None if
    there is only one."""

    def name(step: int) -> str:
        if step < len(words):
            return _("step {number} “{word}”", number=step, word=words[step])
        return _("step {number}", number=step)

    sentence = _(
        "{query} attends to {key}: {share}",
        query=name(looks),
        key=name(looked),
        share=format_number(shares[looks, looked], ".1%"),
    )
    return sentence if head is None else _("head {number}: {text}", number=head, text=sentence)


_SAME = 1e-3  # relative: displayed numbers are rounded
_NOTHING = N_("Padding: there is no word here. Shorter texts are padded with 0.")


def layer_content(sample: SampleActivations, node: Node, owner: Node) -> LayerContent:
    """Return a node's content for the chosen sample; ``owner`` is the node whose weights it
    applies."""
    from netbuilder.core.results.computation_trace.trace_value import node_inputs
    from netbuilder.core.results.live.sample_summary import step_names

    values, sources = sample.values[node.id], sample.project.graph.sources[node.id]
    inputs = node_inputs(sample.project.graph, node.id, sample.values)
    single = inputs[0] if len(inputs) == 1 else None
    weights = sample.weights_of(owner.id)
    steps = len(values) if values.ndim == 2 or node.id in sample.words else 0
    return LayerContent(
        values,
        single,
        weights,
        sample.surfaces.get(node.id),
        _names(sample, node),
        recurrent_states(sample, node.id),
        attention_shares(sample, node.id),
        step_names(sample.values, sample.words, steps) if steps else (),
        sample.features.get(sources[0], ()) if len(sources) == 1 else (),
        signed=bool(embedded_words(sample, node.id)),
        layer=node.layer,
    )


def _names(sample: SampleActivations, node: Node) -> Sequence[str]:
    return (
        sample.classes.get(node.id, ())
        or sample.features.get(node.id, ())
        or sample.targets.get(node.id, ())
    )


def scaling_sentence(sample: SampleActivations, node: Node) -> str:
    """Explain that a layer's input is scaled, with one example; "" if it is not."""
    sources = sample.project.graph.sources[node.id]
    if len(sources) != 1:
        return ""
    for name, original, value in _scaled(sample, sources[0]):
        return _(
            "The input is scaled: {name} {given} became {value}.",
            name=name,
            given=original,
            value=format_number(value, ".3g"),
        )
    return ""


def own_units_text(sample: SampleActivations, node: Node, index: tuple[int, ...]) -> str:
    """Return a number of an Input or output in the data's units; "" if that is the same, and for
    hidden layers."""
    from netbuilder.core.wording import format_measure, format_probability

    values = sample.values[node.id]
    if node.layer == "Input":
        name = (sample.features.get(node.id, ())[index[0] :] or ("",))[0] if len(index) == 1 else ""
        originals = {feature: text for feature, text, _value in _scaled(sample, node.id)}
        if name not in originals:
            return ""
        value = originals[name]
        return _("In the data: {name} {value}. The network gets it scaled.", name=name, value=value)
    prediction = sample.answers.get(node.id)
    if prediction is None or prediction.shape != values.shape:
        return ""
    if abs(prediction[index] - values[index]) <= _SAME * max(1.0, abs(float(prediction[index]))):
        return ""
    place, classes = index[-1], sample.classes.get(node.id, ())
    if classes:  # logits
        named = classes[1:] if (len(classes), prediction.size) == (2, 1) else classes
        if len(named) != prediction.size:
            return ""
        probability = format_probability(float(prediction[index]))
        return _(
            "This is a logit (a raw score). Its probability: {name} {share}.",
            name=named[place],
            share=probability,
        )
    columns = sample.targets.get(node.id, ())
    if len(columns) != prediction.size:
        return ""
    units = sample.units.get(node.id) or ("",) * prediction.size
    return _(
        "In the target's units: {name} {value}.",
        name=columns[place],
        value=format_measure(float(prediction[index]), units[place]),
    )


def _scaled(sample: SampleActivations, input_id: str) -> Iterator[tuple[str, str, float]]:
    """Yield (name, original text, scaled value) of an Input's features that are scaled."""
    names, texts = sample.features.get(input_id, ()), dict(sample.told.get(input_id, ()))
    for name, value in zip(
        names, sample.values[input_id].reshape(-1) if names else (), strict=False
    ):
        try:
            original = float(re.sub(r"[^\d.e+-]", "", texts.get(name, "")))
        except ValueError:  # a category or a date
            continue
        if abs(original - float(value)) > _SAME * max(1.0, abs(original)):
            yield name, texts[name], float(value)


def word_sentence(
    sample: SampleActivations, node: Node, owner: Node, index: tuple[int, ...]
) -> str:
    """Explain a token of a text, or the words nearest to a step's word in an Embedding; "" for
    other numbers."""
    from netbuilder.core.results.live.sample_summary import nearest_words, token_names

    tokens = sample.words.get(node.id, ())
    if tokens and len(index) == 1:
        number = int(sample.values[node.id][index])
        if number == 0:
            return _(_NOTHING)
        if number == 1 or number >= len(tokens):
            return _("This number represents every word outside the vocabulary.")
        return _(
            "“{word}” is word {number} of {count} in the vocabulary.",
            word=tokens[number],
            number=format_number(number, ","),
            count=format_number(len(tokens), ","),
        )
    sources = sample.project.graph.sources[node.id]
    if owner.layer != "Embedding" or len(sources) != 1 or len(index) != 2:
        return ""
    ids, vocabulary = sample.values.get(sources[0]), sample.words.get(sources[0], ())
    matrix = sample.weights_of(owner.id).get("embeddings")
    if ids is None or matrix is None or not vocabulary or ids.ndim != 1:
        return ""
    number = int(ids[index[0]])
    if number == 0:
        return _(_NOTHING)
    nearest = nearest_words(matrix, number, vocabulary)
    (word,) = token_names(ids[index[0] : index[0] + 1], vocabulary)
    listed = join_values(f"{name} ({format_number(cosine, '.2f')})" for name, cosine in nearest)
    return _("Words most similar to “{word}”: {words}", word=word, words=listed) if listed else ""


NAMES_HEIGHT = 56.0  # pixels, of words under columns
_INSET, _NAME = 4.0, 0.45  # a bar's text margin; the largest part of it for its name


def paint_tiles(p: QPainter, tiles: Sequence[PictureTile]) -> None:
    """Paint the pictures, each with a hairline border."""
    for tile in tiles:
        p.drawImage(tile.box, tile.image)
        p.setPen(QPen(QColor(theme.colors().hairline), 1))
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawRect(tile.box)


def paint_nodes(p: QPainter, nodes: Sequence[tuple[QRectF, float, str]], count: int) -> None:
    """Paint (box, value, name) nodes: the first ``count`` as bars, the others as text."""
    font = theme.fixed_font()
    font.setPixelSize(11)
    p.setFont(font)
    metrics = QFontMetricsF(font)
    sizes = [abs(value) for _, value, _ in nodes[:count] if not isnan(value)]
    largest = max(sizes, default=0.0) or 1.0
    names = [metrics.horizontalAdvance(name) for *_others, name in nodes[:count]]
    largest_input = max((abs(value) for _, value, _ in nodes[count:]), default=0.0)
    scheme = theme.colors()
    for number, (box, value, name) in enumerate(nodes):
        p.setPen(QColor(scheme.secondary))
        center = Qt.AlignmentFlag.AlignVCenter
        if number >= count:
            text = _short(value, largest_input)
            room = box.width() - metrics.horizontalAdvance(f" {text}")
            elided = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room)
            p.drawText(box, center | Qt.AlignmentFlag.AlignRight, f"{elided} {text}")
            continue
        wide = min(max(names), _NAME * box.width())
        elided = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, wide)
        p.drawText(QRectF(box.left() + _INSET, box.top(), wide, box.height()), center, elided)
        if isnan(value):
            p.drawText(
                box.adjusted(0, 0, -_INSET, 0),
                center | Qt.AlignmentFlag.AlignRight,
                _("not a number"),
            )
            continue
        room = box.width() - wide - 70
        color = QColor(theme.ABOVE_ZERO if value >= 0 else theme.BELOW_ZERO)
        p.fillRect(
            QRectF(
                box.left() + wide + 6, box.top() + 1, max(room * abs(value) / largest, 1.0),
                box.height() - 2,
            ),
            color,
        )  # fmt: skip
        p.setPen(QColor(scheme.text))
        end = QRectF(box.right() - 80 - _INSET, box.top(), 80, box.height())
        p.drawText(end, center | Qt.AlignmentFlag.AlignRight, _short(value, largest))


def paint_words(p: QPainter, box: QRectF, words: Sequence[str]) -> None:
    """Paint words under the columns of ``box``, rotated."""
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
    """Paint a sentence below a picture."""
    p.setFont(_caption_font())
    p.setPen(QColor(theme.colors().secondary))
    p.drawText(place, int(Qt.TextFlag.TextWordWrap), words)


def caption_height(words: str, wide: int) -> float:
    """Return the height in pixels of a caption wrapped to ``wide``."""
    room = QRectF(0, 0, wide, 10_000)
    wrap = int(Qt.TextFlag.TextWordWrap)
    return float(QFontMetricsF(_caption_font()).boundingRect(room, wrap, words).height()) + 4


def _caption_font() -> QFont:
    font = theme.ui_font()
    font.setPixelSize(11)
    return font


def paint_links(p: QPainter, links: Sequence[WeightLine]) -> None:
    """Paint weights as lines of proportional width, negative ones dashed."""
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
    """Paint a ring around ``box``, in two contrasting colours on maps (``squares``)."""
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
    """Format a bar's number; negligible ones are "≈ 0", not a power of ten."""
    from netbuilder.core.results.computation_trace.computed_value import format_value

    if 0 < abs(value) < 1e-4 and abs(value) * 1000 < largest:
        return "≈ 0"
    return format_value(value)
