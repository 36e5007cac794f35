"""Paint a scene: cards, wires, previews, problem bubbles, minimap and animations."""
