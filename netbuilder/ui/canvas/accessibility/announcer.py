"""What the canvas tells to assistive technology: the selection in words, and what happens."""

from __future__ import annotations

from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.ui.canvas.accessibility import accessible_cards
from netbuilder.ui.canvas.accessibility.card_words import describe_card, outgoing_labels
from netbuilder.ui.canvas.host import CanvasHost
from netbuilder.ui.widgets.announce import announce


class CanvasAnnouncer:
    """Keeps the view's accessible description, and announces changes of it."""

    def __init__(self, view: CanvasHost) -> None:
        self._view = view
        accessible_cards.install_interface(view)
        view.widget().setAccessibleDescription(_("Nothing is selected. Press Tab to add a layer."))

    def selected(self, chosen: tuple[str, ...]) -> None:
        """Describe the selection."""
        if not chosen:
            text = _("Nothing is selected. Press Tab to add a layer.")
        elif len(chosen) == 1:
            text = self._card(chosen[0])
        else:
            text = ngettext(
                "{count} layer is selected.", "{count} layers are selected.", len(chosen)
            )
        self._view.widget().setAccessibleDescription(text)
        # A card that has the focus is read by itself.
        if len(chosen) != 1 or not accessible_cards.announce_focus(self._view, chosen[0]):
            self.say(text)

    def wire(self, wire: tuple[str, str]) -> None:
        """Describe a selected wire."""
        picture = self._view.picture
        source, target = picture.cards[wire[0]], picture.cards[wire[1]]
        label = picture.wires[wire].label
        text = _("Connection from {source} to {target}.", source=source.title, target=target.title)
        if label:
            text += " " + _("Shape: {shape}.", shape=label)
        self._view.widget().setAccessibleDescription(text)
        self.say(text)

    def _card(self, one: str) -> str:
        picture = self._view.picture
        card = picture.cards.get(one)
        if card is None:
            frame = picture.frames.get(one)
            return _("Open group {name}.", name=frame.name) if frame is not None else ""
        return describe_card(card, outgoing_labels(picture, one))

    def say(self, text: str) -> None:
        """Announce a sentence."""
        announce(self._view.widget(), text)
