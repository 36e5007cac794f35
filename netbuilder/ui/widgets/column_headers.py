"""Column headers that are never cut, whatever the language and however large the letters are."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QHeaderView, QTableView, QTreeView

_MODE = QHeaderView.ResizeMode
_TYPE = QEvent.Type
_AGAIN = frozenset((_TYPE.FontChange, _TYPE.StyleChange, _TYPE.Resize, _TYPE.Show))


class ColumnHeaders(QObject):
    """Keeps each column of a table at least as wide as its header; the table scrolls where it must.

    Columns that stretch go on sharing what is left. Rows keep their room above and below letters.
    """

    def __init__(self, table: QTableView | QTreeView) -> None:
        header = table.header() if isinstance(table, QTreeView) else table.horizontalHeader()
        super().__init__(header)
        self._header, self._table = header, table
        self._whole: set[int] = set()  # columns that stretch, where there is room for their heads
        self._wide: dict[int, tuple[int, int]] = {}  # width before, and with the head whole
        self._last = header.stretchLastSection()
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.fit)
        self._above = 0
        if isinstance(table, QTableView):
            rows = table.verticalHeader().defaultSectionSize()
            self._above = rows - table.fontMetrics().height()
        header.installEventFilter(self)
        for signal in (table.model().headerDataChanged, table.model().modelReset):
            signal.connect(self._soon.start)
        header.sectionCountChanged.connect(self._soon.start)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _AGAIN:
            self._soon.start()
        return super().eventFilter(watched, event)

    def fit(self) -> None:
        """Give each column the width of its head at least."""
        header = self._header
        if not header.isVisible():
            return
        if isinstance(self._table, QTableView):
            rows = self._table.fontMetrics().height() + self._above
            if rows != self._table.verticalHeader().defaultSectionSize():
                self._table.verticalHeader().setDefaultSectionSize(rows)
        columns = [column for column in range(header.count()) if not header.isSectionHidden(column)]
        heads = {column: header.sectionSizeHint(column) for column in columns}
        share = header.viewport().width() // max(len(columns), 1)
        free = {
            column
            for column in columns
            if column in self._whole or self._mode(column) is _MODE.Stretch
        }
        for column in set(columns) - free:
            if self._mode(column) is not _MODE.ResizeToContents:
                self._widen(column, heads[column])
        room = header.viewport().width() - sum(header.sectionSize(n) for n in set(columns) - free)
        for column in free:  # numbers are whole too; long words wrap
            heads[column] = max(heads[column], min(self._table.sizeHintForColumn(column), share))
        tight_columns: set[int] = set()
        while tight := {column for column in free if heads[column] * len(free) > room}:
            room -= sum(heads[column] for column in tight)
            free -= tight
            tight_columns |= tight
        for column in tight_columns:
            self._stretch(column, False)
            header.resizeSection(column, heads[column])
        for column in free & self._whole:
            self._stretch(column, True)
        self._whole = tight_columns

    def _mode(self, column: int) -> QHeaderView.ResizeMode:
        header = self._header
        if header.stretchLastSection() and header.visualIndex(column) == header.count() - 1:
            return _MODE.Stretch
        return header.sectionResizeMode(column)

    def _stretch(self, column: int, on: bool) -> None:
        if self._last and self._header.visualIndex(column) == self._header.count() - 1:
            self._header.setStretchLastSection(on)
        else:
            self._header.setSectionResizeMode(column, _MODE.Stretch if on else _MODE.Fixed)

    def _widen(self, column: int, head: int) -> None:
        """A width that somebody chose since stays, as far as the head is whole."""
        width = self._header.sectionSize(column)
        before, set_width = self._wide.pop(column, (width, width))
        least = before if width == set_width else width
        if head > least:
            self._wide[column] = (least, head)
        if max(least, head) != width:
            self._header.resizeSection(column, max(least, head))
