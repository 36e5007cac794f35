"""The networks of earlier runs, judged like the one that was trained last."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.services.runs.last_run_restorer import load_run_network
from netbuilder.ui.services.runs.runner import Runner

if TYPE_CHECKING:
    from netbuilder.core.engine.runs.run_store import Run
    from netbuilder.core.results.compare import ComparedNetwork

log = logging.getLogger(__name__)
_NO_NETWORK = N_("Its weights file was too large to save.")


def _judge(wanted: tuple[tuple[str, Run], ...]) -> dict[str, ComparedNetwork]:
    """By the id of the run."""
    return {run.id: _judge_one(name, run) for name, run in wanted}


def _judge_one(name: str, run: Run) -> ComparedNetwork:
    from netbuilder.core.results.compare import ComparedNetwork, evaluate_own_data

    try:
        trained = load_run_network(run)
        if trained is None:
            return ComparedNetwork(name, trouble=_(_NO_NETWORK))
        return ComparedNetwork(name, evaluate_own_data(trained, Path(run.base or ".")))
    except UserError as error:
        return ComparedNetwork(name, trouble=str(error))
    except Exception as error:
        log.error("a run could not be judged", exc_info=error)
        return ComparedNetwork(name, trouble=_("It could not be evaluated: {error}", error=error))


class ComparedRuns(QObject):
    """Judges the runs that are ticked in the tab Runs, each once.

    ``changed``: ``found`` is another; it holds them in the order of the runner's overlays.
    """

    changed = Signal()

    def __init__(self, runner: Runner, parent: QObject) -> None:
        super().__init__(parent)
        self._runner = runner
        self._known: dict[str, ComparedNetwork] = {}
        self._worker = Derived(self, _judge, self._found)
        runner.overlays_changed.connect(self.refresh)

    @property
    def idle(self) -> bool:
        """Whether nothing is being judged."""
        return self._worker.idle

    @property
    def named(self) -> tuple[tuple[str, Run], ...]:
        """The runs that are compared, with the names that they have in every plot."""
        return tuple(self._runner.compared.items())

    @property
    def found(self) -> tuple[ComparedNetwork, ...]:
        """Those that are judged so far."""
        return tuple(
            replace(self._known[run.id], name=name)
            for name, run in self.named
            if run.id in self._known
        )

    def refresh(self) -> None:
        """Judge those that are not judged yet."""
        wanted = tuple(pair for pair in self.named if pair[1].id not in self._known)
        if wanted:
            self._worker.ask(wanted)
        self.changed.emit()

    def _found(self, answer: dict[str, ComparedNetwork]) -> None:
        self._known |= answer
        self.changed.emit()
