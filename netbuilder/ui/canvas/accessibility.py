"""Accessible interfaces of the canvas: a list of its cards, which are no widgets.

Qt deletes the list's interface with the view. A card's interface is registered until
``QAccessible.deleteAccessibleInterface``; until then ``CanvasInterface`` owns its Python object.
"""

from __future__ import annotations

import weakref
from functools import partial
from typing import Any

import shiboken6
from PySide6.QtCore import QObject, QPoint, QRect
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import as_sentence, join_sentences, join_values
from netbuilder.ui.canvas.host import CanvasHost
from netbuilder.ui.canvas.scene.cards import Card
from netbuilder.ui.canvas.scene.scene import Scene


def card_summary(card: Card) -> str:
    """Return a card in a few words: "Conv2D, 32 · 3×3 · relu"."""
    return join_values(filter(None, (card.title, card.detail)))


def outgoing_labels(picture: Scene, card_id: str) -> list[str]:
    """Return the labels of the wires that leave a card."""
    return [wire.label for wire in picture.wires_of(card_id) if wire.source == card_id]


def describe_card(card: Card, labels: list[str]) -> str:
    """Return a card in sentences."""
    if card.kind == "goal":
        parts = [_("Target")]
    elif card.kind == "group":
        parts = [_("{title}, group", title=card.title)]
    else:
        parts = [_("{title}, layer", title=card.title)]
    if card.detail:
        parts.append(card.detail)
    if card.count:
        parts.append(_("{count} parameters", count=card.count))
    if labels and labels[0]:
        parts.append(_("output {shape}", shape=labels[0]))
    sentences = [as_sentence(join_values(parts))]
    for problem in card.problems:
        texts = {"title": problem.title, "message": problem.message}
        sentences.append(
            _("To do: {title}. {message}", **texts)
            if problem.beginning
            else _("Problem: {title}. {message}", **texts)
        )
    if card.follows:
        sentences.append(_("Fix the layer above first."))
    return join_sentences(sentences)


_Text = QAccessible.Text


class CardInterface(QAccessibleInterface):
    """An accessible list item: a card's name, problems, place and state."""

    def __init__(self, view: CanvasHost, card_id: str) -> None:
        super().__init__()
        self._view_ref = weakref.ref(view)
        self.card_id = card_id

    @property
    def _view(self) -> CanvasHost:
        view = self._view_ref()
        assert view is not None
        return view

    @property
    def _alive(self) -> bool:
        view = self._view_ref()
        return view is not None and shiboken6.isValid(view.widget())

    @property
    def _card(self) -> Card | None:
        return self._view.picture.cards.get(self.card_id) if self._alive else None

    def isValid(self) -> bool:
        return self._card is not None

    def object(self) -> QObject | None:  # type: ignore[override]
        return None  # a card is no QObject

    def window(self) -> Any:
        return self._view.widget().window().windowHandle() if self.isValid() else None

    def parent(self) -> QAccessibleInterface | None:  # type: ignore[override]
        if not self._alive:
            return None
        return QAccessible.queryAccessibleInterface(self._view.widget())

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        return None

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        return None

    def childCount(self) -> int:
        return 0

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return -1

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.ListItem

    def rect(self) -> QRect:
        if self._card is None:
            return QRect()
        rect = self._view.scene_viewport.card_rect(self.card_id).toAlignedRect()
        return rect.translated(self._view.viewport().mapToGlobal(QPoint(0, 0)))

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        card, view = self._card, self._view
        if card is None:
            state.invalid = True
            return state
        state.selectable = state.focusable = state.multiSelectable = True
        state.selected = self.card_id in view.selection()
        state.focused = view.widget().hasFocus() and view.current() == self.card_id
        state.offscreen = (
            not view.viewport()
            .rect()
            .intersects(view.scene_viewport.card_rect(self.card_id).toAlignedRect())
        )
        if card.kind == "group":
            state.expandable = state.collapsed = True
        return state

    def text(self, kind: QAccessible.Text) -> str:
        card = self._card
        if card is None:
            return ""
        if kind == _Text.Name:
            return card_summary(card)
        if kind == _Text.Description:
            return describe_card(card, outgoing_labels(self._view.picture, self.card_id))
        return ""

    def setText(self, kind: QAccessible.Text, text: str) -> None:
        """Ignore the text: cards are edited in the inspector."""


class CanvasInterface(QAccessibleWidget):
    """An accessible list of the cards, followed by the fields open on the canvas."""

    def __init__(self, view: CanvasHost) -> None:
        super().__init__(view.widget(), QAccessible.Role.List, _("Network"))
        self._view_ref = weakref.ref(view)
        self._cards: dict[str, CardInterface] = {}
        view.widget().destroyed.connect(partial(_forget_all, self._cards))

    @property
    def _view(self) -> CanvasHost:
        view = self._view_ref()
        assert view is not None  # Qt ends this object together with the view
        return view

    def card(self, card_id: str) -> CardInterface | None:
        cards = self._view.picture.cards
        for removed in [known for known in self._cards if known not in cards]:
            _forget(self._cards, removed)
        if card_id not in cards:
            return None
        if card_id not in self._cards:
            interface = self._cards[card_id] = CardInterface(self._view, card_id)
            QAccessible.registerAccessibleInterface(interface)
        return self._cards[card_id]

    def childCount(self) -> int:
        return len(self._view.picture.cards) + len(self._fields())

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        ids = list(self._view.picture.cards)
        if 0 <= index < len(ids):
            return self.card(ids[index])
        fields = self._fields()
        index -= len(ids)
        if 0 <= index < len(fields):
            return QAccessible.queryAccessibleInterface(fields[index])
        return None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        ids = list(self._view.picture.cards)
        if isinstance(child, CardInterface):
            return ids.index(child.card_id) if child.card_id in ids else -1
        fields: list[Any] = self._fields()
        return len(ids) + fields.index(child.object()) if child.object() in fields else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        position = self._view.viewport().mapFromGlobal(QPoint(x, y))
        for card_id in reversed(list(self._view.picture.cards)):
            if self._view.scene_viewport.card_rect(card_id).contains(position):
                return self.card(card_id)
        return None

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]
        current = self._view.current()
        return (
            self.card(current) if current is not None and self._view.widget().hasFocus() else None
        )

    def _fields(self) -> list[QWidget]:
        return [
            child
            for child in self._view.viewport().children() + self._view.widget().children()
            if isinstance(child, QWidget)
            and child.isVisible()
            and child is not self._view.viewport()
            and not child.isWindow()
        ]


def _forget(cards: dict[str, CardInterface], card_id: str) -> None:
    QAccessible.deleteAccessibleInterface(QAccessible.uniqueId(cards[card_id]))
    del cards[card_id]


def _forget_all(cards: dict[str, CardInterface]) -> None:
    for card_id in list(cards):
        _forget(cards, card_id)


# Qt owns the interface of a canvas, but Python must keep a reference as long as the view lives.
_canvases: weakref.WeakKeyDictionary[Any, CanvasInterface | None] = weakref.WeakKeyDictionary()
_installed: list[bool] = []


def _make_interface(_key: str, widget: QObject) -> QAccessibleInterface | None:
    if widget not in _canvases:
        return None
    canvas: Any = widget
    interface = _canvases[widget] = CanvasInterface(canvas)
    return interface


def install_interface(view: CanvasHost) -> None:
    """Register a canvas with Qt's accessibility factory."""
    _canvases[view] = None
    if not _installed:
        _installed.append(True)
        QAccessible.installFactory(_make_interface)


def announce_focus(view: CanvasHost, card_id: str) -> bool:
    """Announce the keyboard focus on a card; return whether assistive technology runs."""
    if not QAccessible.isActive():
        return False
    interface = QAccessible.queryAccessibleInterface(view.widget())
    card = interface.card(card_id) if isinstance(interface, CanvasInterface) else None
    if card is None:
        return False
    QAccessible.updateAccessibility(QAccessibleEvent(card, QAccessible.Event.Focus))
    return True
