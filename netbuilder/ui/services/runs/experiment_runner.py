"""Run experiments in their own thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from netbuilder.core import folders
from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.ui.services import jobs
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.results.tuning.study import Study, StudyPlan
    from netbuilder.core.results.tuning.trial import Trial

log = logging.getLogger(__name__)


class ExperimentRunner(QObject):
    """One study at a time.

    Signals:
        changed: ``study``, ``running`` or ``error`` changed.
        found: ``study`` is now the saved study of this project.
        grew(values, curve): a running trial, and its curve so far.
    """

    changed = Signal()
    found = Signal()
    grew = Signal(object, object)

    def __init__(
        self, store: ProjectStore, workbench: Workbench, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench = store, workbench
        self.study: Study | None = None
        self.running = False
        self.error: UserError | None = None
        self._stop = threading.Event()
        self.plan: StudyPlan | None = None  # of the study on show
        store.project_replaced.connect(self._reset)
        self.destroyed.connect(self._stop.set)
        # After all handlers of the new project.
        self._load_timer = QTimer(self, singleShot=True)
        self._load_timer.timeout.connect(self._load_saved)
        self._load_timer.start(0)

    def start(
        self, lines: Sequence[str], method: str, trials: int | None, at_once: int = 1
    ) -> None:
        """Run trials of the current project, or continue those of the same plan.

        ``at_once``: the number of parallel processes; 1: in this process.
        """
        if self.running or not self._store.finish_typing():
            return
        from netbuilder.core.results.tuning.study import make_plan, run_study, with_default_file

        self.error = None
        project, base = self._store.project, self._workbench.base
        try:
            plan = with_default_file(make_plan(project, base, lines, trials, method))
        except UserError as error:
            self.error = error
            self.changed.emit()
            return
        self._stop.clear()
        previous = self.study
        self.study = previous if previous is not None and self.goes_on(plan) else None
        self.plan = plan
        self.running = True
        stop = self._stop
        on_trial, grew = (
            jobs.relay_to_gui(self, self._set_study),
            jobs.relay_to_gui(self, self.grew.emit),
        )

        def work() -> Any:
            from netbuilder.core.results.tuning import study

            study.restart_if_complete(plan)
            study.prune_studies()
            return run_study(plan, on_trial=on_trial, on_epoch=grew, stop=stop.is_set, jobs=at_once)

        jobs.run_job(work, self._done, self._failed, name="variants", owner=self)
        self.changed.emit()

    def stop(self) -> None:
        self._stop.set()

    def goes_on(self, plan: StudyPlan) -> bool:
        study = self.study
        return (
            study is not None
            and 0 < len(study.trials) < plan.count
            and study.plan.mark == plan.mark
        )

    def _reset(self) -> None:
        """Forget the previous project's study; it is saved in its file."""
        self.plan = self.study = self.error = None
        self.stop()
        self.changed.emit()
        self._load_timer.start(0)

    def _load_saved(self) -> None:
        project, base = self._store.project, self._workbench.base
        if not project.graph.nodes:
            return

        def work() -> Study | None:
            if not any(folders.trials().glob("*.jsonl")):
                return None  # without the imports, which the first window need not wait for
            from netbuilder.core.results.tuning.study import newest_study

            saved = newest_study(project, base)
            if saved is not None:
                _ = saved.caution  # its imports are too slow for the GUI thread
            return saved

        def show(saved: Study | None) -> None:
            same = self._store.project is project and self.plan is None and not self.running
            if saved is not None and same:
                self.plan, self.study = saved.plan, saved
                self.found.emit()
                self.changed.emit()

        jobs.run_job(
            work,
            show,
            lambda error: log.info("what was tried before cannot be shown: %s", error),
            name="kept variants",
            owner=self,
        )

    def _set_study(self, study: Study) -> None:
        self.study = study if study.plan is self.plan else None
        self.changed.emit()

    def _done(self, study: Study) -> None:
        self.running = False
        self._set_study(study)
        self._load_for_new_project()

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, UserError):
            log.error("trying variants failed", exc_info=error)
            error = user_error("experiment_failed", error=error)
        self.error, self.running = None if self.plan is None else error, False
        self.changed.emit()
        self._load_for_new_project()

    def _load_for_new_project(self) -> None:
        if self.plan is None:
            self._load_timer.start(0)

    def take(self, trial: Trial | None = None) -> None:
        """Apply a trial's values, by default the best trial's, as one undo step."""
        from netbuilder.core.results.tuning.study import with_best, with_trial

        study = self.study
        if trial is not None:
            self._store.apply(_("Apply a trial"), lambda project: with_trial(trial, project))
        elif study is not None:
            self._store.apply(_("Apply the best trial"), lambda project: with_best(study, project))
