"""Cards in words, for those who do not see them."""

from __future__ import annotations

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.canvas.scene.cards import Card
from netbuilder.ui.canvas.scene.scene import Scene


def card_summary(card: Card) -> str:
    """A card in a few words: "Conv2D, 32 · 3×3 · relu"."""
    return f"{card.title}, {card.detail}" if card.detail else card.title


def outgoing_labels(picture: Scene, card_id: str) -> list[str]:
    """What stands on the wires that go out of a card."""
    return [wire.label for wire in picture.wires_of(card_id) if wire.source == card_id]


def describe_card(card: Card, labels: list[str]) -> str:
    """A card in words."""
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
    text = ", ".join(parts) + "."
    for problem in card.problems:
        about = {"title": problem.title, "message": problem.message}
        text += " " + (
            _("To do: {title}. {message}", **about)
            if problem.beginning
            else _("Problem: {title}. {message}", **about)
        )
    if card.follows:
        text += " " + _("Fix the layer above first.")
    return text
