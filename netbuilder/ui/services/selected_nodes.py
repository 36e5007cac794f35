"""What is selected on the canvas: told to all who follow it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class SelectedNodes(QObject):
    """The ids of the selected nodes. ``changed(ids)``: they are others."""

    changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.ids: tuple[str, ...] = ()

    def set(self, ids: tuple[str, ...]) -> None:
        """Take over what the canvas says."""
        self.ids = tuple(ids)
        self.changed.emit(self.ids)
