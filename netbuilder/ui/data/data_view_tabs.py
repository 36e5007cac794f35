"""Ways to look at the data: its columns, its rows, and all that its kind has to show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QTabBar, QTabWidget, QVBoxLayout, QWidget

from netbuilder.core.data.data_report import DataReport
from netbuilder.core.data.data_views.all_views import DataView
from netbuilder.core.data.data_views.array_view import ArraysDataView
from netbuilder.core.data.data_views.picture_view import PicturesDataView
from netbuilder.core.data.data_views.series_view import SequencesDataView, SeriesDataView
from netbuilder.core.data.data_views.sound_view import SoundsDataView
from netbuilder.core.data.data_views.split_view import SplitDataView
from netbuilder.core.data.data_views.table_view import TableDataView, correlation
from netbuilder.core.data.data_views.text_view import TextsDataView
from netbuilder.core.data.registry import KINDS
from netbuilder.core.project.model import Project
from netbuilder.ui.data.column_view import ColumnView
from netbuilder.ui.data.tabs.arrays_tab import ArraysTab
from netbuilder.ui.data.tabs.pictures_tab import PicturesTab
from netbuilder.ui.data.tabs.series_tab import SequencesTab, SeriesTab
from netbuilder.ui.data.tabs.sounds_tab import SoundsTab
from netbuilder.ui.data.tabs.split_tab import SplitTab
from netbuilder.ui.data.tabs.texts_tab import TextsTab
from netbuilder.ui.plots.samples.correlation import CorrelationMap
from netbuilder.ui.plots.samples.scatter import ScatterView
from netbuilder.ui.plots.table_preview import PreviewView
from netbuilder.ui.widgets.fix_buttons import Apply
from netbuilder.ui.widgets.labels import note_label


@dataclass(frozen=True)
class DataViewRow:
    """A tab for what there is to see: the sort of look, its title, and what builds it.

    The widget has ``show_look(look, project, base)``, and is given what makes edits;
    ``instead`` of the rows, where those would only say the same.
    """

    look: type
    title: str
    build: Callable[[Apply, QWidget], Any]
    instead: bool = False


class CorrelationTab(QWidget):
    """Every pair of columns, and the one that goes together most in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.map = CorrelationMap(self)
        self.strongest = note_label("", self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addWidget(self.strongest)
        layout.addWidget(self.map, 1)

    def show_look(self, look: TableDataView, project: Project, base: Path) -> None:
        """Show the pairs of another table."""
        self.map.show_matrix(correlation(look), look.names)
        self.strongest.setText(self.map.strongest())


class ScatterTab(ScatterView):
    """Two columns against each other."""

    def show_look(self, look: TableDataView, project: Project, base: Path) -> None:
        """Show the rows of another table."""
        self.show_table(look)


DATA_VIEW_ROWS = (
    DataViewRow(ArraysDataView, "Arrays", ArraysTab),
    DataViewRow(
        PicturesDataView, "Pictures", lambda apply, parent: PicturesTab(parent), instead=True
    ),
    DataViewRow(TextsDataView, "Texts", lambda apply, parent: TextsTab(parent)),
    DataViewRow(SeriesDataView, "Series", lambda apply, parent: SeriesTab(parent)),
    DataViewRow(SequencesDataView, "Sequences", lambda apply, parent: SequencesTab(parent)),
    DataViewRow(SoundsDataView, "Sounds", lambda apply, parent: SoundsTab(parent), instead=True),
    DataViewRow(TableDataView, "Scatter", lambda apply, parent: ScatterTab(parent)),
    DataViewRow(TableDataView, "Correlation", lambda apply, parent: CorrelationTab(parent)),
    DataViewRow(SplitDataView, "Parts", lambda apply, parent: SplitTab(parent)),
)


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
        self.tabBar().setAccessibleName("Views of the data")
        self.columns = ColumnView(apply, self)
        self.preview = PreviewView(self)
        self.tabs: dict[str, Any] = {}
        self._of: object = self  # the data whose tabs these are
        self._waiting: dict[QWidget, tuple[DataView, Project, Path]] = {}
        self.currentChanged.connect(self._draw)
        self.addTab(self.columns, "Columns")
        self.addTab(self.preview, "Rows")
        self.setMinimumHeight(320)
        self.show_nothing()

    def show_report(
        self, report: DataReport, looks: tuple[DataView, ...], project: Project, base: Path
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
        shown = {"Columns"} if report.columns else set()
        shown |= {row.title for row in DATA_VIEW_ROWS if row.look in found}
        understood = report.columns or report.facts is not None
        if understood and not any(row.instead for row in DATA_VIEW_ROWS if row.look in found):
            shown.add("Rows")
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
        self._only({"Rows"}, None)

    def follow(self, project: Project) -> None:
        """The network changed: other ends get the columns, and other layers the pictures."""
        self.columns.columns.follow(project)
        for tab, (look, _, base) in self._waiting.items():
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
            before = [self.tabText(place) for place in range(2, self.count())]
            place = 2 + sum(order.index(name) < order.index(row.title) for name in before)
            self.insertTab(place, made, row.title)
        return self.tabs[row.title]

    def _only(self, shown: set[str], of: object, first: Sequence[str] = ()) -> None:
        """Show these tabs; of other data the one in front that tells most."""
        before = self.tabText(self.currentIndex())
        for place in range(self.count()):
            self.setTabVisible(place, self.tabText(place) in shown)
        self.tabBar().setVisible(len(shown) > 1)
        other, self._of = of != self._of, of
        if other or before not in shown:
            # What a kind has of its own tells more than its columns, those more than points.
            late = {ArraysDataView, TableDataView, SplitDataView}
            own = (row.title for row in DATA_VIEW_ROWS if row.look not in late)
            order = (*first, *own, "Columns", "Arrays", "Rows")
            wanted = next((title for title in order if title in shown), "Rows")
            titles = [self.tabText(place) for place in range(self.count())]
            self.setCurrentIndex(titles.index(wanted))
