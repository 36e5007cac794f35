"""The list of layers that can be put on the canvas."""
