"""Boxes with a title, text and buttons for notices, problems and failures."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import join_sentences
from netbuilder.ui.widgets.accessible_roles import announce
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import FlowLayout, prepared, vbox


def role_of(tone: str) -> str:
    """Return a box's role for a problem's tone: "error", "warning" or "info"."""
    return tone if tone in {"error", "warning"} else "info"


class RoleBox(QFrame):
    """A box in a role of the stylesheet: info, warning, error."""

    def __init__(
        self,
        role: str,
        title: str,
        words: str,
        parent: QWidget | None = None,
        *,
        button: str = "",
        do: Callable[[], object] | None = None,
        buttons: tuple[tuple[str, Callable[[], object]], ...] = (),
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", role)
        box_policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        box_policy.setHeightForWidth(True)
        self.setSizePolicy(box_policy)
        layout = vbox(parent=self, margins=(12, 8, 12, 8), spacing=4)
        self.title = prepared(QLabel(title, self), role="heading", wordWrap=True)
        self.title.setVisible(bool(title))
        self.words = note_label(words, self, role="body")
        self.words.setVisible(bool(words))
        for label in (self.title, self.words):
            policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
            policy.setHeightForWidth(True)
            label.setSizePolicy(policy)
            layout.addWidget(label)
        self.buttons: list[QPushButton] = []
        actions = (*(((button, do),) if button and do is not None else ()), *buttons)
        if actions:
            # Wrapped, or long buttons would widen the panel.
            row = FlowLayout()
            for label, action in actions:
                self.buttons.append(self._button(label, action))
                row.addWidget(self.buttons[-1])
            layout.addLayout(row)
        self.setAccessibleName(join_sentences((title, words)))

    @property
    def button(self) -> QPushButton | None:
        return self.buttons[0] if self.buttons else None

    def _button(self, label: str, action: Callable[[], object]) -> QPushButton:
        button = prepared(QPushButton(label, self), small=True)
        # A click often removes the card, which would pass the focus on to the canvas.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _checked=False: action())
        return button


LASTING = "lasting"


class CardList(QWidget):
    """A column of cards, hidden without any."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = vbox(parent=self, margins=0)
        self.cards: list[RoleBox] = []
        self.hide()

    def clear(self) -> None:
        """Remove all cards except lasting ones, see ``add``."""
        for card in [card for card in self.cards if not card.property(LASTING)]:
            self.remove(card)

    def remove(self, card: RoleBox) -> None:
        self._layout.removeWidget(card)
        self.cards.remove(card)
        card.hide()
        card.deleteLater()
        self.setVisible(bool(self.cards))

    def add(self, card: RoleBox, *, lasting: bool = False, aloud: bool = True) -> RoleBox:
        """Append a card; only ``remove`` removes a ``lasting`` one; ``aloud`` announces it."""
        card.setProperty(LASTING, lasting)
        self._layout.addWidget(card)
        self.cards.append(card)
        self.show()
        # Not the card's visibility: Qt may show it later.
        if aloud and card.property("role") in {"error", "warning"} and self.isVisible():
            announce(card, card.accessibleName())
        return card


_ORDER = {"error": 0, "warning": 1, "info": 2}


class CardStack(CardList):
    """Cards of which the newest of the most serious is visible, with a button to the next."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._place = 0
        self.next = prepared(QPushButton(self), small=True)
        self.next.clicked.connect(lambda _checked=False: self._show(self._place + 1))
        self._layout.addWidget(self.next, 0, Qt.AlignmentFlag.AlignRight)

    @property
    def shown(self) -> RoleBox | None:
        return next((card for card in self.cards if not card.isHidden()), None)

    def remove(self, card: RoleBox) -> None:
        super().remove(card)
        self._show(0)

    def add(self, card: RoleBox, *, lasting: bool = False, aloud: bool = True) -> RoleBox:
        super().add(card, lasting=lasting, aloud=aloud)
        self._show(0)
        return card

    def _show(self, place: int) -> None:
        newest = self.cards[::-1]
        ranked = sorted(newest, key=lambda card: _ORDER.get(card.property("role"), 3))
        self._place = place % max(len(ranked), 1)
        for number, card in enumerate(ranked):
            card.setVisible(number == self._place)
        self.next.setVisible(len(ranked) > 1)
        words = _("{number} of {count} ›", number=self._place + 1, count=len(ranked))
        self.next.setText(words)
        self._layout.removeWidget(self.next)
        self._layout.addWidget(self.next, 0, Qt.AlignmentFlag.AlignRight)
