"""A page for a command: what it writes, and its button."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QScrollArea, QWidget

from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _
from netbuilder.ui.widgets.accessible_roles import make_scroll_area_accessible
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, prepared, vbox


class ActionPage(QScrollArea):
    """Describes a command, and offers it; "missing" of its texts is shown while it is disabled."""

    def __init__(self, action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        name = action.objectName()
        texts = resource_json("texts.json")["action_pages"][name]
        self._action = action
        make_scroll_area_accessible(self, _(texts["title"]))
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        page = prepared(QWidget(self), role="page")
        button = QPushButton(_(texts["button"]), page)
        self.button = prepared(button, objectName=f"do_{name}", role="primary")
        self.button.clicked.connect(lambda _checked=False: action.trigger())
        self.missing = note_label(_(texts["missing"]), page)
        vbox(
            note_label(_(texts["title"]), page, role="title"),
            note_label(_(texts["words"]), page, role="body"),
            4,
            *(note_label(f"•  {_(line)}", page, role="body") for line in texts["contents"]),
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
