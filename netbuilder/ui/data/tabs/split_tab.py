"""The parts of the data, and how the classes are shared out among them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from netbuilder.core.data.data_views.split_view import SplitDataView
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_count
from netbuilder.ui.plots.samples.split_chart import SplitChart, balance_sentence, split_legend
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label


class SplitTab(QWidget):
    """A bar for each class, or for each range of a number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = note_label("", self)
        self.chart = SplitChart(self)
        self.legend = QLabel(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addWidget(self.legend)
        layout.addWidget(self.words)
        layout.addWidget(self.chart)
        layout.addStretch(1)
        theme.theme().changed.connect(self._restyle)
        self._restyle()

    def show_look(self, look: SplitDataView, project: Project, base: Path) -> None:
        """Show how a target is shared out."""
        self.chart.show_look(look)
        more = f"{format_count(look.more, 'rarer class')} not drawn." if look.more else ""
        words = [f"Rows of each “{look.target}”.", balance_sentence(look), more]
        self.words.setText(" ".join(filter(None, words)))

    def _restyle(self) -> None:
        self.legend.setText(split_legend())
