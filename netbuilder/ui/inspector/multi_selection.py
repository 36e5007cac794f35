"""What the inspector offers for several layers at once: shared fields, and a group's repetition."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Param
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Node
from netbuilder.core.project.repeat import MOST
from netbuilder.ui.forms.boxes import CountBox


def shared_params(nodes: Sequence[Node]) -> list[Param]:
    """The parameters that mean the same in all the layers, as the first one has them.

    A node that shares another's layer, or that the catalog does not know, shares nothing here.
    """
    specs = [LAYERS.get(node.layer) for node in nodes]
    if not specs or None in specs or any(node.shared is not None for node in nodes):
        return []
    first, *others = (spec for spec in specs if spec is not None)
    return [
        param
        for param in first.params
        if all(
            (other := spec.by_name.get(param.name)) is not None
            and (other.kind, other.choices, other.size) == (param.kind, param.choices, param.size)
            for spec in others
        )
    ]


class GroupForm(QWidget):
    """How often a group stands in a row. ``repeated(times)``: it shall stand so often."""

    repeated = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        label = QLabel(_("repeat"), self)
        label.setProperty("role", "field")
        self.times = CountBox(2, MOST, self)
        self.times.setPrefix("× ")
        self.times.setAccessibleName(_("Number of copies of the group in a row"))
        label.setBuddy(self.times)
        self.button = QPushButton(_("Repeat"), self)
        self.button.setToolTip(_("Add copies after the group, each with its own weights"))
        self.button.clicked.connect(lambda: self.repeated.emit(self.times.value()))
        for widget in (label, self.times, self.button):
            row.addWidget(widget)
        row.addStretch(1)
