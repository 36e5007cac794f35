"""Sounds on the Data page, and the prediction form for a sound."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QMimeData, QRectF
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QPushButton, QWidget

from netbuilder.core.data.kinds.sounds import SOUND
from netbuilder.core.data.kinds.sounds.sound_files import ENDINGS
from netbuilder.core.data.kinds.sounds.view import SoundClip, SoundsDataView, load_clip
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_, pgettext
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_number, join_sentences
from netbuilder.ui.kinds.predict_form import (
    PredictForm,
    file_sample,
    local_file,
    request_for_file,
    request_for_raw,
)
from netbuilder.ui.kinds.splits import split_names
from netbuilder.ui.plots.activation_strips import heat_colors
from netbuilder.ui.plots.table_preview import TextTable, text_table
from netbuilder.ui.plots.themed_plot import NoWheelPlot, ThemedPlot
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.services.devices import WavePlayer
from netbuilder.ui.services.views.sample_activations import SampleActivations
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.file_dialogs import ask_open
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import FlowLayout, hbox, prepared, vbox

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel


class SoundsTab(QWidget):
    """A list of sounds; the chosen one as wave and spectrogram, with a play button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: SoundsDataView | None = None
        self.heard: SoundClip | None = None
        self._reader = Derived(self, load_clip, self._found, self._tell, of=lambda: self._look)
        self.player = WavePlayer(self)
        self.model = TextTable(self)
        self.table = text_table(self.model, _("Sounds"), self)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.setMinimumHeight(110)
        self.table.selectionModel().currentRowChanged.connect(
            lambda current, _old: self._ask(current.row())
        )
        self.table.activated.connect(lambda _index: self.toggle())
        self.wave, self.pitches = WavePlot(self), SpectrogramPlot(self)
        self.play = prepared(QPushButton(f"▶ {_('Play')}", self), small=True)
        self.play.clicked.connect(self.toggle)
        self.words = note_label("", self)
        self.player.ended.connect(self._show_button)
        vbox(
            (self.table, 2),
            hbox(self.play, (self.words, 1)),
            (self.wave, 2),
            (self.pitches, 3),
            parent=self,
            margins=(0, 4, 0, 0),
            spacing=4,
        )

    def show_look(self, look: SoundsDataView, project: Project, base: Path) -> None:
        self._look = look
        rows = [
            (file.name, label, split_names()[part] if part >= 0 else "")
            for file, label, part in zip(look.files, look.labels, look.parts, strict=True)
        ]
        self.model.show_rows((_("Sound"), _("Class"), _("Split")), rows)
        self._about()
        if rows:
            self.table.selectRow(0)
            self._ask(0)

    def toggle(self) -> None:
        if self.player.playing:
            self.player.stop()
            return
        if self.heard is None:
            return
        try:
            self.player.play(self.heard.wave, self.heard.rate)
        except UserError as error:
            self._tell(error)
        self._show_button()

    def _tell(self, error: UserError) -> None:
        self.words.setText(str(error))

    def _about(self) -> None:
        look = self._look
        if look is not None:
            count = ngettext(
                "{count} sound of {seconds} s, {rate} values per second.",
                "{count} sounds of {seconds} s, {rate} values per second.",
                len(look.files),
                seconds=format_number(look.format.seconds, "g"),
                rate=format_number(look.format.rate),
            )
            gets = (
                _(
                    "The network gets a spectrogram with {count} frequency bands.",
                    count=look.format.mels,
                )
                if look.format.mels
                else _("The network gets the waveform.")
            )
            self.words.setText(join_sentences((count, gets)))

    def _ask(self, row: int) -> None:
        if self._look is not None and 0 <= row < len(self._look.files):
            self._reader.ask(self._look, row)

    def _found(self, heard: SoundClip) -> None:
        self.player.stop()
        self.heard = heard
        self._about()
        self.wave.show_sound(heard)
        self.pitches.show_sound(heard)

    def _show_button(self) -> None:
        self.play.setText(
            f"■ {pgettext('sound', 'Stop')}" if self.player.playing else f"▶ {_('Play')}"
        )


class WavePlot(ThemedPlot):
    """A waveform from -1 to 1 over seconds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("wave", parent, least=90)
        self._heard: SoundClip | None = None
        item = self.getPlotItem()
        item.setMouseEnabled(x=True, y=False)
        item.setDownsampling(auto=True, mode="peak")
        item.setClipToView(True)

    def show_sound(self, heard: SoundClip) -> None:
        self._heard = heard
        self.restyle()
        seconds = len(heard.wave) / heard.rate
        top = max(float(np.abs(heard.wave).max(initial=0.0)), 0.01)
        self.getPlotItem().setRange(xRange=(0, seconds), yRange=(-top, top), padding=0.02)
        self.setAccessibleName(
            _("Waveform of {seconds} seconds", seconds=format_number(seconds, ".2f"))
        )

    def drawn(self) -> None:
        item = self.getPlotItem()
        item.clear()
        if self._heard is None:
            return
        seconds = np.arange(len(self._heard.wave)) / self._heard.rate
        curve = pg.PlotDataItem(seconds, self._heard.wave, pen=pg.mkPen(theme.colors().training))
        item.addItem(curve)
        item.setLabel("left", _("amplitude"))
        item.setLabel("bottom", _("seconds"))


class SpectrogramPlot(ThemedPlot):
    """Frequencies over seconds; louder is lighter."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("spectrogram", parent, least=120)
        self._image = pg.ImageItem(axisOrder="row-major")
        self.addItem(self._image)
        self.getPlotItem().setMouseEnabled(False, False)
        self.getPlotItem().setLabel("left", _("frequency"))
        self.getPlotItem().setLabel("bottom", _("seconds"))

    def show_sound(self, heard: SoundClip) -> None:
        moments, mels = heard.pitches.shape
        seconds = len(heard.wave) / heard.rate
        self._image.setImage(heat_colors(heard.pitches.T), autoLevels=False)
        self._image.setRect(QRectF(0, 0, seconds, mels))
        self.getPlotItem().setRange(xRange=(0, seconds), yRange=(0, mels), padding=0)
        self.setAccessibleName(
            _(
                "Spectrogram: {moments} time steps, {mels} frequency bands",
                moments=moments,
                mels=mels,
            )
        )


class SoundPlot(NoWheelPlot):
    """The network's input: a wave as a line, or a spectrogram as a picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("sound", 150, parent)
        item = self.getPlotItem()
        item.hideAxis("left")
        item.setLabel("bottom", _("seconds"))
        self._wave = self.plot([], [])
        self._picture = pg.ImageItem()
        self.addItem(self._picture)
        self.drawn()

    def drawn(self) -> None:
        scheme = theme.colors()
        self._wave.setPen(pg.mkPen(scheme.training, width=1))

    def show_sound(self, values: Any, seconds: float) -> None:
        """Show a wave (samples, 1) or a spectrogram (steps, frequencies)."""
        values = np.asarray(values, np.float64)
        wave = values.ndim != 2 or values.shape[1] == 1
        self._wave.setVisible(wave)
        self._picture.setVisible(not wave)
        if wave:
            line = values.reshape(-1)
            self._wave.setData(np.linspace(0, seconds, len(line)), line)
            self.getPlotItem().setRange(xRange=(0, seconds), yRange=(-1, 1), padding=0.02)
            self.setAccessibleName(_("The sound as a waveform"))
            return
        self._picture.setImage(heat_colors(values), axisOrder="col-major")
        self._picture.setRect(0.0, 0.0, seconds, float(values.shape[1]))
        self.getPlotItem().setRange(xRange=(0, seconds), yRange=(0, values.shape[1]), padding=0.0)
        self.setAccessibleName(
            _("The sound as a spectrogram: low frequencies at the bottom, time to the right")
        )


def _file_of(trained: TrainedModel, base: Path, index: int) -> Path | None:
    from netbuilder.core.results.file_samples import file_of_row

    return file_of_row(trained.project, base, index)


def _hear(path: Path, trained: TrainedModel) -> Any:
    return next(iter(file_sample(trained, path)[0].values()))


class SoundForm(PredictForm):
    """Buttons in a row (``ways``), and the network's input."""

    modalities = (SOUND,)
    numbered = N_("Test sound {number} of {count}")
    why_at = 1
    words = N_("This network takes a sound: choose a file, or drop one here.")

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._trained: TrainedModel | None = None
        self.path: Path | None = None
        self._own = False
        self._file = Derived(self, _file_of, self._file_found, of=lambda: self._trained)
        self._heard = Derived(self, _hear, self._show, of=lambda: self.path)
        self._player = WavePlayer(self)
        self.plot = SoundPlot(self)
        self.ways = FlowLayout(spacing=8)
        self.play_button = prepared(QPushButton(_("Play"), self), toolTip=_("Play this sound."))
        self.sound_button = QPushButton(_("Predict for a sound…"), self)
        self.sound_button.setToolTip(
            _("Choose a .wav, .flac, .ogg or .mp3 file. You can also drop one here.")
        )
        for button in (self.play_button, self.sound_button):
            self.ways.addWidget(button)
        self.page.addWidget(self.plot)
        self.page.addLayout(self.ways)
        self.play_button.clicked.connect(self.play)
        self.sound_button.clicked.connect(self._ask_sound)

    def begin(self, trained: TrainedModel, fresh: bool) -> None:
        self._trained, self._own = trained, False
        self._set_path(None)

    def end(self) -> None:
        self._player.stop()
        self._trained = None

    @property
    def busy(self) -> bool:
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

    def show_look(self, look: SampleActivations, about: str, requested: bool) -> None:
        if self._own and not requested:
            return
        self._own = False
        self._set_path(None)
        self._show(next(iter(look.raw.values())))
        self.asked.emit(request_for_raw(look.raw, about, by_hand=False, own=look.own))
        self._file.ask(look.trained, self._workbench.base, look.index)

    def _file_found(self, path: Path | None) -> None:
        if not self._own:
            self._set_path(path)

    def play(self) -> None:
        if self.path is None:
            return
        import soundfile

        try:
            wave, rate = soundfile.read(str(self.path), dtype="float32", always_2d=True)
            self._player.play(wave.mean(axis=1), rate)
        except (UserError, OSError, RuntimeError) as error:
            self.said.emit(str(error))

    def _ask_sound(self) -> None:
        endings = " ".join(f"*{ending}" for ending in ENDINGS)
        path = ask_open(self, _("Choose a sound"), _("Sounds ({endings})", endings=endings))
        if path is not None:
            self.answer_sound(path)

    def answer_sound(self, path: Path) -> None:
        trained = self._trained
        if trained is None:
            return
        self._own = True
        self._set_path(path)
        self.asked.emit(request_for_file(path, path.name))
        self._heard.ask(path, trained)

    def takes(self, data: QMimeData) -> bool:
        return local_file(data, ENDINGS) is not None

    def take(self, data: QMimeData) -> bool:
        path = local_file(data, ENDINGS)
        if path is not None:
            self.answer_sound(path)
        return path is not None
