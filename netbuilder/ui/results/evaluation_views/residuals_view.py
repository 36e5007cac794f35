"""Numeric predictions against true values, and their residuals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import label_with_unit, labelled
from netbuilder.ui.forms.boxes import NoWheelComboBox
from netbuilder.ui.plots.themed_plot import NoWheelPlot
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, hbox, vbox

if TYPE_CHECKING:
    from netbuilder.core.results.compare import Residuals
    from netbuilder.core.results.evaluate import Evaluation

SHOWN_POINTS = 5_000
_AGAINST, _OVER, _SPREAD = (
    N_("Predicted against true"), N_("Residuals over predictions"), N_("Distribution of residuals"),
)  # fmt: skip


class ResidualsView(QWidget):
    """One target column in one of three plots, with a sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._evaluation: Evaluation | None = None
        self.found: Residuals | None = None
        self.which, self.column = NoWheelComboBox(self), NoWheelComboBox(self)
        for kind in (_AGAINST, _OVER, _SPREAD):
            self.which.addItem(_(kind), kind)
        self.which.setAccessibleName(_("Diagram of the predictions"))
        self.column.setAccessibleName(_("Target column"))
        self.plot = NoWheelPlot("residuals", 260, self)
        self.words = note_label("", self)
        row = hbox(self.which, self.column, STRETCH)
        vbox(row, self.plot, self.words, parent=self, margins=0)
        self.which.currentIndexChanged.connect(self._draw)
        self.column.currentIndexChanged.connect(self._draw)
        theme.theme().changed.connect(self._draw)

    def show_evaluation(self, evaluation: Evaluation) -> None:
        """Show an evaluation; hide if it predicts no numbers."""
        self._evaluation = evaluation
        numbers = evaluation.task == "regression"
        self.setVisible(numbers)
        if not numbers:
            return
        width = int(np.asarray(evaluation.truth).reshape(evaluation.samples, -1).shape[1])
        names = list(evaluation.columns)[:width]
        names += [_("value {number}", number=index + 1) for index in range(len(names), width)]
        before = self.column.currentText()
        self.column.blockSignals(True)
        self.column.clear()
        self.column.addItems(names)
        self.column.setCurrentIndex(max(self.column.findText(before), 0))
        self.column.blockSignals(False)
        self.column.setVisible(width > 1)
        self._draw()

    def _draw(self) -> None:
        if self._evaluation is None or self._evaluation.task != "regression":
            return
        from netbuilder.core.results.compare import residuals

        result = self.found = residuals(self._evaluation, max(self.column.currentIndex(), 0))
        self.plot.getPlotItem().clear()
        self.words.setText(result.sentence)
        {_AGAINST: self._against, _OVER: self._over, _SPREAD: self._spread}[
            self.which.currentData()
        ](result)
        self.plot.setAccessibleName(labelled(self.which.currentText(), result.column))

    def _points(self, x: np.ndarray, y: np.ndarray) -> None:
        """Draw points, of very many an even part."""
        step = max(len(x) // SHOWN_POINTS, 1)
        color = QColor(theme.colors().training)
        color.setAlphaF(0.6)
        self.plot.addItem(
            pg.ScatterPlotItem(x[::step], y[::step], size=6, pxMode=True, brush=color, pen=None)
        )

    def _dotted(self) -> object:
        return pg.mkPen(theme.colors().secondary, width=1, style=Qt.PenStyle.DashLine)

    def _against(self, result: Residuals) -> None:
        self._points(result.truth, result.answers)
        low, high = _ends(np.concatenate([result.truth, result.answers]))
        self.plot.plot([low, high], [low, high], pen=self._dotted())
        item = self.plot.getPlotItem()
        item.setRange(xRange=(low, high), yRange=(low, high), padding=0)
        item.setLabel(
            "bottom", label_with_unit(_("true {column}", column=result.column), result.unit)
        )
        item.setLabel(
            "left", label_with_unit(_("predicted {column}", column=result.column), result.unit)
        )

    def _over(self, result: Residuals) -> None:
        self._points(result.answers, result.values)
        across, up = _ends(result.answers), _ends(np.append(result.values, 0.0))
        self.plot.plot(list(across), [0.0, 0.0], pen=self._dotted())
        item = self.plot.getPlotItem()
        item.setRange(xRange=across, yRange=up, padding=0)
        item.setLabel(
            "bottom", label_with_unit(_("predicted {column}", column=result.column), result.unit)
        )
        item.setLabel("left", label_with_unit(_("true − predicted"), result.unit))

    def _spread(self, result: Residuals) -> None:
        values = result.values[np.isfinite(result.values)]
        if not len(values):
            return
        counts, edges = np.histogram(values, bins=min(40, max(8, int(np.sqrt(len(values))))))
        scheme = theme.colors()
        self.plot.addItem(
            pg.BarGraphItem(
                x0=edges[:-1], x1=edges[1:], height=counts,
                brush=QColor(scheme.training), pen=QColor(scheme.panel),
            )
        )  # fmt: skip
        top = float(counts.max())
        self.plot.plot([0.0, 0.0], [0.0, top], pen=self._dotted())
        item = self.plot.getPlotItem()
        item.setRange(xRange=_ends(np.append(values, 0.0)), yRange=(0, 1.05 * top), padding=0)
        item.setLabel("bottom", label_with_unit(_("true − predicted"), result.unit))
        item.setLabel("left", "rows")


def _ends(values: np.ndarray) -> tuple[float, float]:
    whole = values[np.isfinite(values)]
    if not len(whole):
        return 0.0, 1.0
    low, high = float(whole.min()), float(whole.max())
    edge = 0.04 * (high - low or abs(high) or 1.0)
    return low - edge, high + edge
