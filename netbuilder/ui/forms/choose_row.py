"""A named button that opens a list to choose from."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QWidget

from netbuilder.ui.forms.param_form import LABEL_WIDTH


class ChooseRow(QWidget):
    """A label as in the forms, and a button with a menu that says what is chosen."""

    def __init__(self, title: str, tip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        label = QLabel(title, self)
        label.setProperty("role", "field")
        label.setFixedWidth(LABEL_WIDTH)
        self.button = QPushButton(self)
        self.button.setProperty("role", "choose")
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.button.setAccessibleName(title)
        self.button.setToolTip(tip)
        self.menu = QMenu(self.button)
        self.button.setMenu(self.menu)
        label.setBuddy(self.button)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self.button, 1)

    def show_text(self, text: str) -> None:
        """Say what is chosen."""
        # The stylesheet's padding does not reach the text of a button with a menu.
        self.button.setText(f"\u2002{text}")
