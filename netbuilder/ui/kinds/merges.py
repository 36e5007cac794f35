"""Byte-pair merges step by step, with their counts."""

from __future__ import annotations

import html
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from netbuilder.core.data.tokens import BYTE_PAIR, tokenize
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.wording import format_number
from netbuilder.ui.forms.boxes import CountBox, NoWheelSlider
from netbuilder.ui.plots.picture_menu import TableMenu
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import vbox

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
        self.box = CountBox(0, 0, self)
        self.box.setAccessibleName(_("Merges"))
        self.text = QLineEdit(self)
        self.text.setObjectName("merges-text")
        self.text.setAccessibleName(_("Sentence to merge"))
        self.text.setPlaceholderText(_("Write a sentence to see it merged…"))
        self.tokens = note_label("", self)
        self.tokens.setObjectName("merges-tokens")
        self.tokens.setTextFormat(Qt.TextFormat.RichText)
        self.tokens.setFont(theme.fixed_font())
        self.table = self._make_table()
        row, label = QHBoxLayout(), QLabel(_("Merges"), self)
        label.setBuddy(self.box)
        row.addWidget(label)
        row.addWidget(self.slider, 1)
        row.addWidget(self.box)
        vbox(
            self.told,
            row,
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
        table = QTableWidget(0, 4, self)
        table.setObjectName("merges-table")
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
