"""The first column of a table, which stays where it is while the others are scrolled sideways."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.style import theme


class FrozenNames(QTableView):
    """Lies over the left edge of the table ``of``, of which it shows the model and the selection.

    It is there only while that is scrolled: else the table's own first column is seen.

    ``released(event, index)`` and ``menu(index, place)`` are what the table does about a click
    and about a press of the other button.
    """

    def __init__(
        self,
        of: QTableView,
        released: Callable[[QMouseEvent, QModelIndex], object],
        menu: Callable[[QModelIndex, QPoint], object],
    ) -> None:
        super().__init__(of)
        self._of, self._released, self._menu = of, released, menu
        self.setModel(of.model())
        self.setSelectionModel(of.selectionModel())
        self.setSelectionBehavior(of.selectionBehavior())
        self.setSelectionMode(of.selectionMode())
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(of.dragDropMode())
        self.setDefaultDropAction(of.defaultDropAction())
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setFocusProxy(of)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("role", "frozen")
        self.setShowGrid(of.showGrid())
        self.setAlternatingRowColors(of.alternatingRowColors())
        self.setWordWrap(of.wordWrap())
        self.setAccessibleName(_("Names of the columns"))
        for bar in (self.setHorizontalScrollBarPolicy, self.setVerticalScrollBarPolicy):
            bar(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(of.verticalHeader().defaultSectionSize())
        self.setVerticalScrollMode(of.verticalScrollMode())
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        of.verticalScrollBar().valueChanged.connect(self.verticalScrollBar().setValue)
        self.verticalScrollBar().valueChanged.connect(of.verticalScrollBar().setValue)
        of.horizontalScrollBar().valueChanged.connect(self.follow)
        of.horizontalHeader().sectionResized.connect(self.follow)
        of.horizontalHeader().geometriesChanged.connect(self.follow)
        self.hide()

    def follow(self) -> None:
        """Lie where the first column would be seen, if the table is scrolled at all."""
        of, scrolled = self._of, self._of.horizontalScrollBar().value() > 0
        self.setVisible(scrolled)
        if not scrolled:
            return
        for column in range(self.model().columnCount()):
            self.setColumnHidden(column, column > 0)
        head, width = of.horizontalHeader().geometry(), of.columnWidth(0)
        self.horizontalHeader().setFixedHeight(head.height())
        self.verticalHeader().setDefaultSectionSize(of.verticalHeader().defaultSectionSize())
        self.setColumnWidth(0, width)
        bottom = of.viewport().geometry().bottom() + 1
        self.setGeometry(head.left(), head.top(), width, bottom - head.top())
        self.verticalScrollBar().setValue(of.verticalScrollBar().value())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        painter.setPen(QColor(theme.colors().hairline))
        right = self.viewport().width() - 1
        painter.drawLine(right, 0, right, self.viewport().height())
        painter.end()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self._released(event, self.indexAt(event.position().toPoint()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._menu(self.indexAt(event.pos()), event.globalPos())
