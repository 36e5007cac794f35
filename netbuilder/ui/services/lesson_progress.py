"""How far each pupil is in each lesson, kept with the window's settings."""

from __future__ import annotations

import json
from typing import Any

from netbuilder.core.lessons.record import Record
from netbuilder.ui.services.settings import settings

#: Who learns here, as the pupil wrote it when handing in; "" for whoever is logged in.
PUPIL = "pupil"


def pupil() -> str:
    """Name or number of who learns here; "" until it was asked for."""
    return str(settings().value(PUPIL, "") or "")


def set_pupil(name: str) -> None:
    """Keep who learns here."""
    kept = settings()
    kept.setValue(PUPIL, name)
    kept.sync()


def _key(lesson: str) -> str:
    who = pupil().replace("/", "_") or "me"
    return f"lessons/{who}/{lesson.replace('/', '_')}"


def kept(lesson: str) -> Record:
    """How far the pupil is in a lesson; an empty record where it was not begun."""
    try:
        raw: Any = json.loads(str(settings().value(_key(lesson), "{}")))
    except ValueError:
        raw = {}
    if not isinstance(raw, dict):
        raw = {}
    return Record(
        lesson,
        frozenset(int(one) for one in raw.get("done", ())),
        {int(key): str(value) for key, value in raw.get("answers", {}).items()},
        frozenset(str(one) for one in raw.get("events", ())),
    )


def keep(record: Record) -> None:
    """Remember how far the pupil is."""
    value = {
        "done": sorted(record.done),
        "answers": {str(key): value for key, value in record.answers.items()},
        "events": sorted(record.events),
    }
    store = settings()
    store.setValue(_key(record.name), json.dumps(value, ensure_ascii=False))
    store.sync()
