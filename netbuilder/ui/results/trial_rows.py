"""Trials of a search as rows beside runs."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.plots.sparkline import finite_values

if TYPE_CHECKING:
    from netbuilder.core.engine.runs.run_store import Run
    from netbuilder.core.results.tuning.study import Study
    from netbuilder.core.results.tuning.trial import Trial

_TRIAL = "trial "


def is_trial(run_id: str) -> bool:
    """Return whether a row is a trial."""
    return run_id.startswith(_TRIAL)


def trial_id(trial: Trial) -> str:
    """Return the id of a trial's row."""
    return f"{_TRIAL}{dict(trial.values)!r}"


def trial_rows(study: Study, running: Iterable[Trial]) -> list[tuple[Run, tuple[float, ...]]]:
    """Return trials as runs with their curves, the best first; ``test`` is of validation rows."""
    from netbuilder.core.engine.runs.run_store import Run
    from netbuilder.core.results.tuning.study import with_trial

    numbers = {id(trial): number for number, trial in enumerate((*study.trials, *running), 1)}
    alike, file = {id(trial) for trial in study.as_good}, study.plan.file
    saved = file.stat().st_mtime if file is not None and file.exists() else time.time()
    rows = []
    for trial in (*running, *study.ranked):
        name = _("Trial {number}", number=str(numbers[id(trial)]))
        row = Run(
            trial_id(trial),
            f"{name} ≈" if id(trial) in alike else name,
            with_trial(trial, study.plan.project),
            datetime.fromtimestamp(saved, UTC).astimezone().isoformat(),
            "failed" if trial.failed else "pruned" if trial.pruned else "done",
            trial.epochs,
            kept_epoch=trial.best_epoch if trial.best_epoch < trial.epochs else 0,
            seconds=trial.seconds,
            last={} if trial.score is None else {"val_loss": trial.score},
            test=trial.measured,
            base=str(study.plan.base),
            units=(trial.unit,),
        )
        rows.append((row, finite_values(trial.curve)))
    return rows
