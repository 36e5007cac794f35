"""What the rest of the program needs to know about the data, without holding the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netbuilder.core.data.findings import Finding

Shape = tuple[int | None, ...]

REGRESSION = "regression"
BINARY = "binary"
CLASSES = "classes"
MULTI_LABEL = "multi_label"
# As a recipe says it; for losses and metrics the tokens are classes.
NEXT_TOKEN = "next_token"
TASKS = (REGRESSION, BINARY, CLASSES, MULTI_LABEL)


@dataclass(frozen=True)
class DataFacts:
    """Facts about a data recipe combined with a graph.

    Attributes:
        rows: training rows only.
        test_rows: rows of the test split or test file.
        task: task of the first output: "regression", "binary", "classes" or "multi_label".
        tasks: the same for each output id.
        input_shapes: shape of one sample, without the batch axis, by Input node id.
        input_dtypes: "float32" or "int32" (ids of words) by Input node id.
        classes: labels of the first output as text, in the order of their numbers.
        output_classes: the same for each output id (empty for numbers).
        output_units: units that the last layer needs, by output id. A target of two classes
            says 1 (one sigmoid); two units with softmax work as well.
        column_names: names of the features, after one-hot encoding.
        vocabulary: words by their id (0 is padding, 1 any unknown word); empty if no text.
        units_scaled: the inputs are scaled before they reach the first layer.
        bins: edges of the bins of each feature by Input id, where numbers become bins.
        value_range: smallest and largest input value before scaling.
        imbalance: rows of the largest class divided by rows of the smallest; 1.0 for numbers.
        class_counts: training rows of each class of the first output, in the order of
            ``classes``.
        one_hot: targets of classes are one-hot rows (option "one_hot"), not class numbers.
        streamed: the data does not fit in memory and is read while training.
        notes: sentences about what was done to the data (an excluded column, say).
        findings: detected properties and problems, with fixes.
        generates: the network continues a text, by "character", "word" or "byte_pair"; else "".
        read_as: arguments of ``pandas.read_csv``, beyond its defaults, that read the file the same
            way: "sep", "encoding", "skiprows", "header", "names", ... Also "forms": how
            pandas reads columns of texts; "thousands" where it reads the rest; of folders as
            ``core.data.readers.class_folders``; of a series "in_order": one series without gaps,
            in the order of the file.
        test_read_as: the same for the test file.
        column_types: "number", "category", "boolean" or "date" of each feature column, in order.
        number_marks: number style (see ``number_text``) of columns with numbers such as "$1,304".
        number_factors: by column the factor of each unit ("g": 0.001).
        word_spellings: by column the spellings of yes and no.
        column_roles: roles that the kind itself detected: the column that orders a series, ...
    """

    rows: int = 0
    validation_rows: int = 0
    test_rows: int = 0
    task: str = REGRESSION
    tasks: Mapping[str, str] = field(default_factory=dict)
    input_shapes: Mapping[str, Shape] = field(default_factory=dict)
    input_dtypes: Mapping[str, str] = field(default_factory=dict)
    target_names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    output_classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    output_units: Mapping[str, int] = field(default_factory=dict)
    column_names: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()
    units_scaled: bool = False
    bins: Mapping[str, tuple[tuple[float, ...], ...]] = field(default_factory=dict)
    value_range: tuple[float, float] = (0.0, 0.0)
    imbalance: float = 1.0
    class_counts: tuple[int, ...] = ()
    one_hot: bool = False
    streamed: bool = False
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    generates: str = ""
    read_as: Mapping[str, Any] = field(default_factory=dict)
    test_read_as: Mapping[str, Any] = field(default_factory=dict)
    column_types: Mapping[str, str] = field(default_factory=dict)
    number_marks: Mapping[str, str] = field(default_factory=dict)
    number_factors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    word_spellings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    column_roles: Mapping[str, str] = field(default_factory=dict)
