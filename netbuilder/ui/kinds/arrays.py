"""The arrays of an HDF5 or NumPy file as a tree, to choose inputs and targets."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHeaderView, QMenu, QTreeWidget, QTreeWidgetItem, QWidget

from netbuilder.core.data.kinds.arrays.view import ArraysDataView, set_array_use
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_, pgettext
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_number
from netbuilder.ui.forms.boxes import ElidedComboBox
from netbuilder.ui.widgets.column_headers import ColumnHeaders
from netbuilder.ui.widgets.fix_buttons import Apply
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import prepared, vbox

_TITLES = (N_("Array"), N_("Shape"), N_("Type"), N_("Used as"))
_NAME = Qt.ItemDataRole.UserRole


class ArrayTree(QTreeWidget):
    """Shows groups expanded; Enter on an array opens the list of its uses."""

    def __init__(self, apply: Apply, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._apply = apply
        self._look: ArraysDataView | None = None
        self.boxes: dict[str, ElidedComboBox] = {}
        self.setColumnCount(len(_TITLES))
        self.setHeaderLabels([_(title) for title in _TITLES])
        self.setAlternatingRowColors(True)
        self.setAccessibleName(_("Arrays in the file"))
        self.setMinimumHeight(160)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.header().setStretchLastSection(True)
        ColumnHeaders(self)

    def show_look(self, look: ArraysDataView) -> None:
        current = self.currentItem()
        before = current.data(0, _NAME) if current is not None else None
        self._look = look
        self.clear()
        self.boxes = {}
        groups: dict[str, QTreeWidgetItem] = {}
        for name, info in look.arrays.items():
            *path, last = name.split("/")
            shape = " × ".join(format_number(size, ",") for size in info.shape) or _(
                "single number"
            )
            item = QTreeWidgetItem([last, shape, info.type, ""])
            item.setData(0, _NAME, name)
            item.setToolTip(0, name)
            self._place(path, groups).addChild(item)
            self.setItemWidget(item, 3, self._box(name))
            if name == before:
                self.setCurrentItem(item)
        self.expandAll()

    def _place(self, path: list[str], groups: dict[str, QTreeWidgetItem]) -> QTreeWidgetItem:
        place = self.invisibleRootItem()
        for depth in range(len(path)):
            key = "/".join(path[: depth + 1])
            if key not in groups:
                groups[key] = QTreeWidgetItem([path[depth], pgettext("file", "group"), "", ""])
                place.addChild(groups[key])
            place = groups[key]
        return place

    def _box(self, name: str) -> ElidedComboBox:
        assert self._look is not None
        box = prepared(ElidedComboBox(self), quiet=True)
        for use, words in self._look.choices.items():
            box.addItem(words, use)
        box.setCurrentIndex(max(box.findData(self._look.uses.get(name, "")), 0))
        box.setAccessibleName(_("Use of '{name}'", name=name))
        box.activated.connect(lambda index: self._take(name, box.itemData(index)))
        self.boxes[name] = box
        return box

    def _take(self, name: str, use: str) -> None:
        assert self._look is not None
        words = self._look.choices[use]
        label = (
            _("Use '{name}' as {use}", name=name, use=words)
            if use
            else _("Do not use '{name}'", name=name)
        )
        self._apply(label, partial(set_array_use, name=name, use=use))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        name = item.data(0, _NAME) if item is not None else None
        opens = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}
        if item is None or not (opens and name and self._look is not None):
            super().keyPressEvent(event)
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for use, words in self._look.choices.items():
            entry = menu.addAction(words, partial(self._take, name, use))
            entry.setCheckable(True)
            entry.setChecked(self._look.uses.get(name, "") == use)
        below = self.visualItemRect(item).bottomLeft()
        menu.popup(self.viewport().mapToGlobal(below))


class ArraysTab(QWidget):
    """The tree and the number of arrays."""

    def __init__(self, apply: Apply, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.note = note_label("", self)
        self.tree = ArrayTree(apply, self)
        vbox(self.note, (self.tree, 1), parent=self, margins=(0, 4, 0, 0), spacing=4)

    def show_look(self, look: ArraysDataView, project: Project, base: Path) -> None:
        self.tree.show_look(look)
        self.note.setText(
            ngettext(
                "{count} array in {file}. Choose the inputs and the target.",
                "{count} arrays in {file}. Choose the inputs and the target.",
                len(look.arrays),
                file=Path(project.data.path).name,
            )
        )
