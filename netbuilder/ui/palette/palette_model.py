"""The palette's rows and their drag data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QObject, Qt

from netbuilder.core.catalog.layer_parser import ParsedLayer, parse_layers
from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Category, LayerSpec
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project import fragments, graph_ends
from netbuilder.core.project.fragments import SavedBlock
from netbuilder.core.project.model import Graph, Project
from netbuilder.ui.widgets.model_index import Index

LAYER_MIME = "application/x-netbuilder-layer"
SPEC_ROLE = Qt.ItemDataRole.UserRole
Row = str | LayerSpec | ParsedLayer | SavedBlock


BLOCK_MIME = "application/x-netbuilder-block"
HEADING = N_("My blocks")


def block_rows(text: str = "") -> list[str | SavedBlock]:
    """Return a heading and the saved blocks whose name contains ``text``, or [] without any."""
    blocks = [block for block in fragments.list_blocks() if text.lower() in block.name.lower()]
    return [_(HEADING), *blocks] if blocks else []


def append_block(project: Project, piece: Graph) -> Project:
    """Paste a block, connected to the output if possible; raise EditError if it cannot be."""
    ends = project.graph.outputs or project.graph.inputs
    pasted, new = fragments.paste_fragment(project, piece)
    heads = [node_id for node_id in new if not pasted.graph.sources[node_id]]
    if len(ends) != 1 or len(heads) != 1:
        return pasted
    if graph_ends.connection_problem(pasted.graph, ends[0], heads[0]) is not None:
        return pasted
    return graph_ends.connect(pasted, ends[0], heads[0])


def teaching_rows() -> list[Row]:
    """Return the teaching layers by category, with headings."""
    rows: list[Row] = []
    for category in Category:
        specs = [s for s in LAYERS.values() if s.teaching and s.category is category]
        if specs:
            rows.append(_(category))
            rows.extend(specs)
    return [*rows, *block_rows()]


def basic_rows(listed: frozenset[str]) -> list[Row]:
    """Return the layers of level Basic, without headings."""
    return [*(spec for spec in LAYERS.values() if spec.name in listed), *block_rows()]


def all_rows() -> list[Row]:
    """Return all layers by category, with headings."""
    rows: list[Row] = []
    for category in Category:
        specs = [s for s in LAYERS.values() if s.category is category]
        if specs:
            rows.append(_(category))
            rows.extend([*(s for s in specs if s.teaching), *(s for s in specs if not s.teaching)])
    return [*rows, *block_rows()]


def found_rows(text: str) -> list[Row]:
    """Return a search's matches, best first, or a line "none"; "dense 50 relu" sets parameters."""
    layers = [match if match.params else match.spec for match in parse_layers(text)]
    rows: list[Row] = [*layers, *block_rows(text)]
    return rows or [_("No layer matches “{text}”", text=text)]


class PaletteModel(QAbstractListModel):
    """Headings (str), layers (specs) and saved blocks; headings are not selectable."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []

    def set_rows(self, rows: Iterable[Row]) -> None:
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def thing(self, index: Index) -> LayerSpec | SavedBlock | None:
        row = self._rows[index.row()] if index.isValid() else None
        if isinstance(row, ParsedLayer):
            return row.spec
        return None if isinstance(row, str) else row

    def typed(self, index: Index) -> Mapping[str, Any]:
        row = self._rows[index.row()] if index.isValid() else None
        return row.params if isinstance(row, ParsedLayer) else {}

    def remove_block(self, index: Index) -> None:
        block = self.thing(index)
        if isinstance(block, SavedBlock):
            fragments.delete_block(block)
            self.set_rows([row for row in self._rows if row is not block])

    def first_layer(self) -> QModelIndex:
        for number, row in enumerate(self._rows):
            if not isinstance(row, str):
                return self.index(number)
        return QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        item = self._rows[index.row()]
        if isinstance(item, str):
            return item if role == Qt.ItemDataRole.DisplayRole else None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return item.title if isinstance(item, ParsedLayer) else item.name
        row = item.spec if isinstance(item, ParsedLayer) else item
        words = (
            row.explanation
            if isinstance(row, LayerSpec)
            else ngettext("{count} layer", "{count} layers", len(row.graph.nodes))
        )
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                words + "\n" + _("Drag it onto the canvas, or double-click to add it at the end.")
            )
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return words
        return row if role == SPEC_ROLE else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.thing(index) is None:
            return Qt.ItemFlag.NoItemFlags
        flag = Qt.ItemFlag
        return flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsDragEnabled

    def mimeTypes(self) -> list[str]:
        return [LAYER_MIME, BLOCK_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        for index in indexes:
            row = self.thing(index)
            if isinstance(row, LayerSpec):
                data.setData(LAYER_MIME, row.name.encode())
            elif isinstance(row, SavedBlock):
                data.setData(BLOCK_MIME, str(row.path).encode())
        return data
