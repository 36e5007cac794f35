"""How wide the user wants the docks beside the canvas, whatever a narrow window makes of it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow


class DockWidths(QObject):
    """The widths (palette, side) in pixels that count where there is room for them.

    They change when the user drags the line between two docks. Qt tells nothing of that, but the
    main window itself gets the mouse then: what is wider or narrower after it was chosen.
    """

    def __init__(self, window: QMainWindow, palette: QDockWidget, side: QDockWidget) -> None:
        super().__init__(window)
        self._palette, self._side = palette, side
        self.wanted = (palette.width(), side.width())
        self._pressed = (0, 0)
        window.installEventFilter(self)

    @property
    def _now(self) -> tuple[int, int]:
        return self._palette.width(), self._side.width()

    def want(self, palette: int, side: int) -> None:
        """Take these widths from now on."""
        self.wanted = (palette, side)

    def read(self, kept: object) -> None:
        """Take the widths of the last time; where they were not kept, those that are now."""
        try:
            palette, side = (int(str(one)) for one in kept)  # type: ignore[attr-defined]
        except (TypeError, ValueError):
            palette, side = self._now
        self.want(max(palette, 1), max(side, 1))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress:
            self._pressed = self._now
        elif event.type() == QEvent.Type.MouseButtonRelease:
            # The window moves the docks when it has handled the release, after this.
            QTimer.singleShot(0, self, self._dragged)
        return super().eventFilter(watched, event)

    def _dragged(self) -> None:
        now = self._now
        chosen = [
            new if new != old else kept
            for new, old, kept in zip(now, self._pressed, self.wanted, strict=True)
        ]
        self.want(*chosen)
