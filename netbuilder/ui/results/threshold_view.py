"""Curves of one class against the rest, with a movable threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QWidget

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import as_sentence, format_number, format_percent, join_sentences
from netbuilder.ui.forms.boxes import NoWheelComboBox, NoWheelSlider
from netbuilder.ui.plots.confusion_matrix import HeatMap
from netbuilder.ui.plots.themed_plot import NoWheelPlot
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from netbuilder.core.results.evaluate import Evaluation

_ROC, _PR, _CALIBRATION = "ROC", N_("Precision and recall"), N_("Calibration")


class ThresholdView(QWidget):
    """Curves of a class, with the threshold as a point on them. ``moved(at)``: threshold or class
    changed; its scores."""

    moved = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._evaluation: Evaluation | None = None
        self.which, self.label = NoWheelComboBox(self), NoWheelComboBox(self)
        for kind in (_ROC, _PR, _CALIBRATION):
            self.which.addItem(_(kind), kind)
        self.which.setAccessibleName(_("Curve"))
        self.label.setAccessibleName(_("Class"))
        self.plot = NoWheelPlot("curve", 230, self)
        for side in ("left", "bottom"):  # else the last number is left out, which says the whole
            self.plot.getPlotItem().getAxis(side).setStyle(hideOverlappingLabels=False)
        row = hbox(self.which, (self.label, 1))
        self.value = QLabel(self)
        self.slider = NoWheelSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, 100)
        self.slider.setValue(50)
        self.slider.setAccessibleName(_("Threshold in percent"))
        line = hbox(self.value, (self.slider, 1))
        self.heat = HeatMap(self)
        self.words = note_label("", self)
        vbox(row, self.plot, line, self.heat, self.words, parent=self, margins=0)
        self.which.currentIndexChanged.connect(self._draw)
        self.label.currentIndexChanged.connect(self._draw)
        self.slider.valueChanged.connect(self._draw)
        theme.theme().changed.connect(self._draw)

    def show_evaluation(self, evaluation: Evaluation) -> None:
        """Show an evaluation; hide without probabilities."""
        from netbuilder.core.results.classification_curves import first_class

        self._evaluation = evaluation
        fits = evaluation.probabilities is not None and len(evaluation.labels) > 1
        self.setVisible(fits)
        if not fits:
            return
        before = self.label.currentText()
        self.label.blockSignals(True)
        self.label.clear()
        self.label.addItems(list(evaluation.labels))
        known = before in evaluation.labels
        self.label.setCurrentIndex(
            evaluation.labels.index(before) if known else first_class(evaluation)
        )
        self.label.blockSignals(False)
        self._draw()

    def _draw(self) -> None:
        from netbuilder.core.results.classification_curves import at_threshold

        result, index = self._evaluation, self.label.currentIndex()
        if result is None or result.probabilities is None or index < 0:
            return
        part = self.slider.value() / 100
        at = at_threshold(result, index, part)
        self.value.setText(
            _(
                "predict “{label}” from {threshold} on",
                label=at.label,
                threshold=format_percent(part, 0),
            )
        )
        others = [label for label in result.labels if label != at.label]
        rest = others[0] if len(others) == 1 else _("not {label}", label=at.label)
        self.heat.show_matrix(at.matrix, (rest, at.label))
        self.moved.emit(at)
        right, precise, found_again = (
            format_percent(part) for part in (at.accuracy, at.precision, at.recall)
        )
        head = _(
            "“{label}” from {threshold} on: {correct} correct, precision {precision}, "
            "recall {recall}",
            label=at.label,
            threshold=format_percent(part, 0),
            correct=right,
            precision=precise,
            recall=found_again,
        )
        try:
            curve = self._curve(result, index)
        except UserError as error:
            self.plot.clear()
            self.words.setText(join_sentences((as_sentence(head), str(error))))
            return
        points = {_ROC: (at.false_positive, at.recall), _PR: (at.recall, at.precision)}
        point = points.get(self.which.currentData())
        if point is not None:
            scheme = theme.colors()
            self.plot.plot(
                [point[0]], [point[1]], symbol="o", symbolSize=11,
                symbolBrush=QColor(scheme.validation), symbolPen=QColor(scheme.panel),
            )  # fmt: skip
        head = as_sentence(f"{head}, F1 {format_percent(at.f1)}")
        self.words.setText(join_sentences((head, curve)))

    def _curve(self, result: Evaluation, index: int) -> str:
        """Draw the chosen curve and return its meaning."""
        from netbuilder.core.results.classification_curves import calibration_curve, class_curves

        scheme, kind = theme.colors(), self.which.currentData()
        item = self.plot.getPlotItem()
        item.clear()
        item.setRange(xRange=(0, 1), yRange=(0, 1.02), padding=0.02)
        pen = pg.mkPen(scheme.training, width=2)
        dotted = pg.mkPen(scheme.secondary, style=Qt.PenStyle.DotLine)
        if kind == _CALIBRATION:
            mean, share, counts = calibration_curve(result, index)
            self.plot.plot([0, 1], [0, 1], pen=dotted)
            sizes = 6 + 10 * np.sqrt(counts / counts.max())
            self.plot.plot(
                mean, share, pen=pen, symbol="o", symbolSize=sizes, symbolBrush=scheme.training
            )
            item.setLabel("bottom", _("confidence"))
            item.setLabel("left", _("share correct"))
            return _(
                "On the dotted line, the share of correct predictions equals their confidence."
            )
        curves = class_curves(result, index)
        if kind == _ROC:
            self.plot.plot([0, 1], [0, 1], pen=dotted)
            self.plot.plot(curves.false_positive, curves.true_positive, pen=pen)
            item.setLabel("bottom", _("false positive rate"))
            item.setLabel("left", _("recall"))
            return _(
                "Area under the curve (AUC) {auc}; random guessing gives 0.5.",
                auc=format_number(curves.auc),
            )
        self.plot.plot([0, 1], [curves.share, curves.share], pen=dotted)
        self.plot.plot(curves.recall, curves.precision, pen=pen)
        item.setLabel("bottom", _("recall"))
        item.setLabel("left", _("precision"))
        return _(
            "Average precision {precision}; random guessing gives {share}.",
            precision=format_number(curves.average_precision),
            share=format_number(curves.share),
        )
