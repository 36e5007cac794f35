"""The page Share: what can be handed on, a row each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QScrollArea, QWidget

from netbuilder.core.formats.registry import FORMATS
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import as_sentence
from netbuilder.ui.services.settings import level
from netbuilder.ui.widgets.accessible_roles import make_scroll_area_accessible
from netbuilder.ui.widgets.connections import connect_while
from netbuilder.ui.widgets.labels import heading, note_label
from netbuilder.ui.widgets.layouts import STRETCH, hbox, prepared, vbox
from netbuilder.ui.window.window_parts import WindowParts

_BASIC = ("hand-in", "report", "h5", "web", "svg")  # what the level Basic shows


class SharePage(QScrollArea):
    """The submission, the report, and the network in each format."""

    def __init__(self, parts: WindowParts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models = parts.workbench.models
        make_scroll_area_accessible(self, _("Share"))
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        page = prepared(QWidget(self), role="page")
        self.missing = note_label(_("Train the network first to save what is grey."), page)
        self.buttons: dict[str, QPushButton] = {}
        self._rows: dict[str, QWidget] = {}
        for name in ("hand-in", "report", "worksheet"):
            row = parts.actions.rows[name]
            self._add(page, name, row.title.rstrip("…"), as_sentence(row.help), row.callback)
        for file in FORMATS:
            export = partial(parts.documents.export, file.name)
            self._add(page, file.name, _(file.title), _(file.help), export)
        self.buttons["hand-in"].setText(parts.actions.rows["hand-in"].title)
        self._trained = {"report", *(file.name for file in FORMATS if file.trained)}
        vbox(self.missing, *self._rows.values(), STRETCH, parent=page, margins=16, spacing=8)
        self.setWidget(page)
        for signal in (self._models.changed, level().changed):
            connect_while(self, signal, self._update)
        self._update()

    def _add(
        self, page: QWidget, name: str, title: str, words: str, share: Callable[[], object]
    ) -> None:
        self._rows[name] = row = QWidget(page)
        button = prepared(QPushButton(_("Save…"), row), objectName=f"share_{name}")
        self.buttons[name] = prepared(button, accessibleName=title)
        button.clicked.connect(lambda _checked=False: share())
        texts = vbox(heading(title, row), note_label(words, row, role="body"), spacing=0)
        hbox((texts, 1), (button, 0, Qt.AlignmentFlag.AlignVCenter), parent=row, margins=0)

    def _update(self, *_changes: object) -> None:
        self.missing.setHidden(self._models.trained is not None)
        for name, row in self._rows.items():
            ready = self._models.trained is not None or name not in self._trained
            self.buttons[name].setEnabled(ready)
            row.setHidden(level().basic and name not in _BASIC)
