"""Named places that "Show me" can point at."""

from __future__ import annotations

from collections.abc import Mapping

from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _

#: Training settings, on a page that may be hidden.
PLAN_FIELDS = tuple(resource_json("tables.json")["plan_fields"])

#: The pages of the window, in the order of ``PANELS`` in ``ui/window/panels.py``.
PAGES: Mapping[str, str] = resource_json("texts.json")["pages"]
#: Pages by names that they had, which lessons may still use.
FORMER_PAGES: Mapping[str, str] = resource_json("tables.json")["former_pages"]

PLACES: Mapping[str, str] = {
    **resource_json("texts.json")["places"],
    **PAGES,
    **{name: PAGES[page] for name, page in FORMER_PAGES.items()},
    **dict.fromkeys(PLAN_FIELDS, ""),
}


def place_title(place: str) -> str:
    """Return a place in words: "the canvas", "the setting epochs"."""
    return _(PLACES[place]) if PLACES[place] else _("the {name} setting", name=place)
