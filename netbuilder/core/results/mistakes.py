"""The samples behind a judgement: those of a cell of the confusion matrix, and the worst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.catalog.layers.layer_index import spec_of
from netbuilder.core.catalog.spec import Category
from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.dataset import Split
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    Preprocessing,
)
from netbuilder.core.data.registry import modality_of
from netbuilder.core.data.tokens import JOINED
from netbuilder.core.engine.build.graph_to_keras import make_layer
from netbuilder.core.i18n import gettext as _, noop as N_, pgettext
from netbuilder.core.project.graph_ends import layer_owner
from netbuilder.core.project.model import Graph, Node
from netbuilder.core.results.evaluate import Evaluation
from netbuilder.core.results.live.sample_summary import FILLED_MARK, filled_columns
from netbuilder.core.results.own_units import parse_cell
from netbuilder.core.wording import format_number, format_probability, join_values


def augmentation_layers(graph: Graph, key: str) -> tuple[Node, ...]:
    """The layers behind Input ``key``, up to the last one that changes pictures at random.

    Those that scale or cut pictures on the way there are among them. A fork, a merge, or a layer
    that learns, ends the row; empty where nothing is changed at random.
    """
    row: list[Node] = []
    kept = 0
    here = key
    # A name to go by where the canvas has no Input yet leads nowhere.
    while len(targets := graph.targets.get(here, ())) == 1:
        here = targets[0]
        node = layer_owner(graph, graph.by_id[here])
        spec = spec_of(node.layer)
        if spec.category is not Category.PREPROCESS or len(graph.sources[here]) != 1:
            break
        row.append(node)
        if spec.augments:
            kept = len(row)
    return tuple(row[:kept])


def augment_pictures(
    graph: Graph, key: str, preprocessing: InputPreprocessing, raw: NDArray[Any]
) -> NDArray[np.uint8]:
    """Raw pictures (n, height, width, channels) once more, as the network gets them in training.

    They go in scaled as the data is, and come out as uint8: black and white are what black and
    white become where nothing happens at random.

    Raises:
        BuildError: Keras does not take the parameters of one of the layers.
    """
    layers = [make_layer(node, graph) for node in augmentation_layers(graph, key)]
    low, high = preprocessing.value_range or (0.0, 255.0)
    ends = np.stack([np.full(raw.shape[1:], end, np.float64) for end in (low, high)])
    black, white = (float(one.mean()) for one in _through(layers, preprocessing.apply(ends), False))
    out = _through(layers, preprocessing.apply(raw), True)
    shares = (out - black) / ((white - black) or 1.0)
    return np.asarray(np.round(np.clip(np.nan_to_num(shares), 0.0, 1.0) * 255), np.uint8)


def _through(layers: Sequence[Any], values: NDArray[Any], training: bool) -> NDArray[Any]:
    import keras

    for layer in layers:
        values = layer(values, training=training)
    return np.asarray(keras.ops.convert_to_numpy(values), np.float64)


Array = NDArray[Any]
MOST = 24
#: Classes that a matrix shows.
MOST_CLASSES = 30
OTHERS = "all others"


@dataclass(frozen=True, eq=False)
class MistakeSamples:
    """Samples with what was answered: pictures (n, height, width, channels), or rows of cells.

    ``captions``: "4 → 9 (98%)" for each, and ``what`` they say; ``rows``: place of each in the
    split.
    """

    rows: NDArray[np.int64]
    captions: tuple[str, ...]
    images: Array | None = None
    names: tuple[str, ...] = ()
    cells: tuple[tuple[str, ...], ...] = ()
    what: str = N_("true → predicted")


@dataclass(frozen=True, eq=False)
class VisibleMatrix:
    """A confusion matrix as far as there is room for it.

    ``classes``: numbers of those that stand in it. Of very many classes all others are one more
    row and column, the last, so that no mistake is left out.
    """

    counts: NDArray[np.int64]
    labels: tuple[str, ...]
    classes: NDArray[np.int64]

    def rows_of(self, found: Evaluation, truth: int, answer: int) -> NDArray[np.int64]:
        """Samples of a cell, the surest first."""
        rows = np.flatnonzero(self._in(found.truth, truth) & self._in(found.predictions, answer))
        if found.probabilities is None:
            return rows
        sure = found.probabilities[rows, found.predictions[rows]]
        return rows[np.argsort(-sure, kind="stable")]

    def _in(self, numbers: Array, place: int) -> NDArray[np.bool_]:
        if place < len(self.classes):
            return np.asarray(numbers == self.classes[place])
        return ~np.isin(numbers, self.classes)


def visible_matrix(found: Evaluation) -> VisibleMatrix | None:
    """The confusion matrix: all of it, or of very many classes those that are taken for each other
    most often; None where there is none."""
    matrix = found.confusion_matrix
    if matrix is None:
        return None
    classes = _mixed_up(matrix)
    labels = tuple(found.labels[int(one)] for one in classes)
    if len(classes) == len(matrix):
        return VisibleMatrix(matrix, labels, classes)
    count = len(classes)
    others = np.setdiff1d(np.arange(len(matrix)), classes)
    counts = np.zeros((count + 1, count + 1), np.int64)
    counts[:count, :count] = matrix[np.ix_(classes, classes)]
    counts[:count, count] = matrix[np.ix_(classes, others)].sum(axis=1)
    counts[count, :count] = matrix[np.ix_(others, classes)].sum(axis=0)
    counts[count, count] = matrix[np.ix_(others, others)].sum()
    return VisibleMatrix(counts, (*labels, OTHERS), classes)


def _mixed_up(matrix: NDArray[np.int64]) -> NDArray[np.int64]:
    """Classes of the largest cells beside the diagonal, two of each, in their order."""
    if len(matrix) <= MOST_CLASSES:
        return np.arange(len(matrix))
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    chosen: dict[int, None] = {}
    # No more cells than these are needed: each brings a new class, or is between old ones.
    for cell in np.argsort(-wrong, axis=None, kind="stable")[: MOST_CLASSES**2]:
        pair = {int(one): None for one in divmod(int(cell), len(matrix))}
        if len(chosen | pair) > MOST_CLASSES:
            break
        chosen |= pair
    most = np.argsort(-(wrong.sum(axis=0) + wrong.sum(axis=1)), kind="stable")
    chosen |= {int(one): None for one in most if len(chosen) < MOST_CLASSES}
    return np.sort(np.array(list(chosen)[:MOST_CLASSES]))


def mistake_samples(
    found: Evaluation, split: Split, preprocessing: Preprocessing, wanted: Array
) -> MistakeSamples:
    """These samples of the split that was judged, at most 24."""
    chosen = np.asarray(wanted, np.int64)[:MOST]
    captions = tuple(_caption(found, int(row)) for row in chosen)
    what = _("mean error") if found.whole else _(MistakeSamples.what)
    # Of several Inputs too: together they are the row.
    if split.raw_x and all(modality_of(preprocessing.inputs[key]).tabular for key in split.raw_x):
        rows: list[dict[str, str]] = [{} for _unused in chosen]
        for key, values in split.raw_x.items():
            for row, one in zip(rows, values[chosen], strict=True):
                row.update(_cells(preprocessing.inputs[key], one.reshape(-1)))
        for row, place in zip(rows, chosen, strict=True):
            empty = filled_columns(preprocessing.inputs, split.filled_in(int(place)))
            row.update({name: row[name] + FILLED_MARK for name in empty})
        names = tuple(rows[0]) if rows else ()
        return MistakeSamples(
            chosen, captions, names=names, cells=tuple(tuple(r.values()) for r in rows), what=what
        )
    key = next(iter(split.raw_x))
    entry = preprocessing.inputs[key]
    raw = split.raw_x[key][chosen]
    if has_pictures(preprocessing):
        return MistakeSamples(chosen, captions, images=np.asarray(raw, np.float32), what=what)
    if entry.vocabulary:
        texts = tuple((_text(entry, one),) for one in raw)
        return MistakeSamples(chosen, captions, names=("text",), cells=texts, what=what)
    last = tuple(
        (join_values(format_number(float(v)) for v in one.reshape(-1)[-6:]),) for one in raw
    )
    return MistakeSamples(chosen, captions, names=(_("last values"),), cells=last, what=what)


def has_pictures(preprocessing: Preprocessing) -> bool:
    """Whether a sample is shown as a picture."""
    first = next(iter(preprocessing.inputs.values()))
    tabular = all(modality_of(one).tabular for one in preprocessing.inputs.values())
    return not tabular and modality_of(first).is_picture(first)


def _caption(found: Evaluation, row: int) -> str:
    truth, answer = found.truth[row], found.predictions[row]
    if found.task == REGRESSION:
        if found.whole:
            return found.told(float(np.abs(answer - truth).mean()))
        worst = int(found.off[row].argmax())
        here, there = float(np.ravel(truth)[worst]), float(np.ravel(answer)[worst])
        name = f"{found.columns[worst]}: " if len(found.columns) > 1 else ""
        return f"{name}{found.told(here, worst)} → {found.told(there, worst)}"
    if found.task == MULTI_LABEL:
        return f"{_labels(found, truth)} → {_labels(found, answer)}"
    sure = (
        ""
        if found.probabilities is None
        else f" ({format_probability(float(found.probabilities[row].max()))})"
    )
    return f"{_label(found, int(truth))} → {_label(found, int(answer))}{sure}"


def _label(found: Evaluation, index: int) -> str:
    return found.labels[index] if index < len(found.labels) else str(index)


def _labels(found: Evaluation, on: Array) -> str:
    names = [name for name, one in zip(found.labels, on, strict=False) if one]
    return join_values(names) or pgettext("labels", "none")


def _text(entry: InputPreprocessing, ids: Array) -> str:
    known = [int(i) for i in np.ravel(ids) if 0 < int(i) < len(entry.vocabulary)]
    words = [entry.vocabulary[i] for i in known]
    return "".join(words) if entry.level in JOINED else " ".join(words)


def _cells(entry: InputPreprocessing, row: Array) -> dict[str, str]:
    found, start = {}, 0
    for column in entry.columns:
        end = start + len(column.features)
        found[column.name] = parse_cell(column, row[start:end])
        start = end
    return found
