"""The Surface tab: what the network answers everywhere, moving while it learns."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QWidget,
)

from netbuilder.core.wording import counted
from netbuilder.ui.plots.live.histogram_ridges import HistogramRidges
from netbuilder.ui.plots.live.picture_wall import PictureWall
from netbuilder.ui.plots.live.surface import SurfacePlot, legend
from netbuilder.ui.results.point_editor import PointEditor
from netbuilder.ui.services import jobs
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.store import ProjectStore
from netbuilder.ui.services.views.activations import Looking
from netbuilder.ui.services.views.live_view import LiveView, has_points
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.empty_state import Waiting
from netbuilder.ui.widgets.flow import FlowLayout
from netbuilder.ui.widgets.labels import note_label

if TYPE_CHECKING:
    from netbuilder.core.results.live.pictures import SurfacePicture

_NO_MODEL = (
    "Press Train: here moves what the network answers, everywhere in the data, while it learns."
)
_FIRST = "It is training: the first picture comes in a moment, and moves from then on."
_PARTS = ("training", "validation", "test")
_SIGNS = ("●", "■", "▼")  # as the plot draws them


class SurfacePanel(QWidget):
    """Chooses a view, and draws the newest picture of it."""

    def __init__(
        self,
        store: ProjectStore,
        workbench: Workbench,
        runner: Runner,
        looking: Looking,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.live = LiveView(store, workbench, runner, looking, self)
        self.picture: Any = None
        self.waiting = Waiting.filling(self, _NO_MODEL)
        self.waiting.follow(workbench.training_changed, workbench.training, _FIRST)
        workbench.training_changed.connect(self._redraw)
        page = self.waiting.page_layout
        self.view = QComboBox(self)
        self.view.setAccessibleName("View")
        self.across, self.up = QComboBox(self), QComboBox(self)
        self.across.setAccessibleName("Column from left to right")
        self.up.setAccessibleName("Column from bottom to top")
        self.axes = (QWidget(self), QWidget(self))
        self.plot = SurfacePlot(self)
        page.addLayout(self._choices())
        page.addWidget(self.plot, 1)
        self.wall = PictureWall(self)
        self.histograms = HistogramRidges(self)
        page.addWidget(self.histograms)
        self._wall_place = QScrollArea(self)
        self._wall_place.setWidgetResizable(True)
        self._wall_place.setWidget(self.wall)
        self._wall_place.setFrameShape(QScrollArea.Shape.NoFrame)
        page.addWidget(self._wall_place, 1)
        self.parts = [
            QCheckBox(f"{sign} {name}", self) for sign, name in zip(_SIGNS, _PARTS, strict=True)
        ]
        self.discrete = QCheckBox("clear borders", self)
        self.held = QComboBox(self)
        self.points = PointEditor(store, workbench, self.plot, self)
        page.addWidget(self.points)
        self.neighbours = QPushButton("t-SNE", self)
        page.addLayout(self._switches())
        self.legend = QLabel(self)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        page.addWidget(self.legend)
        self.note = note_label("", self)
        page.addWidget(self.note)
        self.view.activated.connect(self._choose_view)
        self.points.told.connect(self.note.setText)
        self.live.changed.connect(self._show)
        self.live.pictured.connect(self.draw)
        theme.theme().changed.connect(self._redraw)
        self._show()

    def _choices(self) -> FlowLayout:
        top = FlowLayout()
        top.addWidget(self.view)
        for place, arrow, box in zip(self.axes, "→↑", (self.across, self.up), strict=True):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            box.setMaximumWidth(18 * self.fontMetrics().averageCharWidth())
            box.activated.connect(self._choose_axes)
            pair = QHBoxLayout(place)
            pair.setContentsMargins(0, 0, 0, 0)
            pair.addWidget(QLabel(arrow, place))
            pair.addWidget(box)
            top.addWidget(place)
        return top

    def _switches(self) -> FlowLayout:
        row = FlowLayout()
        for number, box in enumerate(self.parts):
            box.setChecked(number in self.plot.shown_parts)
            box.toggled.connect(partial(self._show_part, number))
            box.setToolTip(f"Show {_PARTS[number]} rows as points")
            row.addWidget(box)
        self.discrete.setToolTip("Show only what is answered, not how surely")
        self.discrete.toggled.connect(self._set_discrete)
        row.addWidget(self.discrete)
        self.held.addItems(["others at their mean", "others as in the chosen row"])
        self.held.setAccessibleName("Where columns that are not shown are held")
        self.held.setToolTip(
            "The columns that no axis shows: at their mean, or as in the row that Inside shows"
        )
        self.held.activated.connect(lambda index: self.live.choose(at_sample=index == 1))
        row.addWidget(self.held)
        self.neighbours.setToolTip("Draw neighbours beside each other (t-SNE): takes seconds")
        self.neighbours.clicked.connect(self._spread)
        row.addWidget(self.neighbours)
        return row

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.live.watch(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.live.watch(False)

    def _choose_view(self) -> None:
        self.live.choose(str(self.view.currentData()))

    def _choose_axes(self) -> None:
        self.live.choose(axes=(self.across.currentText(), self.up.currentText()))

    def _show_part(self, number: int, on: bool) -> None:
        (self.plot.shown_parts.add if on else self.plot.shown_parts.discard)(number)
        self._redraw()

    def _set_discrete(self, on: bool) -> None:
        self.plot.discrete = on
        self._redraw()

    def _redraw(self) -> None:
        if self.picture is not None:
            self.draw(self.picture)

    def _show(self) -> None:
        shown = self.live.shown
        if self.live.error is not None:
            self.waiting.wait(str(self.live.error))
            return
        if shown is None:
            self.waiting.wait(_NO_MODEL)
            return
        self.view.clear()
        for one in shown.views:
            self.view.addItem(one.title, one.name)
            self.view.setItemData(self.view.count() - 1, one.help, Qt.ItemDataRole.ToolTipRole)
        self.view.setCurrentIndex(self.view.findData(shown.view.name))
        for number, box in enumerate((self.across, self.up)):
            asked = shown.view.axes > number
            self.axes[number].setVisible(asked)
            before = self.live.axes[number]
            box.clear()
            box.addItems(list(shown.columns))
            fallback = min(number, len(shown.columns) - 1)
            box.setCurrentIndex(
                shown.columns.index(before) if before in shown.columns else fallback
            )
        self.plot.clear_all()
        self.picture = None
        if not self.points.hand.on:  # else it says what the hand does
            self.note.setText(shown.view.help + ".")
        self.legend.setText(legend(shown.dataset.pre.classes))
        walls = shown.view.name == "wall"
        self._wall_place.setVisible(walls)
        ridges = shown.view.name == "weights"
        self.histograms.setVisible(ridges)
        self.plot.setVisible(not walls and not ridges)
        for part in self.parts:
            part.setVisible(shown.view.axes > 0)
        self.discrete.setVisible(shown.view.name == "surface" and shown.asked is not None)
        self.held.setVisible(0 < shown.view.axes < len(shown.columns))
        self.held.setCurrentIndex(int(self.live.at_sample))
        columns = (self.across.currentText(), self.up.currentText())
        editable = shown.view.name == "surface" and has_points(shown.question.project.data)
        self.points.show_for(columns if editable else None, shown.dataset.pre.classes)
        self.neighbours.setVisible(shown.view.name == "map")
        self.neighbours.setEnabled(not self.live.live)
        named = bool(shown.dataset.pre.classes)
        self.legend.setVisible(named and shown.view.name in {"surface", "curve", "map"})
        self.waiting.ready()

    def _tell_surface(self, picture: SurfacePicture) -> None:
        if self.points.hand.on:
            return  # the note says what the hand does
        if not picture.answered:
            self.note.setText(_FIRST if self.live.live else _NO_MODEL)
            return
        wrong = int((~picture.points.right).sum())
        words = f"{counted(wrong, 'misjudged point')} ringed. " if picture.classes else ""
        self.note.setText(words + self._held_words(2))

    def _held_words(self, axes: int) -> str:
        """Where the columns that no axis shows are held; "" where there is none."""
        columns = self.live.shown.columns if self.live.shown is not None else ()
        if len(columns) <= axes:
            return ""
        if self.live.at_sample:
            return f"Other columns are as in row {self.live.sample + 1}."
        return "Other columns are at their mean."

    def _spread(self) -> None:
        from netbuilder.core.results.live import others, pictures

        picture = self.picture
        if not isinstance(picture, pictures.MapPicture):
            return
        self.neighbours.setEnabled(False)

        def found(spread: Any) -> None:
            self.neighbours.setEnabled(not self.live.live)
            if self.picture is picture:  # no newer one has come
                self.draw(spread)

        def failed(error: Exception) -> None:
            self.neighbours.setEnabled(not self.live.live)
            self.note.setText(str(error))

        jobs.run(lambda: others.neighbours(picture), found, failed, name="t-SNE")

    def draw(self, picture: Any) -> None:
        """Draw a picture of the view that is shown."""
        from netbuilder.core.results.live import pictures

        self.picture = picture
        match picture:
            case pictures.SurfacePicture():
                self.plot.show_surface(picture)
                self._tell_surface(picture)
            case pictures.CurvePicture():
                self.plot.show_curve(picture)
                self.note.setText(self._held_words(1))
            case pictures.ForecastPicture():
                self.plot.show_forecast(picture)
                self.note.setText("Grey is the truth, orange the forecast.")
            case pictures.WallPicture():
                self.wall.show_wall(picture)
                right = int(picture.right.sum())
                self.note.setText(f"{right} of {len(picture.right)} are answered rightly.")
            case pictures.HistogramPicture():
                self.histograms.show_histograms(picture)
            case pictures.MapPicture():
                self.plot.show_map(picture)
                self.note.setText(
                    f"Each point is a sample as “{picture.node}” sees it ({picture.way});"
                    " misjudged ones are ringed."
                )
