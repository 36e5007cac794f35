"""What a person answers on the model card of their project.

The answers stand in the project (and so in the ``.h5``) under ``card``; the facts beside them are
``results.model_card``'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from netbuilder.core.i18n import noop as N_
from netbuilder.core.project.model import Project

KEY = "card"
#: What a person answers: key in the project, and the question.
QUESTIONS: Mapping[str, str] = {
    "purpose": N_("What is the model for, and who should use it?"),
    "harm": N_("Who could be harmed by a wrong prediction?"),
    "limits": N_("When should the model not be used?"),
}


def answers_of(project: Project) -> dict[str, str]:
    """Return what the person has written, by key of ``QUESTIONS``; "" where nothing is."""
    given = project.extra.get(KEY)
    known = given if isinstance(given, Mapping) else {}
    return {key: str(known.get(key) or "") for key in QUESTIONS}


def with_answer(project: Project, key: str, text: str) -> Project:
    """Return the project with one answer of its card changed."""
    given = {**answers_of(project), key: text.strip()}
    kept = {name: one for name, one in given.items() if one}
    extra = {name: one for name, one in project.extra.items() if name != KEY}
    return replace(project, extra={**extra, KEY: kept} if kept else extra)
