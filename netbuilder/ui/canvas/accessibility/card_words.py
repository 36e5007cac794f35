"""Cards in words, for those who do not see them."""

from __future__ import annotations

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
    kind = "group" if card.kind == "group" else "layer"
    parts = [f"{card.title}, {kind}" if card.kind != "goal" else "Goal"]
    if card.detail:
        parts.append(card.detail)
    if card.count:
        parts.append(f"{card.count} parameters")
    if labels and labels[0]:
        parts.append(f"output {labels[0]}")
    text = ", ".join(parts) + "."
    for problem in card.problems:
        kind = "To do" if problem.beginning else "Problem"
        text += f" {kind}: {problem.title}. {problem.message}"
    if card.follows:
        text += " Mend the layer above first."
    return text
