"""Compare and restore earlier runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QItemSelectionModel, QSortFilterProxyModel, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QPushButton,
    QStackedWidget,
    QTableView,
    QWidget,
)

from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.model import Project
from netbuilder.ui.plots.comparison_cells import CURVE_SIZE, ComparisonDelegate
from netbuilder.ui.plots.picture_menu import TableMenu
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.plots.sparkline import finite_values
from netbuilder.ui.results.runs_model import (
    CURVE,
    DIFFERS,
    EPOCHS,
    LOSS,
    SORT_ROLE,
    STARTED,
    TIME,
    RunsModel,
    changes_since_previous,
)
from netbuilder.ui.results.trial_rows import is_trial
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.runs.last_run_restorer import bring_back, run_title
from netbuilder.ui.services.runs.run_progress import format_start
from netbuilder.ui.services.runs.run_tracker import curves_of
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.empty_state import Invitation
from netbuilder.ui.widgets.labels import note_label, section
from netbuilder.ui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from netbuilder.core.engine.runs.run_store import Run
    from netbuilder.core.project.model import Project


_MEASURED = 100  # rows, for the width of a column
_NAME_LETTERS = 40  # with the tick before them: a name, and the number of its run
_DIFFERS_LETTERS, _TICK = 15, 5  # Qt gives a cell with a tick too little
_GIVE_WAY = (TIME, EPOCHS, STARTED, DIFFERS, LOSS, CURVE)
_NONE = N_("Your runs are saved here. Press Train to start the first run.")


def _list() -> tuple[list[Run], dict[str, tuple[float, ...]]]:
    """Return the runs, and the loss of each by epoch."""
    from netbuilder.core.engine.runs.run_store import list_runs, load_loss

    runs = list_runs()
    return runs, {run.id: finite_values(load_loss(run)) for run in runs}


class _Table(QTableView):
    """Signals ``width_changed()``: of its viewport, also by a scroll bar."""

    width_changed = Signal()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.width_changed.emit()


class RunsPanel(QWidget):
    """A table of runs and trials, and the differences between two, or from the canvas.

    Signal ``trial_requested(id)``: apply the values of a trial.
    """

    trial_requested = Signal(str)

    def __init__(
        self,
        store: ProjectStore,
        workbench: Workbench,
        runner: Runner,
        may_restore: Callable[[Project], bool],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._may_restore = may_restore
        self._store, self._workbench, self._runner = store, workbench, runner
        self.worker = Derived(self, _list, self._listed)
        self._trials: list[Run] = []
        self.model = RunsModel(self)
        self.model.renamed.connect(self._rename)
        self.model.overlays_chosen.connect(self._overlay)
        self._of = self._rows_of_data()
        self._ticks: dict[tuple[str, ...], tuple[str, ...]] = {}  # by the rows, of other data
        self._build_table()
        self.about = note_label(
            _(
                "Tick runs to compare their curves with the current run, and side by side in "
                "Evaluate."
            ),
            self,
        )
        self.back = QPushButton(_("Restore"), self)
        self.back.setToolTip(
            _("Restore the network, data, settings and trained weights of this run")
        )
        self.delete = QPushButton(_("Delete"), self)
        buttons = hbox((self.about, 1))
        for button in (self.back, self.delete):
            button.setProperty("small", True)
            buttons.addWidget(button)
        self.differs_title = section("", self)
        self.differs = note_label("", self, role="body")
        self.since = note_label("", self, role="body")
        page = QWidget(self)
        layout = vbox(parent=page, margins=(16, 8, 16, 8))
        layout.addLayout(buttons)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.since)
        layout.addWidget(self.differs_title)
        layout.addWidget(self.differs)
        self.stack = QStackedWidget(self)
        self.invitation = Invitation("rows", _(_NONE), self)
        self.stack.addWidget(self.invitation)
        self.stack.addWidget(page)
        vbox(self.stack, parent=self, margins=0)
        self.back.clicked.connect(self.bring_back)
        self.delete.clicked.connect(self.delete_selected)
        QShortcut(QKeySequence.StandardKey.Delete, self.table, self.delete_selected).setContext(
            Qt.ShortcutContext.WidgetShortcut
        )
        runner.ended.connect(self.refresh)
        store.changed.connect(self._project_changed)
        self._show_differences()

    def _rows_of_data(self) -> tuple[str, ...]:
        """Return the project's training rows, independent of its own path."""
        data = self._store.project.data
        path = str(self._workbench.base / data.path) if data.path else ""
        return (data.kind, data.name, path)

    def _project_changed(self) -> None:
        """Keep ticks of runs on other rows until these rows are back."""
        rows = self._rows_of_data()
        if rows != self._of:
            if self.model.ticked:
                self._ticks[self._of] = tuple(self.model.ticked)
            self._of = rows
            ticked = self._ticks.pop(rows, ())
            if ticked or self.model.ticked:
                self.model.tick(ticked)
        self._show_differences()

    def _build_table(self) -> None:
        self.sorted = QSortFilterProxyModel(self)
        self.sorted.setSourceModel(self.model)
        self.sorted.setSortRole(SORT_ROLE)
        self.table = _Table(self)
        self.table.setModel(self.sorted)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(STARTED, Qt.SortOrder.DescendingOrder)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setShowGrid(False)
        # Runs of one project differ in their number alone, which stands last (and a line broken
        # between words ends before it).
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.table.setItemDelegate(ComparisonDelegate(self.table))
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(
            max(self.fontMetrics().height() + 10, CURVE_SIZE.height() + 4)
        )
        header = self.table.horizontalHeader()
        header.setMinimumSectionSize(40)
        header.setResizeContentsPrecision(_MEASURED)
        # Numbers whole, whatever they are; the name has what is left. Of a header that resizes
        # itself Qt measures all cells each time that a column is hidden or shown.
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        for signal in (self.sorted.dataChanged, self.table.width_changed):
            signal.connect(lambda *_: QTimer.singleShot(0, self, self._leave_names_room))
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.setAccessibleName(_("Runs"))
        TableMenu(self.table, "runs")
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._show_differences())

    def _leave_names_room(self) -> None:
        """Hide the least important columns if names would be cut."""
        header, width = self.table.horizontalHeader(), self.table.columnWidth
        for number in _GIVE_WAY:
            header.setSectionHidden(number, False)  # Qt measures no hidden column
        self.table.resizeColumnsToContents()
        letter, differ = self.fontMetrics().averageCharWidth(), any(self.model.differing.values())
        whole = width(DIFFERS)  # else in the tooltip
        header.resizeSection(DIFFERS, min(whole, _DIFFERS_LETTERS * letter))
        name = width(0) + _TICK
        room = self.table.viewport().width() - sum(map(width, range(1, header.count())))
        for number in _GIVE_WAY:
            if room < min(_NAME_LETTERS * letter, name) or (number == DIFFERS and not differ):
                room += width(number)
                header.setSectionHidden(number, True)
        more = max(min(whole - width(DIFFERS), room - name), 0) if width(DIFFERS) else 0
        header.resizeSection(DIFFERS, width(DIFFERS) + more)
        header.resizeSection(0, room - more)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Read the list again."""
        self.worker.ask()

    def selected(self) -> list[Run]:
        rows = self.table.selectionModel().selectedRows()
        return [self.model.runs[self.sorted.mapToSource(row).row()] for row in rows]

    def bring_back(self) -> None:
        """Restore the selected run's project (one undo step), and its network if it was kept."""
        chosen = self.selected()
        if len(chosen) != 1:
            return
        if is_trial(chosen[0].id):
            self.trial_requested.emit(chosen[0].id)
            return
        (run,), tell, may = chosen, self.about.setText, self._may_restore
        bring_back(run, run_title(run), self._workbench, self._runner, tell, self, may)

    def delete_selected(self) -> None:
        from netbuilder.core.engine.runs import run_store as runs
        from netbuilder.core.errors import UserError

        gone = set()
        for run in self.selected():
            if is_trial(run.id):
                continue
            try:
                runs.delete_run(run.id)
            except UserError as error:
                self.about.setText(str(error))
                break
            gone.add(run.id)
        left = [r for r in self.model.runs if r.id not in gone and not is_trial(r.id)]
        self._show(left)
        self._overlay(tuple(self.model.ticked))

    def _listed(self, result: tuple[list[Run], dict[str, tuple[float, ...]]]) -> None:
        runs, curves = result
        self.model.curves |= curves
        self._show(runs)

    def show_trials(self, rows: Sequence[tuple[Run, tuple[float, ...]]]) -> None:
        """Show trials beside the runs."""
        self._trials = [replace(run, project=self._settled(run.project)) for run, _curve in rows]
        self.model.curves |= {run.id: curve for run, curve in rows}
        self._show([run for run in self.model.runs if not is_trial(run.id)])

    def draw_curve(self, run_id: str, curve: tuple[float, ...]) -> None:
        """Let a curve grow."""
        self.model.curves[run_id] = curve
        self.table.viewport().update()

    def _show(self, listed: list[Run]) -> None:
        selected = {run.id for run in self.selected()}
        listed = [*self._trials, *listed]
        self.model.show_runs(listed)
        self.stack.setCurrentIndex(1 if listed else 0)
        # Not selectRow: with a key held down it would toggle, and of several it would keep one.
        rows = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for number, run in enumerate(listed):
            if run.id in selected:
                index = self.sorted.mapFromSource(self.model.index(number, 0))
                self.table.selectionModel().select(index, rows)
        self._leave_names_room()
        self._show_differences()

    def _rename(self, run: Run, name: str) -> None:
        from netbuilder.core.engine.runs import run_store as runs
        from netbuilder.core.errors import UserError

        try:
            renamed = runs.rename_run(run.id, name)
        except UserError as error:
            self.about.setText(str(error))
            return
        self.model.replace(renamed)

    def _overlay(self, ids: tuple[str, ...]) -> None:
        from netbuilder.core.errors import UserError

        overlays: dict[str, RunCurves] = {}
        compared: dict[str, Run] = {}
        for run in self.model.runs:
            if run.id not in ids:
                continue
            name = run_title(run)
            name = name if name not in overlays else f"{name}, {format_start(run)}"
            try:
                overlays[name] = curves_of(run)
                compared[name] = run
            except UserError as error:
                self.about.setText(str(error))
        self._runner.overlays.show(overlays, compared)

    def _show_differences(self) -> None:
        chosen = self.selected()
        self.back.setEnabled(len(chosen) == 1)
        self.delete.setEnabled(bool(chosen))
        for label in (self.differs, self.differs_title):
            label.setVisible(len(chosen) in (1, 2))
        since = changes_since_previous(chosen[0], self.model.runs) if len(chosen) == 1 else ""
        self.since.setText(since)
        self.since.setVisible(bool(since))
        if len(chosen) == 1:
            self._tell(
                _("From “{run}” to the current project", run=chosen[0].name),
                chosen[0].project,
                self._settled(self._store.project),
            )
        elif len(chosen) == 2:
            older, newer = sorted(chosen, key=lambda run: run.started)
            self._tell(
                _("From “{older}” to “{newer}”", older=older.name, newer=newer.name),
                older.project,
                newer.project,
            )

    def _settled(self, project: Project) -> Project:
        """Return a project with its defaults, as a run records it."""
        from netbuilder.core.data.defaults import resolve_defaults
        from netbuilder.core.errors import UserError

        facts = self._workbench.facts
        if facts is None:
            return project
        try:
            return resolve_defaults(project, facts)
        except UserError:
            return project  # its data fits no loss: that is said elsewhere

    def _tell(self, title: str, old: Any, new: Any) -> None:
        from netbuilder.core.engine.runs.differences import project_differences

        differences = [str(difference) for difference in project_differences(old, new)]
        self.differs_title.setText(title)
        lines = [f"• {line}" for line in differences[:12]]
        if len(differences) > 12:
            lines.append("… " + ngettext("{count} more", "{count} more", len(differences) - 12))
        self.differs.setText("\n".join(lines) or _("No differences."))
