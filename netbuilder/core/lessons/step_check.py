"""Decide which steps of a lesson are done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.check_words import ABSENT, CHANGED, Check, CheckTerm, missing_sentences
from netbuilder.core.lessons.layer_check import LayerCheck
from netbuilder.core.lessons.lesson import Lesson, LessonStep
from netbuilder.core.lessons.lesson_state import LessonState
from netbuilder.core.project.model import Project

#: ``changed: network`` and ``changed: activation`` take any layer.
_OF_LAYERS = ("network", "activation")


def undone_sentences(lesson: Lesson, state: LessonState, number: int) -> tuple[str, ...]:
    """Return a sentence for each part of the ticked step ``number`` that is gone; of several
    answers the last one counts."""
    steps = lesson.steps
    answers = [
        sentence
        for sentence in _answer_missing(steps[number - 1], state, number)
        if state.answers.get(number)
    ]
    reached = next((n for n in range(1, len(steps) + 1) if n not in state.done), len(steps))
    later = [check for step in steps[number:reached] for check in step.checks]
    lasting = [_lasting(check, later) for check in steps[number - 1].checks]
    gone = chain(answers, *(missing_sentences(check, state, number) for check in lasting))
    return tuple(dict.fromkeys(gone))


def breaks_lesson(lesson: Lesson, state: LessonState, project: Project) -> bool:
    """Return whether changing the network to ``project`` breaks a part of a lesson that holds: of
    the steps that are done, or of the first that is not."""
    changed = replace(state, project=project)
    for result in check_steps(lesson, state):
        later = lesson.steps[result.number :]
        following = [check for step in later for check in step.checks] if result.ticked else []
        for check in lesson.steps[result.number - 1].checks:
            lasting = _lasting(check, following)
            terms = (t for t in check.terms if t in lasting.terms or t.word.name == "layers")
            parts = [Check(check.line, (term,)) for term in terms]
            parts.append(Check(check.line, layer=lasting.layer))
            for part in parts:
                before, after = (missing_sentences(part, s, result.number)
                                 for s in (state, changed))  # fmt: skip
                if after and not before:
                    return True
        if not result.done:
            break
    return False


def judged_at_the_end(lesson: Lesson, number: int) -> bool:
    """Return whether a finished work can still prove a step: no later step changes it."""
    step = lesson.steps[number - 1]
    later = [check for following in lesson.steps[number:] for check in following.checks]
    superseded = any(
        (check.layer is not None and any(_changes_layer(other, check.layer) for other in later))
        or any(_changes_term(other, term) for other in later for term in check.terms
               if not term.word.event)
        for check in step.checks
    )  # fmt: skip
    provable = any(
        check.layer is not None or any(not term.word.event for term in check.terms)
        for check in step.checks
    )
    return step.question is not None or (provable and not superseded)


def _lasting(check: Check, later: Sequence[Check]) -> Check:
    layer = check.layer
    if layer is not None and any(_changes_layer(other, layer) for other in later):
        layer = None
    return Check(
        check.line,
        tuple(
            term
            for term in check.terms
            if term.word.lasting and not any(_changes_term(other, term) for other in later)
        ),
        # Shapes are computed asynchronously and unknown just after a change.
        replace(layer, shape=None) if layer is not None else None,
    )


def _changes_layer(later: Check, layer: LayerCheck) -> bool:
    """Return whether a later check changes the layers of this check."""
    other = later.layer
    # A layer after one of its own class is a second one: the first stays.
    if other is not None and other.layer == layer.layer and other.after != layer.layer:
        return True
    return any(
        (term.word.name == ABSENT and term.value == layer.layer)
        or (term.word.name == CHANGED and term.value in _OF_LAYERS)
        for term in later.terms
    )


def _changes_term(later: Check, term: CheckTerm) -> bool:
    """Return whether a later check asks for another value of this term."""
    if later.layer is not None and term.word.name == ABSENT and term.value == later.layer.layer:
        return True
    return any(
        (other.word.name == term.word.name and other.value != term.value)
        or (other.word.name == CHANGED and other.value == term.word.name)
        for other in later.terms
    )


@dataclass(frozen=True)
class StepResult:
    """One step's state; ``missing`` are sentences about what is not done yet.

    ``ticked``: it counts because it was done once; ``undone`` says what is gone since then.
    """

    number: int
    title: str
    done: bool
    hint: str = ""
    missing: tuple[str, ...] = ()
    ticked: bool = False
    undone: tuple[str, ...] = ()


def check_steps(lesson: Lesson, state: LessonState) -> tuple[StepResult, ...]:
    """Return the state of each step in order.

    A ticked step stays done: later steps often change what earlier ones asked for. A step that is
    only read is done once all before it are.
    """
    results: list[StepResult] = []
    for number, step in enumerate(lesson.steps, 1):
        if number in state.done:
            undone = undone_sentences(lesson, state, number)
            results.append(
                StepResult(number, step.title, True, step.hint, ticked=True, undone=undone)
            )
            continue
        missing = _missing(step, state, number, _layers(lesson.steps[: number - 1]))
        if step.reading and not all(result.done for result in results):
            missing = (_("Do the previous steps first."),)
        results.append(StepResult(number, step.title, not missing, step.hint, missing))
    return tuple(results)


def question_sentences() -> tuple[str, str]:
    """Return the messages for an unanswered question and for an incorrect answer."""
    return _("The question has not been answered yet."), _("The answer is not correct yet.")


def _answer_missing(step: LessonStep, state: LessonState, number: int) -> tuple[str, ...]:
    answer = state.answers.get(number, "")
    if step.question is None or step.question.right(answer):
        return ()
    unanswered, incorrect = question_sentences()
    return (incorrect if answer.strip() else unanswered,)


def _layers(steps: Sequence[LessonStep]) -> list[LayerCheck]:
    return [check.layer for step in steps for check in step.checks if check.layer is not None]


def _missing(
    step: LessonStep, state: LessonState, number: int, earlier: Sequence[LayerCheck]
) -> tuple[str, ...]:
    checks = (missing_sentences(check, state, number, earlier) for check in step.checks)
    return tuple(dict.fromkeys(chain(_answer_missing(step, state, number), *checks)))
