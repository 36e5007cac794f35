"""What an evaluation is worth in detail: calibration, and the results of each group."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from netbuilder.core.catalog.training.training_index import metric_words
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number
from netbuilder.ui.forms.boxes import NoWheelComboBox
from netbuilder.ui.plots.table_preview import ShortTable
from netbuilder.ui.plots.themed_plot import NoWheelPlot
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import heading, note_label

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.statistics import Calibration, GroupScore
    from netbuilder.ui.services.views.evaluation_service import Behind


class CalibrationView(QWidget):
    """A reliability diagram: how often predictions of a confidence are correct."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.found: Calibration | None = None
        self.words = note_label("", self)
        self.plot = NoWheelPlot("calibration", 200, self)
        self.plot.drawn = self._draw  # type: ignore[method-assign]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(heading(_("Calibration"), self))
        layout.addWidget(self.plot)
        layout.addWidget(self.words)
        self.hide()

    def show_calibration(self, found: Calibration | None) -> None:
        """Show the calibration of an evaluation; hide without one."""
        self.found = found
        self.setVisible(found is not None)
        if found is not None:
            error = format_number(found.expected_error, ".3f")
            self.words.setText(
                _(
                    "Expected calibration error {error}: on average, confidence and share correct "
                    "differ by this much. On the dotted line they are equal.",
                    error=error,
                )
            )
            self._draw()

    def _draw(self) -> None:
        item, scheme, found = self.plot.getPlotItem(), theme.colors(), self.found
        item.clear()
        if found is None:
            return
        item.setLabel("bottom", _("confidence"))
        item.setLabel("left", _("share correct"))
        item.setRange(xRange=(0, 1), yRange=(0, 1.02), padding=0.02)
        dotted = pg.mkPen(scheme.secondary, style=Qt.PenStyle.DotLine)
        item.plot([0, 1], [0, 1], pen=dotted)
        counts = np.asarray(found.samples, float)
        item.plot(
            found.confidence, found.accuracy, pen=pg.mkPen(scheme.training, width=2), symbol="o",
            symbolSize=6 + 10 * np.sqrt(counts / counts.max()),
            symbolBrush=QColor(scheme.training), symbolPen=QColor(scheme.panel),
        )  # fmt: skip


def _groups(behind: Behind, base: Path, column: str, file: Path | None) -> tuple[GroupScore, ...]:
    from netbuilder.core.results.statistics import by_group, group_values

    data = behind.trained.project.data
    source = file or (base / data.path if data.path else None)
    table = source if source is not None and source.is_file() else None
    return by_group(behind.evaluation, group_values(behind.trained, behind.split, column, table))


def _columns(trained: TrainedModel) -> list[str]:
    """The columns that rows can be grouped by: also those that are no features."""
    from netbuilder.core.results.own_units import preprocessing_of

    preprocessing = preprocessing_of(trained)
    names = [one.name for entry in preprocessing.inputs.values() for one in entry.columns]
    targets = [
        name for one in preprocessing.outputs.values() if one.classes for name in one.columns
    ]
    return list(dict.fromkeys([*targets, *trained.project.data.columns, *names]))


class GroupView(QWidget):
    """The evaluation of the rows of each value of a column that the person chooses."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._behind: Behind | None = None
        self._file: Path | None = None
        self.column = NoWheelComboBox(self)
        self.column.setObjectName("group_column")
        self.column.setAccessibleName(_("Column to group by"))
        self.column.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.column.activated.connect(self._ask)
        self.table = ShortTable(_("Results by group"), self)
        self.words = note_label("", self)
        row = QHBoxLayout()
        row.addWidget(heading(_("Results by group"), self))
        row.addStretch(1)
        label = QLabel(_("Group by"), self)
        label.setBuddy(self.column)
        row.addWidget(label)
        row.addWidget(self.column)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.table)
        layout.addWidget(self.words)
        self._worker = Derived(self, _groups, self._found, self._failed, slow=self._say_slow)
        self.hide()

    def show_behind(self, behind: Behind | None, file: Path | None) -> None:
        """Offer the columns of an evaluation's rows; hide where there are none."""
        self._behind, self._file = behind, file
        fits = behind is not None and len(behind.split) == behind.evaluation.samples
        names = _columns(behind.trained) if behind is not None and fits else []
        before = self.column.currentText() if self.column.currentIndex() > 0 else ""
        self.column.clear()
        self.column.addItems([_("choose a column"), *names])
        self.setVisible(bool(names))
        self.column.setCurrentIndex(names.index(before) + 1 if before in names else 0)
        self._ask()

    def _ask(self) -> None:
        chosen = self.column.currentIndex() > 0 and self._behind is not None
        self.table.setVisible(chosen)
        self.words.setText("")
        self.words.hide()
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
        from netbuilder.core.results.headline import interval_text, metric_text

        found: Any = self._behind.evaluation
        metric = "accuracy" if "accuracy" in found.metrics else "mean_absolute_error"
        rows = [
            (
                one.value or _("(empty)"),
                format_number(one.samples, ",.0f"),
                metric_text(found, metric, one.metrics[metric]) + (" *" if one.apart else ""),
                interval_text(found, metric, one.intervals),
            )
            for one in groups
        ]
        columns = (_("group"), _("samples"), metric_words(metric), _("95% interval"))
        self.table.show_rows(columns, rows)
        if any(one.apart for one in groups):
            words = _(
                "* Differs from all other rows by more than chance explains. More training data of "
                "this group, or a higher weight for its rows, can reduce the difference."
            )
        else:
            words = _("No group differs from the other rows by more than chance explains.")
        self.words.setText(words)
        self.words.show()

    def _failed(self, error: UserError) -> None:
        self.table.hide()
        self.words.setText(str(error))
        self.words.show()
