"""Texts as the network gets them: tokens, unknown and cut-off ones, lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import PreparedData
from netbuilder.core.data.preprocessing.cells import as_label
from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.data.preprocessing.word_encoding import words_of

SHOWN = 40
_MEASURED = 20_000
_BINS = 24


@dataclass(frozen=True)
class Token:
    """One token: its text, its number (1: not in the vocabulary), and whether it is cut off."""

    text: str
    number: int
    cut: bool = False

    @property
    def unknown(self) -> bool:
        return self.number == 1


@dataclass(frozen=True)
class TextRow:
    """One text: its label, its part (0 training, 1 validation, 2 test), its tokens."""

    label: str
    part: int
    tokens: tuple[Token, ...]


@dataclass(frozen=True)
class TextsDataView:
    """Some texts, evenly spread over all, and the lengths of all.

    Attributes:
        count: number of all texts.
        vocabulary: size of the vocabulary.
        cut: tokens that the network gets of a text; longer ones lose their end.
        longer: measured texts that are longer.
        measured: texts whose length is known; 0 where all are windows of one length.
        edges, lengths: histogram of the tokens a text (bins + 1 edges).
        unknown: share of the tokens of the measured texts that are not in the vocabulary.
        windows: the texts are windows of one long text, and labels the next token.
        merges: byte pairs in the order in which they were joined: left, right, count.
    """

    rows: tuple[TextRow, ...]
    count: int
    vocabulary: int
    cut: int
    longer: int = 0
    measured: int = 0
    edges: tuple[float, ...] = ()
    lengths: tuple[int, ...] = ()
    unknown: float = 0.0
    windows: bool = False
    merges: tuple[tuple[str, str, int], ...] = ()


def texts_data_view(plan: PreparedData) -> TextsDataView:
    """Return how the first Input gets texts."""
    entry = next(iter(plan.preprocessing.inputs.values()))
    samples = plan.samples
    values = samples.arrays[entry.source]
    parts = plan.parts
    labels = samples.targets.iloc[:, 0]
    chosen = np.unique(np.linspace(0, len(samples) - 1, SHOWN).astype(int))
    cut, known = int(entry.shape[0] or 1), len(entry.vocabulary) - 2
    if entry.level:
        rows = tuple(
            TextRow(str(labels.iloc[row]), int(parts[row]), _window(values[row], entry))
            for row in chosen
        )
        merges = samples.merges
        return TextsDataView(rows, len(samples), known, cut, windows=True, merges=merges)
    numbers = {word: index for index, word in enumerate(entry.vocabulary) if index > 1}
    rows = tuple(
        TextRow(
            as_label(labels.iloc[row]),
            int(parts[row]),
            tuple(
                Token(word, numbers.get(word, 1), place >= cut)
                for place, word in enumerate(words_of(values[row]))
            ),
        )
        for row in chosen
    )
    return _measured(rows, values, numbers, cut, known)


def _measured(
    rows: tuple[TextRow, ...],
    texts: Sequence[str] | NDArray[Any],
    numbers: dict[str, int],
    cut: int,
    known: int,
) -> TextsDataView:
    step = -(-len(texts) // _MEASURED)
    sizes, unknown = [], 0
    for text in texts[::step]:
        words = words_of(text)
        sizes.append(len(words))
        unknown += sum(word not in numbers for word in words)
    counts, edges = np.histogram(sizes, min(_BINS, max(max(sizes) - min(sizes), 1)))
    return TextsDataView(
        rows,
        len(texts),
        known,
        cut,
        longer=sum(size > cut for size in sizes),
        measured=len(sizes),
        edges=tuple(edges.tolist()),
        lengths=tuple(counts.tolist()),
        unknown=unknown / max(sum(sizes), 1),
    )


def _window(ids: NDArray[Any], entry: InputPreprocessing) -> tuple[Token, ...]:
    names = entry.vocabulary
    return tuple(
        Token(names[number] if number > 1 else "", int(number)) for number in ids if number
    )
