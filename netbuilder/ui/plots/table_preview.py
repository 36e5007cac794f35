"""A look at the data: the first rows as a table, or as pictures."""

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
    QPersistentModelIndex,
    QRect,
    Qt,
    QTimer,
)
from PySide6.QtGui import QColor, QFont, QResizeEvent
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
from netbuilder.core.i18n import gettext as _, rerendered
from netbuilder.core.wording import decimal_padding, format_number, join_values, most_decimals
from netbuilder.ui.plots.bars import BarList
from netbuilder.ui.plots.images import ImageGrid
from netbuilder.ui.plots.picture_menu import NARROW, TableMenu
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import vbox

Index = QModelIndex | QPersistentModelIndex
_COLUMN_WIDTH = 240
#: Of a line in the head of a column that another stands in.
_HEAD_LETTERS = 14
#: What stands left and right of a cell's words: the stylesheet's padding and Qt's margins.
_SIDES = 14
#: The part of a table that a narrow column may take.
_NARROW, _LAID_OUT = 0.3, 200
#: Rows by which it is told that a column holds numbers, and how long these are.
_SEEN = 1000
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
#: A cell of a column of numbers: with units, of an interval, empty, or to come, but without a word.
_FIGURE = re.compile(r"(?!.*[^\W\d_]{4})\W{0,3}\d.*|\W*")
#: A number that a cell begins with; a date, or a word with digits, begins with none.
_NUMBER = re.compile(r"[-−]?(\d[\d,]*)?\.?\d+(e[-+]?\d+)?(?=\s|%|$)", re.IGNORECASE)

#: What is drawn behind a number so that the points of its column stand below each other.
BEHIND_ROLE = Qt.ItemDataRole.UserRole + 1


class TextTable(QAbstractTableModel):
    """Rows of text; marked columns stand out.

    Attributes:
        aligned: the numbers of a column are of one kind: their points stand below each other.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.aligned = True
        self._columns: tuple[str, ...] = ()
        self._rows: Sequence[Sequence[str]] = ()
        self._tips: tuple[str, ...] = ()
        self._marked: frozenset[int] = frozenset()
        self._row_tips: Sequence[str] = ()
        self._written: Sequence[Sequence[str]] = ()
        self._order: Sequence[int] | None = None  # of the rows; None: as they stand in the file
        self._arrow = (-1, "")  # of the column that the rows are sorted by
        self._figures: frozenset[int] = frozenset()
        self._decimals: dict[int, int] = {}  # the most in a column, as far as asked
        self.folded = False

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By the numbers or words of a column, what is empty last; -1: as they came."""
        self.layoutAboutToBeChanged.emit()
        if 0 <= column < len(self._columns):
            cells = [row[column] for row in self._rows]
            some = [place for place, cell in enumerate(cells) if cell]
            some.sort(
                key=lambda place: _by_size(cells[place]),
                reverse=order == Qt.SortOrder.DescendingOrder,
            )
            self._order = [*some, *(place for place, cell in enumerate(cells) if not cell)]
        else:
            self._order = None
        self._arrow = (column, " ▴" if order == Qt.SortOrder.AscendingOrder else " ▾")
        self.layoutChanged.emit()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, max(len(self._columns) - 1, 0))

    def place(self, row: int) -> int:
        """Which of the rows that were given stands in a row, however they are sorted."""
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
        """Show other rows; ``figures`` are columns of numbers, which stand at the right, their
        points below each other. None: those that hold nothing else. ``written`` is what is
        copied and saved, where it is not what is shown."""
        if figures is None:
            seen = rows[:_SEEN]
            figures = frozenset(
                column
                for column in range(len(columns))
                if all(_NUMBER.fullmatch(row[column].rstrip("% ≈")) for row in seen if row[column])
            )
        self._row_tips, self._written = row_tips, written
        self.beginResetModel()
        self._figures, self._decimals, self.folded = figures, {}, False
        self._columns, self._rows, self._tips, self._marked = columns, rows, tips, marked
        self._order, self._arrow = None, (-1, "")
        self.endResetModel()

    def fold(self, folded: bool) -> None:
        """Have the last column stand below the one before it, in the same cells, or not."""
        if folded != self.folded:
            self.beginResetModel()
            self.folded = folded
            self.endResetModel()

    def retranslate(self) -> None:
        """Show the heads in another language."""
        self._columns = tuple(rerendered(one) for one in self._columns)
        self._tips = tuple(rerendered(one) for one in self._tips)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self._columns) - 1)

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
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in self._figures:
            return RIGHT
        if role == BEHIND_ROLE and self.aligned and index.column() in self._figures and text:
            return self._behind(index)
        if role == Qt.ItemDataRole.ForegroundRole and not text:
            return QColor(theme.colors().secondary)
        if role == Qt.ItemDataRole.FontRole and index.column() in self._marked:
            return theme.ui_font(bold=True)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return self._row_tips[self.place(index.row())] if self._row_tips else None
        return None

    def _behind(self, index: Index) -> str:
        """As wide as the decimals that a number has less than the longest of its column."""
        column = index.column()
        if column not in self._decimals:
            self._decimals[column] = most_decimals([row[column] for row in self._rows[:_SEEN]])
        return decimal_padding(self._rows[self.place(index.row())][column], self._decimals[column])

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return self.place(section) + 1 if role == Qt.ItemDataRole.DisplayRole else None
        if role == Qt.ItemDataRole.DisplayRole:
            name = self._columns[section]
            if self.folded and section == len(self._columns) - 2:
                name = "\n".join((name, *textwrap.wrap(self._columns[-1], _HEAD_LETTERS)))
            arrow = self._arrow[1] if section == self._arrow[0] else ""
            return f"▸ {name}{arrow}" if section in self._marked else f"{name}{arrow}"
        if role == Qt.ItemDataRole.TextAlignmentRole and section in self._figures:
            return RIGHT
        if role == Qt.ItemDataRole.ToolTipRole and section < len(self._tips):
            return self._tips[section]
        if role == Qt.ItemDataRole.FontRole:
            font = QFont(theme.ui_font(0.9))
            font.setBold(section in self._marked)
            return font
        return None


class NumberDelegate(QStyledItemDelegate):
    """Draws the numbers of a column with their points below each other; the text stays as it is."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.text += index.data(BEHIND_ROLE) or ""


def _by_size(text: str) -> tuple[bool, float, str]:
    """Numbers by their size, also 1,234 and 12.5 kg, before words."""
    found = _NUMBER.match(text)
    if found is None:
        return True, 0.0, text.casefold()
    return False, float(found[0].replace(",", "").replace("−", "-")), text


def sorts_by_headers(table: QTableView) -> None:
    """A click on a column's header sorts by it, a third one puts the rows back in their order."""
    header = table.horizontalHeader()
    header.setSortIndicatorClearable(True)
    header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
    table.setSortingEnabled(True)
    header.setSortIndicatorShown(False)  # it takes room of every column; the model writes an arrow
    # Other rows come as they stand in their file.
    table.model().modelReset.connect(
        lambda: header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
    )


def stats_text(stats: ColumnStats) -> str:
    """A line about a column: "number, 3.1 to 9.8, on average 5.2, 2 missing"."""
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
    """A table of text to look at, to copy from and to save."""
    table = QTableView(parent) if table is None else table
    table.setModel(model)
    table.setItemDelegate(NumberDelegate(table))
    table.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.setWordWrap(False)
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    table.horizontalHeader().setDefaultAlignment(left)  # as what stands below
    table.verticalHeader().setDefaultSectionSize(parent.fontMetrics().height() + 8)
    table.setAccessibleName(name)
    TableMenu(table, name.lower().replace(" ", "_").replace(",", ""))
    return table


class ShortTable(QTableView):
    """A table of a few rows: exactly as high as they are, up to ``most``, and as wide as it may."""

    def __init__(self, name: str, parent: QWidget, most: int = 400) -> None:
        super().__init__(parent)
        self.rows = TextTable(self)
        self._most, self._narrow = most, 0
        self._folds, self._needed = False, 0  # of a table that folds: the width that it needs
        self.least_height = 0
        self._names: list[str] = []  # what the rows are about
        self._waits = False
        # Of these rows while they waited, and the width that they had: what comes late must not
        # make them lower.
        self._heights: list[int] = []
        self._held_for = 0
        text_table(self.rows, name, parent, self)
        self.setWordWrap(True)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.fit)
        header.sectionResized.connect(self._soon.start)
        self.rows.headerDataChanged.connect(self._soon.start)

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
        """Show rows; the first ``narrow`` columns are as wide as what stands in them, up to a part
        of the table: in a narrow one their words wrap, too. Numbers behind the first column stand
        at the right. Where the table ``folds``, its last column stands in the cells of the one
        before it while there is no room for both."""
        heights = [self.rowHeight(row) for row in range(self.rows.rowCount())]
        figures = frozenset(
            column
            for column in range(1, len(columns))
            if all(_FIGURE.fullmatch(row[column]) for row in rows)
        )
        self.rows.show_rows(columns, rows, row_tips=row_tips, figures=figures, written=written)
        self._folds, self._needed = folds, 0
        names, waited = [row[0] for row in rows], self._waits and self.isVisible()
        self._waits = any(cell.endswith("…") for row in rows for cell in row)
        self._heights = heights if waited and names == self._names else []
        self._names, self._held_for = names, self.viewport().width()
        self._narrow = min(narrow, len(columns) - 1)
        self.fit()

    def fit(self) -> None:
        """Be as high as the rows; no head is cut, and where words wrap, no number and no word."""
        room = self.viewport().width()
        if self.rows.folded and room >= self._needed:
            self.rows.fold(False)
        widths = self._widths()
        if self._folds and not self.rows.folded and _LAID_OUT <= room < sum(widths):
            self._needed = sum(widths)
            self.rows.fold(True)
            widths = self._widths()
        header, columns = self.horizontalHeader(), range(self.rows.columnCount())
        for column, wide in zip(columns, widths, strict=True):
            header.resizeSection(column, wide)
        if self.wordWrap():
            for row in range(self.rows.rowCount()):
                least = self._heights[row] if self._heights and room == self._held_for else 0
                self.setRowHeight(row, max(self._wrapped(row), least))
        rows = sum(self.rowHeight(row) for row in range(self.rows.rowCount()))
        bar = self.horizontalScrollBar()
        more = bar.sizeHint().height() if bar.maximum() > 0 else 0
        high = max(header.sizeHint().height() + rows + more + 4, self.least_height)
        self.setFixedHeight(min(high, self._most))

    def _widths(self) -> list[int]:
        """The width of each column: its words at least; then, as far as there is room, narrow ones
        their part, all what stands in them, and those that are not narrow equal parts of the rest.
        """
        header, room = self.horizontalHeader(), self.viewport().width()
        columns = range(self.rows.columnCount())
        heads = [header.sectionSizeHint(one) for one in columns]
        heads[-1:] = [head + NARROW for head in heads[-1:]]  # its menu stands beside the name
        whole = [max(heads[one], self.sizeHintForColumn(one) + 2) for one in columns]
        if room < _LAID_OUT:  # it is not laid out yet, and has no width to go by
            return whole
        if self.wordWrap():
            wide = [max(heads[one], self._longest_word(one)) for one in columns]
        else:
            wide = [max(heads[one], min(whole[one], room // len(columns))) for one in columns]
        narrow, others = columns[: self._narrow], columns[self._narrow :]
        part = int(room * _NARROW)
        if not self.wordWrap():
            for one in narrow:
                wide[one] = max(wide[one], min(whole[one], room // 2))
        spare = room - sum(wide)
        wanted = [(one, min(whole[one], part)) for one in narrow]
        for one, most in (*wanted, *((one, whole[one]) for one in (*others, *narrow))):
            more = max(0, min(spare, most - wide[one]))
            wide[one] += more
            spare -= more
        while spare > 0 and others:
            least = min(wide[one] for one in others)
            lowest = [one for one in others if wide[one] == least]
            next_up = min((wide[one] for one in others if wide[one] > least), default=room)
            more = max(1, min(next_up - least, spare // len(lowest)))
            for one in lowest:
                more = min(more, spare)
                wide[one] += more
                spare -= more
        return wide

    def _longest_word(self, column: int) -> int:
        """The least width of a column that cuts none of its words."""
        cells = [self.rows.index(row, column) for row in range(self.rows.rowCount())]
        said = (f"{cell.data()}{cell.data(BEHIND_ROLE) or ''}" for cell in cells)
        width = self.fontMetrics().horizontalAdvance
        return _SIDES + max(
            (width(word) for one in said for word in re.split("[ \n]", one)), default=0
        )

    def _wrapped(self, row: int) -> int:
        """How high a row is whose words wrap in the widths of their columns."""
        most = 0
        for column in range(self.rows.columnCount()):
            words = str(self.rows.index(row, column).data())
            room = QRect(0, 0, max(self.columnWidth(column) - _SIDES, 20), 10_000)
            wrap = Qt.TextFlag.TextWordWrap.value
            most = max(most, self.fontMetrics().boundingRect(room, wrap, words).height())
        return max(most + 8, self.verticalHeader().defaultSectionSize())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Words wrap otherwise in another width; the columns have theirs once this is through.
        if event.oldSize().width() != event.size().width():
            self._soon.start()


class PreviewView(QWidget):
    """The first rows, and how often each class comes."""

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
        vbox(self.note, (self.stack, 1), self.bars, parent=self, margins=0, spacing=6)
        self.setMinimumHeight(200)

    def show_preview(self, preview: Preview) -> None:
        """Show what the data looks like."""
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
