"""Functions that make samples from a seed, each whole in itself: scripts carry their text.

Rows that offer them stand beside the other kinds.
"""
