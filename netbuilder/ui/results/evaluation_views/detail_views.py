"""Calibration and group results of an evaluation."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QWidget

from netbuilder.core.catalog.training.training_index import metric_words
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import capitalize_first, format_number
from netbuilder.ui.forms.boxes import NoWheelComboBox
from netbuilder.ui.plots.table_preview import ShortTable
from netbuilder.ui.plots.themed_plot import NoWheelPlot
from netbuilder.ui.services import jobs
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label, section
from netbuilder.ui.widgets.layouts import STRETCH, hbox, prepared, vbox

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.group_remedies import GroupRemedies
    from netbuilder.core.results.statistics import Calibration, GroupScore
    from netbuilder.ui.services.views.evaluation_service import Behind

_sentence = sentences_of("evaluation")


def _calibration_words(error: str) -> str:
    return _sentence("calibration", error=error)


class CalibrationView(QWidget):
    """A reliability diagram."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.found: Calibration | None = None
        self.words = note_label(_calibration_words("…"), self)
        self.plot = NoWheelPlot("calibration", 200, self)
        self.plot.drawn = self._draw  # type: ignore[method-assign]
        vbox(section(_("Calibration"), self), self.plot, self.words, parent=self, margins=0)
        self.hide()

    def show_calibration(self, calibration: Calibration | None) -> None:
        """Show a calibration; hide without one."""
        self.found = calibration
        self.setVisible(calibration is not None)
        if calibration is not None:
            self.words.setText(_calibration_words(format_number(calibration.expected_error)))
            self._draw()

    def _draw(self) -> None:
        item, scheme, curve = self.plot.getPlotItem(), theme.colors(), self.found
        item.clear()
        if curve is None:
            return
        item.setLabel("bottom", _("confidence"))
        item.setLabel("left", _("share correct"))
        item.setRange(xRange=(0, 1), yRange=(0, 1.15), padding=0.02)
        dotted = pg.mkPen(scheme.secondary, style=Qt.PenStyle.DotLine)
        item.plot([0, 1], [0, 1], pen=dotted)
        counts = np.asarray(curve.samples, float)
        item.plot(
            curve.confidence, curve.accuracy, pen=pg.mkPen(scheme.training, width=2), symbol="o",
            symbolSize=6 + 10 * np.sqrt(counts / counts.max()),
            symbolBrush=QColor(scheme.training), symbolPen=QColor(scheme.panel),
        )  # fmt: skip
        for x, y, count in zip(curve.confidence, curve.accuracy, curve.samples, strict=True):
            label = pg.TextItem(format_number(count, ",.0f"), scheme.secondary, anchor=(0.9, 1.05))
            item.addItem(label, ignoreBounds=True)
            label.setPos(x, y)


def _groups(behind: Behind, base: Path, column: str, file: Path | None) -> tuple[GroupScore, ...]:
    from netbuilder.core.results.statistics import by_group, group_values

    table = file or _table(behind.trained, base, test=True)
    return by_group(behind.evaluation, group_values(behind.trained, behind.split, column, table))


def _table(trained: TrainedModel, base: Path, *, test: bool = False) -> Path | None:
    """Return the file of a model's ``test`` or training rows, if there is one."""
    data = trained.project.data
    path = data.test_path if test and data.test_path else data.path
    return base / path if path and (base / path).is_file() else None


def _remedies(
    behind: Behind, base: Path, column: str, group: str, stop: threading.Event
) -> GroupRemedies | None:
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.results.group_remedies import measure_remedies

    trained = behind.trained
    return measure_remedies(
        trained, load_dataset(trained.project, base), column, group, file=_table(trained, base),
        test_file=_table(trained, base, test=True), base=base, ended=stop.is_set,
    )  # fmt: skip


def _columns(trained: TrainedModel) -> list[str]:
    """Return the columns to group by, also those that are no features."""
    from netbuilder.core.results.own_units import preprocessing_of

    preprocessing = preprocessing_of(trained)
    names = [column.name for entry in preprocessing.inputs.values() for column in entry.columns]
    targets = [
        name
        for target in preprocessing.outputs.values()
        if target.classes
        for name in target.columns
    ]
    return list(dict.fromkeys([*targets, *trained.project.data.columns, *names]))


class GroupView(QWidget):
    """The evaluation by the values of a column."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._behind: Behind | None = None
        self._file: Path | None = None
        self.column = prepared(NoWheelComboBox(self), objectName="group_column")
        self.column.setAccessibleName(_("Column to group by"))
        self.column.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.column.activated.connect(self._ask)
        self.table = ShortTable(_("Results by group"), self)
        self.words = note_label("", self)
        self._stop: threading.Event | None = None
        self.worst = ""
        self.remedies = prepared(
            QPushButton(self),
            objectName="group_remedies",
            small=True,
            toolTip=_sentence("group_measure"),
        )
        self.remedies.clicked.connect(self._press_remedies)
        self.measured = note_label("", self, role="body")
        label = QLabel(_("Group by"), self)
        label.setBuddy(self.column)
        row = hbox(label, self.column, STRETCH)
        layout = vbox(parent=self, margins=0)
        layout.addWidget(section(_("Results by group"), self))
        layout.addLayout(row)
        layout.addWidget(self.table)
        layout.addWidget(self.words)
        self._worker = Derived(self, _groups, self._found, self._failed, slow=self._say_slow)
        layout.addWidget(self.remedies, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.measured)
        self.destroyed.connect(self._end_remedies)
        self.hide()

    def show_behind(self, behind: Behind | None, file: Path | None) -> None:
        """Offer the columns of an evaluation's rows; hide without any."""
        self._behind, self._file = behind, file
        fits = behind is not None and len(behind.split) == behind.evaluation.samples
        self._offer(_columns(behind.trained) if behind is not None and fits else [])
        self._ask()

    def expect(self, trained: TrainedModel) -> None:
        """Reserve space while an evaluation is prepared."""
        self._behind = None
        self._offer(_columns(trained))
        self._ask()

    def _offer(self, names: Sequence[str]) -> None:
        before = self.column.currentText() if self.column.currentIndex() > 0 else ""
        self.column.clear()
        self.column.addItems([_("choose a column"), *names])
        self.setVisible(bool(names))
        self.column.setCurrentIndex(names.index(before) + 1 if before in names else 0)

    def _ask(self) -> None:
        chosen = self.column.currentIndex() > 0 and self._behind is not None
        self.table.setVisible(chosen)
        self._end_remedies()
        for widget in (self.words, self.remedies, self.measured):
            widget.hide()
        if chosen:
            self._worker.ask(
                self._behind, self._workbench.base, self.column.currentText(), self._file
            )

    def _say_slow(self) -> None:
        self.words.setText(_("Evaluating the groups…"))
        self.words.show()

    def _found(self, groups: tuple[GroupScore, ...]) -> None:
        if self._behind is None or self._worker.inputs[0] is not self._behind:
            return
        from netbuilder.core.results.headline import metric_column

        result: Any = self._behind.evaluation
        metric = "accuracy" if "accuracy" in result.metrics else "mean_absolute_error"
        cells = metric_column(
            result, metric, [(group.metrics[metric], group.intervals) for group in groups]
        )
        rows = [
            (
                group.value or _("(empty)"),
                format_number(group.samples, ",.0f"),
                f"{text} *" if group.apart else text,
                interval,
            )
            for group, (text, interval) in zip(groups, cells, strict=True)
        ]
        columns = (_("group"), _("samples"), metric_words(metric), _("95% interval"))
        self.table.show_rows(columns, rows)
        if any(group.apart for group in groups):
            words = _sentence("group_apart")
        else:
            words = _("No group differs from the other rows by more than chance explains.")
        self.words.setText(words)
        self.words.show()
        self.offer_remedies(groups, rises=metric == "accuracy")
        self._workbench.happened.emit(f"grouped:{self.column.currentText()}")

    def offer_remedies(self, groups: tuple[GroupScore, ...], *, rises: bool) -> None:
        """Offer to measure remedies for the worst group that differs significantly."""
        metric = "accuracy" if rises else "mean_absolute_error"
        apart = [group for group in groups if group.apart]
        of_data = self._file is None and bool(apart) and len(groups) > 1
        self.remedies.setVisible(of_data)
        if of_data:
            pick = min if rises else max
            self.worst = pick(apart, key=lambda group: group.metrics[metric]).value
            self.remedies.setText(
                _("Measure what helps “{group}”", group=self.worst or _("(empty)"))
            )

    def _press_remedies(self) -> None:
        behind, column = self._behind, self.column.currentText()
        if self._stop is not None or behind is None:
            self._end_remedies()
            self.measured.hide()
            return
        self.measured.show()
        if self._workbench.training:
            state = capitalize_first(self._workbench.run_words)
            self.measured.setText(_("{state}: try again when it is done.", state=state))
            return
        stop = self._stop = threading.Event()
        base, group = self._workbench.base, self.worst
        self.remedies.setText(_("Stop"))
        self.measured.setText(_("Training twice more…"))

        def ended(words: str) -> None:
            if stop is self._stop:
                self._end_remedies()
                self.measured.setText(words)

        jobs.run_job(
            lambda: _remedies(behind, base, column, group, stop),
            lambda remedies: ended("\n".join(remedies.sentences) if remedies is not None else ""),
            lambda error: ended(str(error)),
            name="group remedies",
            owner=self,
        )

    def _end_remedies(self) -> None:
        if self._stop is not None:
            self._stop.set()
            self._stop = None
            self.remedies.setText(
                _("Measure what helps “{group}”", group=self.worst or _("(empty)"))
            )

    def _failed(self, error: UserError) -> None:
        self.table.hide()
        self.words.setText(str(error))
        self.words.show()
