"""Messages about a run, the most serious first, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.widgets.layouts import dispose, vbox
from netbuilder.ui.widgets.role_boxes import RoleBox

_ORDER = {"error": 0, "warning": 1, "info": 2}
Buttons = tuple[tuple[str, Callable[[], object]], ...]

#: Of notices of one weight these come first: what is lost most by not seeing it.
_URGENT = ("notice nan", "notice exploded", "notice overfitting", "notice ignored")


@dataclass(frozen=True)
class TrainingMessage:
    """``key`` identifies it for replacement; ``role`` is its colour. Buttons that are ``always``
    wanted stay with other messages."""

    key: str
    role: str
    title: str
    words: str
    buttons: Buttons = ()
    always: bool = False


def _rank(message: TrainingMessage) -> tuple[int, int]:
    urgent = _URGENT.index(message.key) if message.key in _URGENT else len(_URGENT)
    return _ORDER.get(message.role, 3), urgent


class TrainingMessages(QWidget):
    """Shows the most serious message, with a button to the next."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.messages: list[TrainingMessage] = []
        self._place = 0
        self.card: RoleBox | None = None
        self._layout = vbox(parent=self, margins=0)
        self.hide()

    @property
    def shown(self) -> TrainingMessage | None:
        return self.messages[self._place] if self.messages else None

    def put(self, message: TrainingMessage) -> None:
        """Show a message, replacing one of the same key."""
        others = [other for other in self.messages if other.key != message.key]
        self.messages = sorted([message, *others], key=_rank)
        self._place = 0
        self._show()

    def take(self, key: str) -> None:
        others = [other for other in self.messages if other.key != key]
        if len(others) != len(self.messages):
            self.messages, self._place = others, 0
            self._show()

    def take_all(self, prefix: str = "") -> None:
        """Remove all messages whose key has this prefix."""
        self.messages = [
            message for message in self.messages if prefix and not message.key.startswith(prefix)
        ]
        self._place = 0
        self._show()

    def next(self) -> None:
        if self.messages:
            self._place = (self._place + 1) % len(self.messages)
            self._show()

    def _show(self) -> None:
        if self.card is not None:
            self._layout.removeWidget(self.card)
            dispose(self.card)
            self.card = None
        message = self.shown
        self.setVisible(message is not None)
        if message is None:
            return
        others = [other for other in self.messages if other.always and other is not message]
        buttons = (*message.buttons, *(button for other in others for button in other.buttons))
        count = len(self.messages)
        if count > 1:
            buttons = (
                *buttons,
                (_("{number} of {count} ›", number=self._place + 1, count=count), self.next),
            )
        self.card = RoleBox(message.role, message.title, message.words, self, buttons=buttons)
        self._layout.addWidget(self.card)
