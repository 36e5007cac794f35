"""Computes the outputs of frozen layers once for a whole training."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from numpy.typing import NDArray

from netbuilder.core.data.dataset import PARTS, Dataset, Split
from netbuilder.core.data.registry import has_points
from netbuilder.core.engine.loop.feature_cache import (
    Features,
    digest,
    read_features,
    row_digests,
    write_features,
)
from netbuilder.core.engine.networks.frozen_prefix import (
    FrozenLayers,
    FrozenPrefix,
    find_frozen_layers,
    trained_part,
)
from netbuilder.core.engine.networks.keras_objects import as_list
from netbuilder.core.engine.networks.tracing import tracing
from netbuilder.core.engine.run_control import StoppedBeforeStartError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras

_VERSION = 1
_BATCH = 32
# Rows of earlier runs that are kept for each row that this run needs.
_OTHERS = 3
#: Bytes that the features of all samples may take.
MOST_BYTES = 1 << 30


def find_frozen(
    model: keras.Model, project: Project, dataset: Dataset, *, alone: bool
) -> FrozenLayers:
    """Find what a training of ``model`` on ``dataset`` need compute only once.

    ``alone``: it trains on one device, with all samples in memory.
    """
    shared = not alone and dataset.stream is None
    if shared or has_points(project.data):
        return FrozenLayers()
    splits = [getattr(dataset, part) for part in PARTS]
    rows = sum(len(split) for split in splits if split is not None)
    rows += 0 if dataset.stream is None else dataset.stream.rows
    room = min(psutil.virtual_memory().available // 8, MOST_BYTES) if alone else 0
    return find_frozen_layers(model, project, rows, room)


class FrozenFeatures:
    """The samples of ``dataset``, in memory, as the trained part of a network reads them.

    Args:
        prefix: the layers of ``model`` that are computed once.
        project: what ``model`` was built from.

    Attributes:
        dataset: with ``prefix.cut`` in the place of the inputs; zeros until ``update``.
        trained_part: the network behind ``prefix``.
        outdated: weights were changed, maybe those of ``prefix``.
        computed: number of samples that went through the layers so far.
        lock: held while features are computed and handed on.
    """

    def __init__(
        self, prefix: FrozenPrefix, model: keras.Model, project: Project, dataset: Dataset
    ) -> None:
        self.prefix = prefix
        self.trained_part = trained_part(model, prefix, project, dataset.facts)
        self._project = project
        self._source = dataset
        self.outdated = True
        self._key = ""
        self._function: Any = None
        self.computed = 0
        self.lock = threading.Lock()
        validation, tested = dataset.validation, dataset.test
        self.dataset = replace(
            dataset,
            train=self._split(dataset.train),
            validation=None if validation is None else self._split(validation),
            test=None if tested is None else self._split(tested),
        )

    def _split(self, split: Split) -> Split:
        shapes = self.prefix.shapes
        x = {
            name: np.zeros((len(split), *shapes[name][0]), shapes[name][1])
            if name in shapes
            else split.x[name]
            for name in self.prefix.cut
        }
        return Split(x, split.y, {}, split.sample_weight)

    def update(
        self, tell: Callable[[str], None] | None = None, stopped: Callable[[], bool] | None = None
    ) -> bool:
        """Compute what is not known of the layers as they are now; return whether anything changed.

        ``tell`` receives the progress in words.

        Raises:
            StoppedBeforeStartError: ``stopped``, which is polled, returned True.
        """
        key = self._name() if self.outdated else self._key
        if key == self._key:
            self.outdated = False
            return False
        splits = [(getattr(self._source, part), getattr(self.dataset, part)) for part in PARTS]
        pairs = [(source, target) for source, target in splits if source is not None]
        names = [row_digests([source.x[n] for n in self.prefix.sources]) for source, _ in pairs]
        known, features = read_features(key, self.prefix.shapes)
        missing: dict[bytes, tuple[Split, int]] = {}
        for (source, _target), rows in zip(pairs, names, strict=True):
            missing |= {n: (source, i) for i, n in enumerate(rows) if n not in known}
        if missing:
            fresh = self._compute(list(missing.values()), tell, stopped)
            needed = {name for rows in names for name in rows}
            others = [n for n in known if n not in needed][: _OTHERS * len(needed)]
            rows = [*(n for n in known if n in needed), *others]
            places = [known[n] for n in rows]
            features = {
                name: np.concatenate([values[places], fresh[name]])
                for name, values in features.items()
            }
            rows += list(missing)
            known = {name: number for number, name in enumerate(rows)}
            write_features(key, rows, features)
        for (_source, target), rows in zip(pairs, names, strict=True):
            for name, values in features.items():
                np.take(values, [known[row] for row in rows], axis=0, out=target.x[name])
        self._key, self._function, self.outdated = key, None, False
        return True

    def _name(self) -> str:
        nodes = [
            (n.id, n.layer, sorted(n.params.items(), key=repr), n.shared)
            for n in self._project.graph.nodes
            if n.id in self.prefix.nodes
        ]
        edges = [edge for edge in self._project.graph.edges if edge[1] in self.prefix.nodes]
        body = self.prefix.model
        inputs = [(tuple(tensor.shape), str(tensor.dtype)) for tensor in body.inputs]
        facts = [_VERSION, nodes, edges, inputs, self.prefix.shapes]
        texts = (repr(facts), self._project.training.precision)
        return digest([*texts, *(np.asarray(weight) for weight in body.weights)]).hex()

    def _compute(
        self,
        rows: Sequence[tuple[Split, int]],
        tell: Callable[[str], None] | None,
        stopped: Callable[[], bool] | None,
    ) -> Features:
        parts: list[list[NDArray[Any]]] = []
        for start in range(0, len(rows), _BATCH):
            if stopped is not None and stopped():
                raise StoppedBeforeStartError
            if tell is not None:
                share = format_number(start / len(rows), ".0%")
                tell(_("Computing the outputs of the frozen layers once: {share}", share=share))
            batch = rows[start : start + _BATCH]
            x = [np.stack([split.x[n][row] for split, row in batch]) for n in self.prefix.sources]
            parts.append([value.numpy() for value in self._call(x)])
            self.computed += len(batch)
        joined = [np.concatenate(values) for values in zip(*parts, strict=True)]
        return dict(zip(self.prefix.shapes, joined, strict=True))

    def _call(self, x: list[NDArray[Any]]) -> list[Any]:
        import tensorflow as tf

        if self._function is None:
            body = self.prefix.model
            specs = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in body.inputs]

            def work(*values: Any) -> list[Any]:
                return as_list(body(list(values), training=False))

            with tracing():
                self._function = tf.function(work, autograph=False).get_concrete_function(*specs)
        result: list[Any] = self._function(*(tf.convert_to_tensor(value) for value in x))
        return result
