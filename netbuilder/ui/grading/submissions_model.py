"""Submissions as rows of a table that fills while they are graded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QColor

from netbuilder.core.escaping.plain_text import without_direction_marks
from netbuilder.core.grading.scoring import needs_check, status_words, step_dots
from netbuilder.core.grading.similarity import copy_word
from netbuilder.core.grading.submission import FAILED, Submission
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import format_number, format_percent
from netbuilder.ui.forms.parsing import read_float
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.model_index import Index

SORT_ROLE = Qt.ItemDataRole.UserRole
_VERIFIED = {True: N_("✓ verified"), False: N_("✕ refuted"), None: N_("not verified")}


@dataclass(frozen=True)
class SubmissionColumn:
    """A column: title, displayed value, sort key, and whether it is editable."""

    title: str
    text: Callable[[Submission], str]
    key: Callable[[Submission], Any]
    edit: str = ""


def _result(row: Submission) -> float | None:
    for name in ("accuracy", "mean_absolute_error"):
        if name in row.metrics:
            return row.metrics[name]
    return None


def _result_text(row: Submission) -> str:
    value = _result(row)
    if value is None:
        return ""
    if "accuracy" in row.metrics:
        return _("{share} correct", share=format_percent(value))
    return _("off by {error}", error=format_number(value))


def _order(row: Submission) -> float:
    """Return the default order, descending: those to check, then by points, failed ones last."""
    return -1.0 if row.score is None else row.score + 1e6 * needs_check(row)


COLUMNS = (
    SubmissionColumn(N_("Student"), lambda row: row.student, lambda row: row.student.casefold()),
    SubmissionColumn(
        N_("Points"),
        lambda row: "" if row.score is None else format_number(round(row.score, 1)),
        lambda row: -1.0 if row.score is None else row.score,
        "points",
    ),
    SubmissionColumn(N_("Result"), _result_text, lambda row: _result(row) or 0.0),
    SubmissionColumn(N_("Steps"), step_dots, lambda row: row.steps_done),
    SubmissionColumn(N_("State"), status_words, _order),
    SubmissionColumn(
        N_("Verified"),
        lambda row: "" if row.status == FAILED else _(_VERIFIED[row.verified]),
        lambda row: str(row.verified),
    ),
    SubmissionColumn(
        N_("Similarity"), copy_word, lambda row: 2 * bool(row.same_as) + bool(row.expected_same)
    ),
    SubmissionColumn(N_("To check"), lambda row: row.message, lambda row: row.message),
    SubmissionColumn(N_("Comment"), lambda row: row.comment, lambda row: row.comment, "comment"),
)
POINTS, STATE, MESSAGE, COMMENT = 1, 4, 7, 8


class SubmissionsModel(QAbstractTableModel):
    """The rows; ``overridden(file, points or None, comment)``: edited by the teacher."""

    overridden = Signal(str, object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Submission] = []

    def show_rows(self, rows: Sequence[Submission]) -> None:
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def replace_row(self, submission: Submission) -> None:
        """Replace the row of the same file, without sorting again."""
        place = next(i for i, row in enumerate(self.rows) if row.file == submission.file)
        self.rows[place] = submission
        self.dataChanged.emit(self.index(place, 0), self.index(place, len(COLUMNS) - 1))

    def add(self, submission: Submission) -> None:
        self.beginInsertRows(QModelIndex(), len(self.rows), len(self.rows))
        self.rows.append(submission)
        self.endInsertRows()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return _(COLUMNS[section].title)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self.rows[index.row()], COLUMNS[index.column()]
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole}:
            return without_direction_marks(column.text(row))
        if role == SORT_ROLE:
            return column.key(row)
        if role == Qt.ItemDataRole.ToolTipRole:
            return without_direction_marks(column.text(row) or row.file)
        if role == Qt.ItemDataRole.ForegroundRole and row.status == FAILED:
            return QColor(theme.colors().error)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.isValid() and COLUMNS[index.column()].edit:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        row, text = self.rows[index.row()], str(value).strip()
        if COLUMNS[index.column()].edit == "comment":
            self.overridden.emit(row.file, row.score, text)
            return True
        try:
            points = read_float(text) if text else None
        except ValueError:
            return False
        if points is not None and not 0 <= points < 1e6:
            return False
        self.overridden.emit(row.file, points, row.comment)
        return True
