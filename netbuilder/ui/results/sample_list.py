"""Samples with what was answered about them: a gallery, or rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QHeaderView, QVBoxLayout, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.plots.images import ImageGrid
from netbuilder.ui.plots.live.picture_wall import grey_levels
from netbuilder.ui.plots.table_preview import ShortTable
from netbuilder.ui.widgets.labels import note_label

if TYPE_CHECKING:
    from netbuilder.core.results.mistakes import MistakeSamples

HEIGHT = 190


class SampleList(QWidget):
    """Shows one handful of samples at a time. ``chosen(row)``: one was clicked, or reached with the
    keyboard and Enter; its place in the split."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.words = note_label("", self)
        self.grid = ImageGrid(48, self)
        self.grid.setFixedHeight(HEIGHT)
        self.grid.setAccessibleName(_("Samples"))
        self.table = ShortTable(_("Samples"), self, HEIGHT)
        self.table.setWordWrap(False)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for widget in (self.words, self.grid, self.table):
            layout.addWidget(widget)
        self._rows: tuple[int, ...] = ()
        for view in (self.grid, self.table):
            view.setToolTip(
                _("Click a sample to see it on the canvas and on the Inside and Predict pages")
            )
            view.clicked.connect(self._choose)
            view.activated.connect(self._choose)

    def _choose(self, index: QModelIndex) -> None:
        if index.row() < len(self._rows):
            self.chosen.emit(self._rows[index.row()])

    def show_samples(self, found: MistakeSamples | None, words: str) -> None:
        """Show these, below some words; None hides the list."""
        self.setVisible(found is not None)
        if found is None:
            return
        self.words.setText(words)
        self._rows = tuple(int(row) for row in found.rows)
        pictures = found.images is not None
        self.grid.setVisible(pictures)
        self.table.setVisible(not pictures)
        if found.images is not None:
            shown = [grey_levels(_channels(one)) for one in found.images]
            self.grid.show_images(np.array(shown), list(found.captions))
            return
        rows = [(text, *cells) for text, cells in zip(found.captions, found.cells, strict=True)]
        self.table.show_rows((found.what, *found.names), rows, narrow=0)
        self.table.resizeColumnsToContents()
        self.table.fit()


def _channels(pixels: np.ndarray) -> np.ndarray:
    return pixels if pixels.shape[-1] in {1, 3} else pixels.mean(axis=-1, keepdims=True)
