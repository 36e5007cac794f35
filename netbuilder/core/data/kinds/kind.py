"""The registry entry of a data kind, and the options that many kinds share.

Dialogs, forms, messages, previews, scripts and the documentation derive from these entries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.kinds.modality import Modality
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.i18n import noop as N_
from netbuilder.core.project.model import MISSING_RULES, Data, Project

if TYPE_CHECKING:
    import pandas as pd


class DataLocation(StrEnum):
    """Where the samples of a kind lie."""

    NOWHERE = "nowhere"  # they come along or are made
    FILE = "file"
    FOLDER = "folder"
    EITHER = "either"


class InputFormat(StrEnum):
    """What the data section of a script leaves in ``x``."""

    TABLE = "table"  # a data frame, still to be scaled
    TEXTS = "texts"  # strings, still to be numbered
    IDS = "ids"  # whole numbers that stand for words
    PIXELS = "pixels"  # pictures as arrays, still to be scaled as a whole
    WHOLE = "whole"  # arrays, still to be scaled as a whole
    NUMBERS = "numbers"  # arrays, still to be scaled along the last axis


@dataclass(frozen=True)
class DataCode:
    """The data section of a script: its lines leave ``x`` and ``y`` (and ``labels`` of classes).

    Attributes:
        fed: what it leaves in ``x``.
        own_test: it leaves ``x_test`` and ``y_test`` too.
        ordered: samples follow each other in time.
        parts: where ``part_of`` comes from: a "column", which decides alone, or "folders",
            where files outside a folder are split; "given": it leaves all three parts itself;
            or "".
        groups: it leaves the group of each row in ``groups``: a group stays in one part.
        weighted: it leaves the weight of each row in ``row_weights``.
        edited: only the first ``made`` samples are split; then those in ``gone`` are dropped, and
            added samples are for training.
        words: a table may have columns of words.
        fills: lines that leave the fill values of ``x_train`` in ``fills``.
        pixels: of pictures, their lowest value and range, as an expression.
        scaling: the default scaling of values that share one scale.
        looked_at: samples used to fit mean and deviation; 0: all.
        input_lines: lines from a Keras Input of the file's content to ``numbers``, the unscaled
            values of ``x_train``; none where they are the same, or no layer can compute them.
        takes: what a model takes instead of the file's content, in words.
        split: of texts, "character" where each character is a word.
        length: words a text, where that is decided.
        most: size of the vocabulary.
        scaled_like: of targets that are scaled as columns of ``x`` are, the columns' places, as an
            expression; "": the targets have scales of their own.
    """

    lines: tuple[str, ...]
    fed: InputFormat = InputFormat.TABLE
    own_test: bool = False
    ordered: bool = False
    parts: str = ""
    groups: bool = False
    weighted: bool = False
    edited: bool = False
    words: bool = False
    fills: tuple[str, ...] = ()
    pixels: str = "0, 255"
    scaling: str = "none"
    looked_at: int = 0
    input_lines: tuple[str, ...] = ()
    takes: str = ""
    split: str = ""
    length: int | None = None
    most: int = 0
    scaled_like: str = ""


@dataclass(frozen=True)
class ScriptRequest:
    """The project to write a script for; ``task`` is the first output's.

    ``short``: write what the files of ``facts`` need and no more, instead of how they are detected.
    """

    project: Project
    facts: DataFacts | None
    task: str
    tasks: Mapping[str, str] = field(default_factory=dict)
    short: bool = False

    def reading(self, key: str, *, test: bool = False) -> Any:
        """Return an entry of how the files were read, for a short script; None without it."""
        if not self.short or self.facts is None:
            return None
        return (self.facts.test_read_as if test else self.facts.read_as).get(key)


@dataclass(frozen=True)
class KindFiles:
    """How samples are read from files.

    Attributes:
        read: (recipe, file or folder, whether it is the test file) to samples.
        endings: of the files that it reads, with their dots, small letters.
        place: where they are: in a file, in a folder, in either, or nowhere (built-in data).
        recognise: (path) to the initial options, None where the path is of another kind.
        read_test: test samples that the same file or folder contains, or None.
        contents: (project, folder) to a view of a file that cannot be trained on yet, or None.
        array_names: the recipe says which of a file's arrays are inputs and which are targets.
        streams: a file that does not fit in memory is read while training.
    """

    read: Callable[[Data, Path, bool], Samples]
    endings: tuple[str, ...] = ()
    place: DataLocation = DataLocation.FILE
    recognise: Callable[[Path], Mapping[str, Any] | None] = lambda path: None
    read_test: Callable[[Data, Path], Samples | None] = lambda data, path: None
    contents: Callable[[Project, Path], object | None] = lambda project, base: None
    array_names: bool = False
    streams: bool = False


@dataclass(frozen=True)
class KindTables:
    """How a file that is a table, whose columns have roles and types, is read.

    Attributes:
        used: (recipe) to whether its file is a table.
        read: (recipe, file, most rows or None) to the table as stored, for the preview; None: it
            shows the samples.
        target_by_name: the default target is chosen by column names; else it is the last column.
    """

    used: Callable[[Data], bool] = lambda data: True
    read: Callable[[Data, Path, int | None], pd.DataFrame] | None = None
    target_by_name: bool = False


@dataclass(frozen=True)
class DataKind:
    """One kind of data.

    Attributes:
        name: as in ``Data.kind``.
        help: one sentence about what it reads and learns.
        noun: the samples in a word or two: "table", "pictures".
        code: the data section of a script.
        more_options: options that depend on the recipe: those of a built-in set.
        task: the task as the recipe alone tells it, or "".
        modalities: the sorts of samples of this kind.
        chosen: (recipe) to a title: the set's or the file's name.
        points: (recipe) to the live view on which its points are edited by hand, or "".
        value: what a feature is called: "column" or "value".
        goes_on: predictions continue after the last row.
    """

    name: str
    title: str
    help: str
    noun: str
    options: tuple[Param, ...]
    files: KindFiles
    code: Callable[[ScriptRequest], DataCode]
    tables: KindTables = KindTables(used=lambda data: False)
    more_options: Callable[[Data], tuple[Param, ...]] = lambda data: ()
    task: Callable[[Data], str] = lambda data: ""
    chosen: Callable[[Data], str] = lambda data: Path(data.path).name
    modalities: tuple[Modality, ...] = ()
    points: Callable[[Data], str] = lambda data: ""
    value: str = "value"
    goes_on: bool = False

    def params(self, data: Data) -> tuple[Param, ...]:
        """Return all options of a recipe of this kind, in the order of the form."""
        return (*self.more_options(data), *self.options)


def automatic_choice(name: str, help: str, *choices: str) -> Param:
    """Return an option that is chosen by the program unless the user decides."""
    return Param(name, Kind.CHOICE, "auto", help, choices=("auto", *choices))


_TASK = N_("type of the target; auto: detected")
TASK = automatic_choice("task", _TASK, "regression", "binary", "classes", "multi_label")
_NUMBERS = N_("scaling of the numbers; predictions are scaled back")
SCALING = automatic_choice("scaling", _NUMBERS, "standard", "minmax", "none")
_BINS = N_(
    "scaling of the numbers; predictions are scaled back. bins: each number becomes how far it "
    "has come through each of 16 equally full bins, so that a layer can treat each part of its "
    "range differently"
)
TABLE_SCALING = automatic_choice("scaling", _BINS, "standard", "minmax", "bins", "none")
_PIXELS = N_("scaling of the pixels. auto: 0 to 255 if the network scales them itself, else 0 to 1")
PIXEL_SCALING = automatic_choice("scaling", _PIXELS, "minmax", "standard", "none")
VALIDATION = Param(
    "validation_split", Kind.FLOAT, 0.1, N_("share held out while training"), 0.0, 0.9
)
TEST = Param("test_split", Kind.FLOAT, 0.2, N_("share held out for evaluation"), 0.0, 0.9)
TEST_FILE = Param(
    "test_path", Kind.FILE, "", N_("file to use instead of a share of the rows"), folders=True
)
PARTS = (VALIDATION, TEST, TEST_FILE)


def rare_option(name: str, kind: Kind, help: str) -> Param:
    """Return an optional option that the form shows under "More"."""
    return Param(name, kind, None, help, optional=True, more=True)


TABLE_FILE = (
    Param(
        "missing", Kind.CHOICE, "error", N_("what to do with empty cells"), choices=MISSING_RULES,
        more=True,
    ),
    rare_option("separator", Kind.TEXT, N_("empty: detected")),
    rare_option("decimal", Kind.TEXT, N_("point or comma; empty: detected")),
    rare_option("thousands", Kind.TEXT, N_("comma or point; empty: detected")),
    rare_option("encoding", Kind.TEXT, N_("empty: detected")),
    rare_option("sheet", Kind.TEXT, N_("sheet of a spreadsheet; empty: the first one")),
    rare_option("ignore", Kind.STRINGS, N_("columns to leave out")),
    rare_option("categories", Kind.STRINGS, N_("numeric columns to treat as categories")),
    rare_option("sample_weight", Kind.TEXT, N_("column of sample weights")),
)  # fmt: skip
MEMORY = Param(
    "memory_limit_mb",
    Kind.FLOAT,
    1024,
    N_("larger data is read from disk while training"),
    1,
    more=True,
)
