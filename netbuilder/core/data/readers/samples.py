"""Samples as read from their source, with their targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from netbuilder.core.data.findings import Finding
from netbuilder.core.data.readers.excluded_files import SampleFolder
from netbuilder.core.data.readers.table_cells import TableReading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"
FOLDER = "folder"  # name of the index of samples that a folder for each class holds


@dataclass(frozen=True, eq=False)
class UneditedSamples:
    """A set as it was made, before a person changed its points.

    ``labels`` (n,) of all that were made; ``origin`` (m,): of each sample its number among them,
    or -1, -2, ... of those that were put in.
    """

    labels: Array
    origin: Array


@dataclass(frozen=True)
class Samples:
    """Samples of one source, n of them.

    Attributes:
        role: "table" (``table`` holds the features), "image" (arrays of pixels, or paths of
            picture files), "text" (arrays of strings), "numbers" (sequences and other arrays)
            or "ids" (whole numbers that stand for words).
        table: the columns that are features.
        unused: columns of the same rows that have no role.
        arrays: by name, n × ...; object arrays of ``RoutePath`` or ``str`` are read when needed.
        targets: n rows, one column a target; a column of classes holds labels.
        columns: names of the last axis of a series.
        value_range: lowest and highest value that a picture's pixel can have, where the source
            says so.
        sample_shape: (height, width, channels) of pictures that are still to be read.
        weights: how much each sample counts, where the recipe names a column for it.
        ordered: rows follow each other in time and are not shuffled before they are split.
        groups: number of the group that each sample belongs to; a group stays in one part.
        parts: the part (0 training, 1 validation, 2 test) that each sample belongs to, where a
            column says it.
        made: of a generated set that was changed by hand, how it was before.
        source: name of the file or set, for messages.
        notes: sentences about what was done to the data.
        findings: what the reader concluded, with the choice to change it.
        reading: what was concluded while their table was read.
        roles: of columns whose role was concluded in a way of the kind's own.
        from_file: a table of a person's own, that may hold what no ready-made set does.
        vocabulary: of a long text the token of each number.
        level: its tokens: "character", "word" or "byte_pair".
        merges: byte pairs in the order in which they were joined: left, right, how often.
        details: numbers that the kind reads its files by.
        days: of a dated series, days since 1970-01-01 of the rows of each window and of those that
            are predicted from it, (n, window + horizon).
        home: where samples that are files lie.
    """

    role: str
    targets: pd.DataFrame
    table: pd.DataFrame | None = None
    unused: pd.DataFrame | None = None
    arrays: dict[str, Array] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    value_range: tuple[float, float] | None = None
    sample_shape: tuple[int, ...] = ()
    weights: Array | None = None
    ordered: bool = False
    groups: Array | None = None
    parts: Array | None = None
    made: UneditedSamples | None = None
    source: str = ""
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    from_file: bool = False
    reading: TableReading = field(default_factory=TableReading)
    roles: Mapping[str, str] = field(default_factory=dict)
    vocabulary: tuple[str, ...] = ()
    merges: tuple[tuple[str, str, int], ...] = ()
    level: str = ""
    details: tuple[float, ...] = ()
    days: Array | None = None
    home: SampleFolder | None = None

    def __len__(self) -> int:
        return len(self.targets)


def folder_targets(labels: Sequence[str]) -> pd.DataFrame:
    """Return the targets of samples in class folders; messages then name the folder."""
    import pandas as pd

    return pd.DataFrame({"class": labels}, index=pd.RangeIndex(len(labels), name=FOLDER))
