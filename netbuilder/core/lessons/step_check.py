"""Which steps of a lesson are done."""

from __future__ import annotations

from dataclasses import dataclass

from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.check_words import missing_sentences
from netbuilder.core.lessons.lesson import Lesson, LessonStep
from netbuilder.core.lessons.lesson_state import LessonState
from netbuilder.core.lessons.undone_steps import undone_sentences


@dataclass(frozen=True)
class StepResult:
    """One step's state. ``missing_sentences`` says in sentences what is not there yet; empty where
    done.

    ``ticked`` says that it is done because it was once. ``undone_sentences`` says in sentences what
    of it is gone since, though no later step asks for anything else.
    """

    number: int
    title: str
    done: bool
    hint: str = ""
    missing: tuple[str, ...] = ()
    ticked: bool = False
    undone: tuple[str, ...] = ()


def check_steps(lesson: Lesson, state: LessonState) -> tuple[StepResult, ...]:
    """The state of each step, in their order.

    A step that was ticked once stays so: later steps often change what earlier ones asked for.
    What came undone otherwise is told beside.
    A step that is only read is done once all before it are.
    """
    found: list[StepResult] = []
    for number, step in enumerate(lesson.steps, 1):
        if number in state.done:
            gone = undone_sentences(lesson, state, number)
            found.append(StepResult(number, step.title, True, step.hint, ticked=True, undone=gone))
            continue
        wanting = _missing(step, state, number)
        if step.reading and not all(result.done for result in found):
            wanting = (_("Do the previous steps first."),)
        found.append(StepResult(number, step.title, not wanting, step.hint, wanting))
    return tuple(found)


def question_sentences() -> tuple[str, str]:
    """What is missing where a question has no answer, and where its answer is not correct."""
    return _("The question has not been answered yet."), _("The answer is not correct yet.")


def _missing(step: LessonStep, state: LessonState, number: int) -> tuple[str, ...]:
    found: list[str] = []
    question = step.question
    if question is not None:
        given = state.answers.get(number, "")
        unanswered, incorrect = question_sentences()
        if not given.strip():
            found.append(unanswered)
        elif not question.right(given):
            found.append(incorrect)
    for check in step.checks:
        found += [one for one in missing_sentences(check, state, number) if one not in found]
    return tuple(found)
