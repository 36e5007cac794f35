"""Texts as tokens, and the prediction form for a text."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTableWidget,
    QTableWidgetItem,
    QTextBrowser,
    QTextEdit,
    QWidget,
)

from netbuilder.core.data.kinds.text import TEXT
from netbuilder.core.data.kinds.text.next_token import TOKENS
from netbuilder.core.data.kinds.text.view import TextRow, TextsDataView, Token
from netbuilder.core.data.tokens import BYTE_PAIR, text_of, tokenize
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_number, format_quoted_list, join_sentences
from netbuilder.ui.forms.boxes import CountBox, NoWheelSlider
from netbuilder.ui.kinds.next_token import NextTokenView
from netbuilder.ui.kinds.predict_form import PredictForm, PredictionRequest
from netbuilder.ui.kinds.rows import PREDICT_DELAY_MS
from netbuilder.ui.kinds.splits import split_names
from netbuilder.ui.plots.picture_menu import TableMenu
from netbuilder.ui.plots.themed_plot import NoWheelPlot
from netbuilder.ui.services.views.sample_activations import Sample, SampleActivations
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import hbox, prepared, vbox

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.predict import Predictions


_TABLE_HEIGHT = 150


class MergesView(QWidget):
    """A slider over the merges of a text, the merged sentence, and a table."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._merges: Sequence[tuple[str, str, int]] = ()
        self._example = ""
        self.told = note_label("", self)
        self.slider = NoWheelSlider(Qt.Orientation.Horizontal, self)
        self.slider.setObjectName("merges-slider")
        self.slider.setAccessibleName(_("Merges"))
        self.box = prepared(CountBox(0, 0, self), accessibleName=_("Merges"))
        self.text = prepared(QLineEdit(self), objectName="merges-text")
        self.text.setAccessibleName(_("Sentence to merge"))
        self.text.setPlaceholderText(_("Write a sentence to see it merged…"))
        self.tokens = note_label("", self)
        self.tokens.setObjectName("merges-tokens")
        self.tokens.setTextFormat(Qt.TextFormat.RichText)
        self.tokens.setFont(theme.fixed_font())
        self.table = self._make_table()
        label = QLabel(_("Merges"), self)
        label.setBuddy(self.box)
        vbox(
            self.told,
            hbox(label, (self.slider, 1), self.box),
            self.text,
            self.tokens,
            self.table,
            parent=self,
            margins=(0, 4, 0, 0),
            spacing=4,
        )
        self.slider.valueChanged.connect(self.box.setValue)
        self.box.valueChanged.connect(self._step)
        self.text.textChanged.connect(self._show)
        self.table.itemSelectionChanged.connect(self._row_chosen)
        theme.theme().changed.connect(self._show)

    def _make_table(self) -> QTableWidget:
        table = prepared(QTableWidget(0, 4, self), objectName="merges-table")
        table.setAccessibleName(_("Merges"))
        table.setHorizontalHeaderLabels([_("Merge"), _("Pair"), _("Token"), _("Count")])
        table.verticalHeader().hide()
        mode = QHeaderView.ResizeMode
        for column, how in enumerate((mode.ResizeToContents, mode.Stretch, mode.Stretch)):
            table.horizontalHeader().setSectionResizeMode(column, how)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setFixedHeight(_TABLE_HEIGHT)
        TableMenu(table, "merges")
        return table

    def show_merges(self, merges: Sequence[tuple[str, str, int]], sentence: str) -> None:
        self.setVisible(bool(merges))
        if self.text.text() == self._example:  # what a person wrote stays
            self.text.setText(sentence)
        self._example = sentence
        if tuple(merges) == self._merges:
            return
        self._merges = tuple(merges)
        self.table.setRowCount(len(merges))
        for row, (left, right, times) in enumerate(merges):
            cells = (row + 1, f"{left} + {right}", left + right, format_number(times, ","))
            for column, cell in enumerate(cells):
                self.table.setItem(row, column, QTableWidgetItem(str(cell)))
        for widget in (self.box, self.slider):
            widget.setMaximum(len(merges))
        self.box.setValue(len(merges))
        self._show()

    def _step(self, done: int) -> None:
        self.slider.setValue(done)
        blocked = self.table.blockSignals(True)
        if done:
            self.table.selectRow(done - 1)
        else:
            self.table.clearSelection()
        self.table.blockSignals(blocked)
        self._show()

    def _row_chosen(self) -> None:
        if self.table.selectedItems():
            self.box.setValue(self.table.currentRow() + 1)

    def _show(self) -> None:
        done = self.box.value()
        names = [f"{left} {right}" for left, right, _times in self._merges]
        lowercase = all(name == name.lower() for name in names)
        tokens = tokenize(self.text.text(), BYTE_PAIR, lowercase, names[:done])
        scheme = theme.colors()
        new = "".join(self._merges[done - 1][:2]) if done else ""
        patches = []
        for number, token in enumerate(tokens):
            back = scheme.selection if number % 2 else scheme.info_back
            style = f"background-color:{back}"
            if token == new:
                style += f"; color:{scheme.accent_text}; font-weight:bold"
            patches.append(f"<span style='{style}'>&nbsp;{html.escape(token)}&nbsp;</span>")
        self.tokens.setText(f"<div style='line-height:150%'>{'&#8203; '.join(patches)}</div>")
        self.tokens.setAccessibleName(" ".join(tokens))
        count = ngettext("{count} token.", "{count} tokens.", len(tokens))
        if not done:
            self.told.setText(_("No merge yet: each character is a token. {count}", count=count))
            return
        left, right, times = self._merges[done - 1]
        self.told.setText(
            _(
                "Merge {number} of {total}: “{left}” + “{right}” → “{token}”, {times}×. {count}",
                number=done,
                total=len(self._merges),
                left=left,
                right=right,
                token=left + right,
                times=format_number(times, ","),
                count=count,
            )
        )


class TextsTab(QWidget):
    """The tokens of some texts, and the lengths of all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = note_label("", self)
        self.tokens = TokenText(self)
        self.numbers = QCheckBox(_("Show token ids"), self)
        self.numbers.toggled.connect(self.tokens.show_numbers)
        self.lengths = LengthsPlot(self)
        self.merges = MergesView(self)
        vbox(
            self.words,
            (self.tokens, 1),
            self.numbers,
            self.lengths,
            self.merges,
            parent=self,
            margins=(0, 4, 0, 0),
            spacing=4,
        )

    def show_look(self, look: TextsDataView, project: Project, base: Path) -> None:
        self.tokens.show_look(look)
        self.words.setText(texts_summary(look))
        self.lengths.setVisible(bool(look.lengths))
        self.lengths.show_look(look)
        first = look.rows[1].tokens if len(look.rows) > 1 and look.merges else ()
        sentence = text_of((token.text for token in first), BYTE_PAIR).replace("\n", " ").strip()
        self.merges.show_merges(look.merges, sentence)


def texts_summary(look: TextsDataView) -> str:
    """Return the preparation of the texts in words."""
    cut, vocabulary = format_number(look.cut), format_number(look.vocabulary)
    if look.windows:
        return join_sentences(
            (
                ngettext(
                    "{count} window of {length} tokens from one long text, each with the token "
                    "that follows (→).",
                    "{count} windows of {length} tokens from one long text, each with the token "
                    "that follows (→).",
                    look.count,
                    length=cut,
                ),
                _("The vocabulary has {size} tokens.", size=vocabulary),
            )
        )
    sentences = [
        ngettext("{count} text.", "{count} texts.", look.count),
        _("The vocabulary has {size} words.", size=vocabulary),
        _("⟨Unknown⟩ words: {share}.", share=format_number(look.unknown, ".1%"))
        if look.unknown
        else _("No word is unknown."),
        _(
            "{share} of the texts are longer than {length} words. Their ends are cut off "
            "(struck out).",
            share=format_number(look.longer / look.measured, ".0%"),
            length=cut,
        )
        if look.longer
        else _("No text is longer than {length} words, so none is cut.", length=cut),
    ]
    return join_sentences(sentences)


class LengthsPlot(NoWheelPlot):
    """A histogram of words per text; the dashed line is the cut."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("lengths", 130, parent)
        self._look: TextsDataView | None = None

    def show_look(self, look: TextsDataView) -> None:
        self._look = look
        self.setAccessibleName(
            _(
                "Lengths: {longer} of {measured} texts are longer than {limit} words",
                longer=look.longer,
                measured=look.measured,
                limit=look.cut,
            )
        )
        self.restyle()

    def drawn(self) -> None:
        item, look = self.getPlotItem(), self._look
        item.clear()
        if look is None or not look.lengths:
            return
        scheme = theme.colors()
        edges, heights = np.array(look.edges), np.array(look.lengths)
        item.addItem(
            pg.BarGraphItem(
                x0=edges[:-1], x1=edges[1:], height=heights,
                pen=QColor(scheme.panel), brush=QColor(scheme.training),
            )
        )  # fmt: skip
        cut = pg.InfiniteLine(
            look.cut,
            pen=pg.mkPen(scheme.validation, width=2, style=Qt.PenStyle.DashLine),
            label=_("cut at {limit}", limit=look.cut),
            labelOpts={"position": 0.9, "color": scheme.text, "anchors": [(1, 0), (1, 0)]},
        )
        item.addItem(cut)
        item.setLabel("bottom", _("words"))
        item.setLabel("left", _("texts"))
        right = max(float(edges[-1]), look.cut) * 1.02 + 1
        item.setRange(xRange=(0, right), yRange=(0, float(heights.max()) * 1.05), padding=0)


class TokenText(QTextBrowser):
    """Tokens on coloured patches; unknown ones in ⟨brackets⟩, cut ones struck out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: TextsDataView | None = None
        self.numbers = False
        self.setOpenLinks(False)
        self.setAccessibleName(_("Texts as the network gets them"))
        self.setMinimumHeight(140)
        theme.theme().changed.connect(self._show)

    def show_look(self, look: TextsDataView) -> None:
        self._look = look
        self._show()

    def show_numbers(self, on: bool) -> None:
        self.numbers = on
        self._show()

    def _show(self) -> None:
        if self._look is None:
            return
        place = self.verticalScrollBar().value()
        self.setHtml("".join(self._row(row, self._look.windows) for row in self._look.rows))
        self.verticalScrollBar().setValue(place)

    def _row(self, row: TextRow, windows: bool) -> str:
        scheme = theme.colors()
        part = split_names()[row.part] if row.part >= 0 else ""
        label = f"→ {row.label}" if windows else row.label
        words = "".join(self._token(token, n % 2) for n, token in enumerate(row.tokens))
        head = f"<b>{html.escape(label)}</b> <span style='color:{scheme.secondary}'>· {part}</span>"
        return f"<p style='margin:0 0 8px 0'>{head}<br>{words}</p>"

    def _token(self, token: Token, odd: int) -> str:
        scheme = theme.colors()
        text = html.escape(token.text)
        number = f"<sub>{token.number}</sub>" if self.numbers and not token.cut else ""
        if token.cut:
            return f"<s style='color:{scheme.secondary}'>{text}</s> "
        if token.unknown:
            style = f"background-color:{scheme.warning_back}; color:{scheme.warning}"
            return f"<span style='{style}'>⟨{text}⟩{number}</span> "
        back = scheme.selection if odd else scheme.info_back
        return f"<span style='background-color:{back}'>&nbsp;{text}{number}&nbsp;</span> "


_READS = N_("This network takes a text: write one to see the prediction.")
_GOES_ON = N_(
    "Write the beginning of a text. Above are the most likely next tokens; Generate continues the"
    " text."
)
_GIVEN = N_(
    "This beginning comes from the data. Above are the most likely next tokens. Write another "
    "beginning, or press Generate to continue it."
)
_OWN = N_("your text")


class TextForm(PredictForm):
    """A text field; below it the generated text of a network that predicts tokens."""

    modalities = (TEXT, TOKENS)
    numbered = N_("Test text {number} of {count}")
    why_at = 1
    steady = True

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.words = _(_READS)
        self._trained: TrainedModel | None = None
        self._written = ("", "")  # a test text in the field, and what is said of it
        self._writing = self._goes_on = False  # by the program; from a beginning
        self._soon = QTimer(self, singleShot=True, interval=PREDICT_DELAY_MS)
        self._soon.timeout.connect(self._ask)
        self.text = QPlainTextEdit(self)
        self.text.setTabChangesFocus(True)
        self.text.setPlaceholderText(_("Write a text…"))
        self.text.setMaximumHeight(90)
        self.text.setAccessibleName(_("Text to predict for"))
        self.page.addWidget(self.text)
        self.generate = NextTokenView(workbench, self)
        self.generate.hide()
        self.generate.appended.connect(self._append)
        self.page.addWidget(self.generate)
        self.text.textChanged.connect(self._typed)
        theme.theme().changed.connect(self._mark)

    @property
    def busy(self) -> bool:
        text = self.text.toPlainText()
        return bool(text.strip()) and text != self._written[0]

    @property
    def settled(self) -> bool:
        return not self._soon.isActive()

    def begin(self, trained: TrainedModel, fresh: bool) -> None:
        from netbuilder.core.results.generate import next_token_ends

        if fresh:
            self._trained = None  # taking the text away is no question
            self.text.clear()
            self._written = ("", "")
        self._trained = trained
        self.generate.clear_all()
        goes_on = self._goes_on = next_token_ends(trained) is not None
        self.generate.setVisible(goes_on)
        self.words = _(_GOES_ON if goes_on else _READS)
        self.stands_still = _("the view of the next token") if goes_on else ""
        self._mark()
        self._soon.start()

    def end(self) -> None:
        self._soon.stop()
        self.generate.clear_all()
        self._trained = None

    def _typed(self) -> None:
        self.generate.show_start(self.text.toPlainText())
        self._mark()
        if self._trained is not None and not self._writing:
            self._workbench.happened.emit("predicted")
            self._soon.start()

    def _append(self, text: str) -> None:
        """Take the text with its next token as if it were typed."""
        self.text.setPlainText(text)
        self.text.moveCursor(QTextCursor.MoveOperation.End)

    def _mark(self) -> None:
        selections: list[QTextEdit.ExtraSelection] = []
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
                selection = QTextEdit.ExtraSelection()
                selection.format, selection.cursor = look, cursor
                selections.append(selection)
        self.text.setExtraSelections(selections)

    def _ask(self) -> None:
        # As it stands: a network that goes on letter by letter goes on from a blank at the end too.
        words = self.text.toPlainText()
        if not words.strip() or self._trained is None:
            self.nothing.emit(self.words)
            return
        from netbuilder.core.results.predict import unknown_words

        if self._goes_on:
            self.generate.look_at(self._trained, words)
        unknown = unknown_words(self._trained, words)
        hint = _("Unknown words: {words}.", words=format_quoted_list(unknown, 8))
        written, about = self._written
        note = join_sentences((about if words == written else self.words, hint if unknown else ""))
        self.asked.emit(
            PredictionRequest(
                lambda model: _answer(model, words), lambda model: _sample(model, words), note,
                by_hand=False, own="" if words == written else _OWN)
        )  # fmt: skip

    def show_look(self, look: SampleActivations, about: str, requested: bool) -> None:
        if look.trained is None or (not requested and self.busy):
            return
        from netbuilder.core.results.file_samples import sample_text

        written = sample_text(look.trained, look.raw)
        self._writing = True
        self.text.setPlainText(written)
        self._writing = False
        row = "" if look.own else self.text.toPlainText()
        self._written = (row, _(_GIVEN) if self._goes_on else about)
        self._soon.start()


def _units(text: str) -> int:
    """Return a length as Qt counts it, in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def _answer(model: TrainedModel, text: str) -> Predictions:
    from netbuilder.core.results.predict import predict_texts

    return predict_texts(model, [text])


def _sample(model: TrainedModel, text: str) -> Sample:
    from netbuilder.core.results.file_samples import text_samples

    return text_samples(model, [text]).sample(0), text
