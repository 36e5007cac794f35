"""Restore an earlier run: the last one of an opened project, or a chosen one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from netbuilder.core.formats.paths import rebased
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project
from netbuilder.core.wording import capitalize_first
from netbuilder.ui.services import jobs
from netbuilder.ui.services.model_store import ModelState, Source
from netbuilder.ui.services.runs.run_record import RunRecord
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.engine.runs.run_store import Run
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.ui.plots.run_curves import RunCurves

log = logging.getLogger(__name__)


def run_title(run: Run) -> str:
    """Return the run's name, or that of its data if the project has no name."""
    data = run.project.data
    if run.name == Project().name and data.kind:
        return data.name or Path(data.path).stem
    name, _dot, number = run.name.rpartition(" · run ")  # as it is stored
    return _("{name} · run {number}", name=name, number=number) if name else run.name


def _find(project: Project, base: Path) -> tuple[Run, RunCurves] | None:
    from netbuilder.core.engine.runs.run_store import newest_run
    from netbuilder.ui.services.runs.run_tracker import curves_of

    run = newest_run(project, base)
    return None if run is None else (run, curves_of(run))


def load_run_network(run: Run) -> TrainedModel | None:
    """Return the trained network saved with a run; None if it was too large."""
    from netbuilder.core.engine.runs.run_store import network_path
    from netbuilder.core.formats.registry import load_network

    path = network_path(run.id)
    return load_network(path) if path.is_file() else None


class LastRunRestorer(QObject):
    """Finds the last run of each opened project, off the GUI thread, and shows it."""

    def __init__(self, workbench: Workbench, runner: Runner, parent: QObject) -> None:
        super().__init__(parent)
        self._store, self._workbench, self._runner = workbench.store, workbench, runner
        self._pending: tuple[Project, Run] | None = None
        workbench.keras_changed.connect(self._load_network)

    def look(self, *, recovered: bool = False) -> None:
        self._pending = None
        project, path = self._store.project, self._store.path
        if path is None and not recovered:
            return
        base = self._workbench.base

        def show(result: tuple[Run, RunCurves] | None) -> None:
            if result is not None and self._is_still_empty(project, path):
                self._runner.show(RunRecord.restored(project, *result))
                self._pending = (project, result[0])
                self._load_network()

        jobs.run_job(
            lambda: _find(project, base),
            show,
            lambda error: log.info("the last run cannot be shown: %s", error),
            name="recall",
            owner=self,
        )

    def _load_network(self) -> None:
        if self._pending is None or self._workbench.keras_state != "ready":
            return
        (project, run), self._pending = self._pending, None

        def loaded(trained: TrainedModel | None) -> None:
            runner = self._runner
            current = self._store.project is project and runner.record.recalled is run
            if trained is not None and current and not runner.state.active:
                self._store.mark_model_saved(trained)
                self._workbench.models.submit(ModelState(trained, Source.FILE, run_id=run.id))

        jobs.run_job(
            lambda: load_run_network(run),
            loaded,
            lambda error: log.info("the network of the last run cannot be loaded: %s", error),
            name="recall network",
            owner=self,
        )

    def _is_still_empty(self, project: Project, path: Path | None) -> bool:
        """Whether no other project, model or run has come meanwhile."""
        runner = self._runner
        return (
            self._store.project is project
            and self._store.path == path
            and self._workbench.models.trained is None
            and not runner.state.active
            and runner.record.project is None
        )


def keep_results(
    step: str, workbench: Workbench, runner: Runner
) -> Callable[[], Callable[[], object] | None]:
    """Return an exchange for an undo step that a training follows.

    Undo restores the network and the run from before the step, redo those from after it.
    ``step``: its title.
    """
    models = workbench.models
    results: dict[bool, tuple[ModelState, RunRecord]] = {}  # by whether the step is done
    done = False

    def exchange() -> Callable[[], object] | None:
        nonlocal done
        if runner.state.active:
            _refuse(runner, workbench, step)
            return None
        results[done] = models.state.settled, runner.record
        done = not done
        return show

    def show() -> None:
        if done in results:
            state, record = results[done]
            runner.show(record)
            models.submit(state)

    return exchange


def _refuse(runner: Runner, workbench: Workbench, step: str) -> None:
    state = capitalize_first(workbench.run_words)
    words = _("{state}: stop it first to undo or redo “{step}”.", state=state, step=step)
    runner.observation.message.emit(words)


def bring_back(
    run: Run,
    name: str,
    workbench: Workbench,
    runner: Runner,
    report: Callable[[str], object],
    owner: QObject,
    may_restore: Callable[[Project], bool] = lambda _project: True,
) -> bool:
    """Restore a run, if ``may_restore`` its project; return whether that has started.

    ``report`` receives the outcome, unless ``owner`` is gone. One undo step: undo restores the
    previous project, network and run. A run of another project leaves the open file unchanged.
    """
    store, models = workbench.store, workbench.models
    state = capitalize_first(workbench.run_words)
    if runner.state.active:
        report(_("{state}: stop it first to restore a run.", state=state))
        return False
    if not may_restore(run.project):
        return False
    old_base = Path(run.base) if run.base else workbench.base
    label = _("Restore {run}", run=name)
    records: dict[
        bool, tuple[ModelState, RunRecord]
    ] = {}  # by whether they are of the restored run
    restored = False

    def exchange() -> Callable[[], object] | None:
        nonlocal restored
        if runner.state.active:
            _refuse(runner, workbench, label)
            return None
        # It may be undone before it is loaded.
        if not restored or runner.record.project is not None:
            records[restored] = models.state.settled, runner.record
        restored = not restored
        models.submit(ModelState())
        workbench.set_run_error(None)
        runner.forget()
        return show

    def show() -> None:
        if restored in records and not runner.state.active:
            state, record = records.pop(restored)
            runner.show(record)
            models.submit(state)
        elif restored:
            jobs.run_job(
                read,
                partial(loaded, store.project),
                lambda error: report(str(error)),
                name="bring back",
                owner=owner,
            )

    def loaded(project: Project, result: tuple[TrainedModel | None, RunCurves]) -> None:
        trained, curves = result
        if runner.state.active or store.project is not project:
            return
        runner.show(RunRecord.restored(project, run, curves))
        if trained is None:
            report(_("{run} is restored without weights: none were saved.", run=name))
            return
        rebased_model = replace(trained, project=rebased(trained.project, old_base, workbench.base))
        models.submit(ModelState(rebased_model, Source.RUN, run_id=run.id))
        report(_("{run} is restored with its weights.", run=name))

    def read() -> tuple[TrainedModel | None, RunCurves]:
        from netbuilder.ui.services.runs.run_tracker import curves_of  # needs NumPy

        return load_run_network(run), curves_of(run)

    if run.project.name != store.project.name:
        store.replace_document(label, run.project, old_base, exchange)
    else:
        store.replace_document(
            label, rebased(run.project, old_base, workbench.base), None, exchange
        )
    return True
