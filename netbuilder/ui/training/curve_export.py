"""The curves as a file: a picture, a drawing, or a table."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import write_bytes
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.plots.training_curves import TrainingCurvePlot


def export_curves(plot: TrainingCurvePlot, path: Path) -> None:
    """Write the plot as ``.png`` or ``.svg``, or its numbers as ``.csv``.

    Raises:
        UserError: another ending, or the file cannot be written.
    """
    match path.suffix.lower():
        case ".png" | ".svg":
            plot.menu.save(path)
        case ".csv":
            write_bytes(path, curves_table(plot.run).encode("utf-8"))
        case ending:
            raise UserError(
                _("Curves cannot be saved as “{ending}”.", ending=ending or path.name),
                _("Choose a name that ends in .png, .svg or .csv."),
                code="curves_ending",
            )


def curves_table(run: RunCurves) -> str:
    """One row an epoch, one column a quantity; where there are no epochs yet, one row a step."""
    series = run.epochs or run.steps
    names = list(series)
    rows: dict[float, dict[str, float]] = {}
    for name in names:
        for x, y in zip(series[name].x, series[name].y, strict=True):
            rows.setdefault(float(x), {})[name] = float(y)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", *names])
    for x in sorted(rows):
        writer.writerow([f"{x:g}", *(repr(rows[x][n]) if n in rows[x] else "" for n in names)])
    return text.getvalue()
