"""How raw values become what the network sees, and its answers become raw values again.

A ``Preprocessing`` is a plain value: JSON in the trained file, Keras layers in the assembled
model, NumPy here. All three compute the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeAlias

from netbuilder.core.data.data_facts import BINARY, MULTI_LABEL, REGRESSION, Shape
from netbuilder.core.wording import format_measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"


@dataclass(frozen=True)
class FittedColumn:
    """One column of a table as the network gets it.

    ``kind`` is "number", "category", "boolean" or "date". A category becomes one 0/1 feature
    for each of its ``categories``, named "column=value"; a boolean is 0 or 1, its
    ``categories`` the words for them; a date is the days since 1970-01-01 (``style``
    "dayfirst": 3/4/2024 is in April). ``fill`` stands in for a missing value where the recipe
    says so. ``low``, ``high``, ``mean``, ``common`` (the most frequent value) and ``typical``
    (the median, or the most frequent category) are those of the training rows: forms start
    from them, and new rows are filled with them. ``unit`` is what stood beside the numbers;
    ``whole``: they all were whole numbers.
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


@dataclass(frozen=True)
class InputPreprocessing:
    """Preprocessing of one Input node.

    The raw value is numeric and has the shape of the Input node: a table's row after its text
    columns became 0/1 features, a picture's pixels, the ids of words. The network sees
    ``(raw - offset) / scale``.

    Attributes:
        kind: "table", "image", "text" (ids of words), "tokens" (ids of a
            long text's tokens), "ids" or "numbers" (sequences, arrays).
        shape: shape of a raw sample, without the batch axis.
        dtype: "float32", or "int32" for ids.
        columns: of a table, in the order of the file; of a series likewise.
        offset, scale: one number, or one for each entry of the last axis; empty: unscaled.
        bins: of a table whose numbers are bins: edges of each feature, in scaled units. The network
            itself turns a scaled number into bins.
        vocabulary: of a text: the word of each id; 0 is padding, 1 an unknown word.
        source: name of the array or column that it is read from, where there are several.
        color_mode: of a picture: "rgb" or "grayscale".
        value_range: of a picture: what black and white are as given; empty: unknown.
        sound: of a sound: numbers a second, seconds, and pitches (0: the wave itself).
        level: of a long text to go on from: its tokens are "character", "word" or "byte_pair".
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
        """Whether values change at all on their way in."""
        return bool(self.scale)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features in the order of the last axis; empty for pictures and text."""
        return tuple(name for column in self.columns for name in column.features)

    def apply(self, raw: Array) -> Array:
        """Raw values, any number of samples, to model-ready values."""
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
        columns: names of the target columns.
        classes: label of each class number.
        offset, scale: for numbers: one of each a column; empty: unscaled.
        units: numbers in one target row as the loss gets it (1 for class numbers).
        one_hot: classes are one-hot rows.
        column_units: what stood beside the numbers of each column ("$"), or ""; empty: nothing.
        mean: of the training rows: the mean of each column, or the share of each class or label;
            what a prediction without a look at the sample says. Empty: not known.
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
        """A number of one of its columns in words, with its unit."""
        return format_measure(value, self.column_units[column] if self.column_units else "")

    @property
    def scaled(self) -> bool:
        """Whether the network learns other numbers than those in the file."""
        return bool(self.scale)

    def apply(self, raw: Array) -> Array:
        """Targets to what the loss compares with.

        Args:
            raw: numbers (n, columns) for regression and multi_label; class numbers (n,) else.

        Returns:
            float32 (n, columns) for numbers and multi_label; for classes int32 (n,), float32
            (n, 1) where one sigmoid unit answers, or float32 (n, classes) where one-hot.
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
        """What the network answers, in the data's own units; probabilities stay as they are."""
        import numpy as np

        values = np.asarray(answers, np.float64)
        if self.task == REGRESSION and self.scaled:
            values = values * np.asarray(self.scale) + np.asarray(self.offset)
        return values

    def class_numbers(self, answers: Array) -> Array:
        """The class number that probabilities (n, 1) or (n, classes) speak for."""
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

    ``hints`` are options for reading new files: what the training file said and a single row
    may leave open (is 1,125 a thousand or a little more than one? are these grams, too?).
    """

    inputs: Mapping[str, InputPreprocessing] = field(default_factory=dict)
    outputs: Mapping[str, OutputPreprocessing] = field(default_factory=dict)
    hints: Mapping[str, Any] = field(default_factory=dict)

    def apply_inputs(self, raw: Mapping[str, Array]) -> dict[str, Array]:
        """Raw arrays by Input id to model-ready arrays by Input id."""
        return {key: self.inputs[key].apply(value) for key, value in raw.items()}

    def apply_targets(self, raw: Mapping[str, Array]) -> dict[str, Array]:
        """Raw targets by output id to what the losses compare with."""
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
        """The columns of all inputs, one after the other."""
        return [column for entry in self.inputs.values() for column in entry.columns]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the features of all inputs, each once."""
        names = (name for entry in self.inputs.values() for name in entry.features)
        return tuple(dict.fromkeys(names))

    def to_json(self) -> dict[str, Any]:
        """A value of dicts, lists, numbers and strings."""
        return {
            "inputs": {key: _lists(asdict(value)) for key, value in self.inputs.items()},
            "outputs": {key: _lists(asdict(value)) for key, value in self.outputs.items()},
            **({"hints": dict(self.hints)} if self.hints else {}),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Preprocessing:
        """The reverse of ``to_json``. Keys that are not known are passed over."""
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
        key: one
        for key, one in known.items()
        if isinstance(one, str)
        or (isinstance(one, Mapping) and all(isinstance(each, str) for each in one.values()))
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
