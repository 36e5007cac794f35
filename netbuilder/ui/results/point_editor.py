"""The row beneath a surface in which points are put in, moved and taken away."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QPushButton, QWidget

from netbuilder.core.data.load import point_number
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project
from netbuilder.core.project.point_edits import (
    add_point,
    forget_point_edits,
    move_point,
    point_edits,
    remove_point,
)
from netbuilder.ui.forms.boxes import NoWheelComboBox
from netbuilder.ui.plots.class_colors import class_color
from netbuilder.ui.plots.live.point_editing import HELP, PointEditFilter
from netbuilder.ui.plots.live.surface_plot import SurfacePlot
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.flow_layout import FlowLayout

Place = tuple[float, float]


class PointEditor(QWidget):
    """Writes what the hand does into the project. ``told(words)``: what was done, or why not."""

    told = Signal(str)

    def __init__(
        self, store: ProjectStore, workbench: Workbench, plot: SurfacePlot, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench = store, workbench
        self._columns = ("x", "y")
        self.hand = PointEditFilter(plot)
        self.edit = QPushButton(_("Edit points"), self)
        self.edit.setCheckable(True)
        self.edit.setToolTip(_(HELP))
        self.label = NoWheelComboBox(self)
        self.label.setAccessibleName(_("Class of new points"))
        self.label.setToolTip(_("Class of the points that you add"))
        self.as_made = QPushButton(_("Reset points"), self)
        self.as_made.setToolTip(_("Discard all changes to the points"))
        row = FlowLayout(self)
        for part in (self.edit, self.label, self.as_made):
            row.addWidget(part)
        self.edit.toggled.connect(self._switch)
        self.as_made.clicked.connect(self._forget)
        self.hand.put.connect(self._put)
        self.hand.moved.connect(self._move)
        self.hand.taken.connect(self._take)
        self.hand.told.connect(self.told)
        store.changed.connect(lambda _old, _new: self._show_edits())
        self._show_edits()

    def show_for(self, columns: tuple[str, str] | None, classes: tuple[str, ...]) -> None:
        """Edit points over these columns, (across, up); None: there are none to edit.

        Points of a curve have no ``classes``, and stand at their column and their target.
        """
        self.setVisible(columns is not None)
        if columns is None:
            self.edit.setChecked(False)
            return
        self._columns = columns
        if [self.label.itemText(n) for n in range(self.label.count())] != list(classes):
            self.label.clear()
            for number, name in enumerate(classes):
                self.label.addItem(_dot(class_color(number)), name)
            self._show_edits()

    def _switch(self, on: bool) -> None:
        self.hand.switch(on)
        self._show_edits()
        self.told.emit(_(HELP) if on else "")

    def _show_edits(self) -> None:
        try:
            done = point_edits(self._store.project.data)
        except UserError:
            return
        self.label.setVisible(self.edit.isChecked() and self.label.count() > 0)
        self.as_made.setVisible(bool(done))
        self.as_made.setToolTip(_("Discard all changes: {changes}", changes=done) if done else "")

    def _plane(self, place: Place) -> Place:
        """A place on the plot as (x, y) of the set."""
        return (place[1], place[0]) if self._columns == ("y", "x") else place

    def _put(self, across: float, up: float) -> None:
        label, (x, y) = self.label.currentText(), self._plane((across, up))
        self._apply(_("Add a point"), partial(add_point, x=x, y=y, label=label))
        self.told.emit(
            _("Added a point of “{label}” at {x}, {y}.", label=label, x=f"{x:.3g}", y=f"{y:.3g}")
            if label
            else _("Added a point at {x}, {y}.", x=f"{x:.3g}", y=f"{y:.3g}")
        )

    def _move(self, old: Place, new: Place) -> None:
        number, (x, y) = self._number(old), self._plane(new)
        if number is not None:
            self._apply(_("Move a point"), partial(move_point, number=number, x=x, y=y))
            self.told.emit(_("Moved the point to {x}, {y}.", x=f"{x:.3g}", y=f"{y:.3g}"))

    def _take(self, place: Place) -> None:
        number = self._number(place)
        if number is not None:
            self._apply(_("Delete a point"), partial(remove_point, number=number))
            self.told.emit(_("Deleted the point."))

    def _forget(self) -> None:
        self._apply(_("Reset points"), forget_point_edits)
        self.told.emit(_("All points are reset."))

    def _number(self, place: Place) -> int | None:
        try:
            return point_number(self._store.project, self._workbench.base, self._plane(place))
        except UserError as error:
            self.told.emit(str(error))
            return None

    def _apply(self, label: str, change: Callable[[Project], Project]) -> None:
        try:
            self._store.apply(label, change)
        except UserError as error:
            self.told.emit(str(error))


def _dot(color: QColor) -> QIcon:
    picture = QPixmap(12, 12)
    picture.fill(color)
    return QIcon(picture)
