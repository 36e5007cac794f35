"""A sound: of the test data or of a file, seen as the network hears it, and played."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QPushButton, QWidget

from netbuilder.core.data.readers.sound_files import ENDINGS
from netbuilder.core.errors import UserError
from netbuilder.ui.plots.activation_strips import heat_colors
from netbuilder.ui.plots.themed_plot import NoWheelPlot
from netbuilder.ui.results.predict_forms.predict_form import (
    PredictForm,
    file_sample,
    local_file,
    request_for_file,
    request_for_raw,
)
from netbuilder.ui.services import jobs
from netbuilder.ui.services.capture.file_player import SoundFilePlayer
from netbuilder.ui.services.views.sample_activations import SampleActivations
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.file_dialogs import ask_open
from netbuilder.ui.widgets.flow_layout import FlowLayout

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel

log = logging.getLogger(__name__)


class SoundPlot(NoWheelPlot):
    """What the network hears: a wave as a line, a spectrogram as a picture, time to the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("sound", 150, parent)
        item = self.getPlotItem()
        item.hideAxis("left")
        item.setLabel("bottom", "seconds")
        self._wave = self.plot([], [])
        self._picture = pg.ImageItem()
        self.addItem(self._picture)
        self.drawn()

    def drawn(self) -> None:
        """Draw what is shown."""
        scheme = theme.colors()
        self._wave.setPen(pg.mkPen(scheme.training, width=1))

    def show_sound(self, values: Any, seconds: float) -> None:
        """Show a wave (samples, 1) or a spectrogram (moments, pitches)."""
        values = np.asarray(values, np.float64)
        wave = values.ndim != 2 or values.shape[1] == 1
        self._wave.setVisible(wave)
        self._picture.setVisible(not wave)
        if wave:
            line = values.reshape(-1)
            self._wave.setData(np.linspace(0, seconds, len(line)), line)
            self.getPlotItem().setRange(xRange=(0, seconds), yRange=(-1, 1), padding=0.02)
            self.setAccessibleName("The sound as a wave")
            return
        self._picture.setImage(heat_colors(values), axisOrder="col-major")
        self._picture.setRect(0.0, 0.0, seconds, float(values.shape[1]))
        self.getPlotItem().setRange(xRange=(0, seconds), yRange=(0, values.shape[1]), padding=0.0)
        self.setAccessibleName("The sound as a spectrogram: low pitches below, time to the right")


class SoundForm(PredictForm):
    """Buttons in a row (``ways``: others may add theirs), and what the network hears."""

    one = "sound"
    why_at = 1
    words = "This network hears sounds: choose a file, or drop one here."

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._trained: TrainedModel | None = None
        self.path: Path | None = None
        self._own = False
        self._player = SoundFilePlayer(self)
        self.plot = SoundPlot(self)
        self.ways = FlowLayout(spacing=8)
        self.play_button = QPushButton("Play", self)
        self.play_button.setToolTip("Hear the sound that is asked about")
        self.sound_button = QPushButton("Answer a sound…", self)
        self.sound_button.setToolTip(
            "A file of the kind .wav, .flac or .ogg; it can be dropped too"
        )
        for button in (self.play_button, self.sound_button):
            self.ways.addWidget(button)
        self.page.addWidget(self.plot)
        self.page.addLayout(self.ways)
        self.play_button.clicked.connect(self.play)
        self.sound_button.clicked.connect(self._ask_sound)

    def fits(self, trained: TrainedModel) -> bool:
        """Networks that take sounds, and nothing else."""
        from netbuilder.core.results.predict import input_sort

        return input_sort(trained) == "sounds"

    def begin(self, trained: TrainedModel, fresh: bool) -> None:
        """Forget the sound that another network was asked about."""
        self._trained, self._own = trained, False
        self._set_path(None)

    def end(self) -> None:
        """Be silent."""
        self._player.stop()
        self._trained = None

    @property
    def busy(self) -> bool:
        """Whether a sound of one's own is asked about."""
        return self._own

    def _set_path(self, path: Path | None) -> None:
        self._player.stop()
        self.path = path
        self.play_button.setEnabled(path is not None)

    def _show(self, values: Any) -> None:
        if self._trained is None:
            return
        entry = next(iter(self._trained.preprocessing.inputs.values()))
        self.plot.show_sound(values, float(entry.sound[1]) if len(entry.sound) > 1 else 1.0)

    def show_look(self, look: SampleActivations, about: str, wanted: bool) -> None:
        """Show a test sound, unless one of one's own is listened to."""
        if self._own and not wanted:
            return
        self._own = False
        self._set_path(None)
        self._show(next(iter(look.raw.values())))
        self.asked.emit(request_for_raw(look.raw, about, by_hand=False))
        project, base, index = look.project, self._workbench.base, look.index

        def find() -> Path | None:
            from netbuilder.core.results.file_samples import file_of_row

            return file_of_row(project, base, index)

        def found(path: Path | None) -> None:
            if not self._own and self._trained is look.trained:
                self._set_path(path)

        jobs.run_job(
            find,
            found,
            lambda error: log.info("the sound's file is not known: %s", error),
            name="sound",
            owner=self,
        )

    def play(self) -> None:
        """Play the sound that is asked about; where that cannot be, say why."""
        if self.path is None:
            return
        try:
            self._player.play(self.path)
        except UserError as error:
            self.said.emit(str(error))

    def _ask_sound(self) -> None:
        endings = " ".join(f"*{ending}" for ending in ENDINGS)
        path = ask_open(self, "Choose a sound", f"Sounds ({endings})")
        if path is not None:
            self.answer_sound(path)

    def answer_sound(self, path: Path) -> None:
        """Answer a sound file, heard as the data set's were."""
        trained = self._trained
        if trained is None:
            return
        self._own = True
        self._set_path(path)
        self.asked.emit(request_for_file(path, path.name))
        jobs.run_job(
            lambda: next(iter(file_sample(trained, path)[0].values())),
            lambda values: self._show(values) if self.path == path else None,
            lambda error: log.info("the sound cannot be shown: %s", error),
            name="hear",
            owner=self,
        )

    def takes(self, given: QMimeData) -> bool:
        """Sound files."""
        return local_file(given, ENDINGS) is not None

    def take(self, given: QMimeData) -> bool:
        """Answer the sound that was dropped."""
        path = local_file(given, ENDINGS)
        if path is not None:
            self.answer_sound(path)
        return path is not None
