"""Whether a step that was ticked came undone: what it asked for is gone, and no later step took it.

Only what lies on the canvas or stands in the plan can come undone. That it was trained, asked or
saved once stays true; and a later step may ask for something else of the same layer or setting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netbuilder.core.lessons.check_words import ABSENT, CHANGED, Check, CheckTerm, missing_sentences
from netbuilder.core.lessons.layer_check import LayerCheck
from netbuilder.core.lessons.lesson import Lesson
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
