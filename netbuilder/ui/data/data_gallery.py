"""The gallery of built-in data sets and own files."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QWidget

from netbuilder.core.data.kinds.builtin import BUILTINS
from netbuilder.core.data.kinds.builtin.data_set import DataSet
from netbuilder.core.data.kinds.kind import DataLocation
from netbuilder.core.data.registry import KINDS
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import labelled
from netbuilder.ui.style.shortcuts import key_text
from netbuilder.ui.widgets.accessible_roles import make_scroll_area_accessible
from netbuilder.ui.widgets.keyboard_widgets import ClickableCard
from netbuilder.ui.widgets.labels import heading, note_label
from netbuilder.ui.widgets.layouts import flow, grid_of, prepared, vbox
from netbuilder.ui.widgets.role_boxes import CardList

COLUMNS = 2
_TASKS = {
    "regression": N_("numbers"),
    "binary": N_("two classes"),
    "classes": N_("classes"),
    "multi_label": N_("several labels"),
}


def _kinds(place: DataLocation) -> str:
    """Return the kinds of data of a place, a line each."""
    kinds = [kind for kind in KINDS.values() if kind.files.place in {place, DataLocation.EITHER}]
    return "\n".join(labelled(_(kind.title), _(kind.help)) for kind in kinds)


class DataCard(ClickableCard):
    """A built-in set: click it, or press Enter on it."""

    def __init__(self, row: DataSet, parent: QWidget | None = None) -> None:
        super().__init__(_(row.title), _(row.description), parent)
        layout = vbox(parent=self, margins=8, spacing=4)
        title = heading(f"{_(row.title)} · {_(_TASKS.get(row.task, row.task))}", self)
        title.setWordWrap(True)
        layout.addWidget(title)
        layout.addWidget(note_label(_(row.description), self))
        layout.addStretch(1)


class DataGallery(QWidget):
    """``builtin_chosen(name)``; ``…_wanted`` of a file, a folder, a table, a camera; ``closed``."""

    builtin_chosen = Signal(str)
    file_requested = Signal()
    folder_requested = Signal()
    paste_requested = Signal()
    collect_requested = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.file_button = QPushButton(_("Open a file…"), self)
        self.file_button.setToolTip(_kinds(DataLocation.FILE))
        self.folder_button = QPushButton(_("Open a folder…"), self)
        self.folder_button.setToolTip(_kinds(DataLocation.FOLDER))
        self.paste_button = QPushButton(_("Paste a table"), self)
        self.paste_button.setToolTip(
            _("Paste cells that you copied in a spreadsheet ({keys}).", keys=key_text("Ctrl+V"))
        )
        self.collect_button = QPushButton(_("Collect…"), self)
        self.collect_button.setToolTip(
            _("Take pictures with the camera or record sounds, in one folder for each class.")
        )
        self.back = prepared(QPushButton(_("Back"), self), role="link")
        row = flow(
            self.file_button, self.folder_button, self.paste_button, self.collect_button, self.back
        )
        self.trouble = CardList(self)
        self.file_button.clicked.connect(self.file_requested)
        self.folder_button.clicked.connect(self.folder_requested)
        self.paste_button.clicked.connect(self.paste_requested)
        self.collect_button.clicked.connect(self.collect_requested)
        self.back.clicked.connect(self.closed)
        page = prepared(QWidget(self), role="page")
        grid = grid_of(page)
        self.cards: dict[str, DataCard] = {}
        for number, builtin in enumerate(BUILTINS.values()):
            card = DataCard(builtin, page)
            card.chosen.connect(partial(self.builtin_chosen.emit, builtin.name))
            self.cards[builtin.name] = card
            grid.addWidget(card, number // COLUMNS, number % COLUMNS)
        for column in range(COLUMNS):
            grid.setColumnStretch(column, 1)
        grid.setRowStretch(grid.rowCount(), 1)
        scroll = QScrollArea(self)
        make_scroll_area_accessible(scroll, _("Built-in data sets"))
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its cards have it, and are scrolled to
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        vbox(row, self.trouble, (scroll, 1), parent=self, margins=0)
