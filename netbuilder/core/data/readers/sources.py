"""From a recipe to samples: which reader reads which kind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netbuilder.core.data.kinds.arrays import read_arrays
from netbuilder.core.data.kinds.builtin import read_builtin
from netbuilder.core.data.kinds.images import read_images
from netbuilder.core.data.kinds.series import windows
from netbuilder.core.data.kinds.text import read_text
from netbuilder.core.data.readers.csv_reader import read_csv
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.readers.table_samples import samples_of_table, targets_of
from netbuilder.core.data.recipe_options import names as option_names
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data
from netbuilder.core.wording import quoted

if TYPE_CHECKING:
    pass

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
        return samples_of_table(data, read_csv(path, data.options), path.name, test=test)
    if data.kind == "series":
        return _series(data, path)
    if data.kind == "text":
        return read_text(path, data.target, data.options)
    if data.kind == "images":
        return read_images(path, data.options, test=test and not own_test)
    names = tuple(name for names in data.inputs.values() for name in names)
    answers = tuple(name for names in data.targets.values() for name in names)
    return read_arrays(path, data.options, names, answers, test=test and not own_test)


def _series(data: Data, path: Path) -> Samples:
    table = read_csv(path, data.options)
    targets = targets_of(data, [str(name) for name in table.columns], path.name)
    ignored = [
        name
        for name in option_names(data.options, "ignore")
        if name in table.columns and name not in targets
    ]
    return windows(table.drop(columns=ignored), targets, data.options, path.name)
