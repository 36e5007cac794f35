"""The result of an explanation."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_approximate, format_with_unit

#: Ratio of single rows' range to the mean's from which the mean misleads.
_AGAINST = 1.5


@dataclass(frozen=True)
class Nearest:
    """The most similar row with another prediction: ``changes`` maps columns to (here, there);
    ``apart``: smallest difference of numbers, in ``unit``, that counts as another prediction."""

    row: int
    answer: str
    changes: Mapping[str, tuple[str, str]]
    apart: float | None = None
    unit: str = ""

    @property
    def words(self) -> str:
        """Return a sentence about the row."""
        if self.apart is None:
            return _("The nearest test row with another prediction")
        away = format_with_unit(format_approximate(self.apart, self.apart), self.unit)
        return _(
            "The nearest test row whose prediction differs by more than {difference}",
            difference=away,
        )


@dataclass(frozen=True, eq=False)
class Response:
    """Partial dependence on one column.

    ``answers`` (n,): mean prediction with each of ``values`` set; ``about``: what is predicted;
    ``ends``: first and last value in words; ``row_span``: mean range of single rows.
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
        """Whether nothing lies between the values: categories, or 0 and 1."""
        return isinstance(self.values[0], str) or len(self.values) == 2

    @property
    def span(self) -> float:
        """The range of the mean predictions."""
        return float(self.answers.max() - self.answers.min())

    @property
    def misleads(self) -> bool:
        """Whether single rows move in opposite directions, so that their mean hides the effect."""
        return self.row_span > _AGAINST * self.span


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a prediction is what it is.

    Attributes:
        method: name in ``methods``.
        answer: the prediction in words.
        about: what the values explain: "species: setosa", "price".
        sentence: their meaning in words.
        importance: by column of a table.
        compared: by column, the row's value and the typical one.
        tokens: words in order; positive values are evidence for the prediction.
        level: of ``tokens`` of a long text: "character" or "word".
        in_percent: values are parts of a probability, shown as percentage points.
        steps: of a series, oldest first: name, value.
        heatmap: float (height, width) of a picture.
        picture: the raw sample (height, width, channels), if it is a picture.
        responses: partial dependence on each column.
        nearest: the nearest row with another prediction, if rows are given.
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
        """Return a column with the compared values: "size: 300, not 95", "city: Rome, typical"."""
        here, typical = self.compared.get(column, ("", ""))
        if not here or not typical:
            return column
        return (
            _("{column}: {value}, not {typical}", column=column, value=here, typical=typical)
            if here != typical
            else _("{column}: {value}, typical", column=column, value=here)
        )

    def _repr_html_(self) -> str:
        """Return the picture of ``netbuilder explain -o`` and its sentences for a notebook."""
        from netbuilder.core.results.explain.explanation_drawing import png_bytes

        picture = base64.b64encode(png_bytes(self)).decode("ascii")
        words = html.escape(f"{self.answer} {self.sentence}")  # for who cannot see it
        return f'<img alt="{words}" src="data:image/png;base64,{picture}">'

    def to_json(self) -> dict[str, Any]:
        """Return the JSON of ``netbuilder explain --json``."""
        entry: dict[str, Any] = {
            "method": self.method,
            "answer": self.answer,
            "about": self.about,
            "sentence": self.sentence,
        }
        if self.importance:
            entry["importance"] = dict(self.importance)
        if self.compared:
            entry["compared"] = {name: list(pair) for name, pair in self.compared.items()}
        if self.tokens:
            entry["tokens"] = [[word, value] for word, value in self.tokens]
        if self.steps:
            entry["steps"] = [[name, value] for name, value in self.steps]
        if self.heatmap is not None:
            entry["heatmap"] = self.heatmap.tolist()
        if self.responses:
            entry["response"] = {
                response.column: {
                    "values": list(response.values),
                    "answers": response.answers.tolist(),
                }
                for response in self.responses
            }
        if self.nearest is not None:
            entry["nearest"] = {
                "row": self.nearest.row,
                "answer": self.nearest.answer,
                "changes": {k: list(v) for k, v in self.nearest.changes.items()},
            }
        return entry
