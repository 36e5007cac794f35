"""The open lesson: follow the project and the runs, and tick the steps."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.check_words import TRAINED
from netbuilder.core.lessons.lesson import Lesson, LessonError, LessonStep
from netbuilder.core.lessons.lesson_record import LessonRecord, new_work_id, record_of, with_record
from netbuilder.core.lessons.lesson_state import (
    EVALUATED,
    GROUPED,
    LOOKED,
    OPENED,
    LessonState,
    ObservedRun,
    observed_problems,
    observed_shapes,
)
from netbuilder.core.lessons.library import start_project
from netbuilder.core.lessons.parse import read_lesson
from netbuilder.core.lessons.step_check import (
    StepResult,
    breaks_lesson,
    check_steps,
    question_sentences,
)
from netbuilder.core.project.model import Project
from netbuilder.ui.services.language import language
from netbuilder.ui.services.recovery import OpenLesson
from netbuilder.ui.services.settings import CONTINUE, settings
from netbuilder.ui.services.views.evaluation_service import EvaluationService
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel

#: Settings key of the name that a pupil entered on submitting.
PUPIL = "hand-in/name"
_NOBODY = "me"


def pupil() -> str:
    """Return the pupil's name or number; "" if it was not asked yet."""
    return str(settings().value(PUPIL, "") or "")


def _key(lesson: str, who: str) -> str:
    return f"lessons/{who.replace('/', '_') or _NOBODY}/{lesson.replace('/', '_')}"


def _stored(lesson: str) -> dict[str, Any]:
    try:
        store = settings()
        # Progress made before entering a name belongs to the pupil too.
        nameless = store.value(_key(lesson, ""), "{}")
        raw: Any = json.loads(str(store.value(_key(lesson, pupil()), nameless)))
    except ValueError:
        raw = {}
    return raw if isinstance(raw, dict) else {}


def is_finished(lesson: Lesson) -> bool:
    """Return whether the pupil has ever finished a lesson, even if it was restarted since."""
    if _stored(lesson.name).get("finished") is True:
        return True
    return len(kept(lesson.name).done) >= len(lesson.steps)


def kept(lesson: str) -> LessonRecord:
    """Return the pupil's progress in a lesson; an empty record if it was not started."""
    raw = _stored(lesson)
    return LessonRecord(
        lesson,
        frozenset(int(number) for number in raw.get("done", ())),
        {int(key): str(value) for key, value in raw.get("answers", {}).items()},
        frozenset(str(event) for event in raw.get("events", ())),
    )


def last_lesson() -> str:
    """Return the last lesson's name; "" if a file was opened or saved since."""
    return str(settings().value(CONTINUE, "") or "")


def keep(record: LessonRecord, *, finished: bool = False) -> None:
    """Save the pupil's progress; a lesson that was ever ``finished`` stays finished."""
    value = {
        "finished": finished or _stored(record.name).get("finished") is True,
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
        opened: ``lesson`` changed; may be None.
        changed: ``results``, ``current`` or the answers changed.
        ticked(number): a step was completed.
        finished: the last step was completed.
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
        self._saved_record = self.record
        self._outdated: set[str] = set()  # events of an earlier result, to be looked at again
        self._trained: TrainedModel | None = None  # that the events are about
        self._finished = False  # ever, by this pupil
        self._start = Project()
        self._panel = ""
        # Combine the signals of one turn of the event loop.
        self._check_timer = QTimer(self, singleShot=True, interval=0)
        self._check_timer.timeout.connect(self._check)
        self._store.changed.connect(self._schedule_check)
        for signal in (
            workbench.shapes_changed,
            workbench.diagnosed,
            workbench.models.changed,
            workbench.training_changed,
            evaluation_service.changed,
        ):
            signal.connect(self._schedule_check)
        workbench.happened.connect(self.note)
        workbench.breaks_lesson = self._breaks_lesson
        language().changed.connect(self._render_again)

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
        """Open a lesson where the pupil left it, or ``anew``; may raise LessonError.

        Returns the start project, or None if the pupil goes on with the current project.
        """
        start = start_project(lesson)
        self._finished = is_finished(lesson)
        record = LessonRecord(lesson.name) if anew else kept(lesson.name)
        continues = not anew and self.on_canvas(lesson)
        if continues:
            project_record = record_of(self._store.project)
            assert project_record is not None
            record = _joined(record, project_record)
        count = len(lesson.steps)
        record = replace(
            record,
            done=frozenset(n for n in record.done if 1 <= n <= count),
            work=record.work or new_work_id(),
        )
        self.lesson, self._start, self.record = lesson, start, record
        self._outdated.clear()
        self._trained = self._workbench.models.trained
        self.results = ()
        undone = [n for n in range(1, count + 1) if n not in record.done]
        self.current = (undone[0] - 1) if undone else count - 1
        self._save()
        self.opened.emit()
        if self._panel:
            self.note(f"{LOOKED}:{self._panel}")
        self._schedule_check()
        # Translate the project's name like that on the lesson's card.
        named = replace(start, name=_(start.name))
        return with_record(named, record) if not (continues or record.done) else None

    def on_canvas(self, lesson: Lesson) -> bool:
        record = record_of(self._store.project)
        return record is not None and record.name == lesson.name

    def take_over(self) -> None:
        """Merge the progress stored in an opened file with that known here."""
        record = record_of(self._store.project)
        if self.lesson is not None and record is not None and record.name == self.lesson.name:
            self.record = _joined(self.record, record)
            self._schedule_check()

    @property
    def waits_for_file(self) -> bool:
        """Whether the current step asks to open a file; any file may be it."""
        if self.lesson is None:
            return False
        steps = enumerate(self.lesson.steps, 1)
        current_step = next((step for n, step in steps if n not in self.record.done), None)
        return current_step is not None and any(
            term.word.name == OPENED for check in current_step.checks for term in check.terms
        )

    def asks_for_data(self, kind: str) -> bool:
        """Return whether a step of the open lesson asks for data of a kind."""
        steps = self.lesson.steps if self.lesson is not None else ()
        terms = (term for step in steps for check in step.checks for term in check.terms)
        return any(term.word.name == "data" and kind in term.value.words for term in terms)

    def left_behind(self, lesson: Lesson) -> int:
        """Return how many steps were done with a network that is not on the canvas."""
        if self.on_canvas(lesson):
            return 0
        done = kept(lesson.name).done
        return sum(1 <= number <= len(lesson.steps) for number in done)

    def _render_again(self) -> None:
        if self.lesson is None or self.lesson.path is None:
            return
        with contextlib.suppress(LessonError):  # its file is gone
            self.lesson, self.results = read_lesson(self.lesson.path), ()
            self._check()

    def close(self) -> None:
        self.lesson, self.results, self.current = None, (), 0
        self.opened.emit()

    def go(self, index: int) -> None:
        """Show another step; leaving a reading step ticks it."""
        if self.lesson is None or not 0 <= index < len(self.lesson.steps):
            return
        step = self.lesson.steps[self.current]
        number = self.current + 1
        self.current = index
        if step.reading and index == number and number not in self.record.done:
            self._tick({number})
        self.changed.emit()

    def note(self, event: str) -> None:
        if self.lesson is None or event in self.record.events - self._outdated:
            return
        self._outdated.discard(event)
        self.record = replace(self.record, events=self.record.events | {event})
        self._schedule_check()

    def see(self, panel: str) -> None:
        self._panel = panel
        self.note(f"{LOOKED}:{panel}")
        self._schedule_check()

    def answer(self, number: int, text: str) -> None:
        self.record = replace(self.record, answers={**self.record.answers, number: text})
        self._check()

    def left_open(self) -> OpenLesson:
        lesson = self.lesson
        if lesson is None:
            return ("", 0)
        return (str(lesson.path) if lesson.path is not None else lesson.name, self.current)

    def stamp(self, project: Project) -> Project:
        """Return a project as saved: with current name, model card and lesson progress."""
        current = self._store.project
        project = replace(project, name=current.name, extra=current.extra)
        return project if self.lesson is None else with_record(project, self.record)

    def state(self) -> LessonState:
        workbench = self._workbench
        project = self._store.project
        shapes, problems = workbench.shapes, workbench.current_problems
        current = shapes is not None and shapes.graph is project.graph
        return LessonState(
            project=project,
            start=self._start,
            shapes=observed_shapes(shapes) if shapes is not None and current else None,
            parameters=shapes.total_parameters if shapes is not None and current else None,
            problems=observed_problems(problems) if problems is not None else None,
            run=self._run(),
            events=self.record.events - self._outdated,
            answers=self.record.answers,
            done=self.record.done,
            training=workbench.training,
        )

    def _run(self) -> ObservedRun | None:
        trained = self._workbench.models.trained
        if trained is None or self._workbench.models.paused_snapshot is not None:
            return None
        evaluation = self._workbench.models.state.settled.evaluation
        test = {**trained.test, **(evaluation.metrics if evaluation is not None else {})}
        return ObservedRun(trained.project, trained.epochs, trained.history, test)

    def _breaks_lesson(self, changed: Project) -> bool:
        return self.lesson is not None and breaks_lesson(self.lesson, self.state(), changed)

    def _schedule_check(self) -> None:
        if self.lesson is None:
            return
        trained = self._workbench.models.trained
        if trained is not self._trained:  # nobody has looked at its evaluation yet
            self._trained = trained
            of_result = (EVALUATED, GROUPED)
            self._outdated |= {e for e in self.record.events if e.partition(":")[0] in of_result}
        evaluated = trained is not None and self._evaluation_service.evaluation is not None
        if self._panel == "evaluate" and evaluated:
            self.note(EVALUATED)
        self._check_timer.start()

    def _check(self) -> None:
        if self.lesson is None:
            return
        state = self.state()
        results = check_steps(self.lesson, state)
        # Steps are ticked in order: a later one may be fulfilled by chance.
        new = {
            result.number
            for result in (*results, *self._as_trained(state))
            if result.done
            and not result.ticked
            and not self.lesson.steps[result.number - 1].reading
        }
        reached = self._reached(new)
        ticked = self.record.done | reached
        first = next((result.number for result in results if result.number not in ticked), 0)
        early = (_("This step counts after step {number} is done.", number=first),)
        # After the last step, further changes do not undo the lesson; another answer does.
        complete, incorrect = first == 0, question_sentences()[1]
        self.results = tuple(
            replace(result, done=True, undone=(), missing=())
            if complete and incorrect not in result.undone
            else replace(result, done=False, missing=early)
            if result.number in new - ticked
            else replace(result, done=False, missing=result.undone)
            if result.undone
            else replace(result, done=result.number in ticked)
            for result in results
        )
        if reached:
            self._tick(reached)
        self._save()
        self.changed.emit()

    def _as_trained(self, state: LessonState) -> list[StepResult]:
        """Check the training steps against the run's settings, which may have changed since."""
        assert self.lesson is not None
        run, current = state.run, state.project
        if run is None or (run.project.graph, run.project.data) != (current.graph, current.data):
            return []
        results = check_steps(self.lesson, replace(state, project=run.project))
        return [
            result
            for result, step in zip(results, self.lesson.steps, strict=True)
            if any(term.word.name == TRAINED for check in step.checks for term in check.terms)
        ]

    def _reached(self, fulfilled: set[int]) -> set[int]:
        """Return the fulfilled steps that have only done or read steps before them."""
        assert self.lesson is not None
        done, reached = set(self.record.done), set()
        for number, step in enumerate(self.lesson.steps, 1):
            if number in done:
                continue
            if number in fulfilled:
                reached.add(number)
            elif not (step.reading and number <= self.current):
                break
        return reached

    def _save(self) -> None:
        if self.lesson is not None and self.record != self._saved_record:
            self._saved_record = self.record
            self._finished |= len(self.record.done) >= len(self.lesson.steps)
            keep(self.record, finished=self._finished)

    def _tick(self, numbers: set[int]) -> None:
        assert self.lesson is not None
        self.record = replace(self.record, done=self.record.done | numbers)
        self.results = tuple(
            replace(result, done=True, ticked=True) if result.number in numbers else result
            for result in self.results
        )
        self._save()
        for number in sorted(numbers):
            self.ticked.emit(number)
        if len(self.record.done) == len(self.lesson.steps):
            self.finished.emit()


def _joined(record: LessonRecord, other: LessonRecord) -> LessonRecord:
    return LessonRecord(
        record.name,
        record.done | other.done,
        {**record.answers, **other.answers},
        record.events | other.events,
        other.work or record.work,
    )
