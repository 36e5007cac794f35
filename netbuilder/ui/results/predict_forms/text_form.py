"""A text: typed, with the words marked that the network does not know, or gone on from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from netbuilder.core.wording import format_quoted_list
from netbuilder.ui.results.generate_view import GenerateView
from netbuilder.ui.results.predict_forms.predict_form import PredictForm, PredictionRequest
from netbuilder.ui.results.predict_forms.row_form import PREDICT_DELAY_MS
from netbuilder.ui.services.views.sample_activations import Sample, SampleActivations
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.predict import Predictions

_READS = "This network reads texts: write one, and it answers as you type."
_GOES_ON = "Write a beginning: above is what most likely follows, and Generate goes on from it."
_GIVEN = (
    "This beginning is from the data's text: above is what most likely follows. Write another, or"
    " press Generate to go on from it."
)
_OWN = "your text"


class TextForm(PredictForm):
    """A field to write in; below it, for a network that predicts tokens, what it goes on with."""

    one = "text"
    why_at = 1

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.words = _READS
        self._trained: TrainedModel | None = None
        self._written = ("", "")  # a test text in the field, and what is said of it
        self._writing = self._goes_on = False  # by the program; from a beginning
        self._soon = QTimer(self, singleShot=True, interval=PREDICT_DELAY_MS)
        self._soon.timeout.connect(self._ask)
        self.text = QPlainTextEdit(self)
        self.text.setTabChangesFocus(True)
        self.text.setPlaceholderText("Write a text…")
        self.text.setMaximumHeight(90)
        self.text.setAccessibleName("Text to ask about")
        self.page.addWidget(self.text)
        self.generate = GenerateView(workbench, self)
        self.generate.hide()
        self.page.addWidget(self.generate)
        self.text.textChanged.connect(self._typed)
        theme.theme().changed.connect(self._mark)

    @property
    def busy(self) -> bool:
        """Whether a text of a person's own stands there."""
        text = self.text.toPlainText()
        return bool(text.strip()) and text != self._written[0]

    @property
    def settled(self) -> bool:
        """Whether no question waits to be asked."""
        return not self._soon.isActive()

    def fits(self, trained: TrainedModel) -> bool:
        """Networks that take texts, and nothing else."""
        from netbuilder.core.results.predict import input_sort

        return input_sort(trained) == "texts"

    def begin(self, trained: TrainedModel, fresh: bool) -> None:
        """Ask another network about the text that stands there, unless it is of other data."""
        from netbuilder.core.results.generate import next_token_ends

        if fresh:
            self._trained = None  # taking the text away is no question
            self.text.clear()
            self._written = ("", "")
        self._trained = trained
        self.generate.clear_all()
        goes_on = self._goes_on = next_token_ends(trained) is not None
        self.generate.setVisible(goes_on)
        self.words = _GOES_ON if goes_on else _READS
        self._mark()
        self._soon.start()

    def end(self) -> None:
        """Ask nothing any more, and stop what is being written."""
        self._soon.stop()
        self.generate.clear_all()
        self._trained = None

    def _typed(self) -> None:
        self.generate.show_start(self.text.toPlainText())
        self._mark()
        if self._trained is not None and not self._writing:
            self._workbench.happened.emit("predicted")
            self._soon.start()

    def _mark(self) -> None:
        """Underline the words that the training texts did not hold, while they are typed."""
        found: list[QTextEdit.ExtraSelection] = []
        if self._trained is not None:
            from netbuilder.core.results.predict import unknown_spans

            look = QTextCharFormat()
            look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            look.setUnderlineColor(QColor(theme.colors().error))
            text = self.text.toPlainText()
            for start, end in unknown_spans(self._trained, text):
                cursor = QTextCursor(self.text.document())
                cursor.setPosition(_units(text[:start]))
                cursor.setPosition(_units(text[:end]), QTextCursor.MoveMode.KeepAnchor)
                one = QTextEdit.ExtraSelection()
                one.format, one.cursor = look, cursor
                found.append(one)
        self.text.setExtraSelections(found)

    def _ask(self) -> None:
        # As it stands: a network that goes on letter by letter goes on from a blank at the end too.
        words = self.text.toPlainText()
        if not words.strip() or self._trained is None:
            self.nothing.emit(self.words)
            return
        from netbuilder.core.results.predict import unknown_words

        unknown = unknown_words(self._trained, words)
        said = f" Not known from the training: {format_quoted_list(unknown, 8)}." if unknown else ""
        written, about = self._written
        told = f"{about if words == written else self.words}{said}"
        self.asked.emit(
            PredictionRequest(
                lambda model: _answer(model, words), lambda model: _sample(model, words), told,
                by_hand=False, own="" if words == written else _OWN)
        )  # fmt: skip

    def show_look(self, look: SampleActivations, about: str, wanted: bool) -> None:
        """Write a test text into the field, to be changed from there; by itself only as long as
        none was typed."""
        if not wanted and self.busy:
            return
        from netbuilder.core.results.file_samples import sample_text

        written = sample_text(look.trained, look.raw)
        self._writing = True
        self.text.setPlainText(written)
        self._writing = False
        self._written = (self.text.toPlainText(), _GIVEN if self._goes_on else about)
        self._soon.start()


def _units(text: str) -> int:
    """Length as Qt counts it: letters beyond the basic plane count twice."""
    return len(text.encode("utf-16-le")) // 2


def _answer(model: TrainedModel, text: str) -> Predictions:
    from netbuilder.core.results.predict import predict_texts

    return predict_texts(model, [text])


def _sample(model: TrainedModel, text: str) -> Sample:
    from netbuilder.core.results.file_samples import text_samples

    return text_samples(model, [text]).sample(0), text
