"""What a project stores of its lesson, to resume and to grade it.

The key ``lesson`` of the project file: ``{"name": "first_model", "done": [1, 2],
"answers": {"3": "relu"}, "events": ["predicted", "saved:.h5"], "work": "9f…"}``.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from netbuilder.core.project.model import Project

KEY = "lesson"
_MOST = 1000  # entries read from an untrusted file


@dataclass(frozen=True)
class LessonRecord:
    """A lesson's name, done steps, answers and events; copies share the random ID ``work``."""

    name: str
    done: frozenset[int] = frozenset()
    answers: Mapping[int, str] = field(default_factory=dict)
    events: frozenset[str] = frozenset()
    work: str = ""


def new_work_id() -> str:
    """Return a random work ID: 128 bits, hexadecimal."""
    return secrets.token_hex(16)


def with_record(project: Project, record: LessonRecord | None) -> Project:
    """Return the project with this lesson record; None removes it."""
    extra = {key: value for key, value in project.extra.items() if key != KEY}
    if record is not None:
        extra[KEY] = {
            "name": record.name,
            "done": sorted(record.done),
            "answers": {str(key): value for key, value in sorted(record.answers.items())},
            "events": sorted(record.events),
            **({"work": record.work} if record.work else {}),
        }
    return project if extra == dict(project.extra) else replace(project, extra=extra)


def record_of(project: Project) -> LessonRecord | None:
    """Return a project's lesson record; None if there is no readable one."""
    raw: Any = project.extra.get(KEY)
    if not isinstance(raw, Mapping) or not isinstance(raw.get("name"), str):
        return None
    done, answers, events = raw.get("done"), raw.get("answers"), raw.get("events")
    return LessonRecord(
        raw["name"],
        frozenset(
            number
            for number in (done[:_MOST] if isinstance(done, list) else ())
            if isinstance(number, int) and not isinstance(number, bool)
        ),
        {
            int(key): str(value)
            for key, value in (
                list(answers.items())[:_MOST] if isinstance(answers, Mapping) else ()
            )
            if str(key).isdigit()
        },
        frozenset(str(event) for event in (events[:_MOST] if isinstance(events, list) else ())),
        work[:64] if isinstance(work := raw.get("work"), str) and work.isalnum() else "",
    )
