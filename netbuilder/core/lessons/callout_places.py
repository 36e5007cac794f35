"""Named places that "Show me" can point at."""

from __future__ import annotations

from collections.abc import Mapping

from netbuilder.core.i18n import gettext as _, noop as N_

#: Training settings, on a page that may be hidden.
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

#: The pages of the window, in the order of ``PANELS`` in ``ui/window/panels.py``.
PAGES: Mapping[str, str] = {
    "layer": N_("the Layer page"),
    "data": N_("the Data page"),
    "training": N_("the Curves page"),
    "settings": N_("the Settings page"),
    "runs": N_("the Runs page"),
    "variants": N_("the Experiments page"),
    "evaluate": N_("the Evaluate page"),
    "step": N_("the Step page"),
    "surface": N_("the Surface page"),
    "inside": N_("the Inside page"),
    "explain": N_("the Explain page"),
    "landscape": N_("the Landscape page"),
    "predict": N_("the Predict page"),
    "code": N_("the Code page"),
    "report": N_("the Report page"),
    "submit": N_("the Submit page"),
}

PLACES: Mapping[str, str] = {
    "palette": N_("the list of layers"),
    "canvas": N_("the canvas"),
    "input": N_("the Input on the canvas"),
    "last": N_("the last layer on the canvas"),
    "inspector": N_("the Layer page"),
    "train": N_("the Train button"),
    "pause": N_("the Pause button"),
    "stop": N_("the Stop button"),
    "undo": N_("the Undo button"),
    "save": N_("the Save button"),
    "save-model": N_("the button that saves the trained model"),
    "menu": N_("the menus"),
    "problems": N_("the number of problems"),
    **PAGES,
    **dict.fromkeys(PLAN_FIELDS, ""),
}


def place_title(place: str) -> str:
    """Return a place in words: "the canvas", "the setting epochs"."""
    return _(PLACES[place]) if PLACES[place] else _("the {name} setting", name=place)
