"""Trying variants of a project: what is varied, how variants are chosen, and training each.

Nothing here shows anything; the verb ``tune`` and the window's "Try variants" do.
"""
