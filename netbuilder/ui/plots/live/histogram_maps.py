"""Histograms over epochs as maps: one column per moment, bright for frequent values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import join_values
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.plots.themed_plot import NumberAxis, style_axes, with_axes
from netbuilder.ui.style import theme

if TYPE_CHECKING:
    from netbuilder.core.results.live.view_data import HistogramPicture

HEIGHT, COLUMNS = 130, 160


def over_epochs(
    shares: NDArray[Any], epochs: NDArray[Any], columns: int = COLUMNS
) -> tuple[NDArray[Any], float, float]:
    """Resample histograms to even distances in epochs; return them, first and last epoch."""
    first, last = float(epochs[0]), float(max(epochs[-1], epochs[0] + 1))
    grid = np.linspace(first, last, columns)
    newest = np.clip(np.searchsorted(epochs, grid, side="right") - 1, 0, len(epochs) - 1)
    return shares[newest], first, last


class EpochAxis(NumberAxis):
    """An axis that labels whole epochs only."""

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        levels = super().tickValues(low, high, size)
        return [
            (step, [at for at in values if abs(at - round(at)) < 1e-6]) for step, values in levels
        ]


_TITLES = {
    "weights": N_("Weights of {layers} over epochs"),
    "gradients": N_("Gradients of {layers} over epochs"),
    "activations": N_("Activations of {layers} over epochs"),
}


class HistogramMaps(pg.GraphicsLayoutWidget):
    """A map per layer over the same epochs, one below the other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.menu = PictureMenu(self, "histograms")
        self.plots: list[tuple[Any, Any]] = []
        self._picture: HistogramPicture | None = None
        self._colors = pg.colormap.get("cividis").getLookupTable(0.0, 1.0, 256)
        theme.theme().changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self.setBackground(QColor(theme.colors().panel))
        self.clear()
        self.plots = []
        if self._picture is not None:
            self.show_histograms(self._picture)

    def show_histograms(self, picture: HistogramPicture) -> None:
        self._picture = picture
        if len(self.plots) != len(picture.layers):
            self._build(len(picture.layers))
        scheme = theme.colors()
        for (plot, image), (name, (shares, edges)) in zip(
            self.plots, picture.layers.items(), strict=True
        ):
            cells, first, last = over_epochs(shares, picture.epochs)
            image.setImage(cells, levels=(0.0, float(shares.max()) or 1.0))
            image.setLookupTable(self._colors)
            low, high = float(edges[0]), float(edges[-1])
            image.setRect(QRectF(first, low, last - first, high - low))
            plot.setRange(xRange=(first, last), yRange=(low, high), padding=0)
            plot.setTitle(name, color=scheme.text, size=f"{theme.ui_font().pointSizeF()}pt")
        if self.plots:
            self.plots[-1][0].setLabel("bottom", _("epoch"))
        self.setAccessibleName(_(_TITLES[picture.what], layers=join_values(picture.layers)))

    def _build(self, count: int) -> None:
        self.clear()
        self.plots = []
        for row in range(count):
            axes = {"left": NumberAxis("left"), "bottom": EpochAxis("bottom")}
            plot = self.addPlot(row=row, col=0, axisItems=axes)
            plot.setMenuEnabled(False)
            plot.hideButtons()
            plot.setMouseEnabled(False, False)
            image = pg.ImageItem()
            plot.addItem(image)
            style_axes(plot)
            self.plots.append((plot, image))
        self.setMinimumHeight(with_axes(HEIGHT) * count)
