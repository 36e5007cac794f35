"""Series and sequences on the Data page, and the prediction form for a window."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QWidget

from netbuilder.core.data.kinds.arrays import NUMBERS
from netbuilder.core.data.kinds.series.view import (
    LOOKED_BACK_AT,
    ContiguousRows,
    SequencesDataView,
    SeriesDataView,
)
from netbuilder.core.data.registry import modality_of
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.model import Data, Project
from netbuilder.core.wording import format_number, join_sentences, join_values, label_with_unit
from netbuilder.ui.forms.boxes import CountBox, NoWheelComboBox, NoWheelSlider
from netbuilder.ui.kinds.predict_form import PredictForm, request_for_raw
from netbuilder.ui.kinds.splits import split_colors, split_legend
from netbuilder.ui.plots.colour_bar import class_color
from netbuilder.ui.plots.picture_menu import TableMenu
from netbuilder.ui.plots.table_preview import ShortTable
from netbuilder.ui.plots.themed_plot import DateAxis, NumberAxis, ThemedPlot
from netbuilder.ui.plots.window_curve import WindowCurve
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.services.views.sample_activations import SampleActivations
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.style.shortcuts import control_text
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import flow, hbox, prepared, vbox

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.forecast import Forecast, SeriesEnds
    from netbuilder.core.results.predict import Predictions


ALL = N_("All classes")


class SeriesTab(QWidget):
    """One column over time, its splits in their colours."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: SeriesDataView | None = None
        self.column = prepared(NoWheelComboBox(self), accessibleName=_("Column to draw"))
        self.plot = SeriesPlot(self)
        self.legend = QLabel(self)
        self.note = note_label("", self)
        vbox(self.column, (self.plot, 1), self.legend, self.note, parent=self, margins=(0, 4, 0, 0))
        self.column.currentIndexChanged.connect(self._draw)
        theme.theme().changed.connect(self._restyle)
        self._restyle()

    def show_look(self, look: SeriesDataView, project: Project, base: Path) -> None:
        self._look = look
        refill_combo(self.column, look.columns)
        self.column.setVisible(len(look.columns) > 1)
        self._draw()
        gaps = len(self.plot.gaps())
        words = [
            ngettext(
                "From {window} rows the network predicts the next row.",
                "From {window} rows the network predicts the next {count} rows.",
                look.horizon,
                window=format_number(look.window),
            )
        ]
        if any((stretch.parts == LOOKED_BACK_AT).any() for stretch in look.stretches):
            words.append(_("Dotted rows serve only as input; they are never predicted."))
        if gaps:
            words.append(
                ngettext(
                    "{count} gap (shaded): no window spans it.",
                    "{count} gaps (shaded): no window spans them.",
                    gaps,
                )
            )
        self.note.setText(join_sentences(words))

    def _draw(self) -> None:
        if self._look is not None:
            self.plot.show_series(self._look, self.column.currentText())

    def _restyle(self) -> None:
        self.legend.setText(split_legend())


class SequencesTab(QWidget):
    """Some sequences of each class."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: SequencesDataView | None = None
        self.label, self.feature = NoWheelComboBox(self), NoWheelComboBox(self)
        self.label.setAccessibleName(_("Class"))
        self.feature.setAccessibleName(_("Feature"))
        self.plot = SequencesPlot(self)
        self.legend = prepared(QLabel(self), wordWrap=True)
        self.note = note_label("", self)
        vbox(
            hbox((self.label, 1), (self.feature, 1)),
            (self.plot, 1),
            self.legend,
            self.note,
            parent=self,
            margins=(0, 4, 0, 0),
        )
        for box in (self.label, self.feature):
            box.currentIndexChanged.connect(self._draw)

    def show_look(self, look: SequencesDataView, project: Project, base: Path) -> None:
        self._look = look
        classes = [name for name in dict.fromkeys(look.labels) if name]
        refill_combo(self.label, (_(ALL), *classes))
        refill_combo(self.feature, look.features)
        self.label.setVisible(len(classes) > 1)
        self.feature.setVisible(len(look.features) > 1)
        colors = (f'<span style="color:{class_color(n).name()}">━</span> {name}'
                  for n, name in enumerate(classes))  # fmt: skip
        self.legend.setText("&nbsp;&nbsp; ".join(colors))
        self.note.setText(
            ngettext(
                "{shown} of {count} sequence.",
                "{shown} of {count} sequences.",
                look.count,
                shown=len(look.labels),
            )
        )
        self._draw()

    def _draw(self) -> None:
        if self._look is None:
            return
        label = self.label.currentText() if self.label.currentIndex() > 0 else ""
        self.plot.show_sequences(self._look, max(self.feature.currentIndex(), 0), label)


def refill_combo(box: QComboBox, names: tuple[str, ...]) -> None:
    """Replace a box's entries without signals, keeping the choice if possible."""
    before = box.currentText()
    box.blockSignals(True)
    box.clear()
    box.addItems(list(names))
    box.setCurrentIndex(names.index(before) if before in names else 0)
    box.blockSignals(False)


_DAY = 86_400.0
#: Line styles tell the parts apart where colours cannot.
#: By part. Of a curve that goes up and down dashes look like dots, and dots mean input only; the
#: parts follow each other in time, so that colour is not their only sign.
_STYLES = (*3 * (Qt.PenStyle.SolidLine,), Qt.PenStyle.DotLine)


class SeriesPlot(ThemedPlot):
    """One column over time; gaps are shaded bands that no line crosses."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("series", parent, least=200)
        self.look: SeriesDataView | None = None
        self.column = ""
        item = self.getPlotItem()
        item.setMouseEnabled(x=True, y=False)
        self.setToolTip(
            _("Drag to scroll; hold {key} and turn the wheel to zoom.", key=control_text())
        )
        item.setDownsampling(auto=True, mode="peak")
        item.setClipToView(True)

    def show_series(self, look: SeriesDataView, column: str) -> None:
        self.look, self.column = look, column
        axis = DateAxis() if look.dates else NumberAxis("bottom")
        self.setAxisItems({"bottom": axis})
        self.restyle()
        if look.dates:
            axis.setStyle(maxTickLevel=1)
        self.getPlotItem().autoRange(padding=0.02)
        # A new axis hears of changes only: of the same rows it would count from 0 to 1 second.
        axis.setRange(*self.getPlotItem().getViewBox().viewRange()[0])
        gaps = len(self.gaps())
        name = _("{column} by {order}", column=column, order=look.order or _("row"))
        gap_words = ngettext("{count} gap", "{count} gaps", gaps) if gaps else ""
        self.setAccessibleName(join_values(filter(None, (name, gap_words))))

    def gaps(self) -> list[tuple[float, float]]:
        """Return gaps in axis units: from the last row before to the first after."""
        if self.look is None:
            return []
        ends = [(self._x(stretch)[0], self._x(stretch)[-1]) for stretch in self.look.stretches]
        return [
            (earlier[1], other[0]) for earlier, other in pairwise(ends) if other[0] > earlier[1]
        ]

    def _x(self, stretch: ContiguousRows) -> NDArray[np.float64]:
        dates = self.look is not None and self.look.dates
        return stretch.times * _DAY if dates else stretch.times

    def drawn(self) -> None:
        item = self.getPlotItem()
        item.clear()
        look = self.look
        if look is None:
            return
        scheme = theme.colors()
        for start, end in self.gaps():
            band = pg.LinearRegionItem((start, end), movable=False, brush=QColor(scheme.hairline))
            for line in band.lines:
                line.setPen(pg.mkPen(scheme.secondary, style=Qt.PenStyle.DotLine))
            item.addItem(band, ignoreBounds=True)
        colors = (*split_colors(), QColor(scheme.secondary))
        for stretch in look.stretches:
            values = stretch.values.get(self.column)
            if values is None:
                continue
            for part in range(4):
                mine = stretch.parts == part
                if not mine.any():
                    continue
                # The line to a row belongs to the row that it leads to.
                reached = mine.copy()
                reached[:-1] |= mine[1:]
                pen = pg.mkPen(colors[part], width=1.4, style=_STYLES[part])
                curve = pg.PlotDataItem(
                    self._x(stretch),
                    np.where(reached, values, np.nan),
                    pen=pen,
                    connect="finite",
                    symbol="o" if mine.sum() == 1 else None,
                    symbolSize=4,
                    symbolBrush=colors[part],
                )
                item.addItem(curve)
        item.setLabel("left", label_with_unit(self.column, look.units.get(self.column, "")))
        item.setLabel("bottom", look.order or _("row"))


class SequencesPlot(ThemedPlot):
    """Some sequences of each class, one feature at a time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("sequences", parent, least=200)
        self.look: SequencesDataView | None = None
        self.feature = 0
        self.label = ""

    def show_sequences(self, look: SequencesDataView, feature: int = 0, label: str = "") -> None:
        """Show a feature of the sequences, or of class ``label`` only."""
        self.look, self.feature, self.label = look, feature, label
        self.restyle()
        self.getPlotItem().autoRange(padding=0.02)
        self.setAccessibleName(
            _("Sequences of {label}", label=label) if label else _("Sequences of all classes")
        )

    def drawn(self) -> None:
        item = self.getPlotItem()
        item.clear()
        look = self.look
        if look is None:
            return
        names: list[str] = list(dict.fromkeys(look.labels))
        steps: Any = np.arange(look.values.shape[1])
        for values, label in zip(look.values, look.labels, strict=True):
            if self.label and label != self.label:
                continue
            number = names.index(label)
            pen = pg.mkPen(class_color(number), width=1.4, style=_STYLES[number // 10 % 4])
            item.addItem(pg.PlotDataItem(steps, values[:, self.feature], pen=pen))
        item.setLabel("left", look.features[self.feature])
        item.setLabel("bottom", _("step"))


#: How far the slider goes: so many windows, and at least so many steps; how far one can type.
WINDOWS, LEAST, MOST = 4, 50, 2_000
_LAST = N_("The end of the data. Drag its points to see how the forecast changes.")
_DRAGGED = N_("A window that you changed.")
_OWN, _END = N_("your window"), N_("the end of the data")


def _forecast(trained: TrainedModel, window: Any, steps: int) -> Forecast:
    from netbuilder.core.results.forecast import forecast

    return forecast(trained, window, steps)


def _end_of_data(trained: TrainedModel, base: Path) -> tuple[Any, Any]:
    from netbuilder.core.results.forecast import end_of_data

    return end_of_data(trained, base)


def _forecast_columns(result: Forecast) -> dict[str, NDArray[np.float64]]:
    """Return table columns by name: each target and the ends of its band."""
    from netbuilder.core.results.forecast import LEVEL

    low, high = result.band
    level = format_number(LEVEL, ".0%")
    columns = {}
    for place, name in enumerate(result.targets):
        columns[_("predicted {column}", column=name)] = result.values[:, place]
        if np.isfinite(low[:1, place]).any():
            title = f"{level} {name}" if len(result.targets) > 1 else level
            columns[_("lower {level}", level=title)] = low[:, place]
            columns[_("upper {level}", level=title)] = high[:, place]
    return columns


class SeriesForm(PredictForm):
    """The curve of the window, its dragged column, and the number of steps."""

    modalities = (NUMBERS,)
    stands_still = N_("The forecast")
    why_at = 3
    words = N_("This network takes a series: the curve shows its last steps.")

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._ends: SeriesEnds | None = None
        self._counted: Data | None = None  # what the number of steps was chosen for
        self._key = ""
        self._names: tuple[str, ...] = ()
        self.rows: np.ndarray | None = None
        self.own_rows: np.ndarray | None = None
        self._days: np.ndarray | None = None  # of these rows, since 1970-01-01
        self._own = False
        self._about, self._given_about = "", ""  # what is shown, and what it was before a drag
        self._passed_over: tuple[SampleActivations, str] | None = None
        self.forecast: Forecast | None = None
        self.curve = WindowCurve(self)
        self.column = prepared(NoWheelComboBox(self), accessibleName=_("Column to show and drag"))
        self.steps = NoWheelSlider(Qt.Orientation.Horizontal, self)
        self.steps.setAccessibleName(_("Steps to predict"))
        self.count = prepared(CountBox(1, 1, self), accessibleName=_("Number of steps to predict"))
        self._ahead = QWidget(self)
        hbox(
            QLabel(_("Steps to predict"), self._ahead),
            (self.steps, 1),
            self.count,
            parent=self._ahead,
            margins=0,
        )
        self.note = note_label("", self)
        self.last_button = QPushButton(_("End of the data"), self)
        self.last_button.setToolTip(_("Show what is predicted after the last row of the data."))
        self.undo_button = QPushButton(_("Reset points"), self)
        self.undo_button.setToolTip(_("Restore all points that you dragged."))
        self.save_button = QPushButton(_("Save forecast…"), self)
        self.save_button.setToolTip(_("Save the dates and values of the table as CSV."))
        buttons = flow(self.column, self.last_button, self.undo_button, self.save_button, spacing=8)
        for part in (self.curve, self._ahead, self.note):
            self.page.addWidget(part)
        self.page.addLayout(buttons)
        self.table = ShortTable(_("Forecast"), self, 260)
        self.table.setWordWrap(False)
        self.page.addWidget(self.table)
        self._worker = Derived(
            self, _forecast, self._found, lambda error: self.note.setText(str(error)),
            of=lambda: self._trained,
        )  # fmt: skip
        self._last = Derived(
            self, _end_of_data, self._last_found, self._last_failed, of=lambda: self._trained
        )
        menu = self.table.findChild(TableMenu)
        assert menu is not None
        self.save_button.clicked.connect(menu.ask_and_save)
        self.curve.dragged.connect(self._dragged)
        self.column.currentIndexChanged.connect(self._show_column)
        self.steps.valueChanged.connect(self.count.setValue)
        self.count.valueChanged.connect(self._count_changed)
        self.last_button.clicked.connect(self._show_last)
        self.undo_button.clicked.connect(self._put_back)

    @property
    def _trained(self) -> TrainedModel | None:
        return self._workbench.models.prediction_model

    @property
    def settled(self) -> bool:
        return self._worker.idle and self._last.idle

    def fits(self, trained: TrainedModel) -> bool:
        from netbuilder.core.results.own_units import preprocessing_of

        inputs = list(preprocessing_of(trained).inputs.values())
        sort = modality_of(inputs[0]) if len(inputs) == 1 else None
        return sort in self.modalities and sort.is_sequence(inputs[0])

    def begin(self, trained: TrainedModel, fresh: bool) -> None:
        from netbuilder.core.results.forecast import series_ends
        from netbuilder.core.results.own_units import preprocessing_of

        self.forecast = None
        if fresh:
            self._own, self.rows, self.own_rows, self._days = False, None, None, None
            self._passed_over, self.before_samples = None, True
        key, entry = next(iter(preprocessing_of(trained).inputs.items()))
        width = int(entry.shape[1] or 1)
        names = tuple(column.name for column in entry.columns)
        self._key, self._ends = key, series_ends(trained)
        self._names = (
            names
            if len(names) == width
            else tuple(_("value {number}", number=i + 1) for i in range(width))
        )
        self.column.blockSignals(True)
        self.column.clear()
        self.column.addItems(list(self._names))
        if self._ends is not None and self._ends.targets[0] in self._names:
            self.column.setCurrentText(self._ends.targets[0])
        self.column.blockSignals(False)
        self.column.setVisible(width > 1)
        series = self._ends is not None
        form = type(self)
        self.numbered = N_("Test window {number} of {count}") if series else form.numbered
        self.another = N_("Show a test window") if series else form.another
        for part in (self._ahead, self.last_button, self.save_button, self.table):
            part.setVisible(series)
        self.note.setText("")
        if self._ends is not None:
            most = max(LEAST, WINDOWS * int(entry.shape[0] or 1))
            far, horizon = self._ends.goes_on, self._ends.horizon
            for box, end in ((self.steps, max(most, horizon)), (self.count, MOST)):
                box.blockSignals(True)
                box.setRange(1, end if far else horizon)
                if self._counted != trained.project.data:  # else what was chosen stays
                    box.setValue(horizon if horizon > 1 else int(entry.shape[0] or 1))
                box.blockSignals(False)
            self._counted = trained.project.data
        if self.rows is not None and self._own:
            self._show_column()
            self._ask(self._about, by_hand=False)
        elif fresh and series:
            self._own = True
            self._show_last()

    def end(self) -> None:
        self._worker.cancel()
        self._last.cancel()

    @property
    def busy(self) -> bool:
        return self._own

    def _show_last(self) -> None:
        trained = self._trained
        if trained is None:
            return
        self._last.ask(trained, self._workbench.base)

    def _last_found(self, result: tuple[Any, Any]) -> None:
        rows, self._days = result
        if rows is not None:
            self._own = True
            self._show_rows(rows, _LAST)
        else:
            self._show_passed_over()

    def _last_failed(self, error: UserError) -> None:
        self.nothing.emit(_("The end of the data cannot be read: {error}", error=error))
        self._show_passed_over()

    def _show_passed_over(self) -> None:
        """Show the canvas's sample that was skipped, if nothing else is shown."""
        if self.rows is None:
            self._own = False
            if self._passed_over is not None:
                self.show_look(*self._passed_over, False)

    def _show_rows(self, rows: Any, about: str) -> None:
        self.rows = np.array(rows, np.float64)
        self.own_rows, self._given_about = self.rows.copy(), about
        self.forecast = None  # what was predicted after another window
        self._show_column()
        self._ask(about, by_hand=False)

    def _show_column(self) -> None:
        if self.rows is None:
            return
        index = max(self.column.currentIndex(), 0)
        self.curve.show_window(self.rows[:, index], self._names[index])
        self._show_ahead()

    def _dragged(self) -> None:
        if self.rows is None:
            return
        self._own = True
        self._last.cancel()  # it would come too late
        self.rows[:, max(self.column.currentIndex(), 0)] = self.curve.values
        self._ask(_DRAGGED)

    def _put_back(self) -> None:
        if self.own_rows is not None:
            self._last.cancel()
            self._own = self._given_about == _LAST
            self._show_rows(self.own_rows, self._given_about)

    def _ask(self, about: str, *, by_hand: bool = True) -> None:
        if self.rows is None or self._trained is None:
            return
        self._about = about
        rows = self.rows.copy()
        own = {_DRAGGED: _OWN, _LAST: _END}.get(about, "")
        raw = {self._key: rows.astype(np.float32)}
        about = _(about) if about in {_DRAGGED, _LAST} else about
        self.asked.emit(request_for_raw(raw, about, by_hand=by_hand, own=own))
        self._predict()

    def _count_changed(self, count: int) -> None:
        self.steps.blockSignals(True)  # further than it goes it stays at its end
        self.steps.setValue(count)
        self.steps.blockSignals(False)
        self._predict()

    def _predict(self) -> None:
        if self._trained is not None and self._ends is not None and self.rows is not None:
            self._worker.ask(self._trained, self.rows.copy(), self.count.value())

    def _found(self, result: Forecast) -> None:
        self.forecast = result
        self.note.setText(result.note)
        self._show_ahead()
        self.reworded.emit()

    def _show_ahead(self) -> None:
        name = self._names[max(self.column.currentIndex(), 0)]
        result = self.forecast
        if result is not None and name in result.targets:
            place = result.targets.index(name)
            low, high = (end[:, place] for end in result.band)
            self.curve.show_ahead(result.values[:, place], (low, high))
        else:
            self.curve.show_ahead(np.zeros(0))
        self.curve.show_dates(self._dates(0, len(self.curve.values) + self.curve.reach)[0])
        if result is None:
            return
        steps = tuple(map(str, range(1, len(result.values) + 1)))
        words, iso = self._dates(len(self.curve.values), len(result.values))
        columns = _forecast_columns(result)
        rows = [*zip(*columns.values(), strict=True)]
        self.table.show_rows(
            (_("date") if words else _("step"), *columns),
            [
                (when, *("" if np.isnan(value) else format_number(float(value)) for value in row))
                for when, row in zip(words or steps, rows, strict=True)
            ],
            written=[
                (when, *("" if np.isnan(value) else f"{value:.7g}" for value in row))
                for when, row in zip(iso or steps, rows, strict=True)
            ],
        )

    def _dates(self, first: int, count: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return dates from a row of the window on, for people and for files; none if undated."""
        if self._days is None:
            return (), ()
        from netbuilder.core.data.preprocessing.time_columns import dates_of, days_after
        from netbuilder.core.results.forecast import date_words

        days = np.concatenate([self._days, days_after(self._days, first + count)])
        days = days[first : first + count]
        return date_words(days), tuple(np.datetime_as_string(dates_of(days)).tolist())

    def answer_words(self, predictions: Predictions) -> str:
        ends, answer = self._ends, predictions.first
        if ends is None or self.rows is None or not np.isfinite(answer.values[0]).all():
            return predictions.text(0)
        from netbuilder.core.results.forecast import forecast_words

        ahead = self.forecast.values if self.forecast is not None and ends.horizon > 1 else None
        count = ends.horizon if ahead is None else len(ahead)
        return forecast_words(answer, ends, self._dates(len(self.rows), count)[0], ahead)

    def show_look(self, look: SampleActivations, about: str, requested: bool) -> None:
        if requested or not self._own:
            self._own, self._days, self.before_samples = bool(look.own), look.days, False
            self._last.cancel()
            about = {_OWN: _DRAGGED, _END: _LAST}.get(look.own, about)
            self._show_rows(look.raw[self._key], about)
        else:
            self._passed_over = look, about
