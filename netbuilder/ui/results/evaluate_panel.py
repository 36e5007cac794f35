"""The Evaluate tab: how good the network is on rows that it has not seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from netbuilder.core.errors import UserError
from netbuilder.core.wording import format_count
from netbuilder.ui.forms.boxes import NoWheelComboBox
from netbuilder.ui.plots.confusion_matrix import HeatMap
from netbuilder.ui.plots.table_preview import ShortTable, sorts_by_headers
from netbuilder.ui.plots.training_curves import short_number
from netbuilder.ui.results.empty_states import follow_next_step, next_step_sentence
from netbuilder.ui.results.evaluation_views.compare_view import CompareView
from netbuilder.ui.results.evaluation_views.learning_curve_view import LearningCurveView
from netbuilder.ui.results.evaluation_views.residuals_view import ResidualsView
from netbuilder.ui.results.sample_list import SampleList
from netbuilder.ui.results.stale_note import StaleNote
from netbuilder.ui.results.threshold_view import ThresholdView
from netbuilder.ui.services.data_recipes import FILE_FILTER
from netbuilder.ui.services.reset_on_new_data import reset_on_new_data
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.views.evaluation_details import EvaluationDetails
from netbuilder.ui.services.views.evaluation_service import EvaluationService
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.empty_state import EmptyStatePage
from netbuilder.ui.widgets.file_dialogs import ask_open
from netbuilder.ui.widgets.labels import heading, note_label
from netbuilder.ui.widgets.role_boxes import CardList, RoleBox

if TYPE_CHECKING:
    from netbuilder.core.results.classification_curves import ThresholdScores
    from netbuilder.core.results.evaluate import ClassScore, Evaluation
    from netbuilder.core.results.mistakes import VisibleMatrix

_NO_MODEL = "Press Train: here stands how good the network is on rows that it has not seen."

_TAKEN = "What was taken for what"
_EACH = "Each class by itself"
#: As long as what comes in its place.
_COMPARING = (
    "Judging the rows that it learned from, too: is it as good on rows that it has never seen as"
    " on those that it learned from?"
)


class EvaluatePanel(QWidget):
    """Shows what ``EvaluationService`` found. ``sample_chosen(row)``: a test row was clicked."""

    sample_chosen = Signal(int)

    def __init__(
        self,
        workbench: Workbench,
        evaluation_service: EvaluationService,
        runner: Runner,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._workbench, self._evaluation_service = workbench, evaluation_service
        self.shown: Evaluation | None = None
        self.matrix: VisibleMatrix | None = None
        self.waiting = EmptyStatePage.filling(self, _NO_MODEL)
        self.waiting.follow(workbench.run_changes, lambda: workbench.run_words)
        self._build_head()
        self.heat_title = heading(_TAKEN, self)
        self.heat_title.setWordWrap(True)  # of many classes it says which
        self.heat = HeatMap(self)
        self.residuals_title = heading("Answers and truth", self)
        self.residuals = ResidualsView(self)
        self.metrics = ShortTable("Numbers", self)
        self.classes_title = heading(_EACH, self)
        self.classes = _class_table(self)
        self.parts = ShortTable("Training, validation and test", self)
        self.parts_note = note_label("", self)
        self.samples = SampleList(self)
        self.samples.chosen.connect(self._choose_sample)
        self.threshold_title = heading("One class against the rest", self)
        self.threshold = ThresholdView(self)
        self.threshold.moved.connect(self._threshold_moved)
        self._results = (
            self.metrics,
            self.parts,
            self.parts_note,
            self.heat_title,
            self.heat,
            self.residuals_title,
            self.residuals,
            self.samples,
            self.threshold_title,
            self.threshold,
            self.classes_title,
            self.classes,
        )
        page = self.waiting.page_layout
        for widget in self._results:
            page.addWidget(widget)
        self.compare = CompareView(runner, self)
        self.learning = LearningCurveView(workbench, self)
        page.addWidget(self.compare)
        page.addWidget(self.learning)
        page.addStretch(1)
        self.behind = EvaluationDetails(workbench, self)
        self.behind.changed.connect(self._show_behind)
        self.heat.chosen.connect(self._show_cell)
        self.heat.setToolTip("Click a cell to see its samples")
        evaluation_service.changed.connect(self._show)
        reset_on_new_data(workbench.store, self.threshold.slider, self.threshold.which)
        workbench.store.project_replaced.connect(self.threshold.label.clear)
        follow_next_step(workbench, self.waiting, self._show)
        self._show()

    def _build_head(self) -> None:
        """What is judged, in a sentence, and on what."""
        page = self.waiting.page_layout
        self.stale = StaleNote(self._workbench, self)
        self.output = NoWheelComboBox(self)
        self.output.setAccessibleName("Output that is judged")
        self.output.activated.connect(self._show)
        self.sentence = note_label("", self, role="sentence")
        self.about = note_label("", self)
        self.file_button = QPushButton("Judge on a file…", self)
        self.file_button.setProperty("small", True)
        self.file_button.clicked.connect(self._ask_file)
        self.cards = CardList(self)
        row = QHBoxLayout()
        row.addWidget(self.about, 1)
        row.addWidget(self.file_button)
        for widget in (self.stale, self.output, self.sentence):
            page.addWidget(widget)
        page.addLayout(row)
        page.addWidget(self.cards)

    @property
    def evaluation(self) -> Evaluation | None:
        """What is shown."""
        return self._evaluation_service.evaluation

    def _show(self) -> None:
        evaluation_service = self._evaluation_service
        self.learning.begin(self._workbench.trained)
        if self._workbench.trained is None:
            self.parts_note.setText("")
            self.samples.hide()
            self.waiting.restart()
            self.waiting.wait(next_step_sentence(self._workbench, _NO_MODEL))
        elif evaluation_service.error is not None:
            self._show_error(evaluation_service.error)
        elif evaluation_service.evaluation is None:
            self.waiting.wait("Asking the network about the test rows…")
        else:
            self._show_evaluation(evaluation_service.evaluation, evaluation_service.file)

    def _ask_file(self) -> None:
        path = ask_open(self, "Judge on a file", FILE_FILTER)
        if path is not None:
            self._evaluation_service.judge(path)

    def _list_outputs(self, found: Evaluation) -> None:
        """Of a network with several outputs one is looked at: the first to begin with."""
        trained = self._workbench.trained
        names = list(trained.project.graph.outputs) if trained is not None else []
        if [self.output.itemText(one) for one in range(self.output.count())] != names:
            self.output.clear()
            self.output.addItems(names)
        self.output.setVisible(bool(found.others))

    def _chosen(self, found: Evaluation) -> Evaluation:
        """Of a judgement what it says about the output that is looked at."""
        return found.others.get(self.output.currentText(), found)

    def _show_evaluation(self, whole: Evaluation, file: Path | None) -> None:
        self.cards.clear()
        self.waiting.ready()
        self._list_outputs(whole)
        found = self.shown = self._chosen(whole)
        self.sentence.setText(found.sentence)
        self.sentence.show()
        where = "that it has not seen while training"
        if file or whole.known:
            kept = "that was" if found.samples == 1 else "that were"
            where = f"of {file.name}" if file else f"{kept} kept for the test"
        seen = (
            f" {whole.known:,} of them also stand{'s' if whole.known == 1 else ''} among the "
            "training rows, word for word."
            if whole.known
            else ""
        )
        self.about.setText(f"Judged on {format_count(found.samples, 'row')} {where}.{seen}")
        from netbuilder.core.results.mistakes import visible_matrix

        matrix = self.matrix = visible_matrix(found)
        self.heat.setVisible(matrix is not None)
        self.heat_title.setVisible(matrix is not None)
        if matrix is not None:
            self.heat.show_matrix(matrix.counts, matrix.labels)
            shown = len(matrix.classes)
            self.heat_title.setText(
                f"{_TAKEN}: the {shown} of {len(found.labels):,} classes that are mixed up most"
                if shown < len(found.labels)
                else _TAKEN
            )
        self.residuals.show_evaluation(found)
        self.residuals_title.setVisible(found.task == "regression")
        self.compare.show_evaluation(whole)
        from netbuilder.core.results.classification_curves import metric_meaning

        rows = [
            (name.replace("_", " "), short_number(value), metric_meaning(name, value, found))
            for name, value in found.metrics.items()
        ]
        for output, other in found.others.items():
            rows += [
                (
                    f"{output}: {name.replace('_', ' ')}",
                    short_number(value),
                    metric_meaning(name, value, other),
                )
                for name, value in other.metrics.items()
            ]
        self.metrics.show_rows(("measure", "value", "what it means"), rows, narrow=2)
        self.metrics.show()
        self.threshold.show_evaluation(found)
        self.threshold_title.setVisible(self.threshold.isVisibleTo(self))
        self._keep_place(found, file)
        self.behind.ask(found, file)
        if self.threshold.isHidden():  # else it was told by the threshold
            self._show_classes(found.classes, _EACH)
        for widget in (self.classes_title, self.classes):
            widget.setVisible(bool(found.classes))

    def _threshold_moved(self, at: ThresholdScores) -> None:
        """Of two classes the report follows; of more the answer is the likeliest all the same."""
        from netbuilder.core.results.classification_curves import classes_at

        found = self.shown
        if found is None:
            return
        if at.threshold == 0.5:
            self._show_classes(found.classes, _EACH)
        elif len(found.labels) == 2 and len(found.classes) == 2:
            scores = classes_at(at, found.labels)
            self._show_classes(scores, f"{_EACH}: “{at.label}” from {at.threshold:.0%} on")
        else:
            self._show_classes(found.classes, f"{_EACH}, without the threshold above")

    def _show_classes(self, classes: Sequence[ClassScore], title: str) -> None:
        scores = [
            (
                one.label,
                *(
                    "" if math.isnan(part) else f"{part:.3f}"  # no row is of the class
                    for part in (one.precision, one.recall, one.f1)
                ),
                f"{one.support:,}",
            )
            for one in classes
        ]
        self.classes_title.setText(title)
        self.classes.show_rows(("class", "precision", "recall", "F1", "rows"), scores)

    def _keep_place(self, found: Evaluation, file: Path | None) -> None:
        """Hold the room of what is still being found, so that nothing jumps when it comes."""
        several = file is None  # a file has no training rows to compare with
        self.parts.setVisible(several)
        self.parts_note.setVisible(several)
        if several:
            rows = [(name.replace("_", " "), "…", "…", "…") for name in found.metrics]
            self.parts.show_rows(("measure", "training", "validation", "test"), rows)
            self.parts_note.setText(self.parts_note.text() or _COMPARING)
        # What was said of the network before stands there, pale, until the new is found.
        for widget in (self.parts_note, self.samples):
            widget.setEnabled(False)
        if file is not None:
            self.samples.hide()

    def _show_error(self, error: UserError) -> None:
        self.cards.clear()
        self.cards.add(RoleBox("error", error.what, error.fix, self))
        if self.evaluation is None:
            self.compare.show_evaluation(None)
            self.sentence.setText("")
            self.sentence.hide()
            self.output.hide()
            self.about.setText("")
            for widget in self._results:
                widget.hide()
        self.waiting.ready()

    def _show_behind(self) -> None:
        """Show the parts side by side, and the worst mistakes."""
        behind = self.behind.behind
        if behind is None and self.behind.idle:  # it could not be found
            for widget in (self.parts, self.parts_note, self.samples):
                widget.hide()
        if behind is None or behind.evaluation is not self.shown:
            return
        from netbuilder.core.results.classification_curves import gap_sentence

        parts = {name: self._chosen(part) for name, part in behind.parts.items()}
        self.parts.setVisible(len(parts) > 1)
        names = next(iter(parts.values())).metrics if parts else {}
        rows = [
            (name.replace("_", " "), *(short_number(part.metrics[name]) for part in parts.values()))
            for name in names
            if all(name in part.metrics for part in parts.values())
        ]
        self.parts.show_rows(("measure", *parts), rows)
        self.parts_note.setText(gap_sentence(parts))
        self.parts_note.setVisible(bool(self.parts_note.text()))
        for widget in (self.parts_note, self.samples):
            widget.setEnabled(True)
        what = behind.worst.what if behind.worst is not None else ""
        self.samples.show_samples(behind.worst, f"The worst mistakes ({what}):")

    def _choose_sample(self, row: int) -> None:
        if self._evaluation_service.file is None:  # rows of a file are none of the data's own
            self.sample_chosen.emit(row)

    def _show_cell(self, truth: int, answer: int) -> None:
        """Show the samples of a cell of the matrix."""
        behind, matrix = self.behind.behind, self.matrix
        if behind is None or matrix is None or len(behind.split) != behind.evaluation.samples:
            return
        rows = matrix.rows_of(behind.evaluation, truth, answer)
        found = behind.samples(rows)
        first = f", the {len(found.rows)} surest" if len(found.rows) < len(rows) else ""
        words = f"{len(rows):,} × “{matrix.labels[truth]}” answered “{matrix.labels[answer]}”"
        self.samples.show_samples(found, f"{words}{first}:")
        self.waiting.see(self.samples)


def _class_table(parent: QWidget) -> ShortTable:
    table = ShortTable("Each class", parent)
    table.setWordWrap(False)  # there may be a thousand
    sorts_by_headers(table)
    return table
