"""Labels that wrap, in the few roles that the stylesheet knows."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


def note_label(text: str, parent: QWidget | None = None, *, role: str = "note") -> QLabel:
    """A label of wrapping plain text in a role: note, complaint, title, sentence, number, ..."""
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setProperty("role", role)
    label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    label.setMinimumWidth(20)
    return label


def heading(text: str, parent: QWidget | None = None) -> QLabel:
    """The title of a section."""
    label = QLabel(text, parent)
    label.setProperty("role", "heading")
    return label
