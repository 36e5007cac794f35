"""Ends an undo step where a person ends it: with Enter, or on leaving the field."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QWidget

from netbuilder.ui.services.project_store import ProjectStore

_KNOWN = "ends steps"


class TypedSteps(QObject):
    """What is typed into a field is one step of undo, as long as it is one entry.

    Edits of one parameter merge, so that "128" is no three steps. But 16, Enter, and later 3 in
    the same field are two things that were done, and one undo takes back the last.
    """

    def __init__(self, store: ProjectStore, parent: QObject) -> None:
        super().__init__(parent)
        self._store = store
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._moved)

    def _moved(self, _old: QWidget | None, new: QWidget | None) -> None:
        self._store.end_merge()
        # Once for each field: a field is entered many times.
        if isinstance(new, (QLineEdit, QAbstractSpinBox)) and not new.property(_KNOWN):
            new.setProperty(_KNOWN, True)
            new.editingFinished.connect(self._store.end_merge)
