"""What a lesson is, as values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import noop as N_
from netbuilder.core.lessons.check_words import Check
from netbuilder.core.lessons.conditions import parse_number

#: How much a lesson expects, in the order in which lessons are listed.
LEVELS = (N_("beginner"), N_("intermediate"), N_("advanced"))
#: Kinds of question: one of a few answers, a number, or a guess before Train is pressed, which
#: is neither right nor wrong.
QUESTION_KINDS = ("choice", "number", "prediction")
EMPTY = "empty"
#: How much of the window is shown, as a lesson may ask for it.
INTERFACES = ("basic", "full")


class LessonError(UserError):
    """A lesson's file that is ill-formed; names file and line."""


@dataclass(frozen=True)
class StepQuestion:
    """Something that the pupil answers.

    ``choices`` are empty for a number and for a free guess. ``answer`` is the right one as text,
    or "" where there is none. ``tolerance`` is how far a number may be off. ``why`` is said once
    it was answered correctly, ``wrong`` after an incorrect answer. ``labels`` are the choices as
    they are shown in another language: what is stored and compared are ``choices``. ``another`` is
    asked once this one was answered incorrectly, so that nobody ticks a step by trying all choices;
    what is given then stands in a line of its own: ``"5\n60"``.
    """

    ask: str
    kind: str
    choices: tuple[str, ...] = ()
    answer: str = ""
    tolerance: float = 0.0
    why: str = ""
    wrong: str = ""
    labels: tuple[str, ...] = ()
    another: StepQuestion | None = None

    def label(self, choice: str) -> str:
        """A choice as it is shown."""
        shown = {key.casefold(): text for key, text in zip(self.choices, self.labels, strict=False)}
        return shown.get(choice.casefold(), choice)

    def right(self, given: str) -> bool:
        """Whether ``given`` is the right answer; any answer is where there is no right one."""
        first, _line, second = given.strip().partition("\n")
        if self.another is not None and second:
            return self.another.right(second)
        given = first.strip()
        if not given:
            return False
        if not self.answer:
            return True
        if self.kind == "number":
            wanted = parse_number(self.answer)
            # "90 %" is right where 90 is asked for, and where 0.9 is.
            numbers = {parse_number(given), parse_number(given.removesuffix("%"))}
            return wanted is not None and any(
                number is not None and abs(number - wanted) <= self.tolerance + 1e-9
                for number in numbers
            )
        return given.casefold() == self.answer.casefold()


@dataclass(frozen=True)
class ShowHint:
    """Where "Show me" points: ``place`` is a row of ``callout_places.PLACES``, ``layer`` a
    layer in the palette whose way onto the canvas is drawn: onto the wire behind a layer ``after``
    where one is named and there, else to the end of the network. ``text`` stands beside it.
    """

    place: str = ""
    layer: str = ""
    after: str = ""
    text: str = ""


@dataclass(frozen=True)
class LessonStep:
    """One step: done when every one of ``checks`` holds and its question is answered rightly.

    A step with neither is done once it was read. ``explore`` is an open task (Markdown) for those
    who are done early.
    """

    title: str
    text: str
    line: int
    checks: tuple[Check, ...] = ()
    hint: str = ""
    show: ShowHint | None = None
    question: StepQuestion | None = None
    explore: str = ""

    @property
    def reading(self) -> bool:
        """Whether there is nothing to do but to read."""
        return not self.checks and self.question is None


@dataclass(frozen=True)
class Lesson:
    """A lesson. ``name`` is the stem of its file; ``start`` is "empty", an example's name or the
    path of a project (relative to the lesson's file). ``interface`` is the level of the window
    that it needs: "basic", "full", or "" for the user's own.
    """

    name: str
    title: str
    level: str
    minutes: int
    start: str
    needs: str
    intro: str
    steps: tuple[LessonStep, ...]
    path: Path | None = None
    interface: str = ""
