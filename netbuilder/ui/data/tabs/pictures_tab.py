"""Pictures of the data: mixed or of one class and part, and as augmentation changes them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from netbuilder.core.data.data_views.picture_view import PictureQuery, PicturesDataView
from netbuilder.core.data.data_views.split_view import PARTS
from netbuilder.core.errors import UserError
from netbuilder.core.project.graph_ends import input_ids
from netbuilder.core.project.model import Node, Project
from netbuilder.core.wording import format_count, format_list
from netbuilder.ui.data.tabs.series_tab import ALL, refill_combo
from netbuilder.ui.forms.boxes import NoWheelComboBox
from netbuilder.ui.plots.samples.picture_grid import PictureGrid
from netbuilder.ui.plots.samples.split_chart import split_legend
from netbuilder.ui.services import jobs
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.accessible_roles import make_scroll_area_accessible
from netbuilder.ui.widgets.flow_layout import FlowLayout
from netbuilder.ui.widgets.labels import note_label

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _PicturesRequest:
    project: Project
    base: Path
    wanted: PictureQuery
    augment: bool


@dataclass(frozen=True, eq=False)
class _PicturesResult:
    images: NDArray[np.uint8]
    labels: tuple[str, ...]
    parts: tuple[int, ...]
    matching: int
    layers: tuple[str, ...]


def _read(question: _PicturesRequest) -> _PicturesResult:
    from netbuilder.core.data.data_views.picture_view import raw_pictures, select_pictures
    from netbuilder.core.data.prepare.prepared_data import prepare_data
    from netbuilder.core.results.augmented import augment_pictures

    plan = prepare_data(question.project, question.base)
    found = select_pictures(plan, question.wanted)
    graph, key = question.project.graph, input_ids(question.project.graph)[0]
    layers = _layers(question.project)
    images = found.images
    if question.augment and layers and len(images):
        preprocessing = plan.preprocessing.inputs[key]
        images = augment_pictures(
            graph, key, preprocessing, raw_pictures(plan, preprocessing, found.rows)
        )
    names = tuple(node.layer for node in layers)
    return _PicturesResult(images, found.labels, found.parts, found.matching, names)


def _layers(project: Project) -> tuple[Node, ...]:
    """The layers at the network's start that change pictures, and those on the way there."""
    from netbuilder.core.results.augmented import augmentation_layers

    return augmentation_layers(project.graph, input_ids(project.graph)[0])


class PicturesTab(QWidget):
    """A gallery. Another draw shows other pictures, or the same anew where they are augmented."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asked: tuple[Project, Path] | None = None
        self._draw = 0
        self._reader = jobs.LatestJob.for_widget(self, _read, "pictures", self._found, self._failed)
        self.label, self.part = NoWheelComboBox(self), NoWheelComboBox(self)
        self.label.setAccessibleName("Class that is shown")
        self.part.setAccessibleName("Part that is shown")
        self.part.addItems(["all parts", *PARTS])
        self.augment = QCheckBox("as augmented", self)
        self.augment.setToolTip("As the layers at the network's start change them while it learns")
        self.others = QPushButton("Others", self)
        self.others.setProperty("small", True)
        self.others.setToolTip("Show other pictures; augmented ones once more, changed anew")
        self.grid = PictureGrid(self)
        self.legend = QLabel(self)
        self.note = note_label("", self)
        scroll = QScrollArea(self)
        make_scroll_area_accessible(scroll, "Pictures")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.grid)
        row = FlowLayout()
        for widget in (self.label, self.part, self.others, self.augment):
            row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.note)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.legend)
        for box in (self.label, self.part):
            box.currentIndexChanged.connect(self._ask)
        self.augment.toggled.connect(self._ask)
        self.others.clicked.connect(self._again)
        theme.theme().changed.connect(self._restyle)
        self._restyle()

    def show_look(self, look: PicturesDataView, project: Project, base: Path) -> None:
        """Show pictures of other data; the class that was chosen stays where there is one."""
        self._asked = (project, base)
        refill_combo(self.label, (ALL, *look.classes))
        self.label.setVisible(len(look.classes) > 1)
        self._ask()

    def follow(self, project: Project) -> None:
        """The network changed: augmented pictures are made anew where its start did."""
        if self._asked is None:
            return
        old, base = self._asked
        self._asked = (project, base)
        if _layers(old) != _layers(project):
            self._ask()

    def _again(self) -> None:
        self._draw += 1
        self._ask()

    def _ask(self) -> None:
        if self._asked is None:
            return
        project, base = self._asked
        label = self.label.currentText() if self.label.currentIndex() > 0 else ""
        part = self.part.currentIndex() - 1
        augment = self.augment.isChecked()
        # Changed anew means the same pictures.
        wanted = PictureQuery(label, part if part >= 0 else None, 0 if augment else self._draw)
        self._reader.ask(_PicturesRequest(project, base, wanted, augment))

    def _found(self, question: _PicturesRequest, answer: _PicturesResult) -> None:
        self.grid.show_pictures(answer.images, answer.labels, answer.parts)
        self.augment.setEnabled(bool(answer.layers))
        words = [f"{len(answer.labels)} of {format_count(answer.matching, 'picture')}."]
        if question.augment and answer.layers:
            words.append(f"Changed by {format_list(answer.layers)}, as in training.")
        elif not answer.layers:
            words.append("Augmentation: put RandomFlip or RandomRotation behind Input.")
        self.note.setText(" ".join(words))

    def _failed(self, question: _PicturesRequest, error: Exception) -> None:
        if not isinstance(error, UserError):
            log.error("pictures failed", exc_info=error)
        self.note.setText(str(error))

    def _restyle(self) -> None:
        self.legend.setText(split_legend())
