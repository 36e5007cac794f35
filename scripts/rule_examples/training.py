"""The rules of ``check/rules/training.py``: why each is a problem, what to do, and examples."""

from __future__ import annotations

from typing import Any

from netbuilder.core.data.data_facts import CLASSES, REGRESSION
from netbuilder.core.project.model import Choice, Project, Training
from rule_examples.building import Example, RulePage, chain, facts_for

PLATEAU = "ReduceLROnPlateau"


_FLOWERS = facts_for(CLASSES, 3)


def _planned(*hidden: tuple[str, str, dict[str, Any]], **plan: Any) -> Project:
    return chain(
        ("input", "Input", {}),
        *(hidden or (("dense", "Dense", {"units": 8, "activation": "relu"}),)),
        ("out", "Dense", {"units": 3, "activation": "softmax"}),
        training=Training(**plan),
    )  # fmt: skip


PAGES = {
    "memory": RulePage(
        (
            "The weights, the gradients, the optimizer's values and each layer's output for one "
            "batch must fit in memory together."
        ),
        ("Make the largest layer or the batch smaller."),
        (
            lambda: Example(
                _planned(
                    ("one", "Dense", {"units": 2_000_000, "activation": "relu"}),
                    ("two", "Dense", {"units": 2_000_000, "activation": "relu"}),
                ),
                facts_for(CLASSES, 3, rows=100_000_000),
            ),
            lambda: Example(
                _planned(
                    ("conv", "Conv1D", {"filters": 64, "kernel_size": 3, "activation": "relu"}),
                    ("pool", "GlobalAveragePooling1D", {}),
                    batch_size=10_000_000,
                ),
                facts_for(CLASSES, 3, (1000, 3), rows=100_000_000),
            ),
        ),
    ),
    "batch-size": RulePage(
        (
            "When a batch holds all rows, an epoch is a single step, and training needs very "
            "many epochs."
        ),
        ("Use a smaller batch size."),
        (lambda: Example(_planned(batch_size=512), _FLOWERS),),
    ),
    "learning-rate": RulePage(
        (
            "If the learning rate is too large, the loss jumps or becomes NaN. If it is too "
            "small, the network learns almost nothing."
        ),
        ("Start with the optimizer's default learning rate and change it by factors of 3."),
        (
            lambda: Example(_planned(optimizer=Choice("Adam", {"learning_rate": 5.0})), _FLOWERS),
            lambda: Example(_planned(optimizer=Choice("SGD", {"learning_rate": 1e-9})), _FLOWERS),
        ),
    ),
    "two-rates": RulePage(
        (
            "A schedule sets the learning rate at every step, so ReduceLROnPlateau cannot set it "
            "too."
        ),
        ("Remove ReduceLROnPlateau, or use a fixed learning rate."),
        (
            lambda: Example(
                _planned(
                    optimizer=Choice(
                        "Adam",
                        {
                            "learning_rate": {
                                "name": "ExponentialDecay",
                                "params": {
                                    "initial_learning_rate": 0.01,
                                    "decay_steps": 100,
                                    "decay_rate": 0.9,
                                },
                            }
                        },
                    ),
                    callbacks=(Choice(PLATEAU),),
                ),
                _FLOWERS,
            ),
        ),
    ),
    "custom-training": RulePage(
        ("The imported code changes its training, with a train_step for example."),
        ("Choose loss and optimizer for NetBuilder's own training, and keep them."),
        (
            lambda: Example(
                _planned(
                    extra={
                        "explanation": "Line 8: 'train_step' changes the training: NetBuilder "
                        "trains without it."
                    }
                ),
                _FLOWERS,
            ),
        ),
    ),
    "log-elsewhere": RulePage(
        ("The file of a callback is outside the project folder or has the wrong extension."),
        ("Enter a file name without a folder, or with a folder inside the project folder."),
        (
            lambda: Example(
                _planned(callbacks=(Choice("CSVLogger", {"filename": "../notes.csv"}),)), _FLOWERS
            ),
        ),
    ),
    "no-averaged-weights": RulePage(
        ("SwapEMAWeights uses averaged weights, but the optimizer keeps none."),
        ("Turn on use_ema in the optimizer."),
        (lambda: Example(_planned(callbacks=(Choice("SwapEMAWeights"),)), _FLOWERS),),
    ),
    "batchnorm-batch-1": RulePage(
        ("BatchNormalization compares the rows of a batch with each other."),
        ("Use a batch size of at least 16, or use LayerNormalization."),
        (
            lambda: Example(
                _planned(
                    ("dense", "Dense", {"units": 8, "activation": "relu"}),
                    ("norm", "BatchNormalization", {}),
                    batch_size=1,
                ),
                _FLOWERS,
            ),
        ),
    ),
    "linear-stack": RulePage(
        (
            "Two Dense layers without an activation between them can learn no more "
            "than a single Dense layer."
        ),
        ("Give the first layer an activation, such as relu."),
        (
            lambda: Example(_planned(("dense", "Dense", {"units": 8})), _FLOWERS),
            lambda: Example(
                _planned(("dense", "Dense", {"units": 8}), ("dropout", "Dropout", {"rate": 0.2})),
                _FLOWERS,
            ),
        ),
    ),
    "too-many-parameters": RulePage(
        ("A network that is large for its data memorises the rows (it overfits)."),
        ("Make the largest layer smaller, or get more data."),
        (
            lambda: Example(
                _planned(
                    ("one", "Dense", {"units": 1024, "activation": "relu"}),
                    ("two", "Dense", {"units": 1024, "activation": "relu"}),
                ),
                facts_for(REGRESSION, 3, rows=120),
            ),
        ),
    ),
}
