"""Plays a sound file, by QtMultimedia."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QUrl

from netbuilder.core.errors import UserError
from netbuilder.ui.services.capture.devices import require_multimedia


class SoundFilePlayer(QObject):
    """One sound at a time."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player: Any = None
        self._output: Any = None

    def play(self, path: Path) -> None:
        """Play a file from its start.

        Raises:
            UserError: QtMultimedia is not installed, or there is nothing to hear it with.
        """
        require_multimedia("Playing a sound")
        from PySide6.QtMultimedia import QAudioOutput, QMediaDevices, QMediaPlayer

        if not QMediaDevices.audioOutputs():
            raise UserError(
                "There is no loudspeaker that a sound could be played on.",
                "Connect one, or headphones, and press Play again.",
            )
        if self._player is None:
            self._player, self._output = QMediaPlayer(self), QAudioOutput(self)
            self._player.setAudioOutput(self._output)
        self._player.setSource(QUrl.fromLocalFile(str(path)))
        self._player.play()

    def stop(self) -> None:
        """Be silent."""
        if self._player is not None:
            self._player.stop()
