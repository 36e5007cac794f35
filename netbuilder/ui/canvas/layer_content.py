"""What a layer's picture needs to know, found in a look at the running or the trained network."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Node
from netbuilder.core.wording import format_number
from netbuilder.ui.services.views.canvas_strips import (
    attention_shares,
    embedded_words,
    recurrent_states,
)
from netbuilder.ui.services.views.sample_activations import SampleActivations


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
        value=format_number(float(states[step, unit]), ".4g"),
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
    from netbuilder.core.wording import format_measure, format_percent

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
        share = format_percent(float(own[index]))
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
    listed = ", ".join(f"{name} ({format_number(cosine, '.2f')})" for name, cosine in found)
    return _("Words most similar to “{word}”: {words}", word=word, words=listed) if listed else ""
