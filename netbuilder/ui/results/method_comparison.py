"""Other methods beside the network: k-nearest neighbours, a tree, a linear model, a forest."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QPlainTextEdit,
    QProgressBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from netbuilder.core.catalog.training.training_index import metric_words
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.wording import format_bytes, format_duration, format_number
from netbuilder.ui.plots.table_preview import ShortTable
from netbuilder.ui.services import jobs
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.question_dialogs import plain_buttons

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.other_methods import Candidate, Comparison

#: Rows on which a method and the network disagree that are listed.
_MOST = 50


class MethodComparisonDialog(QDialog):
    """Trains other methods on the network's own rows, and shows all side by side."""

    advanced = Signal(str, int, int)

    def __init__(
        self, workbench: Workbench, trained: TrainedModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("method_comparison")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Other methods"))
        letter, line = self.fontMetrics().averageCharWidth(), self.fontMetrics().lineSpacing()
        self.resize(max(720, 96 * letter), max(520, 30 * line))
        self.found: Comparison | None = None
        self._stop = threading.Event()
        self.words = note_label(
            _("Other methods are trained on the same rows, prepared in the same way."), self
        )
        self.bar = QProgressBar(self)
        self.bar.setAccessibleName(_("Progress of the comparison"))
        self.table = ShortTable(_("Other methods"), self)
        self.table.setWordWrap(False)
        self.table.hide()
        self.details = QTabWidget(self)
        self.details.hide()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        layout.addWidget(self.words)
        layout.addWidget(self.bar)
        layout.addWidget(self.table)
        layout.addWidget(self.details, 1)
        layout.addWidget(plain_buttons(self.buttons))
        self.advanced.connect(self._advance)
        self.finished.connect(lambda _result: self._stop.set())
        base = workbench.base

        def work() -> Comparison:
            from netbuilder.core.data.load import load_dataset
            from netbuilder.core.results.other_methods import compare

            dataset = load_dataset(trained.project, base)
            return compare(
                trained, dataset, on_progress=self.advanced.emit, cancelled=self._stop.is_set
            )

        jobs.run_job(work, self._show, self._failed, name="compare methods", owner=self)

    def _advance(self, title: str, number: int, count: int) -> None:
        self.bar.setRange(0, count)
        self.bar.setValue(number)
        self.words.setText(_("Training {method}…", method=title))

    def _failed(self, error: Exception) -> None:
        self.bar.hide()
        self.words.setText(str(error))

    def _show(self, found: Comparison) -> None:
        from netbuilder.core.results.headline import interval_text, metric_text

        self.found = found
        self.bar.hide()
        rows = []
        first = found.candidates[0].evaluation
        metric = "accuracy" if "accuracy" in first.metrics else "mean_absolute_error"
        for one in found.candidates:
            apart = "" if one.model is None else self._apart(found, one)
            rows.append(
                (
                    _title(one),
                    metric_text(first, metric, one.evaluation.metrics[metric]),
                    interval_text(first, metric, one.intervals),
                    format_duration(one.seconds),
                    format_bytes(one.size),
                    apart,
                )
            )
        columns = (
            _("method"), metric_words(metric), _("95% interval"), _("training time"),
            _("size"), _("differs on"),
        )  # fmt: skip
        self.table.show_rows(columns, rows)
        self.table.show()
        samples = ngettext(
            "All methods are evaluated on the same {count} sample.",
            "All methods are evaluated on the same {count} samples.",
            first.samples,
        )
        self.words.setText(" ".join(filter(None, (found.advice, samples, *found.notes))))
        for one in found.candidates[1:]:
            self.details.addTab(_text_view(_detail(found, one), _title(one), self), _title(one))
        self.details.setVisible(self.details.count() > 0)
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(_("Close"))

    def _apart(self, found: Comparison, one: Candidate) -> str:
        if one.evaluation.task == "regression":
            return ""
        count = len(found.disagreements(one.name))
        return ngettext("{count} sample", "{count} samples", count)


def _title(one: Candidate) -> str:
    from netbuilder.core.results.other_methods import METHODS

    return _(METHODS[one.name].title) if one.name in METHODS else _("Your network")


def _text_view(text: str, name: str, parent: QWidget) -> QPlainTextEdit:
    view = QPlainTextEdit(text, parent)
    view.setReadOnly(True)
    view.setAccessibleName(name)
    view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    view.setFont(theme.fixed_font(0.9))
    return view


def _detail(found: Comparison, one: Candidate) -> str:
    """What a method has learned, and the samples on which the network predicts otherwise."""
    from netbuilder.core.results.other_methods import coefficients

    parts = []
    if one.name == "tree":
        parts += [_("The tree, on values as the network sees them:"), _tree(found, one)]
    elif one.name == "linear":
        weights = list(coefficients(found).items())[:_MOST]
        parts += [
            _("Weight of each feature, the largest first:"),
            "\n".join(f"{format_number(value, '+.3f'):>9}  {name}" for name, value in weights),
        ]
    parts.append(_disagreements(found, one))
    return "\n\n".join(part for part in parts if part)


def _tree(found: Comparison, one: Candidate) -> str:
    """The decision tree as text, its leaves named by class or value."""
    from sklearn.tree import export_text

    model: Any = one.model
    options: dict[str, Any] = {}
    labels = one.evaluation.labels
    if labels and hasattr(model, "classes_"):
        options["class_names"] = [labels[int(index)] for index in model.classes_]
    text: str = export_text(model, feature_names=list(found.features), decimals=2, **options)
    return text.rstrip()


def _disagreements(found: Comparison, one: Candidate) -> str:
    mine, its = found.candidates[0].evaluation, one.evaluation
    rows = found.disagreements(one.name)[:_MOST]
    if not len(rows):
        return _("The network and this method predict the same for every sample.")
    lines = [_("Samples on which the network and this method differ:")]
    for row in map(int, rows):
        if its.task == "regression":
            values = [one.told(float(_flat(one.predictions[row]))) for one in (mine, its)]
            truth = mine.told(float(_flat(mine.truth[row])))
        elif its.task == "multi_label":
            continue
        else:
            values = [one.labels[int(one.predictions[row])] for one in (mine, its)]
            truth = mine.labels[int(mine.truth[row])]
        lines.append(
            _(
                "row {row}: network {mine}, this method {its}, true value {truth}",
                row=row + 1, mine=values[0], its=values[1], truth=truth,
            )
        )  # fmt: skip
    return "\n".join(lines)


def _flat(value: Any) -> Any:
    return value.reshape(-1)[0] if hasattr(value, "reshape") else value
