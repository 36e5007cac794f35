"""The page Predict."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Union, cast

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from netbuilder.core.data.registry import is_chosen
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.model import Data
from netbuilder.core.wording import capitalize_first, format_number, join_sentences
from netbuilder.ui.forms.param_form import ParamForm
from netbuilder.ui.kinds.pictures import PictureForm
from netbuilder.ui.kinds.predict_form import PredictForm, PredictionRequest
from netbuilder.ui.kinds.registry import PREDICT_FORMS
from netbuilder.ui.kinds.rows import RowForm
from netbuilder.ui.results.empty_states import StaleNote, follow_next_step, next_step_sentence
from netbuilder.ui.results.explanation_view import ExplanationView
from netbuilder.ui.results.prediction_views import (
    ClassBars,
    FilePredictionsView,
    LivePrediction,
    PredictionHeader,
)
from netbuilder.ui.services.data_recipes import may_be_folders
from netbuilder.ui.services.derived import Derived, Rank, for_people
from netbuilder.ui.services.views.live_activations import LiveActivationsService
from netbuilder.ui.services.views.sample_activations import ActivationService, Sample
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.empty_state import EmptyStatePage
from netbuilder.ui.widgets.file_dialogs import ask_folder, ask_open
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import flow, vbox
from netbuilder.ui.widgets.role_boxes import CardList, RoleBox

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.predict import Predictions
    from netbuilder.core.results.predict_file import FilePredictions
    from netbuilder.core.results.uncertainty import Uncertainty

_NO_MODEL = N_("Press Train to make predictions here.")
Answer = Union["Predictions", "FilePredictions"]


def _sure(
    trained: TrainedModel, base: Path, make: Callable[[TrainedModel], Sample]
) -> Uncertainty | None:
    from netbuilder.core.results.uncertainty import own_known_errors, uncertainty_of

    sample, _text = make(trained)
    raw = {key: value[None] for key, value in sample.items()}
    return uncertainty_of(trained, raw, own_known_errors(trained, base))


class PredictPanel(QWidget):
    """The prediction, and below it the form that fits the network: one of ``PREDICT_FORMS``."""

    def __init__(
        self,
        workbench: Workbench,
        activations_service: ActivationService,
        live: LiveActivationsService,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._workbench, self._activations_service = workbench, activations_service
        self.learning = LivePrediction(workbench, live, self)
        self._visible_model: object = self  # nothing, not even that there is no network
        self._data: Data | None = None
        self._another_asked = self._file_asked = self._repeats = False
        self._request: PredictionRequest | None = None
        self.predictions: Predictions | None = None
        self._worker = Derived(
            self, lambda trained, ask, _path: ask(trained), self._found, self._failed,
            of=lambda: workbench.models.prediction_model, rank=Rank.QUICK,
        )  # fmt: skip
        self._sure_worker = Derived(
            # Where it fails the answer itself stands, or its own question says what is wrong.
            self, _sure, self._sure_found, lambda _error: self.head.sure.setText(""),
            of=lambda: workbench.models.prediction_model,
        )  # fmt: skip
        self.forms = {name: form(workbench, self) for name, form in PREDICT_FORMS.items()}
        rows, pictures = self.forms["rows"], self.forms["pictures"]
        assert isinstance(rows, RowForm) and isinstance(pictures, PictureForm)
        self.rows, self.pictures = rows, pictures
        self.views = tuple(self.forms.values())
        self.view: PredictForm = self.views[-1]
        self._build()
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        for view in self.views:
            view.asked.connect(self._ask)
            view.nothing.connect(self._nothing)
            view.reworded.connect(self._reword)
            view.said.connect(self.about.setText)
        self.file_button.clicked.connect(self._ask_file)
        self.folder_button.clicked.connect(self._ask_folder)
        self.another.clicked.connect(self._another)
        self.file_answers.failed.connect(self.tell_trouble)
        self.file_answers.scaled.connect(lambda path: self.answer_file(path, scaled=True))
        self.learning.answered.connect(self._show_learned)
        workbench.speed_changed.connect(self._pace_changed)
        activations_service.changed.connect(self._look_changed)
        workbench.models.changed.connect(self._trained_changed)
        follow_next_step(workbench, self.waiting, self._wait)
        self._trained_changed()

    def _build(self) -> None:
        self.head = PredictionHeader(self)
        self.answer = self.head.answer
        self.waiting = EmptyStatePage(_(_NO_MODEL), "bars", self)
        self.waiting.follow(self._workbench.run_changes, lambda: self._workbench.run_words)
        vbox(self.head, (self.waiting, 1), parent=self, margins=0, spacing=0)
        page = self.waiting.page_layout
        self.about = note_label("", self)
        self.cards = CardList(self)
        self.bars = ClassBars(self)
        self.bars.setObjectName("class-bars")
        self.bars.hide()
        self.why = ExplanationView(self._workbench, self)
        self.why.explained.connect(self.rows.response.show_means)
        self.why.came.connect(self._bring_why)
        self.file_answers = FilePredictionsView(self)
        self.file_button = QPushButton(_("Predict for a file…"), self)
        self.file_button.setToolTip(
            _("Make predictions for the rows of a CSV file, which you can save as CSV")
        )
        self.folder_button = QPushButton(_("Predict for a folder…"), self)
        self.folder_button.setToolTip(
            _("Make predictions for all files of a folder, which you can save as CSV")
        )
        self.another = QPushButton(_(PredictForm.another), self)
        self._buttons = QWidget(self)
        files = (self.file_button, self.folder_button)
        flow(self.another, self.why.button, *files, parent=self._buttons, spacing=8)
        self.stale = StaleNote(self._workbench, self, meanwhile=self._meanwhile)
        page.addWidget(self.stale)
        page.addWidget(self.cards)
        # Prediction, explanation and input stand above the fold of a small screen.
        page.addWidget(self._buttons)
        page.addWidget(self.about)
        for view in self.views:
            page.addWidget(view)
        page.addWidget(self.file_answers)
        page.addStretch(1)

    def _bring_why(self) -> None:
        if self.why.sentence.visibleRegion().isEmpty():
            self.waiting.see(self.why)

    @property
    def form(self) -> ParamForm | None:
        """The form of a row, if the network takes rows."""
        return self.rows.form if self.view is self.rows else None

    @property
    def idle(self) -> bool:
        return self._worker.idle and self._sure_worker.idle

    def _wait(self) -> None:
        if self._workbench.models.prediction_model is None:
            self.waiting.wait(next_step_sentence(self._workbench, _(_NO_MODEL)))

    def _trained_changed(self) -> None:
        trained = self._workbench.models.prediction_model
        if trained is self._visible_model:
            return
        self._visible_model, self.predictions = trained, None
        self.folder_button.setVisible(trained is not None and may_be_folders(trained.project.data))
        self.learning.ask(None)
        self._another_asked = self._file_asked = False
        self._repeats = True  # a form's own sample is asked about again, for the new network
        self._leave_what_goes()
        self.view.end()
        self.file_answers.forget()
        self.cards.clear()
        fresh = trained is None or trained.project.data != self._data
        self._data = trained.project.data if trained is not None else None
        if fresh:
            self.why.forget()
            self.waiting.restart()
        self.why.show_sample(None)
        self.head.setVisible(trained is not None)
        self._clear_answer()
        view = (
            None
            if trained is None
            else next(candidate for candidate in self.views if candidate.fits(trained))
        )
        if view is not self.view or fresh:  # else it stays under the hand
            self.view.hide()
        if trained is None or view is None:
            self._wait()
            return
        first = next(iter(trained.preprocessing.outputs.values()), None)
        explains = first is not None and (first.task == "regression" or has_dropout(trained))
        numbers = len(first.columns) if first is not None and first.task == "regression" else 1
        classes = len(first.classes) if first is not None else 0
        knows_data = trained.novelty is not None
        self.head.begin(classes, explains, numbers, knows_data=knows_data)
        self.view = view
        self.view.place_why(self.why)
        self.view.place_bars(self.bars)
        self.bars.begin(first.classes if first is not None else (), view.most_classes)
        self._place_words()
        self.view.show()
        self.another.setVisible(is_chosen(trained.project.data))  # else there are no rows
        self.about.setText("")
        self.view.begin(trained, fresh)
        if not self.about.text():  # it asks nothing yet
            self.about.setText(self.view.words)
        self.another.setText(_(self.view.another))
        self.waiting.ready()
        self._look_changed()

    def _leave_what_goes(self) -> None:
        """Drop the focus of a widget that is about to hide: Qt would focus a button far below and
        scroll there."""
        focused = QApplication.focusWidget()
        if focused is not None and (focused is self.why.button or self.why.isAncestorOf(focused)):
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _place_words(self) -> None:
        """Place the notes above the form, or below a fixed one."""
        page = self.waiting.page_layout
        notes = (self.stale, self.cards, self._buttons, self.about)
        for widget in notes:
            page.removeWidget(widget)
        at = page.indexOf(self.view) + 1 if self.view.steady else 0
        steady = (self._buttons, self.about, self.cards, self.stale)
        for number, widget in enumerate(steady if self.view.steady else notes):
            page.insertWidget(at + number, widget)

    def _another(self) -> None:
        """Show the next test sample here, on the canvas and in Inside."""
        if self.view is not self.rows:  # a row of the data is not one's own
            self._asked_by_hand()
        self._another_asked = True
        step = not self.view.before_samples
        self._activations_service.show_row(self._activations_service.index + step)

    def _look_changed(self) -> None:
        """Predict for the canvas's sample unless the user entered one."""
        look = self._activations_service.look
        if look is None or look.trained is not self._workbench.models.prediction_model:
            if self._another_asked and self._activations_service.trouble:
                self.about.setText(self._activations_service.trouble)
            return
        if look.own and self._request is not None:
            return  # it was asked about here
        from netbuilder.core.results.live.sample_summary import filled_words

        about = _(
            self.view.numbered,
            number=format_number(look.index + 1, ","),
            count=format_number(look.rows, ","),
        )
        if look.truth:
            about = _("{sample}: {truth}.", sample=about, truth=look.truth_words)
        else:
            about = _("{sample}.", sample=about)
        about = look.own_words or join_sentences((about, filled_words(look.filled)))
        requested, self._another_asked = self._another_asked, False
        if self._file_asked and not requested:
            return  # a test row that comes by itself would take the place of the file's answers
        self.view.show_look(look, about, requested)

    def _asked_by_hand(self) -> None:
        if self._workbench.models.prediction_model is not None:
            self._workbench.happened.emit("predicted")

    def _ask(self, request: PredictionRequest) -> None:
        trained = self._workbench.models.prediction_model
        if trained is None or self.sender() is not self.view:
            return
        self._file_asked = False
        if self.view.steady:
            self.waiting.hold_height()  # one draws, where the page may be scrolled to its end
        if request.about is not None:
            self.about.setText(request.about)
        if request.by_hand:
            self._asked_by_hand()
        self._request = request
        self.learning.ask(request)
        self._worker.ask(trained, request.answer, "")
        repeated, self._repeats = self._repeats, False
        if request.own and request.sample is not None:
            if not (repeated and self._activations_service.row_preferred):
                self._activations_service.show_own(request.sample, request.own)
        else:
            self._leave_own()
        if self.learning.going:
            self._ask_no_more()
            return
        self.why.show_sample(request.sample)
        if request.sample is not None:
            self._sure_worker.ask(trained, self._workbench.base, request.sample)

    def _sure_found(self, uncertainty: Uncertainty | None) -> None:
        if not self.learning.going and self.answer.text():
            self.head.sure.setText(uncertainty.sentence if uncertainty is not None else "")

    def _nothing(self, words: str) -> None:
        self.learning.ask(None)
        self._clear_answer()
        self.why.show_sample(None)
        self._leave_own()
        self.about.setText(words)

    def _leave_own(self) -> None:
        """Drop the user's own sample: the canvas shows a row again."""
        if self._activations_service.own is not None:
            self._activations_service.show_row(self._activations_service.index)

    def _clear_answer(self) -> None:
        self.head.clear()
        self.bars.clear()

    def _ask_file(self) -> None:
        path = ask_open(self, _("Predict for a file"))
        if path is not None:
            self.answer_file(path)

    def _ask_folder(self) -> None:
        path = ask_folder(self, _("Predict for a folder"))
        if path is not None:
            self.answer_file(path)

    def answer_file(self, path: Path, *, scaled: bool = False) -> None:
        """Predict for all rows of a file and show them. ``scaled``: undo a scaling to 0 to 1."""
        trained = self._workbench.models.prediction_model
        if trained is None:
            return
        self._asked_by_hand()
        self.learning.ask(None)
        self._file_asked = True
        self.view.end()  # the form's row would take the place of the file's answers

        def answer(model: TrainedModel) -> FilePredictions:
            from netbuilder.core.results.predict_file import predictions_of_file

            return predictions_of_file(model, path, scaled=scaled)

        self._worker.ask(trained, answer, str(path))

    def _found(self, answer: Answer) -> None:
        path = self._worker.inputs[2]
        self.cards.clear()
        if path:
            self._clear_answer()
            self.head.hide()  # it would stand empty above the table
            self.file_answers.show_answers(cast("FilePredictions", answer), path)
            self._see_file_answers()
            return
        self.head.show()
        predictions = cast("Predictions", answer)
        self.file_answers.forget()
        for note in predictions.notes:
            self.cards.add(RoleBox("info", "", note, self))
        self._show_found(self.learning.found or predictions)

    def _show_learned(self) -> None:
        predictions = self.learning.found
        if predictions is not None and not self._file_asked:
            self.head.show()
            self._show_found(predictions)
        self.stale.look()

    def _meanwhile(self) -> str:
        if not self.learning.going or self._file_asked:
            return ""
        network = self._workbench.models.prediction_model
        # No number that moves: new words lay out the whole page anew.
        words = _("The network is training, and the prediction is updated continuously.")
        if self.view.stands_still and network is not None:
            below = ngettext(
                "{part} below shows the network after {count} epoch.",
                "{part} below shows the network after {count} epochs.",
                network.epochs,
                part=capitalize_first(self.view.stands_still),
            )
            words = join_sentences((words, below))
        return words

    def _pace_changed(self) -> None:
        if self.learning.going:
            self._ask_no_more()

    def _ask_no_more(self) -> None:
        """Stop slow requests while a run changes the network."""
        self._leave_what_goes()
        self.why.show_sample(None)
        self.head.sure.setText("")

    def _show_found(self, predictions: Predictions) -> None:
        self.predictions = predictions
        self.head.show_answer(predictions, self.view.answer_words(predictions))
        self.view.show_answer(predictions)
        self.bars.show_prediction(predictions)

    def _reword(self) -> None:
        if self.predictions is not None and self.answer.text():
            self.head.show_answer(self.predictions, self.view.answer_words(self.predictions))

    def _failed(self, error: UserError) -> None:
        if self._worker.inputs[2]:
            self._clear_answer()
            self.head.hide()
            self.cards.clear()
            self.file_answers.show_trouble(error)
            self._see_file_answers()
        else:
            self.head.show()
            self.tell_trouble(error)

    def _see_file_answers(self) -> None:
        self.waiting.see(self.file_answers)

    def tell_trouble(self, failure: Exception) -> None:
        error = for_people(failure)
        self._clear_answer()
        self.cards.clear()
        self.cards.add(RoleBox("error", error.what, error.fix, self))
        self.waiting.see(self.cards)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        # What cannot be asked about is left to the window, which opens files.
        network = self._workbench.models.prediction_model
        if network is not None and self.view.takes(event.mimeData()):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        if self.view.take(event.mimeData()):
            event.acceptProposedAction()

    def event(self, event: QEvent) -> bool:
        # Ctrl+V is the canvas's elsewhere in the window.
        if event.type() == QEvent.Type.ShortcutOverride and self._pastes(cast("QKeyEvent", event)):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._pastes(event):
            self.pictures.paste()
        else:
            super().keyPressEvent(event)

    def _pastes(self, event: QKeyEvent) -> bool:
        return self.view is self.pictures and event.matches(QKeySequence.StandardKey.Paste)


def has_dropout(trained: TrainedModel) -> bool:
    """Return whether the network has dropout layers."""
    from netbuilder.core.results.uncertainty import dropout_nodes

    return bool(dropout_nodes(trained.project.graph))
