"""The samples behind a judgement: those of a cell of the confusion matrix, and the worst."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.dataset import Split
from netbuilder.core.data.preprocessing.preprocess import InputPre, Preprocessing
from netbuilder.core.results.answers import cell_words
from netbuilder.core.results.evaluate import Evaluation
from netbuilder.core.wording import number

Array = NDArray[Any]
MOST = 24
#: Classes that a matrix shows.
MOST_CLASSES = 30


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples with what was answered: pictures (n, height, width, channels), or rows of cells.

    ``captions``: "4 → 9 (98%)" for each; ``rows``: place of each in the split.
    """

    rows: NDArray[np.int64]
    captions: tuple[str, ...]
    images: Array | None = None
    names: tuple[str, ...] = ()
    cells: tuple[tuple[str, ...], ...] = ()


def shown_classes(found: Evaluation) -> NDArray[np.int64]:
    """Numbers of the classes that a matrix has room for: all, or of very many those with the most
    mistakes, in their order."""
    count = len(found.labels)
    if count <= MOST_CLASSES or found.confusion_matrix is None:
        return np.arange(count)
    wrong = found.confusion_matrix - np.diag(np.diag(found.confusion_matrix))
    most = np.argsort(-(wrong.sum(axis=0) + wrong.sum(axis=1)), kind="stable")[:MOST_CLASSES]
    return np.sort(most)


def rows_of_cell(found: Evaluation, truth: int, answer: int) -> NDArray[np.int64]:
    """Samples of a cell of the confusion matrix, the surest first."""
    rows = np.flatnonzero((found.truth == truth) & (found.predictions == answer))
    if found.probabilities is None:
        return rows
    return rows[np.argsort(-found.probabilities[rows, answer], kind="stable")]


def samples(found: Evaluation, split: Split, pre: Preprocessing, rows: Array) -> Samples:
    """These samples of the split that was judged, at most 24."""
    chosen = np.asarray(rows, np.int64)[:MOST]
    captions = tuple(_caption(found, int(row)) for row in chosen)
    key = next(iter(split.raw_x))
    entry = pre.inputs[key]
    raw = split.raw_x[key][chosen]
    if entry.kind == "image" or len(entry.shape) == 3:
        return Samples(chosen, captions, images=np.asarray(raw, np.float32))
    if entry.kind == "text":
        texts = tuple((_text(entry, one),) for one in raw)
        return Samples(chosen, captions, names=("text",), cells=texts)
    if entry.kind == "table":
        names = tuple(column.name for column in entry.columns)
        cells = tuple(_cells(entry, one.reshape(-1)) for one in raw)
        return Samples(chosen, captions, names=names, cells=cells)
    last = tuple((", ".join(number(float(v)) for v in one.reshape(-1)[-6:]),) for one in raw)
    return Samples(chosen, captions, names=("last values",), cells=last)


def _caption(found: Evaluation, row: int) -> str:
    truth, answer = found.truth[row], found.predictions[row]
    if found.task == REGRESSION:
        here, there = float(np.ravel(truth)[0]), float(np.ravel(answer)[0])
        return f"{number(here)} → {number(there)}"
    if found.task == MULTI_LABEL:
        return f"{_labels(found, truth)} → {_labels(found, answer)}"
    sure = "" if found.probabilities is None else f" ({found.probabilities[row].max():.0%})"
    return f"{_label(found, int(truth))} → {_label(found, int(answer))}{sure}"


def _label(found: Evaluation, index: int) -> str:
    return found.labels[index] if index < len(found.labels) else str(index)


def _labels(found: Evaluation, on: Array) -> str:
    names = [name for name, one in zip(found.labels, on, strict=False) if one]
    return ", ".join(names) or "none"


def _text(entry: InputPre, ids: Array) -> str:
    known = [int(i) for i in np.ravel(ids) if 0 < int(i) < len(entry.vocabulary)]
    return " ".join(entry.vocabulary[i] for i in known)


def _cells(entry: InputPre, row: Array) -> tuple[str, ...]:
    found, start = [], 0
    for column in entry.columns:
        end = start + len(column.features)
        found.append(cell_words(column, row[start:end]))
        start = end
    return tuple(found)
