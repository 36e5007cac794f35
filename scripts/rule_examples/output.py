"""The rules of ``check/rules/output.py``: why each is a problem, what to do, and examples."""

from __future__ import annotations

from dataclasses import replace

from netbuilder.core.data.data_facts import BINARY, CLASSES, REGRESSION
from netbuilder.core.project.model import Choice
from rule_examples.building import Example, RulePage, chain, ending, facts_for


def _dropped() -> Example:
    return Example(
        chain(
            ("input", "Input", {}), ("dense", "Dense", {"units": 8, "activation": "relu"}),
            ("out", "Dense", {"units": 3, "activation": "softmax"}),
            ("dropout", "Dropout", {"rate": 0.5}),
        ),
        facts_for(CLASSES, 3),
    )  # fmt: skip


_FLOWERS = facts_for(CLASSES, 3)


_PRICES = facts_for(REGRESSION, 1)


_GRADES = facts_for(CLASSES, 6, classes=("1", "2", "3", "4", "5", "6"))


_YES_NO = facts_for(BINARY, 1)


PAGES = {
    "output-units": RulePage(
        ("The last layer must have one unit for each class, or one for each number to predict."),
        ("Set the units of the last layer."),
        (
            lambda: ending(10, "softmax", _FLOWERS),
            lambda: ending(32, "relu", _FLOWERS),
            lambda: ending(2, None, _PRICES),
            lambda: ending(3, "sigmoid", _YES_NO),
            lambda: ending(1, None, _GRADES, Choice("mean_squared_error")),
            lambda: Example(
                chain(("input", "Input", {"shape": [20, 3]}), ("lstm", "LSTM", {"units": 8})),
                facts_for(CLASSES, 3, (20, 3)),
            ),
        ),
    ),
    "softmax-one-unit": RulePage(
        (
            "The outputs of softmax add up to 1, so a single unit always returns 1 and the "
            "network learns nothing."
        ),
        ("Use sigmoid for yes or no, or no activation for a number."),
        (lambda: ending(1, "softmax", _YES_NO), lambda: ending(1, "softmax", _PRICES)),
    ),
    "loss-target": RulePage(
        (
            "Each loss is made for one kind of target: numbers, yes or no, class indices "
            "(sparse) or one-hot vectors."
        ),
        ("Choose a loss that fits the target."),
        (
            lambda: ending(3, "softmax", _FLOWERS, Choice("categorical_crossentropy")),
            lambda: ending(
                3,
                "softmax",
                replace(_FLOWERS, one_hot=True),
                Choice("sparse_categorical_crossentropy"),
            ),
            lambda: ending(1, None, _PRICES, Choice("binary_crossentropy", {"from_logits": True})),
            lambda: ending(3, None, _FLOWERS, Choice("mean_squared_error")),
        ),
    ),
    "dropout-output": RulePage(
        ("Dropout after the last layer sets parts of the prediction to 0 during training."),
        ("Remove the layer, or move it between hidden layers."),
        (_dropped,),
    ),
}
