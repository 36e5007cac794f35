"""A page for a command: what it writes, and its button."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QScrollArea, QVBoxLayout, QWidget

from netbuilder.ui.widgets.accessible_roles import make_scroll_area_accessible
from netbuilder.ui.widgets.labels import note_label


class ActionPage(QScrollArea):
    """Describes a command, and offers it; ``missing`` is shown while it is disabled."""

    def __init__(
        self,
        action: QAction,
        title: str,
        words: str,
        contents: Iterable[str],
        button: str,
        missing: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._action = action
        make_scroll_area_accessible(self, title)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        page = QWidget(self)
        page.setProperty("role", "page")
        layout = QVBoxLayout(page)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(note_label(title, page, role="title"))
        layout.addWidget(note_label(words, page, role="body"))
        layout.addSpacing(4)
        for line in contents:
            layout.addWidget(note_label(f"•  {line}", page, role="body"))
        layout.addSpacing(8)
        self.button = QPushButton(button, page)
        self.button.setObjectName(f"do_{action.objectName()}")
        self.button.setProperty("role", "primary")
        self.button.clicked.connect(lambda _checked=False: action.trigger())
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self.missing = note_label(missing, page)
        layout.addWidget(self.missing)
        layout.addStretch(1)
        self.setWidget(page)
        action.changed.connect(self._update)
        self._update()

    def _update(self) -> None:
        enabled = self._action.isEnabled()
        self.button.setEnabled(enabled)
        self.missing.setVisible(not enabled and bool(self.missing.text()))
