"""What the window knows besides the project: data facts, shapes, problems, the trained model.

All of it follows from the project and is found again whenever that changes, off the GUI thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance

from netbuilder.core.errors import UserError
from netbuilder.core.project.equivalence import same_rows, same_training
from netbuilder.core.project.model import Data, Graph, Project
from netbuilder.ui.services import jobs
from netbuilder.ui.services.damaged_files import DamagedFiles
from netbuilder.ui.services.data_watch import DataWatch
from netbuilder.ui.services.process import keras_loading
from netbuilder.ui.services.process.gradual_imports import GradualImports, import_without_qt
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.reading_progress import ReadingProgress

if TYPE_CHECKING:
    from netbuilder.core.check.problems import Problem
    from netbuilder.core.check.shapes.shapes import Shapes
    from netbuilder.core.data.data_facts import DataFacts
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.evaluate import Evaluation

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _FactsQuestion:
    project: Project
    base: Path
    key: tuple[Data, Graph, int]


def _same(one: tuple[Data, Graph, int], other: tuple[Data, Graph, int]) -> bool:
    """By identity: values are shared between steps, and comparing deep would cost more."""
    return one[0] is other[0] and one[1] is other[1] and one[2] == other[2]


def _find_facts(question: _FactsQuestion) -> DataFacts:
    from netbuilder.core.data.load import load_facts

    return load_facts(question.project, question.base)


class Workbench(QObject):
    """Facts, shapes and problems of the store's project, and the model trained last.

    Signals (all on the GUI thread):
        keras_changed: Keras is "loading", "ready" or "failed" (``keras_state``).
        data_touched: the file of the data changed, came or went; it is read again.
        facts_changed: ``load_facts`` or ``data_error`` changed.
        shapes_changed: ``shapes`` changed.
        problems_changed: ``problems``, or ``all_problems``, changed.
        trained_changed: ``trained`` changed.
        asked_changed: ``asked`` changed.
        run_error_changed: ``run_error`` (why the last run failed) changed.
        training_changed(training): a run began or ended.
        pace_changed: the run was paused, or goes on (``run_words``).
        happened(event): a person did something that a lesson may wait for, by the names of
            ``core.lessons.lesson_state`` ("predicted", "saved:.h5", "opened:.h5", ...).
    """

    keras_changed = Signal(str)
    data_file_changed = Signal()
    facts_changed = Signal()
    shapes_changed = Signal()
    problems_changed = Signal()
    trained_changed = Signal()
    asked_changed = Signal()
    run_error_changed = Signal()
    training_changed = Signal(bool)
    speed_changed = Signal()
    happened = Signal(str)

    def __init__(self, store: ProjectStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.store = store
        self.path: Path | None = None
        self.keras_state = "off"
        self.facts: DataFacts | None = None
        self.data_error: UserError | None = None
        self.shapes: Shapes | None = None
        self.problems: tuple[Problem, ...] = ()
        self._inner: tuple[Problem, ...] = ()
        self._inner_of: Project | None = None
        self._inner_holds = False
        self.trained: TrainedModel | None = None
        self.passing: TrainedModel | None = None
        self.evaluation: Evaluation | None = None
        self.in_runs = True
        self.standing = False
        self.run_error: UserError | None = None
        self.training = False
        self.paused = False
        #: What is kept of the lesson that is open in whatever is written or handed in.
        self.stamp: Callable[[Project], Project] = lambda project: project
        #: Lets go of the project's file, where another project comes in its place.
        self.leave_file: Callable[[], None] = lambda: None
        self._facts_key: tuple[Data, Graph, int] | None = None
        self._facts_of = Data()
        self._check_ready = False
        self._shape_cache: Any = None
        self._facts_worker = jobs.LatestJob(_find_facts, "facts", self)
        self._facts_worker.answered.connect(self._facts_found)
        self._facts_worker.failed.connect(self._facts_failed)
        self._shapes_worker = jobs.LatestJob(self._find_shapes, "shapes", self)
        self._shapes_worker.answered.connect(self._shapes_found)
        self._shapes_worker.failed.connect(self._shapes_failed)
        # Several changes in one turn of the event loop, such as undo held down, are one question.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._catch_up)
        store.changed.connect(self._project_changed)
        self.imports = GradualImports(self)
        self.imports.done.connect(self._load_keras)
        self.reading = ReadingProgress(self)
        self.reading.begin()
        self._files = DamagedFiles(lambda: self.training, self)
        self._files.found.connect(self._files_damaged)
        self._watch = DataWatch(self)
        self._watch.changed.connect(self.read_again)

    @property
    def base(self) -> Path:
        """The folder that relative data paths of the project start from."""
        return self.path.parent if self.path is not None else Path.cwd()

    def start(self) -> None:
        """Load TensorFlow and Keras behind the window, then find facts and shapes."""
        self._set_keras("loading")
        # One after the other: two imports at once stop the event loop longer. Even a library that
        # is loaded without Python's lock holds up every other one that is to be loaded.
        jobs.run_job(
            _import_check, self._check_loaded, self._keras_failed, name="check", owner=self
        )

    def _check_loaded(self, _none: None) -> None:
        self._check_ready = True
        self.diagnose()
        self.imports.begin()

    def _load_keras(self) -> None:
        jobs.run_job(
            keras_loading.load_keras,
            self._keras_loaded,
            self._keras_failed,
            name="keras",
            owner=self,
        )

    def close(self) -> None:
        """End the threads."""
        self._facts_worker.stop()
        self._shapes_worker.stop()
        self._watch.close()
        self._files.close()
        self.reading.close()
        self.imports.close()

    @property
    def settled(self) -> bool:
        """Whether nothing is being found: what is shown is what there is."""
        return (
            self.keras_state not in ("off", "loading")
            and not self._soon.isActive()
            and self._facts_worker.idle
            and self._shapes_worker.idle
        )

    @property
    def data_words(self) -> str:
        """Why nothing is known of the data; "" where it is known, or none was chosen."""
        if not self.store.project.data.kind or self.facts is not None:
            return ""
        if self.data_error is not None:
            return self.data_trouble
        if self.keras_state == "failed":
            return "not known: Keras did not load"
        return "reading the data…"

    @property
    def data_trouble(self) -> str:
        """What is wrong with the data, in a few words; "" where nothing is."""
        error = self.data_error
        if error is None:
            return ""
        # Whatever has a mend of one click was read: it waits for a choice.
        return error.short or (
            "the data waits for a choice" if error.fixes else "the data cannot be read"
        )

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        """``problems``, and what a run found inside the network, as long as it is that network."""
        return (*self.problems, *self._inner) if self._inner_holds else self.problems

    def set_inner_problems(self, project: Project, problems: tuple[Problem, ...]) -> None:
        """Take over what a run of ``project`` finds wrong inside the network."""
        if problems or self._inner:
            self._inner, self._inner_of = problems, project
            self._inner_holds = same_training(project, self.store.project)
            self.problems_changed.emit()

    def _look_inside_again(self, project: Project) -> None:
        """What was found inside is of the network that was trained: an edit may have mended it."""
        if not self._inner or self._inner_of is None:
            return
        holds = same_training(self._inner_of, project)
        if holds != self._inner_holds:
            self._inner_holds = holds
            self.problems_changed.emit()

    def set_path(self, path: Path | None) -> None:
        """Say where the project's file is; data paths are looked up from there."""
        self.path = path
        self._facts_key = None
        self.refresh()

    def set_trained(
        self,
        trained: TrainedModel | None,
        evaluation: Evaluation | None = None,
        *,
        in_runs: bool = True,
        standing: bool = False,
    ) -> None:
        """Take over a model that was trained or opened, and its judgement where it has one.

        ``in_runs``: the record of its run has its weights, so that it can be had back from there.
        ``standing``: it is that of a run that pauses, as it stands.
        """
        self.trained, self.standing = trained, standing
        self.in_runs = in_runs
        self.evaluation = evaluation
        self.passing = None
        self.trained_changed.emit()
        self.asked_changed.emit()

    @property
    def asked(self) -> TrainedModel | None:
        """The network that questions go to: ``passing`` where there is one, else ``trained``."""
        return self.passing or self.trained

    def set_passing(self, found: TrainedModel | None) -> None:
        """Have a run that goes on be asked: this is its network as it stood in passing.

        It is not ``trained``: nobody judges it or saves it. None: it is asked no more.
        """
        self.passing = found
        self.asked_changed.emit()

    @property
    def run_words(self) -> str:
        """What goes on, in words: "it is training", "the training is paused"; "" for nothing."""
        if not self.training:
            return ""
        return "the training is paused" if self.paused else "it is training"

    @property
    def run_changes(self) -> tuple[SignalInstance, ...]:
        """The signals after which ``run_words`` may be others."""
        return (self.training_changed, self.speed_changed)

    def set_training(self, training: bool, *, paused: bool = False) -> None:
        """Say whether a run is under way, and whether it stands still."""
        changed, self.paused = paused != self.paused, paused
        if training != self.training:
            self.training = training
            self.reading.resume()
            self.training_changed.emit(training)
        elif changed:
            self.speed_changed.emit()

    def set_run_error(self, error: UserError | None) -> None:
        """Say why the last run failed, or that it did not."""
        self.run_error = error
        self.run_error_changed.emit()
        self.diagnose()

    def refresh(self) -> None:
        """Find facts and shapes of the project as it stands."""
        project = self.store.project
        graph = project.graph
        if not same_rows(project.data, self._facts_of):
            # Other data: what was known of the old is wrong from now on.
            self._facts_of = project.data
            self._set_facts(None, None)
        self._watch.follow(project.data, self.base)
        if self.keras_state != "ready":
            return
        # What the last layers are says how targets are coded. Files are not read again for it.
        key = (project.data, graph, project.training.seed)
        if self._facts_key is None or not _same(key, self._facts_key):
            self._facts_key = key
            if project.data.kind:
                self._facts_worker.ask(_FactsQuestion(project, self.base, key))
        self._ask_shapes()

    def read_again(self) -> None:
        """Read the data anew: its file changed, or the reading was stopped."""
        self.reading.resume()
        self._files.forget()
        self._facts_key = None
        self.refresh()
        self.data_file_changed.emit()

    def with_facts(self, done: Callable[[DataFacts], object]) -> None:
        """Call ``done`` with the facts of the project as it stands, even if they are not found yet.

        Trouble with the data is told by ``data_error``, as always.
        """
        project = self.store.project
        key = (project.data, project.graph, project.training.seed)
        question = _FactsQuestion(project, self.base, key)
        jobs.run_job(
            lambda: _find_facts(question),
            done,
            lambda _error: self.refresh(),
            name="facts",
            owner=self,
        )

    def diagnose(self) -> None:
        """Find problems with what is known now."""
        from netbuilder.core.check.diagnostics import diagnose

        problems = diagnose(self.store.project, self.facts, self.shapes, self.base)
        if problems != self.problems:
            self.problems = problems
            self.problems_changed.emit()

    def _ask_shapes(self) -> None:
        if self.keras_state == "ready":
            self._shapes_worker.ask((self.store.project.graph, self.facts))

    def _project_changed(self, old: Project, new: Project) -> None:
        if old.data is not new.data:
            self.reading.resume()
        if (
            old.graph is not new.graph
            or old.data is not new.data
            or old.training is not new.training
        ):
            self._soon.start()
            self._look_inside_again(new)

    def _catch_up(self) -> None:
        if self._check_ready or self.keras_state == "off":
            self.diagnose()
        self.refresh()

    def _set_keras(self, state: str) -> None:
        self.keras_state = state
        self.keras_changed.emit(state)

    def _keras_loaded(self, _version: str) -> None:
        self._set_keras("ready")
        self.refresh()

    def _keras_failed(self, error: Exception) -> None:
        log.error("Keras did not load", exc_info=error)
        self._set_keras("failed")

    def _facts_found(self, question: _FactsQuestion, facts: DataFacts) -> None:
        if question.key is self._facts_key:
            damage = self._files.look(question.project.data, question.base)
            self._set_facts(None if damage else facts, damage)

    def _files_damaged(self, data: Data, error: UserError) -> None:
        if data is self.store.project.data and not self.training:
            self._set_facts(None, error)

    def _facts_failed(self, question: _FactsQuestion, error: Exception) -> None:
        if question.key is not self._facts_key:
            return
        if not isinstance(error, UserError):
            log.error("facts failed", exc_info=error)
            error = UserError(f"The data could not be read: {error}.", "Choose other data.")
        self._set_facts(None, error)

    def _set_facts(self, facts: DataFacts | None, error: UserError | None) -> None:
        if facts == self.facts and error is self.data_error:
            return
        self.facts, self.data_error = facts, error
        self.facts_changed.emit()
        self.diagnose()
        self._ask_shapes()

    def _find_shapes(self, question: tuple[Graph, DataFacts | None]) -> Shapes:
        if self._shape_cache is None:
            from netbuilder.core.check.shapes.shapes import ShapeCache

            self._shape_cache = ShapeCache()
        return self._shape_cache.compute(*question)  # type: ignore[no-any-return]

    def _shapes_found(self, question: tuple[Graph, DataFacts | None], shapes: Shapes) -> None:
        if question[0] is not self.store.project.graph:
            return
        self.shapes = shapes
        self.shapes_changed.emit()
        self.diagnose()

    def _shapes_failed(self, _question: object, error: Exception) -> None:
        log.error("shapes failed", exc_info=error)


def _import_check() -> None:
    """Import the rules, a fifth of a second that the event loop would stand still for."""
    import netbuilder.core.check.diagnostics  # noqa: F401

    import_without_qt()
