"""The learning rate: one number, or a schedule of Keras with its arguments and its curve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtWidgets import QSizePolicy, QWidget

from netbuilder.core.catalog.spec import Param
from netbuilder.core.catalog.training import schedules
from netbuilder.core.catalog.training.training_index import SCHEDULES, canonical
from netbuilder.core.catalog.validate import problem_with
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.ui.forms.boxes import FIELD_WIDTH, TypedBox
from netbuilder.ui.forms.nested_editors import NestedEditor
from netbuilder.ui.forms.parsing import UNSET
from netbuilder.ui.plots.sparkline import Sparkline

FIXED = N_("fixed")
#: Points of the curve: as wide as it is drawn.
_POINTS = 160
#: Steps that are drawn while nobody has said how long the plan is.
_SOME_STEPS = 1000


class ScheduleEditor(NestedEditor):
    """ "fixed" with a box for the number, or a row of ``SCHEDULES`` with its form and sketch."""

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self._rate: Any = None
        self._steps = 0
        self.combo.addItem(_(FIXED), None)
        for name, spec in SCHEDULES.items():
            self.combo.addItem(spec.display_title, name)
        self.box = TypedBox(replace(param, schedule=False), self)
        self.box.setFixedWidth(FIELD_WIDTH)
        self.box.setAccessibleName(param.name)
        self.box.setAccessibleDescription(param.explanation)
        self.box.setToolTip(param.explanation)
        self.box.edited.connect(self._take_rate)
        self.box.complaint_changed.connect(self.complaint_changed)
        self.sketch = Sparkline(self)
        self.combo.setMinimumWidth(FIELD_WIDTH)
        self.combo.setMaximumWidth(FIELD_WIDTH + 80)  # the names are long
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.body.insertWidget(1, self.box)
        self.body.addWidget(self.sketch)
        self._fixed_help = param.explanation
        self.edited.connect(lambda _value: self._judge())
        self._rebuild()

    def show_value(self, value: Any) -> None:
        super().show_value(value)
        self._judge()

    def set_steps(self, steps: int) -> None:
        """Say how many steps the plan makes; 0: not known yet."""
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
        known = self._rate if isinstance(self._rate, (int, float)) else self._param.default
        fitting = schedules.initial_arguments(name, known, self._steps or _SOME_STEPS)
        # What was set for the schedule before stays where the next one has it too.
        return fitting | {key: held for key, held in self._params.items() if key in fitting}

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

    def _judge(self) -> None:
        """Say what is wrong with the schedule as a whole, and draw it."""
        if self._name is not None:
            self.complaint_changed.emit(problem_with(self._param, self.joined()) or "")
        self._draw()

    def _draw(self) -> None:
        if self._name is None:
            return
        steps = self._steps or _SOME_STEPS
        wheres = [steps * number / _POINTS for number in range(_POINTS + 1)]
        try:
            curve = [schedules.rate_at(self._name, self._params, round(step)) for step in wheres]
        except (KeyError, ValueError):
            curve = []
        words = (
            ngettext(
                "{count} step in all",
                "{count} steps in all",
                steps,
            )
            if self._steps
            else ngettext("the first step", "the first {count} steps", steps)
        )
        self.sketch.show_curve(curve, words)
