"""The prediction form for networks with different Inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLabel, QWidget

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.kinds.csv import TABLE
from netbuilder.core.data.kinds.images import IMAGE
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.ui.forms.boxes import NoWheelComboBox
from netbuilder.ui.forms.param_form import ParamForm
from netbuilder.ui.kinds.pictures import pixmap_of
from netbuilder.ui.kinds.predict_form import PredictForm, request_for_raw
from netbuilder.ui.kinds.rows import PREDICT_DELAY_MS
from netbuilder.ui.plots.window_curve import WindowCurve
from netbuilder.ui.services.views.sample_activations import SampleActivations
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.labels import heading
from netbuilder.ui.widgets.layouts import prepared, vbox

if TYPE_CHECKING:
    from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
    from netbuilder.core.engine.trained import TrainedModel


_OWN = N_("your sample")


class SeveralInputsForm(PredictForm):
    """An editor for each Input."""

    words = N_("This network has inputs of several kinds. Change one to see the prediction change.")

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.parts: dict[str, InputEditor] = {}
        self._own = False
        self._soon = QTimer(self, singleShot=True, interval=PREDICT_DELAY_MS)
        self._soon.timeout.connect(self._ask)

    @property
    def settled(self) -> bool:
        return not self._soon.isActive()

    @property
    def busy(self) -> bool:
        return self._own

    def fits(self, trained: TrainedModel) -> bool:
        from netbuilder.core.results.own_units import preprocessing_of
        from netbuilder.core.results.predict import modalities_of

        several = len(preprocessing_of(trained).inputs) > 1
        return several and modalities_of(trained) not in ({TABLE}, {IMAGE})

    def begin(self, trained: TrainedModel, fresh: bool) -> None:
        from netbuilder.core.results.own_units import preprocessing_of

        inputs = preprocessing_of(trained).inputs
        known = {key: part.entry for key, part in self.parts.items()}
        if fresh or known != dict(inputs):
            self._own = False
            for part in self.parts.values():
                part.hide()
                part.deleteLater()
            self.parts = {key: input_editor(key, entry, self) for key, entry in inputs.items()}
            for part in self.parts.values():
                part.changed.connect(self._changed)
                self.page.addWidget(part)
        if self._own:
            self._soon.start()

    def end(self) -> None:
        self._soon.stop()

    def show_look(self, look: SampleActivations, about: str, requested: bool) -> None:
        if self.busy and not requested:
            return
        self._own = bool(look.own)
        self._soon.stop()
        for key, part in self.parts.items():
            if key in look.raw:
                part.show_values(look.raw[key])
        self.asked.emit(request_for_raw(look.raw, about, by_hand=False, own=look.own))

    def _changed(self) -> None:
        self._own = True
        self._soon.start()

    def _ask(self) -> None:
        if any(part.complaint for part in self.parts.values()):
            self.nothing.emit(_("One of the values cannot be read. It is marked below."))
            return
        raw = {key: part.raw() for key, part in self.parts.items()}
        if all(value is not None for value in raw.values()):
            self.asked.emit(request_for_raw(raw, self.words, own=_OWN))


#: So many numbers get a field each; of more the picture or the curve must do.
MOST_FIELDS = 40


class InputEditor(QWidget):
    """An editor of one Input. ``changed``: the user edited it."""

    changed = Signal()

    def __init__(self, name: str, entry: InputPreprocessing, parent: QWidget) -> None:
        super().__init__(parent)
        self.entry = entry
        self.values: Any = None
        self.page = vbox(heading(name, self), parent=self, margins=0)

    @property
    def complaint(self) -> bool:
        return False

    def show_values(self, values: Any) -> None:
        self.values = np.asarray(values)

    def raw(self) -> Any:
        return self.values


class NumbersEditor(InputEditor):
    """Some unnamed numbers in a row."""

    def __init__(self, name: str, entry: InputPreprocessing, parent: QWidget) -> None:
        super().__init__(name, entry, parent)
        count = int(entry.shape[0] or 1)
        self.form = ParamForm(
            [
                Param(_("value {number}", number=index + 1), Kind.FLOAT, 0.0, "")
                for index in range(count)
            ],
            self,
            about="data",
        )
        self.values = np.zeros(count)
        self.form.edited.connect(self._edit)
        for row in self.form.rows.values():
            row.editor.complaint_changed.connect(self._complained)  # type: ignore[attr-defined]
        self.page.addWidget(self.form)

    def show_values(self, values: Any) -> None:
        super().show_values(np.array(values, np.float64))
        names = list(self.form.rows)
        self.form.show_values(
            {name: float(f"{value:.7g}") for name, value in zip(names, self.values, strict=True)}
        )

    def _edit(self, name: str, value: Any) -> None:
        self.values[list(self.form.rows).index(name)] = 0.0 if value is ... else value
        self.changed.emit()

    def _complained(self, sentence: str) -> None:
        if sentence:
            self.changed.emit()

    @property
    def complaint(self) -> bool:
        return any(row.complaint.text() for row in self.form.rows.values())

    def raw(self) -> Any:
        return self.values.astype(self.entry.dtype)


class CurveEditor(InputEditor):
    """A sequence of numbers with draggable points."""

    def __init__(self, name: str, entry: InputPreprocessing, parent: QWidget) -> None:
        super().__init__(name, entry, parent)
        self.column = NoWheelComboBox(self)
        self.column.setAccessibleName(_("Column of {name}", name=name))
        width, names = int(entry.shape[1] or 1), [column.name for column in entry.columns]
        named = len(names) == width
        self.column.addItems(
            names if named else [_("value {number}", number=index + 1) for index in range(width)]
        )
        self.column.setVisible(width > 1)
        self.curve = WindowCurve(self)
        self.column.currentIndexChanged.connect(self._draw)
        self.curve.dragged.connect(self._dragged)
        self.page.addWidget(self.column)
        self.page.addWidget(self.curve)

    def show_values(self, values: Any) -> None:
        super().show_values(np.array(values, np.float64))
        self._draw()

    def _draw(self) -> None:
        if self.values is not None:
            column = self.values[:, self.column.currentIndex()]
            self.curve.show_window(column, self.column.currentText())

    def _dragged(self) -> None:
        self.values[:, self.column.currentIndex()] = self.curve.values
        self.changed.emit()

    def raw(self) -> Any:
        return self.values.astype(self.entry.dtype)


class PictureDisplay(InputEditor):
    """A picture of the data set, not editable."""

    def __init__(self, name: str, entry: InputPreprocessing, parent: QWidget) -> None:
        super().__init__(name, entry, parent)
        self.picture = prepared(QLabel(self), accessibleName=name)
        self.page.addWidget(self.picture)

    def show_values(self, values: Any) -> None:
        super().show_values(values)
        self.picture.setPixmap(pixmap_of(self.entry.apply(self.values[None])[0]))


def input_editor(name: str, entry: InputPreprocessing, parent: QWidget) -> InputEditor:
    """Return the editor that fits an Input, or an empty one."""
    sizes = [int(size or 0) for size in entry.shape]
    if len(sizes) == 3 and sizes[2] in (1, 3):
        return PictureDisplay(name, entry, parent)
    if entry.dtype.startswith("float") and len(sizes) == 2 and sizes[0] > 1:
        return CurveEditor(name, entry, parent)
    if entry.dtype.startswith("float") and len(sizes) == 1 and 0 < sizes[0] <= MOST_FIELDS:
        return NumbersEditor(name, entry, parent)
    return InputEditor(name, entry, parent)
