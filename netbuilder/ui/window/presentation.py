"""In front of the class (F11): canvas and one panel, large letters, pointer and keys shown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, QPoint, QRect, QTimer
from PySide6.QtGui import QKeySequence, QShortcut

from netbuilder.ui.services.runs.run_progress import SPEEDS, Speed
from netbuilder.ui.style import font_scale, theme
from netbuilder.ui.widgets.spotlight import Spotlight
from netbuilder.ui.window.docks import Arrangement
from netbuilder.ui.window.panels import PANELS
from netbuilder.ui.window.window_parts import WindowParts

#: Letters, against the system's own; who has larger ones keeps them.
LETTERS = 1.5
#: A class follows five epochs a second with its eyes; at full speed a run is over at once.
SLOW = SPEEDS[1]


@dataclass(frozen=True)
class _Before:
    """How everything stood, to be put back."""

    docks: Arrangement
    letters: float
    speed: Speed
    full: bool


class Presentation(QObject):
    """Changes the window for those who watch, and back again. Nothing of it is remembered."""

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._before: _Before | None = None
        self.spotlight = Spotlight(parts.window, self._card_at)
        self._keys: list[QShortcut] = []

    @property
    def on(self) -> bool:
        """Whether it is being presented."""
        return self._before is not None

    def toggle(self) -> None:
        """Begin, or end."""
        if self._before is None:
            self._begin()
        else:
            self._end(self._before)
        self._parts.actions.refresh()

    def _begin(self) -> None:
        parts, window = self._parts, self._parts.window
        self._before = _Before(
            parts.docks.state(), font_scale.font_scale(), parts.runner.speed, window.isFullScreen()
        )
        parts.docks.present(True)
        window.statusBar().hide()
        window.showFullScreen()
        self._set_letters(max(LETTERS, font_scale.font_scale()))
        if parts.runner.speed.rate is None:
            parts.runner.set_speed(SLOW)
        for row in PANELS:
            if row.key:
                key = QShortcut(QKeySequence(str(row.key)), window)
                key.activated.connect(partial(parts.docks.show_panel, row.id, focus=False))
                self._keys.append(key)
        self.spotlight.start()
        QTimer.singleShot(0, self, self._settle)

    def _settle(self) -> None:
        if self._before is None:
            return
        self._parts.docks.leave_room()
        self._parts.canvas.sight.fit()
        self._parts.canvas.setFocus()
        self.spotlight.raise_()

    def _end(self, before: _Before) -> None:
        parts, window = self._parts, self._parts.window
        self._before = None
        self.spotlight.end()
        for key in self._keys:
            key.setEnabled(False)
            key.deleteLater()
        self._keys.clear()
        if not before.full:
            window.showNormal()
        window.statusBar().show()
        self._set_letters(before.letters)
        if parts.runner.speed == SLOW:
            parts.runner.set_speed(before.speed)
        parts.docks.present(False)
        parts.docks.put_back(before.docks)
        QTimer.singleShot(0, self, parts.canvas.sight.fit)

    def _set_letters(self, factor: float) -> None:
        font_scale.set_font_scale(factor)
        # Painted views (canvas, curves) take their fonts anew with the theme.
        theme.theme().changed.emit()

    def _card_at(self, at: QPoint) -> QRect | None:
        """The card under a point of the window, as the window sees it."""
        canvas = self._parts.canvas
        view = canvas.viewport()
        inside = view.mapFrom(self._parts.window, at)
        if not view.rect().contains(inside):
            return None
        for name in canvas.picture.cards:
            card = canvas.sight.card_rect(name).toRect()
            if card.contains(inside):
                return card.translated(view.mapTo(self._parts.window, QPoint()))
        return None
