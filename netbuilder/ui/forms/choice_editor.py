"""Choose a loss, metric, optimizer or callback and its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QWidget,
)

from netbuilder.core.catalog.spec import ObjectSpec
from netbuilder.core.catalog.training.training_index import canonical
from netbuilder.core.i18n import gettext as _, pgettext
from netbuilder.core.lessons.glossary import entry_of_field
from netbuilder.core.project.model import Choice
from netbuilder.ui.forms.boxes import ElidedComboBox
from netbuilder.ui.forms.param_form import LABEL_WIDTH, ParamForm
from netbuilder.ui.forms.parsing import UNSET
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import dispose, hbox, prepared, vbox

_FLAGS = Qt.ItemDataRole.UserRole - 1  # the role of QComboBox's item flags


class ChooseRow(QWidget):
    """A form row with a label and a menu button that shows the choice."""

    def __init__(self, title: str, tip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        label = prepared(QLabel(title, self), role="field")
        label.setFixedWidth(LABEL_WIDTH)
        self.button = prepared(QPushButton(self), role="choose", accessibleName=title, toolTip=tip)
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._text = ""
        self.menu = QMenu(self.button)
        self.button.setMenu(self.menu)
        label.setBuddy(self.button)
        hbox(label, (self.button, 1), parent=self, margins=0, spacing=8)

    def show_text(self, text: str) -> None:
        self._text = text
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        option = QStyleOptionButton()
        self.button.initStyleOption(option)
        part = QStyle.SubElement.SE_PushButtonContents
        room = self.button.style().subElementRect(part, option, self.button).width()
        # Stylesheet padding does not affect the text of a button with a menu.
        text, end = f"\u2002{self._text}", Qt.TextElideMode.ElideRight
        elided = self.button.fontMetrics().elidedText(text, end, room)
        self.button.setText(elided)
        if elided != text:
            self.button.setToolTip(self._text)


class ChoiceForm(QWidget):
    """Chooses one of ``specs`` and its arguments. ``edited(choice, merge key)``.

    With ``automatic`` the first entry is "automatic" (None in the project), explained by
    ``set_automatic``, and all arguments are under More, so that the form keeps its height.
    """

    edited = Signal(object, str)

    def __init__(
        self,
        title: str,
        specs: Mapping[str, ObjectSpec],
        parent: QWidget | None = None,
        *,
        automatic: bool = False,
    ) -> None:
        super().__init__(parent)
        self._title, self._specs, self._automatic = title, specs, automatic
        self._choice: Choice | None = None
        self._form: ParamForm | None = None
        self._form_name: str | None = None
        self._auto_name = ""
        self._steps = 0
        self.combo = prepared(ElidedComboBox(self), accessibleName=title)
        label = prepared(QLabel(title, self), role="row")
        label.setBuddy(self.combo)
        self.help = prepared(note_label("", self), alignment=Qt.AlignmentFlag.AlignTop)
        label.setFixedWidth(LABEL_WIDTH)
        field = vbox(self.combo, self.help, spacing=4)
        top = Qt.AlignmentFlag.AlignTop
        self._outer = vbox(hbox((label, 0, top), (field, 1)), parent=self, margins=0)
        self.combo.activated.connect(self._chosen)
        self.set_task("")

    @property
    def form(self) -> ParamForm | None:
        return self._form

    def set_task(self, task: str) -> None:
        self.combo.clear()
        if self._automatic:
            self.combo.addItem(self._automatic_text(), None)
        specs = self._specs.values()
        fitting = self._fitting = [s for s in specs if not task or not s.tasks or task in s.tasks]
        others = [s for s in specs if s not in fitting]
        for number, spec in enumerate((*fitting, *others)):
            if others and number == len(fitting):
                self.combo.insertSeparator(self.combo.count())
                self.combo.addItem(_("For other kinds of target"))
                self.combo.setItemData(self.combo.count() - 1, 0, _FLAGS)  # no choice
            self.combo.addItem(spec.display_title, spec.name)
        self._show()

    def set_automatic(self, name: str) -> None:
        self._auto_name = name
        if self._automatic and self.combo.count():
            self.combo.setItemText(0, self._automatic_text())
            self._show()

    def show_choice(self, choice: Choice | None) -> None:
        self._choice = choice
        self._show()

    def set_steps(self, steps: int) -> None:
        self._steps = steps
        if self._form is not None:
            self._form.set_steps(steps)

    def _automatic_text(self) -> str:
        spec = self._specs.get(self._auto_name)
        if spec:
            return pgettext("loss", "automatic: {name}", name=spec.display_title)
        return pgettext("loss", "automatic, from the data")

    def _show(self) -> None:
        name = self._name()
        index = self.combo.findData(name)
        if index < 0 and name is not None:
            self.combo.addItem(name, name)
            index = self.combo.count() - 1
        self.combo.setCurrentIndex(max(index, 0))
        name = name or (self._auto_name if self._automatic else None)
        spec = self._specs.get(name or "")
        self.help.setText(spec.explanation if spec else "")
        self._reserve()
        if name != self._form_name:
            self._form_name = name
            if self._form is not None:
                dispose(self._form)
            self._form = None
            if spec is not None and spec.params:
                params = spec.params
                if self._automatic:
                    params = tuple(replace(param, more=True) for param in params)
                self._form = ParamForm(params, self, about=entry_of_field(self._title, "training"))
                self._form.set_steps(self._steps)
                self._form.edited.connect(self._argument_edited)
                self._outer.addWidget(self._form)
        if self._form is not None:
            self._form.show_values(self._choice.params if self._choice is not None else {})

    def _name(self) -> str | None:
        if self._choice is None:
            return None
        return canonical(self._specs, self._choice.name) or self._choice.name

    def _reserve(self) -> None:
        room = QRect(0, 0, self.help.width(), 10_000)
        wrapped = partial(self.help.fontMetrics().boundingRect, room, Qt.TextFlag.TextWordWrap)
        heights = [wrapped(spec.explanation).height() for spec in self._fitting]
        self.help.setMinimumHeight(max(heights, default=0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._reserve()

    def _chosen(self, index: int) -> None:
        name = self.combo.itemData(index)
        old = self._choice
        if name == self._name():
            return
        choice = None
        if name is not None:
            spec = self._specs[name]
            previous = old.params if old else {}
            params = spec.start_params()
            params |= {key: value for key, value in previous.items() if key in spec.by_name}
            choice = Choice(name, params)
        self.show_choice(choice)
        self.edited.emit(choice, "")

    def _argument_edited(self, name: str, value: Any) -> None:
        chosen = self._choice or Choice(self._auto_name)
        params = {key: old for key, old in chosen.params.items() if key != name}
        if value is not UNSET:
            params[name] = value
        self.show_choice(Choice(chosen.name, params))
        self.edited.emit(self._choice, f"{self._title}/{name}")
