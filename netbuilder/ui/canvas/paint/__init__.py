"""Painting a scene: cards, wires, previews beside them, problem cards, minimap, movement.

It reads a scene and the theme and changes neither.
"""
