"""The panels Evaluate, Predict, Inside and Runs: what a trained network does.

Numbers come from ``core/results``; how they are drawn stands in ``ui/plots``.
"""
