"""The Palette panel: a searchable list of layers and blocks for the canvas."""
