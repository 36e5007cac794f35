"""Training on several devices and machines: the strategy and what workers agree on.

A run on one device uses nothing of it.
"""
