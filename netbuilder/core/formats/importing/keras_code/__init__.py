"""Keras code in ``.py`` and ``.ipynb``: what it builds, found without running any of it.

The text becomes Python's syntax tree, which is walked with values that are known from the text
alone. Nothing here imports what the code imports.
"""
