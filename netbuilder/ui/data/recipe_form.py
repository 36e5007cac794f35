"""The recipe's form: its rows are those of the kind of data, what is slid stands by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.kinds.kind import TEST
from netbuilder.core.data.registry import KINDS, alternatives
from netbuilder.core.project.model import Data
from netbuilder.ui.forms.param_form import ParamForm, ParamRow

_FIELDS = frozenset(Data.__dataclass_fields__)


def params_of(data: Data) -> tuple[Param, ...]:
    """The rows of the form; where the file can be read in several ways, that choice first."""
    kind = KINDS.get(data.kind)
    if kind is None:
        return ()
    rows = kind.params(data)
    if data.test_path:  # which is judged on instead of a part of the rows
        rows = tuple(row for row in rows if row.name != TEST.name)
    others = alternatives(data)
    if len(others) < 2:
        return rows
    how = Param(
        "kind",
        Kind.CHOICE,
        data.kind,
        "what the file is taken for",
        choices=tuple(other.name for other in others),
    )
    return (how, *rows)


def values_of(data: Data) -> dict[str, Any]:
    """The recipe as the form shows it; what is absent has its default."""
    found: dict[str, Any] = dict(data.options)
    for param in params_of(data):
        if param.name in _FIELDS:
            found[param.name] = getattr(data, param.name)
    return found


def change_of(data: Data, name: str, value: Any) -> Mapping[str, Any]:
    """What ``edits.set_data`` is told when a field was edited; ``...`` for the default."""
    if value is ... and name in _FIELDS:
        return {name: Data.__dataclass_fields__[name].default}
    return {name: value}


class RecipeForms(QObject):
    """Two forms: ``sliders``, to stand above what is drawn of the data, and ``rest`` below it.

    ``edited(name, value)`` as of a ``ParamForm``.
    """

    edited = Signal(str, object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.sliders, self.rest = QWidget(parent), QWidget(parent)
        self._forms: dict[QWidget, ParamForm] = {}
        self._shown: tuple[Param, ...] = ()
        for place in (self.sliders, self.rest):
            QVBoxLayout(place).setContentsMargins(0, 0, 0, 0)

    @property
    def rows(self) -> dict[str, ParamRow]:
        """The rows that have been built, by name."""
        return {name: row for form in self._forms.values() for name, row in form.rows.items()}

    def show_data(self, data: Data) -> None:
        """Show a recipe; the rows are built anew where they are others."""
        params = params_of(data)
        if params != self._shown:
            self._shown = params
            slid = tuple(one for one in params if one.slide)
            self._build(self.sliders, slid)
            self._build(self.rest, tuple(one for one in params if not one.slide))
        for form in self._forms.values():
            form.show_values({**values_of(data), "kind": data.kind})

    def _build(self, place: QWidget, params: tuple[Param, ...]) -> None:
        old = self._forms.pop(place, None)
        if old is not None:
            old.hide()
            old.deleteLater()
        place.setVisible(bool(params))
        if params:
            self._forms[place] = form = ParamForm(params, place, about="data")
            form.edited.connect(self.edited)
            layout = place.layout()
            assert layout is not None
            layout.addWidget(form)
