"""What "Show me" can point at, by name. The window has a widget for each."""

from __future__ import annotations

from collections.abc import Mapping

#: Settings of the plan: they stand in the tab Training on a page that is not always in front.
PLAN_FIELDS = (
    "epochs",
    "batch_size",
    "validation_split",
    "seed",
    "class_weight",
    "loss",
    "metrics",
    "optimizer",
    "learning_rate",
    "callbacks",
)

PLACES: Mapping[str, str] = {
    "palette": "the list of layers",
    "canvas": "the canvas",
    "input": "the Input on the canvas",
    "last": "the last layer on the canvas",
    "inspector": "the inspector",
    "train": "the button Train",
    "pause": "the button Pause",
    "stop": "the button Stop",
    "undo": "the button Undo",
    "save": "the button Save",
    "save-model": "the button Save .h5",
    "menu": "the menus",
    "data": "the tab Data",
    "training": "the page Curves",
    "settings": "the page Settings",
    "surface": "the tab Surface",
    "evaluate": "the tab Evaluate",
    "predict": "the tab Predict",
    "inside": "the tab Inside",
    "code": "the tab Code",
    "runs": "the tab Runs",
    "problems": "the number of problems",
    **{name: f"the setting {name}" for name in PLAN_FIELDS},
}
