"""Samples of an evaluation: those of a cell of the confusion matrix, and the worst predictions."""

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
from netbuilder.core.engine.networks.graph_to_keras import make_layer
from netbuilder.core.i18n import gettext as _, noop as N_, pgettext
from netbuilder.core.project.graph_ends import layer_owner
from netbuilder.core.project.model import Graph, Node
from netbuilder.core.results.evaluate import Evaluation
from netbuilder.core.results.live.sample_summary import filled_columns, mark_filled
from netbuilder.core.results.live.view_data import WallPicture
from netbuilder.core.results.own_units import parse_cell
from netbuilder.core.wording import format_number, format_probability, join_values


def augmentation_layers(graph: Graph, key: str) -> tuple[Node, ...]:
    """Return the chain of preprocessing layers behind Input ``key``, up to the last one that
    augments; empty if none does."""
    row: list[Node] = []
    length = 0
    here = key
    # ``key`` may be a name while the canvas has no Input yet.
    while len(targets := graph.targets.get(here, ())) == 1:
        here = targets[0]
        node = layer_owner(graph, graph.by_id[here])
        spec = spec_of(node.layer)
        if spec.category is not Category.PREPROCESS or len(graph.sources[here]) != 1:
            break
        row.append(node)
        if spec.augments:
            length = len(row)
    return tuple(row[:length])


def augment_pictures(
    graph: Graph, key: str, preprocessing: InputPreprocessing, raw: NDArray[Any]
) -> NDArray[np.uint8]:
    """Return raw pictures (n, height, width, channels) as uint8, augmented as in training.

    Raise BuildError if Keras does not take the parameters of one of the layers.
    """
    layers = [make_layer(node, graph) for node in augmentation_layers(graph, key)]
    low, high = preprocessing.value_range or (0.0, 255.0)
    ends = np.stack([np.full(raw.shape[1:], end, np.float64) for end in (low, high)])
    black, white = (float(p.mean()) for p in _through(layers, preprocessing.apply(ends), False))
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
MOST_CLASSES = 30


@dataclass(frozen=True, eq=False)
class MistakeSamples:
    """Samples with their predictions: pictures, or rows of cells.

    ``captions``: "4 → 9 (98%)" for each; ``heading``: above them; ``rows``: places in the
    split.
    """

    rows: NDArray[np.int64]
    captions: tuple[str, ...]
    wall: WallPicture | None = None
    names: tuple[str, ...] = ()
    cells: tuple[tuple[str, ...], ...] = ()
    heading: str = N_("true → predicted")


@dataclass(frozen=True, eq=False)
class VisibleMatrix:
    """A confusion matrix cut to at most ``MOST_CLASSES`` classes.

    ``classes``: numbers of the visible ones. All others share one more row and column, the last.
    """

    counts: NDArray[np.int64]
    labels: tuple[str, ...]
    classes: NDArray[np.int64]

    def rows_of(self, evaluation: Evaluation, truth: int, answer: int) -> NDArray[np.int64]:
        """Return the samples of a cell, most confident first."""
        rows = np.flatnonzero(
            self._in(evaluation.truth, truth) & self._in(evaluation.predictions, answer)
        )
        if evaluation.probabilities is None:
            return rows
        sure = evaluation.probabilities[rows, evaluation.predictions[rows]]
        return rows[np.argsort(-sure, kind="stable")]

    def _in(self, numbers: Array, place: int) -> NDArray[np.bool_]:
        if place < len(self.classes):
            return np.asarray(numbers == self.classes[place])
        return ~np.isin(numbers, self.classes)


def visible_matrix(evaluation: Evaluation) -> VisibleMatrix | None:
    """Return the confusion matrix, of very many classes the most confused; None without one."""
    matrix = evaluation.confusion_matrix
    if matrix is None:
        return None
    classes = _mixed_up(matrix)
    labels = tuple(evaluation.labels[int(number)] for number in classes)
    if len(classes) == len(matrix):
        return VisibleMatrix(matrix, labels, classes)
    count = len(classes)
    others = np.setdiff1d(np.arange(len(matrix)), classes)
    counts = np.zeros((count + 1, count + 1), np.int64)
    counts[:count, :count] = matrix[np.ix_(classes, classes)]
    counts[:count, count] = matrix[np.ix_(classes, others)].sum(axis=1)
    counts[count, :count] = matrix[np.ix_(others, classes)].sum(axis=0)
    counts[count, count] = matrix[np.ix_(others, others)].sum()
    return VisibleMatrix(counts, (*labels, _("all others")), classes)


def _mixed_up(matrix: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(matrix) <= MOST_CLASSES:
        return np.arange(len(matrix))
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    chosen: dict[int, None] = {}
    # Each of these cells adds a class or lies between chosen ones, so more are not needed.
    for cell in np.argsort(-wrong, axis=None, kind="stable")[: MOST_CLASSES**2]:
        pair = {int(number): None for number in divmod(int(cell), len(matrix))}
        if len(chosen | pair) > MOST_CLASSES:
            break
        chosen |= pair
    most = np.argsort(-(wrong.sum(axis=0) + wrong.sum(axis=1)), kind="stable")
    chosen |= {int(number): None for number in most if len(chosen) < MOST_CLASSES}
    return np.sort(np.array(list(chosen)[:MOST_CLASSES]))


def mistake_samples(
    evaluation: Evaluation, split: Split, preprocessing: Preprocessing, samples: Array
) -> MistakeSamples:
    """Return the chosen samples of the evaluated split, at most ``MOST``."""
    chosen = np.asarray(samples, np.int64)[:MOST]
    captions = tuple(_caption(evaluation, int(row)) for row in chosen)
    heading = _("mean error") if evaluation.whole else _(MistakeSamples.heading)
    # Several Inputs together form the row.
    if split.raw_x and all(modality_of(preprocessing.inputs[key]).tabular for key in split.raw_x):
        rows: list[dict[str, str]] = [{} for _unused in chosen]
        for key, values in split.raw_x.items():
            for row, features in zip(rows, values[chosen], strict=True):
                row.update(_cells(preprocessing.inputs[key], features.reshape(-1)))
        for row, place in zip(rows, chosen, strict=True):
            empty = filled_columns(preprocessing.inputs, split.filled_in(int(place)))
            row.update({name: mark_filled(row[name]) for name in empty})
        names = tuple(rows[0]) if rows else ()
        return MistakeSamples(
            chosen,
            captions,
            names=names,
            cells=tuple(tuple(r.values()) for r in rows),
            heading=heading,
        )
    key = next(iter(split.raw_x))
    entry = preprocessing.inputs[key]
    raw = split.raw_x[key][chosen]
    if has_pictures(preprocessing):
        sure, right = np.full(len(chosen), np.nan), np.zeros(len(chosen), bool)
        if evaluation.task not in (REGRESSION, MULTI_LABEL):
            right = evaluation.truth[chosen] == evaluation.predictions[chosen]
            if evaluation.probabilities is not None:
                sure = evaluation.probabilities[chosen].max(axis=1)
        images = np.asarray(raw, np.float32)
        wall = WallPicture(images, captions, captions, right, sure, chosen, captions)
        return MistakeSamples(chosen, captions, wall=wall, heading=heading)
    if entry.vocabulary:
        texts = tuple((_text(entry, ids),) for ids in raw)
        return MistakeSamples(chosen, captions, names=("text",), cells=texts, heading=heading)
    last = tuple(
        (join_values(format_number(float(v)) for v in window.reshape(-1)[-6:]),) for window in raw
    )
    return MistakeSamples(chosen, captions, names=(_("last values"),), cells=last, heading=heading)


def has_pictures(preprocessing: Preprocessing) -> bool:
    """Return whether samples are shown as pictures."""
    first = next(iter(preprocessing.inputs.values()))
    tabular = all(modality_of(entry).tabular for entry in preprocessing.inputs.values())
    return not tabular and modality_of(first).is_picture(first)


def _caption(evaluation: Evaluation, row: int) -> str:
    truth, answer = evaluation.truth[row], evaluation.predictions[row]
    if evaluation.task == REGRESSION:
        if evaluation.whole:
            return evaluation.told(float(np.abs(answer - truth).mean()))
        worst = int(evaluation.off[row].argmax())
        here, there = float(np.ravel(truth)[worst]), float(np.ravel(answer)[worst])
        name = f"{evaluation.columns[worst]}: " if len(evaluation.columns) > 1 else ""
        return f"{name}{evaluation.told(here, worst)} → {evaluation.told(there, worst)}"
    if evaluation.task == MULTI_LABEL:
        return f"{_labels(evaluation, truth)} → {_labels(evaluation, answer)}"
    sure = (
        ""
        if evaluation.probabilities is None
        else f" ({format_probability(float(evaluation.probabilities[row].max()))})"
    )
    return f"{_label(evaluation, int(truth))} → {_label(evaluation, int(answer))}{sure}"


def _label(evaluation: Evaluation, index: int) -> str:
    return evaluation.labels[index] if index < len(evaluation.labels) else str(index)


def _labels(evaluation: Evaluation, on: Array) -> str:
    names = [name for name, holds in zip(evaluation.labels, on, strict=False) if holds]
    return join_values(names) or pgettext("labels", "none")


def _text(entry: InputPreprocessing, ids: Array) -> str:
    known = [int(i) for i in np.ravel(ids) if 0 < int(i) < len(entry.vocabulary)]
    words = [entry.vocabulary[i] for i in known]
    return "".join(words) if entry.level in JOINED else " ".join(words)


def _cells(entry: InputPreprocessing, row: Array) -> dict[str, str]:
    cells, start = {}, 0
    for column in entry.columns:
        end = start + len(column.features)
        cells[column.name] = parse_cell(column, row[start:end])
        start = end
    return cells
