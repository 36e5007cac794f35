"""Panels that wait for a trained model: what they say until there is one."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from netbuilder.ui.widgets.labels import note_label


class Waiting(QStackedWidget):
    """A word of explanation, and behind it a scrolling page for the results."""

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = note_label(words, self, role="empty")
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.addWidget(self.words)
        page = QWidget(self)
        page.setProperty("role", "page")
        self.page_layout = QVBoxLayout(page)
        self.page_layout.setContentsMargins(14, 10, 14, 10)
        self.page_layout.setSpacing(8)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        # Pages wrap and fit their width; what should not all the same is at least in reach.
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        scroll.setWidget(page)
        self.addWidget(scroll)

    @classmethod
    def filling(cls, panel: QWidget, words: str) -> Waiting:
        """One that takes all of a panel's room."""
        made = cls(words, panel)
        outer = QVBoxLayout(panel)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(made)
        return made

    def wait(self, words: str) -> None:
        """Show words instead of results."""
        self.words.setText(words)
        self.setCurrentIndex(0)

    def ready(self) -> None:
        """Show the results."""
        self.setCurrentIndex(1)
