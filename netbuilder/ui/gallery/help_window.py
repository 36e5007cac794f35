"""Help: the words of the field with a drawing each, the gestures, and the keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QUrl
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from netbuilder.core.lessons.glossary import GLOSSARY, Word, find_entries
from netbuilder.ui.gallery.glossary_drawings import DrawingView
from netbuilder.ui.style.font_scale import initial_font_scale
from netbuilder.ui.style.shortcuts import control_text, with_native_keys
from netbuilder.ui.widgets.labels import note_label

FIRST = "neuron"
#: What ``exec`` answers where the tour of the window is wanted.
TOUR = 2
GESTURES = (
    ("Drag a layer onto a wire", "puts it in between"),
    ("Drag a layer below the last one", "connects it at the end"),
    ("Double-click a layer in the list", "adds it at the end"),
    ("Tab on the canvas, then type", "searches a layer and adds it"),
    ("Drag a layer onto another wire", "moves it there"),
    ("Drag from the dot below a layer", "draws a wire"),
    ("Drag over empty canvas", "selects all layers in the frame"),
    ("Wheel with Ctrl, or two fingers", "zooms"),
    ("Space and drag, or the middle button", "moves the canvas"),
    ("Right-click", "shows what can be done there"),
    ("Drop a file on the window", "opens it: a project, a model or data"),
    ("Ctrl+V in the tab Data", "takes cells that were copied in a spreadsheet as a table"),
    ("Drag a row of the column table onto Input or Target", "gives it that column"),
    ("Click a layer's live picture, or press I", "opens it large"),
    ("Drop or paste a picture in the tab Predict", "asks the network about it"),
    ("Right-click a plot", "copies it, or saves it as PNG or SVG"),
    ("Ctrl+C in a table", "copies it for a spreadsheet"),
    ("Number keys in the presentation (F11)", "show the first, second, … tab"),
)


def _native(gesture: str) -> str:
    """A gesture with its keys as this system writes them."""
    return with_native_keys(gesture.replace("with Ctrl,", f"with {control_text()},"))


class HelpWindow(QDialog):
    """Opens on ``word``; ``exec`` answers ``TOUR`` where the tour is wanted."""

    def __init__(
        self,
        first_steps: str,
        keys: Sequence[tuple[str, str]],
        word: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Help")
        large = min(max(initial_font_scale(), 1.0), 1.6)
        self.resize(round(760 * large), round(600 * min(large, 1.2)))
        self.tabs = QTabWidget(self)
        self.tabs.addTab(self._words_page(), "Words")
        self.tabs.addTab(_page(first_steps, "First steps", self), "First steps")
        gestures = [(_native(what), does) for what, does in GESTURES]
        self.tabs.addTab(_table_page(gestures, "Gestures", self), "Gestures")
        self.tabs.addTab(_table_page(keys, "Keys", self), "Keys")
        self.tour_button = QPushButton("Show me around", self)
        self.tour_button.setAutoDefault(False)
        self.tour_button.clicked.connect(lambda _checked=False: self.done(TOUR))
        close = QPushButton("Close", self)
        close.clicked.connect(lambda _checked=False: self.accept())
        row = QHBoxLayout()
        row.addWidget(self.tour_button)
        row.addStretch(1)
        row.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addWidget(self.tabs, 1)
        layout.addLayout(row)
        self.search.setFocus()
        self.show_word(word if word in GLOSSARY else FIRST)

    def _words_page(self) -> QWidget:
        page = QWidget(self)
        self.search = QLineEdit(page)
        self.search.setPlaceholderText("Search a word: neuron, epoch, over-fitting, units…")
        self.search.setAccessibleName("Search a word")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._search)
        self.search.installEventFilter(self)
        self.list = QListWidget(page)
        self.list.setAccessibleName("Words")
        self.list.currentItemChanged.connect(self._chosen)
        right = QWidget(page)
        right.setProperty("role", "page")
        column = QVBoxLayout(right)
        self.title = note_label("", right, role="answer")
        self.drawing = DrawingView(right)
        self.text = QTextBrowser(right)
        self.text.setAccessibleName("What the word means")
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setOpenLinks(False)
        self.text.anchorClicked.connect(self._follow)
        column.addWidget(self.title)
        column.addWidget(self.drawing)
        column.addWidget(self.text, 1)
        scroll = QScrollArea(page)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(right)
        both = QHBoxLayout()
        both.addWidget(self.list)
        both.addWidget(scroll, 1)
        layout = QVBoxLayout(page)
        layout.addWidget(self.search)
        layout.addLayout(both, 1)
        self._search("")
        return page

    def show_word(self, name: str) -> None:
        """Show a word."""
        found = self.list.findItems(name, Qt.MatchFlag.MatchFixedString)
        if not found:
            self.search.clear()
            found = self.list.findItems(name, Qt.MatchFlag.MatchFixedString)
        if found:
            self.list.setCurrentItem(found[0])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        down = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Down
        if watched is self.search and event.type() == QEvent.Type.KeyPress and down:
            self.list.setFocus(Qt.FocusReason.TabFocusReason)
            return True
        return super().eventFilter(watched, event)

    def _search(self, text: str) -> None:
        self.list.clear()
        for word in find_entries(text):
            self.list.addItem(QListWidgetItem(word.name))
        if not text:
            self.list.setFixedWidth(
                self.list.sizeHintForColumn(0) + 2 * self.fontMetrics().averageCharWidth() + 20
            )
        if self.list.count():
            self.list.setCurrentRow(0)

    def _chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self._show(GLOSSARY[item.text()])

    def _show(self, word: Word) -> None:
        self.title.setText(word.name[:1].upper() + word.name[1:])
        self.drawing.show_drawing(word.drawing)
        self.drawing.setAccessibleName(f"A drawing of: {word.name}")
        parts = [word.text]
        if word.also:
            parts.append(f"Also called: {', '.join(word.also)}.")
        if word.fields:
            parts.append(f"In the window: {', '.join(f'`{one}`' for one in word.fields)}.")
        if word.others:
            links = ", ".join(f"[{one}](word:{one.replace(' ', '%20')})" for one in word.others)
            parts.append(f"See also: {links}.")
        self.text.setMarkdown("\n\n".join(parts))

    def _follow(self, url: QUrl) -> None:
        if url.scheme() == "word":
            self.show_word(url.path())


def _page(html: str, name: str, parent: QWidget) -> QTextBrowser:
    page = QTextBrowser(parent)
    page.setAccessibleName(name)
    page.setFrameShape(QFrame.Shape.NoFrame)
    page.setOpenExternalLinks(True)
    page.setHtml(html)
    return page


def _table_page(rows: Sequence[tuple[str, str]], name: str, parent: QWidget) -> QTextBrowser:
    cells = "".join(
        f"<tr><td style='padding:3px 20px 3px 0'>{one}</td>"
        f"<td style='padding:3px 0'>{other}</td></tr>"
        for one, other in rows
    )
    return _page(f"<table>{cells}</table>", name, parent)
