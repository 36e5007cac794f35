"""The form of the data recipe, and the target picker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.kinds.kind import TEST
from netbuilder.core.data.registry import KINDS, alternatives
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Data
from netbuilder.core.wording import join_values
from netbuilder.ui.forms.choice_editor import ChooseRow
from netbuilder.ui.forms.param_form import ParamForm, ParamRow
from netbuilder.ui.style.shortcuts import control_text
from netbuilder.ui.widgets.layouts import vbox
from netbuilder.ui.widgets.role_boxes import CardList, RoleBox

_FIELDS = frozenset(Data.__dataclass_fields__)


def params_of(data: Data) -> tuple[Param, ...]:
    """Return the rows of the form; the choice of a file's kind first."""
    kind = KINDS.get(data.kind)
    if kind is None:
        return ()
    rows = kind.params(data)
    others = alternatives(data)
    if len(others) < 2:
        return rows
    how = Param(
        "kind",
        Kind.CHOICE,
        data.kind,
        _("How the file is read."),
        choices=tuple(other.name for other in others),
    )
    return (how, *rows)


def values_of(data: Data) -> dict[str, Any]:
    """Return the recipe's values, with defaults."""
    values: dict[str, Any] = dict(data.options)
    for param in params_of(data):
        if param.name in _FIELDS:
            values[param.name] = getattr(data, param.name)
    return values


def change_of(data: Data, name: str, value: Any) -> Mapping[str, Any]:
    """Return the arguments of ``edits.set_data`` for an edited field; ``...`` is the default."""
    if value is ... and name in _FIELDS:
        return {name: Data.__dataclass_fields__[name].default}
    return {name: value}


class RecipeForms(QObject):
    """Two forms: ``sliders``, above the plots of the data, and ``rest``. ``edited(name, value)`` as
    of a ``ParamForm``."""

    edited = Signal(str, object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.sliders, self.rest = QWidget(parent), QWidget(parent)
        self._forms: dict[QWidget, ParamForm] = {}
        self._params: tuple[Param, ...] = ()
        for place in (self.sliders, self.rest):
            vbox(parent=place, margins=0)

    @property
    def rows(self) -> dict[str, ParamRow]:
        return {name: row for form in self._forms.values() for name, row in form.rows.items()}

    def show_data(self, data: Data) -> None:
        """Show a recipe, rebuilding the rows if they differ."""
        params = params_of(data)
        if params != self._params:
            self._params = params
            slid = tuple(param for param in params if param.slide)
            self._build(self.sliders, slid)
            self._build(self.rest, tuple(param for param in params if not param.slide))
        for form in self._forms.values():
            form.show_values({**values_of(data), "kind": data.kind})
        if TEST.name in self.rows:  # beside a file to judge on no part is asked for
            self.rows[TEST.name].set_shown(not data.test_path)

    def discard_typed(self) -> None:
        """Discard uncommitted text, which was for the old data."""
        for form in self._forms.values():
            form.discard_typed()

    def _build(self, place: QWidget, params: tuple[Param, ...]) -> None:
        old = self._forms.pop(place, None)
        if old is not None:
            old.discard_typed()
            old.hide()
            old.deleteLater()
        place.setVisible(bool(params))
        if params:
            form = ParamForm(params, place, about="data", commits_when_left=True)
            self._forms[place] = form
            form.edited.connect(self.edited)
            layout = place.layout()
            assert layout is not None
            layout.addWidget(form)


class TargetPicker(QWidget):
    """A list of columns with checkboxes. ``edited(names)``."""

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: tuple[str, ...] = ()
        self._chosen: tuple[str, ...] = ()
        self._concluded: tuple[str, ...] = ()
        self._sure = self._answered = False
        self._row = ChooseRow(_("target"), _("The column that the network predicts."), self)
        self.button, self.menu = self._row.button, self._row.menu
        self.question = CardList(self)
        vbox(self.question, self._row, parent=self, margins=0)

    def show_columns(self, columns: tuple[str, ...], chosen: tuple[str, ...]) -> None:
        """Show the columns; without a choice there is a suggestion and a question."""
        self._columns, self._chosen = columns, chosen
        self._show()

    def show_guess(self, names: tuple[str, ...], *, sure: bool = False) -> None:
        """Show a suggested target; ``sure``: it is the only possible column."""
        if (names, sure) != (self._concluded, self._sure):
            self._concluded, self._sure = names, sure
            self._show()

    def show_answered(self, answered: bool) -> None:
        """Set whether a network predicts the target already, so that there is no question."""
        if answered != self._answered:
            self._answered = answered
            self._show()

    @property
    def _guess(self) -> tuple[str, ...]:
        known = tuple(name for name in self._concluded if name in self._columns)
        return known or self._columns[-1:]

    def _show(self) -> None:
        columns = self._columns
        self._ask()
        names = self._chosen or self._guess
        self._row.show_text(join_values(names) or _("no columns"))
        self.menu.clear()
        for name in columns:
            entry = self.menu.addAction(name.replace("&", "&&"))
            entry.setCheckable(True)
            entry.setChecked(name in names)
            entry.triggered.connect(self._toggler(name))
        if len(columns) > 1:
            self.menu.addSeparator()
            hint = self.menu.addAction(_("{key}: several columns", key=control_text()))
            hint.setEnabled(False)

    def _ask(self) -> None:
        self.question.clear()
        open_question = bool(self._columns) and not (self._chosen or self._sure or self._answered)
        self._row.setVisible(not open_question)  # the question says the same, and has the same list
        if not open_question:
            return
        guess = join_values(self._guess)
        card = self.question.add(
            RoleBox(
                "info",
                "",
                _("Which column should the network predict? Suggested: {column}", column=guess),
                self,
                buttons=(
                    (_("Yes, {column}", column=guess), lambda: self._settle(self._guess)),
                    (_("Choose another column…"), lambda: self._list_below(card.buttons[1])),
                ),
            )
        )

    def _list_below(self, button: QWidget) -> None:
        self.menu.popup(button.mapToGlobal(button.rect().bottomLeft()))

    def _settle(self, chosen: tuple[str, ...]) -> None:
        self.show_columns(self._columns, chosen)
        self.edited.emit(chosen)

    def _toggler(self, name: str) -> Callable[[bool], None]:
        return lambda on: self._choose(name, on)

    def _choose(self, name: str, on: bool) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtWidgets import QApplication

        several = bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier)
        chosen = [name]
        if several:
            others = [column for column in self._chosen or self._guess if column != name]
            chosen = [*others, name] if on or not others else others
        self._settle(tuple(column for column in self._columns if column in chosen))
