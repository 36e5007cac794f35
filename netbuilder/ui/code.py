"""The Code tab: the same network, data and training as a Python script."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QShowEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import QApplication, QPushButton, QTextEdit, QToolTip, QWidget

from netbuilder.core.catalog.layers.layer_index import spec_of
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.error_texts import sentences_of, user_error
from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource_json
from netbuilder.core.formats.script.code_edit import (
    CodeVersion,
    apply_code,
    read_code,
    unread_items,
    with_comments,
    written_version,
)
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.graph_ends import same_training
from netbuilder.core.project.model import Project
from netbuilder.core.wording import capitalize_first, labelled
from netbuilder.ui.forms.boxes import NoWheelComboBox
from netbuilder.ui.services.derived import Derived, Rank
from netbuilder.ui.services.project_store import DocumentState, ProjectStore, SelectedNodes
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import hbox, vbox
from netbuilder.ui.widgets.line_numbers import NumberedTextEdit

if TYPE_CHECKING:
    from netbuilder.core.check.problems import Problem
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.formats.importing.report import Imported
    from netbuilder.ui.services.views.sample_activations import ActivationService, SampleActivations

_sentence = sentences_of("script")

_SOON_MS = 120
#: After the last key, before typed code is read.
_PAUSE_MS = 700
_UNDO, _REDO = ("Ctrl+Z",), ("Ctrl+Shift+Z", "Ctrl+Y")
_INDENT, _LEAVE = ("Tab", "Shift+Backtab"), ("Ctrl+Tab", "Ctrl+Shift+Backtab")
_MOST_TYPED = 100
_ABOUT = N_("The same network as a Keras script.")
_REWRITTEN = N_("The project changed elsewhere: the code was written again, with your comments.")
_ABOUT_EDITABLE = N_("The same network as a Keras script. Edit it here.")
#: Title and tooltip of each style.
_STYLES: Mapping[str, tuple[str, str]] = resource_json("texts.json")["code_styles"]
#: Explanations of lines by pattern; the first match is shown on hover.
_EXPLAINED: Mapping[str, str] = resource_json("texts.json")["code_lines"]


def _facts_for(project: Project, facts: DataFacts | None) -> DataFacts | None:
    """Return the facts, unless they belong to other inputs and outputs."""
    graph = project.graph
    if facts is None or set(facts.input_shapes) != set(graph.inputs):
        return None
    return facts if set(facts.tasks) == set(graph.outputs) else None


def _listing(
    project: Project,
    facts: DataFacts | None,
    style: str,
    problems: tuple[Problem, ...],
    trained: TrainedModel | None,
    document: DocumentState,
    sample: SampleActivations | None,
) -> tuple[str, dict[str, tuple[int, int]], int]:
    from netbuilder.core.check.problems import script_errors
    from netbuilder.core.formats.script.python import Style, listing

    if style == "use":
        return _use(trained, document, sample), {}, 0
    errors = script_errors(problems)
    return *listing(project, facts, Style(style), errors), len(errors)


def _use(
    trained: TrainedModel | None, document: DocumentState, sample: SampleActivations | None
) -> str:
    from netbuilder.core.formats.script import use_model

    if trained is None:
        raise user_error("no_trained_model")
    saved = document.model_path
    if saved is None or saved.suffix not in use_model.MODEL_ENDINGS:
        saved = Path(f"{use_model.model_stem(trained.project)}.h5")
    values = sample.raw if sample is not None and sample.trained is trained else {}
    values = values or use_model.example_sample(trained, None)
    return use_model.use_code(trained, saved.name, values)


def _read_typed(
    text: str, version: CodeVersion, folder: Path, name: str
) -> tuple[str, CodeVersion, Imported]:
    """Import a typed script, and the one that it was changed from where that is still to do."""
    if version.imported is None:
        written = read_code(version.text, folder, name)
        version = written_version(version.text, written, version.lines)
    return text, version, read_code(text, folder, name)


class _CodeText(NumberedTextEdit):
    """An editor; ``undone`` and ``redone``: beyond what was typed since the last edit."""

    undone, redone = Signal(), Signal()

    def __init__(self, explain: Callable[[int, str], str], parent: QWidget) -> None:
        super().__init__(parent)
        self._explain = explain

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            block = self.cursorForPosition(self.viewport().mapFrom(self, event.pos())).block()
            words = self._explain(block.blockNumber() + 1, block.text())
            QToolTip.showText(event.globalPos(), words, self)
            return True
        if event.type() == QEvent.Type.ShortcutOverride and _keys(event) in _UNDO + _REDO:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys, document = _keys(event), self.document()
        if keys in _UNDO:
            self.undo() if document.isUndoAvailable() else self.undone.emit()
        elif keys in _REDO:
            self.redo() if document.isRedoAvailable() else self.redone.emit()
        elif keys in _LEAVE:
            QWidget.focusNextPrevChild(self, keys == _LEAVE[0])
        elif keys in _INDENT:
            self._indent(back=keys != _INDENT[0])
        else:
            super().keyPressEvent(event)
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not self.isReadOnly():
                line = self.textCursor().block().previous().text()
                self.insertPlainText(line[: len(line) - len(line.lstrip())])

    def _indent(self, *, back: bool) -> None:
        """Indent or dedent the lines of the selection."""
        cursor, find = self.textCursor(), self.document().findBlock
        first, last = (find(n).blockNumber() for n in (cursor.anchor(), cursor.position()))
        cursor.beginEditBlock()
        for number in range(min(first, last), max(first, last) + 1):
            line = QTextCursor(self.document().findBlockByNumber(number))
            for _space in range(4):
                if not back:
                    line.insertText(" ")
                elif line.block().text().startswith(" "):
                    line.deleteChar()
        cursor.endEditBlock()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.hasFocus():
            self.ensureCursorVisible()

    def update_text(self, text: str) -> None:
        """Change the text where it differs; the caret and the place in view stay."""
        old = self.toPlainText()
        start = _common(old, text)
        end = _common(old[start:][::-1], text[start:][::-1])
        place, cursor = self.verticalScrollBar().value(), QTextCursor(self.document())
        cursor.setPosition(_in_document(old[:start]))
        last = _in_document(old[: len(old) - end])
        cursor.setPosition(last, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(text[start : len(text) - end])
        self.verticalScrollBar().setValue(place)


def _keys(event: QEvent) -> str:
    """Return the keys as the table of actions names them; "" for another event."""
    keys = event.keyCombination() if isinstance(event, QKeyEvent) else None
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.PortableText) if keys else ""


def _common(text: str, other: str) -> int:
    """Return how many characters two texts begin with in common."""
    pairs = enumerate(zip(text, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(text), len(other)))


def _in_document(text: str) -> int:
    """Return how many places a text takes in a QTextDocument, which counts in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


class CodePanel(QWidget):
    """The script of the project, updated while visible.

    ``save(style, told, code)`` writes a file: ``code`` if it was typed, else a new script.

    What is typed into the short script is imported after a pause and becomes one undo step of the
    project; before that, undo takes back characters. Until it can be read, the text stays and the
    network is unchanged; afterwards it stays as long as the project is trained the same way.

    ``layer_chosen(id)``: the caret is in a layer's lines. ``refused``: typed code cannot be read.
    """

    layer_chosen = Signal(str)
    refused = Signal()

    def __init__(
        self,
        store: ProjectStore,
        workbench: Workbench,
        selection: SelectedNodes,
        activations_service: ActivationService,
        save: Callable[[str, Callable[[str], object], str], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench, self._write = store, workbench, save
        self._selection, self._activations_service = selection, activations_service
        self._places: dict[str, tuple[int, int]] = {}
        self._worker = Derived(self, _listing, self._found, self._failed, rank=Rank.QUICK)
        self._reader = Derived(self, _read_typed, self._read, self._unreadable, rank=Rank.QUICK)
        # What the network follows; typed text that it does not follow yet; and the projects whose
        # text was typed, not generated, the latest last.
        self._version: CodeVersion | None = None
        self._pending = False
        self._known: list[tuple[Project, CodeVersion]] = []
        self._project = store.project  # of the text
        self._text = self._written = ""  # as shown, as the program writes it
        self._unread: dict[int, str] = {}
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._read_soon)
        # The strip of a chosen layer must not move the text below a double click.
        self._caret = QTimer(self, singleShot=True, interval=QApplication.doubleClickInterval())
        self._caret.timeout.connect(self._caret_moved)
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self.refresh)
        self.text = _CodeText(self.explanation, self)
        self.text.setObjectName("code-text")
        self.text.setAccessibleName(_("Python code"))
        words = N_("Tab indents, Shift+Tab dedents. To leave, press Escape or Ctrl+Tab.")
        self.text.setAccessibleDescription(_(words))
        self.colors = PythonColors(self.text.document())
        self.about = note_label(_(_ABOUT_EDITABLE), self)
        self.copy = QPushButton(_("Copy"), self)
        self.save = QPushButton(_("Save…"), self)
        self.style_box = NoWheelComboBox(self)
        self.style_box.setObjectName("code-style")
        self.style_box.setAccessibleName(_("Style of the script"))
        for row, (name, (title, tip)) in enumerate(_STYLES.items()):
            self.style_box.addItem(_(title), name)
            self.style_box.setItemData(row, _(tip), Qt.ItemDataRole.ToolTipRole)
        self.errors = note_label("", self, role="complaint")
        self.errors.setObjectName("code-errors")
        self.errors.hide()
        self.discard = QPushButton(_("Discard"), self)
        self.discard.setObjectName("code-discard")
        self.discard.hide()
        self.discard.clicked.connect(self._discard)
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        row = hbox(self.style_box, (self.about, 1))
        for button in (self.discard, self.copy, self.save):
            button.setProperty("small", True)
            row.addWidget(button)
        vbox(row, self.errors, (self.text, 1), parent=self, margins=(16, 8, 16, 8))

    def _connect(self) -> None:
        store, workbench = self._store, self._workbench
        self.copy.clicked.connect(self._copy)
        self.save.clicked.connect(self._save)
        self.style_box.currentIndexChanged.connect(self._style_chosen)
        self.text.textChanged.connect(self._typed)
        self.text.cursorPositionChanged.connect(self._caret.start)
        self.text.undone.connect(store.undo)
        self.text.redone.connect(store.redo)
        self._selection.changed.connect(self._show_selected)
        store.steps_changed.connect(self._soon.start)
        store.finish_requested.connect(self._finish_typing)
        store.path_changed.connect(self._begin_anew)
        self._activations_service.changed.connect(self._soon.start)
        workbench.facts_changed.connect(self._soon.start)
        workbench.models.changed.connect(self._soon.start)
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
            f"font-family: '{font.family()}'; font-size: {font.pointSizeF():.2f}pt;"
        )

    def _begin_anew(self) -> None:
        """Clear another project's script; a renamed file keeps its own."""
        inputs = self._worker.inputs
        if inputs and inputs[0].graph is self._store.project.graph:
            return
        self._worker.cancel()
        self._forget_typed()
        self._known.clear()
        self._version, self._written = None, ""
        self._places = {}
        self.errors.hide()
        self._show("")
        self._show_about()
        self._soon.start()

    def refresh(self) -> None:
        project = self._store.project
        if self.isVisible():
            facts = _facts_for(project, self._workbench.facts)
            style, problems = self.style_box.currentData(), self._workbench.problems
            self.save.setEnabled(style != "use")
            # Only "use" depends on the trained model and the sample.
            models, looks, use = self._workbench.models, self._activations_service, style == "use"
            trained, look = (models.trained, looks.look) if use else (None, None)
            document = self._store.document
            self._worker.follow(project, facts, style, problems, trained, document, look)

    def _found(self, result: tuple[str, dict[str, tuple[int, int]], int]) -> None:
        text, places, errors = result
        project, style = self._worker.inputs[0], self._worker.inputs[2]
        self.text.setReadOnly(style != "short")
        self.text.setTabChangesFocus(style != "short")
        if self._pending:
            return
        text = text.replace("\N{NO-BREAK SPACE}", " ")  # toPlainText() gives none back either
        version = CodeVersion(text, None, {}, places)
        if style == "short":
            typed = reversed(self._known)
            own = next((v for known, v in typed if same_training(known, project)), None)
            if own is None and self._version is not None and self._version.text != self._written:
                version = with_comments(self._version, self._written, version)
                self._known = [*self._known[-_MOST_TYPED:], (project, version)]
                self.about.setText(_(_REWRITTEN))
            version, self._project, self._written = own or version, project, text
            self._version = version
        self._places, text = dict(version.lines), version.text
        self.errors.setVisible(errors > 0)
        self.errors.setText(_sentence("errors", count=errors))
        if text != self.text.toPlainText():
            self._show(text)
        self._mark_selected()

    def _show(self, text: str) -> None:
        """Show text that nobody typed."""
        self._text = text
        self.colors.show_text(text)
        if text and self.text.toPlainText():
            self.text.update_text(text)
            self.colors.rehighlight()
        else:
            self.text.setPlainText(text)
        self.text.document().clearUndoRedoStacks()

    # --- typing ---

    def _typed(self) -> None:
        text = self.text.toPlainText()
        if text == self._text:  # colours, or text of the program
            return
        self._text = text
        self.colors.show_text(text)
        self.colors.rehighlight()
        self._pending = self._version is not None and text != self._version.text
        if self._pending:
            self._pause.start()
        else:
            self._discard()

    def _read_soon(self) -> None:
        if self._pending and self._version is not None:
            base, name = self._store.document.base, self._store.project.name
            self._reader.ask(self._text, self._version, base, name)

    def _finish_typing(self, refusals: list[object]) -> None:
        """Apply typed code at once; if it cannot be read, show why and add to ``refusals``."""
        if self._pending and self._version is not None:
            base, name = self._store.document.base, self._store.project.name
            try:
                self._read(_read_typed(self._text, self._version, base, name))
            except UserError as error:
                self._unreadable(error)
        if self._pending:
            refusals.append(self)
            self.refused.emit()

    def _read(self, result: tuple[str, CodeVersion, Imported]) -> None:
        """Apply typed code that could be read, as one undo step."""
        text, version, typed = result
        if text != self._text or not self._pending or version.imported is None:
            return
        unread = unread_items(version.imported, typed)
        if unread:
            self._show_unread({item.line: item.message for item in reversed(unread)})
            return
        project = self._store.project
        try:
            edited, edited_version = apply_code(project, version, text, typed)
            line = version.first_difference(text)
            if line and edited == project:
                words = _("Line {line} has no effect on the network or its training.", line=line)
                self._show_unread({line: words})
                return
            self._store.apply(_("Edit the code"), lambda _project: edited)
        except UserError as error:
            self._unreadable(error)
            return
        self._pending = False
        if project is not self._store.project:
            self.text.document().clearUndoRedoStacks()
        known, self._version = (project, version), edited_version
        if same_training(self._project, project):  # else the text lacks what changed elsewhere
            self._project = self._store.project
            typed_here = known, (self._project, edited_version)
            self._known = [*self._known[-_MOST_TYPED:], *typed_here]
        self._places = dict(edited_version.lines)
        self._show_unread({})
        self._caret.start()

    def _unreadable(self, error: UserError) -> None:
        if not self._pending:
            return
        cause = error.__cause__
        if isinstance(cause, SyntaxError):
            line = cause.lineno or 0
            where = capitalize_first(_("line {line}", line=line))
            self._show_unread({line: labelled(where, cause.msg)})
        else:
            self._show_unread({0: error.what})

    def _show_unread(self, unread: dict[int, str]) -> None:
        """Underline lines that cannot be read, and say the first reason."""
        self._unread = unread
        self.text.mark_errors(unread)
        self.discard.setVisible(bool(unread))
        self.errors.setVisible(bool(unread))
        reason = next(iter(unread.values()), "")
        text = _("The network is unchanged. {reason}", reason=reason) if unread else ""
        self.errors.setText(text)
        self._mark_selected()

    def _forget_typed(self) -> None:
        self._pause.stop()
        self._pending = False
        self._show_unread({})

    def _discard(self) -> None:
        self._forget_typed()
        self._worker.cancel()
        self.refresh()

    def _style_chosen(self) -> None:
        if not self._store.finish_typing():
            self.style_box.setCurrentIndex(self.style_box.findData("short"))
            return
        self._show_about()
        self.refresh()

    def _show_about(self) -> None:
        texts = {"short": _ABOUT_EDITABLE, "exact": _ABOUT, "use": _STYLES["use"][1]}
        self.about.setText(_(texts[self.style_box.currentData()]))

    def _caret_moved(self) -> None:
        line = self.text.textCursor().blockNumber() + 1
        if not self.text.hasFocus() or self._text != self.text.toPlainText() or self._pending:
            return
        for name, (first, last) in self._places.items():
            if first <= line <= last and (name,) != self._selection.ids:
                self.layer_chosen.emit(name)

    def _show_selected(self, _ids: object = None) -> None:
        self._mark_selected()
        bar, lines = self.text.verticalScrollBar(), self.marked_lines()
        find, top = self.text.document().findBlockByNumber, bar.value()
        rows = [find(line - 1).firstLineNumber() for line in lines]
        if rows and not top <= rows[0] <= rows[-1] < top + bar.pageStep():
            bar.setValue(max(0, rows[0] - bar.pageStep() // 3))

    def marked_lines(self) -> tuple[int, ...]:
        places = self._places
        spans = (places[node_id] for node_id in self._selection.ids if node_id in places)
        return tuple(sorted({line for a, b in spans for line in range(a, b + 1)}))

    def _mark_selected(self) -> None:
        marks = []
        color = QColor(theme.colors().accent)
        color.setAlphaF(0.18)
        for line, reason in self._unread.items():
            mark = QTextEdit.ExtraSelection()
            mark.cursor = QTextCursor(self.text.document().findBlockByNumber(line - 1))
            mark.cursor.movePosition(
                QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor
            )
            mark.format.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            mark.format.setUnderlineColor(QColor(theme.colors().error))
            mark.format.setToolTip(reason)
            marks += [mark] if line else []
        for line in () if self._pending else self.marked_lines():
            mark = QTextEdit.ExtraSelection()
            mark.cursor = QTextCursor(self.text.document().findBlockByNumber(line - 1))
            mark.format.setBackground(color)
            mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            marks.append(mark)
        self.text.setExtraSelections(marks)

    def explanation(self, line: int, text: str) -> str:
        """Return why a line cannot be read, or what it does; "" if unknown."""
        if line in self._unread:
            return self._unread[line]
        graph = self._store.project.graph
        for name, (first, last) in self._places.items():
            if first <= line <= last and name in graph.by_id and "keras.Input" not in text:
                node = graph.by_id[name]
                return labelled(node.layer, _(spec_of(node.layer).explanation))
        explanations = (
            words for pattern, words in _EXPLAINED.items() if re.search(pattern, text.strip())
        )
        plain = text.strip() and not text.startswith("#")
        return next((_(words) for words in explanations), "") if plain else ""

    def _failed(self, error: UserError) -> None:
        self._places = {}
        self.errors.hide()
        self._show(str(error))
        self.text.setReadOnly(True)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.about.setText(_("Copied."))

    def _save(self) -> None:
        if self._store.finish_typing():
            style, version = self.style_box.currentData(), self._version
            is_current = style == "short" and version is not None and version.text == self._text
            typed = is_current and self._text != self._written
            self._write(style, self.about.setText, self._text if typed else "")


#: Token type (with its subtypes) -> colour in light, colour in dark, bold.
_COLORS: list[tuple[str, str, str, bool]] = resource_json("style/code_colors.json")


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
