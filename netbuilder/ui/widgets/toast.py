"""A short-lived confirmation near the top of the canvas."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtWidgets import QLabel, QWidget

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.accessible_roles import announce, show_hint_beside
from netbuilder.ui.widgets.question_dialogs import ask_question

SECONDS = 4.0
_GAP = 10


class Toast(QLabel):
    """A message at the top of ``anchor``, unless ``covers(box)`` says that it hides something."""

    def __init__(self, anchor: QWidget, parent: QWidget, covers: Callable[[QRect], bool]) -> None:
        super().__init__(parent)
        self._anchor, self._over, self._covers = anchor, parent, covers
        self.setProperty("role", "toast")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._fade = QTimer(self, singleShot=True)
        self._fade.timeout.connect(self.hide)
        self.linkActivated.connect(self.hide)
        anchor.installEventFilter(self)
        self.hide()

    def say_saved(self, words: str) -> None:
        """Show a message about a saved model, with a link (``linkActivated``)."""
        self.say(words, _("Use the model"))

    def say(self, words: str, link: str = "") -> None:
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not link)
        style = f"color: {theme.colors().text}"
        anchor = f'&nbsp; <a href="#" style="{style}">{escape(link)}</a>'
        self.setText(f"✓ {escape(words)}{anchor}" if link else f"✓ {words}")
        self.setAccessibleName(words)
        self._place()
        self.show()
        self.raise_()
        self._fade.start(round(1000 * SECONDS * (1 + bool(link))))
        announce(self, words)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and not self.isHidden():
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        parent = self._over
        width = min(self.sizeHint().width(), parent.width() - 2 * _GAP)
        self.resize(width, self.sizeHint().height())
        area = self._anchor.rect().translated(self._anchor.mapTo(parent, QPoint()))
        box, area = self.rect(), area.adjusted(_GAP, _GAP, -_GAP, -_GAP)
        middle = area.left() + (area.width() - width) // 2
        lowest = area.bottom() - box.height()
        places = [
            QPoint(max(x, _GAP), y)
            for y in (area.top(), lowest)
            for x in (middle, area.right() - width, area.left())
        ]
        # If no place is free, the lower edge.
        free = (place for place in places if not self._covers(QRect(place, box.size())))
        self.move(next(free, places[3]))


def save_and_tell(widget: QWidget, failed: str, save: Callable[[], Path]) -> None:
    """Save a file and show its location, or the error in a dialog titled ``failed``."""
    try:
        path = save()
    except UserError as error:
        ask_question(widget, failed, str(error), ("OK",))
        return
    words = _("Saved {name} in {folder}.", name=path.name, folder=path.absolute().parent)
    window: QWidget | None = widget.window()
    while window is not None:  # a dialog has no toast, its parent has
        toast = window.findChild(Toast)
        if toast is not None:
            toast.say(words)
            return
        window = window.parentWidget()
    show_hint_beside(widget, words)
