"""What the window knows besides the project: data facts, shapes, problems.

All of it follows from the project and is found again whenever that changes, off the GUI thread.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance

from netbuilder.core import process_setup
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, keep_names
from netbuilder.core.project.graph_ends import same_rows, same_training
from netbuilder.core.project.model import Data, Graph, Project
from netbuilder.ui.services import gradual_imports, jobs
from netbuilder.ui.services.data_watch import DamagedFiles, DataWatch, ReadingProgress
from netbuilder.ui.services.derived import Derived, Rank
from netbuilder.ui.services.gradual_imports import GradualImports, import_without_qt
from netbuilder.ui.services.model_store import ModelStore
from netbuilder.ui.services.project_store import ProjectStore

if TYPE_CHECKING:
    from netbuilder.core.check.problems import Problem
    from netbuilder.core.check.shapes.shapes import Shapes
    from netbuilder.core.data.data_facts import DataFacts

log = logging.getLogger(__name__)


#: What facts follow from: data, graph, seed; values are shared between steps, and told apart by
#: identity.
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
        keras_changed: Keras is "loading", "ready" or "failed" (``keras_state``).
        data_touched: the file of the data changed, came or went; it is read again.
        facts_changed: ``load_facts`` or ``data_error`` changed.
        shapes_changed: ``shapes`` changed.
        problems_changed: ``problems``, or ``all_problems``, changed.
        problems_on_canvas_changed: other problems than before stand on the canvas in words.
        diagnosed: ``problems`` were found again, and may be the same.
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
        #: Why Keras did not load, where that is known.
        self.keras_error: UserError | None = None
        self.facts: DataFacts | None = None
        self.data_error: UserError | None = None
        self.shapes: Shapes | None = None
        self.problems: tuple[Problem, ...] = ()
        self._inner: tuple[Problem, ...] = ()
        self.problems_on_canvas: frozenset[Problem] = frozenset()
        self._inner_of: Project | None = None
        self._inner_holds = False
        self.run_error: UserError | None = None
        self.training = False
        self.paused = False
        self._facts_key: _Key | None = None
        self._facts_of = Data()
        self._check_ready = False
        self._shape_cache: Any = None
        self._known_facts = Derived(
            self, _find_facts, self._facts_found, lambda error: self._set_facts(None, error),
            of=lambda: self._facts_key,
        )  # fmt: skip
        self._known_shapes = Derived(
            self, self._find_shapes, self._shapes_found,
            of=lambda: store.project.graph, rank=Rank.QUICK,
        )  # fmt: skip
        self._known_problems = Derived(
            self, _find_problems, self._problems_found,
            lambda _error: self._problems_found(self.problems), rank=Rank.QUICK,
        )  # fmt: skip
        self._after_diagnosis: list[Callable[[], object]] = []
        # Several changes in one turn of the event loop, such as undo held down, are one question.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._catch_up)
        store.changed.connect(self._project_changed)
        store.path_changed.connect(self._path_changed)
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
        return self.store.document.base

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
        """Whether nothing is being found: what is shown is what there is."""
        return (
            self.keras_state not in ("off", "loading")
            and not self._soon.isActive()
            and self._known_facts.idle
            and self._known_shapes.idle
            and self._known_problems.idle
        )

    @property
    def data_words(self) -> str:
        """Why nothing is known of the data; "" where it is known, or none was chosen."""
        if not self.store.project.data.kind or self.facts is not None:
            return ""
        if self.data_error is not None:
            return self.data_trouble
        return _("reading data…")

    @property
    def data_trouble(self) -> str:
        """What is wrong with the data, in a few words; "" where nothing is."""
        error = self.data_error
        if error is None:
            return ""
        # Whatever has a mend of one click was read: it waits for a choice.
        return error.short or (
            _("data needs your input") if error.fixes else _("data cannot be read")
        )

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        """``problems``, and what a run found inside the network, as long as it is that network."""
        return (*self.problems, *self._inner) if self._inner_holds else self.problems

    def set_problems_on_canvas(self, problems: frozenset[Problem]) -> None:
        """Take over which problems stand on the canvas in words, with their fix."""
        self.problems_on_canvas = problems
        self.problems_on_canvas_changed.emit()

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

    def _path_changed(self) -> None:
        """Look data up from the folder of the project's file."""
        self._facts_key = None
        self.refresh()

    @property
    def run_words(self) -> str:
        """What goes on, in words: "it is training", "the training is paused"; "" for nothing."""
        if not self.training:
            return ""
        return _("training is paused") if self.paused else _("training is running")

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

    def refresh(self) -> None:
        """Find facts and shapes of the project as it stands."""
        project = self.store.project
        graph = project.graph
        if not same_rows(project.data, self._facts_of):
            # Other data: what was known of the old is wrong from now on.
            self._facts_of = project.data
            self._set_facts(None, None)
        self._watch.follow(project.data, self.base)
        if self.keras_state not in ("ready", "failed"):
            return
        # What the last layers are says how targets are coded. Files are not read again for it.
        key, known = (project.data, graph, project.training.seed), self._facts_key
        if known is None or any(one is not other for one, other in zip(key, known, strict=True)):
            self._facts_key = key
            if project.data.kind:
                self._known_facts.ask(key, project, self.base)
        self._ask_shapes()

    def read_again(self) -> None:
        """Read the data anew: its file changed, or the reading was stopped."""
        self.reading.resume()
        self._files.forget()
        self._facts_key = None
        self.refresh()
        self.data_file_changed.emit()

    def retranslate(self) -> None:
        """Find facts and problems anew: their sentences are of the language before."""
        if cache := sys.modules.get("netbuilder.core.data.readers.cache"):
            cache.forget_all()
        if self.keras_state == "ready":
            self._facts_key = None
            self.refresh()
            self.diagnose()

    def with_facts(self, done: Callable[[DataFacts], object]) -> None:
        """Call ``done`` with the facts of the project as it stands, even if they are not found yet.

        Trouble with the data is told by ``data_error``, as always.
        """
        project, base = self.store.project, self.base
        key = (project.data, project.graph, project.training.seed)
        found = Derived(self, _find_facts, done, lambda _error: self.refresh())
        found.ask(key, project, base)

    def diagnose(self, then: Callable[[], object] | None = None) -> None:
        """Find problems with what is known now; ``then`` is called when they are found."""
        if then is not None:
            self._after_diagnosis.append(then)
        self._known_problems.ask(self.store.project, self.facts, self.shapes, self.base)

    def _problems_found(self, problems: tuple[Problem, ...]) -> None:
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
        """``problems``, if they are those of the project as it stands; None while they are sought,
        or its shapes or facts are."""
        now, shapes = self.store.project, self.shapes
        if shapes is None or shapes.graph is not now.graph or not self._known_problems.inputs:
            return None
        then, *known = self._known_problems.inputs
        parts = zip(
            (then.graph, then.data, then.training, *known[:2]),
            (now.graph, now.data, now.training, self.facts, shapes),
            strict=True,
        )
        unread = bool(now.data.kind) and self.facts is None
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
        told = process_setup.load_error(error)
        self.keras_error = told or UserError(_("Keras did not load: {reason}.", reason=error))
        self._set_keras("failed")
        self.refresh()  # The data can be read without Keras.

    def _facts_found(self, facts: DataFacts) -> None:
        _key, project, base = self._known_facts.inputs
        damage = self._files.look(project.data, base)
        self._set_facts(None if damage else facts, damage)

    def _files_damaged(self, data: Data, error: UserError) -> None:
        if data is self.store.project.data and not self.training:
            self._set_facts(None, error)

    def _set_facts(self, facts: DataFacts | None, error: UserError | None) -> None:
        if facts == self.facts and error is self.data_error:
            return
        self.facts, self.data_error = facts, error
        if facts is not None and self.store.project.data.path:
            keep_names({
                *facts.target_names, *facts.column_names, *facts.column_types,
                *facts.column_roles, *facts.classes,
            })  # fmt: skip
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
    """Import the rules, a fifth of a second that the event loop would stand still for."""
    import netbuilder.core.check.diagnostics  # noqa: F401

    import_without_qt()
