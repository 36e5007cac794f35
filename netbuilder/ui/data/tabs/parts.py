"""The parts of the data, and how the classes are shared out among them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from netbuilder.core.data.looks.parts import PartsLook
from netbuilder.core.project.model import Project
from netbuilder.core.wording import counted
from netbuilder.ui.plots.samples.parts import PartsChart, balance_words, part_legend
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label


class PartsTab(QWidget):
    """A bar for each class, or for each range of a number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = note_label("", self)
        self.chart = PartsChart(self)
        self.legend = QLabel(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addWidget(self.legend)
        layout.addWidget(self.words)
        layout.addWidget(self.chart)
        layout.addStretch(1)
        theme.theme().changed.connect(self._restyle)
        self._restyle()

    def show_look(self, look: PartsLook, project: Project, base: Path) -> None:
        """Show how a target is shared out."""
        self.chart.show_look(look)
        more = f"{counted(look.more, 'rarer class')} not drawn." if look.more else ""
        words = [f"Rows of each “{look.target}”.", balance_words(look), more]
        self.words.setText(" ".join(filter(None, words)))

    def _restyle(self) -> None:
        self.legend.setText(part_legend())
