"""Data facts, shapes and problems: derived from the project, off the GUI thread."""

from __future__ import annotations

import logging
import math
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.process import process_setup
from netbuilder.core.project.graph_ends import same_rows, same_training
from netbuilder.core.project.model import Data, Graph, Project
from netbuilder.ui.services import gradual_imports, jobs, settings
from netbuilder.ui.services.data_watch import DamagedFiles, DataWatch, ReadingProgress
from netbuilder.ui.services.derived import Derived, Rank
from netbuilder.ui.services.gradual_imports import GradualImports, import_without_qt
from netbuilder.ui.services.language import language
from netbuilder.ui.services.model_store import ModelStore
from netbuilder.ui.services.project_store import ProjectStore

if TYPE_CHECKING:
    from netbuilder.core.check.problems import Problem
    from netbuilder.core.check.shapes.shapes import Shapes
    from netbuilder.core.data.data_facts import DataFacts

log = logging.getLogger(__name__)


#: The setting that says how long TensorFlow took to load, and a guess at the first start.
_SECONDS, _USUAL_SECONDS = "keras-seconds", 12.0
#: Inputs of the facts: data, graph, seed; compared by identity.
_Key = tuple[Data, Graph, int]


def _find_facts(_key: _Key, project: Project, base: Path) -> DataFacts:
    from netbuilder.core.data.load import load_facts

    return load_facts(project, base)


def _find_problems(
    project: Project, facts: DataFacts | None, shapes: Shapes | None, base: Path
) -> tuple[Problem, ...]:
    from netbuilder.core.check.diagnostics import diagnose

    return diagnose(project, facts, shapes, base)


class Workbench(QObject):
    """Facts, shapes and problems of the store's project. ``models`` holds the network on show.

    Signals (all on the GUI thread):
        keras_changed: ``keras_state`` is "loading", "ready" or "failed".
        data_file_changed: the data is read again.
        facts_changed: ``facts`` or ``data_error`` changed.
        shapes_changed: ``shapes`` changed.
        problems_changed: ``problems`` or ``all_problems`` changed.
        problems_on_canvas_changed: ``problems_on_canvas`` changed.
        diagnosed: ``problems`` were computed, and may be the same.
        run_error_changed: ``run_error`` (why the last run failed) changed.
        training_changed(training): a run started or ended.
        speed_changed: the run was paused or resumed (``run_words``).
        happened(event): the user did something that a lesson may check, see
            ``core.lessons.lesson_state`` ("predicted", "saved:.h5", "opened:.h5", ...).
    """

    keras_changed = Signal(str)
    data_file_changed = Signal()
    facts_changed = Signal()
    shapes_changed = Signal()
    problems_changed = Signal()
    problems_on_canvas_changed = Signal()
    diagnosed = Signal()
    run_error_changed = Signal()
    training_changed = Signal(bool)
    speed_changed = Signal()
    happened = Signal(str)

    def __init__(self, store: ProjectStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.store = store
        self.models = ModelStore(self)
        self.keras_state = "off"
        self.keras_error: UserError | None = None
        self.facts: DataFacts | None = None
        self.data_error: UserError | None = None
        self.shapes: Shapes | None = None
        self.problems: tuple[Problem, ...] = ()
        self._network_problems: tuple[Problem, ...] = ()
        self.problems_on_canvas: frozenset[Problem] = frozenset()
        self._network_project: Project | None = None
        self._network_problems_apply = False
        self.run_error: UserError | None = None
        self.training = False
        self.paused = False
        self._facts_key: _Key | None = None
        self._facts_of = Data()
        self._check_ready = False
        self._loading_since = 0.0
        self._shape_cache: Any = None
        self._known_facts = Derived(
            self, _find_facts, self._facts_found, lambda error: self._set_facts(None, error),
            of=lambda: self._facts_key,
        )  # fmt: skip
        self._known_shapes = Derived(
            self, self._find_shapes, self._shapes_found,
            of=lambda: store.project.graph, rank=Rank.QUICK,
        )  # fmt: skip
        self.breaks_lesson: Callable[[Project], bool] = lambda _changed: False
        self._known_problems = Derived(
            self, _find_problems, self._problems_found,
            lambda _error: self._problems_found(self.problems), rank=Rank.QUICK,
        )  # fmt: skip
        self._after_diagnosis: list[Callable[[], object]] = []
        # Combine the changes of one turn of the event loop.
        self._refresh_timer = QTimer(self, singleShot=True, interval=0)
        self._refresh_timer.timeout.connect(self._refresh_all)
        store.changed.connect(self._project_changed)
        store.path_changed.connect(self._path_changed)
        language().changed.connect(self._render_again)
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
        return self.store.document.base

    def start(self) -> None:
        """Load TensorFlow and Keras in the background, then find facts and shapes."""
        self._loading_since = time.monotonic()
        self._set_keras("loading")
        # One after the other: two imports at once stop the event loop longer.
        jobs.run_job(
            _import_check, self._check_loaded, self._keras_failed, name="check", owner=self
        )

    def _check_loaded(self, _none: None) -> None:
        self._check_ready = True
        self.diagnose()
        self.imports.begin()

    def _load_keras(self) -> None:
        jobs.run_job(
            gradual_imports.load_keras,
            self._keras_loaded,
            self._keras_failed,
            name="keras",
            owner=self,
        )

    def close(self) -> None:
        self.reading.close()
        self.imports.close()

    @property
    def settled(self) -> bool:
        return (
            self.keras_state not in ("off", "loading")
            and not self._refresh_timer.isActive()
            and self._known_facts.idle
            and self._known_shapes.idle
            and self._known_problems.idle
        )

    @property
    def data_words(self) -> str:
        """Why the data's facts are missing; "" if they are known or no data is chosen."""
        if not self.store.project.data.kind or self.facts is not None:
            return ""
        if self.data_error is not None:
            return self.data_trouble
        return _("reading data…")

    @property
    def data_trouble(self) -> str:
        """The problem with the data in a few words, or ""."""
        error = self.data_error
        if error is None:
            return ""
        # Data with a one-click fix was read: it needs a choice.
        return error.short or (
            _("data needs your input") if error.fixes else _("data cannot be read")
        )

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        """``problems``, and those that a run found in the network, unless it was edited since."""
        if self._network_problems_apply:
            return (*self.problems, *self._network_problems)
        return self.problems

    def set_problems_on_canvas(self, problems: frozenset[Problem]) -> None:
        self.problems_on_canvas = problems
        self.problems_on_canvas_changed.emit()

    def set_inner_problems(self, project: Project, problems: tuple[Problem, ...]) -> None:
        if problems or self._network_problems:
            self._network_problems, self._network_project = problems, project
            self._network_problems_apply = same_training(project, self.store.project)
            self.problems_changed.emit()

    def _check_network_problems(self, project: Project) -> None:
        """Drop the problems of a run whose network was edited since."""
        if not self._network_problems or self._network_project is None:
            return
        applies = same_training(self._network_project, project)
        if applies != self._network_problems_apply:
            self._network_problems_apply = applies
            self.problems_changed.emit()

    def _path_changed(self) -> None:
        self._facts_key = None
        self.refresh()

    @property
    def run_words(self) -> str:
        """The state of the run in words; "" without a run."""
        if not self.training:
            return ""
        return _("training is paused") if self.paused else _("training is running")

    @property
    def run_changes(self) -> tuple[SignalInstance, ...]:
        return (self.training_changed, self.speed_changed)

    def set_training(self, training: bool, *, paused: bool = False) -> None:
        changed, self.paused = paused != self.paused, paused
        if training != self.training:
            self.training = training
            self.reading.resume()
            self.training_changed.emit(training)
        elif changed:
            self.speed_changed.emit()

    def set_run_error(self, error: UserError | None) -> None:
        self.run_error = error
        self.run_error_changed.emit()

    def refresh(self) -> None:
        project = self.store.project
        graph = project.graph
        if not same_rows(project.data, self._facts_of):
            self._facts_of = project.data
            self._set_facts(None, None)
        self._watch.follow(project.data, self.base)
        if self.keras_state not in ("ready", "failed"):
            return
        # The output layers decide how targets are encoded; the files are not read again.
        key, known = (project.data, graph, project.training.seed), self._facts_key
        if known is None or any(new is not old for new, old in zip(key, known, strict=True)):
            self._facts_key = key
            if project.data.kind:
                self._known_facts.ask(key, project, self.base)
        self._ask_shapes()

    def read_again(self) -> None:
        self.reading.resume()
        self._files.forget()
        self._facts_key = None
        self.refresh()
        self.data_file_changed.emit()

    def _render_again(self) -> None:
        """Compute facts, shapes and problems again: they hold sentences."""
        if cache := sys.modules.get("netbuilder.core.data.readers.cache"):
            cache.forget_all()
        self._shape_cache = self._facts_key = None
        self.refresh()
        if self.keras_state == "ready":
            self._known_shapes.ask(self.store.project.graph, self.facts)
            self.diagnose()

    def with_facts(self, done: Callable[[DataFacts], object]) -> None:
        """Call ``done`` with the project's facts once known; ``data_error`` reports errors."""
        project, base = self.store.project, self.base
        key = (project.data, project.graph, project.training.seed)
        find = partial(_find_facts, key, project, base)
        jobs.run_job(find, done, lambda _error: self.refresh(), name="facts", owner=self)

    def diagnose(self, then: Callable[[], object] | None = None) -> None:
        """Find problems with the current facts and shapes; call ``then`` afterwards."""
        if then is not None:
            self._after_diagnosis.append(then)
        self._known_problems.ask(self.store.project, self.facts, self.shapes, self.base)

    def _for_lesson(self, problem: Problem) -> Problem:
        """Return a problem without the fixes that contradict the open lesson."""
        project = self.store.project
        fixes = tuple(fix for fix in problem.fixes if not self.breaks_lesson(fix.edit(project)))
        if len(fixes) == len(problem.fixes):
            return problem
        return replace(problem, fix=fixes[0] if fixes else None, others=fixes[1:])

    def _problems_found(self, problems: tuple[Problem, ...]) -> None:
        problems = tuple(map(self._for_lesson, problems))
        if problems != self.problems:
            self.problems = problems
            self.problems_changed.emit()
        if self._known_problems.idle:
            waiting, self._after_diagnosis = self._after_diagnosis, []
            for then in waiting:
                then()
        self.diagnosed.emit()

    @property
    def current_problems(self) -> tuple[Problem, ...] | None:
        """``problems`` of the current project; None while they are being computed."""
        project, shapes = self.store.project, self.shapes
        if shapes is None or shapes.graph is not project.graph or not self._known_problems.inputs:
            return None
        checked, *known = self._known_problems.inputs
        parts = zip(
            (checked.graph, checked.data, checked.training, *known[:2]),
            (project.graph, project.data, project.training, self.facts, shapes),
            strict=True,
        )
        unread = bool(project.data.kind) and self.facts is None
        return None if unread or any(a is not b for a, b in parts) else self.problems

    def _ask_shapes(self) -> None:
        if self.keras_state == "ready":
            self._known_shapes.follow(self.store.project.graph, self.facts)

    def _project_changed(self, old: Project, new: Project) -> None:
        if old.data is not new.data:
            self.reading.resume()
        if (
            old.graph is not new.graph
            or old.data is not new.data
            or old.training is not new.training
        ):
            self._refresh_timer.start()
            self._check_network_problems(new)

    def _refresh_all(self) -> None:
        if self._check_ready or self.keras_state == "off":
            self.diagnose()
        self.refresh()

    def _set_keras(self, state: str) -> None:
        self.keras_state = state
        self.keras_changed.emit(state)

    @property
    def loading_part(self) -> float:
        """Return about how much of TensorFlow is loaded, by the time that it took last."""
        usual = settings.settings().value(_SECONDS, _USUAL_SECONDS, type=float)
        return 1.0 - math.exp(
            -2.0 * (time.monotonic() - self._loading_since) / max(float(str(usual)), 1.0)
        )

    def _keras_loaded(self, _version: str) -> None:
        settings.remember({_SECONDS: round(time.monotonic() - self._loading_since, 1)})
        self._set_keras("ready")
        self.refresh()

    def _keras_failed(self, error: Exception) -> None:
        log.error("Keras did not load", exc_info=error)
        load_error = process_setup.load_error(error)
        self.keras_error = load_error or UserError(_("Keras did not load: {reason}.", reason=error))
        self._set_keras("failed")
        self.refresh()  # The data can be read without Keras.

    def _facts_found(self, facts: DataFacts) -> None:
        _key, project, base = self._known_facts.inputs
        error = self._files.look(project.data, base)
        self._set_facts(None if error else facts, error)

    def _files_damaged(self, data: Data, error: UserError) -> None:
        if data is self.store.project.data and not self.training:
            self._set_facts(None, error)

    def _set_facts(self, facts: DataFacts | None, error: UserError | None) -> None:
        if facts == self.facts and error is self.data_error:
            return
        self.facts, self.data_error = facts, error
        self.facts_changed.emit()
        self.diagnose()
        self._ask_shapes()

    def _find_shapes(self, graph: Graph, facts: DataFacts | None) -> Shapes:
        if self._shape_cache is None:
            from netbuilder.core.check.shapes.shapes import ShapeCache

            self._shape_cache = ShapeCache()
        return self._shape_cache.compute(graph, facts)  # type: ignore[no-any-return]

    def _shapes_found(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.shapes_changed.emit()
        self.diagnose()


def _import_check() -> None:
    """Import the checks, which takes 0.2 s, off the GUI thread."""
    import netbuilder.core.check.diagnostics  # noqa: F401

    import_without_qt()
