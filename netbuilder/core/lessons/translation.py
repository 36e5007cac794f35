"""Translated lessons: texts of ``first_model.de.md`` in the steps and checks of ``first_model.md``.

Checks and answers stay those of the original, so every class is graded alike.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from netbuilder.core.lessons.lesson import Lesson, LessonStep, ShowHint, StepQuestion

_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Za-z]{2,4})?")


def translation_path(path: Path, language: str) -> Path:
    """Return the path of a translation: ``first_model.de.md`` beside ``first_model.md``."""
    return path.with_suffix(f".{language}{path.suffix}")


def is_translation(path: Path) -> bool:
    """Return whether a file is the translation of another lesson."""
    name, dot, language = path.stem.rpartition(".")
    return bool(
        dot and _LANGUAGE.fullmatch(language) and path.with_name(name + path.suffix).exists()
    )


def translations_of(path: Path) -> list[Path]:
    """Return the translations of a lesson file."""
    beside = path.parent.glob(f"{path.stem}.*{path.suffix}")
    return sorted(file for file in beside if is_translation(file))


def translated(lesson: Lesson, texts: Lesson) -> Lesson:
    """Return the lesson with its translated texts."""
    steps = tuple(_step(*pair) for pair in zip(lesson.steps, texts.steps, strict=True))
    return replace(lesson, title=texts.title, needs=texts.needs, intro=texts.intro, steps=steps)


def _step(step: LessonStep, texts: LessonStep) -> LessonStep:
    show = step.show
    if show is not None and texts.show is not None:
        show = replace(show, text=texts.show.text)
    return replace(
        step, title=texts.title, text=texts.text, hint=texts.hint, show=show,
        question=_translated_question(step.question, texts.question),
        explore=texts.explore or step.explore,
    )  # fmt: skip


def _translated_question(
    own: StepQuestion | None, texts: StepQuestion | None
) -> StepQuestion | None:
    if own is None or texts is None:
        return own
    return replace(
        own, ask=texts.ask, labels=texts.choices, why=texts.why, wrong=texts.wrong,
        another=_translated_question(own.another, texts.another),
    )  # fmt: skip


def differences(lesson: Lesson, texts: Lesson) -> list[str]:
    """Return why a translation does not fit its lesson, a line each; empty if it does."""
    lines = [
        f"{key} is {getattr(texts, key)!r}, not {getattr(lesson, key)!r}"
        for key in ("level", "minutes", "start")
        if getattr(lesson, key) != getattr(texts, key)
    ]
    if len(lesson.steps) != len(texts.steps):
        return [*lines, f"{len(texts.steps)} steps, not {len(lesson.steps)}"]
    for number, (own, translation) in enumerate(zip(lesson.steps, texts.steps, strict=True), 1):
        ours, theirs = _structure(own), _structure(translation)
        lines += [f"step {number}: {key} differs" for key in ours if ours[key] != theirs[key]]
    return lines


def _structure(step: LessonStep) -> dict[str, object]:
    show = replace(step.show, text="") if step.show is not None else ShowHint()
    return {
        "check": tuple(replace(check, line=0) for check in step.checks),
        "hint": bool(step.hint),
        "explore": bool(step.explore),
        "show": (show, bool(step.show and step.show.text)),
        "question": _question_structure(step.question),
        "blocks of code": re.findall(r"^```.*?^```", step.text, re.MULTILINE | re.DOTALL),
        "pictures": re.findall(r"!\[[^\]]*\]\(([^)]*)\)", step.text),
    }


def _question_structure(question: StepQuestion | None) -> tuple[object, ...]:
    if question is None:
        return ()
    at = [choice.casefold() for choice in question.choices]
    right = at.index(question.answer.casefold()) if question.answer and at else None
    number = question.answer if question.kind == "number" else ""
    return (
        question.kind,
        len(at),
        right,
        question.tolerance,
        number,
        _question_structure(question.another),
    )
