"""The rows of the recipe's form, by kind of data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.project.model import Data

KINDS = {
    "csv": "a table: each column is a feature",
    "text": "text: one column of sentences",
    "series": "a series: rows follow each other in time",
}
_FIELDS = frozenset(Data.__dataclass_fields__)

_TASK = Param(
    "task",
    Kind.CHOICE,
    "auto",
    "what the target is",
    choices=("auto", "regression", "binary", "classes", "multi_label"),
)
_SCALING = Param(
    "scaling",
    Kind.CHOICE,
    "auto",
    "of numbers, undone in the answers",
    choices=("auto", "standard", "minmax", "none"),
)
_VALIDATION = Param("validation_split", Kind.FLOAT, 0.1, "kept aside to watch", 0.0, 0.9)
_TEST = Param("test_split", Kind.FLOAT, 0.2, "kept aside to judge", 0.0, 0.9)
_TEST_FILE = Param("test_path", Kind.FILE, "", "instead of a part of the rows")
_FORMAT = (
    Param(
        "missing",
        Kind.CHOICE,
        "error",
        "what to do with empty cells",
        choices=("error", "drop", "mean"),
        more=True,
    ),
    Param("separator", Kind.TEXT, None, "found by itself", optional=True, more=True),
    Param("decimal", Kind.TEXT, None, "point or comma: found by itself", optional=True, more=True),
    Param("encoding", Kind.TEXT, None, "found by itself", optional=True, more=True),
    Param("ignore", Kind.STRINGS, None, "columns to leave out", optional=True, more=True),
    Param("categories", Kind.STRINGS, None, "numbers that are names", optional=True, more=True),
    Param(
        "sample_weight", Kind.TEXT, None, "column: how much a row counts", optional=True, more=True
    ),
)
_PARTS = (_VALIDATION, _TEST, _TEST_FILE)

RECIPES: Mapping[str, tuple[Param, ...]] = {
    "builtin": (_SCALING, _VALIDATION, _TEST),
    "csv": (_TASK, _SCALING, *_PARTS, *_FORMAT),
    "series": (
        Param("window", Kind.INT, 14, "steps that it looks back", 1),
        Param("horizon", Kind.INT, 1, "steps that it looks ahead", 1),
        _SCALING,
        *_PARTS,
        *_FORMAT,
    ),
    "text": (
        Param("text", Kind.TEXT, None, "column with the text", optional=True),
        Param("max_words", Kind.INT, 10_000, "words that are known", 2),
        Param("sequence_length", Kind.INT, None, "words a text", 1, optional=True),
        _TASK,
        *_PARTS,
        *_FORMAT,
    ),
    "images": (
        Param("image_size", Kind.SIZE, None, "height × width", 1, size=2, optional=True),
        Param(
            "color_mode",
            Kind.CHOICE,
            "rgb",
            "colour or grey",
            choices=("rgb", "grayscale"),
        ),
        _VALIDATION,
        _TEST,
        _TEST_FILE,
    ),
    "arrays": (
        Param("x", Kind.TEXT, "x", "name of the inputs"),
        Param("y", Kind.TEXT, "y", "name of the targets"),
        _TASK,
        _SCALING,
        *_PARTS,
    ),
}


def values_of(data: Data) -> dict[str, Any]:
    """The recipe as the form shows it; what is absent has its default."""
    found: dict[str, Any] = dict(data.options)
    for param in RECIPES.get(data.kind, ()):
        if param.name in _FIELDS:
            found[param.name] = getattr(data, param.name)
    return found


def change_of(data: Data, name: str, value: Any) -> dict[str, Any]:
    """What ``edits.set_data`` is told when a field was edited; ``...`` for the default."""
    if value is ... and name in _FIELDS:
        return {name: Data.__dataclass_fields__[name].default}
    return {name: value}
