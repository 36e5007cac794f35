"""The rows of the palette: headings and layers, and what a drag of one carries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from netbuilder.core.catalog.layers import LAYERS, search
from netbuilder.core.catalog.spec import Category, LayerSpec

LAYER_MIME = "application/x-netbuilder-layer"
SPEC_ROLE = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


def teaching_rows() -> list[str | LayerSpec]:
    """The teaching layers by category, each category led by its title."""
    rows: list[str | LayerSpec] = []
    for category in Category:
        specs = [s for s in LAYERS.values() if s.teaching and s.category is category]
        if specs:
            rows.append(str(category))
            rows.extend(specs)
    return rows


def all_rows() -> list[str | LayerSpec]:
    """Every layer by category."""
    rows: list[str | LayerSpec] = []
    for category in Category:
        specs = [s for s in LAYERS.values() if s.category is category]
        if specs:
            rows.append(str(category))
            rows.extend(sorted(specs, key=lambda s: not s.teaching))
    return rows


def found_rows(text: str) -> list[str | LayerSpec]:
    """What a search finds, best first; a line that says so when that is nothing."""
    found: Sequence[LayerSpec] = search(text)
    return list(found) if found else [f"No layer is called “{text}”"]


class PaletteModel(QAbstractListModel):
    """Headings (text) and layers (specs) as rows; only layers can be chosen and dragged."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[str | LayerSpec] = []

    def set_rows(self, rows: Iterable[str | LayerSpec]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def spec(self, index: Index) -> LayerSpec | None:
        """The layer of a row; None for a heading."""
        row = self._rows[index.row()] if index.isValid() else None
        return row if isinstance(row, LayerSpec) else None

    def first_layer(self) -> QModelIndex:
        """The first row that is a layer."""
        for number, row in enumerate(self._rows):
            if isinstance(row, LayerSpec):
                return self.index(number)
        return QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        if isinstance(row, str):
            return row if role == Qt.ItemDataRole.DisplayRole else None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return row.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.help}\nDrag it onto the canvas, or double-click to add it at the end."
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return row.help
        return row if role == SPEC_ROLE else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.spec(index) is None:
            return Qt.ItemFlag.NoItemFlags
        flag = Qt.ItemFlag
        return flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsDragEnabled

    def mimeTypes(self) -> list[str]:
        return [LAYER_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        for index in indexes:
            spec = self.spec(index)
            if spec is not None:
                data.setData(LAYER_MIME, spec.name.encode())
        return data
