"""From a recipe to samples: which reader reads which kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.kinds.arrays import read_arrays
from netbuilder.core.data.kinds.builtin import read_builtin
from netbuilder.core.data.kinds.images import read_images
from netbuilder.core.data.kinds.series import windows
from netbuilder.core.data.kinds.table import as_numbers, missing_cells
from netbuilder.core.data.kinds.text import read_text
from netbuilder.core.data.readers.csv_reader import read_csv
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.recipe_options import names as option_names
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data
from netbuilder.core.wording import counted, did_you_mean, listed, quoted

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("builtin", "csv", "images", "text", "series", "arrays")


def read(data: Data, base: Path, *, test: bool = False) -> Samples | None:
    """The samples of a recipe, or those of its test file (None where it has none).

    Raises:
        DataError: no data chosen, or it cannot be read.
    """
    if not data.kind:
        raise DataError("No data is chosen yet.", "Choose data in the Data panel.")
    if data.kind not in KINDS:
        raise DataError(f"The data kind '{data.kind}' does not exist.", f"Use {quoted(KINDS, 9)}.")
    if data.kind == "builtin":
        return None if test else read_builtin(data.name, data.options)
    if not data.path:
        raise DataError("No file is chosen yet.", "Choose a file in the Data panel.")
    own_test = test and bool(data.test_path)
    if test and not own_test and data.kind not in {"arrays", "images"}:
        return None
    path = base / (data.test_path if own_test else data.path)
    if data.kind == "csv":
        return samples_of_table(data, read_csv(path, data.options), path.name)
    if data.kind == "series":
        return _series(data, path)
    if data.kind == "text":
        return read_text(path, data.target, data.options)
    if data.kind == "images":
        return read_images(path, data.options, test=test and not own_test)
    names = tuple(name for names in data.inputs.values() for name in names)
    answers = tuple(name for names in data.targets.values() for name in names)
    return read_arrays(path, data.options, names, answers, test=test and not own_test)


def targets_of(data: Data, columns: Sequence[str], source: str) -> tuple[str, ...]:
    """The target columns of a recipe, checked against the columns that there are.

    ``data.target`` and all columns of ``data.targets``; where neither says anything, the last
    column.

    Raises:
        DataError: a column does not exist.
    """
    named = [*data.target, *(name for names in data.targets.values() for name in names)]
    wanted = tuple(dict.fromkeys(named)) or tuple(columns[-1:])
    known = [str(name) for name in columns]
    for name in wanted:
        need_column(name, known, source, "target column")
    return wanted


def need_column(name: str, known: Sequence[str], source: str, what: str = "column") -> None:
    """Raise ``DataError`` unless ``name`` is among the ``known`` columns."""
    if name not in known:
        raise DataError(
            f"The {what} '{name}' is not in {source}.",
            f"{did_you_mean(name, known)} Its columns are {listed(known, 12)}.".strip(),
        )


def samples_of_table(
    data: Data, table: pd.DataFrame, source: str, *, part: bool = False
) -> Samples:
    """Features and targets of a table, with the recipe's rule for missing values.

    A ``part`` of a larger table may turn out to have no complete row.
    """
    known = [str(name) for name in table.columns]
    targets = targets_of(data, known, source)
    ignored = option_names(data.options, "ignore")
    weight = str(data.options.get("sample_weight") or "")
    for names in (*data.inputs.values(), ignored, (weight,) if weight else ()):
        for name in names:
            need_column(name, known, source)
    chosen = {name for names in data.inputs.values() for name in names}
    features = [
        name
        for name in known
        if (name in chosen if chosen else name not in targets and name not in ignored)
        and name != weight
    ]
    if not features:
        raise DataError(
            f"All columns of {source} are targets: there is nothing to learn from.",
            "Choose fewer target columns.",
        )
    rule = str(data.options.get("missing", "error"))
    filled = [name for name in features if not table[name].isna().all()]
    missing_cells(table[list(dict.fromkeys([*filled, *targets]))], source, rule)
    # A row whose answer is unknown can teach nothing, whatever fills the features.
    used = table.dropna(subset=[*filled, *targets] if rule == "drop" else list(targets))
    notes: tuple[str, ...] = ()
    if len(used) < len(table):
        notes = (f"{counted(len(table) - len(used), 'row')} with missing values left out.",)
    if used.empty and not part:
        raise DataError(
            f"Every row of {source} has a missing value.",
            'Set "Missing values" to "mean", or choose other columns.',
        )
    return Samples(
        role="table",
        table=used[features],
        targets=used[list(targets)],
        weights=_weights(used[weight], source) if weight else None,
        source=source,
        notes=notes,
    )


def _series(data: Data, path: Path) -> Samples:
    table = read_csv(path, data.options)
    targets = targets_of(data, [str(name) for name in table.columns], path.name)
    ignored = [
        name
        for name in option_names(data.options, "ignore")
        if name in table.columns and name not in targets
    ]
    return windows(table.drop(columns=ignored), targets, data.options, path.name)


def _weights(series: pd.Series, source: str) -> NDArray[np.float32]:
    numbers = as_numbers(series, source)
    if numbers is None or numbers.isna().any() or (numbers < 0).any() or not numbers.sum():
        raise DataError(
            f"Column '{series.name}' of {source} cannot weigh the rows: it must hold a number of "
            "at least 0 in each row.",
            "Choose another column for the weights, or none.",
        )
    return np.asarray(numbers.to_numpy(), np.float32)
