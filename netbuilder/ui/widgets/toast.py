"""A word of confirmation where the eye is: below the bar at the top, for some seconds."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QLabel, QWidget

from netbuilder.ui.widgets.accessible_roles import announce

SECONDS = 4.0
_GAP = 10


class Toast(QLabel):
    """Lies over the middle of ``anchor``'s top edge and takes no mouse."""

    def __init__(self, anchor: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._anchor, self._over = anchor, parent
        self.setProperty("role", "toast")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._fade = QTimer(self, singleShot=True)
        self._fade.timeout.connect(self.hide)
        anchor.installEventFilter(self)
        self.hide()

    def say(self, words: str) -> None:
        """Show words; those before them give way."""
        self.setText(f"✓ {words}")
        self.setAccessibleName(words)
        self._place()
        self.show()
        self.raise_()
        self._fade.start(round(1000 * SECONDS))
        announce(self, words)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and not self.isHidden():
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        parent = self._over
        width = min(self.sizeHint().width(), parent.width() - 2 * _GAP)
        self.resize(width, self.sizeHint().height())
        top = self._anchor.mapTo(parent, self._anchor.rect().topLeft())
        middle = top.x() + (self._anchor.width() - width) // 2
        self.move(max(middle, _GAP), top.y() + _GAP)
