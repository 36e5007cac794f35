"""Plots of live views."""
