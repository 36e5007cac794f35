"""What an explanation says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_approximate, format_with_unit

#: Single rows that change so many times as much as their mean move against each other.
_AGAINST = 1.5


@dataclass(frozen=True)
class Nearest:
    """The most similar row that is answered otherwise: what would have to change.

    ``answer`` is that row's; ``changes``: column to (here, there) for the columns that differ;
    ``apart``: of numbers, how far another answer must be away to count as one, in ``unit``.
    """

    row: int
    answer: str
    changes: Mapping[str, tuple[str, str]]
    apart: float | None = None
    unit: str = ""

    @property
    def words(self) -> str:
        """Which row it is. Nearly every row has another price: of numbers that says nothing."""
        if self.apart is None:
            return _("The nearest test row with another prediction")
        away = format_with_unit(format_approximate(self.apart, self.apart), self.unit)
        return _(
            "The nearest test row whose prediction differs by more than {difference}",
            difference=away,
        )


@dataclass(frozen=True, eq=False)
class Response:
    """How the answer goes with one column. ``values``: the column's, numbers or categories;
    ``answers`` (n,): the mean answer over all rows with that value set; ``column``, ``about``:
    their names; ``ends``: the first and the last value in words; ``unit`` of the answers, or "";
    ``row_span``: how far the answer of a single row goes from lowest to highest, their mean.
    """

    column: str
    about: str
    values: tuple[float | str, ...]
    answers: NDArray[np.float64]
    ends: tuple[str, str] = ("", "")
    unit: str = ""
    row_span: float = 0.0

    @property
    def discrete(self) -> bool:
        """Whether there is nothing between the values: categories, or 0 and 1."""
        return isinstance(self.values[0], str) or len(self.values) == 2

    @property
    def span(self) -> float:
        """From the lowest mean answer to the highest."""
        return float(self.answers.max() - self.answers.min())

    @property
    def misleads(self) -> bool:
        """Whether single rows move against each other, so that their mean hides the effect.

        Rows that all rise, or all fall, have the mean's own span, however different they are.
        """
        return self.row_span > _AGAINST * self.span


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why an answer is what it is. One of the last four holds values, as the method goes.

    Attributes:
        method: name of the row of ``methods``.
        answer: the network's answer in words.
        about: what the values speak about: "species: setosa", "price".
        sentence: what the values mean, in words.
        importance: by column of a table.
        compared: by column, what its importance compares: the row's value, the typical one.
        tokens: words of a text in order; above 0 speaks for the answer, below against it.
        level: of a long text to go on from: the tokens are "character" or "word".
        in_percent: values are parts of a probability, which bars show as percentage points.
        steps: of a series, oldest first: name of the step, value.
        heatmap: float (height, width) of a picture.
        picture: the sample, raw (height, width, channels), where it is a picture.
        responses: how the answer goes with each column of a table.
        nearest: the nearest row with another answer, where rows are known.
    """

    method: str
    answer: str
    about: str
    sentence: str
    importance: Mapping[str, float] = field(default_factory=dict)
    compared: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    tokens: tuple[tuple[str, float], ...] = ()
    steps: tuple[tuple[str, float], ...] = ()
    heatmap: NDArray[np.float64] | None = None
    picture: NDArray[Any] | None = None
    nearest: Nearest | None = None
    responses: tuple[Response, ...] = ()
    level: str = ""
    in_percent: bool = False

    def label(self, column: str) -> str:
        """A column with what is compared in it: "size: 300, not 95", "city: Lisbon, typical"."""
        here, typical = self.compared.get(column, ("", ""))
        if not here or not typical:
            return column
        return (
            _("{column}: {value}, not {typical}", column=column, value=here, typical=typical)
            if here != typical
            else _("{column}: {value}, typical", column=column, value=here)
        )

    def to_json(self) -> dict[str, Any]:
        """What ``netbuilder explain --json`` says."""
        found: dict[str, Any] = {
            "method": self.method,
            "answer": self.answer,
            "about": self.about,
            "sentence": self.sentence,
        }
        if self.importance:
            found["importance"] = dict(self.importance)
        if self.compared:
            found["compared"] = {name: list(pair) for name, pair in self.compared.items()}
        if self.tokens:
            found["tokens"] = [[word, value] for word, value in self.tokens]
        if self.steps:
            found["steps"] = [[name, value] for name, value in self.steps]
        if self.heatmap is not None:
            found["heatmap"] = self.heatmap.tolist()
        if self.responses:
            found["response"] = {
                one.column: {"values": list(one.values), "answers": one.answers.tolist()}
                for one in self.responses
            }
        if self.nearest is not None:
            found["nearest"] = {
                "row": self.nearest.row,
                "answer": self.nearest.answer,
                "changes": {k: list(v) for k, v in self.nearest.changes.items()},
            }
        return found
