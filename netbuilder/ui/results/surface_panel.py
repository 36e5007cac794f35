"""The tab Surface: predictions over columns, live during training."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QIcon, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from netbuilder.core.data.load import point_number
from netbuilder.core.data.registry import point_view_name, same_points
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.edits_data import (
    add_point,
    forget_point_edits,
    move_point,
    point_edits,
    remove_point,
)
from netbuilder.core.project.model import Project
from netbuilder.core.wording import (
    as_sentence,
    capitalize_first,
    format_number,
    join_sentences,
    labelled,
)
from netbuilder.ui.forms.boxes import NoWheelComboBox
from netbuilder.ui.plots.colour_bar import ColourBar, class_color
from netbuilder.ui.plots.live.histogram_maps import HistogramMaps
from netbuilder.ui.plots.live.histogram_ridges import HistogramRidges
from netbuilder.ui.plots.live.picture_wall import PictureWall, wrong_first
from netbuilder.ui.plots.live.point_editing import BRUSH_HELP, HELP, PointEditFilter
from netbuilder.ui.plots.live.surface_plot import (
    PART_SIGNS,
    SurfacePlot,
    class_legend,
    number_colours,
)
from netbuilder.ui.results.compared_surfaces import (
    ASKING,
    COMING,
    ComparedSurfaces,
    loss_sentence,
    no_model_picture,
    no_model_sentence,
    picture_note,
)
from netbuilder.ui.results.empty_states import StaleNote, follow_next_step, next_step_sentence
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.services.project_store import ProjectStore, begins_anew
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.views.live_activations import RunHistograms
from netbuilder.ui.services.views.live_view import LiveView
from netbuilder.ui.services.views.sample_activations import ActivationService
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.style.shortcuts import key_text
from netbuilder.ui.widgets.accessible_roles import make_scroll_area_accessible
from netbuilder.ui.widgets.connections import connect_while
from netbuilder.ui.widgets.empty_state import EmptyStatePage
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import FlowLayout, flow, hbox, prepared
from netbuilder.ui.widgets.throttle import WORDS_SECONDS, Throttle

if TYPE_CHECKING:
    from netbuilder.core.results.live.view_data import MapPicture, SurfacePicture

Place = tuple[float, float]


class PointEditor(QWidget):
    """Writes edited points into the project.

    ``told(words)``: what was done, or why not. ``switched(on)``: points are edited, or no longer.
    """

    told = Signal(str)
    switched = Signal(bool)

    def __init__(
        self, store: ProjectStore, workbench: Workbench, plot: SurfacePlot, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench = store, workbench
        self._columns = ("x", "y")
        self.hand = PointEditFilter(plot)
        self.edit = prepared(QPushButton(_("Edit points"), self), checkable=True, toolTip=_(HELP))
        self.brush = prepared(QPushButton(_("Brush"), self), checkable=True, toolTip=_(BRUSH_HELP))
        for button in (self.edit, self.brush):
            button.setProperty("small", True)
        self.label = prepared(NoWheelComboBox(self), accessibleName=_("Class of new points"))
        self.label.setToolTip(_("Class of the points that you add"))
        self.as_made = QPushButton(_("Reset points"), self)
        self.as_made.setToolTip(_("Discard all changes to the points"))
        self.as_made.setProperty("small", True)
        flow(self.edit, self.brush, self.label, parent=self)
        self.edit.toggled.connect(partial(self._switch, self.brush))
        self.brush.toggled.connect(partial(self._switch, self.edit))
        self.label.currentIndexChanged.connect(self._color)
        self.as_made.clicked.connect(self._forget)
        self.hand.put.connect(self._put)
        self.hand.painted.connect(self._paint)
        self.hand.moved.connect(self._move)
        self.hand.taken.connect(self._take)
        self.hand.told.connect(self.told)
        store.changed.connect(self._show_edits)
        self._show_edits()

    def show_for(self, columns: tuple[str, str] | None, classes: tuple[str, ...]) -> None:
        """Edit points over columns (across, up), or none; points of a curve without ``classes``."""
        self.setVisible(columns is not None)
        if columns is None:
            self.as_made.hide()
            for tool in (self.edit, self.brush):
                tool.setChecked(False)
            return
        self._columns = columns
        self.brush.setVisible(bool(classes))
        if [self.label.itemText(n) for n in range(self.label.count())] != list(classes):
            self.label.clear()
            for number, name in enumerate(classes):
                self.label.addItem(_dot(class_color(number)), name)
            self._show_edits()

    @property
    def on(self) -> bool:
        return self.edit.isChecked() or self.brush.isChecked()

    def _switch(self, other: QPushButton, on: bool) -> None:
        if on:
            other.setChecked(False)
        self.hand.switch(self.on, brush=self.brush.isChecked())
        self._show_edits()
        words = _(BRUSH_HELP if self.brush.isChecked() else HELP) if self.on else ""
        self.told.emit(words)
        self.switched.emit(self.on)

    def _color(self, number: int) -> None:
        self.hand.color = class_color(max(number, 0))

    def _show_edits(self) -> None:
        try:
            done = point_edits(self._store.project.data)
        except UserError:
            return
        self.label.setVisible(self.on and self.label.count() > 0)
        self.as_made.setVisible(bool(done))
        self.as_made.setToolTip(_("Discard all changes: {changes}", changes=done) if done else "")

    def _plane(self, place: Place) -> Place:
        """Return a place on the plot as (x, y) of the set."""
        return (place[1], place[0]) if self._columns == ("y", "x") else place

    def _put(self, across: float, up: float) -> None:
        label, (x, y) = self.label.currentText(), self._plane((across, up))
        self._apply(_("Add a point"), partial(add_point, x=x, y=y, label=label))
        self.told.emit(_("Added a point at {place}.", place=_place_text(x, y)))

    def _paint(self, places: list[Place]) -> None:
        label = self.label.currentText()

        def change(project: Project) -> Project:
            for x, y in map(self._plane, places):
                project = add_point(project, x, y, label)
            return project

        self._apply(_("Paint points"), change)
        self.told.emit(ngettext("Added {count} point.", "Added {count} points.", len(places)))

    def _move(self, old: Place, new: Place) -> None:
        number, (x, y) = self._number(old), self._plane(new)
        if number is not None:
            self._apply(_("Move a point"), partial(move_point, number=number, x=x, y=y))
            self.told.emit(_("Moved the point to {place}.", place=_place_text(x, y)))

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


def _place_text(x: float, y: float) -> str:
    return f"{format_number(x, '.3g')}; {format_number(y, '.3g')}"


def _dot(color: QColor) -> QIcon:
    picture = QPixmap(12, 12)
    picture.fill(color)
    return QIcon(picture)


_PARTS = (N_("training"), N_("validation"), N_("test"))
_SHOW_PARTS = (
    N_("Show training rows as points"),
    N_("Show validation rows as points"),
    N_("Show test rows as points"),
)
QWIDGETSIZE_MAX = (1 << 24) - 1  # Qt's, which PySide6 does not hand on


def _neighbour_map(picture: MapPicture) -> MapPicture:
    from netbuilder.core.results.live import maps

    return maps.neighbour_map(picture)


class SurfacePanel(QWidget):
    """Chooses a view, and draws its newest picture."""

    def __init__(
        self,
        store: ProjectStore,
        workbench: Workbench,
        runner: Runner,
        activations_service: ActivationService,
        recorded: RunHistograms | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench, self._runner = store, workbench, runner
        self._activations_service = activations_service
        self.live = LiveView(store, workbench, runner, activations_service, self, recorded)
        self.picture: Any = None
        self._drawn_for: Project | None = None  # whose points can be edited, where they are seen
        self._resting: tuple[Any, dict[str, str]] = (None, {})
        self.waiting = EmptyStatePage.filling(self, no_model_sentence(workbench), "surface")
        self.waiting.follow(workbench.run_changes, lambda: workbench.run_words, _(COMING))
        workbench.training_changed.connect(self._redraw)
        page = self.waiting.page_layout
        self.view = prepared(NoWheelComboBox(self), accessibleName=_("View"))
        # The views are others for other data: the first ones do not say how wide they get.
        _as_wide_as_named(self.view)
        self.across, self.up = NoWheelComboBox(self), NoWheelComboBox(self)
        self.across.setAccessibleName(_("Column from left to right"))
        self.up.setAccessibleName(_("Column from bottom to top"))
        self.axes = (QWidget(self), QWidget(self))
        self.plot = SurfacePlot(self)
        self.points = PointEditor(store, workbench, self.plot, self)
        page.addLayout(self._choices())
        self._add_pictures(page)
        self.parts = [
            QCheckBox(f"{sign} {_(name)}", self)
            for sign, name in zip(PART_SIGNS, _PARTS, strict=True)
        ]
        self.discrete = QCheckBox(_("hard boundaries"), self)
        self.held = NoWheelComboBox(self)
        self.beside = ComparedSurfaces(self.live, runner, self)
        page.addWidget(self.beside, 1)
        # Beneath, as all words that come and go: points stay where the hand is about to click.
        self.stale = StaleNote(workbench, self, live=True)
        page.addWidget(self.stale)
        self._least_height = self.plot.minimumHeight()
        self.points.switched.connect(self._hold_still)
        self.neighbours = QPushButton("t-SNE", self)
        self.over_epochs = QCheckBox(_("as a map over epochs"), self)
        page.addLayout(self._switches())
        self.legend = prepared(QLabel(self), textFormat=Qt.TextFormat.RichText, wordWrap=True)
        page.addWidget(self.legend)
        # Which of its parts are shown tells it, and not whether the page is in sight.
        self.plot.menu.below = lambda: "" if self.legend.isHidden() else self.legend.text()
        self.colours = ColourBar(self)
        page.addWidget(self.colours)
        self.note = note_label("", self)
        self._words = Throttle(self._say, self, WORDS_SECONDS)
        self._neighbour_maps = Derived(
            self, _neighbour_map, self.draw, lambda error: self.note.setText(str(error)),
            of=lambda: self.picture,
        )  # fmt: skip
        page.addWidget(self.note)
        page.addStretch()  # takes what a plot that keeps its size leaves
        self._wire()
        self._show()

    def _wire(self) -> None:
        self.view.activated.connect(self._choose_view)
        self.points.told.connect(self.note.setText)
        self.plot.sample_chosen.connect(self._choose_sample)
        self.wall.chosen.connect(self._choose_sample)
        activations_service = self._activations_service
        connect_while(
            self,
            activations_service.row_chosen,
            lambda: self.plot.ring_sample(activations_service.index),
        )
        self.live.changed.connect(self._show)
        self.live.picture_ready.connect(self._draw_newer)
        # In a pause the picture is there before the network that was set by hand.
        self._workbench.models.changed.connect(self._words.soon)
        theme.theme().changed.connect(self._redraw)
        begins_anew(self._store, *self.parts, self.discrete, self.over_epochs)
        follow_next_step(self._workbench, self.waiting, self._show_waiting)

    def _add_pictures(self, page: QVBoxLayout) -> None:
        self.wall = PictureWall(self)
        self.histograms = HistogramRidges(self)
        self.maps = HistogramMaps(self)
        self._wall_place = QScrollArea(self)
        make_scroll_area_accessible(self._wall_place, _("Wall of pictures"))
        self._wall_place.setWidgetResizable(True)
        self._wall_place.setWidget(self.wall)
        self._wall_place.setFrameShape(QScrollArea.Shape.NoFrame)
        page.addWidget(self.plot, 1)
        page.addWidget(self.histograms)
        page.addWidget(self.maps, 1)
        page.addWidget(self._wall_place, 1)

    def _choices(self) -> FlowLayout:
        top = flow(self.view)
        for place, arrow, box in zip(self.axes, "→↑", (self.across, self.up), strict=True):
            _as_wide_as_named(box)
            box.setMaximumWidth(40 * self.fontMetrics().averageCharWidth())
            box.activated.connect(self._choose_axes)
            pair = hbox(parent=place, margins=0)
            pair.addWidget(QLabel(arrow, place))
            pair.addWidget(box)
            top.addWidget(place)
        top.addWidget(self.points)
        return top

    def _switches(self) -> FlowLayout:
        row = FlowLayout()
        for number, box in enumerate(self.parts):
            box.setChecked(number in self.plot.shown_parts)
            box.toggled.connect(partial(self._show_part, number))
            box.setToolTip(_(_SHOW_PARTS[number]))
            row.addWidget(box)
        self.discrete.setToolTip(_("Show only the predicted class, not its probability"))
        self.discrete.toggled.connect(self._set_discrete)
        row.addWidget(self.discrete)
        row.addWidget(self.points.as_made)
        self.held.addItems([_("others at their mean"), _("others as in the chosen row")])
        self.held.setAccessibleName(_("Value of the columns that are not shown"))
        self.held.setToolTip(
            _(
                "Values of the columns that no axis shows: their means, or those of "
                "the row on the Inside page"
            )
        )
        self.held.activated.connect(lambda index: self.live.choose(at_sample=index == 1))
        row.addWidget(self.held)
        self.neighbours.setToolTip(
            _("Place similar samples close together (t-SNE), which takes some seconds")
        )
        self.neighbours.clicked.connect(self._spread)
        row.addWidget(self.neighbours)
        self.over_epochs.setToolTip(_("A map with epochs from left to right instead of ridges"))
        self.over_epochs.toggled.connect(self._set_over_epochs)
        row.addWidget(self.over_epochs)
        return row

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.live.watch(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.live.watch(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_height()
        if self.points.on:
            self._hold_still(False)
            # Once all parts have the room of the new size.
            QTimer.singleShot(0, self, lambda: self._hold_still(self.points.on))

    def _hold_still(self, on: bool) -> None:
        """Keep the plot's size while points are edited."""
        self.waiting.hold_still(on)
        if not on:
            self.plot.setMinimumHeight(self._least_height)
            self.plot.setMaximumHeight(QWIDGETSIZE_MAX)
            self._fit_height()
            return
        words = 3 * self.fontMetrics().lineSpacing()  # that may come, and are seen with the plot
        self.plot.setFixedHeight(max(self._least_height, self.plot.height() - words))

    def _fit_height(self) -> None:
        """Leave what axes with the same scale do not need to the rest of the page."""
        if not self.points.on:
            height = self.plot.height_for(self.plot.width()) or QWIDGETSIZE_MAX
            self.plot.setMaximumHeight(max(height, self._least_height))

    def _show_waiting(self) -> None:
        if self.live.shown is None and self.live.error is None:
            self._show()

    def _choose_view(self) -> None:
        self.live.choose(str(self.view.currentData()))

    def _choose_axes(self) -> None:
        self.live.choose(axes=(self.across.currentText(), self.up.currentText()))

    def _show_part(self, number: int, on: bool) -> None:
        if on:
            self.plot.shown_parts.add(number)
        else:
            self.plot.shown_parts.discard(number)
        self._redraw()

    def _set_discrete(self, on: bool) -> None:
        self.plot.discrete = on
        self.beside.set_discrete(on)
        self._redraw()

    def _set_over_epochs(self, on: bool) -> None:
        self.histograms.setVisible(not on)
        self.maps.setVisible(on)
        self._redraw()

    def _redraw(self) -> None:
        if self.picture is not None:
            self.draw(self.picture)

    def _wait(self) -> None:
        bench, ready = self._workbench, no_model_sentence(self._workbench)
        there = bench.models.trained is not None and not bench.training
        words = _(ASKING) if there else next_step_sentence(bench, ready)
        self.waiting.invitation.draw(no_model_picture(bench))
        self.waiting.wait(words, first=words == ready)

    def _show(self) -> None:
        visible = self.live.shown
        if self.live.error is not None:
            self.waiting.wait(str(self.live.error))
            return
        if visible is None:
            self._wait()
            return
        self.view.clear()
        for entry in visible.views:
            self.view.addItem(_(entry.title), entry.name)
            self.view.setItemData(self.view.count() - 1, _(entry.help), Qt.ItemDataRole.ToolTipRole)
        self.view.setCurrentIndex(self.view.findData(visible.view.name))
        for number, box in enumerate((self.across, self.up)):
            needed = visible.view.axes > number
            self.axes[number].setVisible(needed)
            before = self.live.axes[number]
            box.clear()
            box.addItems(list(visible.columns))
            fallback = min(number, len(visible.columns) - 1)
            box.setCurrentIndex(
                visible.columns.index(before) if before in visible.columns else fallback
            )
        earlier, project = self._drawn_for, visible.question.project
        editable = visible.view.name == point_view_name(project.data)
        self._drawn_for = project if editable else None
        # Trained anew after a point was put in: it goes on from what is seen.
        same_set = earlier is not None and same_points(earlier, project)
        self.plot.clear_all(keep_answers=same_set and self._drawn_for is not None)
        self.picture = None
        if not self.points.hand.on:  # else it says what the hand does
            coming = visible.asked is not None and visible.picture is None
            state = self.live.run_words or _("the network is training")
            first = labelled(capitalize_first(state), _(COMING))
            self.note.setText(first if coming else as_sentence(_(visible.view.help)))
        self.legend.setText(class_legend(visible.dataset.preprocessing.classes))
        walls = visible.view.name == "wall"
        self._wall_place.setVisible(walls)
        grows = visible.asked is not None and visible.asked.grows
        self.over_epochs.setVisible(grows)
        self.histograms.setVisible(grows and not self.over_epochs.isChecked())
        self.maps.setVisible(grows and self.over_epochs.isChecked())
        self.plot.setVisible(not walls and not grows)
        for part in self.parts:
            part.setVisible(visible.view.axes > 0)
        self.discrete.setVisible(visible.view.name == "surface" and visible.asked is not None)
        self.held.setVisible(0 < visible.view.axes < len(visible.columns))
        self.held.setCurrentIndex(int(self.live.at_sample))
        columns = (self.across.currentText(), self.up.currentText())
        self.points.show_for(columns if editable else None, visible.dataset.preprocessing.classes)
        self.neighbours.setVisible(visible.view.name == "map")
        self.neighbours.setEnabled(not self.live.live)
        named = bool(visible.dataset.preprocessing.classes)
        self.colours.hide()
        self.legend.setVisible(named and visible.view.name in {"surface", "curve", "map"})
        self.waiting.ready()
        if visible.first is not None:
            self.draw(visible.first)

    def _spread(self) -> None:
        from netbuilder.core.results.live import view_data

        picture = self.picture
        if not isinstance(picture, view_data.MapPicture):
            return
        self._neighbour_maps.follow(picture)

    def draw(self, picture: Any) -> None:
        """Draw a picture of the current view with its note."""
        self._draw(picture)
        self._words.now()

    def _draw_newer(self, picture: Any) -> None:
        """Draw the next picture, updating the text at a readable rate."""
        self._draw(picture)
        if self.live.live:
            self._words.soon()
        else:
            self._words.now()

    def _draw(self, picture: Any) -> None:
        from netbuilder.core.results.live import view_data

        self.picture = picture
        match picture:
            case view_data.SurfacePicture():
                self.plot.show_surface(picture)
                self._fit_height()
                self._show_colours(picture)
            case view_data.CurvePicture():
                self.plot.show_curve(picture)
            case view_data.ForecastPicture():
                self.plot.show_forecast(picture)
            case view_data.WallPicture():
                if not self.live.live:  # in a run each stays where it is
                    picture = self.picture = wrong_first(picture)
                self.wall.show_wall(picture)
            case view_data.HistogramPicture():
                self._histograms().show_histograms(picture)
            case view_data.MapPicture():
                self.plot.show_map(picture)
                self.plot.ring_sample(self._activations_service.index)

    def _say(self) -> None:
        if self.picture is None or self.points.hand.on:
            return
        self.note.setText(
            picture_note(
                self.picture,
                self.live,
                over_epochs=self.over_epochs.isChecked(),
                resting=self._resting_words(),
                parts=self.plot.shown_parts,
                losses=self._run_words() if self.live.live else "",
            )
        )

    def _run_words(self) -> str:
        bench, run = self._workbench, self._runner.record.project
        snapshot = bench.models.paused_snapshot
        count = snapshot.set_by_hand if snapshot is not None and bench.paused else 0
        if count:  # no loss is known of these
            return ngettext(
                "{count} weight set by hand ({key}).",
                "{count} weights set by hand ({key}).",
                count,
                key=key_text("Ctrl+Z"),
            )
        words = loss_sentence(self._runner.record.curves, getattr(self.picture, "epoch", None))
        if run is not None and run.data != self._store.project.data:
            before = _("This run is training on the points from before your edits.")
            return join_sentences((before, words))
        return words

    def _resting_words(self) -> dict[str, str]:
        from netbuilder.core.results.live.table_rows import held_values

        dataset = self.live.shown.dataset if self.live.shown is not None else None
        if dataset is not self._resting[0]:
            self._resting = dataset, held_values(dataset) if dataset is not None else {}
        return self._resting[1]

    def _show_colours(self, picture: SurfacePicture) -> None:
        visible, truth = self.live.shown, picture.points.value
        numbers = visible is not None and not picture.classes and len(truth) > 0
        self.colours.setVisible(numbers)
        if visible is not None and numbers:
            name, target = (
                picture.target,
                next(iter(visible.dataset.preprocessing.outputs.values())),
            )
            ends = target.told(float(truth.min())), target.told(float(truth.max()))
            first = f"{name or target.columns[0]} {ends[0]}"
            self.colours.show_ends(number_colours(), (first, ends[1]))

    def _histograms(self) -> HistogramRidges | HistogramMaps:
        return self.maps if self.over_epochs.isChecked() else self.histograms

    def _choose_sample(self, row: int) -> None:
        """Select a clicked sample for Inside and the canvas."""
        self._activations_service.show_row(row)
        self.plot.ring_sample(self._activations_service.index)
        self.note.setText(
            _(
                "Row {number} is selected: see it on the canvas and on the Inside page.",
                number=row + 1,
            )
        )


def _as_wide_as_named(box: QComboBox) -> None:
    """Make a box as wide as its entries: an empty one keeps room for seven letters."""
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    box.setMinimumContentsLength(1)
