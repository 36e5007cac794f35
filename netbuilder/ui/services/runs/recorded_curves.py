"""From the record of a run to its curves. No Qt here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.services.runs.run_tracker import change_label

if TYPE_CHECKING:
    from netbuilder.core.engine.runs.run_store import Run


def curves_of(run: Run) -> RunCurves:
    """The curves of a recorded run.

    Raises:
        UserError: they cannot be read.
    """
    from netbuilder.core.engine.runs.run_store import load_rows

    found = load_rows(run)
    curves = RunCurves(run.name)
    steps = max((len(values) for values in found.steps.values()), default=0)
    per_epoch = run.steps_per_epoch or steps / max(run.epochs, 1)
    curves.add_kept(found.epochs, found.steps, run.epochs, run.steps_per_epoch)
    for change in run.changes:
        x = change.epoch + change.step / max(per_epoch, 1)
        curves.mark(x, change_label(change))
    curves.kept_epoch, curves.kept = run.kept_epoch, run.kept
    return curves
