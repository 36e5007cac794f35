"""A series by time, and sequences beside each other."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from netbuilder.core.data.data_views.series_view import (
    LOOKED_BACK_AT,
    SequencesDataView,
    SeriesDataView,
)
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_count
from netbuilder.ui.forms.boxes import NoWheelComboBox
from netbuilder.ui.plots.class_colors import class_color
from netbuilder.ui.plots.samples.series_plot import SequencesPlot, SeriesPlot
from netbuilder.ui.plots.samples.split_chart import split_legend
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label

ALL = "all classes"


class SeriesTab(QWidget):
    """One column from the first row to the last, its parts in their colours."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: SeriesDataView | None = None
        self.column = NoWheelComboBox(self)
        self.column.setAccessibleName("Column that is drawn")
        self.plot = SeriesPlot(self)
        self.legend = QLabel(self)
        self.note = note_label("", self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addWidget(self.column)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.legend)
        layout.addWidget(self.note)
        self.column.currentIndexChanged.connect(self._draw)
        theme.theme().changed.connect(self._restyle)
        self._restyle()

    def show_look(self, look: SeriesDataView, project: Project, base: Path) -> None:
        """Show another series; the column stays where it has it."""
        self._look = look
        refill_combo(self.column, look.columns)
        self.column.setVisible(len(look.columns) > 1)
        self._draw()
        gaps = len(self.plot.gaps())
        ahead = "the next row" if look.horizon == 1 else f"the next {look.horizon} rows"
        words = [f"{format_count(look.window, 'row')} are looked back at to predict {ahead}."]
        if any((one.parts == LOOKED_BACK_AT).any() for one in look.stretches):
            words.append("The dotted rows are only looked back at, never predicted.")
        if gaps:
            words.append(f"{format_count(gaps, 'gap')} (shaded): no window spans one.")
        self.note.setText(" ".join(words))

    def _draw(self) -> None:
        if self._look is not None:
            self.plot.show_series(self._look, self.column.currentText())

    def _restyle(self) -> None:
        self.legend.setText(split_legend())


class SequencesTab(QWidget):
    """Some sequences of each class."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: SequencesDataView | None = None
        self.label, self.feature = NoWheelComboBox(self), NoWheelComboBox(self)
        self.label.setAccessibleName("Class that is drawn")
        self.feature.setAccessibleName("Feature that is drawn")
        self.plot = SequencesPlot(self)
        self.legend = QLabel(self)
        self.legend.setWordWrap(True)
        self.note = note_label("", self)
        row = QHBoxLayout()
        row.addWidget(self.label, 1)
        row.addWidget(self.feature, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.legend)
        layout.addWidget(self.note)
        for box in (self.label, self.feature):
            box.currentIndexChanged.connect(self._draw)

    def show_look(self, look: SequencesDataView, project: Project, base: Path) -> None:
        """Show other sequences."""
        self._look = look
        classes = [name for name in dict.fromkeys(look.labels) if name]
        refill_combo(self.label, (ALL, *classes))
        refill_combo(self.feature, look.features)
        self.label.setVisible(len(classes) > 1)
        self.feature.setVisible(len(look.features) > 1)
        colors = (f'<span style="color:{class_color(n).name()}">━</span> {name}'
                  for n, name in enumerate(classes))  # fmt: skip
        self.legend.setText("&nbsp;&nbsp; ".join(colors))
        self.note.setText(f"{len(look.labels)} of {format_count(look.count, 'sequence')}.")
        self._draw()

    def _draw(self) -> None:
        if self._look is None:
            return
        label = self.label.currentText() if self.label.currentIndex() > 0 else ""
        self.plot.show_sequences(self._look, max(self.feature.currentIndex(), 0), label)


def refill_combo(box: QComboBox, names: tuple[str, ...]) -> None:
    """Put other names into a box in silence; what was chosen stays where it is among them."""
    before = box.currentText()
    box.blockSignals(True)
    box.clear()
    box.addItems(list(names))
    box.setCurrentIndex(names.index(before) if before in names else 0)
    box.blockSignals(False)
