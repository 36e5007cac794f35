"""One editor for each kind of parameter, registered in ``EDITORS``.

An editor is a widget with ``show_value(value)``, the signal ``edited(value)`` (a legal value, or
``UNSET`` for the default) and the signal ``complaint_changed(sentence)`` (empty when all is well).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QPushButton,
    QWidget,
)

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.catalog.training.training_index import ACTIVATIONS
from netbuilder.core.i18n import gettext as _
from netbuilder.ui.forms.boxes import ElidedComboBox, TypedBox
from netbuilder.ui.forms.text_editor import TextEditor
from netbuilder.ui.widgets.file_dialogs import ask_open


class CheckEditor(QCheckBox):
    """Yes or no."""

    edited = Signal(object)
    complaint_changed = Signal(str)

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._default = bool(param.default)
        # Qt may leave out what it says by default, the tick: it is read here.
        self.clicked.connect(lambda: self.edited.emit(self.isChecked()))

    def show_value(self, value: Any) -> None:
        """Show a value; None is the default."""
        self.setChecked(self._default if value is None else bool(value))


class ChoiceEditor(ElidedComboBox):
    """One of a few words; ``helps`` gives a line to each, shown as it is chosen, ``none`` to none
    of them."""

    edited = Signal(object)
    complaint_changed = Signal(str)
    explained = Signal(str)

    def __init__(
        self,
        param: Param,
        parent: QWidget | None = None,
        helps: dict[str, str] | None = None,
        none: str = "",
    ) -> None:
        super().__init__(parent)
        self._param = param
        self._helps = helps or {}
        self._none = none
        if param.optional or not (param.required or param.default is not None):
            self.addItem("none", None)
        for name in self._helps or param.choices:
            self.addItem(str(name), name)
            if self._helps.get(name):
                self.setItemData(self.count() - 1, self._helps[name], Qt.ItemDataRole.ToolTipRole)
        self.activated.connect(self._choose)

    def show_value(self, value: Any) -> None:
        """Show a value, also one that is not among the choices; None is the default."""
        if value is None and not self._param.optional:
            value = self._param.default
        index = self.findData(value)
        if index < 0 and value is not None:
            self.addItem(str(value), value)
            index = self.count() - 1
        self.setCurrentIndex(index)
        self._explain()

    def explanation(self) -> str:
        """The line that belongs to what is chosen."""
        chosen = self.currentData()
        return self._helps.get(chosen, "") if chosen else self._none

    def _choose(self, index: int) -> None:
        self._explain()
        self.edited.emit(self.itemData(index))

    def _explain(self) -> None:
        if self._helps:
            self.explained.emit(self.explanation())


def activation_editor(param: Param, parent: QWidget | None = None) -> ChoiceEditor:
    """The activations of the catalog, each with its line of help."""
    return ChoiceEditor(
        param,
        parent,
        {name: _(text) for name, text in ACTIVATIONS.items()},
        _(ACTIVATIONS["linear"]),
    )


class FileEditor(QWidget):
    """The path of a file, typed or chosen."""

    edited = Signal(object)
    complaint_changed = Signal(str)

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = TextEditor(param, self)
        browse = QPushButton("…", self)
        browse.setProperty("small", True)
        browse.setToolTip(_("Choose a file"))
        browse.setAccessibleName(_("Choose a file for {name}", name=param.name))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._text, 1)
        row.addWidget(browse)
        self._text.edited.connect(self.edited)
        self._text.complaint_changed.connect(self.complaint_changed)
        browse.clicked.connect(self._browse)
        self.setFocusProxy(self._text)

    def show_value(self, value: Any) -> None:
        """Show a path; None is empty."""
        self._text.show_value(value)

    def _browse(self) -> None:
        start = Path(self._text.text()).parent if self._text.text() else None
        path = ask_open(self, _("Choose a file"), start=start)
        if path is not None:
            self._text.show_value(str(path))
            self.edited.emit(str(path))


def _object_editor(param: Param, parent: QWidget | None = None) -> QWidget:
    from netbuilder.ui.forms.nested_editors import ObjectEditor

    return ObjectEditor(param, parent)


def _layer_editor(param: Param, parent: QWidget | None = None) -> QWidget:
    from netbuilder.ui.forms.nested_editors import LayerEditor

    return LayerEditor(param, parent)


def _schedule_editor(param: Param, parent: QWidget | None = None) -> QWidget:
    from netbuilder.ui.forms.schedule_editor import ScheduleEditor

    return ScheduleEditor(param, parent)


def _slide_editor(param: Param, parent: QWidget | None = None) -> QWidget:
    from netbuilder.ui.forms.day_slide_editor import DaySlideEditor
    from netbuilder.ui.forms.slide_editor import SlideEditor

    return (DaySlideEditor if param.kind is Kind.TEXT else SlideEditor)(param, parent)


EDITORS: dict[Kind, Callable[[Param, QWidget | None], QWidget]] = {
    Kind.INT: TypedBox,
    Kind.FLOAT: TypedBox,
    Kind.SIZE: TypedBox,
    Kind.SHAPE: TypedBox,
    Kind.INTS: TypedBox,
    Kind.FLOATS: TypedBox,
    Kind.STRINGS: TypedBox,
    Kind.BOOL: CheckEditor,
    Kind.CHOICE: ChoiceEditor,
    Kind.ACTIVATION: activation_editor,
    Kind.TEXT: TextEditor,
    Kind.FILE: FileEditor,
    Kind.INITIALIZER: _object_editor,
    Kind.REGULARIZER: _object_editor,
    Kind.CONSTRAINT: _object_editor,
    Kind.LAYER: _layer_editor,
}

_BLOCKS = frozenset({Kind.INITIALIZER, Kind.REGULARIZER, Kind.CONSTRAINT, Kind.LAYER})


def is_block(param: Param) -> bool:
    """Whether the editor of ``param`` is higher than a line and takes the place of its help."""
    return param.schedule or param.kind in _BLOCKS


def editor_for(param: Param, parent: QWidget | None = None) -> QWidget:
    """The editor of a parameter."""
    make = EDITORS[param.kind]
    if param.schedule or param.slide:
        make = _schedule_editor if param.schedule else _slide_editor
    return make(param, parent)
