"""A series by time with its parts in their colours, and sequences beside each other."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from netbuilder.core.data.data_views.series_view import (
    ContiguousRows,
    SequencesDataView,
    SeriesDataView,
)
from netbuilder.core.wording import label_with_unit
from netbuilder.ui.plots.class_colors import class_color
from netbuilder.ui.plots.samples.split_chart import split_colors
from netbuilder.ui.plots.themed_plot import ThemedPlot
from netbuilder.ui.style import theme

_DAY = 86_400.0
#: Line styles tell the parts apart where colours cannot.
_STYLES = (
    Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DashDotLine, Qt.PenStyle.DotLine,
)  # fmt: skip


class SeriesPlot(ThemedPlot):
    """One column by time; where time jumps a shaded band stands, and no line crosses it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("series", parent)
        self.look: SeriesDataView | None = None
        self.column = ""
        item = self.getPlotItem()
        item.setMouseEnabled(x=True, y=False)
        self.setToolTip("Drag to move along; Ctrl and the wheel: closer")
        item.setDownsampling(auto=True, mode="peak")
        item.setClipToView(True)
        self.setMinimumHeight(200)

    def show_series(self, look: SeriesDataView, column: str) -> None:
        """Show a column of a series; the view begins with all of it."""
        self.look, self.column = look, column
        axis = pg.DateAxisItem("bottom", utcOffset=0) if look.dates else pg.AxisItem("bottom")
        self.setAxisItems({"bottom": axis})
        self.restyle()
        if look.dates:
            axis.setStyle(maxTickLevel=1)
        self.getPlotItem().autoRange(padding=0.02)
        gaps = len(self.gaps())
        self.setAccessibleName(
            f"{column} by {look.order or 'row'}, {gaps} gaps" if gaps else f"{column} by row"
        )

    def gaps(self) -> list[tuple[float, float]]:
        """Where time jumps, as the axis has it: from the last row before to the first behind."""
        if self.look is None:
            return []
        ends = [(self._x(one)[0], self._x(one)[-1]) for one in self.look.stretches]
        return [(one[1], other[0]) for one, other in pairwise(ends) if other[0] > one[1]]

    def _x(self, stretch: ContiguousRows) -> NDArray[np.float64]:
        dates = self.look is not None and self.look.dates
        return stretch.times * _DAY if dates else stretch.times

    def drawn(self) -> None:
        item = self.getPlotItem()
        item.clear()
        look = self.look
        if look is None:
            return
        scheme = theme.colors()
        for start, end in self.gaps():
            band = pg.LinearRegionItem((start, end), movable=False, brush=QColor(scheme.hairline))
            for line in band.lines:
                line.setPen(pg.mkPen(scheme.secondary, style=Qt.PenStyle.DotLine))
            item.addItem(band, ignoreBounds=True)
        colors = (*split_colors(), QColor(scheme.secondary))
        for stretch in look.stretches:
            values = stretch.values.get(self.column)
            if values is None:
                continue
            for part in range(4):
                mine = stretch.parts == part
                if not mine.any():
                    continue
                # The line to a row belongs to the row that it leads to.
                reached = mine.copy()
                reached[:-1] |= mine[1:]
                pen = pg.mkPen(colors[part], width=1.4, style=_STYLES[part])
                curve = pg.PlotDataItem(
                    self._x(stretch),
                    np.where(reached, values, np.nan),
                    pen=pen,
                    connect="finite",
                    symbol="o" if mine.sum() == 1 else None,
                    symbolSize=4,
                    symbolBrush=colors[part],
                )
                item.addItem(curve)
        item.setLabel("left", label_with_unit(self.column, look.units.get(self.column, "")))
        item.setLabel("bottom", look.order or "row")


class SequencesPlot(ThemedPlot):
    """Some sequences of each class over their steps; one feature at a time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("sequences", parent)
        self.look: SequencesDataView | None = None
        self.feature = 0
        self.label = ""
        self.setMinimumHeight(200)

    def show_sequences(self, look: SequencesDataView, feature: int = 0, label: str = "") -> None:
        """Show a feature of the sequences, of one class where ``label`` names it."""
        self.look, self.feature, self.label = look, feature, label
        self.restyle()
        self.getPlotItem().autoRange(padding=0.02)
        self.setAccessibleName(f"Sequences of {label or 'all classes'}")

    def drawn(self) -> None:
        item = self.getPlotItem()
        item.clear()
        look = self.look
        if look is None:
            return
        names: list[str] = list(dict.fromkeys(look.labels))
        steps: Any = np.arange(look.values.shape[1])
        for values, label in zip(look.values, look.labels, strict=True):
            if self.label and label != self.label:
                continue
            number = names.index(label)
            pen = pg.mkPen(class_color(number), width=1.4, style=_STYLES[number // 10 % 4])
            item.addItem(pg.PlotDataItem(steps, values[:, self.feature], pen=pen))
        item.setLabel("left", look.features[self.feature])
        item.setLabel("bottom", "step")
