"""How far each pupil is in each lesson, kept with the window's settings."""

from __future__ import annotations

import json
from typing import Any

from netbuilder.core.lessons.lesson_record import LessonRecord
from netbuilder.ui.services.settings import CONTINUE, settings

#: Where the name stands that a pupil wrote when handing in; "" for whoever is logged in.
PUPIL = "hand-in/name"
_NOBODY = "me"


def pupil() -> str:
    """Name or number of who learns here; "" until it was asked for."""
    return str(settings().value(PUPIL, "") or "")


def _key(lesson: str, who: str) -> str:
    return f"lessons/{who.replace('/', '_') or _NOBODY}/{lesson.replace('/', '_')}"


def kept(lesson: str) -> LessonRecord:
    """How far the pupil is in a lesson; an empty record where it was not begun."""
    try:
        store = settings()
        # What was done before the pupil gave a name is theirs too.
        nameless = store.value(_key(lesson, ""), "{}")
        raw: Any = json.loads(str(store.value(_key(lesson, pupil()), nameless)))
    except ValueError:
        raw = {}
    if not isinstance(raw, dict):
        raw = {}
    return LessonRecord(
        lesson,
        frozenset(int(one) for one in raw.get("done", ())),
        {int(key): str(value) for key, value in raw.get("answers", {}).items()},
        frozenset(str(one) for one in raw.get("events", ())),
    )


def last_lesson() -> str:
    """Return the name of the lesson that was gone on with last; "" where a file was opened or
    saved since."""
    return str(settings().value(CONTINUE, "") or "")


def keep(record: LessonRecord) -> None:
    """Remember how far the pupil is."""
    value = {
        "done": sorted(record.done),
        "answers": {str(key): value for key, value in record.answers.items()},
        "events": sorted(record.events),
    }
    store = settings()
    store.setValue(_key(record.name, pupil()), json.dumps(value, ensure_ascii=False))
    store.setValue(CONTINUE, record.name)
    if pupil():
        store.remove(_key(record.name, ""))
    store.sync()
