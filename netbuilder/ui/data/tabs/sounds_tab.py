"""Sounds to see and to hear."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from netbuilder.core.data.data_views.sound_view import SoundClip, SoundsDataView, load_clip
from netbuilder.core.data.data_views.split_view import PARTS
from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_count
from netbuilder.ui.plots.samples.sound_plot import SpectrogramPlot, WavePlot
from netbuilder.ui.plots.table_preview import TextTable, text_table
from netbuilder.ui.services import jobs
from netbuilder.ui.services.sound_player import WavePlayer
from netbuilder.ui.widgets.labels import note_label

log = logging.getLogger(__name__)


def _hear(question: tuple[SoundsDataView, int]) -> SoundClip:
    return load_clip(*question)


class SoundsTab(QWidget):
    """A list of sounds; the chosen one as wave and spectrogram, with a button to hear it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: SoundsDataView | None = None
        self.heard: SoundClip | None = None
        self._reader = jobs.LatestJob.for_widget(self, _hear, "sound", self._found, self._failed)
        self.player = WavePlayer(self)
        self.model = TextTable(self)
        self.table = text_table(self.model, "Sounds", self)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.setMinimumHeight(110)
        self.table.selectionModel().currentRowChanged.connect(
            lambda now, _old: self._ask(now.row())
        )
        self.table.activated.connect(lambda _index: self.toggle())
        self.wave, self.pitches = WavePlot(self), SpectrogramPlot(self)
        self.play = QPushButton("▶ Play", self)
        self.play.setProperty("small", True)
        self.play.clicked.connect(self.toggle)
        self.words = note_label("", self)
        self.player.ended.connect(self._show_button)
        row = QHBoxLayout()
        row.addWidget(self.play)
        row.addWidget(self.words, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.table, 2)
        layout.addLayout(row)
        layout.addWidget(self.wave, 2)
        layout.addWidget(self.pitches, 3)

    def show_look(self, look: SoundsDataView, project: Project, base: Path) -> None:
        """Show other sounds; the first is seen."""
        self._look = look
        rows = [
            (file.name, label, PARTS[part] if part >= 0 else "")
            for file, label, part in zip(look.files, look.labels, look.parts, strict=True)
        ]
        self.model.show_rows(("Sound", "Class", "Part"), rows)
        self._about()
        if rows:
            self.table.selectRow(0)
            self._ask(0)

    def toggle(self) -> None:
        """Play the sound that is seen, or end it."""
        if self.player.playing:
            self.player.stop()
            return
        if self.heard is None:
            return
        try:
            self.player.play(self.heard.wave, self.heard.rate)
        except UserError as error:
            self.words.setText(str(error))
        self._show_button()

    def _about(self) -> None:
        look = self._look
        if look is not None:
            gets = f"{look.mels} pitches" if look.mels else "the wave itself"
            self.words.setText(
                f"{format_count(len(look.files), 'sound')} of {look.seconds:g} s, {look.rate:,}"
                f" numbers "
                f"a second; the network gets {gets}."
            )

    def _ask(self, row: int) -> None:
        if self._look is not None and 0 <= row < len(self._look.files):
            self._reader.ask((self._look, row))

    def _found(self, question: tuple[SoundsDataView, int], heard: SoundClip) -> None:
        if question[0] is not self._look:
            return
        self.player.stop()
        self.heard = heard
        self._about()
        self.wave.show_sound(heard)
        self.pitches.show_sound(heard)

    def _failed(self, question: tuple[SoundsDataView, int], error: Exception) -> None:
        if not isinstance(error, UserError):
            log.error("sound failed", exc_info=error)
        self.words.setText(str(error))

    def _show_button(self) -> None:
        self.play.setText("■ Stop" if self.player.playing else "▶ Play")
