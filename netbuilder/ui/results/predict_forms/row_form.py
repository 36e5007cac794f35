"""A row of a table: a slider, check box or list for each column, and how the answer goes."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.errors import UserError
from netbuilder.core.wording import format_list, format_range
from netbuilder.ui.forms.day_slide_editor import DaySlideEditor
from netbuilder.ui.forms.param_form import ParamForm
from netbuilder.ui.results.predict_forms.predict_form import PredictForm, PredictionRequest
from netbuilder.ui.results.response_view import ResponseView, is_days
from netbuilder.ui.services.views.sample_activations import Sample, SampleActivations
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.predict import FormField, Predictions

PREDICT_DELAY_MS = 150
_OWN = "your row"


def param_of(field: FormField) -> Param:
    """The form's row for a column of the data."""
    typical = value_of(field, field.typical)
    if field.kind == "category":
        return Param(field.name, Kind.CHOICE, typical, "", choices=tuple(field.categories))
    if field.kind == "boolean" and len(field.categories) == 2:
        words = f"ticked: {field.categories[1]}; else: {field.categories[0]}"
        return Param(field.name, Kind.BOOL, typical, words)
    if field.low is None or field.high is None:
        kind = Kind.TEXT if field.kind == "date" else Kind.FLOAT
        return Param(field.name, kind, typical, unit=field.unit)
    ends = (value_of(field, field.low), value_of(field, field.high))
    if is_days(field):
        words = f"{ends[0]} to {ends[1]} in training"
        days = (math.floor(field.low), math.floor(field.high))
        slides = days[0] < days[1]
        return Param(
            field.name, Kind.TEXT, typical, words, slide=slides, ends=days if slides else None
        )
    words = f"{format_range(f'{field.low:.6g}', f'{field.high:.6g}', field.unit)} in training"
    slides = field.low < field.high
    return Param(
        field.name, Kind.FLOAT, typical, words,
        slide=slides, ends=(field.low, field.high) if slides else None,
        whole=field.whole or field.kind == "date", unit=field.unit,
    )  # fmt: skip


def value_of(field: FormField, value: float | str | None) -> Any:
    """A value of a column as its field shows it: yes or no, a date, a whole number as one."""
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        return value
    if field.kind == "boolean":
        return value > 0.5
    if field.kind == "date":
        from netbuilder.core.results.own_units import format_day

        words = format_day(value, field.low)
        return int(words) if words.lstrip("-").isdigit() else words  # of years, or seconds
    return int(value) if float(value).is_integer() else float(value)


class RowForm(PredictForm):
    """A form made from the model's columns."""

    one = "row"
    stands_still = "the curve"
    words = "Slide, tick or type: the answer follows."

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.form: ParamForm | None = None
        self.row: dict[str, Any] = {}
        self._fields: dict[str, FormField] = {}
        self._own = False
        self._typed: set[str] = set()  # columns of which something was typed or taken away
        self._soon = QTimer(self, singleShot=True, interval=PREDICT_DELAY_MS)
        self._soon.timeout.connect(lambda: self._ask(by_hand=False))
        self.response = ResponseView(workbench, self)
        self.response.moved.connect(self._slid)
        self.page.addWidget(self.response)
        self._place = QVBoxLayout()
        self.page.addLayout(self._place)

    @property
    def settled(self) -> bool:
        """Whether no question waits to be asked."""
        return not self._soon.isActive()

    def fits(self, trained: TrainedModel) -> bool:
        """Networks that take rows of a table, and nothing else."""
        from netbuilder.core.results.predict import form_fields, input_sort

        return input_sort(trained) == "rows" and bool(form_fields(trained))

    def begin(self, trained: TrainedModel, fresh: bool) -> None:
        """Show the columns; values of columns that stay are kept."""
        from netbuilder.core.results.predict import form_fields

        self._own = self._own and not fresh
        if fresh:
            self._typed = set()
        self._show_form(form_fields(trained))
        self._soon.start()

    @property
    def busy(self) -> bool:
        """Whether a value was filled in by hand."""
        return self._own

    def end(self) -> None:
        """Ask nothing any more."""
        self._soon.stop()

    def _show_form(self, fields: tuple[FormField, ...]) -> None:
        if self.form is not None:
            self.form.hide()
            self.form.deleteLater()
        known = self.row
        self._fields = {field.name: field for field in fields}
        self.row = {f.name: known.get(f.name, value_of(f, f.typical)) for f in fields}
        self.response.show_fields(fields)
        self.form = ParamForm([param_of(field) for field in fields], self, about="data")
        self.form.show_values(self.row)
        self.form.edited.connect(self.edit)
        for name, one in self.form.rows.items():
            one.editor.complaint_changed.connect(self._complained)  # type: ignore[attr-defined]
            if isinstance(one.editor, DaySlideEditor):
                # As the column of the file was read: the day or the month comes first.
                one.editor.read = partial(_day_of, style=self._fields[name].style)
        self._place.addWidget(self.form)

    def _complained(self, sentence: str) -> None:
        self._own = self._own or bool(sentence)
        self._soon.start()

    def edit(self, name: str, value: Any) -> None:
        """Take another value of a column; ``...``: its typical one."""
        if value is ... and self.form is not None:
            value = self.form.rows[name].param.default
        self.row[name] = value
        self._own = True
        self._typed.add(name)
        self.response.follow(name)
        self.said.emit(self.words)  # it is no test row any more
        self._workbench.happened.emit("predicted")
        self._soon.start()

    def _slid(self, name: str, place: float) -> None:
        """Take the value that was chosen on the curve into the form, as if it were typed."""
        value = value_of(self._fields[name], place)
        if self.form is not None:
            self.form.rows[name].complain("")
            self.form.rows[name].show_value(value)
        self.edit(name, value)

    def _ask(self, *, by_hand: bool) -> None:
        rows = self.form.rows.values() if self.form is not None else ()
        if any(one.complaint.text() for one in rows):
            # What stands in the form is not what was answered.
            self.nothing.emit("One of the values cannot be read: it is marked below.")
            return
        row = dict(self.row)
        waiting = [
            name
            for name, field in self._fields.items()
            if field.needed and row.get(name) in (None, "") and name not in self._typed
        ]
        if waiting:  # to be filled in still is no mistake
            self.nothing.emit(f"Fill in {format_list(waiting, 6)}: the answer follows.")
        elif row:
            self.asked.emit(
                PredictionRequest(
                    lambda model: _answer(model, row), lambda model: _sample(model, row), None,
                    by_hand, _OWN if self._own else "")
            )  # fmt: skip
            self.response.show_row(self._placed(row), lambda model: _sample(model, row))

    def _placed(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row with its dates as every axis knows them, however they were typed."""
        trained = self._workbench.asked
        dates = [name for name, field in self._fields.items() if field.kind == "date"]
        if trained is None or not dates:
            return row
        from netbuilder.core.results.file_samples import row_of

        try:
            found = row_of(trained, _sample(trained, row)[0])
        except UserError:
            return row  # the answer says what is wrong with it
        return row | {
            name: value_of(self._fields[name], found[name]) for name in dates if name in found
        }

    def show_look(self, look: SampleActivations, about: str, wanted: bool) -> None:
        """Write a test row into the form, to be changed from there; by itself only as long as
        nothing was filled in by hand."""
        if self.form is None or (self.busy and not wanted):
            return
        self._own = False
        from netbuilder.core.results.file_samples import row_of

        found = row_of(look.trained, look.raw)
        self.row.update({name: value_of(self._fields[name], v) for name, v in found.items()})
        self.form.show_values(self.row)
        for one in self.form.rows.values():
            one.complain("")
        self.said.emit(about)
        self._soon.start()


def _day_of(written: str, style: str) -> float | None:
    from netbuilder.core.results.own_units import parse_day

    return parse_day(written, style)


def _answer(model: TrainedModel, row: dict[str, Any]) -> Predictions:
    from netbuilder.core.results.predict import predict_rows

    return predict_rows(model, row)


def _sample(model: TrainedModel, row: dict[str, Any]) -> Sample:
    from netbuilder.core.results.predict import raw_from_rows

    return {key: value[0] for key, value in raw_from_rows(model, [row])[0].items()}, None
