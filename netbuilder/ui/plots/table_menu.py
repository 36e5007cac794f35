"""What can be done with every table: copy it, or save it as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QTableView

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.atomic import write_bytes
from netbuilder.ui.widgets.corner_menu import CornerMenu
from netbuilder.ui.widgets.file_dialogs import FileType, ask_save, with_ending

TABLE_TYPES = (FileType(N_("Table"), (".csv",)),)


class TableMenu(CornerMenu):
    """Copies cells as a spreadsheet takes them, and saves all of them as CSV.

    What is selected is copied, with its columns' names where there are several cells; with nothing
    selected the whole table. Ctrl+C does the same.
    """

    def __init__(self, table: QTableView, name: str) -> None:
        self._table, self._name = table, name
        # The arrow keys go through the cells; Tab goes on, to who would be caught in them.
        table.setTabKeyNavigation(False)
        super().__init__(
            table,
            _("Copy or save this table"),
            (
                (_("Copy"), self.copy),
                (_("Copy all"), self.copy_all),
                (_("Save as CSV…"), self._ask),
            ),
        )
        self.offer_on_right_click()

    def copy(self) -> None:
        """Put the selected cells on the clipboard, or all where none is selected."""
        chosen = self._table.selectionModel().selectedIndexes()
        if len(chosen) == 1:
            QGuiApplication.clipboard().setText(_text(chosen[0]))
        elif chosen:
            rows = sorted({one.row() for one in chosen})
            columns = sorted({one.column() for one in chosen})
            QGuiApplication.clipboard().setText(self._written(rows, columns, "\t"))
        else:
            self.copy_all()
            return
        self.tell(_("Copied"))

    def copy_all(self) -> None:
        """Put the whole table on the clipboard, with the columns' names."""
        QGuiApplication.clipboard().setText(self._written(*self._all(), "\t"))
        self.tell(_("Copied"))

    def save(self, path: Path) -> Path:
        """Write the whole table as CSV; where it was written.

        Raises:
            UserError: the file cannot be written.
        """
        return save_table(self._written(*self._all(), ","), path)

    def _all(self) -> tuple[list[int], list[int]]:
        model = self._table.model()
        return list(range(model.rowCount())), list(range(model.columnCount()))

    def _written(self, rows: list[int], columns: list[int], between: str) -> str:
        model, horizontal = self._table.model(), Qt.Orientation.Horizontal
        shown = [one for one in columns if not self._table.isColumnHidden(one)]
        names = [str(model.headerData(one, horizontal) or "") for one in shown]
        cells = [[_text(model.index(row, one)) for one in shown] for row in rows]
        return table_text([names, *cells], between)

    def _ask(self) -> None:
        path = ask_save(self, _("Save table"), f"{self._name}.csv", TABLE_TYPES)
        if path is not None and self.trying(_("The table was not saved"), lambda: self.save(path)):
            self.tell(_("Saved {name}.", name=path.name))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.matches(QKeySequence.StandardKey.Copy)
        ):
            self.copy()
            return True
        return super().eventFilter(watched, event)


def table_text(rows: Sequence[Sequence[object]], between: str) -> str:
    """Rows as text: with commas for a file, with tabs for a spreadsheet to paste."""
    out = io.StringIO()
    csv.writer(out, delimiter=between, lineterminator="\n").writerows(rows)
    return out.getvalue()


def save_table(text: str, path: Path) -> Path:
    """Write a table as CSV; where it was written.

    Raises:
        UserError: the file cannot be written.
    """
    path = with_ending(path, TABLE_TYPES, TABLE_TYPES[0])
    write_bytes(path, text.encode("utf-8-sig"))  # a spreadsheet reads UTF-8 only with the mark
    return path


def _text(index: QModelIndex) -> str:
    value = index.data()
    return "" if value is None else str(value)
