"""Preprocessing from raw values to the network's input, and from predictions back.

A ``Preprocessing`` is a plain value: JSON in the trained file, Keras layers in the assembled
model, NumPy here. All three compute the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeAlias

from netbuilder.core.data.data_facts import BINARY, MULTI_LABEL, REGRESSION, Shape
from netbuilder.core.data.preprocessing.column_parser import ColumnParser
from netbuilder.core.wording import format_measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"


@dataclass(frozen=True)
class FittedColumn:
    """One column of a table as the network gets it.

    ``kind`` is "number", "category", "boolean" or "date". A category becomes one 0/1 feature for
    each of its ``categories``, named "column=value"; a boolean is 0 or 1, its ``categories`` the
    words for them; a date is the days since 1970-01-01 (``style`` "dayfirst": 3/4/2024 is in
    April). ``fill`` replaces a missing value. ``low``, ``high``, ``mean``, ``common`` (the most
    frequent value) and ``typical`` (the median, or the most frequent category) are those of the
    training rows. ``unit`` is that of the numbers; ``whole``: all were integers.
    """

    name: str
    kind: str = "number"
    categories: tuple[str, ...] = ()
    fill: float | str | None = None
    low: float | None = None
    high: float | None = None
    typical: float | str | None = None
    mean: float | None = None
    common: float | str | None = None
    style: str = ""
    unit: str = ""
    whole: bool = False

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features that this column becomes."""
        if self.kind == "category":
            return tuple(f"{self.name}={value}" for value in self.categories)
        return (self.name,)

    @property
    def parser(self) -> ColumnParser:
        """Reads further cells of a column that is no category."""
        words = self.categories if self.kind == "boolean" else ()
        return ColumnParser(self.kind, words, self.style)


@dataclass(frozen=True)
class InputPreprocessing:
    """Preprocessing of one Input node.

    The raw value is numeric and has the shape of the Input node: a table's row after one-hot
    encoding, a picture's pixels, the ids of words. The network gets ``(raw - offset) / scale``.

    Attributes:
        kind: "table", "image", "text" (ids of words), "tokens" (ids of a
            long text's tokens), "ids" or "numbers" (sequences, arrays).
        shape: shape of a raw sample, without the batch axis.
        dtype: "float32", or "int32" for ids.
        columns: of a table or series, in the order of the file.
        offset, scale: one number, or one for each entry of the last axis; empty: unscaled.
        bins: edges of each feature, in scaled units, of a table whose numbers are binned by the
            network itself.
        vocabulary: of a text: the word of each id; 0 is padding, 1 an unknown word.
        source: name of the array or column that it is read from, where there are several.
        color_mode: of a picture: "rgb" or "grayscale".
        value_range: of a picture: raw black and white; empty: unknown.
        sound: of a sound: samples a second, seconds, and mel bands (0: the waveform).
        level: tokens of a long text: "character", "word" or "byte_pair".
        merges: byte pairs that are joined, in their order: "left right" each.
        split: of a text: "character" where every character is a word; "": cut at blanks.
    """

    kind: str = "table"
    shape: Shape = ()
    dtype: str = "float32"
    columns: tuple[FittedColumn, ...] = ()
    offset: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    bins: tuple[tuple[float, ...], ...] = ()
    vocabulary: tuple[str, ...] = ()
    source: str = ""
    color_mode: str = ""
    value_range: tuple[float, ...] = ()
    level: str = ""
    sound: tuple[float, ...] = ()
    split: str = ""
    merges: tuple[str, ...] = ()

    @property
    def scaled(self) -> bool:
        """Whether scaling changes the values."""
        return bool(self.scale)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features in the order of the last axis; empty for pictures and text."""
        return tuple(name for column in self.columns for name in column.features)

    def apply(self, raw: Array) -> Array:
        """Convert raw values to model-ready values."""
        import numpy as np

        if not self.scaled:
            return np.asarray(raw, self.dtype)
        shifted = np.asarray(raw, np.float64) - np.asarray(self.offset)
        scaled: Array = (shifted / np.asarray(self.scale)).astype(self.dtype)
        return scaled


@dataclass(frozen=True)
class OutputPreprocessing:
    """Preprocessing of one output's target.

    Attributes:
        task: "regression", "binary", "classes" or "multi_label".
        classes: label of each class number.
        offset, scale: for numbers: one of each a column; empty: unscaled.
        units: numbers in one target row as the loss gets it (1 for class numbers).
        one_hot: classes are one-hot rows.
        column_units: unit of each column ("$"), or ""; empty: none.
        mean: of the training rows: the mean of each column, or the share of each class or label,
            a baseline prediction. Empty: not known.
        half_widths: of a series, of the band around its forecast, in own units: of each column by
            step, the columns of a step one after the other. Empty: not known.
        naive: of a series, rows that the best naive forecast repeats, its mean absolute error on
            held-out rows, and the network's. Empty: not known.
    """

    task: str = REGRESSION
    columns: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    offset: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    units: int = 1
    one_hot: bool = False
    column_units: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    half_widths: tuple[float, ...] = ()
    naive: tuple[float, ...] = ()

    def told(self, value: float, column: int = 0) -> str:
        """Format a number of one of its columns with its unit."""
        return format_measure(value, self.column_units[column] if self.column_units else "")

    @property
    def scaled(self) -> bool:
        """Whether scaling changes the targets."""
        return bool(self.scale)

    def apply(self, raw: Array) -> Array:
        """Convert targets to what the loss compares with.

        Args:
            raw: numbers (n, columns) for regression and multi_label; class numbers (n,) else.

        Returns:
            float32 (n, columns) for numbers and multi_label; for classes int32 (n,), float32
            (n, 1) for one sigmoid unit, or float32 (n, classes) where one-hot.
        """
        import numpy as np

        if self.task == REGRESSION:
            values = np.asarray(raw, np.float64).reshape(len(raw), -1)
            if self.scaled:
                values = (values - np.asarray(self.offset)) / np.asarray(self.scale)
            return values.astype(np.float32)
        if self.task == MULTI_LABEL:
            return np.asarray(raw, np.float32).reshape(len(raw), -1)
        numbers = np.asarray(raw, np.int32).reshape(-1)
        if self.one_hot:
            return np.eye(len(self.classes), dtype=np.float32)[numbers]
        if self.task == BINARY and self.units == 1:
            return numbers.astype(np.float32).reshape(-1, 1)
        return numbers

    def undo(self, answers: Array) -> Array:
        """Return predictions in the data's units; probabilities are unchanged."""
        import numpy as np

        values = np.asarray(answers, np.float64)
        if self.task == REGRESSION and self.scaled:
            values = values * np.asarray(self.scale) + np.asarray(self.offset)
        return values

    def class_numbers(self, answers: Array) -> Array:
        """Return the class number of probabilities (n, 1) or (n, classes)."""
        import numpy as np

        values = np.asarray(answers)
        values = values.reshape(len(values), -1)
        if self.task == MULTI_LABEL or values.shape[1] == 1:
            numbers: Array = (values >= 0.5).astype(np.int64)
            return numbers if self.task == MULTI_LABEL else numbers[:, 0]
        return np.asarray(values.argmax(axis=1))


@dataclass(frozen=True)
class Preprocessing:
    """All inputs and outputs of a model, by node id.

    ``hints`` are options for reading new files, from the training file, that a single row may leave
    open (decimal point, units).
    """

    inputs: Mapping[str, InputPreprocessing] = field(default_factory=dict)
    outputs: Mapping[str, OutputPreprocessing] = field(default_factory=dict)
    hints: Mapping[str, Any] = field(default_factory=dict)

    def apply_inputs(self, raw: Mapping[str, Array]) -> dict[str, Array]:
        """Convert raw arrays to model-ready arrays, by Input id."""
        return {key: self.inputs[key].apply(value) for key, value in raw.items()}

    def apply_targets(self, raw: Mapping[str, Array]) -> dict[str, Array]:
        """Convert raw targets to loss targets, by output id."""
        return {key: self.outputs[key].apply(value) for key, value in raw.items()}

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels of the first output that has any."""
        for output in self.outputs.values():
            if output.classes:
                return output.classes
        return ()

    @property
    def columns(self) -> list[FittedColumn]:
        """The columns of all inputs."""
        return [column for entry in self.inputs.values() for column in entry.columns]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the features of all inputs, each once."""
        names = (name for entry in self.inputs.values() for name in entry.features)
        return tuple(dict.fromkeys(names))

    def to_json(self) -> dict[str, Any]:
        """Return a value of dicts, lists, numbers and strings."""
        return {
            "inputs": {key: _lists(asdict(value)) for key, value in self.inputs.items()},
            "outputs": {key: _lists(asdict(value)) for key, value in self.outputs.items()},
            **({"hints": dict(self.hints)} if self.hints else {}),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Preprocessing:
        """Reverse ``to_json``; unknown keys are ignored."""
        return cls(
            {key: _input(entry) for key, entry in value.get("inputs", {}).items()},
            {
                key: OutputPreprocessing(**_known(OutputPreprocessing, e))
                for key, e in value.get("outputs", {}).items()
            },
            _hints(value.get("hints")),
        )


def _hints(value: Any) -> dict[str, Any]:
    known = value if isinstance(value, Mapping) else {}
    return {
        key: value
        for key, value in known.items()
        if isinstance(value, str)
        or (isinstance(value, Mapping) and all(isinstance(each, str) for each in value.values()))
    }


def _lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lists(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_lists(entry) for entry in value]
    return value


def _known(kind: Any, value: Mapping[str, Any]) -> dict[str, Any]:
    names = {entry.name for entry in fields(kind)}
    return {
        key: tuple(entry) if isinstance(entry, list) else entry
        for key, entry in value.items()
        if key in names
    }


def _input(value: Mapping[str, Any]) -> InputPreprocessing:
    known = _known(InputPreprocessing, value)
    known["columns"] = tuple(
        FittedColumn(**_known(FittedColumn, entry)) for entry in value.get("columns", ())
    )
    known["bins"] = tuple(map(tuple, value.get("bins") or ()))
    return InputPreprocessing(**known)
