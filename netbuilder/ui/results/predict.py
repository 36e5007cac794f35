"""The Predict tab: ask the trained network about one row, or about a file."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar, Union, cast

from PySide6.QtCore import QEvent, QMimeData, Qt, QTimer
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QKeySequence,
    QPixmap,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.errors import UserError
from netbuilder.core.wording import quoted
from netbuilder.ui.forms.form import ParamForm
from netbuilder.ui.plots.bars import Bars
from netbuilder.ui.plots.draw_pad import DrawPad
from netbuilder.ui.plots.images import scaled
from netbuilder.ui.plots.table_preview import TextTable, text_table
from netbuilder.ui.results.generate import GenerateView
from netbuilder.ui.results.response import ResponseView
from netbuilder.ui.results.why import Sample, WhyView
from netbuilder.ui.services import jobs
from netbuilder.ui.services.views.activations import Looking
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.cards import CardList, RoleBox
from netbuilder.ui.widgets.empty_state import Waiting
from netbuilder.ui.widgets.flow import FlowLayout
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.save_dialog import FileType, ask_save

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.predict import Field, Predictions
    from netbuilder.core.results.predict_file import FileAnswers

log = logging.getLogger(__name__)
_NO_MODEL = "Press Train: then the network can be asked here."
_ASK_MS = 150
PICTURE_SIDE = 140
SHOWN_ROWS = 200
Found = TypeVar("Found")
Answer = Union["Predictions", "FileAnswers"]
#: The network, what to ask it, and the path of the file that is asked about ("": no file).
Question = tuple["TrainedModel", Callable[["TrainedModel"], Answer], str]


def _predict(question: Question) -> Answer:
    trained, ask, _path = question
    return ask(trained)


def param_of(field: Field) -> Param:
    """The form's row for a column of the data."""
    if field.kind == "category":
        return Param(field.name, Kind.CHOICE, field.typical, "", choices=tuple(field.categories))
    words = ""
    if field.low is not None and field.high is not None:
        words = f"{field.low:.6g} to {field.high:.6g} in training"
    return Param(field.name, Kind.FLOAT, field.typical, words)


class PredictPanel(QWidget):
    """A form made from the model's columns, and files."""

    def __init__(
        self, workbench: Workbench, looking: Looking, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._workbench, self._looking = workbench, looking
        self._shown: object = None
        self._form: ParamForm | None = None
        self._row: dict[str, Any] = {}
        self.predictions: Predictions | None = None
        self.file_answers: FileAnswers | None = None
        self._asked_path, self._about_texts = "", _WORDS["texts"]
        self._worker = jobs.Latest.for_widget(self, _predict, "predict", self._found, self._failed)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_ASK_MS)
        self._soon.timeout.connect(self._ask_row)
        self._drawn_soon = QTimer(self, singleShot=True, interval=40)
        self._drawn_soon.timeout.connect(self._ask_drawing)
        self._takes, self._another_asked = "", False
        self._written = ("", "")  # a test text in the field, and what is said of it
        self._build()
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.paste_button.clicked.connect(self._paste)
        self.file_button.clicked.connect(self._ask_file)
        self.picture_button.clicked.connect(self._ask_picture)
        self.another.clicked.connect(self._another)
        self.draw_button.toggled.connect(self._draw_toggled)
        self.clear_button.clicked.connect(self.pad.clear)
        self.pad.drawn.connect(self._drawn_soon.start)
        self.text.textChanged.connect(self._soon.start)
        self.text.textChanged.connect(self._asked_by_hand)
        self.text.textChanged.connect(lambda: self.generate.show_start(self.text.toPlainText()))
        looking.changed.connect(self._ask_look)
        workbench.trained_changed.connect(self._trained_changed)
        self._trained_changed()

    def _build(self) -> None:
        self.waiting = Waiting.filling(self, _NO_MODEL)
        self.waiting.follow(self._workbench.training_changed, self._workbench.training)
        page = self.waiting.page_layout
        self.answer = note_label("", self, role="answer")
        self.bars = Bars(self)
        self.bars.hide()
        self.cards = CardList(self)
        self.picture = QLabel(self)
        self.picture.setAccessibleName("The picture that is asked about")
        shown = QHBoxLayout()
        shown.setSpacing(12)
        shown.addWidget(self.picture)
        shown.addWidget(self.bars, 1)
        # Above all that an answer changes: it must not move under the pen.
        self.pad = DrawPad(self)
        self.pad.setVisible(False)
        page.addWidget(self.pad)
        page.addWidget(self.answer)
        page.addLayout(shown)
        self.why = WhyView(self._workbench, self)
        self.why.hide()
        page.addWidget(self.why)
        page.addWidget(self.cards)
        self.answers = TextTable(self)
        self.table = text_table(self.answers, "Answers about a file", self)
        self.table.setMinimumHeight(220)
        self.table.hide()
        page.addWidget(self.table)
        page.addLayout(self._buttons())
        self.about = note_label("", self)
        page.addWidget(self.about)
        self.text = QPlainTextEdit(self)
        self.text.setPlaceholderText("Write a text…")
        self.text.setMaximumHeight(90)
        self.text.setAccessibleName("Text to ask about")
        page.addWidget(self.text)
        self.generate = GenerateView(self._workbench, self)
        self.generate.hide()
        page.addWidget(self.generate)
        self._place = QVBoxLayout()
        self.response = ResponseView(self._workbench, self)
        self.response.moved.connect(self._slid)
        page.addWidget(self.response)
        page.addLayout(self._place)
        page.addStretch(1)

    def _buttons(self) -> FlowLayout:
        buttons = FlowLayout(spacing=8)
        self.file_button = QPushButton("Answer a file…", self)
        self.file_button.setToolTip("A CSV in, its answers as a table, which can be saved as a CSV")
        self.picture_button = QPushButton("Answer a picture…", self)
        self.paste_button = QPushButton("Paste a picture", self)
        self.paste_button.setToolTip(
            "Answer the picture that was copied (Ctrl+V); one can also be dropped here"
        )
        self.another = QPushButton("Another test picture", self)
        self.draw_button = QPushButton("Draw", self)
        self.draw_button.setCheckable(True)
        self.draw_button.setToolTip("Draw a picture: it is prepared as the data set's were")
        self.clear_button = QPushButton("New page", self)
        for button in (
            self.file_button,
            self.picture_button,
            self.paste_button,
            self.draw_button,
            self.clear_button,
            self.another,
        ):
            buttons.addWidget(button)
        return buttons

    @property
    def form(self) -> ParamForm | None:
        """The form of one row."""
        return self._form

    def _trained_changed(self) -> None:
        trained = self._workbench.trained
        if trained is self._shown:
            return
        self._shown = trained
        self.answer.setText("")
        self.bars.show_rows([])
        self._forget_file()
        self.generate.clear_all()
        if trained is None:
            self.waiting.wait(_NO_MODEL)
            return
        from netbuilder.core.results.generate import next_token_ends
        from netbuilder.core.results.predict import form_fields, takes

        kind = takes(trained)
        goes_on = next_token_ends(trained) is not None
        self.generate.setVisible(goes_on)
        self._about_texts = _GOES_ON if goes_on else _WORDS["texts"]
        fields = form_fields(trained) if kind == "rows" else ()
        self._show_form(fields)
        self.text.setVisible(kind == "texts")
        self._takes, self._another_asked, self._written = kind, False, ("", "")
        self.another.setText(f"Another test {_ONE.get(kind, 'row')}")
        for widget in (self.picture_button, self.paste_button, self.picture, self.draw_button):
            widget.setVisible(kind == "images")
        self.draw_button.setChecked(False)
        self.clear_button.setVisible(False)
        self.why.show_sample(None)
        words = {**_WORDS, "texts": self._about_texts}
        self.about.setText(words.get(kind, f"This network takes {kind}: choose a file."))
        self.waiting.ready()
        if kind in ("rows", "texts"):
            self._soon.start()
        self._ask_look()

    def _show_form(self, fields: tuple[Field, ...]) -> None:
        if self._form is not None:
            self._form.hide()
            self._form.deleteLater()
            self._form = None
        known = self._row
        self._row = {f.name: known.get(f.name, f.typical) for f in fields}
        self.response.show_fields(fields)
        if fields:
            self._form = ParamForm([param_of(field) for field in fields], self)
            self._form.show_values(self._row)
            self._form.edited.connect(self._edited)
            for one in self._form.rows.values():
                one.editor.complained.connect(lambda _sentence: self._soon.start())  # type: ignore[attr-defined]
            self._place.addWidget(self._form)

    def _edited(self, name: str, value: Any) -> None:
        if value is ... and self._form is not None:
            value = self._form.rows[name].param.default
        self._row[name] = value
        self.about.setText(_WORDS["rows"])  # it is no test row any more
        self._asked_by_hand()
        self._soon.start()

    def _slid(self, name: str, value: float) -> None:
        """Take the slider's value into the form, as if it were typed."""
        if self._form is not None:
            self._form.rows[name].complain("")
            self._form.rows[name].show_value(value)
        self._edited(name, value)

    def _ask_row(self) -> None:
        trained = self._workbench.trained
        if trained is None:
            return
        if not self.text.isHidden():
            words = self.text.toPlainText().strip()
            if words:
                self._ask(lambda model: _texts(model, [words]))
                self._tell_unknown(words)
                self.why.show_sample(lambda model: _text_sample(model, words))
            return
        rows = self._form.rows.values() if self._form is not None else ()
        if any(one.complaint.text() for one in rows):
            self._clear_answer()  # what stands in the form is not what was answered
            return
        row = dict(self._row)
        if row:
            self._ask(lambda model: _rows(model, row))
            self.why.show_sample(lambda model: _row_sample(model, row))
            self.response.show_row(row, lambda model: _row_sample(model, row))

    def _tell_unknown(self, words: str) -> None:
        """Name the words that the training texts did not hold."""
        from netbuilder.core.results.predict import unknown_words

        trained = self._workbench.trained
        unknown = unknown_words(trained, words) if trained is not None else ()
        said = f" Not known from the training: {quoted(unknown, 8)}." if unknown else ""
        written, about = self._written
        self.about.setText(f"{about if words == written else self._about_texts}{said}")

    def _clear_answer(self) -> None:
        self.answer.setText("")
        self.bars.show_rows([])

    def _another(self) -> None:
        """Look at the next row of the test data; Inside and the canvas follow."""
        self._asked_by_hand()
        self._another_asked = True
        self._looking.show_row(self._looking.index + 1)

    def _draw_toggled(self, on: bool) -> None:
        self.pad.setVisible(on)
        self.clear_button.setVisible(on)
        if on:
            self._ask_drawing()
        else:
            self._ask_look()

    def _ask_drawing(self) -> None:
        """Ask about what is drawn, prepared as the set's pictures were."""
        look = self._looking.look
        if look is None or not self.draw_button.isChecked():
            return
        from netbuilder.core.results import drawn

        name, like = next(iter(look.raw.items()))
        top, dark = drawn.like(like)
        try:
            sample = drawn.prepare(self.pad.ink(), like.shape, top, dark_ink=dark)
        except UserError as error:
            self._clear_answer()
            self.picture.clear()  # the last picture is not what was drawn
            self.why.show_sample(None)
            self.about.setText(str(error))
            return
        self._show_picture(sample)
        self.about.setText("Beside the answer: what the network sees of your drawing.")
        self._asked_by_hand()
        raw = {**{key: value[None] for key, value in look.raw.items()}, name: sample[None]}
        self._ask(lambda model: _raw(model, raw))
        self.why.show_sample(lambda model: ({k: v[0] for k, v in raw.items()}, None))

    def _show_picture(self, image: Any) -> None:
        from netbuilder.ui.plots.activation_strips import montage

        if image.ndim == 3:
            maps = image[None] if image.shape[2] == 3 else image[None, :, :, 0]
            self.picture.setPixmap(QPixmap.fromImage(montage(maps, PICTURE_SIDE, 1)))

    def _asked_by_hand(self) -> None:
        """Say that a person asked, and not the panel by itself."""
        if self._workbench.trained is not None:
            self._workbench.happened.emit("predicted")

    def _ask_look(self) -> None:
        """Ask about the test row that the canvas shows, where none was drawn or written."""
        look = self._looking.look
        if look is None or look.trained is not self._workbench.trained:
            return
        if self.draw_button.isChecked():
            return
        truth = f" It is “{look.truth}”." if look.truth else ""
        one = _ONE.get(self._takes, "row")
        words = f"Test {one} {look.index + 1:,} of {look.rows:,}.{truth}"
        own = dict(look.raw)
        if self._takes in ("rows", "texts"):
            if self._another_asked:
                self._write_down(look.trained, own, words)
            self._another_asked = False
            return
        if self._takes == "images":
            name, values = next(iter(look.raw.items()))
            self._show_picture(look.values.get(name, values))
        self.about.setText(words)
        raw = {key: value[None] for key, value in look.raw.items()}
        self._ask(lambda model: _raw(model, raw))
        self.why.show_sample(lambda model: (own, None))

    def _write_down(self, trained: TrainedModel, sample: dict[str, Any], words: str) -> None:
        """Write a test row into the form, or its text into the field, to be changed from there."""
        from netbuilder.core.results.samples import row_of, text_of_sample

        if self._takes == "texts":
            written = text_of_sample(trained, sample)
            self._written = (written.strip(), words)
            self.text.setPlainText(written)
        elif self._form is not None:
            self._row.update(row_of(trained, sample))
            self._form.show_values(self._row)
            for one in self._form.rows.values():
                one.complain("")
            self.about.setText(words)
        self._soon.start()

    def _ask_picture(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Choose a picture", "", "Pictures (*.png *.jpg *.jpeg *.bmp *.gif *.webp)"
        )
        if name:
            self.answer_picture(Path(name))

    def answer_picture(self, path: Path) -> None:
        """Answer a picture file, prepared as the data set's were."""
        self.draw_button.setChecked(False)
        self.picture.setPixmap(scaled(QImage(str(path)), PICTURE_SIDE))
        self.about.setText(path.name)
        self._asked_by_hand()
        self._ask(lambda model: _images(model, [path]))
        self.why.show_sample(lambda model: _file_sample(model, path))

    def _paste(self) -> None:
        if not self._take_picture(QGuiApplication.clipboard().mimeData()):
            self.about.setText("There is no picture to paste: copy one first.")

    def _take_picture(self, given: QMimeData) -> bool:
        """Answer the picture that was pasted or dropped; whether there is one."""
        path = _picture_file(given)
        if path is not None:
            self.answer_picture(path)
            return True
        image = QImage(given.imageData()) if given.hasImage() else QImage()
        if image.isNull():
            return False
        self.draw_button.setChecked(False)
        self.picture.setPixmap(scaled(image, PICTURE_SIDE))
        self.about.setText("The picture that was pasted.")
        self._asked_by_hand()
        self._ask(lambda model: _with_file(image, lambda file: _images(model, [file])))
        self.why.show_sample(
            lambda model: _with_file(image, lambda file: _file_sample(model, file))
        )
        return True

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        # What is no picture is left to the window, which opens files.
        given = event.mimeData()
        if self._takes == "images" and (given.hasImage() or _picture_file(given) is not None):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        if self._take_picture(event.mimeData()):
            event.acceptProposedAction()

    def event(self, event: QEvent) -> bool:
        # Ctrl+V is the canvas's elsewhere in the window.
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and self._takes == "images"
            and cast("QKeyEvent", event).matches(QKeySequence.StandardKey.Paste)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._takes == "images" and event.matches(QKeySequence.StandardKey.Paste):
            self._paste()
        else:
            super().keyPressEvent(event)

    def _ask_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Answer a file", "", "All files (*)")
        if not name:
            return
        self.answer_file(Path(name))

    def answer_file(self, path: Path) -> None:
        """Answer all rows of a file, and show the answers: they can then be saved."""
        self._asked_by_hand()
        self._soon.stop()  # the form's row would take the place of the file's answers
        self._ask(lambda model: _file(model, path), str(path))

    def _ask_out(self) -> None:
        path = Path(self._asked_path)
        suggested = str(path.with_name(f"{path.stem} answers.csv"))
        out = ask_save(self, "Write the answers", suggested, (FileType("Table", (".csv",)),))
        if out is not None:
            self.save_answers(out)

    def save_answers(self, out: Path) -> None:
        """Write the answers about a file, with all that the file holds."""
        found = self.file_answers
        if found is None:
            return
        jobs.run(
            lambda: found.write(out),
            lambda _none: self._tell_file(f"Wrote {out}."),
            self._tell_trouble,
            name="answers",
            owner=self,
        )

    def _show_file(self, found: FileAnswers, path: str) -> None:
        self.file_answers, self._asked_path = found, path
        self._clear_answer()
        columns, rows = found.text_rows(SHOWN_ROWS)
        marked = frozenset(range(len(found.answers)))
        self.answers.show_rows(columns, rows, marked=marked)
        self.table.resizeColumnsToContents()
        self.table.show()
        self._tell_file("")

    def _tell_file(self, words: str) -> None:
        found = self.file_answers
        if found is None:
            return
        self.cards.clear()
        count, rows = len(found.predictions), len(found.table)
        shown = f"Below are the first {SHOWN_ROWS} of {rows:,}." if rows > SHOWN_ROWS else ""
        title = f"{count:,} answer{'' if count == 1 else 's'} about {Path(self._asked_path).name}"
        said = " ".join(part for part in (words, shown) if part)
        self.cards.add(
            RoleBox("info", title, said, self, button="Save the answers…", do=self._ask_out)
        )
        for note in found.predictions.notes:
            self.cards.add(RoleBox("info", "", note, self))

    def _ask(self, ask: Callable[[TrainedModel], Answer], words: str = "") -> None:
        trained = self._workbench.trained
        if trained is not None:
            self._worker.ask((trained, ask, words))

    def _found(self, question: Question, answer: Answer) -> None:
        if question[0] is not self._workbench.trained:
            return
        if question[2]:
            self._show_file(cast("FileAnswers", answer), question[2])
            return
        found = self.predictions = cast("Predictions", answer)
        self._forget_file()
        for note in found.notes:
            self.cards.add(RoleBox("info", "", note, self))
        self.answer.setText(found.text(0))
        first = found.first
        if first.probabilities is None:
            self.bars.show_rows([])
            return
        parts = first.probabilities[0]
        rows = [
            (label, float(part), f"{part:.1%}")
            for label, part in zip(first.classes, parts, strict=False)
        ]
        self.bars.show_rows(rows, marked=max(rows, key=lambda row: row[1])[0], top=1.0)

    def _failed(self, question: Question, error: Exception) -> None:
        if question[0] is self._workbench.trained:
            self._tell_trouble(error)

    def _forget_file(self) -> None:
        self.file_answers = None
        self.table.hide()
        self.cards.clear()

    def _tell_trouble(self, error: Exception) -> None:
        if not isinstance(error, UserError):
            log.error("prediction failed", exc_info=error)
            error = UserError(f"The network could not answer: {error}", "Look at the values.")
        self.answer.setText("")
        self.bars.show_rows([])
        self.cards.clear()
        self.cards.add(RoleBox("error", error.what, error.mend, self))


_WORDS = {
    "rows": "Fill in a row: the answer follows as you type.",
    "images": "This network looks at pictures.",
    "texts": "This network reads texts: write one, and it answers as you type.",
    "arrays": "This network takes arrays: choose a .npz or .h5 file.",
}
_ONE = {"images": "picture", "texts": "text"}
_GOES_ON = "Write a beginning: above is what most likely follows, and Generate goes on from it."


_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")


def _picture_file(given: QMimeData) -> Path | None:
    """The first picture file among what was pasted or dropped."""
    paths = [Path(url.toLocalFile()) for url in given.urls() if url.isLocalFile()]
    return next((one for one in paths if one.suffix.lower() in _PICTURES), None)


def _with_file(image: QImage, ask: Callable[[Path], Found]) -> Found:
    """What ``ask`` makes of the picture as a file: it is then read as every other one."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "pasted.png"
        image.save(str(file))
        return ask(file)


def _row_sample(model: TrainedModel, row: dict[str, Any]) -> Sample:
    from netbuilder.core.results.predict import raw_of_rows

    return {key: value[0] for key, value in raw_of_rows(model, [row])[0].items()}, None


def _text_sample(model: TrainedModel, text: str) -> Sample:
    from netbuilder.core.results.samples import text_samples

    return text_samples(model, [text]).sample(0), text


def _file_sample(model: TrainedModel, path: Path) -> Sample:
    from netbuilder.core.results.samples import read_samples

    return read_samples(model, path).sample(0), None


def _rows(model: TrainedModel, row: dict[str, Any]) -> Predictions:
    from netbuilder.core.results.predict import predict_rows

    return predict_rows(model, row)


def _texts(model: TrainedModel, texts: list[str]) -> Predictions:
    from netbuilder.core.results.predict import predict_texts

    return predict_texts(model, texts)


def _images(model: TrainedModel, files: list[Path]) -> Predictions:
    from netbuilder.core.results.predict import predict_files

    return predict_files(model, files)


def _file(model: TrainedModel, path: Path) -> FileAnswers:
    from netbuilder.core.results.predict_file import answer_file

    return answer_file(model, path)


def _raw(model: TrainedModel, raw: dict[str, Any]) -> Predictions:
    from netbuilder.core.results.predict import predict_raw

    return predict_raw(model, raw)
