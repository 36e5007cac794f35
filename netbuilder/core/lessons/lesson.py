"""The parts of a lesson, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import noop as N_
from netbuilder.core.lessons.check_words import Check
from netbuilder.core.lessons.conditions import parse_number

#: Levels in the order in which lessons are listed.
LEVELS = (N_("beginner"), N_("intermediate"), N_("advanced"))
#: Kinds of question; a "prediction" is a guess before training and is never wrong.
QUESTION_KINDS = ("choice", "number", "prediction")
EMPTY = "empty"
#: Interface levels that a lesson can request.
INTERFACES = ("basic", "full")


class LessonError(UserError):
    """An invalid lesson file; the message names file and line."""


@dataclass(frozen=True)
class StepQuestion:
    """A question to the student.

    ``choices`` are empty for a number and a free guess. ``answer`` is the correct one, or "".
    ``tolerance`` applies to numbers. ``why`` is shown after a correct answer, ``wrong`` after an
    incorrect one. ``labels`` are translated ``choices``. ``another`` is asked after an incorrect
    answer, against guessing; its answer is a second line: ``"5\\n60"``.
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
        """Return the translated label of a choice."""
        labels = {
            key.casefold(): text for key, text in zip(self.choices, self.labels, strict=False)
        }
        return labels.get(choice.casefold(), choice)

    def right(self, answer: str) -> bool:
        """Return whether ``answer`` is correct; any answer is if the question has none."""
        first, _line, second = answer.strip().partition("\n")
        if self.another is not None and second:
            return self.another.right(second)
        answer = first.strip()
        if not answer:
            return False
        if not self.answer:
            return True
        if self.kind == "number":
            expected = parse_number(self.answer)
            # "90 %" fits both 90 and 0.9.
            numbers = {parse_number(answer), parse_number(answer.removesuffix("%"))}
            return expected is not None and any(
                number is not None and abs(number - expected) <= self.tolerance + 1e-9
                for number in numbers
            )
        return answer.casefold() == self.answer.casefold()


@dataclass(frozen=True)
class ShowHint:
    """Where "Show me" points: to ``place``, a key of ``callout_places.PLACES``, or to ``layer``.

    For a layer the way from the palette is drawn, onto the connection after a layer ``after`` if
    there is one, else to the end of the network. ``text`` is shown beside it.
    """

    place: str = ""
    layer: str = ""
    after: str = ""
    text: str = ""


@dataclass(frozen=True)
class LessonStep:
    """One step: done when all ``checks`` hold and its question is answered correctly.

    A step with neither is done once it was read. ``explore`` is an open task (Markdown).
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
        """Whether there is nothing to do but read."""
        return not self.checks and self.question is None


@dataclass(frozen=True)
class Lesson:
    """A lesson.

    ``name`` is the stem of its file; ``start`` is "empty", the name of an example, or a project's
    path relative to the file. With ``interface`` "full", Basic shows everything while it is open.
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
