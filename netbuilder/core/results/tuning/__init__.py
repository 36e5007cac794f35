"""Hyperparameter search: search space, sampling, and training of trials."""
