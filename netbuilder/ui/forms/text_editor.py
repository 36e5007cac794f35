"""A field for words."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from netbuilder.core.catalog.spec import Param
from netbuilder.core.catalog.validate import problem_with
from netbuilder.core.i18n import gettext as _
from netbuilder.ui.forms.parsing import UNSET


class TextEditor(QLineEdit):
    """Words, taken as they are typed."""

    edited = Signal(object)
    complaint_changed = Signal(str)

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._param = param
        if param.default is not None:
            self.setPlaceholderText(str(param.default))
        self.textEdited.connect(self._read)

    def show_value(self, value: Any) -> None:
        """Show a value; None is empty."""
        text = "" if value is None else str(value)
        if text != self.text():
            self.setText(text)
        self.complaint_changed.emit("")

    def _read(self, text: str) -> None:
        value: Any = text if text else UNSET
        if value is UNSET and self._param.required:
            self.complaint_changed.emit(_("Enter a value."))
            return
        trouble = None if value is UNSET else problem_with(self._param, value)
        self.complaint_changed.emit(trouble or "")
        if trouble is None:
            self.edited.emit(value)
