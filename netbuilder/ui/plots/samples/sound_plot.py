"""A sound as a wave, and as loudness of each pitch from moment to moment."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QWidget

from netbuilder.core.data.data_views.sound_view import SoundClip
from netbuilder.ui.plots.activation_strips import heat_colors
from netbuilder.ui.plots.themed_plot import ThemedPlot
from netbuilder.ui.style import theme


class WavePlot(ThemedPlot):
    """Numbers from -1 to 1 over seconds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("wave", parent)
        self._heard: SoundClip | None = None
        item = self.getPlotItem()
        item.setMouseEnabled(x=True, y=False)
        item.setDownsampling(auto=True, mode="peak")
        item.setClipToView(True)
        self.setMinimumHeight(90)

    def show_sound(self, heard: SoundClip) -> None:
        """Show another sound."""
        self._heard = heard
        self.restyle()
        seconds = len(heard.wave) / heard.rate
        top = max(float(np.abs(heard.wave).max(initial=0.0)), 0.01)
        self.getPlotItem().setRange(xRange=(0, seconds), yRange=(-top, top), padding=0.02)
        self.setAccessibleName(f"Wave of {seconds:.2f} seconds")

    def drawn(self) -> None:
        item = self.getPlotItem()
        item.clear()
        if self._heard is None:
            return
        seconds = np.arange(len(self._heard.wave)) / self._heard.rate
        curve = pg.PlotDataItem(seconds, self._heard.wave, pen=pg.mkPen(theme.colors().training))
        item.addItem(curve)
        item.setLabel("left", "wave")
        item.setLabel("bottom", "seconds")


class SpectrogramPlot(ThemedPlot):
    """Pitches from low to high over seconds; the louder the lighter."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("spectrogram", parent)
        self._image = pg.ImageItem(axisOrder="row-major")
        self.addItem(self._image)
        self.getPlotItem().setMouseEnabled(False, False)
        self.getPlotItem().setLabel("left", "pitch")
        self.getPlotItem().setLabel("bottom", "seconds")
        self.setMinimumHeight(120)

    def show_sound(self, heard: SoundClip) -> None:
        """Show another sound."""
        moments, mels = heard.pitches.shape
        seconds = len(heard.wave) / heard.rate
        self._image.setImage(heat_colors(heard.pitches.T), autoLevels=False)
        self._image.setRect(QRectF(0, 0, seconds, mels))
        self.getPlotItem().setRange(xRange=(0, seconds), yRange=(0, mels), padding=0)
        self.setAccessibleName(f"Spectrogram: {moments} moments, {mels} pitches")
