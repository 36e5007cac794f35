"""Trying variants in a thread of its own; what comes out of it arrives on the GUI thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

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
        changed: ``study``, ``running`` or ``error`` is another.
        found: the search that was kept of this project is ``study`` now: it was tried before.
        grew(values, curve): a variant under way, and its curve so far.
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
        self._plan: StudyPlan | None = (
            None  # of the study that is shown; None: it is of no matter now
        )
        store.project_replaced.connect(self._begin_anew)
        self.destroyed.connect(self._stop.set)
        # Where a project comes from is known once all that its coming calls for is done.
        self._soon = QTimer(self, singleShot=True)
        self._soon.timeout.connect(self._look)
        self._soon.start(0)

    def start(
        self,
        lines: Sequence[str],
        method: str,
        trials: int | None,
        prune: bool = True,
        at_once: int = 1,
    ) -> None:
        """Try variants of the project as it stands; trials of the same plan are gone on with.

        ``at_once``: how many, each in a process of its own (1: in this one).
        """
        if self.running:
            return
        from netbuilder.core.results.tuning.search_space import parse_dimension
        from netbuilder.core.results.tuning.study import StudyPlan, run_study, with_default_file

        project = self._store.project
        self.error = None
        try:
            varied = tuple(parse_dimension(line, project) for line in lines if line.strip())
            if not varied:
                raise UserError(
                    _("The search space is empty."),
                    _("Add a setting to search."),
                    code="search_space_empty",
                )
            paths = [one.path for one in varied]
            twice = next((path for path in paths if paths.count(path) > 1), None)
            if twice is not None:
                raise UserError(
                    _("{setting} is in the search space twice.", setting=twice),
                    _("Write all its values in one line."),
                    code="search_dimension_twice",
                )
            plan = with_default_file(
                StudyPlan(project, self._workbench.base, varied, trials, method, prune=prune)
            )
        except UserError as error:
            self.error = error
            self.changed.emit()
            return
        self._stop.clear()
        known = self.study
        self.study = known if known is not None and self.goes_on(plan) else None
        self._plan = plan
        self.running = True
        stop = self._stop
        tried, grew = jobs.relay_to_gui(self, self._take), jobs.relay_to_gui(self, self.grew.emit)

        def work() -> Any:
            from netbuilder.core.results.tuning import saved_studies as kept_ones

            kept_ones.restart_if_complete(plan)
            kept_ones.prune_studies()
            return run_study(plan, on_trial=tried, on_epoch=grew, stop=stop.is_set, jobs=at_once)

        jobs.run_job(work, self._done, self._failed, name="variants", owner=self)
        self.changed.emit()

    def stop(self) -> None:
        """End after the epoch that runs; what was tried is kept."""
        self._stop.set()

    def goes_on(self, plan: StudyPlan) -> bool:
        """Whether trying this plan goes on with the study that is shown."""
        study = self.study
        return (
            study is not None
            and 0 < len(study.trials) < plan.count
            and study.plan.mark == plan.mark
        )

    def _begin_anew(self) -> None:
        """What was found for the project before says nothing about another one; what was tried of
        it is in its file, and comes back when it is open again."""
        self._plan = self.study = self.error = None
        self.stop()
        self.changed.emit()
        self._soon.start(0)

    def _look(self) -> None:
        """Bring back what was tried of this project before, if it was: also by ``netbuilder tune``,
        and where the program was killed meanwhile."""
        project, base = self._store.project, self._workbench.base
        if not project.graph.nodes:
            return

        def work() -> Study | None:
            from netbuilder.core.results.tuning.saved_studies import newest_study

            found = newest_study(project, base)
            if found is not None:
                _ = found.caution  # loads what it is computed with: not on the GUI thread
            return found

        def show(found: Study | None) -> None:
            same = self._store.project is project and self._plan is None and not self.running
            if found is not None and same:
                self._plan, self.study = found.plan, found
                self.found.emit()
                self.changed.emit()

        jobs.run_job(
            work,
            show,
            lambda error: log.info("what was tried before cannot be shown: %s", error),
            name="kept variants",
            owner=self,
        )

    def _take(self, study: Study) -> None:
        self.study = study if study.plan is self._plan else None
        self.changed.emit()

    def _done(self, study: Study) -> None:
        self.running = False
        self._take(study)
        self._look_where_forgotten()

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, UserError):
            log.error("trying variants failed", exc_info=error)
            error = UserError(
                _("The experiment failed: {error}", error=error),
                _("Search other settings."),
                code="experiment_failed",
            )
        self.error, self.running = None if self._plan is None else error, False
        self.changed.emit()
        self._look_where_forgotten()

    def _look_where_forgotten(self) -> None:
        """Another project came while variants of the one before were tried."""
        if self._plan is None:
            self._soon.start(0)

    def take(self, trial: Trial | None = None) -> None:
        """Put a variant's values onto the canvas, the best one's where none is named, as one step
        that can be undone.

        Raises:
            UserError: no variant could train, or a layer is gone since.
        """
        from netbuilder.core.results.tuning.study import with_best, with_trial

        study = self.study
        if trial is not None:
            self._store.apply(_("Apply a trial"), lambda project: with_trial(trial, project))
        elif study is not None:
            self._store.apply(_("Apply the best trial"), lambda project: with_best(study, project))
