"""The user's answers on the model card (``results.model_card``), stored under ``card``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from netbuilder.core.i18n import noop as N_
from netbuilder.core.project.model import Project

KEY = "card"
#: Questions by key in the project.
QUESTIONS: Mapping[str, str] = {
    "purpose": N_("What is the model for, and who should use it?"),
    "harm": N_("Who could be harmed by a wrong prediction?"),
    "limits": N_("When should the model not be used?"),
}


def answers_of(project: Project) -> dict[str, str]:
    """Return the answers by key of ``QUESTIONS``; "" if there is none."""
    card = project.extra.get(KEY)
    answers = card if isinstance(card, Mapping) else {}
    return {key: str(answers.get(key) or "") for key in QUESTIONS}


def with_answer(project: Project, key: str, text: str) -> Project:
    """Return the project with one answer of its card changed."""
    changed = {**answers_of(project), key: text.strip()}
    answers = {name: answer for name, answer in changed.items() if answer}
    extra = {name: value for name, value in project.extra.items() if name != KEY}
    return replace(project, extra={**extra, KEY: answers} if answers else extra)
