"""The columns of the data as table rows with editable settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QMimeData, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QColor

from netbuilder.core.data.data_report import ColumnFacts
from netbuilder.core.data.findings import ERROR, INFO, Finding
from netbuilder.core.data.preprocessing.missing import fitting_rules
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_, pgettext
from netbuilder.core.project.edits_data import input_columns, output_columns
from netbuilder.core.project.model import COLUMN_ROLES, COLUMN_TYPES, Project
from netbuilder.core.wording import format_number, format_range, join_values, labelled
from netbuilder.ui.services.data_recipes import MIME, DraggedColumns
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.model_index import Index

FACTS_ROLE = Qt.ItemDataRole.UserRole
AUTOMATIC = N_("Automatic")

ROLE_WORDS: dict[str, str] = resource_json("texts.json")["column_roles"]
MISSING_WORDS: dict[str, str] = resource_json("texts.json")["missing_rules"]
TYPE_WORDS: dict[str, str] = resource_json("texts.json")["column_types"]


@dataclass(frozen=True)
class ColumnEnds:
    """The columns of each Input and output, by node id."""

    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def several(self) -> bool:
        return len(self.inputs) > 1 or len(self.outputs) > 1

    def of(self, column: ColumnFacts) -> tuple[str, ...]:
        lists = {"feature": self.inputs, "target": self.outputs}.get(column.role, {})
        return tuple(node for node, names in lists.items() if column.name in names)


@dataclass(frozen=True)
class ColumnField:
    """A table column: title, text, and the ``choices`` (value to words) of setting ``key``."""

    title: str
    text: Callable[[ColumnFacts, ColumnEnds], str]
    width: int
    key: str = ""
    choices: Callable[[ColumnFacts, ColumnEnds], Mapping[str, str]] = lambda column, ends: {}
    now: Callable[[ColumnFacts, ColumnEnds], str] = lambda column, ends: ""
    tip: str = ""


def _missing(column: ColumnFacts, ends: ColumnEnds) -> str:
    if column.missing and column.role == "ignore":
        return format_number(column.missing, ",")  # nothing is done with them
    rule = _(MISSING_WORDS.get(column.missing_rule, column.missing_rule))
    count = format_number(column.missing, ",")
    return f"{count} · {rule}" if column.missing else pgettext("missing values", "none")


def _range(column: ColumnFacts, ends: ColumnEnds) -> str:
    if column.ends is not None:
        return format_range(*column.ends, column.unit)
    if column.common:
        return join_values(name for name, _count in column.common[:3]) + (
            " …" if column.unique > 3 else ""
        )
    return join_values(column.examples)


def _nodes(column: ColumnFacts, ends: ColumnEnds) -> dict[str, str]:
    inputs = {node: _("Input {name}", name=node) for node in ends.inputs}
    return inputs | {node: _("Target of {name}", name=node) for node in ends.outputs}


FIELDS = (
    ColumnField(N_("Column"), lambda column, ends: column.name, 100),
    ColumnField(
        N_("Role"),
        lambda column, ends: _(ROLE_WORDS[column.role]),
        74,
        "role",
        lambda column, ends: {role: _(ROLE_WORDS[role]) for role in COLUMN_ROLES},
        lambda column, ends: column.role,
        N_("What the column is used for."),
    ),
    ColumnField(
        N_("Goes to"),
        lambda column, ends: join_values(ends.of(column)) or "–",
        84,
        "node",
        _nodes,
        lambda column, ends: "".join(ends.of(column)[:1]),
        N_(
            "The Input that gets the column, or the output that predicts it. You can also drag "
            "the row onto the canvas."
        ),
    ),
    ColumnField(
        N_("Type"),
        lambda column, ends: _(TYPE_WORDS[column.type]),
        68,
        "type",
        lambda column, ends: {name: _(TYPE_WORDS[name]) for name in COLUMN_TYPES},
        lambda column, ends: column.type,
        N_("How the cells are read."),
    ),
    ColumnField(
        N_("Values"), lambda column, ends: "", 72, tip=N_("How often each value occurs, by class.")
    ),
    ColumnField(
        N_("Missing"),
        _missing,
        94,
        "missing",
        lambda column, ends: {
            rule: _(MISSING_WORDS[rule]) for rule in fitting_rules(column.role, column.type)
        },
        lambda column, ends: column.missing_rule,
        N_("Empty cells, and how they are handled."),
    ),
    ColumnField(
        N_("Range"), _range, 130, tip=N_("Smallest and largest value, or the most frequent values.")
    ),
    ColumnField(
        N_("Examples"),
        lambda column, ends: join_values(column.examples),
        150,
        tip=N_("The first values."),
    ),
)
DISTRIBUTION = next(n for n, field in enumerate(FIELDS) if field.title == "Values")
GOES_TO = next(n for n, field in enumerate(FIELDS) if field.key == "node")


class ColumnModel(QAbstractTableModel):
    """The rows. ``decided(names, key, value)``: a setting of columns was chosen."""

    decided = Signal(object, str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns: tuple[ColumnFacts, ...] = ()
        self.rows = 0
        self.ends = ColumnEnds()
        self._findings: dict[str, list[Finding]] = {}

    def show_columns(
        self,
        columns: Sequence[ColumnFacts],
        findings: Sequence[Finding],
        rows: int,
        project: Project,
    ) -> None:
        """Show the columns of a table of ``rows`` rows, with their findings."""
        same = [column.name for column in columns] == [column.name for column in self.columns]
        self._findings = {}
        for finding in findings:
            if finding.column:
                self._findings.setdefault(finding.column, []).append(finding)
        if same:
            # The selection, the place and the open editor stay.
            self.columns, self.rows = tuple(columns), rows
            self.follow(project)
            return
        self.beginResetModel()
        self.columns, self.rows = tuple(columns), rows
        self.ends = self._ends_of(project)
        self.endResetModel()

    def _ends_of(self, project: Project) -> ColumnEnds:
        features, targets = self.named("feature"), self.named("target")
        return ColumnEnds(input_columns(project, features), output_columns(project, targets))

    def follow(self, project: Project) -> None:
        """Update the Inputs and outputs of the columns."""
        self.ends = self._ends_of(project)
        if self.columns:
            last = self.index(len(self.columns) - 1, len(FIELDS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def named(self, role: str) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.role == role)

    def findings_of(self, row: int) -> list[Finding]:
        return self._findings.get(self.columns[row].name, [])

    def warned(self, row: int) -> bool:
        return any(finding.severity != INFO for finding in self.findings_of(row))

    def asked(self) -> dict[int, Finding]:
        """Return by row the question that must be answered before training."""
        return {
            row: finding
            for row in range(len(self.columns))
            for finding in self.findings_of(row)
            if finding.asked
        }

    def choices_of(self, row: int, column: int) -> dict[str, str]:
        """Return the values of a cell with their words; "" is automatic."""
        kind = FIELDS[column]
        choices = dict(kind.choices(self.columns[row], self.ends))
        return choices if not choices or kind.key == "node" else {"": _(AUTOMATIC), **choices}

    def chosen_in(self, row: int, column: int) -> str:
        """Return the chosen value of a cell; "" if automatic."""
        facts, kind = self.columns[row], FIELDS[column]
        decided = kind.key == "node" or kind.key in facts.decided
        return kind.now(facts, self.ends) if decided else ""

    def choose(self, rows: Sequence[int], key: str, value: str) -> None:
        """Choose a value for columns; "" is automatic."""
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
            return _(FIELDS[section].title)
        if role == Qt.ItemDataRole.ToolTipRole and FIELDS[section].tip:
            return _(FIELDS[section].tip)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column, kind = self.columns[index.row()], FIELDS[index.column()]
        findings = self.findings_of(index.row())
        if role == FACTS_ROLE:
            return column
        if role == Qt.ItemDataRole.DisplayRole:
            mark = "⚠ " if kind is FIELDS[0] and self.warned(index.row()) else ""
            return f"{mark}{kind.text(column, self.ends)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(finding.message for finding in findings) or self._tip(column, kind)
        if role == Qt.ItemDataRole.FontRole:
            return theme.ui_font(bold=column.role == "target" or kind.key in column.decided)
        if role == Qt.ItemDataRole.ForegroundRole:
            scheme = theme.colors()
            if kind is FIELDS[0] and any(finding.severity == ERROR for finding in findings):
                return QColor(scheme.error)
            return QColor(scheme.secondary) if column.role == "ignore" else None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            words = kind.text(column, self.ends) or self._tip(column, kind)
            return _(
                "{field} of {column}: {value}", field=_(kind.title), column=column.name, value=words
            )
        return None

    def _tip(self, column: ColumnFacts, kind: ColumnField) -> str:
        if kind is FIELDS[DISTRIBUTION]:
            if column.histogram is None:
                return join_values(
                    labelled(name, format_number(count, ",")) for name, count in column.common
                )
            if column.mean is None:
                return _range(column, self.ends)
            return _(
                "{range}, mean {mean}",
                range=_range(column, self.ends),
                mean=format_number(column.mean),
            )
        if kind.key and kind.key != "node" and kind.key not in column.decided:
            return _(
                "{value} (detected automatically; click to change)",
                value=kind.text(column, self.ends),
            )
        if kind is FIELDS[0]:
            return ngettext(
                "{count} different value, such as {examples}",
                "{count} different values, such as {examples}",
                column.unique,
                examples=join_values(column.examples),
            )
        return kind.text(column, self.ends)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.isValid():
            flags |= Qt.ItemFlag.ItemIsDragEnabled
            if FIELDS[index.column()].key:
                flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        rows = sorted({index.row() for index in indexes})
        names = tuple(self.columns[row].name for row in rows)
        return DraggedColumns(names, self.named("feature"), self.named("target")).mime()

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole:
            return False
        if str(value) not in self.choices_of(index.row(), index.column()):
            return False
        self.choose([index.row()], FIELDS[index.column()].key, str(value))
        return True
