"""The table model of the runs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QColor

from netbuilder.core.catalog.training.training_index import metric_words
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.wording import (
    decimal_padding,
    format_duration,
    format_number,
    join_values,
    labelled,
    most_decimals,
)
from netbuilder.ui.plots.comparison_cells import BAR_ROLE, CURVE_ROLE
from netbuilder.ui.plots.table_preview import BEHIND_ROLE, RIGHT
from netbuilder.ui.plots.training_curves import overlay_color, short_number
from netbuilder.ui.results.trial_rows import is_trial
from netbuilder.ui.services.runs.last_run_restorer import run_title
from netbuilder.ui.services.runs.run_progress import (
    format_start,
    is_share,
    test_metric,
    test_text,
    test_value,
    with_unit,
)
from netbuilder.ui.widgets.model_index import Index

if TYPE_CHECKING:
    from netbuilder.core.engine.runs.run_store import Run

SORT_ROLE = Qt.ItemDataRole.UserRole
_MOST_CHANGES = 3  # listed since the previous run
_REASONS = {
    "done": N_("finished"),
    "stopped": N_("stopped"),
    "early": N_("stopped early"),
    "failed": N_("failed"),
    "pruned": N_("pruned"),
}


@dataclass(frozen=True)
class RunColumn:
    """A column: title, text and sort key."""

    title: str
    text: Callable[[Run], str]
    key: Callable[[Run], Any]


def kept_loss(run: Run) -> float | None:
    """Return the validation (else training) loss of the network that the run kept."""
    numbers = run.kept or run.last
    value = numbers.get("val_loss", numbers.get("loss"))
    return None if value is None else float(value)


def loss_text(run: Run) -> str:
    """Return the loss, marked if it is not the validation's."""
    text = short_number(kept_loss(run))
    if not text or "val_loss" in (run.kept or run.last):
        return text
    return _("{value} (training)", value=text)


def _rows(run: Run) -> tuple[str, str, str]:
    """Return the training rows: losses of others do not compare."""
    data = run.project.data
    return data.kind, data.name, data.path


def epochs_text(run: Run) -> str:
    """Return the number of epochs, and the kept one if it is not the last: "48 of 100"."""
    count = format_number(run.epochs, ",")
    if not run.kept_epoch:
        return count
    return _("{epoch} of {count}", epoch=format_number(run.kept_epoch, ","), count=count)


def _rank(value: float | None) -> float:
    return float("inf") if value is None or math.isnan(value) else value


COLUMNS: tuple[RunColumn, ...] = (
    RunColumn(N_("run"), run_title, lambda run: run_title(run).lower()),
    RunColumn(N_("curve"), lambda _run: "", lambda run: _rank(kept_loss(run))),
    RunColumn(N_("test"), test_text, lambda run: _rank(test_value(run))),
    RunColumn(N_("validation loss"), loss_text, lambda run: _rank(kept_loss(run))),
    RunColumn(N_("epochs"), epochs_text, lambda run: run.epochs),
    RunColumn(
        N_("training time"), lambda run: format_duration(run.seconds), lambda run: run.seconds
    ),
    RunColumn(N_("started"), format_start, lambda run: run.started),
    RunColumn(N_("differs in"), lambda _run: "", lambda _run: ""),  # computed for all runs together
)

CURVE, TEST, LOSS, EPOCHS, TIME, STARTED, DIFFERS = range(1, len(COLUMNS))
#: Columns of numbers, and those of them with decimals of one unit.
_NUMBERS, _POINTS = (TEST, LOSS, EPOCHS, TIME), (TEST, LOSS)


class RunsModel(QAbstractTableModel):
    """The table of runs.

    Signals:
        renamed(run, name): the user renamed a run. overlays_chosen(ids): the user ticked runs.
    """

    renamed = Signal(object, str)
    overlays_chosen = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: list[Run] = []
        self.differing: dict[str, str] = {}  # what a run has that not all have, by its id
        self.curves: dict[str, tuple[float, ...]] = {}  # by id: the loss by epoch
        self.ticked: list[str] = []
        self.losses: dict[str, str] = {}  # by id, of runs whose rows were trained on several
        # The most in a column, of runs on the same rows.
        self._decimals: dict[tuple[RunColumn, tuple[str, str, str]], int] = {}

    def show_runs(self, runs: list[Run]) -> None:
        """Show other runs; ticks of missing runs go."""
        from netbuilder.core.engine.runs.differences import distinct_choices, loss_titles

        self.beginResetModel()
        self.runs, self._decimals = runs, {}
        choices = distinct_choices([run.project for run in runs])
        self.differing = {r.id: join_values(key) for r, key in zip(runs, choices, strict=True)}
        losses = {run.id: loss_titles(run.project.training) for run in runs}
        losses_by_rows = {(_rows(run), losses[run.id]) for run in runs if losses[run.id]}
        several = Counter(rows for rows, _loss in losses_by_rows)
        self.losses = {run.id: losses[run.id] for run in runs if several[_rows(run)] > 1}
        known = {run.id for run in runs}
        self.ticked = [key for key in self.ticked if key in known]
        self.endResetModel()

    def tick(self, ids: Sequence[str]) -> None:
        known = {run.id for run in self.runs}
        self.ticked = [run_id for run_id in ids if run_id in known]
        if self.runs:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.runs) - 1, 0))
        self.overlays_chosen.emit(tuple(self.ticked))

    def replace(self, run: Run) -> None:
        """Replace a run by id without a reset, which would close an open editor."""
        for row, old in enumerate(self.runs):
            if old.id == run.id:
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
                return self._text(run, column)
            case Qt.ItemDataRole.TextAlignmentRole:
                return RIGHT if index.column() in _NUMBERS else None
            case _ if role == BEHIND_ROLE and index.column() in _POINTS:
                key = column, _rows(run)
                if key not in self._decimals:
                    alike = [self._text(r, column) for r in self.runs if _rows(r) == key[1]]
                    self._decimals[key] = most_decimals(alike)
                return decimal_padding(self._text(run, column), self._decimals[key])
            case _ if role == CURVE_ROLE and index.column() == CURVE:
                return self.curves.get(run.id, ())
            case _ if role == BAR_ROLE and index.column() == TEST:
                return self._test_share(run)
            case Qt.ItemDataRole.CheckStateRole if index.column() == 0 and not is_trial(run.id):
                ticked = run.id in self.ticked
                return Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
            case Qt.ItemDataRole.DecorationRole if index.column() == 0 and run.id in self.ticked:
                # The colour that it has in every plot: they are drawn in the order of the list.
                overlays = [other.id for other in self.runs if other.id in self.ticked]
                return QColor(overlay_color(overlays.index(run.id)))
            case Qt.ItemDataRole.ToolTipRole:
                difference = labelled(_(COLUMNS[DIFFERS].title), self.differing[run.id] or "–")
                return f"{run_tooltip(run, self.runs)}\n{difference}"
            case _ if role == SORT_ROLE:
                return column.key(run) if index.column() != DIFFERS else self.data(index)
        return None

    def _test_share(self, run: Run) -> float | None:
        """Return the length of a bar: a share itself, an error beside the largest of its kind."""
        name, value = test_metric(run), test_value(run)
        if value is None or is_share(name):
            return value
        alike = [r for r in self.runs if test_metric(r) == name and _rows(r) == _rows(run)]
        return value / (max(test_value(r) or 0.0 for r in alike) or 1.0)

    def _text(self, run: Run, column: RunColumn) -> str:
        if column is COLUMNS[DIFFERS]:
            return self.differing[run.id]
        text, loss = column.text(run), self.losses.get(run.id)
        if column is COLUMNS[TEST] and text and is_trial(run.id):
            return _("{value} val.", value=text)
        if column is not COLUMNS[LOSS] or not text or not loss:
            return text
        return f"{text} ({loss})"

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        run = self.runs[index.row()]
        if role == Qt.ItemDataRole.CheckStateRole:
            on = Qt.CheckState(value) == Qt.CheckState.Checked
            self.ticked = [ticked_id for ticked_id in self.ticked if ticked_id != run.id] + (
                [run.id] if on else []
            )
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
            return _(COLUMNS[section].title)
        right = role == Qt.ItemDataRole.TextAlignmentRole and section in _NUMBERS
        return RIGHT if right else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        both = flag.ItemIsEnabled | flag.ItemIsSelectable
        named = index.column() == 0 and not is_trial(self.runs[index.row()].id)
        return both | flag.ItemIsEditable | flag.ItemIsUserCheckable if named else both


def changes_since_previous(run: Run, among: Sequence[Run]) -> str:
    """Return the changes since the previous run on the same data; "" without one."""
    from netbuilder.core.engine.runs.differences import project_differences
    from netbuilder.core.engine.runs.run_store import previous_run

    recorded = () if is_trial(run.id) else [other for other in among if not is_trial(other.id)]
    earlier = previous_run(run, recorded)
    if earlier is None:
        return ""
    changes = [str(change) for change in project_differences(earlier.project, run.project)]
    more = (
        [ngettext("{count} more", "{count} more", len(changes) - _MOST_CHANGES)]
        if len(changes) > _MOST_CHANGES
        else []
    )
    listed = join_values((*changes[:_MOST_CHANGES], *more), clauses=True) or _("nothing changed")
    return _("Since “{run}”: {changes}", run=run_title(earlier), changes=listed)


def run_tooltip(run: Run, among: Sequence[Run] = ()) -> str:
    """Return a run's details, and the changes since the previous one."""
    lines = [
        labelled(f"{run_title(run)}, {format_start(run)}", _(_REASONS.get(run.reason, run.reason)))
    ]
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
        f"{metric_words(name)} {short_number(value)} {when_measured}"
        for name, value in (run.kept or run.last).items()
    ]
    lines += [
        _("test {metric} {value}", metric=metric_words(name), value=with_unit(name, value, run))
        for name, value in run.test.items()
        if not is_trial(run.id)
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
        lines.append(join_values(f"{name} {version}" for name, version in run.versions.items()))
    return "\n".join(lines)
