"""The cells of a table as Keras layers: look-ups, one-hot, and filled gaps.

Unknown words raise an error, as in the program. Dates are days since 1970-01-01: Keras has no
layer that parses them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zlib import crc32

from netbuilder.core.data.kinds.modality import KerasInputs
from netbuilder.core.data.preprocessing.cells import boolean_spellings
from netbuilder.core.data.preprocessing.fitted_preprocessing import FittedColumn, InputPreprocessing
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Data
from netbuilder.core.wording import format_list, join_values

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# An empty cell, of strings.
EMPTY = ""


def table_layers(
    entry: InputPreprocessing, data: Data, key: str, inputs: KerasInputs
) -> Any | None:
    """Return a row's features, one input a column; None where all are numbers without gaps."""
    import keras

    plain = all(_is_number(column) and column.fill is None for column in entry.columns)
    if plain or entry.dtype != "float32":
        return None
    parts = [_features(column, inputs) for column in entry.columns]
    row = parts[0] if len(parts) == 1 else keras.layers.Concatenate(name=f"{key}_row")(parts)
    return row if len(entry.shape) == 1 else keras.layers.Reshape(entry.shape)(row)


def _features(column: FittedColumn, inputs: KerasInputs) -> Any:
    """Return 0/1 for each category, or one number: (rows, features)."""
    import keras
    import numpy as np

    name = column.name.replace("/", "_")
    if column.kind == "category":
        return _one_hot(column, inputs, f"{name}_one_hot")
    if not _is_number(column):
        spelt = boolean_spellings((column.categories[0], column.categories[1]))
        if isinstance(column.fill, float):
            spelt[EMPTY] = column.fill
        return _looked_up(column, spelt, np.float32, inputs)
    value = inputs.column(column.name)
    if column.fill is None:
        return value
    return keras.ops.where(keras.ops.isnan(value), float(column.fill), value)


def _one_hot(column: FittedColumn, inputs: KerasInputs, name: str) -> Any:
    import keras
    import numpy as np

    categories = list(column.categories)
    if whole(column):
        lookup = keras.layers.IntegerLookup(
            vocabulary=[int(category) for category in categories],
            num_oov_indices=0,
            output_mode="one_hot",
            name=name,
        )
        return lookup(inputs.column(column.name, dtype="int64"))
    if column.fill is None:
        lookup = keras.layers.StringLookup(
            vocabulary=categories, num_oov_indices=0, output_mode="one_hot", name=name
        )
        return lookup(inputs.column(column.name, dtype="string"))
    numbers = {label: number for number, label in enumerate(categories)}
    numbers[EMPTY] = numbers[str(column.fill)]
    codes = _looked_up(column, numbers, np.int32, inputs)
    return keras.layers.CategoryEncoding(len(categories), output_mode="one_hot", name=name)(codes)


def _looked_up(
    column: FittedColumn, values: Mapping[str, float], dtype: type[np.generic], inputs: KerasInputs
) -> Any:
    """Map each word of a column to its value; several words may share a value."""
    import keras
    import numpy as np

    name = column.name.replace("/", "_")
    lookup = keras.layers.StringLookup(
        vocabulary=list(values), num_oov_indices=0, name=f"{name}_lookup"
    )
    place = lookup(inputs.column(column.name, dtype="string"))
    return keras.ops.take(np.array(list(values.values()), dtype), place, axis=0)


def taken_columns(entry: InputPreprocessing) -> str:
    """Describe the columns that a model with these layers takes."""
    dates = [column.name for column in entry.columns if column.kind == "date"]
    words = [column.name for column in entry.columns if not _is_number(column)]
    codes = [c.name for c in entry.columns if c.kind == "category" and whole(c)]
    sentences = [
        _(
            "each column as it is in the file: {columns}",
            columns=format_list((c.name for c in entry.columns), 12),
        )
    ]
    if dates:
        sentences.append(_("{columns} as days since 1970-01-01", columns=format_list(dates)))
    if codes:
        sentences.append(_("{columns} as whole numbers", columns=format_list(codes)))
    if words:
        sentences.append(
            _(
                "a value of {columns} that does not occur in the training data is an error",
                columns=format_list(words),
            )
        )
    return join_values(sentences, clauses=True)


def _is_number(column: FittedColumn) -> bool:
    if column.kind == "boolean":
        return set(column.categories) == {"0", "1"}
    return column.kind != "category"


def whole(column: FittedColumn) -> bool:
    """Return whether the categories are whole numbers, which files hold as numbers."""
    return column.fill is None and all(
        category.removeprefix("-").isdecimal() and str(int(category)) == category
        for category in column.categories
    )


def made_up_cells(entry: InputPreprocessing, count: int) -> dict[str, NDArray[Any]]:
    """Return example cells by column, (count,); some are empty where gaps are filled."""
    import numpy as np

    cells_by_column: dict[str, NDArray[Any]] = {}
    for column in entry.columns:
        random = np.random.default_rng(crc32(column.name.encode()))
        if _is_number(column):
            low = column.low or 0.0
            high = column.high if column.high is not None else low + 1.0
            cells: Any = random.uniform(low, high, count).astype(np.float32)
            cells = cells.round() if column.kind != "number" else cells
            empty: Any = np.nan
        else:
            cells = random.choice(np.array(column.categories, object), count)
            cells = cells.astype(np.int64) if whole(column) else cells
            empty = EMPTY
        if column.fill is not None:
            cells[-1] = empty
        cells_by_column[column.name] = cells
    return cells_by_column
