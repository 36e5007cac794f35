"""Choosing data, its recipe, and a look at it."""
