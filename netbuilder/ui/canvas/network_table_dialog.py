"""The network summary: a sortable table to copy or save as CSV."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QAbstractItemView, QLabel, QPushButton, QTableView

from netbuilder.core.check.problems import keras_shape_text
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number, format_operations
from netbuilder.ui.canvas.host import CanvasHost
from netbuilder.ui.plots.picture_menu import TableMenu
from netbuilder.ui.widgets.keyboard_widgets import Dialog
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, hbox, prepared, vbox

_END = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

#: Indices of the output shape's column and of the first number column.
_SHAPE, _NUMBERS = 2, 3


class NetworkTableDialog(Dialog):
    """Layers with output shapes and costs, kept current; a selected row selects its layer."""

    def __init__(self, view: CanvasHost) -> None:
        super().__init__(view.widget())
        self._view = view
        self.setObjectName("networkTable")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Network summary"))
        self.resize(680, 420)
        self.model = QStandardItemModel(self)
        self.table = prepared(QTableView(self), accessibleName=_("Layers of the network"))
        self.table.setModel(self.model)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        # Unlike the table's own sorting, this keeps the network's order until a header is clicked.
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.sortIndicatorChanged.connect(self.model.sort)
        self.totals: QLabel = note_label("", self)
        self.menu = TableMenu(self.table, "network")
        self.copy = QPushButton(_("Copy"), self)
        self.save = QPushButton(_("Save as CSV…"), self)
        self.copy.clicked.connect(self.menu.copy_all)
        self.save.clicked.connect(self.menu.ask_and_save)
        buttons = hbox(STRETCH, self.copy, self.save)
        vbox((self.table, 1), self.totals, buttons, parent=self)
        view.workbench.shapes_changed.connect(self._fill)
        view.store.changed.connect(self._fill)
        self._fill()
        self.table.resizeColumnsToContents()
        self.table.selectionModel().currentRowChanged.connect(lambda row, _old: self._show(row))

    def _fill(self, *_changes: object) -> None:
        from netbuilder.core.check.network_table import COLUMNS, network_table

        rows = network_table(self._view.store.project.graph, self._view.workbench.shapes)
        header = self.table.horizontalHeader()
        section, order = header.sortIndicatorSection(), header.sortIndicatorOrder()
        self.model.setRowCount(0)
        self.model.setHorizontalHeaderLabels([_(title) for title in COLUMNS])
        for column in range(_NUMBERS, len(COLUMNS)):
            self.model.horizontalHeaderItem(column).setTextAlignment(_END)
        for row in rows:
            items = []
            for cell in row.cells:
                item = QStandardItem()
                item.setData(cell, Qt.ItemDataRole.DisplayRole)  # a number sorts as a number
                if isinstance(cell, int):
                    item.setTextAlignment(_END)
                items.append(item)
            if row.output is not None:
                shape = _("Output shape: {shape}", shape=keras_shape_text(row.output))
                hint = _("None is the batch size: any number of samples at once.")
                items[_SHAPE].setToolTip(f"{shape}\n{hint}")
            self.model.appendRow(items)
        if 0 <= section < len(COLUMNS):
            self.model.sort(section, order)
        self.totals.setText(
            _(
                "Total: {parameters} parameters, {trainable} of them trainable."
                " {operations} multiply-adds per sample.",
                parameters=format_number(sum(row.parameters for row in rows), ","),
                trainable=format_number(sum(row.trainable for row in rows), ","),
                operations=format_operations(sum(row.multiply_adds for row in rows)),
            )
        )

    def _show(self, index: QModelIndex) -> None:
        row = index.row()
        if row < 0 or not self.table.hasFocus():
            return
        name = str(self.model.index(row, 0).data())
        card = self._view.picture.seen.stand_in.get(name, name)
        self._view.select((card,))
        self._view.scene_viewport.show_node(card)


def show_network_table(view: CanvasHost) -> None:
    """Open the network summary, or raise it if it is open."""
    dialog = view.widget().findChild(NetworkTableDialog) or NetworkTableDialog(view)
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
