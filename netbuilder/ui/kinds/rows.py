"""The prediction form for a row, and the response along a column."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date, time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QWidget

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.kinds.csv import TABLE
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import format_list, format_number, format_range, label_with_unit
from netbuilder.ui.forms.boxes import NoWheelComboBox, TypedBox
from netbuilder.ui.forms.param_form import ParamForm
from netbuilder.ui.forms.parsing import read_cell
from netbuilder.ui.forms.slide_editor import DaySlideEditor, SlideEditor
from netbuilder.ui.kinds.predict_form import PredictForm, PredictionRequest
from netbuilder.ui.plots.themed_plot import NoWheelPlot
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.services.views.sample_activations import Sample, SampleActivations
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import hbox, prepared, vbox

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.explain.explanation import Response
    from netbuilder.core.results.predict import FormField, Predictions


PREDICT_DELAY_MS = 150
_OWN = N_("your row")


def param_of(field: FormField) -> Param:
    """Return the form's row for a column."""
    typical = value_of(field, field.typical)
    if field.kind == "category":
        return Param(field.name, Kind.CHOICE, typical, "", choices=tuple(field.categories))
    if is_switch(field):
        off, on = field.categories if len(field.categories) == 2 else ("0", "1")
        return Param(field.name, Kind.BOOL, typical, _("On: {on}. Off: {off}.", on=on, off=off))
    if field.low is None or field.high is None:
        kind = Kind.TEXT if field.kind == "date" else Kind.FLOAT
        return Param(field.name, kind, typical, unit=field.unit)
    ends = (value_of(field, field.low), value_of(field, field.high))
    if is_days(field) or _is_clock(field):
        words = _("{first} to {last} in training", first=ends[0], last=ends[1])
        days = (math.floor(field.low), math.floor(field.high))
        slides = days[0] < days[1]  # never of times of the day, which are typed
        return Param(
            field.name, Kind.TEXT, typical, words, slide=slides, ends=days if slides else None
        )
    words = _(
        "{range} in training",
        range=format_range(
            format_number(field.low, ".6g"), format_number(field.high, ".6g"), field.unit
        ),
    )
    slides = field.low < field.high
    return Param(
        field.name, Kind.FLOAT, typical, words,
        slide=slides, ends=(field.low, field.high) if slides else None,
        whole=field.whole or field.kind == "date", unit=field.unit,
    )  # fmt: skip


def is_switch(field: FormField) -> bool:
    """Return whether a column has two values only: yes and no, or 0 and 1."""
    if field.kind == "boolean":
        return len(field.categories) == 2
    return field.kind == "number" and field.whole and (field.low, field.high) == (0, 1)


def value_of(field: FormField, value: float | str | None) -> Any:
    """Return a value for its field: yes or no, a date, a whole number."""
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        return value
    if field.kind == "boolean" or is_switch(field):
        return value > 0.5
    if field.kind == "date":
        from netbuilder.core.results.own_units import format_day, is_dated

        if is_dated(value, field.low):
            return format_day(value, field.low, field.high)
        return round(value)  # of years, or seconds
    return int(value) if float(value).is_integer() else float(value)


def beyond_training(field: FormField, cell: Any) -> str:
    """Return a note if a value is outside the training range; else ""."""
    from netbuilder.core.results.own_units import format_day

    place = _place_of(cell) if field.kind in {"number", "date"} else None
    if place is None or field.low is None or field.high is None:
        return ""
    rounded = 1e-6 * max(abs(field.low), abs(field.high))  # rows come as float32
    if not math.isfinite(place) or field.low - rounded <= place <= field.high + rounded:
        return ""
    low, high = (
        format_day(end, field.low, field.high)
        if field.kind == "date"
        else format_number(end, ".6g")
        for end in (field.low, field.high)
    )
    return _(
        "Outside the training data ({low} to {high}): the prediction is a guess.",
        low=low, high=high,
    )  # fmt: skip


class RowForm(PredictForm):
    """A form with a field for each column."""

    modalities = (TABLE,)
    numbered = N_("Test row {number} of {count}")
    stands_still = N_("The curve")
    words = N_("Change a value to see the prediction change.")

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.form: ParamForm | None = None
        self.row: dict[str, Any] = {}
        self._fields: dict[str, FormField] = {}
        self._own = False
        self._typed: set[str] = set()  # columns of which something was typed or taken away
        self._filled: set[str] = set()  # columns whose cell is empty in the file
        self._soon = QTimer(self, singleShot=True, interval=PREDICT_DELAY_MS)
        self._soon.timeout.connect(lambda: self._ask(by_hand=False))
        self.response = ResponseView(workbench, self)
        self.response.moved.connect(self._slid)
        self.page.addWidget(self.response)
        self._place = vbox()
        self.page.addLayout(self._place)

    @property
    def settled(self) -> bool:
        return not self._soon.isActive()

    def fits(self, trained: TrainedModel) -> bool:
        from netbuilder.core.results.predict import form_fields

        return super().fits(trained) and bool(form_fields(trained))

    def begin(self, trained: TrainedModel, fresh: bool) -> None:
        from netbuilder.core.results.predict import form_fields

        self._own = self._own and not fresh
        if fresh:
            self._typed = set()
        self._show_form(form_fields(trained))
        self._soon.start()

    @property
    def busy(self) -> bool:
        return self._own

    def end(self) -> None:
        self._soon.stop()

    def _show_form(self, fields: tuple[FormField, ...]) -> None:
        if self.form is not None and fields == tuple(self._fields.values()):
            self.response.show_fields(fields)
            return  # what is being typed stays, and the keyboard where it is
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
        for name, row in self.form.rows.items():
            row.editor.complaint_changed.connect(self._complained)  # type: ignore[attr-defined]
            if isinstance(row.editor, SlideEditor):
                # Tab goes from number to number.
                row.editor.slider.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
                row.editor.setFocusProxy(row.editor.box)
            box = getattr(row.editor, "box", row.editor)
            if isinstance(box, TypedBox) and row.param.kind is Kind.FLOAT:
                field = self._fields[name]
                box.read = partial(read_cell, marks=field.marks, unit=field.unit)
            if isinstance(row.editor, DaySlideEditor):
                # As the column of the file was read: the day or the month comes first.
                row.editor.read = partial(_day_of, style=self._fields[name].style)
        self._place.addWidget(self.form)

    def _complained(self, sentence: str) -> None:
        self._own = self._own or bool(sentence)
        self._soon.start()

    def edit(self, name: str, value: Any) -> None:
        """Set a column's value; ``...``: its typical one."""
        if value is ... and self.form is not None:
            value = self.form.rows[name].param.default
        self.row[name] = value
        self._own = True
        self._filled.discard(name)
        self._typed.add(name)
        self.response.follow(name)
        self.said.emit(self.words)
        self._workbench.happened.emit("predicted")
        self._soon.start()

    def _slid(self, name: str, place: float) -> None:
        """Take a value chosen on the curve as if it were typed."""
        value = value_of(self._fields[name], place)
        if self.form is not None:
            self.form.rows[name].complain("")
            self.form.rows[name].show_value(value)
        self.edit(name, value)

    def _ask(self, *, by_hand: bool) -> None:
        rows = self.form.rows.values() if self.form is not None else ()
        for form_row in rows:
            name = form_row.param.name
            warning = beyond_training(self._fields[name], self.row[name])
            if name in self._filled:
                warning = _("The cell is empty in the file: this value is filled in.")
            form_row.warn("" if form_row.complaint.text() else warning)
        kinds = {name: field.kind for name, field in self._fields.items()}
        if any(form_row.complaint.text() for form_row in rows):
            # What stands in the form is not what was answered.
            self.nothing.emit(_("One of the values cannot be read. It is marked below."))
            return
        row = {
            name: int(value) if isinstance(value, bool) and kinds[name] == "number" else value
            for name, value in self.row.items()
        }
        waiting = [
            name
            for name, field in self._fields.items()
            if field.needed and row.get(name) in (None, "") and name not in self._typed
        ]
        if waiting:  # to be filled in still is no mistake
            self.nothing.emit(
                _("To get a prediction, fill in {columns}.", columns=format_list(waiting, 6))
            )
        elif row:
            self.asked.emit(
                PredictionRequest(
                    lambda model: _answer(model, row), lambda model: _sample(model, row), None,
                    by_hand, _OWN if self._own else "")
            )  # fmt: skip
            self.response.show_row(self._placed(row), lambda model: _sample(model, row))

    def _placed(self, row: dict[str, Any]) -> dict[str, Any]:
        trained = self._workbench.models.prediction_model
        dates = [name for name, field in self._fields.items() if field.kind == "date"]
        if trained is None or not dates:
            return row
        from netbuilder.core.results.file_samples import row_of

        try:
            cells = row_of(trained, _sample(trained, row)[0])
        except UserError:
            return row  # the prediction reports the error
        return row | {
            name: value_of(self._fields[name], cells[name]) for name in dates if name in cells
        }

    def show_look(self, look: SampleActivations, about: str, requested: bool) -> None:
        if self.form is None or look.trained is None or (self.busy and not requested):
            return
        self._own, self._filled = bool(look.own), set(look.filled)
        from netbuilder.core.results.file_samples import row_of

        cells = row_of(look.trained, look.raw)
        self.row.update({name: value_of(self._fields[name], v) for name, v in cells.items()})
        self.form.show_values(self.row)
        for row in self.form.rows.values():
            row.complain("")
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


#: Where dates are written below the curve, from its left end to its right.
_MEANT = N_(
    "Dashed: the mean prediction when every row gets this value and keeps its other values."
)
_DATES_AT = (0.12, 0.5, 0.88)
_Band = tuple["np.ndarray", "np.ndarray"]


def _respond(
    trained: TrainedModel, base: Path, make: Callable[[TrainedModel], Sample], column: str
) -> tuple[Response, _Band | None]:
    from netbuilder.core.results.explain.explanation_target import explanation_target as ask
    from netbuilder.core.results.explain.table_methods import partial_dependence, vary_column
    from netbuilder.core.results.uncertainty import own_known_errors, uncertainty_band

    sample, _ = make(trained)
    alone = {key: np.asarray(value)[None] for key, value in sample.items()}
    target = ask(trained, sample)
    response = partial_dependence(target, alone, column)
    rows = vary_column(trained, sample, column, response.values)
    return response, uncertainty_band(trained, rows, target.unit, own_known_errors(trained, base))


class ResponseView(QWidget):
    """The curve along a column. ``moved(column, value)``: its line was dragged."""

    moved = Signal(str, float)

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._fields: dict[str, FormField] = {}
        self._make: Callable[[TrainedModel], Sample] | None = None
        self._row: dict[str, Any] = {}
        self.column = NoWheelComboBox(self)
        self.column.setAccessibleName(_("Column on the horizontal axis"))
        self.about = prepared(QLabel(_("Prediction along"), self), role="field")
        self.about.setBuddy(self.column)
        self.plot = NoWheelPlot("response", 130, self)
        self.curve = self.plot.plot([], [])
        # Curves without a pen would have no points to fill between.
        self._low = self.plot.plot([], [], pen=pg.mkPen(0, 0, 0, 0))
        self._high = self.plot.plot([], [], pen=pg.mkPen(0, 0, 0, 0))
        self.mean = self.plot.plot([], [])
        self.means: dict[str, Response] = {}
        self.words = note_label("", self)
        self._band = pg.FillBetweenItem(self._low, self._high)
        self.plot.addItem(self._band)
        self._bars = pg.ErrorBarItem(x=np.zeros(0), y=np.zeros(0), beam=0.04)
        self.plot.addItem(self._bars)
        self.here = pg.InfiniteLine(angle=90, movable=True)
        self.here.setCursor(Qt.CursorShape.SizeHorCursor)
        self.plot.addItem(self.here)
        vbox(hbox(self.about, (self.column, 1)), self.plot, self.words, parent=self, margins=0)
        self.words.hide()
        self._worker = Derived(
            self, _respond, self._found, lambda _error: self.show_curve([], [], None),
            of=lambda: workbench.models.prediction_model,
        )  # fmt: skip
        self.column.activated.connect(self._column_chosen)
        self.column.currentTextChanged.connect(lambda _column: self.restyle())
        self.here.sigDragged.connect(self._dragged)
        theme.theme().changed.connect(self.restyle)
        self.restyle()
        self.hide()

    def restyle(self) -> None:
        scheme = theme.colors()
        dashed = Qt.PenStyle.DashLine
        curves = (
            (self.curve, pg.mkPen(scheme.training, width=2), "o"),
            (self.mean, pg.mkPen(scheme.secondary, width=2, style=dashed), "d"),
        )
        for curve, pen, symbol in curves:
            # Between no and yes there is nothing.
            curve.setPen(None if self._switches else pen)
            curve.setSymbol(symbol if self._switches else None)
            curve.setSymbolPen(None)
            curve.setSymbolBrush(pen.color())
        self._bars.setData(pen=pg.mkPen(scheme.training, width=2))
        self.here.setPen(pg.mkPen(scheme.validation, width=2))
        self.here.setHoverPen(pg.mkPen(scheme.validation, width=4))
        color = QColor(scheme.training)
        color.setAlphaF(0.16)
        self._band.setBrush(color)

    @property
    def _switches(self) -> bool:
        field = self._fields.get(self.column.currentText())
        return field is not None and is_switch(field)

    def show_fields(self, fields: Sequence[FormField]) -> None:
        """Offer columns of numbers and dates with a known training range."""
        self._fields = {
            field.name: field
            for field in fields
            if field.kind in {"number", "date"} and field.low is not None and field.high is not None
        }
        self.show_curve([], [], None)  # what was drawn is of another network
        self.show_means(())
        self._row, self._make = {}, None
        self.column.clear()
        self.column.addItems(list(self._fields))
        self.setVisible(bool(self._fields))

    def show_row(self, row: dict[str, Any], make: Callable[[TrainedModel], Sample]) -> None:
        self._row, self._make = row, make
        self._place()
        trained = self._workbench.models.prediction_model
        if trained is not None and self._fields:
            self._worker.ask(trained, self._workbench.base, make, self.column.currentText())

    def show_means(self, responses: Sequence[Response]) -> None:
        """Draw the mean prediction over all rows too, starting with the column of the largest
        effect; of no columns: none."""
        self.means = {mean.column: mean for mean in responses if mean.column in self._fields}
        widest = max(self.means.values(), key=lambda mean: mean.span, default=None)
        if widest is not None and widest.column != self.column.currentText():
            self.follow(widest.column)
            self._column_chosen()
        self._draw_mean()

    def _draw_mean(self) -> None:
        mean = self.means.get(self.column.currentText())
        if mean is None:
            self.mean.setData([], [])
        else:
            self.mean.setData(np.array(mean.values, float), mean.answers)
        self.words.setVisible(mean is not None)
        self.words.setText(_(_MEANT))

    def follow(self, column: str) -> None:
        if column in self._fields and column != self.column.currentText():
            self.column.setCurrentText(column)
            self.show_curve([], [], None)  # what was drawn is along another
            self._draw_mean()
            self._place()

    def _column_chosen(self) -> None:
        self._draw_mean()
        if self._make is not None:
            self.show_row(self._row, self._make)

    def _range(self) -> tuple[float, float]:
        field = self._fields.get(self.column.currentText())
        if field is None or field.low is None or field.high is None:
            return 0.0, 1.0
        here = _place_of(self._row.get(field.name))
        if here is None or not math.isfinite(here):
            return field.low, field.high
        return min(field.low, here), max(field.high, here)

    def _place(self) -> None:
        low, high = self._range()
        self._name_places(low, high)
        self.plot.getPlotItem().setXRange(low, high, padding=0.3 if self._switches else 0.02)
        self.here.setBounds((low, high))
        here = _place_of(self._row.get(self.column.currentText(), low))
        if here is not None and not self.here.moving:
            self.here.setPos(here)

    def _name_places(self, low: float, high: float) -> None:
        from netbuilder.core.results.own_units import format_day

        field = self._fields.get(self.column.currentText())
        ticks = None
        if field is not None and (is_days(field) or _is_clock(field)):
            places = [low + part * (high - low) for part in _DATES_AT]
            days = places if _is_clock(field) else [round(place) for place in places]
            ticks = [[(day, format_day(day, field.low, field.high)) for day in days]]
        elif self._switches:
            ticks = [[(0, "0"), (1, "1")]]
        self.plot.getPlotItem().getAxis("bottom").setTicks(ticks)

    def _dragged(self) -> None:
        value = self.here.value()
        field = self._fields.get(self.column.currentText())
        clock = field is not None and _is_clock(field)
        whole = field is not None and (field.whole or field.kind == "date") and not clock
        self.moved.emit(self.column.currentText(), float(round(value) if whole else f"{value:.4g}"))

    def _found(self, answer: tuple[Response, _Band | None]) -> None:
        if self._worker.inputs[3] != self.column.currentText():
            return
        response, around = answer
        x = np.array(response.values, float)
        self.show_curve(x, response.answers, around)
        about = label_with_unit(response.about, response.unit)
        self.plot.getPlotItem().setLabel("left", about)
        self.plot.setAccessibleName(
            _("{output} along {column}", output=response.about, column=response.column)
        )

    def show_curve(self, x: Any, answers: Any, around: _Band | None) -> None:
        self.curve.setData(x, answers)
        x = np.asarray(x, float)
        low, high = (np.zeros(0), np.zeros(0)) if around is None else around
        known = np.isfinite(low) & np.isfinite(high)  # the rest is unlike all known rows
        at = x[known] if around is not None else low
        bars = self._switches and len(at) > 0
        self._bars.setVisible(bars)
        if bars:
            self._bars.setData(
                x=at, y=(low + high)[known] / 2,
                top=(high - low)[known] / 2, bottom=(high - low)[known] / 2,
            )  # fmt: skip
        self._low.setData(at, low[known])
        self._high.setData(at, high[known])
        # Emptied it would keep its old outline, and the axis the room for that.
        self._band.setVisible(len(at) > 0 and not bars)


def is_days(field: FormField) -> bool:
    """Return whether a column holds days since 1970-01-01, not years."""
    from netbuilder.core.results.own_units import has_dates

    return field.kind == "date" and has_dates(field.low, field.high)


def _is_clock(field: FormField) -> bool:
    from netbuilder.core.data.preprocessing.cells import has_times_only

    return field.kind == "date" and has_times_only(field.low, field.high)


def _place_of(cell: Any) -> float | None:
    """Return the axis position of a cell: a number, days of a date, or part of a day."""
    try:
        return float(cell)
    except (TypeError, ValueError):
        pass
    try:
        return float((date.fromisoformat(str(cell)) - date(1970, 1, 1)).days)
    except ValueError:
        pass
    try:
        clock = time.fromisoformat(str(cell))
    except ValueError:
        return None
    return (clock.hour * 3600 + clock.minute * 60 + clock.second) / 86_400
