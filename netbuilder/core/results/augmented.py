"""Pictures as the layers at a network's start change them at random while it learns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.catalog.layers.layer_index import spec_of
from netbuilder.core.catalog.spec import Category
from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.engine.build.graph_to_keras import make_layer
from netbuilder.core.project.graph_ends import layer_owner
from netbuilder.core.project.model import Graph, Node


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
