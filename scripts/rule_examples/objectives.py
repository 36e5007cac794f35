"""The rules of ``check/rules/objectives.py``: why each is a problem, what to do, and examples."""

from __future__ import annotations

from netbuilder.core.data.data_facts import CLASSES, REGRESSION
from netbuilder.core.project.model import Choice, OutputSettings, Project, Training
from rule_examples.building import Example, ExampleBuilder, RulePage, chain, facts_for

_SOFTMAX = {"units": 3, "activation": "softmax"}


_HIDDEN = {"units": 8, "activation": "relu"}


def _forked() -> Example:
    sketch = ExampleBuilder().chain(("input", "Input", {}), ("dense", "Dense", _HIDDEN))
    sketch.chain(("out", "Dense", _SOFTMAX), start="dense")
    sketch.chain(("lost", "Dense", _HIDDEN), start="dense")
    facts = facts_for(CLASSES, 3, target_names=("species",))
    return Example(sketch.project(), facts)


def _planned(last: dict[str, object], **plan: object) -> Project:
    return chain(
        ("input", "Input", {}),
        ("dense", "Dense", _HIDDEN),
        ("out", "Dense", last),
        training=Training(**plan),  # type: ignore[arg-type]
    )


PAGES = {
    "dead-end": RulePage(
        ("A branch ends in a layer that does not predict the target; another layer does."),
        ("Connect the branch to another layer, or remove it."),
        (_forked,),
    ),
    "lost-goal": RulePage(
        ("The file has a loss, metrics or columns for an Input or output that does not exist."),
        ("Correct the name in the file, or remove these settings."),
        (
            lambda: Example(
                _planned(_SOFTMAX, outputs={"uot": OutputSettings(Choice("mean_squared_error"))})
            ),
        ),
    ),
    "metric-target": RulePage(
        (
            "A metric compares predictions with one kind of target: class indices, one-hot "
            "vectors or numbers. This target is of another kind."
        ),
        ("Choose a metric that fits the target."),
        (
            lambda: Example(
                _planned(_SOFTMAX, metrics=(Choice("accuracy"), Choice("mean_absolute_error"))),
                facts_for(CLASSES, 3),
            ),
        ),
    ),
    "metric-meaning": RulePage(
        (
            "A metric measures one kind of prediction: accuracy is for classes, mean absolute "
            "error is for numbers."
        ),
        ("Choose a metric that fits the target."),
        (
            lambda: Example(
                _planned({"units": 1}, metrics=(Choice("accuracy"),)), facts_for(REGRESSION, 1)
            ),
        ),
    ),
    "rare-class": RulePage(
        ("When one class has few rows, a network can score well without ever predicting it."),
        ("Use class weights, so that each class counts the same."),
        (
            lambda: Example(
                _planned(_SOFTMAX), facts_for(CLASSES, 3, imbalance=30.0, class_counts=(58, 60, 2))
            ),
        ),
    ),
}
