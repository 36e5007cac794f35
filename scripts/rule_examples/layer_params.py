"""The rules of ``check/rules/layer_params.py``: why each is a problem, what to do, and examples."""

from __future__ import annotations

from typing import Any

from netbuilder.core.project.model import Choice, Training
from rule_examples.building import Example, RulePage, chain

_SOFTMAX = {"units": 3, "activation": "softmax"}


def _with(params: dict[str, Any], layer: str = "Dense") -> Example:
    return Example(
        chain(("input", "Input", {}), ("one", layer, params), ("out", "Dense", _SOFTMAX))
    )


def _planned(**plan: Any) -> Example:
    good = {"units": 3, "activation": "softmax"}
    return Example(chain(("input", "Input", {}), ("out", "Dense", good), training=Training(**plan)))


PAGES = {
    "unknown-layer": RulePage(
        (
            "The file contains a layer that NetBuilder does not have: a misspelled name or a "
            "custom layer."
        ),
        ("Replace the layer with one from the palette, or remove it."),
        (
            lambda: _with({"units": 8, "activation": "relu"}, "Dens"),
            lambda: _with({}, "MyOwnThing"),
        ),
    ),
    "unknown-parameter": RulePage(
        ("The layer has no parameter with this name, so Keras would raise an error."),
        ("Correct the name, or remove the parameter."),
        (
            lambda: _with({"units": 8, "activaton": "relu"}),
            lambda: _with({"units": 8, "activation": "relu", "colour": 3}),
        ),
    ),
    "bad-parameter": RulePage(
        ("A parameter has a value that the layer does not accept."),
        ("Enter a value of the type and in the range that the form shows."),
        (
            lambda: _with({"units": -8, "activation": "relu"}),
            lambda: _with({"units": True, "activation": "relu"}),
            lambda: _with({"rate": 1.5}, "Dropout"),
        ),
    ),
    "missing-parameter": RulePage(
        ("The layer requires this parameter."),
        ("Enter a value."),
        (lambda: _with({"activation": "relu"}),),
    ),
    "no-weights-file": RulePage(
        ("The pretrained model is set to load its weights from a file, but the file is missing."),
        ("Choose a file for weights_file, or set weights to imagenet or none."),
        (lambda: _with({"weights": "file", "pooling": "avg"}, "MobileNet"),),
    ),
    "unknown-choice": RulePage(
        ("The loss, optimizer, a metric or a callback has an unknown name."),
        ("Choose one from the list on the Settings page."),
        (
            lambda: _planned(optimizer=Choice("Adan")),
            lambda: _planned(optimizer=Choice("MyOwnThing")),
            lambda: _planned(metrics=(Choice("acuracy"),)),
            lambda: _planned(loss=Choice("nothing_known")),
        ),
    ),
    "bad-choice": RulePage(
        ("The loss, optimizer, a metric or a callback has an invalid parameter."),
        ("Enter a value in the range that the form shows."),
        (
            lambda: _planned(optimizer=Choice("Adam", {"learning_rate": -1.0})),
            lambda: _planned(optimizer=Choice("Adam", {"speed": 2.0})),
            lambda: _planned(metrics=(Choice("mean_io_u"),)),
        ),
    ),
}
