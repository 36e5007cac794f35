"""Plots of given values; computations are in ``core/results``."""
