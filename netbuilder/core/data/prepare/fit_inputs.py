"""Fit the preprocessing of one Input node, and read its raw values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import Shape
from netbuilder.core.data.kinds import table
from netbuilder.core.data.kinds.images import decode
from netbuilder.core.data.kinds.text import encode_texts, fit_length, fit_vocabulary
from netbuilder.core.data.prepare import scaling
from netbuilder.core.data.prepare.preprocess import Column, InputPre
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.errors import DataError
from netbuilder.core.project.graph_ends import feeds_embedding
from netbuilder.core.project.model import Project
from netbuilder.core.wording import listed

Array = NDArray[Any]
_LOOK_AT = 200


def fit_input(
    project: Project, key: str, samples: Samples, train: NDArray[np.int64]
) -> tuple[InputPre, tuple[str, ...]]:
    """The preprocessing of Input node ``key``, fitted on the rows ``train``, and notes."""
    if samples.role == "table":
        return _fit_table(project, key, samples, train)
    return _fit_array(project, key, samples, train), ()


def read_raw(samples: Samples, pre: InputPre, rows: NDArray[np.int64] | slice) -> Array:
    """Raw values of some rows, (rows, *pre.shape), as the trained model takes them.

    Pictures from files stay 8-bit, which takes a quarter of the memory.
    """
    if samples.table is not None:
        raw: Array = table.encode(samples.table.iloc[rows], pre.columns, samples.source)
    else:
        # A test set of its own may name its one array otherwise.
        only = next(iter(samples.arrays.values()))
        values = samples.arrays.get(pre.source, only)[rows]
        if pre.kind == "text":
            return encode_texts(values, pre.vocabulary, int(pre.shape[0] or 1))
        if pre.kind == "image" and values.dtype == object:
            return decode(values, tuple(size or 1 for size in pre.shape))
        raw = values
    kept: Array = np.asarray(raw, pre.dtype).reshape(len(raw), *_known(pre.shape))
    return kept


def _known(shape: Shape) -> tuple[int, ...]:
    return tuple(-1 if size is None else size for size in shape)


def wanted_shape(project: Project, key: str, shape: Shape) -> Shape:
    """The shape that the Input node asks for, where the data's values fit into it.

    Nine columns can be a 3×3 picture: ``Input`` with ``shape`` [3, 3, 1] makes it so. A shape
    that does not fit is left to the checks, which say so on the node.
    """
    node = project.graph.by_id.get(key)
    given = node.params.get("shape") if node else None
    if not given or any(not isinstance(size, int) for size in given):
        return shape
    if any(size is None for size in shape):
        return shape
    fits = int(np.prod(given)) == int(np.prod([size or 0 for size in shape]))
    return tuple(given) if fits else shape


def _fit_table(
    project: Project, key: str, samples: Samples, train: NDArray[np.int64]
) -> tuple[InputPre, tuple[str, ...]]:
    assert samples.table is not None
    data = project.data
    names = list(dict.fromkeys(data.inputs.get(key) or samples.table.columns))
    columns, notes = table.make_columns(
        samples.table[names].iloc[train], data.options, samples.source, data.columns
    )
    if not columns:
        raise DataError(
            f"No column of {samples.source} can be used for '{key}'. {' '.join(notes)}",
            "Choose columns of numbers, or text columns with few distinct values.",
        )
    values = table.encode(samples.table.iloc[train], columns, samples.source)
    if feeds_embedding(project.graph, key):
        return InputPre("table", (values.shape[1],), "int32", columns), notes
    shape = wanted_shape(project, key, (values.shape[1],))
    if len(shape) > 1:
        offset, scale = scaling.fit_whole(values, data.scaling, None)
    else:
        keep = np.concatenate(
            [np.full(len(column.features), column.kind == "category") for column in columns]
        )
        offset, scale = scaling.fit_columns(values, data.scaling, keep)
    return InputPre("table", shape, "float32", columns, offset, scale), notes


def _fit_array(project: Project, key: str, samples: Samples, train: NDArray[np.int64]) -> InputPre:
    given = project.data.inputs.get(key) or ()
    source = given[0] if given else next(iter(samples.arrays))
    if source not in samples.arrays:
        raise DataError(
            f"There is no '{source}' in {samples.source}.",
            f"It holds {listed(samples.arrays)}.",
        )
    values = samples.arrays[source]
    how = project.data.scaling
    if samples.role == "text":
        return _fit_text(project, key, source, values[train])
    if samples.role == "image":
        return _fit_image(project, key, samples, source, train)
    shape = wanted_shape(project, key, values.shape[1:])
    if feeds_embedding(project.graph, key):
        return InputPre("ids", shape, "int32", source=source)
    if len(shape) == values.ndim - 1:
        offset, scale = scaling.fit_columns(values[train], how)
    else:
        offset, scale = scaling.fit_whole(values[train], how, None)
    columns: tuple[Column, ...] = ()
    if samples.columns and shape == values.shape[1:]:
        columns = tuple(
            Column(name, low=float(seen.min()), high=float(seen.max()))
            for name, seen in zip(samples.columns, np.moveaxis(values[train], -1, 0), strict=True)
        )
    return InputPre("numbers", shape, "float32", columns, offset, scale, source=source)


def _fit_text(project: Project, key: str, source: str, texts: Array) -> InputPre:
    options = project.data.options
    node = project.graph.by_id.get(key)
    asked: tuple[object, ...] = tuple((node.params.get("shape") if node else None) or ())
    if len(asked) == 1 and isinstance(asked[0], int) and "sequence_length" not in options:
        options = {**options, "sequence_length": asked[0]}
    return InputPre(
        "text",
        (fit_length(list(texts), options),),
        "int32",
        vocabulary=fit_vocabulary(texts, options),
        source=source,
    )


def _fit_image(
    project: Project, key: str, samples: Samples, source: str, train: NDArray[np.int64]
) -> InputPre:
    values = samples.arrays[source]
    if values.dtype == object:
        shape: tuple[int, ...] = samples.sample_shape
        node = project.graph.by_id.get(key)
        asked = tuple((node.params.get("shape") if node else None) or ())
        whole = all(isinstance(size, int) for size in asked)
        # An Input node that says its size is obeyed, unless the recipe says otherwise.
        if len(asked) == 3 and whole and asked[2] in {1, 3}:
            if "image_size" not in project.data.options:
                shape = (*asked[:2], shape[2])
            if "color_mode" not in project.data.options:
                shape = (*shape[:2], asked[2])
        # Only mean and deviation need pixels: what black and white are is known.
        few = train[:: max(1, len(train) // _LOOK_AT)]
        looked_at = decode(values[few if project.data.scaling == "standard" else few[:1]], shape)
    else:
        shape = tuple(size or 1 for size in wanted_shape(project, key, values.shape[1:]))
        looked_at = values[train]
    offset, scale = scaling.fit_whole(looked_at, project.data.scaling, samples.value_range)
    mode = {1: "grayscale", 3: "rgb"}.get(shape[-1] if len(shape) == 3 else 0, "")
    return InputPre(
        "image",
        shape,
        "float32",
        (),
        offset,
        scale,
        source=source,
        color_mode=mode,
        value_range=samples.value_range or (),
    )
