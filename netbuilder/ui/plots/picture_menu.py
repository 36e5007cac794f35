"""Menus that copy and save pictures and tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QCursor, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QTableView, QWidget

from netbuilder.core.escaping.plain_text import spreadsheet_cell
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.atomic import write_bytes
from netbuilder.ui.plots.picture_export import widget_image, write_picture
from netbuilder.ui.widgets.accessible_roles import Role, set_accessible_role
from netbuilder.ui.widgets.column_headers import ColumnHeaders
from netbuilder.ui.widgets.corner_menu import CornerMenu
from netbuilder.ui.widgets.file_dialogs import FileType, ask_save, with_ending
from netbuilder.ui.widgets.toast import save_and_tell

TABLE_TYPES = (FileType(N_("Table"), (".csv",)),)
NARROW = 24


class TableMenu(CornerMenu):
    """Copies cells for spreadsheets, and saves the table as CSV.

    Several cells are copied with column names; without a selection, the whole table is. Ctrl+C does
    the same.
    """

    def __init__(self, table: QTableView, name: str) -> None:
        self._table, self._name = table, name
        # Tab leaves the table; the arrow keys move between cells.
        table.setTabKeyNavigation(False)
        ColumnHeaders(table)
        super().__init__(
            table,
            _("Copy or save this table"),
            (
                (_("Copy"), self.copy),
                (_("Copy all"), self.copy_all),
                (_("Save as CSV…"), self.ask_and_save),
            ),
        )
        self.setFixedWidth(NARROW)
        self.offer_on_right_click()
        timer = QTimer(self, singleShot=True, interval=0)  # once all columns have their widths
        timer.timeout.connect(self._place)
        table.horizontalScrollBar().valueChanged.connect(lambda _x: timer.start())
        table.horizontalHeader().sectionResized.connect(lambda *_moved: timer.start())

    def _place(self) -> None:
        """Move into the header where no column name is covered, or into the corner."""
        super()._place()
        header, model = self._table.horizontalHeader(), self._table.model()
        if header.isVisible():
            self.resize(self.width(), min(self.height(), header.height()))
        for position in reversed(range(header.count() if header.isVisible() else 0)):
            column = header.logicalIndex(position)
            left = max(header.sectionViewportPosition(column), 0)
            right = header.sectionViewportPosition(column) + header.sectionSize(column)
            right = min(right, header.viewport().width())
            role_value = model.headerData(
                column, header.orientation(), Qt.ItemDataRole.TextAlignmentRole
            )
            alignment = Qt.AlignmentFlag(role_value) if role_value else header.defaultAlignment()
            free = right - left - header.sectionSizeHint(column)
            if alignment & Qt.AlignmentFlag.AlignHCenter:
                free //= 2
            if free >= self.width():
                x = left if alignment & Qt.AlignmentFlag.AlignRight else right - self.width()
                y = (header.height() - self.height()) // 2
                self.move(header.mapTo(self._table, QPoint(x, y)))
                return
        corner = self._table.verticalHeader().width()
        self.move((corner - self.width()) // 2, (header.height() - self.height()) // 2)
        rows = self._table.verticalHeader().isVisible() and corner >= self.width()
        self.setVisible(self.isVisibleTo(self._table) and header.isVisible() and rows)

    def copy(self) -> None:
        selected = self._table.selectionModel().selectedIndexes()
        if len(selected) == 1:
            QGuiApplication.clipboard().setText(_text(selected[0]))
        elif selected:
            rows = sorted({index.row() for index in selected})
            columns = sorted({index.column() for index in selected})
            QGuiApplication.clipboard().setText(self._written(rows, columns, "\t"))
        else:
            self.copy_all()
            return
        self.tell(_("Copied"))

    def copy_all(self) -> None:
        QGuiApplication.clipboard().setText(self._written(*self._all(), "\t"))
        self.tell(_("Copied"))

    def save(self, path: Path) -> Path:
        return save_table(self._written(*self._all(), ","), path)

    def _all(self) -> tuple[list[int], list[int]]:
        model = self._table.model()
        return list(range(model.rowCount())), list(range(model.columnCount()))

    def _written(self, rows: list[int], columns: list[int], separator: str) -> str:
        model, horizontal = self._table.model(), Qt.Orientation.Horizontal
        visible = [column for column in columns if not self._table.isColumnHidden(column)]
        roles = Qt.ItemDataRole.EditRole, Qt.ItemDataRole.DisplayRole
        heads = (
            [model.headerData(column, horizontal, role) for role in roles] for column in visible
        )
        names = [str(whole or text or "") for whole, text in heads]
        cells = [[_text(model.index(row, column)) for column in visible] for row in rows]
        if getattr(model, "folded", False):  # the last column holds two
            lines = [names, *cells]
            return table_text([[*row[:-1], *_halves(row[-1])] for row in lines], separator)
        return table_text([names, *cells], separator)

    def ask_and_save(self) -> None:
        path = ask_save(self, _("Save table"), f"{self._name}.csv", TABLE_TYPES)
        if path is not None:
            save_and_tell(self, _("The table was not saved"), lambda: self.save(path))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.matches(QKeySequence.StandardKey.Copy)
        ):
            self.copy()
            return True
        return super().eventFilter(watched, event)


def table_text(rows: Sequence[Sequence[object]], separator: str) -> str:
    """Return rows as delimited text."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(
        [spreadsheet_cell(cell) for cell in row] for row in rows
    )
    return out.getvalue()


def save_table(text: str, path: Path) -> Path:
    """Write a table as CSV and return the path; may raise UserError."""
    path = with_ending(path, TABLE_TYPES, TABLE_TYPES[0])
    write_bytes(path, text.encode("utf-8-sig"))  # spreadsheets need the byte order mark
    return path


def _halves(text: str) -> tuple[str, str]:
    above, _line, below = text.partition("\n")
    return above, below.replace("\n", " ")


def _text(index: QModelIndex) -> str:
    edit_value = index.data(Qt.ItemDataRole.EditRole)
    value = index.data() if edit_value is None else edit_value
    return "" if value is None else str(value)


PICTURE_TYPES = (FileType(N_("Image"), (".png",)), FileType(N_("Drawing"), (".svg",)))


#: Accessible names of pictures by file name.
TITLES: dict[str, str] = resource_json("texts.json")["pictures"]


class PictureMenu(CornerMenu):
    """Copies and saves a picture, without the menu's own button.

    ``numbers`` returns the table behind the picture, with a header row, to copy and save. ``below``
    returns the rich text that belongs below the picture.
    """

    def __init__(
        self,
        picture: QWidget,
        name: str,
        numbers: Callable[[], Sequence[Sequence[object]]] | None = None,
    ) -> None:
        self._picture, self._name, self._numbers = picture, name, numbers
        self.below: Callable[[], str] = str
        number_actions = (
            (_("Copy numbers"), self.copy_numbers),
            (_("Save numbers as CSV…"), self._ask_numbers),
        )
        super().__init__(
            picture,
            _("Copy or save this image"),
            (
                (_("Copy image"), self.copy),
                (_("Save image…"), self.ask_and_save),
                *(number_actions if numbers is not None else ()),
            ),
        )
        set_accessible_role(picture, Role.Chart)
        if not picture.accessibleName():
            picture.setAccessibleName(_(TITLES.get(name, name.replace("_", " ").capitalize())))
        if isinstance(picture, pg.GraphicsView):
            # Plots without keyboard actions are not in the tab order.
            picture.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            picture.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)
            # Dragging with the right button zooms.
            picture.scene().sigMouseClicked.connect(self._plot_clicked)
        else:
            self.offer_on_right_click()

    def copy(self) -> None:
        QGuiApplication.clipboard().setImage(widget_image(self._picture, below=self.below()))
        self.tell(_("Copied"))

    def save(self, path: Path) -> Path:
        """Write the picture, as PNG unless the name ends otherwise; return the path."""
        path = with_ending(path, PICTURE_TYPES, PICTURE_TYPES[0])
        write_picture(self._picture, path, self.below())
        return path

    def copy_numbers(self) -> None:
        QGuiApplication.clipboard().setText(self._table("\t"))
        self.tell(_("Copied"))

    def save_numbers(self, path: Path) -> Path:
        return save_table(self._table(","), path)

    def _table(self, separator: str) -> str:
        return table_text(self._numbers() if self._numbers is not None else (), separator)

    def _ask_numbers(self) -> None:
        path = ask_save(self, _("Save numbers"), f"{self._name}.csv", TABLE_TYPES)
        if path is not None:
            save_and_tell(self, _("The numbers were not saved"), lambda: self.save_numbers(path))

    def ask_and_save(self) -> None:
        path = ask_save(self, _("Save image"), f"{self._name}.png", PICTURE_TYPES)
        if path is not None:
            save_and_tell(self, _("The image was not saved"), lambda: self.save(path))

    def _plot_clicked(self, event: object) -> None:
        if event.button() == Qt.MouseButton.RightButton:  # type: ignore[attr-defined]
            self.menu().popup(QCursor.pos())
