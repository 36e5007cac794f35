"""The rules of ``check/rules/activation.py``: why each is a problem, what to do, and examples."""

from __future__ import annotations

from dataclasses import replace

from netbuilder.core.data.data_facts import BINARY, CLASSES, REGRESSION
from netbuilder.core.project.model import Choice
from rule_examples.building import Example, RulePage, chain, ending, facts_for

_FLOWERS = facts_for(CLASSES, 3)


_PRICES = facts_for(REGRESSION, 1)


_YES_NO = facts_for(BINARY, 1)


PAGES = {
    "softmax-mse": RulePage(
        (
            "Softmax returns class probabilities. A regression loss learns slowly from them, and "
            "they cannot predict a number."
        ),
        ("Use cross-entropy for classes, or no activation for numbers."),
        (
            lambda: ending(2, "softmax", facts_for(REGRESSION, 2), Choice("mean_squared_error")),
            lambda: ending(
                3, "softmax", replace(_FLOWERS, one_hot=True), Choice("mean_squared_error")
            ),
        ),
    ),
    "sigmoid-crossentropy": RulePage(
        (
            "Categorical cross-entropy needs probabilities that add up to 1, but sigmoid "
            "computes each class separately."
        ),
        ("Use softmax."),
        (lambda: ending(3, "sigmoid", _FLOWERS, Choice("sparse_categorical_crossentropy")),),
    ),
    "relu-output": RulePage(
        (
            "ReLU sets everything below 0 to 0, so the network cannot predict negative numbers "
            "and the unit may stop learning."
        ),
        ("Use no activation to predict numbers."),
        (lambda: ending(1, "relu", _PRICES),),
    ),
    "from-logits": RulePage(
        (
            "Cross-entropy expects probabilities when from_logits is off and raw scores (logits) "
            "when it is on. Here it gets the opposite."
        ),
        ("Match the last activation and from_logits."),
        (
            lambda: ending(
                3,
                "softmax",
                _FLOWERS,
                Choice("sparse_categorical_crossentropy", {"from_logits": True}),
            ),
            lambda: ending(3, None, _FLOWERS),
            lambda: ending(1, None, _YES_NO),
        ),
    ),
    "output-activation": RulePage(
        (
            "Cross-entropy compares probabilities between 0 and 1, but this activation returns "
            "other values."
        ),
        ("Use softmax for classes, sigmoid for yes or no."),
        (lambda: ending(3, "relu", _FLOWERS), lambda: ending(1, "tanh", _YES_NO)),
    ),
    "double-activation": RulePage(
        (
            "Softmax applied to softmax makes all probabilities nearly equal, so every "
            "prediction looks uncertain."
        ),
        ("Remove one of the two."),
        (
            lambda: Example(
                chain(
                    ("input", "Input", {}),
                    ("out", "Dense", {"units": 3, "activation": "softmax"}),
                    ("softmax", "Softmax", {}),
                ),
                _FLOWERS,
            ),
        ),
    ),
    "hidden-softmax": RulePage(
        (
            "The outputs of a softmax add up to 1. A layer behind it gets little information, and "
            "the network trains slowly or not at all."
        ),
        ("Use relu in hidden layers, and softmax in the last layer only."),
        (
            lambda: Example(
                chain(
                    ("input", "Input", {}),
                    ("hidden", "Dense", {"units": 3, "activation": "softmax"}),
                    ("drop", "Dropout", {"rate": 0.2}),
                    ("out", "Dense", {"units": 3, "activation": "softmax"}),
                ),
                _FLOWERS,
            ),
        ),
    ),
}
