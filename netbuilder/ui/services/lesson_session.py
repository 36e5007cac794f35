"""The lesson that is open: follows the project and the runs, and ticks its steps."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.check_words import TRAINED
from netbuilder.core.lessons.lesson import Lesson, LessonError, LessonStep
from netbuilder.core.lessons.lesson_record import LessonRecord, new_work_id, record_of, with_record
from netbuilder.core.lessons.lesson_state import (
    EVALUATED,
    LOOKED,
    OPENED,
    LessonState,
    ObservedProblem,
    ObservedRun,
)
from netbuilder.core.lessons.library import start_project
from netbuilder.core.lessons.parse import read_lesson
from netbuilder.core.lessons.step_check import StepResult, check_steps
from netbuilder.core.project.model import Project
from netbuilder.ui.services.recovery import OpenLesson
from netbuilder.ui.services.settings import CONTINUE, settings
from netbuilder.ui.services.views.evaluation_service import EvaluationService
from netbuilder.ui.services.workbench import Workbench

#: Where the name stands that a pupil wrote when handing in; "" for whoever is logged in.
PUPIL = "hand-in/name"
_NOBODY = "me"


def pupil() -> str:
    """Name or number of who learns here; "" until it was asked for."""
    return str(settings().value(PUPIL, "") or "")


def _key(lesson: str, who: str) -> str:
    return f"lessons/{who.replace('/', '_') or _NOBODY}/{lesson.replace('/', '_')}"


def _written(lesson: str) -> dict[str, Any]:
    try:
        store = settings()
        # What was done before the pupil gave a name is theirs too.
        nameless = store.value(_key(lesson, ""), "{}")
        raw: Any = json.loads(str(store.value(_key(lesson, pupil()), nameless)))
    except ValueError:
        raw = {}
    return raw if isinstance(raw, dict) else {}


def is_finished(lesson: Lesson) -> bool:
    """Whether the pupil has finished a lesson once, also where it was begun again since."""
    if _written(lesson.name).get("finished") is True:
        return True
    return len(kept(lesson.name).done) >= len(lesson.steps)


def kept(lesson: str) -> LessonRecord:
    """How far the pupil is in a lesson; an empty record where it was not begun."""
    raw = _written(lesson)
    return LessonRecord(
        lesson,
        frozenset(int(one) for one in raw.get("done", ())),
        {int(key): str(value) for key, value in raw.get("answers", {}).items()},
        frozenset(str(one) for one in raw.get("events", ())),
    )


def last_lesson() -> str:
    """Return the name of the lesson that was gone on with last; "" where a file was opened or
    saved since."""
    return str(settings().value(CONTINUE, "") or "")


def keep(record: LessonRecord, *, finished: bool = False) -> None:
    """Remember how far the pupil is; a lesson that was ``finished`` once stays finished."""
    value = {
        "finished": finished or _written(record.name).get("finished") is True,
        "done": sorted(record.done),
        "answers": {str(key): value for key, value in record.answers.items()},
        "events": sorted(record.events),
    }
    store = settings()
    store.setValue(_key(record.name, pupil()), json.dumps(value, ensure_ascii=False))
    store.setValue(CONTINUE, record.name)
    if pupil():
        store.remove(_key(record.name, ""))
    store.sync()


class LessonSession(QObject):
    """One lesson at a time.

    Signals:
        opened: ``lesson`` is another one, or None.
        changed: ``results``, ``current`` or the answers are others.
        ticked(number): a step has just been done.
        finished: the last step has just been done.
    """

    opened = Signal()
    changed = Signal()
    ticked = Signal(int)
    finished = Signal()

    def __init__(
        self, workbench: Workbench, evaluation_service: EvaluationService, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._store = workbench.store
        self._workbench = workbench
        self._evaluation_service = evaluation_service
        self.lesson: Lesson | None = None
        self.results: tuple[StepResult, ...] = ()
        self.current = 0
        self.record = LessonRecord("")
        self._kept = self.record
        self._finished = False  # once, by this pupil
        self._start = Project()
        self._looking_at = ""
        # Many signals in one turn of the event loop are one look.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._judge)
        self._store.changed.connect(self._look_again)
        for signal in (
            workbench.shapes_changed,
            workbench.diagnosed,
            workbench.models.changed,
            evaluation_service.changed,
        ):
            signal.connect(self._look_again)
        workbench.happened.connect(self.note)

    @property
    def step(self) -> LessonStep | None:
        if self.lesson is None:
            return None
        return self.lesson.steps[self.current]

    @property
    def result(self) -> StepResult | None:
        return self.results[self.current] if self.current < len(self.results) else None

    @property
    def done_count(self) -> int:
        return sum(result.done for result in self.results)

    def open(self, lesson: Lesson, *, anew: bool = False) -> Project | None:
        """Open a lesson where the pupil left it, or ``anew``.

        Gives the project to put on the canvas: the lesson's start, where nothing of it was done
        yet; None where the pupil goes on with what is there, also before its first step is done.

        Raises:
            LessonError: the start project cannot be read; nothing has changed.
        """
        start = start_project(lesson)
        self._finished = is_finished(lesson)
        record = LessonRecord(lesson.name) if anew else kept(lesson.name)
        goes_on = not anew and self.on_canvas(lesson)
        if goes_on:
            held = record_of(self._store.project)
            assert held is not None
            record = _joined(record, held)
        count = len(lesson.steps)
        record = replace(
            record,
            done=frozenset(n for n in record.done if 1 <= n <= count),
            work=record.work or new_work_id(),
        )
        self.lesson, self._start, self.record = lesson, start, record
        self.results = ()
        undone = [n for n in range(1, count + 1) if n not in record.done]
        self.current = (undone[0] - 1) if undone else count - 1
        self._keep()
        self.opened.emit()
        if self._looking_at:
            self.note(f"{LOOKED}:{self._looking_at}")
        self._look_again()
        # The project says whose network it is, whatever becomes of it; an example's is named as on
        # its card.
        named = replace(start, name=_(start.name))
        return with_record(named, record) if not (goes_on or record.done) else None

    def on_canvas(self, lesson: Lesson) -> bool:
        held = record_of(self._store.project)
        return held is not None and held.name == lesson.name

    def take_over(self) -> None:
        """Join what a file that was opened has on record of the lesson with what is known here."""
        held = record_of(self._store.project)
        if self.lesson is not None and held is not None and held.name == self.lesson.name:
            self.record = _joined(self.record, held)
            self._look_again()

    @property
    def waits_for_file(self) -> bool:
        """Whether the step whose turn it is asks for a file to be opened: any may be it."""
        if self.lesson is None:
            return False
        numbered = enumerate(self.lesson.steps, 1)
        turn = next((step for n, step in numbered if n not in self.record.done), None)
        return turn is not None and any(
            term.word.name == OPENED for check in turn.checks for term in check.terms
        )

    def left_behind(self, lesson: Lesson) -> int:
        """How many steps of a lesson were done with a network that is not on the canvas."""
        if self.on_canvas(lesson):
            return 0
        done = kept(lesson.name).done
        return sum(1 <= number <= len(lesson.steps) for number in done)

    def retranslate(self) -> None:
        """Show the lesson in another language, at the same step."""
        if self.lesson is None or self.lesson.path is None:
            return
        try:
            self.lesson = read_lesson(self.lesson.path)
        except LessonError:  # its file is gone: it stays as it is
            return
        self.results = ()
        self._judge()
        self.opened.emit()

    def close(self) -> None:
        """Put the lesson away; how far it is stays known."""
        self.lesson, self.results, self.current = None, (), 0
        self.opened.emit()

    def go(self, index: int) -> None:
        """Show another step; leaving one that is only read ticks it."""
        if self.lesson is None or not 0 <= index < len(self.lesson.steps):
            return
        left = self.lesson.steps[self.current]
        number = self.current + 1
        self.current = index
        if left.reading and index == number and number not in self.record.done:
            self._tick({number})
        self.changed.emit()

    def note(self, event: str) -> None:
        """Take over that something was done."""
        if self.lesson is None or event in self.record.events:
            return
        self.record = replace(self.record, events=self.record.events | {event})
        self._look_again()

    def see(self, panel: str) -> None:
        self._looking_at = panel
        self.note(f"{LOOKED}:{panel}")
        self._look_again()

    def answer(self, number: int, text: str) -> None:
        """Take over the answer to the question of a step (counted from 1)."""
        self.record = replace(self.record, answers={**self.record.answers, number: text})
        self._judge()

    def left_open(self) -> OpenLesson:
        """What to open again after a crash."""
        lesson = self.lesson
        if lesson is None:
            return ("", 0)
        return (str(lesson.path) if lesson.path is not None else lesson.name, self.current)

    def stamp(self, project: Project) -> Project:
        """A project as it is written to a file: one that was trained has the name and the model
        card that were written since, and how far its lesson is."""
        now = self._store.project
        project = replace(project, name=now.name, extra=now.extra)
        return project if self.lesson is None else with_record(project, self.record)

    def state(self) -> LessonState:
        """What the checks look at now."""
        bench = self._workbench
        project = self._store.project
        shapes, problems = bench.shapes, bench.current_problems
        fresh = shapes is not None and shapes.graph is project.graph
        return LessonState(
            project=project,
            start=self._start,
            shapes={
                name: tuple(one.output) if one.output is not None else None
                for name, one in shapes.by_node.items()
            }
            if shapes is not None and fresh
            else None,
            parameters=shapes.total_parameters if shapes is not None and fresh else None,
            problems=tuple(
                ObservedProblem(one.code, one.blocks) for one in problems if one.follows is None
            )
            if problems is not None
            else None,
            run=self._run(),
            events=self.record.events,
            answers=self.record.answers,
            done=self.record.done,
        )

    def _run(self) -> ObservedRun | None:
        trained = self._workbench.models.trained
        if trained is None or self._workbench.models.paused_snapshot is not None:
            return None
        judged = self._workbench.models.state.settled.evaluation
        test = {**trained.test, **(judged.metrics if judged is not None else {})}
        return ObservedRun(trained.project, trained.epochs, trained.history, test)

    def _look_again(self) -> None:
        if self.lesson is None:
            return
        seen = self._looking_at == "evaluate" and self._workbench.models.trained is not None
        if (
            seen
            and self._evaluation_service.evaluation is not None
            and EVALUATED not in self.record.events
        ):
            self.record = replace(self.record, events=self.record.events | {EVALUATED})
        self._soon.start()

    def _judge(self) -> None:
        if self.lesson is None:
            return
        state = self.state()
        results = check_steps(self.lesson, state)
        # A step is ticked when it is its turn: what a later one asks for may hold by chance now.
        new = {
            one.number
            for one in (*results, *self._as_trained(state))
            if one.done and not one.ticked and not self.lesson.steps[one.number - 1].reading
        }
        reached = self._reached(new)
        ticked = self.record.done | reached
        first = next((one.number for one in results if one.number not in ticked), 0)
        early = (_("This step counts after step {number} is done.", number=first),)
        # What is tried after the last step takes nothing away from the lesson.
        over = first == 0
        self.results = tuple(
            replace(one, done=True, undone=(), missing=())
            if over
            else replace(one, done=False, missing=early)
            if one.number in new - ticked
            else replace(one, done=False, missing=one.undone)
            if one.undone
            else replace(one, done=one.number in ticked)
            for one in results
        )
        if reached:
            self._tick(reached)
        self._keep()
        self.changed.emit()

    def _as_trained(self, state: LessonState) -> list[StepResult]:
        """The steps that ask for training, by the settings of the run: a pupil who reads on while
        it goes may have changed them since."""
        assert self.lesson is not None
        run, now = state.run, state.project
        if run is None or (run.project.graph, run.project.data) != (now.graph, now.data):
            return []
        results = check_steps(self.lesson, replace(state, project=run.project))
        return [
            result
            for result, step in zip(results, self.lesson.steps, strict=True)
            if any(term.word.name == TRAINED for check in step.checks for term in check.terms)
        ]

    def _reached(self, fulfilled: set[int]) -> set[int]:
        """Of the steps that hold now those whose turn it is: all before them are done."""
        assert self.lesson is not None
        done, found = set(self.record.done), set()
        for number, step in enumerate(self.lesson.steps, 1):
            if number in done:
                continue
            if number in fulfilled:
                found.add(number)
            elif not (step.reading and number <= self.current):
                break
        return found

    def _keep(self) -> None:
        """Write how far the lesson is, where that is not what was written last."""
        if self.lesson is not None and self.record != self._kept:
            self._kept = self.record
            self._finished |= len(self.record.done) >= len(self.lesson.steps)
            keep(self.record, finished=self._finished)

    def _tick(self, numbers: set[int]) -> None:
        assert self.lesson is not None
        self.record = replace(self.record, done=self.record.done | numbers)
        self.results = tuple(
            replace(one, done=True, ticked=True) if one.number in numbers else one
            for one in self.results
        )
        self._keep()
        for number in sorted(numbers):
            self.ticked.emit(number)
        if len(self.record.done) == len(self.lesson.steps):
            self.finished.emit()


def _joined(one: LessonRecord, other: LessonRecord) -> LessonRecord:
    return LessonRecord(
        one.name,
        one.done | other.done,
        {**one.answers, **other.answers},
        one.events | other.events,
        other.work or one.work,
    )
