"""Ways to look at the data: its columns, its rows, and all that its kind has to show."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QTabBar, QTabWidget, QWidget

from netbuilder.core.data.data_report import DataReport
from netbuilder.core.data.data_views import TableDataView
from netbuilder.core.data.registry import KINDS
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Project
from netbuilder.ui.data.column_view import ColumnView
from netbuilder.ui.kinds.registry import DATA_VIEW_ROWS, DataViewRow
from netbuilder.ui.plots.table_preview import PreviewView
from netbuilder.ui.widgets.fix_buttons import Apply

_COLUMNS, _ROWS = N_("Columns"), N_("Rows")


class _StillBar(QTabBar):
    """Tabs that are chosen by a click: the wheel scrolls the page that they stand on."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class DataViewTabs(QTabWidget):
    """Tabs: those that make no sense for the data at hand are not there.

    A tab is built when data first has it.
    """

    def __init__(self, apply: Apply, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._apply = apply
        self.setTabBar(_StillBar(self))
        self.setDocumentMode(True)
        # In a narrow panel titles are shortened; arrows would hide the first ones.
        self.tabBar().setProperty("close", True)
        self.tabBar().setUsesScrollButtons(False)
        self.tabBar().setElideMode(Qt.TextElideMode.ElideRight)
        self.tabBar().setAccessibleName(_("Views of the data"))
        self.columns = ColumnView(apply, self)
        self.preview = PreviewView(self)
        self.tabs: dict[str, Any] = {}
        self._titles: dict[QWidget | None, str] = {self.columns: _COLUMNS, self.preview: _ROWS}
        self._of: object = self  # the data whose tabs these are
        self._waiting: dict[QWidget, tuple[object, Project, Path]] = {}
        self.currentChanged.connect(self._draw)
        self.addTab(self.columns, _(_COLUMNS))
        self.addTab(self.preview, _(_ROWS))
        self.setMinimumHeight(320)
        self.show_nothing()

    def show_report(
        self, report: DataReport, looks: tuple[object, ...], project: Project, base: Path
    ) -> None:
        """Show what was understood of the data."""
        rows = sum(report.rows.values())
        self.columns.columns.show_columns(report.columns, report.notes, rows, project)
        self.columns.updateGeometry()
        # Two columns at least can be drawn against each other.
        found = {
            type(one): one
            for one in looks
            if not isinstance(one, TableDataView) or len(one.names) > 1
        }
        shown = {_COLUMNS} if report.columns else set()
        shown |= {row.title for row in DATA_VIEW_ROWS if row.look in found}
        understood = report.columns or report.facts is not None
        if understood and not any(row.instead for row in DATA_VIEW_ROWS if row.look in found):
            shown.add(_ROWS)
        self._waiting = {
            self._tab(row): (found[row.look], project, base)
            for row in DATA_VIEW_ROWS
            if row.look in found
        }
        # Of what is made by sliders one wants to see the points move.
        made = any(param.slide for param in KINDS[report.kind].params(project.data))
        data = project.data
        self._only(shown, (data.kind, data.name, data.path), ["Scatter"] if made else [])
        self._draw()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see."""
        shown = [place for place in range(self.count()) if self.isTabVisible(place)]
        only_rows = all(self.widget(place) is self.preview for place in shown)
        return only_rows and not self.preview.model.rowCount()

    def show_nothing(self) -> None:
        """There is nothing to look at but rows."""
        self._only({_ROWS}, None)

    def follow(self, project: Project) -> None:
        """The network changed: other ends get the columns, and other layers the pictures."""
        self.columns.columns.follow(project)
        for tab, (look, _project, base) in self._waiting.items():
            self._waiting[tab] = (look, project, base)
        for tab in self.tabs.values():
            if hasattr(tab, "follow"):
                tab.follow(project)

    def _draw(self) -> None:
        """Draw the tab in front; the others wait until somebody looks at them."""
        tab: Any = self.currentWidget()
        waiting = self._waiting.pop(tab, None)
        if waiting is not None:
            tab.show_look(*waiting)

    def _tab(self, row: DataViewRow) -> Any:
        if row.title not in self.tabs:
            self.tabs[row.title] = made = row.build(self._apply, self)
            order = [one.title for one in DATA_VIEW_ROWS]
            before = [self._titles[self.widget(place)] for place in range(2, self.count())]
            place = 2 + sum(order.index(name) < order.index(row.title) for name in before)
            self._titles[made] = row.title
            self.insertTab(place, made, _(row.title))
        return self.tabs[row.title]

    def _only(self, shown: set[str], of: object, first: Sequence[str] = ()) -> None:
        """Show these tabs; of other data the one in front that tells most."""
        titles = [self._titles[self.widget(place)] for place in range(self.count())]
        before = titles[self.currentIndex()]
        for place, title in enumerate(titles):
            self.setTabVisible(place, title in shown)
        self.tabBar().setVisible(len(shown) > 1)
        other, self._of = of != self._of, of
        if other or before not in shown:
            # What a kind has of its own tells more than its columns, those more than points.
            own = (row.title for row in DATA_VIEW_ROWS if row.own)
            order = (*first, *own, _COLUMNS, "Arrays", _ROWS)
            wanted = next((title for title in order if title in shown), _ROWS)
            self.setCurrentIndex(titles.index(wanted))
