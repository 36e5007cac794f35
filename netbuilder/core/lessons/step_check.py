"""Which steps of a lesson are done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.check_words import ABSENT, CHANGED, Check, CheckTerm, missing_sentences
from netbuilder.core.lessons.layer_check import LayerCheck
from netbuilder.core.lessons.lesson import Lesson, LessonStep
from netbuilder.core.lessons.lesson_state import LessonState

#: ``changed: network`` and ``changed: activation`` take any layer.
_OF_LAYERS = ("network", "activation")


def undone_sentences(lesson: Lesson, state: LessonState, number: int) -> tuple[str, ...]:
    """What is gone of a ticked step, a sentence each; empty where all is there, or was taken.

    Args:
        lesson: the lesson.
        state: what the pupil has; ``done`` are the ticked steps.
        number: the ticked step, counted from 1.
    """
    steps = lesson.steps
    reached = next((n for n in range(1, len(steps) + 1) if n not in state.done), len(steps))
    later = [check for step in steps[number:reached] for check in step.checks]
    found: list[str] = []
    for check in steps[number - 1].checks:
        found += [
            one
            for one in missing_sentences(_lasting(check, later), state, number)
            if one not in found
        ]
    return tuple(found)


def judged_at_the_end(lesson: Lesson, number: int) -> bool:
    """Whether a step can be judged by what a pupil has at the end of the lesson.

    Not where a later step asks for something else, nor where a pupil only looked at something.
    """
    step = lesson.steps[number - 1]
    later = [check for one in lesson.steps[number:] for check in one.checks]
    taken = any(
        (check.layer is not None and any(_takes_layer(one, check.layer) for one in later))
        or any(_takes_term(one, term) for one in later for term in check.terms
               if not term.word.event)
        for check in step.checks
    )  # fmt: skip
    kept = any(
        check.layer is not None or any(not term.word.event for term in check.terms)
        for check in step.checks
    )
    return step.question is not None or (kept and not taken)


def _lasting(check: Check, later: Sequence[Check]) -> Check:
    """The part of a check that should still hold."""
    layer = check.layer
    if layer is not None and any(_takes_layer(one, layer) for one in later):
        layer = None
    return Check(
        check.line,
        tuple(
            term
            for term in check.terms
            if term.word.lasting and not any(_takes_term(one, term) for one in later)
        ),
        # Shapes are worked out beside, and are not known for a moment after each change.
        replace(layer, shape=None) if layer is not None else None,
    )


def _takes_layer(later: Check, layer: LayerCheck) -> bool:
    """Whether a later check makes something else of the layers that a check is about."""
    other = later.layer
    # A layer behind one of its own class is a second one: the first stays as it is.
    if other is not None and other.layer == layer.layer and other.after != layer.layer:
        return True
    return any(
        (term.word.name == ABSENT and term.value == layer.layer)
        or (term.word.name == CHANGED and term.value in _OF_LAYERS)
        for term in later.terms
    )


def _takes_term(later: Check, term: CheckTerm) -> bool:
    """Whether a later check asks for something else of what a line speaks of."""
    if later.layer is not None and term.word.name == ABSENT and term.value == later.layer.layer:
        return True
    return any(
        (one.word.name == term.word.name and one.value != term.value)
        or (one.word.name == CHANGED and one.value == term.word.name)
        for one in later.terms
    )


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
