"""The Inside tab: what the layers make of one row, and what their weights are like."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from netbuilder.core.catalog.layers.index import LAYERS
from netbuilder.core.catalog.node_label import describe
from netbuilder.ui.forms.boxes import CountBox
from netbuilder.ui.plots import activation_strips
from netbuilder.ui.plots.curves import short
from netbuilder.ui.services.store import ProjectStore
from netbuilder.ui.services.views.activations import Looking
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.empty_state import Waiting
from netbuilder.ui.widgets.labels import note_label

_NO_MODEL = "Press Train: here stands what each layer makes of one row, and what it has learned."
#: Pixels: the side of a map, and the most that a picture is wide (nine maps).
SIDE, WIDE = 44, 412


class ScaledPicture(QLabel):
    """An image that is painted as wide as there is room for it, up to ``most`` pixels; sharp."""

    def __init__(
        self, make: Callable[[int], QImage | None], most: int, parent: QWidget | None = None
    ) -> None:
        """``make`` paints the image for a width in pixels; None where nothing can be shown."""
        super().__init__(parent)
        self._make, self._most, self._width = make, most, 0
        # The image follows the width of the page, so it must never be what holds it open.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._paint_for(most)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._paint_for(event.size().width())

    def _paint_for(self, room: int) -> None:
        width = min(max(room, 24), self._most)
        if width == self._width:
            return
        self._width = width
        image = self._make(width)
        if image is None or image.isNull():
            self.hide()
            return
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
        self.waiting.follow(workbench.training_changed, workbench.training)
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

    def _add_picture(self, make: Callable[[int], QImage | None], most: int) -> ScaledPicture:
        picture = ScaledPicture(make, most, self)
        self._add(picture)
        return picture

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
            values = look.values[node_id]
            node = graph.by_id[node_id]
            spec = LAYERS.get(node.layer)
            words = describe(node.params, spec) if spec else ""
            self._add(note_label(f"{node.layer}  {words}".strip(), self, role="body"))
            self._add_picture(partial(activation_strips.strip, values, height=36), 340)
        self._add(note_label("Select a layer on the canvas to see it closely.", self))

    def _show_layer(self, node_id: str) -> None:
        from netbuilder.core.results.inside import as_pictures, filter_pictures

        look = self._looking.look
        assert look is not None
        node = look.trained.project.graph.by_id[node_id]
        values = np.asarray(look.values[node_id])
        self._add(_title(f"What {node.layer} “{node_id}” gives out", self))
        if values.dtype.kind in "fiub" and values.size:
            span = f"{short(float(values.min()))} to {short(float(values.max()))}"
            dead = float((values == 0).mean())
            zero = f", {dead:.0%} of them 0" if dead > 0.01 else ""
            one = values.size == 1
            told = short(float(values.reshape(-1)[0])) if one else f"from {span}{zero}"
            self._add(note_label(f"{_numbers(values.shape)}{':' if one else ','} {told}", self))
            if values.ndim == 3 and values.shape[2] == 3:
                self._add_picture(partial(activation_strips.montage, values[None], columns=1), 180)
            elif values.ndim == 3:
                self._add_picture(partial(_maps, as_pictures(values)), WIDE)
            else:
                self._add_picture(partial(activation_strips.strip, values, height=72), WIDE)
        filters = filter_pictures(look.trained, node_id)
        if filters is not None:
            self._add(_title("The patterns that it looks for", self))
            self._add_picture(partial(_maps, filters), WIDE)
        self._show_weights(node_id)

    def _show_weights(self, node_id: str) -> None:
        from netbuilder.core.results.inside import weight_stats

        look = self._looking.look
        assert look is not None
        for stats in weight_stats(look.trained, node_id):
            size = " × ".join(str(n) for n in stats.shape)
            frozen = "" if stats.trainable else ", not trained"
            self._add(_title(f"{stats.name} ({size}{frozen})", self))
            if stats.count == 1:
                self._add(note_label(f"{_weights(1)}: {short(stats.mean)}", self))
                continue
            self._add(
                note_label(
                    f"{_weights(stats.count)} from {short(stats.minimum)} to "
                    f"{short(stats.maximum)}, mean {short(stats.mean)}, spread "
                    f"{short(stats.deviation)}, {stats.near_zero:.0%} near 0",
                    self,
                )
            )
            picture = self._add_picture(
                partial(activation_strips.bars, stats.counts.astype(float), height=60), WIDE
            )
            picture.setToolTip("How many weights have which size, from smallest to largest")


def _title(text: str, parent: QWidget) -> QLabel:
    """A heading that wraps: names of layers are as long as people make them."""
    return note_label(text, parent, role="heading")


def _maps(maps: NDArray[Any], width: int) -> QImage:
    """Maps (n, height, width) in as many columns as ``width`` pixels have room for."""
    return activation_strips.montage(
        maps, SIDE, max((width + activation_strips.GAP) // (SIDE + activation_strips.GAP), 1)
    )


def _numbers(shape: tuple[int, ...]) -> str:
    """How many numbers a shape holds, in words: ``8 × 8 × 32 numbers``, ``1 number``."""
    sizes = " × ".join(str(size) for size in shape) or "1"
    return f"{sizes} number" if all(size == 1 for size in shape) else f"{sizes} numbers"


def _weights(count: int) -> str:
    return f"{count:,} weight" if count == 1 else f"{count:,} weights"
