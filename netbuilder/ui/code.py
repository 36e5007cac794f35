"""The Code tab: the same network, data and training as a Python script."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QFont,
    QGuiApplication,
    QHelpEvent,
    QShowEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import (
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
    QToolTip,
    QWidget,
)

from netbuilder.core.catalog.layers.layer_index import spec_of
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.model import Project
from netbuilder.core.wording import labelled
from netbuilder.ui.forms.boxes import NoWheelComboBox
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.services.project_store import ProjectStore, SelectedNodes
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import hbox, vbox

if TYPE_CHECKING:
    from netbuilder.core.check.problems import Problem

_SOON_MS = 120
_ABOUT = N_("The same network as a Keras script.")
#: Title and tooltip of each style.
_STYLES = {
    "short": (N_("Short"), N_("Written as in a course")),
    "exact": (N_("Exact"), N_("Longer, with exactly the same numbers as NetBuilder")),
}
#: Explanations of lines by pattern; the first match is shown on hover.
_EXPLAINED: Mapping[str, str] = {
    r"set_random_seed": N_("Makes random numbers, and so the result, repeatable."),
    r"train_test_split|GroupShuffleSplit|split = round|part_of": N_(
        "Holds out rows for testing: the network never trains on them."
    ),
    r"_scaler|mean, std|low, high|- mean|- low|/ \d+$": N_(
        "Scales the numbers to a similar size, with values computed from the training set alone."
    ),
    r"TextVectorization|vectorize": N_("Turns words into numbers, the most frequent words first."),
    r"OneHotEncoder|make_column_transformer|SimpleImputer": N_(
        "Turns words into columns of 0 and 1, scales numbers and fills empty cells."
    ),
    r"keras\.Input": N_("The shape of one sample, without the number of samples."),
    r"keras\.Sequential|keras\.Model\(": N_("Puts the layers together into a model."),
    r"model\.summary": N_("Prints the layers with their output shapes and parameters."),
    r"model\.compile": N_("Chooses the loss, the optimizer and the metrics."),
    r"optimizer=": N_("The optimizer changes the weights so that the loss becomes smaller."),
    r"loss=": N_("The loss measures how wrong the predictions are."),
    r"metrics=": N_("Metrics are shown during training, but not optimized."),
    r"model\.fit|Batches": N_("Trains: shows the network all training rows once per epoch."),
    r"epochs=|batch_size=": N_("An epoch is one pass over the training set, in batches of rows."),
    r"validation_data": N_("The validation set shows during training how new rows are predicted."),
    r"callbacks": N_(
        "Callbacks run at the end of each epoch: some stop the training early, for example."
    ),
    r"model\.evaluate|classification_report|mean_absolute_error": N_(
        "Measures the trained network on the test set."
    ),
    r"model\.predict|prediction": N_("Predicts for samples."),
    r"\.save\(": N_("Saves the model; keras.models.load_model opens it again."),
    r"^(import|from) ": N_("Makes a library available."),
}


def _facts_for(project: Project, facts: DataFacts | None) -> DataFacts | None:
    """Return the facts, unless they belong to other inputs and outputs."""
    graph = project.graph
    if facts is None or set(facts.input_shapes) != set(graph.inputs):
        return None
    return facts if set(facts.tasks) == set(graph.outputs) else None


def _listing(
    project: Project, facts: DataFacts | None, style: str, problems: tuple[Problem, ...]
) -> tuple[str, dict[str, tuple[int, int]], int]:
    from netbuilder.core.check.problems import script_errors
    from netbuilder.core.formats.script.python import Style, listing

    errors = script_errors(problems)
    return *listing(project, facts, Style(style), errors), len(errors)


class _CodeText(QPlainTextEdit):
    def __init__(self, explain: Callable[[int, str], str], parent: QWidget) -> None:
        super().__init__(parent)
        self._explain = explain

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            block = self.cursorForPosition(self.viewport().mapFrom(self, event.pos())).block()
            words = self._explain(block.blockNumber() + 1, block.text())
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)


class CodePanel(QWidget):
    """The script of the project, updated while visible; ``save(style, told)`` writes a file."""

    def __init__(
        self,
        store: ProjectStore,
        workbench: Workbench,
        selection: SelectedNodes,
        save: Callable[[str, Callable[[str], object]], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench, self._write = store, workbench, save
        self._selection = selection
        self._places: dict[str, tuple[int, int]] = {}
        self._worker = Derived(self, _listing, self._found, self._failed)
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self.refresh)
        self.text = _CodeText(self.explanation, self)
        self.text.setObjectName("code-text")
        self.text.setTabChangesFocus(True)
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName(_("Python code"))
        self.colors = PythonColors(self.text.document())
        self.about = note_label(_(_ABOUT), self)
        self.copy = QPushButton(_("Copy"), self)
        self.save = QPushButton(_("Save…"), self)
        self.style_box = NoWheelComboBox(self)
        self.style_box.setObjectName("code-style")
        self.style_box.setAccessibleName(_("Style of the script"))
        for name, (title, tip) in _STYLES.items():
            self.style_box.addItem(_(title), name)
            self.style_box.setItemData(
                self.style_box.count() - 1, _(tip), Qt.ItemDataRole.ToolTipRole
            )
        self.errors = note_label("", self, role="complaint")
        self.errors.setObjectName("code-errors")
        self.errors.hide()
        row = hbox(self.style_box, (self.about, 1))
        for button in (self.copy, self.save):
            button.setProperty("small", True)
            row.addWidget(button)
        vbox(row, self.errors, (self.text, 1), parent=self, margins=(14, 10, 14, 10), spacing=8)
        self.copy.clicked.connect(self._copy)
        self.save.clicked.connect(self._save)
        self.style_box.currentIndexChanged.connect(self.refresh)
        selection.changed.connect(self._show_selected)
        store.changed.connect(self._soon.start)
        store.path_changed.connect(self._begin_anew)
        workbench.facts_changed.connect(self._soon.start)
        workbench.problems_changed.connect(self._soon.start)
        theme.theme().changed.connect(self._restyle)
        self._restyle()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def _restyle(self) -> None:
        # A stylesheet's font overrides setFont.
        font = theme.fixed_font(theme.SMALL)
        self.text.setStyleSheet(
            f"font-family: '{font.family()}'; font-size: {font.pointSizeF():.1f}pt;"
        )

    def _begin_anew(self) -> None:
        """Clear another project's script; a renamed file keeps its own."""
        inputs = self._worker.inputs
        if inputs and inputs[0].graph is self._store.project.graph:
            return
        self._worker.cancel()
        self._places = {}
        self.errors.hide()
        self.colors.show_text("")
        self.text.clear()
        self.about.setText(_(_ABOUT))
        self._soon.start()

    def refresh(self) -> None:
        project = self._store.project
        if self.isVisible():
            facts = _facts_for(project, self._workbench.facts)
            style, problems = self.style_box.currentData(), self._workbench.problems
            self._worker.follow(project, facts, style, problems)

    def _found(self, result: tuple[str, dict[str, tuple[int, int]], int]) -> None:
        text, self._places, errors = result
        self.errors.setVisible(errors > 0)
        self.errors.setText(
            ngettext(
                "The network cannot be trained yet: the script begins with {count} error.",
                "The network cannot be trained yet: the script begins with {count} errors.",
                errors,
            )
        )
        if text != self.text.toPlainText():
            place = self.text.verticalScrollBar().value()
            self.colors.show_text(text)
            self.text.setPlainText(text)
            self.text.verticalScrollBar().setValue(place)
        self._mark_selected()

    def _show_selected(self, _ids: object = None) -> None:
        self._mark_selected()
        bar, lines = self.text.verticalScrollBar(), self.marked_lines()
        if lines and not bar.value() < lines[0] <= lines[-1] <= bar.value() + bar.pageStep():
            bar.setValue(max(0, lines[0] - 1 - bar.pageStep() // 3))

    def marked_lines(self) -> tuple[int, ...]:
        spans = (
            self._places[node_id] for node_id in self._selection.ids if node_id in self._places
        )
        return tuple(sorted({line for a, b in spans for line in range(a, b + 1)}))

    def _mark_selected(self) -> None:
        marks = []
        color = QColor(theme.colors().accent)
        color.setAlphaF(0.18)
        for line in self.marked_lines():
            mark = QTextEdit.ExtraSelection()
            mark.cursor = QTextCursor(self.text.document().findBlockByNumber(line - 1))
            mark.format.setBackground(color)
            mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            marks.append(mark)
        self.text.setExtraSelections(marks)

    def explanation(self, line: int, text: str) -> str:
        """Return a sentence about what a line does; "" if unknown."""
        graph = self._store.project.graph
        for name, (first, last) in self._places.items():
            if first <= line <= last and name in graph.by_id and "keras.Input" not in text:
                node = graph.by_id[name]
                return labelled(node.layer, _(spec_of(node.layer).explanation))
        explanations = (
            words for pattern, words in _EXPLAINED.items() if re.search(pattern, text.strip())
        )
        return (
            next((_(words) for words in explanations), "")
            if text.strip() and not text.startswith("#")
            else ""
        )

    def _failed(self, error: UserError) -> None:
        self._places = {}
        self.errors.hide()
        self.colors.show_text("")
        self.text.setPlainText(str(error))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.about.setText(_("Copied."))

    def _save(self) -> None:
        self._write(self.style_box.currentData(), self.about.setText)


#: Token type (with its subtypes) -> colour in light, colour in dark, bold.
_COLORS: tuple[tuple[str, str, str, bool], ...] = (
    ("Token.Comment", "#667085", "#98A2B3", False),
    ("Token.Literal.String", "#15703C", "#7FD1A0", False),
    ("Token.Literal.Number", "#9A4B00", "#F0B072", False),
    ("Token.Keyword", "#7A2FA0", "#D0A2F0", True),
    ("Token.Name.Builtin", "#005F99", "#7CC4F0", False),
    ("Token.Name.Function", "#005F99", "#7CC4F0", False),
    ("Token.Name.Class", "#005F99", "#7CC4F0", True),
    ("Token.Name.Namespace", "#1B2430", "#E6E9EE", True),
    ("Token.Operator.Word", "#7A2FA0", "#D0A2F0", True),
)


class PythonColors(QSyntaxHighlighter):
    """Highlights the whole text at once, for strings over several lines."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._spans: dict[int, list[tuple[int, int, str]]] = {}
        theme.theme().changed.connect(self.rehighlight)

    def show_text(self, text: str) -> None:
        """Tokenize a text before the document gets it."""
        from pygments.lexers import PythonLexer

        self._spans = {}
        line = column = 0
        for kind, value in PythonLexer(stripnl=False, ensurenl=False).get_tokens(text):
            name = str(kind)
            for number, part in enumerate(value.split("\n")):
                if number:
                    line, column = line + 1, 0
                if part:
                    self._spans.setdefault(line, []).append((column, len(part), name))
                    column += len(part)

    def highlightBlock(self, text: str) -> None:
        for start, length, name in self._spans.get(self.currentBlock().blockNumber(), ()):
            look = _look(name)
            if look is not None:
                self.setFormat(start, length, look)


def _look(name: str) -> QTextCharFormat | None:
    for prefix, light, dark, bold in _COLORS:
        if name.startswith(prefix):
            look = QTextCharFormat()
            look.setForeground(QColor(dark if theme.theme().dark else light))
            if bold:
                look.setFontWeight(QFont.Weight.DemiBold)
            return look
    return None
