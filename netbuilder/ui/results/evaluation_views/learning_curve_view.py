"""The learning curve on request: would more rows help?"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from netbuilder.core.catalog.training.training_index import metric_words
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import capitalize_first, format_number
from netbuilder.ui.forms.boxes import CountBox
from netbuilder.ui.plots.table_preview import ShortTable
from netbuilder.ui.plots.themed_plot import NoWheelPlot
from netbuilder.ui.services import jobs
from netbuilder.ui.services.project_store import begins_anew
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label, section
from netbuilder.ui.widgets.layouts import flow, prepared, vbox

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.learning_curve import LearningCurve

_sentence = sentences_of("evaluation")

log = logging.getLogger(__name__)
_WHAT = N_(
    "The network is trained again from initial weights on a tenth of its training set, on a "
    "fifth, and so on, several times each. If the validation curve still improves at the end, "
    "more data helps."
)


class LearningCurveView(QWidget):
    """A button that trains on parts of the data, the curves with bands, and the numbers."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._stop: threading.Event | None = None
        self._of: TrainedModel | None = None
        self.found: LearningCurve | None = None
        self.title = section(_("Would more data help?"), self)
        self.button = prepared(QPushButton(_("Train with less data"), self), small=True)
        self.button.setToolTip(_(_WHAT))
        self.seeds = CountBox(1, 1, self)
        self.seeds.setRange(1, 10)
        self.seeds.setValue(3)
        begins_anew(workbench.store, self.seeds)
        self.seeds.setAccessibleName(_("Runs for each amount"))
        self.seeds.setToolTip(
            _("Each run has a different seed; the bands show how much the runs differ")
        )
        label = QLabel(_("runs per amount"), self)
        label.setBuddy(self.seeds)
        row = flow(self.button, self.seeds, label, spacing=8)
        self.words = note_label(_(_WHAT), self)
        self.legend = prepared(QLabel(self), textFormat=Qt.TextFormat.RichText)
        self.plot = NoWheelPlot("learning_curve", 220, self)
        self.table = ShortTable(_("Amounts of data"), self)
        vbox(
            self.title, row, self.words, self.legend, self.plot, self.table, parent=self, margins=0
        )
        self.button.clicked.connect(self._pressed)
        self.destroyed.connect(self.stop)
        theme.theme().changed.connect(self._draw)
        self._show(None)

    @property
    def running(self) -> bool:
        """Return whether parts are being trained."""
        return self._stop is not None

    def begin(self, trained: TrainedModel | None) -> None:
        """Set another network and clear the results."""
        if trained is self._of:
            return
        self.stop()
        self._of = trained
        self.words.setText(_(_WHAT))
        self._show(None)

    def stop(self) -> None:
        """Stop after the current epoch and keep the results."""
        if self._stop is not None:
            self._stop.set()
        self._stop = None
        self.button.setText(_("Train with less data"))

    def _pressed(self) -> None:
        trained = self._of
        if self.running or trained is None:
            self.stop()
            return
        if self._workbench.training:
            state = capitalize_first(self._workbench.run_words)
            self.words.setText(_("{state}: try again when it is done.", state=state))
            return
        stop = self._stop = threading.Event()
        self.button.setText(_("Stop"))
        self.words.setText(_("Training on the smallest amount…"))
        self._show(None)
        base, seeds = self._workbench.base, self.seeds.value()
        on_point = jobs.relay_to_gui(self, self._tell)

        def work() -> LearningCurve:
            return _find(trained, base, seeds, on_point, stop)

        jobs.run_job(
            work,
            lambda curve: self._ended(stop, curve),
            lambda error: self._failed(stop, error),
            name="learning curve",
            owner=self,
        )

    def _tell(self, stop: threading.Event, curve: LearningCurve) -> None:
        if stop is not self._stop:
            return
        last = curve.points[-1]
        self.words.setText(
            _sentence(
                "amount",
                rows=format_number(last.rows, ",.0f"),
                number=len(curve.points),
                total=curve.total,
            )
        )
        self._show(curve)

    def _ended(self, stop: threading.Event, curve: LearningCurve) -> None:
        if stop is self._stop:
            self.stop()
            self.words.setText(curve.sentence or _(_WHAT))
            self._show(curve)

    def _failed(self, stop: threading.Event, error: Exception) -> None:
        if stop is not self._stop:
            return
        if not isinstance(error, UserError):
            log.error("the learning curve failed", exc_info=error)
        self.stop()
        self.words.setText(str(error))

    def _show(self, curve: LearningCurve | None) -> None:
        self.found = curve if curve is not None and curve.points else None
        for widget in (self.legend, self.plot, self.table):
            widget.setVisible(self.found is not None)
        self._draw()
        if self.found is None:
            return
        points = self.found.points
        counts = [format_number(point.rows, ",") for point in points]
        known, new = (
            _column([amount.known for amount in points]),
            _column([amount.new for amount in points]),
        )
        rows = list(zip(counts, known, new, strict=True))
        names = (_("rows"), _("on training rows"), _(_ON_ROWS[self.found.split]))
        self.table.show_rows(names, rows)

    def _draw(self) -> None:
        scheme, item = theme.colors(), self.plot.getPlotItem()
        item.clear()
        curve = self.found
        if curve is None:
            return
        x = np.array([point.rows for point in curve.points], float)
        curves = (
            (_("training rows"), [p.known for p in curve.points], scheme.training, "o"),
            (_(_ROWS[curve.split]), [p.new for p in curve.points], scheme.validation, "t"),
        )
        for _name, values, color, symbol in curves:
            mean = np.array([np.mean(scores) for scores in values])
            low = np.array([np.min(scores) for scores in values])
            high = np.array([np.max(scores) for scores in values])
            # A curve without a pen would have no points to fill between.
            edges = [self.plot.plot(x, ends, pen=pg.mkPen(0, 0, 0, 0)) for ends in (low, high)]
            soft = QColor(color)
            soft.setAlphaF(0.18)
            self.plot.addItem(pg.FillBetweenItem(*edges, brush=soft))
            self.plot.plot(
                x, mean, pen=pg.mkPen(color, width=2), symbol=symbol, symbolSize=8,
                symbolBrush=QColor(color), symbolPen=QColor(scheme.panel),
            )  # fmt: skip
        self.legend.setText(
            " &nbsp; ".join(
                f'<span style="color:{color}">{"●" if symbol == "o" else "▼"}</span> {name}'
                for name, _values, color, symbol in curves
            )
        )
        item.setLabel("bottom", _("training rows"))
        item.setLabel("left", metric_words(curve.metric))
        item.autoRange()
        self.plot.setAccessibleName(
            _sentence("learning_curve", metric=metric_words(curve.metric), result=curve.sentence)
        )


_ROWS = {"test": N_("test rows"), "validation": N_("validation rows")}
_ON_ROWS = {"test": N_("on test rows"), "validation": N_("on validation rows")}


def _column(results: Sequence[tuple[float, ...]]) -> list[str]:
    """Format the mean and range of each amount's results."""
    numbers = [(float(np.mean(scores)), min(scores), max(scores)) for scores in results]
    texts = [[format_number(scores) for scores in row] for row in numbers]
    return [
        _("{mean} ({low} to {high})", mean=mean, low=low, high=high) if len(scores) > 1 else mean
        for scores, (mean, low, high) in zip(results, texts, strict=True)
    ]


def _find(
    trained: TrainedModel,
    base: Path,
    seeds: int,
    tell: Callable[[threading.Event, LearningCurve], object],
    stop: threading.Event,
) -> LearningCurve:
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.results.learning_curve import learning_curve

    return learning_curve(
        trained.project,
        load_dataset(trained.project, base),
        base=base,
        seeds=seeds,
        tell=lambda curve: tell(stop, curve),
        ended=stop.is_set,
    )
