"""What goes into one of several Inputs: seen, and changed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.ui.forms.boxes import NoWheelComboBox
from netbuilder.ui.forms.param_form import ParamForm
from netbuilder.ui.plots.window_curve import WindowCurve
from netbuilder.ui.results.predict_forms.picture_form import pixmap_of
from netbuilder.ui.widgets.labels import heading

if TYPE_CHECKING:
    from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing

#: So many numbers get a field each; of more the picture or the curve must do.
MOST_FIELDS = 40


class InputEditor(QWidget):
    """One Input. ``changed``: a person changed it."""

    changed = Signal()

    def __init__(self, name: str, entry: InputPreprocessing, parent: QWidget) -> None:
        super().__init__(parent)
        self.entry = entry
        self.values: Any = None
        self.page = QVBoxLayout(self)
        self.page.setContentsMargins(0, 0, 0, 0)
        self.page.addWidget(heading(name, self))

    def show_values(self, values: Any) -> None:
        """Show the raw value of a sample."""
        self.values = np.asarray(values)

    def raw(self) -> Any:
        """What stands there, as the raw value; None before anything was shown."""
        return self.values


class NumbersEditor(InputEditor):
    """Some numbers in a row that have no names."""

    def __init__(self, name: str, entry: InputPreprocessing, parent: QWidget) -> None:
        super().__init__(name, entry, parent)
        count = int(entry.shape[0] or 1)
        self.form = ParamForm(
            [Param(f"value {index + 1}", Kind.FLOAT, 0.0, "") for index in range(count)],
            self,
            about="data",
        )
        self.form.edited.connect(self._edit)
        self.page.addWidget(self.form)

    def show_values(self, values: Any) -> None:
        super().show_values(np.array(values, np.float64))
        names = list(self.form.rows)
        self.form.show_values(
            {name: float(f"{one:.7g}") for name, one in zip(names, self.values, strict=True)}
        )

    def _edit(self, name: str, value: Any) -> None:
        self.values[list(self.form.rows).index(name)] = 0.0 if value is ... else value
        self.changed.emit()

    def raw(self) -> Any:
        return self.values.astype(self.entry.dtype)


class CurveEditor(InputEditor):
    """A sequence of numbers, whose points can be dragged."""

    def __init__(self, name: str, entry: InputPreprocessing, parent: QWidget) -> None:
        super().__init__(name, entry, parent)
        self.column = NoWheelComboBox(self)
        self.column.setAccessibleName(f"Column of {name}")
        width, given = int(entry.shape[1] or 1), [column.name for column in entry.columns]
        named = len(given) == width
        self.column.addItems(given if named else [f"value {one + 1}" for one in range(width)])
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
            shown = self.values[:, self.column.currentIndex()]
            self.curve.show_window(shown, self.column.currentText())

    def _dragged(self) -> None:
        self.values[:, self.column.currentIndex()] = self.curve.values
        self.changed.emit()

    def raw(self) -> Any:
        return self.values.astype(self.entry.dtype)


class PictureDisplay(InputEditor):
    """A picture of the data set, to be looked at."""

    def __init__(self, name: str, entry: InputPreprocessing, parent: QWidget) -> None:
        super().__init__(name, entry, parent)
        self.picture = QLabel(self)
        self.picture.setAccessibleName(name)
        self.page.addWidget(self.picture)

    def show_values(self, values: Any) -> None:
        super().show_values(values)
        self.picture.setPixmap(pixmap_of(self.entry.apply(self.values[None])[0]))


def input_editor(name: str, entry: InputPreprocessing, parent: QWidget) -> InputEditor:
    """The part that fits an Input; one that shows nothing where none does."""
    sizes = [int(size or 0) for size in entry.shape]
    if len(sizes) == 3 and sizes[2] in (1, 3):
        return PictureDisplay(name, entry, parent)
    if entry.dtype.startswith("float") and len(sizes) == 2 and sizes[0] > 1:
        return CurveEditor(name, entry, parent)
    if entry.dtype.startswith("float") and len(sizes) == 1 and 0 < sizes[0] <= MOST_FIELDS:
        return NumbersEditor(name, entry, parent)
    return InputEditor(name, entry, parent)
