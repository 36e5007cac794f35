"""The Surface tab: what the network answers everywhere, moving while it learns."""

from __future__ import annotations

from functools import partial
from typing import Any

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

from netbuilder.ui.plots.histogram_ridges import HistogramRidges
from netbuilder.ui.plots.picture_wall import PictureWall
from netbuilder.ui.plots.surface import SurfacePlot, legend
from netbuilder.ui.services import jobs
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.views.live_view import LiveView
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.empty_state import Waiting
from netbuilder.ui.widgets.flow import FlowLayout
from netbuilder.ui.widgets.labels import note_label

_NO_MODEL = (
    "Press Train: here moves what the network answers, everywhere in the data, while it learns."
)
_PARTS = ("training", "validation", "test")


class SurfacePanel(QWidget):
    """Chooses a view, and draws the newest picture of it."""

    def __init__(self, workbench: Workbench, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.live = LiveView(workbench, runner, self)
        self.picture: Any = None
        self.waiting = Waiting.filling(self, _NO_MODEL)
        page = self.waiting.page_layout
        self.view = QComboBox(self)
        self.view.setAccessibleName("View")
        self.across, self.up = QComboBox(self), QComboBox(self)
        self.across.setAccessibleName("Column from left to right")
        self.up.setAccessibleName("Column from bottom to top")
        self.arrows = (QLabel("→", self), QLabel("↑", self))
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
        self.parts = [QCheckBox(name, self) for name in _PARTS]
        self.discrete = QCheckBox("clear borders", self)
        self.neighbours = QPushButton("t-SNE", self)
        page.addLayout(self._switches())
        self.legend = QLabel(self)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        page.addWidget(self.legend)
        self.note = note_label("", self)
        page.addWidget(self.note)
        self.view.activated.connect(self._choose_view)
        self.live.changed.connect(self._show)
        self.live.pictured.connect(self.draw)
        theme.theme().changed.connect(self._redraw)
        self._show()

    def _choices(self) -> QHBoxLayout:
        top = QHBoxLayout()
        top.addWidget(self.view)
        for arrow, box in zip(self.arrows, (self.across, self.up), strict=True):
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(2)
            box.setMinimumWidth(48)  # a narrow panel elides names, it does not scroll
            box.activated.connect(self._choose_axes)
            top.addWidget(arrow)
            top.addWidget(box, 1)
        top.addStretch(1)
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
            box.setVisible(asked)
            self.arrows[number].setVisible(asked)
            before = self.live.axes[number]
            box.clear()
            box.addItems(list(shown.columns))
            fallback = min(number, len(shown.columns) - 1)
            box.setCurrentIndex(
                shown.columns.index(before) if before in shown.columns else fallback
            )
        self.plot.clear_all()
        self.picture = None
        self.note.setText(shown.view.help + ".")
        self.legend.setText(legend(shown.dataset.pre.classes))
        walls = shown.view.name == "wall"
        self._wall_place.setVisible(walls)
        ridges = shown.view.name == "weights"
        self.histograms.setVisible(ridges)
        self.plot.setVisible(not walls and not ridges)
        for part in self.parts:
            part.setVisible(shown.view.axes > 0)
        self.discrete.setVisible(shown.view.name == "surface")
        self.neighbours.setVisible(shown.view.name == "map")
        self.neighbours.setEnabled(not self.live.live)
        self.legend.setVisible(shown.view.name in {"surface", "curve", "map"})
        self.waiting.ready()

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
                wrong = int((~picture.points.right).sum())
                held = len(self.live.shown.columns) > 2 if self.live.shown else False
                words = f"{wrong:,} misjudged points are ringed. " if picture.classes else ""
                self.note.setText(words + ("Other columns are at their mean." if held else ""))
            case pictures.CurvePicture():
                self.plot.show_curve(picture)
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
