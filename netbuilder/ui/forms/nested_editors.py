"""Editors for objects with their own parameters: initializers, wrapped layers, schedules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Kind, ObjectSpec, Param
from netbuilder.core.catalog.training import schedules
from netbuilder.core.catalog.training.training_index import (
    CONSTRAINTS,
    INITIALIZERS,
    REGULARIZERS,
    SCHEDULES,
    canonical,
)
from netbuilder.core.catalog.validate import problem_with
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.lessons.glossary import entry_of_field
from netbuilder.ui.forms.boxes import ElidedComboBox, TypedBox
from netbuilder.ui.forms.parsing import UNSET
from netbuilder.ui.plots.sparkline import Sparkline
from netbuilder.ui.widgets.labels import note_label, show_text
from netbuilder.ui.widgets.layouts import dispose, prepared, vbox

OBJECTS: dict[Kind, Mapping[str, ObjectSpec]] = {
    Kind.INITIALIZER: INITIALIZERS,
    Kind.REGULARIZER: REGULARIZERS,
    Kind.CONSTRAINT: CONSTRAINTS,
}


class NestedEditor(QWidget):
    """A combo box with the parameters of its entry below, in a form that ``make_form`` creates."""

    edited = Signal(object)
    complaint_changed = Signal(str)

    def __init__(self, param: Param, parent: QWidget | None, make_form: Callable[..., Any]) -> None:
        super().__init__(parent)
        self._param, self._make_form = param, make_form
        self._name: str | None = None
        self._params: dict[str, Any] = {}
        self._form: Any = None
        self.combo = prepared(ElidedComboBox(self), accessibleName=param.name)
        self.combo.activated.connect(self._choose)
        self.setFocusProxy(self.combo)
        self._help = note_label("", self)
        self.body = vbox(self.combo, self._help, parent=self, margins=0, spacing=4)

    @property
    def form(self) -> Any:
        return self._form

    def show_value(self, value: Any) -> None:
        self._name, self._params = self.split(value)
        self._rebuild()

    def split(self, value: Any) -> tuple[str | None, dict[str, Any]]:
        raise NotImplementedError

    def joined(self) -> Any:
        raise NotImplementedError

    def params_of(self, name: str) -> tuple[tuple[Param, ...], str]:
        raise NotImplementedError

    def _choose(self, index: int) -> None:
        self._name = self.combo.itemData(index)
        self._params = self.start_of(self._name)
        self._rebuild()
        self.edited.emit(self.joined())

    def start_of(self, name: str | None) -> dict[str, Any]:
        params, _ = self.params_of(name) if name else ((), "")
        return {p.name: p.start for p in params if p.required and p.start is not None}

    def _rebuild(self) -> None:
        index = self.combo.findData(self._name)
        if index < 0 and self._name is not None:
            self.combo.addItem(self._name, self._name)
            index = self.combo.count() - 1
        self.combo.setCurrentIndex(max(index, 0))
        if self._form is not None:
            dispose(self._form)
            self._form = None
        params, help_line = self.params_of(self._name) if self._name else ((), "")
        self.show_help(help_line)
        if params:
            self._form = self._make_form(
                params, self, narrow=True, about=entry_of_field(self._param.name, "layer")
            )
            self._form.show_values(self._params)
            self._form.edited.connect(self._take)
            self.body.addWidget(self._form)

    def show_help(self, line: str) -> None:
        show_text(self._help, line)

    def _take(self, name: str, value: Any) -> None:
        if value is UNSET:
            self._params.pop(name, None)
        else:
            self._params[name] = value
        self.edited.emit(self.joined())


class ObjectEditor(NestedEditor):
    """An initializer, regularizer or constraint: a name such as ``"HeNormal"``, or with
    parameters."""

    def __init__(self, param: Param, parent: QWidget | None, make_form: Callable[..., Any]) -> None:
        super().__init__(param, parent, make_form)
        self._specs = OBJECTS[param.kind]
        if param.optional or param.default is None:
            self.combo.addItem("none", None)
        for name, spec in self._specs.items():
            self.combo.addItem(spec.title or name, name)

    def split(self, value: Any) -> tuple[str | None, dict[str, Any]]:
        if isinstance(value, Mapping):
            name = str(value.get("name", ""))
            return canonical(self._specs, name) or name, dict(value.get("params", {}))
        if value is None and not self._param.optional:
            value = self._param.default
        if value is None:
            return None, {}
        return canonical(self._specs, str(value)) or str(value), {}

    def joined(self) -> Any:
        if self._name is None:
            return None if self._param.optional else UNSET
        return {"name": self._name, "params": dict(self._params)} if self._params else self._name

    def params_of(self, name: str) -> tuple[tuple[Param, ...], str]:
        spec = self._specs.get(name)
        return (spec.params, spec.explanation) if spec else ((), "")


class LayerEditor(NestedEditor):
    """The layer inside a wrapper, with its own form."""

    def __init__(self, param: Param, parent: QWidget | None, make_form: Callable[..., Any]) -> None:
        super().__init__(param, parent, make_form)
        if not param.required:
            self.combo.addItem("none", None)
        for name in param.choices or LAYERS:
            if name != "Input":
                self.combo.addItem(name, name)

    def split(self, value: Any) -> tuple[str | None, dict[str, Any]]:
        if isinstance(value, Mapping):
            return str(value.get("layer", "")), dict(value.get("params", {}))
        return None, {}

    def joined(self) -> Any:
        if self._name is None:
            return UNSET
        return {"layer": self._name, "params": dict(self._params)}

    def params_of(self, name: str) -> tuple[tuple[Param, ...], str]:
        spec = LAYERS.get(name)
        return (spec.params, spec.explanation) if spec else ((), "")

    def start_of(self, name: str | None) -> dict[str, Any]:
        spec = LAYERS.get(name or "")
        return spec.start_params() if spec else {}


FIXED = N_("fixed")
#: Points of the curve.
_POINTS = 160
#: Steps of the curve while the number of training steps is unknown.
_SOME_STEPS = 1000


class ScheduleEditor(NestedEditor):
    """A fixed learning rate, or a row of ``SCHEDULES`` with its form and curve."""

    def __init__(self, param: Param, parent: QWidget | None, make_form: Callable[..., Any]) -> None:
        super().__init__(param, parent, make_form)
        self._rate: Any = None
        self._steps = 0
        self.combo.addItem(_(FIXED), None)
        for name, spec in SCHEDULES.items():
            self.combo.addItem(spec.display_title, name)
        self.box = TypedBox(replace(param, schedule=False), self)
        self.box.setAccessibleName(param.name)
        self.box.setAccessibleDescription(param.explanation)
        self.box.setToolTip(param.explanation)
        self.box.edited.connect(self._take_rate)
        self.box.complaint_changed.connect(self.complaint_changed)
        self.sketch = Sparkline(self)
        self.body.insertWidget(1, self.box)
        self.body.addWidget(self.sketch)
        self._fixed_help = param.explanation
        self.edited.connect(lambda _value: self._validate())
        self._rebuild()

    def show_value(self, value: Any) -> None:
        super().show_value(value)
        self._validate()

    def set_steps(self, steps: int) -> None:
        """Set the number of training steps; 0: unknown."""
        if steps != self._steps:
            self._steps = steps
            self._draw()

    def split(self, value: Any) -> tuple[str | None, dict[str, Any]]:
        if isinstance(value, Mapping):
            name = str(value.get("name", ""))
            return canonical(SCHEDULES, name) or name, dict(value.get("params", {}))
        self._rate = value
        return None, {}

    def joined(self) -> Any:
        if self._name is None:
            return UNSET if self._rate is None else self._rate
        return {"name": self._name, "params": dict(self._params)}

    def params_of(self, name: str) -> tuple[tuple[Param, ...], str]:
        spec = SCHEDULES.get(name)
        return (spec.params, spec.explanation) if spec else ((), "")

    def start_of(self, name: str | None) -> dict[str, Any]:
        if name is None:
            return {}
        rate = self._rate if isinstance(self._rate, (int, float)) else self._param.default
        initial = schedules.initial_arguments(name, rate, self._steps or _SOME_STEPS)
        # Keep the previous schedule's values of common parameters.
        return initial | {key: old for key, old in self._params.items() if key in initial}

    def _choose(self, index: int) -> None:
        if self._name is not None and self.combo.itemData(index) is None:
            self._rate = schedules.initial_rate(self._name, self._params)
        super()._choose(index)

    def _take_rate(self, value: Any) -> None:
        self._rate = None if value is UNSET else value
        self.edited.emit(value)

    def _rebuild(self) -> None:
        super()._rebuild()
        fixed = self._name is None
        self.box.setVisible(fixed)
        self.sketch.setVisible(not fixed)
        if fixed:
            self.box.show_value(self._rate)
            self.show_help(self._fixed_help)
        self._draw()

    def _validate(self) -> None:
        """Show what is wrong with the schedule as a whole, and draw it."""
        if self._name is not None:
            self.complaint_changed.emit(problem_with(self._param, self.joined()) or "")
        self._draw()

    def _draw(self) -> None:
        if self._name is None:
            return
        steps = self._steps or _SOME_STEPS
        points = [steps * number / _POINTS for number in range(_POINTS + 1)]
        try:
            curve = [schedules.rate_at(self._name, self._params, round(step)) for step in points]
        except (KeyError, ValueError):
            curve = []
        words = (
            ngettext("{count} step in all", "{count} steps in all", steps)
            if self._steps
            else ngettext("the first step", "the first {count} steps", steps)
        )
        self.sketch.show_curve(curve, words)
