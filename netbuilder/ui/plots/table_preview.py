"""Tables of text, and a preview of the data: the first rows, or pictures."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QRect,
    Qt,
    QTimer,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from netbuilder.core.data.preview import ColumnStats, Preview
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import decimal_padding, format_number, join_values, most_decimals
from netbuilder.ui.plots.bars import BarList
from netbuilder.ui.plots.images import ImageGrid
from netbuilder.ui.plots.picture_menu import NARROW, TableMenu
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import vbox
from netbuilder.ui.widgets.model_index import Index

_COLUMN_WIDTH = 240
#: Characters per line in the header of a folded column.
_HEAD_LETTERS = 10
#: Horizontal padding of a cell.
_SIDES = 14
#: Largest share of a narrow column, and the least width of a table after layout.
_NARROW, _LAID_OUT = 0.3, 200
#: Rows examined to detect columns of numbers, and their decimals.
_SEEN = 1000
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
#: A cell in a column of numbers: with a unit, an interval, or empty, but without a word.
_FIGURE = re.compile(r"(?!.*[^\W\d_]{4})\W{0,3}\d.*|\W*")
#: A number at the start of a cell; not a date, or a word with digits.
_NUMBER = re.compile(r"[-−]?(\d[\d,]*)?\.?\d+(e[-+]?\d+)?(?=\s|%|$)", re.IGNORECASE)

#: Padding behind a number that aligns the decimal points of its column.
BEHIND_ROLE = Qt.ItemDataRole.UserRole + 1


class TextTable(QAbstractTableModel):
    """Rows of text; ``aligned``: align the decimal points of a column."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.aligned = True
        self._columns: tuple[str, ...] = ()
        self._rows: Sequence[Sequence[str]] = ()
        self._tips: tuple[str, ...] = ()
        self._marked: frozenset[int] = frozenset()
        self._row_tips: Sequence[str] = ()
        self._written: Sequence[Sequence[str]] = ()
        self._order: Sequence[int] | None = None  # None: the original order
        self._arrow = (-1, "")  # of the sorted column
        self.figures: frozenset[int] = frozenset()
        self._decimals: dict[int, int] = {}  # most decimals by column
        self.folded = False
        self.head_widths: dict[int, int] = {}  # of names that are elided

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column's numbers or words, empty cells last; -1: original order."""
        self.layoutAboutToBeChanged.emit()
        if 0 <= column < len(self._columns):
            cells = [row[column] for row in self._rows]
            filled = [place for place, cell in enumerate(cells) if cell]
            filled.sort(
                key=lambda place: _sort_key(cells[place]),
                reverse=order == Qt.SortOrder.DescendingOrder,
            )
            self._order = [*filled, *(place for place, cell in enumerate(cells) if not cell)]
        else:
            self._order = None
        self._arrow = (column, " ▴" if order == Qt.SortOrder.AscendingOrder else " ▾")
        self.layoutChanged.emit()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, max(len(self._columns) - 1, 0))

    def place(self, row: int) -> int:
        """Return the original index of a row."""
        return row if self._order is None else self._order[row]

    def show_rows(
        self,
        columns: tuple[str, ...],
        rows: Sequence[Sequence[str]],
        tips: tuple[str, ...] = (),
        marked: frozenset[int] = frozenset(),
        row_tips: Sequence[str] = (),
        figures: frozenset[int] | None = None,
        written: Sequence[Sequence[str]] = (),
    ) -> None:
        """Show rows; ``figures``: columns of numbers (None: detect), ``written``: cells to copy."""
        if figures is None:
            head = rows[:_SEEN]
            figures = frozenset(
                column
                for column in range(len(columns))
                if all(_NUMBER.fullmatch(row[column].rstrip("% ≈")) for row in head if row[column])
            )
        self._row_tips, self._written = row_tips, written
        self.beginResetModel()
        self.figures, self._decimals, self.folded = figures, {}, False
        self._columns, self._rows, self._tips, self._marked = columns, rows, tips, marked
        self._order, self._arrow = None, (-1, "")
        self.endResetModel()

    def fold(self, folded: bool) -> None:
        """Show the last column inside the cells of the one before it, or not."""
        if folded != self.folded:
            self.beginResetModel()
            self.folded = folded
            self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._columns) - self.folded

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        cells = self._rows[self.place(index.row())]
        text = cells[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            below = cells[-1] if self.folded and index.column() == len(cells) - 2 else ""
            return f"{text}\n{below}" if below else text or "–"
        if role == Qt.ItemDataRole.EditRole and self._written:
            return self._written[self.place(index.row())][index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in self.figures:
            return RIGHT
        if role == BEHIND_ROLE and self.aligned and index.column() in self.figures and text:
            return self._decimal_padding(index)
        if role == Qt.ItemDataRole.ForegroundRole and not text:
            return QColor(theme.colors().secondary)
        if role == Qt.ItemDataRole.FontRole and index.column() in self._marked:
            return theme.ui_font(bold=True)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return self._row_tips[self.place(index.row())] if self._row_tips else None
        return None

    def _decimal_padding(self, index: Index) -> str:
        """Return the padding for the decimals that a number lacks in its column."""
        column = index.column()
        if column not in self._decimals:
            self._decimals[column] = most_decimals([row[column] for row in self._rows[:_SEEN]])
        return decimal_padding(self._rows[self.place(index.row())][column], self._decimals[column])

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return self.place(section) + 1 if role == Qt.ItemDataRole.DisplayRole else None
        display, whole = Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole  # whole: to copy
        if role in (display, whole):
            name = self._columns[section]
            if self.folded and section == len(self._columns) - 2:
                name = "\n".join((name, *textwrap.wrap(self._columns[-1], _HEAD_LETTERS)))
            if section in self.head_widths and role == display:
                metrics, right = (
                    QFontMetrics(theme.ui_font(theme.SMALL)),
                    Qt.TextElideMode.ElideRight,
                )
                name = metrics.elidedText(name, right, self.head_widths[section])
            arrow = self._arrow[1] if section == self._arrow[0] else ""
            return f"▸ {name}{arrow}" if section in self._marked else f"{name}{arrow}"
        if role == Qt.ItemDataRole.TextAlignmentRole and section in self.figures:
            return RIGHT
        if role == Qt.ItemDataRole.ToolTipRole:
            tip = self._tips[section] if section < len(self._tips) else ""
            return tip or (self._columns[section] if section in self.head_widths else None)
        if role == Qt.ItemDataRole.FontRole:
            font = QFont(theme.ui_font(theme.SMALL))
            font.setBold(section in self._marked)
            return font
        return None


class NumberDelegate(QStyledItemDelegate):
    """Draws the numbers of a column with aligned decimal points."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.text += index.data(BEHIND_ROLE) or ""


def _sort_key(text: str) -> tuple[bool, float, str]:
    """Return a key that sorts numbers, also 1,234 and 12.5 kg, before words."""
    match = _NUMBER.match(text)
    if match is None:
        return True, 0.0, text.casefold()
    return False, float(match[0].replace(",", "").replace("−", "-")), text


def sorts_by_headers(table: QTableView) -> None:
    """Sort by a clicked column; a third click restores the original order."""
    header = table.horizontalHeader()
    header.setSortIndicatorClearable(True)
    header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
    table.setSortingEnabled(True)
    header.setSortIndicatorShown(False)  # it widens every column; the model adds an arrow
    table.model().modelReset.connect(
        lambda: header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
    )


def stats_text(stats: ColumnStats) -> str:
    """Describe a column: "number, 3.1 to 9.8, mean 5.2, 2 missing"."""
    parts = [f"{stats.kind}"]
    if stats.minimum is not None and stats.maximum is not None:
        parts.append(
            _(
                "{low} to {high}",
                low=format_number(stats.minimum, ".6g"),
                high=format_number(stats.maximum, ".6g"),
            )
        )
    if stats.mean is not None:
        parts.append(_("mean {value}", value=format_number(stats.mean, ".6g")))
    parts.append(_("{count} distinct", count=format_number(stats.distinct, ",")))
    if stats.missing:
        parts.append(_("{count} missing", count=format_number(stats.missing, ",")))
    return join_values(parts)


def text_table(
    model: QAbstractItemModel, name: str, parent: QWidget, table: QTableView | None = None
) -> QTableView:
    """Return a table of text that can be copied and saved."""
    table = QTableView(parent) if table is None else table
    table.setModel(model)
    table.setItemDelegate(NumberDelegate(table))
    table.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.setWordWrap(False)
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    table.horizontalHeader().setDefaultAlignment(left)
    table.verticalHeader().setDefaultSectionSize(parent.fontMetrics().height() + 8)
    table.setAccessibleName(name)
    TableMenu(table, name.lower().replace(" ", "_").replace(",", ""))
    return table


class ShortTable(QTableView):
    """A table as high as its rows, up to ``most``."""

    def __init__(self, name: str, parent: QWidget, most: int = 400) -> None:
        super().__init__(parent)
        self.rows = TextTable(self)
        self._most, self._narrow = most, 0
        self._folds, self._needed = False, 0  # the width needed without folding
        self.least_height = 0
        self._names: list[str] = []  # first cells of the rows
        self._values_pending = False
        # Row heights and the table's width while values were pending: rows must not shrink.
        self._heights: list[int] = []
        self._heights_width = 0
        text_table(self.rows, name, parent, self)
        self.setWordWrap(True)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._fit_timer = QTimer(self, singleShot=True, interval=0)
        self._fit_timer.timeout.connect(self.fit)
        header.sectionResized.connect(self._fit_timer.start)
        self.rows.headerDataChanged.connect(self._fit_timer.start)

    def show_rows(
        self,
        columns: tuple[str, ...],
        rows: Sequence[Sequence[str]],
        *,
        narrow: int = 1,
        row_tips: Sequence[str] = (),
        folds: bool = False,
        written: Sequence[Sequence[str]] = (),
    ) -> None:
        """Show rows; the first ``narrow`` columns fit their content, up to a share.

        With ``folds``, the last column moves into the one before it if room is short.
        """
        heights = [self.rowHeight(row) for row in range(self.rows.rowCount())]
        figures = frozenset(
            column
            for column in range(1, len(columns))
            if all(_FIGURE.fullmatch(row[column]) for row in rows)
        )
        self.rows.show_rows(columns, rows, row_tips=row_tips, figures=figures, written=written)
        self._folds, self._needed = folds, 0
        names, was_pending = [row[0] for row in rows], self._values_pending and self.isVisible()
        self._values_pending = any(cell.endswith("…") for row in rows for cell in row)
        self._heights = heights if was_pending and names == self._names else []
        self._names, self._heights_width = names, self.viewport().width()
        self._narrow = min(narrow, len(columns) - 1)
        self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()  # the page scrolls

    def fit(self) -> None:
        """Adapt the column widths to the content, and the height to the rows."""
        room, self.rows.head_widths = self.viewport().width(), {}
        if self.rows.folded and room >= self._needed:
            self.rows.fold(False)
        widths = self._widths()
        if self._folds and not self.rows.folded and _LAID_OUT <= room < sum(widths):
            self._needed = sum(widths)
            self.rows.fold(True)
            widths = self._widths()
        header, columns = self.horizontalHeader(), range(self.rows.columnCount())
        if room >= _LAID_OUT:
            self._elide_heads(widths, sum(widths) - room)
        for column, width in zip(columns, widths, strict=True):
            header.resizeSection(column, width)
        if self.wordWrap():
            for row in range(self.rows.rowCount()):
                minimum = self._heights[row] if self._heights and room == self._heights_width else 0
                self.setRowHeight(row, max(self._wrapped(row), minimum))
        rows = sum(self.rowHeight(row) for row in range(self.rows.rowCount()))
        bar = self.horizontalScrollBar()
        bar_height = bar.sizeHint().height() if bar.maximum() > 0 else 0
        height = max(header.sizeHint().height() + rows + bar_height + 4, self.least_height)
        self.setFixedHeight(min(height, self._most))

    def _widths(self) -> list[int]:
        """Return the column widths.

        Each fits its words. Spare room goes first to narrow columns up to their share, then to
        whole contents, then evenly to the other columns.
        """
        header, room = self.horizontalHeader(), self.viewport().width()
        columns = range(self.rows.columnCount())
        heads = [header.sectionSizeHint(at) for at in columns]
        heads[-1:] = [head + NARROW for head in heads[-1:]]  # the menu is beside the name
        whole = [max(heads[at], self.sizeHintForColumn(at) + 2) for at in columns]
        if room < _LAID_OUT:  # before the first layout
            return whole
        if self.wordWrap():
            widths = [max(heads[at], self._longest_word(at)) for at in columns]
        else:
            widths = [max(heads[at], min(whole[at], room // len(columns))) for at in columns]
        narrow, others = columns[: self._narrow], columns[self._narrow :]
        part = int(room * _NARROW)
        if not self.wordWrap():
            for at in narrow:
                widths[at] = max(widths[at], min(whole[at], room // 2))
        spare = room - sum(widths)
        limits = [(at, min(whole[at], part)) for at in narrow]
        for at, most in (*limits, *((at, whole[at]) for at in (*others, *narrow))):
            more = max(0, min(spare, most - widths[at]))
            widths[at] += more
            spare -= more
        while spare > 0 and others:
            least = min(widths[at] for at in others)
            lowest = [at for at in others if widths[at] == least]
            next_up = min((widths[at] for at in others if widths[at] > least), default=room)
            more = max(1, min(next_up - least, spare // len(lowest)))
            for at in lowest:
                more = min(more, spare)
                widths[at] += more
                spare -= more
        return widths

    def _elide_heads(self, widths: list[int], excess: int) -> None:
        """Narrow columns of numbers until the table fits, if it can, and elide their names."""
        last = len(widths) - 1
        spare = {at: widths[at] - self._longest_word(at) for at in self.rows.figures if at <= last}
        if self.rows.folded:
            spare.pop(last, None)  # its name has several lines
        for at in sorted(spare, key=lambda at: (at == last, -spare[at])):
            if excess <= sum(spare.values()) and (less := min(spare[at], excess)) > 0:
                widths[at], excess = widths[at] - less, excess - less
                self.rows.head_widths[at] = widths[at] - _SIDES - NARROW * (at == last)

    def _longest_word(self, column: int) -> int:
        """Return the column width that cuts no word."""
        cells = [self.rows.index(row, column) for row in range(self.rows.rowCount())]
        texts = (f"{cell.data()}{cell.data(BEHIND_ROLE) or ''}" for cell in cells)
        width = self.fontMetrics().horizontalAdvance
        return _SIDES + max(
            (width(word) for text in texts for word in re.split("[ \n]", text)), default=0
        )

    def _wrapped(self, row: int) -> int:
        most = 0
        for column in range(self.rows.columnCount()):
            words = str(self.rows.index(row, column).data())
            room = QRect(0, 0, max(self.columnWidth(column) - _SIDES, 20), 10_000)
            wrap = Qt.TextFlag.TextWordWrap.value
            most = max(most, self.fontMetrics().boundingRect(room, wrap, words).height())
        return max(most + 8, self.verticalHeader().defaultSectionSize())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit_timer.start()


class PreviewView(QWidget):
    """The first rows of the data, and the class frequencies."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = TextTable(self)
        self.table = text_table(self.model, _("First rows of the data"), self)
        sorts_by_headers(self.table)
        self.images = ImageGrid(parent=self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.table)
        self.stack.addWidget(self.images)
        self.bars = BarList(self)
        self.note = note_label("", self)
        vbox(self.note, (self.stack, 1), self.bars, parent=self, margins=0, spacing=8)
        self.setMinimumHeight(200)

    def show_preview(self, preview: Preview) -> None:
        self.note.setText(preview.note)
        self.note.setVisible(bool(preview.note))
        most = max((count for _name, count in preview.class_counts), default=0)
        few = len(preview.class_counts) <= 12
        rows = [
            (name, float(count), format_number(count, ",")) for name, count in preview.class_counts
        ]
        self.bars.show_rows(rows if few else [], top=float(most) if most else None)
        if preview.images is not None:
            labels = [" ".join(row) for row in preview.rows]
            self.images.show_images(preview.images, labels)
            self.stack.setCurrentIndex(1)
            return
        self.stack.setCurrentIndex(0)
        targets = frozenset(n for n, stats in enumerate(preview.stats) if stats.target)
        tips = tuple(stats_text(stats) for stats in preview.stats)
        self.model.show_rows(preview.columns, preview.rows, tips, targets)
        self.table.resizeColumnsToContents()
        for column in range(self.model.columnCount()):
            if self.table.columnWidth(column) > _COLUMN_WIDTH:
                self.table.setColumnWidth(column, _COLUMN_WIDTH)
