"""Builds Keras objects from graph and rows: layers, models, losses, optimizers, seeds."""
