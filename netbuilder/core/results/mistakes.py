"""The samples behind a judgement: those of a cell of the confusion matrix, and the worst."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.dataset import Split
from netbuilder.core.data.preprocessing.preprocess import InputPre, Preprocessing
from netbuilder.core.data.tokens import CHARACTER
from netbuilder.core.results.answers import cell_words
from netbuilder.core.results.evaluate import Evaluation
from netbuilder.core.wording import number, share

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


def samples(found: Evaluation, split: Split, pre: Preprocessing, wanted: Array) -> Samples:
    """These samples of the split that was judged, at most 24."""
    chosen = np.asarray(wanted, np.int64)[:MOST]
    captions = tuple(_caption(found, int(row)) for row in chosen)
    kinds = {pre.inputs[key].kind for key in split.raw_x}
    if kinds == {"table"}:  # of several Inputs too: together they are the row
        rows: list[dict[str, str]] = [{} for _ in chosen]
        for key, values in split.raw_x.items():
            for row, one in zip(rows, values[chosen], strict=True):
                row.update(_cells(pre.inputs[key], one.reshape(-1)))
        names = tuple(rows[0]) if rows else ()
        return Samples(chosen, captions, names=names, cells=tuple(tuple(r.values()) for r in rows))
    key = next(iter(split.raw_x))
    entry = pre.inputs[key]
    raw = split.raw_x[key][chosen]
    if entry.kind == "image" or len(entry.shape) == 3:
        return Samples(chosen, captions, images=np.asarray(raw, np.float32))
    if entry.vocabulary:
        texts = tuple((_text(entry, one),) for one in raw)
        return Samples(chosen, captions, names=("text",), cells=texts)
    last = tuple((", ".join(number(float(v)) for v in one.reshape(-1)[-6:]),) for one in raw)
    return Samples(chosen, captions, names=("last values",), cells=last)


def _caption(found: Evaluation, row: int) -> str:
    truth, answer = found.truth[row], found.predictions[row]
    if found.task == REGRESSION:
        here, there = float(np.ravel(truth)[0]), float(np.ravel(answer)[0])
        return f"{found.told(here, 0)} → {found.told(there, 0)}"
    if found.task == MULTI_LABEL:
        return f"{_labels(found, truth)} → {_labels(found, answer)}"
    sure = (
        "" if found.probabilities is None else f" ({share(float(found.probabilities[row].max()))})"
    )
    return f"{_label(found, int(truth))} → {_label(found, int(answer))}{sure}"


def _label(found: Evaluation, index: int) -> str:
    return found.labels[index] if index < len(found.labels) else str(index)


def _labels(found: Evaluation, on: Array) -> str:
    names = [name for name, one in zip(found.labels, on, strict=False) if one]
    return ", ".join(names) or "none"


def _text(entry: InputPre, ids: Array) -> str:
    known = [int(i) for i in np.ravel(ids) if 0 < int(i) < len(entry.vocabulary)]
    words = [entry.vocabulary[i] for i in known]
    return "".join(words) if entry.level == CHARACTER else " ".join(words)


def _cells(entry: InputPre, row: Array) -> dict[str, str]:
    found, start = {}, 0
    for column in entry.columns:
        end = start + len(column.features)
        found[column.name] = cell_words(column, row[start:end])
        start = end
    return found
