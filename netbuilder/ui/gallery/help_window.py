"""Help: the words of the field with a drawing each, the gestures, and the keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QUrl
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QTextBrowser,
    QWidget,
)

from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.glossary import GLOSSARY, Word, find_entries
from netbuilder.core.wording import capitalize_first, join_values
from netbuilder.ui.gallery.glossary_drawings import DrawingView
from netbuilder.ui.style.font_scale import initial_font_scale
from netbuilder.ui.style.shortcuts import control_text, with_native_keys
from netbuilder.ui.widgets.keyboard_widgets import Dialog
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, hbox, prepared, vbox

FIRST = "neuron"
#: Returned by ``exec`` if the tour is chosen.
TOUR = 2
GESTURES: list[tuple[str, str]] = resource_json("texts.json")["gestures"]


def _native(gesture: str) -> str:
    return with_native_keys(_(gesture).replace("Ctrl,", f"{control_text()},"))


class HelpWindow(Dialog):
    """The help, opened at ``word``; ``exec`` returns ``TOUR`` if the tour is chosen."""

    def __init__(
        self,
        first_steps: str,
        keys: Sequence[tuple[str, str]],
        word: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Help"))
        large = min(max(initial_font_scale(), 1.0), 1.6)
        self.resize(round(760 * large), round(600 * min(large, 1.2)))
        self.tabs = QTabWidget(self)
        self.tabs.addTab(self._words_page(), _("Glossary"))
        self.tabs.addTab(_page(first_steps, _("First steps"), self), _("First steps"))
        gestures = [(_native(what), _(does)) for what, does in GESTURES]
        self.tabs.addTab(_table_page(gestures, _("Gestures"), self), _("Gestures"))
        self.tabs.addTab(_table_page(keys, _("Keyboard shortcuts"), self), _("Keyboard shortcuts"))
        self.tour_button = prepared(QPushButton(_("Take the tour"), self), autoDefault=False)
        self.tour_button.clicked.connect(lambda _checked=False: self.done(TOUR))
        close = QPushButton(_("Close"), self)
        close.clicked.connect(lambda _checked=False: self.accept())
        vbox((self.tabs, 1), hbox(self.tour_button, STRETCH, close), parent=self)
        self.search.setFocus()
        self.show_word(word if word in GLOSSARY else FIRST)

    def _words_page(self) -> QWidget:
        page = QWidget(self)
        self.search = QLineEdit(page)
        self.search.setPlaceholderText(_("Search: neuron, epoch, overfitting, units…"))
        self.search.setAccessibleName(_("Search the glossary"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._search)
        self.search.installEventFilter(self)
        self.list = prepared(QListWidget(page), accessibleName=_("Terms"))
        self.list.currentItemChanged.connect(self._chosen)
        right = prepared(QWidget(page), role="page")
        self.title = note_label("", right, role="answer")
        self.drawing = DrawingView(right)
        self.text = prepared(QTextBrowser(right), accessibleName=_("Meaning of the term"))
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setOpenLinks(False)
        self.text.anchorClicked.connect(self._follow)
        vbox(self.title, self.drawing, (self.text, 1), parent=right)
        scroll = prepared(QScrollArea(page), widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(right)
        vbox(self.search, (hbox(self.list, (scroll, 1)), 1), parent=page)
        self._search("")
        return page

    def show_word(self, name: str) -> None:
        item = self._item(name)
        if item is None:
            self.search.clear()
            item = self._item(name)
        if item is not None:
            self.list.setCurrentItem(item)

    def _item(self, name: str) -> QListWidgetItem | None:
        items = (self.list.item(row) for row in range(self.list.count()))
        return next((item for item in items if item.data(Qt.ItemDataRole.UserRole) == name), None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        down = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Down
        if watched is self.search and event.type() == QEvent.Type.KeyPress and down:
            self.list.setFocus(Qt.FocusReason.TabFocusReason)
            return True
        return super().eventFilter(watched, event)

    def _search(self, text: str) -> None:
        self.list.clear()
        for word in find_entries(text):
            item = QListWidgetItem(_(word.name))
            item.setData(Qt.ItemDataRole.UserRole, word.name)
            self.list.addItem(item)
        if not text:
            self.list.setFixedWidth(
                self.list.sizeHintForColumn(0) + 2 * self.fontMetrics().averageCharWidth() + 20
            )
        if self.list.count():
            self.list.setCurrentRow(0)

    def _chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self._show(GLOSSARY[item.data(Qt.ItemDataRole.UserRole)])

    def _show(self, word: Word) -> None:
        name = _(word.name)
        self.title.setText(capitalize_first(name))
        self.drawing.show_drawing(word.drawing)
        self.drawing.setAccessibleName(_("Drawing: {term}", term=name))
        parts = [_(word.text)]
        if word.also:
            parts.append(_("Also called: {terms}.", terms=join_values(map(_, word.also))))
        if word.fields:
            parts.append(
                _(
                    "In the window: {fields}.",
                    fields=join_values(f"`{name}`" for name in word.fields),
                )
            )
        if word.others:
            links = join_values(
                f"[{_(name)}](word:{name.replace(' ', '%20')})" for name in word.others
            )
            parts.append(_("See also: {terms}.", terms=links))
        self.text.setMarkdown("\n\n".join(parts))

    def _follow(self, url: QUrl) -> None:
        if url.scheme() == "word":
            self.show_word(url.path())


def _page(html: str, name: str, parent: QWidget) -> QTextBrowser:
    page = prepared(QTextBrowser(parent), accessibleName=name)
    page.setFrameShape(QFrame.Shape.NoFrame)
    page.setOpenExternalLinks(True)
    page.setHtml(html)
    return page


def _table_page(rows: Sequence[tuple[str, str]], name: str, parent: QWidget) -> QTextBrowser:
    cells = "".join(
        f"<tr><td style='padding:3px 20px 3px 0'>{left}</td>"
        f"<td style='padding:3px 0'>{other}</td></tr>"
        for left, other in rows
    )
    return _page(f"<table>{cells}</table>", name, parent)
