"""Rows of what trains a network: losses, metrics, optimizers, schedules, callbacks and weights."""
