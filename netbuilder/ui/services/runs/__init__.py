"""Runs and experiments."""
