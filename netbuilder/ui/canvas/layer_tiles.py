"""What a layer's picture is made of: the numbers of one sample, tiles of them, lines of weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number


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
