"""The page Evaluate."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QHeaderView, QLabel, QPushButton, QWidget

from netbuilder.core.catalog.training.training_index import metric_words
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Data
from netbuilder.core.wording import format_number, format_percent, join_sentences
from netbuilder.ui.forms.boxes import NoWheelComboBox
from netbuilder.ui.plots.confusion_matrix import HeatMap
from netbuilder.ui.plots.live.picture_wall import PictureWall
from netbuilder.ui.plots.table_preview import ShortTable, sorts_by_headers
from netbuilder.ui.results.better_method import BetterMethodCard
from netbuilder.ui.results.empty_states import StaleNote, follow_next_step, next_step_sentence
from netbuilder.ui.results.evaluation_views.compare_view import CompareView
from netbuilder.ui.results.evaluation_views.detail_views import CalibrationView, GroupView
from netbuilder.ui.results.evaluation_views.learning_curve_view import LearningCurveView
from netbuilder.ui.results.evaluation_views.residuals_view import ResidualsView
from netbuilder.ui.results.threshold_view import ThresholdView
from netbuilder.ui.services.data_recipes import FILE_FILTER, may_be_folders
from netbuilder.ui.services.project_store import begins_anew
from netbuilder.ui.services.runs.run_progress import restored_sentence
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.views.evaluation_service import EvaluationParts, EvaluationService
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.empty_state import EmptyStatePage
from netbuilder.ui.widgets.file_dialogs import ask_folder, ask_open
from netbuilder.ui.widgets.labels import note_label, section
from netbuilder.ui.widgets.layouts import flow, hbox, prepared, vbox
from netbuilder.ui.widgets.role_boxes import CardList, RoleBox

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.classification_curves import ThresholdScores
    from netbuilder.core.results.evaluate import ClassScore, Evaluation
    from netbuilder.core.results.mistakes import MistakeSamples, VisibleMatrix
    from netbuilder.ui.results.method_comparison import MethodComparisonDialog
    from netbuilder.ui.results.model_card_dialog import ModelCardDialog

_sentence = sentences_of("evaluation")

HEIGHT = 190


class SampleList(QWidget):
    """A list of samples. ``chosen(row)``: one was clicked or entered; its place in the split."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = note_label("", self)
        self.wall = PictureWall(self)
        self.wall.chosen.connect(self.chosen)
        self.table = ShortTable(_("Samples"), self, HEIGHT)
        self.table.setWordWrap(False)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        vbox(self.words, self.wall, self.table, parent=self, margins=0)
        self._rows: tuple[int, ...] = ()
        self._expected = 0
        self.table.setToolTip(
            _("Click a sample to see it on the canvas and on the Inside and Predict pages")
        )
        self.table.clicked.connect(self._choose)
        self.table.activated.connect(self._choose)

    def _choose(self, index: QModelIndex) -> None:
        if index.row() < len(self._rows):
            self.chosen.emit(self._rows[index.row()])

    def expect(self, count: int, *, pictures: bool) -> None:
        """Reserve space for samples that are being computed."""
        self._rows = ()
        self.words.setText("…")
        self.wall.setVisible(pictures)
        self.wall.expect(count)
        self.table.setVisible(not pictures)
        self.table.least_height = 0
        self.table.show_rows(("…",), [("…",)] * count)
        self._expected = count
        bar = self.table.horizontalScrollBar().sizeHint().height()
        self.table.least_height = self.table.height() + bar
        self.table.fit()
        self.show()

    def show_samples(self, samples: MistakeSamples | None, words: str) -> None:
        """Show samples below a title; None hides the list."""
        self.setVisible(samples is not None)
        if samples is None:
            return
        self.words.setText(words)
        self._rows = tuple(int(row) for row in samples.rows)
        self.wall.setVisible(samples.wall is not None)
        self.table.setVisible(samples.wall is None)
        if samples.wall is not None:
            self.wall.show_wall(samples.wall)
            return
        rows = [(text, *cells) for text, cells in zip(samples.captions, samples.cells, strict=True)]
        if len(rows) != self._expected:
            self.table.least_height = 0
        self.table.show_rows((samples.heading, *samples.names), rows)
        self.table.resizeColumnsToContents()
        self.table.fit()


_NO_MODEL = N_("Press Train to see how good the network is on samples it has not seen.")
#: As long as what comes in its place.
_COMPARING = N_(
    "Evaluating the training set, too: is the network as good on new samples as on those that it "
    "was trained on?"
)


class EvaluatePanel(QWidget):
    """Shows the evaluation service's result. ``sample_chosen(row)``: a test sample was clicked."""

    sample_chosen = Signal(int)

    def __init__(
        self,
        workbench: Workbench,
        evaluation_service: EvaluationService,
        runner: Runner,
        sample: Callable[[], int],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.workbench, self.evaluation_service = workbench, evaluation_service
        self._whole: Evaluation | None = None
        self.shown: Evaluation | None = None
        self.matrix: VisibleMatrix | None = None
        self._compared, self._sample = "", sample
        self._shown_for: object = None  # the data and the target that are shown
        self.waiting = EmptyStatePage.filling(self, _(_NO_MODEL), "matrix")
        self.waiting.follow(workbench.run_changes, lambda: workbench.run_words)
        self._build_head()
        self.heat_title = section(_("Confusion matrix"), self)
        self.heat = HeatMap(self)
        self.residuals = ResidualsView(self)
        self.parts = ShortTable(_("Metrics"), self)
        self.parts.rows.aligned = False  # each row is another quantity
        self.parts_note = note_label("", self)
        self.parts_note.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.classes_title = section(_("Classes"), self)
        self.classes = _class_table(self)
        self.samples = SampleList(self)
        self.samples.chosen.connect(self._choose_sample)
        self.threshold_title = section(_("One class against the rest"), self)
        self.threshold = ThresholdView(self)
        self.threshold.moved.connect(self._threshold_moved)
        self.calibration = CalibrationView(self)
        self.groups = GroupView(workbench, self)
        self.result_widgets = (
            self.heat_title,
            self.heat,
            self.residuals,
            self.parts,
            self.parts_note,
            self.actions_row,
            self.samples,
            self.classes_title,
            self.classes,
            self.threshold_title,
            self.threshold,
            self.calibration,
            self.groups,
        )
        page = self.waiting.page_layout
        for widget in self.result_widgets:
            page.addWidget(widget)
        self.compare = CompareView(runner, self)
        self.learning = LearningCurveView(workbench, self)
        page.addWidget(self.compare)
        page.addWidget(self.learning)
        page.addStretch(1)
        self.behind = EvaluationParts(workbench, self)
        self.behind.changed.connect(self._show_behind)
        self.heat.chosen.connect(self._show_cell)
        self.heat.setToolTip(_("Click a cell to see its samples"))
        evaluation_service.changed.connect(self._show)
        begins_anew(workbench.store, self.threshold.slider, self.threshold.which)
        workbench.store.project_replaced.connect(self.threshold.label.clear)
        follow_next_step(workbench, self.waiting, self._show)
        self._show()

    def _build_head(self) -> None:
        page = self.waiting.page_layout
        self.stale = StaleNote(self.workbench, self)
        self.output = prepared(NoWheelComboBox(self), accessibleName=_("Output to evaluate"))
        self.output.activated.connect(self._show)
        self.figure = prepared(QLabel(self), objectName="headline_figure", role="figure")
        self.sentence = note_label("", self, role="body")
        self.comparison = note_label("", self)
        self.worse = note_label("", self, role="complaint")
        self.worse.setObjectName("worse_than_baseline")
        words = vbox(self.sentence, self.worse, self.comparison, spacing=4)
        head = hbox((self.figure, 0, Qt.AlignmentFlag.AlignVCenter), (words, 1), spacing=16)
        self.about = note_label("", self)
        self.file_button = self._button(_("Evaluate a file…"), self._ask_file)
        self.folder_button = self._button(_("Evaluate a folder…"), self._ask_folder)
        self.test_set_button = self._button(
            _("Back to the test set"), self.evaluation_service.show_test_set
        )
        self.test_set_button.setObjectName("back_to_test_set")
        self.methods_button = self._button(_("Compare with other methods…"), self._compare_methods)
        self.card_button = self._button(_("Edit the model card…"), self._edit_card)
        self.cards = CardList(self)
        self.better = BetterMethodCard(self.workbench, self)
        self.actions_row = QWidget(self)
        flow(
            self.file_button,
            self.folder_button,
            self.test_set_button,
            self.methods_button,
            self.card_button,
            parent=self.actions_row,
        )
        page.addWidget(self.stale)
        page.addWidget(self.output)
        page.addLayout(head)
        page.addWidget(self.about)
        page.addWidget(self.cards)
        page.addWidget(self.better)

    def _compare_methods(self) -> None:
        from netbuilder.ui.results.method_comparison import MethodComparisonDialog

        self._open(MethodComparisonDialog)
        for dialog in self.findChildren(MethodComparisonDialog):
            dialog.show_sample(self._sample())

    def _edit_card(self) -> None:
        from netbuilder.ui.results.model_card_dialog import ModelCardDialog

        self._open(ModelCardDialog)

    def _open(self, kind: type[MethodComparisonDialog | ModelCardDialog]) -> None:
        trained, dialog = self.workbench.models.trained, self.findChild(kind)
        if trained is None:
            return
        if dialog is not None and dialog.trained is not trained:
            dialog.close()
            dialog = None
        dialog = dialog or kind(self.workbench, trained, self)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def _button(self, title: str, pressed: Callable[[], object]) -> QPushButton:
        button = prepared(QPushButton(title, self), small=True)
        button.clicked.connect(lambda _checked: pressed())
        return button

    @property
    def evaluation(self) -> Evaluation | None:
        return self.evaluation_service.evaluation

    def _show(self) -> None:
        evaluation_service = self.evaluation_service
        self.learning.begin(self.workbench.models.trained)
        of_file = evaluation_service.file is not None or evaluation_service.error is not None
        self.test_set_button.setVisible(of_file)
        trained = self.workbench.models.trained
        self.folder_button.setVisible(trained is None or may_be_folders(trained.project.data))
        if self.workbench.models.trained is None:
            self._hide_late_results()
            self.better.compare(None)
            self.waiting.restart()
            self.waiting.wait(next_step_sentence(self.workbench, _(_NO_MODEL)))
        elif evaluation_service.error is not None:
            self._show_error(evaluation_service.error)
        elif evaluation_service.evaluation is None:
            self.waiting.wait(_("Evaluating the test set…"))
        else:
            self._show_evaluation(evaluation_service.evaluation, evaluation_service.file)

    def _hide_late_results(self) -> None:
        self.parts_note.setText("")
        self.samples.hide()
        self.calibration.show_calibration(None)
        self.groups.hide()

    def _ask_file(self) -> None:
        path = ask_open(self, _("Evaluate a file"), FILE_FILTER)
        if path is not None:
            self.evaluation_service.evaluate(path)

    def _ask_folder(self) -> None:
        path = ask_folder(self, _("Evaluate a folder"))
        if path is not None:
            self.evaluation_service.evaluate(path)

    def _list_outputs(self, result: Evaluation) -> None:
        trained = self.workbench.models.trained
        names = list(trained.project.graph.outputs) if trained is not None else []
        if [self.output.itemText(index) for index in range(self.output.count())] != names:
            self.output.clear()
            self.output.addItems(names)
        self.output.setVisible(bool(result.others))

    def _chosen(self, result: Evaluation) -> Evaluation:
        return result.others.get(self.output.currentText(), result)

    def _show_evaluation(self, whole: Evaluation, file: Path | None) -> None:
        self.cards.clear()
        self.waiting.ready()
        self._list_outputs(whole)
        if whole is not self._whole:  # a new result is seen from its beginning
            self._whole = whole
            self.waiting.restart()
            if file is None:
                self.better.compare(self.workbench.models.trained)
        result = self.shown = self._chosen(whole)
        trained = self.workbench.models.trained
        data = trained.project.data if trained is not None else Data()
        of = (data.kind, data.name, data.path, result.task, result.labels)
        if of != self._shown_for:
            self._shown_for = of
            self._hide_late_results()
        from netbuilder.core.results.headline import headline

        head = headline(result, file.name if file is not None else "")
        self.figure.setText(head.figure)
        self.sentence.setText(head.words)
        self._compared = head.comparison
        self.worse.setText(head.worse)
        self.worse.setVisible(bool(head.worse))
        self._show_comparison("…")
        for widget in (self.figure, self.sentence, self.comparison):
            widget.show()
        self._say_about(result)
        from netbuilder.core.results.mistakes import visible_matrix

        matrix = self.matrix = visible_matrix(result)
        self.heat.setVisible(matrix is not None)
        self.heat_title.setVisible(matrix is not None)
        if matrix is not None:
            self.heat.show_matrix(matrix.counts, matrix.labels)
            visible, total = len(matrix.classes), format_number(len(result.labels), ",.0f")
            part = _sentence("matrix_part", count=visible, total=total)
            whole_matrix = visible == len(result.labels)
            self.heat_title.setText(_("Confusion matrix") if whole_matrix else part)
        self.residuals.show_evaluation(result)
        self.compare.show_evaluation(whole)
        self.threshold.show_evaluation(result)
        self.threshold_title.setVisible(self.threshold.isVisibleTo(self))
        self._keep_place(result, file)
        self.behind.ask(result, file)
        if self.threshold.isHidden():  # else the threshold did it
            self._show_classes(result.classes, _("Classes"))
        self.classes_title.setVisible(bool(result.classes))
        self.classes.setVisible(bool(result.classes))

    def _show_comparison(self, interval: str) -> None:
        within = _("95% interval: {interval}", interval=interval)
        self.comparison.setText(f"{within}\n{self._compared}")

    def _say_about(self, result: Evaluation) -> None:
        trained = self.workbench.models.trained
        words = [restored_sentence(trained.kept_epoch, trained.epochs)] if trained else []
        words.append(result.reading)
        if result.known:
            words.append(_sentence("known_samples", count=result.known))
        self.about.setText(join_sentences(words))
        self.about.setVisible(any(words))

    def _threshold_moved(self, at: ThresholdScores) -> None:
        """Update the table of a binary classifier."""
        from netbuilder.core.data.data_facts import MULTI_LABEL
        from netbuilder.core.results.classification_curves import classes_at

        if (result := self.shown) is None:
            return
        classes, title = result.classes, _("Classes: the most likely class is predicted")
        if result.task == MULTI_LABEL:
            title = _("Classes: each from {threshold} on", threshold=format_percent(0.5, 0))
        elif len(result.labels) == 2 == len(classes):
            part = format_percent(at.threshold, 0)
            title = _("Classes: “{label}” from {threshold} on", label=at.label, threshold=part)
            classes = classes if at.threshold == 0.5 else classes_at(at, result.labels)
        self._show_classes(classes, title)

    def _show_classes(self, classes: Sequence[ClassScore], title: str) -> None:
        from netbuilder.core.results.headline import has_rare_class, interval_text

        result, behind = self.shown, self.behind.behind
        if result is not None and has_rare_class(result):
            classes = sorted(classes, key=lambda score: score.support)
        scores = [
            (
                score.label,
                *(
                    "" if math.isnan(part) else format_percent(part)  # no sample of the class
                    for part in (score.precision, score.recall, score.f1)
                ),
                format_number(score.support, ",.0f"),
            )
            for score in classes
        ]
        tips: list[str] = []
        if result is not None and behind is not None and classes is result.classes:
            for score in classes:
                within = behind.classes.get(score.label, {}).get("intervals", {})
                texts = {name: interval_text(result, name, within) for name in within}
                tips.append(
                    _("95% intervals: precision {precision}, recall {recall}", **texts)
                    if texts
                    else ""
                )
        self.classes_title.setText(title)
        columns = (_("class"), _("precision"), _("recall"), _("F1"), _("samples"))
        self.classes.show_rows(columns, scores, row_tips=tips)

    def _keep_place(self, result: Evaluation, file: Path | None) -> None:
        """Reserve space for late results so that nothing jumps."""
        self._show_parts(result, {"test" if file is None else "": result}, {})
        self.parts.show()
        if file is not None:  # it has no training rows to compare with
            self.parts_note.setText("")
        else:
            self.parts_note.setText(self.parts_note.text() or _(_COMPARING))
        lines = 1 if file is not None else 3
        note = self.parts_note
        high = lines * note.fontMetrics().lineSpacing()
        # While it is hidden its width is not that of the page.
        height = note.heightForWidth(note.width()) if note.isVisible() else 0
        note.setMinimumHeight(max(high, height))
        self.parts_note.show()
        # The old text stays, pale, until the new one is computed.
        for widget in (self.parts_note, self.samples, self.calibration, self.groups):
            widget.setEnabled(False)
        trained = self.workbench.models.trained
        if file is not None:
            self.samples.hide()
        elif trained is not None:
            self._expect_late_results(trained, result)

    def _expect_late_results(self, trained: TrainedModel, result: Evaluation) -> None:
        from netbuilder.core.data.data_facts import MULTI_LABEL
        from netbuilder.core.results.mistakes import has_pictures
        from netbuilder.core.results.own_units import preprocessing_of

        wrong = round((1 - result.metrics.get("accuracy", 0.0)) * result.samples)
        if self.samples.isHidden() and wrong:
            self.samples.expect(min(wrong, 12), pictures=has_pictures(preprocessing_of(trained)))
        if result.probabilities is not None and result.task != MULTI_LABEL:
            self.calibration.show()
        if self.groups.isHidden():
            self.groups.expect(trained)

    def _show_parts(
        self,
        result: Evaluation,
        parts: Mapping[str, Evaluation],
        intervals: Mapping[str, tuple[float, float]],
    ) -> None:
        from netbuilder.core.results.classification_curves import metric_meaning
        from netbuilder.core.results.headline import metric_column

        several = "" not in parts
        columns = ("training", "validation", "test") if several else ("",)
        titles = {
            "training": _("training"),
            "validation": _("validation"),
            "test": _("test"),
            "": _("value"),
        }
        rows, tips = [], []
        for name, value in result.metrics.items():
            known = {
                part: parts[part].metrics[name]
                for part in columns
                if part in parts and name in parts[part].metrics
            }
            within = [intervals if part == columns[-1] else {} for part in known]
            texts_of = metric_column(result, name, list(zip(known.values(), within, strict=True)))
            texts = {part: text for part, (text, _within) in zip(known, texts_of, strict=True)}
            wait = "" if intervals else "…"
            cells = [texts.get(part, _as_wide(wait, texts[columns[-1]])) for part in columns]
            interval = texts_of[-1][1] or _as_wide(wait, 2 * texts[columns[-1]])
            rows.append((metric_words(name), *cells, interval))
            tips.append(metric_meaning(name, value, result))
        head = (_("metric"), *(titles[part] for part in columns), _("95% interval"))
        self.parts.show_rows(head, rows, row_tips=tips, folds=True)

    def _show_error(self, error: UserError) -> None:
        self.cards.clear()
        self.cards.add(RoleBox("error", error.what, error.fix, self))
        self.waiting.see(self.cards)
        if self.evaluation is None:
            self.compare.show_evaluation(None)
            for label in (self.figure, self.sentence, self.worse, self.comparison, self.about):
                label.setText("")
                label.hide()
            self.output.hide()
            for widget in self.result_widgets:
                widget.hide()
            self.actions_row.show()  # another file can be evaluated all the same
        self.waiting.ready()

    def _show_behind(self) -> None:
        behind, result = self.behind.behind, self.shown
        if behind is None and self.behind.idle:  # it failed
            for widget in (self.parts_note, self.samples, self.calibration, self.groups):
                widget.hide()
        if behind is None or result is None or behind.evaluation is not result:
            return
        from netbuilder.core.results.classification_curves import gap_sentence, overfits_since
        from netbuilder.core.results.headline import headline, interval_text
        from netbuilder.core.results.statistics import far_words

        parts = {name: self._chosen(part) for name, part in behind.parts.items()}
        of_file = self.evaluation_service.file is not None
        self._show_parts(
            result, {"": result} if of_file else parts or {"test": result}, behind.intervals
        )
        within = interval_text(result, headline(result).metric, behind.intervals)
        if within:
            self._show_comparison(within)
        self._show_classes(result.classes, self.classes_title.text())
        trained = self.workbench.models.prediction_model
        overfits = overfits_since(trained) if trained is not None else 0
        far = map(far_words, behind.far)
        self.parts_note.setText(join_sentences((gap_sentence(parts, overfits), *far)))
        self.calibration.show_calibration(behind.calibration)
        self.groups.show_behind(behind, self.evaluation_service.file)
        for widget in (self.parts_note, self.samples, self.calibration, self.groups):
            widget.setEnabled(True)
        caption = behind.worst.heading if behind.worst is not None else ""
        self.samples.show_samples(behind.worst, _("Worst mistakes ({what}):", what=caption))

    def _choose_sample(self, row: int) -> None:
        if self.evaluation_service.file is None:  # rows of a file are none of the data's own
            self.sample_chosen.emit(row)

    def _show_cell(self, truth: int, answer: int) -> None:
        behind, matrix = self.behind.behind, self.matrix
        if behind is None or matrix is None or len(behind.split) != behind.evaluation.samples:
            return
        rows = matrix.rows_of(behind.evaluation, truth, answer)
        found = behind.samples(rows)
        names = {"truth": matrix.labels[truth], "prediction": matrix.labels[answer]}
        total = format_number(len(rows), ",.0f")
        if len(found.rows) < len(rows):
            words = _sentence("cell_most", total=total, count=len(found.rows), **names)
        else:
            words = _sentence("cell_samples", count=len(rows), total=total, **names)
        self.samples.show_samples(found, words)
        self.waiting.see(self.samples, self.heat)


def _as_wide(wait: str, text: str) -> str:
    """Return a placeholder as wide as ``text``."""
    return f"{wait:\u2007>{len(text)}}" if wait else ""


def _class_table(parent: QWidget) -> ShortTable:
    table = ShortTable(_("Classes"), parent)
    table.setWordWrap(False)  # there may be a thousand
    sorts_by_headers(table)
    return table
