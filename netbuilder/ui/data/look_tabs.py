"""Ways to look at the data: its columns, its rows, two columns against each other, all pairs."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from netbuilder.core.data.columns import DataReport
from netbuilder.core.data.look import LookTable, correlation
from netbuilder.ui.data.column_view import ColumnView
from netbuilder.ui.plots.correlation import CorrelationMap
from netbuilder.ui.plots.scatter import ScatterView
from netbuilder.ui.plots.table_preview import PreviewView
from netbuilder.ui.widgets.labels import note_label


class LookTabs(QTabWidget):
    """Tabs: those that make no sense for the data at hand are not there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDocumentMode(True)
        self.columns = ColumnView(self)
        self.preview = PreviewView(self)
        self.scatter = ScatterView(self)
        self.correlation = CorrelationMap(self)
        self._pairs = QWidget(self)
        layout = QVBoxLayout(self._pairs)
        layout.setContentsMargins(0, 4, 0, 0)
        self.strongest = note_label("", self._pairs)
        layout.addWidget(self.strongest)
        layout.addWidget(self.correlation, 1)
        self.addTab(self.columns, "Columns")
        self.addTab(self.preview, "Rows")
        self.addTab(self.scatter, "Scatter")
        self.addTab(self._pairs, "Correlation")
        self.setMinimumHeight(320)
        self._only(False, False)

    def show_report(self, report: DataReport, look: LookTable | None) -> None:
        """Show what was understood of the data."""
        rows = sum(report.rows.values())
        self.columns.columns.show_columns(report.columns, report.notes, rows)
        self.columns.updateGeometry()
        self._only(bool(report.columns), look is not None and len(look.names) > 1)
        self.scatter.show_look(look)
        if look is not None:
            self.correlation.show_matrix(correlation(look), look.names)
            self.strongest.setText(self.correlation.strongest())

    def show_nothing(self) -> None:
        """There is nothing to look at."""
        self._only(False, False)

    def _only(self, table: bool, numbers: bool) -> None:
        first = table and not self.isTabVisible(0)
        self.setTabVisible(0, table)
        self.setTabVisible(2, table and numbers)
        self.setTabVisible(3, table and numbers)
        self.tabBar().setVisible(table)
        if first:
            self.setCurrentIndex(0)
