"""The table of columns: what each is for is changed where it stands, for many at once too."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from netbuilder.core.data.columns import ColumnFacts
from netbuilder.ui.data.column_model import DISTRIBUTION, FACTS_ROLE, FIELDS, ColumnModel
from netbuilder.ui.plots.samples.histogram import paint_common, paint_histogram

Index = QModelIndex | QPersistentModelIndex
AUTOMATIC = "as concluded"
_WIDTHS = (112, 78, 72, 84, 96, 150)


class ChoiceDelegate(QStyledItemDelegate):
    """A list in the cell; choosing ends the edit. It counts for every selected column."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        field = FIELDS[index.column()]
        box = QComboBox(parent)
        box.addItem(AUTOMATIC, "")
        for choice in field.choices:
            box.addItem(field.words(choice), choice)
        box.setAccessibleName(f"{field.title} of {index.sibling(index.row(), 0).data()}")
        box.activated.connect(lambda _index: self._done(box))
        return box

    def _done(self, box: QComboBox) -> None:
        self.commitData.emit(box)
        self.closeEditor.emit(box, QStyledItemDelegate.EndEditHint.NoHint)

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        assert isinstance(editor, QComboBox)
        facts, key = index.data(FACTS_ROLE), FIELDS[index.column()].key
        now = {"role": facts.role, "type": facts.type, "missing": facts.missing_rule}[key]
        editor.setCurrentIndex(max(editor.findData(now if key in facts.decided else ""), 0))
        editor.showPopup()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        assert isinstance(editor, QComboBox)
        view = self.parent()
        if isinstance(view, ColumnView):
            view.choose(index.row(), FIELDS[index.column()].key, str(editor.currentData()))


class DistributionDelegate(QStyledItemDelegate):
    """A small histogram, or the shares of the commonest values."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        facts = index.data(FACTS_ROLE)
        if not isinstance(facts, ColumnFacts):
            return
        box = QRectF(option.rect).adjusted(4, 3, -4, -3)
        if facts.histogram is not None:
            paint_histogram(painter, box, facts.histogram.counts)
        elif facts.common:
            model = index.model()
            rows = model.rows if isinstance(model, ColumnModel) else facts.unique
            paint_common(painter, box, facts.common, rows)


class ColumnView(QTableView):
    """The table. Enter, F2 or a click opens the list of a cell; Ctrl and Shift select several."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.columns = ColumnModel(self)
        self.setModel(self.columns)
        choose = ChoiceDelegate(self)
        for number, field in enumerate(FIELDS):
            if field.choices:
                self.setItemDelegateForColumn(number, choose)
            self.setColumnWidth(number, _WIDTHS[number])
        self.setItemDelegateForColumn(DISTRIBUTION, DistributionDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.SelectedClicked
        )
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setAccessibleName("Columns of the data")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 12)
        self.horizontalHeader().setStretchLastSection(True)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)

    @property
    def selected_rows(self) -> list[int]:
        """The selected rows, in order."""
        return sorted(index.row() for index in self.selectionModel().selectedRows())

    def choose(self, row: int, key: str, value: str) -> None:
        """Decide for the column of ``row``, or for all selected ones where it is one of them."""
        rows = self.selected_rows
        self.columns.choose(rows if row in rows else [row], key, value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        opens = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}
        if opens and index.isValid() and FIELDS[index.column()].choices:
            self.edit(index)
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        row = self.indexAt(event.pos()).row()
        if row >= 0:
            self.menu_for(row).exec(event.globalPos())

    def menu_for(self, row: int) -> QMenu:
        """Everything that can be decided of a column, or of all selected ones."""
        menu = QMenu(self)
        for field in FIELDS:
            if not field.choices:
                continue
            part = menu.addMenu(field.title)
            for value in ("", *field.choices):
                words = field.words(value) if value else AUTOMATIC
                entry = part.addAction(words)
                entry.triggered.connect(
                    lambda _on=False, key=field.key, value=value: self.choose(row, key, value)
                )
        return menu

    def sizeHint(self) -> QSize:
        rows = min(self.columns.rowCount(), 14)
        line = self.verticalHeader().defaultSectionSize()
        head = self.horizontalHeader().sizeHint().height()
        bar = self.horizontalScrollBar().sizeHint().height()
        return QSize(super().sizeHint().width(), head + rows * line + bar + 8)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, min(self.sizeHint().height(), 240))
