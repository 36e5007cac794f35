"""Rows of what trains a network: losses, metrics, optimizers, schedules, callbacks, initializers.

``index`` puts them together. Building them from a choice is ``core/engine/build``'s.
"""
