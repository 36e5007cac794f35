"""How long texts are, and where they are cut."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from netbuilder.core.data.data_views.text_view import TextsDataView
from netbuilder.ui.plots.themed_plot import ThemedPlot
from netbuilder.ui.style import theme


class LengthsPlot(ThemedPlot):
    """A histogram of words a text; beyond the dashed line they are cut off."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("lengths", parent)
        self._look: TextsDataView | None = None
        self.getPlotItem().setMouseEnabled(False, False)
        self.setMinimumHeight(120)

    def show_look(self, look: TextsDataView) -> None:
        """Show the lengths of other texts."""
        self._look = look
        self.setAccessibleName(
            f"Lengths: {look.longer} of {look.measured} texts are longer than {look.cut} words"
        )
        self.restyle()

    def drawn(self) -> None:
        item, look = self.getPlotItem(), self._look
        item.clear()
        if look is None or not look.lengths:
            return
        scheme = theme.colors()
        edges, heights = np.array(look.edges), np.array(look.lengths)
        item.addItem(
            pg.BarGraphItem(
                x0=edges[:-1], x1=edges[1:], height=heights,
                pen=QColor(scheme.panel), brush=QColor(scheme.training),
            )
        )  # fmt: skip
        cut = pg.InfiniteLine(
            look.cut,
            pen=pg.mkPen(scheme.validation, width=2, style=Qt.PenStyle.DashLine),
            label=f"cut at {look.cut}",
            labelOpts={"position": 0.9, "color": scheme.text, "anchors": [(1, 0), (1, 0)]},
        )
        item.addItem(cut)
        item.setLabel("bottom", "words")
        item.setLabel("left", "texts")
        right = max(float(edges[-1]), look.cut) * 1.02 + 1
        item.setRange(xRange=(0, right), yRange=(0, float(heights.max()) * 1.05), padding=0)
