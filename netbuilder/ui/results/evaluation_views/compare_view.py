"""Runs side by side: metrics, curves and confusion matrices."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from netbuilder.core.catalog.training.training_index import metric_words
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import join_sentences
from netbuilder.ui.forms.boxes import NoWheelComboBox
from netbuilder.ui.plots.confusion_matrix import HeatMap
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.plots.table_preview import ShortTable
from netbuilder.ui.plots.themed_plot import NoWheelPlot
from netbuilder.ui.plots.training_curves import overlay_color, short_number
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.settings import level
from netbuilder.ui.services.views.evaluation_service import ComparedRuns
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label, section
from netbuilder.ui.widgets.layouts import grid_of, prepared, vbox

if TYPE_CHECKING:
    from netbuilder.core.results.compare import ComparedNetwork
    from netbuilder.core.results.evaluate import Evaluation

_sentence = sentences_of("evaluation")

THIS = "this network"
_LOSS, _ROC, _PR, _OFF = (
    N_("Validation loss"), "ROC", N_("Precision and recall"), N_("Distribution of errors"),
)  # fmt: skip
_TICK = N_(
    "Tick earlier runs on the Compare page to see them here with this network, in the same colours."
)
#: Matrices of so few classes stand two in a row.
_SMALL = 4


class CompareView(QWidget):
    """The newest network, and the runs that are ticked on the page Compare."""

    def __init__(self, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._mine: Evaluation | None = None
        self.runs = ComparedRuns(runner, self)
        self.title = section(_("Comparison with earlier runs: test set"), self)
        self.words = note_label(_(_TICK), self)
        self.legend = prepared(QLabel(self), textFormat=Qt.TextFormat.RichText, wordWrap=True)
        self.table = ShortTable(_("Comparison of runs"), self)
        self.table.rows.aligned = False  # each row is another quantity
        self.which, self.label = NoWheelComboBox(self), NoWheelComboBox(self)
        self.which.setAccessibleName(_("Curve of all runs"))
        self.label.setAccessibleName(_("Class of the curve"))
        self.plot = NoWheelPlot("runs_compared", 220, self)
        self._matrices = QWidget(self)
        self._grid = grid_of(self._matrices)
        self.heats: list[HeatMap] = []
        layout = vbox(self.title, self.words, parent=self, margins=0)
        self._shown = (self.legend, self.table, self.which, self.label, self.plot, self._matrices)
        for widget in self._shown:
            layout.addWidget(widget)
        self.which.currentIndexChanged.connect(self._draw)
        self.label.currentIndexChanged.connect(self._draw)
        self.runs.changed.connect(self._show)
        theme.theme().changed.connect(self._show)
        level().changed.connect(self._show)
        self.runs.refresh()

    def show_evaluation(self, evaluation: Evaluation | None) -> None:
        self._mine = evaluation
        self._show()

    @property
    def all(self) -> tuple[ComparedNetwork, ...]:
        """Return this network and the evaluated runs."""
        from netbuilder.core.results.compare import ComparedNetwork

        mine = (ComparedNetwork(THIS, self._mine),) if self._mine is not None else ()
        return (*mine, *self.runs.found)

    def _colors(self) -> list[str]:
        """Return the colours of ``all``, as on the page Compare."""
        order = [name for name, _ in self.runs.named]
        return [
            theme.colors().training
            if model.name == THIS
            else overlay_color(order.index(model.name))
            for model in self.all
            if model.name == THIS or model.name in order
        ]

    def _show(self) -> None:
        from netbuilder.core.results.compare import metric_rows, same_rows

        models = self.all
        several = bool(self.runs.named)
        for widget in self._shown:
            widget.setVisible(several)
        for widget in (self.title, self.words):  # Basic has no page on which runs are ticked
            widget.setVisible(several or not level().basic)
        if not several:
            self.words.setText(_(_TICK))
            return
        self._show_words(models, same_rows(models))
        colors = self._colors()
        self.legend.setText(
            " &nbsp; ".join(
                _named(color, model.name) for color, model in zip(colors, models, strict=True)
            )
        )
        rows = [
            (
                metric_words(row.metric),
                *(
                    f"{text if math.isfinite(value or 0) else short_number(value)}"
                    f"{' ★' if place in row.best else ''}"
                    for place, (text, value) in enumerate(zip(row.texts, row.values, strict=True))
                ),
            )
            for row in metric_rows(models)
        ]
        self.table.show_rows((_("metric"), *(model.name for model in models)), rows)
        self._show_choices(models)
        self._draw()
        self._show_matrices(models, colors)

    def _show_words(self, models: tuple[ComparedNetwork, ...], same: bool) -> None:
        from netbuilder.core.results.compare import same_losses

        parts = []
        if not self.runs.idle:
            parts.append(_("Evaluating the runs…"))
        if not same:
            parts.append(_sentence("other_rows"))
        if len(models) > 1 and not same_losses(models):
            parts.append(_sentence("other_losses"))
        parts += [f"“{model.name}”: {model.trouble}" for model in models if model.trouble]
        parts.append(_("★ marks the best value in each row."))
        self.words.setText(join_sentences(parts))

    def _show_choices(self, models: tuple[ComparedNetwork, ...]) -> None:
        from netbuilder.core.results.classification_curves import first_class

        sure = [model.evaluation for model in models if model.evaluation is not None]
        classes = [
            result for result in sure if result.probabilities is not None and len(result.labels) > 1
        ]
        kinds = [_LOSS]
        kinds += [_ROC, _PR] if classes else []
        kinds += [_OFF] if any(result.task == "regression" for result in sure) else []
        labels = list(classes[0].labels) if classes else []
        for box, names in ((self.which, kinds), (self.label, labels)):
            if [box.itemData(index) for index in range(box.count())] == names:
                continue
            before = box.currentData()
            box.blockSignals(True)
            box.clear()
            for name in names:
                box.addItem(_(name) if box is self.which else name, name)
            start = box.findData(before)
            first = first_class(classes[0]) if box is self.label and classes else 0
            box.setCurrentIndex(start if start >= 0 else first)
            box.blockSignals(False)

    def _draw(self) -> None:
        item = self.plot.getPlotItem()
        item.clear()
        kind = self.which.currentData()
        self.label.setVisible(kind in (_ROC, _PR) and bool(self.runs.named))
        if kind == _LOSS:
            self._draw_losses()
        else:
            for color, model in zip(self._colors(), self.all, strict=True):
                if model.evaluation is not None:
                    self._draw_one(kind, model.evaluation, color)
        names = {
            _LOSS: ("epoch", _("validation loss")),
            _ROC: (_("false positive rate"), "found"),
            _PR: (_("recall"), _("precision")),
            _OFF: (_("error of at most"), _("share of samples")),
        }
        across, up = names.get(kind, ("", ""))
        item.setLabel("bottom", across)
        item.setLabel("left", up)
        item.autoRange(padding=0.03)
        self.plot.setAccessibleName(_("{curve} of {count} runs", curve=kind, count=len(self.all)))

    def _draw_losses(self) -> None:
        scheme = theme.colors()
        curves: list[tuple[str, RunCurves]] = [(scheme.training, self._runner.record.curves)]
        curves += [
            (overlay_color(number), curve)
            for number, curve in enumerate(self._runner.overlays.curves.values())
        ]
        for color, curve in curves:
            series = curve.validation("loss")
            series = series if len(series) else curve.training("loss", False)
            if len(series):
                self.plot.plot(series.x, series.y, pen=pg.mkPen(color, width=2))

    def _draw_one(self, kind: str, result: Evaluation, color: str) -> None:
        pen = pg.mkPen(color, width=2)
        if kind == _OFF:
            if result.task == "regression":
                off = np.sort(
                    np.abs(result.truth - result.predictions).reshape(result.samples, -1)[:, 0]
                )
                self.plot.plot(off, np.arange(1, len(off) + 1) / len(off), pen=pen)
            return
        from netbuilder.core.results.classification_curves import class_curves

        name = self.label.currentText()
        if name not in result.labels:
            return
        try:
            curves = class_curves(result, result.labels.index(name))
        except UserError:  # no row, or every row, is of the class
            return
        if kind == _ROC:
            self.plot.plot(curves.false_positive, curves.true_positive, pen=pen)
        else:
            self.plot.plot(curves.recall, curves.precision, pen=pen)

    def _show_matrices(self, models: tuple[ComparedNetwork, ...], colors: list[str]) -> None:
        from netbuilder.core.results.mistakes import visible_matrix

        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.heats = []
        colored = [
            (model, color)
            for model, color in zip(models, colors, strict=True)
            if model.evaluation is not None and model.evaluation.confusion_matrix is not None
        ]
        self._matrices.setVisible(bool(colored) and bool(self.runs.named))
        few = all(
            len(model.evaluation.labels) <= _SMALL for model, _ in colored if model.evaluation
        )
        columns = 2 if few else 1
        for number, (model, color) in enumerate(colored):
            assert model.evaluation is not None
            name = QLabel(_named(color, model.name), self._matrices)
            heat = HeatMap(self._matrices)
            matrix = visible_matrix(model.evaluation)
            assert matrix is not None
            heat.show_matrix(matrix.counts, matrix.labels)
            row, column = divmod(number, columns)
            self._grid.addWidget(name, 2 * row, column)
            self._grid.addWidget(heat, 2 * row + 1, column)
            self.heats.append(heat)


def _named(color: str, name: str) -> str:
    """Return a run's name with its colour as rich text."""
    return f'<span style="color:{color}">■</span> {html.escape(name)}'
