"""Two columns of a table against each other, coloured by class or by the target's value."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from netbuilder.core.data.data_views.table_view import TableDataView
from netbuilder.core.wording import format_count
from netbuilder.ui.forms.boxes import NoWheelComboBox
from netbuilder.ui.plots.class_colors import class_color, class_sign, class_symbol
from netbuilder.ui.plots.themed_plot import ThemedPlot
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label

# pyqtgraph's symbols: shape tells classes apart where colour cannot.


class ScatterView(QWidget):
    """Choose two columns; each row of the data is a point."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: TableDataView | None = None
        self.across, self.up = NoWheelComboBox(self), NoWheelComboBox(self)
        self.across.setAccessibleName("Column from left to right")
        self.up.setAccessibleName("Column from bottom to top")
        for box in (self.across, self.up):
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(8)
            box.currentIndexChanged.connect(self._draw)
        self.plot = ThemedPlot("scatter", self)
        self.plot.setMinimumHeight(220)
        self.legend = QLabel(self)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        self.note = note_label("", self)
        row = QHBoxLayout()
        row.addWidget(QLabel("→", self))
        row.addWidget(self.across, 1)
        row.addWidget(QLabel("↑", self))
        row.addWidget(self.up, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.legend)
        layout.addWidget(self.note)
        theme.theme().changed.connect(self._draw)

    def show_table(self, look: TableDataView | None) -> None:
        """Show a table; the columns that were chosen stay where it has them."""
        before = self.across.currentText(), self.up.currentText()
        self._look = look
        names = look.names if look is not None else ()
        numeric_target = look is not None and not any(look.labels) and look.target in names
        wanted = (0, names.index(look.target)) if numeric_target and look else (0, 1)
        for box, old, number in (
            (self.across, before[0], wanted[0]),
            (self.up, before[1], wanted[1]),
        ):
            box.blockSignals(True)
            box.clear()
            box.addItems(list(names))
            box.setCurrentIndex(names.index(old) if old in names else min(number, len(names) - 1))
            box.blockSignals(False)
        self._draw()

    def _draw(self) -> None:
        scheme = theme.colors()
        item = self.plot.getPlotItem()
        item.clear()
        look = self._look
        if look is None or not look.names:
            self.legend.setText("")
            self.note.setText("There is no column of numbers to draw.")
            return
        x = look.values[:, max(self.across.currentIndex(), 0)]
        y = look.values[:, max(self.up.currentIndex(), 0)]
        seen = np.isfinite(x) & np.isfinite(y)
        classes = sorted({label for label in look.labels if label})
        labels = np.asarray(look.labels, object)
        parts = []
        for number, name in enumerate(classes or [""]):
            mine = seen & (labels == name) if classes else seen
            color = class_color(number)
            edge = QColor(scheme.panel)
            fill = QColor(color)
            fill.setAlpha(200)
            item.addItem(
                pg.ScatterPlotItem(
                    x[mine],
                    y[mine],
                    size=7,
                    pen=edge,
                    brush=fill,
                    symbol=class_symbol(number),
                )
            )
            if name:
                sign = class_sign(number)
                parts.append(f'<span style="color:{color.name()}">{sign}</span> {name}')
        self.legend.setText("&nbsp;&nbsp; ".join(parts))
        self.legend.setVisible(bool(parts))
        item.setLabel("bottom", look.axis(max(self.across.currentIndex(), 0)))
        item.setLabel("left", look.axis(max(self.up.currentIndex(), 0)))
        self.plot.setAccessibleName(
            f"{self.up.currentText()} against {self.across.currentText()}, "
            f"{format_count(int(seen.sum()), 'point')}"
        )
        missing = int(len(seen) - seen.sum())
        words = (
            [f"{format_count(look.sampled, 'row')} not drawn, for speed."] if look.sampled else []
        )
        words += (
            [f"{format_count(missing, 'row')} with an empty cell not drawn."] if missing else []
        )
        self.note.setText(" ".join(words))
