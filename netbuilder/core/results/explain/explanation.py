"""The result of an explanation, with its colours, bars and picture."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.tokens import JOINED
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import write_bytes
from netbuilder.core.results.explain.sequence_methods import steps_back_name
from netbuilder.core.wording import (
    format_approximate,
    format_measure,
    format_number,
    format_probability,
    format_signed,
    format_with_unit,
)

#: For and against, as above and below 0 everywhere else (Okabe and Ito, safe for all eyes).
FOR, AGAINST = (0, 114, 178), (213, 94, 0)
#: Brightness of the picture under the colours.
GREY = (150, 150, 150)

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
        if here != typical:
            return _("{column}: {value}, not {typical}", column=column, value=here, typical=typical)
        return _("{column}: {value}, typical", column=column, value=here)

    def _repr_html_(self) -> str:
        """Return the picture of ``netbuilder explain -o`` and its sentences for a notebook."""
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


def heat_map_legend(
    explanation: Explanation,
) -> tuple[tuple[tuple[int, int, int], ...], tuple[str, str]]:
    """Return the colours of a heat map from one end to the other, and the ends' meanings."""
    if explanation.heatmap is not None and float(explanation.heatmap.min()) >= 0:
        return (GREY, FOR), (_("no influence"), _("evidence for"))
    return (AGAINST, GREY, FOR), (_("evidence against"), _("evidence for"))


def overlay_heat_map(picture: NDArray[Any], heat: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the picture in grey under its heat map, uint8 (height, width, 3): evidence for is
    blue, evidence against orange."""
    grey = np.asarray(picture, np.float64)
    grey = grey.reshape(*grey.shape[:2], -1)[..., :3].mean(axis=-1)
    low, high = float(grey.min()), float(grey.max())
    grey = (grey - low) / (high - low) if high > low else np.zeros_like(grey)
    base = np.repeat((60 + 180 * grey)[..., None], 3, axis=-1)
    most = float(np.abs(heat).max()) or 1.0
    strength = (np.abs(heat) / most)[..., None] * 0.85
    colour = np.where((heat >= 0)[..., None], np.array(FOR), np.array(AGAINST))
    return np.asarray(base * (1 - strength) + colour * strength).round().astype(np.uint8)


def explanation_bars(explanation: Explanation) -> list[tuple[str, float]]:
    """Return names and values of bars, strongest first; of a probability in percentage points."""
    most = 100.0 if explanation.in_percent else 1.0
    return [(name, most * value) for name, value in _pairs(explanation)]


def _pairs(explanation: Explanation) -> list[tuple[str, float]]:
    if explanation.importance:
        pairs = sorted(explanation.importance.items(), key=lambda pair: -abs(pair[1]))
        return [(explanation.label(name), value) for name, value in pairs]
    if explanation.level:  # letters repeat: their place tells them apart
        count = len(explanation.tokens)
        return [
            (f"“{token}”, {steps_back_name(count - 1 - place)}", value)
            for place, (token, value) in enumerate(explanation.tokens)
        ]
    return [*explanation.tokens, *explanation.steps]


def token_patches(explanation: Explanation) -> list[tuple[str, float]]:
    """Return the tokens in reading order with their evidence, -1 to 1."""
    most = max((abs(value) for _unused, value in explanation.tokens), default=0.0) or 1.0
    between = "" if explanation.level in JOINED else " "
    return [(f"{token}{between}", value / most) for token, value in explanation.tokens]


def strongest_values(
    pairs: Sequence[tuple[str, float]], most: int
) -> tuple[tuple[tuple[str, float], ...], int]:
    """Return the ``most`` strongest pairs in their order, and the number of others."""
    order = np.argsort([-abs(value) for _unused, value in pairs], kind="stable")[:most]
    strongest = tuple(pairs[int(place)] for place in np.sort(order))
    return strongest, len(pairs) - len(strongest)


_SIDE, _WIDTH, _LINE, _EDGE = 448, 640, 24, 8
_TEXT, _NOTE, _HAIRLINE = (27, 36, 48), (102, 112, 133), (221, 225, 231)
_MOST_BARS = 40
_BESIDE = 0.3  # what is free beside the first and the last of points without a curve between them


def write_png(explanation: Explanation, path: Path) -> None:
    """Write ``png_bytes``."""
    write_bytes(path, png_bytes(explanation))


def png_bytes(explanation: Explanation) -> bytes:
    """Return a PNG of prediction, sentence, and the heat map over the picture or bars."""
    from PIL import Image, ImageDraw

    font = _font()
    wide = max(_SIDE, 2 * _EDGE) if explanation.heatmap is not None else _WIDTH
    words = _lines(explanation.sentence, font, wide - 2 * _EDGE)
    below = (1 + len(words)) * _LINE + 2 * _EDGE
    content = _content(explanation, font, wide)
    picture = Image.new("RGB", (wide, below + content.height), "white")
    picture.paste(content, ((wide - content.width) // 2, below))
    draw = ImageDraw.Draw(picture)
    answer = _lines(explanation.answer, font, wide - 2 * _EDGE)
    shortened = answer[0] if len(answer) == 1 else f"{answer[0]}…"
    draw.text((_EDGE, 4), shortened, fill=_TEXT, font=font)
    for number, line in enumerate(words):
        draw.text((_EDGE, 4 + (1 + number) * _LINE), line, fill=_NOTE, font=font)
    file = io.BytesIO()
    picture.save(file, format="PNG")
    return file.getvalue()


def _font() -> Any:
    """Return DejaVu Sans: Pillow's own font has neither ü nor →."""
    from PIL import ImageFont

    try:
        path = resources.files("ziafont") / "fonts" / "DejaVuSans.ttf"
        with resources.as_file(path) as file:
            return ImageFont.truetype(str(file), 13)
    except (ImportError, OSError):
        return ImageFont.load_default(14)


def _lines(words: str, font: Any, room: int) -> list[str]:
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _fitting(words: str, font: Any, room: float) -> str:
    if font.getlength(words) <= room:
        return words
    while words and font.getlength(f"{words}…") > room:
        words = words[:-1]
    return f"{words.rstrip()}…"


def _content(explanation: Explanation, font: Any, wide: int) -> Any:
    from PIL import Image

    if explanation.heatmap is not None:
        return _heat(explanation, font, wide)
    if explanation.responses:
        return _curves(explanation, font)
    rows = list(strongest_values(explanation_bars(explanation), _MOST_BARS)[0])
    picture = Image.new("RGB", (_WIDTH, len(rows) * _LINE + 2 * _EDGE), "white")
    if rows:
        _draw_bars(picture, rows, font)
    return picture


def _heat(explanation: Explanation, font: Any, wide: int) -> Any:
    from PIL import Image, ImageDraw

    assert explanation.heatmap is not None
    source = (
        explanation.picture
        if explanation.picture is not None
        else np.zeros(explanation.heatmap.shape)
    )
    small = Image.fromarray(overlay_heat_map(source, explanation.heatmap))
    factor = _SIDE / max(small.size)
    size = (max(1, round(small.width * factor)), max(1, round(small.height * factor)))
    picture = Image.new("RGB", (wide, size[1] + _LINE + _EDGE), "white")
    picture.paste(small.resize(size, Image.Resampling.NEAREST), ((wide - size[0]) // 2, _LINE))
    colours, (first, last) = heat_map_legend(explanation)
    draw = ImageDraw.Draw(picture)
    draw.text((_EDGE, 0), first, fill=_NOTE, font=font)
    left = round(_EDGE + font.getlength(first)) + _EDGE
    strip = _strip(np.array(colours, np.float64), 96)
    picture.paste(Image.fromarray(strip), (left, 3))
    draw.text((left + strip.shape[1] + _EDGE, 0), last, fill=_NOTE, font=font)
    return picture


def _strip(colours: Any, wide: int) -> Any:
    steps, places = np.linspace(0, len(colours) - 1, wide), np.arange(len(colours))
    shades = np.stack([np.interp(steps, places, channel) for channel in colours.T], axis=-1)
    return np.repeat(shades[None], 12, axis=0).round().astype(np.uint8)


def _curves(explanation: Explanation, font: Any) -> Any:
    """Draw a curve for each column, two in a row, on a common scale."""
    from PIL import Image, ImageDraw

    responses = explanation.responses
    low = min(float(response.answers.min()) for response in responses)
    high = max(float(response.answers.max()) for response in responses)
    wide, tall = _WIDTH // 2, 170
    lines = -(-len(responses) // 2)
    picture = Image.new("RGB", (_WIDTH, lines * tall + _EDGE), "white")
    draw = ImageDraw.Draw(picture)
    ends = [
        format_probability(value)
        if explanation.in_percent
        else format_measure(value, responses[0].unit)
        for value in (high, low)
    ]
    beside = max(font.getlength(end) for end in ends) + 8
    span_of = {name: format_number(value) for name, value in explanation_bars(explanation)}
    for index, response in enumerate(responses):
        left, top = round((index % 2) * wide + 12 + beside), (index // 2) * tall
        right, bottom = (index % 2 + 1) * wide - 20, top + tall - 3 * _LINE
        name = f"{_fitting(response.column, font, right - left - 60)}: {span_of[response.column]}"
        draw.text((left, top - 2), name, fill=_TEXT, font=font)
        top += _LINE
        draw.rectangle((left, top, right, bottom), outline=_HAIRLINE)
        for end, at in zip(ends, (top - 4, bottom - _LINE + 4), strict=True):
            draw.text((left - font.getlength(end) - 6, at), end, fill=_NOTE, font=font)
        part = (response.answers - low) / ((high - low) or 1.0)
        beside_ends = _BESIDE if response.discrete else 0.0
        steps = max(len(part) - 1, 1) + 2 * beside_ends
        points = [
            (
                left + (right - left) * (at + beside_ends) / steps,
                bottom - (bottom - top) * float(value),
            )
            for at, value in enumerate(part)
        ]
        if response.discrete:
            for x, y in points:
                draw.ellipse((x - 4, y - 4, x + 4, y + 4), fill=FOR)
        else:
            draw.line(points, fill=FOR, width=3)
        for number, end in enumerate(response.ends):
            words = _fitting(end, font, (right - left) / 2 - 8)
            wide_words = font.getlength(words)
            x = points[-number][0] - wide_words / 2  # below its point, and inside the frame
            x = min(max(x, left), right - wide_words)
            draw.text((x, bottom + 4), words, fill=_NOTE, font=font)
    return picture


def _draw_bars(picture: Any, rows: list[tuple[str, float]], font: Any) -> None:
    from PIL import ImageDraw

    draw = ImageDraw.Draw(picture)
    values = [value for _, value in rows]
    low, high = min(*values, 0.0), max(*values, 0.0)
    words = [format_signed(value, max(-low, high)) for value in values]
    texts = max(font.getlength(word) for word in words) + 6
    names = min(max(font.getlength(name) for name, _ in rows), _WIDTH / 2)
    start = names + 2 * _EDGE + (texts if low < 0 else 0)
    room = _WIDTH - _EDGE - start - texts
    scale = room / ((high - low) or 1.0)
    zero = start - low * scale
    for index, (name, value) in enumerate(rows):
        top = index * _LINE
        draw.text((_EDGE, top), _fitting(name, font, names), fill=_TEXT, font=font)
        length = max(abs(value) * scale, 1)
        left = zero if value >= 0 else zero - length
        colour = FOR if value >= 0 else AGAINST
        draw.rectangle((left, top + 2, left + length, top + _LINE - 6), fill=colour)
        beside = left + length + 4 if value >= 0 else left - texts + 2
        draw.text((beside, top), words[index], fill=_TEXT, font=font)
