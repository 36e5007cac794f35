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
        self._held: set[int] = set()  # columns that stretch, where there is room for their heads
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
        if event.type() == _TYPE.LanguageChange:
            self.fit()  # all words are there
        elif event.type() in _AGAIN:
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
        shown = [one for one in range(header.count()) if not header.isSectionHidden(one)]
        heads = {one: header.sectionSizeHint(one) for one in shown}
        share = header.viewport().width() // max(len(shown), 1)
        free = {one for one in shown if one in self._held or self._mode(one) is _MODE.Stretch}
        for one in set(shown) - free:
            if self._mode(one) is not _MODE.ResizeToContents:
                self._widen(one, heads[one])
        room = header.viewport().width() - sum(header.sectionSize(n) for n in set(shown) - free)
        for one in free:  # numbers are whole too; long words wrap
            heads[one] = max(heads[one], min(self._table.sizeHintForColumn(one), share))
        held: set[int] = set()
        while tight := {one for one in free if heads[one] * len(free) > room}:
            room -= sum(heads[one] for one in tight)
            free -= tight
            held |= tight
        for one in held:
            self._stretch(one, False)
            header.resizeSection(one, heads[one])
        for one in free & self._held:
            self._stretch(one, True)
        self._held = held

    def _mode(self, one: int) -> QHeaderView.ResizeMode:
        header = self._header
        if header.stretchLastSection() and header.visualIndex(one) == header.count() - 1:
            return _MODE.Stretch
        return header.sectionResizeMode(one)

    def _stretch(self, one: int, on: bool) -> None:
        if self._last and self._header.visualIndex(one) == self._header.count() - 1:
            self._header.setStretchLastSection(on)
        else:
            self._header.setSectionResizeMode(one, _MODE.Stretch if on else _MODE.Fixed)

    def _widen(self, one: int, head: int) -> None:
        """A width that somebody chose since stays, as far as the head is whole."""
        now = self._header.sectionSize(one)
        before, given = self._wide.pop(one, (now, now))
        least = before if now == given else now
        if head > least:
            self._wide[one] = (least, head)
        if max(least, head) != now:
            self._header.resizeSection(one, max(least, head))
