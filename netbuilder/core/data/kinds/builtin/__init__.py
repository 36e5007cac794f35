"""The kind of data that needs no file: sets that come along, are made, or are fetched once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netbuilder.core.catalog.spec import Param
from netbuilder.core.data.kinds.builtin.data_set import DataSet
from netbuilder.core.data.kinds.builtin.drawn_sets import DRAWN
from netbuilder.core.data.kinds.builtin.generated_sets import GENERATED, STORIES
from netbuilder.core.data.kinds.builtin.keras_sets import KERAS
from netbuilder.core.data.kinds.builtin.sklearn_sets import SKLEARN
from netbuilder.core.data.kinds.kind import (
    SCALING,
    TEST,
    VALIDATION,
    DataCode,
    DataKind,
    DataLocation,
    ScriptRequest,
)
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data
from netbuilder.core.wording import did_you_mean, format_list

BUILTINS: Mapping[str, DataSet] = {
    row.name: row for row in (*SKLEARN, *DRAWN, *GENERATED, STORIES, *KERAS)
}


def data_set(name: str) -> DataSet:
    """The row of a set.

    Raises:
        DataError: there is no set of that name.
    """
    if name not in BUILTINS:
        raise DataError(
            f"There is no built-in data set '{name}'.",
            f"{did_you_mean(name, list(BUILTINS))} There are {format_list(BUILTINS, 40)}.".strip(),
        )
    return BUILTINS[name]


def read_builtin(name: str, options: Mapping[str, Any]) -> Samples:
    """The samples of a set by its name.

    Raises:
        DataError: there is no such set, or an option does not fit it.
    """
    return data_set(name).make(options)


def _read(data: Data, path: Path, test: bool) -> Samples:
    return read_builtin(data.name, data.options)


def _read_test(data: Data, path: Path) -> Samples | None:
    return data_set(data.name).test(data.options)


def _options(data: Data) -> tuple[Param, ...]:
    return BUILTINS[data.name].options if data.name in BUILTINS else ()


def _code(question: ScriptRequest) -> DataCode:
    return data_set(question.project.data.name).code(question)


KIND = DataKind(
    name="builtin",
    title="Built-in data",
    help="a set that comes along or is made by the program",
    noun="samples",
    options=(SCALING, VALIDATION, TEST),
    readings=(
        (
            "nothing: chosen from the gallery",
            "options in the form; sets of keras.datasets are downloaded once, or a message says "
            "where to put the file",
        ),
    ),
    read=_read,
    code=_code,
    place=DataLocation.NOWHERE,
    read_test=_read_test,
    more_options=_options,
    task=lambda data: BUILTINS[data.name].task if data.name in BUILTINS else "",
    chosen=lambda data: BUILTINS[data.name].title if data.name in BUILTINS else data.name,
    points=lambda data: BUILTINS[data.name].points if data.name in BUILTINS else "",
    value="column",
)
