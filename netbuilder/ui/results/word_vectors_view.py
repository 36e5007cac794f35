"""Word vectors on the page Inside: map, neighbours, analogies, comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QModelIndex, QStringListModel, Qt, Signal
from PySide6.QtWidgets import QCompleter, QLabel, QLineEdit, QTabWidget, QWidget

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.lessons.lesson_state import WORDS_WRITTEN
from netbuilder.core.wording import format_number, format_percent, join_sentences
from netbuilder.ui.forms.boxes import NoWheelComboBox, NoWheelTabBar
from netbuilder.ui.plots.colour_bar import ColourBar
from netbuilder.ui.plots.live.surface_plot import class_legend, number_color
from netbuilder.ui.plots.table_preview import ShortTable
from netbuilder.ui.plots.word_plots import VectorBars, WordMapPlot
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.services.settings import settings
from netbuilder.ui.services.views.sample_activations import SampleActivations
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import heading, note_label
from netbuilder.ui.widgets.layouts import FlowLayout, flow, prepared, vbox

if TYPE_CHECKING:
    from netbuilder.core.project.model import Project
    from netbuilder.core.results.word_vectors import TokenTable, WordMap, WordVectors

Marks = tuple[list[int], list[int], list[tuple[int, int]]]
_KEY = "word_map"  # of the settings: how words are brought onto the plane
_WAYS = ("PCA", "t-SNE")
_WAY_TIPS = (
    N_("The two directions in which the vectors differ most"),
    N_("Similar words are close together (t-SNE, which takes some seconds)"),
)


@dataclass(frozen=True, eq=False)
class _TableRequest:
    """An Embedding and the data to count its words in."""

    project: Project
    base: Path
    node_id: str
    size: int
    words: Any

    def same(self, other: _TableRequest | None) -> bool:
        return other is not None and (
            (self.project.data, self.project.graph, self.base, self.node_id, self.size)
            == (other.project.data, other.project.graph, other.base, other.node_id, other.size)
        )


def _name_rows(request: _TableRequest) -> tuple[TokenTable, str]:
    """Return the words of an Embedding, and why they could not be counted."""
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.results.word_vectors import token_table

    dataset, trouble = None, ""
    try:
        dataset = load_dataset(request.project, request.base)
    except UserError as error:
        trouble = str(error)
    graph = request.project.graph
    return token_table(graph, request.node_id, request.size, request.words, dataset), trouble


def _make_map(vectors: WordVectors, way: str, before: WordMap | None) -> WordMap:
    from netbuilder.core.results.word_vectors import word_map

    return word_map(vectors, way, before)


class WordTask(QWidget):
    """Fields for words, and their result. ``changed``: a word was edited."""

    changed = Signal()

    def __init__(self, name: str, help_text: str, signs: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._help, self._turn = help_text, 0
        self.known = QStringListModel(self)
        self.fields = [QLineEdit(self) for _sign in signs]
        row = FlowLayout()
        for number, (sign, field) in enumerate(zip(signs, self.fields, strict=True), 1):
            if sign:
                row.addWidget(QLabel(sign, self))
            field.setObjectName(f"{name}_{number}")
            field.setPlaceholderText(_("word"))
            field.setAccessibleName(_("Word {number}", number=number))
            field.setClearButtonEnabled(True)
            field.setMaximumWidth(18 * self.fontMetrics().averageCharWidth())
            completer = QCompleter(self.known, field)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            if (popup := completer.popup()) is not None:
                # As a child it has the stylesheet of its window.
                popup.setParent(field, popup.windowFlags())
                popup.setAccessibleName(field.accessibleName())
            field.setCompleter(completer)
            field.textChanged.connect(self.changed)
            row.addWidget(field)
        self.note = prepared(note_label(_(help_text), self), objectName=f"{name}_note")
        self.page = vbox(parent=self, margins=(0, 8, 0, 0))
        self.page.addLayout(row)
        self.page.addWidget(self.note)

    @property
    def words(self) -> tuple[str, ...]:
        """Return the words; () while a field is empty."""
        texts = tuple(field.text() for field in self.fields)
        return texts if all(texts) else ()

    def take(self, word: str) -> None:
        """Write a word into the first empty field, or the next one in turn."""
        empty = [number for number, field in enumerate(self.fields) if not field.text()]
        self._turn = empty[0] if empty else (self._turn + 1) % len(self.fields)
        self.fields[self._turn].setText(word)

    def answer(self, vectors: WordVectors) -> None:
        """Show the result.

        Raises:
            UserError: a word has no vector.
        """
        raise NotImplementedError

    def clear(self) -> None:
        self.note.setText(_(self._help))

    def marks(self, vectors: WordVectors) -> Marks:
        """Return the places of the words, of words near them, and arrows."""
        places = []
        for field in self.fields:
            with suppress(UserError):
                places.append(vectors.tokens.find(field.text()))
        return places, [], []


class _ListTask(WordTask):
    """A task with a list of words as its result."""

    def __init__(self, name: str, help_text: str, signs: Sequence[str], parent: QWidget) -> None:
        super().__init__(name, help_text, signs, parent)
        self.found: tuple[tuple[int, float], ...] = ()
        self.table = ShortTable(_("Most similar words"), self)
        self.table.setObjectName(f"{name}_table")
        self.page.addWidget(self.table)
        self.page.addStretch()
        self.clear()

    def clear(self) -> None:
        super().clear()
        self.found = ()
        self.table.hide()

    def list_words(self, vectors: WordVectors, found: tuple[tuple[int, float], ...]) -> None:
        self.found = found
        tokens = vectors.tokens
        columns = [_("word"), _("similarity")]
        if tokens.counts is not None:
            columns.append(_("occurrences"))
        if tokens.lift is not None or tokens.means is not None:
            columns.append(tokens.target)
        rows = [
            [tokens.names[place], format_number(cosine, ".2f"), *_facts(tokens, place)]
            for place, cosine in found
        ]
        self.table.show_rows(tuple(columns), rows)
        self.table.show()


class NeighboursTask(_ListTask):
    """The words most similar to one."""

    def answer(self, vectors: WordVectors) -> None:
        (word,) = self.words
        self.list_words(vectors, vectors.neighbours(word))
        self.note.setText(
            _(
                "Words whose vectors have the smallest angle to that of “{word}” (cosine: 1 same "
                "direction, 0 unrelated, −1 opposite).",
                word=word,
            )
        )

    def marks(self, vectors: WordVectors) -> Marks:
        return super().marks(vectors)[0], [place for place, _cosine in self.found], []


class AnalogyTask(_ListTask):
    """a − b + c: what is to c as a is to b."""

    def answer(self, vectors: WordVectors) -> None:
        first, second, third = self.words
        nearest = vectors.analogy(first, second, third)
        self.list_words(vectors, nearest)
        if nearest:
            self.note.setText(
                _(
                    "“{first}” is to “{second}” as “{answer}” is to “{third}”: the nearest word to "
                    "the sum, apart from these three.",
                    first=first, second=second, third=third,
                    answer=vectors.tokens.names[nearest[0][0]],
                )
            )  # fmt: skip

    def marks(self, vectors: WordVectors) -> Marks:
        chosen = super().marks(vectors)[0]
        if not self.found or len(chosen) < len(self.fields):
            return chosen, [], []
        answer = self.found[0][0]
        return chosen, [answer], [(chosen[1], chosen[0]), (chosen[2], answer)]


class CompareTask(WordTask):
    """Similarity of two words, and their vectors as bars."""

    def __init__(self, name: str, help_text: str, signs: Sequence[str], parent: QWidget) -> None:
        super().__init__(name, help_text, signs, parent)
        self.legend = prepared(QLabel(self), textFormat=Qt.TextFormat.RichText)
        self.bars = VectorBars(self)
        self.bars.menu.below = self.legend.text
        self.page.addWidget(self.bars)
        self.page.addWidget(self.legend)
        self.page.addStretch()
        self.clear()

    def clear(self) -> None:
        super().clear()
        self.bars.hide()
        self.legend.hide()

    def answer(self, vectors: WordVectors) -> None:
        word, other = self.words
        pair = vectors.vector(word), vectors.vector(other)
        self.note.setText(
            _(
                "Similarity {cosine} (cosine: 1 same direction, 0 unrelated, −1 opposite); "
                "distance {distance}.",
                cosine=format_number(vectors.similarity(word, other), ".2f"),
                distance=format_number(float(np.linalg.norm(pair[0] - pair[1]))),
            )
        )
        self.bars.show_vectors((word, other), pair)
        self.bars.show()
        from html import escape

        scheme = theme.colors()
        self.legend.setText(
            "&nbsp;&nbsp; ".join(
                f'<span style="color:{color}">■</span>&nbsp;{escape(text)}'
                for color, text in zip(
                    (scheme.training, scheme.validation), self.words, strict=True
                )
            )
        )
        self.legend.show()


def _facts(tokens: TokenTable, place: int) -> list[str]:
    """Return a word's frequency and class in the training set."""
    facts = []
    if tokens.counts is not None:
        facts.append(format_number(int(tokens.counts[place]), ","))
    if tokens.lift is not None and tokens.leaning is not None:
        leaning = int(tokens.leaning[place])
        lift = format_number(float(tokens.lift[place, leaning]), ".2g")
        facts.append(f"{tokens.classes[leaning]} × {lift}" if leaning >= 0 else "")
    elif tokens.means is not None:
        facts.append(format_number(float(tokens.means[place])))
    return facts


def _tips(tokens: TokenTable) -> list[str]:
    """Return a tooltip for each word of the map."""
    from netbuilder.core.results.word_vectors import MOST_ON_MAP

    tips = []
    for place, name in enumerate(tokens.names[:MOST_ON_MAP]):
        facts = _facts(tokens, place)
        if facts and tokens.counts is not None:
            times = int(tokens.counts[place])
            facts[0] = ngettext("{count} time", "{count} times", times, count=facts[0])
        tips.append(" · ".join([name, *(fact for fact in facts if fact)]))
    return tips


class WordVectorsView(QWidget):
    """The vectors of one Embedding, live during a run. ``answered``: a task and its words, as an
    event of lessons."""

    answered = Signal(str)

    def __init__(self, base: Callable[[], Path], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("word_vectors")
        self._base = base
        self.vectors: WordVectors | None = None
        self.map: WordMap | None = None
        self._table: TokenTable | None = None
        self._matrix: Any = None
        self._request: _TableRequest | None = None
        self._trouble, self._live = "", False
        self._tips: list[str] = []
        self._names = Derived(self, _name_rows, self._named, self._failed, of=lambda: self._request)
        self._maps = Derived(self, _make_map, self._mapped, self._failed)
        self.way = prepared(NoWheelComboBox(self), objectName="word_map_way")
        self.way.setAccessibleName(_("Map"))
        self.way.addItems(_WAYS)
        for number, tip in enumerate(_WAY_TIPS):
            self.way.setItemData(number, _(tip), Qt.ItemDataRole.ToolTipRole)
        self.way.setCurrentText(str(settings().value(_KEY, _WAYS[0])))
        self.way.activated.connect(self._choose_way)
        self.plot = WordMapPlot(self)
        self.plot.menu.below = lambda: "" if self.legend.isHidden() else self.legend.text()
        self.plot.word_clicked.connect(self._take)
        self.legend = prepared(QLabel(self), textFormat=Qt.TextFormat.RichText, wordWrap=True)
        self.colours = ColourBar(self)
        self.note = prepared(note_label("", self), objectName="word_map_note")
        self.tasks = prepared(QTabWidget(self), objectName="word_tasks")
        self.tasks.setTabBar(NoWheelTabBar(self))
        self.tasks.setDocumentMode(True)
        self.neighbours = NeighboursTask(
            "neighbours", N_("Write a word, or click one on the map."), ("",), self
        )
        self.compared = CompareTask(
            "compared", N_("Write two words, or click them on the map."), ("", "–"), self
        )
        self.analogy = AnalogyTask(
            "analogy", N_("Write three words, such as king − man + woman."), ("", "−", "+"), self
        )
        titles = (_("Neighbours"), _("Compare"), _("Analogy"))
        for title, task in zip(titles, self._all_tasks, strict=True):
            self.tasks.addTab(task, title)
            task.changed.connect(self._answer)
        self.tasks.currentChanged.connect(self._answer)
        self.neighbours.table.activated.connect(self._follow)
        row = flow(heading(_("Word vectors"), self), self.way)
        vbox(
            row, self.plot, self.legend, self.colours, self.note, self.tasks, parent=self, margins=0
        )
        theme.theme().changed.connect(self._show_legend)

    @property
    def _all_tasks(self) -> tuple[WordTask, ...]:
        return self.neighbours, self.compared, self.analogy

    @property
    def idle(self) -> bool:
        return self._names.idle and self._maps.idle

    def show_look(self, look: SampleActivations, node_id: str) -> None:
        """Show an Embedding's vectors at a moment of a run, or of a trained network."""
        matrix = look.weights_of(node_id)["embeddings"]
        moved = self._matrix is None or not np.array_equal(matrix, self._matrix)
        over = self._live and look.trained is not None
        self._matrix, self._live = matrix, look.trained is None
        request = _TableRequest(look.project, self._base(), node_id, len(matrix), look.words)
        if not request.same(self._request):
            self._request, self._table = request, None
            self.note.setText(_("Computing…"))
            self._names.ask(request)
        elif self._table is not None and (moved or over):
            self._renew()

    def _named(self, named: tuple[TokenTable, str]) -> None:
        self._table, self._trouble = named
        tokens = self._table
        self._tips = _tips(tokens)
        for task in self._all_tasks:
            task.known.setStringList(sorted(tokens.names))
        if self.neighbours.fields[0].text() not in tokens.numbers and tokens.names:
            leaning = tokens.leaning if tokens.leaning is not None else np.zeros(0)
            first = np.flatnonzero(leaning >= 0)[:1]
            self.neighbours.fields[0].setText(tokens.names[int(first[0]) if len(first) else 0])
        self._show_legend()
        self._renew()

    def _renew(self) -> None:
        from netbuilder.core.results.word_vectors import WordVectors

        assert self._table is not None
        self.vectors = WordVectors.of(self._matrix, self._table)
        self._ask_map()
        self._answer()

    def _ask_map(self) -> None:
        if self.vectors is None:
            return
        way = _WAYS[0] if self._live else self.way.currentText()
        if way != _WAYS[0]:
            self.note.setText(_("Computing…"))
        self._maps.ask(self.vectors, way, self.map)

    def _choose_way(self) -> None:
        stored = settings()
        stored.setValue(_KEY, self.way.currentText())
        stored.sync()
        self._ask_map()

    def _mapped(self, drawn: WordMap) -> None:
        if drawn.vectors.tokens is not self._table:
            return  # of another layer, or of other data
        self.map = drawn
        self.plot.show_map(drawn, self._tips)
        self.plot.show()
        self.note.setText(join_sentences(self._map_sentences(drawn)))

    def _failed(self, error: UserError) -> None:
        self.plot.hide()
        self.note.setText(str(error))

    def _map_sentences(self, drawn: WordMap) -> list[str]:
        tokens = drawn.vectors.tokens
        visible, count = len(drawn.at), len(tokens.names)
        words = ngettext("{count} word.", "{count} words.", count, count=format_number(count, ","))
        if visible < count:
            ranked = tokens.counts is not None
            words = (
                _("The {shown} most frequent of {count} words.", shown=visible,
                  count=format_number(count, ","))
                if ranked
                else _("The first {shown} of {count} words of the vocabulary.", shown=visible,
                       count=format_number(count, ","))
            )  # fmt: skip
        sentences = [words]
        if drawn.way == _WAYS[0]:
            share = format_percent(drawn.explained)
            sentences.append(_("The plane shows {share} of the variance.", share=share))
        else:
            sentences.append(_("Neighbours are close together; other distances have no meaning."))
        if self._live and self.way.currentText() != _WAYS[0]:
            sentences.append(_("During training the map is a PCA; t-SNE follows after the run."))
        if tokens.leaning is not None:
            sentences.append(
                _(
                    "× 2: samples with the word are of that class twice as often as samples in "
                    "general. Grey: chance explains the difference."
                )
            )  # fmt: skip
        if tokens.unseen:
            sentences.append(
                ngettext(
                    "{count} row is left out: it does not occur in the training set.",
                    "{count} rows are left out: they do not occur in the training set.",
                    tokens.unseen,
                )
            )
        if self._trouble:
            sentences.append(_("The words could not be counted: {problem}", problem=self._trouble))
        return sentences

    def _show_legend(self) -> None:
        tokens = self._table
        self.legend.setVisible(tokens is not None and tokens.leaning is not None)
        self.colours.setVisible(tokens is not None and tokens.means is not None)
        if tokens is None:
            return
        if tokens.leaning is not None:
            grey = f'<span style="color:{theme.colors().secondary}">●</span>'
            neither = _("no class in particular")
            self.legend.setText(f"{class_legend(tokens.classes)}&nbsp;&nbsp; {grey}&nbsp;{neither}")
        elif tokens.means is not None and len(tokens.means):
            low, high = (format_number(float(end), ".3g") for end in
                         (tokens.means.min(), tokens.means.max()))  # fmt: skip
            shades = tuple(number_color(part / 8) for part in range(9))
            self.colours.show_ends(shades, (f"{tokens.target} {low}", high))

    def _take(self, place: int) -> None:
        task = self.tasks.currentWidget()
        if self.vectors is not None and isinstance(task, WordTask):
            task.take(self.vectors.tokens.names[place])

    def _follow(self, index: QModelIndex) -> None:
        """Show the neighbours of a chosen word."""
        place, _cosine = self.neighbours.found[self.neighbours.table.rows.place(index.row())]
        self._take(place)

    def _answer(self) -> None:
        task = self.tasks.currentWidget()
        if self.vectors is None or not isinstance(task, WordTask):
            return
        try:
            if task.words:
                task.answer(self.vectors)
                words = " ".join((task.objectName(), *task.words)).casefold()
                self.answered.emit(f"{WORDS_WRITTEN}:{words}")
            else:
                task.clear()
        except UserError as error:
            task.clear()
            task.note.setText(str(error))
        self.plot.mark(*task.marks(self.vectors))
