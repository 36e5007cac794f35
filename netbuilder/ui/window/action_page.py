"""A page for a command: what it writes, and its button."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QScrollArea, QWidget

from netbuilder.ui.widgets.accessible_roles import make_scroll_area_accessible
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, prepared, vbox


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
        page = prepared(QWidget(self), role="page")
        name = f"do_{action.objectName()}"
        self.button = prepared(QPushButton(button, page), objectName=name, role="primary")
        self.button.clicked.connect(lambda _checked=False: action.trigger())
        self.missing = note_label(missing, page)
        vbox(
            note_label(title, page, role="title"),
            note_label(words, page, role="body"),
            4,
            *(note_label(f"•  {line}", page, role="body") for line in contents),
            8,
            (self.button, 0, Qt.AlignmentFlag.AlignLeft),
            self.missing,
            STRETCH,
            parent=page,
            margins=16,
            spacing=8,
        )
        self.setWidget(page)
        action.changed.connect(self._update)
        self._update()

    def _update(self) -> None:
        enabled = self._action.isEnabled()
        self.button.setEnabled(enabled)
        self.missing.setVisible(not enabled and bool(self.missing.text()))
