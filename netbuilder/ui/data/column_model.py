"""The columns of the data as rows of a table in which role, type and missing values are chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor

from netbuilder.core.data.columns import ColumnFacts
from netbuilder.core.data.findings import ERROR, Finding
from netbuilder.core.project.model import COLUMN_ROLES, COLUMN_TYPES, MISSING_RULES
from netbuilder.core.wording import number
from netbuilder.ui.style import theme

Index = QModelIndex | QPersistentModelIndex
FACTS_ROLE = Qt.ItemDataRole.UserRole

ROLE_WORDS = {
    "feature": "feature", "target": "▸ target", "ignore": "– left out", "weight": "weight",
    "split": "split", "order": "order", "group": "group",
}  # fmt: skip
MISSING_WORDS = {
    "error": "ask", "drop": "leave rows out", "mean": "mean", "median": "median",
    "most_frequent": "commonest", "category": "own category",
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A column of the table: its title, its words, and what can be chosen in it."""

    title: str
    text: Callable[[ColumnFacts], str]
    key: str = ""
    choices: tuple[str, ...] = ()
    words: Callable[[str], str] = str
    tip: str = ""


def _missing(one: ColumnFacts) -> str:
    rule = MISSING_WORDS.get(one.missing_rule, one.missing_rule)
    return f"{one.missing:,} · {rule}" if one.missing else "none"


def _values(one: ColumnFacts) -> str:
    if one.minimum is not None and one.maximum is not None and one.type != "date":
        unit = f" {one.unit}" if one.unit else ""
        return f"{number(one.minimum)} to {number(one.maximum)}{unit}"
    if one.common:
        return ", ".join(name for name, _ in one.common[:3]) + (" …" if one.unique > 3 else "")
    return ", ".join(one.examples)


FIELDS = (
    Field("Column", lambda one: one.name),
    Field(
        "Role", lambda one: ROLE_WORDS[one.role], "role", COLUMN_ROLES, lambda w: ROLE_WORDS[w],
        "What the column is for",
    ),
    Field("Type", lambda one: one.type, "type", COLUMN_TYPES, str, "How its cells are understood"),
    Field("Distribution", lambda one: "", tip="How often each value comes, by class"),
    Field(
        "Missing", _missing, "missing", MISSING_RULES, lambda w: MISSING_WORDS[w],
        "Empty cells, and what is done with them",
    ),
    Field("Values", _values),
)  # fmt: skip
DISTRIBUTION = 3


class ColumnModel(QAbstractTableModel):
    """The rows. ``decided(names, key, value)`` when something was chosen for columns."""

    decided = Signal(object, str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns: tuple[ColumnFacts, ...] = ()
        self.rows = 0
        self._findings: dict[str, list[Finding]] = {}

    def show_columns(
        self, columns: Sequence[ColumnFacts], findings: Sequence[Finding], rows: int
    ) -> None:
        """Show these columns of a table of ``rows`` rows, with what was noticed about each."""
        same = [one.name for one in columns] == [one.name for one in self.columns]
        self._findings = {}
        for finding in findings:
            if finding.column:
                self._findings.setdefault(finding.column, []).append(finding)
        if same:
            # The selection, the place and the open editor stay.
            self.columns, self.rows = tuple(columns), rows
            if columns:
                last = self.index(len(columns) - 1, len(FIELDS) - 1)
                self.dataChanged.emit(self.index(0, 0), last)
            return
        self.beginResetModel()
        self.columns, self.rows = tuple(columns), rows
        self.endResetModel()

    def findings_of(self, row: int) -> list[Finding]:
        """What was noticed about the column of a row."""
        return self._findings.get(self.columns[row].name, [])

    def choose(self, rows: Sequence[int], key: str, value: str) -> None:
        """Decide something for the columns of some rows; "" lets the program conclude again."""
        names = tuple(self.columns[row].name for row in rows)
        if names:
            self.decided.emit(names, key, value)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.columns)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(FIELDS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return FIELDS[section].title
        return FIELDS[section].tip if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        one, field = self.columns[index.row()], FIELDS[index.column()]
        found = self.findings_of(index.row())
        if role == FACTS_ROLE:
            return one
        if role == Qt.ItemDataRole.DisplayRole:
            mark = "⚠ " if found and not field.key and field is FIELDS[0] else ""
            return f"{mark}{field.text(one)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(finding.message for finding in found) or self._tip(one, field)
        if role == Qt.ItemDataRole.FontRole:
            return theme.ui_font(bold=one.role == "target" or field.key in one.decided)
        if role == Qt.ItemDataRole.ForegroundRole:
            scheme = theme.colors()
            if field is FIELDS[0] and any(finding.severity == ERROR for finding in found):
                return QColor(scheme.error)
            return QColor(scheme.secondary) if one.role == "ignore" else None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{field.title} of {one.name}: {field.text(one) or self._tip(one, field)}"
        return None

    def _tip(self, one: ColumnFacts, field: Field) -> str:
        if field is FIELDS[DISTRIBUTION]:
            if one.histogram is None:
                return ", ".join(f"{name}: {count:,}" for name, count in one.common)
            mean = "" if one.mean is None else f", on average {number(one.mean)}"
            return f"{_values(one)}{mean}"
        if field.key and field.key not in one.decided:
            return f"{field.text(one)} (concluded; choose to change it)"
        if field is FIELDS[0]:
            return f"{one.unique:,} different values, such as {', '.join(one.examples)}"
        return field.text(one)

    def flags(self, index: Index) -> Qt.ItemFlag:
        found = super().flags(index)
        if index.isValid() and FIELDS[index.column()].choices:
            found |= Qt.ItemFlag.ItemIsEditable
        return found

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        field = FIELDS[index.column()]
        if role != Qt.ItemDataRole.EditRole or (value and value not in field.choices):
            return False
        self.choose([index.row()], field.key, str(value))
        return True
