"""The Inside tab: what the layers make of one row, and what their weights are like."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from netbuilder.core.catalog.layers import LAYERS
from netbuilder.core.catalog.telling import describe
from netbuilder.ui import theme
from netbuilder.ui.inspector.boxes import CountBox
from netbuilder.ui.results import strips
from netbuilder.ui.results.looking import Looking
from netbuilder.ui.results.waiting import Waiting
from netbuilder.ui.store import ProjectStore
from netbuilder.ui.training.curves import short
from netbuilder.ui.widgets.labels import heading, note_label
from netbuilder.ui.workbench import Workbench

_NO_MODEL = "Press Train: here stands what each layer makes of one row, and what it has learned."
SIDE, COLUMNS = 44, 9


class Picture(QLabel):
    """An image at its own size, sharp."""

    def show_image(self, image: QImage | None) -> None:
        """Show an image; None: nothing."""
        self.setVisible(image is not None and not image.isNull())
        if image is not None:
            self.setPixmap(QPixmap.fromImage(image))


class InsidePanel(QWidget):
    """With a layer selected: its values, filters and weights; else all layers in a row."""

    def __init__(
        self,
        store: ProjectStore,
        workbench: Workbench,
        looking: Looking,
        selection_changed: Any,
        selection: tuple[str, ...],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench, self._looking = store, workbench, looking
        self._selection = selection
        self._parts: list[QWidget] = []
        self.waiting = Waiting.filling(self, _NO_MODEL)
        page = self.waiting.page_layout
        row = QHBoxLayout()
        row.setSpacing(6)
        label = QLabel("row", self)
        label.setProperty("role", "field")
        self.number = CountBox(1, 1, self)
        self.number.setAccessibleName("row of the test data")
        label.setBuddy(self.number)
        self.random = QPushButton("Another", self)
        self.random.setProperty("small", True)
        self.truth = note_label("", self)
        row.addWidget(label)
        row.addWidget(self.number)
        row.addWidget(self.random)
        row.addWidget(self.truth, 1)
        page.addLayout(row)
        self._place = QVBoxLayout()
        self._place.setSpacing(6)
        page.addLayout(self._place)
        page.addStretch(1)
        self.number.valueChanged.connect(lambda value: looking.show_row(value - 1))
        self.random.clicked.connect(self._another)
        looking.changed.connect(self._show)
        selection_changed.connect(self._select)
        theme.theme().changed.connect(self._show)
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    def _another(self) -> None:
        self.number.setValue(int(np.random.default_rng().integers(1, self.number.maximum() + 1)))

    def _select(self, ids: tuple[str, ...]) -> None:
        self._selection = tuple(ids)
        self._show()

    def _clear(self) -> None:
        for part in self._parts:
            self._place.removeWidget(part)
            part.hide()
            part.deleteLater()
        self._parts = []

    def _add(self, part: QWidget) -> None:
        self._parts.append(part)
        self._place.addWidget(part)

    def _show(self) -> None:
        look = self._looking.look
        if look is None:
            waiting = self._workbench.trained is not None and not self._looking.trouble
            words = "Looking…" if waiting else self._looking.trouble or _NO_MODEL
            self.waiting.wait(words)
            return
        if not self.isVisible():
            return
        self._clear()
        self.waiting.ready()
        blocked = self.number.blockSignals(True)
        self.number.setRange(1, look.rows)
        self.number.setValue(look.index + 1)
        self.number.blockSignals(blocked)
        self.truth.setText(f"of {look.rows:,}" + (f" · it is “{look.truth}”" if look.truth else ""))
        chosen = [one for one in self._selection if one in look.values]
        if len(chosen) == 1:
            self._show_layer(chosen[0])
        else:
            self._show_all()

    def _show_all(self) -> None:
        look = self._looking.look
        assert look is not None
        graph = look.trained.project.graph
        for node_id in graph.order:
            if node_id not in look.values:
                continue
            image = strips.strip(look.values[node_id], 340, 36)
            node = graph.by_id[node_id]
            spec = LAYERS.get(node.layer)
            words = describe(node.params, spec) if spec else ""
            self._add(note_label(f"{node.layer}  {words}".strip(), self, role="body"))
            picture = Picture(self)
            picture.show_image(image)
            self._add(picture)
        self._add(note_label("Select a layer on the canvas to see it closely.", self))

    def _show_layer(self, node_id: str) -> None:
        from netbuilder.core.results.inside import as_pictures, filter_pictures

        look = self._looking.look
        assert look is not None
        node = look.trained.project.graph.by_id[node_id]
        values = np.asarray(look.values[node_id])
        title = heading(f"What {node.layer} “{node_id}” gives out", self)
        title.setTextFormat(Qt.TextFormat.PlainText)
        self._add(title)
        shape = " × ".join(str(n) for n in values.shape) or "one number"
        if values.dtype.kind in "fiub" and values.size:
            span = f"{short(float(values.min()))} to {short(float(values.max()))}"
            dead = float((values == 0).mean())
            zero = f", {dead:.0%} of them 0" if dead > 0.01 else ""
            self._add(note_label(f"{shape} numbers, from {span}{zero}", self))
            picture = Picture(self)
            if values.ndim == 3 and values.shape[2] == 3:
                picture.show_image(strips.montage(values[None], 180, 1))
            elif values.ndim == 3:
                picture.show_image(strips.montage(as_pictures(values), SIDE, COLUMNS))
            else:
                picture.show_image(strips.strip(values, 400, 72))
            self._add(picture)
        filters = filter_pictures(look.trained, node_id)
        if filters is not None:
            self._add(heading("The patterns that it looks for", self))
            picture = Picture(self)
            picture.show_image(strips.montage(filters, SIDE, COLUMNS))
            self._add(picture)
        self._show_weights(node_id)

    def _show_weights(self, node_id: str) -> None:
        from netbuilder.core.results.inside import weight_stats

        look = self._looking.look
        assert look is not None
        for stats in weight_stats(look.trained, node_id):
            size = " × ".join(str(n) for n in stats.shape)
            frozen = "" if stats.trainable else ", not trained"
            self._add(heading(f"{stats.name} ({size}{frozen})", self))
            self._add(
                note_label(
                    f"{stats.count:,} weights from {short(stats.minimum)} to "
                    f"{short(stats.maximum)}, mean {short(stats.mean)}, spread "
                    f"{short(stats.deviation)}, {stats.near_zero:.0%} near 0",
                    self,
                )
            )
            picture = Picture(self)
            picture.show_image(strips.bars(stats.counts.astype(float), 400, 60))
            picture.setToolTip("How many weights have which size, from smallest to largest")
            self._add(picture)
