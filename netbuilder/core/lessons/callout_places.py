"""What "Show me" can point at, by name. The window has a widget for each."""

from __future__ import annotations

from collections.abc import Mapping

from netbuilder.core.i18n import gettext as _, noop as N_

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
    "palette": N_("the list of layers"),
    "canvas": N_("the canvas"),
    "input": N_("the Input on the canvas"),
    "last": N_("the last layer on the canvas"),
    "inspector": N_("the page Layer"),
    "train": N_("the button Train"),
    "pause": N_("the button Pause"),
    "stop": N_("the button Stop"),
    "undo": N_("the button Undo"),
    "save": N_("the button Save"),
    "save-model": N_("the button that saves the trained model"),
    "menu": N_("the menus"),
    "data": N_("the page Data"),
    "training": N_("the page with the curves"),
    "settings": N_("the page Settings"),
    "surface": N_("the page Surface"),
    "evaluate": N_("the page Evaluate"),
    "predict": N_("the page Predict"),
    "inside": N_("the page Inside"),
    "code": N_("the page Code"),
    "layer": N_("the page Layer"),
    "variants": N_("the page Experiments"),
    "explain": N_("the page Explain"),
    "report": N_("the page Report"),
    "submit": N_("the page Submit"),
    "runs": N_("the page Runs"),
    "problems": N_("the number of problems"),
    **dict.fromkeys(PLAN_FIELDS, ""),
}


def place_title(place: str) -> str:
    """Return a place in words: "the canvas", "the setting epochs"."""
    return _(PLACES[place]) if PLACES[place] else _("the setting {name}", name=place)
