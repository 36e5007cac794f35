"""The rules of ``check/rules/data.py``: why each is a problem, what to do, and examples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from netbuilder.core.check.diagnostics import RULES
from netbuilder.core.data.data_facts import BINARY, CLASSES
from netbuilder.core.data.findings import Finding, exclude_columns_fix
from netbuilder.core.project.model import Data, Project
from rule_examples.building import Example, ExampleBuilder, Layer, RulePage, chain, facts_for

_PIXELS = facts_for(CLASSES, 3, (32, 32, 3), value_range=(0.0, 255.0), units_scaled=True)


def _pictures(*layers: Layer, scaling: str = "auto") -> Project:
    return chain(
        ("input", "Input", {}),
        *layers,
        ("flat", "Flatten", {}),
        ("out", "Dense", {"units": 3, "activation": "softmax"}),
        data=Data("images", path="photos", scaling=scaling),
    )


_DIVIDE = {"scale": 1 / 255}


_SOFTMAX = {"units": 3, "activation": "softmax"}


_GOOD: tuple[Layer, ...] = (
    ("input", "Input", {}),
    ("dense", "Dense", {"units": 8, "activation": "relu"}),
    ("out", "Dense", _SOFTMAX),
)


_TEXT = facts_for(
    BINARY, 1, (20,), input_dtypes={"input": "int32"},
    vocabulary=tuple(f"word {n}" for n in range(500)),
)  # fmt: skip


def _reading(input_dim: int) -> Project:
    return chain(
        ("input", "Input", {}),
        ("embedding", "Embedding", {"input_dim": input_dim, "output_dim": 8}),
        ("pool", "GlobalAveragePooling1D", {}),
        ("out", "Dense", {"units": 1, "activation": "sigmoid"}),
        data=Data("text", path="reviews.csv"),
    )  # fmt: skip


def _quality(code: str) -> Callable[[], Example]:
    rule = next(one for one in RULES if one.code == code)
    said = f"{rule.title}: column 'x'."
    found = Finding(code, str(rule.severity), said, "x", (exclude_columns_fix("x"),))

    def project() -> Example:
        made = chain(*_GOOD, data=Data("csv", path="d.csv"))
        return Example(made, facts_for(CLASSES, 3, findings=(found,)))

    return project


PAGES = {
    "no-data": RulePage(
        ("A network needs data to learn from, but no data is chosen."),
        ("Choose a file or a built-in data set on the Data page."),
        (
            lambda: Example(replace(chain(*_GOOD), data=Data())),
            lambda: Example(replace(chain(*_GOOD), data=Data("csv"))),
        ),
    ),
    "scaled-twice": RulePage(
        (
            "The first layer expects pixels from 0 to 255 and scales them itself. If the data is "
            "scaled before, all pixels look almost the same and the network learns little."
        ),
        ("Set the scaling of the data to auto."),
        (lambda: Example(_pictures(("divide", "Rescaling", _DIVIDE), scaling="minmax"), _PIXELS),),
    ),
    "two-rescalings": RulePage(
        (
            "A pretrained model and a Rescaling by 1/255 both expect pixels from 0 to 255. After "
            "another Rescaling they get numbers near 0."
        ),
        ("Remove one of the two."),
        (
            lambda: Example(
                _pictures(("divide", "Rescaling", _DIVIDE), ("again", "Rescaling", _DIVIDE)),
                _PIXELS,
            ),
        ),
    ),
    "input-shape": RulePage(
        ("The shape of Input differs from the shape of the data."),
        ("Leave the shape of Input empty to use the shape of the data."),
        (
            lambda: Example(
                ExampleBuilder().chain(("input", "Input", {"shape": [7]}), *_GOOD[1:]).project(),
                facts_for(CLASSES, 3),
            ),
        ),
    ),
    "embedding-vocabulary": RulePage(
        ("Embedding has one row for each word. Words beyond its last row cannot be looked up."),
        ("Set input_dim to the size of the vocabulary."),
        (lambda: Example(_reading(100), _TEXT),),
    ),
    "embedding-numbers": RulePage(
        ("Embedding looks up a row by a whole number. Decimal numbers have no row."),
        ("Remove the Embedding, or choose text data."),
        (
            lambda: Example(
                chain(
                    ("input", "Input", {}),
                    ("embedding", "Embedding", {"input_dim": 12, "output_dim": 8}),
                    ("flatten", "Flatten", {}),
                    ("out", "Dense", _SOFTMAX),
                    data=Data("csv", path="fruit.csv", scaling="none"),
                ),
                facts_for(CLASSES, 3, value_range=(0.0, 1.0), column_types={"fruit": "category"}),
            ),
            lambda: Example(
                chain(
                    ("input", "Input", {}),
                    ("embedding", "Embedding", {"input_dim": 100, "output_dim": 8}),
                    ("flatten", "Flatten", {}),
                    ("out", "Dense", _SOFTMAX),
                ),
                facts_for(CLASSES, 3),
            ),
        ),
    ),
    "unscaled-inputs": RulePage(
        ("Columns with large numbers outweigh the others and make training unstable."),
        ("Turn on scaling on the Data page. The trained model includes the scaling."),
        (
            lambda: Example(
                chain(*_GOOD, data=Data("builtin", name="iris", scaling="none")),
                facts_for(CLASSES, 3, units_scaled=False, value_range=(0.0, 4000.0)),
            ),
        ),
    ),
    "target-in-features": RulePage(
        (
            "A feature that equals the target leaves nothing to learn, and it is unknown when "
            "you predict new rows."
        ),
        ("Leave out the column."),
        (_quality("target-in-features"),),
    ),
    "id-column": RulePage(
        (
            "The network can memorise a number that is different in every row, but "
            "this does not help with new rows."
        ),
        ("Leave out the column."),
        (_quality("id-column"),),
    ),
    "stand-in": RulePage(
        (
            "A value such as -999 is far from all others. It distorts the scaling and what the "
            "network learns."
        ),
        ("Treat the value as missing."),
        (_quality("stand-in"),),
    ),
    "same-word-twice": RulePage(
        ("'Yes' and 'yes' count as different categories."),
        ("Merge the spellings into one category."),
        (_quality("same-word-twice"),),
    ),
    "class-of-one": RulePage(
        ("A class with a single row cannot be in both the training set and the test set."),
        ("Leave out the row, or collect more rows of this class."),
        (_quality("class-of-one"),),
    ),
    "rows-twice": RulePage(
        (
            "Rows that are in both the training set and the validation set make "
            "the result look better than it really is."
        ),
        ("Use each row once."),
        (_quality("rows-twice"),),
    ),
    "test-is-training": RulePage(
        ("A test on training rows does not show how well the network predicts new data."),
        ("Hold out samples of the training data as the test set instead."),
        (_quality("test-is-training"),),
    ),
    "test-rows-known": RulePage(
        ("A test on training rows does not show how well the network predicts new data."),
        ("Choose a test file with other rows."),
        (_quality("test-rows-known"),),
    ),
    "test-column-empty": RulePage(
        ("A test without any value in a column does not show what the column contributes."),
        ("Choose a test file with values in this column, or leave the column out."),
        (_quality("test-column-empty"),),
    ),
    "total-row": RulePage(
        ("A row of totals is not a sample."), ("Leave out the row."), (_quality("total-row"),)
    ),
    "ambiguous-numbers": RulePage(
        ("1,125 can mean one thousand one hundred and twenty-five or a little more than one."),
        ("Choose the decimal separator."),
        (_quality("ambiguous-numbers"),),
    ),
}
