"""Columns that are dragged from the table of the data onto an Input or a goal."""

from __future__ import annotations

import json
from dataclasses import dataclass

from PySide6.QtCore import QMimeData

MIME = "application/x-netbuilder-columns"


@dataclass(frozen=True)
class DraggedColumns:
    """The columns under way, and what features and targets are at the time."""

    names: tuple[str, ...]
    features: tuple[str, ...]
    targets: tuple[str, ...]

    def mime(self) -> QMimeData:
        """As what a drag carries."""
        data = QMimeData()
        parts = [self.names, self.features, self.targets]
        data.setData(MIME, json.dumps(parts).encode())
        return data

    @classmethod
    def of(cls, data: QMimeData) -> DraggedColumns | None:
        """What a drag carries; None where it carries no columns."""
        if not data.hasFormat(MIME):
            return None
        try:
            names, features, targets = json.loads(bytes(data.data(MIME).data()))
        except ValueError:
            return None
        return cls(tuple(names), tuple(features), tuple(targets))
