"""Rows of an Embedding as word vectors: neighbours, analogies and a map."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Category
from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.dataset import Dataset
from netbuilder.core.data.preprocessing.fitted_preprocessing import OutputPreprocessing
from netbuilder.core.data.tokens import SHOWN
from netbuilder.core.project.graph_ends import layer_owner
from netbuilder.core.project.model import Graph, Node
from netbuilder.core.results.live.maps import principal_components, tsne_map

Array = NDArray[Any]
PCA, TSNE = "PCA", "t-SNE"
#: Words on a map; samples in which words are counted; classes that have a colour of their own.
MOST_ON_MAP, MOST_SAMPLES, MOST_CLASSES = 500, 20_000, 10
#: Standard errors beyond which a word occurs more often in a class than chance explains.
_MORE_THAN_CHANCE = 2.0
_FEWEST = 3
_EMBEDDINGS = frozenset({"Embedding", "ReversibleEmbedding"})


def is_embedding(node: Node) -> bool:
    """Return whether a layer is an embedding."""
    return node.layer in _EMBEDDINGS


@dataclass(frozen=True, eq=False)
class TokenTable:
    """The meaning of an Embedding's rows, most frequent first, without padding.

    Attributes:
        names: the words, (n,), or the numbers of categories.
        rows: in the Embedding, int (n,).
        counts: in the training set, (n,), or None.
        classes: names of the target's classes; () without any.
        lift: (n, classes) relative frequency of a class among samples with the word, or None.
        leaning: (n,) the class of the highest lift; -1 if not significant.
        means: (n,) mean target of samples with the word; None for classes.
        target: name of the target.
        unseen: rows left out because the training set never selects them.
    """

    names: tuple[str, ...]
    rows: NDArray[np.int64]
    counts: Array | None = None
    classes: tuple[str, ...] = ()
    lift: Array | None = None
    leaning: NDArray[np.int64] | None = None
    means: Array | None = None
    target: str = ""
    unseen: int = 0

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The place of each name."""
        return {name: place for place, name in enumerate(self.names)}

    def find(self, word: str) -> int:
        """Return the place of a word, ignoring case if necessary."""
        for name in (SHOWN.get(word, word), word.strip(), word.strip().lower()):
            if name in self.numbers:
                return self.numbers[name]
        raise data_error("word_unknown", word=word)


def token_table(
    graph: Graph,
    node_id: str,
    size: int,
    words: Mapping[str, Sequence[str]],
    dataset: Dataset | None = None,
) -> TokenTable:
    """Name the rows of an Embedding, and count them in the training set.

    Args:
        node_id: of the Embedding (the first, if shared).
        size: rows of its weights.
        words: the vocabulary by Input id.
        dataset: to count in; without it rows keep their order.
    """
    sources = [
        _source(graph, node.id) for node in graph.nodes if layer_owner(graph, node).id == node_id
    ]
    names = _row_names(graph, graph.by_id[node_id], sources, size, words)
    rows = np.array(sorted(names), np.int64)
    table = TokenTable(tuple(names[row] for row in rows), rows)
    lookups = _samples_and_rows(dataset, sources, size) if dataset is not None else None
    if dataset is None or lookups is None:
        return table
    counts = np.bincount(lookups[1], minlength=size)[rows]
    order = np.argsort(-counts, kind="stable")
    if len(dataset.train) <= MOST_SAMPLES and dataset.stream is None:  # else it may occur later
        order = order[: int((counts > 0).sum())]
    table = TokenTable(
        tuple(table.names[place] for place in order), rows[order], counts[order],
        unseen=len(rows) - len(order),
    )  # fmt: skip
    return _with_target(table, dataset, *lookups, size)


def _source(graph: Graph, node_id: str) -> Node | None:
    """Return the Input or layer whose numbers an Embedding looks up."""
    sources = graph.sources[node_id]
    while len(sources) == 1:
        node = graph.by_id[sources[0]]
        spec = LAYERS.get(node.layer)
        if spec is None or spec.category is not Category.SHAPE:
            return node
        sources = graph.sources[node.id]
    return None


def _row_names(
    graph: Graph,
    owner: Node,
    sources: Sequence[Node | None],
    size: int,
    words: Mapping[str, Sequence[str]],
) -> dict[int, str]:
    for source in sources:
        if source is None:
            continue
        if vocabulary := words.get(source.id):  # 0 is padding and 1 every unknown word
            return {row: vocabulary[row] for row in range(2, min(len(vocabulary), size))}
        if names := _looked_up(layer_owner(graph, source)):
            return {row: name for row, name in names.items() if row < size}
    first = 1 if owner.params.get("mask_zero") else 0
    return {row: str(row) for row in range(first, size)}


def _looked_up(node: Node) -> dict[int, str]:
    vocabulary = node.params.get("vocabulary")
    if not isinstance(vocabulary, list | tuple):
        return {}
    if node.layer == "TextVectorization":
        first = 2
    elif node.layer in ("StringLookup", "IntegerLookup"):
        first = int(node.params.get("num_oov_indices", 1))
        first += node.params.get("mask_token") is not None
    else:
        return {}
    return {first + place: str(word) for place, word in enumerate(vocabulary)}


def _counted(dataset: Dataset) -> slice:
    return slice(None, None, -(-len(dataset.train) // MOST_SAMPLES) or 1)


def _samples_and_rows(
    dataset: Dataset, sources: Sequence[Node | None], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Return sample and row of each lookup in training, or None."""
    keys = [node.id for node in sources if node is not None and node.id in dataset.train.x]
    if not keys or len(keys) < len(sources):
        return None
    samples, rows = [], []
    for key in dict.fromkeys(keys):
        values = np.asarray(dataset.train.x[key][_counted(dataset)])
        ids = values.reshape(len(values), -1).astype(np.int64)
        samples.append(np.repeat(np.arange(len(ids)), ids.shape[1]))
        rows.append(ids.reshape(-1))
    sample, row = np.concatenate(samples), np.concatenate(rows)
    inside = (row >= 0) & (row < size)
    return sample[inside], row[inside]


def _with_target(
    table: TokenTable,
    dataset: Dataset,
    samples: NDArray[np.int64],
    rows: NDArray[np.int64],
    size: int,
) -> TokenTable:
    name, target = next(iter(dataset.preprocessing.outputs.items()), ("", None))
    if target is None or not len(rows):
        return table
    truth = _truth(np.asarray(dataset.train.raw_y[name][_counted(dataset)]), target)
    if truth is None:
        return table
    pairs = np.unique(samples * size + rows)  # a word counts once a sample
    sample, row = pairs // size, pairs % size
    there = np.bincount(row, minlength=size)[table.rows]
    sums = np.stack(
        [
            np.bincount(row, truth[sample, column], size)[table.rows]
            for column in range(truth.shape[1])
        ],
        axis=1,
    )
    label = target.columns[0] if target.columns else name
    if target.task == REGRESSION:
        return replace(table, means=sums[:, 0] / np.maximum(there, 1), target=label)
    part = truth.mean(axis=0)
    lift = (sums / np.maximum(there, 1)[:, None]) / np.where(part > 0, part, 1.0)
    error = np.sqrt(np.maximum(there[:, None] * part * (1 - part), 1e-12))
    beyond = (sums - there[:, None] * part) / error
    best = lift.argmax(axis=1)
    sure = np.take_along_axis(beyond, best[:, None], 1)[:, 0] >= _MORE_THAN_CHANCE
    classes = tuple(target.classes or target.columns)
    leaning = np.where(sure, best, -1)
    return replace(table, classes=classes, lift=lift, leaning=leaning, target=label)


def _truth(raw: Array, target: OutputPreprocessing) -> Array | None:
    """Return targets as columns of numbers or classes, (n, columns), or None."""
    if target.task == REGRESSION:
        values = raw.reshape(len(raw), -1)[:, :1].astype(float)
        return values if np.isfinite(values).all() else None
    if target.task == MULTI_LABEL:
        return raw.reshape(len(raw), -1).astype(float) if raw.shape[-1] <= MOST_CLASSES else None
    if raw.size != len(raw) or len(target.classes) > MOST_CLASSES:
        return None
    return np.asarray(np.eye(len(target.classes))[raw.reshape(-1).astype(np.int64)])


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Vectors ``values`` (n, size) of ``tokens``."""

    tokens: TokenTable
    values: Array

    @classmethod
    def of(cls, matrix: Array, tokens: TokenTable) -> WordVectors:
        """Take the rows of ``tokens`` out of an Embedding's weights (rows, size)."""
        return cls(tokens, np.asarray(matrix, np.float64)[tokens.rows])

    @cached_property
    def _lengths(self) -> Array:
        return np.asarray(np.linalg.norm(self.values, axis=1))

    def vector(self, word: str) -> Array:
        """Return the vector of a word, (size,)."""
        return np.asarray(self.values[self.tokens.find(word)])

    def similarities(self, vector: Array) -> Array:
        """Return the cosine similarity of a vector with each word, (n,)."""
        lengths = self._lengths * np.linalg.norm(vector)
        return np.asarray(self.values @ vector / np.where(lengths == 0, 1.0, lengths))

    def nearest(
        self, vector: Array, without: Collection[int] = (), count: int = 10
    ) -> tuple[tuple[int, float], ...]:
        """Return place and cosine of the ``count`` words most similar to a vector, except
        ``without``."""
        cosines = self.similarities(vector)
        ranked = (int(index) for index in np.argsort(-cosines, kind="stable"))
        nearest = [place for place in ranked if place not in without][:count]
        return tuple((place, float(cosines[place])) for place in nearest)

    def neighbours(self, word: str, count: int = 10) -> tuple[tuple[int, float], ...]:
        """Return the words most similar to ``word``; see ``nearest``."""
        place = self.tokens.find(word)
        return self.nearest(self.values[place], {place}, count)

    def similarity(self, word: str, other: str) -> float:
        """Return the cosine similarity of two words."""
        return float(self.similarities(self.vector(word))[self.tokens.find(other)])

    def analogy(
        self, word: str, minus: str, plus: str, count: int = 10
    ) -> tuple[tuple[int, float], ...]:
        """Return the words nearest to ``word`` − ``minus`` + ``plus``, except these."""
        places = [self.tokens.find(name) for name in (word, minus, plus)]
        first, second, third = (self.values[place] for place in places)
        return self.nearest(first - second + third, set(places), count)


@dataclass(frozen=True, eq=False)
class WordMap:
    """Frequent words on a plane: ``at`` (n, 2); ``explained`` share of variance (0 for t-SNE)."""

    vectors: WordVectors
    at: Array
    way: str
    explained: float = 0.0


def word_map(vectors: WordVectors, way: str = PCA, before: WordMap | None = None) -> WordMap:
    """Map the most frequent words to a plane, at most ``MOST_ON_MAP``.

    ``way``: ``PCA`` or ``TSNE``; ``before``: an earlier map, on which a PCA is aligned. Raise
    DataError if there are too few words.
    """
    values = np.nan_to_num(vectors.values[:MOST_ON_MAP], posinf=0.0, neginf=0.0)
    if len(values) < _FEWEST:
        raise data_error("too_few_words")
    if way == TSNE:
        return WordMap(vectors, tsne_map(values), TSNE)
    at, explained = principal_components(values)
    same = before is not None and before.vectors.tokens.names == vectors.tokens.names
    if before is not None and same and before.way == PCA:
        # Components change places where their variances cross: the nearest rotation or
        # reflection (orthogonal Procrustes) keeps each word near where it was.
        left, _size, right = np.linalg.svd(at.T @ before.at)
        at = at @ (left @ right)
    return WordMap(vectors, at, PCA, explained)
