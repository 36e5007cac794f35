"""Earlier runs as a table: tick to overlay, click to sort, type to rename."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor

from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_duration, format_number, format_with_unit
from netbuilder.ui.plots.training_curves import overlay_color
from netbuilder.ui.services.runs.run_progress import format_start

if TYPE_CHECKING:
    from netbuilder.core.engine.runs.run_store import Run

Index = QModelIndex | QPersistentModelIndex
SORT_ROLE = Qt.ItemDataRole.UserRole
#: Numbers of a test that Evaluate measures in the target's own units.
_IN_UNITS = {"mean_absolute_error", "root_mean_squared_error", "median_absolute_error"}
_MOST_CHANGES = 3  # that are told of those since the run before
_REASONS = {
    "done": N_("finished"),
    "stopped": N_("stopped"),
    "early": N_("stopped early"),
    "failed": N_("failed"),
}


@dataclass(frozen=True)
class RunColumn:
    """A column: its title, what it shows, and what it is sorted by."""

    title: str
    text: Callable[[Run], str]
    key: Callable[[Run], Any]


def short_result(value: float | None) -> str:
    """A result in as few signs as a column has room for; empty where there is none."""
    if value is None:
        return ""
    if 1000 <= abs(value) < 1e7:
        return format_number(value, ",.0f")
    small = 0 < abs(value) < 1e-3
    return format_number(value, ".1e") if small else format_number(value, ".3g")


def kept_loss(run: Run) -> float | None:
    """The validation loss, or the training's where none was measured, of the network that the run
    was left with: at its end, or in the epoch that was kept."""
    numbers = run.kept or run.last
    value = numbers.get("val_loss", numbers.get("loss"))
    return None if value is None else float(value)


def test_value(run: Run) -> float | None:
    """The number of the test that tells most: accuracy, an error in own units, the loss."""
    names = [name for name in run.test if name != "loss"] or list(run.test)
    return float(run.test[names[0]]) if names else None


def epochs_text(run: Run) -> str:
    """How many were done, and which of them was kept where that is not the last: "48 of 100"."""
    kept = (
        _("{epoch} of", epoch=format_number(run.kept_epoch, ",.0f")) + " " if run.kept_epoch else ""
    )
    return f"{kept}{run.epochs:,}"


def run_title(run: Run) -> str:
    """What the user called it, or what it was trained on where the project has no name."""
    data = run.project.data
    if run.name == Project().name and data.kind:
        return data.name or Path(data.path).stem
    return run.name


def test_text(run: Run) -> str:
    """The test's most telling number, with what it is: "97.7 %", "± $43.4", "0.2"."""
    value = test_value(run)
    if value is None:
        return ""
    name = next((name for name in run.test if name != "loss"), "loss")
    if "accuracy" in name:
        return format_number(value, ".1%")
    words = _counted_in(name, value, run)
    return f"± {words}" if name == "mean_absolute_error" else words


def _counted_in(name: str, value: float, run: Run) -> str:
    """A number of the test, with the target's unit where it is counted in that."""
    return format_with_unit(short_result(value), run.unit if name in _IN_UNITS else "")


def _rank(value: float | None) -> float:
    return float("inf") if value is None or math.isnan(value) else value


COLUMNS: tuple[RunColumn, ...] = (
    RunColumn("name", run_title, lambda run: run_title(run).lower()),
    RunColumn("began", format_start, lambda run: run.started),
    RunColumn("epochs", epochs_text, lambda run: run.epochs),
    RunColumn("loss", lambda run: short_result(kept_loss(run)), lambda run: _rank(kept_loss(run))),
    RunColumn("test", test_text, lambda run: _rank(test_value(run))),
    RunColumn("took", lambda run: format_duration(run.seconds), lambda run: run.seconds),
)


class RunsModel(QAbstractTableModel):
    """``renamed(run, name)`` and ``overlays_chosen(ids)`` tell what the user did."""

    renamed = Signal(object, str)
    overlays_chosen = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: list[Run] = []
        self.ticked: list[str] = []

    def show_runs(self, runs: list[Run]) -> None:
        """Show other runs; ticks of those that are gone go too."""
        self.beginResetModel()
        self.runs = runs
        known = {run.id for run in runs}
        self.ticked = [one for one in self.ticked if one in known]
        self.endResetModel()

    def tick(self, ids: Sequence[str]) -> None:
        """Tick these runs, and no others."""
        known = {run.id for run in self.runs}
        self.ticked = [one for one in ids if one in known]
        if self.runs:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.runs) - 1, 0))
        self.overlays_chosen.emit(tuple(self.ticked))

    def replace(self, run: Run) -> None:
        """Put another value in the place of the run of the same id. No reset: an editor is open."""
        for row, one in enumerate(self.runs):
            if one.id == run.id:
                self.runs[row] = run
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.runs)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        run, column = self.runs[index.row()], COLUMNS[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return column.text(run)
            case Qt.ItemDataRole.CheckStateRole if index.column() == 0:
                ticked = run.id in self.ticked
                return Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
            case Qt.ItemDataRole.DecorationRole if index.column() == 0 and run.id in self.ticked:
                # The colour that it has in every plot: they are drawn in the order of the list.
                shown = [one.id for one in self.runs if one.id in self.ticked]
                return QColor(overlay_color(shown.index(run.id)))
            case Qt.ItemDataRole.ToolTipRole:
                return run_tooltip(run, self.runs)
            case _ if role == SORT_ROLE:
                return column.key(run)
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        run = self.runs[index.row()]
        if role == Qt.ItemDataRole.CheckStateRole:
            on = Qt.CheckState(value) == Qt.CheckState.Checked
            self.ticked = [one for one in self.ticked if one != run.id] + ([run.id] if on else [])
            # The colours of those below it move on.
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.runs) - 1, 0))
            self.overlays_chosen.emit(tuple(self.ticked))
            return True
        if role == Qt.ItemDataRole.EditRole and str(value).strip():
            self.renamed.emit(run, str(value).strip())
            return True
        return False

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].title
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        both = flag.ItemIsEnabled | flag.ItemIsSelectable
        return (
            both | flag.ItemIsEditable | flag.ItemIsUserCheckable if index.column() == 0 else both
        )


def changes_since_previous(run: Run, among: Sequence[Run]) -> str:
    """What was changed since the run before of the same data; "" where there is none."""
    from netbuilder.core.engine.runs.differences import project_differences
    from netbuilder.core.engine.runs.run_store import previous_run

    earlier = previous_run(run, among)
    if earlier is None:
        return ""
    found = [str(one) for one in project_differences(earlier.project, run.project)]
    more = (
        [ngettext("{count} more", "{count} more", len(found) - _MOST_CHANGES)]
        if len(found) > _MOST_CHANGES
        else []
    )
    told = "; ".join((*found[:_MOST_CHANGES], *more)) or _("nothing changed")
    return _("Since “{run}”: {changes}", run=run_title(earlier), changes=told)


def run_tooltip(run: Run, among: Sequence[Run] = ()) -> str:
    """All about a run, in a few lines, and what was changed since the one before."""
    lines = [f"{run.name}, {format_start(run)}: {_(_REASONS.get(run.reason, run.reason))}"]
    lines += [line] if (line := changes_since_previous(run, among)) else []
    if run.best_epoch:
        lines.append(_("best epoch {best} of {epochs}", best=run.best_epoch, epochs=run.epochs))
    if run.slowed:
        lines.append(_("slowed down to watch"))
    if run.kept_epoch:
        lines.append(_("the weights are those of epoch {epoch}:", epoch=run.kept_epoch))
    when_measured = (
        _("in epoch {epoch}", epoch=run.kept_epoch) if run.kept_epoch else _("at the end")
    )
    lines += [
        f"{name.replace('_', ' ')} {short_result(value)} {when_measured}"
        for name, value in (run.kept or run.last).items()
    ]
    lines += [
        _(
            "test {metric} {value}",
            metric=name.replace("_", " "),
            value=_counted_in(name, value, run),
        )
        for name, value in run.test.items()
    ]
    if run.machine:
        lines.append(
            _(
                "on {machine}, {system}",
                machine=run.machine.get("name", ""),
                system=run.machine.get("system", ""),
            ).strip()
        )
    if run.versions:
        lines.append(", ".join(f"{name} {version}" for name, version in run.versions.items()))
    return "\n".join(lines)
